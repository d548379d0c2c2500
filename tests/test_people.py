"""People by age: the compiled engine does what the formula sheet says, and no head is lost on the way."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from functools import cache, cached_property
from types import SimpleNamespace

import numpy as np
import people_oracle as oracle
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analytics.inputs.assumptions import assumptions_for, at
from analytics.inputs.pension_rules import retirement_values
from analytics.inputs.plan import Plan
from analytics.inputs.plan_file import load_plan
from analytics.model import projection
from analytics.model.book import Book, Given
from analytics.model.people import rows
from analytics.model.people.cohorts import Cohorts, NewHeads
from analytics.model.people.ground import Ground, ground_of, opening_shares
from analytics.model.people.opening import fitted, misfit
from analytics.model.people.retiring import EARLIEST, LATEST, choice_shares, past_retirement, retired
from analytics.model.people.states import AGES, FLOWS, PAYING, REACHES, SEXES, STATES
from analytics.model.projection import engine, parameter_years, run_draws, simulate, stated_heads
from analytics.model.retirement import RetirementRule

BASE = 2024
DAY = date(2026, 1, 31)
CHOICES = ("population.women_at_50", "employee.early_retirement", "employee.late_retirement")
SHARES = ("employee.short_of_years", *CHOICES)
AGES_OF = {
    "outside": (16, 34), "uncovered": (16, 100), "resident": (16, 59), "beneficiaries": (60, 100), "retirees": (46, 100),
    **{state: (16, 69) for state in ("enterprise", "flexible", "institution", "interrupted")},
}  # fmt: skip
"""Where a state can have members at a year's end."""


@dataclass(frozen=True, eq=False)
class Field:
    """A ground of made-up people: whatever the engine asks of a region."""

    shares: np.ndarray
    patterns: dict[str, np.ndarray]
    dying: np.ndarray
    insured_dying: np.ndarray
    young: np.ndarray
    base_year: int = BASE

    @cached_property
    def people(self) -> SimpleNamespace:
        """Minimum years that rise by half a year every year."""
        return SimpleNamespace(minimum_years={year: 15 + 0.5 * (year - BASE) for year in range(BASE, BASE + 60)})

    def opening(self, heads: dict[str, float]) -> np.ndarray:
        """(9, 2, 85) within each state."""
        return self.shares

    def normed_patterns(self, heads: dict[str, float]) -> dict[str, np.ndarray]:
        """(2, 85) by name."""
        return self.patterns

    def risk(self, year: int) -> np.ndarray:
        """The population's, (2, 85)."""
        return self.dying

    def insured_risk(self) -> np.ndarray:
        """The insurers', (2, 85)."""
        return self.insured_dying

    def entrants(self, year: int) -> np.ndarray:
        """(2,) for each adult."""
        return self.young


@cache
def rules() -> dict[str, RetirementRule]:
    return {
        name: RetirementRule(**retirement_values("china", date(2025, 1, 1), name)) for name in ("M60", "F55", "F50")
    }


def made_up(rng: np.random.Generator) -> Field:
    """A field with people wherever a state can have some."""
    shares = np.zeros((len(STATES), SEXES, AGES))
    for n, state in enumerate(STATES):
        first, last = (age - 16 for age in AGES_OF[state])
        shares[n, :, first : last + 1] = rng.uniform(size=(SEXES, last + 1 - first))
    patterns = {name: rng.uniform(0, 3, (SEXES, AGES)) for name in rows.PATTERNS[2:]}
    patterns["joining"] = np.minimum(patterns["joining"], 1)
    patterns["arriving"][:, 44:] = 0
    patterns["arriving"] /= patterns["arriving"].sum()
    dying, insured = rng.uniform(0, 0.3, (2, SEXES, AGES))
    return Field(shares / shares.sum((1, 2), keepdims=True), patterns, dying, insured, rng.uniform(0, 0.01, SEXES))


