"""Writes ``report.xlsx``: parameters, live formulas, conclusions, history, findings and sources.

Sheets: conclusions first (targets against formulas), then for every path a parameter sheet and a calculation sheet.
A parameter that a path shares with the leading path is a reference to it, so changing one driver on the leading
parameter sheet recomputes every path.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import pandas as pd
import xlsxwriter
from xlsxwriter.format import Format
from xlsxwriter.utility import xl_rowcol_to_cell
from xlsxwriter.worksheet import Worksheet

from analytics.appraisal.findings import findings_frame
from analytics.appraisal.study import Study
from analytics.inputs.assumptions import Assumption, at
from analytics.model.book import Key
from analytics.model.projection import Projection, simulate
from analytics.presentation.files import written_whole
from analytics.presentation.twin.cells import HELPER, BookCells, Cell, GivenCells
from analytics.terms import (
    CATEGORIES,
    PARAMETERS,
    Scale,
    Term,
    display_scale,
    label,
    scale_label,
    source_words,
    text,
    unit_of,
)

_TOP = 3  # rows above the first data row: title, note, header
_PARAMETER_YEARS = 3  # first year column of a parameter sheet: after label, unit, name
_RESULT_YEARS = 4  # first year column of a calculation sheet: after scheme, indicator, category, unit

_JUDGED = ("plan", "trend")  # paths held against the targets; scenarios show their value alone
_EXACT = 1e-6

_WORDS: dict[str, Term] = {
    "conclusions": Term("结论", "Conclusions"),
    "parameters": Term("参数", "Parameters"),
    "calculation": Term("计算", "Calculation"),
    "history": Term("历史数据", "History"),
    "findings": Term("审核意见", "Findings"),
    "sources": Term("数据来源", "Sources"),
    "parameter": Term("参数", "Parameter"),
    "unit": Term("单位", "Unit"),
    "name": Term("英文名", "Name"),
    "low": Term("低值", "Low"),
    "high": Term("高值", "High"),
    "quality": Term("质量", "Quality"),
    "source": Term("来源", "Source"),
    "date": Term("日期", "Date"),
    "note": Term("说明", "Note"),
    "scheme": Term("险种", "Scheme"),
    "indicator": Term("指标", "Indicator"),
    "category": Term("类别", "Category"),
    "year": Term("年份", "Year"),
    "value": Term("数值", "Value"),
    "target": Term("目标", "Target"),
    "projected": Term("预测", "Projected"),
    "difference": Term("差额", "Difference"),
    "met": Term("是否达到", "Met"),
    "yes": Term("达到", "met"),
    "no": Term("未达到", "not met"),
    "scenario": Term("路径", "Path"),
    "severity": Term("程度", "Severity"),
    "arithmetic": Term("算式", "Arithmetic"),
    "finding": Term("意见", "Finding"),
    "how": Term(
        "蓝色单元格为可修改的参数；修改后“计算”与“结论”自动重算。黑色为公式，请勿改动。",
        "Blue cells are parameters to change; calculation and conclusions then recompute. Black cells are formulas.",
    ),
    "plain": Term("金额单位为元，人数单位为人，比例为小数。", "Money in yuan, heads in persons, ratios as decimals."),
    "helper": Term("中间步骤", "Step"),
    "milestone": Term("仅填节点年份", "milestone years only"),
}


def write_twin(study: Study, path: Path) -> None:
    """Write the Excel twin of ``study``; the same study gives the same bytes."""
    with written_whole(path) as unfinished:
        book = xlsxwriter.Workbook(str(unfinished))
        book.set_properties({"title": study.plan.label.text(study.language), "created": _fixed_time(study)})
        _Twin(study, book, _formats(book)).write()
        book.close()


def _fixed_time(study: Study) -> datetime:
    return datetime(study.as_of.year, study.as_of.month, study.as_of.day)


_NUMBERS = {
    "person": "#,##0;-#,##0",
    "yuan": "#,##0;-#,##0",
    "yuan/month": "#,##0.00;-#,##0.00",
    "yuan/year": "#,##0.00;-#,##0.00",
    "ratio": "0.00%",
    "times": "0.0000",
    "month": "0.0",
}
"""Number format by plain unit."""


def _formats(book: xlsxwriter.Workbook) -> dict[str, Format]:
    base = {"font_name": "等线", "font_size": 10, "valign": "vcenter"}
    cell = base | {"border": 1}
    plain = {
        "title": base | {"font_size": 14, "bold": True},
        "note": base | {"font_color": "#595959"},
        "head": cell | {"bold": True, "bg_color": "#DDEBF7", "text_wrap": True, "align": "center"},
        "text": cell,
        "wrap": cell | {"text_wrap": True, "valign": "top"},
        "shown": cell | {"num_format": "#,##0.00;-#,##0.00"},
        "whole": cell | {"num_format": "#,##0;-#,##0"},
    }
    looks = {
        "input": {"font_color": "#0000FF", "bg_color": "#FFF9E7"},
        "linked": {"font_color": "#548235"},
        "formula": {},
    }
    by_unit = {
        f"{look} {unit}": cell | style | {"num_format": number}
        for look, style in looks.items() for unit, number in _NUMBERS.items()
    }  # fmt: skip
    return {name: book.add_format(style) for name, style in (plain | by_unit).items()}


@dataclass
class _Twin:
    study: Study
    book: xlsxwriter.Workbook
    formats: dict[str, Format]

    def write(self) -> None:
        """Sheets in reading order; the conclusions are filled in last, once the formulas have their places."""
        conclusions = self._sheet(self._word("conclusions"))
        books = {name: self._path(name, projection) for name, projection in self.study.projections.items()}
        _Conclusions(self, conclusions, books).write()
        self._table("history", self._history())
        self._table("findings", self._findings())
        self._table("sources", self._sources())

    def _word(self, key: str) -> str:
        return text(_WORDS[key], self.study.language)

    def _sheet(self, name: str) -> Worksheet:
        sheet = self.book.add_worksheet(name)
        sheet.hide_gridlines(2)
        sheet.set_landscape()
        sheet.set_paper(9)
        sheet.fit_to_pages(1, 0)
        sheet.set_footer("&C— &P —")
        return sheet

    def sheet_name(self, kind: str, scenario: str) -> str:
        """Name of a path's sheet; Excel allows 31 characters and no brackets or slashes."""
        wanted = f"{self._word(kind)}-{self.study.scenario_label(scenario)}"
        return "".join(c for c in wanted if c not in "[]:*?/\\'")[:31]

    @property
    def years(self) -> range:
        horizon = self.study.plan.horizon
        return range(horizon.base_year, horizon.last_year + 1)

    def _path(self, scenario: str, projection: Projection) -> BookCells:
        """A path's two sheets; returns where its results stand."""
        parameters = self._sheet(self.sheet_name("parameters", scenario))
        calculation = self._sheet(self.sheet_name("calculation", scenario))
        rows = {name: _TOP + n for n, name in enumerate(projection.assumptions)}
        given = GivenCells(
            projection.assumptions, lambda name, year: self._parameter_address(scenario, rows[name], year)
        )
        cells = BookCells(lambda row, year: xl_rowcol_to_cell(_TOP + row, self._result_column(year)))
        simulate(given, cells, self.study.plan.schemes, self.years[0], self.years[-1])
        self._parameters(parameters, scenario, given, rows)
        self._calculation(calculation, scenario, cells)
        return cells

    def _result_column(self, year: int) -> int:
        return _RESULT_YEARS + year - self.years[0]

    def _parameter_address(self, scenario: str, row: int, year: int) -> str:
        column = _PARAMETER_YEARS + year - self.years[0]
        return f"'{self.sheet_name('parameters', scenario)}'!{xl_rowcol_to_cell(row, column, True, True)}"

    def _parameters(self, sheet: Worksheet, scenario: str, given: GivenCells, rows: Mapping[str, int]) -> None:
        after = _PARAMETER_YEARS + len(self.years)
        heads = [self._word(k) for k in ("parameter", "unit", "name")] + [str(y) for y in self.years]
        self._frame(sheet, scenario, heads + [self._word(k) for k in ("low", "high", "quality", "source")])
        sheet.set_column(0, 0, 32)
        sheet.set_column(1, 1, 11)
        sheet.set_column(2, 2, 26)
        sheet.set_column(_PARAMETER_YEARS, after + 1, 13)
        sheet.set_column(after + 3, after + 3, 70)
        for name, assumption in given.assumptions.items():
            self._parameter_heads(sheet, rows[name], assumption, after)
            for year in (year for year in self.years if (name, year) in given.used):
                self._parameter_cell(sheet, scenario, rows[name], assumption, year, (name, year - 1) in given.used)

    def _parameter_heads(self, sheet: Worksheet, row: int, assumption: Assumption, after: int) -> None:
        language, text_format = self.study.language, self.formats["text"]
        heads = [label(assumption.name, language), PARAMETERS[assumption.name].unit, assumption.name]
        sheet.write_row(row, 0, heads, text_format)
        for column in range(_PARAMETER_YEARS, after + 2):
            sheet.write_blank(row, column, None, text_format)
        if assumption.ranged:
            bounds = [at(side, self.years[-1]) for side in (assumption.low, assumption.high)]
            sheet.write_row(row, after, bounds, self._number(assumption.name, "linked"))
        sheet.write_row(
            row,
            after + 2,
            [label(assumption.quality, language), source_words(assumption.source, language)],
            text_format,
        )

    def _parameter_cell(
        self, sheet: Worksheet, scenario: str, row: int, assumption: Assumption, year: int, follows: bool
    ) -> None:
        """A number, or a formula that keeps last year's number or the leading path's."""
        value, column = at(assumption.value, year), _PARAMETER_YEARS + year - self.years[0]
        kept = follows and not assumption.name.endswith("_path") and value == at(assumption.value, year - 1)
        if self._shared(scenario, assumption):
            leading = list(self.study.projections[self.study.leading].assumptions)
            source = self._parameter_address(self.study.leading, _TOP + leading.index(assumption.name), year)
            sheet.write_formula(row, column, f"={source}", self._number(assumption.name, "linked"), value)
        elif kept:
            source = xl_rowcol_to_cell(row, column - 1)
            sheet.write_formula(row, column, f"={source}", self._number(assumption.name, "input"), value)
        else:
            sheet.write_number(row, column, value, self._number(assumption.name, "input"))

    def _number(self, parameter: str, kind: str) -> Format:
        """The format of a parameter's cells: its unit's number format, blue where it may be changed."""
        return self.formats[f"{kind} {PARAMETERS[parameter].unit}"]

    def _shared(self, scenario: str, assumption: Assumption) -> bool:
        leading = self.study.projections[self.study.leading].assumptions
        same = leading.get(assumption.name)
        return scenario != self.study.leading and same is not None and dict(same.value) == dict(assumption.value)

    def _calculation(self, sheet: Worksheet, scenario: str, cells: BookCells) -> None:
        heads = [self._word(k) for k in ("scheme", "indicator", "category", "unit")]
        self._frame(sheet, scenario, heads + [str(year) for year in self.years])
        sheet.set_column(0, 1, 24)
        sheet.set_column(_RESULT_YEARS, _RESULT_YEARS + len(self.years), 18)
        for (scheme, indicator, category), row in cells.rows.items():
            heads = self._result_heads(scheme, indicator, category)
            sheet.write_row(_TOP + row, 0, heads, self.formats["text"])
        for (key, year), cell in cells.entries.items():
            self._formula(sheet, cells, key, year, cell)

    def _result_heads(self, scheme: str, indicator: str, category: str) -> list[str]:
        """Scheme, indicator, category and unit of a row; a helper row says that it is one."""
        language = self.study.language
        if scheme == HELPER:
            return [self._word("helper"), indicator, "", "person"]
        kind = "" if category == "total" else text(CATEGORIES[category], language)
        return [label(scheme, language), label(indicator, language), kind, unit_of(indicator)]

    def _formula(self, sheet: Worksheet, cells: BookCells, key: Key, year: int, cell: Cell) -> None:
        row, column = _TOP + cells.rows[key], self._result_column(year)
        style = self.formats[f"formula {self._result_heads(*key)[-1]}"]
        sheet.write_formula(row, column, f"={cell.formula}", style, cell.value)

    def _frame(self, sheet: Worksheet, scenario: str, heads: list[str]) -> None:
        title = f"{self.study.plan.label.text(self.study.language)} {self.study.scenario_label(scenario)}"
        sheet.write(0, 0, title, self.formats["title"])
        sheet.write(1, 0, f"{self._word('how')} {self._word('plain')}", self.formats["note"])
        sheet.write_row(_TOP - 1, 0, heads, self.formats["head"])
        sheet.freeze_panes(_TOP, 2)
        sheet.repeat_rows(_TOP - 1)

    def _table(self, name: str, frame: pd.DataFrame) -> None:
        """A plain list on a sheet of its own; nothing when the list is empty."""
        if frame.empty:
            return
        sheet = self._sheet(self._word(name))
        sheet.write(0, 0, self._word(name), self.formats["title"])
        sheet.write_row(_TOP - 1, 0, list(frame.columns), self.formats["head"])
        for column, content in enumerate(frame.columns):
            widest = max([len(str(content)) * 2, *(len(str(v)) for v in frame[content])])
            sheet.set_column(column, column, min(max(10, widest * 1.2), 60))
        for row, values in enumerate(frame.itertuples(index=False), _TOP):
            sheet.write_row(row, 0, ["" if pd.isna(v) else v for v in values], self.formats["wrap"])
        sheet.freeze_panes(_TOP, 0)

    def _history(self) -> pd.DataFrame:
        language, history = self.study.language, self.study.history
        columns = ["scheme", "indicator", "category", "year", "value", "unit", "quality", "source"]
        shown = history[columns].copy()
        shown["source"] = [source_words(source, language) for source in shown["source"]]
        for column in ("scheme", "indicator", "category", "quality"):
            shown[column] = [label(key, language) for key in shown[column]]
        return shown.rename(columns={column: self._word(column) for column in columns})

    def _findings(self) -> pd.DataFrame:
        language = self.study.language
        frame = findings_frame(self.study.findings, language)[["severity", "scheme", "sentence", "arithmetic"]]
        return frame.rename(columns={"sentence": self._word("finding")} | {c: self._word(c) for c in
                                     ("severity", "scheme", "arithmetic")})  # fmt: skip

    def _sources(self) -> pd.DataFrame:
        columns = [f"label_{self.study.language}", "value", "low", "high", "unit", "quality", "date", "source", "note"]
        shown = self.study.inputs[columns].copy()
        shown["quality"] = [label(key, self.study.language) for key in shown["quality"]]
        shown["source"] = [source_words(source, self.study.language) for source in shown["source"]]
        names = {columns[0]: self._word("parameter")} | {c: self._word(c) for c in columns[1:]}
        return shown.rename(columns=names)


