"""Ages at a glance: the pyramid now and later, the share of the old, and the wave of those reaching retirement."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.patches import Polygon
from matplotlib.ticker import FuncFormatter, MaxNLocator

from analytics.presentation.charts.axes import legend_below, unit_words, value_axis, year_axis
from analytics.presentation.charts.labels import end_labels
from analytics.presentation.charts.rows import chart_scale
from analytics.presentation.charts.sheet import chart
from analytics.terms import COLOURS, Language, Scale, Term, text

_MEN, _WOMEN = COLOURS["employee"], COLOURS["trend"]
_WORDS = {
    "men": Term("男（{year}年末）", "Men ({year})"),
    "women": Term("女（{year}年末）", "Women ({year})"),
    "later": Term("{year}年末", "Both, {year}"),
    "age": Term("年龄", "Age"),
    "without": Term("不实施延迟退休", "Without the reform"),
}
CATEGORY_NAMES = {
    "M60": Term("男（原60岁）", "Men (60 before)"),
    "F55": Term("女（原55岁）", "Women (55 before)"),
    "F50": Term("女（原50岁）", "Women (50 before)"),
}
_CATEGORY_COLOURS = {"M60": _MEN, "F55": _WOMEN, "F50": COLOURS["interrupted"]}


@chart
def pyramid(ax: Axes, stocks: Mapping[int, np.ndarray], language: Language = "zh") -> Axes:
    """Men to the left, women to the right, a step a year of age: the first year filled, the second as an outline.

    Parameters
    ----------
    stocks
        Two year-ends with (2, 101) persons each, the earlier first.

    Raises
    ------
    ValueError
        When there are not exactly two.
    """
    (now, filled), (then, outlined) = _two(stocks)
    scale = chart_scale("person", filled.ravel(), outlined.ravel())
    sides = [(-1, _MEN), (1, _WOMEN)]
    areas = [ax.add_patch(Polygon(_outline(part, side, scale), facecolor=colour, alpha=0.55, edgecolor="none"))
             for part, (side, colour) in zip(filled, sides, strict=True)]  # fmt: skip
    lines = [ax.add_patch(Polygon(_outline(part, side, scale), fill=False, edgecolor=COLOURS["history"], linewidth=1.1))
             for part, (side, _) in zip(outlined, sides, strict=True)]  # fmt: skip
    widest = 1.06 * max(filled.max(), outlined.max()) / scale.factor
    ax.set(xlim=(-widest, widest), ylim=(0, filled.shape[1]))
    pyramid_axes(ax, scale, language)
    names = [text(_WORDS[key], language, year=year) for key, year in (("men", now), ("women", now), ("later", then))]
    legend_below(ax, [*areas, lines[0]], names)
    return ax


def _two(stocks: Mapping[int, np.ndarray]) -> list[tuple[int, np.ndarray]]:
    if len(stocks) != 2:
        raise ValueError(f"a pyramid compares two years, not {len(stocks)}")
    return sorted(stocks.items())


def _outline(persons: np.ndarray, side: int, scale: Scale) -> np.ndarray:
    """Corners of one sex's half: up the axis along the steps and back down at zero."""
    widths = np.repeat(side * persons / scale.factor, 2)
    heights = np.repeat(np.arange(len(persons) + 1), 2)[1:-1]
    return np.column_stack([[0, *widths, 0], [heights[0], *heights, heights[-1]]])


def pyramid_axes(ax: Axes, scale: Scale, language: Language) -> None:
    """Ages upwards, persons to both sides of a white line."""
    ax.axvline(0, color="white", linewidth=0.8)
    ax.set_ylabel(text(_WORDS["age"], language), rotation=0, ha="left", va="bottom")
    ax.yaxis.set_label_coords(0, 1.02)
    ax.yaxis.set_major_locator(MaxNLocator(11, steps=[1, 2, 5, 10]))
    ax.xaxis.set_major_formatter(FuncFormatter(lambda x, _: f"{abs(x):,.10g}"))
    ax.set_xlabel(unit_words(scale, language), loc="right")
    ax.grid(visible=False, axis="y")


@chart
def old_share(ax: Axes, shares: pd.DataFrame, language: Language = "zh") -> Axes:
    """Share of persons 60 and older by year: a line a place, named with its value at the end, the first one strong.

    Parameters
    ----------
    shares
        Index ``year``, a column a place under the name to print, ratios.

    Raises
    ------
    ValueError
        When there is nothing to draw.
    """
    if shares.empty:
        raise ValueError("old_share: no shares to draw")
    colours = [COLOURS["plan"], *[COLOURS["history"]] * (shares.shape[1] - 1)]
    dashes = ["-", *["--"] * (shares.shape[1] - 1)]
    for name, colour, dash in zip(shares, colours, dashes, strict=True):
        ax.plot(shares.index, 100 * shares[name], color=colour, linestyle=dash)
    ax.set_ylim(0, 115 * float(shares.max().max()))
    year_axis(ax, shares.index)
    value_axis(ax, unit_words(Scale(0.01, "%", "%", 1), language))
    last = int(shares.index[-1])
    end_labels(ax, [(last, 100 * float(shares[n].iloc[-1]), f"{n} {shares[n].iloc[-1]:.1%}", c)
                    for n, c in zip(shares, colours, strict=True)])  # fmt: skip
    return ax


@chart
def wave(ax: Axes, reformed: pd.DataFrame, without: pd.Series, language: Language = "zh") -> Axes:
    """Persons reaching statutory retirement each year, a layer a category, and the total without the reform as a line.

    Parameters
    ----------
    reformed
        Index ``year``, columns M60, F55, F50, persons.
    without
        Total by year, persons.

    Raises
    ------
    ValueError
        When there is nothing to draw.
    """
    if reformed.empty:
        raise ValueError("wave: no years to draw")
    scale = chart_scale("person", reformed.sum(axis=1), without)
    floor, bars = 0.0 * without, []
    for category in reformed:
        heights = reformed[category] / scale.factor
        bars.append(ax.bar(reformed.index, heights, 0.7, bottom=floor, color=_CATEGORY_COLOURS[category]))
        floor = floor + heights
    (line,) = ax.plot(without.index, without / scale.factor, color=COLOURS["history"], marker="o", linestyle="--")
    year_axis(ax, reformed.index, pad=0.6)
    value_axis(ax, unit_words(scale, language))
    names = [text(CATEGORY_NAMES[category], language) for category in reformed]
    legend_below(ax, [*bars, line], [*names, text(_WORDS["without"], language)])
    return ax
