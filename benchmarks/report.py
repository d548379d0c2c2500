"""A whole report against the same notebooks under plain papermill: wall seconds and peak memory, in one run.

Ours is ``workbook report PLAN``: all notebooks, and on top of them Word, Excel, PDF and HTML.  Theirs is the sum of the
same notebooks, each through ``python -m papermill``, and nothing else.  Both must come to the same numbers.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from time import monotonic

import psutil

from analytics.places import NOTEBOOKS, ROOT
from analytics.runs.ledger_store import VARIABLE
from analytics.runs.notebooks import STAMP

AS_OF = "2026-01-31"
_LOOK = 0.1  # seconds between two looks at the memory


@dataclass(frozen=True)
class Cost:
    """Wall seconds, and the most memory all processes of a command held together (MB, shared pages counted in each)."""

    seconds: float
    peak: float


def main() -> None:
    """Measure, print a table, and as the last line one JSON object."""
    asked = _arguments()
    ours, theirs = [], []
    for repetition in range(1, asked.repetitions + 1):
        with tempfile.TemporaryDirectory(prefix="bench-") as folder:
            ours.append(_report(asked.plan, Path(folder) / "report"))
            theirs.append(_papermill(asked.plan, Path(folder) / "papermill"))
            _refuse_differences(Path(folder))
        print(
            f"{repetition}/{asked.repetitions}: {ours[-1].seconds:.1f} s, {theirs[-1].seconds:.1f} s", file=sys.stderr
        )
    _tell(asked, ours, theirs)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0] if __doc__ else "")
    repetitions = int(os.environ.get("BENCH_REPETITIONS", "1"))
    parser.add_argument("--repetitions", type=int, default=repetitions, help="or BENCH_REPETITIONS in the environment")
    parser.add_argument("--plan", default=os.environ.get("BENCH_PLAN", "rongcheng"), help="or BENCH_PLAN")
    return parser.parse_args()


def _report(plan: str, out: Path) -> Cost:
    """What one whole report costs."""
    return _measured([sys.executable, "-m", "analytics.runs.cli", "report", plan, "--as-of", AS_OF, "--out", str(out)])


def _papermill(plan: str, out: Path) -> Cost:
    """What the same notebooks cost one after the other through papermill's own command line."""
    out.mkdir()
    costs = [
        _measured([sys.executable, "-m", "papermill", str(source), str(out / source.name),
                   "-p", "plan", plan, "-p", "as_of", AS_OF, "--no-progress-bar"])
        for source in sorted(NOTEBOOKS.glob("*.ipynb"))
    ]  # fmt: skip
    return Cost(sum(cost.seconds for cost in costs), max(cost.peak for cost in costs))


def _measured(command: list[str]) -> Cost:
    """Run a command to its end; its ledger is one of its own, so that no run sees another's forecasts."""
    with tempfile.TemporaryDirectory(prefix="bench-ledger-") as ledger:
        began = monotonic()
        process = subprocess.Popen(command, cwd=ROOT, env=os.environ | {VARIABLE: ledger}, stdout=subprocess.DEVNULL,
                                   stderr=subprocess.PIPE)  # fmt: skip
        peaks: list[float] = [0.0]
        looking = threading.Thread(target=_look, args=(process.pid, peaks))
        looking.start()
        _, said = process.communicate()
        seconds = monotonic() - began
        looking.join()
    if process.returncode:
        sys.exit(f"{' '.join(command)}\n{said.decode()}")
    return Cost(seconds, max(peaks))


def _look(pid: int, peaks: list[float]) -> None:
    """Note the memory of a process and all that descends from it until it is gone."""
    try:
        process = psutil.Process(pid)
        while process.is_running() and process.status() != psutil.STATUS_ZOMBIE:
            peaks.append(sum(_resident([process, *process.children(recursive=True)])) / 1e6)
            threading.Event().wait(_LOOK)
    except psutil.NoSuchProcess:
        return


def _resident(processes: Iterable[psutil.Process]) -> Iterator[int]:
    for process in processes:
        try:
            yield process.memory_info().rss
        except psutil.NoSuchProcess:  # a child that ended between two looks
            continue


def _refuse_differences(folder: Path) -> None:
    """Stop unless papermill's notebooks show the digest of the report's own results."""
    report = hashlib.sha256((folder / "report" / "results.csv").read_bytes()).hexdigest()
    shown = {path.name: _digest(path) for path in sorted((folder / "papermill").glob("*.ipynb"))}
    strange = [name for name, digest in shown.items() if digest != report]
    if strange or not shown:
        sys.exit(f"other numbers than the report's: {', '.join(strange)}")


def _digest(notebook: Path) -> str:
    cells = json.loads(notebook.read_text(encoding="utf-8"))["cells"]
    data = (output.get("data", {}) for cell in cells for output in cell.get("outputs", []))
    return next((shown[STAMP]["digest"] for shown in data if STAMP in shown), "")


def _tell(asked: argparse.Namespace, ours: list[Cost], theirs: list[Cost]) -> None:
    notebooks = len(list(NOTEBOOKS.glob("*.ipynb")))
    rows = {f"workbook report {asked.plan} (docx, xlsx, pdf, html)": ours, f"papermill × {notebooks} notebooks": theirs}
    print(f"{'':48}{'seconds':>10}{'peak MB':>10}")
    for name, costs in rows.items():
        print(f"{name:48}{median(c.seconds for c in costs):10.1f}{max(c.peak for c in costs):10.0f}")
    mine, other = (median(c.seconds for c in costs) for costs in (ours, theirs))
    result = {
        "benchmark": "report", "plan": asked.plan, "notebooks": notebooks, "repetitions": asked.repetitions,
        "report_seconds": round(mine, 2), "papermill_seconds": round(other, 2), "ratio": round(other / mine, 2),
        "report_peak_mb": round(max(c.peak for c in ours)), "papermill_peak_mb": round(max(c.peak for c in theirs)),
        "cpus": os.cpu_count(),
    }  # fmt: skip
    print(json.dumps(result))


if __name__ == "__main__":
    main()
