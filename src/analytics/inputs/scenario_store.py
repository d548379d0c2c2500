"""Keep a scenario in a plan file: lines are added to its ``scenarios``, nothing else in the file is touched.

The file is locked from reading to replacing, so two people who save at once both find their scenario in it; what would
be written is read back as a plan first, and only a sound file takes the old one's place.
"""

from __future__ import annotations

import os
import re
import shutil
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

import yaml

from analytics.inputs.faults import Fault, InputError, raise_if, shown_path
from analytics.inputs.plan import Change, Plan, Scenario
from analytics.inputs.plan_file import load_plan
from analytics.places import PARAMS, ROOT
from analytics.terms import SCENARIOS, Term

if sys.platform == "win32":
    import msvcrt

    def _lock(file: int) -> None:
        msvcrt.locking(file, msvcrt.LK_LOCK, 1)

else:
    import fcntl

    def _lock(file: int) -> None:
        fcntl.flock(file, fcntl.LOCK_EX)


LONGEST_NAME, LONGEST_WHY = 30, 200

_NAME = re.compile(rf"[^\W\d]\w{{0,{LONGEST_NAME - 1}}}")
_SECTION = "scenarios"
_NO_NAME = Term(
    "情景名须以文字开头，只含文字、数字和下划线", "a name begins with a letter and holds letters, digits and _ only"
)
_RESERVED = Term("这是保留的情景名", "this name is reserved")
_TAKEN = Term("已有同名情景，请换一个名称", "there is a scenario of this name already; choose another")
_NO_WHY = Term("请用一句话说明理由", "say why in one sentence")
_ONE_LINE = Term("理由须写成一行", "the reason must be one line")
_LENGTH = Term("至多{most}个字", "at most {most} characters")
_NO_CHANGE = Term("没有改动任何参数，不需保存", "nothing has been changed: there is nothing to keep")
_FLOW = Term(
    "scenarios 写成了一行的 {}，请改为每行一项后再保存", "scenarios is written as {}; put it on lines of its own"
)


def keep(plan: str, name: str, scenario: Scenario, folder: Path = PARAMS) -> Plan:
    """Add ``scenario`` to the plan file as ``name`` and return the plan as it then reads.

    Raises
    ------
    InputError
        For a name or sentence that will not do, a name already taken, or a file that would no longer be sound; the
        file is as it was then.
    """
    path = folder / f"{plan}.yaml"
    raise_if(check_name(name) + check_why(scenario.why.zh) + _unchanged(scenario))
    with _held(folder / f".{plan}.lock"):
        text = path.read_bytes().decode("utf-8")
        raise_if(_taken(text, name))
        written = with_scenario(text, name, scenario)
        found = _read_back(written, path)
        _replace(path, written)
    return found


def check_name(name: str) -> list[Fault]:
    """What is wrong with a scenario's name; it must also be safe on a command line and in a comma-separated list."""
    if name in SCENARIOS:
        return [Fault(_RESERVED, found=name)]
    return [] if _NAME.fullmatch(name) else [Fault(_NO_NAME, found=name, expected=_most(LONGEST_NAME))]


def check_why(why: str) -> list[Fault]:
    """What is wrong with the sentence that says why."""
    if not why.strip():
        return [Fault(_NO_WHY)]
    if not why.isprintable():
        return [Fault(_ONE_LINE, found=why.splitlines()[0])]
    return [] if len(why) <= LONGEST_WHY else [Fault(_NO_WHY, found=f"{len(why)}", expected=_most(LONGEST_WHY))]


def with_scenario(text: str, name: str, scenario: Scenario) -> str:
    """The plan file's text with the scenario's lines behind those of the last one; all else as it was.

    Raises
    ------
    InputError
        When the section is written in braces, where no line can be added.
    """
    lines = text.splitlines(keepends=True)
    ending = "\r\n" if "\r\n" in text else "\n"
    node = _section(text)
    if node is None:
        lines = [*_closed(lines, ending), ending, f"{_SECTION}:{ending}"]
        place, indent = len(lines), 2
    else:
        place, indent = _end(lines, node), node.value[0][0].start_mark.column
        lines[:place] = _closed(lines[:place], ending)
    added = [f"{' ' * indent}{line}{ending}" for line in _lines(name, scenario)]
    return "".join([*lines[:place], *added, *lines[place:]])


