"""A projection: ranges, qualities, draws, and scenarios that change only what they name."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np
import pandas as pd
import pytest
from constant_ages import ConstantAges

from analytics.appraisal.study import Study
from analytics.inputs.assumptions import Assumption, at
from analytics.inputs.faults import InputError
from analytics.inputs.plan import Plan
from analytics.inputs.plan_file import load_plan, plan_names
from analytics.model import projection
from analytics.model.projection import RESULT_COLUMNS, parameter_years, project, run_draws
from analytics.terms import INDICATORS, QUALITIES, worst

PATHS = [(plan, scenario) for plan in plan_names() for scenario in load_plan(plan).scenario_names]

# 100 contribution-stage residents and 40 beneficiaries among 200 adults, nobody moving.
STILL = {
    "population.adults": 200.0, "population.outside": 0.0, "population.migration": 0.0,
    "population.school_leaving": 0.0,
    "employee.enterprise": 20.0, "employee.interrupted": 10.0, "employee.retirees": 10.0, "employee.gross_new": 0.0,
    "employee.new_from_resident": 0.0, "employee.new_from_elsewhere": 0.0, "employee.interruption": 0.0,
    "employee.resumption": 0.0, "employee.exit": 0.0, "resident.back_payment": 0.0,
    "resident.active": 100.0, "resident.beneficiaries": 40.0, "resident.gross_new": 0.0,
    "resident.paying": 0.8, "resident.fee": 400.0, "resident.fee_subsidy": 50.0, "resident.benefit": 150.0,
    "resident.benefit_growth": 0.0, "resident.fiscal": 1.0, "resident.supplement_65": 0.0, "resident.supplement_75": 0.0,
    "wage.before_last": 6000.0, "wage.last": 6000.0, "wage.growth": 0.0, "wage.switch_month": 1.0, "wage.floor": 0.6,
    "wage.cap": 3.0,
}  # fmt: skip


@pytest.fixture
def results(
    toy_plan: Callable[..., Plan], assumed: Callable[..., Assumption], monkeypatch: pytest.MonkeyPatch
) -> Callable[..., pd.DataFrame]:
    """``results(*changed)``: the still county with some parameters replaced, by scheme, indicator and year."""
    monkeypatch.setattr(projection, "engine", lambda plan, given, draws, reform=True: ConstantAges(given))
    plan = toy_plan(schemes=["resident"])

    def projected(*changed: Assumption) -> pd.DataFrame:
        given = {name: assumed(name, value) for name, value in STILL.items()} | {a.name: a for a in changed}
        frame = project(plan, "trend", given).results
        return frame[frame["category"] == "total"].set_index(["scheme", "indicator", "year"]).sort_index()

    return projected


# --- ranges --------------------------------------------------------------------------------------------------------


def test_a_range_adds_the_effects_of_independent_drivers_in_quadrature(
    results: Callable[..., pd.DataFrame], assumed: Callable[..., Assumption]
):
    # Fees: 100 heads × 0.8 × 400 = 32,000.  Fee 300 or 600: −8,000, +16,000.  Share paying 0.7 or 0.85: −4,000, +2,000.
    # Low 32,000 − √(8,000² + 4,000²) = 23,055.7; high 32,000 + √(16,000² + 2,000²) = 48,124.5.
    frame = results(assumed("resident.fee", 400.0, 300.0, 600.0), assumed("resident.paying", 0.8, 0.7, 0.85))
    row = frame.loc["resident", "collection_income", 2025]
    assert row["value"] == pytest.approx(32_000)
    assert (row["low"], row["high"]) == pytest.approx((23_055.7, 48_124.5), abs=0.1)


def test_a_driver_that_works_against_a_result_still_puts_its_low_below_its_high(
    results: Callable[..., pd.DataFrame], assumed: Callable[..., Assumption]
):
    # 20 contributors of whom 5 % leave the region in a year, or 2 %, or 10 %: after one year 19, 19.6, 18.
    frame = results(assumed("employee.exit", 0.05, 0.02, 0.10))
    row = frame.loc["employee", "contributors", 2024]
    assert tuple(row[["value", "low", "high"]]) == pytest.approx((19, 18, 19.6))


def test_what_no_range_reaches_has_none(results: Callable[..., pd.DataFrame], assumed: Callable[..., Assumption]):
    frame = results(assumed("resident.fee", 400.0, 300.0, 600.0))
    without = frame[frame[["low", "high"]].isna().all(axis=1)].index
    assert ("resident", "active", 2025) in without and ("resident", "expenditure", 2025) in without
    assert frame.loc["resident", "collection_income", 2025]["low"] == pytest.approx(24_000)


def test_a_range_ends_where_the_indicator_itself_does(
    results: Callable[..., pd.DataFrame], assumed: Callable[..., Assumption]
):
    # 180 enrolled; were there only 150 adults instead of 200, coverage would be 120 % and 30 fewer than nobody uncovered.
    frame = results(assumed("population.adults", 200.0, 150.0, 260.0))
    assert frame.loc["all", "coverage_rate", 2023]["high"] == 1.0
    assert frame.loc["all", "uncovered", 2023]["low"] == 0.0
    assert frame.loc["all", "coverage_rate", 2023]["low"] == pytest.approx(180 / 260)


@pytest.mark.parametrize("plan", plan_names())
def test_every_range_holds_its_value(plan: str, study_of: Callable[..., Study]):
    ranged = study_of(plan).results.dropna(subset=["low", "high"])
    slack = 1e-9 * ranged["value"].abs()
    outside = ranged[(ranged["low"] > ranged["value"] + slack) | (ranged["high"] < ranged["value"] - slack)]
    assert outside.empty, outside[["scenario", "scheme", "indicator", "year", "low", "value", "high"]].to_string()


# --- qualities -----------------------------------------------------------------------------------------------------


def test_a_result_is_as_good_as_the_worst_input_that_moves_it(
    results: Callable[..., pd.DataFrame], assumed: Callable[..., Assumption]
):
    quality = results(
        assumed("resident.fee", 400.0, quality="assumed"), assumed("resident.benefit", 150.0, quality="derived")
    )["quality"]
    assert quality["resident", "collection_income", 2025] == "assumed"
    assert quality["resident", "expenditure", 2025] == "derived"
    assert quality["resident", "gap", 2025] == "assumed"
    assert quality["resident", "active", 2025] == "official"


def test_an_input_of_nought_counts_as_well(results: Callable[..., pd.DataFrame], assumed: Callable[..., Assumption]):
    everybody = [assumed("population.adults", 1e9), assumed("resident.active", 4e8)]
    quality = results(*everybody, assumed("resident.gross_new", 0.0, quality="assumed"))["quality"]
    assert quality["resident", "active", 2024] == "assumed"
    assert quality["resident", "active", 2023] == "official"


def test_wages_already_published_do_not_make_a_result_assumed(
    results: Callable[..., pd.DataFrame], assumed: Callable[..., Assumption]
):
    growth = assumed("wage.growth", {2023: 0.04, 2024: 0.02, 2025: 0.03}, quality="assumed")
    known = Assumption(**{**vars(growth), "published_until": 2024})
    quality = results(known)["quality"]
    assert [quality["employee", "average_wage", y] for y in (2023, 2024, 2025)] == ["official", "official", "assumed"]


# --- results -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("plan", plan_names())
def test_results_are_tidy(plan: str, study_of: Callable[..., Study]):
    study = study_of(plan)
    frame, horizon = study.results, study.plan.horizon
    assert list(frame.columns) == RESULT_COLUMNS
    assert not frame.duplicated(["scenario", "scheme", "indicator", "category", "year"]).any()
    assert np.isfinite(frame["value"]).all()
    assert (frame["unit"] == [INDICATORS[indicator].unit for indicator in frame["indicator"]]).all()
    assert set(frame["quality"]) <= set(QUALITIES)
    assert set(frame["year"]) == set(range(horizon.base_year, horizon.last_year + 1))
    assert list(dict.fromkeys(frame["scenario"])) == study.plan.scenario_names


@pytest.mark.usefixtures("results")  # for its ages, which ask for no parameters of their own
def test_missing_parameters_are_all_named(toy_plan: Callable[..., Plan], assumed: Callable[..., Assumption]):
    given = {name: assumed(name, value) for name, value in STILL.items() if name not in ("resident.fee", "wage.cap")}
    with pytest.raises(InputError) as raised:
        project(toy_plan(schemes=["resident"]), "trend", given)
    assert [fault.expected for fault in raised.value.faults] == ["resident.fee", "wage.cap"]


def test_effects_tell_what_each_driver_does_to_a_result(rongcheng: Study):
    # One draw with the collection rate at its low must come to the very effect that the table states.
    effects = rongcheng.effects_on("employee", "collection_income", 2026).set_index("input")
    given = rongcheng.projections["plan"].assumptions
    low = {year: np.array([at(given["employee.collection"].low, year)]) for year in range(2023, 2027)}
    income = run_draws(rongcheng.plan, "plan", given, {"employee.collection": low})(
        "employee", "collection_income", 2026
    )
    moved = income[0] - rongcheng.value("employee", "collection_income", 2026)
    assert effects.loc["employee.flexible_base", "low_effect"] != 0
    assert effects["low_effect"].get("employee.collection", 0.0) == pytest.approx(moved, abs=1.0)


def test_draws_run_side_by_side_give_what_each_gives_alone(rongcheng: Study):
    given = rongcheng.projections["plan"].assumptions
    names = ("wage.growth", "employee.enterprise", "population.mortality")
    both = {n: {y: np.array([at(given[n].low, y), at(given[n].high, y)]) for y in range(2023, 2027)} for n in names}
    together = run_draws(rongcheng.plan, "plan", given, both)("employee", "gap", 2026)
    for column, side in enumerate(("low", "high")):
        changed = {n: Assumption(**{**vars(given[n]), "value": getattr(given[n], side)}) for n in names}
        alone = project(rongcheng.plan, "plan", dict(given) | changed).results
        row = alone[(alone["scheme"] == "employee") & (alone["indicator"] == "gap") & (alone["year"] == 2026)]
        assert together[column] == pytest.approx(row["value"].item(), rel=1e-12)


# --- every parameter bites ------------------------------------------------------------------------------------------


def _harmless(name: str, given: Mapping[str, Assumption]) -> str:
    """Why a parameter may be without any effect where the rest stands as it is; "" when it may not."""
    if name == "wage.before_last" and set(given["wage.switch_month"].value.values()) == {1.0}:
        return "its weight is (switch month − 1) ÷ 12: the newer wage holds from January on"
    if name == "resident.gross_new" and "population.coverage_path" in given:
        return "the coverage path tops new enrollment up to what it asks for"
    return ""


def _nudged(assumption: Assumption, own: int, draws: int, plan: Plan) -> dict[int, np.ndarray]:
    """The parameter by year, a little larger in the column ``own``."""
    steps = np.eye(draws)[own] * max(abs(at(assumption.value, plan.horizon.last_year)), 1e-3) * 0.01
    return {year: at(assumption.value, year) + steps for year in parameter_years(assumption, plan)}


@pytest.mark.parametrize(("plan", "scenario"), PATHS)
def test_every_parameter_moves_some_result(plan: str, scenario: str, study_of: Callable[..., Study]):
    study = study_of(plan)
    given = study.projections[scenario].assumptions
    draws = len(given) + 1
    moved = {name: _nudged(a, own, draws, study.plan) for own, (name, a) in enumerate(given.items(), 1)}
    book = run_draws(study.plan, scenario, given, moved)
    results = np.stack([np.broadcast_to(v, (draws,)) for by_year in book.entries.values() for v in by_year.values()])
    bites = (np.abs(results - results[:, :1]) > 1e-12 * np.abs(results[:, :1])).any(axis=0)[1:]
    assert [name for name, bite in zip(given, bites, strict=True) if not bite and not _harmless(name, given)] == []


# --- scenarios -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("plan", "scenario"), [p for p in PATHS if p[1] not in ("plan", "trend")])
def test_a_scenario_changes_what_it_names_and_nothing_else(plan: str, scenario: str, study_of: Callable[..., Study]):
    study = study_of(plan)
    named = set(study.plan.scenarios[scenario].changes)
    own, path = (study.projections[s].assumptions for s in (scenario, study.plan.path_of(scenario)))
    assert set(own) == set(path)
    assert {name for name in own if own[name] != path[name]} == named
    assert all(own[name].quality == "assumed" and own[name].note for name in named)


@pytest.mark.parametrize(("plan", "scenario"), [p for p in PATHS if p[1] not in ("plan", "trend")])
def test_a_scenario_leads_elsewhere_than_its_path(plan: str, scenario: str, study_of: Callable[..., Study]):
    study = study_of(plan)
    last = study.results[study.results["year"] == study.plan.horizon.last_year].set_index("scenario")["value"]
    assert not np.allclose(last[scenario], last[study.plan.path_of(scenario)], rtol=1e-6)


def test_the_worst_quality_wins():
    assert worst(["official", "assumed", "derived"]) == "assumed" and worst([]) == "official"
