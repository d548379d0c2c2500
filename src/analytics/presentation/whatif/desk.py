"""The desk: a scenario, where its levers stand, and what follows; nothing here knows of a screen.

A moved lever is a decision: its value has no range left.  What the desk shows is therefore, digit for digit, what a
report says of the same changes kept as a scenario.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import pairwise

import numpy as np
import pandas as pd

from analytics.appraisal.attainment import reached
from analytics.appraisal.attribution import Point
from analytics.appraisal.distributions import DRAWS, REPLICATIONS, SEED, draw_parameters
from analytics.appraisal.goal_seek import Goal, Solution, default_levers, seek
from analytics.appraisal.study import Study
from analytics.appraisal.uncertainty import Uncertainty
from analytics.inputs.assumptions import Assumption
from analytics.inputs.faults import Fault, raise_if
from analytics.inputs.plan import Change, Label, Plan, Scenario
from analytics.model.book import Book, Key
from analytics.model.projection import Projection, run_draws
from analytics.presentation.whatif.levers import DeskLever, levers_of
from analytics.terms import INDICATORS, Term

NOW = Term("当前设定", "Current settings")
Positions = Mapping[str, float]
"""Lever name → position, moved levers alone."""

_NO_LEVERS = Term(
    "没有经办措施能推动这个目标，请选别的目标", "nothing in the office's hands moves this goal; choose another"
)
_DEFAULTS: tuple[tuple[str, str], ...] = (
    ("employee", "collection_income"), ("employee", "gap"), ("all", "employee_share"), ("all", "coverage_rate"),
    ("employee", "participants"),
)  # fmt: skip


@dataclass(frozen=True)
class Outcome:
    """A result in one year, and the target the document sets for it; ``target`` NaN where it sets no number."""

    scheme: str
    indicator: str
    category: str
    year: int
    target: float
    aim: str

    @property
    def key(self) -> Key:
        """Where the result stands in a book."""
        return self.scheme, self.indicator, self.category

    @property
    def goal(self) -> Goal:
        """The outcome as a goal to be reached."""
        return Goal(*self.key, self.year, self.target, self.aim)  # type: ignore[arg-type]


@dataclass(frozen=True)
class Standing:
    """How one target stands: ``difference`` = value − target, the target being last year's value where it is to fall."""

    outcome: Outcome
    value: float
    target: float
    met: bool

    @property
    def difference(self) -> float:
        """value − target."""
        return self.value - self.target


