"""Every notebook is executed, and ends with the very numbers that the report prints, with our runner and without."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import nbformat
import papermill
import pytest
from nbformat import NotebookNode

from analytics.appraisal.study import Study
from analytics.inputs.plan_file import plan_names
from analytics.runs.notebooks import STAMP, NotebookJob, NotebookRun, Outcome, run_notebooks
from analytics.runs.single import notebook_sources
from analytics.runs.stamp import digest

SOURCES = {path.stem: path for path in notebook_sources()}
SUMMARY = "5-action-plan"
RUNS = [(name, "rongcheng") for name in SOURCES] + [(SUMMARY, plan) for plan in plan_names() if plan != "rongcheng"]


@dataclass(frozen=True)
class Executed:
    """How a notebook ended, and its executed copy."""

    outcome: Outcome
    copy: Path


@pytest.fixture(scope="module")
def executed(as_of: str, tmp_path_factory: pytest.TempPathFactory) -> dict[tuple[str, str], Executed]:
    """Every run of ``RUNS``, two side by side."""
    folder = tmp_path_factory.mktemp("notebooks")
    jobs = [
        NotebookJob(SOURCES[name], folder / f"{name}-{plan}.ipynb", {"plan": plan, "as_of": as_of})
        for name, plan in RUNS
    ]
    outcomes = run_notebooks(jobs, timeout=300, workers=2)
    return {
        run: Executed(*pair)
        for run, pair in zip(RUNS, zip(outcomes, (j.output for j in jobs), strict=True), strict=True)
    }


def outputs(copy: Path) -> Iterator[NotebookNode]:
    """Everything the cells of an executed notebook show."""
    for cell in nbformat.read(copy, as_version=4).cells:
        yield from cell.get("outputs", [])


@pytest.mark.parametrize(("name", "plan"), RUNS)
def test_a_notebook_runs_to_its_end_with_the_reports_own_numbers(
    name: str, plan: str, executed: dict[tuple[str, str], Executed], study_of: Callable[..., Study]
):
    outcome = executed[name, plan].outcome
    assert isinstance(outcome, NotebookRun), outcome
    study = study_of(plan)
    assert outcome.stamp["digest"] == digest(study)
    assert outcome.stamp["scenarios"] == ",".join(study.projections)


@pytest.mark.parametrize(("name", "plan"), RUNS)
def test_a_notebook_shows_text_and_charts_and_no_warnings(
    name: str, plan: str, executed: dict[tuple[str, str], Executed]
):
    shown = list(outputs(executed[name, plan].copy))
    assert not [output.text for output in shown if output.output_type == "stream"]
    kinds = {kind for output in shown for kind in output.get("data", {})}
    assert "text/markdown" in kinds and kinds & {"image/png", "text/html"}


def test_plain_papermill_comes_to_the_same_numbers(as_of: str, study_of: Callable[..., Study], tmp_path: Path):
    copy = tmp_path / "plain.ipynb"
    papermill.execute_notebook(
        SOURCES[SUMMARY], copy, {"plan": "longling", "as_of": as_of}, cwd=SOURCES[SUMMARY].parent, progress_bar=False
    )
    stamps = [output.data[STAMP] for output in outputs(copy) if STAMP in output.get("data", {})]
    assert [stamp["digest"] for stamp in stamps] == [digest(study_of("longling"))]
