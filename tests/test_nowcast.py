"""From part of a year to its end: known seasons give the year back, bands hold what they claim, days and lights agree."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Sequence
from datetime import date, timedelta
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analytics.appraisal.nowcast import (
    Nowcast,
    cumulative,
    done_by_area,
    half_width,
    light_of,
    nowcast,
    pace,
    ranking,
    share_errors,
)
from analytics.appraisal.study import Study
from analytics.inputs.faults import InputError
from analytics.inputs.monthly import CHINESE_HEADS, MONTHLY_COLUMNS, MonthRow, load_monthly, observed_months, span
from analytics.inputs.plan import Plan
from analytics.presentation.charts.progress import progress_path
from analytics.presentation.pictures import Chart, drawn
from analytics.presentation.sections.ledger import printed
from analytics.presentation.sections.progress import courses, league, progress
from analytics.presentation.style import new_axes

GROSS_NEW = ("employee", "gross_new", "total")
SEASON = np.array([2, 5, 12, 8, 9, 11, 7, 6, 10, 8, 10, 12]) / 100  # sums to 1


def by_year(totals: dict[int, float], season: Sequence[float] = SEASON) -> pd.DataFrame:
    """Cumulated values of years with one season."""
    sums = np.cumsum(season) / np.sum(season)
    return pd.DataFrame({year: total * sums for year, total in totals.items()}, index=range(1, 13)).T


def up_to(table: pd.DataFrame, year: int, month: int) -> pd.DataFrame:
    """The table as it is known after ``month`` of ``year``."""
    known = table.copy()
    known.loc[year, month + 1 :] = np.nan
    return known


def with_shares(month: int, logs: Sequence[float], last: int = 2024, total: float = 1000.0) -> pd.DataFrame:
    """Past years of ``total`` each that had done e^log of it after ``month``, and 100 done in the year after."""
    years = range(last + 1 - len(logs), last + 1)
    table = pd.DataFrame(np.nan, index=[*years, last + 1], columns=range(1, 13))
    table.loc[list(years), month] = total * np.exp(logs)
    table.loc[list(years), 12] = total
    table.loc[last + 1, month] = 100.0
    return table


def months(values: dict[tuple[int, int], float], cumulated: bool = True, area: str = "") -> pd.DataFrame:
    """Monthly rows of the employee scheme's gross new enrollment: (year, month) → value."""
    rows = [(*GROSS_NEW, area, y, m, v, "person", cumulated, "月报", "official") for (y, m), v in values.items()]
    return pd.DataFrame(rows, columns=MONTHLY_COLUMNS)


# --- cumulating ------------------------------------------------------------------------------------------------------


def test_single_months_are_added_up_and_cumulated_ones_are_not():
    rows = pd.concat([months({(2023, 1): 5, (2023, 2): 7}, cumulated=False), months({(2024, 1): 5, (2024, 2): 7})])
    table = cumulative(rows)
    assert table.loc[2023, [1, 2]].tolist() == [5, 12] and table.loc[2024, [1, 2]].tolist() == [5, 7]
    assert table.loc[:, 3:].isna().all(axis=None) and list(table.columns) == list(range(1, 13))


def test_after_a_missing_month_the_sum_is_unknown_but_a_cumulated_figure_is_not():
    hole = {(2024, 1): 5.0, (2024, 3): 9.0}
    assert cumulative(months(hole, cumulated=False)).loc[2024].dropna().to_dict() == {1: 5}
    assert cumulative(months(hole)).loc[2024].dropna().to_dict() == {1: 5, 3: 9}


# --- estimates -------------------------------------------------------------------------------------------------------


