"""Wall and processor seconds and private memory of everything a benchmark starts, looked at while it runs."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from threading import Event, Thread
from time import monotonic

import psutil

_LOOK = 0.25  # seconds between two looks at processes and memory
_MB = 1e6


@dataclass
class Cost:
    """Wall and processor seconds of ``reports`` reports; memory as looked at on the way.

    ``peak`` is the most private memory (USS, MB) of all processes together, ``kernel`` that of one kernel, ``workers``
    the resident memory of each lasting worker from look to look.
    """

    reports: int
    seconds: float = 0.0
    cpu: float = 0.0
    peak: float = 0.0
    kernel: float = 0.0
    workers: dict[int, list[float]] = field(default_factory=dict)

    def growth(self) -> float:
        """MB by which a worker has grown from the second third of the run to the last, a hundred reports of its own."""
        grown = [_mean(seen[-len(seen) // 3 :]) - _mean(seen[len(seen) // 3 : -len(seen) // 3]) for seen in self.workers.values()
                 if len(seen) >= 9]  # fmt: skip
        own = self.reports / max(len(self.workers), 1) / 3  # reports between the middles of two thirds
        return _mean(grown) / own * 100 if grown else float("nan")


def _mean(values: list[float]) -> float:
    return sum(values) / len(values)


@contextmanager
def watched(reports: int) -> Iterator[Cost]:
    """Time what happens inside, and look at the processes it starts."""
    cost, over = Cost(reports), Event()
    looking = Thread(target=_look, args=(cost, over))
    looking.start()
    began = monotonic()
    try:
        yield cost
    finally:
        cost.seconds = monotonic() - began
        over.set()
        looking.join()


def _look(cost: Cost, over: Event) -> None:
    spent: dict[int, float] = {}
    while not over.wait(_LOOK):
        total = 0.0
        for process in psutil.Process().children(recursive=True):
            try:
                private, times = process.memory_full_info().uss / _MB, process.cpu_times()
                command = _command(process)
                resident = process.memory_info().rss / _MB
                above = _command(process.parent())
            except (psutil.NoSuchProcess, psutil.AccessDenied):  # it has ended between two looks
                continue
            total += private
            spent[process.pid] = times.user + times.system
            if "warm.parent" in command and "warm.parent" in above:  # a fork keeps the name
                cost.kernel = max(cost.kernel, private)
            if "serve()" in command or "spawn_main" in command:
                cost.workers.setdefault(process.pid, []).append(resident)
        cost.peak = max(cost.peak, total)
    cost.cpu = sum(spent.values())


def _command(process: psutil.Process | None) -> str:
    return " ".join(process.cmdline()) if process else ""
