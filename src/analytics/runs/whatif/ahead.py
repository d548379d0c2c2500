"""The study opened ahead: a process that kernels are forked from opens it once, and each of them finds it open.

What was written to plans, data or ledger since then counts: a kernel that finds anything changed opens it afresh.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from analytics.places import DATA, PARAMS
from analytics.runs.ledger_store import ledger_folder
from analytics.runs.open_study import open_study
from analytics.runs.written import Written, written
from analytics.terms import Language

if TYPE_CHECKING:
    from analytics.appraisal.study import Study

Asked = tuple[str, str, str, Language]

_ahead: dict[Asked, tuple[Written, Study]] = {}


def open_ahead(*asked: *Asked) -> None:
    """Open a study for the processes that will be forked from this one."""
    now = written(_files())
    _ahead[asked] = now, open_study(*asked)


def open_or_take(*asked: *Asked) -> Study:
    """The study: the one opened ahead, if no file has been written since."""
    then, study = _ahead.get(asked, (None, None))
    if study is None:
        return open_study(*asked)
    if then != written(_files()):
        _forget()
        return open_study(*asked)
    return study


def _forget() -> None:
    """Empty every cache of the package: what they hold was read before something changed."""
    _ahead.clear()
    for name, module in list(sys.modules.items()):
        if name.startswith("analytics."):
            for cached in vars(module).values():
                if hasattr(cached, "cache_clear"):
                    cached.cache_clear()


def _files() -> Iterator[Path]:
    """Every file a study is made from."""
    for folder in (PARAMS, DATA, ledger_folder()):
        yield from (path for path in folder.rglob("*") if path.is_file())
