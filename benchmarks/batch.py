"""A batch of synthetic county reports five ways, in one run on the same cores, start-up included.

    python benchmarks/batch.py [N] [--sample M]
    python benchmarks/batch.py --leak N

``workbook batch`` (whole reports without the four documents, then with them) against the same notebooks through
papermill's command line two at a time, through papermill's API in two lasting processes, and against the same code as
plain functions in two lasting processes.  The papermill ways do M reports and are scaled to N: each of their reports
costs the same.  ``--leak`` makes N reports with few notebooks, and tells how memory grows and what a job more takes.
The last line is one JSON object.
"""

from __future__ import annotations

import argparse
import io
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable, Mapping
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from contextlib import redirect_stdout
from multiprocessing import get_context
from pathlib import Path

from _reports import few_notebooks, make_with_few_notebooks
from _watch import Cost, watched

from analytics.places import HOME_VARIABLE, NOTEBOOKS, ROOT
from analytics.runs.batch import Batch, run_batch
from analytics.runs.ledger_store import VARIABLE
from analytics.runs.synthetic import write_province
from analytics.terms import text

_WAYS = {
    "plain": "plain functions in two lasting processes",
    "batch": "workbook batch, no documents",
    "documents": "workbook batch, four documents",
    "api": "papermill API in two lasting processes",
    "command": "papermill command line, two at a time",
}
AS_OF = "2026-01-31"
JOBS = 2


def main() -> None:
    """Measure, print a table, and as the last line one JSON object."""
    asked = _arguments()
    if asked.leak:
        _tell_growth(asked.leak)
        return
    with tempfile.TemporaryDirectory(prefix="wb-bench-") as folder:
        place = Path(folder)
        home = write_province(asked.reports, 1, place / "home")
        os.environ |= {HOME_VARIABLE: str(home), VARIABLE: str(place / "ledger"), "PYTHONHASHSEED": "0"}
        plans = sorted(path.stem for path in (home / "params").glob("*.yaml"))
        few = plans[: asked.sample]
        costs = [
            _told(_pooled(_plainly, plans, place / "plain")),
            _told(_batch(plans, home, place / "bare", "")),
            _told(_batch(plans, home, place / "whole", "docx,xlsx,pdf,html")),
            _told(_pooled(_by_papermill, few, place / "api")),
            _told(_by_command(few, place / "command")),
        ]
        _refuse_differences(plans, place)
    _tell(costs, asked.reports)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("reports", nargs="?", type=int, default=8, help="counties")
    parser.add_argument("--sample", type=int, default=2, help="reports made by papermill")
    parser.add_argument("--leak", type=int, metavar="N", help="watch the memory of N reports instead")
    return parser.parse_args()


def _told(cost: Cost) -> Cost:
    print(f"{cost.reports} in {cost.seconds:.1f} s", file=sys.stderr)
    return cost


# The ways --------------------------------------------------------------------------------------------------------------


def _batch(plans: list[str], home: Path, out: Path, formats: str) -> Cost:
    """Our own command, as a process of its own."""
    code = (
        "import argparse; from analytics.runs.commands import add_commands; p = argparse.ArgumentParser();"
        "add_commands(p.add_subparsers()); a = p.parse_args(); raise SystemExit(a.command(a))"
    )
    command = [sys.executable, "-c", code, "batch", "--all", "--from", str(home), "--jobs", str(JOBS), "--as-of", AS_OF,
               "--formats", formats, "--out", str(out)]  # fmt: skip
    environment = {name: value for name, value in os.environ.items() if name != HOME_VARIABLE}
    with watched(len(plans)) as cost:
        done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True)
    if done.returncode:
        sys.exit(done.stderr)
    return cost


def _by_command(plans: list[str], out: Path) -> Cost:
    """papermill's command line, two at a time."""
    commands = [
        [sys.executable, "-m", "papermill", str(source), str(_place(out, plan, source)), "-p", "plan", plan,
         "-p", "as_of", AS_OF, "--no-progress-bar"]
        for plan in plans for source in _sources()
    ]  # fmt: skip
    with watched(len(plans)) as cost, ThreadPoolExecutor(JOBS) as pool:
        for done in pool.map(lambda command: subprocess.run(command, capture_output=True, text=True), commands):
            if done.returncode:
                sys.exit(done.stderr)
    return cost


def _pooled(make: Callable[[str, Path], None], plans: list[str], out: Path) -> Cost:
    """``make`` for every plan in lasting processes, started for it."""
    with watched(len(plans)) as cost, ProcessPoolExecutor(JOBS, get_context("spawn")) as pool:
        list(pool.map(make, plans, [out] * len(plans)))
    return cost


def _by_papermill(plan: str, out: Path) -> None:
    from papermill import execute_notebook

    for source in _sources():
        execute_notebook(
            source, _place(out, plan, source), {"plan": plan, "as_of": AS_OF}, progress_bar=False, cwd=NOTEBOOKS
        )


def _plainly(plan: str, out: Path) -> None:
    """What a report without documents is, kernels left out: results, findings, figures, and every notebook's cells.

    They share what has been worked out, as a report and its notebooks do.
    """
    from analytics.presentation.exports import findings_csv, probabilities_csv, results_csv
    from analytics.presentation.report import report
    from analytics.presentation.shared import sharing
    from analytics.runs.open_study import open_study, share_study, study_parameters

    folder = out / plan
    (folder / "figures").mkdir(parents=True)
    with tempfile.TemporaryDirectory() as shared, sharing(Path(shared)):
        study = open_study(plan, as_of=AS_OF)
        for name, write in (("results", results_csv), ("findings", findings_csv), ("probabilities", probabilities_csv)):
            (folder / f"{name}.csv").write_bytes(write(study))
        report(study, folder / "figures")
        share_study(study)
        for source in _sources():
            with redirect_stdout(io.StringIO()):  # outside a kernel what is displayed is printed
                _run_cells(source, study_parameters(study))


