"""What it would take: for every target out of reach, how far each lever must move, alone and together."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import pandas as pd

from analytics.appraisal.attribution import unsigned
from analytics.appraisal.findings import subject
from analytics.appraisal.goal_seek import (
    OFFICE_LEVERS,
    Goal,
    Move,
    Solution,
    default_levers,
    lever_amount,
    one_by_one,
    seek,
)
from analytics.appraisal.study import Study
from analytics.inputs.assumptions import Assumption
from analytics.inputs.plan import Plan
from analytics.presentation.charts.fund import income_bridge
from analytics.presentation.charts.rows import chart_scale
from analytics.presentation.document import Heading, Paragraph, Table
from analytics.presentation.pictures import Chart, Content
from analytics.presentation.shared import once_a_report
from analytics.terms import PARAMETERS, Language, Term, text, unit_of

_WORDS = {
    "heading": Term("目标倒推", "What it would take"),
    "goal": Term("{year}年{what}（{path}）", "{what} in {year} ({path})"),
    "method": Term(
        "以下在完整模型中倒推：各措施在规划期内每年同幅变动、基年不变；幅度以参数自身区间为限，无区间的只以合理范围和应参未参人数为限。",
        "Found by running the full model backwards: every lever moves alike in all projected years, the base year stays; "
        "bounds are the parameter's own range, without one what is plausible and how many are left to enroll.",
    ),
    "all_met": Term("各项目标在{path}上均可达到，不需倒推。", "Every target is met on the {path}; nothing is left to seek."),
    "assumed": Term("（假定目标：文件未给出数量目标，以基年水平为准）", " (an assumed goal, the base year's level: the document sets none)"),
    "no_lever": Term("{what}：没有可用的措施。", "{what}: no lever to move."),
    "table": Term("{year}年{what}：各项措施需要的幅度（{path}）", "{what} in {year}: how far each lever must move ({path})"),
    "lever": Term("措施", "Lever"),
    "how": Term("着力点", "How"),
    "now": Term("{year}年现测算", "{year} now"),
    "alone": Term("单独使用需到", "Alone: to"),
    "outcome": Term("单独使用结果", "Alone: result"),
    "together": Term("合并使用需到", "Together: to"),
    "effort": Term("力度", "Effort"),
    "reached": Term("可达到", "reached"),
    "short": Term("差{short}", "{short} short"),
    "total": Term("合并结果", "Together"),
    "effort_note": Term(
        "力度为变动幅度与参数区间半宽之比，无区间的与取值的10%之比；合并使用取力度平方和最小的一组。",
        "Effort is the movement as a share of half the parameter's range, or of 10 % of its value where it has no range; "
        "together, the set with the least sum of squares is taken.",
    ),
    "chart": Term("{year}年{what}：合并使用各项措施的作用（{path}）", "{what} in {year}: what each lever adds, used together ({path})"),
    "gap": Term("与目标的差距", "Distance to target"),
    "unexplained": Term("仍差", "Still short"),
}  # fmt: skip
_TOLD = ("employee_share", "coverage_rate", "gross_new")  # what the plan path takes as delivered


_HEADLINES = (
    ("employee", "collection_income"),
    ("employee", "gap"),
    ("all", "employee_share"),
    ("all", "coverage_rate"),
)


@dataclass(frozen=True)
class Question:
    """A goal on a path; ``assumed`` where the document does not set it."""

    scenario: str
    goal: Goal
    assumed: bool = False


def goal_seek(study: Study) -> list[Content]:
    """Sentence, table and chart for every target that is missed in its last year."""
    language = study.language
    blocks: list[Content] = [
        Heading(1, text(_WORDS["heading"], language)),
        Paragraph(text(_WORDS["method"], language)),
    ]
    asked = questions(study)
    if not asked:
        path = study.scenario_label(study.leading)
        blocks.append(Paragraph(text(_WORDS["all_met"], language, path=path)))
    return [*blocks, *(block for question in asked for block in answer(study, question))]


def catch_ups(study: Study) -> list[str]:
    """What it takes to reach each headline target that is missed, or how far all levers together get."""
    asked = [q for q in questions(study) if (q.goal.scheme, q.goal.indicator) in _HEADLINES and not q.assumed]
    return [_sentence(study, question, _together(study, question)) for question in asked]


def questions(study: Study) -> list[Question]:
    """What to seek: targets the leading path misses, and shares or coverage that the trend path misses.

    A plan path is told its shares and its coverage, so what they take is asked of the trend.  Where the document sets no
    target at all, the gap is asked to stay at the base year's level, which is marked as assumed.
    """
    if study.targets.empty:
        return [Question(study.leading, _base_level(study), assumed=True)]
    told = _TOLD if study.leading == "plan" else ()
    missed = [Question(study.leading, goal) for goal in _missed(study.attainment, study.leading)]
    trend = [Question("trend", goal) for goal in _missed(study.attainment, "trend") if goal.indicator in told[:2]]
    return [*(question for question in missed if question.goal.indicator not in told), *trend]


def _missed(attainment: pd.DataFrame, scenario: str) -> list[Goal]:
    """Each target's last year in which a path misses it."""
    rows = attainment[(attainment["scenario"] == scenario) & ~attainment["met"].astype(bool)].sort_values("year")
    last = rows.groupby(["scheme", "indicator", "category"], sort=False).tail(1)
    return [Goal(r.scheme, r.indicator, r.category, int(r.year), float(r.target), r.aim) for r in last.itertuples()]


