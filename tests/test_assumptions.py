"""What the model is given for a path: policy, the plan's own numbers, the document's targets, the scenario's changes."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any

import pytest

from analytics.inputs.assumptions import Assumption, assumptions_for, at, delivered_as
from analytics.inputs.faults import InputError
from analytics.inputs.plan import Plan, Target
from analytics.inputs.plan_file import load_plan, plan_names

TODAY = date(2026, 1, 31)


def stated(value: float | dict[int, float], unit: str = "%", **more: Any) -> dict[str, Any]:
    return {"value": value, "unit": unit, "quality": "assumed", "source": "某文件", "date": "2023", **more}


def scenario(changes: dict[str, dict[str, Any]], path: str = "plan") -> dict[str, Any]:
    label = {"zh": "情景", "en": "Scenario"}
    return {"s": {"label": label, "why": {"zh": "因为", "en": "because"}, "changes": changes, "path": path}}


SHARE = {
    "scheme": "all",
    "indicator": "employee_share",
    "unit": "%",
    "values": {2024: 30, 2026: 50},
    "source": "某文件",
}
GROSS = {"scheme": "employee", "indicator": "gross_new", "unit": "人", "values": {2024: 8500, 2025: 9200, 2026: 9900},
         "source": "某文件"}  # fmt: skip
INCOME = {
    "scheme": "employee",
    "indicator": "collection_income",
    "unit": "亿元",
    "values": {2026: 24.28},
    "source": "某文件",
}


# --- values by year --------------------------------------------------------------------------------------------------


def test_a_value_holds_until_the_next_one_given():
    values = {2023: 1.0, 2025: 2.0}
    assert [at(values, year) for year in (2022, 2023, 2024, 2025, 2030)] == [1, 1, 1, 2, 2]


def test_numbers_of_the_plan_arrive_in_plain_units_with_their_range_and_source(toy_plan: Callable[..., Plan]):
    plan = toy_plan(drivers={"employee.collection": stated(97, low=95, high=99)})
    found = assumptions_for(plan, "trend", TODAY)["employee.collection"]
    assert [at(side, 2023) for side in (found.low, found.value, found.high)] == pytest.approx([0.95, 0.97, 0.99])
    assert (found.quality, found.source, found.ranged) == ("assumed", "某文件", True)


def test_a_number_without_a_range_is_not_ranged(toy_plan: Callable[..., Plan]):
    plan = toy_plan(drivers={"employee.subsidy": stated({2023: 20, 2024: 18})})
    found = assumptions_for(plan, "trend", TODAY)["employee.subsidy"]
    assert found.value == {2023: 0.20, 2024: 0.18} and not found.ranged


def test_arithmetic_is_computed_and_shown(toy_plan: Callable[..., Plan]):
    derived = {"arithmetic": "20.06 / 1.10", "unit": "亿元", "quality": "derived", "source": "某文件", "date": "2023"}
    found = assumptions_for(toy_plan(baseline={"employee.collection_income": derived}), "trend", TODAY)
    assert found["employee.collection_income"].value[2023] == pytest.approx(18.2364e8, rel=1e-5)
    assert found["employee.collection_income"].note == "20.06 / 1.10"


# --- policy ----------------------------------------------------------------------------------------------------------


def test_a_rate_cut_inside_a_year_counts_for_the_months_it_held():
    # Employers in Wendeng paid 18 % until April 2019 and 16 % from May on, employees 8 %: 2018 26 %, 2020 24 %, and
    # 2019 (4 × 18 + 8 × 16) ÷ 12 + 8 = 24.667 %.
    rate = assumptions_for(load_plan("wendeng"), "trend", TODAY)["employee.enterprise_rate"]
    assert [at(rate.value, year) for year in (2018, 2019, 2020)] == pytest.approx(
        [0.26, 0.72 / 12 + 1.28 / 12 + 0.08, 0.24]
    )


def test_the_plans_own_number_replaces_the_policy_tables(toy_plan: Callable[..., Plan]):
    own = toy_plan(baseline={"wage.switch_month": stated(7, "月")})
    assert assumptions_for(own, "trend", TODAY)["wage.switch_month"].value == {2023: 7}
    assert assumptions_for(toy_plan(), "trend", TODAY)["wage.switch_month"].quality != ""


def test_only_wages_published_by_the_day_count_as_known():
    # Shandong's wages: 2021 6,633.08, 2022 7,069.25, 2023 7,359.42 (published July 2024), 2024 7,506 (July 2025).
    plan = load_plan("rongcheng")
    at_once = assumptions_for(plan, "trend", date(2024, 3, 8))
    later = assumptions_for(plan, "trend", TODAY)
    assert at_once["wage.before_last"].value[2023] == pytest.approx(6633.08)
    assert at_once["wage.last"].value[2023] == pytest.approx(7069.25)
    driver = plan.drivers["wage.growth"].by_year()[None]
    assert [at(at_once["wage.growth"].value, y) for y in (2023, 2024)] == pytest.approx([driver, driver])
    assert at_once["wage.growth"].published_until == 2022
    known = [at(later["wage.growth"].value, y) for y in (2023, 2024, 2025)]
    assert known == pytest.approx([7359.42 / 7069.25 - 1, 7506 / 7359.42 - 1, driver])
    assert later["wage.growth"].published_until == 2024
    assert at(later["wage.growth"].low, 2024) == at(later["wage.growth"].high, 2024) == known[1]
    assert at(later["wage.growth"].low, 2025) < driver < at(later["wage.growth"].high, 2025)


def test_what_means_nothing_without_another_number_is_left_out(toy_plan: Callable[..., Plan]):
    interest = {"employee.interest": stated(2.5)}
    assert "employee.interest" not in assumptions_for(toy_plan(drivers=interest), "trend", TODAY)
    kept = toy_plan(
        drivers=interest, baseline={"employee.balance": stated(10, "亿元"), "employee.institution": stated(1, "人")}
    )
    assert {"employee.interest", "employee.institution_rate"} <= set(assumptions_for(kept, "trend", TODAY))
    assert "employee.institution_rate" not in assumptions_for(toy_plan(), "trend", TODAY)


# --- what the document sets --------------------------------------------------------------------------------------------


def test_the_plan_path_takes_the_documents_flows_as_delivered_and_the_trend_path_does_not(
    toy_plan: Callable[..., Plan],
):
    plan = toy_plan(targets=[GROSS, INCOME], drivers={"employee.gross_new": stated(7000, "人", low=5000, high=9000)})
    on_plan, on_trend = (assumptions_for(plan, path, TODAY)["employee.gross_new"] for path in ("plan", "trend"))
    assert (
        on_plan.value == {2024: 8500, 2025: 9200, 2026: 9900} and on_plan.quality == "official" and not on_plan.ranged
    )
    assert on_trend.value == {2023: 7000} and on_trend.ranged
    assert not any("collection_income" in name for name in assumptions_for(plan, "plan", TODAY))


def test_a_target_share_or_coverage_is_a_milestone():
    coverage = {**SHARE, "indicator": "coverage_rate"}
    assert delivered_as(Target(**SHARE)) == "employee.share_path"
    assert delivered_as(Target(**coverage)) == "population.coverage_path"
    assert delivered_as(Target(**INCOME)) == ""


def test_what_is_delivered_replaces_the_driver_on_the_plan_path_alone(toy_plan: Callable[..., Plan]):
    plan = toy_plan(
        drivers={"employee.gross_new": stated(7000, "人")}, delivered={"employee.gross_new": stated(9000, "人")}
    )
    values = {path: assumptions_for(plan, path, TODAY)["employee.gross_new"].value[2023] for path in ("plan", "trend")}
    assert values == {"plan": 9000, "trend": 7000}


def test_forecast_paths_belong_to_the_trend_path(toy_plan: Callable[..., Plan], assumed: Callable[..., Assumption]):
    forecast = [assumed("employee.active_path", {2024: 101.0, 2025: 102.0, 2026: 103.0})]
    plan = toy_plan(targets=[GROSS])
    assert "employee.active_path" in assumptions_for(plan, "trend", TODAY, forecast)
    assert "employee.active_path" not in assumptions_for(plan, "plan", TODAY, forecast)


# --- scenarios ---------------------------------------------------------------------------------------------------------


def changed(toy_plan: Callable[..., Plan], change: dict[str, Any], name: str = "employee.collection") -> Assumption:
    drivers = {"employee.collection": stated({2023: 90, 2025: 92}), "wage.growth": stated(2.5, low=1, high=4)}
    plan = toy_plan(drivers=drivers, targets=[SHARE], scenarios=scenario({name: change}))
    return assumptions_for(plan, "s", TODAY)[name]


@pytest.mark.parametrize(
    ("change", "values"),
    [
        ({"set": 0.8}, [0.8, 0.8, 0.8, 0.8]),
        ({"set": {2023: 0.9, 2025: 0.8}}, [0.9, 0.9, 0.8, 0.8]),
        ({"add": -0.03}, [0.90, 0.87, 0.89, 0.89]),
        ({"times": 0.5}, [0.90, 0.45, 0.46, 0.46]),
    ],
)
def test_a_change_sets_adds_or_multiplies_and_what_is_added_spares_the_base_year(
    toy_plan: Callable[..., Plan], change: dict[str, Any], values: list[float]
):
    found = changed(toy_plan, change)
    assert [at(found.value, year) for year in range(2023, 2027)] == pytest.approx(values)
    assert (found.quality, found.note, found.ranged) == ("assumed", "因为", False)


def test_a_change_carries_the_range_along_and_a_value_set_has_none(toy_plan: Callable[..., Plan]):
    moved, fixed = (changed(toy_plan, change, "wage.growth") for change in ({"add": -0.01}, {"set": 0.02}))
    assert [at(side, 2026) for side in (moved.low, moved.value, moved.high)] == pytest.approx([0.0, 0.015, 0.03])
    assert not fixed.ranged


def test_a_scenario_that_changes_a_published_wage_no_longer_counts_it_as_published(toy_plan: Callable[..., Plan]):
    assert changed(toy_plan, {"add": -0.01}, "wage.growth").published_until == 2023


def test_milestones_are_moved_where_they_stand_and_none_is_added(toy_plan: Callable[..., Plan]):
    assert changed(toy_plan, {"times": 0.5}, "employee.share_path").value == pytest.approx({2024: 0.15, 2026: 0.25})


def test_a_change_of_a_parameter_that_the_path_lacks_is_refused_by_name(toy_plan: Callable[..., Plan]):
    absent = {"employee.share_path": {"set": 0.5}, "resident.balance": {"times": 2}}
    plan = toy_plan(targets=[GROSS], drivers={"employee.gross_new": stated(7000, "人")}, scenarios=scenario(absent))
    with pytest.raises(InputError) as raised:
        assumptions_for(plan, "s", TODAY)
    assert [fault.found for fault in raised.value.faults] == list(absent)
    assert "params/toy.yaml “scenarios.s.changes”：情景改动了本路径没有的参数" in raised.value.message("zh")


@pytest.mark.parametrize("name", plan_names())
def test_every_assumption_of_every_path_says_where_it_comes_from(name: str):
    plan = load_plan(name)
    for path in plan.scenario_names:
        nameless = [
            a.name for a in assumptions_for(plan, path, TODAY, _any_path(plan)).values() if not (a.source and a.date)
        ]
        assert not nameless, path


def _any_path(plan: Plan) -> list[Assumption]:
    value = {plan.horizon.first_year: 1.0}
    return [Assumption(name, value, value, value, "derived", "趋势模型", "2024") for name in plan.trends]
