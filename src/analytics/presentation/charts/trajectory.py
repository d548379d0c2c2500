"""The general chart: history, then the plan path and the trend path with their ranges, and the targets."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pandas as pd
from matplotlib.artist import Artist
from matplotlib.axes import Axes

from analytics.presentation.charts.axes import (
    LineStyle,
    headroom,
    legend_below,
    line_styles,
    shade_projection,
    title,
    unit_words,
    value_axis,
    year_axis,
)
from analytics.presentation.charts.labels import end_labels, free_side, point_label
from analytics.presentation.charts.rows import chart_scale, line_of, refuse_nothing
from analytics.presentation.charts.sheet import chart
from analytics.presentation.charts.wording import HISTORY, PROJECTED, TARGET, WITH_RANGE, scenario_name, subject
from analytics.terms import COLOURS, Language, Scale, number, text, unit_of

_MOST_LABELS = 8
_LEAST_SPAN = 0.05  # of the largest value: a quiet series must not look wild


@chart
def paths(
    ax: Axes,
    results: pd.DataFrame,
    history: pd.DataFrame | None,
    targets: pd.DataFrame | None,
    scheme: str,
    indicator: str,
    category: str = "total",
    scenarios: Sequence[str] = ("plan", "trend"),
    language: Language = "zh",
    scenario_labels: Mapping[str, str] | None = None,
) -> Axes:
    """One indicator over the years: history in grey, each scenario with its range, targets as red diamonds.

    Parameters
    ----------
    results, history, targets
        RESULT, HISTORY and target frames in plain units; history and targets may be ``None`` or empty, and a
        scenario without rows is left out.
    scenarios, scenario_labels
        What to draw, in this order, and the labels of the named scenarios.

    Raises
    ------
    ValueError
        When there is neither history nor a scenario to draw, or a year occurs twice in one line.
    """
    keys = {"scheme": scheme, "indicator": indicator, "category": category}
    past = line_of(history, language, **keys)
    goals = line_of(targets, language, "target", **keys)
    courses = {name: line_of(results, language, scenario=name, **keys) for name in scenarios}
    courses = {name: course for name, course in courses.items() if not course.empty}
    refuse_nothing([past, *courses.values()], language, **keys)

    ranges = [course[side] for course in courses.values() for side in ("low", "high")]
    values = [past["value"], goals["target"], *(course["value"] for course in courses.values())]
    scale = chart_scale(unit_of(indicator), *values, *ranges)
    entries = _draw_history(ax, past, scale, language) if len(past) else {}
    entries |= _draw_courses(ax, courses, scale, language, scenario_labels)
    entries |= _draw_targets(ax, goals, scale, language) if len(goals) else {}

    year_axis(ax, sorted({*past["year"], *goals["year"], *(y for c in courses.values() for y in c["year"])}))
    _calm(ax, min(part.min() for part in (*values, *ranges) if part.notna().any()))
    headroom(ax)
    value_axis(ax, unit_words(scale, language))
    title(ax, subject(scheme, indicator, language, category))
    _mark_projection(ax, past, courses, language)
    _label_ends(ax, past, courses, scale)
    _label_targets(ax, goals, [past, *courses.values()], scale)
    legend_below(ax, list(entries.values()), list(entries))
    return ax


Entries = dict[str, Artist | tuple[Artist, ...]]
"""Legend: name → the artist, or artists on top of each other, that it explains."""


def _draw_history(ax: Axes, past: pd.DataFrame, scale: Scale, language: Language) -> Entries:
    """The grey solid line of past values."""
    (line,) = ax.plot(past["year"], past["value"] / scale.factor, color=COLOURS["history"], marker="o", zorder=3)
    return {text(HISTORY, language): line}


def _draw_courses(
    ax: Axes,
    courses: Mapping[str, pd.DataFrame],
    scale: Scale,
    language: Language,
    labels: Mapping[str, str] | None,
) -> Entries:
    """One line a scenario, over the shade of its range where it has one."""
    styles = line_styles(list(courses))
    entries: Entries = {}
    for name, course in courses.items():
        words = scenario_name(name, language, labels)
        line = _course_line(ax, course, scale, styles[name])
        if course[["low", "high"]].notna().all(axis=1).any():
            shade = ax.fill_between(
                course["year"],
                course["low"] / scale.factor,
                course["high"] / scale.factor,
                color=styles[name].colour,
                alpha=0.16,
                linewidth=0,
                zorder=2,
            )
            entries[text(WITH_RANGE, language, name=words)] = (shade, line)
        else:
            entries[words] = line
    return entries


def _course_line(ax: Axes, course: pd.DataFrame, scale: Scale, style: LineStyle) -> Artist:
    (line,) = ax.plot(
        course["year"],
        course["value"] / scale.factor,
        color=style.colour,
        linestyle=style.dashes,
        marker=style.marker,
        zorder=4,
    )
    return line


def _draw_targets(ax: Axes, goals: pd.DataFrame, scale: Scale, language: Language) -> Entries:
    """Red diamonds at the targets."""
    (marks,) = ax.plot(
        goals["year"],
        goals["target"] / scale.factor,
        linestyle="",
        marker="D",
        markersize=5.5,
        color=COLOURS["target"],
        markeredgecolor="white",
        markeredgewidth=0.6,
        zorder=5,
    )
    return {text(TARGET, language): marks}


def _label_targets(ax: Axes, goals: pd.DataFrame, lines: Sequence[pd.DataFrame], scale: Scale) -> None:
    step = 1 + max(0, len(goals) - 1) // _MOST_LABELS
    drawn = [(line["year"].to_numpy(), line["value"].to_numpy() / scale.factor) for line in lines if len(line)]
    last = ax.get_xlim()[1] - 1
    for goal in goals.iloc[::-1].iloc[::step].itertuples():
        height = goal.target / scale.factor
        side = free_side(ax, goal.year, height, drawn, leftwards=goal.year > last)
        point_label(ax, goal.year, height, number(goal.target, scale), COLOURS["target"], side)


def _label_ends(ax: Axes, past: pd.DataFrame, courses: Mapping[str, pd.DataFrame], scale: Scale) -> None:
    styles = line_styles(list(courses))
    lines = [(course, styles[name].colour) for name, course in courses.items()] or [(past, COLOURS["history"])]
    lasts = [(course.iloc[-1], colour) for course, colour in lines]
    end_labels(
        ax, [(row["year"], row["value"] / scale.factor, number(row["value"], scale), colour) for row, colour in lasts]
    )


def _mark_projection(ax: Axes, past: pd.DataFrame, courses: Mapping[str, pd.DataFrame], language: Language) -> None:
    begins = min((course["year"].min() for course in courses.values()), default=None)
    if begins is not None and len(past) and past["year"].min() < begins:
        shade_projection(ax, int(begins), text(PROJECTED, language))


def _calm(ax: Axes, smallest: float) -> None:
    """Widen the limits of a series that hardly moves, and do not show a negative scale to positive values."""
    low, high = ax.get_ylim()
    least = _LEAST_SPAN * max(abs(low), abs(high))
    room = max(0.0, least - (high - low)) / 2
    ax.set_ylim(max(0.0, low - room) if smallest >= 0 else low - room, high + room)
