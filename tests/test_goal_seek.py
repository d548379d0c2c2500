"""What it would take: a found lever, projected, lands on its target at the least effort, or the best is told."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from functools import cache

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analytics.appraisal.attainment import attainment
from analytics.appraisal.goal_seek import (
    OFFICE_LEVERS,
    UNIT_WITHOUT_RANGE,
    Goal,
    Lever,
    Solution,
    applied,
    default_levers,
    lever,
    one_by_one,
    seek,
)
from analytics.appraisal.study import Study
from analytics.inputs.assumptions import Assumption, assumptions_for, at
from analytics.inputs.faults import InputError
from analytics.inputs.plan import Plan, Scenario
from analytics.model.projection import parameter_years, project, run_draws
from analytics.presentation.document import Heading, Paragraph, Table
from analytics.presentation.pictures import Chart, drawn
from analytics.presentation.sections import goal_seek as section
from analytics.terms import LANGUAGES, PARAMETERS, show

INCOME = ("employee", "collection_income", "total")


@pytest.fixture(scope="session")
def given_plan(rongcheng: Study) -> Mapping[str, Assumption]:
    """What Rongcheng's plan path is given."""
    return rongcheng.projections["plan"].assumptions


def goal(value: float, indicator: str = "collection_income", year: int = 2026, aim: str = "at_least") -> Goal:
    return Goal("all" if indicator in ("employee_share", "coverage_rate") else "employee", indicator, "total", year, value, aim)  # fmt: skip


def projected(plan: Plan, scenario: str, given: Mapping[str, Assumption], target: Goal) -> float:
    """The target's result in a whole new projection."""
    rows = project(plan, scenario, given).results
    key = (target.scheme, target.indicator, target.category, target.year)
    return float(rows.set_index(["scheme", "indicator", "category", "year"])["value"].loc[key])


# --- landing on the target -------------------------------------------------------------------------------------------


def test_income_is_proportional_to_the_collection_rate_so_the_lever_is_too(
    rongcheng: Study, given_plan: Mapping[str, Assumption]
):
    # One per cent more income takes a collection rate of 97 % × 1.01 = 97.97 %.
    now = rongcheng.value("employee", "collection_income", 2026)
    solution = seek(rongcheng.plan, "plan", given_plan, goal(1.01 * now), [lever(given_plan["employee.collection"], rongcheng.plan)])  # fmt: skip
    (move,) = solution.moves
    assert move.after[2026] == pytest.approx(0.9797)
    assert move.after[2023] == move.before[2023] == 0.97
    assert move.effort == pytest.approx(0.0097 / 0.02)  # the range 95–99 % is 2 × 2 points wide
    assert move.effect == pytest.approx(0.01 * now)


def test_a_thousand_more_net_takes_a_thousand_more_gross_in_the_first_year(
    rongcheng: Study, given_plan: Mapping[str, Assumption]
):
    # Rates apply to the stock at the start of the year, so nobody who joins in 2024 dies, retires or leaves in it.
    now = rongcheng.value("employee", "net_new", 2024)
    lifted = seek(rongcheng.plan, "plan", given_plan, goal(now + 1000, "net_new", 2024), [lever(given_plan["employee.gross_new"], rongcheng.plan)])  # fmt: skip
    assert lifted.moves[0].movement == pytest.approx(1000)
    assert dict(lifted.moves[0].after) == pytest.approx({2023: 8500, 2024: 9500, 2025: 10200, 2026: 10900})


TARGETS = [
    ("rongcheng", "plan", "employee", "collection_income", "at_least"),
    ("rongcheng", "plan", "employee", "gap", "at_most"),
    ("rongcheng", "plan", "employee", "net_new", "at_least"),
    ("rongcheng", "plan", "employee", "active", "at_least"),
    ("rongcheng", "plan", "work_injury", "collection_income", "at_least"),
    ("longling", "trend", "all", "employee_share", "at_least"),
    ("longling", "trend", "all", "coverage_rate", "at_least"),
    ("national", "trend", "employee", "months_payable", "at_least"),
]


