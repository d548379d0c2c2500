"""The one place where enrollment, structure and fund meet: a plan's path in, yearly results out.

Central value, ranges and qualities come from one pass through the same equations, run on columns of draws: column 0 is
the central path; one column moves each parameter a little and so finds which results rest on it; two columns a ranged
parameter put it at its low and at its high.
"""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np
import pandas as pd

from analytics.inputs.assumptions import Assumption, at, stated_values
from analytics.inputs.faults import Fault, raise_if
from analytics.inputs.plan import Plan
from analytics.model.accounts import record_accounts
from analytics.model.book import Book, Given, Key, Reads, Value, Writes
from analytics.model.cohort_retirement import unreformed
from analytics.model.enrollment import advance, opening_heads, record_heads, record_net_growth
from analytics.model.fund import (
    record_balance,
    record_employee_expenditure,
    record_employee_income,
    record_resident_fund,
    record_small_fund,
    record_wages,
)
from analytics.model.people.cohorts import Ages, Cohorts
from analytics.model.people.ground import ground_of
from analytics.model.people.states import STATES
from analytics.terms import INDICATORS, LIMITS, PARAMETERS, Term, worst

RESULT_COLUMNS = [
    "plan", "scenario", "region", "scheme", "indicator", "category", "year", "value", "low", "high", "unit", "quality",
]  # fmt: skip
Values = Mapping[str, Mapping[int, np.ndarray]]
"""Parameter → year → values, shape (draws,) or (1,)."""
BLOCK = 512
_CORES = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
_NUDGE = 1e-4
_SMALLEST = {"person": 1e4, "yuan": 1e4}  # so that a count of nought is nudged by one, not by less than rounding
_NOISE = 1e-12
_ANY = (-np.inf, np.inf)


@dataclass(frozen=True)
class Projection:
    """One path of one plan.

    Attributes
    ----------
    results
        Tidy yearly results, one row an indicator and year, base year included; columns ``RESULT_COLUMNS``.
    effects
        For each ranged parameter and result: by how much the result moves with the parameter at its low and its high.
    elasticities
        For each parameter and result it moves: per cent of the result for one per cent of the parameter.
    assumptions
        What the path was given, by parameter name.
    """

    plan: Plan
    scenario: str
    results: pd.DataFrame
    effects: pd.DataFrame
    elasticities: pd.DataFrame
    assumptions: Mapping[str, Assumption]


def simulate(
    given: Reads[Value], ages: Ages[Value], book: Writes[Value], schemes: list[str], base_year: int, last_year: int
) -> None:
    """Run the equations from the base year to ``last_year`` and write everything down in ``book``.

    ``ages`` carries the same heads by sex and age and says what becomes of them.
    """
    heads = opening_heads(given, book, base_year)
    ages.open(base_year, heads)
    for year in range(base_year, last_year + 1):
        if year > base_year:
            heads = advance(heads, ages, given, book, year)
        heads = record_heads(heads, book, year)
        if year > base_year:
            record_net_growth(book, year)
        _record_funds(given, ages, book, schemes, year, base_year)


def _record_funds(
    given: Reads[Value], ages: Ages[Value], book: Writes[Value], schemes: list[str], year: int, base_year: int
) -> None:
    reference = record_wages(given, book, year, base_year)
    for scheme in schemes:
        if scheme == "employee":
            record_employee_income(given, book, year, base_year, reference)
            record_employee_expenditure(given, book, year, base_year)
        elif scheme == "resident":
            record_resident_fund(ages, given, book, year, base_year)
        else:
            record_small_fund(scheme, given, book, year, base_year, reference)
        record_balance(scheme, given, book, year, base_year)
    record_accounts(schemes, given, book, year, base_year)


