"""Publish a report's folder whole or not at all.

A run writes into a folder beside the old report and takes its place only when finished.  A run that fails leaves the
old report alone, and nothing an officer has changed or added by hand is ever deleted.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path

from analytics.inputs.faults import Fault, InputError
from analytics.runs.lock import Held, only_one
from analytics.runs.manifest import NAME, verify
from analytics.terms import Term

EVIDENCE = ("notebooks", "*.log")
"""What is kept of a failed run."""


@contextmanager
def published_whole(out: Path, on_kept: Callable[[Path], None] | None = None) -> Iterator[Path]:
    """Yield an empty folder to write a report into; on leaving without an exception it becomes ``out``.

    On an exception ``out`` stays as it was, the run's notebooks and logs are kept in ``<out>.failed`` and the exception
    goes on.  An older report that was changed by hand is not deleted but renamed to ``<out>.edited-1``, -2, …, and
    ``on_kept`` is told where it is.

    Raises
    ------
    InputError
        When ``out`` is a file or a folder with other things in it, when another run is writing to it, or when a program
        holds the old report open; the finished report is then kept in ``<out>.new``.
    """
    out = Path(os.path.abspath(out))
    _refuse_foreign(out)
    out.parent.mkdir(parents=True, exist_ok=True)
    with _only_writer(out):
        _recover(out, on_kept)
        work = _beside(out, ".writing")
        work.mkdir()
        try:
            yield work
        except BaseException:
            _keep_evidence(work, failed_folder(out))
            raise
        _swap(work, out, on_kept)


def tidy(out: Path, on_kept: Callable[[Path], None] | None = None) -> None:
    """Put right what a run that was cut off has left at ``out``; nothing to do costs nothing.

    Raises
    ------
    InputError
        When another run is writing to it.
    """
    if any(_beside(out, suffix).exists() for suffix in (".writing", ".old", ".lock")):
        with _only_writer(out):
            _recover(out, on_kept)


def _beside(out: Path, suffix: str) -> Path:
    """A working place next to ``out``, on the same file system and named so that it is hidden where dots hide."""
    return out.with_name(f".{out.name}{suffix}")


def failed_folder(out: Path) -> Path:
    """Where the notebooks and logs of a failed run for ``out`` are kept."""
    return out.with_name(f"{out.name}.failed")


def _refuse_foreign(out: Path) -> None:
    """Refuse to replace anything but a missing or empty folder or an earlier report."""
    if out.is_dir() and ((out / NAME).is_file() or not any(out.iterdir())):
        return
    if out.exists():
        what = Term("不能覆盖：这里已有其他内容", "will not be replaced: something else is here")
        raise InputError([Fault(what, file=str(out), expected=Term("空文件夹或以前的报告", "no or an earlier report"))])


@contextmanager
def _only_writer(out: Path) -> Iterator[None]:
    """Hold ``out`` for this process."""
    try:
        with only_one(_beside(out, ".lock"), vanishing=True):
            yield
    except Held as holder:
        what = Term("另一次运行正在写这份报告，请等它结束", "another run is writing this report; wait for it to end")
        raise InputError([Fault(what, file=str(out), found=f"PID {holder}" if str(holder) else "")]) from holder


def _recover(out: Path, on_kept: Callable[[Path], None] | None) -> None:
    """Tidy up after a run that was cut off: an old report moved away comes back, a half-written one goes."""
    old, half_written = _beside(out, ".old"), _beside(out, ".writing")
    if old.exists() and not out.exists():
        old.rename(out)
    if old.exists():
        _drop(old, out, on_kept)
    if half_written.exists():
        shutil.rmtree(half_written)


def _keep_evidence(work: Path, failed: Path) -> None:
    """Keep a failed run's notebooks and logs in place of an earlier failure's; the rest of the half report goes."""
    shutil.rmtree(failed, ignore_errors=True)
    for path in [path for pattern in EVIDENCE for path in work.glob(pattern)]:
        failed.mkdir(exist_ok=True)
        path.rename(failed / path.name)
    shutil.rmtree(work)


def _swap(work: Path, out: Path, on_kept: Callable[[Path], None] | None) -> None:
    """Put ``work`` in the place of ``out``: two renames, the shortest gap without links."""
    old = _beside(out, ".old")
    if out.exists():
        _move_away(out, old, work)
    try:
        work.rename(out)
    except OSError:
        if old.exists():
            old.rename(out)
        raise
    if old.exists():
        _drop(old, out, on_kept)
    shutil.rmtree(failed_folder(out), ignore_errors=True)


def _move_away(out: Path, old: Path, work: Path) -> None:
    try:
        out.rename(old)
    except PermissionError as error:  # Windows, while Word or Excel shows one of its files
        ready = out.with_name(f"{out.name}.new")
        shutil.rmtree(ready, ignore_errors=True)
        work.rename(ready)
        what = Term(
            f"旧报告正被其他程序打开，请关闭后重新运行；新报告已完整保存在 {ready}",
            f"the old report is open in a program; close it and run again. The new report is whole in {ready}",
        )
        raise InputError([Fault(what, file=str(out))]) from error


def _drop(old: Path, out: Path, on_kept: Callable[[Path], None] | None) -> None:
    """Delete the replaced report, or keep it when it is not as it was published."""
    if not _edited(old):
        shutil.rmtree(old, ignore_errors=True)  # what a program still holds goes at the next run
        return
    names = (out.with_name(f"{out.name}.edited-{number}") for number in count(1))
    kept = old.rename(next(name for name in names if not name.exists()))
    if on_kept:
        on_kept(kept)


def _edited(report: Path) -> bool:
    """Whether it holds a person's work: files changed or added since it was published, or nothing that tells."""
    if not any(report.iterdir()):
        return False
    try:
        return any(difference.kind != "missing" for difference in verify(report))
    except InputError:
        return True
