"""The retirement reform in the plan's own figures: retirees, contributors and the gap with it and without it."""

from __future__ import annotations

import pandas as pd

from analytics.appraisal.reform import AFFECTED
from analytics.appraisal.study import Study
from analytics.presentation.document import Heading, Paragraph, Table
from analytics.presentation.pictures import Content
from analytics.terms import (
    INDICATORS,
    Language,
    Term,
    display_scale,
    number,
    scale_label,
    show,
    text,
    unit_of,
)

_WORDS = {
    "heading": Term("延迟退休对规划的影响", "What the retirement reform does to the plan"),
    "answer": Term(
        "实施延迟退休，{first}—{last}年职工保险新增退休{with_reform}，比不实施少{fewer}；{last}年末缴费人员{paying}，离退休人员{retired}，"
        "当年当期缺口{gap}。",
        "With the rise of retirement ages {with_reform} retire in {first}–{last}, {fewer} fewer than without it; at the end "
        "of {last} there are {paying} contributors and {retired} retirees, and the year's gap is {gap}.",
    ),
    "more": Term("多{size}", "{size} more"),
    "less": Term("少{size}", "{size} less"),
    "before": Term(
        "规划期在2025年以前结束，延迟退休没有影响。", "The plan ends before 2025: the reform does not touch it."
    ),
    "table": Term(
        "实施与不实施延迟退休的差别（职工保险，{path}）", "With the reform and without it (employee scheme, {path})"
    ),
    "indicator": Term("指标", "Indicator"),
    "unit": Term("单位", "Unit"),
    "case": Term("情形", "Case"),
    "year": Term("{year}年", "{year}"),
    "reformed": Term("实施", "with"),
    "unreformed": Term("不实施", "without"),
    "note": Term(
        "新增参保、工资等其他参数两种情形相同；提前、延后退休的选择见参数表（假定）。",
        "New enrollment, wages and all other parameters are the same in both; who retires early or late is assumed.",
    ),
}


def reform(study: Study) -> list[Content]:
    """Heading, the answer and a table; nothing where there is no employee scheme."""
    if "employee" not in study.plan.schemes:
        return []
    heading = Heading(2, text(_WORDS["heading"], study.language))
    if not study.reform["effect"].any():
        return [heading, Paragraph(text(_WORDS["before"], study.language))]
    return [heading, Paragraph(_answer(study)), _table(study)]


def _answer(study: Study) -> str:
    found, language, (first, last) = study.reform, study.language, (study.plan.years[0], study.plan.years[-1])
    retiring = found.loc["retirements"].sum()
    at_end = {name: found.loc[(name, last), "effect"] for name in ("contributors", "retirees", "gap")}
    shown = {name: _beside(value, name, language) for name, value in at_end.items()}
    return text(
        _WORDS["answer"], language, first=first, last=last, with_reform=show(retiring["reformed"], "person", language),
        fewer=show(-retiring["effect"], "person", language), paying=shown["contributors"], retired=shown["retirees"],
        gap=shown["gap"],
    )  # fmt: skip


def _beside(effect: float, name: str, language: Language) -> str:
    """How much more or less of a result there is than without the reform."""
    return text(_WORDS["more" if effect >= 0 else "less"], language, size=show(abs(effect), unit_of(name), language))


def _table(study: Study) -> Content:
    language, found = study.language, study.reform
    years = [year for year in study.plan.years if year in (study.plan.years[0], study.plan.years[-1]) or year % 5 == 0]
    years = list(study.plan.years) if len(study.plan.years) <= 4 else years
    heads = [text(_WORDS[head], language) for head in ("indicator", "unit", "case")]
    header = (*heads, *(text(_WORDS["year"], language, year=year) for year in years))
    rows = tuple(row for name in AFFECTED for row in _rows(found.loc[name].loc[years], name, study))
    path = study.scenario_label(study.leading)
    return Table(text(_WORDS["table"], language, path=path), "", header, rows, (text(_WORDS["note"], language),))


def _rows(values: pd.DataFrame, name: str, study: Study) -> list[tuple[str, ...]]:
    scale = display_scale(unit_of(name), float(values[["reformed", "unreformed"]].abs().max().max()))
    shared = (text(INDICATORS[name], study.language), scale_label(scale, study.language))
    return [
        (*shared, text(_WORDS[case], study.language), *(number(value, scale) for value in values[case]))
        for case in ("reformed", "unreformed")
    ]
