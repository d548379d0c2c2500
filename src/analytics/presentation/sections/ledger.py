"""The forecast ledger: earlier forecasts of this plan against what came, and how they were revised since."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, time
from itertools import pairwise

import pandas as pd

from analytics.appraisal.ledger import (
    Batch,
    Ledger,
    input_changes,
    ledger_frame,
    revisions,
    score,
    summary,
)
from analytics.appraisal.study import Study
from analytics.appraisal.vintage import batch_of
from analytics.presentation.charts.labels import text_width
from analytics.presentation.charts.rows import signed
from analytics.presentation.document import Heading, Listing, Paragraph, Table, alignments
from analytics.presentation.pictures import Content
from analytics.presentation.tables import line_label
from analytics.terms import PARAMETERS, Language, Term, display_scale, label, number, scale_label, show, text

_WORDS = {
    "heading": Term("以往预测与实际对照", "Earlier forecasts and what came"),
    "none": Term("账本中没有本规划以前的预测，本期为首次。", "The ledger holds no earlier forecast of this plan; this is the first."),
    "empty": Term("账本中还没有这个规划的预测。", "The ledger holds no forecast of this plan yet."),
    "vintages": Term(
        "账本中有本规划以往预测{n}期（数据截至{first}至{last}），共{rows}项。",
        "The ledger holds {n} earlier vintages of this plan (data as of {first} to {last}) with {rows} forecasts.",
    ),
    "no_actuals": Term("尚无可对照的实际数。", "No actuals to compare them with yet."),
    "scored": Term(
        "{path}有{n}项已有实际数可对照（年度结束后才作出的{late}项不计入），平均绝对误差{error}；有区间的{ranged}项中{inside}项的实际数落在区间内。",
        "{path}: actuals have come for {n} ({late} made after their year was over are left out); the mean absolute error is "
        "{error}, and {inside} of the {ranged} with a range held the actual.",
    ),
    "summary": Term("各指标预测误差", "Forecast errors by indicator"),
    "detail": Term("预测与实际逐项对照", "Forecasts and actuals one by one"),
    "latest": Term("（误差绝对值最大的{n}项）", " (the {n} largest errors)"),
    "path": Term("路径", "Path"),
    "indicator": Term("指标", "Indicator"),
    "unit": Term("单位", "Unit"),
    "n": Term("次数", "n"),
    "bias": Term("平均偏差", "Bias"),
    "mape": Term("平均绝对误差", "Mean absolute error"),
    "coverage": Term("区间覆盖", "Coverage"),
    "year": Term("年份", "Year"),
    "as_of": Term("数据截至", "Data as of"),
    "forecast": Term("预测", "Forecast"),
    "range": Term("区间", "Range"),
    "actual": Term("实际", "Actual"),
    "error": Term("误差", "Error"),
    "lead": Term("提前年数", "Years ahead"),
    "inside": Term("区间内", "Inside"),
    "yes": Term("是", "yes"),
    "no": Term("否", "no"),
    "revised": Term("预测修订", "Revisions"),
    "same": Term("各期预测之间没有变化。", "No forecast changed from one vintage to the next."),
    "changed": Term(
        "{before}到{after}：{n}项预测有变化，{year}年{what}由{old}调整为{new}（{change}）；{why}。",
        "{before} to {after}: {n} forecasts changed; {what} in {year} went from {old} to {new} ({change}); {why}.",
    ),
    "inputs": Term("原因是参数变化：{names}", "because of these inputs: {names}"),
    "and_more": Term("等{n}项", " and others, {n} in all"),
    "program": Term("参数未变，模型程序或运行环境有更新", "the inputs are the same: the program or its environment changed"),
    "table": Term("末年预测的修订（{path}，{before}到{after}）", "Last-year forecasts revised ({path}, {before} to {after})"),
    "before": Term("上期", "Before"),
    "after": Term("本期", "Now"),
    "change": Term("变化", "Change"),
    "relative": Term("变化率", "Relative"),
    "parameters": Term("参数变化（{path}，{before}到{after}）", "Inputs changed ({path}, {before} to {after})"),
    "parameter": Term("参数", "Input"),
    "from_year": Term("起始年份", "From year"),
    "kind": Term("说明", "Remark"),
    "damaged": Term("账本有{n}行不能读取，其余照常使用：", "{n} line(s) of the ledger cannot be read; the rest is used:"),
}  # fmt: skip
_KINDS = {
    "value": Term("取值变化", "value changed"),
    "added": Term("新增", "added"),
    "dropped": Term("不再使用", "no longer used"),
    "basis": Term("取值未变，区间或来源变化", "same value, other range or source"),
}
_MOST_ROWS, _MOST_STEPS, _MOST_NAMES = 20, 6, 4
_LEADS = ("collection_income", "income", "participants", "employee_share")
"""The indicator a revision is told by, the first that changed."""


def ledger(study: Study, past: Ledger) -> list[Content]:
    """The report's section: earlier vintages (days of data before this one) scored, and the change to this report."""
    earlier = past.of(study.plan.name, before=study.as_of)
    blocks: list[Content] = [Heading(1, text(_WORDS["heading"], study.language))]
    if not earlier:
        return [*blocks, Paragraph(text(_WORDS["none"], study.language))]
    now = batch_of(study, "", datetime.combine(study.as_of, time(), UTC))
    return [*blocks, *outcomes(earlier, study.history, study.language), *changes([*earlier, now], study.language)]