def _run_cells(source: Path, parameters: Mapping[str, str]) -> None:
    cells = [cell for cell in json.loads(source.read_text(encoding="utf-8"))["cells"] if cell["cell_type"] == "code"]
    names: dict[str, object] = {}
    for cell in cells:
        exec("".join(cell["source"]), names)
        if "parameters" in cell["metadata"].get("tags", []):
            names |= parameters


def _sources() -> list[Path]:
    return sorted(NOTEBOOKS.glob("*.ipynb"))


def _place(out: Path, plan: str, source: Path) -> Path:
    folder = out / plan
    folder.mkdir(parents=True, exist_ok=True)
    return folder / source.name


# What is told ----------------------------------------------------------------------------------------------------------


def _refuse_differences(plans: list[str], place: Path) -> None:
    """Stop unless all ways came to the same numbers."""
    for plan in plans:
        results = {(place / way / plan / "results.csv").read_bytes() for way in ("plain", "bare", "whole")}
        if len(results) > 1:
            sys.exit(f"{plan}: the ways come to different numbers")


def _tell(costs: list[Cost], reports: int) -> None:
    """A table for people, and one JSON object: seconds and processor seconds a report, and the ratios asked for."""
    print(f"{'':44}{'reports':>8}{'s':>9}{'s each':>9}{'CPU each':>10}{'peak MB':>9}")
    for name, cost in zip(_WAYS.values(), costs, strict=True):
        each, cpu = cost.seconds / cost.reports, cost.cpu / cost.reports
        print(f"{name:44}{cost.reports:8}{cost.seconds:9.1f}{each:9.2f}{cpu:10.2f}{cost.peak:9.0f}")
    by_way = dict(zip(_WAYS, costs, strict=True))
    wall = {way: round(cost.seconds / cost.reports, 2) for way, cost in by_way.items()}
    cpu = {way: round(cost.cpu / cost.reports, 2) for way, cost in by_way.items()}
    result = {
        "benchmark": "batch",
        "reports": reports,
        "notebooks": len(_sources()),
        "jobs": JOBS,
        "cpus": os.cpu_count(),
    }
    for name, spent in (("seconds", wall), ("cpu", cpu)):
        result |= {f"{name}_each": spent, f"{name}_ratios": _ratios(spent)}
    ours = by_way["batch"]
    print(json.dumps(result | {
        "peak_mb_per_job": round(ours.peak / JOBS), "kernel_private_mb": round(ours.kernel),
        "growth_mb_per_100_reports": round(ours.growth(), 1),
    }))  # fmt: skip


def _ratios(spent: dict[str, float]) -> dict[str, float]:
    """How many times ours papermill takes, and how many times the plain functions we take."""
    return {
        "papermill_command": round(spent["command"] / spent["batch"], 2),
        "papermill_api": round(spent["api"] / spent["batch"], 2),
        "papermill_command_to_documents": round(spent["command"] / spent["documents"], 2),
        "over_plain": round(spent["batch"] / spent["plain"], 2),
    }


def _tell_growth(reports: int) -> None:
    """Many small reports with one job, a few with two: growth of a worker, and private memory by job."""
    with tempfile.TemporaryDirectory(prefix="wb-bench-") as folder:
        place = Path(folder)
        home = write_province(reports, 1, place / "home")
        own = os.pathsep.join(filter(None, [str(Path(__file__).parent), os.environ.get("PYTHONPATH")]))
        os.environ |= {VARIABLE: str(place / "ledger"), "PYTHONHASHSEED": "0", "PYTHONPATH": own}
        plans = sorted(path.stem for path in (home / "params").glob("*.yaml"))
        many = _told(_few(plans, home, place / "many", JOBS))
        alone = _told(_few(plans[: reports // 10 or 1], home, place / "alone", 1))
    result = {
        "benchmark": "batch --leak", "reports": reports, "notebooks_each": len(few_notebooks()), "jobs": JOBS,
        "seconds": round(many.seconds, 1), "cpu_each": round(many.cpu / reports, 2),
        "growth_mb_per_100_reports": round(many.growth(), 1), "peak_mb": round(many.peak), "peak_mb_one_job": round(alone.peak),
        "mb_per_extra_job": round((many.peak - alone.peak) / (JOBS - 1)), "kernel_private_mb": round(many.kernel),
    }  # fmt: skip
    print(json.dumps(result))


def _few(plans: list[str], home: Path, out: Path, jobs: int) -> Cost:
    """A batch through our own engine whose reports have few notebooks, Word and HTML."""
    batch = Batch(plans=plans, as_of=AS_OF, formats=["docx", "html"], home=str(home))
    with watched(len(plans)) as cost:
        outcomes = run_batch(batch, out, jobs=jobs, make=make_with_few_notebooks)
    failed = [text(outcome.message, "en") for outcome in outcomes if outcome.status != "made"]
    if failed:
        sys.exit("\n".join(failed))
    return cost


if __name__ == "__main__":
    main()
