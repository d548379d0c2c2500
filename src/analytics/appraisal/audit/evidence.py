"""What an audit looks at: the plan, its projected paths, and published figures."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

import pandas as pd

from analytics.appraisal.findings import Part, assumed_mark, say
from analytics.inputs.plan import Plan
from analytics.model.projection import Projection
from analytics.terms import Language, Term, text

_Key = tuple[str, str, str, str]


@dataclass(frozen=True)
class Evidence:
    """A plan with its projections and published figures, and short ways to ask them.

    Attributes
    ----------
    projections
        By scenario name; the first one leads: findings quote it unless they say otherwise.
    history
        HISTORY frame of the region whose numbers are projected.
    peers
        HISTORY frame of the nation and the provinces.
    language
        Language of the arithmetic; sentences come in both.
    """

    plan: Plan
    projections: Mapping[str, Projection]
    history: pd.DataFrame
    peers: pd.DataFrame
    language: Language

    @property
    def leading(self) -> str:
        """Name of the path that leads: the plan's where the document gives one, else the trend."""
        return next(iter(self.projections))

    @property
    def lead(self) -> Projection:
        """The path that leads."""
        return self.projections[self.leading]

    @property
    def base_year(self) -> int:
        """The last year taken as known."""
        return self.plan.horizon.base_year

    @property
    def span(self) -> Term:
        """The projected years, e.g. 2024—2026年."""
        first, last = self.plan.horizon.first_year, self.plan.horizon.last_year
        return say("{first}—{last}年", "{first}–{last}", first=first, last=last)

    def label(self, scenario: str) -> Term:
        """A scenario's label."""
        return Term(self.plan.scenario_label(scenario, "zh"), self.plan.scenario_label(scenario, "en"))

    def series(self, scheme: str, indicator: str, category: str = "total", scenario: str = "") -> dict[int, float]:
        """A result by year, base year included; of the leading path unless another is named; empty if there is none."""
        return self._values.get((scenario or self.leading, scheme, indicator, category), {})

    def targets(self, indicator: str) -> dict[str, dict[int, float]]:
        """By scheme, the numbers the document asks to be reached, in plain units by year."""
        return {
            target.scheme: dict(sorted(target.by_year().items()))
            for target in self.plan.targets
            if (target.indicator, target.category, target.aim) == (indicator, "total", "at_least")
        }

    def mark(self, year: int, scheme: str, *indicators: str) -> Term:
        """（假定） where any of these results of the leading path rests on an assumption in ``year``."""
        results = self.lead.results
        asked = (results["scheme"] == scheme) & results["indicator"].isin(indicators) & (results["year"] == year)
        return assumed_mark(bool((results.loc[asked, "quality"] == "assumed").any()))

    def ranged(self, year: int, scheme: str, indicator: str) -> bool:
        """Whether a result of the leading path has a range in ``year``; a published figure has none."""
        results = self.lead.results
        asked = (results["scheme"] == scheme) & (results["indicator"] == indicator) & (results["year"] == year)
        return bool(results.loc[asked, "low"].notna().any())

    def formula(self, template: str, **parts: Part) -> str:
        """Arithmetic with its numbers filled in, in the audit's language."""
        return text(say(template, template, **parts), self.language)

    @cached_property
    def _values(self) -> dict[_Key, dict[int, float]]:
        found: dict[_Key, dict[int, float]] = {}
        columns = ["scheme", "indicator", "category", "year", "value"]
        for scenario, projection in self.projections.items():
            for scheme, indicator, category, year, value in projection.results[columns].itertuples(index=False):
                found.setdefault((scenario, scheme, indicator, category), {})[int(year)] = float(value)
        return found
