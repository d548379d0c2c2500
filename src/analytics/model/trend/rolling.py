"""What every candidate forecast from every past year, their combination, and how wide its intervals must be.

No step looks ahead: weights and widths at an origin use only errors known by that year, so the combination in the
record is what would have been published then, and the forecast made today is one more row of the same record.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from analytics.model.trend.candidates import (
    CANDIDATES,
    MIN_POINTS,
    Candidate,
    Forecast,
    from_model_scale,
    refuse_short,
    to_model_scale,
)
from analytics.terms import Term

DRIFT = "drift"
COMBINATION = "combination"
MODEL_LABELS: dict[str, Term] = {
    **{name: candidate.label for name, candidate in CANDIDATES.items()},
    COMBINATION: Term("组合预测", "Combination"),
}

MIN_ORIGINS = 3
"""A candidate is judged once this many origins have been scored; until then the drift is used."""
SCORED_HORIZON = 3
"""Weights and widths rest on errors up to three years ahead: further ones are too few and overlap."""
PRIOR_ORIGINS = 4
"""How many origins the models' own standard deviations count for beside the measured errors."""


@dataclass(frozen=True)
class Track:
    """The record: arrays over model m, origin n (position in the series) and horizon h; NaN where nothing was forecast.

    ``values[n]`` is the series, ``ordinary[n]`` is False in event years, ``point`` is in the series' unit, ``sd`` on
    the model scale (logarithms where ``logs``), ``freedom[n]`` the degrees of freedom behind ``sd``.
    """

    names: tuple[str, ...]
    values: np.ndarray
    ordinary: np.ndarray
    logs: bool
    point: np.ndarray
    sd: np.ndarray
    freedom: np.ndarray

    @cached_property
    def actual(self) -> np.ndarray:
        """What came, [n, h]; NaN after the end of the series."""
        padded = np.r_[self.values, np.full(self.point.shape[2], np.nan)]
        return padded[self._target]

    @cached_property
    def errors(self) -> np.ndarray:
        """Actual − forecast on the model scale, [m, n, h]."""
        return to_model_scale(self.actual, self.logs) - to_model_scale(self.point, self.logs)

    @cached_property
    def scale(self) -> np.ndarray:
        """The naive scale of the history seen at each origin, [n]."""
        origins = range(len(self.values))
        return np.array(
            [naive_scale(_as_known(self.values, self.ordinary, origin, self.logs)[0]) for origin in origins]
        )

    @cached_property
    def _target(self) -> np.ndarray:
        horizon = self.point.shape[2]
        return np.add.outer(np.arange(len(self.values)), np.arange(1, horizon + 1))

    def known(self, origin: int) -> np.ndarray:
        """Mask [n, h] of the forecasts whose outcome, an ordinary year, was known by ``origin``."""
        padded = np.r_[self.ordinary, np.zeros(self.point.shape[2], dtype=bool)]
        mask = (self._target <= origin) & padded[self._target] & np.isfinite(self.point[0])
        mask[:, SCORED_HORIZON:] = False
        return mask

    def mase(self, origin: int) -> dict[str, float]:
        """Mean of |actual − forecast| / naive scale over what was known by ``origin``, by model; NaN for nothing."""
        known = self.known(origin) & np.isfinite(self.scale)[:, None]
        if not known.any():
            return dict.fromkeys(self.names, np.nan)
        scaled = np.abs(self.actual - self.point) / self.scale[:, None]
        return dict(zip(self.names, scaled[:, known].mean(axis=1).tolist(), strict=True))

    def origins_known(self, origin: int) -> int:
        """How many origins had at least one scored forecast by ``origin``."""
        return int(self.known(origin).any(axis=1).sum())

    def intervals(self, level: float) -> tuple[np.ndarray, np.ndarray]:
        """Lower and upper ends, [m, n, h], of the central intervals of probability ``level``."""
        return Forecast(self.point, self.sd, self.logs).interval(level, self.freedom[:, None])

    def forecasts(self, origin: int) -> dict[str, Forecast]:
        """Every model's forecast made at ``origin``."""
        rows = zip(self.names, self.point[:, origin], self.sd[:, origin], strict=True)
        return {name: Forecast(point, sd, self.logs) for name, point, sd in rows}


def naive_scale(series: np.ndarray) -> float:
    """Mean absolute yearly change of ``series``, the in-sample error of the last value; NaN when it never changes."""
    changes = np.abs(np.diff(series))
    return float(changes.mean()) if changes.any() else np.nan


def inverse_weights(mase: Mapping[str, float]) -> dict[str, float]:
    """Weights in proportion to 1/MASE over the models that beat ``drift``; all on ``drift`` when none does.

    They sum to one. ``mase`` must hold ``drift``.
    """
    beating = {name: value / mase[DRIFT] for name, value in mase.items() if value < mase[DRIFT]}
    inverse = {name: 1 / max(ratio, 1e-9) for name, ratio in beating.items()}  # a perfect record is not infinite
    total = sum(inverse.values())
    return {name: value / total for name, value in inverse.items()} or {DRIFT: 1.0}