Reach = tuple[Study, list[Lever], float, float]


@pytest.fixture(scope="session")
def reach(study_of: Callable[..., Study]) -> Callable[..., Reach]:
    """For one of ``TARGETS``: study, the levers that help, where the result starts and how far it can be brought."""

    @cache
    def known_reach(name: str, scenario: str, scheme: str, indicator: str, aim: str) -> Reach:
        study = study_of(name)
        year, known = study.plan.horizon.last_year, study.projections[scenario].assumptions
        beyond = Goal(scheme, indicator, "total", year, -1e18 if aim == "at_most" else 1e18, aim)
        levers = [e for e in default_levers(study.plan, scenario, known, beyond) if known[e.name].ranged]
        best = seek(study.plan, scenario, known, beyond, levers)
        assert not best.reachable
        return study, levers, best.start, best.achieved

    return known_reach


@settings(max_examples=15, deadline=None)
@given(target=st.sampled_from(TARGETS), part=st.floats(0.01, 0.99))
def test_whatever_can_be_reached_is_reached_and_the_projection_lands_on_it(
    reach: Callable[..., Reach], target: tuple[str, ...], part: float
):
    study, levers, start, best = reach(*target)
    _, scenario, scheme, indicator, aim = target
    known = study.projections[scenario].assumptions
    wanted = Goal(scheme, indicator, "total", study.plan.horizon.last_year, start + part * (best - start), aim)
    solution = seek(study.plan, scenario, known, wanted, levers)
    assert solution.reachable
    assert solution.shortfall == 0
    result = projected(study.plan, scenario, applied(known, solution), wanted)
    assert result == pytest.approx(wanted.value, rel=1e-6)
    slack = 1e-9 * abs(wanted.value)
    assert result >= wanted.value - slack if aim == "at_least" else result <= wanted.value + slack
    for move in solution.moves:
        assert move.lever.least <= move.movement <= move.lever.most


def test_a_fall_that_is_reached_counts_as_met_in_the_attainment(rongcheng: Study, given_plan: Mapping[str, Assumption]):
    target = Goal("employee", "gap", "total", 2026, aim="fall")
    solution = seek(
        rongcheng.plan, "plan", given_plan, target, default_levers(rongcheng.plan, "plan", given_plan, target)
    )
    assert solution.reachable
    assert solution.achieved < solution.target
    table = attainment(rongcheng.plan, project(rongcheng.plan, "plan", applied(given_plan, solution)).results)
    fall = table[(table["indicator"] == "gap") & (table["year"] == 2026)]
    assert fall["met"].tolist() == [True]


def test_a_solution_saved_as_a_scenario_gives_the_same_result(rongcheng: Study, given_plan: Mapping[str, Assumption]):
    target = goal(24.28e8)
    solution = seek(
        rongcheng.plan, "plan", given_plan, target, default_levers(rongcheng.plan, "plan", given_plan, target)
    )
    words = {"zh": "倒推", "en": "Found"}
    saved = Scenario.model_validate(
        {"label": words, "why": words, "changes": {n: c.model_dump() for n, c in solution.changes.items()}}
    )
    plan = rongcheng.plan.model_copy(update={"scenarios": {"found": saved}})
    again = assumptions_for(plan, "found", rongcheng.as_of)
    assert projected(plan, "found", again, target) == pytest.approx(solution.achieved, rel=1e-12)


def test_a_factor_moves_every_projected_year_by_the_same_share(rongcheng: Study, given_plan: Mapping[str, Assumption]):
    scaled = lever(given_plan["employee.gross_new"], rongcheng.plan, way="times")
    assert scaled.unit == pytest.approx(UNIT_WITHOUT_RANGE)
    assert scaled.least == -1
    (move,) = seek(rongcheng.plan, "plan", given_plan, goal(21e8), [scaled]).moves
    ratios = [move.after[year] / move.before[year] for year in (2024, 2025, 2026)]
    assert ratios == pytest.approx([1 + move.movement] * 3)
    assert move.after[2023] == move.before[2023]


