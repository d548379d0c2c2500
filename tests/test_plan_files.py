"""The seven plan files: what the documents say is in them, what public totals say comes out, and what is refused."""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable, Mapping
from datetime import date
from pathlib import Path

import pandas as pd
import pytest

from analytics.inputs.arithmetic import evaluate
from analytics.inputs.assumptions import Assumption, assumptions_for
from analytics.inputs.faults import InputError
from analytics.inputs.plan import Plan, Sourced
from analytics.inputs.plan_file import common_drivers, load_plan, plan_names
from analytics.model.projection import project
from analytics.places import PARAMS
from analytics.terms import PARAMETERS

AS_OF = date(2026, 6, 30)
NAMES = ["heze", "longling", "national", "rongcheng", "shandong", "shiyan", "wendeng"]
PLANS = {name: load_plan(name) for name in NAMES}
PART_OF_A_TOTAL = "合计为官方数，分项假定"


def _own_numbers(plan: Plan) -> dict[str, Sourced]:
    """What the file itself states, without the common drivers."""
    inherited = common_drivers(plan.model_copy(update={"drivers": {}}), PARAMS)
    own = {name: entry for name, entry in plan.drivers.items() if entry != inherited.get(name)}
    return {**plan.baseline, **own, **plan.delivered}


def _given(plan: Plan, scenario: str) -> Mapping[str, Assumption]:
    """Assumptions of a path; the employee scheme's trend is held at 2024's growth, 38,713.2 ÷ 37,925."""
    heads = {year: 38713.2e4 * (38713.2 / 37925) ** (year - plan.horizon.base_year) for year in plan.years}
    paths = {name: Assumption(name, heads, heads, heads, "assumed", "上年增幅", "2024") for name in plan.trends}
    return assumptions_for(plan, scenario, AS_OF) | paths


@pytest.fixture(scope="module")
def results() -> Callable[[str, str], pd.Series]:
    """Totals of a plan's path by (scheme, indicator, year); each is computed once."""
    known: dict[tuple[str, str], pd.Series] = {}

    def of(name: str, scenario: str) -> pd.Series:
        if (name, scenario) not in known:
            frame = project(PLANS[name], scenario, _given(PLANS[name], scenario)).results
            totals = frame[frame["category"] == "total"]
            known[name, scenario] = totals.set_index(["scheme", "indicator", "year"])["value"]
        return known[name, scenario]

    return of


# --- every file -------------------------------------------------------------------------------------------------------


def test_the_folder_holds_the_seven_plans():
    assert set(NAMES) <= set(plan_names())


@pytest.mark.parametrize("name", NAMES)
def test_every_number_has_a_chinese_source_and_a_date(name: str):
    entries = {**_own_numbers(PLANS[name]), **PLANS[name].drivers}
    sources = [entry.source for entry in entries.values()]
    sources += [fact.source for facts in (PLANS[name].targets, PLANS[name].checks) for fact in facts]
    sources += [observation.source for observation in PLANS[name].observations]
    assert [source for source in sources if not any("一" <= letter <= "鿿" for letter in source)] == []
    assert all(entry.date for entry in entries.values())


@pytest.mark.parametrize("name", NAMES)
def test_an_assumed_number_has_a_range_unless_it_is_part_of_an_official_total(name: str):
    bare = [
        parameter
        for parameter, entry in _own_numbers(PLANS[name]).items()
        if entry.quality == "assumed" and entry.bounds() == (None, None) and entry.note != PART_OF_A_TOTAL
    ]
    # 2023's small-fund incomes of Rongcheng follow from the plan's own growth rates
    assert bare == (["unemployment.collection_income", "work_injury.collection_income"] if name == "rongcheng" else [])


@pytest.mark.parametrize("name", NAMES)
def test_every_plan_has_scenarios_that_say_why_in_both_languages(name: str):
    scenarios = PLANS[name].scenarios.values()
    assert len(scenarios) >= 2
    assert all(scenario.why.zh and scenario.why.en for scenario in scenarios)


@pytest.mark.parametrize("name", NAMES)
def test_what_a_document_does_not_give_is_said_and_not_invented(name: str):
    plan = PLANS[name]
    silent = plan.document is not None and not plan.targets
    assert not silent or any(commitment.missing.zh.startswith("文件未给出") for commitment in plan.commitments)


