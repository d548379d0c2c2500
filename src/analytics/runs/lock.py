"""Locks on files between processes of one machine.

The operating system drops a lock when its holder ends, however it ends; a lock file that stays behind means nothing.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

if sys.platform == "win32":
    import msvcrt

    _BYTE = 1 << 30  # far behind what is written: others must be able to read that

    def lock(file: int, *, alone: bool = True, wait: bool = True) -> None:
        """Lock the file of a descriptor: ``alone``, or along with others who do not ask to be alone.

        Raises
        ------
        OSError
            Without ``wait``, when another process has locked it.
        """
        os.lseek(file, _BYTE, os.SEEK_SET)
        msvcrt.locking(file, msvcrt.LK_LOCK if wait else msvcrt.LK_NBLCK, 1)
        os.lseek(file, 0, os.SEEK_SET)

else:
    import fcntl

    def lock(file: int, *, alone: bool = True, wait: bool = True) -> None:
        """Lock the file of a descriptor: ``alone``, or along with others who do not ask to be alone.

        Raises
        ------
        OSError
            Without ``wait``, when another process has locked it.
        """
        fcntl.flock(file, (fcntl.LOCK_EX if alone else fcntl.LOCK_SH) | (0 if wait else fcntl.LOCK_NB))


class Held(Exception):
    """Another process holds the lock; the text is its process number."""


@contextmanager
def only_one(path: Path, *, vanishing: bool = False) -> Iterator[None]:
    """Hold the lock at ``path`` while the block runs; a ``vanishing`` one is removed afterwards.

    Raises
    ------
    Held
        At once, when another process has it.
    """
    with path.open("a+", encoding="ascii") as file:
        try:
            lock(file.fileno(), wait=False)
            if vanishing and not os.path.samestat(os.fstat(file.fileno()), path.stat()):
                raise BlockingIOError  # its last holder has just removed it
        except OSError as error:
            raise Held(path.read_text(encoding="ascii") if path.exists() else "") from error
        file.truncate(0)
        file.write(str(os.getpid()))
        file.flush()
        try:
            yield
        finally:
            if vanishing:
                with suppress(PermissionError):  # Windows keeps a file that is open; it does no harm
                    path.unlink()