# --- least effort ----------------------------------------------------------------------------------------------------


def grid(
    plan: Plan, known: Mapping[str, Assumption], levers: list[Lever], points: np.ndarray, target: Goal
) -> np.ndarray:
    """The target's result at movements ``points``, shape (levers, draws), straight from the model."""
    base = plan.horizon.base_year
    moved = {
        each.name: {
            year: at(known[each.name].value, year) + (movement if year > base else 0 * movement)
            for year in parameter_years(known[each.name], plan)
        }
        for each, movement in zip(levers, points, strict=True)
    }
    book = run_draws(plan, "plan", known, moved)
    return book(target.scheme, target.indicator, target.year, target.category)


@pytest.mark.parametrize(
    ("names", "value"),
    [
        (("employee.base_quality", "employee.collection"), 20.9e8),
        (("employee.base_quality", "employee.collection"), 21.5e8),
        (("employee.interruption", "employee.exit"), 21.2e8),
    ],
)
def test_no_lesser_effort_reaches_the_target(
    names: tuple[str, str], value: float, rongcheng: Study, given_plan: Mapping[str, Assumption]
):
    levers = [lever(given_plan[name], rongcheng.plan) for name in names]
    solution = seek(rongcheng.plan, "plan", given_plan, goal(value), levers)
    units = np.array([[each.unit] for each in levers])
    sides = [np.linspace(each.least, each.most, 101) for each in levers]
    points = np.array(np.meshgrid(*sides)).reshape(2, -1)
    efforts = np.hypot(*(points / units))
    enough = grid(rongcheng.plan, given_plan, levers, points, goal(value)) >= value
    step = max(side[1] - side[0] for side in (points_ / unit for points_, unit in zip(sides, units[:, 0], strict=True)))
    assert solution.reachable
    assert efforts[enough].min() - 2 * step <= solution.effort <= efforts[enough].min() + 1e-6


def test_two_like_levers_share_the_effort_alike(rongcheng: Study, given_plan: Mapping[str, Assumption]):
    # Collection rate and declared base both scale the income of 2024; so do efforts, by what one point of each brings:
    # a point more collection of 97 is 1 ÷ 97, a point more on the base is 1 ÷ 100 of it.
    names = ("employee.collection", "employee.base_quality")
    levers = [lever(given_plan[name], rongcheng.plan, unit=0.01) for name in names]
    target = goal(rongcheng.value("employee", "collection_income", 2024) * 1.0001, year=2024)
    collection, quality = seek(rongcheng.plan, "plan", given_plan, target, levers).moves
    assert collection.effort / quality.effort == pytest.approx(1 / 0.97, rel=1e-4)


def test_effects_of_several_levers_sum_to_the_whole_way(rongcheng: Study, given_plan: Mapping[str, Assumption]):
    target = goal(24.28e8)
    solution = seek(
        rongcheng.plan, "plan", given_plan, target, default_levers(rongcheng.plan, "plan", given_plan, target)
    )
    assert sum(move.effect for move in solution.moves) == pytest.approx(solution.achieved - solution.start)
    assert min(move.effect for move in solution.moves) > 0


# --- bounds, limits and what cannot be reached -----------------------------------------------------------------------


def test_out_of_reach_gives_the_best_value_the_shortfall_and_the_bound_that_binds(
    rongcheng: Study, given_plan: Mapping[str, Assumption]
):
    # The range of the collection rate ends at 99 %, where income is 99 ÷ 97 of what it is.
    now = rongcheng.value("employee", "collection_income", 2026)
    solution = seek(rongcheng.plan, "plan", given_plan, goal(24.28e8), [lever(given_plan["employee.collection"], rongcheng.plan)])  # fmt: skip
    assert not solution.reachable
    assert solution.achieved == pytest.approx(now * 99 / 97)
    assert solution.shortfall == pytest.approx(24.28e8 - now * 99 / 97)
    assert solution.binding == ("employee.collection",)


