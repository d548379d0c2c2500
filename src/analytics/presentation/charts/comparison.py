"""Comparisons: scenarios against a reference, inputs by what they move, a region among the provinces."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pandas as pd
from matplotlib.axes import Axes

from analytics.presentation.charts.axes import bar_axis, legend_below, title, unit_words
from analytics.presentation.charts.labels import HALO, bar_labels, small_label, wrapped
from analytics.presentation.charts.rows import chart_scale, line_of, refuse_nothing, signed
from analytics.presentation.charts.sheet import chart
from analytics.presentation.charts.wording import (
    DIFFERENCE,
    HIGH_INPUT,
    LOW_INPUT,
    NATION,
    NOTHING,
    SEVERAL_RESULTS,
    TORNADO,
    scenario_name,
    subject,
)
from analytics.presentation.style import NORMAL, SMALL
from analytics.terms import COLOURS, Language, Scale, number, show, text, unit_of

_NAME_WIDTH = 26  # half-width characters
_RESULT = ["scenario", "scheme", "indicator", "category", "year"]


@chart
def scenario_comparison(
    ax: Axes,
    results: pd.DataFrame,
    scheme: str,
    indicator: str,
    year: int,
    language: Language = "zh",
    labels: Mapping[str, str] | None = None,
    reference: str = "plan",
    category: str = "total",
) -> Axes:
    """Horizontal bars of value(scenario) − value(reference) in ``year``, the largest on top.

    Parameters
    ----------
    results
        RESULT frame, plain units, with the reference and at least one other scenario.
    labels
        Labels of the named scenarios.

    Raises
    ------
    ValueError
        When the reference, or every other scenario, has no value in that year.
    """
    keys = {"scheme": scheme, "indicator": indicator, "category": category}
    rows = results[results["year"] == year] if len(results) else results
    values = pd.Series({name: _only_value(rows, language, scenario=name, **keys) for name in _scenarios(rows)}).dropna()
    base = values.pop(reference) if reference in values else float("nan")
    differences = (values - base).dropna().sort_values(ascending=False)
    refuse_nothing([differences.to_frame()], language, scenario=reference, **keys, year=str(year))
    scale = chart_scale(unit_of(indicator), differences)

    colours = [COLOURS["plan"] if difference >= 0 else COLOURS["trend"] for difference in differences]
    bars = ax.barh(range(len(differences)), differences / scale.factor, 0.6, color=colours)
    bar_labels(ax, bars, [signed(difference, scale) for difference in differences])
    names = [wrapped(scenario_name(name, language, labels), _NAME_WIDTH) for name in differences.index]
    _finish_bars(ax, names, unit_words(scale, language))
    title(
        ax,
        text(
            DIFFERENCE,
            language,
            subject=subject(scheme, indicator, language, category),
            year=year,
            reference=scenario_name(reference, language, labels),
        ),
        pad=8,
        flush=True,
    )
    return ax


def _scenarios(rows: pd.DataFrame) -> Sequence[str]:
    return list(dict.fromkeys(rows["scenario"])) if len(rows) else []


def _only_value(rows: pd.DataFrame, language: Language, **keys: str) -> float:
    found = line_of(rows, language, **keys)["value"]
    return float(found.iloc[0]) if len(found) else float("nan")


def _finish_bars(ax: Axes, names: Sequence[str], words: str, size: float = NORMAL) -> None:
    """Names, unit and zero line; room beyond the bars' ends for their labels."""
    bar_axis(ax, names, words, size)
    ax.axvline(0, color=COLOURS["history"], linewidth=0.8)
    low, high = ax.get_xlim()
    room = 0.1 * (high - low)
    ax.set_xlim(low - room if low < 0 else 0, high + room if high > 0 else 0)


