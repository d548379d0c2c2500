"""Reading an officer's table as the officer sees it: CSV, Excel or OpenDocument.

Cells are read as text, so that codes keep their zeros; numbers, years and units are then understood by a few strict
rules.  Whatever does not fit is reported with file, sheet, row and column, everything at once; nothing is guessed.
"""

from __future__ import annotations

import csv
import io
import re
import unicodedata
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Annotated, NamedTuple, TypeVar

from pydantic import BaseModel, BeforeValidator, ValidationError
from python_calamine import CalamineError, CalamineSheet, CalamineWorkbook

from analytics.inputs.faults import Fault, InputError, raise_if, shown_path
from analytics.places import ROOT
from analytics.terms import (
    CATEGORIES,
    INDICATORS,
    QUALITIES,
    SCHEMES,
    UNIT_FACTORS,
    Term,
    display_scale,
    scale_label,
)

SPREADSHEETS = (".xls", ".xlsx", ".ods")
SUFFIXES = (".csv", *SPREADSHEETS)

COLUMNS: dict[str, tuple[str, ...]] = {
    "region": ("地区", "区域"),
    "scheme": ("险种",),
    "indicator": ("指标",),
    "category": ("类别", "人员类别"),
    "year": ("年份", "年度"),
    "value": ("数值", "数据"),
    "unit": ("单位",),
    "source": ("来源", "资料来源", "数据来源"),
    "quality": ("质量", "数据质量"),
}
"""The columns of a table of observations and the Chinese headers an officer may use for them."""

_NUMERAL = re.compile(r"[\d.,%+-]+")
_BLANK = {"", "-", "--", "–", "—", "——"}
_Item = TypeVar("_Item")
_Model = TypeVar("_Model", bound=BaseModel)


# ---------------------------------------------------------------------------------------------------------- cells


class Unreadable(ValueError):
    """A cell that cannot be understood: what is wrong, what was expected, and the column when it is another one."""

    def __init__(self, what: Term, expected: Term | str = "", column: str = "") -> None:
        super().__init__(what.en)
        self.what, self.expected, self.column = what, expected, column


class Amount(NamedTuple):
    """A number as written: ``Amount(Decimal("0.52"), percent=True)`` for 52 %."""

    value: Decimal
    percent: bool = False


class Unit(NamedTuple):
    """A written unit: the plain unit it belongs to and how many of those it is (万人 = 10,000 person)."""

    plain: str
    factor: Decimal


def plain_text(cell: str) -> str:
    """``cell`` for comparing: full-width forms made narrow, spaces and letter case ignored."""
    return re.sub(r"\s+", " ", unicodedata.normalize("NFKC", cell)).strip().casefold()


def is_blank(cell: str) -> bool:
    """Whether the cell holds no value: empty or a dash, as yearbooks print what is not available."""
    return plain_text(cell) in _BLANK


def read_amount(cell: str) -> Amount:
    """A number with thousands separators, full-width digits or a percent sign; everything else is refused.

    Raises
    ------
    Unreadable
        For circled or superscript digits, estimates (约70), a unit inside the cell (100.5万) and any other text.
    """
    if any(unicodedata.category(character) == "No" for character in cell):
        raise Unreadable(Term("含带圈或上标数字", "circled or superscript digit"), _NUMBER)
    written = plain_text(cell).replace("−", "-").replace(" ", "")
    match = re.fullmatch(r"([+-]?(?:\d{1,3}(?:,\d{3})+|\d+)(?:\.\d+)?(?:e[+-]?\d+)?)(%?)", written)
    if match is None:
        raise _not_a_number(written)
    value = Decimal(match[1].replace(",", ""))
    return Amount(value / 100, True) if match[2] else Amount(value)


_NUMBER = Term("数字，如 1,234.5 或 52%", "a number such as 1,234.5 or 52%")


