"""Work that one report needs in several processes, done once: pure results, each under the hash of all it depends on.

A report and its notebooks draw the same charts from the same study.  While the report is being made they share a folder
of its own; who finds a result there takes it, who does not computes it and leaves it for the others.  Names are made of
content, so nothing found can be out of date, and without the folder (plain papermill) everything is computed in place,
to the same bytes.
"""

from __future__ import annotations

import hashlib
import os
import pickle
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import fields, is_dataclass
from functools import wraps
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import ParamSpec, TypeVar

import numpy as np
import pandas as pd
from pydantic import BaseModel

P, T = ParamSpec("P"), TypeVar("T")

VARIABLE = "WORKBOOK_SHARED"
"""Environment variable with the folder that the processes of one report share."""

_here: ContextVar[str] = ContextVar("shared folder", default="")


@contextmanager
def sharing(folder: Path) -> Iterator[dict[str, str]]:
    """Share results in ``folder`` with processes that are given the environment variable yielded."""
    token = _here.set(str(folder))
    try:
        yield {VARIABLE: str(folder)}
    finally:
        _here.reset(token)


def shared_folder() -> str:
    """The folder this process shares results in, "" where it works by itself."""
    return _here.get() or os.environ.get(VARIABLE, "")


def shared(about: object, make: Callable[[], bytes]) -> bytes:
    """What ``make`` returns, made once for all who share a folder.

    Parameters
    ----------
    about
        Everything that ``make`` depends on; see :func:`fingerprint`.
    """
    if not shared_folder():
        return make()
    name = fingerprint(about)
    found = found_shared(name)
    if found is None:
        found = make()
        leave_shared(name, found)
    return found


def once_a_report(work: Callable[P, T]) -> Callable[P, T]:
    """A pure function whose value is worked out once for all who share a folder; its arguments need fingerprints."""

    @wraps(work)
    def found(*given: P.args, **named: P.kwargs) -> T:
        if not shared_folder():
            return work(*given, **named)
        about = f"{work.__module__}.{work.__qualname__}", given, named
        return pickle.loads(shared(about, lambda: pickle.dumps(work(*given, **named))))

    return found


def found_shared(name: str) -> bytes | None:
    """What was left under ``name``, if anything."""
    try:
        return (Path(shared_folder()) / name).read_bytes() if shared_folder() else None
    except FileNotFoundError:
        return None


def leave_shared(name: str, content: bytes) -> None:
    """Leave ``content`` under ``name``, whole at once: others may be leaving the same."""
    with NamedTemporaryFile(dir=shared_folder(), delete=False) as unfinished:
        unfinished.write(content)
    os.replace(unfinished.name, Path(shared_folder()) / name)


def fingerprint(value: object) -> str:
    """SHA-256 of a value's content: equal content gives equal names in every process.

    Raises
    ------
    TypeError
        For a value whose content is not known, such as a function.
    """
    digest = hashlib.sha256()
    for part in _content(value):
        digest.update(part)
    return digest.hexdigest()


_PLAIN = {type(None), bool, int, float, str, bytes}
"""Types whose values tell all they are, type included, when they are written out."""


def _content(value: object) -> Iterator[bytes]:
    """The value's type, then what it holds, every part of known length or closed by a mark."""
    yield f"{type(value).__qualname__}:".encode()
    match value:
        case None | bool() | int() | float() | str() | bytes():
            yield repr(value).encode() + b";"
        case list() | tuple() if _PLAIN.issuperset(map(type, value)):
            yield repr(value).encode() + b";"  # at once: columns of tables are long
        case np.ndarray() if value.dtype != object:
            yield f"{value.dtype}{value.shape};".encode() + np.ascontiguousarray(value).tobytes()
        case np.ndarray() | np.generic():
            yield from _content(value.tolist())
        case pd.DataFrame():
            columns = [value.iloc[:, place].to_numpy() for place in range(value.shape[1])]
            yield from _content([value.columns.tolist(), value.index.to_numpy(), columns])
        case pd.Series():
            yield from _content([value.name, value.index.to_numpy(), value.to_numpy()])
        case BaseModel():
            yield value.model_dump_json().encode() + b";"
        case Mapping():
            yield from _content(list(value.items()))
        case Sequence():
            yield f"{len(value)};".encode()
            for item in value:
                yield from _content(item)
        case _ if is_dataclass(value) and not isinstance(value, type):
            yield from _content([(field.name, getattr(value, field.name)) for field in fields(value)])
        case _:
            raise TypeError(f"the content of {type(value).__qualname__} is not known")
