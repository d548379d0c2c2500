"""The engine's year as a formula sheet in plain numpy: the oracle of the compiled code, and its measure in benchmarks.

Stocks are state → (2 sexes, 85 ages, draws), ages 16 to 100 and older.  Patterns are (2, 85), levels (draws,).  Rates
belong to the age at the year's end.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache

import numpy as np

from analytics.model.people.states import INSURED, MOVING, PAYING, STATES
from analytics.model.retirement import RetirementRule, retirement_month

Stocks = dict[str, np.ndarray]
AGE = np.arange(16, 101)
UNDER_60 = np.broadcast_to((AGE < 60)[:, None], (2, 85, 1))


def share(pattern: np.ndarray, level: np.ndarray) -> np.ndarray:
    """(2, 85, draws) pattern × level, at most everybody."""
    return np.minimum(pattern[..., None] * level, 1.0)


def aged(stock: np.ndarray) -> np.ndarray:
    """Everybody one age further; the last age gathers the old."""
    older = np.zeros_like(stock)
    older[:, 1:] = stock[:, :-1]
    older[:, -1] += stock[:, -1]
    return older


@cache
def _retired(rule: RetirementRule, born: int, year: int) -> tuple[float, float, float]:
    """Share of a birth cohort past retirement at the end of ``year`` if all go early, when due, or late.

    Counted month of birth by month of birth; early and late are one month to three years, evenly spread, and open to
    those due from 2025 on.
    """
    found = np.zeros(3)
    for month in range(1, 13):
        due = retirement_month(rule, born, month)[0]
        for n, side in enumerate((-1, 0, 1)):
            moves = [side * months for months in range(1, 37)] if due >= 2025 else [0]
            found[n] += np.mean([retirement_month(rule, born, month, move)[0] <= year for move in moves]) / 12
    return tuple(found)


def retired_share(rule: RetirementRule, born: int, year: int, early: np.ndarray, late: np.ndarray) -> np.ndarray:
    """(draws,) share of a birth cohort past retirement at the end of ``year``."""
    sooner, on_time, later = _retired(rule, born, year)
    return early * sooner + (1 - early - late) * on_time + late * later


def retiring(
    rules: Mapping[str, RetirementRule], year: int, at_50: np.ndarray, early: np.ndarray, late: np.ndarray
) -> np.ndarray:
    """(2, 85, draws) of those not yet retired at the year's start, the share due by its end; all who are left at 70."""
    due = np.zeros((2, 85, early.size))
    for n, age in enumerate(AGE):
        start, end = (past(rules, year - age, y, at_50, early, late) for y in (year - 1, year))
        if 46 <= age <= 70:
            start = start if age > 46 else 0 * start
            due[:, n] = np.where((start < 1 - 1e-9) & (age < 70), (end - start) / np.maximum(1 - start, 1e-9), 1.0)
    return due


def past(
    rules: Mapping[str, RetirementRule], born: int, year: int, at_50: np.ndarray, early: np.ndarray, late: np.ndarray
) -> np.ndarray:
    """(2, draws) share past retirement, men and women."""
    men, women_55, women_50 = (retired_share(rules[c], born, year, early, late) for c in ("M60", "F55", "F50"))
    return np.stack([men, at_50 * women_50 + (1 - at_50) * women_55])


def movable(men_limit: np.ndarray, women_limit: np.ndarray, over_age: np.ndarray) -> np.ndarray:
    """(2, 85, draws) share of residents who may move: all below the limit, ``over_age`` of those past it."""
    below = np.stack([np.clip(limit - AGE[:, None], 0, 1) for limit in (men_limit, women_limit)])
    return (below + (1 - below) * over_age) * UNDER_60