def _not_a_number(written: str) -> Unreadable:
    if re.match(r"[约近超逾≈~<>]", written) or re.search(r"[余多左右]$", written):
        return Unreadable(Term("是约数，不是确数", "an estimate, not an exact number"), _NUMBER)
    if re.match(r"[+-]?[\d,.]+[^\d,.%\s]+$", written):
        return Unreadable(
            Term("数字里带了单位，请把单位写在表头", "unit inside the cell; write the unit in the header"), _NUMBER
        )
    return Unreadable(Term("不是数字", "not a number"), _NUMBER)


def read_number(cell: str) -> float:
    """The number in a cell of plain unit; ``16%`` is 0.16."""
    return float(read_amount(cell).value)


def read_year(cell: str) -> int:
    """A calendar year, with or without 年."""
    match = re.fullmatch(r"((?:19|20)\d\d)年?", plain_text(cell))
    if match is None:
        raise Unreadable(Term("不是年份", "not a calendar year"), Term("四位年份，如 2024", "four digits such as 2024"))
    return int(match[1])


def read_day(cell: str) -> date:
    """A date written YYYY-MM-DD."""
    try:
        return datetime.strptime(cell, "%Y-%m-%d").date()
    except ValueError as error:
        raise Unreadable(Term("不是日期", "not a date"), "YYYY-MM-DD") from error


_UNITS = {name: Unit(plain, Decimal(str(factor))) for name, (plain, factor) in UNIT_FACTORS.items()}


def read_units(cell: str) -> tuple[Unit, ...]:
    """The units named in a cell; a table may name several, e.g. 万人、亿元, and each indicator takes its own."""
    names = [cell] if plain_text(cell) in _UNITS else re.split(r"[、，；]", cell)
    try:
        return tuple(_UNITS[plain_text(name)] for name in names)
    except KeyError as error:
        raise Unreadable(Term("未知单位", "unknown unit"), "、".join(_UNITS)) from error


def plain_value(amount: Amount, units: Iterable[Unit], wanted: str) -> float:
    """``amount`` in the plain unit ``wanted``, e.g. 18.24 with 亿元 is 1,824,000,000 yuan.

    Raises
    ------
    Unreadable
        When none of ``units`` is of the kind ``wanted``, or a percentage stands where persons or money should.
    """
    unit = next((unit for unit in units if unit.plain == wanted), None)
    expected = scale_label(display_scale(wanted, 1e12)), wanted
    if unit is None:
        raise Unreadable(Term("单位与指标不符", "the unit does not suit the indicator"), Term(*expected), column="unit")
    if amount.percent and wanted != "ratio":
        raise Unreadable(Term("此指标不能是百分数", "this indicator cannot be a percentage"), Term(*expected), "value")
    return float(amount.value if amount.percent else amount.value * unit.factor)


def _read_filled(cell: str) -> str:
    if is_blank(cell):
        raise Unreadable(Term("不能为空", "must not be empty"))
    return cell


def one_of(terms: Mapping[str, Term]) -> BeforeValidator:
    """A field that must name one of ``terms``, by key or by Chinese or English label; it becomes the key."""
    keys = {plain_text(name): key for key, term in terms.items() for name in (key, term.zh, term.en)}
    expected = Term("、".join(term.zh for term in terms.values()), ", ".join(terms))

    def to_key(cell: str) -> str:
        if (key := keys.get(plain_text(cell))) is None:
            raise Unreadable(Term("不在规定的名称之内", "not one of the defined names"), expected)
        return key

    return BeforeValidator(to_key)


Text = Annotated[str, BeforeValidator(_read_filled)]
Number = Annotated[float, BeforeValidator(read_number)]
Year = Annotated[int, BeforeValidator(read_year)]
Day = Annotated[date, BeforeValidator(read_day)]
Written = Annotated[Amount, BeforeValidator(read_amount)]
Units = Annotated[tuple[Unit, ...], BeforeValidator(read_units)]
Scheme = Annotated[str, one_of(SCHEMES)]
Indicator = Annotated[str, one_of(INDICATORS)]
Category = Annotated[str, one_of(CATEGORIES)]
Quality = Annotated[str, one_of(QUALITIES)]