def overview(batches: Sequence[Batch], history: pd.DataFrame, language: Language) -> list[Content]:
    """The ledger of one plan on its own: all its vintages scored against ``history``, and how each revised the last."""
    if not batches:
        return [Paragraph(text(_WORDS["empty"], language))]
    return [*outcomes(batches, history, language), *changes(batches, language)]


def trouble(past: Ledger, language: Language) -> list[Content]:
    """Every line of the ledger that cannot be read."""
    if not past.faults:
        return []
    words = text(_WORDS["damaged"], language, n=len(past.faults))
    return [Paragraph(words, emphasis=True), Listing(tuple(fault.message(language) for fault in past.faults))]


# ----------------------------------------------------------------------------------------------------------- outcomes


def outcomes(batches: Sequence[Batch], history: pd.DataFrame, language: Language) -> list[Content]:
    """What the vintages forecast beside what came: a sentence, scores by indicator, and the rows."""
    frame = ledger_frame(batches)
    scored = score(frame, history)
    days = [str(batch.as_of) for batch in batches]
    told = [text(_WORDS["vintages"], language, n=len(batches), first=days[0], last=days[-1], rows=len(frame))]
    told += [_scored_words(rows, path, language) for path, rows in scored.groupby("scenario", sort=False)]
    told += [text(_WORDS["no_actuals"], language)] if scored.empty else []
    said = Paragraph(("" if language == "zh" else " ").join(told))
    return [said, *([*_summary_table(scored, language), _detail_table(scored, language)] if len(scored) else [])]


def _scored_words(scored: pd.DataFrame, path: str, language: Language) -> str:
    ahead = scored[scored["lead_years"] > 0]
    ranged = ahead["inside"].dropna()
    return text(
        _WORDS["scored"], language, path=label(path, language), n=len(ahead), late=len(scored) - len(ahead),
        error=show(float(ahead["relative_error"].abs().mean()), "ratio", language), ranged=len(ranged),
        inside=int(ranged.sum()),
    )  # fmt: skip


def _summary_table(scored: pd.DataFrame, language: Language) -> list[Content]:
    heads = ("path", "indicator", "unit", "n", "bias", "mape", "coverage")
    rows = tuple(_summary_row(row, language) for _, row in summary(scored).iterrows())
    return [Table(text(_WORDS["summary"], language), "", _header(heads, language), rows)] if rows else []


def _summary_row(row: pd.Series, language: Language) -> tuple[str, ...]:
    scale = display_scale(row["unit"], row["bias"])
    covered = f"{row['coverage']:.0%}" if row["ranged"] else "—"
    return (
        label(row["scenario"], language), _line(row, language), scale_label(scale, language), str(row["n"]),
        signed(row["bias"], scale), show(row["mape"], "ratio", language), covered,
    )  # fmt: skip


def _line(row: pd.Series, language: Language) -> str:
    return line_label((row["scheme"], row["indicator"], "total"), language, single=False)


def _percent(change: float) -> str:
    """A relative change with its sign; a dash where there was nothing to relate it to."""
    return "—" if change != change else f"{change:+.1%}"


def _header(keys: Sequence[str], language: Language) -> tuple[str, ...]:
    return tuple(text(_WORDS[key], language) for key in keys)


def _detail_table(scored: pd.DataFrame, language: Language) -> Table:
    heads = ("path", "indicator", "year", "as_of", "forecast", "range", "actual", "error", "lead", "inside")
    widest = scored["relative_error"].abs().sort_values(ascending=False).index[:_MOST_ROWS]
    shown = scored.loc[sorted(widest)]
    rows = tuple(_detail_row(row, language) for _, row in shown.iterrows())
    title = text(_WORDS["detail"], language)
    if len(shown) < len(scored):
        title += text(_WORDS["latest"], language, n=len(shown))
    return Table(title, "", _header(heads, language), rows)


def _detail_row(row: pd.Series, language: Language) -> tuple[str, ...]:
    scale = display_scale(row["unit"], row["actual"])
    ranged = not pd.isna(row["inside"])
    bounds = f"{number(row['low'], scale)}–{number(row['high'], scale)}" if ranged else "—"
    return (
        label(row["scenario"], language), _line(row, language), str(row["year"]), f"{row['as_of']:%Y-%m-%d}",
        show(row["forecast"], row["unit"], language, scale), bounds, show(row["actual"], row["unit"], language, scale),
        _percent(row["relative_error"]), f"{row['lead_years']:.1f}",
        text(_WORDS["yes" if row["inside"] else "no"], language) if ranged else "—",
    )  # fmt: skip


# ------------------------------------------------------------------------------------------------------------ changes


