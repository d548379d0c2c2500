"""Notices reach whom they should: mail through a real server on this machine, commands with message and facts."""

from __future__ import annotations

import base64
import os
import shutil
import socketserver
import ssl
import subprocess
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path
from threading import Thread
from typing import Any

import pytest

from analytics.inputs.faults import InputError
from analytics.runs.schedule import notices as module
from analytics.runs.schedule.desk import Clock
from analytics.runs.schedule.due import run_due
from analytics.runs.schedule.files import Schedule
from analytics.runs.schedule.notices import GIVEN_UP, Notice, deliver, notices
from analytics.runs.schedule.state import STATE, State

NOW = datetime(2026, 11, 30, 10, 30, tzinfo=UTC)
FACTS = {
    "period": "2026-11",
    "as_of": "2026-11-30",
    "due": "2026-11-30 18:30 +0800",
    "folder": "/reports/2026-11",
    "tries": "3",
    "details": "缴费人数为空",
}


# --- a mail server ---------------------------------------------------------------------------------------------------


class MailServer(socketserver.ThreadingTCPServer):
    """An SMTP server (RFC 5321) on this machine that keeps what it is given.

    ``accounts`` makes it ask for a password, ``refused`` names recipients it does not know, ``secure`` lets it offer
    STARTTLS, ``down`` makes it turn everybody away.
    """

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Session)
        self.mails: list[EmailMessage] = []
        self.envelopes: list[tuple[str, list[str]]] = []
        self.greetings: list[str] = []
        self.accounts: dict[str, str] = {}
        self.refused: set[str] = set()
        self.secure: ssl.SSLContext | None = None
        self.encrypted = 0
        self.down = False

    @property
    def port(self) -> int:
        """Where it listens."""
        return self.server_address[1]


class _Session(socketserver.StreamRequestHandler):
    server: MailServer

    def handle(self) -> None:
        self.sender, self.recipients, self.known = "", [], not self.server.accounts
        self._say("421 closed" if self.server.down else "220 here")
        while not self.server.down and (line := self.rfile.readline().decode().rstrip("\r\n")):
            verb, _, rest = line.partition(" ")
            if verb.upper() == "QUIT":
                self._say("221 bye")
                return
            getattr(self, f"_{verb.lower()}", self._strange)(rest)

    def _say(self, words: str) -> None:
        self.wfile.write(f"{words}\r\n".encode())

    def _strange(self, _rest: str) -> None:
        self._say("502 what?")

    def _ehlo(self, name: str) -> None:
        self.server.greetings.append(name)
        offers = ["STARTTLS"] if self.server.secure else []
        offers += ["AUTH PLAIN"] if self.server.accounts else []
        for offer in ["here", *offers]:
            self._say(f"250-{offer}")
        self._say("250 SIZE")

    def _starttls(self, _rest: str) -> None:
        assert self.server.secure
        self._say("220 go on")
        self.connection = self.server.secure.wrap_socket(self.connection, server_side=True)
        self.rfile, self.wfile = self.connection.makefile("rb"), self.connection.makefile("wb", buffering=0)
        self.server.encrypted += 1

    def _auth(self, rest: str) -> None:
        _, user, password = base64.b64decode(rest.split()[1]).decode().split("\0")
        self.known = self.server.accounts.get(user) == password
        self._say("235 welcome" if self.known else "535 wrong")

    def _mail(self, rest: str) -> None:
        self.sender, self.recipients = rest.partition("<")[2].partition(">")[0], []
        self._say("250 fine" if self.known else "530 who are you?")

    def _rcpt(self, rest: str) -> None:
        recipient = rest.partition("<")[2].partition(">")[0]
        if recipient in self.server.refused:
            self._say("550 nobody of that name")
            return
        self.recipients.append(recipient)
        self._say("250 fine")

    def _rset(self, _rest: str) -> None:
        self._say("250 fine")

    def _data(self, _rest: str) -> None:
        self._say("354 go on")
        lines = iter(self.rfile.readline, b".\r\n")
        content = b"".join(line[1:] if line.startswith(b".") else line for line in lines)
        self.server.envelopes.append((self.sender, self.recipients))
        self.server.mails.append(message_from_bytes(content, policy=policy.default))
        self._say("250 taken")


