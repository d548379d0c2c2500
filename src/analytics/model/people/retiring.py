"""Who reaches retirement in a calendar year, by sex and age, from whole birth cohorts and what they choose.

Births are spread evenly over the twelve months of a year.  A cohort's share retired by a year's end is linear in the
shares of women who retired at 50 before the reform and of those who choose to go early or late, so that draws of these
shares cost nothing: the parts are counted once a year and category, the draws only weigh them.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache

import numpy as np

from analytics.model.retirement import MONTHS, RetirementRule, retirement_month

EARLIEST, LATEST = 46, 70
"""Ages at a year's end between which employees retire; nobody before, everybody at the last one."""
FLEXIBLE_MONTHS = 36
_REFORM_YEAR = 2025  # before it nobody could choose
_CHOICES = {"early": -1, "due": 0, "late": 1}


@cache
def retired_by(rule: RetirementRule, birth_year: int, year: int, choice: str) -> float:
    """Share of a birth cohort retired by the end of ``year`` when all choose ``early``, ``due`` or ``late``.

    Early and late are spread evenly over one month to three years; only those due from 2025 on have a choice.
    """
    months = range(1, MONTHS + 1)
    return sum(_retired_share(rule, birth_year, month, year, choice) for month in months) / MONTHS


def _retired_share(rule: RetirementRule, birth_year: int, month: int, year: int, choice: str) -> float:
    due = retirement_month(rule, birth_year, month)[0]
    if choice == "due" or due < _REFORM_YEAR:
        return float(due <= year)
    chosen = [_CHOICES[choice] * months for months in range(1, FLEXIBLE_MONTHS + 1)]
    first, last = sorted(retirement_month(rule, birth_year, month, chosen[end])[0] for end in (0, -1))
    if not first <= year < last:  # all of them or none, as at most ages
        return float(year >= last)
    return float(np.mean([retirement_month(rule, birth_year, month, months)[0] <= year for months in chosen]))


@cache
def _retired_by_age(rule: RetirementRule, year: int) -> np.ndarray:
    """(25, 3) share retired by the end of ``year`` of those aged 46–70 then who choose early, due or late."""
    ages = range(EARLIEST, LATEST + 1)
    return np.array([[retired_by(rule, year - age, year, choice) for choice in _CHOICES] for age in ages])


@cache
def _retired_by_choice(
    men: RetirementRule, women_55: RetirementRule, women_50: RetirementRule, year: int
) -> np.ndarray:
    """(2, 25, 6) the same by sex; the last axis is that of :func:`choice_shares`, where men choose the same twice."""
    men_, women_55_, women_50_ = (_retired_by_age(rule, year) for rule in (men, women_55, women_50))
    return np.stack([np.hstack([men_, men_]), np.hstack([women_50_, women_55_])])


def choice_shares(women_at_50: np.ndarray, early: np.ndarray, late: np.ndarray) -> list[np.ndarray]:
    """How employees divide, six shares: women due at 50 who go early, when due and late, then women due at 55."""
    return [due * chosen for due in (women_at_50, 1 - women_at_50) for chosen in (early, 1 - early - late, late)]


def retired(
    rules: Mapping[str, RetirementRule], year: int, women_at_50: np.ndarray, early: np.ndarray, late: np.ndarray
) -> np.ndarray:
    """Share of employees past retirement at the end of ``year`` by sex and age then: (2, 25, draws), ages 46–70.

    Σ over choices of share choosing × share retired by then; women weigh the categories 50 and 55.
    """
    by_choice = _retired_by_choice(rules["M60"], rules["F55"], rules["F50"], year)
    return by_choice @ np.stack(choice_shares(women_at_50, early, late))


@cache
def _ends_of_year(men: RetirementRule, women_55: RetirementRule, women_50: RetirementRule, year: int) -> np.ndarray:
    before, after = (_retired_by_choice(men, women_55, women_50, y) for y in (year - 1, year))
    start = np.concatenate([np.zeros_like(before[:, :1]), before[:, :-1]], axis=1)
    start[:, -1] = 1.0
    return np.stack([start, after])


def past_retirement(rules: Mapping[str, RetirementRule], year: int) -> np.ndarray:
    """(2, 2, 25, 6) share past retirement at the start and at the end of ``year`` by sex, age at its end, and choice.

    Nobody is before the first age; whoever is left at the last age is due then.
    """
    return _ends_of_year(rules["M60"], rules["F55"], rules["F50"], year)
