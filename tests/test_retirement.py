"""Statutory retirement by month of birth."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from analytics.inputs.pension_rules import minimum_years, retirement_values
from analytics.model.retirement import RetirementRule, delay_months, retirement_age_months, retirement_month

DAY = date(2025, 1, 1)

# public test cases said to agree with the calculator of the official electronic social-insurance card
VECTORS = [
    ("M60", 1965, 1, (2025, 2)), ("M60", 1966, 1, (2026, 5)), ("M60", 1975, 6, (2038, 2)), ("M60", 1988, 9, (2051, 9)),
    ("F55", 1970, 1, (2025, 2)), ("F55", 1970, 6, (2025, 8)), ("F55", 1970, 9, (2025, 12)), ("F55", 1971, 6, (2026, 11)),
    ("F55", 1988, 9, (2046, 9)), ("F50", 1975, 1, (2025, 2)), ("F50", 1975, 6, (2025, 9)), ("F50", 1976, 6, (2027, 3)),
    ("F50", 1977, 1, (2028, 2)), ("F50", 1984, 11, (2039, 11)),
]  # fmt: skip


def rule(category: str) -> RetirementRule:
    return RetirementRule(**retirement_values("china", DAY, category))


@pytest.mark.parametrize(("category", "year", "month", "expected"), VECTORS)
def test_retirement_month_agrees_with_the_public_calculator(category, year, month, expected):
    assert retirement_month(rule(category), year, month) == expected


@pytest.mark.parametrize(("category", "year"), [("M60", 1964), ("F55", 1969), ("F50", 1974)])
def test_nobody_born_before_the_first_affected_month_is_put_off(category, year):
    assert delay_months(rule(category), year, 12) == 0


@given(st.sampled_from(["M60", "F55", "F50"]), st.integers(1950, 2010), st.integers(1, 11))
def test_a_later_birth_never_means_an_earlier_age_and_the_cap_holds(category, year, month):
    r = rule(category)
    ages = [retirement_age_months(r, year, m) for m in (month, month + 1)]
    assert ages[0] <= ages[1] <= r.final_age * 12


def test_flexible_retirement_moves_by_the_months_chosen_but_not_below_the_old_age():
    men = rule("M60")
    assert retirement_age_months(men, 1990, 1) == 63 * 12
    assert retirement_age_months(men, 1990, 1, -36) == 60 * 12
    assert retirement_age_months(men, 1966, 1, -36) == 60 * 12  # would be 60 + 4 − 36 months
    assert retirement_age_months(men, 1990, 1, 36) == 66 * 12


def test_more_than_three_years_of_flexibility_is_refused():
    with pytest.raises(ValueError, match="36 months"):
        retirement_age_months(rule("M60"), 1990, 1, 37)


@pytest.mark.parametrize(
    ("year", "years"), [(2024, 15), (2029, 15), (2030, 15.5), (2034, 17.5), (2039, 20), (2050, 20)]
)
def test_minimum_years_rise_by_half_a_year_each_year_from_2030(year, years):
    assert minimum_years("china", year) == years
