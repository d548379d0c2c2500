"""Is a published report still what its inputs, its code and the order would give today?"""

from __future__ import annotations

from datetime import date
from functools import lru_cache
from pathlib import Path

from analytics.appraisal.ledger import Ledger, view_digest
from analytics.inputs.faults import InputError
from analytics.inputs.plan import Plan
from analytics.inputs.plan_file import load_plan
from analytics.places import HOME, NOTEBOOKS, ROOT
from analytics.runs.ledger_store import FILE, ledger_folder
from analytics.runs.ledger_store import read as read_ledger
from analytics.runs.manifest import (
    Difference,
    Manifest,
    hash_file,
    lock_digest,
    read,
    record,
    source_digest,
    versions_now,
)
from analytics.runs.order import ALL, Order, input_files
from analytics.runs.written import Written, written

_LEDGER = "ledger"


def changed_inputs(manifest: Manifest, home: Path = HOME) -> list[Difference]:
    """The inputs of a report that are gone or no longer the same, by path.

    Plans and data are looked for in ``home``, notebooks in the project.  Of the ledger only what the report was shown
    of it counts.
    """
    found = {entry.path: _place(entry.path, home) for entry in manifest.inputs}
    missing = [Difference(path, "missing") for path, place in found.items() if not place.is_file()]
    recorded = {entry.path: entry.sha256 for entry in manifest.inputs}
    there = {path: place for path, place in found.items() if place.is_file()}
    changed = [Difference(path, "changed") for path, place in there.items() if hash_file(place) != recorded[path]]
    if manifest.parameters.get(_LEDGER, "") != _ledger_shown(manifest, home):
        changed.append(Difference(f"{_LEDGER}/{FILE}", "changed"))
    return sorted(missing + changed, key=lambda difference: difference.path)


def _ledger_shown(manifest: Manifest, home: Path) -> str:
    """Digest of what a report to the manifest's plan and day is shown of the ledger now."""
    path = ledger_folder(home) / FILE
    ledger = _ledger(path, written([path]))
    return view_digest(ledger.of(manifest.plan, before=date.fromisoformat(manifest.as_of)))


@lru_cache(maxsize=1)
def _ledger(path: Path, _now: Written) -> Ledger:
    """The ledger, read once as long as the file stays the same: a batch asks for every report."""
    return read_ledger(path.parent)


def _place(path: str, home: Path) -> Path:
    return (ROOT if path.startswith(f"{NOTEBOOKS.name}/") else home) / path


def same_code(manifest: Manifest) -> bool:
    """Whether the source, the lock and the packages of this process are those the report was made with."""
    code = manifest.code
    return (code.source, code.lock, manifest.versions) == (source_digest(), lock_digest(), versions_now())


def is_fresh(order: Order, home: Path = HOME) -> bool:
    """Whether ``order.out`` holds a whole report that ``order`` would only repeat.

    What was asked, every input file, those that have come since included, the code and the packages must be the same.
    A report edited by hand counts as whole.

    Raises
    ------
    InputError
        When the plan cannot be read.
    """
    try:
        manifest = read(order.out)
    except InputError:
        return False
    plan = load_plan(order.plan, home / "params")
    whole = all((order.out / output.path).is_file() for output in manifest.outputs)
    return whole and _as_asked(manifest, order, plan) and same_code(manifest) and _same_inputs(manifest, plan, home)


def _as_asked(manifest: Manifest, order: Order, plan: Plan) -> bool:
    named = plan.scenarios if order.scenarios == ALL else [name.strip() for name in order.scenarios.split(",") if name]
    always = [name for name in ("plan", "trend") if name in plan.scenario_names]
    asked = (order.plan, {*always, *named}, order.as_of or str(date.today()), order.language, set(order.formats))
    made = (manifest.plan, set(manifest.scenarios), manifest.as_of, manifest.language, set(manifest.formats))
    return asked == made


def _same_inputs(manifest: Manifest, plan: Plan, home: Path) -> bool:
    if manifest.parameters.get(_LEDGER, "") != _ledger_shown(manifest, home):
        return False
    files = input_files(plan, home)
    return all(path.is_file() for path in files) and {(entry.path, entry.sha256) for entry in manifest.inputs} == {
        (entry.path, entry.sha256) for entry in (record(path, home, ROOT) for path in files)
    }
