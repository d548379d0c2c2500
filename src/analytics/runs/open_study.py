"""From a plan's name to its study: the one place where plan files, policy tables and history meet the model."""

from __future__ import annotations

from datetime import date

import pandas as pd

from analytics.appraisal.study import Published, Study, conduct
from analytics.inputs.history import load_history, load_regions
from analytics.inputs.monthly import load_monthly
from analytics.inputs.plan import Plan
from analytics.inputs.plan_file import check_scenarios, load_plan
from analytics.model.projection import Projection
from analytics.runs.ledger_store import read
from analytics.runs.order import ALL, PEER_LEVELS
from analytics.terms import Language


def open_study(plan: str, scenarios: str = ALL, as_of: str = "", language: Language = "zh") -> Study:
    """The study of a plan.

    Parameters
    ----------
    plan
        Name of a file in ``params/``.
    scenarios
        Named scenarios, separated by commas; ``all`` for every one of the plan, "" for none.  The plan path and the
        trend path are always there.
    as_of
        ISO date; only wages published by then count as known.  "" for today.

    Raises
    ------
    InputError
        For anything wrong with the plan, the tables or the names; all faults at once.
    """
    checked = load_plan(plan)
    names = list(checked.scenarios) if scenarios == ALL else [n.strip() for n in scenarios.split(",") if n.strip()]
    check_scenarios(checked, names)
    day = date.fromisoformat(as_of) if as_of else date.today()
    return conduct(checked, published_for(checked), names, day, language)


def published_for(plan: Plan) -> Published:
    """History of the region whose numbers the plan uses, figures of its peers, and the places known."""
    regions = load_regions()
    peers = [load_history(region) for region in regions.index[regions["level"].isin(PEER_LEVELS)]]
    peer_figures = pd.concat(peers, ignore_index=True)
    return Published(load_history(plan.numbers_of), peer_figures, regions, load_monthly(plan.region.id), read())


def project(plan: str, scenario: str = "trend", as_of: str = "") -> Projection:
    """One path of one plan, e.g. ``project("rongcheng", "plan").results``."""
    return open_study(plan, scenario if scenario not in ("plan", "trend") else "", as_of).projections[scenario]
