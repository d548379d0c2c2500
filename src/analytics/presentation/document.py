"""A report as one neutral list of blocks, from which Word, PDF and HTML are written.

Everything a renderer prints is spelled out here: heading, table and figure numbers, unit lines, note marks, dates.
The page form (A4, margins, type area of 156 mm × 225 mm) is that of GB/T 9704-2012, official documents of party and
government organs, section 5.2.
"""

from __future__ import annotations

import math
import re
import struct
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date
from functools import lru_cache
from itertools import count
from pathlib import Path
from statistics import fmean
from typing import Literal
from unicodedata import east_asian_width

from analytics.presentation.files import written_whole
from analytics.terms import LANGUAGES, NOT_GIVEN, Language, Term

Align = Literal["left", "center", "right"]

MARGINS_MM: dict[str, int] = {"top": 37, "bottom": 35, "left": 28, "right": 26}
TEXT_WIDTH_MM = 156
FIGURE_WIDTH_MM = 150
FIGURE_HEIGHT_MM = 180
CONTENTS = Term("目录", "Contents")

_DIGITS = "零一二三四五六七八九"
_MONTHS = ("January", "February", "March", "April", "May", "June")
_MONTHS += ("July", "August", "September", "October", "November", "December")
_MM_PER_POINT = 25.4 / 72
_CELL_PADDING = 2.0  # half-widths: white left and right of a cell's text
_SHORT = 8  # half-widths: up to four Chinese characters are a word, not a sentence
_LONGEST_WORD = 30  # half-widths: longer ones are broken
_UNBROKEN = 14.0  # half-widths: a column this narrow (a number with its unit) is never made narrower
_WHOLE_TABLE_LINES = 16  # a table up to this long is not broken over two pages
_WHOLE_ROW_LINES = 25  # nor is a row, unless it is longer than this

_FIGURE = r"[+\-−≈<>≤≥]?\d[\d,]*(?:\.\d+)?\s?[%‰]?"
_NUMBER = re.compile(rf"{_FIGURE}(?:\s?[–~～至]\s?{_FIGURE})?(?:\s\S{{1,12}}){{0,2}}(?:（\S+）)?")
_YEAR = re.compile(r"(?:19|20)\d\d(?:[–-](?:19|20)\d\d)?年?")
_WORD = re.compile("[!-\u2e7f]+")  # everything before the Chinese blocks, but no space
_BLANKS = {"", "—", "-", "…", "/", NOT_GIVEN.zh, NOT_GIVEN.en}
_TITLE_POINTS = 22
_TITLE_BREAK = re.compile(r"(?<=[》）)，、的和 ])(?![》）)，、])|(?=三年|行动|实施|测算|分析|预测|评估|情况|报告)")
_UNPRINTABLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff\ufffe\uffff]")


@dataclass(frozen=True)
class Heading:
    """A heading of level 1, 2 or 3, without its number."""

    level: int
    text: str

    def __post_init__(self) -> None:
        if self.level not in (1, 2, 3):
            raise ValueError(f"heading {self.text!r}: level {self.level}, expected 1, 2 or 3")


@dataclass(frozen=True)
class Paragraph:
    """A paragraph of body text; ``emphasis`` sets it in bold."""

    text: str
    emphasis: bool = False


@dataclass(frozen=True)
class Listing:
    """Numbered items, each one paragraph."""

    items: tuple[str, ...]


@dataclass(frozen=True)
class Table:
    """A table of ready-formatted texts.

    Parameters
    ----------
    unit
        Unit of the whole table, e.g. ``亿元``; "" prints no unit line.
    rows
        As many cells a row as ``header`` has.
    align
        One alignment a column; empty to find them from the cells (:func:`alignments`).

    Raises
    ------
    ValueError
        When the header is empty, or a row or ``align`` has another length.
    """

    title: str
    unit: str
    header: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    notes: tuple[str, ...] = ()
    align: tuple[Align, ...] = ()

    def __post_init__(self) -> None:
        width = len(self.header)
        if not width:
            raise ValueError(f"table {self.title!r}: the header is empty")
        ragged = [f"row {n} has {len(row)}" for n, row in enumerate(self.rows, 1) if len(row) != width]
        if ragged:
            raise ValueError(f"table {self.title!r}: the header has {width} cells, but {', '.join(ragged)}")
        if self.align and len(self.align) != width:
            raise ValueError(f"table {self.title!r}: {len(self.align)} alignments for {width} columns")


