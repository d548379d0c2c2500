"""What a report and its notebooks share: equal content under equal names, made once, the same as without sharing."""

from __future__ import annotations

import inspect
import pickle
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from importlib import import_module
from pathlib import Path
from pkgutil import iter_modules

import nbformat
import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from matplotlib.axes import Axes

from analytics.appraisal.study import Study
from analytics.presentation import charts
from analytics.presentation.charts.sheet import shown_by
from analytics.presentation.charts.trajectory import paths
from analytics.presentation.pictures import Chart, picture
from analytics.presentation.sections import replay, track_record
from analytics.presentation.shared import fingerprint, once_a_report, shared, shared_folder, sharing
from analytics.runs.notebooks import run_notebook
from analytics.runs.open_study import open_study, share_study, study_parameters
from analytics.runs.order import notebook_sources
from analytics.runs.synthetic import write_province

AS_OF = "2026-01-31"
SCALARS = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text()
VALUES = st.recursive(SCALARS, lambda items: st.lists(items) | st.dictionaries(st.text(), items), max_leaves=8)


@dataclass(frozen=True)
class Pair:
    left: object
    right: object


def frame() -> pd.DataFrame:
    return pd.DataFrame({"scheme": ["employee", "resident"], "year": [2024, 2025], "value": [1.5, np.nan]})


# --- names -----------------------------------------------------------------------------------------------------------


@given(VALUES)
def test_equal_content_has_equal_names_however_it_came_about(value):
    assert fingerprint(value) == fingerprint(pickle.loads(pickle.dumps(value)))


@given(VALUES, VALUES)
def test_different_content_has_different_names(one, other):
    assert (fingerprint(one) == fingerprint(other)) == (repr(one) == repr(other))


@pytest.mark.parametrize(
    "changed",
    [
        lambda table: table.assign(value=[1.5, 2.0]),
        lambda table: table.assign(year=[2024.0, 2025.0]),
        lambda table: table.rename(columns={"year": "as_of"}),
        lambda table: table.iloc[::-1],
        lambda table: table.set_axis([1, 0]),
        lambda table: table["value"],
        lambda table: table.to_numpy(),
    ],
)
def test_whatever_changes_in_a_table_changes_its_name(changed):
    assert fingerprint(changed(frame())) != fingerprint(frame())


def test_a_table_put_together_in_another_way_has_the_same_name():
    rows = [frame().iloc[[0]], frame().iloc[[1]]]
    assert fingerprint(pd.concat(rows)) == fingerprint(frame()) == fingerprint(frame().copy())


def test_strings_side_by_side_are_not_one_string():
    assert fingerprint(["ab", "c"]) != fingerprint(["a", "bc"]) != fingerprint(["abc"])
    assert fingerprint(np.array(["ab", "c"])) != fingerprint(np.array(["a", "bc"]))
    assert fingerprint(Pair("1", 2)) != fingerprint(Pair(1, "2"))


def test_equal_numbers_of_other_types_have_other_names():
    values = ([1, 2], (1, 2), (1.0, 2), (True, 2), [1, Pair(1, 2)], [1, Pair(1, 2.0)])
    assert len({fingerprint(value) for value in values}) == len(values)


@pytest.mark.parametrize("value", [print, object(), {1, 2}, [lambda: None]])
def test_what_has_no_known_content_gets_no_name(value):
    with pytest.raises(TypeError, match="is not known"):
        fingerprint(value)


# --- made once -------------------------------------------------------------------------------------------------------


def test_without_a_folder_everything_is_made_in_place():
    made = []
    for _ in range(2):
        assert shared("x", lambda: made.append(1) or b"made") == b"made"
    assert len(made) == 2


def test_with_a_folder_it_is_made_once_for_all_processes(tmp_path: Path):
    code = (
        "import sys; from analytics.presentation.shared import shared;"
        "sys.stdout.buffer.write(shared(('x', 1), lambda: b'made again'))"
    )
    with sharing(tmp_path) as variables:
        assert shared(("x", 1), lambda: b"made here") == b"made here"
        assert shared(("x", 2), lambda: b"something else") == b"something else"
    there = subprocess.run([sys.executable, "-c", code], env=variables, capture_output=True, check=True)
    assert there.stdout == b"made here"
    assert len(list(tmp_path.iterdir())) == 2
    assert not shared_folder()


def test_a_pure_function_is_worked_out_once_for_equal_arguments(tmp_path: Path):
    asked = []

    @once_a_report
    def doubled(table: pd.DataFrame, by: float = 2.0) -> pd.DataFrame:
        asked.append(by)
        return table.assign(value=by * table["value"])

    alone = doubled(frame())
    with sharing(tmp_path):
        pd.testing.assert_frame_equal(doubled(frame()), alone)
        pd.testing.assert_frame_equal(doubled(frame().copy()), alone)
        assert doubled(frame(), by=3.0)["value"].iloc[0] == 4.5
    assert asked == [2.0, 2.0, 3.0]


def test_a_result_that_could_not_be_made_is_not_left(tmp_path: Path):
    def fail() -> bytes:
        raise ValueError("no data")

    with sharing(tmp_path), pytest.raises(ValueError, match="no data"):
        shared("x", fail)
    assert not list(tmp_path.iterdir())


# --- charts ----------------------------------------------------------------------------------------------------------


