"""The engine: opening stocks at their ages, one year after the other, shares of every flow for the year's accounts.

The accounts of :mod:`analytics.model.enrollment` keep the heads of each state; the engine keeps the same heads by sex and
age.  Each year it first lets everybody grow a year older and tells what share of every state died, retired or moved; the
accounts then decide how many are newly enrolled, and the engine takes them from the ages they come from.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Generic, Protocol

import numpy as np

from analytics.inputs.people import PLANS_KEPT
from analytics.model.book import Reads, Value
from analytics.model.people import rows
from analytics.model.people.ground import Ground
from analytics.model.people.retiring import choice_shares, past_retirement
from analytics.model.people.states import AGES, BANDS, FIRST_AGE, PAYING, PENSION_AGE, REACHES, SEXES, STATES
from analytics.model.retirement import RetirementRule

_LEAST_YEARS = 15  # contribution years behind ``employee.short_of_years``
_CHOICES = ("population.women_at_50", "employee.early_retirement", "employee.late_retirement")
_BAND_AGES = {"aged_65": slice(65 - FIRST_AGE, 75 - FIRST_AGE), "aged_75": slice(75 - FIRST_AGE, None)}


@dataclass(frozen=True)
class NewHeads(Generic[Value]):
    """New enrollment of a year in persons, by where it comes from.

    Attributes
    ----------
    joined, enrolled
        Uncovered persons into the employee and into the resident scheme.
    own, further
        Residents into the employee scheme: among its new members, and beyond them for the structure's sake.
    arrivals, resident_arrivals
        From elsewhere into either scheme.
    shares
        Share of each category among the employee scheme's new members; ``further_into`` the one that ``further`` joins.
    """

    joined: Value
    enrolled: Value
    own: Value
    further: Value
    arrivals: Value
    resident_arrivals: Value
    shares: Mapping[str, Value]
    further_into: str


class Ages(Protocol[Value]):
    """What the accounts of heads ask of the ages."""

    def open(self, year: int, heads: Mapping[str, Value]) -> None:
        """Take the heads of every state at the end of ``year``."""

    def pass_year(self, year: int, heads: Mapping[str, Value]) -> None:
        """Let ``year`` pass without new enrollment; ``heads`` are those at its start."""

    def flow(self, flow: str, state: str, year: int, heads: Value) -> Value:
        """Persons in a flow of the year (see FLOWS), out of the ``heads`` of the state at its start."""

    def entrants(self, year: int) -> Value:
        """Persons turning 16 in the year."""

    def among(self, name: str, state: str, year: int, heads: Value) -> Value:
        """Persons who count as ``name`` (see REACHES and BANDS) among the ``heads`` of a state before new enrollment."""

    def enroll(self, year: int, new: NewHeads[Value]) -> None:
        """Put the year's new members into their states."""


