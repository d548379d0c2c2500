"""The Excel twin: its formulas, recalculated by LibreOffice, give the Python results, also after a driver is changed."""

from __future__ import annotations

import re
import shutil
import subprocess
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import openpyxl
import pandas as pd
import pytest
from openpyxl.workbook import Workbook
from openpyxl.worksheet.worksheet import Worksheet

from analytics.appraisal.study import Study
from analytics.inputs.assumptions import Assumption
from analytics.model.projection import Projection, central_run, project, simulate
from analytics.presentation.twin.ages import AgeCells
from analytics.presentation.twin.cells import HELPER, BookCells, Cell, GivenCells
from analytics.presentation.twin.workbook import write_twin
from analytics.terms import CATEGORIES, UNIT_FACTORS, label, text

LONGEST_FORMULA = 8192  # characters Excel takes
HEADER = 3
NAMES = 3  # column of a parameter's name


@dataclass(frozen=True)
class Edit:
    """Drivers changed by hand in Excel: by name the year from which the new number holds (or whose milestone it is)."""

    plan: str
    drivers: dict[str, tuple[int, float]]
    near: tuple[str, ...] = ()
    """Results that a new run comes near to within a twentieth, where the edit changes heads: the twin keeps the ages of
    the heads it was written for, exactly so, and small differences between large numbers drift.  All results where empty."""


EDITS = {
    "collection": Edit("rongcheng", {"employee.collection": (2024, 0.90)}),
    "wage and enrollment": Edit("rongcheng", {"wage.growth": (2025, 0.06), "employee.gross_new": (2026, 12_000.0)}),
    "milestones": Edit(
        "longling",
        {"employee.share_path": (2025, 0.33), "population.coverage_path": (2035, 0.97)},
        near=(
            "active",
            "contributors",
            "retirees",
            "beneficiaries",
            "employee_share",
            "coverage_rate",
            "collection_income",
            "expenditure",
        ),
    ),
}


