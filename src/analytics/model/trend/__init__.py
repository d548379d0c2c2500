"""Trend models for yearly series, backtested against the naive drift before they are used.

``candidates`` holds the models, ``rolling`` what they forecast from every past year, their combination and its
measured spread, ``forecast`` the forecast an officer is given.
"""

from analytics.model.trend.candidates import (
    CANDIDATES,
    MIN_POINTS,
    Candidate,
    Forecast,
    UnusableSeries,
    to_model_scale,
)
from analytics.model.trend.forecast import TrendForecast, trend_forecast, yearly
from analytics.model.trend.rolling import (
    COMBINATION,
    DRIFT,
    MODEL_LABELS,
    Track,
    combine,
    inverse_weights,
    naive_scale,
    roll,
)

__all__ = [
    "CANDIDATES",
    "COMBINATION",
    "DRIFT",
    "MIN_POINTS",
    "MODEL_LABELS",
    "Candidate",
    "Forecast",
    "Track",
    "TrendForecast",
    "UnusableSeries",
    "combine",
    "inverse_weights",
    "naive_scale",
    "roll",
    "to_model_scale",
    "trend_forecast",
    "yearly",
]