def test_every_chart_function_tells_what_it_shows():
    modules = [import_module(f"{charts.__name__}.{found.name}") for found in iter_modules(charts.__path__)]
    functions = [f for m in modules for f in vars(m).values() if inspect.isfunction(f) and f.__module__ == m.__name__]
    drawing = [f for f in functions if inspect.signature(f).return_annotation == Axes.__name__]
    silent = [f.__name__ for f in drawing if not f.__name__.startswith("_") and not hasattr(f, "__wrapped__")]
    assert len(drawing) > 15 and not silent


def test_the_same_chart_is_drawn_once_and_a_chart_of_other_figures_anew(tmp_path: Path):
    drawn = []

    def chart(value: float, height: float = 8.0) -> Chart:
        def draw(ax: Axes) -> Axes:
            drawn.append(value)
            return paths(ax, *figures)

        keys = {"scenario": "plan", "scheme": "employee", "indicator": "income", "category": "total"}
        years = {"year": [2024, 2025], "value": [1e8, value], "low": np.nan, "high": np.nan}
        figures = pd.DataFrame(keys | years), None, None, "employee", "income"
        return Chart("income", "Income", draw, height_cm=height)

    alone = picture(chart(2e8))
    with sharing(tmp_path):
        assert picture(chart(2e8)) == picture(chart(2e8)) == alone
        assert picture(chart(3e8)) != alone != picture(chart(2e8, height=9.0))
    assert drawn == [2e8, 2e8, 2e8, 2e8, 3e8, 3e8, 2e8, 2e8]  # alone, asked and drawn, asked, asked and drawn twice
    assert len(list(tmp_path.iterdir())) == 3


def test_a_drawing_that_calls_no_chart_function_is_not_shared(tmp_path: Path):
    def draw(ax: Axes) -> Axes:
        ax.plot([1, 2])
        return ax

    assert shown_by(draw) is None
    with sharing(tmp_path):
        assert picture(Chart("line", "Line", draw)).startswith(b"\x89PNG")
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("kept", [track_record.backtest, replay._replayed])
def test_what_a_process_has_kept_is_left_for_the_notebooks_of_every_report(
    kept: Callable[[Study], object], study_of: Callable[..., Study], tmp_path: Path
):
    for report in ("first", "second"):
        (tmp_path / report).mkdir()
        with sharing(tmp_path / report):
            kept(study_of("rongcheng"))
        assert len(list((tmp_path / report).iterdir())) == 1


# --- studies ---------------------------------------------------------------------------------------------------------


def test_a_study_left_for_the_notebooks_is_the_one_they_would_open(study_of: Callable[..., Study], tmp_path: Path):
    study = study_of("rongcheng")
    parameters = study_parameters(study)
    with sharing(tmp_path):
        share_study(study)
        found = open_study(**parameters)
        other = open_study(**parameters | {"as_of": "2025-01-31"})
    opened = open_study(**parameters)
    for name in ("results", "attainment", "effects", "history"):
        pd.testing.assert_frame_equal(getattr(found, name), getattr(opened, name))
    assert found is not study and found.plan == opened.plan
    assert other.as_of == date(2025, 1, 31)


_EDITED = """
import sys, tempfile
from pathlib import Path
from analytics.places import PARAMS
from analytics.presentation.shared import sharing
from analytics.runs.open_study import open_study, share_study, study_parameters

plan = next(path for path in PARAMS.glob("*.yaml"))
with tempfile.TemporaryDirectory() as folder, sharing(Path(folder)):
    study = open_study(plan.stem, as_of="2026-01-31")
    study.plan.__dict__["marked"] = True
    share_study(study)
    marks = [hasattr(open_study(**study_parameters(study)).plan, "marked")]
    for path in (plan, PARAMS / "common" / "drivers.yaml"):
        before = path.read_bytes()
        path.write_bytes(before + b"# edited\\n")
        marks.append(hasattr(open_study(**study_parameters(study)).plan, "marked"))
        path.write_bytes(before)
    marks.append(hasattr(open_study(**study_parameters(study)).plan, "marked"))
print(marks)
"""


def test_a_study_whose_files_have_changed_since_is_opened_anew(tmp_path: Path):
    home = write_province(1, 1, tmp_path / "home")
    environment = {"WORKBOOK_HOME": str(home), "WORKBOOK_LEDGER": str(tmp_path)}
    done = subprocess.run([sys.executable, "-c", _EDITED], env=environment, capture_output=True, text=True, check=True)
    # what was written again counts as changed, be it to the same bytes: opening a study anew is never wrong
    assert done.stdout.split("\n")[-2] == "[True, False, False, False]"


def test_a_notebook_shows_the_same_with_and_without_sharing(study_of: Callable[..., Study], tmp_path: Path):
    study = study_of("rongcheng")
    source = next(path for path in notebook_sources() if path.stem.startswith("2"))
    ledger = {"WORKBOOK_LEDGER": str(tmp_path / "ledger")}
    (tmp_path / "shared").mkdir()
    with sharing(tmp_path / "shared") as variables:
        share_study(study)
        shown = []
        for number, given_to_kernel in enumerate((variables, variables, {})):
            output = tmp_path / f"{number}.ipynb"
            run_notebook(source, output, study_parameters(study), timeout=120, variables=given_to_kernel | ledger)
            shown.append([cell.get("outputs") for cell in nbformat.read(output, 4).cells])
    assert shown[0] == shown[1] == shown[2]
    assert len(list((tmp_path / "shared").iterdir())) > 1
