"""Reports that take no time, for tests of what happens around them; worker processes import this module by name.

A plan listed in an environment variable fails, or has its worker killed once or always.
"""

from __future__ import annotations

import os
import signal
from datetime import UTC, datetime
from pathlib import Path
from time import sleep

import pandas as pd

from analytics.inputs.faults import Fault, InputError
from analytics.inputs.plan import Plan
from analytics.inputs.plan_file import load_plan
from analytics.places import HOME
from analytics.runs.manifest import build_manifest, write
from analytics.runs.order import Order, Progress, input_files
from analytics.runs.publish import published_whole
from analytics.terms import Term, unit_of

SECONDS, FAIL, DIE, DIE_ONCE, PIDS = "QUICK_SECONDS", "QUICK_FAIL", "QUICK_DIE", "QUICK_DIE_ONCE", "QUICK_PIDS"


def make_quickly(order: Order, progress: Progress) -> Path:
    """Publish a small report: heads and money of the plan's baseline in every year, one finding."""
    _leave_pid()
    progress(Term("读取", "reading"))
    plan = load_plan(order.plan)
    if order.plan in _named(FAIL):
        raise InputError([Fault(Term("数据有误", "bad data"), file=order.plan)])
    with published_whole(order.out) as folder:
        (folder / "notebooks").mkdir()
        (folder / "notebooks" / "1.ipynb").write_text("{}")
        results(plan).to_csv(folder / "results.csv", index=False)
        (folder / "findings.csv").write_text("id,severity\na,warning\n")
        sleep(float(os.environ.get(SECONDS, "0")))
        _die(order.plan)
        write(_manifest(order, plan, folder), folder)
    return order.out


def make_with_a_kernel(order: Order, progress: Progress) -> Path:
    """As above after a kernel has been forked; the process id of its parent is left in a file of the plan's name."""
    from analytics.runs.warm.client import fork_kernel
    from analytics.runs.warm.spec import start_of

    kernel = fork_kernel(*start_of(os.environ), "/")
    parent = Path(f"/proc/{kernel.pid}/stat").read_text().rpartition(")")[2].split()[1]
    kernel.kill()
    kernel.wait()
    (Path(os.environ[PIDS]) / order.plan).write_text(parent)
    return make_quickly(order, progress)


def results(plan: Plan) -> pd.DataFrame:
    """RESULT rows of the plan path: the stocks of the base year in every year, and what follows from them."""
    start = {name: next(iter(entry.by_year().values())) for name, entry in plan.baseline.items()}
    paying = start["employee.enterprise"] + start["employee.flexible"]
    active, resident = paying + start["employee.interrupted"], start["resident.active"]
    values = {
        ("employee", "contributors"): paying,
        ("employee", "active"): active,
        ("employee", "retirees"): start["employee.retirees"],
        ("employee", "collection_income"): start["employee.collection_income"],
        ("resident", "active"): resident,
        ("all", "employee_share"): active / (active + resident),
        ("employee", "support_ratio"): paying / start["employee.retirees"],
    }
    rows = [
        (plan.name, "plan", plan.region.id, *key, "total", year, value, None, None, unit_of(key[1]), "assumed")
        for key, value in values.items()
        for year in plan.years
    ]
    columns = ["plan", "scenario", "region", "scheme", "indicator", "category", "year", "value", "low", "high", "unit"]
    return pd.DataFrame(rows, columns=[*columns, "quality"])


def _manifest(order: Order, plan: Plan, folder: Path) -> object:
    return build_manifest(
        folder, plan=plan.name, scenarios=plan.scenario_names, as_of=order.as_of, language=order.language,
        formats=order.formats, seed=0, parameters={}, inputs=input_files(plan, HOME),
        started=datetime.now(UTC), seconds={},
    )  # fmt: skip


def _named(variable: str) -> list[str]:
    return os.environ.get(variable, "").split(",")


def _die(plan: str) -> None:
    if plan in _named(DIE):
        os.kill(os.getpid(), signal.SIGKILL)
    for flag in filter(None, [os.environ.get(DIE_ONCE)]):
        try:
            os.unlink(f"{flag}/{plan}")
        except FileNotFoundError:
            continue
        os.kill(os.getpid(), signal.SIGKILL)


def _leave_pid() -> None:
    if folder := os.environ.get(PIDS):
        (Path(folder) / str(os.getpid())).touch()
