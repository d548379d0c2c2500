"""The trend of a yearly series as it is given to an officer: values, ranges, and the reason for the model."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

import numpy as np
import pandas as pd

from analytics.model.trend.candidates import UnusableSeries
from analytics.model.trend.rolling import COMBINATION, DRIFT, MIN_ORIGINS, MODEL_LABELS, Track, roll, weights_at
from analytics.terms import Term, show


@dataclass(frozen=True)
class TrendForecast:
    """``frame`` (year, value, low, high in the series' unit) and what it rests on.

    ``models`` are the names with a weight, ``scores`` the backtest (model, mase, relative to the drift, coverage of
    the interval, weight), ``reason`` the sentence that says why these models.
    """

    frame: pd.DataFrame
    models: tuple[str, ...]
    scores: pd.DataFrame
    reason: Term
    level: float


def trend_forecast(series: pd.Series, horizon: int, level: float = 0.8, events: Collection[int] = ()) -> TrendForecast:
    """Forecast of the ``horizon`` years after ``series``, by the combination of the models that beat the naive drift.

    Parameters
    ----------
    series: one value a year, indexed by consecutive years.
    horizon: years ahead.
    level: probability the range claims; its width is calibrated on the errors of the rolling backtest.
    events: years out of the ordinary by a known measure (2020: contributions waived), which models bridge.

    Raises
    ------
    UnusableSeries
        When there are fewer than eight ordinary values, or a year is missing.
    """
    years, values = yearly(series)
    ordinary = ~np.isin(years, list(events))
    track = roll(values, horizon, ordinary)
    last = len(values) - 1
    weights = weights_at(track, last)
    low, high = track.intervals(level)
    ahead = np.s_[-1, last, :horizon]
    columns = {"value": track.point[ahead], "low": low[ahead], "high": high[ahead]}
    frame = pd.DataFrame({"year": years[-1] + np.arange(1, horizon + 1), **columns})
    scores = _scores(track, weights, level)
    return TrendForecast(frame, tuple(weights), scores, _reason(track, weights, scores, level), level)


def yearly(series: pd.Series) -> tuple[np.ndarray, np.ndarray]:
    """Years and values of ``series``, both shape n, oldest first.

    Raises
    ------
    UnusableSeries
        When a year between the first and the last has no value, or several: a trend is not fitted across holes.
    """
    present = series.dropna().sort_index()
    years = present.index.to_numpy(dtype=int)
    _refuse(years[1:][np.diff(years) == 0], Term("历史数据中年份重复", "years given more than once"))
    whole = np.arange(years[0], years[-1] + 1) if len(years) else years
    missing = np.setdiff1d(whole, years)
    _refuse(missing, Term("历史数据缺少年份，趋势模型需要逐年连续", "years missing from the history"))
    return years, present.to_numpy(dtype=float)


def _refuse(years: np.ndarray, fault: Term) -> None:
    if len(years):
        listed = [str(year) for year in years]
        raise UnusableSeries(Term(f"{fault.zh}：{'、'.join(listed)}", f"{fault.en}: {', '.join(listed)}"))


def _scores(track: Track, weights: dict[str, float], level: float) -> pd.DataFrame:
    """One row a model: its MASE over every scored forecast, that relative to the drift, coverage and weight."""
    last = len(track.values) - 1
    mase, known = track.mase(last), track.known(last)
    low, high = track.intervals(level)
    inside = ((low <= track.actual) & (track.actual <= high))[:, known]
    return pd.DataFrame(
        {
            "model": track.names,
            "mase": [mase[name] for name in track.names],
            "relative": [mase[name] / mase[DRIFT] if mase[DRIFT] else np.nan for name in track.names],
            "coverage": inside.mean(axis=1) if known.any() else np.nan,
            "weight": [1.0 if name == COMBINATION else weights.get(name, 0.0) for name in track.names],
        }
    )


def _reason(track: Track, weights: dict[str, float], scores: pd.DataFrame, level: float) -> Term:
    """Why these models, in one sentence."""
    origins = track.origins_known(len(track.values) - 1)
    if origins < MIN_ORIGINS:
        return Term(
            f"历史较短，可回测的起点只有 {origins} 个（至少 {MIN_ORIGINS} 个），采用朴素漂移",
            f"the history allows only {origins} backtest origins ({MIN_ORIGINS} needed): the naive drift is used",
        )
    if set(weights) == {DRIFT}:
        return Term(
            f"{origins} 个起点的滚动回测中没有模型优于朴素漂移，采用朴素漂移",
            f"over {origins} rolling origins no model beat the naive drift, which is used",
        )
    score = scores.set_index("model")
    ours, drift = (show(score.at[name, "mase"], "") for name in (COMBINATION, DRIFT))
    claimed, covered = show(level, "ratio"), show(score.at[COMBINATION, "coverage"], "ratio")
    zh, en = ([getattr(MODEL_LABELS[name], language) for name in weights] for language in ("zh", "en"))
    return Term(
        f"{origins} 个起点的滚动回测中，{'、'.join(zh)}优于朴素漂移，按误差倒数加权组合；"
        f"组合 MASE 为 {ours}，朴素漂移为 {drift}；{claimed} 区间实际覆盖 {covered}",
        f"over {origins} rolling origins {', '.join(en)} beat the naive drift and are combined by inverse error; "
        f"MASE {ours} against the drift's {drift}; the {claimed} interval covered {covered}",
    )
