"""The candidates: each maps a series and a horizon to a forecast with a standard deviation.

All work on one scale, called x below: the logarithm of a positive series, where a trend is a growth rate, or the
series itself where it can be zero or negative (balances, gaps).  A rate of growth g is a difference of x.

Each is estimated in closed form or on a grid, in microseconds and the same on every machine; the tests hold them
against statsmodels' own.  Left out because they repeat a candidate here and did not beat it on the national series:
undamped Holt, ARIMA with moving averages, and the local linear trend with an irregular term, which estimates to zero.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from scipy import stats
from statsmodels.regression.linear_model import burg

from analytics.terms import Term

MIN_POINTS = 8
"""Fewer yearly values than this do not identify a trend model."""

Core = Callable[[np.ndarray, np.ndarray], tuple[np.ndarray, np.ndarray]]
"""(x[n], steps 1..h) → (centre[h], standard deviation[h]), all on the model scale."""


class UnusableSeries(ValueError):
    """A series no trend can be fitted to; ``reason`` says why in both languages, ``str`` in Chinese."""

    def __init__(self, reason: Term):
        super().__init__(reason.zh)
        self.reason = reason


@dataclass(frozen=True)
class Forecast:
    """``point[h]`` in the series' unit (the median); ``sd[h]`` of its logarithm, or in its unit without ``logs``."""

    point: np.ndarray
    sd: np.ndarray
    logs: bool

    def interval(self, level: float, freedom: float | np.ndarray = np.inf) -> tuple[np.ndarray, np.ndarray]:
        """Central interval: point · exp(±t·sd) on logs, point ± t·sd otherwise.

        Parameters
        ----------
        level: probability inside, e.g. 0.8.
        freedom: degrees of freedom behind ``sd``; t is Student's quantile, the normal one for infinity.
        """
        half = stats.t.ppf((1 + level) / 2, freedom) * self.sd
        if self.logs:
            return self.point * np.exp(-half), self.point * np.exp(half)
        return self.point - half, self.point + half


@dataclass(frozen=True)
class Candidate:
    """A model under its label; ``points`` is the shortest series it takes."""

    label: Term
    core: Core
    points: int

    def __call__(self, series: np.ndarray, horizon: int, logs: bool | None = None) -> Forecast:
        """Forecast of the ``horizon`` values after ``series`` (shape n, oldest first).

        ``logs`` is True for a quantity that is always positive; by default it is read off the series.

        Raises
        ------
        UnusableSeries
            When the series has fewer than ``points`` values.
        """
        refuse_short(len(series), self.points)
        logs = bool(np.min(series) > 0) if logs is None else logs
        x = to_model_scale(series, logs)
        # a perfectly regular series leaves no likelihood to maximise, and every trend in it is the drift
        core = _drift if _regular(x) else self.core
        centre, sd = core(x, np.arange(1, horizon + 1))
        return Forecast(from_model_scale(centre, logs), np.maximum(sd, _rounding(x)), logs)


def to_model_scale(values: np.ndarray, logs: bool) -> np.ndarray:
    """x: the logarithm of ``values`` where ``logs``, else ``values``."""
    return np.log(values) if logs else np.asarray(values, dtype=float)


def from_model_scale(x: np.ndarray, logs: bool) -> np.ndarray:
    """The inverse of :func:`to_model_scale`."""
    return np.exp(x) if logs else x


def refuse_short(found: int, needed: int) -> None:
    """Raise :class:`UnusableSeries` when a history of ``found`` values is shorter than ``needed``."""
    if found < needed:
        raise UnusableSeries(
            Term(
                f"历史数据只有 {found} 个点，趋势模型至少需要 {needed} 个点；请改用带区间的驱动因素推算",
                f"only {found} points of history, the trend model needs {needed}: use drivers with ranges instead",
            )
        )


def _rounding(x: np.ndarray) -> float:
    """Differences of x below this are rounding."""
    return 1e-9 * max(1.0, float(np.abs(x).max()))


def _regular(x: np.ndarray) -> bool:
    return float(np.ptp(np.diff(x))) <= _rounding(x)