def test_open_bounds_reach_farther_but_stay_plausible(rongcheng: Study, given_plan: Mapping[str, Assumption]):
    known = given_plan["employee.collection"]
    own, opened = (lever(known, rongcheng.plan, plausible=wide) for wide in (False, True))
    assert (own.least, own.most) == pytest.approx((-0.02, 0.02))
    assert (opened.least, opened.most) == pytest.approx((-0.97, 0.03))
    assert own.unit == opened.unit == pytest.approx(0.02)
    assert lever(known, rongcheng.plan, toward=1).least == lever(known, rongcheng.plan, toward=-1).most == 0


def test_a_parameter_known_in_some_years_stays_between_the_bounds_of_every_year(
    rongcheng: Study, assumed: Callable[..., Assumption]
):
    stepped = assumed(
        "employee.collection", {2023: 0.97, 2025: 0.98}, {2023: 0.95, 2025: 0.94}, {2023: 0.99, 2025: 0.985}
    )
    found = lever(stepped, rongcheng.plan)
    assert (found.least, found.most) == pytest.approx((-0.02, 0.005))


def test_nobody_is_enrolled_who_is_not_there(rongcheng: Study, given_plan: Mapping[str, Assumption]):
    levers = [lever(given_plan["employee.gross_new"], rongcheng.plan)]
    solution = seek(rongcheng.plan, "plan", given_plan, goal(30e8), levers)
    assert not solution.reachable
    assert solution.limits == solution.binding == ("pool_left",)
    rows = project(rongcheng.plan, "plan", applied(given_plan, solution)).results
    left = rows[(rows["indicator"] == "pool_left")]["value"]
    assert left.min() == pytest.approx(0, abs=1)
    assert "本地尚可扩面人数" in solution.sentence.zh


def test_the_best_of_a_lever_with_a_peak_is_its_peak(rongcheng: Study, given_plan: Mapping[str, Assumption]):
    # Who resumes in 2026 is the rate × those still interrupted, whom a higher rate has used up before: a peak in between.
    levers = [lever(given_plan["employee.resumption"], rongcheng.plan, plausible=True)]
    rates = np.linspace(0, 1, 2001)
    curve = grid(rongcheng.plan, given_plan, levers, (rates - 0.2)[None, :], goal(0, "resumptions"))
    assert 0 < np.argmax(curve) < 2000
    solution = seek(rongcheng.plan, "plan", given_plan, goal(1e6, "resumptions"), levers)
    assert not solution.reachable
    assert solution.achieved == pytest.approx(curve.max(), rel=1e-6)
    assert solution.moves[0].after[2026] == pytest.approx(rates[np.argmax(curve)], abs=1e-3)


@pytest.mark.parametrize("share", [0.5, 0.9, 0.99])
def test_a_peak_is_crossed_where_the_target_lies_beyond_it(
    share: float, rongcheng: Study, given_plan: Mapping[str, Assumption], assumed: Callable[..., Assumption]
):
    high = {**given_plan, "employee.resumption": assumed("employee.resumption", {2023: 0.2, 2024: 0.98}, 0.1, 0.99)}
    levers = [lever(high["employee.resumption"], rongcheng.plan, plausible=True)]
    rates = np.linspace(0, 1, 2001)
    curve = grid(rongcheng.plan, high, levers, (rates - 0.98)[None, :], goal(0, "resumptions"))
    target = curve[-41] + share * (curve.max() - curve[-41])
    solution = seek(rongcheng.plan, "plan", high, goal(target, "resumptions"), levers)
    nearest = rates[curve >= target].max()
    assert solution.reachable
    assert solution.moves[0].after[2026] == pytest.approx(nearest, abs=1e-3)


