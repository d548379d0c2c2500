"""Uncertainty: fans of quantiles, probabilities of targets, what the spread comes from, and where a target is met."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.colors import LinearSegmentedColormap
from matplotlib.lines import Line2D

from analytics.appraisal.uncertainty import IsoMap, MapLever
from analytics.presentation.charts.axes import (
    ThousandsFormatter,
    bar_axis,
    corner_note,
    headroom,
    legend_below,
    line_styles,
    shade_projection,
    title,
    unit_words,
    value_axis,
    year_axis,
)
from analytics.presentation.charts.labels import bar_labels, end_labels, free_side, point_label, wrapped
from analytics.presentation.charts.rows import chart_scale, line_of, refuse_nothing
from analytics.presentation.charts.sheet import chart
from analytics.presentation.charts.wording import HISTORY, PROJECTED, TARGET, scenario_name, subject
from analytics.presentation.style import SMALL
from analytics.presentation.tables import line_label
from analytics.terms import (
    COLOURS,
    PARAMETERS,
    Language,
    Scale,
    Term,
    display_scale,
    number,
    scale_label,
    show,
    text,
    unit_of,
)

PERCENT = Scale(0.01, "%", "%", 0)
_MEDIAN = Term("中位数", "Median")
_BAND = Term("{share}%区间", "{share} % range")
_BANDS = ((80, "q10", "q90", 0.45), (50, "q25", "q75", 0.95))
_PROBABILITIES = Term("各目标达到的可能性", "Probability that each target is met")
_SHARE_OF_VARIANCE = Term("占方差的比例，单位：%", "Share of the variance, unit: %")
_FIRST = Term("单独作用", "By itself")
_TOTAL = Term("含交互作用", "With interactions")
_SPREAD = Term("结果离散程度的来源", "What the spread comes from")
_OTHERS = Term("其余参数", "All other parameters")
_WHISKERS = Term("误差线：两倍标准误", "Whiskers: two standard errors")
_CONTOUR = Term("目标等值线（{target}）", "Where the target is met ({target})")
_TODAY = Term("当前位置（{value}）", "Today ({value})")
_FALLS = Term("{name}缩小 {year}", "{name} narrows {year}")
_TIMES = Term("{lever}（为本路径取值的倍数）", "{lever} (multiple of this path's)")
_SET = Term("{lever}，单位：{unit}", "{lever}, unit: {unit}")
_ISO = Term("{subject}：{year}年达到目标所需的组合", "{subject}: what meets the target in {year}")
_TARGET_WIDTH, _DRIVER_WIDTH = 42, 30  # half-width characters
_GRID_LINES = 7
_SHADES = LinearSegmentedColormap.from_list("shades", ["white", COLOURS["range"]])
_ERRORS = {"ecolor": COLOURS["history"], "elinewidth": 0.8, "capsize": 1.8}


@chart
def fan(
    ax: Axes,
    quantiles: pd.DataFrame,
    history: pd.DataFrame | None,
    targets: pd.DataFrame | None,
    scheme: str,
    indicator: str,
    language: Language = "zh",
    category: str = "total",
) -> Axes:
    """One result of one path over the years: median, the ranges that hold 50 % and 80 % of the draws, and targets.

    Parameters
    ----------
    quantiles
        Quantiles of one scenario (``q10`` to ``q90``, plain units), one row a result and year.
    history, targets
        HISTORY and target frames in plain units; may be ``None`` or empty.

    Raises
    ------
    ValueError
        When there are no quantiles of the result, or those of several scenarios.
    """
    keys = {"scheme": scheme, "indicator": indicator, "category": category}
    course = line_of(quantiles, language, "q50", **keys)
    past, goals = line_of(history, language, **keys), line_of(targets, language, "target", **keys)
    refuse_nothing([course], language, **keys)
    scale = chart_scale(unit_of(indicator), past["value"], goals["target"], course["q10"], course["q90"])

    entries = _history(ax, past, scale, language) | _bands(ax, course, scale, language)
    entries |= _goals(ax, goals, scale, language)
    year_axis(ax, sorted({*past["year"], *course["year"], *goals["year"]}))
    headroom(ax)
    value_axis(ax, unit_words(scale, language))
    title(ax, subject(scheme, indicator, language, category))
    if len(past) and past["year"].min() < course["year"].min():
        shade_projection(ax, int(course["year"].min()), text(PROJECTED, language))
    last = course.iloc[-1]
    ends = [(q, COLOURS["plan"] if q == "q50" else COLOURS["history"]) for q in ("q10", "q50", "q90")]
    end_labels(ax, [(last["year"], last[q] / scale.factor, number(last[q], scale), colour) for q, colour in ends])
    _label_goals(ax, goals, course, scale)
    legend_below(ax, list(entries.values()), list(entries))
    return ax


def _history(ax: Axes, past: pd.DataFrame, scale: Scale, language: Language) -> dict[str, Artist]:
    if past.empty:
        return {}
    (line,) = ax.plot(past["year"], past["value"] / scale.factor, color=COLOURS["history"], marker="o", zorder=3)
    return {text(HISTORY, language): line}


def _bands(ax: Axes, course: pd.DataFrame, scale: Scale, language: Language) -> dict[str, Artist]:
    """The wider range first, the narrower over it, the median on top."""
    entries: dict[str, Artist] = {}
    for share, low, high, alpha in _BANDS:
        entries[text(_BAND, language, share=share)] = ax.fill_between(
            course["year"], course[low] / scale.factor, course[high] / scale.factor, color=COLOURS["range"],
            alpha=alpha, linewidth=0, zorder=2,
        )  # fmt: skip
    (line,) = ax.plot(course["year"], course["q50"] / scale.factor, color=COLOURS["plan"], marker="o", zorder=4)
    return {text(_MEDIAN, language): line} | entries


def _goals(ax: Axes, goals: pd.DataFrame, scale: Scale, language: Language) -> dict[str, Artist]:
    if goals.empty:
        return {}
    (marks,) = ax.plot(
        goals["year"], goals["target"] / scale.factor, linestyle="", marker="D", markersize=5.5,
        color=COLOURS["target"], markeredgecolor="white", markeredgewidth=0.6, zorder=5,
    )  # fmt: skip
    return {text(TARGET, language): marks}


def _label_goals(ax: Axes, goals: pd.DataFrame, course: pd.DataFrame, scale: Scale) -> None:
    drawn = [(course["year"].to_numpy(), course[q].to_numpy() / scale.factor) for q in ("q10", "q50", "q90")]
    for year, target in zip(goals["year"], goals["target"], strict=True):
        height = target / scale.factor
        side = free_side(ax, year, height, drawn, leftwards=year == course["year"].max())
        point_label(ax, year, height, number(target, scale), COLOURS["target"], side)


@chart
def probability_bars(
    ax: Axes, probabilities: pd.DataFrame, language: Language = "zh", labels: Mapping[str, str] | None = None
) -> Axes:
    """Horizontal bars from 0 to 100 %, one a target and year and scenario, with twice the sampling error.

    Parameters
    ----------
    probabilities
        ``scenario``, ``scheme``, ``indicator``, ``category``, ``aim``, ``year``, ``probability``, ``standard_error``;
        targets are drawn in the order in which they first come.
    labels
        Labels of the named scenarios.

    Raises
    ------
    ValueError
        When there is no probability to draw.
    """
    refuse_nothing([probabilities], language, chart="probability_bars", column="probability")
    keys = ["scheme", "indicator", "category", "aim", "year"]
    rows = list(dict.fromkeys(probabilities[keys].itertuples(index=False, name=None)))
    scenarios = list(dict.fromkeys(probabilities["scenario"]))
    styles, thick = line_styles(scenarios), 0.76 / len(scenarios)
    handles = []
    for rank, scenario in enumerate(scenarios):
        chosen = probabilities[probabilities["scenario"] == scenario]
        places = [rows.index(row) for row in chosen[keys].itertuples(index=False, name=None)]
        middle = np.array(places) + thick * (rank - (len(scenarios) - 1) / 2)
        bars = ax.barh(
            middle, 100 * chosen["probability"], 0.9 * thick, color=styles[scenario].colour,
            xerr=200 * chosen["standard_error"], error_kw=_ERRORS,
        )  # fmt: skip
        bar_labels(ax, bars, [probability_words(share) for share in chosen["probability"]])
        handles.append(bars)
    bar_axis(ax, [_target_name(row, language) for row in rows], unit_words(PERCENT, language), SMALL)
    ax.set_xlim(0, 112)
    ax.set_xticks(range(0, 101, 20))
    title(ax, text(_PROBABILITIES, language), pad=8, flush=True)
    legend_below(ax, handles, [scenario_name(name, language, labels) for name in scenarios])
    return ax


def probability_words(share: float) -> str:
    """A probability in whole per cent, ``<1%`` and ``>99%`` at the ends: a sample cannot show never and always."""
    whole = round(100 * share)
    return "<1%" if whole < 1 else ">99%" if whole > 99 else f"{number(share, PERCENT)}%"


def _target_name(row: tuple[str, str, str, str, int], language: Language) -> str:
    *line, aim, year = row
    name = line_label(tuple(line), language, single=False)
    return wrapped(text(_FALLS, language, name=name, year=year) if aim == "fall" else f"{name} {year}", _TARGET_WIDTH)


@chart
def indices_bars(ax: Axes, indices: pd.DataFrame, language: Language = "zh", heading: str = "") -> Axes:
    """Sobol indices: how much of a result's variance each driver explains by itself and with its interactions.

    Parameters
    ----------
    indices
        ``label`` (as shown), ``rest``, ``first``, ``total`` and ``total_error``, one row a driver.

    Raises
    ------
    ValueError
        When there is no driver.
    """
    refuse_nothing([indices], language, chart="indices_bars", column="total")
    places = range(len(indices))
    total = ax.barh(
        places,
        100 * indices["total"],
        0.66,
        color=COLOURS["range"],
        xerr=200 * indices["total_error"],
        error_kw=_ERRORS,
    )
    first = ax.barh(places, 100 * indices["first"].clip(lower=0), 0.3, color=COLOURS["plan"])
    bar_labels(ax, total, [probability_words(share) for share in indices["total"]])
    names = [text(_OTHERS, language) if row.rest else wrapped(row.label, _DRIVER_WIDTH) for row in indices.itertuples()]
    bar_axis(ax, names, text(_SHARE_OF_VARIANCE, language), SMALL)
    ax.set_xlim(0, 1.12 * ax.get_xlim()[1])
    title(ax, heading or text(_SPREAD, language), pad=8, flush=True)
    corner_note(ax, text(_WHISKERS, language))
    legend_below(ax, [first, total], [text(_FIRST, language), text(_TOTAL, language)])
    return ax


@chart
def iso_map(ax: Axes, iso: IsoMap, language: Language = "zh") -> Axes:
    """A result over two levers: thin contours of its value, the target's contour in red, and where the plan stands."""
    scheme, indicator, category = iso.key
    scale = chart_scale(unit_of(indicator), iso.result.ravel())
    x_scale, y_scale = (_scale_of(lever) for lever in iso.levers)
    field = iso.x / x_scale.factor, iso.y / y_scale.factor, iso.result / scale.factor
    ax.contourf(*field, _GRID_LINES, cmap=_SHADES)
    lines = ax.contour(*field, _GRID_LINES, colors=COLOURS["history"], linewidths=0.5)
    ax.clabel(lines, fontsize=SMALL, fmt=lambda value: number(value * scale.factor, scale))
    entries = _contour_of_target(ax, field, iso, scale, language)
    here = iso.position[0] / x_scale.factor, iso.position[1] / y_scale.factor
    (today,) = ax.plot(*here, linestyle="", marker="o", markersize=7, color=COLOURS["plan"], zorder=5)
    entries[text(_TODAY, language, value=show(iso.today, unit_of(indicator), language, scale))] = today

    ax.set_xlabel(_axis_words(iso.levers[0], x_scale, language), loc="right")
    value_axis(ax, _axis_words(iso.levers[1], y_scale, language))
    ax.xaxis.set_major_formatter(ThousandsFormatter())
    title(ax, text(_ISO, language, subject=subject(scheme, indicator, language, category), year=iso.year))
    legend_below(ax, list(entries.values()), list(entries))
    return ax


def _contour_of_target(
    ax: Axes, field: tuple[np.ndarray, np.ndarray, np.ndarray], iso: IsoMap, scale: Scale, language: Language
) -> dict[str, Artist]:
    """The target's contour and its legend entry; nothing when no point of the map meets, or none misses, the target."""
    if not iso.result.min() <= iso.target <= iso.result.max():
        return {}
    ax.contour(*field, [iso.target / scale.factor], colors=COLOURS["target"], linewidths=2)
    shown = show(iso.target, unit_of(iso.key[1]), language, scale)
    return {text(_CONTOUR, language, target=shown): Line2D([], [], color=COLOURS["target"], linewidth=2)}


def _scale_of(lever: MapLever) -> Scale:
    unit = "times" if lever.way == "times" else PARAMETERS[lever.name].unit
    return display_scale(unit, max(abs(lever.low), abs(lever.high)))


def _axis_words(lever: MapLever, scale: Scale, language: Language) -> str:
    term = _TIMES if lever.way == "times" else _SET
    return text(term, language, lever=text(PARAMETERS[lever.name], language), unit=scale_label(scale, language))
