"""How many persons reach statutory retirement in a calendar year, from whole birth cohorts.

Births are spread evenly over the twelve months of a year, so the share of a cohort that retires in a year is a number
of twelfths; over all years the twelve months sum to exactly one retirement.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import cache

import numpy as np
import pandas as pd

from analytics.model.population.cohorts import PopulationPath, older
from analytics.model.population.graduation import AGES
from analytics.model.population.region import ADULT
from analytics.model.retirement import MONTHS, RetirementRule, retirement_month

CATEGORIES = ("M60", "F55", "F50")


def unreformed(rule: RetirementRule) -> RetirementRule:
    """The rule as if ages had never risen: everybody retires in the month of the old age's birthday."""
    return replace(rule, final_age=rule.start_age)


@cache
def retirement_years(rule: RetirementRule, birth_year: int) -> tuple[int, ...]:
    """Calendar year of statutory retirement for each month of birth, January first."""
    return tuple(retirement_month(rule, birth_year, month)[0] for month in range(1, MONTHS + 1))


def retiring_share(rule: RetirementRule, birth_year: int, year: int) -> float:
    """Share of those born in ``birth_year`` whose statutory retirement falls in ``year``: months of birth / 12."""
    return retirement_years(rule, birth_year).count(year) / MONTHS


def retired_share(rule: RetirementRule, birth_year: int, year: int) -> float:
    """Share of those born in ``birth_year`` whose statutory retirement falls in or before ``year``."""
    return sum(found <= year for found in retirement_years(rule, birth_year)) / MONTHS


def members(women_at_50: float) -> dict[str, np.ndarray]:
    """Share of each sex (men, women) that belongs to a category; ``women_at_50`` of the women retire(d) at 50."""
    return {"M60": np.array([1.0, 0.0]), "F55": np.array([0.0, 1 - women_at_50]), "F50": np.array([0.0, women_at_50])}


def retirement_wave(
    path: PopulationPath, rules: Mapping[str, RetirementRule], years: Sequence[int], women_at_50: float
) -> pd.DataFrame:
    """Persons who reach statutory retirement: those of the cohort alive on average of the year × the share retiring.

    Everybody counts who reaches the age, whether insured or not.

    Parameters
    ----------
    path
        Population whose year-ends hold all ``years`` and the year before.
    rules
        By category M60, F55, F50.
    women_at_50
        Share of women whose age before the reform was 50.

    Returns
    -------
    DataFrame
        Index ``year``, a column a category, persons.
    """
    alive = np.array([(older(path.at_end(year - 1)) + path.at_end(year)) / 2 for year in years])
    return _summed(alive, rules, years, women_at_50, retiring_share)


def working_population(
    path: PopulationPath, rules: Mapping[str, RetirementRule], years: Sequence[int], women_at_50: float
) -> pd.DataFrame:
    """Persons of 16 and older at the start of each year who had not reached statutory retirement before it.

    Returns
    -------
    DataFrame
        As :func:`retirement_wave`.
    """
    starts = [year - 1 for year in years]
    adults = np.array([path.at_end(year) * (AGES >= ADULT) for year in starts])
    return _summed(adults, rules, starts, women_at_50, lambda *when: 1 - retired_share(*when)).set_axis(list(years))


def _summed(
    people: np.ndarray,
    rules: Mapping[str, RetirementRule],
    years: Sequence[int],
    women_at_50: float,
    share: Callable[[RetirementRule, int, int], float],
) -> pd.DataFrame:
    """Σ over sex and age of (years, 2, 101) people × share of their birth cohort, by category."""
    columns = {}
    for category, of_sex in members(women_at_50).items():
        shares = np.array([[share(rules[category], year - int(age), year) for age in AGES] for year in years])
        columns[category] = np.einsum("ysa,s,ya->y", people, of_sex, shares)
    return pd.DataFrame(columns, index=pd.Index(years, name="year"))