# ----------------------------------------------------------------------------------------------------------- grid


@dataclass(frozen=True)
class Grid:
    """One sheet as text: ``rows`` maps the row number the spreadsheet shows to its cells, empty rows left out."""

    file: str
    sheet: str
    rows: dict[int, list[str]]

    def fault(self, what: Term, row: int | None = None, position: int | None = None, **more: Term | str) -> Fault:
        """A fault in this sheet; ``position`` counts columns from 0 and is shown as its letter."""
        column = "" if position is None else column_letter(position)
        return Fault(what, file=self.file, sheet=self.sheet, row=row, column=column, **more)


def column_letter(position: int) -> str:
    """The letter of a spreadsheet column: 0 is A, 26 is AA."""
    head, tail = divmod(position, 26)
    return (column_letter(head - 1) if head else "") + chr(ord("A") + tail)


def read_grid(path: Path, sheet: str | None = None) -> Grid:
    """The cells of a CSV file or of one sheet of a workbook: ``sheet``, or the only one that is not empty.

    CSV is decoded strictly as UTF-8 and then as GB18030 (the other way round UTF-8 would pass as wrong characters).

    Raises
    ------
    InputError
        When the file is missing, of another kind, unreadable, or the sheet is not clear.
    """
    file = shown_path(path, ROOT)
    if not path.is_file():
        raise InputError([Fault(Term("没有这个文件", "no such file"), file=file)])
    if path.suffix.lower() == ".csv":
        return Grid(file, "", _numbered(_csv_rows(path, file)))
    if path.suffix.lower() in SPREADSHEETS:
        return _sheet_grid(path, file, sheet)
    raise InputError([Fault(Term("不认识的文件类型", "unknown kind of file"), file=file, expected="、".join(SUFFIXES))])


def _numbered(rows: list[list[str]]) -> dict[int, list[str]]:
    return {number: row for number, row in enumerate(rows, 1) if any(row)}


def _csv_rows(path: Path, file: str) -> list[list[str]]:
    raw = path.read_bytes()
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            decoded = raw.decode(encoding)
        except UnicodeDecodeError:
            continue
        return [[cell.strip() for cell in row] for row in csv.reader(io.StringIO(decoded, newline=""))]
    what = Term("文件编码无法识别", "the file's encoding is not recognised")
    expected = Term("UTF-8 或 GBK（GB18030）编码", "UTF-8 or GBK (GB18030) encoding")
    raise InputError([Fault(what, file=file, expected=expected)])


def _sheet_grid(path: Path, file: str, sheet: str | None) -> Grid:
    try:
        book = CalamineWorkbook.from_path(path)
    except CalamineError as error:
        what = Term("文件打不开，可能已损坏", "the file cannot be opened; it may be damaged")
        raise InputError([Fault(what, file=file, found=str(error))]) from error
    if sheet is not None and sheet not in book.sheet_names:
        what = Term("没有这个工作表", "no such sheet")
        raise InputError([Fault(what, file=file, sheet=sheet, expected="、".join(book.sheet_names))])
    sheets = {name: _sheet_rows(book.get_sheet_by_name(name)) for name in ([sheet] if sheet else book.sheet_names)}
    filled = [Grid(file, name, rows) for name, cells in sheets.items() if (rows := _numbered(cells))]
    if len(filled) == 1:
        return filled[0]
    what = (
        Term("有多个工作表，请指明一个", "several sheets; say which")
        if filled
        else Term("没有任何数据", "there is no data")
    )
    raise InputError([Fault(what, file=file, found="、".join(grid.sheet for grid in filled))])