@pytest.fixture(scope="module")
def twins(study_of: Callable[..., Study], tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """The twin of each plan, as a report holds it."""
    folder = tmp_path_factory.mktemp("twins")
    paths = {plan: folder / f"{plan}.xlsx" for plan in ("rongcheng", "longling")}
    for plan, path in paths.items():
        write_twin(study_of(plan), path)
    return paths


@pytest.fixture(scope="module")
def recalculated(
    twins: dict[str, Path], study_of: Callable[..., Study], tmp_path_factory: pytest.TempPathFactory
) -> dict[str, Workbook]:
    """Every twin, plain and edited, with the values LibreOffice computes for its formulas."""
    if not shutil.which("soffice"):
        pytest.skip("LibreOffice (soffice) is not installed: THE TWIN'S FORMULAS WERE NOT RECALCULATED")
    folder = tmp_path_factory.mktemp("recalculated")
    for plan, path in twins.items():
        openpyxl.load_workbook(path).save(folder / f"{plan}.xlsx")  # openpyxl drops the stored results
    for name, edit in EDITS.items():
        _edited(twins[edit.plan], edit, study_of(edit.plan)).save(folder / f"{name}.xlsx")
    sources, out = sorted(folder.glob("*.xlsx")), folder / "out"
    command = [
        "soffice",
        f"-env:UserInstallation={(folder / 'profile').as_uri()}",
        "--headless",
        "--convert-to",
        "xlsx",
    ]
    subprocess.run([*command, "--outdir", str(out), *map(str, sources)], check=True, capture_output=True, timeout=300)
    return {path.stem: openpyxl.load_workbook(out / path.name, data_only=True) for path in sources}


def _edited(path: Path, edit: Edit, study: Study) -> Workbook:
    """The twin after somebody typed other numbers into cells of the leading parameter sheet."""
    book = openpyxl.load_workbook(path)
    sheet = book[f"参数-{study.scenario_label(study.leading)}"]
    rows = {sheet.cell(row, NAMES).value: row for row in range(HEADER + 1, sheet.max_row + 1)}
    for name, (year, value) in edit.drivers.items():
        sheet.cell(rows[name], _column(sheet, year)).value = value
    return book


def _column(sheet: Worksheet, year: int) -> int:
    return next(cell.column for cell in sheet[HEADER] if cell.value == str(year))


def results_in(book: Workbook, scenario: str) -> pd.Series:
    """What a calculation sheet shows, by scheme, indicator, category (as labelled) and year."""
    sheet = book[f"计算-{scenario}"]
    years = {cell.column: int(cell.value) for cell in sheet[HEADER] if str(cell.value).isdigit()}
    rows = {
        (*(sheet.cell(row, column).value or "" for column in (1, 2, 3)), year): sheet.cell(row, at).value
        for row in range(HEADER + 1, sheet.max_row + 1)
        for at, year in years.items()
    }
    return pd.Series(rows).dropna().sort_index()


def results_of(frame: pd.DataFrame) -> pd.Series:
    """Python results by the labels of the calculation sheets."""
    keys = zip(frame["scheme"], frame["indicator"], frame["category"], frame["year"], strict=True)
    labels = [(label(s), label(i), "" if c == "total" else text(CATEGORIES[c], "zh"), y) for s, i, c, y in keys]
    return pd.Series(list(frame["value"]), index=pd.MultiIndex.from_tuples(labels))


def differing(found: pd.Series, expected: pd.Series, within: float = 1e-9) -> pd.DataFrame:
    """Expected results that are missing or off by more than a share of ``within``."""
    both = pd.DataFrame({"expected": expected, "found": found.reindex(expected.index)}).astype(float)
    near = (both["found"] - both["expected"]).abs() <= within * both["expected"].abs().clip(lower=1.0)
    return both[~near]


def formulas(path: Path) -> Iterator[tuple[Worksheet, str]]:
    """Every formula of a twin with its sheet."""
    for sheet in openpyxl.load_workbook(path).worksheets:
        cells = (cell.value for row in sheet.iter_rows() for cell in row)
        yield from ((sheet, value) for value in cells if isinstance(value, str) and value.startswith("="))


# --- recalculated ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("plan", ["rongcheng", "longling"])
def test_recalculated_formulas_give_the_python_results_of_every_path(
    plan: str, recalculated: dict[str, Workbook], study_of: Callable[..., Study]
):
    study = study_of(plan)
    for scenario, projection in study.projections.items():
        found = results_in(recalculated[plan], study.scenario_label(scenario))
        off = differing(found, results_of(projection.results))
        assert off.empty, f"{scenario}\n{off}"


def _after(edit: Edit, given: Mapping[str, Assumption], leading: Mapping[str, Assumption]) -> dict[str, Assumption]:
    """A path's assumptions after the edit; a path that has its own number for a driver keeps it."""
    shared = {name: a for name, a in given.items() if name in edit.drivers and a.value == leading[name].value}
    return dict(given) | {
        name: replace(a, value={**a.value, edit.drivers[name][0]: edit.drivers[name][1]}) for name, a in shared.items()
    }


class KeptAges(AgeCells):
    """Ages as they were written into the twin, whatever the parameters have become since."""

    def _cell(self, row: tuple[str, str], year: int, value: float) -> Cell:
        return Cell("", self.values[row, year])


def _accounts(study: Study, projection: Projection, edited: Mapping[str, Assumption]) -> pd.Series:
    """What the accounts give with the parameters edited and the ages kept, by the labels of the calculation sheets."""
    horizon, engine = study.plan.horizon, central_run(study.plan, projection.assumptions)[1]

    def run(ages: AgeCells) -> BookCells:
        cells = BookCells(lambda row, year: "")
        simulate(ages.given, ages, cells, study.plan.schemes, horizon.base_year, horizon.last_year)
        return cells

    written = AgeCells(engine, GivenCells(projection.assumptions, lambda name, year: ""), lambda row, year: "")
    run(written)
    kept = KeptAges(engine, GivenCells(edited, lambda name, year: ""), written.address, values=written.values)
    found = {(*key, year): cell.value for (key, year), cell in run(kept).entries.items() if key[0] != HELPER}
    frame = pd.DataFrame(list(found), columns=["scheme", "indicator", "category", "year"]).assign(value=found.values())
    return results_of(frame)


@pytest.mark.parametrize("name", EDITS)
def test_a_driver_changed_in_excel_gives_what_the_accounts_give_with_the_ages_kept(
    name: str, recalculated: dict[str, Workbook], study_of: Callable[..., Study]
):
    study = study_of(EDITS[name].plan)
    leading = study.projections[study.leading].assumptions
    for scenario, projection in study.projections.items():
        expected = _accounts(study, projection, _after(EDITS[name], projection.assumptions, leading))
        off = differing(results_in(recalculated[name], study.scenario_label(scenario)), expected)
        assert off.empty, f"{scenario}\n{off}"


@pytest.mark.parametrize("name", EDITS)
def test_a_driver_changed_in_excel_gives_what_the_same_change_gives_in_python(
    name: str, recalculated: dict[str, Workbook], study_of: Callable[..., Study]
):
    study, near = study_of(EDITS[name].plan), EDITS[name].near
    leading = study.projections[study.leading].assumptions
    for scenario, projection in study.projections.items():
        expected = project(study.plan, scenario, _after(EDITS[name], projection.assumptions, leading)).results
        compared = expected[expected["indicator"].isin(near)] if near else expected
        found = results_in(recalculated[name], study.scenario_label(scenario))
        off = differing(found, results_of(compared), 0.05 if near else 1e-9)
        assert off.empty, f"{scenario}\n{off}"


@pytest.mark.parametrize(
    ("name", "scheme", "indicator", "years"),
    [
        ("collection", "employee", "collection_income", [2024, 2025, 2026]),
        ("wage and enrollment", "employee", "net_new", [2026]),
        ("wage and enrollment", "all", "employee_share", [2026]),
        ("wage and enrollment", "employee", "collection_income", [2026]),  # the base lags the wage by a year
        ("milestones", "all", "employee_share", list(range(2022, 2035))),
        ("milestones", "all", "coverage_rate", list(range(2026, 2036))),
    ],
)
def test_a_changed_driver_moves_the_results_of_the_years_it_reaches(
    name: str, scheme: str, indicator: str, years: list[int], recalculated: dict[str, Workbook]
):
    before, after = (results_in(recalculated[key], "规划路径") for key in (EDITS[name].plan, name))
    own = before.loc[label(scheme), label(indicator), ""]
    change = (after.loc[label(scheme), label(indicator), ""] - own).abs() / own.abs()
    assert list(change.index[change > 1e-9]) == years


def test_the_conclusions_compare_recalculated_results_with_the_targets(
    recalculated: dict[str, Workbook], rongcheng: Study
):
    sheet = recalculated["wage and enrollment"]["结论"]
    rows = [[cell.value for cell in row] for row in sheet.iter_rows(min_row=HEADER + 1, max_col=8)]
    targeted = [row for row in rows if row[4] is not None]
    assert len(targeted) == len(rongcheng.targets[rongcheng.targets["aim"] != "fall"])
    found = results_in(recalculated["wage and enrollment"], "规划路径")
    for scheme, indicator, year, unit, target, projected, difference, met in targeted:
        plain = found[scheme, indicator, "", int(year)]
        assert projected == pytest.approx(plain / UNIT_FACTORS[unit][1], rel=1e-9)
        assert difference == pytest.approx(projected - target, abs=1e-9)
        assert (met == "达到") == (difference >= -1e-6)
    assert [row[6] for row in targeted if row[:3] == ["城镇职工基本养老保险", "新增参保", 2026]] == [12_000 - 9_900]


# --- as written ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("plan", ["rongcheng", "longling"])
def test_a_reader_without_recalculation_sees_the_python_results(
    plan: str, twins: dict[str, Path], study_of: Callable[..., Study]
):
    study, stored = study_of(plan), openpyxl.load_workbook(twins[plan], data_only=True)
    for scenario, projection in study.projections.items():
        off = differing(results_in(stored, study.scenario_label(scenario)), results_of(projection.results))
        assert off.empty, f"{scenario}\n{off}"


@pytest.mark.parametrize("plan", ["rongcheng", "longling"])
def test_every_result_of_every_path_is_a_formula_short_enough_for_excel(
    plan: str, twins: dict[str, Path], study_of: Callable[..., Study]
):
    found = list(formulas(twins[plan]))
    assert max(len(formula) for _, formula in found) <= LONGEST_FORMULA
    study = study_of(plan)
    for scenario, projection in study.projections.items():
        sheet = f"计算-{study.scenario_label(scenario)}"
        assert sum(own.title == sheet for own, _ in found) >= len(projection.results)


def test_formulas_use_functions_only_that_every_excel_knows(twins: dict[str, Path]):
    called = {
        name
        for path in twins.values()
        for _, formula in formulas(path)
        for name in re.findall(r"[A-Z.]+(?=\()", formula)
    }
    assert called <= {"IF", "MAX", "MIN"}  # as old as Excel: what is younger needs a prefix in the file


def test_formulas_do_not_grow_with_the_years(twins: dict[str, Path]):
    book = openpyxl.load_workbook(twins["longling"])
    sheet = book["计算-规划路径"]
    longest = {year: max(len(str(cell.value)) for cell in sheet[sheet.cell(1, _column(sheet, year)).column_letter])
               for year in (2023, 2035)}  # fmt: skip
    assert longest[2035] < 1.2 * longest[2023]


def test_the_same_study_gives_the_same_bytes(twins: dict[str, Path], rongcheng: Study, tmp_path: Path):
    write_twin(rongcheng, tmp_path / "again.xlsx")
    assert (tmp_path / "again.xlsx").read_bytes() == twins["rongcheng"].read_bytes()


def test_the_twin_exists_in_english_too(study_of: Callable[..., Study], tmp_path: Path):
    write_twin(study_of("rongcheng", "en"), tmp_path / "twin.xlsx")
    names = openpyxl.load_workbook(tmp_path / "twin.xlsx", read_only=True).sheetnames
    assert names[:3] == ["Conclusions", "Parameters-Plan path", "Calculation-Plan path"]


def test_a_cell_remembers_how_it_was_computed():
    heads, base = Cell("A1", 100.0), Cell("B1", 4000.0)
    income = heads * base * 12 / 2 - 1
    assert (income.formula, income.value) == ("((((A1*B1)*12)/2)-1)", 2_399_999.0)
    assert (1 - heads).formula == "(1-A1)"
