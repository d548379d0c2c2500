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
from analytics.model.people.states import level_of
from analytics.model.projection import Projection, central_run, simulate
from analytics.presentation.files import written_whole
from analytics.presentation.twin.ages import AgeCells
from analytics.presentation.twin.cells import HELPER, BookCells, Cell, GivenCells
from analytics.presentation.twin.conclusions import Conclusions
from analytics.presentation.twin.formats import TOP, cell_formats
from analytics.presentation.twin.wording import step, word
from analytics.terms import (
    CATEGORIES,
    PARAMETERS,
    label,
    source_words,
    text,
    unit_of,
)

_PARAMETER_YEARS = 3  # first year column of a parameter sheet: after label, unit, name
_AGE_YEARS = 3  # first year column of a sheet of ages: after flow, state, meaning
_RESULT_YEARS = 4  # first year column of a calculation sheet: after scheme, indicator, category, unit


def write_twin(study: Study, path: Path) -> None:
    """Write the Excel twin of ``study``; the same study gives the same bytes."""
    with written_whole(path) as unfinished:
        book = xlsxwriter.Workbook(str(unfinished))
        book.set_properties({"title": study.plan.label.text(study.language), "created": _fixed_time(study)})
        _Twin(study, book, cell_formats(book)).write()
        book.close()


def _fixed_time(study: Study) -> datetime:
    return datetime(study.as_of.year, study.as_of.month, study.as_of.day)


class _PlainSheet(Worksheet):
    """A sheet whose functions every Excel knows: XlsxWriter need not look for thirty younger ones in each formula."""

    def _prepare_formula(self, formula: str, expand_future_functions: bool = False) -> str:
        return formula.removeprefix("=")


@dataclass
class _Twin:
    study: Study
    book: xlsxwriter.Workbook
    formats: dict[str, Format]

    def write(self) -> None:
        """Sheets in reading order; the conclusions are filled in last, once the formulas have their places."""
        conclusions = self._sheet(self._word("conclusions"))
        books = {name: self._path(name, projection) for name, projection in self.study.projections.items()}
        name = self.sheet_name
        Conclusions(self.study, self.book, self.formats, conclusions, books, name).write()
        self._table("history", self._history())
        self._table("findings", self._findings())
        self._table("sources", self._sources())

    def _word(self, key: str) -> str:
        return word(key, self.study.language)

    def _sheet(self, name: str) -> Worksheet:
        sheet = self.book.add_worksheet(name, _PlainSheet)
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
        rows = {name: TOP + n for n, name in enumerate(projection.assumptions)}
        given = GivenCells(
            projection.assumptions, lambda name, year: self._parameter_address(scenario, rows[name], year)
        )
        cells = BookCells(lambda row, year: xl_rowcol_to_cell(TOP + row, self._result_column(year)))
        _, found = central_run(projection.plan, projection.assumptions)
        ages = AgeCells(found, given, lambda row, year: self._age_address(scenario, row, year))
        simulate(given, ages, cells, self.study.plan.schemes, self.years[0], self.years[-1])
        self._parameters(parameters, scenario, given, rows)
        self._ages(scenario, ages)
        self._calculation(calculation, scenario, cells)
        return cells

    def _age_address(self, scenario: str, row: int, year: int) -> str:
        cell = xl_rowcol_to_cell(TOP + row, _AGE_YEARS + year - self.years[0], True, True)
        return f"'{self.sheet_name('ages', scenario)}'!{cell}"

    def _ages(self, scenario: str, ages: AgeCells) -> None:
        """The sheet of what the cohort engine found: a row a flow and state, numbers by year."""
        sheet = self._sheet(self.sheet_name("ages", scenario))
        heads = [self._word(k) for k in ("flow", "state", "meaning")] + [str(year) for year in self.years]
        self._frame(sheet, scenario, heads, "settled")
        sheet.set_column(0, 1, 22)
        sheet.set_column(2, 2, 26)
        for (flow, state), row in ages.rows.items():
            names = [step(flow, self.study.language), step(state, self.study.language)]
            kind = self._word("factor" if level_of(flow, state) else "share")
            sheet.write_row(TOP + row, 0, [*names, kind], self.formats["text"])
        for (key, year), value in ages.values.items():
            column = _AGE_YEARS + year - self.years[0]
            sheet.write_number(TOP + ages.rows[key], column, value, self.formats["settled times"])

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
            for year in (year for year in self.years if (name, year) in given.shown):
                column, settled = _PARAMETER_YEARS + year - self.years[0], self._number(name, "settled")
                sheet.write_number(rows[name], column, at(assumption.value, year), settled)

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
            source = self._parameter_address(self.study.leading, TOP + leading.index(assumption.name), year)
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
            sheet.write_row(TOP + row, 0, heads, self.formats["text"])
        for (key, year), cell in cells.entries.items():
            self._formula(sheet, cells, key, year, cell)

    def _result_heads(self, scheme: str, indicator: str, category: str) -> list[str]:
        """Scheme, indicator, category and unit of a row; a helper row says that it is one."""
        language = self.study.language
        if scheme == HELPER:
            return [self._word("helper"), step(indicator, language), "", "person"]
        kind = "" if category == "total" else text(CATEGORIES[category], language)
        return [label(scheme, language), label(indicator, language), kind, unit_of(indicator)]

    def _formula(self, sheet: Worksheet, cells: BookCells, key: Key, year: int, cell: Cell) -> None:
        row, column = TOP + cells.rows[key], self._result_column(year)
        style = self.formats[f"formula {self._result_heads(*key)[-1]}"]
        sheet.write_formula(row, column, f"={cell.formula}", style, cell.value)

    def _frame(self, sheet: Worksheet, scenario: str, heads: list[str], note: str = "how") -> None:
        title = f"{self.study.plan.label.text(self.study.language)} {self.study.scenario_label(scenario)}"
        sheet.write(0, 0, title, self.formats["title"])
        sheet.write(1, 0, f"{self._word(note)} {self._word('plain')}", self.formats["note"])
        sheet.write_row(TOP - 1, 0, heads, self.formats["head"])
        sheet.freeze_panes(TOP, 2)
        sheet.repeat_rows(TOP - 1)

    def _table(self, name: str, frame: pd.DataFrame) -> None:
        """A plain list on a sheet of its own; nothing when the list is empty."""
        if frame.empty:
            return
        sheet = self._sheet(self._word(name))
        sheet.write(0, 0, self._word(name), self.formats["title"])
        sheet.write_row(TOP - 1, 0, list(frame.columns), self.formats["head"])
        for column, content in enumerate(frame.columns):
            widest = max([len(str(content)) * 2, *(len(str(v)) for v in frame[content])])
            sheet.set_column(column, column, min(max(10, widest * 1.2), 60))
        for row, values in enumerate(frame.itertuples(index=False), TOP):
            sheet.write_row(row, 0, ["" if pd.isna(v) else v for v in values], self.formats["wrap"])
        sheet.freeze_panes(TOP, 0)

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
