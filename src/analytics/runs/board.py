"""What a batch shows while it runs: a line redrawn on a terminal, a line a report elsewhere."""

from __future__ import annotations

import shutil
import sys
from itertools import accumulate
from threading import Lock
from time import monotonic
from typing import TextIO
from unicodedata import east_asian_width

from analytics.runs.summary import STATUSES, Outcome
from analytics.terms import Language, Term, text

_CLEAR = "\r\x1b[K"
_BAR = 20
_WORDS = {
    "line": Term("{bar} {done}/{total}　失败 {failed}　剩余 {left}　正在：{running}",
                 "{bar} {done}/{total}  failed {failed}  left {left}  running: {running}"),
    "finished": Term("{done}/{total} {plan}：{status}，{seconds:.1f} 秒（剩余 {left}）",
                     "{done}/{total} {plan}: {status}, {seconds:.1f} s (left {left})"),
    "failed": Term("{done}/{total} {plan}：失败：{message}", "{done}/{total} {plan}: failed: {message}"),
}  # fmt: skip


class Board:
    """Told of every step and every finished report, it shows how far a batch of ``total`` reports has got."""

    def __init__(self, total: int, language: Language = "zh", stream: TextIO | None = None) -> None:
        self._total, self._language, self._stream = total, language, stream or sys.stderr
        self._terminal = self._stream.isatty()
        self._began, self._done, self._made, self._failed = monotonic(), 0, 0, 0
        self._running: dict[str, Term] = {}
        self._lock = Lock()

    def step(self, plan: str, what: Term) -> None:
        """``plan`` is at ``what`` now."""
        with self._lock:
            self._running[plan] = what
            self._draw()

    def finished(self, outcome: Outcome) -> None:
        """A report is made, kept or failed; failures are told as they come, everything where no line can be redrawn."""
        with self._lock:
            self._running.pop(outcome.plan, None)
            self._done += 1
            self._made += outcome.status == "made"
            self._failed += outcome.status == "failed"
            if outcome.status == "failed" or not self._terminal:
                self._print(self._told(outcome))
            self._draw()

    def say(self, line: str) -> None:
        """Print a line of its own."""
        with self._lock:
            self._print(line)

    def left(self) -> str:
        """Time left, ``m:ss``, at the rate so far of reports that had to be made; ``—`` before the first."""
        worked = self._made + self._failed
        if not worked:
            return "—"
        seconds = (monotonic() - self._began) / worked * (self._total - self._done)
        return f"{seconds // 60:.0f}:{seconds % 60:02.0f}"

    def _told(self, outcome: Outcome) -> str:
        told = _WORDS["failed" if outcome.status == "failed" else "finished"]
        return text(told, self._language, done=self._done, total=self._total, plan=outcome.plan,
                    status=text(STATUSES[outcome.status], self._language), seconds=outcome.seconds, left=self.left(),
                    message=text(outcome.message, self._language))  # fmt: skip

    def _print(self, line: str) -> None:
        print(f"{_CLEAR if self._terminal else ''}{line}", file=self._stream, flush=True)

    def _draw(self) -> None:
        if self._terminal:
            filled = _BAR * self._done // max(self._total, 1)
            running = ", ".join(f"{plan} {text(what, self._language)}" for plan, what in self._running.items())
            line = text(_WORDS["line"], self._language, bar="█" * filled + "░" * (_BAR - filled), done=self._done,
                        total=self._total, failed=self._failed, left=self.left(), running=running)  # fmt: skip
            print(
                _CLEAR + _fitting(line, shutil.get_terminal_size().columns - 1), end="", file=self._stream, flush=True
            )


def _fitting(line: str, columns: int) -> str:
    """As much of ``line`` as fits; Chinese characters take two columns."""
    ends = accumulate(2 if east_asian_width(character) in "WF" else 1 for character in line)
    return "".join(character for character, end in zip(line, ends, strict=True) if end <= columns)
