"""What an officer can move: every parameter that is in doubt or in the office's hands, with its range.

A lever has one position, the parameter's value in the last projected year; moving it moves every open year by as much.
Published years stay, and so does the base year, except for what the model reads in the base year alone.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from math import floor, log10

import numpy as np

from analytics.appraisal.distributions import ACCOUNTS_ALONE
from analytics.appraisal.goal_seek import OFFICE_LEVERS, UNIT_WITHOUT_RANGE
from analytics.appraisal.study import Study
from analytics.inputs.assumptions import Assumption, at
from analytics.inputs.faults import Fault, InputError
from analytics.inputs.plan import Plan
from analytics.inputs.sheets import Unreadable, plain_value, read_amount, read_units
from analytics.model.projection import parameter_years, run_draws
from analytics.terms import PARAMETERS, Language, Scale, Term, display_scale, number, scale_label, text

_FREE, _HALF = {"person": 1.0}, 0.5
_STEPS = 200
_NUDGE = 1e-3
_KNOWN = ("wage.before_last", "wage.last", "wage.switch_month")
_RATE_DECIMALS = 2

GROUPS: dict[str, Term] = {
    "office": Term("经办工作能推动的", "In the office's hands"),
    "outside": Term("外部条件与假定", "Circumstances and assumptions"),
    "wage": Term("工资与缴费基数", "Wages and contribution bases"),
    "population": Term("人口", "Population"),
    "employee": Term("职工养老保险", "Employee scheme"),
    "resident": Term("居民养老保险", "Resident scheme"),
    "unemployment": Term("失业保险", "Unemployment insurance"),
    "work_injury": Term("工伤保险", "Work-injury insurance"),
}
_IMPLAUSIBLE = Term("超出合理范围，已恢复原值", "outside the plausible range; the former value stands")


@dataclass(frozen=True)
class DeskLever:
    """One parameter as a lever; all numbers in its plain unit.

    Attributes
    ----------
    before
        The path's values by year, which the lever moves.
    open_years
        The years that move.
    today
        Where the lever stands when nothing has been moved: the value in the last year.
    low, high
        The plan's own range; where it states none, a tenth of the value to either side.
    least, most
        The ends of the slider: the range, widened to what any scenario of the plan sets; where there is no range, half
        of the value to either side, of heads all of it.
    office
        Whether the office itself can move it.
    doubted
        Whether the plan states a range; the slider of any other parameter has a free one.
    """

    name: str
    before: Mapping[int, float]
    open_years: frozenset[int]
    today: float
    low: float
    high: float
    least: float
    most: float
    office: bool
    doubted: bool

    def ranged(self, assumption: Assumption) -> Assumption:
        """A decided parameter with the plan's range back, which bounds how far a search may move it."""
        return replace(assumption, low=dict.fromkeys(self.before, self.low), high=dict.fromkeys(self.before, self.high))

    @property
    def term(self) -> Term:
        """Label and unit."""
        return PARAMETERS[self.name]

    @property
    def group(self) -> str:
        """Key of :data:`GROUPS` among the less influential ones."""
        return self.name.split(".")[0]

    @property
    def scale(self) -> Scale:
        """How positions are shown; ratios with two decimals, since levers move by fractions."""
        scale = display_scale(self.term.unit, max(abs(self.today), abs(self.most)))
        return replace(scale, decimals=_RATE_DECIMALS) if self.term.unit == "ratio" else scale

    @property
    def step(self) -> float:
        """A round step of the slider, about one in two hundred of its length."""
        size = floor(log10((self.most - self.least) / _STEPS))
        return float(f"1e{size}")

    @property
    def by_year(self) -> bool:
        """Whether the open years differ, so that the position speaks of the last one."""
        return len({self.before[year] for year in self.open_years}) > 1

    def shown(self, position: float) -> str:
        """A position as a number in the lever's display unit."""
        return number(position, self.scale)

    def unit_label(self, language: Language) -> str:
        """The display unit."""
        return scale_label(self.scale, language)

    def values(self, position: float) -> dict[int, float]:
        """The parameter by year with the lever at ``position``."""
        movement = position - self.today
        last = max(self.before)
        return {
            year: position if year == last else value + movement if year in self.open_years else value
            for year, value in self.before.items()
        }

    def read(self, typed: str) -> float:
        """The position an officer typed, in the display unit or as a percentage.

        Raises
        ------
        InputError
            When it is no number or not plausible; nothing is cut to fit.
        """
        unit = self.scale.zh
        try:
            position = plain_value(read_amount(typed.removesuffix(unit).strip()), read_units(unit), self.term.unit)
        except Unreadable as error:
            raise InputError([Fault(error.what, column=self.term.zh, found=typed, expected=error.expected)]) from error
        values = [self.values(position)[year] for year in self.open_years]
        if not all(self.term.low <= value <= self.term.high for value in values):
            limits = f"{self.shown(self.term.low)} – {self.shown(self.term.high)} {unit}"
            raise InputError([Fault(_IMPLAUSIBLE, column=self.term.zh, found=typed, expected=limits)])
        return position