@given(
    st.lists(st.floats(0.1, 10), min_size=12, max_size=12), st.lists(st.floats(10, 1e9), min_size=4, max_size=7),
    st.integers(1, 11),
)  # fmt: skip
@settings(max_examples=40, deadline=None)
def test_years_of_one_known_season_give_the_year_end_back(season: list[float], totals: list[float], month: int):
    table = by_year({2020 + i: total for i, total in enumerate(totals)}, season)
    year = int(table.index[-1])
    found = nowcast(up_to(table, year, month), year)
    ends = [found.value, found.low, found.high]
    assert ends == pytest.approx([totals[-1]] * 3) and found.mean_error == pytest.approx(0, abs=1e-12)


@given(st.floats(0.01, 1e6), st.lists(st.floats(-1.5, -0.05), min_size=0, max_size=8), st.integers(1, 11))
@settings(max_examples=60, deadline=None)
def test_a_band_holds_its_estimate_and_never_lies_below_what_is_done(done: float, logs: list[float], month: int):
    table = with_shares(month, logs)
    table.loc[2025, month] = done
    found = nowcast(table, 2025)
    assert done <= found.low * (1 + 1e-12) and found.low <= found.value <= found.high
    assert (found.level is None) == (len(logs) < 3) and found.done == done


def test_half_a_year_without_past_years_is_carried_on_with_an_assumed_range():
    # Heze 2025: 33,800 in six months; the rest at the same pace 67,600, at half of it 50,700, at one and a half 84,500.
    found = nowcast(cumulative(months({(2025, 6): 33800.0})), 2025)
    assert (found.value, found.low, found.high) == (67600, 50700, 84500)
    assert (found.method, found.level, found.quality, found.month) == ("pro_rata", None, "assumed", 6)


def test_three_past_years_make_a_backtested_band_and_two_do_not():
    two, three = (nowcast(with_shares(6, [-0.5] * n), 2025) for n in (2, 3))
    assert (two.method, two.quality, two.value) == ("pro_rata", "assumed", 200)
    assert (three.method, three.quality, three.level) == ("share_of_year", "derived", 0.8)
    assert three.value == pytest.approx(100 / np.exp(-0.5))


def test_a_year_whose_months_or_whole_are_unknown_does_not_count():
    table = with_shares(6, [-0.5] * 3)
    table.loc[2023, 12] = np.nan
    assert nowcast(table, 2025).level is None


def test_what_came_later_is_not_looked_at():
    table = up_to(by_year({year: 100.0 + year for year in range(2019, 2027)}), 2024, 7)
    changed = table.copy()
    changed.loc[2025:] *= 7
    assert nowcast(table, 2024).value == nowcast(changed, 2024).value


def test_a_year_that_is_over_is_its_own_estimate():
    found = nowcast(by_year({2024: 500.0}), 2024)
    assert (found.value, found.low, found.high, found.method, found.quality) == (500, 500, 500, "complete", "derived")


@pytest.mark.parametrize("table", [months({(2025, 2): 0.0}), months({(2025, 2): 5.0}, cumulated=False)])
def test_from_nothing_no_year_end_is_estimated(table: pd.DataFrame):
    with pytest.raises(InputError) as refused:
        nowcast(cumulative(table), 2025)
    assert "没有完成数" in refused.value.message("zh") and "nothing done so far" in refused.value.message("en")


def test_shares_that_drift_are_guessed_from_the_year_before():
    # The share grows by 5 % a year: last year's misses by 0.05 each time, the mean of the others by more.
    logs = [-0.9, -0.85, -0.8, -0.75, -0.7]
    found = nowcast(with_shares(6, logs), 2025)
    assert found.method == "same_period" and found.mean_error == pytest.approx(0.05)
    assert found.value == pytest.approx(
        1000 * 100 / (1000 * np.exp(-0.7))
    )  # last year's total × growth over six months


def test_shares_that_scatter_around_the_calendar_are_guessed_pro_rata():
    # ±0.1 around ln(6/12): pro rata misses by 0.1, the mean of the other three by 0.1 + 0.1/3, last year's by 0.2.
    logs = np.log(0.5) + np.array([0.1, -0.1, 0.1, -0.1])
    found = nowcast(with_shares(6, logs), 2025)
    assert (found.method, found.quality) == ("pro_rata", "derived") and found.value == pytest.approx(200)


