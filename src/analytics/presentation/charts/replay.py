"""Replay: what was published, and what the engine says when it is started from earlier years."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pandas as pd
from matplotlib.axes import Axes

from analytics.presentation.charts.axes import headroom, legend_below, unit_words, value_axis, year_axis
from analytics.presentation.charts.labels import end_labels
from analytics.presentation.charts.rows import chart_scale, refuse_nothing
from analytics.presentation.charts.sheet import chart
from analytics.terms import COLOURS, SCENARIO_COLOURS, Language, Term, text

PUBLISHED = Term("公布数", "Published")
UNCHECKED = Term("公布数（未核对）", "Published, unchecked")
WAYS = {
    "followed": Term("{start}年起，缴费人数按公布数", "From {start}, contributors as published"),
    "ahead": Term("{start}年起，以后一无所知", "From {start}, nothing known after"),
}
_DASHES = {"followed": "-", "ahead": "--"}


@chart
def replay_lines(ax: Axes, frame: pd.DataFrame, starts: Sequence[int], language: Language = "zh") -> Axes:
    """One indicator: published points, a line for each start and way, and how far its last value is off.

    Points that rest on figures nobody has checked are hollow.

    Parameters
    ----------
    frame
        ``way``, ``start``, ``year``, ``value``, ``published``, ``error`` and ``quality`` of one indicator, persons.
    starts
        All starts there are, also those of other indicators: a start has the same colour in every chart.

    Raises
    ------
    ValueError
        When there is no line to draw.
    """
    refuse_nothing([frame], language, chart="replay_lines", column="value")
    scale = chart_scale("person", frame["value"], frame["published"].dropna())
    colours = dict(zip(starts, SCENARIO_COLOURS, strict=False))
    entries, ends = {}, []
    for (way, start), line in frame.groupby(["way", "start"], sort=False):
        name = text(WAYS[way], language, start=start)
        entries[name] = ax.plot(line["year"], line["value"] / scale.factor, _DASHES[way], color=colours[start])[0]
        last = line.iloc[-1]
        if pd.notna(last["error"]):
            ends.append((last["year"], last["value"] / scale.factor, f"{last['error']:+.1%}", colours[start]))
    points = frame.dropna(subset=["published"]).drop_duplicates("year").set_index("year")
    for term, of_kind, look in _kinds(points):
        entries[text(term, language)] = ax.plot(
            of_kind["published"] / scale.factor, "o", markersize=5, zorder=5, **look
        )[0]
    year_axis(ax, frame["year"])
    headroom(ax)
    value_axis(ax, unit_words(scale, language))
    end_labels(ax, ends)
    legend_below(ax, list(entries.values()), list(entries))
    return ax


def _kinds(points: pd.DataFrame) -> list[tuple[Term, pd.DataFrame, Mapping[str, str]]]:
    """Checked and unchecked points, those there are, with their looks."""
    checked = points["quality"] != "assumed"
    grey = COLOURS["history"]
    kinds = [
        (PUBLISHED, points[checked], {"color": grey}),
        (UNCHECKED, points[~checked], {"color": grey, "markerfacecolor": "white"}),
    ]
    return [kind for kind in kinds if len(kind[1])]