@pytest.mark.parametrize("name", NAMES)
def test_every_path_runs_and_nobody_is_missing_from_a_state(name: str, results: Callable[[str, str], pd.Series]):
    for scenario in PLANS[name].scenario_names:
        stocks = results(name, scenario).unstack("year")
        heads = ["population", "outside", "uncovered", "contributors", "interrupted", "retirees", "beneficiaries"]
        assert (stocks.loc[stocks.index.get_level_values("indicator").isin(heads)].to_numpy() > 0).all(), scenario


@pytest.mark.parametrize("name", [name for name in NAMES if name != "rongcheng"])
def test_the_uncovered_stay_positive_at_both_ends_of_every_range(name: str):
    plan = PLANS[name]
    for scenario in plan.scenario_names:
        effects = project(plan, scenario, _given(plan, scenario))
        central = effects.results.query("indicator == 'uncovered'").set_index("year")["value"]
        moved = effects.effects.query("indicator == 'uncovered'")
        worst = moved.groupby("year")[["low_effect", "high_effect"]].min().min(axis=1)
        assert ((central + worst.clip(upper=0)) > 0).all(), scenario


@pytest.mark.parametrize("name", NAMES)
def test_coverage_of_the_base_year_is_plausible(name: str, results: Callable[[str, str], pd.Series]):
    assert 0.90 <= results(name, "trend")["all", "coverage_rate", PLANS[name].horizon.base_year] <= 0.99


# --- what the documents say -------------------------------------------------------------------------------------------


def _targets(name: str) -> dict[tuple[str, str], dict[int, float]]:
    return {(target.scheme, target.indicator): target.values for target in PLANS[name].targets}


def test_rongchengs_targets_are_those_of_the_document():
    assert _targets("rongcheng") == {
        ("employee", "gross_new"): {2024: 8500, 2025: 9200, 2026: 9900},
        ("work_injury", "gross_new"): {2024: 1100, 2025: 1300, 2026: 1500},
        ("unemployment", "gross_new"): {2024: 1000, 2025: 1500, 2026: 2000},
        ("employee", "collection_income"): {2024: 20.06, 2025: 22.07, 2026: 24.28},
        ("work_injury", "collection_income"): {2024: 0.90, 2025: 0.94, 2026: 0.97},
        ("unemployment", "collection_income"): {2024: 0.74, 2025: 0.76, 2026: 0.78},
        ("employee", "gap"): {2024: 0, 2025: 0, 2026: 0},
    }


def test_longlings_targets_are_those_of_the_document():
    assert _targets("longling") == {
        ("all", "coverage_rate"): {2025: 95, 2035: 95},
        ("all", "employee_share"): {2025: 30, 2035: 50},
    }


@pytest.mark.parametrize("name", ["heze", "national", "shandong", "shiyan", "wendeng"])
def test_a_document_without_numeric_targets_gets_none(name: str):
    assert PLANS[name].targets == []


def test_only_documents_with_numbers_to_follow_have_a_plan_path():
    assert [name for name in NAMES if PLANS[name].has_plan_path] == ["heze", "longling", "rongcheng"]


def test_shiyan_says_that_its_figures_are_chongqings():
    plan = PLANS["shiyan"]
    assert plan.numbers_of == "chongqing"
    assert "重庆市" in plan.label.zh and "不是石堰镇的" in plan.about.zh and "not of the town" in plan.about.en
    assert [(phase.start, phase.end) for phase in plan.phases] == [
        ("2023-03-15", "2023-03-15"),
        ("2023-03-16", "2023-09-30"),
        ("2023-10-01", "2023-12-31"),
    ]


def test_heze_carries_the_half_year_forward_as_an_assumption():
    delivered = PLANS["heze"].delivered["employee.gross_new"]
    assert (delivered.by_year(), delivered.quality) == ({None: 67600.0}, "assumed")
    assert [(o.indicator, o.value) for o in PLANS["heze"].observations] == [
        ("participants", 626.9),
        ("gross_new", 3.38),
    ]


def test_rongchengs_income_of_2023_is_worked_back_to_1824_million_yuan():
    # 20.06 亿元 ÷ 1.10 = 18.236… 亿元
    (income,) = PLANS["rongcheng"].baseline["employee.collection_income"].by_year().values()
    assert round(income / 1e8, 2) == 18.24