def test_without_last_year_there_is_no_same_period():
    table = with_shares(6, [-0.9, -0.8, -0.7, -0.6])
    table.loc[2024, 6] = np.nan
    assert nowcast(table, 2025).method == "share_of_year"


def test_each_year_is_backtested_on_the_others_alone():
    shares = pd.Series([-0.6, -0.5, -0.7], index=[2022, 2023, 2024])
    errors = share_errors(shares, 6)
    # ln(estimate ÷ actual) = own log share − guess; the others' means are −0.6, −0.65 and −0.55.
    assert errors["share_of_year"].tolist() == pytest.approx([0.0, 0.15, -0.15])
    assert errors["same_period"].tolist() == pytest.approx([np.nan, 0.1, -0.2], nan_ok=True)
    assert errors["pro_rata"].tolist() == pytest.approx([share - np.log(0.5) for share in shares])


# --- bands -----------------------------------------------------------------------------------------------------------


def test_the_band_is_the_empirical_quantile_that_holds_the_next_error():
    # Of n + 1 exchangeable errors each is equally likely the largest: the k-th of n sizes holds the next with k / (n + 1).
    assert half_width(np.array([0.1, -0.4, 0.2, 0.3]), 0.8) == pytest.approx(0.4)  # 4 of 5
    assert half_width(np.arange(1, 10) / 100, 0.8) == pytest.approx(0.08)  # 8 of 10
    assert half_width(np.arange(1, 10) / 100, 0.5) == pytest.approx(0.05)


def test_few_errors_are_widened_by_students_t():
    # Three errors hold the next with 3/4 only.  With two degrees of freedom t(p) = (2p − 1) √(2 / (4p(1 − p))):
    # t(0.9) = 1.8856 and t(0.875) = 1.6036, so the largest is widened by 1.1759.
    assert half_width(np.array([0.1, -0.2, 0.05]), 0.8) == pytest.approx(0.2 * 1.8856181 / 1.6035675)


def test_errors_of_none_give_no_width():
    assert half_width(np.zeros(5), 0.8) == 0


def test_eighty_percent_bands_hold_about_eighty_percent_of_year_ends():
    rng = np.random.default_rng(20250731)
    held = []
    for _ in range(300):
        logs = np.log(0.58) + 0.04 * rng.standard_normal(7)
        found = nowcast(with_shares(6, logs[:-1]), 2025)
        held.append(found.low <= 100 / np.exp(logs[-1]) <= found.high)
    assert 0.72 <= np.mean(held) <= 0.88


# --- pace, lights, ranking -------------------------------------------------------------------------------------------


def test_days_ahead_are_counted_on_the_straight_path():
    # 2023 to 30 June: 181 of 365 days; 60 % of the target is where the path stands after 219 days: 38 ahead.
    at = pace(60, 100, date(2023, 6, 30), date(2023, 1, 1), date(2023, 12, 31))
    assert (at.completion, at.lead_days, at.light) == (0.6, 38, "green") and at.expected == pytest.approx(181 / 365)


def test_a_september_deadline_makes_the_same_progress_late():
    # Shiyan town aims at the end of September: 273 days, of which 60 % are 163.8; after 181 days that is 17 behind.
    at = pace(60, 100, date(2023, 6, 30), date(2023, 1, 1), date(2023, 9, 30))
    assert (at.lead_days, at.light) == (-17, "amber")  # 0.6 ÷ (181/273) = 0.905


def test_a_target_reached_is_never_behind_and_an_unfinished_one_falls_further_behind_every_day():
    start, due = date(2023, 1, 1), date(2023, 9, 30)
    assert pace(100, 100, due + timedelta(30), start, due).lead_days == 0
    assert pace(120, 100, date(2023, 8, 31), start, due).lead_days == 30
    assert [pace(90, 100, due + timedelta(n), start, due).lead_days for n in (0, 10)] == [-27, -37]


