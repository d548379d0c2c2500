"""The log of the page: an officer is told an entry's number, a maintainer finds the entry under it."""

from __future__ import annotations

import logging
from logging.handlers import RotatingFileHandler
from pathlib import Path
from uuid import uuid4

from analytics.places import HOME

LOG = HOME / "reports" / "whatif.log"
_BYTES = 1_000_000
_PAGE = "analytics.whatif"


class NumberedLog(RotatingFileHandler):
    """Entries with a number each; ``number`` is that of the last one, "" before the first."""

    number = ""

    def emit(self, record: logging.LogRecord) -> None:
        """Write the entry under its own number, or under a new one."""
        self.number = record.number = getattr(record, "number", None) or new_number()
        super().emit(record)


def new_number() -> str:
    """A number for an entry: eight hexadecimal digits."""
    return uuid4().hex[:8]


def log_to_file(*names: str, path: Path = LOG) -> NumberedLog:
    """Let loggers, by default the page's own, write to the file and nowhere else."""
    loggers = [logging.getLogger(name) for name in names or (_PAGE,)]
    found = [handler for log in loggers for handler in log.handlers if isinstance(handler, NumberedLog)]
    if found:
        return found[0]
    path.parent.mkdir(parents=True, exist_ok=True)
    handler = NumberedLog(path, maxBytes=_BYTES, backupCount=1, encoding="utf-8", delay=True)
    handler.setFormatter(logging.Formatter("%(asctime)s %(number)s %(message)s"))
    for log in loggers:
        log.handlers[:], log.propagate = [handler], False
        log.setLevel(logging.ERROR)
    return handler
