"""Trend models: known rates come back, nothing looks ahead, intervals cover what they claim."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from statsmodels.tsa.exponential_smoothing.ets import ETSModel
from statsmodels.tsa.forecasting.theta import ThetaModel
from statsmodels.tsa.statespace.structural import UnobservedComponents

from analytics.model.trend import (
    CANDIDATES,
    COMBINATION,
    MIN_POINTS,
    MODEL_LABELS,
    Forecast,
    Track,
    UnusableSeries,
    combine,
    inverse_weights,
    naive_scale,
    roll,
    trend_forecast,
)

GROWING = [name for name in CANDIDATES if name != "naive"]
NEED_EIGHT = [name for name, candidate in CANDIDATES.items() if candidate.points == MIN_POINTS]


def walk(points: int, seed: int, growth: float = 0.06, sd: float = 0.04) -> np.ndarray:
    """A random walk with drift on logarithms: the process the naive drift is right for."""
    return 100 * np.exp(np.cumsum(np.random.default_rng(seed).normal(growth, sd, points)))


def slowing(points: int = 25, seed: int = 7) -> np.ndarray:
    """Growth falling steadily from 16 % to 4 %, which the mean of all past rates overstates every year."""
    noise = np.random.default_rng(seed).normal(0, 0.003, points)
    return 100 * np.exp(np.cumsum(np.linspace(0.16, 0.04, points)) + noise)


def dated(values: np.ndarray, first: int = 2000) -> pd.Series:
    return pd.Series(values, index=range(first, first + len(values)))


# --- candidates ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", GROWING)
def test_growth_rate_gives_back_the_rate_a_series_was_built_with(name: str):
    series = 100 * 1.07 ** np.arange(12)
    expected = series[-1] * 1.07 ** np.arange(1, 4)
    np.testing.assert_allclose(CANDIDATES[name](series, 3).point, expected, rtol=1e-9)


@pytest.mark.parametrize("name", [name for name in GROWING if name not in ("ets_damped", "theta")])
def test_growth_rate_comes_back_from_a_slightly_disturbed_series(name: str):
    series = 100 * 1.07 ** np.arange(20) * np.exp(np.random.default_rng(1).normal(0, 1e-5, 20))
    assert CANDIDATES[name](series, 1).point[0] / series[-1] == pytest.approx(1.07, abs=1e-4)


def test_damped_trend_and_theta_hold_back_a_steady_growth_as_they_are_meant_to():
    # by the damping of at most 0.98 a year, and by half: theta averages the trend with a level that has none
    series = 100 * 1.07 ** np.arange(20) * np.exp(np.random.default_rng(1).normal(0, 1e-5, 20))
    rates = {name: np.log(CANDIDATES[name](series, 1).point[0] / series[-1]) for name in ("ets_damped", "theta")}
    assert rates["ets_damped"] / np.log(1.07) == pytest.approx(0.98, abs=1e-3)
    assert rates["theta"] / np.log(1.07) == pytest.approx(0.5, abs=1e-3)


def test_drift_continues_a_straight_line_through_zero_exactly():
    line = np.arange(-4.0, 20.0, 3.0)  # −4, −1, …, 17: not positive, so no logarithms
    np.testing.assert_allclose(CANDIDATES["drift"](line, 4).point, [20, 23, 26, 29], rtol=1e-12)


def test_simple_candidates_agree_with_arithmetic_by_hand():
    series = np.array([100.0, 110, 121, 133.1, 146.41, 161.051, 200.0])
    assert CANDIDATES["naive"](series, 2).point == pytest.approx([200, 200])
    assert CANDIDATES["last_growth"](series, 2).point == pytest.approx(
        [200 * 200 / 161.051, 200 * (200 / 161.051) ** 2]
    )
    assert CANDIDATES["drift"](series, 1).point == pytest.approx([200 * 2 ** (1 / 6)])  # doubled in six years
    assert CANDIDATES["recent_growth"](series, 1).point == pytest.approx([200 * (200 / 110) ** (1 / 5)])


def test_local_linear_trend_is_what_unobserved_components_estimates():
    # The same model through statsmodels' state-space optimiser: both maximise the likelihood, ours on a grid of gains.
    x = np.log(slowing())
    components = {"level": True, "stochastic_level": True, "trend": True, "stochastic_trend": True}
    theirs = UnobservedComponents(x, irregular=False, **components).fit(disp=False, method="powell").get_forecast(3)
    ours = CANDIDATES["local_trend"](np.exp(x), 3)
    np.testing.assert_allclose(np.log(ours.point), theirs.predicted_mean, atol=2e-3)
    np.testing.assert_allclose(ours.sd, theirs.se_mean, rtol=0.02)


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_theta_is_what_statsmodels_calls_theta(seed: int):
    series = walk(20, seed)
    theirs = ThetaModel(np.log(series), period=1, deseasonalize=False).fit().forecast(3)
    np.testing.assert_allclose(np.log(CANDIDATES["theta"](series, 3).point), theirs, atol=2e-3)


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_damped_trend_is_what_statsmodels_estimates(seed: int):
    x = np.log(slowing(20, seed))
    slope, level = np.polyfit(np.arange(MIN_POINTS), x[:MIN_POINTS], 1)
    start = {"initialization_method": "known", "initial_level": level - slope, "initial_trend": slope}
    fit = ETSModel(pd.Series(x), error="add", trend="add", damped_trend=True, **start).fit(disp=False)
    theirs = fit.get_prediction(start=20, end=22)
    ours = CANDIDATES["ets_damped"](np.exp(x), 3)
    np.testing.assert_allclose(np.log(ours.point), theirs.predicted_mean, atol=2e-3)
    # theirs divides the squared residuals by n, ours by n less the three parameters
    np.testing.assert_allclose(ours.sd, np.sqrt(np.asarray(theirs.forecast_variance) * 20 / 17), rtol=0.05)


def test_arima_returns_to_the_mean_growth_at_the_rate_the_growth_was_built_with():
    rng, growth = np.random.default_rng(5), [0.0]
    for shock in rng.normal(0, 0.02, 600):
        growth.append(0.8 * growth[-1] + shock)
    x = np.cumsum(0.03 + np.array(growth))
    ahead = np.diff(np.r_[x[-1], np.log(CANDIDATES["arima"](np.exp(x), 3).point)]) - np.diff(x).mean()
    assert ahead[1] / ahead[0] == pytest.approx(0.8, abs=0.1)


@pytest.mark.parametrize("name", NEED_EIGHT)
def test_short_series_is_refused_and_sent_to_drivers_with_ranges(name: str):
    with pytest.raises(UnusableSeries) as refusal:
        CANDIDATES[name](walk(7, 1), 3)
    assert "7 个点" in refusal.value.reason.zh and "带区间的驱动因素" in refusal.value.reason.zh
    assert "drivers with ranges" in refusal.value.reason.en


def test_every_model_has_a_label_in_both_languages():
    assert set(MODEL_LABELS) == {*CANDIDATES, COMBINATION}
    assert all(label.zh and label.en for label in MODEL_LABELS.values())


@settings(max_examples=30, deadline=None)
@given(st.lists(st.floats(1.0, 1e9), min_size=MIN_POINTS, max_size=12))
def test_any_positive_series_gets_finite_positive_forecasts(values: list[float]):
    for candidate in CANDIDATES.values():
        forecast = candidate(np.array(values), 3)
        assert np.isfinite(forecast.point).all() and (forecast.point > 0).all()
        assert np.isfinite(forecast.sd).all() and (forecast.sd > 0).all()


# --- combination -----------------------------------------------------------------------------------------------------


def test_weights_are_inverse_to_the_error_among_those_that_beat_the_drift():
    # 1/0.5 : 1/1 = 2 : 1; the candidate that is worse than the drift, and the drift, get nothing
    weights = inverse_weights({"drift": 1.5, "good": 0.5, "fair": 1.0, "bad": 1.6})
    assert weights == pytest.approx({"good": 2 / 3, "fair": 1 / 3})


def test_drift_gets_all_weight_when_nothing_beats_it():
    assert inverse_weights({"drift": 1.0, "same": 1.0, "bad": 2.0, "unknown": float("nan")}) == {"drift": 1.0}


@given(st.dictionaries(st.sampled_from([*CANDIDATES]), st.floats(0, 10), min_size=1), st.floats(0, 10))
def test_weights_sum_to_one(mase: dict[str, float], drift: float):
    weights = inverse_weights({**mase, "drift": drift})
    assert sum(weights.values()) == pytest.approx(1) and min(weights.values()) >= 0


def test_combining_is_the_weighted_mean():
    one = Forecast(np.array([100.0, 110.0]), np.array([0.1, 0.2]), logs=True)
    other = Forecast(np.array([200.0, 190.0]), np.array([0.3, 0.4]), logs=True)
    both = combine({"one": one, "other": other}, {"one": 0.25, "other": 0.75})
    assert both.point == pytest.approx([175, 170]) and both.sd == pytest.approx([0.25, 0.35])


def test_weights_that_do_not_sum_to_one_are_refused():
    one = Forecast(np.ones(1), np.ones(1), logs=True)
    with pytest.raises(ValueError, match=r"sum to 0\.9"):
        combine({"one": one}, {"one": 0.9})


def test_naive_scale_is_the_mean_absolute_change():
    assert naive_scale(np.array([10.0, 12, 11, 15])) == pytest.approx((2 + 1 + 4) / 3)
    assert np.isnan(naive_scale(np.full(5, 3.0)))


# --- no look-ahead ---------------------------------------------------------------------------------------------------


def until(track: Track, origin: int) -> list[np.ndarray]:
    return [track.point[:, : origin + 1], *(end[:, : origin + 1] for end in track.intervals(0.8))]


@pytest.mark.parametrize("origin", [8, 13, 18])
def test_changing_the_future_changes_no_forecast_and_no_interval_made_before(origin: int):
    series = slowing(20)
    other = series.copy()
    other[origin + 1 :] *= np.random.default_rng(3).uniform(0.5, 2, len(series) - origin - 1)
    for before, after in zip(until(roll(series, 3), origin), until(roll(other, 3), origin), strict=True):
        np.testing.assert_array_equal(before, after)


def test_an_event_year_teaches_nothing_whatever_its_value():
    series, ordinary = slowing(20), np.arange(20) != 14
    other = series.copy()
    other[14] *= 0.6
    for before, after in zip(until(roll(series, 3, ordinary), 19), until(roll(other, 3, ordinary), 19), strict=True):
        np.testing.assert_array_equal(before, after)


def test_an_event_in_the_last_year_is_forecast_from_the_year_before():
    series = 100 * 1.05 ** np.arange(12)
    series[-1] *= 0.7
    track = roll(series, 2, np.arange(12) != 11)
    np.testing.assert_allclose(track.point[track.names.index("drift"), -1, :2], 100 * 1.05 ** np.array([12, 13]))


# --- intervals -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("series", [slowing(), walk(15, 2), walk(9, 3), np.cumsum(walk(16, 4) - 110)])
def test_intervals_contain_the_point_and_widen_with_the_horizon(series: np.ndarray):
    frame = trend_forecast(dated(series), 6).frame
    assert ((frame["low"] < frame["value"]) & (frame["value"] < frame["high"])).all()
    above = frame["high"] / frame["value"] if series.min() > 0 else frame["high"] - frame["value"]
    assert (np.diff(above) >= 0).all() and above.iloc[-1] > above.iloc[0]


def test_a_higher_level_gives_a_wider_interval():
    narrow, wide = (trend_forecast(dated(slowing()), 3, level).frame for level in (0.5, 0.95))
    assert (wide["low"] < narrow["low"]).all() and (wide["high"] > narrow["high"]).all()


def test_eighty_percent_intervals_cover_about_eighty_percent_of_simulated_walks():
    inside, sds = [], []
    for seed in range(12):
        track = roll(walk(26, seed), 3)
        low, high = track.intervals(0.8)
        known = track.known(25)
        inside.append(((low <= track.actual) & (track.actual <= high))[-1][known])
        sds.append(track.sd[-1, 10:, 0])
    assert np.mean(np.concatenate(inside)) == pytest.approx(0.8, abs=0.07)
    # and not by being wide: the walk's own one-year standard deviation is 0.04
    assert 0.03 < np.median(np.concatenate(sds)) < 0.06


def test_one_break_after_a_regular_history_leaves_later_intervals_bounded():
    series = np.r_[np.full(12, 55.0), 70.0, 70.0, 88.0]  # a statutory amount, raised now and then
    frame = trend_forecast(dated(series), 1).frame
    assert frame["high"].item() < 2 * frame["value"].item()


# --- the forecast an officer is given --------------------------------------------------------------------------------


def test_models_that_beat_the_drift_are_combined_and_named():
    forecast = trend_forecast(dated(slowing()), 3)
    scores = forecast.scores.set_index("model")
    beating = set(scores.index[scores["relative"] < 1]) - {COMBINATION}
    assert set(forecast.models) == beating and "drift" not in beating
    assert scores.loc[list(forecast.models), "weight"].sum() == pytest.approx(1)
    assert scores.at[COMBINATION, "relative"] < 0.9
    assert forecast.frame["year"].tolist() == [2025, 2026, 2027]
    for name in forecast.models:
        assert MODEL_LABELS[name].zh in forecast.reason.zh and MODEL_LABELS[name].en in forecast.reason.en
    assert f"{scores.at['drift', 'mase']:.2f}" in forecast.reason.zh and "80.0%" in forecast.reason.en


def test_drift_is_used_and_said_so_when_nothing_beats_it():
    series = 100 * 1.07 ** np.arange(16)  # every trend is the drift, none is better
    forecast = trend_forecast(dated(series), 2)
    assert forecast.models == ("drift",)
    assert "没有模型优于朴素漂移" in forecast.reason.zh and "no model beat" in forecast.reason.en
    assert forecast.frame["value"].tolist() == pytest.approx([100 * 1.07**16, 100 * 1.07**17])


def test_drift_is_used_while_too_few_origins_can_be_scored():
    forecast = trend_forecast(dated(walk(9, 1)), 2)  # one forecast from the eighth point, scored by the ninth
    assert forecast.models == ("drift",)
    assert "只有 1 个" in forecast.reason.zh and "only 1 backtest origins" in forecast.reason.en


def test_a_series_that_never_changed_is_forecast_flat():
    frame = trend_forecast(dated(np.full(14, 55.0)), 3).frame
    assert frame[["value", "low", "high"]].to_numpy() == pytest.approx(np.full((3, 3), 55.0))


def test_short_history_is_refused():
    with pytest.raises(UnusableSeries, match="只有 7 个点"):
        trend_forecast(dated(walk(7, 1)), 3)


def test_history_of_events_does_not_count_towards_the_eight_points():
    with pytest.raises(UnusableSeries, match="只有 7 个点"):
        trend_forecast(dated(walk(8, 1)), 3, events=(2003,))


def test_empty_history_is_refused():
    with pytest.raises(UnusableSeries, match="只有 0 个点"):
        trend_forecast(pd.Series(dtype=float), 3)


def test_missing_years_are_named():
    with pytest.raises(UnusableSeries) as refusal:
        trend_forecast(dated(walk(14, 1)).drop([2004, 2005]), 3)
    assert "2004、2005" in refusal.value.reason.zh and "missing from the history: 2004, 2005" in refusal.value.reason.en


def test_years_given_twice_are_named():
    series = dated(walk(14, 1))
    with pytest.raises(UnusableSeries) as refusal:
        trend_forecast(pd.concat([series, series.loc[[2003]]]), 3)
    assert "年份重复：2003" in refusal.value.reason.zh and "more than once: 2003" in refusal.value.reason.en


def test_same_history_gives_the_same_forecast_to_the_last_bit():
    one, other = (trend_forecast(dated(slowing()), 3) for _ in range(2))
    pd.testing.assert_frame_equal(one.frame, other.frame, check_exact=True)
