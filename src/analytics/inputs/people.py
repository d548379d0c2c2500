"""What is known of a region's people by age before the model runs: tables, patterns, rules of retirement."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from functools import lru_cache

import numpy as np
import pandas as pd

from analytics.inputs.demography import Demography, load_demography, load_patterns
from analytics.inputs.history import population_of, region_chain
from analytics.inputs.pension_rules import minimum_years, retirement_values

CATEGORIES = ("M60", "F55", "F50")
PLANS_KEPT = 64
"""Of so many plans a process keeps what it has worked out about their people; a batch may have thousands."""
_REFORM = date(2025, 1, 1)
_NEAR = 5  # years


@dataclass(frozen=True)
class KnownShare:
    """Published share of persons 60 and older: where, of which year, and by whom."""

    place: str
    year: int
    share: float
    source: str


@dataclass(frozen=True, eq=False)
class People:
    """A region's people as far as they are known.

    Attributes
    ----------
    tables
        The nation's population, mortality and fertility.
    patterns
        (2, 85) relative weights by sex and age 16–100, by name; see ``data/demography/age_patterns.csv``.
    known_share
        Share of the old in the nearest place that publishes one, nearest in time; ``None`` where nobody does.
    retirement
        Statutory retirement by category M60, F55, F50: start age, final age, step, first birth year.
    minimum_years
        Contribution years without which no monthly employee pension is paid, by year of retirement.
    """

    tables: Demography
    patterns: Mapping[str, np.ndarray]
    known_share: KnownShare | None
    retirement: Mapping[str, Mapping[str, float]]
    minimum_years: Mapping[int, float]


@lru_cache(maxsize=PLANS_KEPT)
def people_of(place: str, base_year: int) -> People:
    """What is known of the people of ``place`` around ``base_year``; the same object for the same question."""
    tables = load_demography()
    years = range(base_year, int(tables.fertility.index.max()) + 1)
    return People(
        tables,
        load_patterns(),
        _known_share(place, base_year),
        {category: retirement_values(place, _REFORM, category) for category in CATEGORIES},
        {year: minimum_years(place, year) for year in years},
    )


def _known_share(place: str, base_year: int) -> KnownShare | None:
    """The published share nearest in place, then in time; what was derived from the tables says nothing beyond them.

    A share of more than five years before or after says nothing about the base year's ages.
    """
    for holder in region_chain(place):
        people = population_of(holder)
        published = people[(people["place"] == holder) & (people["quality"] != "derived")]
        found = {year: row for year, row in _shares(published).items() if abs(year - base_year) <= _NEAR}
        if found:
            year = min(found, key=lambda year: (abs(year - base_year), year))
            return KnownShare(holder, year, *found[year])
    return None


def _shares(people: pd.DataFrame) -> dict[int, tuple[float, str]]:
    """Share of 60+ and its source by year, given as a ratio or in persons beside the total."""
    totals = people[people["group"] == "total"].set_index("year")["value"]
    old = people[people["group"] == "60+"]
    return {
        int(row.year): (row.value if row.unit == "ratio" else row.value / totals[row.year], row.source)
        for row in old.itertuples()
        if row.unit == "ratio" or row.year in totals
    }