def pass_year(
    stocks: Stocks,
    pattern: Mapping[str, np.ndarray],
    level: Mapping[str, np.ndarray],
    due: np.ndarray,
    qualified: np.ndarray,
    entrants: np.ndarray,
) -> tuple[Stocks, dict[tuple[str, str], np.ndarray]]:
    """A year without new enrollment: stocks at its end, and heads by flow, reach or band and state, (draws,).

    Parameters
    ----------
    due
        (2, 85, draws) share of employees who reach retirement; ``qualified``, (draws,), of them have the minimum years.
    entrants
        (2, draws) who turn 16.
    """
    heads = {k: stocks[k].sum((0, 1)) for k in PAYING}
    now = {state: aged(stocks[state]) for state in STATES}
    flows = {}
    for state in STATES:
        insured = state in INSURED
        risk = share(pattern["insured_risk" if insured else "risk"],
                     level["population.insured_mortality" if insured else "population.mortality"])  # fmt: skip
        flows["deaths", state] = now[state] * risk
        now[state] = now[state] - flows["deaths", state]
    for state in MOVING:
        flows["migration", state] = now[state] * np.maximum(
            pattern["migration"][..., None] * level["population.migration"], -1
        )
        now[state] = now[state] + flows["migration", state]
    ready = np.where((AGE < 70)[:, None], qualified, 1.0)
    for state in (*PAYING, "interrupted"):
        flows["retirements", state] = now[state] * due * ready
        now[state] = now[state] - flows["retirements", state]
        now["retirees"] = now["retirees"] + flows["retirements", state]
    resumed = now["interrupted"] * share(pattern["resumption"], level["employee.resumption"])
    flows["resumptions", "interrupted"] = resumed
    now["interrupted"] = now["interrupted"] - resumed
    for k in PAYING:
        flows["exits", k] = now[k] * share(pattern["exit"], level["employee.exit"])
        left = now[k] - flows["exits", k]
        flows["interruptions", k] = left * share(pattern["interruption"], level["employee.interruption"])
        now[k] = left - flows["interruptions", k] + resumed * heads[k] / np.maximum(sum(heads.values()), 1e-300)
        now["interrupted"] = now["interrupted"] + flows["interruptions", k]
    school = np.where((AGE < 35)[:, None], share(pattern["leaving_school"], level["population.school_leaving"]), 1.0)
    flows["leaving_school", "outside"] = now["outside"] * school
    now["outside"] = now["outside"] - flows["leaving_school", "outside"]
    now["uncovered"] = now["uncovered"] + flows["leaving_school", "outside"]
    flows["ageing", "resident"] = now["resident"] * ~UNDER_60
    flows["back_payments", "uncovered"] = now["uncovered"] * ~UNDER_60 * np.minimum(level["resident.back_payment"], 1)
    for flow in (("ageing", "resident"), ("back_payments", "uncovered")):
        now[flow[1]] = now[flow[1]] - flows[flow]
        now["beneficiaries"] = now["beneficiaries"] + flows[flow]
    now["outside"][:, 0] += entrants
    may_move = movable(level["employee.men_limit"], level["employee.women_limit"], level["employee.over_age"])
    flows["joinable", "uncovered"] = now["uncovered"] * UNDER_60 * pattern["joining"][..., None]
    flows["enrollable", "uncovered"] = now["uncovered"] * UNDER_60
    flows["transferable", "resident"] = now["resident"] * may_move
    flows["aged_65", "beneficiaries"] = now["beneficiaries"] * ((AGE >= 65) & (AGE < 75))[:, None]
    flows["aged_75", "beneficiaries"] = now["beneficiaries"] * (AGE >= 75)[:, None]
    return now, {key: heads.sum((0, 1)) for key, heads in flows.items()}


def enroll(
    stocks: Stocks, pattern: Mapping[str, np.ndarray], level: Mapping[str, np.ndarray], new: Mapping[str, np.ndarray]
) -> tuple[Stocks, np.ndarray]:
    """New members at their ages: stocks at the year's end, and (2, 85, draws) who left the resident scheme.

    ``new`` holds heads, (draws,): joined, own, further, arrivals, enrolled, resident_arrivals; and by category the
    shares of new members and of those who move further.
    """
    may_move = movable(level["employee.men_limit"], level["employee.women_limit"], level["employee.over_age"])
    at_hand = {
        "joinable": stocks["uncovered"] * UNDER_60 * pattern["joining"][..., None],
        "enrollable": stocks["uncovered"] * UNDER_60,
        "transferable": stocks["resident"] * may_move,
    }
    part = {name: heads / np.maximum(heads.sum((0, 1)), 1e-300) for name, heads in at_hand.items()}
    arriving = pattern["arriving"][..., None] * UNDER_60
    joined, own, further = (
        new["joined"] * part["joinable"],
        *(new[k] * part["transferable"] for k in ("own", "further")),
    )
    left = at_hand["enrollable"] - joined
    enrolled = new["enrolled"] * left / np.maximum(left.sum((0, 1)), 1e-300)
    now = dict(stocks)
    now["uncovered"] = stocks["uncovered"] - joined - enrolled
    now["resident"] = stocks["resident"] - own - further + enrolled + new["resident_arrivals"] * arriving
    gross = joined + own + new["arrivals"] * arriving
    for k in PAYING:
        now[k] = stocks[k] + new[f"new {k}"] * gross + new[f"further {k}"] * further
    return now, own + further
