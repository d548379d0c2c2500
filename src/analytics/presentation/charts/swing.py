"""What moving one person gives and costs every party, as it builds up over the person's life."""

from __future__ import annotations

import pandas as pd
from matplotlib.axes import Axes

from analytics.presentation.charts.axes import unit_words, value_axis
from analytics.presentation.charts.labels import HALO, end_labels, small_label
from analytics.presentation.charts.rows import chart_scale, signed
from analytics.presentation.charts.sheet import chart
from analytics.terms import COLOURS, Language, Term, text

PARTY_NAMES = {
    "person": Term("个人", "person"),
    "employer": Term("用人单位", "employer"),
    "employee_fund": Term("职工保险基金", "employee fund"),
    "resident_fund": Term("居民保险基金", "resident fund"),
    "budget": Term("财政", "budget"),
}
_COLOURS = {
    "person": COLOURS["trend"],
    "employer": COLOURS["institution"],
    "employee_fund": COLOURS["employee"],
    "resident_fund": COLOURS["resident"],
    "budget": COLOURS["work_injury"],
}
_DASHES = {"person": "-", "employer": ":", "employee_fund": "-", "resident_fund": "--", "budget": "-."}
_AGE = Term("年龄", "Age")


@chart
def running_values(ax: Axes, running: pd.DataFrame, marks: dict[float, str], language: Language = "zh") -> Axes:
    """Present value of each party's swing up to every age: a line a party, named with its value at the end.

    Parameters
    ----------
    running
        Index age in years, a column a party, yuan; parties that nothing happens to are left out.
    marks
        Words to write at ages, e.g. where a pension begins.

    Raises
    ------
    ValueError
        When nothing happens to anybody.
    """
    moved = running.loc[:, running.ne(0).any()]
    if moved.empty:
        raise ValueError("running_values: nothing to draw")
    scale = chart_scale("yuan", *(moved[party] for party in moved))
    for party in moved:
        ax.plot(moved.index, moved[party] / scale.factor, color=_COLOURS[party], linestyle=_DASHES[party])
    ax.set_xlim(moved.index[0], moved.index[-1])
    value_axis(ax, unit_words(scale, language))
    ax.set_xlabel(text(_AGE, language), loc="right")
    for age, words in marks.items():
        _mark(ax, age, words)
    ends = moved.iloc[-1]
    end_labels(ax, [(moved.index[-1], ends[party] / scale.factor, f"{text(PARTY_NAMES[party], language)} {signed(ends[party], scale)}",
                     _COLOURS[party]) for party in moved])  # fmt: skip
    return ax


def _mark(ax: Axes, age: float, words: str) -> None:
    """A thin upright line named at its top."""
    top = ax.get_ylim()[1]
    ax.axvline(age, color=COLOURS["history"], linewidth=0.7, linestyle=(0, (2, 2)), zorder=1)
    small_label(ax, (age, top), words, COLOURS["history"], xytext=(3, -2), va="top", path_effects=HALO, in_layout=False)
