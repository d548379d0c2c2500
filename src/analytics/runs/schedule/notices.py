"""Notices: what is said to whom, and how it gets there, by a command or by mail.

Trouble is for the maintainer alone; readers hear only of finished reports.  A notice that cannot be delivered is tried
again later, ever less often, and given up after three days.
"""

from __future__ import annotations

import hashlib
import mimetypes
import os
import smtplib
import socket
import ssl
import subprocess
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from email.message import EmailMessage
from email.utils import format_datetime
from pathlib import Path
from typing import Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict

from analytics.inputs.faults import Fault, InputError
from analytics.places import ROOT
from analytics.runs.schedule.files import People, Schedule, Server
from analytics.terms import Term, text

TIMEOUT = 60
"""Seconds a command or a mail server may take."""
GIVEN_UP = timedelta(days=3)
_PAUSE = timedelta(minutes=15)

Event = Literal["made", "failed", "skipped", "damaged"]

_SUBJECTS: dict[Event, Term] = {
    "made": Term("{label} {period} 已生成", "{label} {period} is ready"),
    "failed": Term("{label} {period} 生成失败", "{label} {period} failed"),
    "skipped": Term("{label} 有逾期未生成的报告", "{label}: overdue reports were not made"),
    "damaged": Term("{label} 的运行记录已损坏并重建", "{label}: damaged run records were rebuilt"),
}
_BODIES: dict[Event, Term] = {
    "made": Term(
        "{label}（{period}）已生成，数据截至 {as_of}。\n\n{details}\n",
        "{label} ({period}) is ready; its data are as of {as_of}.\n\n{details}\n",
    ),
    "failed": Term(
        "计划 {schedule} 应于 {due} 生成的报告，共尝试 {tries} 次仍未完成；读者未收到通知。\n"
        "数据截至 {as_of}，文件夹 {folder}\n\n{details}\n",
        "The report of schedule {schedule} due at {due} was tried {tries} time(s) without success; "
        "readers have not been told.\nData as of {as_of}, folder {folder}\n\n{details}\n",
    ),
    "skipped": Term(
        "计划 {schedule} 的下列报告逾期超过 {days} 天，不再补做：\n\n{details}\n",
        "These reports of schedule {schedule} are more than {days} days overdue and will not be made:\n\n{details}\n",
    ),
    "damaged": Term(
        "计划 {schedule} 的运行记录无法读取，已按归档重建；{since} 之后到期的报告将补做。\n损坏的文件保留在 {folder}\n",
        "The run records of schedule {schedule} could not be read and were rebuilt from the archive; "
        "reports due after {since} will be made.\nThe damaged file is kept in {folder}\n",
    ),
}
_NO_PASSWORD = Term("环境变量中没有邮箱密码", "the mail password is not in the environment")


class Notice(BaseModel):
    """One message by one way to one audience, waiting until it is delivered.

    ``facts`` are what a command finds in its environment as ``WORKBOOK_…``; ``files`` go with a mail.
    """

    model_config = ConfigDict(extra="forbid", validate_assignment=True)

    audience: Literal["maintainer", "readers"]
    way: Literal["command", "mail"]
    subject: str
    body: str
    facts: dict[str, str]
    files: list[Path] = []
    written: AwareDatetime
    tries: int = 0
    tried: AwareDatetime | None = None

    def ready(self, now: datetime) -> bool:
        """Whether it is time to try: at once, then after ever longer pauses."""
        return self.tried is None or now >= self.tried + _PAUSE * 2 ** (self.tries - 1)

    def outlived(self, now: datetime) -> bool:
        """Whether it has been tried in vain for too long."""
        return now - self.written > GIVEN_UP