@pytest.fixture
def server() -> Iterator[MailServer]:
    """A running mail server."""
    with MailServer() as running:
        Thread(target=running.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
        yield running
        running.shutdown()


@pytest.fixture
def by_mail(server: MailServer) -> Callable[..., Schedule]:
    """``by_mail(server entries…)``: a schedule that tells maintainer and readers by mail."""

    def made(**changed: Any) -> Schedule:
        post = {"host": "127.0.0.1", "port": server.port, "security": "none", "sender": "workbook@example.org"}
        return schedule(
            maintainer={"mail": ["maintainer@example.org"]},
            readers={"mail": ["a@example.org", "b@example.org"], "attach": ["docx"]},
            server=post | changed,
        )

    return made


def schedule(language: str = "zh", **tell: Any) -> Schedule:
    """A schedule that tells people so."""
    return Schedule(
        name="often",
        label={"zh": "月度报告", "en": "Monthly report"},
        what={"plans": ["rongcheng"], "formats": ["docx"], "language": language},
        when={"monthly": {"day": "last"}, "time": "18:30"},
        retry={"times": 1, "minutes": 5},
        tell=tell,
    )


# --- mail ------------------------------------------------------------------------------------------------------------


def test_a_failure_goes_to_the_maintainer_by_mail_with_what_happened(
    server: MailServer, by_mail: Callable[..., Schedule]
) -> None:
    (notice,) = notices(by_mail(), "failed", NOW, FACTS)
    deliver(notice, by_mail())
    (mail,) = server.mails
    assert server.envelopes == [("workbook@example.org", ["maintainer@example.org"])]
    assert mail["Subject"] == "月度报告 2026-11 生成失败" and mail["To"] == "maintainer@example.org"
    assert "缴费人数为空" in mail.get_content() and "共尝试 3 次" in mail.get_content()
    assert mail["Date"].datetime == NOW and mail["Auto-Submitted"] == "auto-generated"


def test_the_same_notice_sent_twice_can_be_told_by_its_id(server: MailServer, by_mail: Callable[..., Schedule]) -> None:
    for facts in (FACTS, FACTS, FACTS | {"period": "2026-12"}):
        (notice,) = notices(by_mail(), "failed", NOW, facts)
        deliver(notice, by_mail())
    first, again, other = (mail["Message-ID"] for mail in server.mails)
    assert first == again != other and first.endswith("@example.org>")


def test_readers_get_the_documents_they_asked_for(
    server: MailServer, by_mail: Callable[..., Schedule], tmp_path: Path
) -> None:
    report = tmp_path / "2026-11" / "rongcheng" / "report.docx"
    report.parent.mkdir(parents=True)
    report.write_bytes(b"\x00\r\n.\r\n\xff")
    (notice,) = notices(by_mail(), "made", NOW, FACTS, [report, tmp_path / "gone.docx"])
    deliver(notice, by_mail())
    (mail,) = server.mails
    assert server.envelopes[0][1] == ["a@example.org", "b@example.org"]
    (attached,) = mail.iter_attachments()
    assert attached.get_filename() == "rongcheng-2026-11.docx" and attached.get_content() == b"\x00\r\n.\r\n\xff"
    assert "数据截至 2026-11-30" in mail.get_body().get_content()


def test_english_schedules_write_english_notices() -> None:
    told = schedule("en", maintainer={"command": ["true"]}, readers={"command": ["true"]})
    damage = FACTS | {"since": "2026-10-31", "days": "45"}
    subjects = [notices(told, event, NOW, damage)[0].subject for event in ("made", "failed", "skipped", "damaged")]
    assert subjects == [
        "Monthly report 2026-11 is ready",
        "Monthly report 2026-11 failed",
        "Monthly report: overdue reports were not made",
        "Monthly report: damaged run records were rebuilt",
    ]
    bodies = [notices(told, event, NOW, damage)[0].body for event in ("made", "failed", "skipped", "damaged")]
    assert not [body for body in bodies if any("一" <= letter <= "鿿" for letter in body.replace(FACTS["details"], ""))]


def test_a_server_that_knows_one_of_two_readers_delivers_to_that_one(
    server: MailServer, by_mail: Callable[..., Schedule]
) -> None:
    server.refused = {"a@example.org"}
    (notice,) = notices(by_mail(), "made", NOW, FACTS)
    assert deliver(notice, by_mail()) == ["a@example.org"]
    assert server.envelopes[0][1] == ["b@example.org"]
    server.refused.add("b@example.org")
    with pytest.raises(OSError):
        deliver(notice, by_mail())


def test_the_password_comes_from_the_environment(
    server: MailServer, by_mail: Callable[..., Schedule], monkeypatch: pytest.MonkeyPatch
) -> None:
    server.accounts = {"workbook": "secret"}
    told = by_mail(user="workbook", password_from="OUR_PASSWORD")
    (notice,) = notices(told, "failed", NOW, FACTS)
    with pytest.raises(InputError, match="环境变量中没有邮箱密码（应为：OUR_PASSWORD）"):
        deliver(notice, told)
    monkeypatch.setenv("OUR_PASSWORD", "guess")
    with pytest.raises(OSError):
        deliver(notice, told)
    monkeypatch.setenv("OUR_PASSWORD", "secret")
    deliver(notice, told)
    assert len(server.mails) == 1


def test_nothing_is_sent_in_the_clear_where_encryption_is_asked_for(
    server: MailServer, by_mail: Callable[..., Schedule], monkeypatch: pytest.MonkeyPatch
) -> None:
    server.accounts = {"workbook": "secret"}
    monkeypatch.setenv("WORKBOOK_SMTP_PASSWORD", "secret")
    told = by_mail(security="starttls", user="workbook")
    with pytest.raises(OSError):
        deliver(notices(told, "failed", NOW, FACTS)[0], told)
    assert server.mails == []


@pytest.mark.skipif(shutil.which("openssl") is None, reason="no openssl here to make a certificate")
def test_mail_is_encrypted_and_a_stranger_s_certificate_refused(
    server: MailServer, by_mail: Callable[..., Schedule], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    key, certificate = tmp_path / "key.pem", tmp_path / "certificate.pem"
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2",
         "-subj", "/CN=localhost", "-addext", "subjectAltName=IP:127.0.0.1", "-keyout", str(key), "-out", str(certificate)],
        check=True, capture_output=True,
    )  # fmt: skip
    server.secure = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server.secure.load_cert_chain(certificate, key)
    told = by_mail(security="starttls")
    (notice,) = notices(told, "failed", NOW, FACTS)
    with pytest.raises(ssl.SSLCertVerificationError):
        deliver(notice, told)
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    deliver(notice, told)
    assert server.encrypted == 1 and len(server.mails) == 1