@chart
def tornado(ax: Axes, effects: pd.DataFrame, language: Language = "zh", most: int = 12) -> Axes:
    """What each input at its low and at its high does to one result, the widest span on top.

    Parameters
    ----------
    effects
        Effects of one scenario, scheme, indicator, category and year: ``label`` (the input's name as shown),
        ``low_effect`` and ``high_effect`` (plain units of the indicator, differences from the central result).
    most
        Inputs to draw; narrower ones are left out.

    Raises
    ------
    ValueError
        When there is no effect, or the rows belong to more than one result.
    """
    refuse_nothing([effects], language, chart="tornado", column="low_effect, high_effect")
    results = effects[_RESULT].drop_duplicates()
    if len(results) > 1:
        raise ValueError(text(SEVERAL_RESULTS, language, what=results.to_string(index=False)))
    result = results.iloc[0]
    spans = effects.assign(span=(effects["high_effect"] - effects["low_effect"]).abs())
    widest = spans.sort_values("span", ascending=False, kind="stable").head(most)
    scale = chart_scale(unit_of(result["indicator"]), widest["low_effect"], widest["high_effect"])

    bars = [
        ax.barh(range(len(widest)), widest[side] / scale.factor, 0.6, color=COLOURS[colour])
        for side, colour in (("low_effect", "flexible"), ("high_effect", "plan"))
    ]
    for container, side in zip(bars, ("low_effect", "high_effect"), strict=True):
        bar_labels(ax, container, ["" if effect == 0 else signed(effect, scale) for effect in widest[side]])
    _finish_bars(ax, [wrapped(name, _NAME_WIDTH) for name in widest["label"]], unit_words(scale, language))
    title(
        ax,
        text(
            TORNADO,
            language,
            year=result["year"],
            subject=subject(result["scheme"], result["indicator"], language, result["category"]),
        ),
        pad=8,
        flush=True,
    )
    legend_below(ax, bars, [text(LOW_INPUT, language), text(HIGH_INPUT, language)])
    return ax


@chart
def provinces(
    ax: Axes,
    frame: pd.DataFrame,
    highlight: str = "",
    unit: str = "ratio",
    language: Language = "zh",
    nation: float | None = None,
    heading: str = "",
) -> Axes:
    """Provinces as sorted horizontal bars, the largest on top, one highlighted, the nation's value as a line.

    Parameters
    ----------
    frame
        ``label`` (as shown) and ``value`` (in ``unit``), one row a province; draw 31 of them 15 cm high.
    highlight
        The label to pick out, or nothing.

    Raises
    ------
    ValueError
        When there are no values, or ``highlight`` is not among the labels.
    """
    known = frame.dropna(subset=["value"]) if len(frame) else frame
    refuse_nothing([known], language, chart="provinces", unit=unit)
    if highlight and highlight not in set(known["label"]):
        raise ValueError(text(NOTHING, language, what=highlight))
    ordered = known.sort_values("value", ascending=False, kind="stable")
    values = ordered["value"]
    scale = chart_scale(unit, values, [] if nation is None else [nation])

    colours = [COLOURS["trend" if name == highlight else "flexible"] for name in ordered["label"]]
    bars = ax.barh(range(len(values)), values / scale.factor, 0.72, color=colours)
    bar_labels(ax, bars, [number(value, scale) for value in values])
    for words in ax.texts:
        words.set_path_effects(HALO)  # the nation's line runs behind them
    _finish_bars(ax, list(ordered["label"]), unit_words(scale, language), SMALL)
    title(ax, heading, flush=True)
    if nation is not None:
        _nation_line(ax, nation, scale, text(NATION, language, value=show(nation, unit, language, scale)))
    return ax


def _nation_line(ax: Axes, nation: float, scale: Scale, words: str) -> None:
    ax.axvline(nation / scale.factor, color=COLOURS["target"], linewidth=1, linestyle="--", zorder=1.5)
    look = {"xycoords": ("data", "axes fraction"), "xytext": (0, 3), "ha": "center", "va": "bottom"}
    small_label(ax, (nation / scale.factor, 1), words, COLOURS["target"], **look)
