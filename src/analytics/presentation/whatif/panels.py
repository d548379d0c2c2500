"""What the small charts show, as plain numbers: the screen draws it as SVG, the download as a matplotlib picture."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from analytics.model.book import Book, Key
from analytics.presentation.whatif.desk import Desk, Outcome
from analytics.terms import COLOURS, SHORT_SCHEMES, Language, Scale, Term, display_scale, scale_label, text, unit_of

NOW, START, TARGET = Term("当前", "now"), Term("调整前", "before"), Term("目标", "target")
_TITLES = {
    "income": Term("职工养老征缴收入", "Employee scheme: collection income"),
    "gap": Term("职工养老当期缺口：支出−征缴收入", "Employee scheme: current-period gap"),
    "heads": Term("缴费阶段参保人数", "Contribution-stage participants"),
    "share": Term("缴费阶段职工占比", "Employee share"),
}
_PANELS: tuple[tuple[str, tuple[Key, ...]], ...] = (
    ("income", (("employee", "collection_income", "total"),)),
    ("gap", (("employee", "gap", "total"),)),
    ("heads", (("employee", "active", "total"), ("resident", "active", "total"))),
    ("share", (("all", "employee_share", "total"),)),
)


@dataclass(frozen=True)
class Series:
    """One line: values by year in the panel's display unit; ``start`` is the same before any lever moved."""

    label: Term
    colour: str
    now: np.ndarray
    start: np.ndarray


@dataclass(frozen=True)
class Panel:
    """One small chart: lines over the years, and targets."""

    name: str
    title: Term
    scale: Scale
    years: Sequence[int]
    series: tuple[Series, ...]
    targets: Mapping[int, float] = field(default_factory=dict)

    def heading(self, language: Language) -> str:
        """Title with the unit."""
        unit = scale_label(self.scale, language)
        return text(self.title, language) + (f"（{unit}）" if language == "zh" else f" ({unit})")

    def name_of(self, series: Series) -> Term:
        """What the legend calls a line: its scheme, or plainly "now" where there is one line only."""
        return series.label if len(self.series) > 1 else NOW

    @property
    def values(self) -> np.ndarray:
        """Everything that must fit."""
        lines = [line for one in self.series for line in (one.now, one.start)]
        return np.concatenate([*lines, np.array(list(self.targets.values()), dtype=float)])


def panels(desk: Desk, book: Book) -> list[Panel]:
    """Income, gap, heads and share with the levers where they stand, against the scenario before."""
    found = ((name, [key for key in keys if key in book.entries]) for name, keys in _PANELS)
    return [_panel(name, keys, desk, book) for name, keys in found if keys]


def _panel(name: str, keys: Sequence[Key], desk: Desk, book: Book) -> Panel:
    years = sorted(book.entries[keys[0]])
    lines = {key: [_values(one, key, years) for one in (book, desk.start)] for key in keys}
    targets = {o.year: o.target for o in desk.targets if o.key == keys[0] and o.target == o.target}
    largest = max(float(np.abs(line).max()) for pair in lines.values() for line in pair)
    scale = display_scale(unit_of(keys[0][1]), largest)
    series = tuple(
        Series(SHORT_SCHEMES[key[0]], COLOURS.get(key[0], COLOURS["plan"]), now / scale.factor, start / scale.factor)
        for key, (now, start) in lines.items()
    )
    return Panel(name, _TITLES[name], scale, years, series, {y: t / scale.factor for y, t in targets.items()})


def _values(book: Book, key: Key, years: Sequence[int]) -> np.ndarray:
    return np.array([float(book.entries[key][year][0]) for year in years])


@dataclass(frozen=True)
class Swing:
    """What one lever does to an outcome at the low and the high end of its range, in the display unit."""

    name: str
    low: float
    high: float

    @property
    def size(self) -> float:
        """The larger of the two, without its sign."""
        return max(abs(self.low), abs(self.high))


def swings(found: Mapping[str, tuple[float, float]], outcome: Outcome) -> tuple[list[Swing], Scale]:
    """The levers that move an outcome, the one that moves it most first, and the scale of their effects."""
    unit = unit_of(outcome.indicator)
    largest = max((abs(effect) for pair in found.values() for effect in pair), default=0.0)
    scale = display_scale(unit, largest)
    shown = [Swing(name, *(effect / scale.factor for effect in pair)) for name, pair in found.items()]
    return sorted((one for one in shown if one.size > 0), key=lambda one: -one.size), scale