def _sheet_rows(sheet: CalamineSheet) -> list[list[str]]:
    """The sheet's cells; text in a merged range counts for all its cells, a number only for the first."""
    rows = [[_cell_text(cell) for cell in row] for row in sheet.to_python(skip_empty_area=False)]
    for (top, left), (bottom, right) in sheet.merged_cell_ranges or []:
        merged = rows[top][left] if top < len(rows) and left < len(rows[top]) else ""
        if merged and not _NUMERAL.fullmatch(merged):
            for row in rows[top : bottom + 1]:
                row[left : right + 1] = [merged] * (right + 1 - left)
    return rows


def _cell_text(cell: object) -> str:
    if isinstance(cell, float):
        return str(int(cell)) if cell.is_integer() else repr(cell)
    if isinstance(cell, datetime) and cell == datetime(cell.year, cell.month, cell.day):
        return cell.date().isoformat()
    return str(cell).strip()


# -------------------------------------------------------------------------------------------------------- entries


@dataclass(frozen=True)
class Entry:
    """One record not yet checked: its texts by field, and the place of each for the message."""

    grid: Grid
    row: int
    texts: dict[str, str]
    columns: dict[str, str] = field(default_factory=dict)

    def fault(self, what: Term, column: str = "", **more: Term | str) -> Fault:
        """A fault in this record, in the column that holds the field ``column``."""
        label = self.columns.get(column) or " ".join((*COLUMNS.get(column, ())[:1], column))
        more = {"found": self.texts.get(column, "")} | more
        return Fault(what, file=self.grid.file, sheet=self.grid.sheet, row=self.row, column=label, **more)


def read_entries(path: Path, model: type[BaseModel], sheet: str | None = None) -> list[Entry]:
    """The records of a table whose first row holds exactly the fields of ``model``; optional ones may be left out.

    Raises
    ------
    InputError
        For unknown, repeated or missing columns, and cells outside the header.
    """
    grid = read_grid(path, sheet)
    number, heads = next(iter(grid.rows.items()), (1, []))
    body = [row for row in grid.rows if row != number]
    raise_if(_header_faults(grid, number, heads, model) + _outside(grid, body, set(range(len(heads)))))
    columns = {head: f"{column_letter(i)} {head}" for i, head in enumerate(heads)}
    texts = {row: dict(zip(heads, grid.rows[row], strict=False)) for row in body}
    return [Entry(grid, row, {head: cell for head, cell in texts[row].items() if cell}, columns) for row in body]


def _outside(grid: Grid, rows: list[int], known: set[int]) -> list[Fault]:
    """A fault for every filled cell that stands in a column without a head."""
    what = Term("此列没有表头", "this column has no header")
    cells = [(row, i, cell) for row in rows for i, cell in enumerate(grid.rows[row]) if cell and i not in known]
    return [grid.fault(what, row, i, found=cell) for row, i, cell in cells]


def _header_faults(grid: Grid, number: int, heads: list[str], model: type[BaseModel]) -> list[Fault]:
    expected = "、".join(model.model_fields)
    faults = [
        grid.fault(Term("未知的列", "unknown column"), number, i, found=head, expected=expected)
        for i, head in enumerate(heads)
        if head not in model.model_fields
    ]
    faults += [
        grid.fault(Term("列名重复", "repeated column"), number, i, found=head)
        for i, head in enumerate(heads)
        if head in heads[:i]
    ]
    required = [name for name, info in model.model_fields.items() if info.is_required()]
    return faults + [
        grid.fault(Term("缺少列", "missing column"), number, expected=name) for name in required if name not in heads
    ]


def check(entries: Iterable[Entry], model: type[_Model]) -> list[_Model]:
    """Every entry as a ``model``, in order.

    Raises
    ------
    InputError
        With every fault of every entry.
    """
    rows, faults = [], []
    for entry in entries:
        try:
            rows.append(model.model_validate(entry.texts))
        except ValidationError as error:
            faults += [_fault_of(entry, dict(problem)) for problem in error.errors()]
    raise_if(faults)
    return rows


def _fault_of(entry: Entry, problem: dict) -> Fault:
    column = str(problem["loc"][0]) if problem["loc"] else ""
    if problem["type"] == "missing":
        return entry.fault(Term("不能为空", "must not be empty"), column)
    reason: Unreadable = problem["ctx"]["error"]
    return entry.fault(reason.what, reason.column or column, expected=reason.expected)


