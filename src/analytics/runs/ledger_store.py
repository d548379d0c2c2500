"""The ledger on disk: one line of JSON a report, only ever added to, each line proof of its own completeness.

A line is ``{"length": bytes, "sha256": digest, "payload": batch}``.  A write that was cut off spoils its own line and no
other: reading names the line and goes on, and the next entry begins on a fresh one.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd
from pydantic import ValidationError

from analytics.appraisal.ledger import Batch, Ledger
from analytics.appraisal.vintage import batch_of
from analytics.inputs.faults import Fault, shown_path
from analytics.inputs.history import load_history
from analytics.places import HOME, ROOT
from analytics.runs.lock import lock
from analytics.runs.manifest import Manifest
from analytics.terms import Language, Term

if TYPE_CHECKING:
    from analytics.appraisal.study import Study
    from analytics.presentation.pictures import Content

VARIABLE = "WORKBOOK_LEDGER"
"""Environment variable that names another folder, say one on a drive the office shares."""
FILE = "forecasts.jsonl"

_LINE = re.compile(rb'\{"length":(\d+),"sha256":"([0-9a-f]{64})","payload":(.*)\}', re.DOTALL)
_HEAD = re.compile(rb'\{"length":(\d+),"sha256":"[0-9a-f]{64}","payload":')
_BEGIN = b'{"length":'
_TORN = Term("这一行没有写完，写入曾被中断", "the line is incomplete: writing it was cut off")
_CHANGED = Term("这一行与写入时不同", "the line is not as it was written")
_STRANGE = Term(
    "这一行的内容无法识别，可能由更新的版本写入", "the line's content is unknown, perhaps of a newer release"
)


def ledger_folder(home: Path = HOME) -> Path:
    """Where the ledger lies: the folder named by ``WORKBOOK_LEDGER``, else ``ledger`` beside the plans and data."""
    named = os.environ.get(VARIABLE)
    return Path(named) if named else home / "ledger"


def enter(study: Study, manifest: Manifest, folder: Path | None = None) -> bool:
    """Enter a published report's forecasts; ``False`` when this very report is there already."""
    id = hashlib.sha256(manifest.repeatable().encode()).hexdigest()
    return append(batch_of(study, id, manifest.clock.started), folder)


def append(batch: Batch, folder: Path | None = None) -> bool:
    """Add ``batch`` as one line; ``False`` when one with its id is there already.

    Other processes wait meanwhile; the line is on the disk when this returns.

    Raises
    ------
    OSError
        When the folder cannot be written to.
    """
    path = (folder or ledger_folder()) / FILE
    path.parent.mkdir(parents=True, exist_ok=True)
    with _held(path, os.O_RDWR | os.O_CREAT | os.O_APPEND) as file:
        written = _content(file)
        if _holds(written, batch.id):
            return False
        fresh = b"" if written.endswith(b"\n") or not written else b"\n"
        _write(file, fresh + _line(batch))
        os.fsync(file)
    return True


def read(folder: Path | None = None, plan: str = "") -> Ledger:
    """Everything in the ledger that is sound, and a fault with its line number for everything that is not.

    With ``plan`` the entries of other plans are only checked for being whole: a batch of thousands of reports would
    otherwise hold them all for each.
    """
    path = (folder or ledger_folder()) / FILE
    if not path.is_file():
        return Ledger(())
    with _held(path, os.O_RDONLY) as file:
        lines = _content(file).split(b"\n")
    found = [_read_line(line, number, path, plan) for number, line in enumerate(lines, 1) if line]
    batches = tuple(item for item in found if isinstance(item, Batch))
    return Ledger(batches, tuple(item for item in found if isinstance(item, Fault)))


@contextmanager
def _held(path: Path, flags: int) -> Iterator[int]:
    """The open file, into which nobody else writes; the system lets go when it is closed, however that happens."""
    file = os.open(path, flags | getattr(os, "O_BINARY", 0), 0o666)
    try:
        lock(file, alone=flags != os.O_RDONLY)
        yield file
    finally:
        os.close(file)


def _content(file: int) -> bytes:
    os.lseek(file, 0, os.SEEK_SET)
    parts = []
    while part := os.read(file, 1 << 20):
        parts.append(part)
    return b"".join(parts)


def _write(file: int, line: bytes) -> None:
    while line:  # the system may take only a part at a time
        line = line[os.write(file, line) :]


def _line(batch: Batch) -> bytes:
    payload = batch.model_dump_json().encode()
    return b'{"length":%d,"sha256":"%s","payload":%s}\n' % (len(payload), _digest(payload), payload)


def _digest(payload: bytes) -> bytes:
    return hashlib.sha256(payload).hexdigest().encode()


def _payload(line: bytes) -> bytes | None:
    """What the line carries, if it is as it was written."""
    match = _LINE.fullmatch(line)
    sound = match is not None and len(match[3]) == int(match[1]) and _digest(match[3]) == match[2]
    return match[3] if match and sound else None


def _holds(written: bytes, id: str) -> bool:
    begin = b'{"id":"%s"' % id.encode()
    return any((_payload(line) or b"").startswith(begin) for line in written.split(b"\n") if begin in line)


def _read_line(line: bytes, number: int, path: Path, plan: str = "") -> Batch | Fault | None:
    """What a line holds; nothing when it is whole and another plan's."""
    payload = _payload(line)
    if payload is None:
        return Fault(_TORN if _is_short(line) else _CHANGED, file=shown_path(path, ROOT), row=number)
    if plan and b'"plan":%s' % json.dumps(plan, ensure_ascii=False).encode() not in payload:
        return None
    try:
        return Batch.model_validate_json(payload)
    except ValidationError as error:
        wrong = error.errors()[0]
        return Fault(_STRANGE, file=shown_path(path, ROOT), row=number, column=".".join(map(str, wrong["loc"])),
                     found=wrong["msg"])  # fmt: skip


def _is_short(line: bytes) -> bool:
    """Whether the line ends before the length that stands at its beginning, or within its beginning."""
    head = _HEAD.match(line)
    return len(line) < head.end() + int(head[1]) + 1 if head else line.startswith(_BEGIN[: len(line)])


def ledger_report(plan: str | None = None, language: Language = "zh", folder: Path | None = None) -> list[Content]:
    """The ledger for reading: the damaged lines, then each plan's forecasts against actuals and their revisions.

    Raises
    ------
    InputError
        When the history of a plan's region cannot be read.
    """
    from analytics.presentation.document import Heading
    from analytics.presentation.sections.ledger import overview, trouble

    ledger = read(folder)
    blocks = trouble(ledger, language)
    for name in [plan] if plan else ledger.plans:
        batches = ledger.of(name)
        history = load_history(batches[-1].region) if batches else pd.DataFrame()
        blocks += [Heading(1, name), *overview(batches, history, language)]
    return blocks
