"""From part of a year to its end: what a year will bring, how far along it is, and who is ahead.

Every estimate rests on one guess, the share s of the year that is done after its first M months; the year-end is
done ÷ s.  How wrong such guesses were in past years gives the band.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date

import numpy as np
import pandas as pd
from scipy import stats

from analytics.inputs.faults import Fault, InputError
from analytics.terms import Term

MIN_YEARS = 3
"""Past years needed before a band may claim to be backtested."""
PACE_RANGE = (0.5, 1.5)
"""Without such a history: the remaining months run at between half and one and a half times the pace so far.  An
assumption, to be said wherever the range is shown."""
RIVAL = 0.9
"""A rival replaces the mean share when its mean error is below this part of the mean share's: with few years a smaller
lead is chance."""
GREEN_FROM, AMBER_FROM = 1.0, 0.9
"""Lights: completion ÷ the share of time gone by; green from 1, amber from 0.9, red below."""

METHODS = {
    "share_of_year": Term("历年同期占全年平均比重", "by the mean share of the year in past years"),
    "same_period": Term("与上年同期相同的增速", "by last year's total and the growth over the same months"),
    "pro_rata": Term("按月均进度外推", "the pace so far is carried on"),
    "complete": Term("全年数已齐", "the year is complete"),
}
LIGHTS = {"green": Term("绿灯", "green"), "amber": Term("黄灯", "amber"), "red": Term("红灯", "red")}
_SLACK = 1e-9  # completion that equals the path up to floating point is green
_DECEMBER = 12


@dataclass(frozen=True)
class Nowcast:
    """A year-end estimate made after ``month``.

    Attributes
    ----------
    done, value, low, high
        Cumulated so far, and the year-end with its band, in the unit of the series.
    method
        A key of ``METHODS``.
    level
        Probability the band claims; ``None`` where its width is an assumption.
    errors
        ln(estimate ÷ actual) of each method (columns) in each past year (index) after the same month; empty where there
        are too few years.
    """

    year: int
    month: int
    done: float
    value: float
    low: float
    high: float
    method: str
    level: float | None
    errors: pd.DataFrame

    @property
    def quality(self) -> str:
        """``derived`` from past years, or ``assumed`` where the range is."""
        return "assumed" if self.level is None else "derived"

    @property
    def mean_error(self) -> float:
        """Mean |ln(estimate ÷ actual)| of the method used, a ratio; NaN without a backtest."""
        return float(self.errors[self.method].abs().mean()) if self.method in self.errors else float("nan")


def cumulative(rows: pd.DataFrame) -> pd.DataFrame:
    """Cumulated value by year (index) and month (columns 1–12); NaN where it is not known.

    Single months are added up; a missing one leaves the rest of its year unknown.

    Parameters
    ----------
    rows
        ``year``, ``month``, ``value`` and ``cumulative`` of one indicator; a year is all cumulated or all single months.
    """
    table = rows.pivot(index="year", columns="month", values="value").reindex(columns=range(1, 13)).sort_index()
    to_date = rows.groupby("year")["cumulative"].first().reindex(table.index).to_numpy(dtype=bool)
    return table.where(np.repeat(to_date[:, None], 12, axis=1), table.cumsum(axis=1, skipna=False))


def nowcast(
    table: pd.DataFrame, year: int, level: float = 0.8, pace_range: tuple[float, float] = PACE_RANGE
) -> Nowcast:
    """The year-end of ``year``, from its months so far and the same months of past years.

    The guess of the share done is the mean of past years' (on logarithms), last year's (the same-period growth), or
    M/12 (pro rata): the one with the smallest mean error over past years, each year guessed from the others.  The band
    is value · e^±h with h from :func:`half_width`, never below what is done.  With fewer than ``MIN_YEARS`` past years
    the estimate is pro rata and the band only ``pace_range``.

    Parameters
    ----------
    table
        Cumulated values by year and month, from :func:`cumulative`; years after ``year`` are not looked at.
    level
        Probability the backtested band claims.

    Raises
    ------
    InputError
        When nothing has been reached yet: there is no pace to carry on.
    """
    so_far = table.loc[year].dropna()
    month, done = (int(so_far.index[-1]), float(so_far.iloc[-1])) if len(so_far) else (0, 0.0)
    if done <= 0:
        what = Term("年初至今没有完成数，无法预计全年", "nothing done so far: the year-end cannot be estimated")
        raise InputError([Fault(what, found=f"{year}: {done:g}")])
    if month == _DECEMBER:
        return Nowcast(year, month, done, done, done, done, "complete", 1.0, pd.DataFrame())
    shares = log_shares(table[table.index < year], month)
    if len(shares) < MIN_YEARS:
        return _at_pace(year, month, done, pace_range)
    return _backtested(year, month, done, shares, level)


def log_shares(past: pd.DataFrame, month: int) -> pd.Series:
    """ln(cumulated after ``month`` ÷ whole year) of every past year in which both are known and above zero."""
    known = past[(past[month] > 0) & (past[_DECEMBER] > 0)]
    return np.log(known[month] / known[_DECEMBER])


def _at_pace(year: int, month: int, done: float, pace_range: tuple[float, float]) -> Nowcast:
    rest = done * (_DECEMBER - month) / month
    low, high = (done + times * rest for times in pace_range)
    return Nowcast(year, month, done, done + rest, low, high, "pro_rata", None, pd.DataFrame())


def _backtested(year: int, month: int, done: float, shares: pd.Series, level: float) -> Nowcast:
    guesses = {"share_of_year": shares.mean(), "pro_rata": np.log(month / _DECEMBER)}
    if year - 1 in shares.index:
        guesses["same_period"] = shares[year - 1]
    errors = share_errors(shares, month)[list(guesses)]
    method = _best(errors)
    value, half = done / np.exp(guesses[method]), half_width(errors[method].dropna().to_numpy(), level)
    low, high = max(value * np.exp(-half), min(done, value)), value * np.exp(half)
    return Nowcast(year, month, done, float(value), float(low), float(high), method, level, errors)


def share_errors(shares: pd.Series, month: int) -> pd.DataFrame:
    """ln(estimate ÷ actual) of every method in every past year: that year's log share − the guess of it.

    The mean share is that of the other years, before and after; the same period is that of the year before.
    """
    others = (shares.sum() - shares) / (len(shares) - 1)
    before = shares.reindex(shares.index - 1).set_axis(shares.index)
    guesses = {"share_of_year": others, "same_period": before, "pro_rata": np.log(month / _DECEMBER)}
    return pd.DataFrame({method: shares - guess for method, guess in guesses.items()})


def _best(errors: pd.DataFrame) -> str:
    """The method with the smallest mean error over the years all of them can guess; the mean share unless beaten."""
    common = errors.dropna(axis="columns", how="all").dropna()
    mean = common.abs().mean()
    mean["share_of_year"] *= RIVAL
    return str(mean.idxmin())


def half_width(errors: np.ndarray, level: float) -> float:
    """Half the width, on logarithms, of a band that holds the next error with probability ``level``.

    The empirical quantile of |error| at position level · (n + 1) among n, exact for exchangeable errors.  Where that
    lies beyond the largest error, which holds the next one with probability n / (n + 1) only, the largest is widened
    by the ratio of Student's t quantiles (n − 1 degrees of freedom) of the two probabilities.
    """
    sizes = np.sort(np.abs(errors))
    n = len(sizes)
    position = level * (n + 1)
    if position <= n:
        return float(np.interp(position, np.arange(n + 1), np.r_[0.0, sizes]))
    wanted, held = stats.t.ppf([(1 + level) / 2, (1 + n / (n + 1)) / 2], max(n - 1, 1))
    return float(sizes[-1] * wanted / held)


@dataclass(frozen=True)
class Pace:
    """How far along a target is on ``day``, against the straight path from its start to its ``deadline``.

    Attributes
    ----------
    completion, expected
        Done ÷ target, and the share of the days gone by.
    lead_days
        Days ahead of the straight path, below zero behind it.
    light
        A key of ``LIGHTS``.
    """

    done: float
    target: float
    day: date
    deadline: date
    completion: float
    expected: float
    lead_days: int
    light: str


def pace(done: float, target: float, day: date, start: date, deadline: date) -> Pace:
    """How far along ``done`` of ``target`` is at the end of ``day``.

    expected = days gone by ÷ days from ``start`` to ``deadline``, both included; lead = days after which the straight
    path reaches the completion − days gone by.  A finished target is never behind.

    Raises
    ------
    InputError
        When the target is not above zero or the deadline lies before the start.
    """
    if target <= 0 or deadline < start:
        what = Term(
            "目标应大于零、期限不早于开始日", "a target above zero and a deadline not before its start are needed"
        )
        raise InputError([Fault(what, found=f"{target:g}, {start} – {deadline}")])
    total, gone = (deadline - start).days + 1, max((day - start).days + 1, 0)
    completion, expected = done / target, min(gone / total, 1.0)
    lead = round(min(completion, 1.0) * total - gone)
    return Pace(done, target, day, deadline, completion, expected, max(lead, 0) if completion >= 1 else lead,
                light_of(completion, expected))  # fmt: skip


def light_of(completion: float, expected: float) -> str:
    """Green at or ahead of the path, amber from ``AMBER_FROM`` of it, red below."""
    if completion >= (GREEN_FROM - _SLACK) * expected:
        return "green"
    return "amber" if completion >= (AMBER_FROM - _SLACK) * expected else "red"


def ranking(areas: pd.DataFrame, day: date, start: date, deadline: date) -> pd.DataFrame:
    """Sub-areas by completion, the best first; equal completion shares a rank and the next ranks are left out.

    Parameters
    ----------
    areas
        ``area``, ``done``, ``target``; an area without a target is listed last, without a rank.

    Returns
    -------
    Columns rank, area, done, target, completion, lead_days, light.
    """
    rows = [_area_row(row.area, row.done, row.target, day, start, deadline) for row in areas.itertuples()]
    frame = pd.DataFrame(rows, columns=["area", "done", "target", "completion", "lead_days", "light"])
    # completions that differ only in floating point are a tie
    frame.insert(0, "rank", frame["completion"].round(12).rank(method="min", ascending=False).astype("Int64"))
    return frame.sort_values("rank", kind="stable", ignore_index=True)


def _area_row(area: str, done: float, target: float, day: date, start: date, deadline: date) -> tuple[object, ...]:
    if not target > 0:
        return area, done, target, np.nan, pd.NA, ""
    at = pace(done, target, day, start, deadline)
    return area, done, target, at.completion, at.lead_days, at.light


def done_by_area(rows: pd.DataFrame, year: int, areas: Collection[str]) -> tuple[int, pd.Series]:
    """The last month for which every area has reported, and what each had done by then.

    Parameters
    ----------
    rows
        Monthly rows of one indicator, with ``area``.

    Raises
    ------
    InputError
        Naming the areas that have not reported, when there is no such month.
    """
    own = {area: cumulative(rows[rows["area"] == area]).reindex([year]).loc[year] for area in areas}
    table = pd.DataFrame(own)
    whole = table.dropna()
    if whole.empty:
        what = Term(
            "这些地方没有本年完成数，无法排名", "no figures of the year from these places: they cannot be ranked"
        )
        silent = [area for area in areas if table[area].isna().all()] or list(areas)
        raise InputError([Fault(what, found="、".join(silent))])
    return int(whole.index[-1]), whole.iloc[-1]