def standing(sex: int, age: int, **changed: np.ndarray) -> Field:
    """Everybody of one sex and age; nobody dies, and patterns say 1 at every age."""
    here = np.zeros((len(STATES), SEXES, AGES))
    here[:, sex, age - 16] = 1.0
    ones, none = np.ones((SEXES, AGES)), np.zeros((SEXES, AGES))
    arriving = np.where(np.arange(AGES) < 44, ones, 0) / 88
    patterns = dict.fromkeys(rows.PATTERNS[2:], ones) | {"arriving": arriving}
    return Field(here, patterns, changed.get("dying", none), changed.get("insured_dying", none), np.zeros(SEXES))


def levels(rng: np.random.Generator, draws: int, years: range, top: float = 0.2) -> dict[str, dict[int, np.ndarray]]:
    """Random levels of every flow: name → year → (draws,)."""
    found = {name: {year: rng.uniform(0, top, draws) for year in years} for name in (*rows.LEVELS, *SHARES)}
    for name, low, high in (
        ("population.mortality", 0.5, 1.5), ("population.insured_mortality", 0.5, 1.5), ("population.migration", -0.1, 0.1),
        ("employee.men_limit", 30, 62), ("employee.women_limit", 30, 62), ("employee.over_age", 0, 1),
        ("population.women_at_50", 0, 1),
    ):  # fmt: skip
        found[name] = {year: rng.uniform(low, high, draws) for year in years}
    return found | {"population.adults": {BASE: np.full(draws, 1e6)}}


def still(years: range, **changed: float) -> dict[str, dict[int, np.ndarray]]:
    """Nothing happens, nobody chooses, but for what is named (dots written as double underscores)."""
    zero = dict.fromkeys((*rows.LEVELS, *SHARES), 0.0) | {"population.adults": 1.0}
    named = {name.replace("__", "."): value for name, value in changed.items()}
    return {name: {year: np.array([value]) for year in (BASE, *years)} for name, value in (zero | named).items()}


def opened(
    field: Field, values: dict[str, dict[int, np.ndarray]], heads: dict[str, np.ndarray], draws: int, last: int
) -> Cohorts:
    """An engine with the heads at their opening ages."""
    found = Cohorts(field, Given(values), dict.fromkeys(STATES, 1.0), draws, last, rules())
    found.open(BASE, heads)
    return found


def heads_of(engine: Cohorts) -> dict[str, np.ndarray]:
    return dict(zip(STATES, engine.stocks.sum((1, 2)), strict=True))


def taking(engine: Cohorts, year: int, parts: np.ndarray, arrivals: float = 0.0) -> NewHeads[np.ndarray]:
    """New members as parts of those within reach: (4,) or (4, draws) joined, own, further, enrolled."""
    within = {name: engine.among(name, state, year, np.zeros(1)) for name, state in REACHES}
    joined, own = parts[0] * within["joinable"], parts[1] * within["transferable"]
    further = parts[2] * (within["transferable"] - own)
    enrolled = parts[3] * (within["enrollable"] - joined)
    shares = {"enterprise": 0.5, "flexible": 0.3, "institution": 0.2}
    came = np.full_like(joined, arrivals)
    return NewHeads(joined, enrolled, own, further, came, 2 * came, shares, "flexible")


def run(
    field: Field, values: dict, heads: dict, draws: int, years: range, parts: np.ndarray, arrivals: float = 0.0
) -> Cohorts:
    """An engine after all the years."""
    engine = opened(field, values, heads, draws, years[-1])
    for year in years:
        engine.pass_year(year, heads_of(engine))
        engine.enroll(year, taking(engine, year, parts, arrivals))
    return engine


seeds = st.integers(0, 2**32 - 1)


