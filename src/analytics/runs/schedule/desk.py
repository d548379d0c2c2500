"""One schedule at work: what of it is due, its tries, its archive, and the notices it has to send."""

from __future__ import annotations

import time
import traceback
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from pathlib import Path
from subprocess import SubprocessError

from analytics.inputs.faults import InputError
from analytics.runs.schedule.archive import Period, close, prune
from analytics.runs.schedule.files import Schedule
from analytics.runs.schedule.notices import Event, Notice, deliver, notices
from analytics.runs.schedule.state import DAMAGED, Record, State, Status, put_aside, read_state, write_state
from analytics.terms import Language, Term, text

_ERROR_LENGTH = 4000
"""Characters kept of an error: its end says most."""

Make = Callable[[Schedule, str, date, Path], object]
"""Makes the report of a plan, as of a day, into a folder; whatever it raises counts as a failure."""

_WORDS: dict[str, Term] = {
    "begin": Term("{schedule} {period}：生成 {plan}，数据截至 {as_of}", "{schedule} {period}: making {plan} as of {as_of}"),
    "made": Term("{schedule} {period}：完成", "{schedule} {period}: done"),
    "again": Term(
        "{schedule} {period}：第 {tries} 次尝试失败，{minutes} 分钟后重试\n{error}",
        "{schedule} {period}: try {tries} failed, again in {minutes} min\n{error}",
    ),
    "failed": Term("{schedule} {period}：失败，不再重试\n{error}", "{schedule} {period}: failed for good\n{error}"),
    "skipped": Term("{schedule} {period}：逾期过久，跳过", "{schedule} {period}: overdue for too long, skipped"),
    "damaged": Term("{schedule}：运行记录已损坏，按归档重建", "{schedule}: run records were damaged, rebuilt from the archive"),
    "kept": Term("{path}：归档已到期，因有人工改动而保留", "{path}: outdated, but kept because it was changed by hand"),
    "full": Term("{schedule}：到期归档无法删除：{error}", "{schedule}: outdated archives could not be deleted: {error}"),
    "undelivered": Term("{schedule}：通知“{subject}”未送达：{error}", "{schedule}: notice “{subject}” not delivered: {error}"),
    "refused": Term("{schedule}：通知“{subject}”被拒收：{address}", "{schedule}: notice “{subject}” refused for {address}"),
    "interrupted": Term("运行被中断（断电、关机或内存不足）", "the run was cut off (power, shutdown or memory)"),
}  # fmt: skip


class Clock:
    """The time, and how to wait."""

    def now(self) -> datetime:
        """This moment."""
        return datetime.now(UTC)

    def sleep(self, seconds: float) -> None:
        """Let so much time pass."""
        time.sleep(seconds)


@dataclass(frozen=True)
class Turn:
    """The next try of a run, and when its time comes."""

    at: datetime
    due: datetime
    desk: Desk
    record: Record


