"""Scores against values computed by hand, and the rolling backtest on simulated and on national series."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from scipy import integrate, stats

from analytics.appraisal.backtest import rolling_origin, summary
from analytics.appraisal.scores import bias, coverage, crps_gaussian, mae, mape, mase
from analytics.inputs.history import load_history, series
from analytics.model.trend import CANDIDATES, COMBINATION, UnusableSeries

FORECAST, ACTUAL = np.array([110.0, 190.0, 300.0]), np.array([100.0, 200.0, 400.0])


def growing(points: int = 20, seed: int = 11) -> pd.Series:
    growth = np.random.default_rng(seed).normal(np.linspace(0.15, 0.05, points), 0.01)
    return pd.Series(100 * np.exp(np.cumsum(growth)), index=range(2005, 2005 + points))


# --- scores ----------------------------------------------------------------------------------------------------------


def test_scores_agree_with_arithmetic_by_hand():
    # errors +10, −10, −100
    assert bias(FORECAST, ACTUAL) == pytest.approx(-100 / 3)
    assert mae(FORECAST, ACTUAL) == pytest.approx(40)
    assert mape(FORECAST, ACTUAL) == pytest.approx((0.10 + 0.05 + 0.25) / 3)
    assert mase(FORECAST, ACTUAL, np.array([10.0, 20.0, 50.0])) == pytest.approx((1 + 0.5 + 2) / 3)


def test_coverage_counts_the_ends_of_the_interval_as_inside():
    assert coverage(np.array([1.0, 1, 1, 1]), np.array([2.0, 2, 2, 2]), np.array([1.0, 2, 1.5, 2.1])) == 0.75


def test_crps_of_the_standard_normal_at_its_mean():
    # 2φ(0) − 1/√π = (√2 − 1)/√π
    assert crps_gaussian(0.0, 1.0, 0.0) == pytest.approx((np.sqrt(2) - 1) / np.sqrt(np.pi))
    assert crps_gaussian(0.0, 1.0, 0.0) == pytest.approx(0.2337, abs=5e-5)


def test_crps_is_the_integral_it_stands_for():
    # ∫ (F(x) − 1{x ≥ y})² dx for N(3, 2²) and y = 4.5
    def squared(x: float) -> float:
        return (stats.norm.cdf(x, 3, 2) - (x >= 4.5)) ** 2

    integral = integrate.quad(squared, -30, 4.5)[0] + integrate.quad(squared, 4.5, 40)[0]
    assert crps_gaussian(3.0, 2.0, 4.5) == pytest.approx(integral, rel=1e-8)


def test_crps_without_spread_is_the_absolute_error():
    assert crps_gaussian(3.0, 1e-9, 5.0) == pytest.approx(2.0)


# --- rolling origin --------------------------------------------------------------------------------------------------


def test_rows_are_every_model_origin_and_horizon_whose_outcome_is_known():
    frame = rolling_origin(growing(), first_origin=2015)
    assert set(frame["model"]) == {*CANDIDATES, COMBINATION}
    drift = frame[frame["model"] == "drift"]
    # origins 2015–2023 of a series that ends in 2024: nine with one year ahead, eight with two, seven with three
    assert drift.groupby("horizon")["origin"].agg(["min", "max", "size"]).values.tolist() == [
        [2015, 2023, 9],
        [2015, 2022, 8],
        [2015, 2021, 7],
    ]
    assert (frame["year"] == frame["origin"] + frame["horizon"]).all()
    assert (frame["actual"] == growing().loc[frame["year"]].to_numpy()).all()


def test_a_row_is_what_the_candidate_forecasts_from_the_series_up_to_its_origin():
    frame = rolling_origin(growing()).set_index(["model", "origin", "horizon"])
    for name, candidate in CANDIDATES.items():
        known = growing().loc[:2016].to_numpy()
        assert frame.at[(name, 2016, 2), "forecast"] == candidate(known, 2).point[1]


def test_only_the_horizons_and_candidates_asked_for_are_reported():
    two = {name: CANDIDATES[name] for name in ("drift", "theta")}
    frame = rolling_origin(growing(), two, horizons=(2,))
    assert set(frame["model"]) == {"drift", "theta", COMBINATION} and set(frame["horizon"]) == {2}


def test_a_changed_last_year_changes_only_what_came_never_what_was_forecast():
    other = growing()
    other.loc[2024] *= 1.5
    columns = ["model", "origin", "horizon", "forecast", "low", "high", "scale"]
    one, two = (rolling_origin(values)[columns] for values in (growing(), other))
    pd.testing.assert_frame_equal(one, two, check_exact=True)


def test_summary_is_the_mean_over_origins_of_one_model_and_horizon():
    frame = rolling_origin(growing(), first_origin=2012)
    score = summary(frame).set_index(["model", "horizon"]).loc[("theta", 3)]
    rows = frame[(frame["model"] == "theta") & (frame["horizon"] == 3)]
    error = rows["forecast"] - rows["actual"]
    assert score["n"] == len(rows) == 10
    assert score["bias"] == pytest.approx(error.mean()) and score["mae"] == pytest.approx(error.abs().mean())
    assert score["mape"] == pytest.approx((error.abs() / rows["actual"]).mean())
    assert score["mase"] == pytest.approx((error.abs() / rows["scale"]).mean())
    assert score["crps"] == pytest.approx(rows["crps"].mean())
    assert score["coverage"] == pytest.approx(rows["actual"].between(rows["low"], rows["high"]).mean())


def test_drift_forecasts_of_slowing_growth_are_biased_upwards():
    scores = summary(rolling_origin(growing())).set_index(["model", "horizon"])
    assert scores.at[("drift", 3), "bias"] > 0
    assert scores.at[(COMBINATION, 3), "mase"] < scores.at[("drift", 3), "mase"]


# --- events ----------------------------------------------------------------------------------------------------------


def dipped() -> pd.Series:
    """A year like 2020, when employers' contributions were waived: income down by a quarter, back the year after."""
    dip = growing()
    dip.loc[2020] *= 0.75
    return dip