def gather(items: Iterable[_Item], read: Callable[[_Item], list[_Model]]) -> list[_Model]:
    """``read`` over all ``items`` (files, say), with the faults of all of them reported together."""
    rows, faults = [], []
    for item in items:
        try:
            rows += read(item)
        except InputError as error:
            faults += error.faults
    raise_if(faults)
    return rows


# --------------------------------------------------------------------------------------------------- observations


def _lookup(terms: Mapping[str, Term]) -> dict[str, str]:
    return {plain_text(name): key for key, term in terms.items() for name in (key, term.zh, term.en)}


_FIELDS = {plain_text(name): key for key, aliases in COLUMNS.items() for name in (key, *aliases)}
_MEASURES = {"scheme": _lookup(SCHEMES), "indicator": _lookup(INDICATORS), "category": _lookup(CATEGORIES)}


@dataclass(frozen=True)
class _Column:
    """A column understood: the ``name`` of a field of each record, or a measure with the ``texts`` its head gives."""

    label: str
    name: str
    texts: dict[str, str]


def read_observations(path: Path, sheet: str | None = None) -> list[Entry]:
    """The observations of an officer's table, long (one value a row) or wide (one indicator a column).

    The header is the first row with a year column.  A wide table's heads name the indicator and, where needed, scheme
    and category, in one row or in two with merged upper cells; ``（万人）`` in a head, a line ``单位：万人`` or a unit
    column gives the unit.  Lines such as ``来源：…``, ``质量：官方``, ``险种：…`` above or below speak for every row;
    ``注：…`` is left out.  A blank or a dash is no observation.

    Returns
    -------
    list of Entry
        Texts for the fields of :data:`COLUMNS`, as far as the table gives them.

    Raises
    ------
    InputError
        When there is no header, or a head that is not in the vocabulary.
    """
    grid = read_grid(path, sheet)
    top = _header_row(grid)
    depth = _header_depth(grid, top)
    columns = _columns(grid, [row for row in grid.rows if row >= top][:depth])
    under = [row for row in grid.rows if row >= top][depth:]
    body = [row for row in under if not _is_line(grid.rows[row])]
    said = _said_for_all(grid, [row for row in grid.rows if row < top or (row in under and row not in body)])
    raise_if(_outside(grid, body, set(columns)))
    return [entry for row in body for entry in _row_entries(grid, row, columns, said)]


def _field_of(cell: str) -> str:
    return _FIELDS.get(plain_text(_split_unit(cell)[0]), "")


def _split_unit(head: str) -> tuple[str, str]:
    """A head and the unit in its brackets: 参保人数 and 万人 for ``参保人数（万人）``; a label may end in brackets."""
    if any(plain_text(head) in table for table in _MEASURES.values()):
        return head, ""
    match = re.fullmatch(r"(.*?)\s*[（(](?:单位[:：])?([^（()）]+)[)）]", head.strip())
    return (match[1], match[2]) if match else (head, "")


def _header_row(grid: Grid) -> int:
    for number, cells in grid.rows.items():
        if any(_field_of(cell) == "year" for cell in cells):
            return number
    expected = Term("含“年份”一列的表头", "a header with a column “year”")
    raise InputError([grid.fault(Term("找不到表头", "no header found"), expected=expected)])


def _header_depth(grid: Grid, top: int) -> int:
    """1, or 2 when under the header stands another row without year and numbers: merged heads above, heads below."""
    position = next(i for i, cell in enumerate(grid.rows[top]) if _field_of(cell) == "year")
    under = next((cells for row, cells in grid.rows.items() if row > top), [])
    below = under[position] if position < len(under) else ""
    heads_only = bool(under) and not _is_line(under) and not any(_NUMERAL.fullmatch(plain_text(c)) for c in under)
    return 2 if heads_only and (not below or _field_of(below) == "year") else 1


