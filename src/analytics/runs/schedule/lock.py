"""A lock that only one process of the machine can hold.

The operating system drops it when its holder ends, however it ends; the file itself stays and means nothing.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

if sys.platform == "win32":
    import msvcrt

    def _lock(file: IO[str]) -> None:
        file.seek(1 << 20)  # far behind the process number, which others must be able to read
        msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)
        file.seek(0)

else:
    import fcntl

    def _lock(file: IO[str]) -> None:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)


class Held(Exception):
    """Another process holds the lock; the text is its process number."""


@contextmanager
def only_one(path: Path) -> Iterator[None]:
    """Hold the lock at ``path`` while the block runs.

    Raises
    ------
    Held
        At once, when another process has it.
    """
    with path.open("a+", encoding="ascii") as file:
        try:
            _lock(file)
        except OSError as error:
            raise Held(path.read_text(encoding="ascii")) from error
        file.truncate(0)
        file.write(str(os.getpid()))
        file.flush()
        yield