@given(st.integers(1, 365), st.floats(1, 1e6))
@settings(deadline=None)
def test_whoever_is_on_the_path_is_level_with_it(day: int, target: float):
    today = date(2025, 1, 1) + timedelta(day - 1)
    at = pace(target * day / 365, target, today, date(2025, 1, 1), date(2025, 12, 31))
    assert (at.lead_days, at.light) == (0, "green")


@pytest.mark.parametrize(
    ("completion", "light"), [(0.5, "green"), (0.499, "amber"), (0.45, "amber"), (0.449, "red"), (0, "red")]
)
def test_lights_turn_at_one_and_at_nine_tenths_of_the_path(completion: float, light: str):
    assert light_of(completion, 0.5) == light


def test_before_the_start_nothing_is_asked():
    assert light_of(0.0, 0.0) == "green"


@pytest.mark.parametrize(("target", "deadline"), [(0.0, date(2025, 12, 31)), (10.0, date(2024, 12, 31))])
def test_a_target_of_nothing_or_a_deadline_before_the_start_is_refused(target: float, deadline: date):
    with pytest.raises(InputError) as refused:
        pace(1.0, target, date(2025, 6, 30), date(2025, 1, 1), deadline)
    assert "目标应大于零" in refused.value.message("zh") and "target above zero" in refused.value.message("en")


YEAR = (date(2025, 6, 30), date(2025, 1, 1), date(2025, 12, 31))


def test_equal_completion_shares_a_rank_and_the_next_is_left_out():
    areas = pd.DataFrame({"area": list("abcde"), "done": [30, 10, 20, 5, 7], "target": [100, 20, 40, 100, 0]})
    ranked = ranking(areas, *YEAR)
    assert ranked["area"].tolist() == ["b", "c", "a", "d", "e"]
    assert ranked["rank"].tolist()[:4] == [1, 1, 3, 4] and pd.isna(ranked["rank"].iloc[4])
    assert ranked["light"].tolist() == ["green", "green", "red", "red", ""]


@given(st.lists(st.tuples(st.integers(0, 50), st.integers(1, 50)), min_size=1, max_size=8), st.randoms())
@settings(max_examples=30, deadline=None)
def test_ranks_do_not_depend_on_the_order_of_the_areas(numbers: list[tuple[int, int]], random):
    areas = pd.DataFrame(numbers, columns=["done", "target"]).assign(area=[f"{i}" for i in range(len(numbers))])
    order = list(range(len(areas)))
    random.shuffle(order)
    one, other = (ranking(frame, *YEAR).set_index("area")["rank"] for frame in (areas, areas.iloc[order]))
    assert one.to_dict() == other.to_dict() and one.min() == 1


def test_areas_are_compared_at_the_last_month_all_have_reported():
    rows = pd.concat([months({(2025, 5): 50, (2025, 6): 60}, area="甲镇"), months({(2025, 5): 40}, area="乙镇")])
    month, done = done_by_area(rows, 2025, ["甲镇", "乙镇"])
    assert month == 5 and done.to_dict() == {"甲镇": 50, "乙镇": 40}


def test_areas_that_have_not_reported_are_named():
    with pytest.raises(InputError) as refused:
        done_by_area(months({(2025, 5): 50}, area="甲镇"), 2025, ["甲镇", "乙镇"])
    assert "乙镇" in refused.value.message("zh") and "甲镇" not in refused.value.message("zh")
    assert "cannot be ranked" in refused.value.message("en")


# --- monthly files ---------------------------------------------------------------------------------------------------

HEADS = "scheme,indicator,year,month,value,unit,cumulative,source"


