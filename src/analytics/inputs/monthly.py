"""What has come in so far this year: an office's monthly figures, and part-year figures that a document quotes.

Files lie in ``data/regions/<region>/monthly/``; their heads are the fields of :class:`MonthRow`, in English or Chinese.
"""

from __future__ import annotations

import re
from calendar import monthrange
from datetime import date
from pathlib import Path
from typing import Annotated

import pandas as pd
from pydantic import BaseModel, BeforeValidator, ConfigDict, create_model, model_validator

from analytics.inputs.faults import Fault, InputError, raise_if
from analytics.inputs.history import REGIONS, region_chain
from analytics.inputs.plan import Observation, Plan
from analytics.inputs.sheets import (
    SUFFIXES,
    Category,
    Entry,
    Indicator,
    Quality,
    Scheme,
    Text,
    Units,
    Unreadable,
    Written,
    Year,
    check,
    gather,
    one_of,
    plain_text,
    plain_value,
    read_entries,
    read_grid,
)
from analytics.terms import Term, unit_of

MONTHLY_COLUMNS = [
    "scheme", "indicator", "category", "area", "year", "month", "value", "unit", "cumulative", "source", "quality",
]  # fmt: skip
NO_MONTHS = pd.DataFrame(columns=MONTHLY_COLUMNS)
FLOWS = (
    "gross_new", "transfers", "interruptions", "resumptions", "retirements", "exits", "collection_income",
    "fiscal_subsidy", "interest", "income", "expenditure",
    "account_credits", "account_interest", "account_carried", "account_payments", "account_inheritance",
)  # fmt: skip
"""Indicators that add up over a year; of the others a year-end is a level, not a sum."""

CHINESE_HEADS = {
    "险种": "scheme",
    "指标": "indicator",
    "类别": "category",
    "单位名称": "area",
    "年份": "year",
    "月份": "month",
    "数值": "value",
    "计量单位": "unit",
    "是否累计": "cumulative",
    "来源": "source",
    "数据质量": "quality",
}
"""The Chinese heads of a monthly table; ``单位名称`` is the town or village, empty for the whole region."""


def _read_month(cell: str) -> int:
    match = re.fullmatch(r"(0?[1-9]|1[0-2])月?", plain_text(cell))
    if match is None:
        raise Unreadable(Term("不是月份", "not a month"), Term("1 至 12", "1 to 12"))
    return int(match[1])


class MonthRow(BaseModel):
    """One figure of one month: of the month alone, or from January to its end when ``cumulative``."""

    model_config = ConfigDict(extra="forbid")
    scheme: Scheme
    indicator: Indicator
    category: Category = "total"
    area: str = ""
    year: Year
    month: Annotated[int, BeforeValidator(_read_month)]
    value: Written
    unit: Units
    cumulative: Annotated[str, one_of({"yes": Term("是", "true"), "no": Term("否", "false")})]
    source: Text
    quality: Quality = "official"

    @property
    def plain(self) -> float:
        """The value in the plain unit of its indicator."""
        return plain_value(self.value, self.unit, unit_of(self.indicator))

    @property
    def line(self) -> tuple[str, str, str, str, int]:
        """What the figure belongs to: one indicator of one area in one year."""
        return self.scheme, self.indicator, self.category, self.area, self.year

    @model_validator(mode="after")
    def _unit_suits(self) -> MonthRow:
        _ = self.plain
        return self


_ChineseHeads: type[BaseModel] = create_model(
    "_ChineseHeads",
    **{zh: (str, ... if MonthRow.model_fields[name].is_required() else "") for zh, name in CHINESE_HEADS.items()},
)  # type: ignore[call-overload]


def load_monthly(region: str, folder: Path = REGIONS) -> pd.DataFrame:
    """The office's monthly figures of ``region``, from every table in its folder ``monthly``.

    Returns
    -------
    DataFrame
        ``MONTHLY_COLUMNS``, values in plain units, ``cumulative`` a truth value; empty when there are no files.

    Raises
    ------
    InputError
        For an unknown region, unreadable cells, a month given twice, and a year given partly month by month and partly
        cumulated; all together.
    """
    region_chain(region, folder)
    home = folder / region / "monthly"
    files = sorted(path for path in home.glob("*") if path.suffix.lower() in SUFFIXES)
    pairs = gather(files, _read)
    raise_if([*_repeated(pairs), *_mixed(pairs)])
    return _frame([row for _, row in pairs])


