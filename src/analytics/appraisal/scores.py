"""How wrong forecasts were: the field's scores, one formula each.

f is the forecast, y what came; arrays of one shape, averaged over all elements.
"""

from __future__ import annotations

import numpy as np
from scipy import stats


def bias(forecast: np.ndarray, actual: np.ndarray) -> float:
    """Mean error, mean(f − y), in the unit of the series; above zero the forecasts were too high."""
    return float(np.mean(forecast - actual))


def mae(forecast: np.ndarray, actual: np.ndarray) -> float:
    """Mean absolute error, mean |f − y|, in the unit of the series."""
    return float(np.mean(np.abs(forecast - actual)))


def mape(forecast: np.ndarray, actual: np.ndarray) -> float:
    """Mean absolute error in proportion to what came, mean |f − y| / |y|, a ratio (0.038 = 3.8 %)."""
    return float(np.mean(np.abs(forecast - actual) / np.abs(actual)))


def mase(forecast: np.ndarray, actual: np.ndarray, scale: np.ndarray | float) -> float:
    """Mean absolute scaled error, mean |f − y| / q.

    q is the mean absolute yearly change of the history each forecast was made from
    (:func:`analytics.model.trend.naive_scale`): below one the forecasts beat the last value's in-sample error.
    Hyndman and Koehler, International Journal of Forecasting 22 (2006).
    """
    return float(np.mean(np.abs(forecast - actual) / scale))


def crps_gaussian(mean: np.ndarray, sd: np.ndarray, actual: np.ndarray) -> np.ndarray:
    """Continuous ranked probability score of N(mean, sd²), elementwise, in the unit of its arguments.

    sd · (z (2Φ(z) − 1) + 2φ(z) − 1/√π) with z = (y − mean) / sd; the mean of |f − y| for a forecast without spread.
    On logarithms it reads as a proportion.  Gneiting and Raftery, JASA 102 (2007), section 4.2.
    """
    z = (actual - mean) / sd
    return sd * (z * (2 * stats.norm.cdf(z) - 1) + 2 * stats.norm.pdf(z) - 1 / np.sqrt(np.pi))


def coverage(low: np.ndarray, high: np.ndarray, actual: np.ndarray) -> float:
    """Share of what came that lies inside [low, high], ends included."""
    return float(np.mean((low <= actual) & (actual <= high)))