@pytest.fixture
def office(tmp_path: Path) -> Callable[..., Path]:
    """``office(*lines, heads=…, encoding=…)``: a folder of regions in which Rongcheng has one monthly table."""
    regions = "id,name_zh,name_en,level,parent,code\nrongcheng,荣成市,Rongcheng,county,,371082\n"
    (tmp_path / "regions.csv").write_text(regions, encoding="utf-8")

    def write(*lines: str, heads: str = HEADS, encoding: str = "utf-8") -> Path:
        home = tmp_path / "rongcheng" / "monthly"
        home.mkdir(parents=True)
        (home / "2025.csv").write_text("\n".join([heads, *lines]), encoding=encoding)
        return tmp_path

    return write


def test_an_offices_months_are_read_in_plain_units(office: Callable[..., Path]):
    folder = office("employee,collection_income,2025,3,1.5,亿元,yes,月报", "employee,gross_new,2025,2月,900,人,否,月报")
    frame = load_monthly("rongcheng", folder)
    assert list(frame.columns) == MONTHLY_COLUMNS
    income, heads = frame.iloc[0], frame.iloc[1]
    assert (income["value"], income["unit"], income["cumulative"], income["quality"]) == (
        1.5e8,
        "yuan",
        True,
        "official",
    )
    assert (heads["value"], heads["month"], heads["cumulative"], heads["area"]) == (900, 2, False, "")


def test_chinese_heads_in_gbk_are_understood(office: Callable[..., Path]):
    heads = "险种,指标,单位名称,年份,月份,数值,计量单位,是否累计,来源"
    folder = office("城镇职工基本养老保险,新增参保,崂山街道,2025年,6月,0.12,万人,是,月报", heads=heads, encoding="gbk")
    row = load_monthly("rongcheng", folder).iloc[0]
    assert (row["scheme"], row["indicator"], row["area"], row["month"]) == ("employee", "gross_new", "崂山街道", 6)
    assert row["value"] == pytest.approx(1200) and bool(row["cumulative"])


def test_the_chinese_heads_are_all_the_columns_of_a_month():
    assert sorted(CHINESE_HEADS.values()) == sorted(MonthRow.model_fields) == sorted(MONTHLY_COLUMNS)


def test_a_region_without_monthly_files_has_an_empty_table():
    frame = load_monthly("rongcheng")
    assert list(frame.columns) == MONTHLY_COLUMNS and (frame.empty or frame["value"].notna().all())


@pytest.mark.parametrize(
    ("lines", "place", "zh", "en"),
    [
        (["employee,gross_new,2025,13,5,人,yes,月报"], 2, "不是月份", "not a month"),
        (["employee,gross_new,2025,3,5,亿元,yes,月报"], 2, "单位与指标不符", "unit does not suit"),
        (["employee,gross_new,2025,3,5,人,maybe,月报"], 2, "不在规定的名称之内", "not one of the defined names"),
        (["employee,gross_new,2025,3,5,人,yes,月报"] * 2, 3, "同一个月给了两次", "month is given twice"),
        (["employee,gross_new,2025,3,5,人,yes,月报", "employee,gross_new,2025,4,5,人,no,月报"], 3,
         "累计数与当月数混用", "cumulated and single months are mixed"),
    ],
)  # fmt: skip
def test_a_fault_in_a_month_is_named_with_its_row(
    office: Callable[..., Path], lines: list[str], place: int, zh: str, en: str
):
    with pytest.raises(InputError) as refused:
        load_monthly("rongcheng", office(*lines))
    (fault,) = refused.value.faults
    assert fault.row == place and zh in fault.message("zh") and en in fault.message("en")


def test_faults_under_chinese_heads_speak_of_these_heads(office: Callable[..., Path]):
    heads = "险种,指标,年份,月份,数值,计量单位,是否累计"
    with pytest.raises(InputError) as refused:
        load_monthly("rongcheng", office("城镇职工基本养老保险,新增参保,2025,6,1,人,是", heads=heads))
    assert "缺少列" in refused.value.message("zh") and "来源" in refused.value.message("zh")


