"""A study: one plan, its paths, and what they mean for its targets; all that notebooks and reports take."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property
from typing import NamedTuple

import pandas as pd

from analytics.appraisal.attainment import attainment, targets_frame
from analytics.appraisal.audit import audit
from analytics.appraisal.audit.sources import unchecked_policies
from analytics.appraisal.findings import Finding
from analytics.appraisal.ledger import Ledger
from analytics.appraisal.peers import employee_shares, latest_year
from analytics.appraisal.reform import reform_effect
from analytics.appraisal.uncertainty import Uncertainty, uncertain
from analytics.inputs.assumptions import Assumption, assumptions_for, at
from analytics.inputs.monthly import NO_MONTHS
from analytics.inputs.plan import Plan
from analytics.model.people.cohorts import Cohorts
from analytics.model.projection import Projection, central_run, project
from analytics.model.trend_paths import trend_assumptions
from analytics.terms import PARAMETERS, Language


class Result(NamedTuple):
    """One result of one year in its plain unit: central value, range (NaN where there is none) and how it is known."""

    value: float
    low: float
    high: float
    quality: str


@dataclass(frozen=True)
class Study:
    """Everything known about a plan on one day.

    Attributes
    ----------
    projections
        By scenario name, the plan path first where there is one, then the trend path, then the named scenarios.
    history
        Published yearly figures of the region (empty where there are none).
    peers
        Published figures of the nation and the provinces, for comparison.
    regions
        The places known, by id: names, level, parent.
    monthly
        The office's own monthly figures, where it has any.
    past
        The ledger of earlier reports' forecasts.
    """

    plan: Plan
    as_of: date
    language: Language
    projections: Mapping[str, Projection]
    history: pd.DataFrame
    peers: pd.DataFrame
    regions: pd.DataFrame
    monthly: pd.DataFrame
    past: Ledger

    @cached_property
    def results(self) -> pd.DataFrame:
        """Yearly results of every scenario, RESULT columns."""
        return pd.concat([projection.results for projection in self.projections.values()], ignore_index=True)

    @cached_property
    def effects(self) -> pd.DataFrame:
        """One-at-a-time effects of every ranged parameter, with its label."""
        frame = pd.concat([projection.effects for projection in self.projections.values()], ignore_index=True)
        return frame.assign(label=[getattr(PARAMETERS[name], self.language) for name in frame["input"]])

    @cached_property
    def targets(self) -> pd.DataFrame:
        """The document's targets in plain units."""
        return targets_frame(self.plan)

    @cached_property
    def attainment(self) -> pd.DataFrame:
        """Every target beside every scenario's value."""
        return attainment(self.plan, self.results)

    @cached_property
    def findings(self) -> list[Finding]:
        """What the audit of the plan's arithmetic found."""
        found = audit(self.plan, self.projections, self.history, self.peers, self.language)
        return [*found, *unchecked_policies(self.plan.region.id, self.as_of)]

    @cached_property
    def reform(self) -> pd.DataFrame:
        """The leading path with the rise of retirement ages and without it; see :func:`reform_effect`."""
        return reform_effect(self.plan, self.projections[self.leading].assumptions)

    @cached_property
    def people(self) -> Cohorts:
        """The people of the leading path by state, sex and age, year by year."""
        return central_run(self.plan, self.projections[self.leading].assumptions)[1]

    @cached_property
    def draws(self) -> dict[str, Uncertainty]:
        """The plan path and the trend path drawn from the ranges of their parameters, with the standing seed."""
        paths = [name for name in ("plan", "trend") if name in self.projections]
        return {name: uncertain(self.plan, name, self.projections[name].assumptions) for name in paths}

    @cached_property
    def probabilities(self) -> pd.DataFrame:
        """Probability of every target on both paths, with its own error; see :meth:`Uncertainty.probabilities`."""
        frames = [drawn.probabilities(self.targets) for drawn in self.draws.values()]
        return pd.concat(frames, ignore_index=True)

    @cached_property
    def inputs(self) -> pd.DataFrame:
        """Every parameter of the leading path: value of the first projected year, range, quality and source."""
        first = self.plan.horizon.first_year
        return pd.DataFrame([_input_row(a, first) for a in self.projections[self.leading].assumptions.values()])

    @property
    def leading(self) -> str:
        """The path the report leads with: the plan's where the document gives one, else the trend."""
        return next(iter(self.projections))

    def scenario_label(self, name: str) -> str:
        """A scenario's label in the study's language."""
        return self.plan.scenario_label(name, self.language)

    def row(self, scheme: str, indicator: str, year: int, scenario: str = "", category: str = "total") -> pd.Series:
        """One result row; the leading path's unless a scenario is named.

        Raises
        ------
        KeyError
            When the study has no such result.
        """
        key = (scenario or self.leading, scheme, indicator, category, year)
        try:
            return self._by_key.loc[key]
        except KeyError as error:
            raise KeyError(f"no result {'.'.join(map(str, key))}") from error

    def value(self, scheme: str, indicator: str, year: int, scenario: str = "", category: str = "total") -> float:
        """One result's central value, in plain units; see :meth:`row`."""
        return float(self.row(scheme, indicator, year, scenario, category)["value"])

    def effects_on(self, scheme: str, indicator: str, year: int, scenario: str = "") -> pd.DataFrame:
        """One-at-a-time effects on one result's total."""
        return _about(self.effects, scenario or self.leading, scheme, indicator, year)

    def moves_on(self, scheme: str, indicator: str, year: int, scenario: str = "") -> pd.DataFrame:
        """Elasticities of one result's total."""
        frame = self.projections[scenario or self.leading].elasticities
        return _about(frame, scenario or self.leading, scheme, indicator, year)

    def line(self, scheme: str, indicator: str, category: str = "total", scenario: str = "") -> Mapping[int, Result]:
        """A result by year, empty where the path does not have it; the leading path's unless a scenario is named."""
        return self._lines.get((scenario or self.leading, scheme, indicator, category), {})

    def has(self, scheme: str, indicator: str) -> bool:
        """Whether the leading path has an indicator at all."""
        return any(line[:3] == (self.leading, scheme, indicator) for line in self._lines)

    def categories(self, scheme: str, indicator: str) -> set[str]:
        """The categories into which any path splits an indicator, its total included."""
        return {category for _, *about, category in self._lines if about == [scheme, indicator]}

    @cached_property
    def peer_shares(self) -> pd.Series:
        """Employee share of every province and the nation, by region id, in the latest year published."""
        return employee_shares(self.peers, latest_year(self.peers)) if len(self.peers) else pd.Series(dtype=float)

    def region_label(self, region: str) -> str:
        """A region's name in the study's language, its id where it has none."""
        names = self.regions[f"name_{self.language}"]
        return str(names.get(region, region))

    @cached_property
    def _by_key(self) -> pd.DataFrame:
        return self.results.set_index(["scenario", "scheme", "indicator", "category", "year"]).sort_index()

    @cached_property
    def _lines(self) -> dict[tuple[str, ...], dict[int, Result]]:
        """By scenario, scheme, indicator and category: what tables ask for hundreds of times, without a search each."""
        lines: dict[tuple[str, ...], dict[int, Result]] = defaultdict(dict)
        told = ("scenario", "scheme", "indicator", "category", "year", *Result._fields)
        for *line, year, value, low, high, quality in zip(*(self.results[name].tolist() for name in told), strict=True):
            lines[tuple(line)][year] = Result(value, low, high, quality)
        return dict(lines)


