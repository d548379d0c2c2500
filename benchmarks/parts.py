"""Where the processor seconds of one report go: interpreter, imports, kernels, study, model, charts, files, documents.

    python benchmarks/parts.py [--plan longling]

Every part is measured by itself, user and system time of all processes it takes, the smallest of three where it can be
repeated: other work on the machine only ever adds.  The last line is one JSON object.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import psutil

from analytics.appraisal.study import Study
from analytics.places import NOTEBOOKS
from analytics.presentation.exports import findings_csv, probabilities_csv, results_csv
from analytics.presentation.page import write_page
from analytics.presentation.pdf import write_pdf
from analytics.presentation.pictures import Chart, drawn
from analytics.presentation.report import report, sections
from analytics.presentation.shared import sharing
from analytics.presentation.style import png_bytes
from analytics.presentation.twin.workbook import write_twin
from analytics.presentation.word import write_word
from analytics.runs.ledger_store import VARIABLE
from analytics.runs.notebooks import STAMP, run_notebook
from analytics.runs.open_study import open_study, share_study, study_parameters

AS_OF = "2026-01-31"
TIMES = 3
_LIBRARIES = "from analytics.runs.warm.libraries import import_libraries; import_libraries()"
_PAPERMILL = "import papermill"
_OURS = (
    "import analytics.runs.single, analytics.presentation.report, analytics.runs.parameters as p; p._import_papermill()"
)


def main() -> None:
    """Measure, print a table, and as the last line one JSON object."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--plan", default=os.environ.get("BENCH_PLAN", "rongcheng"), help="or BENCH_PLAN")
    plan = parser.parse_args().plan
    with tempfile.TemporaryDirectory(prefix="wb-bench-") as folder:
        os.environ[VARIABLE] = str(Path(folder) / "ledger")
        parts = dict(_told(_parts(plan, Path(folder))))
    print(json.dumps({"benchmark": "parts", "plan": plan, "cpu_seconds": parts}))


def _parts(plan: str, place: Path) -> Iterator[tuple[str, float]]:
    yield from _starting()
    yield "kernel: ordinary, empty notebook", _kernel(place, warm=False)
    yield "kernel: forked, empty notebook", _kernel(place, warm=True)
    yield "study: opened", _least(lambda: open_study(plan, as_of=AS_OF))
    study = open_study(plan, as_of=AS_OF)
    yield "study: draws, audit, results as csv", _once(lambda: [csv(study) for csv in _CSV])
    yield "model: sections, the first time", _once(lambda: sections(study))
    yield "model: sections again", _least(lambda: sections(study))
    yield from _charts(study)
    yield from _documents(study, place)
    yield from _notebooks(study, place)


_CSV = (results_csv, findings_csv, probabilities_csv)


def _starting() -> Iterator[tuple[str, float]]:
    bare = _least(partial(_python, "pass"))
    yield "start: python", bare
    for name, code in (
        ("start: papermill's imports", _PAPERMILL),
        ("start: what notebooks import", _LIBRARIES),
        ("start: what a report imports, papermill included", _OURS),
    ):
        yield name, _least(partial(_python, code)) - bare


def _python(code: str) -> None:
    subprocess.run([sys.executable, "-c", code], check=True, capture_output=True)


def _kernel(place: Path, warm: bool) -> float:
    """An empty notebook from start to saved copy, once a parent stands by."""
    from nbformat import write
    from nbformat.v4 import new_code_cell, new_notebook

    code = f"from IPython.display import display\ndisplay({{{STAMP!r}: {{'digest': '-'}}}}, raw=True)"
    write(new_notebook(cells=[new_code_cell(code)]), place / "empty.ipynb")
    run = partial(run_notebook, place / "empty.ipynb", place / "done.ipynb", {}, timeout=120, warm=warm)
    run()
    return _least(run)


def _charts(study: Study) -> Iterator[tuple[str, float]]:
    charts = [block for block in sections(study) if isinstance(block, Chart)]
    figures = [drawn(chart) for chart in charts]
    drawing = _least(lambda: [drawn(chart) for chart in charts])
    printing = _least(lambda: [png_bytes(figure) for figure in figures])
    yield f"charts: {len(charts)} composed", drawing
    yield f"charts: {len(charts)} laid out, drawn and saved as PNG", printing


def _documents(study: Study, place: Path) -> Iterator[tuple[str, float]]:
    (place / "figures").mkdir()
    document = report(study, place / "figures")
    for kind, write in (("docx", write_word), ("pdf", write_pdf), ("html", write_page)):
        yield f"documents: {kind}, the first", _once(partial(write, document, place / f"report.{kind}"))
        yield f"documents: {kind}, every further one", _least(partial(write, document, place / f"report.{kind}"))
    yield "documents: xlsx, the first", _once(partial(write_twin, study, place / "report.xlsx"))
    yield "documents: xlsx, every further one", _least(partial(write_twin, study, place / "report.xlsx"))


def _notebooks(study: Study, place: Path) -> Iterator[tuple[str, float]]:
    """All notebooks in forked kernels, alone and sharing with a report that has drawn its figures."""
    yield "notebooks: all, each by itself", _once(partial(_run_all, study, place, {}))
    (place / "shared").mkdir()
    with sharing(place / "shared") as variables:
        yield "sharing: the study left for the notebooks", _once(partial(share_study, study))
        report(study, place / "figures")
        yield "notebooks: all, sharing with their report", _once(partial(_run_all, study, place, variables))


def _run_all(study: Study, place: Path, variables: dict[str, str]) -> None:
    for source in sorted(NOTEBOOKS.glob("*.ipynb")):
        output = place / "executed" / source.name
        run_notebook(source, output, study_parameters(study), timeout=600, warm=True, variables=variables)


# Measuring -----------------------------------------------------------------------------------------------------------


def _least(work: Callable[[], object]) -> float:
    return min(_once(work) for _ in range(TIMES))


def _once(work: Callable[[], object]) -> float:
    before = _spent()
    work()
    return _spent() - before


def _spent() -> float:
    """Processor seconds of this process and of all it has started, those that have ended included."""
    own = psutil.Process()
    times = [process.cpu_times() for process in (own, *own.children(recursive=True))]
    return sum(t.user + t.system + t.children_user + t.children_system for t in times)


def _told(parts: Iterator[tuple[str, float]]) -> Iterator[tuple[str, float]]:
    for name, seconds in parts:
        print(f"{name:56}{seconds:8.2f}", flush=True)
        yield name, round(seconds, 3)


if __name__ == "__main__":
    main()
