"""The model's equations as spreadsheet formulas.

The equations of :mod:`analytics.model` know only ``+ − × ÷`` and ``max``.  Here they are run on :class:`Cell` values, which
remember how they were computed: the same code that gives the report its numbers writes the formulas, so the two
cannot drift apart.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

import numpy as np

from analytics.inputs.assumptions import Assumption, at
from analytics.model.book import Key

Operand = "Cell | float | int"
HELPER = "helper"
"""Stands for the scheme in the keys of helper rows."""


@dataclass(frozen=True)
class Cell:
    """A value together with the formula text (no ``=``) that computes it."""

    formula: str
    value: float

    def __add__(self, other: Operand) -> Cell:
        return _combine(self, "+", other)

    def __radd__(self, other: Operand) -> Cell:
        return _combine(other, "+", self)

    def __sub__(self, other: Operand) -> Cell:
        return _combine(self, "-", other)

    def __rsub__(self, other: Operand) -> Cell:
        return _combine(other, "-", self)

    def __mul__(self, other: Operand) -> Cell:
        return _combine(self, "*", other)

    def __rmul__(self, other: Operand) -> Cell:
        return _combine(other, "*", self)

    def __truediv__(self, other: Operand) -> Cell:
        return _combine(self, "/", other)

    def __rtruediv__(self, other: Operand) -> Cell:
        return _combine(other, "/", self)

    def __neg__(self) -> Cell:
        return Cell(f"(-{self.formula})", -self.value)

    def __array_ufunc__(self, function: np.ufunc, method: str, *operands: Operand, **_: object) -> Cell:
        if function not in _EXTREMES or method != "__call__":
            return NotImplemented
        name, choose = _EXTREMES[function]
        left, right = (_as_cell(operand) for operand in operands)
        return Cell(f"{name}({left.formula},{right.formula})", choose(left.value, right.value))


_COMPUTE: dict[str, Callable[[float, float], float]] = {
    "+": lambda a, b: a + b,
    "-": lambda a, b: a - b,
    "*": lambda a, b: a * b,
    "/": lambda a, b: a / b,
}


_EXTREMES: dict[np.ufunc, tuple[str, Callable[[float, float], float]]] = {
    np.maximum: ("MAX", max),
    np.minimum: ("MIN", min),
}


def _as_cell(operand: Operand) -> Cell:
    return operand if isinstance(operand, Cell) else Cell(repr(operand), float(operand))


def _combine(left: Operand, sign: str, right: Operand) -> Cell:
    left, right = _as_cell(left), _as_cell(right)
    return Cell(f"({left.formula}{sign}{right.formula})", _COMPUTE[sign](left.value, right.value))


@dataclass(frozen=True)
class GivenCells:
    """Parameters as references into the parameter sheet; the same face as :class:`analytics.model.book.Given`.

    ``reference(name, year)`` is the cell's address as formulas on another sheet write it.
    """

    assumptions: Mapping[str, Assumption]
    reference: Callable[[str, int], str]
    used: set[tuple[str, int]] = field(default_factory=set)
    """Parameter and year of every cell that some formula refers to."""
    shown: set[tuple[str, int]] = field(default_factory=set)
    """Parameter and year of every cell that is shown although no formula refers to it."""

    def __call__(self, name: str, year: int) -> Cell:
        """The parameter's cell in ``year``."""
        self.used.add((name, year))
        return Cell(self.reference(name, year), at(self.assumptions[name].value, year))

    def has(self, name: str) -> bool:
        """Whether the parameter is given."""
        return name in self.assumptions

    def milestone(self, name: str, year: int) -> tuple[Cell, int]:
        """The next milestone's cell and the steps left to it."""
        values = self.assumptions[name].value
        goal = min((y for y in values if y >= year), default=max(values))
        self.used.add((name, goal))
        return Cell(self.reference(name, goal), values[goal]), max(goal - year + 1, 1)


@dataclass
class BookCells:
    """Results as cells of one sheet, a row a key and a column a year; the same face as ``Book``.

    ``address(row, year)`` gives the cell's address within the sheet; ``rows`` holds the keys in writing order and
    ``entries`` the formulas.
    """

    address: Callable[[int, int], str]
    rows: dict[Key, int] = field(default_factory=dict)
    entries: dict[tuple[Key, int], Cell] = field(default_factory=dict)

    def enter(self, scheme: str, indicator: str, year: int, value: Operand, category: str = "total") -> Cell:
        """Write a formula down and return a reference to its cell."""
        key = (scheme, indicator, category)
        row = self.rows.setdefault(key, len(self.rows))
        cell = self.entries[key, year] = _as_cell(value)
        return Cell(self.address(row, year), cell.value)

    def hold(self, name: str, year: int, value: Operand) -> Cell:
        """Write a step of the calculation into a helper row, so that formulas stay short."""
        return self.enter(HELPER, name, year, value)

    def __call__(self, scheme: str, indicator: str, year: int, category: str = "total") -> Cell:
        """Reference to a result written down before."""
        key = (scheme, indicator, category)
        return Cell(self.address(self.rows[key], year), self.entries[key, year].value)
