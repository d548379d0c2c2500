"""Structure: who stands where in the two schemes, and how fast the employee share has to climb."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import pairwise

import pandas as pd
from matplotlib.axes import Axes

from analytics.presentation.charts.axes import legend_below, title, unit_words, value_axis, year_axis
from analytics.presentation.charts.labels import HALO, readable_on, small_label
from analytics.presentation.charts.rows import chart_scale, line_of, refuse_nothing
from analytics.presentation.charts.sheet import chart
from analytics.presentation.charts.trajectory import paths
from analytics.presentation.charts.wording import A_YEAR, STATE_NAMES, STATES, scenario_name
from analytics.presentation.style import SMALL
from analytics.terms import COLOURS, Language, text, unit_of

_STATES: dict[str, tuple[str, str, str]] = {
    # colour and name: scheme, indicator, category, from the bottom of the bars to their top
    "enterprise": ("employee", "contributors", "enterprise"),
    "flexible": ("employee", "contributors", "flexible"),
    "institution": ("employee", "contributors", "institution"),
    "employee": ("employee", "contributors", "total"),
    "interrupted": ("employee", "interrupted", "total"),
    "retirees": ("employee", "retirees", "total"),
    "resident": ("resident", "active", "total"),
    "beneficiaries": ("resident", "beneficiaries", "total"),
    "uncovered": ("all", "uncovered", "total"),
    "outside": ("all", "outside", "total"),
}
_SPLIT = ("enterprise", "flexible", "institution")
_LEAST_SHARE = 0.045  # of a year's total: a thinner layer has no room for its label
_FEW_YEARS = 7


@chart
def structure(
    ax: Axes,
    results: pd.DataFrame,
    scenario: str = "plan",
    language: Language = "zh",
    scenario_labels: Mapping[str, str] | None = None,
) -> Axes:
    """Every state as a layer of each year's bar, with its share: contributors, interrupted, retirees, … uncovered.

    Parameters
    ----------
    results
        RESULT frame, persons; employee contributors are split by category where categories have rows.

    Raises
    ------
    ValueError
        When no state has rows for this scenario.
    """
    layers = _layers(results, scenario, language)
    wide = pd.DataFrame({name: rows.set_index("year")["value"] for name, rows in layers.items()}).dropna()
    refuse_nothing([wide], language, scenario=scenario, scheme="all", indicator="population")
    totals = wide.sum(axis=1)
    scale = chart_scale(unit_of("population"), totals)

    floor, bars = 0.0 * totals, []
    for name in wide:
        bars.append(
            ax.bar(
                wide.index,
                wide[name] / scale.factor,
                0.78,
                bottom=floor / scale.factor,
                color=COLOURS[name],
                edgecolor="white",
                linewidth=0.4,
            )
        )
        _label_shares(ax, floor / scale.factor, wide[name] / scale.factor, wide[name] / totals, COLOURS[name])
        floor = floor + wide[name]
    year_axis(ax, wide.index, pad=0.6)
    value_axis(ax, unit_words(scale, language))
    title(ax, text(STATES, language, scenario=scenario_name(scenario, language, scenario_labels)))
    legend_below(ax, bars, [text(STATE_NAMES[name], language) for name in wide])
    return ax


def _label_shares(ax: Axes, floor: pd.Series, heights: pd.Series, shares: pd.Series, colour: str) -> None:
    """Shares in the middle of a layer: of every year when there are few, else of the ends and each fifth year."""
    ends = (shares.index.min(), shares.index.max())
    shown = [year for year in shares.index if len(shares) <= _FEW_YEARS or year in ends or year % 5 == 0]
    for year in shown:
        if shares[year] >= _LEAST_SHARE:
            ax.text(
                year,
                floor[year] + heights[year] / 2,
                f"{shares[year]:.0%}",
                ha="center",
                va="center",
                fontsize=SMALL,
                color=readable_on(colour),
                in_layout=False,
            )


def _layers(results: pd.DataFrame, scenario: str, language: Language) -> dict[str, pd.DataFrame]:
    layers = {
        name: line_of(results, language, scenario=scenario, scheme=scheme, indicator=indicator, category=category)
        for name, (scheme, indicator, category) in _STATES.items()
    }
    if any(not layers[name].empty for name in _SPLIT):
        del layers["employee"]  # its categories are drawn instead
    return {name: rows for name, rows in layers.items() if not rows.empty}


@chart
def share_ladder(
    ax: Axes,
    results: pd.DataFrame,
    targets: pd.DataFrame,
    history: pd.DataFrame | None = None,
    language: Language = "zh",
    scheme: str = "all",
    scenarios: Sequence[str] = ("plan", "trend"),
    scenario_labels: Mapping[str, str] | None = None,
) -> Axes:
    """The employee share's paths and, from rung to rung, the yearly step in percentage points each target asks for.

    The step is (target − rung before) / years between them; the first rung is the base year of the first scenario.

    Raises
    ------
    ValueError
        When there is neither history nor a scenario to draw.
    """
    keys = {"scheme": scheme, "indicator": "employee_share", "category": "total"}
    paths(
        ax, results, history, targets, **keys, scenarios=scenarios, language=language, scenario_labels=scenario_labels
    )
    base = line_of(results, language, scenario=scenarios[0], **keys)[["year", "value"]].head(1)
    goals = line_of(targets, language, "target", **keys).rename(columns={"target": "value"})[["year", "value"]]
    rungs = pd.concat([base, goals[goals["year"] > base["year"].max()]])
    for (begin, start), (end, goal) in pairwise(rungs.itertuples(index=False, name=None)):
        _draw_rung(ax, (begin, end), (100 * start, 100 * goal), language)
    return ax


def _draw_rung(ax: Axes, years: tuple[int, int], points: tuple[float, float], language: Language) -> None:
    """A step of the ladder in percentage points, with its height a year where it climbs."""
    ax.plot(years, [points[1]] * 2, color=COLOURS["target"], linewidth=0.9, linestyle=(0, (4, 2)), marker="", zorder=2)
    ax.plot([years[0]] * 2, points, color=COLOURS["target"], linewidth=0.9, linestyle=(0, (4, 2)), marker="", zorder=2)
    step = (points[1] - points[0]) / (years[1] - years[0])
    if step > 0:
        words = text(A_YEAR, language, step=f"+{step:.2f}")
        at = (years[0], points[1])
        small_label(ax, at, words, COLOURS["target"], xytext=(4, -3), va="top", path_effects=HALO, in_layout=False)
