"""The audit of a plan: each finding appears where it should, with the numbers a reader would get, and not elsewhere."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analytics.appraisal.audit import audit
from analytics.appraisal.audit.closure import Closure
from analytics.appraisal.audit.structure import latest_share
from analytics.appraisal.findings import (
    FINDING_COLUMNS,
    Finding,
    amount,
    findings_frame,
    listed,
    percent,
    points,
    say,
    slug,
    subject,
)
from analytics.inputs.assumptions import Assumption
from analytics.inputs.plan import Plan
from analytics.inputs.plan_file import plan_names
from analytics.model.projection import RESULT_COLUMNS, Projection
from analytics.runs.open_study import open_study
from analytics.terms import CATEGORIES, INDICATORS, LANGUAGES, PARAMETERS, SCHEMES, Term, show, text

DOCUMENT = {"title": {"zh": "工作方案", "en": "Work plan"}, "issuer": "某镇", "date": "2023-03-17", "file": "plan"}
LABEL = {"zh": "某市", "en": "A city"}
EFFECT_COLUMNS = ["scenario", "scheme", "indicator", "category", "year", "input", "low_effect", "high_effect"]
HISTORY_COLUMNS = ["region", "scheme", "indicator", "category", "year", "value", "unit", "source", "quality"]
RONGCHENG_INCOME = {2024: 20.06, 2025: 22.07, 2026: 24.28}
RONGCHENG_NEW = {2024: 8500, 2025: 9200, 2026: 9900}
DERIVED_BASE = {"arithmetic": "20.06 / 1.10", "unit": "亿元", "quality": "derived", "date": "2023", "source": "某文件"}

CHINESE = re.compile(r"[\u4e00-\u9fff]")

Series = Mapping[tuple[str, ...], Mapping[int, float]]


# --- what is audited, made by hand -----------------------------------------------------------------------------------


def plan_of(**parts: object) -> Plan:
    """A small plan for 2024–2026 with the given parts; no targets unless they are given."""
    return Plan.model_validate({
        "name": "city", "label": LABEL, "about": LABEL, "schemes": ["employee"],
        "region": {"id": "city", "label": LABEL, "level": "county", "province": "shandong"},
        "horizon": {"base_year": 2023, "first_year": 2024, "last_year": 2026},
        **parts,
    })  # fmt: skip


def target(indicator: str, values: Mapping[int, float], unit: str, scheme: str = "employee", **more: str) -> dict:
    return {"scheme": scheme, "indicator": indicator, "unit": unit, "values": values, "source": "某文件", **more}


def path(
    plan: Plan,
    series: Series,
    scenario: str = "plan",
    inputs: Iterable[Assumption] = (),
    effects: Iterable[tuple[str, str, str, float, float]] = (),
    ranged: bool = True,
) -> Projection:
    """A path with results given as (scheme, indicator[, category]) → year → value, and effects in the last year."""
    rows = []
    for key, by_year in series.items():
        scheme, indicator, category = (*key, "total")[:3]
        for year, value in by_year.items():
            low, high = (value * 0.9, value * 1.1) if ranged else (float("nan"),) * 2
            rows.append((plan.name, scenario, "city", scheme, indicator, category, year, value, low, high,
                         INDICATORS[indicator].unit, "assumed"))  # fmt: skip
    moved = [
        (scenario, scheme, indicator, "total", plan.horizon.last_year, name, low, high)
        for scheme, indicator, name, low, high in effects
    ]
    return Projection(
        plan,
        scenario,
        pd.DataFrame(rows, columns=RESULT_COLUMNS),
        pd.DataFrame(moved, columns=EFFECT_COLUMNS),
        pd.DataFrame(columns=[*EFFECT_COLUMNS[:6], "elasticity"]),
        {assumption.name: assumption for assumption in inputs},
    )


def assumption(name: str, quality: str = "assumed", dated: str = "2023") -> Assumption:
    return Assumption(name, {2023: 1.0}, {2023: 0.9}, {2023: 1.1}, quality, "某来源", dated)


def heads(*rows: tuple[str, str, int, float]) -> pd.DataFrame:
    """HISTORY frame of contribution-stage heads: (region, scheme, year, persons)."""
    records = [(region, scheme, "active", "total", year, value, "person", "年鉴", "official")
               for region, scheme, year, value in rows]  # fmt: skip
    return pd.DataFrame(records, columns=HISTORY_COLUMNS)


NO_HISTORY = heads()


def found(
    plan: Plan, *paths: Projection, history: pd.DataFrame = NO_HISTORY, peers: pd.DataFrame = NO_HISTORY, language="zh"
) -> dict[str, Finding]:
    """The findings by id; the plan path is empty where none is given."""
    projections = {p.scenario: p for p in paths or (path(plan, {}), path(plan, {}, "trend"))}
    return {finding.id: finding for finding in audit(plan, projections, history, peers, language)}


# --- words -----------------------------------------------------------------------------------------------------------


def test_amounts_are_shown_in_each_language():
    assert amount(18.24e8, "yuan").zh == "18.24 亿元"
    assert amount(18.24e8, "yuan").en.startswith("18.24 ")
    assert amount(4503.6, "yuan/month", decimals=1).zh == "4,503.6 元/月"


def test_signs_are_shown_as_asked():
    assert amount(-0.42e8, "yuan").zh == "−0.42 亿元"
    assert percent(0.1002, signed=True).zh == "+10.02%"
    assert percent(0.1002).zh == "10.02%"
    assert points(-0.0151, signed=True).zh == "−1.51 个百分点"


def test_a_sentence_takes_each_part_in_its_own_language():
    sentence = say("{who}有{n}", "{who} has {n}", who=Term("全省", "the province"), n=3)
    assert sentence == Term("全省有3", "the province has 3")
    assert listed([Term("甲", "a"), Term("乙", "b")]) == Term("甲、乙", "a, b")


def test_a_subject_leaves_out_what_goes_without_saying():
    assert subject("all", "employee_share") == Term("缴费阶段职工占比", "Employee share")
    assert subject("employee", "contributors", "flexible") == Term(
        "城镇职工基本养老保险灵活就业人员缴费人员", "Employee pension scheme, flexible workers, contributors"
    )
    assert slug("employee", "gap") == "employee.gap"
    assert slug("employee", "contributors", "flexible") == "employee.contributors.flexible"


def test_findings_make_a_table_in_the_language_asked_for():
    finding = Finding("sum.x", "info", "employee", "1 + 1 = 2", Term("合计", "sum"))
    table = findings_frame([finding], "en")
    assert list(table.columns) == FINDING_COLUMNS
    assert table.iloc[0].tolist() == ["sum.x", "info", "employee", "1 + 1 = 2", "sum"]
    assert list(findings_frame([], "zh").columns) == FINDING_COLUMNS


# --- growth, sums, checks --------------------------------------------------------------------------------------------


def test_growth_of_the_targets_is_recomputed_and_agrees_with_the_stated_ten_percent():
    plan = plan_of(targets=[target("collection_income", RONGCHENG_INCOME, "亿元")],
                   baseline={"employee.collection_income": DERIVED_BASE})  # fmt: skip
    findings = found(plan)
    # 22.07 ÷ 20.06 = 1.10020, 24.28 ÷ 22.07 = 1.10014
    assert findings["growth.employee.2025"].arithmetic == "22.07 亿元 ÷ 20.06 亿元 − 1 = +10.02%"
    assert findings["growth.employee.2026"].arithmetic == "24.28 亿元 ÷ 22.07 亿元 − 1 = +10.01%"
    assert findings["growth.employee.2025"].severity == "info"
    assert "相符" in findings["growth.employee.2025"].sentence.zh


def test_the_base_year_that_the_stated_growth_implies_is_shown():
    plan = plan_of(targets=[target("collection_income", RONGCHENG_INCOME, "亿元")],
                   baseline={"employee.collection_income": DERIVED_BASE})  # fmt: skip
    # 20.06 ÷ 1.10 = 18.236
    assert found(plan)["base.employee"].arithmetic == "20.06 亿元 ÷ (1 + 10.0%) = 18.24 亿元"


@pytest.mark.parametrize(
    "base",
    [
        {"value": 18.0, "unit": "亿元", "quality": "official", "date": "2023", "source": "决算"},
        DERIVED_BASE | {"quality": "assumed"},
        DERIVED_BASE | {"arithmetic": "19.00 / 1.10"},
        DERIVED_BASE | {"arithmetic": "20.06 / (22.07 / 20.06)"},
    ],
    ids=["published", "assumed", "from another number", "from the targets themselves"],
)
def test_no_growth_is_read_into_a_base_year_that_does_not_state_it(base: dict):
    plan = plan_of(targets=[target("collection_income", RONGCHENG_INCOME, "亿元")],
                   baseline={"employee.collection_income": base})  # fmt: skip
    findings = found(plan)
    assert "base.employee" not in findings
    assert "要求" not in findings["growth.employee.2025"].sentence.zh


def test_amounts_that_contradict_the_stated_growth_are_a_contradiction():
    plan = plan_of(targets=[target("collection_income", {2024: 20.06, 2025: 23.00}, "亿元")],
                   baseline={"employee.collection_income": DERIVED_BASE})  # fmt: skip
    finding = found(plan)["growth.employee.2025"]
    assert finding.severity == "error"
    assert "不符" in finding.sentence.zh


def test_small_schemes_whose_growth_falls_short_of_the_headline_are_named():
    plan = plan_of(
        schemes=["employee", "work_injury", "unemployment"],
        baseline={"employee.collection_income": DERIVED_BASE},
        targets=[
            target("collection_income", RONGCHENG_INCOME, "亿元"),
            target("collection_income", {2024: 0.90, 2025: 0.94, 2026: 0.97}, "亿元", "work_injury"),
            target("collection_income", {2024: 0.74, 2025: 0.76, 2026: 0.78}, "亿元", "unemployment"),
        ],
    )
    findings = found(plan)
    # 0.94/0.90 = 1.0444, 0.97/0.94 = 1.0319, 0.76/0.74 = 1.0270, 0.78/0.76 = 1.0263
    ends = {name: findings[f"growth.{name}"].arithmetic.split(" = ")[1] for name in (
        "work_injury.2025", "work_injury.2026", "unemployment.2025", "unemployment.2026")}  # fmt: skip
    assert list(ends.values()) == ["+4.44%", "+3.19%", "+2.70%", "+2.63%"]
    # √(0.97/0.90) = 1.0382, √(0.78/0.74) = 1.0267
    assert findings["growth.work_injury.headline"].arithmetic == "3.82% < 10.0% ÷ 2"
    assert findings["growth.unemployment.headline"].arithmetic == "2.67% < 10.0% ÷ 2"
    assert "growth.employee.headline" not in findings


def test_a_scheme_that_grows_at_more_than_half_the_headline_is_not_named():
    plan = plan_of(
        schemes=["employee", "work_injury"],
        baseline={"employee.collection_income": DERIVED_BASE},
        targets=[
            target("collection_income", RONGCHENG_INCOME, "亿元"),
            target("collection_income", {2024: 1.00, 2025: 1.06}, "亿元", "work_injury"),
        ],
    )
    assert "growth.work_injury.headline" not in found(plan)


def test_growth_is_not_computed_across_a_gap_or_without_targets():
    gap = plan_of(targets=[target("collection_income", {2024: 20, 2026: 24}, "亿元")])
    assert not [name for name in found(gap) if name.startswith("growth")]
    assert not [name for name in found(plan_of()) if name.startswith(("growth", "base."))]


def test_three_years_of_new_enrollment_add_up_to_27600():
    plan = plan_of(targets=[target("gross_new", RONGCHENG_NEW, "人")])
    finding = found(plan)["sum.employee.gross_new"]
    assert finding.arithmetic == "8,500 人 + 9,200 人 + 9,900 人 = 27,600 人"  # 8,500 + 9,200 + 9,900
    assert "27,600" in finding.sentence.zh


def test_a_single_year_and_a_stock_are_not_added_up():
    plan = plan_of(targets=[target("gross_new", {2024: 8500}, "人"), target("participants", RONGCHENG_NEW, "人")])
    assert not [name for name in found(plan) if name.startswith("sum")]


@settings(max_examples=25)
@given(st.lists(st.integers(1, 10**7), min_size=2, max_size=3))
def test_the_sum_shown_is_the_sum_of_the_targets_shown(values: list[int]):
    plan = plan_of(targets=[target("gross_new", dict(enumerate(values, 2024)), "人")])
    left, right = found(plan)["sum.employee.gross_new"].arithmetic.split(" = ")
    assert right == show(sum(values), "person")
    assert left.split(" + ") == [show(value, "person") for value in values]


def check(arithmetic: str, unit: str, stated: float | None = None) -> dict:
    label = {"zh": "重度残疾人代缴", "en": "Paid for the severely disabled"}
    return {"id": "relief", "label": label, "arithmetic": arithmetic, "unit": unit, "source": "通报"} | (
        {} if stated is None else {"stated": stated}
    )


def test_arithmetic_that_agrees_with_the_document_is_confirmed():
    # 1,564 × (300 + 50) = 1,564 × 350 = 547,400
    finding = found(plan_of(checks=[check("1564 * (300 + 50)", "元", 547_400)]))["check.relief"]
    assert finding.arithmetic == "1,564 × (300 + 50) = 547,400 元"
    assert finding.severity == "info"
    assert "一致" in finding.sentence.zh


def test_arithmetic_that_disagrees_with_the_document_is_a_contradiction():
    finding = found(plan_of(checks=[check("1564 * (300 + 50)", "元", 557_400)]))["check.relief"]
    assert finding.severity == "error"
    assert "不一致" in finding.sentence.zh


def test_arithmetic_without_a_stated_result_is_just_shown():
    # 900,000 ÷ 1,244 = 723.47
    finding = found(plan_of(checks=[check("900000 / 1244", "元/年")]))["check.relief"]
    assert finding.arithmetic == "900,000 ÷ 1,244 = 723.47 元/年"
    assert finding.severity == "info"
    assert "一致" not in finding.sentence.zh


def test_a_check_in_percent_is_shown_in_percent():
    finding = found(plan_of(checks=[check("18 - 16", "%", 2)]))["check.relief"]
    assert finding.arithmetic == "18 − 16 = 2%"


def test_a_check_is_shown_in_the_unit_it_is_written_in():
    finding = found(plan_of(checks=[check("102.63 + 35.98 + 486.14", "万人", 624.77)]))["check.relief"]
    assert finding.arithmetic == "102.63 + 35.98 + 486.14 = 624.75 万人"


# --- closure ---------------------------------------------------------------------------------------------------------

# Average wage of Shandong 2023: 7,359.42, 2024: 7,506 yuan a month; the floor is 60 % of the year before.
FLOORS = {("employee", "base_floor"): {2024: 7359.42 * 0.6, 2025: 4503.6, 2026: 4616.19}}
RATES = {("employee", "contribution_rate", "enterprise"): dict.fromkeys(range(2023, 2027), 0.24)}


def rongcheng_targets() -> list[dict]:
    return [target("gross_new", RONGCHENG_NEW, "人"), target("collection_income", RONGCHENG_INCOME, "亿元")]


def test_the_income_target_of_2025_does_not_close():
    plan = plan_of(targets=rongcheng_targets())
    finding = found(plan, path(plan, FLOORS | RATES))["closure.employee.2025"]
    # 9,200 × 4,503.6 × 12 × 0.24 = 119,327,386; 7,506 ÷ 7,359.42 − 1 = 1.99 %, × 20.06 = 0.3996;
    # 1.1933 + 0.3996 = 1.5928 against 22.07 − 20.06 = 2.01
    assert finding.arithmetic == (
        "9,200 人 × 4,503.6 元/月 × 12 × 24.00% = 1.19 亿元; 1.99% × 20.06 亿元 = 0.40 亿元; "
        "1.19 亿元 + 0.40 亿元 = 1.59 亿元 < 2.01 亿元"
    )
    assert finding.severity == "warning"
    assert "尚差0.42 亿元" in finding.sentence.zh
    # (2.01 − 1.1933) ÷ 20.06 = 4.07 %; 0.4172e8 ÷ (4,503.6 × 12 × 0.24) = 3,216
    assert "4.07%" in finding.sentence.zh
    assert "3,216 人" in finding.sentence.zh


def test_an_income_target_within_reach_closes():
    plan = plan_of(targets=[target("gross_new", RONGCHENG_NEW, "人"),
                            target("collection_income", {2024: 20.06, 2025: 21.00}, "亿元")])  # fmt: skip
    finding = found(plan, path(plan, FLOORS | RATES))["closure.employee.2025"]
    assert finding.severity == "info"
    assert finding.arithmetic.endswith("≥ 0.94 亿元")


def test_small_funds_close_at_their_own_rate():
    plan = plan_of(schemes=["unemployment"], targets=[
        target("gross_new", {2024: 1000, 2025: 1500}, "人", "unemployment"),
        target("collection_income", {2024: 0.74, 2025: 0.76}, "亿元", "unemployment"),
    ])  # fmt: skip
    rates = {("unemployment", "contribution_rate"): {2025: 0.01}}
    # 1,500 × 4,503.6 × 12 × 1 % = 810,648; 1.99 % × 0.74 亿 = 1,473,900; the increment is 2,000,000
    finding = found(plan, path(plan, FLOORS | rates))["closure.unemployment.2025"]
    assert finding.arithmetic.startswith(
        "1,500 人 × 4,503.6 元/月 × 12 × 1.00% = 81.06 万元; 1.99% × 0.74 亿元 = 147.39 万元"
    )
    assert finding.severity == "info"


def test_the_base_growth_is_marked_only_where_the_wage_is_not_published():
    plan = plan_of(targets=rongcheng_targets())
    known = found(plan, path(plan, FLOORS | RATES, ranged=False))["closure.employee.2025"]
    assert "（假定）" not in known.sentence.zh
    assert "1.99%（假定）" in found(plan, path(plan, FLOORS | RATES))["closure.employee.2025"].sentence.zh


def test_nothing_closes_without_an_enrollment_target():
    plan = plan_of(targets=[target("collection_income", RONGCHENG_INCOME, "亿元")])
    assert not [name for name in found(plan, path(plan, FLOORS | RATES)) if name.startswith("closure")]


CLOSURES = st.builds(
    Closure, heads=st.floats(0, 1e6), floor=st.floats(1000, 1e4), rate=st.floats(0.001, 0.3),
    growth=st.floats(-0.1, 0.2), before=st.floats(1e6, 1e11), target=st.floats(1e6, 1e11),
)  # fmt: skip


@given(CLOSURES)
def test_what_would_close_the_target_closes_it(c: Closure):
    grown = Closure(c.heads, c.floor, c.rate, c.growth_required, c.before, c.target)
    joined = Closure(c.heads + c.further_heads_required, c.floor, c.rate, c.growth, c.before, c.target)
    assert abs(grown.short) <= 1e-6 * (c.before + c.target + c.from_heads)
    assert abs(joined.short) <= 1e-6 * (c.before + c.target + c.from_heads)


# --- population ------------------------------------------------------------------------------------------------------


def flows(gross: float, deaths: float, retirements: float, exits: float) -> Series:
    years = range(2024, 2027)
    named = {"gross_new": gross, "deaths": deaths, "retirements": retirements, "exits": exits,
             "net_new": gross - deaths - retirements - exits}  # fmt: skip
    return {("employee", flow): dict.fromkeys(years, value) for flow, value in named.items()}


def test_gross_enrollment_is_set_against_those_who_leave():
    plan = plan_of()
    finding = found(plan, path(plan, flows(9000, 400, 3800, 1800)))["net.employee"]
    # three years: 27,000 − 1,200 − 11,400 − 5,400 = 9,000, a third of the gross
    assert finding.arithmetic == "27,000 人 − 死亡 1,200 人 − 退休 11,400 人 − 退出 5,400 人 = 9,000 人"
    assert finding.severity == "info"
    assert "18,000 人用于弥补死亡、退休、退出" in finding.sentence.zh
    assert "33.3%" in finding.sentence.zh


def test_enrollment_that_does_not_make_up_for_the_leavers_is_a_warning():
    plan = plan_of()
    finding = found(plan, path(plan, flows(5000, 400, 3800, 1800)))["net.employee"]
    assert finding.severity == "warning"
    assert "净减少3,000 人" in finding.sentence.zh  # 3 × (5,000 − 6,000)


def test_a_scheme_without_new_enrollment_has_no_net_growth_to_show():
    plan = plan_of()
    assert "net.employee" not in found(plan, path(plan, flows(0, 400, 3800, 1800)))


@pytest.mark.parametrize(
    ("resident", "severity", "words"),
    [(180_000, "info", "可以实现"), (20_000, "warning", "一半"), (2_000, "error", "不可能")],
)
def test_targets_are_set_against_those_who_could_still_join(resident: float, severity: str, words: str):
    plan = plan_of(targets=[target("gross_new", RONGCHENG_NEW, "人")])
    pool = {("all", "uncovered"): {2023: 20_000}, ("resident", "active"): {2023: resident}}
    finding = found(plan, path(plan, pool))["pool.employee"]
    assert finding.severity == severity
    assert words in finding.sentence.zh
    assert finding.arithmetic.endswith(percent(27_600 / (20_000 + resident)).zh)


def test_without_an_enrollment_target_there_is_nothing_to_set_against_the_pool():
    plan = plan_of()
    assert "pool.employee" not in found(plan, path(plan, {("all", "uncovered"): {2023: 20_000}}))


def reach(all_left: float, employee_left: float) -> Series:
    return {
        ("all", "pool_left"): {2023: all_left}, ("employee", "pool_left"): {2024: employee_left},
        ("all", "coverage_rate"): {2023: 1.0, 2024: 1.0},
    }  # fmt: skip


def test_more_insured_than_people_is_a_contradiction_on_any_path():
    plan = plan_of()
    findings = found(plan, path(plan, reach(5.0, 5.0)), path(plan, reach(-4_700.0, 5.0), "trend"))
    assert "pool_left.all.plan" not in findings
    finding = findings["pool_left.all.trend"]
    assert finding.severity == "error"
    assert finding.arithmetic == "−4,700 人 < 0"
    assert "超出本地应参保人口4,700 人" in finding.sentence.zh


def test_paths_that_ask_for_more_than_are_within_reach_share_one_finding():
    plan = plan_of()
    beyond = reach(5.0, -300.0)
    findings = found(plan, path(plan, beyond), path(plan, beyond, "trend"))
    assert findings["pool_left.employee.plan"].sentence.zh.startswith("规划路径、趋势路径下，2024年")
    assert "超出本地可扩面人数300 人" in findings["pool_left.employee.plan"].sentence.zh
    assert "pool_left.employee.trend" not in findings


def baseline(**persons: float) -> dict[str, dict]:
    """Baseline entries of a county of 100,000 adults."""
    stated = {"population.adults": 100_000.0, "employee.enterprise": 20_000.0, "employee.interrupted": 3_000.0,
              "employee.retirees": 8_000.0, "resident.active": 35_000.0, "resident.beneficiaries": 20_000.0}  # fmt: skip
    named = {name.replace("__", "."): value for name, value in persons.items()}
    return {
        name: {"value": value, "unit": "人", "quality": "official", "source": "某文件", "date": "2023"}
        for name, value in (stated | named).items()
    }


def test_more_pensioners_than_old_people_do_not_fit_the_ages():
    place = {"id": "rongcheng", "label": LABEL, "level": "county", "province": "shandong"}
    drivers = {
        "population.outside": {"value": 5, "unit": "%", "quality": "official", "source": "某文件", "date": "2023"}
    }
    fits = plan_of(region=place, baseline=baseline(), drivers=drivers)
    assert "ages.misfit" not in found(fits, path(fits, {}))
    # 28 % of these adults are 60 and older: 50,000 of 100,000 cannot all be receiving
    old = plan_of(
        region=place, baseline=baseline(resident__beneficiaries=50_000.0, resident__active=5_000.0), drivers=drivers
    )
    finding = found(old, path(old, {}))["ages.misfit"]
    assert finding.severity == "error" and "放不进相应的年龄" in finding.sentence.zh


def test_a_rate_target_above_the_whole_is_a_contradiction():
    plan = plan_of(targets=[target("coverage_rate", {2025: 105, 2026: 100}, "%", "all")])
    findings = found(plan)
    assert findings["coverage_rate.2025.above"].severity == "error"
    assert "coverage_rate.2026.above" not in findings


# --- structure -------------------------------------------------------------------------------------------------------


def longling(series: Series, trend: Series) -> dict[str, Finding]:
    """Shares and coverage as a county plan to 2035 asks for them, from a base year 2021."""
    plan = plan_of(
        horizon={"base_year": 2021, "first_year": 2022, "last_year": 2035},
        targets=[
            target("employee_share", {2025: 30, 2035: 50}, "%", "all"),
            target("coverage_rate", {2025: 95, 2035: 95}, "%", "all"),
        ],
    )
    return found(plan, path(plan, series), path(plan, trend, "trend"))


LONGLING = {
    ("all", "employee_share"): {2021: 0.24}, ("employee", "active"): {2021: 36_000}, ("resident", "active"): {2021: 114_000},
    ("all", "coverage_rate"): {2021: 0.90}, ("all", "uncovered"): {2021: 20_000},
    ("employee", "participants"): {2021: 45_000}, ("resident", "participants"): {2021: 135_000},
    ("employee", "transfers"): dict.fromkeys(range(2022, 2036), 2000.0),
}  # fmt: skip
SLOW = {("all", "employee_share"): {2025: 0.26, 2035: 0.31}, ("all", "coverage_rate"): {2025: 0.96, 2035: 0.97}}


def test_the_yearly_shift_to_thirty_and_to_fifty_percent_is_counted_from_the_base_year():
    findings = longling(LONGLING, SLOW)
    # (30 − 24) ÷ 4 = 1.5 points a year; (50 − 24) ÷ 14 = 1.857
    assert findings["employee_share.2025"].arithmetic == "(30.00% − 24.00%) ÷ 4 = +1.50 个百分点"
    assert findings["employee_share.2035"].arithmetic == "(50.00% − 24.00%) ÷ 14 = +1.86 个百分点"
    # 30 % × 150,000 − 36,000 = 9,000 heads; four years of 2,000 on the plan path
    assert "9,000 人（规划路径累计转入8,000 人）" in findings["employee_share.2025"].sentence.zh


def test_a_share_is_compared_with_the_speed_of_the_trend():
    finding = longling(LONGLING, SLOW)["employee_share.2025"]
    # (26 − 24) ÷ 4 = 0.5 points a year
    assert "趋势路径每年变化+0.50 个百分点，届时为26.00%" in finding.sentence.zh
    assert finding.severity == "warning"


def test_a_coverage_target_the_trend_reaches_is_only_a_note():
    finding = longling(LONGLING, SLOW)["coverage_rate.2025"]
    # 95 % × 200,000 − 180,000 = 10,000 heads; (95 − 90) ÷ 4 = 1.25 points
    assert finding.severity == "info"
    assert "需再参保10,000 人" in finding.sentence.zh
    assert finding.arithmetic == "(95.00% − 90.00%) ÷ 4 = +1.25 个百分点"


def test_a_share_already_reached_must_only_be_kept():
    there = LONGLING | {("all", "employee_share"): {2021: 0.32}}
    finding = longling(there, SLOW)["employee_share.2025"]
    assert finding.severity == "info"
    assert "已达32.00%" in finding.sentence.zh


def test_without_share_or_coverage_targets_nothing_has_to_shift():
    plan = plan_of()
    assert not [
        name for name in found(plan, path(plan, LONGLING)) if re.match(r"(employee_share|coverage_rate)\.\d", name)
    ]


# 《中国统计年鉴2025》 24-26, 24-27: contribution-stage heads at the end of 2024.
YEARBOOK = heads(
    ("china", "employee", 2024, 387_132_000), ("china", "resident", 2024, 357_908_000),
    ("shandong", "employee", 2024, 26_427_000), ("shandong", "resident", 2024, 27_249_000),
    ("yunnan", "employee", 2024, 7_472_000), ("yunnan", "resident", 2024, 18_385_000),
)  # fmt: skip


@pytest.mark.parametrize(("region", "share"), [("china", 0.520), ("shandong", 0.492), ("yunnan", 0.289)])
def test_published_shares_of_2024(region: str, share: float):
    year, computed = latest_share(YEARBOOK, region)
    assert year == 2024
    assert round(computed, 3) == share


def test_a_region_without_both_schemes_in_one_year_has_no_share():
    assert latest_share(heads(("city", "employee", 2024, 1.0), ("city", "resident", 2023, 1.0)), "city") is None
    assert latest_share(NO_HISTORY, "city") is None


def test_the_base_share_stands_beside_province_and_nation():
    plan = plan_of()
    base = {("all", "employee_share"): {2023: 0.45}, ("employee", "active"): {2023: 90_000},
            ("resident", "active"): {2023: 110_000}}  # fmt: skip
    finding = found(plan, path(plan, base), peers=YEARBOOK)["employee_share.base"]
    assert finding.arithmetic == "90,000 人 ÷ (90,000 人 + 11.00 万人) = 45.00%"
    assert "所在省（市、区）2024年为49.23%，全国2024年为51.96%" in finding.sentence.zh
    assert "employee_share.base" not in found(plan, path(plan, base))


# --- plan path against trend path ------------------------------------------------------------------------------------


def incomes(*values: float) -> Series:
    return {("employee", "collection_income"): dict(zip(range(2023, 2027), (v * 1e8 for v in values), strict=True))}


def test_a_target_missed_on_the_plan_path_is_a_warning():
    plan = plan_of(targets=[target("collection_income", RONGCHENG_INCOME, "亿元")])
    paths = path(plan, incomes(18.24, 20.10, 21.50, 23.00)), path(plan, incomes(18.24, 19, 20, 21), "trend")
    finding = found(plan, *paths)["attained.employee.collection_income"]
    assert finding.severity == "warning"
    assert "规划路径2025、2026年达不到；趋势路径各年均达不到" in finding.sentence.zh
    # 23.00 − 24.28 = −1.28; 21.00 − 24.28 = −3.28
    assert finding.arithmetic == (
        "规划路径2026年：23.00 亿元 − 24.28 亿元 = −1.28 亿元; 趋势路径2026年：21.00 亿元 − 24.28 亿元 = −3.28 亿元"
    )


def test_a_target_met_on_the_plan_path_is_a_note():
    plan = plan_of(targets=[target("collection_income", RONGCHENG_INCOME, "亿元")])
    finding = found(plan, path(plan, incomes(18, 21, 23, 25)))["attained.employee.collection_income"]
    assert finding.severity == "info"
    assert "各年均可达到" in finding.sentence.zh


def test_what_the_plan_path_takes_as_given_is_not_called_an_achievement():
    plan = plan_of(targets=[target("gross_new", RONGCHENG_NEW, "人")])
    delivered = {("employee", "gross_new"): {year: float(n) for year, n in RONGCHENG_NEW.items()}}
    finding = found(plan, path(plan, delivered), path(plan, delivered, "trend"))["attained.employee.gross_new"]
    assert "规划路径以完成目标为前提；趋势路径各年均可达到" in finding.sentence.zh


def test_without_targets_nothing_is_attained():
    assert not [name for name in found(plan_of()) if name.startswith("attained")]


# --- the base --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("level", "warned"), [(0.69, True), (0.71, False), (1.0, False), (1.39, False), (1.52, True)])
def test_income_far_from_what_heads_base_and_rate_give_is_a_warning(level: float, warned: bool):
    plan = plan_of()
    series = {("employee", "base_level"): {2023: level}, ("employee", "collection_income"): {2023: 15.2e8}}
    finding = found(plan, path(plan, series)).get("base_level.employee")
    assert (finding is not None) == warned
    if finding is not None:
        assert finding.severity == "warning"
        assert finding.arithmetic == f"15.20 亿元 ÷ {15.2 / level:.2f} 亿元 = {level:.2f} 倍"


@pytest.mark.parametrize(
    ("base", "words"), [(4200.0, "低于下限4,241.6 元/月"), (5300.0, ""), (22_000.0, "高于上限21,207.8 元/月")]
)
def test_an_implied_base_outside_the_bounds_is_a_warning(base: float, words: str):
    plan = plan_of()
    # 60 % and 300 % of 7,069.25
    bounds = {("employee", "base_floor"): {2023: 4241.55}, ("employee", "base_cap"): {2023: 21_207.75}}
    declared = {("employee", "contribution_base", "enterprise"): {2023: base}}
    finding = found(plan, path(plan, bounds | declared)).get("base_bounds.employee.enterprise")
    assert (finding is not None) == bool(words)
    assert finding is None or words in finding.sentence.zh


def test_the_bounds_do_not_bind_work_injury_insurance():
    plan = plan_of(schemes=["work_injury", "unemployment"])
    bounds = {("employee", "base_floor"): {2023: 4241.55}, ("employee", "base_cap"): {2023: 21_207.75}}
    declared = {(scheme, "contribution_base"): {2023: 4000.0} for scheme in plan.schemes}
    names = [name for name in found(plan, path(plan, bounds | declared)) if name.startswith("base_bounds")]
    assert names == ["base_bounds.unemployment.total"]


# --- what the headlines rest on --------------------------------------------------------------------------------------


def test_the_assumed_inputs_that_move_a_headline_most_are_named_widest_first():
    plan = plan_of(targets=[target("collection_income", RONGCHENG_INCOME, "亿元")])
    names = ["employee.collection", "employee.exit", "employee.interruption", "wage.growth"]
    inputs = [*map(assumption, names), assumption("employee.enterprise", quality="official")]
    spans = dict(zip(names, (0.1, 0.5, 0.3, 0.2), strict=True)) | {"employee.enterprise": 0.9}
    effects = [("employee", "collection_income", name, -w * 1e8, w * 1e8) for name, w in spans.items()]
    finding = found(plan, path(plan, incomes(18, 19, 20, 21), inputs=inputs, effects=effects))[
        "assumed.employee.collection_income"
    ]
    assert finding.sentence.zh.endswith("以下假定：年转出率、年中断率、平均工资增长率。")
    assert finding.arithmetic.startswith("年转出率 −0.50 亿元 / +0.50 亿元; 年中断率 −0.30 亿元 / +0.30 亿元")


def test_without_targets_income_share_and_gap_are_the_headlines():
    plan = plan_of()
    series = incomes(18, 19, 20, 21) | {("employee", "gap"): {2026: 2e8}, ("all", "employee_share"): {2026: 0.4}}
    effects = [("employee", "collection_income", "wage.growth", -1e7, 1e7), ("employee", "gap", "wage.growth", 1e7, -1e7),
               ("all", "employee_share", "employee.exit", 0.01, -0.01)]  # fmt: skip
    inputs = [assumption("wage.growth"), assumption("employee.exit")]
    findings = found(plan, path(plan, series, inputs=inputs, effects=effects))
    names = [name for name in findings if name.startswith("assumed")]
    assert names == ["assumed.employee.collection_income", "assumed.all.employee_share", "assumed.employee.gap"]


def test_a_headline_that_rests_on_published_inputs_alone_is_not_questioned():
    plan = plan_of(targets=[target("collection_income", RONGCHENG_INCOME, "亿元")])
    effects = [("employee", "collection_income", "employee.enterprise", -1e7, 1e7)]
    inputs = [assumption("employee.enterprise", quality="official")]
    findings = found(plan, path(plan, incomes(18, 19, 20, 21), inputs=inputs, effects=effects))
    assert "assumed.employee.collection_income" not in findings


def test_an_input_more_than_three_years_older_than_the_base_year_is_stale():
    plan = plan_of(targets=[target("collection_income", RONGCHENG_INCOME, "亿元")])
    inputs = [assumption("population.insured_mortality", dated="2013"), assumption("employee.exit", dated="2020-05"),
              assumption("wage.growth", dated="")]  # fmt: skip
    effects = [("employee", "collection_income", entry.name, -1e6, 1e6) for entry in inputs]
    findings = found(plan, path(plan, incomes(18, 19, 20, 21), inputs=inputs, effects=effects))
    assert [name for name in findings if name.startswith("stale")] == ["stale.population.insured_mortality"]
    finding = findings["stale.population.insured_mortality"]
    assert finding.arithmetic == "2023 − 2013 = 10"
    assert finding.severity == "warning"
    assert "征缴收入" in finding.sentence.zh


# --- what is missing -------------------------------------------------------------------------------------------------


def test_a_document_without_numbers_is_said_to_give_none():
    finding = found(plan_of(document=DOCUMENT))["missing.targets"]
    assert finding.severity == "warning"
    assert finding.sentence.zh.startswith("文件未给出")
    assert "missing.targets" not in found(plan_of(document=DOCUMENT, targets=rongcheng_targets()))
    assert "missing.targets" not in found(plan_of())  # no document, nothing it could have given


def test_a_target_that_only_names_a_direction_is_pointed_out():
    plan = plan_of(targets=[target("gap", {2024: 0}, "亿元", aim="fall")])
    assert "未给出数额" in found(plan)["missing.number.employee.gap"].sentence.zh
    assert not [name for name in found(plan_of(targets=rongcheng_targets())) if name.startswith("missing.number")]


def test_a_target_outside_the_projection_is_pointed_out():
    plan = plan_of(targets=[target("collection_income", {2024: 20, 2030: 30}, "亿元")])
    finding = found(plan, path(plan, incomes(18, 19, 20, 21)))["missing.projection.employee.collection_income"]
    assert "2030年目标未列入测算" in finding.sentence.zh
    inside = plan_of(targets=[target("collection_income", {2024: 20}, "亿元")])
    findings = found(inside, path(inside, incomes(18, 19, 20, 21)))
    assert "missing.projection.employee.collection_income" not in findings


def test_a_scheme_without_a_balance_is_pointed_out():
    plan = plan_of(schemes=["employee", "resident"])
    findings = found(plan, path(plan, {}, inputs=[assumption("resident.balance")]))
    assert "missing.balance.employee" in findings
    assert "missing.balance.resident" not in findings


def test_what_cannot_be_projected_says_what_is_missing():
    promise = {"title": {"zh": "快递网点全覆盖", "en": "All outlets"}, "missing": {"zh": "网点底数", "en": "outlets"}}
    finding = found(plan_of(commitments=[promise]))["commitment.1"]
    assert finding.sentence == Term(
        "“快递网点全覆盖”无法测算，尚缺：网点底数。", "“All outlets” cannot be projected; missing: outlets."
    )
    assert "commitment.1" not in found(plan_of())


def observation(period: str) -> dict:
    return {
        "scheme": "employee",
        "indicator": "gross_new",
        "period": period,
        "value": 3.38,
        "unit": "万人",
        "source": "发布会",
    }


def test_a_part_year_figure_is_pointed_out_until_the_full_year_is_published():
    part = found(plan_of(observations=[observation("2025-H1")]))
    assert "33,800 人" in part["observation.employee.gross_new.2025-H1"].sentence.zh
    half = found(plan_of(observations=[observation("2025-01/2025-06")]))
    assert "2025年1—6月数据" in half["observation.employee.gross_new.2025-01/2025-06"].sentence.zh
    june = found(plan_of(observations=[observation("2025-06")]))
    assert "2025年6月数据" in june["observation.employee.gross_new.2025-06"].sentence.zh
    both = found(plan_of(observations=[observation("2025-H1"), observation("2025")]))
    assert not [name for name in both if name.startswith("observation")]


@pytest.mark.parametrize(("reference", "words"), [("china", "全国"), ("shandong", "所在省"), ("yunnan", "其他地区")])
def test_another_regions_figures_are_never_passed_off_as_local(reference: str, words: str):
    region = {"id": "city", "label": LABEL, "level": "county", "province": "shandong", "reference": reference}
    finding = found(plan_of(region=region))["missing.region"]
    assert finding.severity == "warning"
    assert words in finding.sentence.zh
    assert "missing.region" not in found(plan_of())


# --- real plans ------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module", params=plan_names())
def both(request: pytest.FixtureRequest) -> dict[str, list[Finding]]:
    """The findings of one real plan, with the arithmetic in each language."""
    study = open_study(request.param, scenarios="", as_of="2025-12-31")
    return {
        language: audit(study.plan, study.projections, study.history, study.peers, language) for language in LANGUAGES
    }


def test_ids_are_unique_and_the_same_in_both_languages(both: dict[str, list[Finding]]):
    zh, en = ([finding.id for finding in both[language]] for language in LANGUAGES)
    assert zh == en
    assert len(set(zh)) == len(zh) > 0


def test_the_gravest_findings_come_first(both: dict[str, list[Finding]]):
    order = [["error", "warning", "info"].index(finding.severity) for finding in both["zh"]]
    assert order == sorted(order)


def test_sentences_exist_in_both_languages_and_name_no_raw_key(both: dict[str, list[Finding]]):
    keys = {*PARAMETERS, *INDICATORS, *SCHEMES, *CATEGORIES}
    raw = re.compile("|".join(rf"\b{re.escape(key)}\b" for key in keys if "." in key or "_" in key))
    for finding in both["zh"]:
        assert CHINESE.search(finding.sentence.zh)
        assert not CHINESE.search(finding.sentence.en)
        for words in (finding.arithmetic, *(text(finding.sentence, language) for language in LANGUAGES)):
            assert not raw.search(words)
            assert not re.search(r"[{}]|\bnan\b|None|—\s*$", words)


def test_arithmetic_follows_the_language(both: dict[str, list[Finding]]):
    assert not [finding.id for finding in both["en"] if CHINESE.search(finding.arithmetic)]


def test_rongcheng_shows_the_known_answers():
    study = open_study("rongcheng", scenarios="", as_of="2025-12-31")
    findings = {f.id: f for f in audit(study.plan, study.projections, study.history, study.peers)}
    assert findings["base.employee"].arithmetic.endswith("18.24 亿元")
    assert findings["sum.employee.gross_new"].arithmetic.endswith("27,600 人")
    closing = "1.19 亿元 + 0.40 亿元 = 1.59 亿元 < 2.01 亿元"
    assert findings["closure.employee.2025"].arithmetic.endswith(closing)
    assert "（假定）" not in findings["closure.employee.2025"].sentence.zh  # the wage of 2024 is published
