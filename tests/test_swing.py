"""Moving one person to the employee scheme: both lives by hand, accounts that close, and what the section says."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analytics.appraisal.planning import Person, outlook
from analytics.appraisal.study import Study
from analytics.appraisal.swing import (
    PARTIES,
    Account,
    Conditions,
    Flow,
    Life,
    Setting,
    Swing,
    claim_age,
    employee_life,
    flexible_share,
    inputs_of,
    net,
    oldest_age,
    paying_year,
    resident_life,
    running_value,
    sensitivity,
    survivors,
    swing,
    turning_age,
)
from analytics.inputs.pension_rules import pension_rules
from analytics.presentation.charts.swing import running_values
from analytics.presentation.document import Heading, Listing, Paragraph, Table
from analytics.presentation.pictures import Chart, drawn
from analytics.presentation.sections import swing as section
from analytics.presentation.style import new_axes, png_bytes
from analytics.terms import LANGUAGES

pytestmark = pytest.mark.filterwarnings("error")

DAY = date(2026, 11, 22)
GIVEN = Conditions(
    wage=1000, base=0.6, collected=1, own_rate=0.2, employer_rate=0, fee=300, fee_subsidy=60, resident_basic=100,
    supplements={}, subsidised=0, funeral=0, crediting=0, indexation=0, discount=0,
    payout_months={58: 152, 60: 139, 63: 117, 65: 101},
)  # fmt: skip


def life(age: int = 40, claims: int = 63, death_rates: np.ndarray | float = 0.0) -> Life:
    """A life from a birthday on."""
    return Life(age * 12, claims * 12, survivors(np.broadcast_to(death_rates, 101), age * 12))


conditions = st.builds(
    Conditions,
    wage=st.floats(1000, 20_000), base=st.floats(0.4, 3), collected=st.floats(0.5, 1), own_rate=st.floats(0.05, 0.3),
    employer_rate=st.floats(0, 0.2), fee=st.floats(100, 8000), fee_subsidy=st.floats(0, 500),
    resident_basic=st.floats(50, 500), supplements=st.just({65: 5.0, 75: 10.0}), subsidised=st.floats(0, 0.5),
    funeral=st.floats(0, 60_000), crediting=st.floats(-0.02, 0.05), indexation=st.floats(-0.02, 0.02),
    discount=st.floats(-0.01, 0.05), payout_months=st.just(GIVEN.payout_months),
)  # fmt: skip
lives = st.builds(life, st.integers(18, 55), st.sampled_from([58, 60, 63, 65]), st.floats(0.0001, 0.1))


# --- accounts close --------------------------------------------------------------------------------------------------


@given(conditions, lives)
@settings(max_examples=40)
def test_what_the_parties_gain_and_lose_is_nothing_in_every_month_and_over_the_life(found, lived):
    move = Swing(found, lived)
    parts = net(move.flows)
    largest = max(np.abs(part).max() for part in parts.values())
    assert sum(parts.values()) == pytest.approx(0, abs=1e-9 * largest)
    values = move.values
    assert tuple(values) == PARTIES
    assert sum(values.values()) == pytest.approx(0, abs=1e-9 * max(map(abs, values.values())))


@given(conditions, lives)
@settings(max_examples=20)
def test_money_laid_up_at_interest_ends_at_the_present_value_grown_and_interest_is_nobodys_loss(found, lived):
    monthly, months = (1 + found.discount) ** (1 / 12), len(lived.ages)
    closing = {}
    for party, part in net(swing(found, lived)).items():
        balance = 0.0
        for amount in part:  # paid in the middle of the month
            balance = balance * monthly + amount * monthly**0.5
        closing[party] = balance
        value = running_value(part, found.discount)[-1]
        assert balance == pytest.approx(value * monthly**months, rel=1e-6, abs=1e-3)
    assert sum(closing.values()) == pytest.approx(0, abs=1e-6 * max(map(abs, closing.values())))


@given(st.integers(18, 55), st.sampled_from([58, 60, 63, 65]), st.floats(0.0001, 0.1), conditions)
@settings(max_examples=20)
def test_an_account_pays_out_to_the_living_and_their_heirs_exactly_what_went_in(age, claims, rate, found):
    # without interest: Σ paid in = Σ account pension of the payout months + Σ inheritance; only longer lives cost the fund
    lived, found = life(age, claims, rate), replace(found, crediting=0.0)
    paid_in = 0.08 / (found.own_rate + found.employer_rate) * _total(employee_life(found, lived), "contributions")
    account = Account(
        found.wage * found.index * 12 * 0.08, lived.claims - lived.start, found.payout_months[claims], 0.0
    )
    last = lived.claims + int(found.payout_months[claims])
    paid_out = account.pension * lived.lived(lived.claims, last).sum()
    assert paid_out + _total(employee_life(found, lived), "inheritance") == pytest.approx(paid_in)


def _total(flows: list[Flow], name: str) -> float:
    return float(sum(flow.amount.sum() for flow in flows if flow.name == name))


def test_an_account_that_earns_interest_is_empty_when_its_months_are_over():
    account = Account(1200, 240, 139, 0.0)
    assert account.pension == pytest.approx(24_000 / 139)
    assert list(account.left(np.array([0, 120, 240, 240 + 139, 600]))) == pytest.approx([0, 12_000, 24_000, 0, 0])
    assert Account(1200, 240, 139, 0.03).left(np.array([240 + 139]))[0] > 0  # what it earns while it is paid out


# --- both lives by hand ----------------------------------------------------------------------------------------------


def test_a_life_without_deaths_and_interest_comes_out_as_by_hand():
    # a man of 40 who pays 1,000 × 0.6 × 12 × 20 % = 1,440 a year for 23 years, 33,120 in all, and lives to 101:
    # basic 1,000 × 1.6 ÷ 2 × 23 % = 184, account 600 × 12 × 8 % × 23 ÷ 117 = 13,248 ÷ 117; 38 years of pension.
    # As a resident he pays 300 + 60 for 20 years (7,200 ÷ 139 a month) and draws 41 years of that and of 100.
    move = Swing(GIVEN, life())
    pension, account = 184 + 13_248 / 117, 7200 / 139
    assert (move.pension, move.resident_pension) == pytest.approx((pension, 100 + account))
    assert move.values == pytest.approx({
        "person": -33_120 + 300 * 20 + 456 * pension - 492 * (100 + account),
        "employer": 0,
        "employee_fund": 33_120 - 456 * pension,
        "resident_fund": -7200 + 492 * account,
        "budget": 60 * 20 + 492 * 100,
    })  # fmt: skip


def test_the_person_breaks_even_when_the_higher_pension_has_made_up_for_everything():
    # −1,140 × 20 to 60, then −1,440 × 3 and 36 resident pensions of 151.80 forgone: −32,584.75 at 63;
    # 297.23 − 151.80 = 145.43 a month more from then on: back in the 225th month, at 63 + 225/12
    assert Swing(GIVEN, life()).break_even_age == pytest.approx(63 + 225 / 12)


def test_the_age_at_which_a_fund_is_spent_weighs_interest():
    paid = np.concatenate([np.full(120, 10.0), np.full(240, -10.0)])  # ten years in, then out
    lived = Life(600, 720, np.ones(361))
    assert turning_age(paid, lived, 0.0) == 70
    assert turning_age(paid, lived, 0.05) > 72
    assert turning_age(np.abs(paid), lived, 0.0) == float("inf")


def test_a_year_of_paying_is_the_first_year_of_a_life_without_deaths():
    parts, year = net(swing(GIVEN, life())), net(paying_year(GIVEN))
    assert {party: part[:12].sum() for party, part in parts.items()} == pytest.approx(year)
    assert year == {"person": -1440 + 300, "employer": 0, "employee_fund": 1440, "resident_fund": -360, "budget": 60}


def test_supplements_replace_each_other_as_people_grow_old():
    found = replace(GIVEN, supplements={65: 5.0, 75: 10.0})
    basic = next(flow.amount for flow in resident_life(found, life()) if flow.name == "basic_pension")
    assert [basic[(age - 40) * 12] for age in (59, 60, 64, 65, 74, 75, 90)] == [0, 100, 100, 105, 105, 110, 110]


def test_survival_follows_a_constant_rate():
    # 2 % a year: e^−0.02 after a year, e^−0.4 after twenty
    alive = survivors(np.full(101, 0.02), 480)
    assert (alive[0], alive[12], alive[240]) == pytest.approx((1, np.exp(-0.02), np.exp(-0.4)))
    assert len(alive) == (101 - 40) * 12 + 1


# --- rules -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("category", "age", "claims"),
    [
        ("M60", 43, 63),
        ("M60", 44, 64),
        ("M60", 45, 65),
        ("F55", 38, 58),
        ("F55", 39, 59),
        ("F50", 35, 55),
        ("F50", 40, 60),
    ],
)
def test_whoever_is_short_of_twenty_years_at_retirement_pays_on_until_they_are_reached(category, age, claims):
    # retirement at 63, 58 and 55 for these cohorts, 20 years needed from 2039 on
    assert claim_age(Person(category, (2026 - age, 11)), "shandong", DAY) == claims * 12


def test_the_oldest_age_at_which_the_years_still_suffice():
    # 63 − 20, 58 − 20, 55 − 20
    assert [oldest_age(category, "shandong", DAY) for category in ("M60", "F55", "F50")] == [43, 38, 35]


def test_who_cannot_reach_the_minimum_years_is_refused():
    with pytest.raises(ValueError, match="1969 does not reach the minimum"):
        claim_age(Person("M60", (1969, 11)), "shandong", DAY)


def test_before_the_reform_began_the_ages_it_will_bring_are_used():
    assert claim_age(Person("M60", (1990, 3)), "shandong", date(2024, 3, 31)) == 63 * 12


# --- the plan --------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def here(rongcheng: Study) -> Setting:
    return section.setting(rongcheng)


def test_pensions_are_those_of_contribution_planning(here: Setting):
    person = Person("M60", (1991, 1))
    move = here.move(person, "flexible")
    index = move.given.index
    fee, subsidy = next(iter(pension_rules(here.place, here.day).fee_subsidies.items()))
    found = outlook(replace(person, index=index, fee=fee), here.place, here.day, 0.02, 0.02)
    assert move.pension == pytest.approx(found.pension)
    same_tier = replace(move, given=replace(move.given, fee=fee, fee_subsidy=subsidy))
    assert same_tier.resident_pension == pytest.approx(found.resident_pension)


@pytest.mark.parametrize("category", ["flexible", "enterprise"])
def test_one_persons_income_is_what_the_projection_collects_per_contributor(rongcheng: Study, category: str):
    seen = section.plan_years(rongcheng)
    assert list(seen.index) == [2024, 2025, 2026]
    for year, row in seen.iterrows():
        income = rongcheng.value("employee", "collection_income", year, category=category)
        base, rate = (rongcheng.value("employee", name, year, category=category) for name in ("contribution_base", "contribution_rate"))  # fmt: skip
        heads = income / (base * rate * rongcheng.value("employee", "collection_rate", year) * 12)
        assert row[category] * heads == pytest.approx(income)


def test_the_declared_base_stands_to_the_wage_as_in_the_plans_last_year(rongcheng: Study, here: Setting):
    wage = rongcheng.value("employee", "base_floor", 2026) / 0.6
    for category in ("flexible", "enterprise"):
        base = rongcheng.value("employee", "contribution_base", 2026, category=category)
        assert here.conditions(category).base == pytest.approx(base / wage)


def test_everybody_moved_pays_half_a_year_at_first_and_whole_years_after(rongcheng: Study):
    seen = section.plan_years(rongcheng)
    moved = [rongcheng.value("employee", "transfers", year) for year in seen.index]
    assert list(seen["heads"]) == pytest.approx(
        [moved[0] / 2, moved[0] + moved[1] / 2, moved[0] + moved[1] + moved[2] / 2]
    )
    share = seen["fund_all"] / seen["heads"]
    assert (share > seen["flexible"]).all() and (share < seen["enterprise"]).all()


def test_transfers_beyond_the_new_members_own_are_flexible_workers():
    # 1,000 new members, 300 of them residents (30 %), 90 of these flexible; 200 more moved: 290 of 500
    assert flexible_share(500, 1200, 0.3, 0.3) == pytest.approx(290 / 500)
    assert flexible_share(300, 1000, 0.3, 0.3) == pytest.approx(0.3)
    assert flexible_share(1000, 1000, 1.0, 0.4) == 0.4


def test_a_long_plan_shows_the_three_years_from_the_studys_own_on(study_of: Callable[..., Study]):
    assert list(section.plan_years(study_of("longling")).index) == [2026, 2027, 2028]


@pytest.mark.parametrize("category", ["flexible", "enterprise"])
def test_every_input_moves_somebodys_value(here: Setting, category: str):
    person = Person("M60", (1991, 1))
    before = here.move(person, category).values
    for name in inputs_of(category):
        after = here.with_input(name, here.now(name) * 1.1 + 0.01).move(person, category).values
        assert after != pytest.approx(before, rel=1e-9), name


def test_longer_lives_cost_the_fund_and_a_higher_rate_of_interest_spares_it(here: Setting):
    found = sensitivity(here, Person("M60", (1991, 1)), "flexible")
    width = (found["fund_high"] - found["fund_low"]).abs()
    assert width.is_monotonic_decreasing
    for name in ("rate", "population.insured_mortality"):
        assert found.loc[name, "fund_low"] < found.loc[name, "fund_high"]
        assert found.loc[name, "person_low"] > found.loc[name, "person_high"]


# --- section and chart -----------------------------------------------------------------------------------------------


@pytest.fixture(scope="module", params=[("rongcheng", "zh"), ("longling", "en"), ("wendeng", "zh")], ids=lambda p: p[0])
def study(request, study_of: Callable[..., Study]) -> Study:
    return study_of(*request.param)


def test_the_section_answers_in_three_sentences_with_four_tables_a_chart_and_its_assumptions(study: Study):
    blocks = [*section.swing(study), *section.persons(study)]
    assert isinstance(blocks[0], Heading) and blocks[0].level == 2
    said = [block.text for block in blocks[1:4] if isinstance(block, Paragraph)]
    assert len(said) == 3 and all(words.endswith("。" if study.language == "zh" else ".") for words in said)
    tables = [block for block in blocks if isinstance(block, Table)]
    assert [len(table.rows) for table in tables] == [8, 16, 16, 8]
    assert all(row[-1] in ("0.00", "0") for row in tables[2].rows)  # what everybody gets and pays sums to nothing
    assumed = next(block for block in blocks if isinstance(block, Listing)).items[0]
    assert ("职工保险征缴率 97.0%" if study.language == "zh" else "collection rate 97.0%") in assumed
    assert "{" not in str(blocks)
    for block in blocks:
        if isinstance(block, Chart):
            png_bytes(drawn(block))


def test_a_place_without_a_benefit_base_says_so(study_of: Callable[..., Study]):
    blocks = section.swing(study_of("national"))
    assert len(blocks) == 2 and "没有公布" in blocks[1].text
    assert section.persons(study_of("national")) == []


def test_the_age_rule_is_held_against_the_oldest_age_that_suffices(rongcheng: Study, monkeypatch: pytest.MonkeyPatch):
    assert "宽于这一要求" in section.answer(rongcheng)[2].text  # 45 and 40 against 43 and 38
    monkeypatch.setattr(section, "limits", lambda study: {"men": 44, "women": 39})
    assert "符合这一要求" in section.answer(rongcheng)[2].text


def test_values_run_from_nothing_to_the_present_value():
    move = Swing(GIVEN, life(death_rates=0.01))
    running = section.running_frame(move)
    assert running.index[0] == 40 and running.iloc[0].eq(0).all()
    assert dict(running.iloc[-1]) == pytest.approx(move.values)
    assert running.sum(axis=1).abs().max() < 1e-6


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_chart_names_every_party_that_anything_happens_to_with_its_final_value(language):
    running = pd.DataFrame(
        {"person": [0.0, -5e4, 1.2e5], "employer": 0.0, "budget": [0.0, 5e4, -1.2e5]}, index=[35, 63, 101]
    )
    ax = running_values(new_axes(), running, {63: "63"}, language)
    names = [words.get_text() for words in ax.texts]
    assert names == (
        ["63", "个人 +12.00", "财政 -12.00"] if language == "zh" else ["63", "person +12.00", "budget -12.00"]
    )
    assert list(ax.lines[0].get_ydata()) == pytest.approx([0, -5, 12])
    png_bytes(ax.figure)


def test_a_chart_of_nothing_is_refused():
    with pytest.raises(ValueError, match="nothing to draw"):
        running_values(new_axes(), pd.DataFrame({"person": [0.0, 0.0]}, index=[35, 36]), {})