class Desk:
    """One scenario of a study with its levers.

    Parameters
    ----------
    study
        The plan opened with all scenarios that can be chosen.
    scenario
        Where the levers start from.
    """

    def __init__(self, study: Study, scenario: str) -> None:
        self.study, self.scenario = study, scenario
        self.plan: Plan = study.plan
        self.assumptions = study.projections[scenario].assumptions
        self.path = self.plan.path_of(scenario)
        self.levers: dict[str, DeskLever] = levers_of(study, scenario)

    # --- what can be asked about

    @cached_property
    def targets(self) -> list[Outcome]:
        """The document's targets on this path, in its order; what is not projected left out."""
        rows = self.study.targets[["scheme", "indicator", "category", "year", "target", "aim"]]
        found = [Outcome(*row) for row in rows.itertuples(index=False, name=None)]
        return [outcome for outcome in found if outcome.year in self.start.entries.get(outcome.key, {})]

    @cached_property
    def outcomes(self) -> list[Outcome]:
        """What the levers can be judged by: first the last year of every target that a path is not simply told."""
        last: dict[Key, Outcome] = {outcome.key: outcome for outcome in self.targets}
        told = [outcome for outcome in last.values() if not self._told(outcome)]
        year, nan = self.plan.horizon.last_year, float("nan")
        others = [Outcome(*key, "total", year, nan, "at_most" if key[1] == "gap" else "at_least") for key in _DEFAULTS]
        return told + [o for o in others if o.key in self.start.entries and o.key not in {t.key for t in told}]

    def _told(self, outcome: Outcome) -> bool:
        """Whether the path is given the target as a parameter, so that it stands by definition."""
        return outcome.indicator == "gross_new" or (
            self.path == "plan" and outcome.indicator in ("employee_share", "coverage_rate")
        )

    # --- where the levers stand

    def moved(self, positions: Positions) -> dict[str, Assumption]:
        """What the path is given with the levers at ``positions``."""
        return dict(self.assumptions) | {
            name: _decided(self.assumptions[name], self.levers[name].values(position))
            for name, position in positions.items()
        }

    def run(self, positions: Positions) -> Book:
        """The point projection: every result by key and year, shape (1,)."""
        return run_draws(self.plan, self.scenario, self.moved(positions), {})

    @cached_property
    def start(self) -> Book:
        """The scenario as it is, no lever moved."""
        return self.run({})

    def standings(self, book: Book) -> list[Standing]:
        """Every target beside the book's value."""
        return [standing(outcome, book) for outcome in self.targets if _judged(outcome, book)]

    def swings(self, positions: Positions, outcome: Outcome) -> dict[str, tuple[float, float]]:
        """What each lever does to an outcome from where all stand, at the low and the high end of its range."""
        names = list(self.levers)
        draws = 2 * len(names) + 1
        moved = {name: self._swung(self.levers[name], positions, 2 * n + 1, draws) for n, name in enumerate(names)}
        values = run_draws(self.plan, self.scenario, self.assumptions, moved).entries[outcome.key][outcome.year]
        effects = np.broadcast_to(values, (draws,)) - values[0]
        return dict(zip(names, zip(effects[1::2].tolist(), effects[2::2].tolist(), strict=True), strict=True))

    def _swung(self, one: DeskLever, positions: Positions, column: int, draws: int) -> dict[int, np.ndarray]:
        here = one.values(positions.get(one.name, one.today))
        ends = one.values(one.low), one.values(one.high)
        columns = {year: np.full(draws, value) for year, value in here.items()}
        for year, values in columns.items():
            values[column : column + 2] = [end[year] for end in ends]
        return columns

    def influence(self) -> list[str]:
        """Lever names, the one whose range moves the headline targets most first.

        A lever's swing on an outcome is measured by the largest any lever has; the first outcome counts most.
        """
        total = dict.fromkeys(self.levers, 0.0)
        for rank, outcome in enumerate(self.outcomes, 1):
            swings = {name: abs(high - low) for name, (low, high) in self.swings({}, outcome).items()}
            most = max(swings.values(), default=0.0)
            for name, swing in swings.items():
                total[name] += swing / most / rank**2 if most else 0.0
        return sorted(total, key=lambda name: -total[name])

    # --- how sure

    def drawn(self, positions: Positions) -> Iterator[Uncertainty | None]:
        """The draws behind the probabilities, in slices: ``None`` after each but the last, which gives them all.

        Whoever runs this can serve other work between the slices.
        """
        given = self.moved(positions)
        every = draw_parameters(given, self.plan, DRAWS, SEED)
        yield None
        books = []
        for block in np.split(np.arange(DRAWS), REPLICATIONS):
            moved = {name: {y: values[block] for y, values in by_year.items()} for name, by_year in every.items()}
            books.append(run_draws(self.plan, self.scenario, given, moved))
            yield None
        yield Uncertainty(self.plan, self.scenario, given, _joined(books), tuple(every), DRAWS, SEED)

    def probabilities(self, positions: Positions) -> pd.DataFrame:
        """Probability of every target at ``positions``; columns as in :meth:`Uncertainty.probabilities`."""
        *_, drawn = self.drawn(positions)
        assert drawn is not None
        return drawn.probabilities(self.study.targets)

    # --- what it would take

    def seek(self, positions: Positions, outcome: Outcome) -> Solution:
        """The least effort from where the levers stand that brings ``outcome`` to its target.

        The levers are those in the office's hands, within the plan's own ranges.

        Raises
        ------
        InputError
            When the target has no value, or no lever brings it nearer.
        """
        given, goal = self.moved(positions), outcome.goal
        ranged = given | {name: one.ranged(given[name]) for name, one in self.levers.items() if one.doubted}
        levers = [one for one in default_levers(self.plan, self.scenario, ranged, goal) if one.name in self.levers]
        raise_if([] if levers else [Fault(_NO_LEVERS)])
        return seek(self.plan, self.scenario, given, goal, levers)

    def positions_of(self, positions: Positions, solution: Solution) -> dict[str, float]:
        """Where a solution puts the levers."""
        found = {move.lever.name: move.after[max(move.after)] for move in solution.moves if move.effort}
        return dict(positions) | found

    # --- keeping and comparing

    def scenario_of(self, positions: Positions, label: Label, why: Label, date: str | None = None) -> Scenario:
        """The levers as a scenario: the difference from its path that gives the very numbers on the desk."""
        own = self.plan.scenarios[self.scenario].changes if self.scenario in self.plan.scenarios else {}
        set_here = {
            name: Change(set=_told_once(self.levers[name].values(position), name))
            for name, position in positions.items()
        }
        return Scenario.model_construct(label=label, why=why, path=self.path, date=date, changes=dict(own) | set_here)

    def projection(self, positions: Positions) -> Projection:
        """The point projection in the shape that attribution takes, under the name of the current settings."""
        label = Label(zh=NOW.zh, en=NOW.en)
        now = self.scenario_of(positions, label, label)
        plan = self.plan.model_copy(update={"scenarios": self.plan.scenarios | {NOW.en: now}})
        return Projection(
            plan, NOW.en, results=tidy(self.run(positions)), effects=pd.DataFrame(), elasticities=pd.DataFrame(),
            assumptions=self.moved(positions),
        )  # fmt: skip

    def point(self, positions: Positions, year: int) -> Point:
        """The levers as one side of a comparison."""
        return Point(self.projection(positions), year)