def test_what_is_met_needs_no_movement(rongcheng: Study, given_plan: Mapping[str, Assumption]):
    solution = seek(
        rongcheng.plan, "plan", given_plan, goal(19e8), [lever(given_plan["employee.collection"], rongcheng.plan)]
    )
    assert solution.reachable
    assert solution.effort == 0
    assert not solution.changes
    assert "不需调整" in solution.sentence.zh


def test_a_lever_that_does_not_touch_the_target_is_said_to_do_nothing(
    rongcheng: Study, given_plan: Mapping[str, Assumption]
):
    solution = seek(rongcheng.plan, "plan", given_plan, goal(0.6, "employee_share"), [lever(given_plan["employee.collection"], rongcheng.plan)])  # fmt: skip
    assert not solution.reachable
    assert solution.achieved == solution.start
    assert "不起作用" in solution.sentence.zh
    assert "do nothing" in solution.sentence.en


# --- levers an office has --------------------------------------------------------------------------------------------


def test_office_levers_are_parameters_with_a_direction_and_a_reason():
    assert set(OFFICE_LEVERS) <= set(PARAMETERS)
    assert {office.toward for office in OFFICE_LEVERS.values()} == {1, -1}
    assert all(office.reason.zh and office.reason.en for office in OFFICE_LEVERS.values())


def test_only_levers_that_help_are_offered_and_each_alone_moves_the_right_way(
    rongcheng: Study, given_plan: Mapping[str, Assumption]
):
    target = goal(24.28e8)
    levers = default_levers(rongcheng.plan, "plan", given_plan, target)
    names = {each.name for each in levers}
    assert names >= {"employee.gross_new", "employee.base_quality", "employee.collection", "employee.interruption"}
    assert not names & {"employee.new_from_resident", "resident.gross_new", "work_injury.collection"}
    for each, alone in zip(levers, one_by_one(rongcheng.plan, "plan", given_plan, target, levers), strict=True):
        assert alone.achieved > alone.start
        assert np.sign(alone.moves[0].movement) == OFFICE_LEVERS[each.name].toward


# --- what is said ----------------------------------------------------------------------------------------------------


def test_the_sentence_names_target_start_and_every_lever_with_its_values(
    rongcheng: Study, given_plan: Mapping[str, Assumption]
):
    target = goal(24.28e8)
    levers = default_levers(rongcheng.plan, "plan", given_plan, target)
    solution = seek(rongcheng.plan, "plan", given_plan, target, levers)
    told = solution.sentence
    assert f"达到{show(24.28e8, 'yuan')}（规划路径现为{show(solution.start, 'yuan')}）" in told.zh
    gross = next(move for move in solution.moves if move.lever.name == "employee.gross_new")
    assert (
        f"每年增加{show(gross.movement, 'person')}（2026年由9,900 人提高到{show(gross.after[2026], 'person')}）"
        in told.zh
    )
    assert "职工保险征缴率由97.00%提高到99.00%" in told.zh
    assert "collection rate from 97.00% to 99.00%" in told.en
    assert all(PARAMETERS[move.lever.name].zh in told.zh for move in solution.moves)


def outcomes(study: Study, known: Mapping[str, Assumption]) -> Iterator[Solution]:
    rate = [lever(known["employee.collection"], study.plan)]
    for value in (19e8, 20.6e8, 24.28e8):
        yield seek(study.plan, "plan", known, goal(value), rate)
    yield seek(study.plan, "plan", known, goal(1e5, "gap", aim="at_most"), rate)
    yield seek(study.plan, "plan", known, goal(0, "gap", aim="fall"), rate)
    yield seek(study.plan, "plan", known, goal(0.9, "employee_share"), rate)


def test_every_outcome_is_a_whole_sentence_in_both_languages(rongcheng: Study, given_plan: Mapping[str, Assumption]):
    for solution in outcomes(rongcheng, given_plan):
        assert solution.sentence.zh.endswith("。")
        assert solution.sentence.en.endswith(".")
        assert not set("{}") & set(solution.sentence.zh + solution.sentence.en)


