"""The small charts on the screen: SVG of a few kilobytes, written in about a millisecond."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from html import escape
from itertools import pairwise
from math import ceil, floor, log10

import numpy as np

from analytics.presentation.whatif.answers import minus, name_of
from analytics.presentation.whatif.desk import Outcome
from analytics.presentation.whatif.panels import START, TARGET, Panel, Series, Swing, swings
from analytics.terms import COLOURS, PARAMETERS, Language, Scale, Term, number, scale_label, text

_WIDTH = 320
_LEFT, _RIGHT, _TOP, _BOTTOM = 44, 12, 36, 22
_GAP = 8
_ROW, _HEAD = 36, 44
_MOST_TICKS, _MOST_YEARS = 5, 5
_TALLEST, _FLATTEST, _ANSWER = 258.0, 176.0, 10.0
_MATTERS = Term("哪些参数影响大：{outcome}", "What matters most: {outcome}")
_ENDS = Term(
    "自当前位置移到区间两端（无区间的±10%），{unit}", "to the ends of its range (±10 % where it has none), {unit}"
)


def charts_html(found: Sequence[Panel], tornado: str, height: float, language: Language) -> str:
    """The four panels beside the tornado."""
    drawn = "".join(panel_svg(panel, height, language) for panel in found)
    return f'<div class="wi-charts"><div class="wi-panels">{drawn}</div><div class="wi-tornado">{tornado}</div></div>'


def panel_height(answers: int) -> float:
    """Height of a panel, 320 wide: the fewer answers stand above it, the taller it may be on a screen of usual shape."""
    return max(_FLATTEST, _TALLEST - _ANSWER * answers)


def panel_svg(panel: Panel, height: float, language: Language) -> str:
    """The panel as SVG; the browser scales it to its place."""
    frame = _Frame.around(panel, height)
    parts = [*frame.grid(), *_lines(panel, frame), *_marks(panel, frame), *_legend(panel, language)]
    title = f'<text x="2" y="12" class="t">{escape(text(panel.title, language))}</text>'
    unit = f'<text x="{_WIDTH - _RIGHT}" y="25" class="a" text-anchor="end">{scale_label(panel.scale, language)}</text>'
    return _svg(height, panel.name, [title, unit, *parts])


def _svg(height: float, name: str, parts: Sequence[str]) -> str:
    return f'<svg class="wi-chart" data-chart="{name}" viewBox="0 0 {_WIDTH} {height:g}">{"".join(parts)}</svg>'


@dataclass(frozen=True)
class _Frame:
    """Where values and years fall on the picture."""

    low: float
    high: float
    years: Sequence[int]
    height: float

    @classmethod
    def around(cls, panel: Panel, height: float) -> _Frame:
        """With an eighth of the span to spare at both ends."""
        values = panel.values
        span = float(np.ptp(values)) or abs(float(values[0])) * 0.1 or 1.0
        return cls(float(values.min()) - 0.12 * span, float(values.max()) + 0.12 * span, panel.years, height)

    @property
    def bottom(self) -> float:
        """The line the years stand below."""
        return self.height - _BOTTOM

    def x(self, year: int) -> float:
        """A year's place."""
        first, last = self.years[0], self.years[-1]
        return _LEFT + (year - first) / max(last - first, 1) * (_WIDTH - _LEFT - _RIGHT)

    def y(self, value: float) -> float:
        """A value's place."""
        return _TOP + (self.high - value) / (self.high - self.low) * (self.bottom - _TOP)

    def grid(self) -> Iterator[str]:
        """Lines at round values, and years."""
        marks = round_values(self.low, self.high)
        step = min((b - a for a, b in pairwise(marks)), default=1.0)
        decimals = 0 if step >= 1 else 1 if step >= 0.1 else 2
        for mark in marks:
            y = self.y(mark)
            yield f'<line class="g" x1="{_LEFT}" x2="{_WIDTH - _RIGHT}" y1="{y:.1f}" y2="{y:.1f}"/>'
            yield f'<text class="a" x="{_LEFT - 4}" y="{y + 3:.1f}" text-anchor="end">{minus(f"{mark:,.{decimals}f}")}</text>'
        for year in self.years[:: -ceil(len(self.years) / _MOST_YEARS)]:
            yield f'<text class="a" x="{self.x(year):.1f}" y="{self.height - 6:g}" text-anchor="middle">{year}</text>'


def round_values(low: float, high: float) -> list[float]:
    """At most five steps of 1, 2 or 5 times a power of ten between ``low`` and ``high``."""
    least = (high - low) / _MOST_TICKS
    size = 10.0 ** floor(log10(least))
    step = next(times * size for times in (1, 2, 5, 10) if times * size >= least * (1 - 1e-9))
    return [n * step for n in range(ceil(low / step), floor(high / step) + 1)]


def _lines(panel: Panel, frame: _Frame) -> Iterator[str]:
    for one in panel.series:
        for values, kind in ((one.start, "s"), (one.now, "n")):
            points = " ".join(f"{frame.x(y):.1f},{frame.y(v):.1f}" for y, v in zip(panel.years, values, strict=True))
            yield f'<polyline class="{kind}" points="{points}" stroke="{one.colour}"/>'