@settings(max_examples=12)
@given(seeds, st.sampled_from([1, 5, 40]), st.integers(1, 4))
def test_the_engine_agrees_with_the_formula_sheet_to_twelve_digits(seed, draws, span):
    rng, years = np.random.default_rng(seed), range(BASE + 1, BASE + 1 + span)
    field, values = made_up(rng), levels(rng, draws, years)
    values["employee.late_retirement"] = dict.fromkeys(years, np.zeros(draws))  # hardly anybody would wait to the last:
    values["population.women_at_50"] = dict.fromkeys(
        years, np.full(draws, 0.7)
    )  # rounding ÷ 0.0001 is twelve digits no more
    heads = {state: rng.uniform(0, 1e5, draws) for state in STATES}
    engine = opened(field, values, heads, draws, years[-1])
    stocks = {state: field.shares[n][..., None] * heads[state] for n, state in enumerate(STATES)}
    pattern = field.patterns | {"risk": field.dying, "insured_risk": field.insured_dying}
    for year in years:
        level = {name: by_year[year] for name, by_year in values.items() if year in by_year}
        engine.pass_year(year, heads_of(engine))
        longer = field.people.minimum_years[year] / 15
        due = oracle.retiring(rules(), year, *(level[name] for name in CHOICES))
        qualified = np.clip(1 - level["employee.short_of_years"] * longer, 0, 1)
        entrants = field.young[:, None] * values["population.adults"][BASE]
        stocks, flows = oracle.pass_year(stocks, pattern, level, due, qualified, entrants)
        for (flow, state), persons in flows.items():
            agree(engine.flow(flow, state, year, np.zeros(1)), persons)
        new = taking(engine, year, rng.uniform(size=(4, draws)), arrivals=100.0)
        engine.enroll(year, new)
        stocks, _ = oracle.enroll(stocks, pattern, level, asked(new))
        agree(engine.stocks, np.stack([stocks[state] for state in STATES]))


def asked(new: NewHeads[np.ndarray]) -> dict[str, np.ndarray | float]:
    """New heads as the formula sheet names them."""
    by_category = {f"new {k}": new.shares[k] for k in PAYING} | {f"further {k}": k == new.further_into for k in PAYING}
    names = ("joined", "own", "further", "arrivals", "enrolled", "resident_arrivals")
    return {name: getattr(new, name) for name in names} | by_category


def agree(found: np.ndarray, wanted: np.ndarray) -> None:
    np.testing.assert_allclose(found, wanted, rtol=1e-12, atol=1e-12 * np.abs(wanted).max())


@settings(max_examples=40)
@given(seeds, st.integers(0, 1), st.integers(16, 99))
def test_every_stock_of_a_sex_and_age_closes(seed, sex, age):
    rng, year = np.random.default_rng(seed), BASE + 1
    risk = rng.uniform(0, 0.3, (SEXES, AGES))
    field, values = standing(sex, age, dying=risk, insured_dying=risk), levels(rng, 1, range(year, year + 1), 0.3)
    heads = {k: rng.uniform(0, 1e5, 1) for k in STATES if AGES_OF[k][0] <= age <= AGES_OF[k][1]}
    engine = opened(field, values, heads, 1, year)
    engine.pass_year(year, heads)
    of = {key: engine.flow(*key, year, np.zeros(1))[0] for key in FLOWS}
    cohort = {state: engine.stocks[n, sex, age + 1 - 16, 0] for n, state in enumerate(STATES)}
    for state in STATES:
        out = sum(n for (flow, leaves), n in of.items() if leaves == state and flow != "migration")
        wanted = heads.get(state, np.zeros(1))[0] + of.get(("migration", state), 0.0) - out + into(state, of, heads)
        assert cohort[state] == pytest.approx(wanted, rel=1e-12, abs=1e-7)
    assert engine.stocks.sum() == pytest.approx(sum(cohort.values()), rel=1e-12)


def into(state: str, of: dict[tuple[str, str], float], heads: dict[str, np.ndarray]) -> float:
    """What flows into a state within the year, before new enrollment."""
    total = lambda name: sum(n for (flow, _), n in of.items() if flow == name)  # noqa: E731
    paying = sum(heads.get(k, np.zeros(1))[0] for k in PAYING)
    flows = {
        "uncovered": total("leaving_school"), "interrupted": total("interruptions"), "retirees": total("retirements"),
        "beneficiaries": total("ageing") + total("back_payments"),
        **{k: total("resumptions") * heads.get(k, np.zeros(1))[0] / max(paying, 1e-300) for k in PAYING},
    }  # fmt: skip
    return flows.get(state, 0.0)