KNOWN_CHECKS = {
    # the Wendeng bulletin: 1,564 × (300 + 50) yuan; 900,000 yuan ÷ 1,244 staff; 2 points of 18, 0.5 of 1.5
    ("wendeng", "disabled_paid_for"): 547400,
    ("wendeng", "relief_a_head"): 723.47,
    ("wendeng", "employer_cut"): 11.11,
    ("wendeng", "unemployment_cut"): 33.33,
    # Longling: (30 − 20) ÷ 4 years = 2.5 points; (50 − 30) ÷ 10 years; Yunnan 747.2 ÷ 2,585.7
    ("longling", "shift_20_to_30"): 2.5,
    ("longling", "shift_after_2025"): 2,
    ("longling", "share_yunnan_2024"): 28.9,
    # Heze: 102.63 + 35.98 + 486.14 = 624.75; 33,800 × 2; 7,506 × 60 % × 20 % = 900.72
    ("heze", "participants_2022"): 624.75,
    ("heze", "year_at_this_pace"): 67600,
    ("heze", "flexible_floor_payment"): 900.72,
}


@pytest.mark.parametrize(("plan", "check"), KNOWN_CHECKS)
def test_the_documents_arithmetic_gives_what_it_should(plan: str, check: str):
    (found,) = [one for one in PLANS[plan].checks if one.id == check]
    assert round(evaluate(found.arithmetic), 2) == KNOWN_CHECKS[plan, check]


@pytest.mark.parametrize("name", NAMES)
def test_stated_results_agree_with_their_arithmetic(name: str):
    wrong = [
        check.id
        for check in PLANS[name].checks
        if check.stated is not None and abs(evaluate(check.arithmetic) / check.stated - 1) > check.tolerance
    ]
    assert wrong == []


def test_longling_lists_the_yearly_shift_from_every_base_share():
    shifts = {check.id: round(evaluate(check.arithmetic), 3) for check in PLANS["longling"].checks}
    assert [shifts[f"shift_{base}_to_30"] for base in ("15", "20", "25", "yunnan")] == [3.75, 2.5, 1.25, 0.275]
    assert [shifts[f"shift_{base}_to_50"] for base in ("15", "20", "25", "yunnan")] == [2.5, 2.143, 1.786, 1.507]
    assert round(evaluate(PLANS["longling"].checks[0].arithmetic), 1) == 28.9


# --- what public totals say -------------------------------------------------------------------------------------------

# China Statistical Yearbook 2025, tables 24-26 and 24-27, end of 2024: 10,000 persons and 100 million yuan.
YEARBOOK = {
    "national": {
        "employee": {"active": 38713.2, "retirees": 14739.1, "participants": 53452.4, "income": 74732.0,
                     "expenditure": 67656.3, "balance": 70726.6},
        "resident": {"participants": 53830.2, "beneficiaries": 18039.4, "income": 7287.0, "expenditure": 5321.6,
                     "balance": 16499.5},
    },
    "shandong": {
        "employee": {"active": 2642.7, "retirees": 903.8, "participants": 3546.5, "income": 4169.8,
                     "expenditure": 4244.9, "balance": 1293.8},
        "resident": {"participants": 4470.6, "beneficiaries": 1745.7, "income": 636.5, "expenditure": 507.9,
                     "balance": 1914.2},
    },
    "shiyan": {
        "employee": {"active": 1022.1, "retirees": 489.9, "participants": 1512.0, "income": 1707.6,
                     "expenditure": 1722.9, "balance": 1361.6},
        "resident": {"participants": 1154.6, "beneficiaries": 382.8, "income": 155.1, "expenditure": 89.7,
                     "balance": 340.8},
    },
}  # fmt: skip
PEOPLE = ("active", "retirees", "participants", "beneficiaries")


@pytest.mark.parametrize("name", YEARBOOK)
@pytest.mark.parametrize("scheme", ["employee", "resident"])
def test_the_base_year_gives_back_the_yearbook(name: str, scheme: str, results: Callable[[str, str], pd.Series]):
    found = results(name, "trend")
    for indicator, value in YEARBOOK[name][scheme].items():
        factor = 1e4 if indicator in PEOPLE else 1e8
        shown = found[scheme, indicator, 2024] / factor
        # the yearbook's own parts miss its totals by 0.1 (38,713.2 + 14,739.1 against 53,452.4)
        assert shown == pytest.approx(value, abs=0.11), indicator


