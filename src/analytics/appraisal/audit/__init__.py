"""Audit of a plan: do its numbers agree with each other, with the population, and with what they rest on?

Each theme has a file; each question is a function from :class:`Evidence` to findings, every finding with the
arithmetic a reader can redo.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

import pandas as pd

from analytics.appraisal.audit import amounts, base, closure, missing, paths, population, sources, structure
from analytics.appraisal.audit.evidence import Evidence
from analytics.appraisal.findings import Finding
from analytics.inputs.plan import Plan
from analytics.model.projection import Projection
from analytics.terms import SEVERITIES, Language

QUESTIONS: tuple[Callable[[Evidence], Iterator[Finding]], ...] = (
    amounts.growth,
    amounts.below_headline,
    amounts.sums,
    amounts.checks,
    closure.closure,
    population.net_growth,
    population.pool,
    population.pool_left,
    population.ages,
    population.above_all,
    structure.milestones,
    structure.base_share,
    paths.attained,
    base.base_levels,
    base.base_bounds,
    sources.assumed_inputs,
    sources.stale_inputs,
    missing.missing_targets,
    missing.unprojected_targets,
    missing.missing_balances,
    missing.commitments,
    missing.partial_observations,
    missing.stand_in,
)
"""What an audit asks, in the order a reader wants the answers."""


def audit(
    plan: Plan,
    projections: Mapping[str, Projection],
    history: pd.DataFrame,
    peers: pd.DataFrame,
    language: Language = "zh",
) -> list[Finding]:
    """Everything the audit finds in a plan, contradictions first, then in the order of :data:`QUESTIONS`.

    Parameters
    ----------
    projections
        By scenario name; the first one leads.
    history, peers
        HISTORY frames of the region, and of the nation and the provinces it is compared with; either may be empty.
    language
        Language of the units in the arithmetic; sentences come in both.
    """
    evidence = Evidence(plan, projections, history, peers, language)
    found = [finding for question in QUESTIONS for finding in question(evidence)]
    return sorted(found, key=lambda finding: list(SEVERITIES).index(finding.severity))
