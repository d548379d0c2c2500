"""Ages for tests of the accounts: every flow is the same share of its state each year, so results can be done by hand."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from analytics.model.book import Given
from analytics.model.people.cohorts import NewHeads
from analytics.model.people.states import EMPLOYED, level_of

RATES = ("population.entrants", "population.deaths_working", "population.deaths_elderly", "employee.retirement",
         "resident.ageing")  # fmt: skip
"""Shares that the real ages decide and this double is told: of the population 16+, of a state, of a state…"""
REACH = {"joinable": 1.0, "enrollable": 1.0, "transferable": 1.0, "aged_65": 0.5, "aged_75": 0.25}


class ConstantAges:
    """The face of :class:`analytics.model.people.cohorts.Cohorts`; ``rates`` by the names of RATES, 0 where left out."""

    def __init__(self, given: Given, rates: Mapping[str, float] | None = None, **reach: float) -> None:
        self._given, self._rates, self._reach = given, rates or {}, REACH | reach
        self._population = np.zeros(1)

    def open(self, year: int, heads: Mapping[str, np.ndarray]) -> None:
        pass

    def pass_year(self, year: int, heads: Mapping[str, np.ndarray]) -> None:
        self._population = sum(heads.values())

    def flow(self, flow: str, state: str, year: int, heads: np.ndarray) -> np.ndarray:
        if flow == "deaths":
            old = state in ("retirees", "beneficiaries")
            return heads * self._rates.get("population.deaths_elderly" if old else "population.deaths_working", 0.0)
        if level_of(flow, state):
            return heads * self._given(level_of(flow, state), year)
        retiring = flow == "retirements" and state in EMPLOYED
        return heads * self._rates.get("employee.retirement" if retiring else "resident.ageing", 0.0)

    def entrants(self, year: int) -> np.ndarray:
        return self._population * self._rates.get("population.entrants", 0.0)

    def among(self, name: str, state: str, year: int, heads: np.ndarray) -> np.ndarray:
        return heads * self._reach[name]

    def enroll(self, year: int, new: NewHeads[np.ndarray]) -> None:
        pass