@dataclass
class Desk:
    """One schedule at work: its state, its folder, and what was decided."""

    schedule: Schedule
    folder: Path
    state: State
    make: Make
    clock: Clock
    say: Callable[[Term], None]
    decided: list[Record] = field(default_factory=list)
    _saved: str = ""

    @classmethod
    def opened(cls, schedule: Schedule, folder: Path, make: Make, clock: Clock, say: Callable[[Term], None]) -> Desk:
        """The schedule with its state, rebuilt where its file is damaged."""
        state, damaged = read_state(schedule, folder, clock.now())
        desk = cls(schedule, folder, state, make, clock, say)
        if damaged:
            put_aside(folder)
            desk._say("damaged")
            desk._tell("damaged", since=_moment(state.since), folder=str(folder / DAMAGED))
        return desk

    def turns(self) -> list[Turn]:
        """The next try of every run that is due and not decided; those too old are decided here."""
        self.state.fall_due(self.schedule, self.clock.now())
        self._skip_overdue()
        self._save()
        return [Turn(self._time_of(record), record.due, self, record) for record in self.state.records if record.open]

    def _time_of(self, record: Record) -> datetime:
        return record.tried + self.schedule.retry.delay if record.tried else record.due

    def _skip_overdue(self) -> None:
        now = self.clock.now()
        overdue = [record for record in self.state.records if record.overdue(self.schedule, now)]
        for record in overdue:
            record.status = "skipped"
            self._say("skipped", record)
        self.decided += overdue
        if overdue:
            listed = "\n".join(f"{record.period}  {_moment(record.due)}" for record in overdue)
            self._tell("skipped", days=str(self.schedule.catch_up_days), details=listed)

    def attempt(self, record: Record) -> None:
        """One try of a run: every report it still lacks."""
        missing = [plan for plan in self.schedule.what.plan_names if plan not in record.made]
        if record.tries > self.schedule.retry.times:  # the last try was cut off before it could be decided
            errors = dict.fromkeys(missing, text(_WORDS["interrupted"], self._language))
        else:
            errors = self._try(record, missing)
        record.error = "\n\n".join(f"{plan}: {error}" for plan, error in errors.items())
        self._decide(record, list(errors))
        self._save()
        if record.status == "made":
            self._prune()

    def _try(self, record: Record, plans: list[str]) -> dict[str, str]:
        """Make the reports of ``plans``; returns the error of each that failed."""
        record.status, record.tries, record.tried = "retrying", record.tries + 1, self.clock.now()
        self._save()  # a try that takes the machine down with it counts as well
        errors = {}
        for plan in plans:
            if error := self._report(record, plan):
                errors[plan] = error
            else:
                record.made.append(plan)
                self._save()
        record.tried = self.clock.now()
        return errors

    def _report(self, record: Record, plan: str) -> str:
        """Make one report; returns what went wrong."""
        self._say("begin", record, plan=plan, as_of=str(record.as_of))
        try:
            self.make(self.schedule, plan, record.as_of, self.folder / record.period / plan)
        except Exception as error:  # nobody is there to see it: whatever it is goes to the maintainer
            return _told(error, self._language)[-_ERROR_LENGTH:]
        return ""

    def _decide(self, record: Record, failed: list[str]) -> None:
        if not failed:
            self._close(record, "made", failed)
            self._tell_readers(record)
        elif record.tries > self.schedule.retry.times:
            self._close(record, "failed", failed)
            self._tell_failure(record)
        else:
            self._say("again", record, tries=record.tries, minutes=self.schedule.retry.minutes, error=record.error)

    def _close(self, record: Record, status: Status, failed: list[str]) -> None:
        made, due = tuple(record.made), record.due
        close(self.folder, Period(period=record.period, due=due, as_of=record.as_of, made=made, failed=tuple(failed)))
        record.status = status
        self.decided.append(record)
        self._say(status, record, error=record.error)

    def _prune(self) -> None:
        try:
            for path in prune(self.folder, self.schedule.keep, self.clock.now()):
                self._say("kept", path=str(path))
        except OSError as error:  # the report is made all the same; the next one tries again
            self._say("full", error=str(error))

    def _tell_readers(self, record: Record) -> None:
        folders = [self.folder / record.period / plan for plan in record.made]
        readers = self.schedule.tell.readers
        files = [folder / f"report.{kind}" for folder in folders for kind in (readers.attach if readers else ())]
        self._tell("made", files, **self._facts(record), details="\n".join(map(str, folders)))

    def _tell_failure(self, record: Record) -> None:
        self._tell("failed", **self._facts(record), tries=str(record.tries), details=record.error)

    def _facts(self, record: Record) -> dict[str, str]:
        folder = str(self.folder / record.period)
        return {"period": record.period, "as_of": str(record.as_of), "due": _moment(record.due), "folder": folder}

    def _tell(self, event: Event, files: Sequence[Path] = (), **facts: str) -> None:
        self.state.outbox += notices(self.schedule, event, self.clock.now(), facts, files)

    def send(self) -> None:
        """Deliver the notices whose time has come; the others wait in the state file."""
        now = self.clock.now()
        for notice in [notice for notice in self.state.outbox if notice.ready(now)]:
            if self._delivered(notice) or notice.outlived(now):
                self.state.outbox.remove(notice)
            else:
                notice.tries, notice.tried = notice.tries + 1, now
            self._save()

    def _delivered(self, notice: Notice) -> bool:
        try:
            refused = deliver(notice, self.schedule)
        except (OSError, SubprocessError, InputError) as error:
            self._say("undelivered", subject=notice.subject, error=_told(error, self._language))
            return False
        for address in refused:
            self._say("refused", subject=notice.subject, address=address)
        return True

    @property
    def _language(self) -> Language:
        return self.schedule.what.language

    def _say(self, key: str, record: Record | None = None, **gaps: object) -> None:
        gaps |= {"schedule": self.schedule.name, "period": record.period if record else ""}
        words = _WORDS[key]
        self.say(Term(words.zh.format(**gaps), words.en.format(**gaps)))

    def _save(self) -> None:
        """Write the state if it has changed."""
        if (now := self.state.model_dump_json()) != self._saved:
            write_state(self.state, self.folder)
            self._saved = now


def _told(error: Exception, language: Language) -> str:
    """An error as the maintainer needs it: our own in words, any other with its trace."""
    message = getattr(error, "message", None)
    words = message(language) if callable(message) else ""
    return words or "".join(traceback.format_exception(error)).strip()


def _moment(moment: datetime) -> str:
    return f"{moment:%Y-%m-%d %H:%M %z}"