def test_event_years_are_marked_and_left_out_on_request():
    frame = rolling_origin(dipped(), events=(2020,))
    assert set(frame.loc[frame["event"], "year"]) == {2020}
    whole, without = (summary(frame, leave_out).set_index(["model", "horizon"])["n"] for leave_out in (False, True))
    assert (whole - without == 1).all()  # at each horizon one forecast is of 2020


def test_an_event_spoils_the_scores_with_it_and_not_without_it():
    frame = rolling_origin(dipped(), events=(2020,))
    plain = rolling_origin(growing())
    with_event, without, usual = (
        table.set_index(["model", "horizon"])["mape"].loc[(COMBINATION, 1)]
        for table in (summary(frame), summary(frame, leave_out_events=True), summary(plain))
    )
    assert with_event > 2 * without
    assert without == pytest.approx(usual, abs=0.01)


def test_knowing_of_an_event_improves_the_forecasts_made_after_it():
    def after(frame: pd.DataFrame) -> float:
        return summary(frame[frame["origin"] >= 2020], leave_out_events=True)["mape"].mean()

    assert after(rolling_origin(dipped(), events=(2020,))) < after(rolling_origin(dipped())) / 2


def test_without_named_events_every_row_counts():
    frame = rolling_origin(growing())
    assert not frame["event"].any()
    pd.testing.assert_frame_equal(summary(frame), summary(frame, leave_out_events=True))


def test_short_series_is_refused():
    with pytest.raises(UnusableSeries, match="只有 7 个点"):
        rolling_origin(growing(7))


# --- the national series ---------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def national() -> dict[tuple[str, str], pd.DataFrame]:
    """Backtests of heads and money of both schemes from 2010; the resident scheme has its present scope since 2012."""
    history = load_history("china")
    asked = {
        "employee": (2000, ["participants", "retirees", "income", "expenditure"]),
        "resident": (2012, ["participants", "beneficiaries", "income", "expenditure"]),
    }
    return {
        (scheme, indicator): rolling_origin(
            series(history, scheme, indicator).loc[first:],
            first_origin=2010,
            events=(2020,) if (scheme, indicator) == ("employee", "income") else (),
        )
        for scheme, (first, indicators) in asked.items()
        for indicator in indicators
    }


@pytest.mark.parametrize("leave_out", [False, True])
def test_eighty_percent_intervals_cover_seventy_to_ninety_percent_of_the_national_series(national, leave_out: bool):
    rows = pd.concat(national.values()).query("model == @COMBINATION")
    scored = rows[~rows["event"]] if leave_out else rows
    assert 0.7 <= coverage(*(scored[name].to_numpy() for name in ("low", "high", "actual"))) <= 0.9


def test_the_combination_beats_the_drift_on_the_national_series_taken_together(national):
    relative = []
    for frame in national.values():
        scored = frame.assign(error=(frame["forecast"] - frame["actual"]).abs() / frame["scale"])
        by_model = scored[~scored["event"]].groupby("model")["error"].mean()
        relative.append(by_model[COMBINATION] / by_model["drift"])
    assert np.exp(np.mean(np.log(relative))) < 1
