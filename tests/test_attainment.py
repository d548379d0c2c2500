"""Targets beside what is projected."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analytics.appraisal.attainment import ATTAINMENT_COLUMNS, TARGET_COLUMNS, attainment, targets_frame
from analytics.inputs.plan import Plan
from analytics.model.projection import RESULT_COLUMNS

DOCUMENT = {"title": {"zh": "行动方案", "en": "Action plan"}, "issuer": "某市", "date": "2024-03-08", "file": "plan"}


def plan_with(targets: list[dict], document: dict | None = DOCUMENT) -> Plan:
    label = {"zh": "某市", "en": "A city"}
    return Plan.model_validate({
        "name": "city", "label": label, "about": label, "document": document, "schemes": ["employee"],
        "region": {"id": "city", "label": label, "level": "county", "province": "shandong"},
        "horizon": {"base_year": 2023, "first_year": 2024, "last_year": 2026}, "targets": targets,
    })  # fmt: skip


def income_target(aim: str = "at_least", **values: float) -> dict:
    by_year = {int(year.removeprefix("y")): value for year, value in values.items()}
    return {"scheme": "employee", "indicator": "collection_income", "aim": aim, "unit": "亿元", "values": by_year,
            "source": "某文件"}  # fmt: skip


def results(values: dict[int, float], scenario: str = "plan", indicator: str = "collection_income") -> pd.DataFrame:
    rows = [
        (
            "city",
            scenario,
            "city",
            "employee",
            indicator,
            "total",
            year,
            value,
            value * 0.9,
            value * 1.1,
            "yuan",
            "assumed",
        )
        for year, value in values.items()
    ]
    return pd.DataFrame(rows, columns=RESULT_COLUMNS)


# --- targets ---------------------------------------------------------------------------------------------------------


def test_targets_are_in_plain_units_one_row_a_year():
    frame = targets_frame(plan_with([income_target(y2024=20.06, y2025=22.07)]))
    assert list(frame.columns) == TARGET_COLUMNS
    assert frame["year"].tolist() == [2024, 2025]
    assert frame["target"].tolist() == pytest.approx([2.006e9, 2.207e9])
    assert frame["unit"].tolist() == ["yuan", "yuan"]
    assert frame["quality"].tolist() == ["official", "official"]


def test_a_target_that_only_names_a_direction_has_no_number():
    frame = targets_frame(plan_with([income_target(aim="fall", y2024=0)]))
    assert frame["target"].isna().all()


def test_targets_of_a_plan_without_a_document_are_assumed():
    frame = targets_frame(plan_with([income_target(y2024=20)], document=None))
    assert frame["quality"].tolist() == ["assumed"]


def test_a_plan_without_targets_has_empty_tables_of_the_same_shape():
    plan = plan_with([])
    assert list(targets_frame(plan).columns) == TARGET_COLUMNS
    met = attainment(plan, results({2023: 1.0, 2024: 1.0}))
    assert list(met.columns) == ATTAINMENT_COLUMNS
    assert met.empty


# --- attainment ------------------------------------------------------------------------------------------------------


def test_the_difference_is_value_less_target_and_the_range_is_the_results():
    plan = plan_with([income_target(y2024=20.06)])
    row = attainment(plan, results({2023: 18.24e8, 2024: 19.08e8})).iloc[0]
    # 19.08 − 20.06 = −0.98 亿元
    assert row["difference"] == pytest.approx(-0.98e8)
    assert not row["met"]
    assert (row["low"], row["high"]) == pytest.approx((19.08e8 * 0.9, 19.08e8 * 1.1))
    assert row["quality"] == "assumed"


@pytest.mark.parametrize(
    ("aim", "value", "met"),
    [
        ("at_least", 20.0, True), ("at_least", 19.9, False), ("at_least", 20.1, True),
        ("at_most", 20.0, True), ("at_most", 19.9, True), ("at_most", 20.1, False),
    ],
)  # fmt: skip
def test_a_number_is_a_floor_or_a_ceiling(aim: str, value: float, met: bool):
    table = attainment(plan_with([income_target(aim=aim, y2024=20)]), results({2024: value * 1e8}))
    assert table["met"].tolist() == [met]


def test_a_fall_is_judged_against_the_year_before():
    plan = plan_with([income_target(aim="fall", y2024=0, y2025=0, y2026=0)])
    table = attainment(plan, results({2023: 5e8, 2024: 4e8, 2025: 4e8, 2026: 6e8}))
    assert table["target"].tolist() == [5e8, 4e8, 4e8]
    assert table["met"].tolist() == [True, False, False]


def test_a_fall_in_the_first_year_known_is_not_judged():
    plan = plan_with([income_target(aim="fall", y2024=0, y2025=0)])
    assert attainment(plan, results({2024: 4e8, 2025: 3e8}))["year"].tolist() == [2025]


def test_a_path_that_arrives_up_to_rounding_has_arrived():
    plan = plan_with([income_target(y2024=20)])
    assert attainment(plan, results({2024: np.nextafter(20e8, 0)}))["met"].tolist() == [True]


def test_what_is_not_projected_has_no_row():
    plan = plan_with([income_target(y2024=20)])
    assert attainment(plan, results({2024: 4e8}, indicator="gap")).empty
    assert attainment(plan, results({2025: 4e8})).empty


def test_scenarios_come_in_the_order_of_the_results_and_each_is_judged_by_itself():
    plan = plan_with([income_target(y2024=20, y2025=22), income_target(aim="fall", y2025=0)])
    both = pd.concat([results({2024: 21e8, 2025: 23e8}, "plan"), results({2024: 19e8, 2025: 18e8}, "flat")])
    table = attainment(plan, both)
    assert table["scenario"].tolist() == ["plan"] * 3 + ["flat"] * 3
    assert table["met"].tolist() == [True, True, False, False, False, True]


@settings(max_examples=25)
@given(
    value=st.floats(1e6, 1e12),
    target=st.floats(0.01, 1e4),
)
def test_at_least_and_at_most_agree_only_where_value_and_target_meet(value: float, target: float):
    floor, ceiling = (
        attainment(plan_with([income_target(aim=aim, y2024=target)]), results({2024: value})).iloc[0]
        for aim in ("at_least", "at_most")
    )
    assert floor["difference"] == ceiling["difference"]
    assert floor["met"] or ceiling["met"]
    assert (floor["met"] and ceiling["met"]) == (abs(floor["difference"]) <= 1e-9 * abs(floor["target"]))
