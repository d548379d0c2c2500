"""Progress inside a year: what is done, the straight path to the target, and where the year is heading."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd
from matplotlib.artist import Artist
from matplotlib.axes import Axes

from analytics.appraisal.nowcast import Nowcast
from analytics.presentation.charts.axes import corner_note, headroom, legend_below, title, unit_words, value_axis
from analytics.presentation.charts.labels import end_labels, point_label
from analytics.presentation.charts.rows import chart_scale, refuse_nothing
from analytics.presentation.charts.sheet import chart
from analytics.terms import COLOURS, Language, Scale, Term, number, text

_DONE = Term("累计完成", "Done so far")
_ESTIMATES = {
    "derived": Term("全年预计及回测区间", "Estimate and backtested band"),
    "assumed": Term("全年预计及假定区间", "Estimate and assumed range"),
}
_PATH = Term("目标时间进度", "Straight path to the target")
_PATH_TO = Term("目标时间进度（{name}）", "Straight path to the target ({name})")
_MONTH = Term("月末", "End of month")

_YEAR = 12.0

Entries = dict[str, Artist | tuple[Artist, ...]]


@chart
def progress_path(
    ax: Axes,
    done: pd.Series,
    estimate: Nowcast | None = None,
    target: float = float("nan"),
    language: Language = "zh",
    unit: str = "person",
    heading: str = "",
    deadlines: Mapping[str, float] | None = None,
) -> Axes:
    """Cumulated value by month, the straight path from nothing to the target, and the wedge of the year-end estimate.

    Parameters
    ----------
    done
        Cumulated values by month (index 1–12), in ``unit``; unknown months may be missing.
    estimate
        The year-end with its band, if there is one.
    target
        The year's target; NaN where none is given.
    deadlines
        When the target is due, as months since the turn of the year (9.0 is the end of September), by the name of the
        deadline; the year's end where nothing is said.

    Raises
    ------
    ValueError
        When no month is known.
    """
    known = done.dropna()
    refuse_nothing([known.to_frame()], language, chart="progress_path", column="done")
    ends = [estimate.value, estimate.low, estimate.high] if estimate else []
    scale = chart_scale(unit, known, ends, [target])
    entries: Entries = {}
    if target == target:
        entries = _draw_paths(ax, target / scale.factor, deadlines or {"": _YEAR}, language)
    entries[text(_DONE, language)] = _draw_done(ax, known, scale)
    entries |= _draw_estimate(ax, estimate, scale, language) if estimate and estimate.month < _YEAR else {}

    ax.set_xlim(0, 12)
    ax.set_xticks(range(13))
    ax.set_xlabel(text(_MONTH, language), loc="right")
    ax.set_ylim(bottom=0)
    headroom(ax)
    value_axis(ax, unit_words(scale, language))
    title(ax, heading)
    _label_ends(ax, known, estimate, target, scale)
    if estimate:
        corner_note(ax, f"{estimate.year}")
    legend_below(ax, list(entries.values()), list(entries))
    return ax


def _draw_paths(ax: Axes, height: float, deadlines: Mapping[str, float], language: Language) -> Entries:
    """A dashed straight path to each deadline, the first the longest dashes, and a diamond at its end."""
    entries: Entries = {}
    for place, (name, due) in enumerate(deadlines.items()):
        look = {"color": COLOURS["target"], "linewidth": 1.0, "linestyle": (0, (6 / (1 + place), 2)), "clip_on": False}
        (line,) = ax.plot([0, due], [0, height], marker="D", markersize=5.5, markevery=[1], zorder=5, **look)
        entries[text(_PATH_TO, language, name=name) if name else text(_PATH, language)] = line
    return entries


def _draw_done(ax: Axes, known: pd.Series, scale: Scale) -> Artist:
    """Solid from zero at the turn of the year through every month that is known."""
    months, heights = np.r_[0, known.index], np.r_[0.0, known / scale.factor]
    (line,) = ax.plot(months, heights, color=COLOURS["plan"], marker="o", zorder=4)
    return line


def _draw_estimate(ax: Axes, estimate: Nowcast, scale: Scale, language: Language) -> Entries:
    months, start = [estimate.month, _YEAR], estimate.done / scale.factor
    low, value, high = (end / scale.factor for end in (estimate.low, estimate.value, estimate.high))
    look = {"color": COLOURS["range"], "alpha": 0.55, "linewidth": 0, "zorder": 1.5}
    band = ax.fill_between(months, [start, low], [start, high], **look)
    colour = COLOURS["trend"]
    (line,) = ax.plot(months, [start, value], color=colour, linestyle=":", marker="s", markevery=[1], clip_on=False)
    return {text(_ESTIMATES[estimate.quality], language): (band, line)}


def _label_ends(ax: Axes, known: pd.Series, estimate: Nowcast | None, target: float, scale: Scale) -> None:
    """Values at the right edge: band, estimate and target; and the last value reached, below its point."""
    ends = [(target, "target")] if target == target else []
    if estimate and estimate.month < _YEAR:
        ends += [(estimate.high, "history"), (estimate.value, "trend"), (estimate.low, "history")]
    shown = [(_YEAR, end / scale.factor, number(end, scale), COLOURS[colour]) for end, colour in ends]
    end_labels(ax, shown)
    month, last = known.index[-1], known.iloc[-1]
    point_label(ax, month, last / scale.factor, number(last, scale), COLOURS["plan"], (12, -10))
