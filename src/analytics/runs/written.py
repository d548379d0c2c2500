"""Have files been written since they were read?  Told by their length and the time of their last change."""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path

Written = frozenset[tuple[str, int, int]]
"""Of each file: path, bytes, nanoseconds of the last change; the latter two are −1 where there is none."""


def written(files: Iterable[Path | str]) -> Written:
    """How ``files`` stand now; equal as long as none of them is written, removed or put there."""
    return frozenset((str(file), *_stamp(file)) for file in files)


def _stamp(file: Path | str) -> tuple[int, int]:
    try:
        state = os.stat(file)
    except FileNotFoundError:
        return -1, -1
    return state.st_size, state.st_mtime_ns