@pytest.mark.parametrize(
    ("period", "first", "last"),
    [
        ("2025", date(2025, 1, 1), date(2025, 12, 31)),
        ("2024-02", date(2024, 2, 1), date(2024, 2, 29)),
        ("2023-09-30", date(2023, 9, 30), date(2023, 9, 30)),
        ("2025-01/2025-06", date(2025, 1, 1), date(2025, 6, 30)),
    ],
)
def test_a_period_has_its_first_and_last_day(period: str, first: date, last: date):
    assert span(period) == (first, last)


@pytest.mark.parametrize("period", ["上半年", "2025-13", "2025-01/x"])
def test_a_period_that_cannot_be_read_is_refused(period: str):
    with pytest.raises(InputError) as refused:
        span(period)
    assert "时期无法识别" in refused.value.message("zh") and "not a period" in refused.value.message("en")


def observing(toy_plan: Callable[..., Plan], indicator: str, period: str) -> Plan:
    fact = {
        "scheme": "employee",
        "indicator": indicator,
        "period": period,
        "value": 3.38,
        "unit": "万人",
        "source": "发布会",
    }
    return toy_plan(observations=[fact])


def test_a_half_year_figure_is_what_was_cumulated_by_june(toy_plan: Callable[..., Plan]):
    row = observed_months(observing(toy_plan, "gross_new", "2025-01/2025-06")).iloc[0]
    assert (row["year"], row["month"], row["cumulative"]) == (2025, 6, True) and row["value"] == pytest.approx(33800)


@pytest.mark.parametrize(
    ("indicator", "period"),
    [("participants", "2025-06"), ("participants", "2025-01/2025-06"), ("gross_new", "2025-04/2025-06"), ("gross_new", "2025-06")],
)  # fmt: skip
def test_levels_and_months_that_do_not_begin_in_january_are_no_progress(
    toy_plan: Callable[..., Plan], indicator: str, period: str
):
    assert observed_months(observing(toy_plan, indicator, period)).empty


# --- what people read ------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def months_of_rongcheng() -> pd.DataFrame:
    """Five years and eight months of 2025 with one season, 2025 heading for 9,600 against a target of 9,200."""
    totals = {2020: 7000, 2021: 7300, 2022: 7900, 2023: 8300, 2024: 9000, 2025: 9600}
    values = {(y, m + 1): t * SEASON[m] for y, t in totals.items() for m in range(12) if y < 2025 or m < 8}
    return months(values, cumulated=False)


def test_heze_says_what_its_half_year_leads_to_and_that_the_range_is_assumed(study_of: Callable[..., Study]):
    said = printed(progress(study_of("heze")))
    assert "33,800 人" in said and "67,600 人" in said and "50,700 人至84,500 人" in said
    assert "50%至150%" in said and "不是概率区间" in said and "全年目标文件未给出" in said


def test_heze_says_it_in_english_too(study_of: Callable[..., Study]):
    said = printed(progress(study_of("heze", "en")))
    assert "January to June 2025" in said and "67,600" in said and "50% to 150%" in said and "年" not in said


def test_without_figures_inside_a_year_the_report_says_how_to_bring_them(rongcheng: Study):
    assert "data/regions/rongcheng/monthly/" in printed(progress(rongcheng))


def test_a_plan_without_figures_and_targets_says_nothing_of_the_year(study_of: Callable[..., Study]):
    assert progress(study_of("shiyan")) == []


def test_progress_stands_against_the_years_target(rongcheng: Study, months_of_rongcheng: pd.DataFrame):
    # After eight months 60 % of the season is done: 5,760 of 9,200 are 62.6 %; 243 of 365 days are 66.6 %; the path
    # stands at 62.6 % after 229 days: 14 behind; 0.626 ÷ 0.666 = 0.94 is amber.  9,600 ÷ 9,200 = 104.3 %.
    said = printed(progress(rongcheng, months_of_rongcheng))
    assert "2025年1—8月" in said and "5,760 人" in said and "62.6%" in said and "66.6%" in said
    assert "落后14天（黄灯）" in said and "9,600 人" in said and "104.3%，区间下限也达到目标" in said
    assert "5个往年同月回测误差" in said


