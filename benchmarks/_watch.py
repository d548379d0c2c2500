"""Wall and processor seconds and private memory of everything a benchmark starts, looked at while it runs."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from itertools import count
from threading import Event, Thread
from time import monotonic

import psutil

_LOOK = 0.25  # seconds between two looks at processor time
_WEIGH = 8  # looks between two at memory: counting a process's pages takes the system a hundredth of a second
_MB = 1e6
_GONE = (psutil.NoSuchProcess, psutil.AccessDenied)  # ended between two looks


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
    own = psutil.Process()
    before = _waited_for(own)
    for look in count():
        ended, running = over.wait(_LOOK), own.children(recursive=True)
        # the most seen, since what a killed process had waited for is in nobody's account
        cost.cpu = max(cost.cpu, _waited_for(own) - before + sum(map(_spent, running)))
        if look % _WEIGH == 0:
            _weigh(cost, running)
        if ended:
            break


def _spent(process: psutil.Process) -> float:
    """Processor seconds of a process and of the children it has waited for: between two looks nothing is lost."""
    with suppress(*_GONE):
        times = process.cpu_times()
        return times.user + times.system + _waited_for(process)
    return 0.0


def _waited_for(process: psutil.Process) -> float:
    times = process.cpu_times()
    return times.children_user + times.children_system


def _weigh(cost: Cost, processes: Sequence[psutil.Process]) -> None:
    total = 0.0
    for process in processes:
        with suppress(*_GONE):
            memory, command = process.memory_full_info(), _command(process)
            total += memory.uss / _MB
            if "warm.parent" in command and "warm.parent" in _command(process.parent()):  # a fork keeps the name
                cost.kernel = max(cost.kernel, memory.uss / _MB)
            if "serve()" in command or "spawn_main" in command:
                cost.workers.setdefault(process.pid, []).append(memory.rss / _MB)
    cost.peak = max(cost.peak, total)


def _command(process: psutil.Process | None) -> str:
    return " ".join(process.cmdline()) if process else ""