def test_a_computer_with_a_chinese_name_greets_as_localhost(
    server: MailServer, by_mail: Callable[..., Schedule], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module.socket, "gethostname", lambda: "规划科-PC")
    deliver(notices(by_mail(), "failed", NOW, FACTS)[0], by_mail())
    assert server.greetings == ["localhost"]


# --- commands --------------------------------------------------------------------------------------------------------


def test_a_command_gets_the_message_on_its_input_and_the_facts_in_its_environment(tmp_path: Path) -> None:
    script = f"cat > '{tmp_path}/message'; env > '{tmp_path}/environment'"
    told = schedule(maintainer={"command": ["sh", "-c", script]})
    (notice,) = notices(told, "failed", NOW, FACTS)
    deliver(notice, told)
    message = (tmp_path / "message").read_bytes().decode("utf-8")
    assert message.startswith("月度报告 2026-11 生成失败\n\n") and "缴费人数为空" in message
    environment = dict(line.split("=", 1) for line in (tmp_path / "environment").read_text("utf-8").splitlines())
    ours = {
        name: value for name, value in environment.items() if name.startswith("WORKBOOK_") and name not in os.environ
    }
    assert ours == {
        "WORKBOOK_EVENT": "failed", "WORKBOOK_SCHEDULE": "often", "WORKBOOK_LABEL": "月度报告",
        "WORKBOOK_SUBJECT": "月度报告 2026-11 生成失败", "WORKBOOK_PERIOD": "2026-11", "WORKBOOK_AS_OF": "2026-11-30",
        "WORKBOOK_DUE": "2026-11-30 18:30 +0800", "WORKBOOK_FOLDER": "/reports/2026-11", "WORKBOOK_TRIES": "3",
    }  # fmt: skip


def test_arguments_of_a_command_are_not_read_by_a_shell(tmp_path: Path) -> None:
    odd = f"$(touch {tmp_path}/hacked); x"
    told = schedule(maintainer={"command": ["sh", "-c", f"printf %s \"$1\" > '{tmp_path}/argument'", "sh", odd]})
    deliver(notices(told, "failed", NOW, FACTS)[0], told)
    assert (tmp_path / "argument").read_text() == odd and not (tmp_path / "hacked").exists()


@pytest.mark.parametrize("command", [["false"], ["no-such-program"]])
def test_a_command_that_fails_has_not_delivered(command: list[str]) -> None:
    told = schedule(maintainer={"command": command})
    with pytest.raises((OSError, subprocess.SubprocessError)):
        deliver(notices(told, "failed", NOW, FACTS)[0], told)


def test_a_command_that_hangs_is_ended(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "TIMEOUT", 0.05)
    told = schedule(maintainer={"command": ["sleep", "30"]})
    with pytest.raises(subprocess.TimeoutExpired):
        deliver(notices(told, "failed", NOW, FACTS)[0], told)