@dataclass(frozen=True)
class Figure:
    """A PNG picture; ``title`` is numbered and printed below it, ``caption`` in small type below the title."""

    path: Path
    title: str
    caption: str = ""


Block = Heading | Paragraph | Listing | Table | Figure


@dataclass(frozen=True)
class Document:
    """A report before it is Word, PDF or HTML.

    Parameters
    ----------
    title
        One line of text, whatever its length; :func:`numbered` breaks a long one.
    subtitle
        The line under the title: document number, period or both; "" prints none.
    issuer, date
        Who signs the report and the day it speaks of; also author and creation time of the files.
    stamp
        One line that names the run, in small type at the very end; "" prints none.

    Raises
    ------
    ValueError
        When a heading skips a level, a text holds a character no document format can carry, or the language is
        unknown.
    """

    title: str
    subtitle: str
    issuer: str
    date: date
    language: Language
    blocks: tuple[Block, ...]
    stamp: str = ""

    def __post_init__(self) -> None:
        if self.language not in LANGUAGES:
            raise ValueError(f"language {self.language!r}, expected one of {', '.join(LANGUAGES)}")
        _refuse_skipped_levels(self.blocks)
        _refuse_unprintable([self.title, self.subtitle, self.issuer, self.stamp])
        for block in self.blocks:
            _refuse_unprintable(_texts(block))


def numbered(document: Document) -> Document:
    """The document with everything that is printed spelled out.

    Headings, list items, tables and figures get their numbers, units their unit line, notes their mark: 一、（一）1. in
    Chinese (GB/T 9704-2012, 7.3.3), 1, 1.1, (a) in English.  A title too long for one line is broken where its words
    allow, into lines of like length (7.3.1).  Call it once: a second call numbers the numbers.

    Raises
    ------
    ValueError
        Beyond 99 Chinese headings or 26 English third-level headings in a row.
    """
    numbers = _Numbers(document.language)
    blocks = tuple(numbers.spelled_out(block) for block in document.blocks)
    return replace(document, title=_broken(document.title), blocks=blocks)


def chinese_numeral(n: int) -> str:
    """一 to 九十九: 十 for 10, 十一 for 11, 二十 for 20.

    Raises
    ------
    ValueError
        Outside 1–99.
    """
    if not 1 <= n <= 99:
        raise ValueError(f"Chinese heading numbers run from 1 to 99, not {n}")
    tens, ones = divmod(n, 10)
    return (_DIGITS[tens] if tens > 1 else "") + ("十" if tens else "") + (_DIGITS[ones] if ones else "")


def date_line(document: Document) -> str:
    """The day as it is signed: ``2026年3月1日``, ``1 March 2026``."""
    day = document.date
    if document.language == "zh":
        return f"{day.year}年{day.month}月{day.day}日"
    return f"{day.day} {_MONTHS[day.month - 1]} {day.year}"


def signature_indents(document: Document) -> tuple[float, float]:
    """White to the right of issuer and date, in characters.

    Without a seal the issuer stands two characters from the right edge and the date begins two characters after the
    issuer's first; the longer of both keeps the two characters (GB/T 9704-2012, 7.3.5.2).  English lines stand at the
    edge.
    """
    if document.language == "en":
        return 0.0, 0.0
    longer = (_width(document.issuer) - _width(date_line(document))) / 2
    return (2.0, longer) if longer >= 2 else (4.0 - longer, 2.0)


def alignments(table: Table) -> tuple[Align, ...]:
    """How each column is set: as given, else numbers right, short words centred, sentences left.

    A column is one of numbers when every cell is a number (with sign, ``%``, unit or range) or blank and it is
    neither the first column nor one of years.
    """
    return table.align or tuple(_align(place, cells) for place, cells in enumerate(_columns(table)))


def table_size(table: Table) -> float:
    """Type size of a table's body in points: 12, or less when it has many columns or their numbers need the room."""
    columns = len(table.header)
    sizes = [12.0, 10.5, 9.0][(columns > 7) + (columns > 10) :]
    return next((size for size in sizes if sum(_least(table)) <= _room(size)), sizes[-1])


