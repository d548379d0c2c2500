"""How wrong the trend models would have been, had they been asked every year.

A forecast made in year o sees the series up to o only; the combination's weights and every interval's width come from
errors known by o.  The series are today's figures: what was published then is not at hand, so the errors leave
later revisions out.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping

import numpy as np
import pandas as pd

from analytics.appraisal.scores import bias, coverage, crps_gaussian, mae, mape, mase
from analytics.model.trend import CANDIDATES, Candidate, Track, roll, to_model_scale, yearly

CBO_THREE_YEAR_MAE = 0.038
"""Mean absolute error of the US Congressional Budget Office's payroll-tax projections three years ahead, the yardstick
for our three-year :func:`~analytics.appraisal.scores.mape` on income (CBO, evaluation of its revenue projections)."""


def rolling_origin(
    series: pd.Series,
    candidates: Mapping[str, Candidate] = CANDIDATES,
    first_origin: int | None = None,
    horizons: Collection[int] = (1, 2, 3),
    level: float = 0.8,
    events: Collection[int] = (),
) -> pd.DataFrame:
    """Every forecast ``candidates`` and their combination would have made, beside what came.

    Parameters
    ----------
    series: one value a year, indexed by consecutive years.
    candidates: models by name, ``drift`` among them.
    first_origin: first year a forecast is reported from; earlier ones still serve to weigh and calibrate.
    horizons: years ahead.
    level: probability the intervals claim.
    events: years out of the ordinary by a measure known then; models bridge them and learn nothing from them.

    Returns
    -------
    Columns model, origin, horizon, year, forecast, low, high, actual (in the series' unit), scale (naive scale of the
    history), crps (on logarithms for a positive series) and event (``year`` is one); only rows whose actual is known.

    Raises
    ------
    UnusableSeries
        When a year is missing.
    """
    years, values = yearly(series)
    track = roll(values, max(horizons), ~np.isin(years, list(events)), candidates)
    frame = _tidy(track, years, level).assign(event=lambda rows: rows["year"].isin(list(events)))
    start = years[0] if first_origin is None else first_origin
    wanted = frame["horizon"].isin(list(horizons)) & (frame["origin"] >= start)
    return frame[wanted].dropna(subset=["forecast", "actual"])


def _tidy(track: Track, years: np.ndarray, level: float) -> pd.DataFrame:
    """The record's arrays [model, origin, horizon] as rows."""
    model, origin, step = (index.ravel() for index in np.indices(track.point.shape))
    low, high = track.intervals(level)
    centre, actual = (to_model_scale(array, track.logs) for array in (track.point, track.actual))
    return pd.DataFrame(
        {
            "model": np.array(track.names)[model],
            "origin": years[origin],
            "horizon": step + 1,
            "year": years[origin] + step + 1,
            "forecast": track.point.ravel(),
            "low": low.ravel(),
            "high": high.ravel(),
            "actual": track.actual[origin, step],
            "scale": track.scale[origin],
            "crps": crps_gaussian(centre, track.sd, actual).ravel(),
        }
    )


def summary(frame: pd.DataFrame, leave_out_events: bool = False) -> pd.DataFrame:
    """Scores by model and horizon: n, bias, mae, mape, mase, crps, coverage.

    ``frame`` is what :func:`rolling_origin` returns, of one series or of several together (then bias and mae mix
    units).  With ``leave_out_events`` forecasts of event years are not scored.
    """
    scored = frame[~frame["event"]] if leave_out_events else frame
    groups = scored.groupby(["model", "horizon"], sort=False)
    return pd.DataFrame([{"model": model, "horizon": horizon, **_scores(rows)} for (model, horizon), rows in groups])


def _scores(rows: pd.DataFrame) -> dict[str, float]:
    column = {name: rows[name].to_numpy() for name in ("forecast", "actual", "low", "high", "scale", "crps")}
    forecast, actual = column["forecast"], column["actual"]
    return {
        "n": len(rows),
        "bias": bias(forecast, actual),
        "mae": mae(forecast, actual),
        "mape": mape(forecast, actual),
        "mase": mase(forecast, actual, column["scale"]),
        "crps": float(np.mean(column["crps"])),
        "coverage": coverage(column["low"], column["high"], actual),
    }
