"""What ``workbook schedule`` does: list the schedules, make what is due, write and remove the system's job."""

from __future__ import annotations

import argparse
import sys
from datetime import datetime, timedelta
from pathlib import Path

from analytics.inputs.faults import raise_if
from analytics.runs.lock import Held
from analytics.runs.options import DONE, FAILED
from analytics.runs.schedule import install
from analytics.runs.schedule.desk import Clock
from analytics.runs.schedule.due import run_due
from analytics.runs.schedule.files import Schedule, read_schedules, scenario_faults
from analytics.runs.schedule.state import Record, read_state
from analytics.terms import Language, Term, text

_AHEAD = timedelta(days=400)
"""Far enough to meet the next run of every rhythm."""

_WORDS: dict[str, Term] = {
    "what": Term("规划 {plans}；格式 {formats}", "plans {plans}; formats {formats}"),
    "next": Term("下次 {due}", "next {due}"),
    "last": Term("上次 {period} {status}", "last {period} {status}"),
    "would": Term("{schedule} {period}：{what}，数据截至 {as_of}", "{schedule} {period}: {what}, data as of {as_of}"),
    "make": Term("将生成", "would be made"),
    "skip": Term("逾期过久，将跳过", "overdue for too long, would be skipped"),
    "busy": Term("另一个进程正在运行到期任务（PID {pid}）", "another process is making what is due (PID {pid})"),
    "none": Term("没有计划文件：{folder}", "no schedule files in {folder}"),
}
_STATUS: dict[str, Term] = {
    "waiting": Term("待运行", "waiting"),
    "retrying": Term("待重试", "to be tried again"),
    "made": Term("已完成", "done"),
    "failed": Term("失败", "failed"),
    "skipped": Term("已跳过", "skipped"),
}


def show(asked: argparse.Namespace) -> int:
    """List the schedules with their next and last runs, then report all faults."""
    schedules, faults = read_schedules(asked.dir)
    now = Clock().now()
    for schedule in schedules:
        print("\n    ".join(_described(schedule, asked.reports, now, asked.language)))
        faults += scenario_faults(schedule)
    if not schedules and not faults:
        print(text(_WORDS["none"], asked.language, folder=asked.dir))
    raise_if(faults)
    return DONE


def _described(schedule: Schedule, reports: Path, now: datetime, language: Language) -> list[str]:
    what, records = schedule.what, _records(schedule, reports, now)
    plans, formats = ", ".join(what.plan_names), ", ".join(what.formats)
    coming = next(schedule.when.occurrences(max(now, schedule.begins(now)), max(now, schedule.begins(now)) + _AHEAD))
    lines = [
        f"{schedule.name}  {schedule.label.text(language)}",
        schedule.when.words(language),
        text(_WORDS["what"], language, plans=plans, formats=formats),
        text(_WORDS["next"], language, due=f"{coming.due:%Y-%m-%d %H:%M}"),
    ]
    if records:
        status = text(_STATUS[records[-1].status], language)
        lines.append(text(_WORDS["last"], language, period=records[-1].period, status=status))
    return lines


def _records(schedule: Schedule, reports: Path, now: datetime) -> list[Record]:
    """The schedule's runs up to now, those that have just fallen due among them; nothing is written."""
    state, _ = read_state(schedule, reports / schedule.name, now)
    state.fall_due(schedule, now)
    return state.records


def make_due(asked: argparse.Namespace) -> int:
    """Make what is due by the sound schedules, then report the faults of the others."""
    schedules, faults = read_schedules(asked.dir)
    decided = _foretell(schedules, asked) if asked.dry_run else _make(schedules, asked)
    raise_if(faults)
    return FAILED if any(record.status == "failed" for record in decided) else DONE


def _make(schedules: list[Schedule], asked: argparse.Namespace) -> list[Record]:
    try:
        return run_due(schedules, asked.reports, say=lambda words: _log(text(words, asked.language)))
    except Held as held:
        _log(text(_WORDS["busy"], asked.language, pid=held))
        return []


def _log(words: str) -> None:
    print(f"{datetime.now():%Y-%m-%d %H:%M:%S} {words}", file=sys.stderr, flush=True)


def _foretell(schedules: list[Schedule], asked: argparse.Namespace) -> list[Record]:
    now = Clock().now()
    for schedule in schedules:
        for record in _records(schedule, asked.reports, now):
            if record.open:
                what = text(_WORDS["skip" if record.overdue(schedule, now) else "make"], asked.language)
                gaps = {"schedule": schedule.name, "period": record.period, "what": what, "as_of": record.as_of}
                print(text(_WORDS["would"], asked.language, **gaps))
    return []


def install_job(asked: argparse.Namespace) -> int:
    """Write the job; schedules with faults are reported before anything is written."""
    schedules, faults = read_schedules(asked.dir)
    raise_if([*faults, *(fault for schedule in schedules for fault in scenario_faults(schedule))])
    job = install.job_for(asked.dir, asked.reports)
    print(install.shown(job, asked.kind, asked.into))
    if not asked.dry_run:
        print(text(install.install(job, asked.kind, asked.into), asked.language))
    return DONE


def remove_job(asked: argparse.Namespace) -> int:
    """Take the job away."""
    job = install.job_for(asked.dir, asked.reports)
    if asked.dry_run:
        print(install.shown(job, asked.kind, asked.into))
    else:
        print(text(install.remove(job, asked.kind, asked.into), asked.language))
    return DONE