@dataclass
class _Conclusions:
    """The first sheet: every target against each path's formula, and a chart of the leading income target."""

    twin: _Twin
    sheet: Worksheet
    books: Mapping[str, BookCells]

    def write(self) -> None:
        """Write targets and differences, or the leading indicators where the document sets no target, and a chart."""
        twin, study = self.twin, self.twin.study
        self.sheet.write(0, 0, study.plan.label.text(study.language), twin.formats["title"])
        self.sheet.write(1, 0, twin._word("how"), twin.formats["note"])
        heads = [twin._word(k) for k in ("scheme", "indicator", "year", "unit", "target")]
        for name in self.books:
            label_ = study.scenario_label(name)
            kinds = ("projected", "difference", "met") if name in _JUDGED else ("projected",)
            heads += [f"{label_} {twin._word(kind)}" for kind in kinds]
        self.sheet.write_row(_TOP - 1, 0, heads, twin.formats["head"])
        self.sheet.set_row(_TOP - 1, 32)
        self.sheet.set_column(0, 1, 24)
        self.sheet.set_column(2, 3, 7)
        self.sheet.set_column(4, len(heads), 11)
        self.sheet.freeze_panes(_TOP, 5)
        lines = self._lines()
        for row, line in enumerate(lines, _TOP):
            self._line(row, *line)
        self._chart([n for n, line in enumerate(lines) if line[:2] == ("employee", "collection_income")], len(lines))

    def _chart(self, places: list[int], rows: int) -> None:
        """A native chart of the employee scheme's income: the target and every path, by year."""
        first, last = _TOP + places[0], _TOP + places[-1]
        name = self.twin._word("conclusions")
        chart = self.twin.book.add_chart({"type": "column"})
        columns = [4, *self._columns().values()] if self._targeted() else list(self._columns().values())
        for column in columns:
            chart.add_series(
                {
                    "name": [name, _TOP - 1, column],
                    "categories": [name, first, 2, last, 2],
                    "values": [name, first, column, last, column],
                }
            )
        language = self.twin.study.language
        chart.set_title({"name": f"{label('employee', language)} {label('collection_income', language)}"})
        chart.set_legend({"position": "bottom"})
        chart.set_size({"width": 960, "height": 340})
        self.sheet.insert_chart(_TOP + rows + 1, 0, chart)

    def _targeted(self) -> bool:
        targets = self.twin.study.targets
        return bool(((targets["scheme"] == "employee") & (targets["indicator"] == "collection_income")).any())

    def _columns(self) -> dict[str, int]:
        """The column of each path's projected value."""
        columns, column = {}, 5
        for name in self.books:
            columns[name] = column
            column += 3 if name in _JUDGED else 1
        return columns

    def _lines(self) -> list[tuple[str, str, int, float | None, str]]:
        """Scheme, indicator, year, target (none for a leading indicator without one) and aim."""
        study = self.twin.study
        lines: list[tuple[str, str, int, float | None, str]] = [
            (str(t.scheme), str(t.indicator), int(t.year), float(t.target), str(t.aim))
            for t in study.targets.itertuples() if t.aim != "fall"
        ]  # fmt: skip
        targeted = {(scheme, indicator) for scheme, indicator, *_ in lines}
        leading = [("employee", "active"), ("employee", "net_new"), ("employee", "collection_income"),
                   ("employee", "gap"), ("all", "employee_share"), ("all", "coverage_rate")]  # fmt: skip
        plain = [(s, i, year, None, "") for s, i in leading if (s, i) not in targeted for year in study.plan.years]
        return [*lines, *plain]

    def _line(self, row: int, scheme: str, indicator: str, year: int, target: float | None, aim: str) -> None:
        twin, language = self.twin, self.twin.study.language
        results = [self._reference(name, scheme, indicator, year) for name in self.books]
        scale = display_scale(unit_of(indicator), target or results[0].value)
        heads = [label(scheme, language), label(indicator, language), year, scale_label(scale, language)]
        self.sheet.write_row(row, 0, heads, twin.formats["text"])
        number = twin.formats["whole" if scale.decimals == 0 else "shown"]
        if target is None:
            self.sheet.write_blank(row, 4, None, twin.formats["text"])
        else:
            self.sheet.write_number(row, 4, target / scale.factor, number)
        for (name, column), result in zip(self._columns().items(), results, strict=True):
            self._project(row, column, result, scale, number)
            if target is not None and name in _JUDGED:
                self._judge(row, column, result.value / scale.factor - target / scale.factor, aim, number)

    def _project(self, row: int, column: int, result: Cell, scale: Scale, number: Format) -> None:
        formula = f"={result.formula}/{scale.factor!r}"
        self.sheet.write_formula(row, column, formula, number, result.value / scale.factor)

    def _judge(self, row: int, column: int, difference: float, aim: str, number: Format) -> None:
        """Difference from the target, and whether it is met; both follow the projected cell."""
        own, goal = xl_rowcol_to_cell(row, column), xl_rowcol_to_cell(row, 4)
        self.sheet.write_formula(row, column + 1, f"={own}-{goal}", number, difference)
        at_most = aim == "at_most"
        met = difference <= _EXACT if at_most else difference >= -_EXACT
        yes, no = self.twin._word("yes"), self.twin._word("no")
        test = f"{own}<={goal}+{_EXACT!r}" if at_most else f"{own}>={goal}-{_EXACT!r}"
        style = self.twin.formats["text"]
        self.sheet.write_formula(row, column + 2, f'=IF({test},"{yes}","{no}")', style, yes if met else no)

    def _reference(self, scenario: str, scheme: str, indicator: str, year: int) -> Cell:
        cells = self.books[scenario]
        key = (scheme, indicator, "total")
        address = cells.address(cells.rows[key], year)
        return Cell(f"'{self.twin.sheet_name('calculation', scenario)}'!{address}", cells.entries[key, year].value)
