"""The appraisal of Rongcheng against the overhead of one notebook: seconds of each, in one run.

Appraisal: 1,024 draws of both paths, quantiles, probabilities one by one and together, first-order and total indices,
and the iso-target map.  Baseline: a notebook that only imports the package and shows its stamp, through our own
runner.  A goal seek over three levers is timed beside them.
"""

from __future__ import annotations

import json
import tempfile
from collections.abc import Callable
from pathlib import Path
from statistics import median
from time import perf_counter

from analytics.appraisal.goal_seek import Goal, default_levers, seek
from analytics.appraisal.study import Study
from analytics.presentation.sections.uncertainty import drivers, iso_target
from analytics.runs.notebooks import STAMP, run_notebook
from analytics.runs.open_study import open_study

REPETITIONS = 5
AS_OF = "2026-01-31"


def main() -> None:
    """Measure, print a table, and as the last line one JSON object."""
    figures = {
        "appraisal": median(_seconds(_appraise, open_study("rongcheng", as_of=AS_OF)) for _ in range(REPETITIONS)),
        "goal_seek": median(_seconds(_seek, open_study("rongcheng", as_of=AS_OF)) for _ in range(REPETITIONS)),
        "notebook": median(_seconds(_empty_notebook) for _ in range(3)),
    }
    for name, seconds in figures.items():
        print(f"{name:12} {seconds:8.3f} s")
    print(json.dumps({"ratio": round(figures["appraisal"] / figures["notebook"], 3), **figures}))


def _seconds(run: Callable[..., object], *given: object) -> float:
    began = perf_counter()
    run(*given)
    return perf_counter() - began


def _appraise(study: Study) -> None:
    for drawn in study.draws.values():
        _ = drawn.quantiles
        drawn.joint_probabilities(study.targets)
    _ = study.probabilities, drivers(study), iso_target(study)


def _seek(study: Study) -> None:
    given = study.projections["plan"].assumptions
    goal = Goal("employee", "collection_income", "total", 2026, 24.28e8, "at_least")
    seek(study.plan, "plan", given, goal, default_levers(study.plan, "plan", given, goal)[:3])


def _empty_notebook() -> None:
    import nbformat

    cell = nbformat.v4.new_code_cell(
        f"import analytics.appraisal.study\nfrom IPython.display import display\n"
        f"display({{'{STAMP}': {{'digest': '-'}}}}, raw=True)"
    )
    with tempfile.TemporaryDirectory() as folder:
        source = Path(folder) / "empty.ipynb"
        nbformat.write(nbformat.v4.new_notebook(cells=[cell]), source)
        run_notebook(source, Path(folder) / "done.ipynb", {}, timeout=120)


if __name__ == "__main__":
    main()
