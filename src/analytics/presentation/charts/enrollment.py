"""Enrollment: what is won gross, what is lost to death, retirement and exit, and what remains."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.container import BarContainer
from matplotlib.lines import Line2D

from analytics.presentation.charts.axes import headroom, legend_below, title, unit_words, value_axis, year_axis
from analytics.presentation.charts.labels import bar_labels, boxed_label
from analytics.presentation.charts.rows import chart_scale, line_of, refuse_nothing
from analytics.presentation.charts.sheet import chart
from analytics.presentation.charts.wording import NET_ENROLLMENT, scenario_name
from analytics.terms import COLOURS, Language, label, number, text, unit_of

_FLOW_COLOURS = {
    "gross_new": "employee",
    "transfers": "resident",
    "resumptions": "flexible",
    "deaths": "history",
    "retirements": "retirees",
    "exits": "institution",
    "interruptions": "interrupted",
}
_MOST_LABELS = 9


@chart
def gross_and_net(
    ax: Axes,
    results: pd.DataFrame,
    scheme: str,
    scenario: str = "plan",
    language: Language = "zh",
    category: str = "total",
    inflows: Sequence[str] = ("gross_new",),
    outflows: Sequence[str] = ("deaths", "retirements", "exits"),
    scenario_labels: Mapping[str, str] | None = None,
) -> Axes:
    """Yearly flows stacked above and below zero with the net growth, Σ inflows − Σ outflows, as a line.

    Parameters
    ----------
    results
        RESULT frame, persons a year; flows are positive numbers in both directions.
    inflows, outflows
        Indicators to stack upwards and downwards; those without rows are left out.

    Raises
    ------
    ValueError
        When there are no inflows to draw.
    """
    keys = {"scenario": scenario, "scheme": scheme, "category": category}
    wide = _flows(results, language, (*inflows, *outflows), keys)
    gained = [name for name in wide if name in inflows]
    refuse_nothing([wide] if gained else [], language, indicator=inflows[0], **keys)
    signs = {name: 1.0 if name in gained else -1.0 for name in wide}
    net = sum(sign * wide[name] for name, sign in signs.items())
    scale = chart_scale(unit_of("gross_new"), wide.sum(axis=1), net)
    bars = _stacked_bars(ax, wide / scale.factor, signs)
    line = _net_line(ax, net / scale.factor)
    year_axis(ax, net.index, pad=0.6)
    headroom(ax)
    value_axis(ax, unit_words(scale, language))
    named = scenario_name(scenario, language, scenario_labels)
    title(ax, text(NET_ENROLLMENT, language, scheme=label(scheme, language), scenario=named))
    if len(net) <= _MOST_LABELS:
        bar_labels(ax, bars[gained[-1]], [number(gain, scale) for gain in wide[gained].sum(axis=1)])
        for year, value in net.items():
            boxed_label(ax, year, value / scale.factor, number(value, scale), COLOURS["trend"])
    legend_below(ax, [*bars.values(), line], [*(label(name, language) for name in bars), label("net_new", language)])
    return ax


def _flows(results: pd.DataFrame, language: Language, names: Sequence[str], keys: dict[str, str]) -> pd.DataFrame:
    """Persons by year, a column a flow that has rows; a year that lacks one of them has no net growth to show."""
    flows = {name: line_of(results, language, indicator=name, **keys) for name in names}
    return pd.DataFrame({name: f.set_index("year")["value"] for name, f in flows.items() if len(f)}).dropna()


def _net_line(ax: Axes, net: pd.Series) -> Line2D:
    look = {"marker": "o", "markeredgecolor": "white", "markeredgewidth": 0.6, "markersize": 5.5, "zorder": 4}
    return ax.plot(net.index, net, color=COLOURS["trend"], **look)[0]


def _stacked_bars(ax: Axes, flows: pd.DataFrame, signs: Mapping[str, float]) -> dict[str, BarContainer]:
    floors = {1.0: 0.0 * flows.iloc[:, 0], -1.0: 0.0 * flows.iloc[:, 0]}
    bars = {}
    for name, sign in signs.items():
        heights = sign * flows[name]
        bars[name] = ax.bar(flows.index, heights, 0.62, bottom=floors[sign], color=COLOURS[_FLOW_COLOURS[name]])
        floors[sign] = floors[sign] + heights
    return bars
