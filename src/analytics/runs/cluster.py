"""The same batch on a dask cluster: reports as tasks, published here.

Each dask worker keeps one worker process of ours for every thread it has (:mod:`analytics.runs.worker`), given plans,
data and ledger in a folder of its own; so a cluster's machines need this package installed and nothing shared.  A report
comes back as an archive and is published by the client, with the bytes it would have had here.  Dask gives the reports
of a lost worker to another one.
"""

from __future__ import annotations

import io
import os
import shutil
import zipfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from queue import SimpleQueue
from tempfile import mkdtemp
from typing import TYPE_CHECKING

from analytics.inputs.faults import Fault, InputError
from analytics.inputs.plan_file import load_plan
from analytics.runs.freshness import is_fresh
from analytics.runs.ledger_store import FILE, append, ledger_folder
from analytics.runs.ledger_store import read as read_ledger
from analytics.runs.manifest import source_digest
from analytics.runs.publish import failed_folder, published_whole
from analytics.runs.summary import Outcome, overview
from analytics.runs.worker import Task, Worker
from analytics.terms import Term

if TYPE_CHECKING:
    from distributed import Client
    from distributed import Worker as DaskWorker

LOCAL = "local"
ALLOWED_LOSSES = 5
"""How many workers may be lost over one report before it counts as failed."""

_PLUGIN = "pension-workbook"
_EPOCH = (1980, 1, 1, 0, 0, 0)  # archives of equal folders are equal


@dataclass(frozen=True)
class Delivery:
    """What a dask worker sends back: the outcome, the report (or what was kept of a failed one), its ledger lines."""

    outcome: Outcome
    archive: bytes
    ledger: bytes


def packed(folder: Path) -> bytes:
    """All files of ``folder`` as an archive; of a folder that is not there an empty one."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for path in sorted(path for path in folder.rglob("*") if path.is_file()):
            name = zipfile.ZipInfo(path.relative_to(folder).as_posix(), _EPOCH)
            archive.writestr(name, path.read_bytes(), zipfile.ZIP_DEFLATED)
    return buffer.getvalue()


def unpack(archive: bytes, folder: Path) -> None:
    """Put the files of an archive into ``folder``, which is made where it is not there."""
    folder.mkdir(parents=True, exist_ok=True)
    with zipfile.ZipFile(io.BytesIO(archive)) as content:
        content.extractall(folder)


class Seats:
    """A dask worker's plugin: its worker processes, each with its own copy of plans, data and ledger.

    Parameters
    ----------
    home
        Archives of ``params``, ``data`` and ``ledger``, by name.
    source
        Digest of the client's code; a worker with other code would make other reports and is refused.
    """

    name = _PLUGIN

    def __init__(self, home: dict[str, bytes], source: str) -> None:
        self._home, self._source = home, source

    def setup(self, worker: DaskWorker) -> None:
        """Called by dask when the worker starts."""
        if source_digest() != self._source:
            raise RuntimeError("this dask worker has another version of the workbook installed than the client")
        self._scratch = Path(mkdtemp(prefix="workbook-", dir=worker.local_directory))
        self._free: SimpleQueue[tuple[Worker, Path]] = SimpleQueue()
        self._workers = []
        for number in range(worker.state.nthreads):
            self._free.put(self._seat(self._scratch / str(number)))

    def teardown(self, worker: DaskWorker) -> None:
        """Called by dask when the worker ends."""
        for process in self._workers:
            process.close()
        shutil.rmtree(self._scratch, ignore_errors=True)

    def _seat(self, folder: Path) -> tuple[Worker, Path]:
        for part, archive in self._home.items():
            unpack(archive, folder / "home" / part)
        process = Worker(folder / "home", folder)
        self._workers.append(process)
        return process, folder

    def make(self, task: Task) -> Delivery:
        """Carry out a task in a free worker process."""
        process, folder = self._free.get()
        out, lines = folder / "out" / task.order.plan, folder / "home" / "ledger" / FILE
        before = lines.stat().st_size if lines.is_file() else 0
        try:
            outcome = process.make(replace(task, order=replace(task.order, out=out)), lambda *_: None)
            made = out if outcome.status == "made" else failed_folder(out)
            return Delivery(outcome, packed(made), lines.read_bytes()[before:] if lines.is_file() else b"")
        finally:
            shutil.rmtree(folder / "out", ignore_errors=True)
            self._free.put((process, folder))


def _make(task: Task) -> Delivery:
    from distributed import get_worker

    return get_worker().plugins[_PLUGIN].make(task)


def made_on_cluster(tasks: Sequence[Task], jobs: int, home: Path, address: str) -> Iterator[Outcome]:
    """Outcomes of ``tasks`` as they come, made on the cluster at ``address`` and published here.

    ``local`` starts a cluster of ``jobs`` workers on this machine, on the loopback address alone.

    Raises
    ------
    InputError
        When dask is not installed or the scheduler does not answer.
    """
    yield from (_kept(task, home) for task in tasks if _is_fresh(task, home))
    wanted = {task.order.plan: task for task in tasks if not _is_fresh(task, home)}
    with _client(address, jobs) as client:
        client.register_plugin(_plugin(home))
        yield from _gathered(client, wanted, home)
