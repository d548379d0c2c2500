"""Small charts for the screen, written as SVG: a picture of a few kilobytes in about a millisecond.

A chart is first a :class:`Panel`, plain numbers; the screen draws it as SVG, the download as a matplotlib picture.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from html import escape

import numpy as np
from matplotlib.axes import Axes
from matplotlib.ticker import MaxNLocator

from analytics.model.book import Book, Key
from analytics.presentation.whatif.answers import name_of
from analytics.presentation.whatif.desk import Desk, Outcome
from analytics.terms import (
    COLOURS,
    PARAMETERS,
    SHORT_SCHEMES,
    Language,
    Scale,
    Term,
    display_scale,
    number,
    scale_label,
    text,
    unit_of,
)

_WIDTH, _HEIGHT = 320, 178
_LEFT, _RIGHT, _TOP, _BOTTOM = 40, 12, 34, 22
_SWING_ROWS = 9
_ROW = 36
_MOST_YEAR_LABELS = 5
_TITLES = {
    "income": Term("职工养老征缴收入与目标", "Employee scheme: collection income and target"),
    "gap": Term("职工养老当期缺口（支出−征缴收入）", "Employee scheme: current-period gap"),
    "heads": Term("缴费阶段参保人数", "Contribution-stage participants"),
    "share": Term("缴费阶段职工占比", "Employee share"),
    "swings": Term("哪些参数影响大：{outcome}", "What matters most: {outcome}"),
}
_NOW, _START, _TARGET = Term("当前", "now"), Term("调整前", "before"), Term("目标", "target")
_ENDS = Term("自当前位置移到区间两端，无区间的±10%", "moved to both ends of its range, ±10 % without one")
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


def panel_svg(panel: Panel, language: Language) -> str:
    """The panel as SVG; the browser scales it to its place."""
    frame = _Frame.around(panel)
    parts = [*frame.grid(panel), *_lines(panel, frame), *_marks(panel, frame), *_legend(panel, language)]
    title = f'<text x="2" y="12" class="t">{escape(panel.heading(language))}</text>'
    return _svg(_WIDTH, _HEIGHT, panel.name, [title, *parts])


def _svg(width: float, height: float, name: str, parts: Sequence[str]) -> str:
    return f'<svg class="wi-chart" data-chart="{name}" viewBox="0 0 {width:g} {height:g}">{"".join(parts)}</svg>'


@dataclass(frozen=True)
class _Frame:
    """Where values and years fall on the picture."""

    low: float
    high: float
    ticks: tuple[float, ...]
    years: Sequence[int]

    @classmethod
    def around(cls, panel: Panel) -> _Frame:
        values = panel.values
        span = float(np.ptp(values)) or abs(float(values[0])) * 0.1 or 1.0
        low, high = float(values.min()) - 0.12 * span, float(values.max()) + 0.12 * span
        inside = MaxNLocator(5, steps=[1, 2, 5, 10]).tick_values(low, high)
        return cls(low, high, tuple(float(t) for t in inside if low <= t <= high), panel.years)

    def x(self, year: int) -> float:
        first, last = self.years[0], self.years[-1]
        return _LEFT + (year - first) / max(last - first, 1) * (_WIDTH - _LEFT - _RIGHT)

    def y(self, value: float) -> float:
        return _TOP + (self.high - value) / (self.high - self.low) * (_HEIGHT - _TOP - _BOTTOM)

    def grid(self, panel: Panel) -> Iterator[str]:
        step = min((b - a for a, b in zip(self.ticks, self.ticks[1:], strict=False)), default=1.0)
        decimals = 0 if step >= 1 else 1 if step >= 0.1 else 2
        for tick in self.ticks:
            y = self.y(tick)
            yield f'<line class="g" x1="{_LEFT}" x2="{_WIDTH - _RIGHT}" y1="{y:.1f}" y2="{y:.1f}"/>'
            yield f'<text class="a" x="{_LEFT - 4}" y="{y + 3:.1f}" text-anchor="end">{tick:,.{decimals}f}</text>'
        every = -(-len(panel.years) // _MOST_YEAR_LABELS)
        for year in panel.years[::-every]:
            yield f'<text class="a" x="{self.x(year):.1f}" y="{_HEIGHT - 6}" text-anchor="middle">{year}</text>'


def _lines(panel: Panel, frame: _Frame) -> Iterator[str]:
    for one in panel.series:
        for values, kind in ((one.start, "s"), (one.now, "n")):
            points = " ".join(f"{frame.x(y):.1f},{frame.y(v):.1f}" for y, v in zip(panel.years, values, strict=True))
            yield f'<polyline class="{kind}" points="{points}" stroke="{one.colour}"/>'


def _marks(panel: Panel, frame: _Frame) -> Iterator[str]:
    """Targets as diamonds, and the last year's value in figures."""
    for year, target in panel.targets.items():
        x, y = frame.x(year), frame.y(target)
        yield f'<path class="d" d="M{x:.1f} {y - 4:.1f}l4 4l-4 4l-4 -4z"/>'
    # the figure stands below its line where a target or another line is above it
    above = [panel.targets.get(panel.years[-1], -np.inf), *(float(one.now[-1]) for one in panel.series)]
    for one in panel.series:
        value, below = float(one.now[-1]), max(above) > one.now[-1]
        shown = number(value * panel.scale.factor, panel.scale)
        x, y = frame.x(panel.years[-1]), frame.y(value) + (12 if below else -6)
        yield (
            f'<circle cx="{x:.1f}" cy="{frame.y(value):.1f}" r="2.6" fill="{one.colour}"/>'
            f'<text class="v" x="{x + 8:.1f}" y="{min(y, _HEIGHT - _BOTTOM - 1):.1f}" text-anchor="end" fill="{one.colour}">{shown}</text>'
        )