def _most(number: int) -> Term:
    return Term(_LENGTH.zh.format(most=number), _LENGTH.en.format(most=number))


def _unchanged(scenario: Scenario) -> list[Fault]:
    return [] if scenario.changes else [Fault(_NO_CHANGE)]


def _taken(text: str, name: str) -> list[Fault]:
    node = _section(text)
    names = [key.value for key, _ in node.value] if node else []
    return [Fault(_TAKEN, found=name)] if name in names else []


def _section(text: str) -> yaml.MappingNode | None:
    """The node of the file's scenarios, written line by line; ``None`` where there are none."""
    root = yaml.compose(text, Loader=yaml.SafeLoader)
    found = [value for key, value in root.value if key.value == _SECTION] if root else []
    raise_if([Fault(_FLOW, row=node.start_mark.line + 1) for node in found if not _extendable(node)])
    return found[0] if found else None


def _extendable(node: yaml.Node) -> bool:
    return isinstance(node, yaml.MappingNode) and not node.flow_style and bool(node.value)


def _end(lines: list[str], node: yaml.MappingNode) -> int:
    """The line after the section's last one with content, or with a comment that belongs to the section."""
    end = node.end_mark.line + (node.end_mark.column > 0)
    while end > node.start_mark.line and not lines[end - 1].startswith(" "):
        end -= 1
    return end


def _closed(lines: list[str], ending: str) -> list[str]:
    """The lines, the last one ended where the file stops without."""
    return [*lines[:-1], lines[-1].rstrip("\r\n") + ending] if lines else []


def _lines(name: str, scenario: Scenario) -> Iterator[str]:
    yield f"{_word(name)}:"
    yield f"  label: {{zh: {_quoted(scenario.label.zh)}, en: {_quoted(scenario.label.en)}}}"
    yield f"  why: {{zh: {_quoted(scenario.why.zh)}, en: {_quoted(scenario.why.en)}}}"
    yield f"  path: {scenario.path}"
    if scenario.date:
        yield f'  date: "{scenario.date}"'
    yield "  changes:"
    for parameter, change in scenario.changes.items():
        yield f"    {parameter}: {_change(change)}"


def _change(change: Change) -> str:
    way = next(way for way in ("set", "add", "times") if getattr(change, way) is not None)
    return f"{{{way}: {_number(getattr(change, way))}}}"


def _number(value: float | Mapping[int, float]) -> str:
    """A number as it reads back to the last digit."""
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{year}: {_number(one)}" for year, one in value.items()) + "}"
    shown = repr(float(value)).removesuffix(".0")
    # YAML takes 1e-05 for a word: its numbers need the point
    return shown if "e" not in shown or "." in shown else shown.replace("e", ".0e")


def _word(name: str) -> str:
    """A name as it stands; quoted where YAML would read something else, such as ``no``."""
    return name if yaml.safe_load(name) == name else _quoted(name)


def _quoted(words: str) -> str:
    return '"' + words.replace("\\", "\\\\").replace('"', '\\"') + '"'


@contextmanager
def _held(path: Path) -> Iterator[None]:
    """Wait for the lock at ``path`` and hold it; the system lets go of it however the holder ends."""
    file = os.open(path, os.O_RDWR | os.O_CREAT, 0o666)
    try:
        _lock(file)
        yield
    finally:
        os.close(file)


def _read_back(text: str, path: Path) -> Plan:
    """The plan that ``text`` would be, read with the common drivers beside ``path``; faults name ``path``."""
    with TemporaryDirectory(prefix="workbook-") as made:
        folder = Path(made)
        shutil.copytree(path.parent / "common", folder / "common")
        (folder / path.name).write_bytes(text.encode("utf-8"))
        try:
            return load_plan(path.stem, folder)
        except InputError as error:
            file = shown_path(path, ROOT)
            raise InputError([replace(fault, file=file) for fault in error.faults]) from error


def _replace(path: Path, text: str) -> None:
    """Put ``text`` in the file's place in one stroke, on the disk before the old one goes."""
    unfinished = path.with_name(f".{path.name}.unfinished")
    try:
        with unfinished.open("wb") as file:
            file.write(text.encode("utf-8"))
            file.flush()
            os.fsync(file.fileno())
        shutil.copymode(path, unfinished)
        os.replace(unfinished, path)
    finally:
        unfinished.unlink(missing_ok=True)
