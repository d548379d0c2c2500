"""Jobs of the operating system that wake the workbook every quarter of an hour.

They know nothing of the schedules: what is due is decided when they wake, so schedules may change without a new
installation, and a machine that was off catches up at its first wake.
"""

from __future__ import annotations

import hashlib
import os
import shlex
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Literal
from xml.etree import ElementTree

from analytics.inputs.faults import Fault, InputError
from analytics.places import HOME_VARIABLE, ROOT
from analytics.presentation.files import written_whole
from analytics.terms import Term

Kind = Literal["systemd", "cron", "windows"]
KINDS: tuple[Kind, ...] = ("systemd", "cron", "windows")
MINUTES = 15

_PASSED_ON = (HOME_VARIABLE, "WORKBOOK_LEDGER")
_TITLE = "Pension workbook: reports by schedule"
_NAMESPACE = "http://schemas.microsoft.com/windows/2004/02/mit/task"
_NO_CRON = Term("这台机器没有 cron", "this machine has no cron")
_CRON_FAILED = Term("crontab 无法读取或写入，原有内容未改动", "crontab could not be read or written; it is unchanged")

_ENABLE: dict[Kind, Term] = {
    "systemd": Term(
        "启用：systemctl --user daemon-reload && systemctl --user enable --now {name}.timer\n"
        "未登录时也运行：loginctl enable-linger\n"
        "邮箱密码等变量写在：{environment}",
        "enable: systemctl --user daemon-reload && systemctl --user enable --now {name}.timer\n"
        "to run while nobody is logged in: loginctl enable-linger\n"
        "variables such as the mail password go into: {environment}",
    ),
    "cron": Term(
        "已写入 crontab，立即生效；查看：crontab -l", "it is in the crontab and in force; to see it: crontab -l"
    ),
    "windows": Term(
        '启用：schtasks /Create /F /TN {name} /XML "{file}"', 'enable: schtasks /Create /F /TN {name} /XML "{file}"'
    ),
}
_DISABLE: dict[Kind, Term] = {
    "systemd": Term(
        "停用：systemctl --user stop {name}.timer && systemctl --user daemon-reload",
        "stop: systemctl --user stop {name}.timer && systemctl --user daemon-reload",
    ),
    "cron": Term("crontab 中的内容已删除", "it is gone from the crontab"),
    "windows": Term("停用：schtasks /Delete /F /TN {name}", "stop: schtasks /Delete /F /TN {name}"),
}


@dataclass(frozen=True)
class Job:
    """What is to be started: its name, the command, the reports' folder, and variables to pass on."""

    name: str
    command: tuple[str, ...]
    reports: Path
    environment: dict[str, str]


def job_for(schedules: Path, reports: Path) -> Job:
    """The job for a folder of schedules; the name tells it from the jobs of other folders on the machine."""
    schedules, reports = schedules.resolve(), reports.resolve()
    mark = hashlib.sha256(os.fsencode(schedules)).hexdigest()[:6]
    action = ("schedule", "run-due", "--dir", str(schedules), "--reports", str(reports))
    passed_on = {name: os.environ[name] for name in _PASSED_ON if os.environ.get(name)}
    command = (sys.executable, "-m", "analytics.runs.cli", *action)
    return Job(f"workbook-schedule-{mark}", command, reports, passed_on)


def default_kind() -> Kind:
    """What this machine starts its jobs with."""
    if sys.platform == "win32":
        return "windows"
    return "systemd" if Path("/run/systemd/system").is_dir() else "cron"


def install(job: Job, kind: Kind, into: Path | None = None) -> Term:
    """Write the job, in place of an earlier one of its name, and return how to enable it.

    ``into`` is the folder of units or of the task's file; cron has none.

    Raises
    ------
    InputError
        When cron is not there or refuses.
    """
    folder = into or _home(job, kind)
    job.reports.mkdir(parents=True, exist_ok=True)
    if kind == "cron":
        _write_crontab([*_others_lines(job), *cron_lines(job)])
    for name, content in files(job, kind).items():
        with written_whole(folder / name) as path:
            path.write_bytes(content)
    return _filled(_ENABLE[kind], job, folder)


