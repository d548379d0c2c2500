"""The ages in the Excel twin: what the cohort engine found stands as numbers, everything built on it as formulas.

A flow that is proportional to a parameter is written as parameter × factor, so the parameter stays live; the factor
says how the flow's ages differ from the opening ones.  Retirement, reaching 60 and who is within reach of new enrollment
are decided by ages alone and stand as shares.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from analytics.model.people.cohorts import Cohorts, NewHeads
from analytics.model.people.states import CHOICES, level_of
from analytics.presentation.twin.cells import Cell, GivenCells

Row = tuple[str, str]


@dataclass
class AgeCells:
    """The same face as :class:`analytics.model.people.cohorts.Cohorts`, over cells of a sheet.

    Attributes
    ----------
    engine
        The engine after the central path has run.
    address
        Cell address of a row and year as formulas on another sheet write it.
    rows
        (flow, state) in writing order, with their place; ``values`` what stands in them by year.
    """

    engine: Cohorts
    given: GivenCells
    address: Callable[[int, int], str]
    rows: dict[Row, int] = field(default_factory=dict)
    values: dict[tuple[Row, int], float] = field(default_factory=dict)

    def open(self, year: int, heads: Mapping[str, Cell]) -> None:
        """Nothing to do: the engine has run."""

    def pass_year(self, year: int, heads: Mapping[str, Cell]) -> None:
        """The parameters behind the ages are shown beside the live ones."""
        self.given.shown.update((name, year) for name in CHOICES if self.given.has(name))

    def enroll(self, year: int, new: NewHeads[Cell]) -> None:
        """Nothing to do: the engine has run."""

    def flow(self, flow: str, state: str, year: int, heads: Cell) -> Cell:
        """Heads × parameter × factor, or heads × share."""
        share, name = self._share(flow, state, year, heads), level_of(flow, state)
        if not name:
            return heads * self._cell((flow, state), year, share)
        level = self.given(name, year)
        return heads * level * self._cell((flow, state), year, share / level.value if level.value else 0.0)

    def entrants(self, year: int) -> Cell:
        """Adults of the base year × persons turning 16 for each of them."""
        adults = self.given("population.adults", self.engine.base_year)
        return adults * self._cell(("entrants", "adults"), year, float(self.engine.entrants(year)[0]) / adults.value)

    def among(self, name: str, state: str, year: int, heads: Cell) -> Cell:
        """Heads × share of them that counts as ``name``."""
        return heads * self._cell((name, state), year, self._share(name, state, year, heads))

    def _share(self, name: str, state: str, year: int, heads: Cell) -> float:
        persons = float(self.engine.flow(name, state, year, heads)[0])
        return persons / heads.value if heads.value else 0.0

    def _cell(self, row: Row, year: int, value: float) -> Cell:
        place = self.rows.setdefault(row, len(self.rows))
        self.values[row, year] = value
        return Cell(self.address(place, year), value)
