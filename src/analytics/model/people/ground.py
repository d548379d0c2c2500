"""The ground a plan's people stand on: ages of the region, who turns 16, who dies, and the opening stocks by age."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache, lru_cache

import numpy as np

from analytics.inputs.demography import Demography
from analytics.inputs.people import PLANS_KEPT, People
from analytics.model.people.opening import fitted, misfit
from analytics.model.people.retiring import EARLIEST, LATEST, retired
from analytics.model.people.states import AGES, EMPLOYED, FIRST_AGE, LAST_AGE, MOVING, PAYING, SEXES, STATES
from analytics.model.population.cohorts import PopulationPath, YearRates, survival
from analytics.model.population.nation import insured_death_rates, national_population, national_rates
from analytics.model.population.region import regional_population
from analytics.model.retirement import RetirementRule

_WOMEN_AT_50 = 0.5  # women's split in the prior alone: the fit to the totals settles how many are retired
_AT_RISK = {
    "exit": PAYING, "interruption": PAYING, "resumption": ("interrupted",), "leaving_school": ("outside",),
    "migration": MOVING,
}  # fmt: skip


@cache
def nation(tables: Demography) -> tuple[PopulationPath, list[YearRates]]:
    """The nation's path and the rates behind it, computed once."""
    return national_population(tables), national_rates(tables)


@lru_cache(maxsize=PLANS_KEPT)
def region(people: People, base_year: int, adults: float = 1.0) -> PopulationPath:
    """The region's population from the base year on, for so many adults then; see :func:`regional_population`."""
    known = people.known_share
    return regional_population(*nation(people.tables), base_year, adults, known and (known.year, known.share))


@dataclass(frozen=True, eq=False)
class Ground:
    """What the engine needs besides levels and heads.

    Attributes
    ----------
    base_year
        Year-end of the opening stocks.
    """

    people: People
    base_year: int

    @property
    def path(self) -> PopulationPath:
        """The region's population for one adult of the base year."""
        return region(self.people, self.base_year)

    @property
    def rules(self) -> dict[str, RetirementRule]:
        """Statutory retirement by category."""
        return {name: RetirementRule(**values) for name, values in self.people.retirement.items()}

    def opening_ages(self) -> np.ndarray:
        """(2, 85) shares of those of 16 and older at the end of the base year."""
        return self.path.stocks[0][:, FIRST_AGE : LAST_AGE + 1]

    def entrants(self, year: int) -> np.ndarray:
        """(2,) persons, men and women, who are 16 at the end of ``year``, for one adult of the base year."""
        step = min(year - self.base_year, len(self.path.stocks) - 1)
        return self.path.stocks[step][:, FIRST_AGE]

    def risk(self, year: int) -> np.ndarray:
        """(2, 85) probability of dying within ``year`` by age at its end, as in the whole nation."""
        path, rates = nation(self.people.tables)
        step = min(max(year - int(path.years[0]) - 1, 0), len(rates) - 1)
        return _dying(rates[step].death_rates)

    def insured_risk(self) -> np.ndarray:
        """(2, 85) the same by the insurers' life table."""
        return _dying(insured_death_rates(self.people.tables, 1.0))

    def opening(self, heads: Mapping[str, float]) -> np.ndarray:
        """(9, 2, 85) shares by sex and age within each state; see :func:`opening_shares`."""
        return opening_shares(self, tuple(heads[state] for state in STATES))[0]

    def normed_patterns(self, heads: Mapping[str, float]) -> dict[str, np.ndarray]:
        """(2, 85) patterns of the flows by age at the year's end; see :func:`patterns_normed`."""
        return patterns_normed(self, tuple(heads[state] for state in STATES))

    def misfit(self, heads: Mapping[str, float]) -> float:
        """Share of the heads whose states do not fit the region's ages; 0 where everything agrees."""
        return opening_shares(self, tuple(heads[state] for state in STATES))[1]


@lru_cache(maxsize=PLANS_KEPT)
def ground_of(people: People, base_year: int) -> Ground:
    """The ground of a plan; the same object for the same question."""
    return Ground(people, base_year)


def _dying(death_rates: np.ndarray) -> np.ndarray:
    return 1 - survival(death_rates)[:, FIRST_AGE : LAST_AGE + 1]


@lru_cache(maxsize=PLANS_KEPT)
def opening_shares(ground: Ground, heads: tuple[float, ...]) -> tuple[np.ndarray, float]:
    """Opening stocks by state, sex and age as shares of the state's heads, (9, 2, 85), and the misfit to the ages.

    The prior patterns are fitted to the heads of every state and to the population by sex and age.
    """
    ages, totals = ground.opening_ages().ravel(), np.array(heads)
    rows = ages * totals.sum()
    prior = _prior(ground)
    table = fitted(prior, rows, totals)
    shares = np.where(totals > 0, table / np.where(totals > 0, totals, 1.0), prior / prior.sum(0))
    return shares.T.reshape(len(STATES), SEXES, AGES), misfit(table, rows)


def _prior(ground: Ground) -> np.ndarray:
    """(170, 9) relative weights: who is in which state at which age; nobody pays after retirement nor retires before."""
    weights = np.stack([ground.people.patterns[f"opening.{state}"] for state in STATES])
    past = _past_retirement(ground)
    weights[[STATES.index(state) for state in EMPLOYED]] *= 1 - past
    weights[STATES.index("retirees")] *= past
    return (weights * ground.opening_ages()).reshape(len(STATES), -1).T


def _past_retirement(ground: Ground) -> np.ndarray:
    """(2, 85) share of employees past retirement at the end of the base year."""
    half, none = np.array([_WOMEN_AT_50]), np.array([0.0])
    past = np.zeros((SEXES, AGES))
    past[:, EARLIEST - FIRST_AGE : LATEST - FIRST_AGE + 1] = retired(ground.rules, ground.base_year, half, none, none)[
        ..., 0
    ]
    past[:, LATEST - FIRST_AGE :] = 1.0
    return past


@lru_cache(maxsize=PLANS_KEPT)
def patterns_normed(ground: Ground, heads: tuple[float, ...]) -> dict[str, np.ndarray]:
    """Patterns over ages whose mean over those who are at risk in the opening stocks is 1, so that levels are rates.

    Newcomers' ages sum to 1 instead; who may join is a share already.
    """
    stocks = np.array(heads)[:, None, None] * opening_shares(ground, heads)[0]
    patterns = ground.people.patterns
    normed = {name: patterns[name] / _mean(patterns[name], stocks, states) for name, states in _AT_RISK.items()}
    arriving = patterns["arriving"] / patterns["arriving"].sum()
    return normed | {"joining": patterns["joining"], "arriving": arriving}


def _mean(pattern: np.ndarray, stocks: np.ndarray, states: tuple[str, ...]) -> float:
    """Mean of a pattern over the members of some states, at the age they will have; 1 where there are none."""
    members = stocks[[STATES.index(state) for state in states]].sum(0)
    next_age = np.minimum(np.arange(AGES) + 1, AGES - 1)
    return float((pattern[:, next_age] * members).sum() / members.sum()) if members.sum() > 0 else 1.0