@pytest.mark.parametrize(
    ("name", "share", "months"), [("national", 52.0, 12.5), ("shandong", 49.2, 3.7), ("shiyan", 57.0, 9.5)]
)
def test_employee_share_and_months_payable_are_the_published_ones(
    name: str, share: float, months: float, results: Callable[[str, str], pd.Series]
):
    # share 38,713.2 ÷ (38,713.2 + 35,790.8); months 70,726.6 ÷ (67,656.3 ÷ 12); the others alike
    found = results(name, "trend")
    assert round(found["all", "employee_share", 2024] * 100, 1) == share
    assert round(found["employee", "months_payable", 2024], 1) == months


@pytest.mark.parametrize("name", YEARBOOK)
def test_no_part_of_an_official_total_has_a_range_that_would_break_it(name: str):
    ranged = ["active", "retirees", "participants", "beneficiaries", "income", "expenditure", "balance"]
    base = project(PLANS[name], "trend", _given(PLANS[name], "trend")).results.query("year == 2024")
    official = base[base["scheme"].isin(["employee", "resident"]) & base["indicator"].isin(ranged)]
    assert official[["low", "high"]].isna().all(axis=None)


def test_collection_share_of_2014_leaves_the_nations_total_income_alone(results: Callable[[str, str], pd.Series]):
    usual, other = (results("national", scenario)["employee"] for scenario in ("trend", "collection_share_2014"))
    assert other["income", 2024] == pytest.approx(usual["income", 2024], rel=1e-5)
    assert other["gap", 2024] < usual["gap", 2024]


def test_wendengs_residents_receive_165_yuan_in_2019(results: Callable[[str, str], pd.Series]):
    # 160 yuan for everybody; the supplements by age, 5 and 10 yuan, are the model's and come to some 5 yuan a head
    assert results("wendeng", "trend")["resident", "average_pension", 2019] == pytest.approx(165, abs=0.05)


def test_without_the_cut_wendengs_firms_pay_two_points_of_twenty_six_more(results: Callable[[str, str], pd.Series]):
    cut, uncut = (results("wendeng", scenario) for scenario in ("trend", "no_cut"))
    # 2020 is the first whole year at 16 + 8 %; flexible workers pay 20 % either way
    more = uncut["employee", "collection_income", 2020] - cut["employee", "collection_income", 2020]
    assert 0 < more < cut["employee", "collection_income", 2020] * 2 / 24
    ratio = uncut["unemployment", "collection_income", 2020] / cut["unemployment", "collection_income", 2020]
    assert ratio == pytest.approx(1.5)


def test_longlings_plan_path_reaches_its_milestones(results: Callable[[str, str], pd.Series]):
    path = results("longling", "plan")["all"]
    assert path["employee_share", 2021] == pytest.approx(0.20)
    assert path["coverage_rate", 2021] == pytest.approx(0.91, abs=1e-4)
    for year, share in ((2025, 0.30), (2035, 0.50)):
        assert path["employee_share", year] == pytest.approx(share)
        assert path["coverage_rate", year] == pytest.approx(0.95)


@pytest.mark.parametrize(("scenario", "share"), [("yunnan_base", 0.289), ("base_15", 0.15)])
def test_longlings_other_base_shares_keep_the_number_enrolled(
    scenario: str, share: float, results: Callable[[str, str], pd.Series]
):
    usual, other = (results("longling", path)["all"] for path in ("plan", scenario))
    assert other["employee_share", 2021] == pytest.approx(share, abs=1e-5)
    assert other["uncovered", 2021] == pytest.approx(usual["uncovered", 2021], abs=3)


# --- what is refused --------------------------------------------------------------------------------------------------


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder of plan files of its own."""
    shutil.copytree(PARAMS / "common", tmp_path / "common")
    return tmp_path


def _spoilt(folder: Path, *changes: tuple[str, str]) -> InputError:
    """What is reported for Shandong's file with each first text replaced by the second."""
    text = (PARAMS / "shandong.yaml").read_text("utf-8")
    for old, new in changes:
        assert text.count(old) >= 1, old
        text = text.replace(old, new, 1)
    (folder / "shandong.yaml").write_text(text, "utf-8")
    with pytest.raises(InputError) as error:
        load_plan("shandong", folder)
    return error.value


def _row(folder: Path, text: str) -> int:
    """The line on which ``text`` stands in the spoilt file."""
    lines = (folder / "shandong.yaml").read_text("utf-8").splitlines()
    return next(number for number, line in enumerate(lines, 1) if text in line)


