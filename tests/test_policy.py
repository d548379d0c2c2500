"""Policy tables: known rules found by place and day, nothing before a table begins, and messages for every fault."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from analytics.inputs.faults import InputError
from analytics.inputs.policy import (
    POLICY,
    TABLES,
    average_wage,
    base_bounds,
    load_table,
    policy_set,
    policy_value,
    policy_year_average,
    stale,
)

EMPLOYER = {"scheme": "employee", "payer": "employer"}


def rate(place: str, day: date, scheme: str, *payers: str) -> float:
    return sum(policy_value("contribution_rates", place, day, scheme=scheme, payer=payer).value for payer in payers)


# --- known rules


def test_shandong_lowered_the_employer_rate_on_the_first_of_may_2019():
    # Wendeng bulletin 2019: 18 % → 16 % from 1 May
    assert rate("wendeng", date(2019, 4, 30), "employee", "employer") == 0.18
    assert rate("wendeng", date(2019, 5, 1), "employee", "employer") == 0.16


def test_a_year_in_which_a_rate_changes_counts_it_by_months():
    # (4 × 18 % + 8 × 16 %) / 12 = 16.67 %
    assert policy_year_average("contribution_rates", "shandong", 2019, **EMPLOYER) == pytest.approx(0.2 / 1.2)
    assert policy_year_average("contribution_rates", "shandong", 2020, **EMPLOYER) == pytest.approx(0.16)


def test_unemployment_insurance_takes_one_percent_from_may_2019_and_took_one_and_a_half_before_the_cut():
    assert rate("wendeng", date(2019, 5, 1), "unemployment", "employer", "employee") == pytest.approx(0.01)
    assert rate("wendeng", date(2016, 12, 31), "unemployment", "employer", "employee") == pytest.approx(0.015)
    assert rate("shandong", date(2019, 5, 1), "unemployment", "employer") == 0.007


def test_a_place_without_its_own_rule_takes_the_nearest_above():
    found = policy_value("contribution_rates", "longling", date(2023, 1, 1), **EMPLOYER)
    assert (found.value, found.place, found.quality) == (0.16, "china", "official")
    assert policy_value("contribution_rates", "heze", date(2023, 1, 1), **EMPLOYER).place == "shandong"


def test_flexible_workers_pay_one_fifth():
    assert rate("heze", date(2025, 7, 31), "employee", "flexible") == 0.20


def test_the_base_floor_of_shandong_2025_is_sixty_percent_of_7506_yuan():
    bounds = base_bounds("rongcheng", date(2025, 3, 1))
    assert bounds.floor == pytest.approx(4503.6)
    assert bounds.cap == pytest.approx(22518)
    assert bounds.wage.source.startswith("山东2024年全口径平均工资")


def test_where_the_new_base_applies_from_july_the_wage_before_last_counts_in_june():
    # Chongqing: statistics years 2022 and 2023 are 6,862.33 and 7,264.08 yuan a month
    assert base_bounds("chongqing", date(2024, 6, 30)).wage.value == 6862.33
    assert base_bounds("chongqing", date(2024, 7, 1)).wage.value == 7264.08


def test_the_floor_of_shandong_fell_in_2019_as_the_wendeng_bulletin_reports():
    # 5,775.42 → 5,448.58 yuan: the floor falls by 196 yuan a month, 2,353 a year.  The relief of 900,000 yuan for
    # 1,244 employees is 723 a head, 31 % of that: about the rate of all social insurance together.
    before = 0.6 * average_wage("wendeng", 2017).value
    after = base_bounds("wendeng", date(2019, 6, 1)).floor
    yearly = (before - after) * 12
    assert 0.25 < 900_000 / 1_244 / yearly < 0.40


def test_a_wage_is_known_only_once_it_is_published():
    assert average_wage("rongcheng", 2023, date(2024, 3, 8)) is None
    assert average_wage("rongcheng", 2023, date(2024, 12, 31)).value == 7359.42
    assert average_wage("rongcheng", 2022, date(2024, 3, 8)).value == 7069.25  # 84,831 ÷ 12
    assert average_wage("shandong", 2025) is None
    assert average_wage("guangdong", 2023) is None


def test_wages_before_and_after_the_change_of_definition_are_told_apart():
    wages = {row.year: row.definition for row in load_table("average_wage") if row.place == "shandong"}
    assert (wages[2017], wages[2018]) == ("urban_units", "full_calibre")
    assert sorted(wages) == list(range(1995, 2025))


@pytest.mark.parametrize(
    ("category", "birth", "retirement"),
    [
        # public test cases said to agree with the official electronic social-insurance card calculator
        ("M60", (1965, 1), (2025, 2)),
        ("M60", (1966, 1), (2026, 5)),
        ("M60", (1975, 6), (2038, 2)),
        ("M60", (1988, 9), (2051, 9)),
        ("F55", (1970, 6), (2025, 8)),
        ("F55", (1971, 6), (2026, 11)),
        ("F55", (1988, 9), (2046, 9)),
        ("F50", (1975, 6), (2025, 9)),
        ("F50", (1976, 6), (2027, 3)),
        ("F50", (1984, 11), (2039, 11)),
    ],
)
def test_the_rise_of_retirement_ages_gives_the_official_calculators_months(
    category: str, birth: tuple[int, int], retirement: tuple[int, int]
):
    # delay = min(cap, ⌊months since the first birth month / step⌋ + 1)
    start, final, step, first = (
        int(policy_value("retirement_ages", "china", date(2025, 1, 1), category=category, rule=rule).value)
        for rule in ("start_age", "final_age", "birth_months_per_step", "first_birth_year")
    )
    born = birth[0] * 12 + birth[1] - 1
    delay = min((final - start) * 12, (born - first * 12) // step + 1)
    year, month = divmod(born + start * 12 + delay, 12)
    assert (year, month + 1) == retirement


@pytest.mark.parametrize(
    ("year", "years"), [(2024, 15), (2029, 15), (2030, 15.5), (2034, 17.5), (2039, 20), (2045, 20)]
)
def test_minimum_years_rise_from_2030_by_half_a_year_a_year(year: int, years: float):
    assert policy_value("min_contribution_years", "heze", date(year, 12, 31)).value == years


def test_payout_months_are_those_of_the_2005_annex():
    months = policy_set("payout_months", "shandong", date(2025, 1, 1))
    assert months[[50, 55, 60]].to_dict() == {50: 195, 55: 170, 60: 139}


def test_fee_tiers_of_a_province_are_replaced_as_a_set():
    assert list(policy_set("resident_tiers", "heze", date(2023, 6, 1)).index)[:3] == [100, 300, 500]
    assert list(policy_set("resident_tiers", "heze", date(2024, 6, 1)).index)[:3] == [100, 350, 500]
    assert policy_value("resident_tiers", "jinan", date(2024, 6, 1), fee=8000).value == 120
    assert policy_value("resident_tiers", "longling", date(2025, 6, 1), fee=9000).value == 240


def test_the_highest_minimum_of_all_levels_is_the_resident_basic_pension():
    def base(place: str, day: date) -> float:
        return policy_value("resident_basic_pension", place, day, component="base").value

    assert base("wendeng", date(2019, 6, 1)) == 130  # Wendeng bulletin 2019; the nation's minimum was 88
    assert base("wendeng", date(2026, 6, 1)) == 208  # Shandong's minimum has passed the district's last known one
    assert base("shiyan", date(2023, 6, 1)) == 103


def test_wendeng_pays_for_the_severely_disabled():
    # 1,564 × (300 + 50) = 547,400 yuan, with supplements of 5 and 10 yuan for the old
    day = date(2019, 6, 1)
    relief = [
        policy_value("resident_group_relief", "wendeng", day, group="severely_disabled", item=i).value
        for i in ("fee_paid", "subsidy")
    ]
    assert 1_564 * sum(relief) == 547_400
    ages = [
        policy_value("resident_basic_pension", "wendeng", day, component=c).value for c in ("age_65_74", "age_75_plus")
    ]
    assert ages == [5, 10]


def test_yearly_values_hold_for_their_year_only():
    assert policy_value("pension_adjustment", "heze", date(2025, 12, 31)).value == 0.02
    assert policy_value("crediting_rate", "heze", date(2021, 7, 1)).value == 0.0669
    assert policy_value("national_average_wage", "china", date(2015, 7, 1), sector="nonprivate").value == 62_029
    assert policy_value("benefit_base", "heze", date(2025, 7, 1)).value == 7831


def test_the_work_injury_rate_is_only_assumed():
    found = policy_value("contribution_rates", "heze", date(2024, 1, 1), scheme="work_injury", payer="employer")
    assert (found.value, found.quality) == (0.0075, "assumed")


@given(st.dates(date(2006, 1, 1), date(2040, 1, 1)))
def test_a_rule_found_has_begun_and_nothing_later_has_replaced_it(day: date):
    found = policy_value("contribution_rates", "china", day, **EMPLOYER)
    begun = [
        row.effective
        for row in load_table("contribution_rates")
        if row.place == "china" and row.key() == EMPLOYER and row.effective <= day
    ]
    assert found.effective == max(begun)


# --- what is not there


@pytest.mark.parametrize(
    ("ask", "zh", "en"),
    [
        (
            lambda: policy_value("contribution_rates", "heze", date(2005, 12, 31), **EMPLOYER),
            "早于此表的开始日期（实际：heze scheme=employee payer=employer 2005-12-31；应为：≥ 2006-01-01）",
            "before the table begins",
        ),
        (
            lambda: average_wage("heze", 1994),
            "早于此表的开始日期（实际：heze 1995-01-01；应为：≥ 1996-01-01）",
            "before the table",
        ),
        (
            lambda: policy_set("resident_tiers", "heze", date(2000, 1, 1)),
            "早于此表的开始日期",
            "before the table begins",
        ),
        (
            lambda: policy_value("pension_adjustment", "heze", date(2026, 1, 1)),
            "该日期没有此项数据（实际：heze 2026-01-01；应为：2005-01-01 – 2025-01-01）",
            "nothing for this on that date",
        ),
        (
            lambda: policy_value("resident_tiers", "heze", date(2025, 1, 1), fee=300),
            "该日期没有此项数据（实际：heze fee=300 2025-01-01；应为：fee=100, fee=350, fee=500, fee=800, fee=1000, "
            "fee=3000, fee=5000, fee=8000）",
            "nothing for this on that date",
        ),
        (
            lambda: policy_value("benefit_base", "guangdong", date(2024, 1, 1)),
            "data/policy/benefit_base.csv：本地区及其上级没有此项规定（实际：guangdong 2024-01-01）",
            "no such rule here or above",
        ),
        (
            lambda: policy_value("contribution_rates", "heze", date(2024, 1, 1), scheme="employee"),
            "查询所给的键不对（实际：scheme=employee；应为：scheme, payer）",
            "wrong keys for this table",
        ),
        (
            lambda: policy_value("contribution_rates", "heze", date(2024, 1, 1), scheme="employee", payer="boss"),
            "“payer”：表中没有这个键值（实际：boss；应为：employee, employer, flexible）",
            "the table has no such key",
        ),
        (
            lambda: policy_value("benefit_base", "atlantis", date(2024, 1, 1)),
            "未知的地区（实际：atlantis",
            "unknown region",
        ),
        (
            lambda: policy_value("taxes", "china", date(2024, 1, 1)),
            "没有这张政策表（实际：taxes；应为：average_wage",
            "no such",
        ),
        (lambda: policy_set("crediting_rate", "china", date(2024, 1, 1)), "不是成套的政策表", "not a table of sets"),
        (
            lambda: base_bounds("heze", date(2024, 3, 1), as_of=date(2024, 3, 8)),
            "2023 年平均工资尚未公布或未录入（实际：heze）",
            "the average wage of 2023 is not published or not recorded",
        ),
    ],
)
def test_what_is_not_in_force_is_an_error_that_says_why(ask, zh: str, en: str):
    with pytest.raises(InputError) as error:
        ask()
    assert zh in error.value.message("zh")
    assert en in error.value.message("en")


def test_all_faults_of_a_policy_table_are_reported_at_once(tmp_path: Path):
    head = "place,effective,value,unit,source,quality,checked,note\n"
    good = "china,2025-01-01,0.02,ratio,x,official,2026-11-22,\n"
    bad = "china,2025,约2,percent,,sure,2026-11-22,\n"
    (tmp_path / "pension_adjustment.csv").write_text(head + good + bad, "utf-8")
    with pytest.raises(InputError) as error:
        load_table("pension_adjustment", tmp_path)
    columns = [fault.column for fault in error.value.faults]
    assert columns == ["B effective", "C value", "D unit", "E source", "F quality"]
    assert {fault.row for fault in error.value.faults} == {3}


def test_unknown_places_and_rules_given_twice_are_faults(tmp_path: Path):
    head = "place,effective,value,unit,source,quality,checked\n"
    good = "china,2025-01-01,0.02,ratio,x,official,2026-11-22\n"
    (tmp_path / "crediting_rate.csv").write_text(head + good + good.replace("china", "atlantis") + good, "utf-8")
    with pytest.raises(InputError) as error:
        load_table("crediting_rate", tmp_path)
    zh, en = error.value.message("zh"), error.value.message("en")
    assert "第 3 行 “A place”：未知的地区（实际：atlantis）" in zh
    assert "第 4 行 “B effective”：同一规定写了两次（实际：2025-01-01）" in zh
    assert "unknown region" in en
    assert "the same rule is given twice" in en


# --- the tables themselves


@pytest.mark.parametrize("table", TABLES)
def test_every_row_is_sourced_checked_and_honest_about_its_quality(table: str):
    for row in load_table(table):
        assert row.source
        assert row.checked >= date(2026, 11, 22)
        assert row.quality == "assumed" or "unverified" not in row.source, row


def test_every_file_in_the_folder_is_a_known_table():
    assert {path.stem for path in POLICY.glob("*.csv")} == set(TABLES)


def test_rows_not_checked_for_long_are_listed():
    assert stale(date(2026, 12, 1)).empty
    old = stale(date(2028, 1, 1), max_age_days=365)
    assert {"contribution_rates", "base_rules"} <= set(old["table"])
    assert (old["age_days"] == 405).all()  # 2026-11-22 to 2028-01-01
    # a yearly value of the past is not in force any more and need not be checked again
    assert "pension_adjustment" not in set(old["table"])
