"""What frames a chart: title, unit, ticks, the shading of the projection, legend, and a line style per scenario."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.ticker import Formatter, MaxNLocator
from matplotlib.transforms import ScaledTranslation, blended_transform_factory

from analytics.presentation.charts.labels import text_width, wrapped
from analytics.presentation.charts.wording import UNIT
from analytics.presentation.style import BORDER, NORMAL, SMALL, TITLE
from analytics.terms import COLOURS, SCENARIO_COLOURS, Language, Scale, scale_label, text

_STROKES = {"plan": ("-", "o"), "trend": ("--", "s")}
_OTHER_STROKES = (("-.", "^"), (":", "v"), ((0, (5, 1, 1, 1, 1, 1)), "P"), ((0, (1, 1)), "X"), ((0, (7, 2)), "*"))


class ThousandsFormatter(Formatter):
    """Tick labels with thousands separators and just the decimals that the ticks' step needs."""

    def __call__(self, x: float, pos: int | None = None) -> str:
        """One tick alone."""
        return self.format_ticks([x])[0]

    def format_ticks(self, values: Sequence[float]) -> list[str]:
        """All ticks with the same number of decimals."""
        ticks = np.asarray(values, dtype=float)
        decimals = next((d for d in range(6) if np.allclose(ticks, ticks.round(d), rtol=0, atol=1e-9)), 6)
        return [f"{tick + 0.0:,.{decimals}f}" for tick in ticks.round(decimals)]


def title(ax: Axes, words: str, *, pad: float = 20, flush: bool = False) -> None:
    """Title ``pad`` points above the axes; ``flush`` begins it at the figure's edge, not at the axes'."""
    figure = ax.figure
    room = int(72 * figure.get_figwidth() / (0.52 * TITLE))  # half-width characters
    shown = ax.set_title(wrapped(words, room), loc="left", pad=pad)
    if flush:
        shown.set_x(BORDER / 72)
        shown.set_transform(blended_transform_factory(figure.dpi_scale_trans, shown.get_transform()))


def corner_note(ax: Axes, words: str) -> None:
    """A small grey remark above the axes at the right."""
    ax.annotate(
        words, (1, 1.02), xycoords="axes fraction", ha="right", va="bottom", fontsize=SMALL, color=COLOURS["history"]
    )


def unit_words(scale: Scale, language: Language) -> str:
    """The unit as an axis label, e.g. ``单位：亿元``."""
    return text(UNIT, language, unit=scale_label(scale, language))


def value_axis(ax: Axes, words: str) -> None:
    """Vertical values: horizontal unit label on top, thousands separators, a line at zero where values cross it."""
    ax.set_ylabel(words, rotation=0, ha="left", va="bottom")
    ax.yaxis.set_label_coords(0, 1.02)
    ax.yaxis.set_major_formatter(ThousandsFormatter())
    ax.yaxis.set_major_locator(MaxNLocator(6, steps=[1, 2, 2.5, 5, 10]))
    ax.grid(visible=False, axis="x")
    low, high = ax.get_ylim()
    if low < 0 < high:
        ax.axhline(0, color=COLOURS["history"], linewidth=0.8, zorder=1.5)


def bar_axis(ax: Axes, names: Sequence[str], words: str, size: float = NORMAL) -> None:
    """Horizontal bars, the first on top: names at the left, unit below, thousands separators."""
    ax.set_yticks(range(len(names)), names, fontsize=size)
    ax.set_ylim(len(names) - 0.5, -0.5)
    ax.tick_params(axis="y", length=0)
    ax.set_xlabel(words, loc="right")
    ax.xaxis.set_major_formatter(ThousandsFormatter())
    ax.xaxis.set_major_locator(MaxNLocator(6, steps=[1, 2, 2.5, 5, 10]))
    ax.grid(visible=False, axis="y")


def year_axis(ax: Axes, years: Iterable[int], pad: float = 0.0) -> None:
    """Whole years from the first to the last, as many labels as stand side by side; ``pad`` years beyond for bars."""
    years = list(years)
    first, last = min(years), max(years)
    pad = pad or 0.02 * (last - first) or 0.5
    ax.set_xlim(first - pad, last + pad)
    room = 0.84 * 72 * ax.figure.get_figwidth() / (2.6 * NORMAL)
    ax.xaxis.set_major_locator(MaxNLocator(max(1, int(room)), integer=True, steps=[1, 2, 5, 10], min_n_ticks=1))
    ax.xaxis.set_major_formatter("{x:.0f}")


def headroom(ax: Axes, share: float = 0.12) -> None:
    """Free space for labels beyond the largest value, and below the smallest where it is negative."""
    low, high = ax.get_ylim()
    room = share * (high - low)
    ax.set_ylim(low - room if low < 0 else low, high + room if high > 0 else high)


def shade_projection(ax: Axes, first: int, words: str) -> None:
    """Light shading and a thin line from the year ``first`` on, where the projection begins."""
    ax.axvspan(first, ax.get_xlim()[1], color=COLOURS["grid"], alpha=0.45, linewidth=0, zorder=0)
    ax.axvline(first, color=COLOURS["history"], linewidth=0.7, linestyle=(0, (2, 2)), zorder=1)
    corner_note(ax, words)


def legend_below(ax: Axes, handles: Sequence[Artist | tuple[Artist, ...]], names: Sequence[str]) -> None:
    """Legend under the axes, in as many columns as fit the figure's width."""
    lower = ScaledTranslation(0, -(34 if ax.get_xlabel() else 20) / 72, ax.figure.dpi_scale_trans)
    room = 0.84 * 72 * ax.figure.get_figwidth() / (NORMAL / 2)
    ax.legend(
        handles,
        names,
        loc="upper left",
        bbox_to_anchor=(0, 0),
        bbox_transform=ax.transAxes + lower,
        ncol=_columns(names, room),
        borderaxespad=0,
        borderpad=0,
        handlelength=2.4,
        columnspacing=1.4,
    )


def _columns(names: Sequence[str], room: float) -> int:
    """Most legend columns that fit ``room`` half-width characters; nine stand for a mark and the blanks."""

    def width(columns: int) -> int:
        return sum(9 + max(map(text_width, column)) for column in np.array_split(list(names), columns))

    return next((columns for columns in range(len(names), 1, -1) if width(columns) <= room), 1)


@dataclass(frozen=True)
class LineStyle:
    """How one scenario's line looks: its colour, dashes and marker differ from every other's."""

    colour: str
    dashes: str | tuple[int, tuple[int, ...]]
    marker: str


def line_styles(scenarios: Sequence[str]) -> dict[str, LineStyle]:
    """A line style per scenario; the plan and trend paths always have their own."""
    fixed = {name: LineStyle(COLOURS[name], *_STROKES[name]) for name in scenarios if name in _STROKES}
    others = [name for name in scenarios if name not in _STROKES]
    colours = SCENARIO_COLOURS[2:]
    return fixed | {
        name: LineStyle(colours[i % len(colours)], *_OTHER_STROKES[i % len(_OTHER_STROKES)])
        for i, name in enumerate(others)
    }