def _columns(grid: Grid, header: list[int]) -> dict[int, _Column]:
    width = max(len(grid.rows[row]) for row in header)
    rows = [(grid.rows[row] + [""] * width)[:width] for row in header]
    if len(rows) == 2:
        rows[0] = _filled_forward(rows[0], rows[1])
    heads = {i: list(dict.fromkeys(row[i] for row in rows if row[i])) for i in range(width)}
    columns = {i: _column(i, parts) for i, parts in heads.items() if parts}
    unknown = [i for i, column in columns.items() if not column.name]
    what = Term("未知的列名", "unknown header")
    expected = Term("年份、数值或指标名称", "year, value or an indicator's name")
    faults = [grid.fault(what, header[-1], i, found=" ".join(heads[i]), expected=expected) for i in unknown]
    raise_if(faults + _twice_given_units(grid, header[-1], columns))
    return columns


def _twice_given_units(grid: Grid, row: int, columns: dict[int, _Column]) -> list[Fault]:
    if all(column.name != "unit" for column in columns.values()):
        return []
    what = Term("单位写了两处：表头与“单位”列", "the unit is given twice: in the header and in a unit column")
    heads = {i: column.texts["unit"] for i, column in columns.items() if "unit" in column.texts}
    return [grid.fault(what, row, i, found=unit) for i, unit in heads.items()]


def _filled_forward(upper: list[str], lower: list[str]) -> list[str]:
    """The upper of two header rows with each head repeated over the lower heads that stand under it."""
    filled: list[str] = []
    for above, below in zip(upper, lower, strict=True):
        filled.append(above or (filled[-1] if filled and below else ""))
    return filled


def _column(position: int, parts: list[str]) -> _Column:
    label = f"{column_letter(position)} {' '.join(parts)}"
    names, units = zip(*(_split_unit(part) for part in parts), strict=True)
    texts = {"unit": max(units)} if any(units) else {}
    if len(parts) == 1 and (name := _field_of(parts[0])):
        return _Column(label, name, texts)
    given = [next((key for key, table in _MEASURES.items() if plain_text(n) in table), "") for n in names]
    known = "indicator" in given and all(given) and len(set(given)) == len(given)
    return _Column(label, "measure" if known else "", texts | dict(zip(given, names, strict=True)))


_LINE = re.compile(r"(?P<name>[^:：]{1,12})[:：]\s*(?P<text>.+)")


def _is_line(cells: list[str]) -> bool:
    """Whether a row is a remark or speaks for the whole table (单位：…, 来源：…, 注：…)."""
    matches = [_LINE.fullmatch(cell) for cell in cells if cell]
    return all(match and (match["name"] in ("注", "备注") or _field_of(match["name"])) for match in matches)


def _said_for_all(grid: Grid, rows: list[int]) -> dict[str, str]:
    lines = [(row, match) for row in rows for cell in grid.rows[row] if (match := _LINE.fullmatch(cell))]
    said: dict[str, str] = {}
    faults = []
    for row, match in lines:
        name = _field_of(match["name"])
        if name and said.setdefault(name, match["text"]) != match["text"]:
            what = Term("前后说法不一", "said differently before")
            faults.append(grid.fault(what, row, found=match[0], expected=said[name]))
    raise_if(faults)
    return said


def _row_entries(grid: Grid, row: int, columns: dict[int, _Column], said: dict[str, str]) -> list[Entry]:
    cells = [(column, cell) for i, column in columns.items() for cell in grid.rows[row][i : i + 1] if cell]
    own = {column.name: cell for column, cell in cells if column.name != "measure"}
    labels = {column.name: column.label for column in columns.values() if column.name != "measure"}
    return [
        Entry(
            grid,
            row,
            said | column.texts | own | {"value": cell},
            labels | dict.fromkeys(("value", *column.texts), column.label),
        )
        for column, cell in cells
        if column.name in ("measure", "value") and not is_blank(cell)
    ]
