"""From five-year ages to single years of age.

Every method keeps what it is given: death rates their five-year life table, fertility its five-year shares.
"""

from __future__ import annotations

import numpy as np
from scipy.interpolate import PchipInterpolator

OLDEST = 100  # open age group
AGES = np.arange(OLDEST + 1)
ABRIDGED = np.array([0, 1, *range(5, OLDEST + 1, 5)])  # first ages of an abridged life table
FERTILE = np.arange(15, 50)
_CENTRES = np.array([0.3, 2.6, *np.arange(7.5, OLDEST, 5), OLDEST + 2.0])
_AT = np.array([0.3, *(AGES[1:-1] + 0.5), OLDEST + 2.0])  # an infant's risk sits in its first weeks
_ROUNDS = 12


def person_years(death_rates: np.ndarray) -> np.ndarray:
    """Years lived at each age by one newborn, Lₓ = lₓ (1 − e^−mₓ) / mₓ; the open age lives l / m.

    The risk is constant within a year of age.

    Parameters
    ----------
    death_rates
        Deaths per person-year, ages in the last axis, positive; the sum of the result over ages is the life
        expectancy at birth.
    """
    hazard = np.cumsum(death_rates[..., :-1], axis=-1)
    alive = np.exp(-np.concatenate([np.zeros_like(hazard[..., :1]), hazard], axis=-1))
    lived = alive * -np.expm1(-death_rates) / death_rates
    lived[..., -1] = alive[..., -1] / death_rates[..., -1]
    return lived


def single_death_rates(abridged: np.ndarray) -> np.ndarray:
    """Death rates at single ages: monotone cubic (PCHIP) through the logarithm of the rates at the groups' centres.

    The centres' rates are corrected until the life table's own five-year rates Σ mₓLₓ / Σ Lₓ are the given ones.

    Parameters
    ----------
    abridged
        Deaths per person-year, last axis the age groups 0, 1–4, 5–9, …, 95–99, 100+.
    """
    centres = abridged
    for _ in range(_ROUNDS):
        single = _through(centres)
        lived = person_years(single)
        died = np.add.reduceat(single * lived, ABRIDGED, axis=-1)
        centres = centres * abridged * np.add.reduceat(lived, ABRIDGED, axis=-1) / died
    return _through(centres)


def _through(centres: np.ndarray) -> np.ndarray:
    return np.exp(PchipInterpolator(_CENTRES, np.log(centres), axis=-1)(_AT))


def between_years(years: np.ndarray, known: np.ndarray, values: np.ndarray) -> np.ndarray:
    """Values of every year, the first axis: monotone cubic (PCHIP) between the ``known`` years."""
    return PchipInterpolator(known, values, axis=0)(years)


def anchored(death_rates: np.ndarray, life_expectancy: np.ndarray) -> np.ndarray:
    """Death rates times the one factor a year and sex that gives the stated life expectancy at birth.

    Parameters
    ----------
    death_rates
        (…, ages), deaths per person-year.
    life_expectancy
        (…), years; within reach of factors between a quarter and four.

    Raises
    ------
    ValueError
        When a life expectancy is out of that reach.
    """
    low, high = np.full_like(life_expectancy, np.log(0.25)), np.full_like(life_expectancy, np.log(4.0))
    for _ in range(48):  # halving: each step keeps the answer between low and high
        middle = (low + high) / 2
        longer = person_years(death_rates * np.exp(middle)[..., None]).sum(-1) > life_expectancy
        low, high = np.where(longer, middle, low), np.where(longer, high, middle)
    found = death_rates * np.exp(high)[..., None]
    if not np.allclose(person_years(found).sum(-1), life_expectancy, atol=1e-6):
        raise ValueError("a life expectancy is out of reach of these death rates")
    return found


def single_fertility(shares: np.ndarray) -> np.ndarray:
    """Share of a woman's children born at each age 15–49: monotone cubic (PCHIP) through the shares' running sum.

    Parameters
    ----------
    shares
        Last axis the age groups 15–19, …, 45–49; they sum to 1.
    """
    running = np.concatenate([np.zeros_like(shares[..., :1]), np.cumsum(shares, axis=-1)], axis=-1)
    bounds = np.arange(FERTILE[0], FERTILE[-1] + 2)
    return np.diff(PchipInterpolator(bounds[::5], running, axis=-1)(bounds), axis=-1)