def combine(forecasts: Mapping[str, Forecast], weights: Mapping[str, float]) -> Forecast:
    """Weighted mean of points and of standard deviations: models fitted to one series err together.

    Raises
    ------
    ValueError
        When the weights do not sum to one.
    """
    if not np.isclose(sum(weights.values()), 1.0):
        raise ValueError(f"weights sum to {sum(weights.values())}, not to 1")
    point = sum(weight * forecasts[name].point for name, weight in weights.items())
    sd = sum(weight * forecasts[name].sd for name, weight in weights.items())
    return Forecast(np.asarray(point), np.asarray(sd), next(iter(forecasts.values())).logs)


def roll(
    values: np.ndarray,
    horizon: int,
    ordinary: np.ndarray | None = None,
    candidates: Mapping[str, Candidate] = CANDIDATES,
) -> Track:
    """The record of ``candidates`` and, last, their combination, with widths calibrated on past errors.

    Parameters
    ----------
    values: the series, shape n, oldest first, one value a year.
    horizon: years ahead, at least the scored three are computed.
    ordinary: shape n, False in years of an event known when it happened. Such a year is no outcome to be scored,
        and models see the straight line (on the model scale) between its neighbours instead, or, while it is the
        last year, forecast from the year before.
    candidates: the models, ``drift`` among them.

    Raises
    ------
    UnusableSeries
        When there are fewer than eight ordinary values.
    """
    ordinary = np.ones(len(values), dtype=bool) if ordinary is None else ordinary
    refuse_short(int(ordinary.sum()), MIN_POINTS)
    logs = bool(np.min(values) > 0)
    made = [
        _forecasts_at(*_as_known(values, ordinary, origin, logs), max(horizon, SCORED_HORIZON), logs, candidates)
        for origin in range(len(values))
    ]
    point, sd = (np.stack(arrays, axis=1) for arrays in zip(*made, strict=True))
    track = Track(tuple(candidates), values, ordinary, logs, point, sd, np.full(len(values), np.inf))
    return _calibrated(_with_combination(track))


def _forecasts_at(
    history: np.ndarray, lag: int, horizon: int, logs: bool, candidates: Mapping[str, Candidate]
) -> tuple[np.ndarray, np.ndarray]:
    """Points and standard deviations, both [m, h], of a history that ends ``lag`` years early; NaN for a short one."""
    if len(history) < MIN_POINTS:
        nothing = np.full((len(candidates), horizon), np.nan)
        return nothing, nothing
    made = [candidate(history, horizon + lag, logs) for candidate in candidates.values()]
    return np.stack([forecast.point[lag:] for forecast in made]), np.stack([forecast.sd[lag:] for forecast in made])


def _as_known(values: np.ndarray, ordinary: np.ndarray, origin: int, logs: bool) -> tuple[np.ndarray, int]:
    """The history seen at ``origin``, events bridged, and how many years it ends before ``origin``."""
    seen = np.flatnonzero(ordinary[: origin + 1])
    if not len(seen):
        return np.empty(0), 0
    x = np.interp(np.arange(seen[0], seen[-1] + 1), seen, to_model_scale(values[seen], logs))
    return from_model_scale(x, logs), origin - int(seen[-1])


def weights_at(track: Track, origin: int) -> dict[str, float]:
    """The combination's weights at ``origin``: everything on the drift while too few origins have been scored."""
    if track.origins_known(origin) < MIN_ORIGINS:
        return {DRIFT: 1.0}
    mase = track.mase(origin)
    return inverse_weights({name: value for name, value in mase.items() if name != COMBINATION})


def _with_combination(track: Track) -> Track:
    """``track`` with the combination, made anew at every origin, as its last model."""
    made = [combine(track.forecasts(origin), weights_at(track, origin)) for origin in range(len(track.values))]
    return replace(
        track,
        names=(*track.names, COMBINATION),
        point=np.concatenate([track.point, [[forecast.point for forecast in made]]]),
        sd=np.concatenate([track.sd, [[forecast.sd for forecast in made]]]),
    )


def _calibrated(track: Track) -> Track:
    """``track`` with standard deviations scaled to the errors known at each origin, never narrowing with the horizon.

    k² = (p + Σ min(z², 25)) / (p + n) over the n known errors z, in standard deviations their model gave them; p is
    the prior.  The limit keeps one break after a perfectly regular history from widening every later interval without
    bound.  Degrees of freedom count origins, as errors of one origin overlap.
    """
    prior = PRIOR_ORIGINS * SCORED_HORIZON
    sd, freedom = np.full_like(track.sd, np.nan), np.full_like(track.freedom, np.nan)
    for origin in range(len(track.values)):
        known = track.known(origin)
        squares = np.minimum((track.errors[:, known] / track.sd[:, known]) ** 2, 25).sum(axis=1)
        ratio = np.sqrt((prior + squares) / (prior + known.sum()))
        sd[:, origin] = np.maximum.accumulate(ratio[:, None] * track.sd[:, origin], axis=1)
        freedom[origin] = PRIOR_ORIGINS + track.origins_known(origin) - 1
    return replace(track, sd=sd, freedom=freedom)