def test_a_hair_short_is_shown_with_more_decimals(rongcheng: Study, given_plan: Mapping[str, Assumption]):
    best = rongcheng.value("employee", "collection_income", 2026) * 99 / 97
    rate = [lever(given_plan["employee.collection"], rongcheng.plan)]
    told = seek(rongcheng.plan, "plan", given_plan, goal(best + 2e5), rate).sentence.zh
    assert f"为{best / 1e8:.4f} 亿元" in told
    assert f"未达到{(best + 2e5) / 1e8:.4f} 亿元，还差20.00 万元" in told


def test_a_hair_below_a_target_within_reach_is_told_apart_from_it(
    rongcheng: Study, given_plan: Mapping[str, Assumption]
):
    now = rongcheng.value("employee", "collection_income", 2026)
    rate = [lever(given_plan["employee.collection"], rongcheng.plan)]
    told = seek(rongcheng.plan, "plan", given_plan, goal(now + 2e5), rate).sentence.zh
    assert f"达到{(now + 2e5) / 1e8:.4f} 亿元（规划路径现为{now / 1e8:.4f} 亿元）" in told


# --- refusals --------------------------------------------------------------------------------------------------------


def refused(study: Study, target: Goal, levers: list[Lever]) -> str:
    with pytest.raises(InputError) as error:
        seek(study.plan, "plan", study.projections["plan"].assumptions, target, levers)
    return error.value.message("zh") + error.value.message("en")


def test_levers_that_cannot_be_used_are_named_together(rongcheng: Study, given_plan: Mapping[str, Assumption]):
    rate = lever(given_plan["employee.collection"], rongcheng.plan)
    message = refused(rongcheng, goal(24e8), [rate, rate, Lever("employee.share_path", "add", 0, 1, 0.1)])
    assert "该情景没有这个参数，不能作为措施（实际：employee.share_path）" in message
    assert "同一措施列出了两次（实际：employee.collection）" in message
    assert "the path has no such parameter" in message


@pytest.mark.parametrize("count", [0, 13])
def test_too_few_or_too_many_levers_are_refused(count: int, rongcheng: Study, given_plan: Mapping[str, Assumption]):
    names = [name for name, a in given_plan.items() if a.ranged][:count]
    message = refused(rongcheng, goal(24e8), [lever(given_plan[name], rongcheng.plan) for name in names])
    assert f"措施须有一项以上、十二项以内（实际：{count}）" in message


@pytest.mark.parametrize(
    "target",
    [
        goal(24e8, year=2023), goal(24e8, year=2030), goal(24e8, "months_payable"), goal(1.0, "no_such"),
        goal(0, "net_new", 2024, "fall"),
    ],
)  # fmt: skip
def test_a_goal_that_is_no_projected_result_is_refused(
    target: Goal, rongcheng: Study, given_plan: Mapping[str, Assumption]
):
    message = refused(rongcheng, target, [lever(given_plan["employee.collection"], rongcheng.plan)])
    found = f"（实际：employee.{target.indicator}.total.{target.year}；应为：2024–2026）"
    assert f"目标不是测算年份的结果（“低于上年”还须有上年结果）{found}" in message
    assert "the goal is no result of a projected year" in message


def test_a_goal_without_a_value_is_refused(rongcheng: Study, given_plan: Mapping[str, Assumption]):
    message = refused(rongcheng, goal(np.nan), [lever(given_plan["employee.collection"], rongcheng.plan)])
    assert "目标没有数值（实际：employee.collection_income.total.2026）" in message
    assert "has no value" in message


def test_a_parameter_without_range_and_value_needs_a_unit_of_effort(
    rongcheng: Study, assumed: Callable[..., Assumption]
):
    nothing = assumed("resident.gross_new", 0.0)
    with pytest.raises(InputError, match=r"须给出一个力度单位（实际：resident\.gross_new）"):
        lever(nothing, rongcheng.plan)
    assert lever(nothing, rongcheng.plan, unit=100.0).unit == 100