def levers_of(study: Study, scenario: str) -> dict[str, DeskLever]:
    """Every lever of a scenario, by parameter name.

    Ranged parameters, what the office can move, what any scenario of the plan changes, and contribution rates; not
    what moves individual accounts alone, of which the page shows nothing.
    """
    plan, given = study.plan, study.projections[scenario].assumptions
    ranges = study.projections[plan.path_of(scenario)].assumptions
    names = [name for name, a in ranges.items() if name in given and _movable(name, a, plan)]
    in_base = read_in_base_year_alone(plan, scenario, given, names)
    levers = (_lever(given[name], ranges[name], study, name in in_base) for name in names)
    return {lever.name: lever for lever in levers if lever.open_years and lever.most > lever.least}


def _movable(name: str, assumption: Assumption, plan: Plan) -> bool:
    changed = {parameter for scenario in plan.scenarios.values() for parameter in scenario.changes}
    wanted = assumption.ranged or name in OFFICE_LEVERS or name in changed or name.endswith(("_rate", ".rate", "_path"))
    return wanted and name not in (*_KNOWN, *ACCOUNTS_ALONE)


def read_in_base_year_alone(
    plan: Plan, scenario: str, given: Mapping[str, Assumption], names: list[str]
) -> frozenset[str]:
    """The parameters whose later years change nothing: stocks and levels the projection starts from."""
    moved = {name: _nudged(given[name], plan, np.arange(len(names) + 1) == 1 + n) for n, name in enumerate(names)}
    book = run_draws(plan, scenario, given, moved)
    touched = np.zeros(len(names) + 1, dtype=bool)
    for by_year in book.entries.values():
        for values in by_year.values():
            touched |= np.abs(values - values[0]) > 1e-12 * np.abs(values[0])
    return frozenset(name for name, moves in zip(names, touched[1:], strict=True) if not moves)


def _nudged(assumption: Assumption, plan: Plan, which: np.ndarray) -> dict[int, np.ndarray]:
    """The parameter by year, moved a little in the draws ``which`` and in all years but the base year."""
    values = {year: at(assumption.value, year) for year in parameter_years(assumption, plan)}
    return {
        year: value + which * (year > plan.horizon.base_year) * _NUDGE * (abs(value) or 1.0)
        for year, value in values.items()
    }


def _lever(given: Assumption, ranged: Assumption, study: Study, base_alone: bool) -> DeskLever:
    years = parameter_years(given, study.plan)
    before = {year: at(given.value, year) for year in years}
    first = study.plan.horizon.base_year if base_alone else max(study.plan.horizon.base_year, given.published_until) + 1
    last, today = max(years), before[max(years)]
    low, high = free = [at(side, last) for side in (ranged.low, ranged.high)]
    if not ranged.ranged:
        low, high = _within(given.name, at(ranged.value, last), UNIT_WITHOUT_RANGE)
        free = _within(given.name, at(ranged.value, last), _FREE.get(PARAMETERS[given.name].unit, _HALF))
    elsewhere = [
        at(p.assumptions[given.name].value, last) for p in study.projections.values() if given.name in p.assumptions
    ]
    return DeskLever(
        given.name, before, frozenset(y for y in years if y >= first), today, low, high,
        min(*free, today, *elsewhere), max(*free, today, *elsewhere), given.name in OFFICE_LEVERS, ranged.ranged,
    )  # fmt: skip


def _within(name: str, value: float, share: float) -> tuple[float, float]:
    """A share of the value to either side, as far as is plausible."""
    term = PARAMETERS[name]
    return max(value * (1 - share), term.low), min(value * (1 + share), term.high)


def group_label(group: str, language: Language) -> str:
    """A group's heading."""
    return text(GROUPS[group], language)
