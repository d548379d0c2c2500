"""The twin's first sheet: every target against the formulas of each path."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import xlsxwriter
from xlsxwriter.format import Format
from xlsxwriter.utility import xl_rowcol_to_cell
from xlsxwriter.worksheet import Worksheet

from analytics.appraisal.study import Study
from analytics.presentation.twin.cells import BookCells, Cell
from analytics.presentation.twin.formats import TOP
from analytics.presentation.twin.wording import word
from analytics.terms import Scale, display_scale, label, scale_label, unit_of

_JUDGED = ("plan", "trend")  # paths held against the targets; scenarios show their value alone
_EXACT = 1e-6


@dataclass
class Conclusions:
    """The first sheet: every target against each path's formula, and a chart of the leading income target."""

    study: Study
    workbook: xlsxwriter.Workbook
    formats: Mapping[str, Format]
    sheet: Worksheet
    books: Mapping[str, BookCells]
    sheet_name: Callable[[str, str], str]
    """Name of a path's sheet by kind and scenario."""

    def write(self) -> None:
        """Write targets and differences, or the leading indicators where the document sets no target, and a chart."""
        self._heads()
        lines = self._lines()
        for row, line in enumerate(lines, TOP):
            self._line(row, *line)
        self._chart([n for n, line in enumerate(lines) if line[:2] == ("employee", "collection_income")], len(lines))

    def _heads(self) -> None:
        heads = [self._word(k) for k in ("scheme", "indicator", "year", "unit", "target")]
        for name in self.books:
            kinds = ("projected", "difference", "met") if name in _JUDGED else ("projected",)
            heads += [f"{self.study.scenario_label(name)} {self._word(kind)}" for kind in kinds]
        self.sheet.write(0, 0, self.study.plan.label.text(self.study.language), self.formats["title"])
        self.sheet.write(1, 0, self._word("how"), self.formats["note"])
        self.sheet.write_row(TOP - 1, 0, heads, self.formats["head"])
        self.sheet.set_row(TOP - 1, 32)
        for first, last, width in ((0, 1, 24), (2, 3, 7), (4, len(heads), 11)):
            self.sheet.set_column(first, last, width)
        self.sheet.freeze_panes(TOP, 5)

    def _chart(self, places: list[int], rows: int) -> None:
        """A native chart of the employee scheme's income: the target and every path, by year."""
        first, last = TOP + places[0], TOP + places[-1]
        name = self._word("conclusions")
        chart = self.workbook.add_chart({"type": "column"})
        columns = [4, *self._columns().values()] if self._targeted() else list(self._columns().values())
        for column in columns:
            chart.add_series(
                {
                    "name": [name, TOP - 1, column],
                    "categories": [name, first, 2, last, 2],
                    "values": [name, first, column, last, column],
                }
            )
        language = self.study.language
        chart.set_title({"name": f"{label('employee', language)} {label('collection_income', language)}"})
        chart.set_legend({"position": "bottom"})
        chart.set_size({"width": 960, "height": 340})
        self.sheet.insert_chart(TOP + rows + 1, 0, chart)

    def _targeted(self) -> bool:
        targets = self.study.targets
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
        study = self.study
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
        language = self.study.language
        results = [self._reference(name, scheme, indicator, year) for name in self.books]
        scale = display_scale(unit_of(indicator), target or results[0].value)
        heads = [label(scheme, language), label(indicator, language), year, scale_label(scale, language)]
        self.sheet.write_row(row, 0, heads, self.formats["text"])
        number = self.formats["whole" if scale.decimals == 0 else "shown"]
        if target is None:
            self.sheet.write_blank(row, 4, None, self.formats["text"])
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
        yes, no = self._word("yes"), self._word("no")
        test = f"{own}<={goal}+{_EXACT!r}" if at_most else f"{own}>={goal}-{_EXACT!r}"
        style = self.formats["text"]
        self.sheet.write_formula(row, column + 2, f'=IF({test},"{yes}","{no}")', style, yes if met else no)

    def _reference(self, scenario: str, scheme: str, indicator: str, year: int) -> Cell:
        cells = self.books[scenario]
        key = (scheme, indicator, "total")
        address = cells.address(cells.rows[key], year)
        return Cell(f"'{self.sheet_name('calculation', scenario)}'!{address}", cells.entries[key, year].value)

    def _word(self, key: str) -> str:
        return word(key, self.study.language)
