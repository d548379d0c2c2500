"""The equations of enrollment, structure and fund: heads are conserved, parts sum to totals, paths arrive."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from math import isclose

import numpy as np
import pytest
from constant_ages import RATES, ConstantAges
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from analytics.model.book import Book, Given
from analytics.model.enrollment import CATEGORIES
from analytics.model.fund import collection_income, mean, reference_wage
from analytics.model.projection import simulate
from analytics.model.structure import enrollment_required, step_towards, transfers_required, yearly_shift_required

BASE, LAST = 2023, 2026
YEARS = range(BASE + 1, LAST + 1)
SCHEMES = ["employee", "resident", "unemployment", "work_injury"]
SMALL = ("unemployment", "work_injury")
# Sixty numbers shrink slowly and the first county that fails is as telling as the smallest.
thirty = settings(max_examples=30, deadline=None, phases=[Phase.explicit, Phase.reuse, Phase.generate])
Numbers = dict[str, float | dict[int, float]]
Look = Callable[..., float]

# Low and high of what a Chinese county may plausibly have; stocks and money are per adult.
PER_ADULT = {
    "population.outside": (0.03, 0.05),  # a share in the model as well
    "employee.enterprise": (0.05, 0.20),
    "employee.flexible": (0.02, 0.10),
    "employee.institution": (0.01, 0.05),
    "employee.interrupted": (0.005, 0.05),
    "employee.retirees": (0.03, 0.12),
    "resident.active": (0.15, 0.30),
    "resident.beneficiaries": (0.05, 0.12),
    "employee.gross_new": (0.0, 0.005),
    "resident.gross_new": (0.0, 0.002),
    "unemployment.participants": (0.05, 0.20),
    "unemployment.gross_new": (0.0, 0.01),
    "work_injury.participants": (0.05, 0.20),
    "work_injury.gross_new": (0.0, 0.01),
    "employee.collection_income": (1000.0, 4000.0),
    "employee.balance": (3000.0, 9000.0),
    "resident.balance": (500.0, 2000.0),
    "unemployment.collection_income": (20.0, 100.0),
    "unemployment.balance": (300.0, 900.0),
    "work_injury.balance": (200.0, 600.0),
}
FLOWS = {
    "population.entrants": (0.01, 0.018),
    "population.school_leaving": (0.22, 0.34),
    "population.migration": (-0.005, 0.005),
    "population.deaths_working": (0.002, 0.004),
    "population.deaths_elderly": (0.028, 0.038),
    "employee.interruption": (0.02, 0.05),
    "employee.resumption": (0.12, 0.28),
    "employee.retirement": (0.02, 0.035),
    "employee.exit": (0.0, 0.025),
    "resident.ageing": (0.03, 0.05),
    "resident.back_payment": (0.0, 0.1),
    "unemployment.exit": (0.005, 0.02),
    "work_injury.exit": (0.005, 0.02),
}
SHARES = {
    "employee.new_from_resident": (0.15, 0.45),
    "employee.new_from_elsewhere": (0.0, 0.20),
    "employee.new_flexible": (0.15, 0.45),
    "employee.new_institution": (0.0, 0.15),
    "employee.enterprise_base": (0.6, 0.9),
    "employee.flexible_base": (0.6, 0.7),
    "employee.institution_base": (0.9, 1.3),
    "employee.enterprise_rate": (0.2, 0.28),
    "employee.flexible_rate": (0.18, 0.22),
    "employee.institution_rate": (0.2, 0.28),
    "employee.collection": (0.9, 1.0),
    "employee.base_quality": (-0.02, 0.05),
    "employee.pension_adjustment": (0.0, 0.05),
    "employee.new_pension": (0.4, 0.6),
    "employee.subsidy": (0.0, 0.3),
    "employee.interest": (0.0, 0.04),
    "resident.paying": (0.7, 0.95),
    "resident.benefit_growth": (0.0, 0.08),
    "resident.fiscal": (0.8, 1.0),
    "resident.interest": (0.0, 0.04),
    "wage.growth": (-0.02, 0.08),
    **{f"{s}.{k}": r for s in SMALL for k, r in (("base", (0.6, 0.9)), ("rate", (0.005, 0.015)),
                                                 ("collection", (0.9, 1.0)), ("interest", (0.0, 0.04)))},
}  # fmt: skip
LEVELS = {
    "wage.before_last": (4000.0, 9000.0),
    "wage.last": (4000.0, 9000.0),
    "wage.switch_month": (1, 12),
    "wage.floor": (0.6, 0.6),
    "wage.cap": (3.0, 3.0),
    "employee.pension": (2500.0, 4500.0),
    "employee.funeral": (1e4, 5e4),
    "resident.fee": (200.0, 800.0),
    "resident.fee_subsidy": (30.0, 80.0),
    "resident.benefit": (120.0, 300.0),
    "resident.supplement_65": (0.0, 10.0),
    "resident.supplement_75": (0.0, 20.0),
    "unemployment.cost": (200.0, 800.0),
    "work_injury.cost": (200.0, 500.0),
}


def _within(ranges: Mapping[str, tuple[float, float]]) -> st.SearchStrategy[dict[str, float]]:
    return st.fixed_dictionaries({name: st.floats(low, high) for name, (low, high) in ranges.items()})


@st.composite
def counties(draw: st.DrawFn) -> Numbers:
    """Plausible numbers of a county with all four schemes and all three categories."""
    adults = draw(st.floats(1e4, 1e7))
    heads = {name: share * adults for name, share in draw(_within(PER_ADULT)).items()}
    outside = {"population.outside": heads.pop("population.outside") / adults}
    return {"population.adults": adults} | outside | heads | draw(_within(FLOWS | SHARES)) | draw(_within(LEVELS))


def middle() -> Numbers:
    """The county in the middle of all ranges, 100,000 adults."""
    numbers = {name: (low + high) / 2 for name, (low, high) in (PER_ADULT | FLOWS | SHARES | LEVELS).items()}
    stocks = {name: numbers[name] * 1e5 for name in PER_ADULT if name != "population.outside"}
    return numbers | stocks | {"population.adults": 1e5}


def run(numbers: Numbers, schemes: list[str] = SCHEMES, last: int = LAST, **reach: float) -> Look:
    """Run the equations; the answer is asked for results: ``look(scheme, indicator, year, category="total")``."""
    book = Book()
    given = Given({name: _by_year(name, n, last) for name, n in numbers.items() if name not in RATES})
    ages = ConstantAges(given, {name: numbers[name] for name in RATES}, **reach)
    simulate(given, ages, book, schemes, BASE, last)
    assert not given.missing
    look = lambda *key, category="total": float(book(*key, category=category)[0])  # noqa: E731
    look.book = book  # type: ignore[attr-defined]
    return look


def _by_year(name: str, number: float | dict[int, float], last: int) -> dict[int, np.ndarray]:
    if isinstance(number, dict) and name.endswith("_path"):
        return {year: np.array([value]) for year, value in number.items()}
    years = range(BASE, last + 1)
    return {y: np.array([number[y] if isinstance(number, dict) else number], dtype=float) for y in years}


def values(look: Look) -> dict[tuple[tuple[str, str, str], int], float]:
    """Every result by key and year."""
    return {(key, y): float(v[0]) for key, by_year in look.book.entries.items() for y, v in by_year.items()}  # type: ignore[attr-defined]


def close(found: float, expected: float, size: float = 0.0) -> bool:
    """Equal to rounding; ``size`` is the size of the numbers a difference was taken of."""
    return isclose(found, expected, rel_tol=1e-9, abs_tol=1e-9 * (size + 1e-3))


# --- heads are conserved -----------------------------------------------------------------------------------------


def _stock_at_end(look: Look, n: Numbers, year: int) -> dict[tuple[str, str], float]:
    """Start + inflows − outflows of every state, written out from the flows and rates, not from the equations."""
    before = lambda scheme, stock: look(scheme, stock, year - 1)  # noqa: E731
    dying, elderly, moving = (n[f"population.{k}"] for k in ("deaths_working", "deaths_elderly", "migration"))
    gross, transfers, reached_60 = (
        look(*flow, year)
        for flow in (("employee", "gross_new"), ("employee", "transfers"), ("resident", "retirements"))
    )
    employee = {
        k: look("employee", k, year) for k in ("deaths", "retirements", "exits", "interruptions", "resumptions")
    }
    resident_new, paid_back = (
        look("resident", "gross_new", year),
        n["resident.back_payment"] * before("all", "uncovered"),
    )
    paying, interrupted = before("employee", "contributors"), before("employee", "interrupted")
    left_school = n["population.school_leaving"] * before("all", "outside")
    arrivals = n["employee.new_from_elsewhere"] * gross
    staying = 1 - dying + moving
    return {
        ("all", "outside"): before("all", "outside") * staying
        + n["population.entrants"] * before("all", "population") - left_school,
        ("all", "uncovered"): before("all", "uncovered") * staying
        + left_school - (gross - transfers - arrivals) - resident_new - paid_back,
        ("resident", "active"): before("resident", "active") * (1 + moving)
        - look("resident", "deaths", year) - reached_60 - transfers + resident_new,
        ("resident", "beneficiaries"): before("resident", "beneficiaries") * (1 - elderly) + reached_60 + paid_back,
        ("employee", "retirees"): before("employee", "retirees") * (1 - elderly) + employee["retirements"],
        ("employee", "active"): paying + interrupted + look("employee", "net_new", year),
        ("employee", "interrupted"): interrupted * (1 - dying - n["employee.retirement"])
        + employee["interruptions"] - employee["resumptions"],
        ("employee", "contributors"): paying * (1 - dying - n["employee.retirement"]) + gross
        - employee["exits"] - employee["interruptions"] + employee["resumptions"],
    }  # fmt: skip


@thirty
@given(counties())
def test_the_stock_at_the_end_is_that_at_the_start_plus_inflows_minus_outflows_in_every_state(county: Numbers):
    look = run(county)
    for year in YEARS:
        for (scheme, stock), expected in _stock_at_end(look, county, year).items():
            assert close(look(scheme, stock, year), expected, county["population.adults"]), (scheme, stock, year)


@thirty
@given(counties())
def test_states_sum_to_a_population_that_changes_only_by_births_deaths_and_moves(county: Numbers):
    look = run(county)
    for year in YEARS:
        start = {s: look(*s, year - 1) for s in (("all", "outside"), ("all", "uncovered"), ("resident", "active"))}
        pensioners = look("employee", "retirees", year - 1) + look("resident", "beneficiaries", year - 1)
        working = sum(start.values()) + look("employee", "active", year - 1)
        deaths = county["population.deaths_working"] * working + county["population.deaths_elderly"] * pensioners
        moved = county["population.migration"] * sum(start.values()) - look("employee", "exits", year)
        arrived = county["employee.new_from_elsewhere"] * look("employee", "gross_new", year)
        born = county["population.entrants"] * look("all", "population", year - 1)
        change = look("all", "population", year) - look("all", "population", year - 1)
        assert close(change, born + arrived + moved - deaths, county["population.adults"])


@thirty
@given(counties())
def test_states_and_categories_sum_to_their_totals(county: Numbers):
    look = run(county)
    for year in (BASE, *YEARS):
        parts = [look("employee", "contributors", year, category=k) for k in CATEGORIES]
        assert close(sum(parts), look("employee", "contributors", year))
        active = look("employee", "contributors", year) + look("employee", "interrupted", year)
        assert close(look("employee", "active", year), active)
        assert close(look("employee", "participants", year), active + look("employee", "retirees", year))
        enrolled = look("employee", "participants", year) + look("resident", "participants", year)
        everyone = enrolled + look("all", "uncovered", year) + look("all", "outside", year)
        assert close(look("all", "population", year), everyone)
        assert close(look("all", "coverage_rate", year), enrolled / (everyone - look("all", "outside", year)))
    assert close(look("all", "population", BASE), county["population.adults"])


@thirty
@given(counties())
def test_nothing_is_negative_for_plausible_rates(county: Numbers):
    may_fall_below_zero = {"migration", "gap", "current_balance", "net_new", "balance", "months_payable", "interest"}
    found = {key: value for key, value in values(run(county)).items() if key[0][1] not in may_fall_below_zero}
    assert {key: value for key, value in found.items() if value < 0} == {}


@thirty
@given(counties())
def test_net_growth_is_the_change_of_the_stock_and_gross_less_those_who_leave(county: Numbers):
    look = run(county)
    for year in YEARS:
        net = look("employee", "net_new", year)
        change = look("employee", "active", year) - look("employee", "active", year - 1)
        assert close(change, net, county["population.adults"])
        leaving = sum(look("employee", flow, year) for flow in ("deaths", "retirements", "exits"))
        assert close(net, look("employee", "gross_new", year) - leaving, county["population.adults"])


def test_without_flows_nothing_changes():
    still = middle() | dict.fromkeys([*FLOWS, "employee.gross_new", "resident.gross_new", "wage.growth"], 0.0)
    still |= dict.fromkeys(("unemployment.gross_new", "work_injury.gross_new", "employee.base_quality"), 0.0)
    still |= {"wage.before_last": 6000.0, "wage.last": 6000.0, "employee.pension_adjustment": 0.0,
              "resident.benefit_growth": 0.0}  # fmt: skip
    look = run(still)
    moving = {"balance", "months_payable", "interest", "income", "current_balance"}  # money goes on being collected
    for (key, year), value in values(look).items():
        if year > BASE and key[1] not in moving and (key, BASE) in values(look):
            assert close(value, values(look)[key, BASE]), (key, year)


def test_resumed_contributors_return_to_the_categories_in_proportion():
    # 8,000 enterprise and 2,000 flexible contributors, 1,000 of 5,000 interrupted resume: 800 and 200.
    numbers = middle() | dict.fromkeys([*FLOWS, "employee.gross_new"], 0.0)
    numbers |= {"employee.enterprise": 8000.0, "employee.flexible": 2000.0, "employee.interrupted": 5000.0,
                "employee.resumption": 0.2}  # fmt: skip
    del numbers["employee.institution"]
    look = run(numbers)
    assert look("employee", "contributors", 2024, category="enterprise") == pytest.approx(8800)
    assert look("employee", "contributors", 2024, category="flexible") == pytest.approx(2200)
    assert look("employee", "interrupted", 2024) == pytest.approx(4000)


def test_new_members_come_from_the_resident_scheme_from_elsewhere_and_from_the_uncovered():
    # 1,000 new members: 300 from the resident scheme, 100 from elsewhere, 600 uncovered; 250 of them flexible workers.
    numbers = middle() | dict.fromkeys([*FLOWS, "resident.gross_new"], 0.0)
    numbers |= {"employee.gross_new": 1000.0, "employee.new_from_resident": 0.3, "employee.new_from_elsewhere": 0.1,
                "employee.new_flexible": 0.25, "employee.new_institution": 0.0}  # fmt: skip
    look = run(numbers)
    change = lambda *key, **kind: look(*key, 2024, **kind) - look(*key, 2023, **kind)  # noqa: E731
    assert change("resident", "active") == pytest.approx(-300)
    assert change("all", "uncovered") == pytest.approx(-600)
    assert change("all", "population") == pytest.approx(100)
    assert change("employee", "contributors", category="flexible") == pytest.approx(250)
    assert change("employee", "contributors", category="enterprise") == pytest.approx(750)


# --- paths arrive ------------------------------------------------------------------------------------------------


def _without_enrollment(county: Numbers) -> Numbers:
    return county | {"employee.gross_new": 0.0, "resident.gross_new": 0.0}


@thirty
@given(counties(), st.floats(0.3, 0.6))
def test_a_share_path_goes_to_its_milestone_in_equal_steps(county: Numbers, rise: float):
    start = run(county)("all", "employee_share", BASE)
    goal = start + rise * (1 - start)
    look = run(_without_enrollment(county) | {"employee.share_path": {LAST: goal}})
    shares = [look("all", "employee_share", year) for year in (BASE, *YEARS)]
    assert shares[-1] == pytest.approx(goal, rel=1e-12)
    assert np.diff(shares) == pytest.approx((goal - start) / 3, rel=1e-9)
    assert all(close(look("employee", "gross_new", y), look("employee", "transfers", y)) for y in YEARS)


def test_a_path_turns_at_every_milestone_and_keeps_to_the_last():
    look = run(middle() | {"employee.share_path": {2024: 0.6, 2026: 0.7}}, last=2028)
    shares = [look("all", "employee_share", year) for year in range(2024, 2029)]
    assert shares[:3] == pytest.approx([0.6, 0.65, 0.7])
    assert min(shares[3:]) >= 0.7 - 1e-12


def test_nobody_is_moved_back_where_the_share_is_already_above_its_path():
    look = run(middle() | {"employee.share_path": {2024: 0.01}})
    assert look("employee", "transfers", 2024) == pytest.approx(0.3 * middle()["employee.gross_new"])


@pytest.mark.parametrize(("absent", "joined"), [("institution", "flexible"), ("flexible", "enterprise")])
def test_further_transfers_join_as_flexible_workers_where_there_are_any_and_pay(absent: str, joined: str):
    county = _without_enrollment(middle() | dict.fromkeys(FLOWS, 0.0))
    del county[f"employee.{absent}"]
    look = run(county | {"employee.share_path": {LAST: 0.8}})
    heads = [look("employee", "contributors", year, category=joined) for year in (BASE, LAST)]
    income = [look("employee", "collection_income", year, category=joined) for year in (BASE, LAST)]
    moved = sum(look("employee", "transfers", year) for year in YEARS)
    assert moved > 0 and heads[1] == pytest.approx(heads[0] + moved)
    assert income[1] > income[0]


@thirty
@given(counties(), st.floats(0.5, 1.0))
def test_a_coverage_path_goes_to_its_milestone_in_equal_steps(county: Numbers, rise: float):
    start = run(county)("all", "coverage_rate", BASE)
    goal = start + rise * (1 - start)
    look = run(_without_enrollment(county) | {"population.coverage_path": {LAST: goal}})
    rates = [look("all", "coverage_rate", year) for year in (BASE, *YEARS)]
    assert rates[-1] == pytest.approx(goal, rel=1e-12)
    assert np.diff(rates) == pytest.approx((goal - start) / 3, rel=1e-9, abs=1e-12)


def test_share_and_coverage_paths_arrive_together():
    paths = {"employee.share_path": {2025: 0.5, 2026: 0.6}, "population.coverage_path": {2025: 0.95, 2026: 0.95}}
    look = run(middle() | paths)
    assert [look("all", "employee_share", y) for y in (2025, 2026)] == pytest.approx([0.5, 0.6])
    assert [look("all", "coverage_rate", y) for y in (2025, 2026)] == pytest.approx([0.95, 0.95])


@thirty
@given(counties(), st.floats(0.0, 0.02))
def test_paths_of_heads_are_walked_and_tell_the_gross_enrollment_they_take(county: Numbers, growth: float):
    start = run(county)
    goals = {f"{s}.active_path": {y: start(s, "active", BASE) * (1 + growth) ** (y - BASE) for y in YEARS}
             for s in ("employee", "resident")}  # fmt: skip
    look = run(county | goals)
    for year in YEARS:
        for scheme in ("employee", "resident"):
            assert close(look(scheme, "active", year), goals[f"{scheme}.active_path"][year])
        for (scheme, stock), expected in _stock_at_end(look, county, year).items():
            assert close(look(scheme, stock, year), expected, county["population.adults"]), (scheme, stock, year)


def test_a_path_of_heads_with_one_milestone_is_walked_in_equal_steps():
    start = run(middle())("employee", "active", BASE)
    look = run(middle() | {"employee.active_path": {LAST: start + 3000}})
    assert [look("employee", "active", y) - start for y in YEARS] == pytest.approx([1000, 2000, 3000])


def test_what_a_goal_asks_for_is_never_negative_and_closes_it():
    assert enrollment_required(100.0, 80.0) == 20 and enrollment_required(80.0, 100.0) == 0
    # 30 % of 1,000 contribution-stage participants are 300: 100 more than the 200 there are.
    assert transfers_required(0.3, 200.0, 800.0) == pytest.approx(100)
    assert transfers_required(0.1, 200.0, 800.0) == 0
    assert step_towards(0.2, 0.3, 4) == pytest.approx(0.225)
    assert yearly_shift_required(0.2, 0.5, 14) == pytest.approx(0.3 / 14)


# --- wages and income --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("switch", "wage"),
    [
        (1, 7200),  # the new base holds all year
        (7, 6600),  # six months of 6,000 and six of 7,200
        (12, 6100),  # eleven months of 6,000 and one of 7,200
    ],
)
def test_the_wage_behind_the_base_switches_inside_the_year(switch: int, wage: float):
    assert reference_wage(6000, 7200, switch) == pytest.approx(wage)


def test_the_base_lags_the_wage_by_a_year_and_its_bounds_follow():
    # Wages 2021 6,000 and 2022 6,600, growing by 10 %: 2023 7,260, 2024 7,986.  With the switch in July the base of
    # 2025 rests on (7,260 + 7,986) / 2 = 7,623; its floor is 60 % and its cap 300 % of that.
    look = run(middle() | {"wage.before_last": 6000.0, "wage.last": 6600.0, "wage.growth": 0.1, "wage.switch_month": 7})
    assert [look("employee", "average_wage", y) for y in (2023, 2024)] == pytest.approx([7260, 7986])
    assert look("employee", "base_floor", 2025) == pytest.approx(0.6 * 7623)
    assert look("employee", "base_cap", 2025) == pytest.approx(3 * 7623)
    assert look("employee", "base_floor", 2023) == pytest.approx(0.6 * 6300)


@thirty
@given(counties())
def test_income_is_heads_by_base_by_rate_by_collection_and_categories_sum_to_it(county: Numbers):
    look = run(county)
    for year in YEARS:
        parts = 0.0
        for k in CATEGORIES:
            heads = (
                look("employee", "contributors", year - 1, category=k)
                + look("employee", "contributors", year, category=k)
            ) / 2
            base, rate = (look("employee", i, year, category=k) for i in ("contribution_base", "contribution_rate"))
            income = heads * base * 12 * rate * county["employee.collection"]
            assert close(look("employee", "collection_income", year, category=k), income)
            parts += income
        assert close(look("employee", "collection_income", year), parts)
        for scheme in SMALL:
            heads = (look(scheme, "participants", year - 1) + look(scheme, "participants", year)) / 2
            base, rate = look(scheme, "contribution_base", year), look(scheme, "contribution_rate", year)
            assert close(
                look(scheme, "collection_income", year), heads * base * 12 * rate * county[f"{scheme}.collection"]
            )


@thirty
@given(counties())
def test_the_base_year_gives_back_the_income_that_was_really_collected(county: Numbers):
    look = run(county)
    for scheme in ("employee", "unemployment"):
        assert close(look(scheme, "collection_income", BASE), county[f"{scheme}.collection_income"])
        levels = [look(scheme, "base_level", year) for year in (BASE, LAST)]
        assert close(levels[1], levels[0] * (1 + county["employee.base_quality"]) ** 3)
    assert look("work_injury", "base_level", BASE) == 1  # no income stated: the ratios are taken at their word


def test_growing_wages_alone_raise_income_a_year_later():
    frozen = middle() | dict.fromkeys([*FLOWS, "employee.gross_new", "employee.base_quality"], 0.0)
    frozen |= {"wage.before_last": 6000.0, "wage.last": 6000.0, "wage.growth": 0.05, "wage.switch_month": 1}
    look = run(frozen)
    income = [look("employee", "collection_income", y) for y in (2023, 2024, 2025)]
    assert np.array(income) / income[0] == pytest.approx([1, 1.05, 1.05**2])


def test_income_by_hand():
    # 9,200 persons on the floor 4,503.6 yuan a month at 24 %: 9,200 × 4,503.6 × 12 × 0.24 = 119.33 million yuan.
    assert collection_income(9200, 4503.6, 0.24, 1) == pytest.approx(1.1933e8, rel=1e-4)
    assert mean(100, 110) == 105


# --- spending and balance ----------------------------------------------------------------------------------------


def test_pensions_by_hand():
    # 1,000 pensioners at 3,000 yuan; 100 die (half a year's pension each), 40 retire (half a year at 50 % of 6,000).
    # 2024: (950 × 3,000 × 1.02 + 20 × 3,000) × 12 + 100 × 20,000 = 37,604,000; average (900 × 3,060 + 40 × 3,000) / 940.
    numbers = middle() | dict.fromkeys(FLOWS, 0.0) | {
        "employee.retirees": 1000.0, "employee.pension": 3000.0, "employee.pension_adjustment": 0.02,
        "employee.new_pension": 0.5, "employee.funeral": 20000.0, "population.deaths_elderly": 0.1,
        "wage.last": 6000.0, "wage.growth": 0.0,
        "employee.enterprise": 600.0, "employee.flexible": 200.0, "employee.interrupted": 200.0, "employee.retirement": 0.04,
    }  # fmt: skip
    del numbers["employee.institution"]
    look = run(numbers)
    assert look("employee", "expenditure", 2023) == pytest.approx(1000 * 3000 * 12)
    assert look("employee", "expenditure", 2024) == pytest.approx(37_604_000)
    assert look("employee", "average_pension", 2024) == pytest.approx((900 * 3060 + 40 * 3000) / 940)


def test_resident_scheme_by_hand():
    # 1,000 contribution-stage heads, 80 % pay 400 yuan and get 50; 500 receive 150 a month, of which the budget bears 90 %.
    numbers = middle() | {
        "resident.active": 1000.0, "resident.paying": 0.8, "resident.fee": 400.0, "resident.fee_subsidy": 50.0,
        "resident.beneficiaries": 500.0, "resident.benefit": 150.0, "resident.fiscal": 0.9,
    }  # fmt: skip
    look = run(numbers)
    assert look("resident", "collection_income", BASE) == pytest.approx(320_000)
    assert look("resident", "expenditure", BASE) == pytest.approx(900_000)
    assert look("resident", "fiscal_subsidy", BASE) == pytest.approx(40_000 + 810_000)
    assert look("resident", "gap", BASE) == pytest.approx(580_000)


def test_the_cost_of_a_small_fund_grows_with_the_wage():
    numbers = middle() | {"unemployment.gross_new": 0.0, "unemployment.exit": 0.0, "wage.growth": 0.05}
    look = run(numbers)
    spent = [look("unemployment", "expenditure", y) for y in (2023, 2025)]
    assert spent[1] / spent[0] == pytest.approx(1.05**2)
    assert spent[0] == pytest.approx(numbers["unemployment.participants"] * numbers["unemployment.cost"])


@thirty
@given(counties())
def test_the_balance_rolls_forward_in_every_scheme(county: Numbers):
    look = run(county)
    for scheme in SCHEMES:
        for year in YEARS:
            opening, spent = look(scheme, "balance", year - 1), look(scheme, "expenditure", year)
            income, interest = look(scheme, "income", year), look(scheme, "interest", year)
            subsidy = look(scheme, "fiscal_subsidy", year) if scheme in ("employee", "resident") else 0.0
            collected = look(scheme, "collection_income", year)
            size = opening + income + spent
            assert close(interest, opening * county[f"{scheme}.interest"])
            assert close(income, collected + subsidy + interest)
            assert close(look(scheme, "balance", year), opening + income - spent, size)
            assert close(look(scheme, "current_balance", year), income - spent, size)
            assert close(look(scheme, "gap", year), spent - collected, size)
            assert close(look(scheme, "months_payable", year), look(scheme, "balance", year) / spent * 12)


def test_a_scheme_whose_balance_is_kept_elsewhere_has_neither_interest_nor_months():
    numbers = middle()
    del numbers["employee.balance"], numbers["employee.interest"]
    written = {key[0][1] for key in values(run(numbers)) if key[0][0] == "employee"}
    assert not written & {"balance", "interest", "months_payable"} and "current_balance" in written


# --- published figures -------------------------------------------------------------------------------------------

# China Statistical Yearbook 2025, tables 24-26 and 24-27, end of 2024: ten thousand persons, 亿元.
PUBLISHED = {
    # region: employee active, resident participants, resident beneficiaries, employee share in %
    "nation": (38713.2, 53830.2, 18039.4, 52.0),
    "shandong": (2642.7, 4470.6, 1745.7, 49.2),
    "chongqing": (1022.1, 1154.6, 382.8, 57.0),
    "yunnan": (747.2, 2480.5, 642.0, 28.9),
}


@pytest.mark.parametrize("region", PUBLISHED)
def test_the_employee_share_of_published_stocks_is_the_known_one(region: str):
    active, participants, beneficiaries, share = PUBLISHED[region]
    numbers = {"employee.enterprise": 0.8 * active, "employee.flexible": 0.0, "employee.institution": 0.0,
               "employee.interrupted": 0.2 * active, "resident.active": participants - beneficiaries,
               "resident.beneficiaries": beneficiaries}  # fmt: skip
    look = run(middle() | numbers, last=BASE)
    assert 100 * look("all", "employee_share", BASE) == pytest.approx(share, abs=0.05)


@pytest.mark.parametrize(
    ("balance", "expenditure", "months"),
    [(70726.6, 67656.3, 12.5), (1293.8, 4244.9, 3.7)],  # the nation and Shandong, 亿元, table 24-26
)
def test_the_months_a_published_balance_pays_for_are_the_known_ones(balance: float, expenditure: float, months: float):
    pensioners = 1e6
    numbers = {
        "employee.retirees": pensioners,
        "employee.pension": expenditure / 12 / pensioners,
        "employee.balance": balance,
    }
    assert run(middle() | numbers, last=BASE)("employee", "months_payable", BASE) == pytest.approx(months, abs=0.05)