@given(seeds)
def test_the_states_sum_to_the_population(seed):
    rng, year = np.random.default_rng(seed), BASE + 1
    field, values = made_up(rng), levels(rng, 3, range(year, year + 1))
    engine = opened(field, values, {state: rng.uniform(0, 1e5, 3) for state in STATES}, 3, year)
    before = engine.stocks.sum((0, 1, 2))
    engine.pass_year(year, heads_of(engine))
    engine.enroll(year, taking(engine, year, rng.uniform(size=4), arrivals=50.0))
    gone, came = (
        sum(engine.flow(flow, state, year, np.zeros(1)) for flow, state in FLOWS if flow in names)
        for names in (("deaths", "exits"), ("migration",))
    )
    agree(engine.stocks.sum((0, 1, 2)), before + engine.entrants(year) + came - gone + 50.0 + 100.0)


@settings(max_examples=25)
@given(seeds, st.lists(st.sampled_from([0.0, 0.3, 1.0]), min_size=4, max_size=4), st.sampled_from([0.2, 1.0, 5.0]))
def test_nothing_is_negative_even_when_everybody_within_reach_is_taken(seed, parts, top):
    rng, years = np.random.default_rng(seed), range(BASE + 1, BASE + 6)
    values = levels(rng, 4, years, top) | {
        "population.migration": {year: rng.uniform(-3, 1, 4) for year in years},
        "employee.early_retirement": {year: np.full(4, 0.5) for year in years},
        "employee.late_retirement": {year: np.full(4, 0.5) for year in years},
    }
    heads = {state: rng.uniform(0, 1e5, 4) * rng.integers(0, 2, 4) for state in STATES}
    assert run(made_up(rng), values, heads, 4, years, np.array(parts)).stocks.min() >= 0


def test_everybody_within_reach_can_be_taken_and_then_nobody_is_left():
    rng, year = np.random.default_rng(1), BASE + 1
    values = still(range(year, year + 1), employee__men_limit=60.0, employee__women_limit=60.0)
    field = made_up(rng)
    field.dying[:], field.insured_dying[:], field.young[:] = 0, 0, 0
    heads = {state: np.array([1e5 / 3]) for state in STATES}
    engine = run(field, values, heads, 1, range(year, year + 1), np.ones(4))
    young = dict(zip(STATES, engine.stocks[:, :, :44].sum((1, 2, 3)), strict=True))
    assert young["uncovered"] == pytest.approx(0, abs=1e-9)
    assert young["resident"] == pytest.approx(engine.flow("enrollable", "uncovered", year, np.zeros(1))[0]
                                              - engine.flow("joinable", "uncovered", year, np.zeros(1))[0])  # fmt: skip


@given(seeds)
def test_without_flows_nothing_changes_but_age(seed):
    rng, years = np.random.default_rng(seed), range(BASE + 1, BASE + 4)
    shares = made_up(rng).shares
    for state, (last, limit) in {"outside": (34, 31), "resident": (59, 56), "enterprise": (69, 42), "flexible": (69, 42),
                                 "institution": (69, 42), "interrupted": (69, 42)}.items():  # fmt: skip
        shares[STATES.index(state), :, limit - 16 + 1 : last - 16 + 1] = 0  # nobody comes to an age of his own change
    field = Field(shares, standing(0, 16).patterns, *np.zeros((2, SEXES, AGES)), np.zeros(SEXES))
    heads = {state: np.array([1000.0]) for state in STATES}
    engine = run(field, still(years), heads, 1, years, np.zeros(4))
    start = 1000 * shares
    np.testing.assert_allclose(engine.stocks[:, :, 3:-1, 0], start[:, :, :-4], rtol=1e-14)
    np.testing.assert_allclose(engine.stocks[:, :, -1, 0], start[:, :, -4:].sum(2), rtol=1e-14)
    assert not engine.stocks[:, :, :3].any()


