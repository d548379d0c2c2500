"""Why a result changed: the parts sum to the change, and only what changed has an effect."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np
import pandas as pd
import pytest
from constant_ages import RATES, ConstantAges
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from analytics.appraisal.attribution import PARTS, Attribution, Point, attribute
from analytics.appraisal.lmdi import lmdi, log_mean
from analytics.appraisal.study import Study
from analytics.inputs.assumptions import Assumption
from analytics.inputs.faults import InputError
from analytics.inputs.plan import Plan
from analytics.inputs.plan_file import plan_names
from analytics.model import projection
from analytics.model.projection import Projection, project
from analytics.presentation.document import Block, Heading, Paragraph, Table
from analytics.presentation.pictures import Chart, drawn
from analytics.presentation.sections import attribution as section
from analytics.terms import LANGUAGES, show

# Two sectors, three factors; the totals are 20 + 60 = 80 and 60 + 120 = 180.
BEFORE = np.array([[1.0, 10.0, 2.0], [4.0, 5.0, 3.0]])
AFTER = np.array([[4.0, 5.0, 3.0], [5.0, 6.0, 4.0]])
factors = arrays(float, (3, 4), elements=st.floats(1e-3, 1e3))
fewer = settings(max_examples=40)


# --- LMDI ------------------------------------------------------------------------------------------------------------


def test_the_textbook_example_of_two_sectors_and_three_factors_comes_out():
    # Sector 1: L(60, 20) = 40 ÷ ln 3 = 36.4096; × ln 4, ln ½, ln 1.5.  Sector 2: L(120, 60) = 60 ÷ ln 2 = 86.5617;
    # × ln 1.25, ln 1.2, ln (4 ÷ 3).  Sums: 69.790066, −9.455126, 39.665060, together 100 = 180 − 80.
    effects = lmdi(BEFORE, AFTER).sum(axis=0)
    assert effects == pytest.approx([69.790066, -9.455126, 39.665060], abs=1e-6)
    assert effects.sum() == pytest.approx(100)


@fewer
@given(start=factors, end=factors)
def test_effects_sum_to_the_change_sector_by_sector(start: np.ndarray, end: np.ndarray):
    change = end.prod(axis=1) - start.prod(axis=1)
    size = np.maximum(end.prod(axis=1), start.prod(axis=1))
    assert np.all(np.abs(lmdi(start, end).sum(axis=1) - change) <= 1e-12 * size)


@fewer
@given(start=factors, end=factors)
def test_going_back_undoes_every_effect(start: np.ndarray, end: np.ndarray):
    size = np.maximum(end.prod(axis=1), start.prod(axis=1))[:, None]
    assert np.all(np.abs(lmdi(start, end) + lmdi(end, start)) <= 1e-11 * size)


@fewer
@given(start=factors, end=factors, zeros=arrays(bool, (2, 3, 4), elements=st.booleans()))
def test_effects_sum_to_the_change_with_zeros_anywhere(start: np.ndarray, end: np.ndarray, zeros: np.ndarray):
    start, end = np.where(zeros[0], 0.0, start), np.where(zeros[1], 0.0, end)
    change = end.prod(axis=1) - start.prod(axis=1)
    size = np.maximum(end.prod(axis=1), start.prod(axis=1))
    assert np.all(np.abs(lmdi(start, end).sum(axis=1) - change) <= 1e-12 * size)


@pytest.mark.parametrize(
    ("start", "end"),
    [([0, 5, 2], [3, 5, 2]), ([3, 5, 2], [0, 4, 2]), ([0, 0, 2], [3, 5, 4]), ([0, 5, 2], [3, 0, 2]), ([0, 5, 2], [0, 4, 2])],
)  # fmt: skip
def test_a_zero_gives_the_limit_of_ever_smaller_values(start: list[float], end: list[float]):
    # With δ in place of the zeros the effects of the other factors go to zero like 1 ÷ |ln δ|.
    tiny = [np.where(np.array([side]) == 0, 1e-150, np.array([side], dtype=float)) for side in (start, end)]
    exact = lmdi(np.array([start]), np.array([end]))
    assert exact == pytest.approx(lmdi(*tiny), abs=0.02 * max(np.prod(start), np.prod(end), 1))


def test_a_sector_that_appears_is_due_to_the_factor_that_was_zero():
    assert lmdi(np.array([[0.0, 5.0, 2.0]]), np.array([[3.0, 4.0, 2.0]])).tolist() == [[24.0, 0.0, 0.0]]


def test_factors_that_stay_negative_are_split_like_any_other():
    assert lmdi(-BEFORE[:, :1], -AFTER[:, :1]).ravel() == pytest.approx([-3, -1])


@pytest.mark.parametrize(
    ("start", "end", "words"),
    [
        ([[1.0, 3.0]], [[1.0, -1.0]], "第1部门第2因素.*factor 2 of sector 1 .* 3 → -1"),
        ([[1.0, np.nan]], [[1.0, 1.0]], "缺失"),
        ([[1.0, 2.0]], [[1.0]], r"\(1, 2\), \(1, 1\)"),
        ([1.0, 2.0], [1.0, 2.0], "one shape"),
    ],
)
def test_what_cannot_be_split_is_named(start: list, end: list, words: str):
    with pytest.raises(ValueError, match=words):
        lmdi(np.array(start), np.array(end))


@fewer
@given(a=st.floats(1e-6, 1e6), b=st.floats(1e-6, 1e6))
def test_the_logarithmic_mean_lies_between_the_geometric_and_the_arithmetic(a: float, b: float):
    middle = float(log_mean(a, b))
    assert np.sqrt(a) * np.sqrt(b) * (1 - 1e-9) <= middle <= (a + b) / 2 * (1 + 1e-9)
    assert float(log_mean(a, a)) == a
    assert float(log_mean(a, 0.0)) == 0


# --- income and gap --------------------------------------------------------------------------------------------------


def splittable(study: Study) -> Iterator[tuple[str, str]]:
    yield from ((scheme, indicator) for scheme in study.plan.schemes for indicator in ("collection_income", "gap"))
    yield "all", "employee_share"


def pairs(study: Study) -> Iterator[tuple[Point, Point]]:
    """Over the horizon on every path, and every path against the trend, in the last year and across years."""
    horizon, trend = study.plan.horizon, study.projections["trend"]
    for path in study.projections.values():
        last = Point(path, horizon.last_year)
        yield Point(path, horizon.base_year), last
        yield Point(path, horizon.first_year), last
        yield Point(trend, horizon.last_year), last
        yield Point(trend, horizon.first_year), last


@pytest.mark.parametrize("name", plan_names())
def test_the_parts_sum_to_the_change_on_every_path_of_every_plan(name: str, study_of: Callable[..., Study]):
    study = study_of(name)
    splits = [attribute(*pair, *what) for pair in pairs(study) for what in splittable(study)]
    off = [abs(sum(s.parts.values()) - s.change) / max(abs(s.before), abs(s.after)) for s in splits]
    assert max(off) < 1e-12
    assert {part for split in splits for part in split.parts} <= set(PARTS)


def last_year(study: Study, scenario: str, reference: str, scheme: str, indicator: str) -> Attribution:
    year = study.plan.horizon.last_year
    points = (Point(study.projections[name], year) for name in (reference, scenario))
    return attribute(*points, scheme, indicator)


@pytest.mark.parametrize(
    ("scenario", "moved"),
    [("collection_slips", {"collection"}), ("base_quality", {"declared"}), ("half_delivered", {"heads", "mix"})],
)
def test_a_scenario_differs_by_the_driver_it_changes_and_no_other(scenario: str, moved: set[str], rongcheng: Study):
    split = last_year(rongcheng, scenario, "plan", "employee", "collection_income")
    assert set(split.moving) == moved
    assert split.change == pytest.approx(
        rongcheng.value("employee", "collection_income", 2026, scenario)
        - rongcheng.value("employee", "collection_income", 2026, "plan")
    )


def test_what_raises_income_lowers_the_gap_by_as_much(rongcheng: Study):
    points = Point(rongcheng.projections["plan"], 2023), Point(rongcheng.projections["plan"], 2026)
    income, gap = (attribute(*points, "employee", indicator) for indicator in ("collection_income", "gap"))
    assert {name: -gap.parts[name] for name in income.parts} == pytest.approx(dict(income.parts))
    spent = [gap.parts[name] for name in ("retirees", "pension", "one_off")]
    expenditure = [rongcheng.value("employee", "expenditure", year) for year in (2023, 2026)]
    assert sum(spent) == pytest.approx(expenditure[1] - expenditure[0])


def test_a_cut_of_rates_lowers_income_through_the_rate(study_of: Callable[..., Study]):
    # Wendeng, employer rate 18 → 16 % from May 2019, employees 8 %: 26 → 24 % for enterprise staff, flexible workers as
    # before, so the rate's effect is L(enterprise income) × ln(24 ÷ 26).
    study = study_of("wendeng")
    points = Point(study.projections["trend"], 2018), Point(study.projections["trend"], 2021)
    split = attribute(*points, "employee", "collection_income")
    incomes = (point.now("employee", "collection_income", "enterprise") for point in points)
    assert split.parts["rate"] == pytest.approx(float(log_mean(*incomes)) * np.log(24 / 26))


def test_a_small_fund_is_split_into_heads_base_rate_and_collection(rongcheng: Study):
    split = last_year(rongcheng, "plan", "trend", "work_injury", "collection_income")
    assert list(split.parts) == ["heads", "wage", "declared", "rate", "collection"]
    assert set(split.moving) == {"heads"}


# --- the employee share ----------------------------------------------------------------------------------------------


@pytest.fixture
def county(
    toy_plan: Callable[..., Plan], assumed: Callable[..., Assumption], monkeypatch: pytest.MonkeyPatch
) -> Callable[..., Projection]:
    """``county(**flows)``: 300 employees and 700 residents in the contribution stage, moved by the given flows alone."""
    still = {
        "population.adults": 1500, "employee.enterprise": 300, "employee.retirees": 100, "resident.active": 700,
        "resident.beneficiaries": 200, "resident.paying": 0.8, "resident.fee": 400, "resident.benefit": 150,
        "resident.fiscal": 1, "wage.before_last": 6000, "wage.last": 6000, "wage.switch_month": 1, "wage.floor": 0.6,
        "wage.cap": 3, "resident.fee_subsidy": 0, "resident.benefit_growth": 0, "wage.growth": 0,
        "employee.interrupted": 0, "employee.collection": 1, "employee.enterprise_base": 1,
        "employee.enterprise_rate": 0.24, "employee.base_quality": 0, "employee.pension": 3000,
        "employee.pension_adjustment": 0, "employee.new_pension": 0.4, "employee.funeral": 0, "employee.subsidy": 0,
    }  # fmt: skip
    nothing = dict.fromkeys(
        ["population.outside", "population.migration", "population.school_leaving", "employee.gross_new",
         "employee.new_from_resident", "employee.new_from_elsewhere", "employee.interruption", "employee.resumption",
         "employee.exit", "resident.gross_new", "resident.back_payment", "resident.supplement_65",
         "resident.supplement_75"], 0.0,
    )  # fmt: skip

    def projected(**flows: float) -> Projection:
        named = {name.replace("__", "."): value for name, value in flows.items()}
        rates = {name: value for name, value in named.items() if name in RATES}
        monkeypatch.setattr(projection, "engine", lambda plan, given, draws, reform=True: ConstantAges(given, rates))
        numbers = still | nothing | {name: value for name, value in named.items() if name not in RATES}
        given_ = {name: assumed(name, value) for name, value in numbers.items()}
        return project(toy_plan(), "trend", given_)

    return projected


@pytest.mark.parametrize(
    ("flow", "part", "rises"),
    [
        ("employee__gross_new", "new", True), ("employee__retirement", "employee_retirements", False),
        ("employee__exit", "exits", False), ("resident__gross_new", "resident_new", False),
        ("resident__ageing", "resident_retirements", True), ("population__migration", "migration", False),
    ],
)  # fmt: skip
def test_a_flow_alone_explains_the_whole_change_of_the_share(
    flow: str, part: str, rises: bool, county: Callable[..., Projection]
):
    path = county(**{flow: 20.0 if flow.endswith("gross_new") else 0.02})
    split = attribute(Point(path, 2023), Point(path, 2026), "all", "employee_share")
    assert set(split.moving) == {part}
    assert split.parts[part] == pytest.approx(split.change)
    assert (split.change > 0) == rises


def test_a_transfer_counts_in_both_stocks(county: Callable[..., Projection]):
    # 3 × 20 heads move from 700 residents to 300 employees: 300 ÷ 1,000 → 360 ÷ 1,000, six points, all of it transfers.
    path = county(employee__gross_new=20.0, employee__new_from_resident=1.0)
    split = attribute(Point(path, 2023), Point(path, 2026), "all", "employee_share")
    assert (split.before, split.after) == pytest.approx((0.30, 0.36))
    assert split.moving == pytest.approx({"transfers": 0.06})


def test_paths_that_start_elsewhere_differ_by_their_start(county: Callable[..., Projection]):
    points = Point(county(), 2025), Point(county(employee__enterprise=400), 2025)
    split = attribute(*points, "all", "employee_share")
    # 300 ÷ 1,000 against 400 ÷ 1,100
    assert split.moving == pytest.approx({"start": 400 / 1100 - 0.3})


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    gross=st.integers(0, 50), moving=st.integers(0, 10), retiring=st.integers(0, 10), year=st.sampled_from([2024, 2026])
)
def test_the_share_is_split_without_a_residual_whatever_flows(
    county: Callable[..., Projection], gross: int, moving: int, retiring: int, year: int
):
    path = county(
        employee__gross_new=float(gross), employee__new_from_resident=moving / 10, employee__retirement=retiring / 100
    )
    split = attribute(Point(path, 2023), Point(path, year), "all", "employee_share")
    assert sum(split.parts.values()) == pytest.approx(split.change, abs=1e-12)


# --- what is said ----------------------------------------------------------------------------------------------------


def test_the_sentence_and_the_table_take_their_numbers_from_the_parts(rongcheng: Study):
    points = Point(rongcheng.projections["plan"], 2023), Point(rongcheng.projections["plan"], 2026)
    split = attribute(*points, "employee", "collection_income")
    assert f"比2023年增加{show(split.change, 'yuan')}" in split.sentence.zh
    assert f"{PARTS['heads'].zh}+{show(split.parts['heads'], 'yuan')}" in split.sentence.zh
    frame = split.frame("en")
    assert frame["effect"].sum() == pytest.approx(split.change)
    assert frame["share"].sum() == pytest.approx(1)


def test_a_long_list_of_parts_ends_with_the_others_together(rongcheng: Study):
    points = Point(rongcheng.projections["plan"], 2023), Point(rongcheng.projections["plan"], 2026)
    split = attribute(*points, "employee", "gap")
    largest = sorted(split.moving.values(), key=abs, reverse=True)
    assert f"其他合计+{show(sum(largest[4:]), 'yuan')}" in split.sentence.zh


def test_no_change_is_said_to_be_none(rongcheng: Study):
    split = last_year(rongcheng, "collection_slips", "plan", "all", "employee_share")
    assert not split.moving
    assert split.sentence.zh.endswith("与规划路径相同。")
    assert split.frame()["share"].isna().all()


def test_a_surplus_is_said_to_be_one(study_of: Callable[..., Study]):
    study = study_of("heze")
    assert "（负数为收大于支）" in last_year(study, "plan", "trend", "employee", "gap").sentence.zh


def test_what_cannot_be_attributed_is_refused_with_all_reasons(rongcheng: Study, study_of: Callable[..., Study]):
    points = Point(study_of("heze").projections["plan"], 2026), Point(rongcheng.projections["plan"], 2030)
    with pytest.raises(InputError) as refused:
        attribute(*points, "employee", "balance")
    message = refused.value.message("zh")
    assert "只能分解同一规划的变动（实际：rongcheng；应为：heze）" in message
    assert "该指标不能分解（实际：balance" in message
    assert "该路径没有这个结果（实际：plan.employee.balance.2030）" in message
    assert "only changes within one plan" in refused.value.message("en")


# --- the section -----------------------------------------------------------------------------------------------------


def words(blocks: list[Block | Chart]) -> Iterator[str]:
    for block in blocks:
        match block:
            case Heading() | Paragraph():
                yield block.text
            case Table():
                yield from [
                    block.title,
                    block.unit,
                    *block.header,
                    *block.notes,
                    *(c for row in block.rows for c in row),
                ]
            case Chart():
                yield block.title


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("name", ["rongcheng", "shiyan"])
def test_every_change_is_told_tabled_and_drawn_in_both_languages(
    name: str, language: str, study_of: Callable[..., Study]
):
    study = study_of(name, language)
    blocks = [*section.attribution(study), *section.scenarios(study)]
    charts = [block for block in blocks if isinstance(block, Chart)]
    assert len(charts) == len({chart.name for chart in charts}) == (5 if "plan" in study.projections else 3)
    assert not [word for word in words(blocks) if "{" in word or "nan" in word]
    for chart in charts:
        assert drawn(chart).axes


def test_small_parts_are_taken_together_so_that_the_bars_still_sum_to_the_change(rongcheng: Study):
    chart = next(block for block in section.share(rongcheng) if isinstance(block, Chart) and "paths" in block.name)
    *steps, closing = drawn(chart).axes[0].patches
    change = last_year(rongcheng, "plan", "trend", "all", "employee_share").change
    assert sum(bar.get_height() for bar in steps) == pytest.approx(100 * change)
    assert closing.get_height() == pytest.approx(100 * change)


def test_scenarios_stand_side_by_side_against_any_reference(rongcheng: Study):
    (table,) = section.scenarios(rongcheng, "trend")
    assert table.header[1:] == tuple(rongcheng.scenario_label(n) for n in rongcheng.projections if n != "trend")
    cells = pd.DataFrame(table.rows).set_index(0).replace("—", "0").astype(float)
    assert cells.iloc[:-1].sum().to_numpy() == pytest.approx(cells.iloc[-1].to_numpy(), abs=0.03)
