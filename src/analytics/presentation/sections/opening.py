"""The answer first: what is asked, whether it will be met, and on what that rests."""

from __future__ import annotations

from collections.abc import Iterator
from math import nan

import pandas as pd

from analytics.appraisal.study import Study
from analytics.presentation.charts.uncertainty import probability_words
from analytics.presentation.document import Heading, Listing, Paragraph, Table
from analytics.presentation.pictures import Content
from analytics.presentation.sections.goal_seek import catch_ups
from analytics.presentation.sentences import headline
from analytics.presentation.tables import Line, head, line_label
from analytics.terms import GRADES, NOT_GIVEN, Term, display_scale, label, number, scale_label, show, text

_WORDS = {
    "heading": Term("主要结论", "Main conclusions"),
    "asked": Term("本报告回答：{about}。", "The question: {about}."),
    "stand_in": Term(
        "特别说明：本地公开数据缺乏，文中{place}的数字为{stand_in}数字代用，不代表本地实际。",
        "Please note: for want of local figures, those of {stand_in} stand in for {place}; they are not its own.",
    ),
    "targets": Term("目标完成情况测算", "Targets and projections"),
    "scheme": Term("目标指标", "Target"),
    "unit": Term("单位", "Unit"),
    "target": Term("目标", "Target"),
    "line": Term("口径", "Line"),
    "chance": Term("{year}年达标可能性", "Probability {year}"),
    "verdict": Term("判断", "Verdict"),
    "delivered": Term("视同完成", "taken as delivered"),
    "note": Term(
        "新增参保、占比和参保率目标在规划路径中视同如数完成，用以检验其他目标；趋势路径为近年情形的延续。"
        "测算区间跨过目标的，判断为“基本可达到”（测算值达到）或“有差距”（测算值未达到）。",
        "On the plan path targets for new enrollment, share and coverage are taken as delivered, to test the others by "
        "them; the trend path carries recent behaviour on. Where the range spans the target the verdict is “likely” (the "
        "central value reaches it) or “at risk” (it does not).",
    ),
    "none": Term(
        "年度数量目标：{missing}。以下按趋势路径测算，供补充目标后对照。",
        "Yearly numeric targets: {missing}. What follows is the trend path, to be compared once targets are added.",
    ),
    "no_document": Term(
        "本测算没有对应的规划文件，不设目标，按趋势路径测算。",
        "There is no plan document and so no target; figures follow the trend path.",
    ),
    "fall": Term("低于上年", "below last year"),
}


def conclusions(study: Study) -> list[Content]:
    """Question, headline sentences, and the table of targets against both paths."""
    language = study.language
    blocks: list[Content] = [
        Heading(1, text(_WORDS["heading"], language)),
        Paragraph(text(_WORDS["asked"], language, about=study.plan.about.text(language))),
    ]
    if study.plan.region.reference:
        blocks.append(Paragraph(_stand_in(study), emphasis=True))
    blocks.append(Listing((*headline(study), *catch_ups(study))))
    return [*blocks, *targets(study)]


def _stand_in(study: Study) -> str:
    place = study.plan.region.label.text(study.language)
    return text(
        _WORDS["stand_in"], study.language, place=place, stand_in=study.region_label(study.plan.region.reference)
    )


def targets(study: Study) -> list[Content]:
    """Every target above what each path gives, by year, or one sentence that the document sets none."""
    language = study.language
    if study.targets.empty:
        key = "none" if study.plan.document else "no_document"
        return [Paragraph(text(_WORDS[key], language, missing=text(NOT_GIVEN, language)))]
    years = sorted({int(year) for year in study.targets["year"]})
    header = [text(_WORDS[key], language) for key in ("scheme", "unit", "line")]
    header += [head("year", language, year=year) for year in years]
    header += [text(_WORDS[key], language, year=years[-1]) for key in ("chance", "verdict")]
    keys = study.targets[["scheme", "indicator", "category"]].drop_duplicates().itertuples(index=False, name=None)
    rows = tuple(row for key in keys for row in _target_rows(key, years, study))
    return [Table(text(_WORDS["targets"], language), "", tuple(header), rows, (text(_WORDS["note"], language),))]


def _target_rows(key: Line, years: list[int], study: Study) -> Iterator[tuple[str, ...]]:
    """The target's row, then one row a path with its verdict."""
    language, frame = study.language, study.attainment
    own = frame[(frame["scheme"] == key[0]) & (frame["indicator"] == key[1]) & (frame["category"] == key[2])]
    scale = display_scale(own["unit"].iloc[0], float(own["value"].abs().max()))
    goals = own[own["scenario"] == study.leading].set_index("year")
    falls = goals["aim"].iloc[0] == "fall"
    asked = [
        text(_WORDS["fall"], language) if falls else number(goals["target"].get(year, nan), scale) for year in years
    ]
    name = line_label(key, language, single=False)
    yield (name, scale_label(scale, language), text(_WORDS["target"], language), *asked, "", "")
    for path in (name for name in ("plan", "trend") if name in study.projections):
        found = own[own["scenario"] == path].set_index("year")
        cells = [number(found["value"].get(year, nan), scale) for year in years]
        chance = _chance(key, path, int(found.index.max()), study)
        yield ("", "", study.scenario_label(path), *cells, chance, _verdict(key, path, found, study))


def _chance(key: Line, path: str, year: int, study: Study) -> str:
    """The probability that the path meets the target of ``year``; a dash for what the path was told."""
    frame = study.probabilities
    own = (frame["scenario"] == path) & (frame["year"] == year)
    for column, value in zip(("scheme", "indicator", "category"), key, strict=True):
        own &= frame[column] == value
    row = frame[own].iloc[0]
    return "—" if row["delivered"] else probability_words(row["probability"])


def _verdict(key: Line, path: str, found: pd.DataFrame, study: Study) -> str:
    """The grade of every target year; what the plan path was told is taken as delivered."""
    language = study.language
    if key[1] in ("gross_new", "employee_share", "coverage_rate") and path == "plan":
        return text(_WORDS["delivered"], language)
    grades = found["grade"]
    if grades.nunique() == 1:
        return text(GRADES[grades.iloc[0]], language)
    marks = ("、", "；") if language == "zh" else (", ", "; ")
    parts = {grade: marks[0].join(map(str, found.index[grades == grade])) for grade in grades.unique()}
    return marks[1].join(f"{years} {text(GRADES[grade], language)}" for grade, years in parts.items())


def known_so_far(study: Study) -> list[Content]:
    """Part-year actuals that the document or the office has published."""
    language = study.language
    if not study.plan.observations:
        return []
    heads = (Term("指标", "Indicator"), Term("时期", "Period"), Term("数值", "Value"), Term("来源", "Source"))
    rows = tuple(
        (f"{label(o.scheme, language)} {label(o.indicator, language)}", o.period, show(o.plain_value, o.plain_unit, language),
         o.source)
        for o in study.plan.observations
    )  # fmt: skip
    title = text(Term("已公布的进度数", "Published progress figures"), language)
    return [Table(title, "", tuple(text(h, language) for h in heads), rows)]