def remove(job: Job, kind: Kind, into: Path | None = None) -> Term:
    """Take the job away, if it is there, and return how to stop one that is still enabled."""
    folder = into or _home(job, kind)
    if kind == "cron":
        _write_crontab(_others_lines(job))
    for name in files(job, kind):
        (folder / name).unlink(missing_ok=True)
        (folder / "timers.target.wants" / name).unlink(missing_ok=True)  # what enabling a timer leaves
    return _filled(_DISABLE[kind], job, folder)


def shown(job: Job, kind: Kind, into: Path | None = None) -> str:
    """Everything that would be written, with the names of the files."""
    if kind == "cron":
        return "\n".join(cron_lines(job))
    folder = into or _home(job, kind)
    encoding = "utf-16" if kind == "windows" else "utf-8"
    return "\n".join(f"--- {folder / name}\n{content.decode(encoding)}" for name, content in files(job, kind).items())


def files(job: Job, kind: Kind) -> dict[str, bytes]:
    """The files of a job by name; cron has none of its own."""
    if kind == "systemd":
        units = {".service": service_unit(job), ".timer": timer_unit(job)}
        return {f"{job.name}{suffix}": unit.encode() for suffix, unit in units.items()}
    return {f"{job.name}.xml": windows_task(job)} if kind == "windows" else {}


def _home(job: Job, kind: Kind) -> Path:
    return _config() / "systemd" / "user" if kind == "systemd" else job.reports


def _config() -> Path:
    return Path(os.environ.get("XDG_CONFIG_HOME") or Path.home() / ".config")


def _environment_file() -> Path:
    return _config() / "workbook.env"


def _filled(words: Term, job: Job, folder: Path) -> Term:
    gaps = {"name": job.name, "file": folder / f"{job.name}.xml", "environment": _environment_file()}
    return Term(words.zh.format(**gaps), words.en.format(**gaps))


# --- systemd ---------------------------------------------------------------------------------------------------------


def service_unit(job: Job) -> str:
    """The service: one quiet run in the project's folder."""
    environment = "".join(f"Environment={_quoted(f'{name}={value}')}\n" for name, value in job.environment.items())
    return (
        f"[Unit]\nDescription={_TITLE}\n\n"
        f"[Service]\nType=oneshot\nNice=10\nWorkingDirectory={_escaped(str(ROOT))}\n"
        f"Environment=PYTHONUTF8=1\n{environment}EnvironmentFile=-{_escaped(str(_environment_file()))}\n"
        f"ExecStart={' '.join(_quoted(part).replace('$', '$$') for part in job.command)}\n"
    )


def timer_unit(job: Job) -> str:
    """The timer: every quarter of an hour, and at once after a time the machine was off."""
    return (
        f"[Unit]\nDescription={_TITLE}\n\n"
        f"[Timer]\nOnCalendar=*-*-* *:00/{MINUTES}:00\nPersistent=true\nUnit={job.name}.service\n\n"
        "[Install]\nWantedBy=timers.target\n"
    )


def _escaped(words: str) -> str:
    return words.replace("%", "%%")


def _quoted(words: str) -> str:
    escaped = _escaped(words).replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


# --- cron ------------------------------------------------------------------------------------------------------------


def cron_lines(job: Job) -> list[str]:
    """The job's block of a crontab; ``flock``, where there is one, spares a start while a run is at work."""
    lock = [which, "-n", str(job.reports / ".cron.lock")] if (which := shutil.which("flock")) else []
    variables = [f"{name}={value}" for name, value in {"PYTHONUTF8": "1", **job.environment}.items()]
    started = shlex.join(["env", *variables, *lock, *job.command])
    log = shlex.quote(str(job.reports / "schedule.log"))
    line = f"cd {shlex.quote(str(ROOT))} && {started} >> {log} 2>&1".replace("%", r"\%")  # a bare % ends the command
    begin, end = _marks(job)
    return [begin, f"*/{MINUTES} * * * * {line}", end]