@dataclass(frozen=True)
class Published:
    """What is known of the region: yearly figures, its own monthly ones, those of its peers, and the places."""

    history: pd.DataFrame
    peers: pd.DataFrame
    regions: pd.DataFrame
    monthly: pd.DataFrame = field(default_factory=NO_MONTHS.copy)
    past: Ledger = field(default_factory=Ledger)


def conduct(plan: Plan, published: Published, scenarios: list[str], as_of: date, language: Language = "zh") -> Study:
    """Project every named scenario of ``plan`` and gather the study.

    ``scenarios`` are added to the plan path and the trend path, which are always there (the plan path only where the
    document gives one).
    """
    trends = trend_assumptions(plan, published.history)
    always = [name for name in ("plan", "trend") if name in plan.scenario_names]
    names = list(dict.fromkeys([*always, *scenarios]))
    projections = {name: project(plan, name, assumptions_for(plan, name, as_of, trends.values())) for name in names}
    return Study(plan, as_of, language, projections, **vars(published))


def _about(frame: pd.DataFrame, scenario: str, scheme: str, indicator: str, year: int) -> pd.DataFrame:
    """Rows of a long table that speak of one result's total."""
    return frame[
        (frame["scenario"] == scenario) & (frame["scheme"] == scheme) & (frame["indicator"] == indicator)
        & (frame["category"] == "total") & (frame["year"] == year)
    ]  # fmt: skip


def _input_row(assumption: Assumption, year: int) -> dict[str, object]:
    term = PARAMETERS[assumption.name]
    return {
        "name": assumption.name,
        "label_zh": term.zh,
        "label_en": term.en,
        "year": year,
        "value": at(assumption.value, year),
        "low": at(assumption.low, year) if assumption.ranged else float("nan"),
        "high": at(assumption.high, year) if assumption.ranged else float("nan"),
        "unit": term.unit,
        "quality": assumption.quality,
        "source": assumption.source,
        "date": assumption.date,
        "note": assumption.note,
    }