def _marks(panel: Panel, frame: _Frame) -> Iterator[str]:
    """Targets as diamonds, and the last year's value in figures."""
    for year, target in panel.targets.items():
        yield f'<path class="d" d="M{frame.x(year):.1f} {frame.y(target) - 4:.1f}l4 4l-4 4l-4 -4z"/>'
    highest = max(range(len(panel.series)), key=lambda n: panel.series[n].now[-1])
    for n, one in enumerate(panel.series):
        yield from _last_value(one, panel, frame, below=n != highest or _crowded_above(one, panel))


def _crowded_above(series: Series, panel: Panel) -> bool:
    """Whether a target, or the one line itself as it comes down, is where the figure would stand."""
    falls = len(panel.series) == 1 < len(series.now) and series.now[-2] > series.now[-1]
    return bool(panel.targets.get(panel.years[-1], -np.inf) > series.now[-1] or falls)


def _last_value(series: Series, panel: Panel, frame: _Frame, below: bool) -> Iterator[str]:
    value, x = float(series.now[-1]), frame.x(panel.years[-1])
    shown = minus(number(value * panel.scale.factor, panel.scale))
    y = min(frame.y(value) + (13 if below else -6), frame.bottom + 2)
    yield f'<circle cx="{x:.1f}" cy="{frame.y(value):.1f}" r="2.6" fill="{series.colour}"/>'
    yield f'<text class="v" x="{x + 8:.1f}" y="{y:.1f}" text-anchor="end" fill="{series.colour}">{shown}</text>'


def _legend(panel: Panel, language: Language) -> Iterator[str]:
    entries = [(panel.name_of(one), one.colour, "n") for one in panel.series]
    entries.append((START, panel.series[0].colour, "s"))
    x = 4.0
    for label, colour, kind in entries:
        words = text(label, language)
        yield f'<line class="{kind}" x1="{x:g}" x2="{x + 14:g}" y1="22" y2="22" stroke="{colour}"/>'
        yield f'<text class="a" x="{x + 17:g}" y="25">{escape(words)}</text>'
        x += 24 + _wide(words)
    if panel.targets:
        yield f'<path class="d" d="M{x + 5:g} 18l4 4l-4 4l-4 -4z"/>'
        yield f'<text class="a" x="{x + 12:g}" y="25">{text(TARGET, language)}</text>'


def _wide(words: str) -> float:
    """Width of a word at the legend's size; a Chinese character is twice as wide as a Latin one."""
    return sum(9.5 if ord(character) > 0x2E7F else 5.2 for character in words)


def swings_svg(found: Mapping[str, tuple[float, float]], outcome: Outcome, height: float, language: Language) -> str:
    """The tornado from where the levers stand, as tall as two panels."""
    height = 2 * height + _GAP
    rows, scale = swings(found, outcome)
    shown = rows[: int((height - _HEAD) // _ROW)]
    widest = max((row.size for row in shown), default=1.0)
    heading = text(_MATTERS, language, outcome=f"{outcome.year} {text(name_of(outcome.key), language)}")
    parts = [
        f'<text x="2" y="12" class="t">{escape(heading)}</text>',
        f'<text x="2" y="25" class="a">{escape(text(_ENDS, language, unit=scale_label(scale, language)))}</text>',
    ]
    for place, row in enumerate(shown):
        parts += _swing(row, _HEAD + place * _ROW, widest, scale, language)
    return _svg(height, "swings", parts)


def _swing(row: Swing, y: float, widest: float, scale: Scale, language: Language) -> Iterator[str]:
    """The lever's name, a bar for each end of its range, the longer one first, and figures at their ends."""
    middle, reach = _WIDTH / 2, _WIDTH / 2 - 52
    label = text(PARAMETERS[row.name], language)
    yield f'<text class="l" x="{middle}" y="{y:g}" text-anchor="middle">{escape(label)}</text>'
    bars = sorted(((row.low, COLOURS["range"]), (row.high, COLOURS["plan"])), key=lambda bar: -abs(bar[0]))
    for effect, colour in bars:
        size = effect / widest * reach
        yield f'<rect x="{middle + min(size, 0):.1f}" y="{y + 4:g}" width="{abs(size):.1f}" height="13" fill="{colour}"/>'
    yield from _figures(row, y, middle, reach / widest, scale)
    yield f'<line class="z" x1="{middle}" x2="{middle}" y1="{y + 2:g}" y2="{y + 19:g}"/>'


def _figures(row: Swing, y: float, middle: float, per_unit: float, scale: Scale) -> Iterator[str]:
    """The effects at the ends of their bars; both at one end where both go the same way."""
    one_sided = row.low * row.high > 0
    for figures in [[row.low, row.high]] if one_sided else [[row.low], [row.high]]:
        outer = max(figures, key=abs)
        if abs(outer) >= 0.5 * 10.0**-scale.decimals:
            anchor, away = ("start", 4) if outer > 0 else ("end", -4)
            told = " / ".join(minus(f"{figure:+,.{scale.decimals}f}") for figure in figures)
            place = middle + outer * per_unit + away
            yield f'<text class="a" x="{place:.1f}" y="{y + 14:g}" text-anchor="{anchor}">{told}</text>'