def notices(
    schedule: Schedule, event: Event, now: datetime, facts: dict[str, str], files: Sequence[Path] = ()
) -> list[Notice]:
    """The notices of an event, one for each way its audience is reached.

    ``facts`` fill the gaps of the event's texts; those that are short go into a command's environment too.
    """
    language, audience = schedule.what.language, "readers" if event == "made" else "maintainer"
    gaps = {"schedule": schedule.name, "label": schedule.label.text(language), "event": event} | facts
    subject = " ".join(text(_SUBJECTS[event], language, **gaps).split())
    body = text(_BODIES[event], language, **gaps)
    told = {name: value for name, value in gaps.items() if name != "details"}
    return [
        Notice(audience=audience, way=way, subject=subject, body=body, facts=told, files=list(files), written=now)
        for way in _ways(_people(schedule, audience))
    ]


def _people(schedule: Schedule, audience: str) -> People | None:
    return schedule.tell.maintainer if audience == "maintainer" else schedule.tell.readers


def _ways(people: People | None) -> Iterator[Literal["command", "mail"]]:
    if people and people.command:
        yield "command"
    if people and people.mail:
        yield "mail"


def deliver(notice: Notice, schedule: Schedule) -> list[str]:
    """Bring one notice to its audience as the schedule names it today; nobody is told who is no longer named.

    Returns the addresses that the mail server refused while it took the others.

    Raises
    ------
    OSError, subprocess.SubprocessError, InputError
        When the command or the mail server did not take it.
    """
    people = _people(schedule, notice.audience)
    if notice.way not in _ways(people) or people is None:
        return []
    if notice.way == "mail" and schedule.tell.server:
        return _send(_mail(notice, people, schedule.tell.server), schedule.tell.server)
    _run(people.command, notice)
    return []


def _run(command: tuple[str, ...], notice: Notice) -> None:
    """Run the hook without a shell: the message on its standard input, the facts in its environment."""
    facts = {f"WORKBOOK_{name.upper()}": value for name, value in notice.facts.items()}
    message = f"{notice.subject}\n\n{notice.body}".encode()
    environment = os.environ | facts | {"WORKBOOK_SUBJECT": notice.subject}
    subprocess.run(command, input=message, env=environment, cwd=ROOT, timeout=TIMEOUT, check=True)


def _mail(notice: Notice, people: People, server: Server) -> EmailMessage:
    """The notice as a mail; whoever gets it twice can tell by its Message-ID."""
    mail = EmailMessage()
    mail["Subject"], mail["From"], mail["To"] = notice.subject, server.sender, ", ".join(people.mail)
    mail["Date"] = format_datetime(notice.written)
    identity = hashlib.sha256(f"{notice.subject}\n{notice.written}\n{notice.audience}".encode()).hexdigest()[:32]
    mail["Message-ID"] = f"<{identity}@{server.sender.rpartition('@')[2]}>"
    mail["Auto-Submitted"] = "auto-generated"  # keeps holiday replies away
    mail.set_content(notice.body)
    for path in notice.files:
        if path.is_file():  # a report may have been replaced since
            _attach(mail, path)
    return mail


def _attach(mail: EmailMessage, path: Path) -> None:
    kind, _, subkind = (mimetypes.guess_type(path.name)[0] or "application/octet-stream").partition("/")
    name = f"{path.parent.name}-{path.parent.parent.name}{path.suffix}"
    mail.add_attachment(path.read_bytes(), maintype=kind, subtype=subkind, filename=name)


def _send(mail: EmailMessage, server: Server) -> list[str]:
    secure = ssl.create_default_context()
    with _connection(server, secure) as connection:
        if server.security == "starttls":
            connection.starttls(context=secure)
        if server.user:
            connection.login(server.user, _password(server))
        return list(connection.send_message(mail))


def _connection(server: Server, secure: ssl.SSLContext) -> smtplib.SMTP:
    # a greeting must be ASCII, which the name of a computer need not be
    us = socket.gethostname() if socket.gethostname().isascii() else "localhost"
    if server.security == "tls":
        return smtplib.SMTP_SSL(server.host, server.port, us, timeout=TIMEOUT, context=secure)
    return smtplib.SMTP(server.host, server.port, us, timeout=TIMEOUT)


def _password(server: Server) -> str:
    password = os.environ.get(server.password_from)
    if password is None:
        raise InputError([Fault(_NO_PASSWORD, expected=server.password_from)])
    return password