def changes(batches: Sequence[Batch], language: Language) -> list[Content]:
    """Each step from one vintage to the next that changed a forecast; the last in full, forecasts and inputs."""
    steps = [(before, after) for before, after in pairwise(batches) if len(revisions([before, after]))]
    if not steps:
        return [Paragraph(text(_WORDS["same"], language))] if len(batches) > 1 else []
    said = tuple(_step_words(*step, language) for step in steps[-_MOST_STEPS:])
    heading = Heading(2, text(_WORDS["revised"], language))
    return [heading, Listing(said), *_forecast_changes(*steps[-1], language), *_parameter_changes(*steps[-1], language)]


def _days(before: Batch, after: Batch) -> dict[str, str]:
    return {"before": str(before.as_of), "after": str(after.as_of)}


def _step_words(before: Batch, after: Batch, language: Language) -> str:
    frame = revisions([before, after])
    row = _telling(frame)
    return text(
        _WORDS["changed"], language, **_days(before, after), n=len(frame), year=row["year"], what=_line(row, language),
        old=show(row["before"], row["unit"], language), new=show(row["value"], row["unit"], language),
        change=_percent(row["relative_change"]), why=_why(row["why"], language),
    )  # fmt: skip


def _telling(frame: pd.DataFrame) -> pd.Series:
    """The revision a sentence is made of: the last year of the first leading indicator that changed."""
    order = frame["indicator"].map({name: place for place, name in enumerate(_LEADS)}).fillna(len(_LEADS))
    return frame.assign(order=order).sort_values(["order", "year"], ascending=[True, False], kind="stable").iloc[0]


def _why(names: Sequence[str], language: Language) -> str:
    if not names:
        return text(_WORDS["program"], language)
    joint = "、" if language == "zh" else ", "
    listed = joint.join(_parameter(name, language) for name in names[:_MOST_NAMES])
    more = text(_WORDS["and_more"], language, n=len(names)) if len(names) > _MOST_NAMES else ""
    return text(_WORDS["inputs"], language, names=listed + more)


def _parameter(name: str, language: Language) -> str:
    """A parameter's label; its bare name where a later release no longer knows it."""
    return text(PARAMETERS[name], language) if name in PARAMETERS else name


def _forecast_changes(before: Batch, after: Batch, language: Language) -> list[Content]:
    frame = revisions([before, after])
    last = frame[(frame["year"] == frame["year"].max()) & (frame["scenario"] == next(iter(after.parameters)))]
    heads = ("indicator", "year", "before", "after", "change", "relative")
    rows = tuple(_change_row(row, language) for _, row in last.iterrows())
    title = text(_WORDS["table"], language, path=label(next(iter(after.parameters)), language), **_days(before, after))
    return [Table(title, "", _header(heads, language), rows)] if rows else []


def _change_row(row: pd.Series, language: Language) -> tuple[str, ...]:
    unit, change = row["unit"], row["change"]
    scale = display_scale(unit, max(abs(row["before"]), abs(row["value"])))
    values = (show(row[side], unit, language, scale) for side in ("before", "value"))
    sign = "+" if change > 0 else ""
    return _line(row, language), str(row["year"]), *values, sign + show(change, unit, language), _percent(row["relative_change"])  # fmt: skip


def _parameter_changes(before: Batch, after: Batch, language: Language) -> list[Content]:
    """Inputs of the path the report leads with."""
    path = next(iter(after.parameters))
    rows = tuple(_parameter_row(row, language) for _, row in input_changes(before, after, path).iterrows())
    heads = ("parameter", "from_year", "before", "after", "kind")
    title = text(_WORDS["parameters"], language, path=label(path, language), **_days(before, after))
    return [Table(title, "", _header(heads, language), rows)] if rows else []


def _parameter_row(row: pd.Series, language: Language) -> tuple[str, ...]:
    unit = PARAMETERS[row["name"]].unit if row["name"] in PARAMETERS else ""
    values = (show(row[side], unit, language) for side in ("before", "after"))
    return _parameter(row["name"], language), str(row["year"]), *values, text(_KINDS[row["kind"]], language)


# ----------------------------------------------------------------------------------------------------------- terminal


def printed(blocks: Sequence[Content]) -> str:
    """Headings, paragraphs, listings and tables as text for a terminal; charts are left out."""
    return "\n\n".join(part for block in blocks if (part := _printed(block)))


def _printed(block: Content) -> str:
    match block:
        case Heading() | Paragraph():
            return f"{'#' * block.level} {block.text}" if isinstance(block, Heading) else block.text
        case Listing():
            return "\n".join(f"{n}. {item}" for n, item in enumerate(block.items, 1))
        case Table():
            return "\n".join([block.title, *_printed_rows(block), *block.notes])
    return ""


def _printed_rows(table: Table) -> list[str]:
    """Rows in columns of equal width, a Chinese character counting twice."""
    lines = [table.header, *table.rows]
    widths = [max(map(text_width, column)) for column in zip(*lines, strict=True)]
    sides = alignments(table)
    return ["  ".join(map(_padded, line, widths, sides)).rstrip() for line in lines]


def _padded(cell: str, width: int, side: str) -> str:
    blank = " " * (width - text_width(cell))
    return blank + cell if side == "right" else cell + blank
