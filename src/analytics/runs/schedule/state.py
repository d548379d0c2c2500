"""What a schedule remembers between two runs, in one file that is written whole.

The archive can replace it: every run that was closed stands there, so a state that is lost or damaged makes no report
twice and forgets none that may still be made.
"""

from __future__ import annotations

from datetime import date, datetime
from pathlib import Path
from typing import Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, ValidationError

from analytics.presentation.files import written_whole
from analytics.runs.schedule.archive import closed
from analytics.runs.schedule.files import Schedule
from analytics.runs.schedule.notices import Notice

STATE = "state.json"
DAMAGED = "state.damaged.json"
_REMEMBERED = 100
"""Decided runs kept in the file; older ones stand in the archive alone."""

Status = Literal["waiting", "retrying", "made", "failed", "skipped"]


class _Remembered(BaseModel):
    model_config = ConfigDict(extra="forbid", validate_assignment=True)


class Record(_Remembered):
    """One run that fell due: how often and when it was tried, the plans whose report is made, and the last error."""

    period: str
    due: AwareDatetime
    as_of: date
    status: Status = "waiting"
    tries: int = Field(default=0, ge=0)
    tried: AwareDatetime | None = None
    made: list[str] = []
    error: str = ""

    @property
    def open(self) -> bool:
        """Whether it is still to be made."""
        return self.status in ("waiting", "retrying")

    def overdue(self, schedule: Schedule, now: datetime) -> bool:
        """Whether it is still to be made, but too late for that."""
        return self.open and now - self.due > schedule.max_age


class State(_Remembered):
    """The runs of a schedule since it was first seen, and the notices not delivered yet."""

    since: AwareDatetime
    records: list[Record] = []
    outbox: list[Notice] = []

    def fall_due(self, schedule: Schedule, now: datetime) -> None:
        """Enter every run that has fallen due by ``now`` and is not entered yet."""
        self._set_back(now)
        last = max([self.since, *(record.due for record in self.records)])
        due = schedule.when.occurrences(max(last, schedule.begins(last)), now)
        self.records += [Record(period=run.period, due=run.due, as_of=run.as_of) for run in due]

    def _set_back(self, now: datetime) -> None:
        """Forget what lies after ``now``: it was written while the machine's clock ran ahead."""
        self.since = min(self.since, now)
        past = [record for record in self.records if record.due <= now]
        self.records = [record for record in past[:-_REMEMBERED] if record.open] + past[-_REMEMBERED:]
        for entry in [*self.records, *self.outbox]:
            entry.tried = entry.tried and min(entry.tried, now)


def read_state(schedule: Schedule, folder: Path, now: datetime) -> tuple[State, bool]:
    """The schedule's state as it stands in ``folder``, and whether its file was damaged.

    Without a sound file everything up to the newest closed period counts as dealt with.  Where nothing is archived
    either, a new schedule begins now or on its ``start``, one with a damaged file as far back as runs may be caught up.
    """
    path = folder / STATE
    if not path.is_file():
        return State(since=_since(schedule, folder, now, damaged=False)), False
    try:
        return State.model_validate_json(path.read_bytes()), False
    except ValidationError:
        return State(since=_since(schedule, folder, now, damaged=True)), True


def write_state(state: State, folder: Path) -> None:
    """Replace the state in ``folder``, whole or not at all."""
    with written_whole(folder / STATE) as path:
        path.write_text(state.model_dump_json(indent=2) + "\n", encoding="utf-8")


def put_aside(folder: Path) -> None:
    """Keep a damaged state file under another name."""
    (folder / STATE).replace(folder / DAMAGED)


def _since(schedule: Schedule, folder: Path, now: datetime, damaged: bool) -> datetime:
    archived = closed(folder)
    if archived:
        return archived[0].period.due
    return now - schedule.max_age if damaged else schedule.begins(now)
