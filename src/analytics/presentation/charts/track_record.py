"""Track record: how wrong each model has been, and one forecast with its interval."""

from __future__ import annotations

import pandas as pd
from matplotlib.artist import Artist
from matplotlib.axes import Axes

from analytics.presentation.charts.axes import (
    corner_note,
    headroom,
    legend_below,
    shade_projection,
    title,
    unit_words,
    value_axis,
    year_axis,
)
from analytics.presentation.charts.labels import end_labels
from analytics.presentation.charts.rows import chart_scale, refuse_nothing
from analytics.presentation.charts.sheet import chart
from analytics.presentation.charts.wording import (
    ERRORS,
    FORECAST,
    HISTORY,
    HORIZON,
    NO_SKILL,
    OUTCOME,
    PROJECTED,
    RANGE,
)
from analytics.terms import COLOURS, SCENARIO_COLOURS, Language, Scale, Term, number, text

_MARKERS = "os^vPX*"


@chart
def backtest_errors(ax: Axes, table: pd.DataFrame, language: Language = "zh") -> Axes:
    """MASE of each model by years ahead; below 1 a model has beaten the one-step naive forecast it is scaled by.

    Parameters
    ----------
    table
        ``model`` (as shown), ``horizon`` (years ahead, from 1) and ``mase``; one row a model and horizon.

    Raises
    ------
    ValueError
        When there is no error to draw.
    """
    known = table.dropna(subset=["mase"]) if len(table) else table
    refuse_nothing([known], language, chart="backtest_errors", column="mase")
    lines = dict(list(known.sort_values("horizon").groupby("model", sort=False)))
    ends = []
    for i, (model, line) in enumerate(lines.items()):
        colour, marker = SCENARIO_COLOURS[i % len(SCENARIO_COLOURS)], _MARKERS[i % len(_MARKERS)]
        ax.plot(line["horizon"], line["mase"], color=colour, marker=marker)
        ends.append((line["horizon"].iloc[-1], line["mase"].iloc[-1], str(model), colour))

    ax.axhline(1, color=COLOURS["target"], linewidth=0.9, linestyle="--", zorder=1)
    year_axis(ax, known["horizon"])
    ax.set_ylim(0, 1.12 * max(1.0, known["mase"].max()))
    value_axis(ax, unit_words(chart_scale("times", known["mase"]), language))
    ax.set_xlabel(text(HORIZON, language), loc="right")
    title(ax, text(ERRORS, language))
    end_labels(ax, ends)
    corner_note(ax, text(NO_SKILL, language))
    return ax


@chart
def forecast_fan(
    ax: Axes,
    history: pd.Series,
    forecast: pd.DataFrame,
    language: Language = "zh",
    unit: str = "person",
    heading: str = "",
) -> Axes:
    """A series, the forecast made from it with its interval, and what really happened afterwards, where known.

    Parameters
    ----------
    history
        Values by year (index), in ``unit``; years the forecast covers are drawn as later actuals.
    forecast
        ``year``, ``value``, ``low``, ``high``; the interval may be missing.

    Raises
    ------
    ValueError
        When the forecast is empty.
    """
    refuse_nothing([forecast], language, chart="forecast_fan", column="forecast")
    begins = int(forecast["year"].min())
    known, later = history[history.index < begins], history[history.index >= begins]
    ahead = _from_last_known(known, forecast.sort_values("year"))
    scale = chart_scale(unit, history, ahead["value"], ahead["low"], ahead["high"])
    entries = _past_line(ax, known / scale.factor)
    entries |= _fan_ahead(ax, ahead, len(forecast), scale)
    entries |= _outcome_marks(ax, later / scale.factor)
    year_axis(ax, sorted({*history.index, *forecast["year"]}))
    headroom(ax)
    value_axis(ax, unit_words(scale, language))
    title(ax, heading)
    if len(known):
        shade_projection(ax, int(known.index.max()), text(PROJECTED, language))
    last = ahead.iloc[-1]
    end_labels(ax, [(last["year"], last["value"] / scale.factor, number(last["value"], scale), COLOURS["plan"])])
    legend_below(ax, list(entries.values()), [text(term, language) for term in entries])
    return ax


def _past_line(ax: Axes, known: pd.Series) -> dict[Term, Artist]:
    if known.empty:
        return {}
    return {HISTORY: ax.plot(known, color=COLOURS["history"], marker="o")[0]}


def _fan_ahead(ax: Axes, ahead: pd.DataFrame, made: int, scale: Scale) -> dict[Term, Artist]:
    """The forecast's line, its last ``made`` points marked, and its interval where it has one."""
    years, points = ahead["year"], range(len(ahead) - made, len(ahead))
    look = {"color": COLOURS["plan"], "linestyle": "--", "marker": "s", "markevery": points}
    entries: dict[Term, Artist] = {FORECAST: ax.plot(years, ahead["value"] / scale.factor, **look)[0]}
    if ahead[["low", "high"]].notna().all(axis=1).any():
        low, high = ahead["low"] / scale.factor, ahead["high"] / scale.factor
        entries[RANGE] = ax.fill_between(years, low, high, color=COLOURS["range"], alpha=0.55, linewidth=0, zorder=1.5)
    return entries


def _outcome_marks(ax: Axes, later: pd.Series) -> dict[Term, Artist]:
    if later.empty:
        return {}
    look = {"linestyle": "", "marker": "o", "markerfacecolor": "white", "markersize": 5, "zorder": 5}
    return {OUTCOME: ax.plot(later, color=COLOURS["trend"], **look)[0]}


def _from_last_known(known: pd.Series, forecast: pd.DataFrame) -> pd.DataFrame:
    """The forecast, opened from the last known value so that the fan has no hole before its first year."""
    if known.empty:
        return forecast
    value = known.iloc[-1]
    start = pd.DataFrame({"year": [known.index[-1]], "value": [value], "low": [value], "high": [value]})
    return pd.concat([start, forecast[list(start)]], ignore_index=True)
