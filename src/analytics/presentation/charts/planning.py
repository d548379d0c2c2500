"""A person's pension at a glance."""

from __future__ import annotations

import pandas as pd
from matplotlib.axes import Axes

from analytics.presentation.charts.axes import legend_below, value_axis
from analytics.presentation.charts.sheet import chart
from analytics.presentation.style import SMALL
from analytics.terms import COLOURS, Language, Term, text

_BASIC = Term("基础养老金", "Basic pension")
_ACCOUNT = Term("个人账户养老金", "Account pension")
_RESIDENT = Term("居民养老金（对照）", "Resident pension, for comparison")
_INDEX = Term("缴费档次（占平均工资）", "Contribution base (share of the average wage)")
_UNIT = Term("单位：元/月（现行工资水平）", "Yuan a month, in today's wages")


@chart
def pension_by_base(ax: Axes, outlooks: pd.DataFrame, language: Language = "zh") -> Axes:
    """Basic and account pension stacked for each contribution base, the resident pension as a line.

    Parameters
    ----------
    outlooks
        One row a base: ``index`` (ratio), ``basic``, ``account``, ``resident_pension`` (yuan a month).

    Raises
    ------
    ValueError
        When there is no row.
    """
    if outlooks.empty:
        raise ValueError("pension_by_base: no outlook to draw")
    names = [f"{index:.0%}" for index in outlooks["index"]]
    basic = ax.bar(names, outlooks["basic"], 0.6, color=COLOURS["employee"])
    account = ax.bar(names, outlooks["account"], 0.6, bottom=outlooks["basic"], color=COLOURS["flexible"])
    (line,) = ax.plot(names, outlooks["resident_pension"], color=COLOURS["resident"], marker="o", zorder=4)
    for place, height in enumerate(outlooks["pension"]):
        ax.annotate(
            f"{height:,.0f}", (place, height), xytext=(0, 3), textcoords="offset points", ha="center", fontsize=SMALL
        )
    value_axis(ax, text(_UNIT, language))
    ax.set_xlabel(text(_INDEX, language))
    legend_below(ax, [basic, account, line], [text(term, language) for term in (_BASIC, _ACCOUNT, _RESIDENT)])
    return ax