def project(plan: Plan, scenario: str, assumptions: Mapping[str, Assumption]) -> Projection:
    """Project one path of a plan.

    Parameters
    ----------
    plan
        The checked plan.
    scenario
        ``plan``, ``trend`` or a named scenario; only labels the results.
    assumptions
        What the path is given, from :func:`analytics.inputs.assumptions.assumptions_for`, with the paths that trend
        models add.

    Raises
    ------
    InputError
        When parameters are missing; all of them are named.
    """
    columns = _columns(list(assumptions.values()))
    moved = {name: _values(a, plan, columns) for name, a in assumptions.items()}
    book = run_draws(plan, scenario, assumptions, moved)
    keys, values = _stacked(book, len(columns))
    return Projection(
        plan,
        scenario,
        _results(plan, scenario, keys, values, columns, assumptions),
        _effects(scenario, keys, values, columns),
        _elasticities(scenario, keys, values, columns),
        assumptions,
    )


def run_draws(
    plan: Plan,
    scenario: str,
    assumptions: Mapping[str, Assumption],
    moved: Values,
    reform: bool = True,
) -> Book:
    """Run the equations on columns of draws.

    Parameters
    ----------
    assumptions
        What the path is given; parameters not in ``moved`` stand at their central values.
    moved
        Parameter → year → values, shape (draws,), for every year of :func:`parameter_years`.

    reform
        Whether retirement ages rise from 2025 on, as they do.

    Returns
    -------
    Book
        Every result by key and year, shape (draws,) or (1,) where no moved parameter reaches it.

    Raises
    ------
    InputError
        When parameters are missing; all of them are named.
    """
    central = {name: _central(a, plan) for name, a in assumptions.items() if name not in moved}
    blocks = [central | part for part in _blocks(moved)]
    if len(blocks) == 1:
        return _simulated(plan, scenario, blocks[0], reform)
    with ThreadPoolExecutor(_CORES) as pool:  # the compiled part of the engine runs side by side
        return _joined(list(pool.map(lambda values: _simulated(plan, scenario, values, reform), blocks)))


def _blocks(moved: Values) -> list[dict[str, dict[int, np.ndarray]]]:
    """The draws in blocks that stay in the processor's cache, so that memory does not grow with their number."""
    draws = max((values.size for by_year in moved.values() for values in by_year.values()), default=1)
    return [
        {
            name: {year: v if v.size == 1 else v[first : first + BLOCK] for year, v in by_year.items()}
            for name, by_year in moved.items()
        }
        for first in range(0, draws, BLOCK)
    ]


def _joined(books: Sequence[Book]) -> Book:
    """The books of all blocks behind one another; what no draw moves stays one number."""
    first, whole = books[0], Book()
    for key, by_year in first.entries.items():
        whole.entries[key] = {
            year: np.concatenate([book.entries[key][year] for book in books]) if value.size > 1 else value
            for year, value in by_year.items()
        }
    return whole


def _simulated(plan: Plan, scenario: str, values: Values, reform: bool) -> Book:
    """One block of draws from the base year to the last."""
    given, book, horizon = Given(values), Book(), plan.horizon
    draws = max(v.size for by_year in values.values() for v in by_year.values())
    simulate(given, engine(plan, given, draws, reform), book, plan.schemes, horizon.base_year, horizon.last_year)
    _refuse_missing(given.missing, plan, scenario)
    return book


def central_run(plan: Plan, assumptions: Mapping[str, Assumption], reform: bool = True) -> tuple[Book, Cohorts]:
    """The central path alone: its results, each of shape (1,), and the engine that remembers its people year by year."""
    given, book, horizon = Given({name: _central(a, plan) for name, a in assumptions.items()}), Book(), plan.horizon
    ages = engine(plan, given, 1, reform)
    simulate(given, ages, book, plan.schemes, horizon.base_year, horizon.last_year)
    return book, ages


def engine(plan: Plan, given: Reads[np.ndarray], draws: int, reform: bool = True) -> Cohorts:
    """The ages of a plan's people, fitted to the heads that it states for its base year.

    Scenarios and draws scale the heads of a state and leave their ages.  ``reform=False`` lets people retire at the
    ages before 2025.
    """
    ground = ground_of(plan.people, plan.horizon.base_year)
    rules = ground.rules if reform else {name: unreformed(rule) for name, rule in ground.rules.items()}
    return Cohorts(ground, given, stated_heads(plan), draws, plan.horizon.last_year, rules)


