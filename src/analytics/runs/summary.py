"""What came of each report of a batch: one row a plan, for a person (xlsx) and for a program (csv)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import pandas as pd

from analytics.inputs.plan import Plan
from analytics.presentation.files import written_whole
from analytics.terms import (
    CATEGORIES,
    INDICATORS,
    QUALITIES,
    SCENARIOS,
    SCHEMES,
    SEVERITIES,
    SHORT_SCHEMES,
    Language,
    Term,
    display_scale,
    label,
    scale_label,
    text,
    unit_of,
)

if TYPE_CHECKING:
    from xlsxwriter.format import Format
    from xlsxwriter.workbook import Workbook

Status = Literal["made", "kept", "failed"]
STATUSES: dict[Status, Term] = {
    "made": Term("已生成", "made"),
    "kept": Term("未变，沿用", "unchanged, kept"),
    "failed": Term("失败", "failed"),
}
HEADLINES = (
    ("employee", "active"),
    ("resident", "active"),
    ("all", "coverage_rate"),
    ("all", "employee_share"),
    ("employee", "collection_income"),
    ("employee", "gap"),
)
"""What a row says of the leading path in the plan's last year."""

_HEADS = {
    "plan": Term("规划", "plan"),
    "region": Term("地区", "region"),
    "label": Term("名称", "name"),
    "status": Term("状态", "status"),
    "seconds": Term("用时（秒）", "seconds"),
    "year": Term("末年", "last year"),
    "met": Term("达标数", "targets met"),
    "targets": Term("目标数", "targets"),
    "message": Term("说明", "message"),
    "scenario": Term("情景", "scenario"),
    "scheme": Term("险种", "scheme"),
    "indicator": Term("指标", "indicator"),
    "category": Term("类别", "category"),
    "value": Term("数值", "value"),
    "unit": Term("单位", "unit"),
    "quality": Term("质量", "quality"),
    "parts": Term("有数地区", "regions with it"),
    "of": Term("下级地区", "regions inside"),
}
_VOCABULARY = {*INDICATORS, *SCHEMES, *CATEGORIES, *QUALITIES, *SCENARIOS}
_NAMED = ("scenario", "scheme", "indicator", "category", "quality")
_SHEETS = {"summary": Term("汇总", "summary"), "rollup": Term("合计", "roll-up")}
_OTHER_FORMATS = {"value": "#,##0.00"}
_NUMBER_FORMATS = {"ratio": "0.0%", "person": "#,##0", "yuan": "#,##0"}


@dataclass(frozen=True)
class Overview:
    """A published report in a few numbers.

    ``headlines`` holds values in plain units by (scheme, indicator); ``findings`` counts them by severity; ``met`` of
    ``targets`` dated targets are reached on the leading path.
    """

    region: str
    label: Term
    year: int
    headlines: dict[tuple[str, str], float]
    findings: dict[str, int]
    targets: int
    met: int


@dataclass(frozen=True)
class Outcome:
    """What came of one report: made now, kept from an earlier run, or failed for the reason in ``message``."""

    plan: str
    status: Status
    seconds: float = 0.0
    message: Term = field(default=Term("", ""))
    overview: Overview | None = None


def overview(plan: Plan, report: Path) -> Overview:
    """The published ``report`` of ``plan`` in a few numbers, read from its plain files."""
    from analytics.appraisal.attainment import attainment

    results = pd.read_csv(report / "results.csv")
    severities = pd.read_csv(report / "findings.csv", usecols=["severity"])["severity"].value_counts()
    leading = results[results["scenario"] == results["scenario"].iloc[0]]
    attained = attainment(plan, leading)
    return Overview(
        region=plan.region.id,
        label=Term(plan.label.zh, plan.label.en),
        year=plan.horizon.last_year,
        headlines=_headlines(leading, plan.horizon.last_year),
        findings={severity: int(severities.get(severity, 0)) for severity in SEVERITIES},
        targets=len(attained),
        met=int(attained["met"].sum()),
    )


def _headlines(leading: pd.DataFrame, year: int) -> dict[tuple[str, str], float]:
    last = leading[(leading["year"] == year) & (leading["category"] == "total")]
    values = last.set_index(["scheme", "indicator"])["value"]
    return {key: float(values[key]) for key in HEADLINES if key in values.index}