@settings(max_examples=15)
@given(seeds, st.integers(2, 40))
def test_a_draw_alone_gives_the_same_bits_as_among_others(seed, draws):
    rng, years = np.random.default_rng(seed), range(BASE + 1, BASE + 4)
    field, values = made_up(rng), levels(rng, draws, years)
    heads = {state: rng.uniform(0, 1e5, draws) for state in STATES}
    parts, column = rng.uniform(size=(4, draws)), int(rng.integers(draws))
    alone = {name: {y: v[column : column + 1] for y, v in by_year.items()} for name, by_year in values.items()}
    together = run(field, values, heads, draws, years, parts)
    single = run(field, alone, {state: n[column : column + 1] for state, n in heads.items()}, 1, years,
                 parts[:, column : column + 1])  # fmt: skip
    np.testing.assert_array_equal(together.stocks[..., column], single.stocks[..., 0])


def test_residents_all_receive_in_the_year_they_turn_sixty():
    year = BASE + 1
    for age, receiving in ((58, 0.0), (59, 500.0)):
        engine = opened(standing(1, age), still(range(year, year + 1)), {"resident": np.array([500.0])}, 1, year)
        engine.pass_year(year, {"resident": np.array([500.0])})
        assert engine.flow("ageing", "resident", year, np.zeros(1))[0] == receiving
        assert heads_of(engine)["beneficiaries"][0] == receiving


def retirements(sex: int, born: int, years: range, **chosen: float) -> np.ndarray:
    """Persons of a birth cohort of 1,200 enterprise employees who retire in each year."""
    heads = {"enterprise": np.array([1200.0])}
    field = standing(sex, BASE - born)
    engine = opened(field, still(years, **chosen), heads, 1, years[-1])
    for year in years:
        engine.pass_year(year, heads_of(engine))
        engine.enroll(year, taking(engine, year, np.zeros(4)))
    return np.array([engine.flow("retirements", "enterprise", year, np.zeros(1))[0] for year in years])


def test_men_born_in_1965_retire_as_their_months_of_birth_say():
    # Delays of one month for January to April, two for May to August, three for September to December: those born up to
    # September reach their month in 2025, those of October to December in January to March 2026.
    np.testing.assert_allclose(retirements(0, 1965, range(2025, 2029)), [900, 300, 0, 0], atol=1e-9)


def test_women_born_in_1975_who_retire_from_50_do_so_as_their_months_of_birth_say():
    # One month of delay for two months of birth: January and February one, …, August four (December 2025),
    # September five (February 2026).
    found = retirements(1, 1975, range(2025, 2029), population__women_at_50=1.0)
    np.testing.assert_allclose(found, [800, 400, 0, 0], atol=1e-9)


@settings(max_examples=15)
@given(st.integers(0, 1), st.integers(1975, 1985), st.floats(0, 1), st.floats(0, 0.5), st.floats(0, 0.5))
def test_the_retirements_of_a_cohort_sum_to_one_over_the_years(sex, born, at_50, early, late):
    years = range(BASE + 1, born + 68)
    found = retirements(sex, born, years, population__women_at_50=at_50, employee__early_retirement=early,
                        employee__late_retirement=late)  # fmt: skip
    assert found.sum() == pytest.approx(1200)
    at_50, early, late = (np.array([value]) for value in (at_50, early, late))
    past = [oracle.past(rules(), born, year, at_50, early, late)[sex, 0] for year in (BASE, *years)]
    np.testing.assert_allclose(found, 1200 * np.diff(past), atol=1e-6)


@settings(max_examples=12)
@given(st.integers(1965, 1995), st.floats(0, 1), st.floats(0, 1))
def test_nobody_retires_before_the_old_statutory_age_or_after_the_latest_one(born, at_50, early):
    chosen = {
        "population__women_at_50": at_50,
        "employee__early_retirement": early,
        "employee__late_retirement": 1 - early,
    }
    for sex, youngest in ((0, 60), (1, 50)):
        years = range(BASE + 1, born + LATEST + 1)
        found = retirements(sex, born, years, **chosen)
        assert found[[year - born < youngest for year in years]].sum() == 0
        assert found[[year - born > 66 for year in years]].sum() == pytest.approx(0, abs=1e-6)


