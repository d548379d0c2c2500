"""What several commands share: how a command is added, and options whose values are checked alike."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from datetime import date
from pathlib import Path

from analytics.inputs.faults import Fault, InputError, raise_if
from analytics.places import HOME
from analytics.runs.order import FORMATS
from analytics.terms import LANGUAGES, Term

DONE, FAILED, BAD_INPUT, SOME_FAILED = 0, 1, 2, 3
"""Exit statuses of all commands."""

Run = Callable[[argparse.Namespace], int]


def command(commands: argparse._SubParsersAction, name: str, run: Run, words: str) -> argparse.ArgumentParser:
    """Add the command ``name``, which ``run`` carries out and whose exit status it returns."""
    parser = commands.add_parser(name, help=words, description=words)
    parser.add_argument("--language", choices=LANGUAGES, default="zh", help="zh / en")
    parser.set_defaults(command=run)
    return parser


def home_option(parser: argparse.ArgumentParser) -> None:
    """Let the command work on another folder with ``params/`` and ``data/``; see :func:`checked_home`."""
    words = "含 params/ 和 data/ 的文件夹 / folder with params/ and data/"
    parser.add_argument("--from", dest="home", type=Path, default=HOME, metavar="DIR", help=words)


def checked_home(asked: Path) -> Path:
    """The folder of ``--from``, which must hold plans and data of its own.

    Raises
    ------
    InputError
        When it does not.
    """
    home = asked.resolve()
    missing = [part for part in ("params", "data") if not (home / part).is_dir()]
    what = Term("不是规划和数据文件夹", "not a folder of plans and data")
    raise_if([Fault(what, file=str(home), column="--from", expected=f"{part}/") for part in missing])
    return home


def checked_day(asked: str) -> str:
    """An ISO date.

    Raises
    ------
    InputError
        For anything else.
    """
    try:
        return str(date.fromisoformat(asked))
    except ValueError as error:
        what = Term("日期无法识别", "not a date")
        raise InputError([Fault(what, column="--as-of", found=asked, expected="YYYY-MM-DD")]) from error


def checked_formats(asked: str) -> tuple[str, ...]:
    """The formats of a list such as ``docx,pdf``, each once; an empty list asks for no document.

    Raises
    ------
    InputError
        Naming every unknown format.
    """
    wanted = tuple(dict.fromkeys(part.strip() for part in asked.split(",") if part.strip()))
    what = Term("未知的输出格式", "unknown format")
    known = "、".join(FORMATS)
    raise_if([Fault(what, column="--formats", found=k, expected=known) for k in wanted if k not in FORMATS])
    return wanted