class Cohorts:
    """The ages as arrays, one column a draw.

    Parameters
    ----------
    ground
        Population, patterns and rules.
    given
        Levels of the flows, (draws,) or (1,) by name and year.
    heads
        Central heads by state in the base year: what opening ages and patterns are fitted to.
    draws, last_year
        Columns, and the year the engine can go to.
    rules
        Statutory retirement by category.
    """

    def __init__(
        self,
        ground: Ground,
        given: Reads[np.ndarray],
        heads: Mapping[str, float],
        draws: int,
        last_year: int,
        rules: Mapping[str, RetirementRule],
    ) -> None:
        self._ground, self._given, self._rules, self._draws = ground, given, rules, draws
        self._heads = tuple(heads[state] for state in STATES)
        self._youngest = last_year - ground.base_year
        self._stocks = np.zeros((SEXES, self._youngest + AGES, len(STATES), draws))
        self._levels = np.empty((rows.YEAR_ROWS, draws))
        self._taken = np.empty((SEXES, PENSION_AGE - FIRST_AGE, draws))
        self._totals: dict[int, np.ndarray] = {}
        self.transfers: dict[int, np.ndarray] = {}
        """Of a single draw, residents who moved to the employee scheme by year: (2, 44), ages 16–59."""
        self.new: dict[int, NewHeads[np.ndarray]] = {}
        """New enrollment by year."""
        self.past: dict[int, np.ndarray] = {}
        """Of a single draw, the persons at every year's end: (9, 2, 85) by state, sex and age."""

    @property
    def base_year(self) -> int:
        """Year of the opening stocks."""
        return self._ground.base_year

    @property
    def stocks(self) -> np.ndarray:
        """(9, 2, 85, draws) persons by state, sex and age as the years stand now."""
        return np.moveaxis(self._stocks[:, self._youngest : self._youngest + AGES], 2, 0)

    def open(self, year: int, heads: Mapping[str, np.ndarray]) -> None:
        """Spread the heads of every state over its opening ages."""
        opening = self._ground.opening(dict(zip(STATES, self._heads, strict=True)))
        totals = np.empty((len(STATES), self._draws))
        for n, state in enumerate(STATES):
            totals[n] = heads.get(state, 0.0)
        np.multiply(opening[..., None], totals[:, None, None], out=self.stocks)
        self._totals[year] = np.zeros((len(rows.PLACES), self._draws))
        for band, state in BANDS:
            n = STATES.index(state)
            self._totals[year][rows.PLACES[band, state]] = opening[n, :, _BAND_AGES[band]].sum() * totals[n]
        self._remember(year)

    def pass_year(self, year: int, heads: Mapping[str, np.ndarray]) -> None:
        """Everybody a year older: deaths, migration, retirement, interruption and the rest, before new enrollment."""
        from analytics.model.people.kernel import age_year  # compiled code is loaded when first needed

        patterns, past = _patterns(self._ground, self._heads, year), past_retirement(self._rules, year)
        self._set_levels(year, heads)
        self._totals[year] = np.zeros((len(rows.PLACES), self._draws))
        age_year(self._stocks, self._youngest, patterns, past, self._levels, self._totals[year])
        self._youngest -= 1

    def flow(self, flow: str, state: str, year: int, heads: np.ndarray) -> np.ndarray:
        """Persons in a flow of the year; ``heads`` are the engine's own."""
        return self._totals[year][rows.PLACES[flow, state]].copy()  # a view would keep all totals alive in the book

    def among(self, name: str, state: str, year: int, heads: np.ndarray) -> np.ndarray:
        """Persons counted once the year has passed; ``heads`` are the engine's own."""
        return self._totals[year][rows.PLACES[name, state]]

    def entrants(self, year: int) -> np.ndarray:
        """Persons turning 16: as many for each adult of the base year as the region's children say."""
        return self._ground.entrants(year).sum() * self._given("population.adults", self._ground.base_year)

    def enroll(self, year: int, new: NewHeads[np.ndarray]) -> None:
        """Transfers, new members and newcomers, spread over the ages they come from."""
        from analytics.model.people.kernel import enroll

        patterns, members = _patterns(self._ground, self._heads, year), self._new_members(year, new)
        enroll(self._stocks, self._youngest, patterns, self._levels, members, self._taken)
        if self._draws == 1:
            self.transfers[year] = self._taken[..., 0].copy()
        self.new[year] = new
        self._remember(year)

    def _remember(self, year: int) -> None:
        if self._draws == 1:
            self.past[year] = self.stocks[..., 0].copy()

    def _set_levels(self, year: int, heads: Mapping[str, np.ndarray]) -> None:
        """Fill the year's levels; see :mod:`analytics.model.people.rows`."""
        given, levels = self._given, self._levels
        for row, name in enumerate(rows.LEVELS):
            levels[row] = given(name, year)
        levels[rows.QUALIFIED] = self._qualified(year)
        levels[rows.EVERYBODY] = 1.0
        paying = sum(heads.get(category, 0.0) for category in PAYING)
        for k, category in enumerate(PAYING):
            levels[rows.CATEGORY_SHARES + k] = _ratio(heads.get(category, 0.0), paying)
        adults = given("population.adults", self._ground.base_year)
        levels[rows.ENTRANTS : rows.CHOICES] = self._ground.entrants(year)[:, None] * adults
        chosen = choice_shares(*(given(name, year) if given.has(name) else np.zeros(1) for name in _CHOICES))
        for row, share in enumerate(chosen, rows.CHOICES):
            levels[row] = share

    def _qualified(self, year: int) -> np.ndarray:
        """Share of those due who have the minimum years; as the minimum rises from fifteen, more fall short of it."""
        longer = self._ground.people.minimum_years[year] / _LEAST_YEARS
        return np.clip(1 - self._given("employee.short_of_years", year) * longer, 0.0, 1.0)

    def _new_members(self, year: int, new: NewHeads[np.ndarray]) -> np.ndarray:
        """The year's new enrollment as rates of those within reach."""
        within = {name: self._totals[year][rows.PLACES[name, state]] for name, state in REACHES}
        found = np.empty((rows.NEW_ROWS, self._draws))
        found[rows.TRANSFERRING] = _ratio(new.own + new.further, within["transferable"])
        found[rows.OWN] = _ratio(new.own, new.own + new.further)
        found[rows.JOINING_RATE] = _ratio(new.joined, within["joinable"])
        found[rows.ARRIVALS], found[rows.RESIDENT_ARRIVALS] = new.arrivals, new.resident_arrivals
        found[rows.ENROLLING_RATE] = _ratio(new.enrolled, within["enrollable"] - new.joined)
        for k, category in enumerate(PAYING):
            found[rows.NEW_SHARES + k] = new.shares.get(category, 0.0)
            found[rows.FURTHER_SHARES + k] = float(category == new.further_into)
        return found


@lru_cache(maxsize=PLANS_KEPT * 16)  # years
def _patterns(ground: Ground, heads: tuple[float, ...], year: int) -> np.ndarray:
    """(9, 2, 85) in the order of ``rows.PATTERNS``."""
    normed = ground.normed_patterns(dict(zip(STATES, heads, strict=True)))
    found = {"risk": ground.risk(year), "insured_risk": ground.insured_risk(), **normed}
    return np.stack([found[name] for name in rows.PATTERNS])


def _ratio(part: np.ndarray | float, whole: np.ndarray) -> np.ndarray:
    """part ÷ whole, at most 1 where rounding would make it more; 0 where the whole is."""
    return np.minimum(part / np.where(whole > 0, whole, np.inf), 1.0)
