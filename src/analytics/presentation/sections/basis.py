"""What the report rests on: the document, the base-year figures, the sources and the assumptions."""

from __future__ import annotations

import pandas as pd

from analytics.appraisal.study import Study
from analytics.presentation.document import Heading, Paragraph, Table
from analytics.presentation.pictures import Content
from analytics.presentation.sections.opening import known_so_far
from analytics.presentation.tables import head
from analytics.terms import NOT_GIVEN, Term, display_scale, label, number, show, source_words, text

_WORDS = {
    "heading": Term("依据和基数", "Basis"),
    "document": Term(
        "本报告依据《{title}》（{number}，{issuer}，{date}）及公开统计资料编制，规划期{first}—{last}年，以{base}年为基年，"
        "数据截至{as_of}。",
        "Based on “{title}” ({number}, {issuer}, {date}) and public statistics; years {first}–{last}, base year {base}, data as of {as_of}.",
    ),
    "no_document": Term(
        "本报告依据公开统计资料编制，测算期{first}—{last}年，以{base}年为基年，数据截至{as_of}。",
        "Based on public statistics; years {first}–{last}, base year {base}, data as of {as_of}.",
    ),
    "baseline": Term("基年数据", "Base-year figures"),
    "sources": Term("参数、来源和质量", "Parameters, sources and quality"),
    "quality_note": Term(
        "质量：官方＝文件或统计资料公布；推算＝由公布数按算式得出；假定＝无公开数据，按说明取值，应以本地实际数替换。",
        "Quality: official = published; derived = computed from published figures; assumed = no public figure, to be replaced.",
    ),
    "counts": Term(
        "本次测算共用参数{all}项，其中官方{official}项、推算{derived}项、假定{assumed}项。",
        "{all} parameters are used: {official} official, {derived} derived, {assumed} assumed.",
    ),
    "item": Term("项目", "Item"),
    "value": Term("取值", "Value"),
    "low_high": Term("区间", "Range"),
    "source": Term("来源和算式", "Source and arithmetic"),
    "commitments": Term("尚无法测算的任务", "Promises that cannot be projected yet"),
    "task": Term("任务", "Promise"),
    "missing": Term("需补充的数据", "Data needed"),
    "state": Term("现状", "State"),
    "phases": Term("工作阶段", "Phases"),
    "phase": Term("阶段", "Phase"),
    "start": Term("开始", "Start"),
    "end": Term("结束", "End"),
}


def basis(study: Study) -> list[Content]:
    """Document, base-year table, published progress, phases and promises without numbers."""
    language = study.language
    return [
        Heading(1, text(_WORDS["heading"], language)),
        Paragraph(_document_sentence(study)),
        _baseline_table(study),
        *known_so_far(study),
        *_phases(study),
        *_commitments(study),
    ]


def _document_sentence(study: Study) -> str:
    plan, horizon, language = study.plan, study.plan.horizon, study.language
    years = {"first": horizon.first_year, "last": horizon.last_year, "base": horizon.base_year, "as_of": study.as_of}
    if plan.document is None:
        return text(_WORDS["no_document"], language, **years)
    document = plan.document
    return text(
        _WORDS["document"], language, title=document.title.text(language), number=document.number or "—",
        issuer=document.issuer, date=document.date, **years,
    )  # fmt: skip


def _baseline_table(study: Study) -> Table:
    language = study.language
    rows = study.inputs[study.inputs["name"].isin(study.plan.baseline)]
    return _inputs_table(text(_WORDS["baseline"], language), rows, study)


def sources(study: Study) -> list[Content]:
    """Every parameter of the leading path with value, range, quality and source."""
    language = study.language
    counts = study.inputs["quality"].value_counts()
    tally = {key: int(counts.get(key, 0)) for key in ("official", "derived", "assumed")}
    drivers = study.inputs[~study.inputs["name"].isin(study.plan.baseline)]
    title = text(_WORDS["sources"], language)
    return [
        Heading(1, title),
        Paragraph(text(_WORDS["counts"], language, all=len(study.inputs), **tally)),
        _inputs_table(title, drivers, study, (text(_WORDS["quality_note"], language),)),
    ]


def _inputs_table(title: str, rows: pd.DataFrame, study: Study, notes: tuple[str, ...] = ()) -> Table:
    language = study.language
    header = [text(_WORDS["item"], language), text(_WORDS["value"], language)]
    header += [text(_WORDS["low_high"], language), head("quality", language), text(_WORDS["source"], language)]
    return Table(title, "", tuple(header), tuple(_input_cells(row, study) for _, row in rows.iterrows()), notes)


def _input_cells(row: pd.Series, study: Study) -> tuple[str, ...]:
    language = study.language
    scale = display_scale(row["unit"], row["value"])
    bounds = f"{number(row['low'], scale)}–{number(row['high'], scale)}" if row["low"] == row["low"] else "—"
    source = "；".join(source_words(part, language) for part in (row["source"], row["note"]) if part)
    return (
        row[f"label_{language}"], show(row["value"], row["unit"], language, scale), bounds, label(row["quality"], language), source,
    )  # fmt: skip


def _commitments(study: Study) -> list[Content]:
    language = study.language
    if not study.plan.commitments:
        return []
    header = tuple(text(_WORDS[key], language) for key in ("task", "state", "missing"))
    state = text(NOT_GIVEN, language)
    rows = tuple((c.title.text(language), state, c.missing.text(language)) for c in study.plan.commitments)
    return [Table(text(_WORDS["commitments"], language), "", header, rows)]


def _phases(study: Study) -> list[Content]:
    language = study.language
    if not study.plan.phases:
        return []
    header = tuple(text(_WORDS[key], language) for key in ("phase", "start", "end"))
    rows = tuple((phase.title.text(language), phase.start, phase.end) for phase in study.plan.phases)
    return [Table(text(_WORDS["phases"], language), "", header, rows)]
