"""Whole cohorts retire exactly once, in the years their months of birth say."""

from __future__ import annotations

from datetime import date
from functools import cache

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analytics.inputs.pension_rules import retirement_values
from analytics.model.cohort_retirement import (
    CATEGORIES,
    members,
    retired_share,
    retirement_wave,
    retirement_years,
    retiring_share,
    unreformed,
    working_population,
)
from analytics.model.population.cohorts import PopulationPath
from analytics.model.population.outlook import Outlook
from analytics.model.retirement import RetirementRule

DAY = date(2025, 1, 1)
OLD_AGES = {"M60": 60, "F55": 55, "F50": 50}


@cache
def rules() -> dict[str, RetirementRule]:
    return {name: RetirementRule(**retirement_values("china", DAY, name)) for name in CATEGORIES}


def still(persons: float = 1200.0) -> PopulationPath:
    """Nobody is born, dies or moves: the same number at every age in every year."""
    stocks, none = np.full((40, 2, 101), persons), np.zeros(39)
    return PopulationPath(2019, stocks, none, none, none)


@given(st.sampled_from(CATEGORIES), st.integers(1940, 2010))
def test_all_months_of_a_cohort_sum_to_exactly_one_retirement(category, born):
    for rule in (rules()[category], unreformed(rules()[category])):
        shares = [retiring_share(rule, born, year) for year in range(born + 49, born + 66)]
        assert round(12 * sum(shares)) == 12
        assert sum(shares) == pytest.approx(1.0)


@given(st.sampled_from(CATEGORIES), st.integers(1940, 2010))
def test_without_the_reform_the_whole_cohort_retires_in_the_year_of_its_birthday(category, born):
    assert retiring_share(unreformed(rules()[category]), born, born + OLD_AGES[category]) == 1.0


@given(st.sampled_from(CATEGORIES), st.integers(1940, 2010), st.integers(1995, 2075))
def test_the_share_retired_is_the_sum_of_the_shares_retiring(category, born, year):
    rule = rules()[category]
    before = sum(retiring_share(rule, born, y) for y in range(born + 45, year + 1))
    assert retired_share(rule, born, year) == pytest.approx(before)


# the vectors of the public calculator, by month of birth
@pytest.mark.parametrize(
    ("category", "born", "month", "year"),
    [("M60", 1965, 1, 2025), ("M60", 1966, 1, 2026), ("M60", 1975, 6, 2038), ("M60", 1988, 9, 2051),
     ("F55", 1970, 9, 2025), ("F55", 1971, 6, 2026), ("F50", 1975, 6, 2025), ("F50", 1976, 6, 2027),
     ("F50", 1977, 1, 2028), ("F50", 1984, 11, 2039)],
)  # fmt: skip
def test_each_month_retires_in_the_year_of_the_public_calculator(category, born, month, year):
    assert retirement_years(rules()[category], born)[month - 1] == year


def test_the_first_cohort_after_the_reform_splits_over_two_years():
    # men born January–April 1965 retire a month late, May–August two, September–December three:
    # September's retire in December 2025, October's to December's in 2026
    assert retiring_share(rules()["M60"], 1965, 2025) == pytest.approx(9 / 12)
    assert retiring_share(rules()["M60"], 1965, 2026) == pytest.approx(3 / 12)


def test_every_person_belongs_to_one_category():
    assert np.sum(list(members(0.3).values()), axis=0) == pytest.approx([1.0, 1.0])


def test_a_still_population_without_reform_retires_one_cohort_of_each_sex_a_year():
    old = {name: unreformed(rule) for name, rule in rules().items()}
    wave = retirement_wave(still(), old, range(2024, 2030), 0.25)
    assert wave.to_numpy() == pytest.approx(np.tile([1200.0, 900.0, 300.0], (6, 1)))


def test_the_reform_spreads_men_over_five_years_for_four_and_women_of_50_over_three_for_two():
    # four months of birth fill five months of retirement, two fill three
    wave = retirement_wave(still(), rules(), range(2025, 2030), 0.5).sum()
    assert wave["M60"] == pytest.approx(5 * 1200 * 4 / 5, rel=0.02)
    wave = retirement_wave(still(), rules(), range(2025, 2028), 0.5).sum()
    assert wave["F50"] == pytest.approx(3 * 600 * 2 / 3, rel=0.05)


@settings(max_examples=20, deadline=None)
@given(st.floats(0, 1))
def test_those_not_yet_retired_shrink_by_those_who_retire(split):
    # in a still population the adults are the same every year, so only a new cohort of 16 and the wave move the stock
    years = range(2021, 2035)
    stock, wave = (f(still(), rules(), years, split).sum(axis=1) for f in (working_population, retirement_wave))
    expected = stock.shift(1) + 2 * 1200 - wave.shift(1)
    pd.testing.assert_series_equal(stock.iloc[1:], expected.iloc[1:], rtol=1e-9)


def test_an_outlook_knows_both_worlds():
    seen = Outlook(still(), still(), rules(), 0.5)
    assert seen.years[0] == 2020 and seen.last_year == 2034
    assert seen.totals[2024] == pytest.approx(seen.without_reform.totals[2024])
    assert seen.totals[2026] < seen.without_reform.totals[2026]
    assert (seen.rate[2026:] < seen.without_reform.rate[2026:]).all()