def summary_frame(outcomes: Sequence[Outcome], language: Language = "zh") -> pd.DataFrame:
    """One row a plan, values in plain units; empty where a report failed or has no such number."""
    return pd.DataFrame([_row(outcome, language) for outcome in outcomes], columns=_columns())


def _columns() -> list[str]:
    headlines = [f"{scheme}.{indicator}" for scheme, indicator in HEADLINES]
    return [
        "plan",
        "region",
        "label",
        "status",
        "seconds",
        "year",
        *headlines,
        "met",
        "targets",
        *SEVERITIES,
        "message",
    ]


def _row(outcome: Outcome, language: Language) -> dict[str, object]:
    row: dict[str, object] = {
        "plan": outcome.plan,
        "status": text(STATUSES[outcome.status], language),
        "seconds": round(outcome.seconds, 1),
        "message": text(outcome.message, language),
    }
    found = outcome.overview
    if found is None:
        return row
    numbers = {f"{scheme}.{indicator}": value for (scheme, indicator), value in found.headlines.items()}
    told = {"region": found.region, "label": text(found.label, language), "year": found.year}
    return row | told | numbers | {"met": found.met, "targets": found.targets} | found.findings


def write_summary(out: Path, outcomes: Sequence[Outcome], rollup: pd.DataFrame, language: Language = "zh") -> None:
    """Write ``summary.csv``, ``rollup.csv`` and ``summary.xlsx`` (both tables) into the batch's folder, each whole."""
    summary = summary_frame(outcomes, language)
    for name, frame in (("summary", summary), ("rollup", rollup)):
        with written_whole(out / f"{name}.csv") as path:
            frame.to_csv(path, index=False, float_format="%.12g", lineterminator="\n", encoding="utf-8-sig")
    with written_whole(out / "summary.xlsx") as path:
        _write_book(path, {"summary": summary, "rollup": _for_readers(rollup, language)}, language)


def _for_readers(rollup: pd.DataFrame, language: Language) -> pd.DataFrame:
    """The roll-up with labels instead of keys; a plan's own scenarios keep their names."""
    named = {column: {key: _label(key, language) for key in rollup[column].unique()} for column in _NAMED}
    scales = {unit: display_scale(unit, 1.0) for unit in rollup["unit"].unique()}
    units = {unit: scale_label(scale, language) for unit, scale in scales.items()}
    return rollup.assign(
        value=rollup["value"] / rollup["unit"].map({unit: scale.factor for unit, scale in scales.items()}),
        unit=rollup["unit"].map(units),
        **{column: rollup[column].map(labels) for column, labels in named.items()},
    )


def _label(key: str, language: Language) -> str:
    return label(key, language) if key in _VOCABULARY else key


def _write_book(path: Path, frames: dict[str, pd.DataFrame], language: Language) -> None:
    from xlsxwriter import Workbook

    with Workbook(path, {"constant_memory": True, "nan_inf_to_errors": False}) as book:
        head = book.add_format({"bold": True, "bottom": 1, "text_wrap": True, "valign": "top"})
        for name, frame in frames.items():
            sheet = book.add_worksheet(text(_SHEETS[name], language))
            sheet.freeze_panes(1, 1)
            for place, column in enumerate(frame):
                sheet.set_column(place, place, _width(column), _format(book, column))
            sheet.write_row(0, 0, [_head(column, language) for column in frame], head)
            for number, row in enumerate(frame.itertuples(index=False), 1):
                for place, cell in enumerate(row):
                    if pd.notna(cell):
                        sheet.write(number, place, cell)


def _head(column: str, language: Language) -> str:
    if column in _HEADS:
        return text(_HEADS[column], language)
    scheme, _, indicator = column.rpartition(".")
    words = [text(SHORT_SCHEMES[scheme], language)] if scheme else []
    return " ".join([*words, label(indicator, language)]).strip()


def _width(column: str) -> int:
    return {"label": 36, "message": 60}.get(column, 14)


def _format(book: Workbook, column: str) -> Format | None:
    indicator = column.rpartition(".")[2]
    shown = _NUMBER_FORMATS[unit_of(indicator)] if indicator in INDICATORS else _OTHER_FORMATS.get(column)
    return book.add_format({"num_format": shown}) if shown else None