def stated_heads(plan: Plan) -> dict[str, float]:
    """Heads by state at the end of the base year as the plan states them; 0 where it says nothing."""
    year = plan.horizon.base_year
    given = Given({name: {year: np.array([value])} for name, value in stated_values(plan, year).items()})
    heads = opening_heads(given, Book(), year)
    return {state: float(np.nan_to_num(heads.get(state, np.zeros(1))[0])) for state in STATES}


def parameter_years(assumption: Assumption, plan: Plan) -> list[int]:
    """The years a parameter is given for: base year to last year; of a path of milestones the milestones alone."""
    if assumption.name.endswith("_path"):
        return list(assumption.value)
    return list(range(plan.horizon.base_year, plan.horizon.last_year + 1))


def _central(assumption: Assumption, plan: Plan) -> dict[int, np.ndarray]:
    """The parameter's central values by year, shape (1,); one array for all years where nothing changes."""
    years = parameter_years(assumption, plan)
    if len(assumption.value) == 1:
        return dict.fromkeys(years, np.array([at(assumption.value, years[0])]))
    return {year: np.array([at(assumption.value, year)]) for year in years}


@dataclass(frozen=True)
class _Column:
    """One draw: which parameter it moves, and to where (``nudge``, ``low``, ``high``; "" for the central path)."""

    name: str
    side: str


def _columns(assumptions: list[Assumption]) -> list[_Column]:
    nudged = [_Column(a.name, "nudge") for a in assumptions]
    ranged = [_Column(a.name, side) for a in assumptions if a.ranged for side in ("low", "high")]
    return [_Column("", ""), *nudged, *ranged]


def _values(assumption: Assumption, plan: Plan, columns: list[_Column]) -> dict[int, np.ndarray]:
    """The parameter by year, shape (draws,)."""
    own = {n: column.side for n, column in enumerate(columns) if column.name == assumption.name}
    return {year: _draws(assumption, year, own, len(columns)) for year in parameter_years(assumption, plan)}


def _draws(assumption: Assumption, year: int, own: Mapping[int, str], size: int) -> np.ndarray:
    """The parameter in ``year``, shape (size,): moved in its ``own`` columns, central in all others."""
    central = at(assumption.value, year)
    large = max(abs(central), _SMALLEST.get(PARAMETERS[assumption.name].unit, 1e-3))
    nudge = large * _NUDGE if year > assumption.published_until else 0.0
    moved = {
        "nudge": central + nudge,
        "low": at(assumption.low, year),
        "high": at(assumption.high, year),
    }
    values = np.full(size, central)
    values[list(own)] = [moved[side] for side in own.values()]
    return values


def _refuse_missing(missing: set[str], plan: Plan, scenario: str) -> None:
    what = Term(f"情景“{scenario}”缺少参数", f"scenario “{scenario}” lacks a parameter")
    raise_if([Fault(what, file=f"params/{plan.name}.yaml", found="", expected=name) for name in sorted(missing)])


def _stacked(book: Book, draws: int) -> tuple[list[tuple[Key, int]], np.ndarray]:
    """Every entry of the book as (key, year), and its values, shape (entries, draws)."""
    keys = [(key, year) for key, by_year in book.entries.items() for year in by_year]
    values = np.stack([np.broadcast_to(book.entries[key][year], (draws,)) for key, year in keys])
    return keys, values


def _results(
    plan: Plan,
    scenario: str,
    keys: list[tuple[Key, int]],
    values: np.ndarray,
    columns: list[_Column],
    assumptions: Mapping[str, Assumption],
) -> pd.DataFrame:
    low, high = _range(values, columns, [LIMITS.get(key[1], _ANY) for key, _ in keys])
    frame = pd.DataFrame({
        "plan": plan.name,
        "scenario": scenario,
        "region": plan.numbers_of,
        "scheme": [key[0] for key, _ in keys],
        "indicator": [key[1] for key, _ in keys],
        "category": [key[2] for key, _ in keys],
        "year": [year for _, year in keys],
        "value": values[:, 0],
        "low": low,
        "high": high,
        "unit": [INDICATORS[key[1]].unit for key, _ in keys],
        "quality": _qualities(values, columns, assumptions),
    })  # fmt: skip
    return frame.sort_values(["scheme", "indicator", "category", "year"], kind="stable", ignore_index=True)


