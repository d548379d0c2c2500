"""Statutory retirement by month of birth, since the gradual rise that began on 2025-01-01.

Source: decision of the Standing Committee of the National People's Congress of 2024-09-13.  Men move from 60 to 63
and women from 55 to 58 by one month for every four months of birth, women from 50 to 55 by one month for every two.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import floor

MONTHS = 12


@dataclass(frozen=True)
class RetirementRule:
    """One category's rule.

    Attributes
    ----------
    start_age, final_age
        Years of age before and after the rise.
    months_per_step
        Months of birth for which the age rises by one month.
    first_birth_year
        Those born from January of this year on are affected.
    """

    start_age: float
    final_age: float
    months_per_step: float
    first_birth_year: float


def delay_months(rule: RetirementRule, birth_year: int, birth_month: int) -> int:
    """Months by which retirement is put off: min(cap, ⌊Δ ÷ step⌋ + 1), Δ months of birth after the first affected.

    Nobody born before the first affected month is put off; the cap is the whole rise.
    """
    after = (birth_year - int(rule.first_birth_year)) * MONTHS + birth_month - 1
    if after < 0:
        return 0
    cap = round((rule.final_age - rule.start_age) * MONTHS)
    return min(cap, floor(after / rule.months_per_step) + 1)


def retirement_age_months(rule: RetirementRule, birth_year: int, birth_month: int, chosen: int = 0) -> int:
    """Age at retirement in months; ``chosen`` months of flexible early (−) or late (+) retirement, at most 36 each way.

    Nobody may retire before the age that applied before the rise.

    Raises
    ------
    ValueError
        When ``chosen`` is beyond three years.
    """
    if abs(chosen) > 36:
        raise ValueError(f"flexible retirement is at most 36 months early or late, not {chosen}")
    earliest = round(rule.start_age * MONTHS)
    return max(earliest, earliest + delay_months(rule, birth_year, birth_month) + chosen)


def retirement_month(rule: RetirementRule, birth_year: int, birth_month: int, chosen: int = 0) -> tuple[int, int]:
    """Year and month of retirement."""
    count = birth_year * MONTHS + birth_month - 1 + retirement_age_months(rule, birth_year, birth_month, chosen)
    return count // MONTHS, count % MONTHS + 1
