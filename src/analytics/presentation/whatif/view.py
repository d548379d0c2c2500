"""What the levers show at one moment, for keeping: an Excel file, a picture, and blocks for a notebook."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from io import BytesIO

import xlsxwriter
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from analytics.model.book import Book
from analytics.presentation.document import Listing
from analytics.presentation.pictures import Chart, Content
from analytics.presentation.style import CM, png_bytes, set_style
from analytics.presentation.whatif.answers import Answer, answers, name_of, probabilities_of
from analytics.presentation.whatif.desk import Desk, Positions, tidy
from analytics.presentation.whatif.panels import TARGET, Panel, panels
from analytics.terms import (
    CATEGORIES,
    COLOURS,
    SCHEMES,
    Language,
    Term,
    display_scale,
    label,
    scale_label,
    text,
    unit_of,
)

_SHEETS = (Term("结论", "Answers"), Term("参数", "Levers"), Term("年度结果", "Results"))
_TARGET_HEADS = tuple(
    Term(zh, en)
    for zh, en in (("指标", "Indicator"), ("年份", "Year"), ("单位", "Unit"), ("测算", "Value"), ("目标", "Target"),
                   ("差额", "Difference"), ("达标", "Met"))
)  # fmt: skip
_LEVER_HEADS = tuple(
    Term(zh, en) for zh, en in (("参数", "Parameter"), ("单位", "Unit"), ("调整前", "Before"), ("当前", "Now"))
)
_RESULT_HEADS = tuple(
    Term(zh, en) for zh, en in (("险种", "Scheme"), ("指标", "Indicator"), ("类别", "Category"), ("单位", "Unit"))
)
_YES = {True: Term("是", "yes"), False: Term("否", "no")}
_PICTURE_CM = (24.0, 15.0)


@dataclass(frozen=True)
class View:
    """The desk at one moment.

    Attributes
    ----------
    answers
        With the probabilities where they have been computed.
    """

    desk: Desk
    positions: Positions
    book: Book
    answers: Sequence[Answer]

    @property
    def language(self) -> Language:
        """The study's language."""
        return self.desk.study.language

    def blocks(self) -> list[Content]:
        """The answers as a list and each panel as a chart."""
        lines = Listing(tuple(answer.line(self.language) for answer in self.answers))
        charts = [
            Chart(f"whatif_{panel.name}", panel.heading(self.language), partial(draw_panel, panel, self.language))
            for panel in self.panels[:1]
        ]
        return [lines, *charts]

    @property
    def panels(self) -> list[Panel]:
        """The four small charts."""
        return panels(self.desk, self.book)

    def picture(self) -> bytes:
        """The panels in one PNG, the first answers below them."""
        set_style()
        width, height = _PICTURE_CM
        figure = Figure(figsize=(width * CM, height * CM), layout="constrained")
        for panel, ax in zip(self.panels, figure.subplots(2, 2).flat, strict=False):
            draw_panel(panel, self.language, ax)
        told = "\n".join(answer.line(self.language) for answer in self.answers)
        figure.supxlabel(told, x=0.01, ha="left", linespacing=1.5)
        return png_bytes(figure)

    def workbook(self) -> bytes:
        """Answers, levers and yearly results as an Excel file."""
        buffer = BytesIO()
        with xlsxwriter.Workbook(buffer, {"in_memory": True}) as book:
            for sheet, (heads, rows) in zip(_SHEETS, (self._targets(), self._levers(), self._results()), strict=True):
                _sheet(book, text(sheet, self.language), heads, rows)
        return buffer.getvalue()

    def _targets(self) -> tuple[list[str], list[list[object]]]:
        return [text(head, self.language) for head in _TARGET_HEADS], [
            [text(name_of(stood.outcome.key), self.language), stood.outcome.year, *_shown(unit_of(stood.outcome.indicator), self.language, stood.value, stood.target, stood.difference), text(_YES[stood.met], self.language) if answer.judged else ""]
            for answer in self.answers for stood in answer.standings
        ]  # fmt: skip

    def _levers(self) -> tuple[list[str], list[list[object]]]:
        rows = [
            [label(name, self.language), *_shown(one.term.unit, self.language, one.today, self.positions.get(name, one.today))]
            for name, one in self.desk.levers.items()
        ]  # fmt: skip
        return [text(head, self.language) for head in _LEVER_HEADS], rows

    def _results(self) -> tuple[list[str], list[list[object]]]:
        wide = tidy(self.book).pivot(index=["scheme", "indicator", "category", "unit"], columns="year", values="value")
        rows = [
            [text(SCHEMES[scheme], self.language), label(indicator, self.language),
             text(CATEGORIES[category], self.language), *_shown(unit, self.language, *values)]
            for (scheme, indicator, category, unit), values in zip(wide.index, wide.to_numpy(), strict=True)
        ]  # fmt: skip
        return [*(text(head, self.language) for head in _RESULT_HEADS), *map(str, wide.columns)], rows


def draw_panel(panel: Panel, language: Language, ax: Axes) -> Axes:
    """The panel for a picture file."""
    for one in panel.series:
        ax.plot(panel.years, one.now, color=one.colour, label=text(panel.name_of(one), language))
        ax.plot(panel.years, one.start, color=one.colour, linestyle=":", linewidth=1.0)
    if panel.targets:
        years, values = [*panel.targets], [*panel.targets.values()]
        ax.plot(years, values, "D", color=COLOURS["target"], label=text(TARGET, language))
    ax.set_title(panel.heading(language))
    ax.xaxis.set_major_locator(MaxNLocator(integer=True))
    ax.legend()
    return ax


def _shown(unit: str, language: Language, *values: float) -> list[object]:
    """The display unit, then the values in it; nothing for a value that is missing."""
    scale = display_scale(unit, max((abs(value) for value in values if value == value), default=0.0))
    return [scale_label(scale, language), *(value / scale.factor if value == value else None for value in values)]


def _sheet(book: xlsxwriter.Workbook, name: str, heads: Sequence[str], rows: Sequence[Sequence[object]]) -> None:
    sheet = book.add_worksheet(name)
    sheet.write_row(0, 0, heads, book.add_format({"bold": True, "bottom": 1}))
    figures = book.add_format({"num_format": "#,##0.00"})
    for number, row in enumerate(rows, 1):
        for column, cell in enumerate(row):
            sheet.write(number, column, cell, figures if isinstance(cell, float) else None)
    sheet.set_column(0, 0, 30)
    sheet.set_column(1, len(heads), 16)
    sheet.freeze_panes(1, 1)


def view_of(desk: Desk) -> View:
    """What the desk shows before any lever is moved."""
    found = probabilities_of(desk.probabilities({}))
    return View(desk, {}, desk.start, answers(desk, desk.start, found))