def test_those_short_of_the_minimum_years_pay_on_and_leave_at_seventy():
    found = retirements(0, 1965, range(2025, 2036), employee__short_of_years=1.0)
    assert found[:10].sum() == 0 and found[10] == pytest.approx(1200)  # born in 1965, seventy in 2035


@given(st.floats(20, 59), st.floats(20, 59), seeds)
def test_the_age_rule_moves_nobody_over_the_limit(men, women, seed):
    year, field = BASE + 1, made_up(np.random.default_rng(seed))
    values = still(range(year, year + 1), employee__men_limit=men, employee__women_limit=women)
    engine = run(field, values, {"resident": np.array([1000.0])}, 1, range(year, year + 1), np.ones(4))
    moved = engine.transfers[year]
    for sex, limit in enumerate((men, women)):
        assert not moved[sex, np.arange(16, 60) >= limit].any()
        assert moved[sex, 1:][np.arange(17, 60) <= limit - 1].all()  # nobody of 16 is a resident yet


def plan_run(name: str, scenario: str) -> tuple[Plan, Book, Cohorts]:
    """The central path of a plan with the engine behind it."""
    plan = load_plan(name)
    values, book, horizon = Given(central(plan, scenario)), Book(), plan.horizon
    people = engine(plan, values, 1)
    simulate(values, people, book, plan.schemes, horizon.base_year, horizon.last_year)
    return plan, book, people


def central(plan: Plan, scenario: str) -> dict[str, dict[int, np.ndarray]]:
    found = assumptions_for(plan, scenario, DAY)
    return {name: {y: np.array([at(a.value, y)]) for y in parameter_years(a, plan)} for name, a in found.items()}


BOOKED = {
    "outside": ("all", "outside"), "uncovered": ("all", "uncovered"), "resident": ("resident", "active"),
    "interrupted": ("employee", "interrupted"), "beneficiaries": ("resident", "beneficiaries"),
    "retirees": ("employee", "retirees"), **{k: ("employee", "contributors", k) for k in PAYING},
}  # fmt: skip


@pytest.mark.parametrize(("name", "scenario"), [("rongcheng", "plan"), ("longling", "plan"), ("shandong", "trend")])
def test_the_accounts_hold_the_engines_heads_in_every_year_and_state(name, scenario):
    plan, book, people = plan_run(name, scenario)
    for year in range(plan.horizon.base_year, plan.horizon.last_year + 1):
        for state, key in BOOKED.items():
            (scheme, indicator, *category) = key
            by_year = book.entries.get((scheme, indicator, *(category or ["total"])), {year: np.zeros(1)})
            assert people.past[year][STATES.index(state)].sum() == pytest.approx(by_year[year][0], rel=1e-12, abs=1e-6)
    assert min(stocks.min() for stocks in people.past.values()) >= 0


def test_results_have_the_same_bits_whatever_the_size_of_blocks(monkeypatch):
    plan = load_plan("rongcheng")
    assumptions = assumptions_for(plan, "plan", DAY)
    rng = np.random.default_rng(5)
    moved = {
        name: {y: rng.uniform(at(a.low, y), at(a.high, y), 23) for y in parameter_years(a, plan)}
        for name, a in assumptions.items() if a.ranged
    }  # fmt: skip
    whole = run_draws(plan, "plan", assumptions, moved).entries
    monkeypatch.setattr(projection, "BLOCK", 9)
    parted = run_draws(plan, "plan", assumptions, moved).entries
    assert whole.keys() == parted.keys()
    for key, by_year in whole.items():
        for year, values in by_year.items():
            np.testing.assert_array_equal(np.broadcast_to(values, (23,)), np.broadcast_to(parted[key][year], (23,)))


@cache
def region_of(name: str) -> tuple[Ground, dict[str, float]]:
    plan = load_plan(name)
    return ground_of(plan.people, plan.horizon.base_year), stated_heads(plan)