def _marks(job: Job) -> tuple[str, str]:
    return f"# >>> {job.name}: {_TITLE}", f"# <<< {job.name}"


def _others_lines(job: Job) -> list[str]:
    """The crontab without the job's block."""
    begin, end = _marks(job)
    lines, ours = [], False
    for line in _crontab().splitlines():
        ours = ours or line == begin
        if not ours:
            lines.append(line)
        ours = ours and line != end
    return lines


def _crontab() -> str:
    """The user's crontab; empty when there is none yet, and never taken for empty when it cannot be read."""
    read = _run_crontab(["-l"])
    missing = any(words in read.stderr for words in ("no crontab", "No such file"))
    if read.returncode != 0 and not missing:
        raise InputError([Fault(_CRON_FAILED, found=read.stderr.strip())])
    return read.stdout if read.returncode == 0 else ""


def _write_crontab(lines: list[str]) -> None:
    wrote = _run_crontab(["-"], "".join(f"{line}\n" for line in lines))
    if wrote.returncode != 0:
        raise InputError([Fault(_CRON_FAILED, found=wrote.stderr.strip())])


def _run_crontab(arguments: list[str], given: str | None = None) -> subprocess.CompletedProcess[str]:
    crontab = shutil.which("crontab")
    if crontab is None:
        raise InputError([Fault(_NO_CRON, expected="crontab")])
    environment = os.environ | {"LC_ALL": "C"}  # its messages are read
    command = [crontab, *arguments]
    return subprocess.run(command, input=given, env=environment, capture_output=True, encoding="utf-8", check=False)


# --- Windows ---------------------------------------------------------------------------------------------------------


def windows_task(job: Job) -> bytes:
    """The task as the Task Scheduler takes it: missed starts are made up, a second one is not begun, no time limit."""
    ElementTree.register_namespace("", _NAMESPACE)
    task = ElementTree.Element(_tag("Task"), version="1.2")
    _fill(_child(task, "RegistrationInfo"), {"Description": _TITLE})
    trigger = _child(_child(task, "Triggers"), "TimeTrigger")
    _fill(trigger, {"Enabled": "true", "StartBoundary": "2026-01-01T00:00:00"})
    _fill(_child(trigger, "Repetition"), {"Interval": f"PT{MINUTES}M", "StopAtDurationEnd": "false"})
    settings = {
        "MultipleInstancesPolicy": "IgnoreNew",
        "DisallowStartIfOnBatteries": "false",
        "StopIfGoingOnBatteries": "false",
        "StartWhenAvailable": "true",
        "ExecutionTimeLimit": "PT0S",
        "Enabled": "true",
    }
    _fill(_child(task, "Settings"), settings)
    program, *arguments = _without_window(job.command)
    exec_action = _child(_child(task, "Actions"), "Exec")
    _fill(
        exec_action,
        {"Command": program, "Arguments": subprocess.list2cmdline(arguments), "WorkingDirectory": str(ROOT)},
    )
    text = ElementTree.tostring(task, encoding="unicode")
    return f'<?xml version="1.0" encoding="UTF-16"?>\n{text}\n'.encode("utf-16")


def _without_window(command: tuple[str, ...]) -> tuple[str, ...]:
    """The command started so that no black window flashes up every quarter of an hour."""
    quiet = Path(command[0]).with_name("pythonw.exe")
    return (str(quiet), *command[1:]) if quiet.exists() else command


def _tag(name: str) -> str:
    return f"{{{_NAMESPACE}}}{name}"


def _child(parent: ElementTree.Element, name: str) -> ElementTree.Element:
    return ElementTree.SubElement(parent, _tag(name))


def _fill(parent: ElementTree.Element, texts: dict[str, str]) -> None:
    for name, words in texts.items():
        _child(parent, name).text = words
