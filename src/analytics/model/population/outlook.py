"""A region's ages over fifteen years and who reaches retirement in them, with the reform and as if it had not come."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property

import pandas as pd

from analytics.model.cohort_retirement import retirement_wave, unreformed, working_population
from analytics.model.population.cohorts import PopulationPath
from analytics.model.retirement import RetirementRule

YEARS_AHEAD = 15


@dataclass(frozen=True, eq=False)
class Outlook:
    """What the section shows.

    Attributes
    ----------
    nation, region
        Population paths.
    rules
        Statutory retirement by category M60, F55, F50.
    women_at_50
        Share of women whose age before the reform was 50.
    """

    nation: PopulationPath
    region: PopulationPath
    rules: Mapping[str, RetirementRule]
    women_at_50: float

    @property
    def base_year(self) -> int:
        """The year-end the region's path begins at."""
        return self.region.first_year

    @property
    def last_year(self) -> int:
        """Fifteen years later, or where the nation's path ends."""
        return min(self.base_year + YEARS_AHEAD, int(self.region.years[-1]))

    @property
    def years(self) -> list[int]:
        """The years of the wave."""
        return list(range(self.base_year + 1, self.last_year + 1))

    @property
    def without_reform(self) -> Outlook:
        """The same people under the ages before the reform."""
        return replace(self, rules={name: unreformed(rule) for name, rule in self.rules.items()})

    @cached_property
    def wave(self) -> pd.DataFrame:
        """Persons reaching statutory retirement by year and category."""
        return retirement_wave(self.region, self.rules, self.years, self.women_at_50)

    @cached_property
    def totals(self) -> pd.Series:
        """Persons reaching statutory retirement by year."""
        return self.wave.sum(axis=1)

    @cached_property
    def rate(self) -> pd.Series:
        """Share of those of 16 and older below statutory retirement at the start of a year who reach it in the year."""
        working = working_population(self.region, self.rules, self.years, self.women_at_50)
        return self.totals / working.sum(axis=1)