# --- whom, once, and for how long ------------------------------------------------------------------------------------


def test_each_way_has_its_own_notice_and_readers_hear_of_no_trouble(by_mail: Callable[..., Schedule]) -> None:
    told = schedule(
        maintainer={"command": ["true"], "mail": ["m@example.org"]}, server=by_mail().tell.server.model_dump()
    )
    assert [(n.audience, n.way) for n in notices(told, "failed", NOW, FACTS)] == [
        ("maintainer", "command"),
        ("maintainer", "mail"),
    ]
    assert notices(told, "made", NOW, FACTS) == []
    facts = FACTS | {"since": "", "days": "45"}
    heard = [
        notice.audience
        for event in ("failed", "skipped", "damaged")
        for notice in notices(by_mail(), event, NOW, facts)
    ]
    assert heard == ["maintainer"] * 3


def test_nobody_is_told_who_has_left_the_schedule(server: MailServer, by_mail: Callable[..., Schedule]) -> None:
    (notice,) = notices(by_mail(), "made", NOW, FACTS)
    deliver(notice, schedule(maintainer={"command": ["true"]}))
    assert server.mails == []


def test_pauses_between_attempts_double_until_three_days_have_gone() -> None:
    (notice,) = notices(schedule(maintainer={"command": ["true"]}), "failed", NOW, FACTS)
    now, attempts = NOW, []
    while not notice.outlived(now):
        if notice.ready(now):
            attempts.append(now - NOW)
            notice.tries, notice.tried = notice.tries + 1, now
        now += timedelta(minutes=15)
    minutes = [attempt / timedelta(minutes=15) for attempt in attempts]
    assert minutes == [2**n - 1 for n in range(9)] and now - NOW > GIVEN_UP  # 0, 1, 3, 7, … 255 quarters of an hour


class _Stopped(Clock):
    def __init__(self, now: datetime) -> None:
        self.moment = now

    def now(self) -> datetime:
        return self.moment

    def sleep(self, seconds: float) -> None:
        self.moment += timedelta(seconds=seconds)


def _fail(_schedule: Schedule, _plan: str, _as_of: date, _out: Path) -> None:
    raise ValueError("数据文件打不开")


def test_a_failure_is_mailed_once_even_if_the_server_was_down_at_first(
    server: MailServer, by_mail: Callable[..., Schedule], tmp_path: Path
) -> None:
    clock, told, said = _Stopped(NOW - timedelta(days=1)), by_mail(), []

    def wake(later: timedelta) -> None:
        clock.moment += later
        run_due([told], tmp_path, _fail, clock, said.append)

    wake(timedelta())
    server.down = True
    wake(timedelta(days=1))
    assert server.mails == [] and any("未送达" in words.zh for words in said)
    server.down = False
    wake(timedelta(minutes=5))
    assert server.mails == []  # its next attempt comes a quarter of an hour after the first
    for _ in range(3):
        wake(timedelta(minutes=15))
    (mail,) = server.mails
    assert "数据文件打不开" in mail.get_content() and server.envelopes[0][1] == ["maintainer@example.org"]
    assert State.model_validate_json((tmp_path / "often" / STATE).read_bytes()).outbox == []


def test_a_notice_that_nobody_takes_is_given_up_after_three_days(tmp_path: Path) -> None:
    clock, told, said = _Stopped(NOW - timedelta(days=1)), schedule(maintainer={"command": ["false"]}), []
    for later in (timedelta(), timedelta(days=1), timedelta(days=2), timedelta(days=2), timedelta(days=2)):
        clock.moment += later
        run_due([told], tmp_path, _fail, clock, said.append)
    assert sum("未送达" in words.zh for words in said) == 3


def test_an_address_that_is_refused_is_said_and_not_tried_for_ever(
    server: MailServer, by_mail: Callable[..., Schedule], tmp_path: Path
) -> None:
    server.refused = {"a@example.org"}
    clock, told, said = _Stopped(NOW - timedelta(days=1)), by_mail(), []
    for _ in range(3):
        run_due([told], tmp_path, lambda *_: None, clock, said.append)
        clock.moment += timedelta(days=1)
    assert [words.en for words in said if "refused" in words.en] == [
        "often: notice “月度报告 2026-11 已生成” refused for a@example.org"
    ]
    assert len(server.mails) == 1


def test_a_notice_survives_being_written_down() -> None:
    (notice,) = notices(schedule(maintainer={"command": ["true"]}), "failed", NOW, FACTS, [Path("a.docx")])
    assert Notice.model_validate_json(notice.model_dump_json()) == notice
