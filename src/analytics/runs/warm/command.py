"""``workbook warm``: other programs profit too, such as papermill's own command run many times over."""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess

from analytics.inputs.faults import Fault, InputError
from analytics.runs.options import command
from analytics.terms import Term


def add_command(commands: argparse._SubParsersAction) -> None:
    """Add ``workbook warm``."""
    words = (
        "运行命令，其中的 workbook-warm 内核共用一个预热进程 / run a command whose workbook-warm kernels share a parent"
    )
    parser = command(commands, "warm", _warm, words)
    parser.add_argument("program", metavar="COMMAND", help="papermill …")
    parser.add_argument("arguments", nargs=argparse.REMAINDER, help=argparse.SUPPRESS)


def _warm(asked: argparse.Namespace) -> int:
    """Run the command while a parent stands by; its exit status is the command's."""
    from analytics.runs.warm.spec import lent

    if not shutil.which(asked.program):
        raise InputError([Fault(Term("找不到这个命令", "no such command"), found=asked.program)])
    with lent(os.environ) as variables:
        return subprocess.call([asked.program, *asked.arguments], env=os.environ | variables)
