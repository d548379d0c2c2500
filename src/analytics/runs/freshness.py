"""Is a published report still what its inputs, its code and the order would give today?"""

from __future__ import annotations

from datetime import date
from pathlib import Path

from analytics.inputs.faults import InputError
from analytics.inputs.plan import Plan
from analytics.inputs.plan_file import load_plan
from analytics.places import HOME, ROOT
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
from analytics.runs.open_study import ALL
from analytics.runs.single import Order, input_files


def changed_inputs(manifest: Manifest, home: Path = HOME) -> list[Difference]:
    """The inputs of a report that are gone or no longer the same, by path.

    Plans and data are looked for in ``home``, notebooks in the project.
    """
    found = {entry.path: _place(entry.path, home) for entry in manifest.inputs}
    missing = [Difference(path, "missing") for path, place in found.items() if not place.is_file()]
    recorded = {entry.path: entry.sha256 for entry in manifest.inputs}
    there = {path: place for path, place in found.items() if place.is_file()}
    changed = [Difference(path, "changed") for path, place in there.items() if hash_file(place) != recorded[path]]
    return sorted(missing + changed, key=lambda difference: difference.path)


def _place(path: str, home: Path) -> Path:
    return home / path if (home / path).is_file() else ROOT / path


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
    files = input_files(plan, home)
    return all(path.is_file() for path in files) and {(entry.path, entry.sha256) for entry in manifest.inputs} == {
        (entry.path, entry.sha256) for entry in (record(path, home, ROOT) for path in files)
    }
