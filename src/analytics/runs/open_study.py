"""From a plan's name to its study: the one place where plan files, policy tables and history meet the model."""

from __future__ import annotations

import pickle
from collections.abc import Mapping
from datetime import date
from functools import lru_cache

import pandas as pd

from analytics.appraisal.study import Published, Study, conduct
from analytics.inputs.history import REGIONS, load_history, load_regions
from analytics.inputs.monthly import load_monthly
from analytics.inputs.plan import Plan
from analytics.inputs.plan_file import check_scenarios, load_plan
from analytics.model.projection import Projection
from analytics.presentation.shared import fingerprint, found_shared, leave_shared
from analytics.runs.ledger_store import read
from analytics.runs.order import ALL, PEER_LEVELS, input_files
from analytics.runs.written import Written, written
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
    day = date.fromisoformat(as_of) if as_of else date.today()
    asked = {"plan": plan, "scenarios": scenarios, "as_of": str(day), "language": language}
    return _found(asked) or _opened(plan, scenarios, day, language)


def study_parameters(study: Study) -> dict[str, str]:
    """The flat parameters with which :func:`open_study` gives this study again."""
    named = [name for name in study.projections if name in study.plan.scenarios]
    return {
        "plan": study.plan.name,
        "scenarios": ",".join(named),
        "as_of": str(study.as_of),
        "language": study.language,
    }


def share_study(study: Study) -> None:
    """Leave a study, with all it has worked out so far, to the notebooks of its report.

    They take it only while every file it was made from is as it is now; the ledger is that of the report.
    """
    leave_shared(_name(study_parameters(study)), pickle.dumps((written(input_files(study.plan)), study)))


def _found(asked: Mapping[str, str]) -> Study | None:
    left = found_shared(_name(asked))
    if left is None:
        return None
    then, study = pickle.loads(left)
    return study if then == written(input_files(study.plan)) else None


def _name(asked: Mapping[str, str]) -> str:
    return fingerprint(("study", asked))


def _opened(plan: str, scenarios: str, day: date, language: Language) -> Study:
    checked = load_plan(plan)
    names = list(checked.scenarios) if scenarios == ALL else [n.strip() for n in scenarios.split(",") if n.strip()]
    check_scenarios(checked, names)
    return conduct(checked, published_for(checked), names, day, language)


def published_for(plan: Plan) -> Published:
    """History of the region whose numbers the plan uses, figures of its peers, and the places known."""
    regions = load_regions()
    peers = tuple(regions.index[regions["level"].isin(PEER_LEVELS)])
    peer_figures = _figures_of(peers, written(file for region in peers for file in (REGIONS / region).rglob("*")))
    return Published(
        load_history(plan.numbers_of), peer_figures, regions, load_monthly(plan.region.id), read(plan=plan.name)
    )


@lru_cache(maxsize=1)
def _figures_of(regions: tuple[str, ...], _now: Written) -> pd.DataFrame:
    """What is published about all of ``regions``, read once as long as nothing is written: a batch asks every time."""
    return pd.concat([load_history(region) for region in regions], ignore_index=True)


def project(plan: str, scenario: str = "trend", as_of: str = "") -> Projection:
    """One path of one plan, e.g. ``project("rongcheng", "plan").results``."""
    return open_study(plan, scenario if scenario not in ("plan", "trend") else "", as_of).projections[scenario]
