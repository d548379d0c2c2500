"""The nation's population from the end of 2009 on, by sex and single year of age.

It is anchored in the mid-year population of 2020: carried forward from there to 2060, and carried back to 2009 by reverse
survival, so that a plan or a replay may begin in any year of the last decade.

What limits the agreement with the source is mortality: it publishes yearly life expectancies but death rates by age
only for five years together.  Graduated by themselves the latter give 0.07–0.17 years too short a life; anchoring
each year's rates in its life expectancy closes most of that.  The opening structure comes next: five-year ages are
split by the births of each year, so that the small cohorts of 1959–1961 and the large ones after stay where they are.
"""

from __future__ import annotations

import numpy as np
from scipy.interpolate import PchipInterpolator

from analytics.inputs.demography import Demography, as_array
from analytics.model.population.cohorts import PopulationPath, YearRates, advance, joined, project, project_back
from analytics.model.population.graduation import (
    AGES,
    OLDEST,
    anchored,
    between_years,
    single_death_rates,
    single_fertility,
)

OPENING_YEAR = 2009
COUNT_YEAR = 2020  # of the mid-year population that the path is anchored in
LAST_YEAR = 2060
_GROUPS = AGES[::5]  # first ages of the five-year groups
_ROUNDS = 80


def national_rates(tables: Demography) -> list[YearRates]:
    """Rates of every calendar year from 2010 to 2060.

    Death rates and the age pattern of fertility run as monotone cubics between the middles of the five-year periods;
    death rates are then anchored in the yearly life expectancy from 2024 on; births before 2024 are the published
    ones; migration by age runs linearly between every fifth year (before 2023: as in 2023), scaled to the yearly total.
    """
    years = np.arange(OPENING_YEAR + 1, LAST_YEAR + 1)
    deaths, pattern = _death_rates(tables, years), _fertility_pattern(tables, years)
    migration, level = _migration(tables, years), tables.fertility.reindex(years).to_numpy()
    ratio = tables.sex_ratio_at_birth[years].to_numpy()
    published = [float(tables.births[y]) if np.isnan(level[i]) else None for i, y in enumerate(years)]
    return [
        YearRates(deaths[i], pattern[i] * (1.0 if published[i] else level[i]), ratio[i], migration[i], published[i])
        for i in range(len(years))
    ]


def _death_rates(tables: Demography, years: np.ndarray) -> np.ndarray:
    known = tables.death_rates.index.unique("year").to_numpy()
    rates = np.exp(between_years(years, known, np.log(single_death_rates(as_array(tables.death_rates)))))
    stated = tables.life_expectancy.index.unique("year").to_numpy()
    where = np.isin(years, stated)
    rates[where] = anchored(rates[where], as_array(tables.life_expectancy)[np.isin(stated, years)])
    return rates


def _fertility_pattern(tables: Demography, years: np.ndarray) -> np.ndarray:
    known = tables.fertility_by_age.index.unique("year").to_numpy()
    return single_fertility(between_years(years, known, as_array(tables.fertility_by_age)))


def _migration(tables: Demography, years: np.ndarray) -> np.ndarray:
    known = tables.migration_by_age.index.unique("year").to_numpy()
    columns = as_array(tables.migration_by_age).reshape(len(known), -1).T
    by_age = np.array([np.interp(years, known, column) for column in columns])
    scaled = by_age * tables.net_migration[years].to_numpy() / by_age.sum(0)
    return scaled.T.reshape(len(years), 2, OLDEST + 1)


def opening_population(tables: Demography, rates: YearRates) -> np.ndarray:
    """(2, 101) persons at the start of 2020, such that the mid-year population of 2020 has the published five-year ages.

    Within the groups people are spread in proportion to the births of their year (before 1950: as in 1950) times a
    ratio of survivors to births that runs as a monotone cubic (PCHIP) over age; the groups' ratios are corrected until
    all five-year sums agree.

    Parameters
    ----------
    rates
        Of the year 2020.
    """
    wanted = _counted(tables)
    weights = _births_by_age(tables)
    ratios = wanted / np.add.reduceat(weights, _GROUPS, axis=1)
    for _ in range(_ROUNDS):
        start = weights * _over_ages(ratios)
        ratios = ratios * wanted / np.add.reduceat((start + advance(start, rates).end) / 2, _GROUPS, axis=1)
    return weights * _over_ages(ratios)


def _counted(tables: Demography) -> np.ndarray:
    """(2, 21) persons at mid-2020 by five-year age."""
    return as_array(tables.population)[tables.population.index.unique("year").get_loc(COUNT_YEAR)]


def _births_by_age(tables: Demography) -> np.ndarray:
    """(2, 101) children born in the year that those of each age at the start of 2020 were born in."""
    born = np.maximum(COUNT_YEAR - 1 - AGES, tables.births.index.min())
    births, ratio = tables.births[born].to_numpy(), tables.sex_ratio_at_birth[born].to_numpy()
    return np.stack([births * ratio, births]) / (1 + ratio)


def _over_ages(ratios: np.ndarray) -> np.ndarray:
    """Group ratios (2, 21) at single ages; the open group has its own."""
    centres = np.append(_GROUPS[:-1] + 2.0, OLDEST)
    return np.exp(PchipInterpolator(centres, np.log(ratios), axis=1)(AGES))


def national_population(tables: Demography) -> PopulationPath:
    """The nation's path from the end of 2009 to the end of 2060.

    Before 2020 births are those that the children of 2020 imply, so that every year closes.
    """
    rates = national_rates(tables)
    past, ahead = rates[: COUNT_YEAR - 1 - OPENING_YEAR], rates[COUNT_YEAR - 1 - OPENING_YEAR :]
    middle = opening_population(tables, ahead[0])
    return joined(project_back(middle, COUNT_YEAR - 1, past), project(middle, COUNT_YEAR - 1, ahead))


def insured_death_rates(tables: Demography, multiplier: float) -> np.ndarray:
    """(2, 101) deaths per person-year of insured persons: −ln(1 − q) × ``multiplier``, q of the insurers' life table.

    The table is ten years old and about people who chose to insure; the multiplier says how the members of a public
    scheme differ from them.
    """
    dying = as_array(tables.insured_life_table)[:, : OLDEST + 1]
    return -np.log1p(-dying) * multiplier