def _legend(panel: Panel, language: Language) -> Iterator[str]:
    several = len(panel.series) > 1
    entries = [(one.label if several else _NOW, one.colour, "n") for one in panel.series]
    entries.append((_START, panel.series[0].colour, "s"))
    x = 4.0
    for label, colour, kind in entries:
        words = text(label, language)
        yield f'<line class="{kind}" x1="{x:g}" x2="{x + 14:g}" y1="22" y2="22" stroke="{colour}"/>'
        yield f'<text class="a" x="{x + 17:g}" y="25">{escape(words)}</text>'
        x += 24 + _wide(words)
    if panel.targets:
        yield f'<path class="d" d="M{x + 5:g} 18l4 4l-4 4l-4 -4z"/>'
        yield f'<text class="a" x="{x + 12:g}" y="25">{text(_TARGET, language)}</text>'


def _wide(words: str) -> float:
    """Width of a word at the legend's size; a Chinese character is twice as wide as a Latin one."""
    return sum(9.0 if ord(character) > 0x2E7F else 5.0 for character in words)


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
    """The levers that move an outcome most, largest first, and the scale of their effects."""
    unit = unit_of(outcome.indicator)
    largest = max((abs(effect) for pair in found.values() for effect in pair), default=0.0)
    scale = display_scale(unit, largest)
    shown = [Swing(name, *(effect / scale.factor for effect in pair)) for name, pair in found.items()]
    ordered = sorted((one for one in shown if one.size > 0), key=lambda one: -one.size)
    return ordered[:_SWING_ROWS], scale


def swings_svg(found: Mapping[str, tuple[float, float]], outcome: Outcome, language: Language) -> str:
    """The tornado from where the levers stand."""
    rows, scale = swings(found, outcome)
    widest = max((row.size for row in rows), default=1.0)
    unit = scale_label(scale, language)
    heading = text(_TITLES["swings"], language, outcome=f"{outcome.year} {text(name_of(outcome.key), language)}")
    parts = [
        f'<text x="2" y="12" class="t">{escape(heading)}</text>',
        f'<text x="2" y="25" class="a">{escape(text(_ENDS, language))}（{unit}）</text>',
    ]
    for place, row in enumerate(rows):
        parts += _swing(row, 44 + place * _ROW, widest, scale, language)
    return _svg(_WIDTH, 2 * _HEIGHT + 8, "swings", parts)


def _swing(row: Swing, y: float, widest: float, scale: Scale, language: Language) -> Iterator[str]:
    """The lever's name, a bar for each end of its range, the longer one first, and figures at their ends."""
    middle, reach = _WIDTH / 2, _WIDTH / 2 - 52
    label = text(PARAMETERS[row.name], language)
    yield f'<text class="l" x="{middle}" y="{y:g}" text-anchor="middle">{escape(label)}</text>'
    bars = sorted(((row.low, COLOURS["range"]), (row.high, COLOURS["plan"])), key=lambda bar: -abs(bar[0]))
    for effect, colour in bars:
        size = effect / widest * reach
        yield f'<rect x="{middle + min(size, 0):.1f}" y="{y + 4:g}" width="{abs(size):.1f}" height="13" fill="{colour}"/>'
    one_sided = row.low * row.high > 0
    for figures in [[row.low, row.high]] if one_sided else [[row.low], [row.high]]:
        outer = max(figures, key=abs)
        if abs(outer) >= 0.5 * 10.0**-scale.decimals:
            anchor, away = ("start", 4) if outer > 0 else ("end", -4)
            told = " / ".join(f"{figure:+,.{scale.decimals}f}" for figure in figures).replace("-", "−")
            place = middle + outer / widest * reach + away
            yield f'<text class="a" x="{place:.1f}" y="{y + 14:g}" text-anchor="{anchor}">{told}</text>'
    yield f'<line class="z" x1="{middle}" x2="{middle}" y1="{y + 2:g}" y2="{y + 19:g}"/>'


def charts_html(found: Sequence[Panel], tornado: str, language: Language) -> str:
    """The four panels beside the tornado."""
    drawn = "".join(panel_svg(panel, language) for panel in found)
    return f'<div class="wi-charts"><div class="wi-panels">{drawn}</div><div class="wi-tornado">{tornado}</div></div>'


def draw_panel(panel: Panel, language: Language, ax: Axes) -> Axes:
    """The panel for a picture file."""
    for one in panel.series:
        name = text(one.label if len(panel.series) > 1 else _NOW, language)
        ax.plot(panel.years, one.now, color=one.colour, label=name)
        ax.plot(panel.years, one.start, color=one.colour, linestyle=":", linewidth=1.0)
    if panel.targets:
        ax.plot(
            [*panel.targets], [*panel.targets.values()], "D", color=COLOURS["target"], label=text(_TARGET, language)
        )
    ax.set_title(panel.heading(language))
    ax.xaxis.set_major_locator(MaxNLocator(integer=True))
    ax.legend()
    return ax
