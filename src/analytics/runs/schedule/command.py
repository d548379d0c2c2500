"""``workbook schedule list | run-due | install | remove``: the arguments; :mod:`.actions` is imported when one runs."""

from __future__ import annotations

import argparse
from importlib import import_module
from pathlib import Path

from analytics.places import ROOT
from analytics.runs.options import Run, command
from analytics.runs.schedule import SCHEDULES, install


def add_command(commands: argparse._SubParsersAction) -> None:
    """Add ``schedule`` with its four actions."""
    words = "按计划定期生成报告 / reports by schedule"
    actions = commands.add_parser("schedule", help=words, description=words).add_subparsers(
        required=True, metavar="ACTION"
    )
    _action(actions, "list", _later("show"), "列出并检查计划 / list and check the schedules")
    due = _action(actions, "run-due", _later("make_due"), "生成到期报告 / make what is due")
    _dry_run(due, "只列出到期报告 / only list what is due")
    for name, run, words in (
        ("install", _later("install_job"), "写入系统定时任务 / write the operating system's job"),
        ("remove", _later("remove_job"), "删除系统定时任务 / take that job away"),
    ):
        parser = _action(actions, name, run, words)
        parser.add_argument("--kind", choices=install.KINDS, default=install.default_kind())
        parser.add_argument("--into", type=Path, metavar="DIR", help="写入的文件夹 / folder for units or task file")
        _dry_run(parser, "只显示，不写入 / only show it")


def _action(actions: argparse._SubParsersAction, name: str, run: Run, words: str) -> argparse.ArgumentParser:
    parser = command(actions, name, run, words)
    parser.add_argument("--dir", type=Path, default=SCHEDULES, help="计划文件夹 / folder of schedule files")
    parser.add_argument("--reports", type=Path, default=ROOT / "reports", metavar="DIR", help="归档 / archive")
    return parser


def _dry_run(parser: argparse.ArgumentParser, words: str) -> None:
    parser.add_argument("--dry-run", action="store_true", help=words)


def _later(action: str) -> Run:
    """The function of :mod:`.actions` with that name, imported with all it needs only when it is called."""
    return lambda asked: getattr(import_module("analytics.runs.schedule.actions"), action)(asked)