def _range(
    values: np.ndarray, columns: list[_Column], limits: list[tuple[float, float]]
) -> tuple[np.ndarray, np.ndarray]:
    """Low and high of each result: drivers taken as independent, their one-at-a-time effects added in quadrature.

    low = central − √Σ (downward effect of each driver)²; high likewise, both cut at the indicator's own limits; NaN for
    a result that no range moves.
    """
    central, moved = values[:, 0], _moved(values)
    sides = [_side(moved, columns, side) for side in ("low", "high")]
    down = np.sqrt((np.minimum(np.minimum(*sides), 0.0) ** 2).sum(axis=1))
    up = np.sqrt((np.maximum(np.maximum(*sides), 0.0) ** 2).sum(axis=1))
    least, most = np.array(limits).T
    still = (down == 0.0) & (up == 0.0)
    low, high = np.clip(central - down, least, most), np.clip(central + up, least, most)
    return np.where(still, np.nan, low), np.where(still, np.nan, high)


def _moved(values: np.ndarray) -> np.ndarray:
    """Differences from the central path; rounding noise, such as a calibrated income leaves, counts as none."""
    moved = values - values[:, :1]
    return np.where(np.abs(moved) <= _NOISE * np.abs(values[:, :1]), 0.0, moved)


def _side(moved: np.ndarray, columns: list[_Column], side: str) -> np.ndarray:
    return moved[:, [n for n, column in enumerate(columns) if column.side == side]]


def _qualities(values: np.ndarray, columns: list[_Column], assumptions: Mapping[str, Assumption]) -> list[str]:
    """A result is as good as the worst parameter that moves it."""
    moved = _moved(values)
    graded = []
    for quality in ("assumed", "derived"):
        of_quality = [n for n, c in enumerate(columns) if c.side == "nudge" and assumptions[c.name].quality == quality]
        graded.append((moved[:, of_quality] != 0).any(axis=1))
    assumed, derived = graded
    return [
        worst([q for q, hit in (("assumed", a), ("derived", d)) if hit]) for a, d in zip(assumed, derived, strict=True)
    ]


def _elasticities(
    scenario: str, keys: list[tuple[Key, int]], values: np.ndarray, columns: list[_Column]
) -> pd.DataFrame:
    """Long table of elasticities: relative change of a result ÷ relative change of a parameter; zero results left out."""
    names = [column.name for column in columns if column.side == "nudge"]
    moved, central = _side(_moved(values), columns, "nudge"), values[:, :1]
    rows, inputs = np.nonzero((moved != 0) & (central != 0))
    elasticity = moved[rows, inputs] / np.abs(values[rows, 0]) / _NUDGE
    return _long(scenario, keys, rows, [names[i] for i in inputs], elasticity=elasticity)


def _effects(scenario: str, keys: list[tuple[Key, int]], values: np.ndarray, columns: list[_Column]) -> pd.DataFrame:
    """Long table of one-at-a-time effects, rows without any effect left out."""
    names = [column.name for column in columns if column.side == "low"]
    low, high = (_side(_moved(values), columns, side) for side in ("low", "high"))
    rows, inputs = np.nonzero((low != 0) | (high != 0))
    found = {"low_effect": low[rows, inputs], "high_effect": high[rows, inputs]}
    return _long(scenario, keys, rows, [names[i] for i in inputs], **found)


def _long(
    scenario: str, keys: list[tuple[Key, int]], rows: np.ndarray, inputs: list[str], **columns: np.ndarray
) -> pd.DataFrame:
    """One row a result and parameter: the result's names, the parameter, and what it does."""
    names = [(*keys[row][0], keys[row][1]) for row in rows]
    frame = pd.DataFrame(names, columns=["scheme", "indicator", "category", "year"])
    return frame.assign(input=inputs, **columns).assign(scenario=scenario)
