"""The fund: income against its targets, what an increment is made of, income and expenditure with their gap."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.container import BarContainer

from analytics.presentation.charts.axes import (
    headroom,
    legend_below,
    line_styles,
    title,
    unit_words,
    value_axis,
    year_axis,
)
from analytics.presentation.charts.labels import bar_labels, boxed_label, wrapped
from analytics.presentation.charts.rows import chart_scale, line_of, refuse_nothing, signed
from analytics.presentation.charts.sheet import chart
from analytics.presentation.charts.wording import (
    AGAINST_TARGET,
    BRIDGE,
    FUND_FLOW,
    TARGET,
    scenario_name,
    subject,
)
from analytics.terms import COLOURS, Language, Scale, label, number, text, unit_of

_MOST_LABELS = 8


@chart
def income_against_target(
    ax: Axes,
    attainment: pd.DataFrame,
    language: Language = "zh",
    scheme: str = "employee",
    indicator: str = "collection_income",
    category: str = "total",
    scenarios: Sequence[str] = ("plan", "trend"),
    scenario_labels: Mapping[str, str] | None = None,
) -> Axes:
    """Bars side by side for each target year: the target, then each path with its difference value − target.

    Parameters
    ----------
    attainment
        Attainment frame, plain units; where ``low`` and ``high`` are given they are drawn as whiskers.

    Raises
    ------
    ValueError
        When no scenario has a row for this scheme, indicator and category.
    """
    keys = {"scheme": scheme, "indicator": indicator, "category": category}
    paths = {name: line_of(attainment, language, scenario=name, **keys).set_index("year") for name in scenarios}
    paths = {name: path for name, path in paths.items() if not path.empty}
    refuse_nothing(paths.values(), language, **keys)
    targets = pd.concat([path["target"] for path in paths.values()]).groupby(level=0).first()
    scale = chart_scale(unit_of(indicator), targets, *(path["value"] for path in paths.values()))

    places, width = np.arange(len(targets)), 0.8 / (1 + len(paths))
    upright = len(targets) * (1 + len(paths)) > 15
    shifts = width * (np.arange(1 + len(paths)) - len(paths) / 2)
    bars = [ax.bar(places + shifts[0], targets / scale.factor, width * 0.92, color=COLOURS["target"])]
    if not upright:
        bar_labels(ax, bars[0], [number(value, scale) for value in targets], colour=COLOURS["target"])
    styles = line_styles(list(paths))
    for (name, path), shift in zip(paths.items(), shifts[1:], strict=True):
        path, colour = path.reindex(targets.index), styles[name].colour
        bars.append(_path_bars(ax, path, places + shift, width * 0.92, scale, colour, upright))

    ax.set_xticks(places, [f"{year:.0f}" for year in targets.index])
    headroom(ax, 0.2 if upright else 0.1)
    value_axis(ax, unit_words(scale, language))
    title(ax, text(AGAINST_TARGET, language, subject=subject(scheme, indicator, language, category)))
    legend_below(ax, bars, [text(TARGET, language), *(scenario_name(n, language, scenario_labels) for n in paths)])
    return ax


def _path_bars(
    ax: Axes, path: pd.DataFrame, places: np.ndarray, width: float, scale: Scale, colour: str, upright: bool
) -> BarContainer:
    values = path["value"] / scale.factor
    whiskers = np.vstack([path["value"] - path["low"], path["high"] - path["value"]]) / scale.factor
    ranged = np.isfinite(whiskers).any()
    bars = ax.bar(
        places,
        values,
        width,
        color=colour,
        yerr=np.nan_to_num(whiskers) if ranged else None,
        error_kw={"ecolor": COLOURS["history"], "elinewidth": 0.8, "capsize": 2},
    )
    differences = ["" if d != d else signed(d, scale) for d in path["value"] - path["target"]]
    bar_labels(ax, bars, differences, colour=colour, upright=upright)
    return bars


@chart
def income_bridge(
    ax: Axes,
    steps: Sequence[tuple[str, float]],
    unit: str = "yuan",
    language: Language = "zh",
    total: str = "",
    unexplained: str = "",
    heading: str = "",
) -> Axes:
    """A waterfall: each step begins where the one before ended, and the last bar is their sum.

    Parameters
    ----------
    steps
        (label, value in plain units), e.g. heads × floor × rate, base growth, the part nothing explains.
    total
        Label of the closing bar.
    unexplained
        Label of the step that no arithmetic covers; it is hatched.

    Raises
    ------
    ValueError
        When there is no step.
    """
    refuse_nothing([pd.DataFrame(steps)], language, chart="income_bridge", column="steps")
    values = np.array([value for _, value in steps])
    scale = chart_scale(unit, values, [values.sum()])
    heights = np.append(values, values.sum()) / scale.factor
    floors = np.append(np.cumsum(values) - values, 0.0) / scale.factor
    colours = [COLOURS["plan"] if value >= 0 else COLOURS["trend"] for value in values] + [COLOURS["history"]]
    bars = ax.bar(range(len(heights)), heights, 0.6, bottom=floors, color=colours)
    for i, (name, _) in enumerate(steps):
        if name == unexplained:
            bars[i].set(facecolor="white", edgecolor=COLOURS["target"], hatch="////", linewidth=0.8)
    _connect(ax, floors[:-1] + heights[:-1])

    names = [*(name for name, _ in steps), total or label("total", language)]
    ax.set_xticks(range(len(names)), [wrapped(name, max(8, 76 // len(names))) for name in names])
    ax.tick_params(axis="x", length=0)
    headroom(ax)
    value_axis(ax, unit_words(scale, language))
    bar_labels(ax, bars, [*(signed(value, scale) for value in values), number(values.sum(), scale)])
    title(ax, heading or text(BRIDGE, language))
    return ax


def _connect(ax: Axes, levels: np.ndarray) -> None:
    for i, level in enumerate(levels):
        ax.plot([i + 0.3, i + 0.7], [level, level], color=COLOURS["history"], linewidth=0.7, marker="")


@chart
def fund_flow(
    ax: Axes,
    results: pd.DataFrame,
    scheme: str,
    scenario: str = "plan",
    language: Language = "zh",
    scenario_labels: Mapping[str, str] | None = None,
) -> Axes:
    """Collection income and expenditure side by side, and the gap = expenditure − collection income as a line.

    Parameters
    ----------
    results
        RESULT frame with ``collection_income`` and ``expenditure`` in yuan.

    Raises
    ------
    ValueError
        When either of the two has no rows.
    """
    keys = {"scenario": scenario, "scheme": scheme, "category": "total"}
    names = ("collection_income", "expenditure")
    flows = pd.DataFrame({name: _by_year(results, language, name, keys) for name in names}).dropna()
    gap = flows["expenditure"] - flows["collection_income"]
    scale = chart_scale("yuan", *(flows[name] for name in names), gap)

    width = 0.38
    colours = (COLOURS["plan"], COLOURS["retirees"])
    bars = [
        ax.bar(flows.index + shift * width / 2, flows[name] / scale.factor, width * 0.94, color=colour)
        for name, shift, colour in zip(names, (-1, 1), colours, strict=True)
    ]
    (line,) = ax.plot(
        gap.index,
        gap / scale.factor,
        color=COLOURS["target"],
        linestyle="--",
        marker="o",
        markeredgecolor="white",
        markeredgewidth=0.6,
        markersize=5.5,
        zorder=4,
    )
    year_axis(ax, flows.index, pad=0.6)
    headroom(ax)
    value_axis(ax, unit_words(scale, language))
    title(
        ax,
        text(
            FUND_FLOW,
            language,
            scheme=label(scheme, language),
            scenario=scenario_name(scenario, language, scenario_labels),
        ),
    )
    if len(flows) <= _MOST_LABELS:
        _label_flows(ax, bars, flows, gap, scale)
    legend_below(ax, [*bars, line], [label(name, language) for name in (*names, "gap")])
    return ax


def _by_year(results: pd.DataFrame, language: Language, indicator: str, keys: dict[str, str]) -> pd.Series:
    rows = line_of(results, language, indicator=indicator, **keys)
    refuse_nothing([rows], language, indicator=indicator, **keys)
    return rows.set_index("year")["value"]


def _label_flows(ax: Axes, bars: list[BarContainer], flows: pd.DataFrame, gap: pd.Series, scale: Scale) -> None:
    for container, name in zip(bars, flows, strict=True):
        bar_labels(ax, container, [number(value, scale) for value in flows[name]])
    for year, value in gap.items():
        boxed_label(ax, year, value / scale.factor, number(value, scale), COLOURS["target"])