def _read(path: Path) -> list[tuple[Entry, MonthRow]]:
    entries = _entries(path)
    return list(zip(entries, check(entries, MonthRow), strict=True))


def _entries(path: Path) -> list[Entry]:
    """The file's records by English field, each remembering the heads the officer wrote."""
    heads = next(iter(read_grid(path).rows.values()), [])
    if not set(heads) & set(CHINESE_HEADS):
        return read_entries(path, MonthRow)
    return [
        Entry(e.grid, e.row, *({CHINESE_HEADS[zh]: text for zh, text in texts.items()} for texts in (e.texts, e.columns)))
        for e in read_entries(path, _ChineseHeads)
    ]  # fmt: skip


def _repeated(pairs: list[tuple[Entry, MonthRow]]) -> list[Fault]:
    what = Term("同一个月给了两次", "the month is given twice")
    seen: set[tuple[object, ...]] = set()
    faults = []
    for entry, row in pairs:
        if (identity := (*row.line, row.month)) in seen:
            faults.append(entry.fault(what, "month", found=f"{row.year}-{row.month:02}"))
        seen.add(identity)
    return faults


def _mixed(pairs: list[tuple[Entry, MonthRow]]) -> list[Fault]:
    what = Term("同一年里累计数与当月数混用", "cumulated and single months are mixed in one year")
    first: dict[tuple[object, ...], str] = {}
    return [
        entry.fault(what, "cumulative", expected=first[row.line])
        for entry, row in pairs
        if first.setdefault(row.line, row.cumulative) != row.cumulative
    ]


def _frame(rows: list[MonthRow]) -> pd.DataFrame:
    records = [
        row.model_dump() | {"value": row.plain, "unit": unit_of(row.indicator), "cumulative": row.cumulative == "yes"}
        for row in rows
    ]
    frame = pd.DataFrame(records, columns=MONTHLY_COLUMNS)
    frame = frame.astype({"year": int, "month": int, "value": float, "cumulative": bool})
    return frame.sort_values(MONTHLY_COLUMNS[:6], ignore_index=True)


def span(period: str) -> tuple[date, date]:
    """First and last day of ``2025``, ``2025-06``, ``2025-06-30`` or ``2025-01/2025-06``.

    Raises
    ------
    InputError
        For anything else.
    """
    first, _, last = period.partition("/")
    try:
        return _days(first)[0], _days(last or first)[1]
    except ValueError as error:
        what = Term("时期无法识别", "not a period")
        raise InputError([Fault(what, found=period, expected="2025、2025-06、2025-01/2025-06")]) from error


def _days(stamp: str) -> tuple[date, date]:
    year, month, day = (int(part) if part else 0 for part in (*stamp.split("-"), "", "")[:3])
    last_month = month or 12
    return date(year, month or 1, day or 1), date(year, last_month, day or monthrange(year, last_month)[1])


def observed_months(plan: Plan) -> pd.DataFrame:
    """The part-year figures a plan's document quotes, as cumulated months: those from January on that add up.

    Returns
    -------
    DataFrame
        ``MONTHLY_COLUMNS``; a half-year figure is the cumulated value of June.

    Raises
    ------
    InputError
        For a period that cannot be read.
    """
    rows = [_observed(o, *span(o.period)) for o in plan.observations if o.indicator in FLOWS]
    frame = pd.DataFrame([row for row in rows if row], columns=MONTHLY_COLUMNS)
    return frame.astype({"year": int, "month": int, "value": float, "cumulative": bool})


def _observed(o: Observation, first: date, last: date) -> tuple[object, ...]:
    from_january = (first.year, first.month) == (last.year, 1)
    figure = (o.plain_value, o.plain_unit, True, o.source, "official")
    return (o.scheme, o.indicator, "total", "", last.year, last.month, *figure) if from_january else ()