def standing(outcome: Outcome, book: Book) -> Standing:
    """An outcome beside the book's value."""
    by_year = book.entries[outcome.key]
    value = float(by_year[outcome.year][0])
    target = float(by_year[outcome.year - 1][0]) if outcome.aim == "fall" else outcome.target
    return Standing(outcome, value, target, bool(reached(outcome.aim, np.array(value), np.array(target))))


def _judged(outcome: Outcome, book: Book) -> bool:
    return outcome.aim != "fall" or outcome.year - 1 in book.entries[outcome.key]


def tidy(book: Book) -> pd.DataFrame:
    """A point projection as rows: scheme, indicator, category, year, value, unit."""
    rows = [
        (*key, year, float(value[0]), INDICATORS[key[1]].unit)
        for key, by_year in book.entries.items() for year, value in by_year.items()
    ]  # fmt: skip
    return pd.DataFrame(rows, columns=["scheme", "indicator", "category", "year", "value", "unit"])


def _decided(assumption: Assumption, values: Mapping[int, float]) -> Assumption:
    return replace(assumption, value=values, low=values, high=values, quality="assumed")


def _told_once(values: Mapping[int, float], name: str) -> dict[int, float]:
    """Values by year without those that repeat the year before; milestones are all kept, for they are walked to."""
    if name.endswith("_path"):
        return dict(values)
    first = next(iter(values))
    return {first: values[first]} | {
        year: values[year] for before, year in pairwise(values) if values[year] != values[before]
    }


def _joined(books: list[Book]) -> dict[Key, dict[int, np.ndarray]]:
    """The slices' results one after the other, shape (draws,)."""
    size = DRAWS // REPLICATIONS
    return {
        key: {
            year: np.concatenate([np.broadcast_to(book.entries[key][year], (size,)) for book in books])
            for year in by_year
        }
        for key, by_year in books[0].entries.items()
    }
