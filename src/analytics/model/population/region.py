"""A region without an age structure of its own: the nation's, tilted to its share of the old and scaled to its adults.

The result is an assumption whatever it is scaled to: nothing is known of the region's own ages, births or migration.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from analytics.model.population.cohorts import PopulationPath, YearRates, project
from analytics.model.population.graduation import AGES, FERTILE

ADULT, OLD = 16, 60
_STEEPEST = 0.2  # a year of age: a tilt that no inhabited place needs


def share_of_old(population: np.ndarray) -> float:
    """Share of persons 60 and older in a (2, 101) structure."""
    return float(population[:, AGES >= OLD].sum() / population.sum())


def tilt_towards(structure: np.ndarray, share: float) -> float:
    """The k for which structure × e^(k·age) has ``share`` of persons 60 and older.

    Of all reweightings to that share this one stays closest to the given structure in relative entropy among those
    that hang on mean age alone.

    Raises
    ------
    ValueError
        When no k between ±0.2 a year of age gives the share.
    """
    low, high = -_STEEPEST, _STEEPEST
    if not share_of_old(tilted(structure, low)) < share < share_of_old(tilted(structure, high)):
        raise ValueError(f"no tilt of this structure has {share:.1%} of persons 60 and older")
    for _ in range(60):
        middle = (low + high) / 2
        low, high = (middle, high) if share_of_old(tilted(structure, middle)) < share else (low, middle)
    return (low + high) / 2


def tilted(structure: np.ndarray, tilt: float) -> np.ndarray:
    """(2, 101) structure × e^(tilt·age)."""
    return structure * np.exp(tilt * AGES)


def scaled_to_adults(structure: np.ndarray, adults: float) -> np.ndarray:
    """The structure in persons, with ``adults`` of them 16 and older."""
    return structure * adults / structure[:, AGES >= ADULT].sum()


def local_rates(nation: PopulationPath, rates: Sequence[YearRates]) -> list[YearRates]:
    """The nation's rates without migration; where its births are published, the fertility that they imply.

    ``rates`` are those the nation's path was projected with, from its first year on.
    """
    found = []
    for year, given in zip(nation.years[1:], rates, strict=True):
        level = 1.0
        if given.births is not None:
            level = float(given.births / (given.fertility * nation.mid_year(year)[1, FERTILE]).sum())
        found.append(replace(given, fertility=given.fertility * level, migration=0.0, births=None))
    return found


def regional_population(
    nation: PopulationPath,
    rates: Sequence[YearRates],
    base_year: int,
    adults: float,
    known_share: tuple[int, float] | None = None,
) -> PopulationPath:
    """A region's path from the end of ``base_year`` to the end of the nation's.

    Parameters
    ----------
    nation, rates
        The nation's path and the rates it was projected with.
    base_year
        Year-end that ``adults`` is known for; before the nation's path begins, its first year stands in.
    adults
        Persons 16 and older.
    known_share
        Year and share of persons 60 and older where it is published; the tilt it takes in that year is kept.
    """  # fmt: skip
    first, last = int(nation.years[0]), int(nation.years[-1])
    begin = min(max(base_year, first), last)
    structure = nation.at_end(begin)
    if known_share is not None:
        year, share = known_share
        structure = tilted(structure, tilt_towards(nation.at_end(min(max(year, first), last)), share))
    return project(scaled_to_adults(structure, adults), begin, local_rates(nation, rates)[begin - first :])
