"""Where the model reads what it is given and writes down what follows.

The equations are written once, over plain arithmetic.  With :class:`Given` and :class:`Book` they run on arrays (one
column a draw); the Excel twin passes objects with the same two faces whose values are cells, and so gets the very same
equations as formulas.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol, TypeVar

import numpy as np

Value = TypeVar("Value")
Key = tuple[str, str, str]
"""(scheme, indicator, category)."""


class Reads(Protocol[Value]):
    """What the equations ask: a parameter's value in a year, the next milestone of a path, and what exists."""

    def __call__(self, name: str, year: int) -> Value:
        """The parameter's value in force in ``year``."""

    def has(self, name: str) -> bool:
        """Whether the plan gives the parameter at all."""

    def milestone(self, name: str, year: int) -> tuple[Value, int]:
        """The next milestone from ``year`` on, and how many steps are left to it (1: due this year)."""


class Writes(Protocol[Value]):
    """What the equations do with a named result: write it down and go on with it."""

    def enter(self, scheme: str, indicator: str, year: int, value: Value, category: str = "total") -> Value:
        """Write ``value`` down and return what later equations shall use."""

    def hold(self, name: str, year: int, value: Value) -> Value:
        """Put a step of the calculation aside under a name; it is no result, but formulas may refer to it."""

    def __call__(self, scheme: str, indicator: str, year: int, category: str = "total") -> Value:
        """What was written down before."""


class Given:
    """Parameters as arrays: for each name by year, shape (draws,).

    Parameters
    ----------
    values
        Name → year → array of shape (draws,); every projected year and the base year for ordinary parameters, the
        milestone years alone for ``*_path`` parameters.
    """

    def __init__(self, values: Mapping[str, Mapping[int, np.ndarray]]) -> None:
        self._values = values
        self.missing: set[str] = set()

    def __call__(self, name: str, year: int) -> np.ndarray:
        """The parameter in ``year``; a name nobody gave is remembered in ``missing`` and stands as NaN."""
        if name not in self._values:
            self.missing.add(name)
            return np.array([np.nan])
        return self._values[name][year]

    def has(self, name: str) -> bool:
        """Whether the parameter is given."""
        return name in self._values

    def milestone(self, name: str, year: int) -> tuple[np.ndarray, int]:
        """The next milestone of a path and the steps left to it; the last one is kept once it is reached."""
        years = [y for y in self._values[name] if y >= year]
        goal = min(years) if years else max(self._values[name])
        return self._values[name][goal], max(goal - year + 1, 1)


class Book:
    """Results as written down: (scheme, indicator, category) → year → array of shape (draws,)."""

    def __init__(self) -> None:
        self.entries: dict[Key, dict[int, np.ndarray]] = {}

    def enter(self, scheme: str, indicator: str, year: int, value: np.ndarray, category: str = "total") -> np.ndarray:
        """Write a result down and return it."""
        self.entries.setdefault((scheme, indicator, category), {})[year] = value
        return value

    def hold(self, name: str, year: int, value: np.ndarray) -> np.ndarray:
        """The value itself: arrays need no place to stand."""
        return value

    def __call__(self, scheme: str, indicator: str, year: int, category: str = "total") -> np.ndarray:
        """A result written down before."""
        return self.entries[scheme, indicator, category][year]