# --- the section -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_target_out_of_reach_has_its_sentence_table_and_chart(language: str, study_of: Callable[..., Study]):
    study = study_of("rongcheng", language)
    blocks = section.goal_seek(study)
    asked = section.questions(study)
    assert [(q.goal.scheme, q.goal.indicator, q.goal.year) for q in asked] == [
        ("employee", "collection_income", 2026), ("work_injury", "collection_income", 2026), ("employee", "gap", 2026),
    ]  # fmt: skip
    tables = [block for block in blocks if isinstance(block, Table)]
    charts = [block for block in blocks if isinstance(block, Chart)]
    assert len(tables) == len(charts) == len(asked)
    assert all(drawn(chart).axes for chart in charts)
    texts = [block.text for block in blocks if isinstance(block, (Heading, Paragraph))]
    assert not [text for text in texts if "{" in text or "nan" in text]


def test_the_report_leads_with_one_sentence_a_headline_target(rongcheng: Study, study_of: Callable[..., Study]):
    income, gap = section.catch_ups(rongcheng)
    assert income.startswith("要使2026年城镇职工基本养老保险征缴收入达到24.28 亿元")
    assert gap.startswith("要使2026年城镇职工基本养老保险当期基金缺口低于上年")
    assert not section.catch_ups(study_of("shiyan"))


def test_a_target_no_lever_touches_is_said_to_have_none(rongcheng: Study):
    question = section.Question("plan", goal(1e9, "average_wage"))
    (told,) = section.answer(rongcheng, question)
    assert told.text == "城镇职工基本养老保险全口径平均工资：没有可用的措施。"


def test_movements_that_would_read_as_nothing_are_told_but_not_drawn(rongcheng: Study):
    share = rongcheng.value("all", "employee_share", 2026, scenario="trend")
    wanted = goal(share + 1e-4, "employee_share")  # a hundredth of a point, in charts of tenths
    blocks = section.answer(rongcheng, section.Question("trend", wanted))
    assert [block for block in blocks if isinstance(block, Table)]
    assert not [block for block in blocks if isinstance(block, Chart)]


def test_the_bars_lead_to_the_distance_from_the_target(rongcheng: Study):
    question = section.questions(rongcheng)[0]
    chart = next(block for block in section.answer(rongcheng, question) if isinstance(block, Chart))
    closing = drawn(chart).axes[0].patches[-1]
    missing = 24.28e8 - rongcheng.value("employee", "collection_income", 2026)
    assert closing.get_height() == pytest.approx(missing / 1e8, abs=0.03)


def test_what_the_plan_path_is_told_is_asked_of_the_trend(study_of: Callable[..., Study]):
    asked = section.questions(study_of("longling"))
    assert {(q.scenario, q.goal.indicator) for q in asked} == {("trend", "coverage_rate"), ("trend", "employee_share")}
    assert not any(q.assumed for q in asked)


@pytest.mark.parametrize(("name", "indicator"), [("shiyan", "gap"), ("heze", "current_balance")])
def test_without_targets_an_assumed_goal_is_asked_and_marked(name: str, indicator: str, study_of: Callable[..., Study]):
    study = study_of(name)
    (question,) = section.questions(study)
    assert question.assumed
    assert question.goal.indicator == indicator
    assert any("假定目标" in block.text for block in section.answer(study, question) if isinstance(block, Paragraph))


def test_what_is_still_short_is_drawn_as_such(study_of: Callable[..., Study]):
    study = study_of("longling")
    question = next(q for q in section.questions(study) if q.goal.indicator == "employee_share")
    chart = next(block for block in section.answer(study, question) if isinstance(block, Chart))
    assert [bar.get_hatch() for bar in drawn(chart).axes[0].patches].count("////") == 1