FAULTS = {
    "unknown key": (("schemes:", "shemes: [employee]\nschemes:"), "shemes:", "未知的键", "unknown key"),
    "misspelt parameter": (
        ("  employee.interrupted:", "  employee.interupted:"),
        "employee.interupted",
        "employee.interrupted",
        "unknown parameter",
    ),
    "unit of another kind": (
        ("{value: 903.8, unit: 万人", "{value: 903.8, unit: 亿元"),
        "employee.retirees",
        "计量单位不对",
        "wrong unit",
    ),
    "unheard-of unit": (("{value: 1293.8, unit: 亿元", "{value: 1293.8, unit: 两"), "unit: 两", "两", "wrong unit"),
    "range that misses its value": (
        ("{value: 93, low: 88", "{value: 93, low: 95"),
        "population.school_leaving",
        "次序不对",
        "not in order",
    ),
    "implausible value": (
        ("{value: 85, unit", "{value: 850, unit"),
        "resident.paying",
        "超出合理范围",
        "plausible range",
    ),
    "missing source": (
        ('date: "2024", source: 《中国统计年鉴2025》24-26表}', 'date: "2024"}'),
        "employee.retirees",
        "缺少必填项",
        "required entry is missing",
    ),
    "derived without arithmetic": (
        ("{arithmetic: 4470.6 - 1745.7", "{value: 2724.9"),
        "resident.active",
        "推算值须给出算式",
        "gives its arithmetic",
    ),
    "arithmetic that is none": (
        ("{arithmetic: 2642.7 * 0.18", "{arithmetic: 2642.7 ** 0.18"),
        "employee.interrupted",
        "算式无法计算",
        "cannot be computed",
    ),
    "duplicate key": (
        ("  employee.balance:", "  employee.retirees: {}\n  employee.balance:"),
        "employee.retirees: {}",
        "键重复",
        "appears twice",
    ),
    "two changes at once": (("{times: 0.8}", "{times: 0.8, add: 1}"), "{times: 0.8", "须且只须给一个", "exactly one"),
    "reserved scenario": (("  base_quality:\n", "  trend:\n"), "  trend:", "保留的情景名", "reserved"),
    "misspelt parameter in a scenario": (
        ("employee.base_quality: {set", "employee.base_qualty: {set"),
        "employee.base_qualty",
        "employee.base_quality",
        "unknown parameter",
    ),
    "gap in the years": (
        ("first_year: 2025", "first_year: 2026"),
        "horizon:",
        "首年应为基年加一",
        "follow the base year",
    ),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_names_file_line_and_what_to_do_in_both_languages(fault: str, folder: Path):
    change, place, zh, en = FAULTS[fault]
    error = _spoilt(folder, change)
    row = _row(folder, place)
    for language, words in (("zh", zh), ("en", en)):
        message = error.message(language)
        place = rf"shandong\.yaml (第 {row} 行|row {row}\b).*{re.escape(words)}"
        assert re.search(place, message), message


def test_all_faults_of_a_file_are_reported_at_once(folder: Path):
    together = ["unknown key", "misspelt parameter", "unheard-of unit", "range that misses its value",
                "implausible value", "missing source", "two changes at once"]  # fmt: skip
    error = _spoilt(folder, *(FAULTS[fault][0] for fault in together))
    assert {_row(folder, FAULTS[fault][1]) for fault in together} <= {fault.row for fault in error.faults}


def test_a_file_that_is_not_yaml_is_reported_with_its_line(folder: Path):
    error = _spoilt(folder, ("schemes: [employee, resident]", "schemes: [employee, resident"))
    assert "YAML 语法错误" in error.message("zh") and "YAML syntax error" in error.message("en")
    assert error.faults[0].row is not None and error.faults[0].row >= _row(folder, "schemes:")


def test_a_plan_that_does_not_exist_is_answered_with_those_that_do():
    with pytest.raises(InputError, match="rongcheng"):
        load_plan("rongchen")


def test_a_file_under_another_name_is_refused(folder: Path):
    shutil.copy(PARAMS / "shandong.yaml", folder / "sandong.yaml")
    with pytest.raises(InputError, match="文件名与 name 不一致"):
        load_plan("sandong", folder)


def test_common_drivers_fill_in_only_what_a_plan_leaves_out():
    plan = PLANS["shandong"]
    assert plan.drivers["population.outside"].value == 1.5
    assert plan.drivers["employee.collection"].source == "假定：无公开数据"
    assert set(plan.drivers) <= set(PARAMETERS)
