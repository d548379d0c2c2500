"""Reports by period, ``<schedule>/<period>/<plan>/``: which are good, which is the latest, which may go.

``period.json`` closes a period and says what was made; ``latest.json`` names the newest good one.  Nothing is deleted
that an officer has changed or added, nor a plan's newest sound report, however old.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path

from pydantic import AwareDatetime, BaseModel, ConfigDict, ValidationError

from analytics.inputs.faults import InputError
from analytics.presentation.files import written_whole
from analytics.runs.manifest import verify
from analytics.runs.schedule.files import Keep

RECORD, LATEST = "period.json", "latest.json"
_DROPPING = ".dropping-"


class Period(BaseModel):
    """What is written down of a period when its run has ended: the plans whose report was made, and the others."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    period: str
    due: AwareDatetime
    as_of: date
    made: tuple[str, ...]
    failed: tuple[str, ...] = ()


@dataclass(frozen=True)
class Archived:
    """A closed period and the folder it lies in."""

    folder: Path
    period: Period

    @property
    def good(self) -> bool:
        """Whether every report of the period was made."""
        return not self.period.failed

    def sound(self, plan: str) -> bool:
        """Whether the plan's report is there, every file as it was published."""
        return plan in self.period.made and not _differences(self.folder / plan)

    def untouched(self) -> bool:
        """Whether the folder holds nothing but what was published there and the evidence of failures."""
        ours = {RECORD, *self.period.made, *(f"{plan}.failed" for plan in self.period.failed)}
        strange = [path for path in self.folder.iterdir() if path.name not in ours and not path.name.startswith(".")]
        return not strange and not any(self._edited(plan) for plan in self.period.made)

    def _edited(self, plan: str) -> bool:
        report = self.folder / plan
        return report.exists() and bool(_differences(report) - {"missing"})


def _differences(report: Path) -> set[str]:
    """The kinds of difference between a report and its manifest."""
    try:
        return {difference.kind for difference in verify(report)}
    except InputError:
        return {"unreadable"}


def close(folder: Path, period: Period) -> None:
    """Write the period's record into its folder, and renew the marker of the latest."""
    with written_whole(folder / period.period / RECORD) as path:
        path.write_text(period.model_dump_json(indent=2) + "\n", encoding="utf-8")
    _mark_latest(folder)


def closed(folder: Path) -> list[Archived]:
    """The closed periods, those due last first; folders without a readable record are left out."""
    found = [Archived(path.parent, period) for path in folder.glob(f"[!.]*/{RECORD}") if (period := _period(path))]
    return sorted(found, key=lambda archived: archived.period.due, reverse=True)


def _period(path: Path) -> Period | None:
    try:
        return Period.model_validate_json(path.read_bytes())
    except ValidationError:
        return None


def _mark_latest(folder: Path) -> None:
    newest = next((archived for archived in closed(folder) if archived.good), None)
    if newest is None:
        return
    period = newest.period
    marker = {
        "period": period.period,
        "as_of": str(period.as_of),
        "due": period.due.isoformat(),
        "reports": {plan: f"{newest.folder.name}/{plan}" for plan in period.made},
    }
    with written_whole(folder / LATEST) as path:
        path.write_text(json.dumps(marker, ensure_ascii=False, indent=2) + "\n", encoding="utf-8")


def prune(folder: Path, keep: Keep | None, now: datetime) -> list[Path]:
    """Delete the periods that ``keep`` no longer asks for; returns those that stay because a person changed them.

    Counted are good periods only, so failures never push a good report out.
    """
    for rest in folder.glob(f"{_DROPPING}*"):  # of a deletion that was cut off
        shutil.rmtree(rest)
    if keep is None:
        return []
    periods = closed(folder)
    protected = {archived.folder for archived in _newest_sound(periods)}
    outlived = [archived for archived in _outlived(periods, keep, now) if archived.folder not in protected]
    changed = [archived.folder for archived in outlived if not archived.untouched()]
    for archived in outlived:
        if archived.folder not in changed:
            _drop(archived.folder)
    return changed


def _outlived(periods: list[Archived], keep: Keep, now: datetime) -> Iterator[Archived]:
    good = 0
    for archived in periods:
        counted = keep.count is not None and good < keep.count
        young = keep.days is not None and now - archived.period.due <= timedelta(keep.days)
        if not counted and not young:
            yield archived
        good += archived.good


def _newest_sound(periods: list[Archived]) -> Iterator[Archived]:
    """For every plan the newest period that holds a sound report of it."""
    for plan in {plan for archived in periods for plan in archived.period.made}:
        newest = next((archived for archived in periods if archived.sound(plan)), None)
        if newest:
            yield newest


def _drop(folder: Path) -> None:
    """Delete a period; renamed first, so that one cut off is never taken for a whole one."""
    doomed = folder.with_name(f"{_DROPPING}{folder.name}")
    with suppress(PermissionError):  # Windows, while a program shows one of its files; it goes the next time
        folder.rename(doomed)
        shutil.rmtree(doomed)