def column_shares(table: Table) -> tuple[float, ...]:
    """Share of the type area's width each column gets; they sum to 1.

    Columns that need less than an equal share get what their widest cell needs, the others share the rest alike but
    keep room for their longest number or word; white that is left over is spread in proportion.
    """
    widths = _widths(table)
    return tuple(width / sum(widths) for width in widths)


def stays_whole(table: Table) -> bool:
    """Whether the table is short enough to be kept on one page."""
    return sum(_row_lines(table)) <= _WHOLE_TABLE_LINES


def rows_stay_whole(table: Table) -> bool:
    """Whether no row is so long that keeping it on one page could push it off the page."""
    return max(_row_lines(table)) <= _WHOLE_ROW_LINES


def figure_size(png: bytes) -> tuple[float, float]:
    """Width and height in mm at which a picture is printed: 150 mm wide, less where it would be too high.

    Raises
    ------
    ValueError
        When the bytes are not a PNG picture.
    """
    if png[:8] != b"\x89PNG\r\n\x1a\n":
        raise ValueError("figures are PNG pictures; this file is not one")
    pixels_wide, pixels_high = struct.unpack(">II", png[16:24])
    ratio = pixels_high / pixels_wide
    width = min(FIGURE_WIDTH_MM, FIGURE_HEIGHT_MM / ratio)
    return width, width * ratio


def publish(path: Path, content: bytes) -> None:
    """Write ``content`` to ``path``, whole or not at all."""
    with written_whole(path) as unfinished:
        unfinished.write_bytes(content)


class _Numbers:
    """Counts headings, tables and figures through one document."""

    def __init__(self, language: Language) -> None:
        self._zh = language == "zh"
        self._headings = [0, 0, 0]
        self._tables = count(1)
        self._figures = count(1)

    def spelled_out(self, block: Block) -> Block:
        match block:
            case Heading():
                return replace(block, text=self._heading(block.level) + block.text)
            case Listing():
                mark = "（{}）" if self._zh else "({}) "
                return replace(block, items=tuple(mark.format(n) + item for n, item in enumerate(block.items, 1)))
            case Table():
                return self._table(block)
            case Figure():
                return replace(block, title=self._titled(Term("图", "Figure"), next(self._figures), block.title))
        return block

    def _heading(self, level: int) -> str:
        self._headings[level - 1] += 1
        self._headings[level:] = [0] * (3 - level)
        number = self._headings[level - 1]
        if self._zh:
            return f"{number}. " if level == 3 else ("{}、" if level == 1 else "（{}）").format(chinese_numeral(number))
        return f"({_letter(number)}) " if level == 3 else ".".join(map(str, self._headings[:level])) + " "

    def _table(self, table: Table) -> Table:
        unit = f"单位：{table.unit}" if self._zh else f"Unit: {table.unit}"
        title = self._titled(Term("表", "Table"), next(self._tables), table.title)
        return replace(table, title=title, unit=unit if table.unit else "", notes=self._notes(table.notes))

    def _titled(self, kind: Term, number: int, title: str) -> str:
        return f"{kind.zh}{number}　{title}" if self._zh else f"{kind.en} {number}. {title}"

    def _notes(self, notes: tuple[str, ...]) -> tuple[str, ...]:
        mark = "注：" if self._zh else "Note: "
        if len(notes) < 2:
            return tuple(mark + note for note in notes)
        return tuple(f"{mark if n == 1 else ''}{n}. {note}" for n, note in enumerate(notes, 1))


def _broken(title: str) -> str:
    """The title in lines of like length; as it is when it fits one line or has no place to break."""
    room = TEXT_WIDTH_MM / (_TITLE_POINTS / 2 * _MM_PER_POINT)
    width = _width(title)
    if width <= room:
        return title
    aim = width / math.ceil(width / room)
    places = [found.start() for found in _TITLE_BREAK.finditer(title) if 0 < _width(title[: found.start()]) <= room]
    if not places:
        return title
    place = min(places, key=lambda place: abs(_width(title[:place]) - aim))
    return f"{title[:place].rstrip()}\n{_broken(title[place:])}"


def _letter(number: int) -> str:
    if number > 26:
        raise ValueError(f"third-level headings run from (a) to (z); this would be number {number}")
    return chr(ord("a") + number - 1)