def _naive(x: np.ndarray, steps: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The last value; sd = √(mean g² · h), a random walk's."""
    return np.full(len(steps), x[-1]), np.sqrt(np.mean(np.diff(x) ** 2) * steps)


def _mean_growth(growth: np.ndarray, last: float, steps: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """last + h·ḡ; sd = s_g √(h (1 + h/m)): the walk itself and the error of a mean of m rates."""
    return last + steps * growth.mean(), np.std(growth, ddof=1) * np.sqrt(steps * (1 + steps / len(growth)))


def _drift(x: np.ndarray, steps: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Mean growth of the whole series, (x_n − x_1)/(n − 1) a year: the benchmark."""
    return _mean_growth(np.diff(x), x[-1], steps)


def _recent_growth(x: np.ndarray, steps: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Mean growth of the last five years."""
    return _mean_growth(np.diff(x)[-5:], x[-1], steps)


def _last_growth(x: np.ndarray, steps: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The last growth rate goes on; sd = √(mean Δg² · h(h+1)(2h+1)/6), for growth that is itself a random walk."""
    growth = np.diff(x)
    variance = np.mean(np.diff(growth) ** 2) * steps * (steps + 1) * (2 * steps + 1) / 6
    return x[-1] + steps * growth[-1], np.sqrt(variance)


def _ets_damped(x: np.ndarray, steps: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """ETS(A,Ad,N), Holt's method with a damped trend; var_h = σ² (1 + Σ_{j<h} (α + β(φ + … + φʲ))²).

    Least squares over a grid of (α, β, φ), which neither wanders nor stops early as an optimiser does on twenty points.
    The state starts on a straight line through the first values, not estimated: that would be two parameters more.
    """
    slope, start = np.polyfit(np.arange(MIN_POINTS), x[:MIN_POINTS], 1)
    alpha, beta, phi = _DAMPED_GRID
    level, trend, squares = start - slope, slope, np.zeros_like(alpha)
    for value in x:
        error = value - level - phi * trend
        level, trend = level + phi * trend + alpha * error, phi * trend + beta * error
        squares += error**2
    best = np.argmin(squares)
    damped = np.cumsum(phi[best] ** steps)
    response = alpha[best] + beta[best] * damped
    spread = squares[best] / (len(x) - 3) * np.cumsum(np.r_[1.0, response[:-1] ** 2])
    return level[best] + damped * trend[best], np.sqrt(spread)


def _damped_grid() -> np.ndarray:
    """α, β and φ, shape 3 × g: 0 < α ≤ 1, 0 ≤ β ≤ α and 0.80 ≤ φ ≤ 0.98, the usual bounds."""
    alpha, share, phi = np.meshgrid(np.linspace(0.05, 1, 20), np.linspace(0, 1, 11), np.linspace(0.8, 0.98, 10))
    return np.stack([alpha.ravel(), (alpha * share).ravel(), phi.ravel()])


_DAMPED_GRID = _damped_grid()


def _arima(x: np.ndarray, steps: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """ARIMA(p,1,0) with drift, p of 0, 1, 2 by AICc; Burg's estimate, which is stationary by construction."""
    growth = np.diff(x)
    fits = [_autoregression(growth, order) for order in (0, 1, 2)]
    ar, variance = min(fits, key=lambda fit: _aicc(len(growth), len(fit[0]), fit[1]))
    ahead = growth.mean() + _continued(growth - growth.mean(), ar, len(steps))
    shock = np.cumsum(np.r_[1.0, _continued(np.array([0.0, 1.0]), ar, len(steps))[:-1]])
    spread = variance * len(growth) / (len(growth) - 1 - len(ar))
    return x[-1] + np.cumsum(ahead), np.sqrt(spread * np.cumsum(shock**2))


def _autoregression(growth: np.ndarray, order: int) -> tuple[np.ndarray, float]:
    """Coefficients [order] and innovation variance of an autoregression of the growth rates about their mean."""
    if order == 0:
        return np.empty(0), float(np.var(growth))
    ar, variance = burg(growth, order=order)
    return np.asarray(ar), float(variance)


def _aicc(n: int, order: int, variance: float) -> float:
    """n ln σ² + 2k + 2k(k+1)/(n−k−1), with k = coefficients, mean and variance."""
    k = order + 2
    return n * np.log(variance) + 2 * k + 2 * k * (k + 1) / (n - k - 1)


def _continued(past: np.ndarray, ar: np.ndarray, horizon: int) -> np.ndarray:
    """The next ``horizon`` values of an autoregression without shocks, Σ ar_i y_{t−i}; ``past`` has two at least."""
    path = past.tolist()
    for _ in range(horizon):
        path.append(sum(a * path[-i] for i, a in enumerate(ar, 1)))
    return np.array(path[-horizon:])


def _local_trend(x: np.ndarray, steps: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Local linear trend (unobserved components): level and slope are random walks, growth a :func:`_local_level`.

    var_h = h² P + w h(h+1)(2h+1)/6 + v h: the slope's error now, its later steps, and the level's.
    """
    slope = _local_level(np.diff(x))
    walks = steps * (steps + 1) * (2 * steps + 1) / 6
    return x[-1] + steps * slope.level, np.sqrt(steps**2 * slope.error + slope.walk * walks + slope.noise * steps)


def _theta(x: np.ndarray, steps: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Theta method: the mean of the fitted straight line and of the smoothed series bent twice as much away from it.

    The spread is the drift's.  Assimakopoulos and Nikolopoulos, International Journal of Forecasting 16 (2000).
    """
    times = np.arange(len(x))
    line = np.polynomial.Polynomial.fit(times, x, 1)
    bent = _local_level(2 * x - line(times))
    return (line(times[-1] + steps) + bent.level) / 2, _drift(x, steps)[1]


class _Level(NamedTuple):
    """A local level now, the variance of its error, and the variances of its yearly walk and of the noise on it."""

    level: float
    error: float
    walk: float
    noise: float


def _local_level(y: np.ndarray) -> _Level:
    """y_t = l_t + noise, l_t = l_{t−1} + walk, by exact maximum likelihood on a grid of the final gain α.

    walk : noise = α² : 1 − α; the start is diffuse.  All gains are filtered at once, which takes a fiftieth of the
    time of a general state-space optimiser.
    """
    gains = np.linspace(0.0, 1.0, 201)
    walk, noise = gains**2, 1 - gains
    level, error = np.full_like(gains, y[0]), noise
    squares, logs = np.zeros_like(gains), np.zeros_like(gains)
    for value in y[1:]:
        variance = error + walk + noise
        gain = (error + walk) / variance
        squares += (value - level) ** 2 / variance
        logs += np.log(variance)
        level, error = level + gain * (value - level), gain * noise
    best = np.argmin((len(y) - 1) * np.log(squares) + logs)
    unit = squares[best] / (len(y) - 1)
    return _Level(level[best], unit * error[best], unit * walk[best], unit * noise[best])


CANDIDATES: dict[str, Candidate] = {
    "naive": Candidate(Term("末值不变", "Last value"), _naive, 2),
    "drift": Candidate(Term("历史平均增速（朴素漂移）", "Naive drift"), _drift, 3),
    "last_growth": Candidate(Term("上年增速", "Last growth rate"), _last_growth, 3),
    "recent_growth": Candidate(Term("近五年平均增速", "Five-year growth"), _recent_growth, 6),
    "ets_damped": Candidate(Term("阻尼趋势指数平滑", "Damped-trend smoothing"), _ets_damped, MIN_POINTS),
    "arima": Candidate(Term("ARIMA 模型", "ARIMA"), _arima, MIN_POINTS),
    "local_trend": Candidate(Term("局部线性趋势", "Local linear trend"), _local_trend, MIN_POINTS),
    "theta": Candidate(Term("Theta 法", "Theta method"), _theta, MIN_POINTS),
}
"""Every candidate by name; ``drift`` is the benchmark the others have to beat."""