def test_months_after_the_studys_day_are_left_out(rongcheng: Study, months_of_rongcheng: pd.DataFrame):
    early = dataclasses.replace(rongcheng, as_of=date(2025, 6, 29))
    assert [course.month for course in courses(early, months_of_rongcheng)] == [5]


def test_an_offices_own_figure_goes_before_the_documents(study_of: Callable[..., Study]):
    (own,) = courses(study_of("heze"), months({(2025, 6): 40000.0}))
    assert own.done.to_dict() == {6: 40000}


def test_levels_in_a_monthly_file_are_not_cumulated(rongcheng: Study):
    assert courses(rongcheng, months({(2025, 6): 5.0}).assign(indicator="participants")) == []


def test_open_phases_are_deadlines_beside_the_years_end(study_of: Callable[..., Study]):
    shiyan = study_of("shiyan")
    target = {"scheme": "employee", "indicator": "gross_new", "unit": "人", "values": {2023: 420}, "source": "某表"}
    plan = Plan.model_validate(shiyan.plan.model_dump() | {"targets": [target]})
    (course,) = courses(dataclasses.replace(shiyan, plan=plan), months({(2023, 6): 230.0}))
    assert [(name, at.deadline, at.light) for name, at in course.paces] == [
        ("全年", date(2023, 12, 31), "green"), ("重点攻坚", date(2023, 9, 30), "red")
    ]  # fmt: skip


def test_the_league_shows_ties_and_says_who_has_no_target(rongcheng: Study):
    parts = {"甲街道": 60, "乙镇": 30, "丙镇": 30, "丁镇": 5}
    rows = pd.concat([months({(2025, 6): float(done)}, area=area) for area, done in parts.items()])
    targets = pd.Series({"甲街道": 100, "乙镇": 60, "丙镇": 60, "丁镇": 0})
    (table,) = league(rongcheng, rows, GROSS_NEW, targets, date(2025, 12, 31))
    assert [row[:2] for row in table.rows] == [("1", "甲街道"), ("2", "乙镇"), ("2", "丙镇"), ("—", "丁镇")]
    assert "红灯" in table.notes[0] and "2025年1—6月" in table.title


@pytest.mark.parametrize("language", ["zh", "en"])
@pytest.mark.filterwarnings("error")
def test_the_chart_of_the_year_draws_in_both_languages(
    rongcheng: Study, months_of_rongcheng: pd.DataFrame, language: str
):
    study = dataclasses.replace(rongcheng, language=language)
    (chart,) = [block for block in progress(study, months_of_rongcheng) if isinstance(block, Chart)]
    drawn(chart).canvas.draw()


def test_the_chart_shows_what_is_done_the_wedge_and_the_target():
    estimate = Nowcast(2025, 6, 100.0, 200.0, 150.0, 250.0, "pro_rata", None, pd.DataFrame())
    ax = progress_path(new_axes(), pd.Series({3: 40.0, 6: 100.0}), estimate, 300.0, deadlines={"": 12.0, "攻坚": 9.0})
    year, phase, done, heading = ax.lines
    assert year.get_xydata().tolist() == [[0, 0], [12, 300]] and phase.get_xydata().tolist() == [[0, 0], [9, 300]]
    assert done.get_xydata().tolist() == [[0, 0], [3, 40], [6, 100]] and heading.get_xydata().tolist() == [
        [6, 100],
        [12, 200],
    ]
    shown = {words.get_text() for words in ax.texts}
    assert {"100", "150", "200", "250", "300"} <= shown


def test_a_chart_of_no_month_is_refused():
    with pytest.raises(ValueError, match="done"):
        progress_path(new_axes(), pd.Series({3: np.nan}))