def _refuse_skipped_levels(blocks: tuple[Block, ...]) -> None:
    above = 0
    for heading in (block for block in blocks if isinstance(block, Heading)):
        if heading.level > above + 1:
            raise ValueError(f"heading {heading.text!r}: level {heading.level} follows level {above}")
        above = heading.level


def _refuse_unprintable(pieces: list[str]) -> None:
    found = next((piece for piece in pieces if _UNPRINTABLE.search(piece)), None)
    if found is not None:
        raise ValueError(f"a control character that no document can carry stands in {found!r}")


def _texts(block: Block) -> list[str]:
    match block:
        case Heading() | Paragraph():
            return [block.text]
        case Listing():
            return list(block.items)
        case Figure():
            return [block.title, block.caption]
        case Table():
            return [block.title, block.unit, *block.notes, *block.header, *(cell for row in block.rows for cell in row)]


def _columns(table: Table) -> list[tuple[str, ...]]:
    """The body's cells column by column; empty columns for a table without rows."""
    return list(zip(*table.rows, strict=True)) or [()] * len(table.header)


def _align(place: int, cells: tuple[str, ...]) -> Align:
    filled = [cell for cell in cells if cell not in _BLANKS]
    years = all(_YEAR.fullmatch(cell) for cell in filled)
    if place and filled and not years and all(_NUMBER.fullmatch(cell) for cell in filled):
        return "right"
    return "center" if all(_width(cell) <= _SHORT for cell in cells) else "left"


@lru_cache(maxsize=1 << 14)  # each cell is asked several times, by each of the documents
def _width(piece: str) -> int:
    """Width of the longest line in half-widths: a Chinese character counts two, a Latin one one."""
    lines = piece.split("\n")
    return max(sum(2 if east_asian_width(letter) in "WFA" else 1 for letter in line) for line in lines)


def _need(head: str, cells: tuple[str, ...]) -> float:
    """Half-widths a column would like: its widest cell, or its header, set in two lines when it is long."""
    heading = min(_width(head), max(_SHORT, math.ceil(_width(head) / 2)))
    words = [_width(word) for word in head.split()] if head.isascii() else []
    return max([heading, *words, *map(_width, cells)]) + _CELL_PADDING


def _widths(table: Table) -> list[float]:
    """Half-widths of each column: narrow ones as they need, wide ones by √ of their mean text, none below its longest word.

    The square root balances lines against width: a column with four times the text gets twice the room and is twice
    as high.
    """
    columns = list(zip(table.header, _columns(table), strict=True))
    needs, words = [_need(head, cells) for head, cells in columns], _least(table)
    room = _room(table_size(table))
    loads = [math.sqrt(max(fmean(map(_width, cells)), 1.0)) if cells else 1.0 for _, cells in columns]
    widths = needs
    for level in range(room, 0, -1):
        widths = [
            min(need, max(level * load / max(loads), word))
            for need, word, load in zip(needs, words, loads, strict=True)
        ]
        if sum(widths) <= room:
            break
    return widths


def _least(table: Table) -> list[float]:
    """Half-widths below which no column goes: its longest number or word, and a short Chinese word."""
    needs = [_need(head, cells) for head, cells in zip(table.header, _columns(table), strict=True)]
    words = [max(_longest_word(cells), _SHORT) + _CELL_PADDING for cells in _columns(table)]
    return [need if need <= _UNBROKEN else word for need, word in zip(needs, words, strict=True)]


def _room(size: float) -> int:
    """Half-widths a line holds at a type size in points."""
    return int(TEXT_WIDTH_MM / (size / 2 * _MM_PER_POINT))


def _longest_word(cells: tuple[str, ...]) -> int:
    """Width of the longest run a line cannot break in, a number or a Latin word; at most a third of the page."""
    return min(_LONGEST_WORD, max((_width(word) for cell in cells for word in _WORD.findall(cell)), default=0))


def _row_lines(table: Table) -> Iterator[int]:
    """Estimated number of text lines of the header and of each row."""
    rooms = [max(width - _CELL_PADDING, 1) for width in _widths(table)]
    for row in (table.header, *table.rows):
        yield max(math.ceil(max(_width(cell), 1) / room) for cell, room in zip(row, rooms, strict=True))
