"""Schedules as files: ``params/schedules/<name>.yaml``, read strictly, every fault with its line."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import Annotated, Literal
from zoneinfo import ZoneInfo

from pydantic import BeforeValidator, Field, field_validator, model_validator

from analytics.inputs.faults import Fault, InputError, shown_path
from analytics.inputs.plan import Fact, Label
from analytics.inputs.plan_file import Lines, check_scenarios, line_of, load_plan, plan_names, read_checked
from analytics.places import ROOT
from analytics.runs.order import ALL, FORMATS
from analytics.runs.schedule import SCHEDULES
from analytics.runs.schedule.calendar import When
from analytics.terms import Language, Term

Format = Literal["docx", "xlsx", "pdf", "html"]
Address = Annotated[str, Field(pattern=r"^[A-Za-z0-9._%+-]+@[A-Za-z0-9.-]+$")]
Names = Annotated[tuple[str, ...], BeforeValidator(lambda given: [ALL] if given == ALL else given), Field(min_length=1)]
"""A list of names, or the word ``all``."""

_MESSAGES: dict[str, Term] = {
    "one_rhythm": Term(
        "weekly、monthly、yearly 须且只须给一个", "give exactly one of weekly, monthly and yearly"
    ),
    "day_or_weekday": Term(
        "须给 day，或同时给 weekday 和 nth，二者只取其一", "give either day, or weekday together with nth"
    ),
    "zone": Term("没有这个时区", "there is no such time zone"),
    "as_of": Term("这个数据截至规则与周期不配", "this as-of rule does not fit the rhythm"),
    "keep": Term("keep 须给 count 或 days，或两者都给", "keep needs count or days, or both"),
    "nobody": Term("须给 command 或 mail，否则无人得知", "give a command or mail, or nobody will know"),
    "no_server": Term("给了 mail 就须给 server", "mail needs a server"),
    "no_plan": Term("没有这个规划", "there is no such plan"),
    "twice": Term("重复列出", "listed twice"),
    "name": Term("文件名与 name 不一致", "the file's name and its name entry differ"),
    "plan_name": Term("与规划同名，报告文件夹会冲突", "has the name of a plan; their report folders would clash"),
    "no_folder": Term("没有这个文件夹", "there is no such folder"),
}  # fmt: skip


class What(Fact):
    """The reports to make: one a plan."""

    plans: Names
    scenarios: Names = (ALL,)
    formats: Annotated[tuple[Format, ...], Field(min_length=1)] = FORMATS
    language: Language = "zh"

    @field_validator("plans", "scenarios", "formats")
    @classmethod
    def _each_once(cls, names: tuple[str, ...]) -> tuple[str, ...]:
        if len(set(names)) < len(names):
            raise ValueError(f"twice|{next(name for name in names if names.count(name) > 1)}|")
        return names

    @property
    def plan_names(self) -> tuple[str, ...]:
        """The plans by name; ``all`` are those there are now."""
        return tuple(plan_names()) if self.plans == (ALL,) else self.plans


class Keep(Fact):
    """How long archives stay: the newest ``count`` good periods, and all younger than ``days``."""

    count: Annotated[int, Field(ge=1)] | None = None
    days: Annotated[int, Field(ge=1)] | None = None

    @model_validator(mode="after")
    def _something(self) -> Keep:
        if self.count is None and self.days is None:
            raise ValueError("keep||")
        return self


class Retry(Fact):
    """How often a failed run is tried again, and the minutes between two tries."""

    times: Annotated[int, Field(ge=0, le=20)] = 2
    minutes: Annotated[int, Field(ge=1, le=1440)] = 30

    @property
    def delay(self) -> timedelta:
        """The time between two tries."""
        return timedelta(minutes=self.minutes)


class Server(Fact):
    """The mail server; its password stands in an environment variable, never in a file that is shared."""

    host: Annotated[str, Field(min_length=1)]
    port: Annotated[int, Field(ge=1, le=65535)] = 25
    security: Literal["none", "starttls", "tls"] = "starttls"
    sender: Address
    user: str = ""
    password_from: str = "WORKBOOK_SMTP_PASSWORD"


class People(Fact):
    """Somebody to tell: by a command, which gets the message on its standard input, or by mail."""

    command: tuple[Annotated[str, Field(min_length=1)], ...] = ()
    mail: tuple[Address, ...] = ()

    @model_validator(mode="after")
    def _reachable(self) -> People:
        if not self.command and not self.mail:
            raise ValueError("nobody||")
        return self


class Readers(People):
    """Those who read the reports; mail to them may carry some of the documents."""

    attach: tuple[Format, ...] = ()


class Tell(Fact):
    """Whom to tell: the maintainer of trouble, the readers of finished reports."""

    maintainer: People
    readers: Readers | None = None
    server: Server | None = None

    @model_validator(mode="after")
    def _mail_has_a_server(self) -> Tell:
        if self.server is None and (self.maintainer.mail or (self.readers and self.readers.mail)):
            raise ValueError("no_server||")
        return self


class Schedule(Fact):
    """A whole schedule file, checked.

    ``catch_up_days``: a missed run older than that is not made any more.  ``start``: the first day anything is due; by
    default the day the schedule is first seen.
    """

    name: Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*$")]
    label: Label
    what: What
    when: When
    start: date | None = None
    catch_up_days: Annotated[int, Field(ge=1, le=3660)] = 45
    retry: Retry = Retry()
    keep: Keep | None = None
    tell: Tell

    @property
    def max_age(self) -> timedelta:
        """How late a missed run may still be made."""
        return timedelta(self.catch_up_days)

    def begins(self, otherwise: datetime) -> datetime:
        """The moment before which nothing is due: the first of the day ``start``, if that is given."""
        return datetime.combine(self.start, time.min, ZoneInfo(self.when.zone)) if self.start else otherwise


def load_schedule(path: Path) -> Schedule:
    """The schedule in the file at ``path``.

    Raises
    ------
    InputError
        With every fault of the file, each with its line.
    """

    def further(file: str, lines: Lines, content: object) -> Iterator[Fault]:
        return _name_and_plan_faults(path.stem, file, lines, content)

    return read_checked(Schedule, path, _MESSAGES, further)


def read_schedules(folder: Path = SCHEDULES) -> tuple[list[Schedule], list[Fault]]:
    """The sound schedules of ``folder`` by name, and the faults of all others."""
    if not folder.is_dir():
        return [], [Fault(_MESSAGES["no_folder"], file=shown_path(folder, ROOT))]
    schedules, faults = [], []
    for path in sorted(folder.glob("*.yaml")):
        try:
            schedules.append(load_schedule(path))
        except InputError as error:
            faults += error.faults
    return schedules, faults


def scenario_faults(schedule: Schedule) -> list[Fault]:
    """Faults of the schedule's plans, and scenarios that they do not know."""
    if schedule.what.scenarios == (ALL,):
        return []
    faults = []
    for name in schedule.what.plan_names:
        try:
            check_scenarios(load_plan(name), list(schedule.what.scenarios))
        except InputError as error:
            faults += error.faults
    return faults


def _name_and_plan_faults(stem: str, file: str, lines: Lines, content: object) -> Iterator[Fault]:
    """What the shape cannot know: the file's own name, and which plans there are."""
    entries = content if isinstance(content, dict) else {}
    name, what = entries.get("name"), entries.get("what")
    plans = what.get("plans") if isinstance(what, dict) else None
    known = plan_names()
    if isinstance(name, str) and name != stem:
        yield Fault(_MESSAGES["name"], file=file, row=line_of(lines, ("name",)), found=name, expected=stem)
    if name in known:
        yield Fault(_MESSAGES["plan_name"], file=file, row=line_of(lines, ("name",)), found=str(name))
    for position, plan in enumerate(plans if isinstance(plans, list) else []):
        if isinstance(plan, str) and plan not in known:
            row = line_of(lines, ("what", "plans", position))
            yield Fault(_MESSAGES["no_plan"], file=file, row=row, found=plan, expected="、".join(known))
