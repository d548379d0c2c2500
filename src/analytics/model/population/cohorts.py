"""The cohort-component recursion: every cohort a year older, less its deaths, plus its net migrants; births at the end.

Stocks are taken at the end of calendar years, so that those aged x on 31 December of year y are the people born in
y − x.  Arrays are (sex, age, …): men first, ages 0–100 (open), and any number of draws behind.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from analytics.model.population.graduation import FERTILE, person_years


@dataclass(frozen=True)
class YearRates:
    """What happens within one calendar year.

    Attributes
    ----------
    death_rates
        (2, 101, …) deaths per person-year.
    fertility
        (35, …) children per woman and year at ages 15–49.
    boys_per_girl
        Sex ratio at birth.
    migration
        (2, 101, …) net immigrants by age at the end of the year, persons; 0 for none.
    births
        Known number of births; ``None`` to compute it from fertility.
    """

    death_rates: np.ndarray
    fertility: np.ndarray
    boys_per_girl: float | np.ndarray
    migration: np.ndarray | float = 0.0
    births: float | np.ndarray | None = None


@dataclass(frozen=True)
class Flows:
    """One year: ``end`` = start, a year older, + ``births`` (at age 0) − ``deaths`` + ``migration``, persons.

    ``births`` is (2, …) by sex; the rest is (2, 101, …) by age at the end of the year.
    """

    end: np.ndarray
    births: np.ndarray
    deaths: np.ndarray
    migration: np.ndarray


def survival(death_rates: np.ndarray) -> np.ndarray:
    """Share of those who were a year younger at the start of the year still alive at its end, by age at the end.

    S₀ = L₀ (of the year's births), Sₓ = Lₓ / Lₓ₋₁, and for the open age T₁₀₀ / T₉₉.
    """
    lived = np.moveaxis(person_years(np.moveaxis(death_rates, 1, -1)), -1, 1)
    ratios = lived.copy()
    ratios[:, 1:-1] = lived[:, 1:-1] / lived[:, :-2]
    ratios[:, -1] = lived[:, -1] / (lived[:, -2] + lived[:, -1])
    return ratios


def older(population: np.ndarray) -> np.ndarray:
    """Everybody a year older: nobody at 0, the last age takes in the one before."""
    moved = np.zeros_like(population)
    moved[:, 1:] = population[:, :-1]
    moved[:, -1] += population[:, -1]
    return moved


def advance(start: np.ndarray, rates: YearRates) -> Flows:
    """One calendar year.

    Births = Σ fertility × women alive on average of the year; out-migrants are at most those who are there.

    Parameters
    ----------
    start
        (2, 101, …) persons at the start of the year.
    """
    shares, moved = survival(rates.death_rates), older(start)
    survivors = shares * moved
    women = (start[1, FERTILE] + survivors[1, FERTILE]) / 2
    born = (rates.fertility * women).sum(0) if rates.births is None else np.broadcast_to(rates.births, start.shape[2:])
    boys = born * rates.boys_per_girl / (1 + rates.boys_per_girl)
    births = np.stack([boys, born - boys])
    moved[:, 0], survivors[:, 0] = births, births * shares[:, 0]
    migration = np.maximum(rates.migration, -survivors)
    return Flows(survivors + migration, births, moved - survivors, migration)


def reverse(end: np.ndarray, rates: YearRates) -> tuple[np.ndarray, Flows]:
    """One calendar year backwards, reverse survival: the start of a year from its end, and the flows between.

    Those alive at the end, less migrants, are divided by their survival ratio; at age 0 that gives the year's births.
    Those of 99 and of the open age have become one group: they part again as in the stationary population of the
    year's life table, L₉₉ : T₁₀₀.  In-migrants are at most those who are there.

    Parameters
    ----------
    end
        (2, 101, …) persons at the end of the year.
    """
    migration = np.minimum(rates.migration, end)
    staying = end - migration
    alive = staying / survival(rates.death_rates)
    start = np.zeros_like(end)
    start[:, :-2] = alive[:, 1:-1]
    lived = np.moveaxis(person_years(np.moveaxis(rates.death_rates, 1, -1)), -1, 1)[:, -2:]
    start[:, -2:] = alive[:, -1:] * lived / lived.sum(1, keepdims=True)
    return start, Flows(end, alive[:, 0], alive - staying, migration)


@dataclass(frozen=True)
class PopulationPath:
    """A projected population.

    Attributes
    ----------
    first_year
        The year at whose end the path begins.
    stocks
        (years + 1, 2, 101, …) persons at year-ends, from ``first_year`` on.
    births, deaths, migration
        Flows of the years after, summed over sex and age: (years, …).
    """

    first_year: int
    stocks: np.ndarray
    births: np.ndarray
    deaths: np.ndarray
    migration: np.ndarray

    @property
    def years(self) -> np.ndarray:
        """The year-ends."""
        return self.first_year + np.arange(len(self.stocks))

    def at_end(self, year: int) -> np.ndarray:
        """Persons at the end of ``year`` by sex and age.

        Raises
        ------
        KeyError
            When the path does not reach it.
        """
        if not 0 <= year - self.first_year < len(self.stocks):
            raise KeyError(f"the population path holds {self.years[0]}–{self.years[-1]}, not {year}")
        return self.stocks[year - self.first_year]

    def mid_year(self, year: int) -> np.ndarray:
        """Mean of the stocks at the start and the end of ``year``, as mid-year estimates are made."""
        return (self.at_end(year - 1) + self.at_end(year)) / 2

    def share_from(self, age: int) -> np.ndarray:
        """Share of the population at least ``age`` years old at every year-end."""
        return self.stocks[:, :, age:].sum((1, 2)) / self.stocks.sum((1, 2))


def project(opening: np.ndarray, first_year: int, rates: Sequence[YearRates]) -> PopulationPath:
    """The opening population carried through ``rates``, one element a year after ``first_year``."""
    stocks, flows = [opening], []
    for year in rates:
        flows.append(advance(stocks[-1], year))
        stocks.append(flows[-1].end)
    return _path(first_year, stocks, flows)


def project_back(closing: np.ndarray, last_year: int, rates: Sequence[YearRates]) -> PopulationPath:
    """The population that ``rates``, the last of them of ``last_year``, have led to the closing one from."""
    stocks, flows = [closing], []
    for year in reversed(rates):
        start, passed = reverse(stocks[0], year)
        stocks, flows = [start, *stocks], [passed, *flows]
    return _path(last_year - len(rates), stocks, flows)


def joined(before: PopulationPath, after: PopulationPath) -> PopulationPath:
    """Two paths in one; the first ends with the stock that the second begins with."""
    flows = (np.concatenate([getattr(before, f), getattr(after, f)]) for f in ("births", "deaths", "migration"))
    return PopulationPath(before.first_year, np.concatenate([before.stocks, after.stocks[1:]]), *flows)


def _path(first_year: int, stocks: Sequence[np.ndarray], flows: Sequence[Flows]) -> PopulationPath:
    births, deaths, migration = (
        np.array([part.sum(axis) for part in parts])
        for parts, axis in (
            ([f.births for f in flows], 0), ([f.deaths for f in flows], (0, 1)), ([f.migration for f in flows], (0, 1))
        )
    )  # fmt: skip
    return PopulationPath(first_year, np.array(stocks), births, deaths, migration)
