"""The pension formula and what a person gets from it."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from analytics.appraisal.planning import Person, by_base, by_break, compare, outlook
from analytics.inputs.pension_rules import has_benefit_base, pension_rules
from analytics.model.pension import (
    account_balance,
    account_pension,
    basic_pension,
    break_even_months,
    payout_months,
    relative_growth,
    transitional_pension,
)

DAY = date(2026, 1, 1)


def test_basic_pension_is_the_mean_of_both_bases_times_years_per_cent():
    # 7,831 × (1 + 0.6) ÷ 2 × 15 × 1 % = 939.72 yuan a month
    assert basic_pension(7831, 0.6, 15) == pytest.approx(939.72)


def test_transitional_pension_pays_for_years_before_personal_accounts():
    assert transitional_pension(7831, 1.0, 10, 0.013) == pytest.approx(1018.03)


def test_an_account_without_growth_is_what_was_paid_in():
    assert account_balance(1000, 20, 0.0) == 20_000


def test_an_account_grows_like_an_annuity():
    # 1,000 at the end of each of 3 years at 10 %: 1,210 + 1,100 + 1,000, and 500 kept three years
    assert account_balance(1000, 3, 0.1, opening=500) == pytest.approx(3310 + 500 * 1.331)


@pytest.mark.parametrize(("age_months", "months"), [(60 * 12, 139), (63 * 12, 117), (60 * 12 + 6, (139 + 132) / 2)])
def test_payout_months_are_interpolated_by_the_month(age_months, months):
    table = pension_rules("shandong", DAY).payout_months
    assert payout_months(age_months, table) == pytest.approx(months)


def test_account_pension_and_break_even_undo_each_other():
    pension = account_pension(139_000, 139)
    assert break_even_months(139_000, pension) == pytest.approx(139)
    assert break_even_months(1, 0) == float("inf")


@given(st.floats(0, 0.1), st.floats(0, 0.1))
def test_an_account_that_grows_like_wages_neither_gains_nor_loses(rate, wages):
    assert (relative_growth(rate, wages) > 0) == (rate > wages) or rate == pytest.approx(wages)


def test_the_latest_published_benefit_base_serves_until_the_next_one():
    assert pension_rules("rongcheng", DAY).benefit_base.value == 7831  # Shandong 2025
    assert has_benefit_base("longling", DAY)
    assert not has_benefit_base("china", DAY)


def test_a_man_of_forty_on_the_lowest_base_gets_the_formula():
    # born 1986-01 retires 2049-01 at 63 after 23 years: 7,831 × 1.6 ÷ 2 × 23 × 1 % = 1,440.904 basic;
    # account 7,831 × 0.6 × 8 % × 12 × 23 ÷ 117 = 103,745.088 ÷ 117 = 886.710
    found = outlook(Person("M60", (1986, 1)), "heze", DAY, 0.02, 0.02)
    assert found.retires == (2049, 1)
    assert found.years == 23
    assert found.basic == pytest.approx(1440.904)
    assert found.account == pytest.approx(886.710, abs=0.001)


def test_a_higher_base_always_pays_more_and_pays_back_later():
    table = compare(by_base(Person("F55", (1990, 6)), (0.6, 1.0, 3.0)), "heze", DAY, 0.02, 0.02)
    assert table["pension"].is_monotonic_increasing
    assert table["break_even_age"].is_monotonic_increasing


def test_years_left_out_cannot_be_paid_back_and_may_cost_the_whole_pension():
    table = compare(by_break(Person("M60", (1986, 1)), (0, 3, 5)), "heze", DAY, 0.02, 0.02)
    assert list(table["eligible"]) == [True, True, False]  # 23, 20 and 18 years against the 20 needed in 2049
    assert table["pension"].iloc[2] == 0


def test_a_base_outside_the_bounds_is_refused_with_the_bounds():
    with pytest.raises(ValueError, match="60% and 300%"):
        outlook(Person("M60", (1986, 1), index=0.5), "heze", DAY, 0.02, 0.02)