@pytest.mark.parametrize("name", ["rongcheng", "longling", "shandong"])
def test_opening_ages_sum_to_the_heads_of_every_state_and_to_the_population(name):
    ground, heads = region_of(name)
    stocks = np.array([heads[state] for state in STATES])[:, None, None] * ground.opening(heads)
    np.testing.assert_allclose(stocks.sum((1, 2)), [heads[state] for state in STATES], rtol=1e-9)
    np.testing.assert_allclose(stocks.sum(0), ground.opening_ages() * sum(heads.values()), rtol=1e-6)


@pytest.mark.parametrize("name", ["rongcheng", "longling", "shandong", "shiyan"])
def test_nobody_opens_at_an_age_at_which_the_engine_does_not_look(name):
    ground, heads = region_of(name)
    for state, ages in zip(STATES, ground.opening(heads), strict=True):
        first, last = AGES_OF[state]
        outside = [n for n in range(AGES) if not first <= n + 16 <= last]
        assert not ages[:, outside].any(), state


def test_totals_that_contradict_the_ages_leave_a_misfit():
    ground, heads = region_of("rongcheng")
    assert ground.misfit(heads) < 1e-6
    assert opening_shares(ground, tuple(1e7 if s == "retirees" else n for s, n in heads.items()))[1] > 0.1


@given(seeds)
def test_fitting_keeps_both_sums_and_the_ratios_of_the_seed(seed):
    rng = np.random.default_rng(seed)
    start, rows_, columns = rng.uniform(0.1, 1, (5, 3)), rng.uniform(1, 2, 5), rng.uniform(1, 2, 3)
    columns *= rows_.sum() / columns.sum()
    found = fitted(start, rows_, columns)
    np.testing.assert_allclose(found.sum(1), rows_, rtol=1e-8)
    np.testing.assert_allclose(found.sum(0), columns, rtol=1e-8)
    cross = lambda t: t[:-1, :-1] * t[1:, 1:] / (t[1:, :-1] * t[:-1, 1:])  # noqa: E731 - odds ratios survive the fit
    np.testing.assert_allclose(cross(found), cross(start), rtol=1e-8)


def test_a_fit_without_prior_knowledge_is_rows_times_columns():
    found = fitted(np.ones((2, 2)), np.array([30.0, 70.0]), np.array([40.0, 60.0]))
    np.testing.assert_allclose(found, [[12, 18], [28, 42]])


def test_impossible_cells_stay_empty_and_contradictions_keep_the_columns():
    start = np.array([[1.0, 0.0], [0.0, 1.0]])
    found = fitted(start, np.array([30.0, 70.0]), np.array([60.0, 40.0]))
    np.testing.assert_allclose(found, [[60, 0], [0, 40]])
    assert misfit(found, np.array([30.0, 70.0])) == pytest.approx(0.3)


@given(st.floats(0, 1), st.floats(0, 0.5), st.floats(0, 0.5))
def test_what_employees_choose_sums_to_one(at_50, early, late):
    shares = choice_shares(*(np.array([value]) for value in (at_50, early, late)))
    assert np.sum(shares) == pytest.approx(1)
    assert np.min(shares) >= 0


@settings(max_examples=20)
@given(st.integers(2010, 2060), st.floats(0, 1), st.floats(0, 0.5), st.floats(0, 0.5))
def test_the_share_retired_is_counted_month_by_month(year, at_50, early, late):
    chosen = [np.array([value]) for value in (at_50, early, late)]
    found = retired(rules(), year, *chosen)
    for age in range(EARLIEST, LATEST + 1):
        np.testing.assert_allclose(
            found[:, age - EARLIEST], oracle.past(rules(), year - age, year, *chosen), atol=1e-12
        )


@given(st.integers(2010, 2060))
def test_a_cohort_ends_a_year_where_it_starts_the_next(year):
    ended, begins = past_retirement(rules(), year)[1], past_retirement(rules(), year + 1)[0]
    np.testing.assert_array_equal(begins[:, 1:-1], ended[:, :-2])
    assert not begins[:, 0].any() and (begins[:, -1] == 1).all()