def _base_level(study: Study) -> Goal:
    """The gap no wider than in the base year; where there is none, the current balance no smaller."""
    horizon = study.plan.horizon
    gap = study.value("employee", "gap", horizon.base_year)
    if gap > 0:
        return Goal("employee", "gap", "total", horizon.last_year, gap, "at_most")
    balance = study.value("employee", "current_balance", horizon.base_year)
    return Goal("employee", "current_balance", "total", horizon.last_year, balance, "at_least")


def answer(study: Study, question: Question) -> list[Content]:
    """One goal: the sentence, every lever alone and all together, and what each adds."""
    together = _together(study, question)
    sentence = Paragraph(_sentence(study, question, together))
    if together is None:
        return [sentence]
    given, levers = study.projections[question.scenario].assumptions, [move.lever for move in together.moves]
    steps = _steps(together, study.language)
    alone = once_a_report(one_by_one)(study.plan, question.scenario, given, question.goal, levers)
    return [
        Heading(2, _titled("goal", study, question)),
        sentence,
        _table(study, question, alone, together),
        *([_chart(study, question, steps)] if steps else []),
    ]


def _together(study: Study, question: Question) -> Solution | None:
    """All levers of the office at least effort; ``None`` where none of them helps."""
    return _sought(study.plan, question.scenario, study.projections[question.scenario].assumptions, question.goal)


@once_a_report
def _sought(plan: Plan, scenario: str, given: Mapping[str, Assumption], goal: Goal) -> Solution | None:
    levers = default_levers(plan, scenario, given, goal)
    return seek(plan, scenario, given, goal, levers) if levers else None


def _sentence(study: Study, question: Question, together: Solution | None) -> str:
    language = study.language
    if together is None:
        return text(_WORDS["no_lever"], language, what=_what(question.goal, study))
    return text(together.sentence, language) + (text(_WORDS["assumed"], language) if question.assumed else "")


def _what(goal: Goal, study: Study) -> str:
    return text(subject(goal.scheme, goal.indicator, goal.category), study.language)


def _titled(key: str, study: Study, question: Question) -> str:
    goal, path = question.goal, study.scenario_label(question.scenario)
    return text(_WORDS[key], study.language, year=goal.year, what=_what(goal, study), path=path)


def _table(study: Study, question: Question, alone: list[Solution], together: Solution) -> Table:
    """A row a lever: now, what it must come to alone and with what result, what together, and at what effort."""
    language, year = study.language, question.goal.year
    keys = ("lever", "how", "now", "alone", "outcome", "together", "effort")
    header = tuple(text(_WORDS[key], language, year=year) for key in keys)
    rows = [_row(study, single, move) for single, move in zip(alone, together.moves, strict=True)]
    total = ("", "", "", "", _outcome(together, study), f"{together.effort:.2f}")
    rows.append((text(_WORDS["total"], language), *total))
    return Table(_titled("table", study, question), "", header, tuple(rows), (text(_WORDS["effort_note"], language),))


def _row(study: Study, single: Solution, shared: Move) -> tuple[str, ...]:
    language, year = study.language, single.goal.year
    (own,) = single.moves
    name = shared.lever.name
    before, alone, together = (
        text(lever_amount(move, values, year), language)
        for move, values in ((own, own.before), (own, own.after), (shared, shared.after))
    )
    return (
        text(PARAMETERS[name], language), text(OFFICE_LEVERS[name].reason, language), before, alone,
        _outcome(single, study), together, f"{abs(shared.effort):.2f}",
    )  # fmt: skip


def _outcome(solution: Solution, study: Study) -> str:
    language = study.language
    if solution.reachable:
        return text(_WORDS["reached"], language)
    short = unsigned(solution.shortfall, unit_of(solution.goal.indicator))
    return text(_WORDS["short"], language, short=text(short, language))


def _steps(solution: Solution, language: Language) -> list[tuple[str, float]]:
    """What each lever adds and what is then still short; none where every lever's part would read as zero."""
    scale = chart_scale(unit_of(solution.goal.indicator), [solution.target - solution.start])
    steps = [
        (text(PARAMETERS[move.lever.name], language), move.effect)
        for move in solution.moves if round(abs(move.effect) / scale.factor, scale.decimals)
    ]  # fmt: skip
    short = [] if solution.reachable else [(text(_WORDS["unexplained"], language), solution.shortfall)]
    return [*steps, *short] if steps else []


def _chart(study: Study, question: Question, steps: list[tuple[str, float]]) -> Chart:
    """The distance to the target, lever by lever, and what is left where it cannot be reached."""
    language, goal = study.language, question.goal
    heading, left = _titled("chart", study, question), text(_WORDS["unexplained"], language)
    return Chart(
        f"goal_seek_{goal.scheme}_{goal.indicator}", heading,
        lambda ax: income_bridge(
            ax, steps, unit_of(goal.indicator), language, text(_WORDS["gap"], language), left, heading
        ),
        height_cm=9.0,
    )  # fmt: skip
