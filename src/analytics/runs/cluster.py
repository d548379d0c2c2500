"""The same batch on a dask cluster: reports as tasks, published here.

Each dask worker keeps one worker process of ours for every thread it has (:mod:`analytics.runs.worker`), given plans,
data and ledger in a folder of its own; so a cluster's machines need this package installed and nothing shared.  A report
comes back as an archive and is published by the client, with the bytes it would have had here.  Dask gives the reports
of a lost worker to another one.
"""

from __future__ import annotations

import io
import logging
import shutil
import zipfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from queue import SimpleQueue
from tempfile import TemporaryDirectory, mkdtemp

from distributed import Client, Future, LocalCluster, WorkerPlugin, as_completed, get_worker
from distributed import Worker as DaskWorker

from analytics.inputs.faults import Fault, InputError
from analytics.inputs.plan_file import load_plan
from analytics.runs.freshness import is_fresh
from analytics.runs.ledger_store import FILE, VARIABLE, append, ledger_folder
from analytics.runs.ledger_store import read as read_ledger
from analytics.runs.manifest import source_digest
from analytics.runs.publish import failed_folder, published_whole
from analytics.runs.summary import Outcome, overview
from analytics.runs.worker import OnStep, Task, Worker
from analytics.terms import Term

LOCAL = "local"
_PATIENCE = "10s"  # until a scheduler counts as not there
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


class Seats(WorkerPlugin):
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
        """Called by dask when the worker starts.

        Raises
        ------
        RuntimeError
            When the worker has other code than the client.
        """
        if source_digest() != self._source:
            raise RuntimeError("this dask worker has another version of the workbook installed than the client")
        self._scratch = Path(mkdtemp(prefix="wb-"))
        self._seats = [self._seat(self._scratch / str(number)) for number in range(worker.state.nthreads)]
        self._free: SimpleQueue[_Seat] = SimpleQueue()
        for seat in self._seats:
            self._free.put(seat)

    def teardown(self, worker: DaskWorker) -> None:
        """Called by dask when the worker ends."""
        for seat in self._seats:
            seat.process.close()
        shutil.rmtree(self._scratch, ignore_errors=True)

    def make(self, task: Task) -> Delivery:
        """Carry out a task in a free worker process."""
        seat = self._free.get()
        try:
            return seat.make(task)
        finally:
            self._free.put(seat)

    def _seat(self, folder: Path) -> _Seat:
        for part, archive in self._home.items():
            unpack(archive, folder / "home" / part)
        variables = {VARIABLE: str(folder / "home" / "ledger")}
        return _Seat(Worker(folder / "home", folder, variables), folder)


@dataclass(frozen=True)
class _Seat:
    """A worker process and its folder."""

    process: Worker
    folder: Path

    def make(self, task: Task) -> Delivery:
        out, ledger = self.folder / "out" / task.order.plan, self.folder / "home" / "ledger" / FILE
        before = ledger.stat().st_size if ledger.is_file() else 0
        try:
            outcome = self.process.make(replace(task, order=replace(task.order, out=out)), lambda *_: None)
            made = out if outcome.status == "made" else failed_folder(out)
            return Delivery(outcome, packed(made), ledger.read_bytes()[before:] if ledger.is_file() else b"")
        finally:
            shutil.rmtree(self.folder / "out", ignore_errors=True)


def _make(task: Task) -> Delivery:
    return get_worker().plugins[_PLUGIN].make(task)


# In the client -------------------------------------------------------------------------------------------------------


def made_on_cluster(tasks: Sequence[Task], jobs: int, home: Path, address: str, on_step: OnStep) -> Iterator[Outcome]:
    """Outcomes of ``tasks`` as they come, made on the cluster at ``address`` and published here.

    ``local`` starts a cluster of ``jobs`` workers on this machine, on the loopback address alone.  What a worker is at
    is not told, only that a report has been handed over.

    Raises
    ------
    InputError
        When no scheduler answers at ``address``.
    """
    fresh = {task.order.plan for task in tasks if _is_fresh(task, home)}
    yield from (_kept(task, home) for task in tasks if task.order.plan in fresh)
    wanted = [task for task in tasks if task.order.plan not in fresh]
    if not wanted:
        return
    with _client(address, jobs) as client:
        client.register_plugin(Seats(_packed_home(home), source_digest()))
        futures = {client.submit(_make, task, pure=False): task for task in wanted}
        for task in wanted:
            on_step(task.order.plan, Term("已交给集群", "handed to the cluster"))
        yield from (_received(future, futures[future], home) for future in as_completed(futures))


def _is_fresh(task: Task, home: Path) -> bool:
    try:
        return task.resume and is_fresh(task.order, home)
    except InputError:  # the report's own outcome will say what is wrong
        return False


def _kept(task: Task, home: Path) -> Outcome:
    plan = task.order.plan
    return Outcome(plan, "kept", overview=overview(load_plan(plan, home / "params"), task.order.out))


def _packed_home(home: Path) -> dict[str, bytes]:
    folders = {"params": home / "params", "data": home / "data", "ledger": ledger_folder(home)}
    return {name: packed(folder) for name, folder in folders.items()}


@contextmanager
def _client(address: str, jobs: int) -> Iterator[Client]:
    if address != LOCAL:
        with _connected(address) as client:
            yield client
        return
    quiet = {"dashboard_address": None, "worker_dashboard_address": None, "silence_logs": logging.CRITICAL}
    with (
        LocalCluster(n_workers=jobs, threads_per_worker=1, host="127.0.0.1", **quiet) as cluster,
        Client(cluster) as client,
    ):
        yield client


def _connected(address: str) -> Client:
    try:
        return Client(address, timeout=_PATIENCE)
    except (OSError, ValueError) as error:
        what = Term("没有可用的 dask 调度器", "no dask scheduler answers")
        raise InputError([Fault(what, column="--dask", found=address, expected="tcp://主机:8786")]) from error


def _received(future: Future, task: Task, home: Path) -> Outcome:
    """Publish what came back; a report whose workers were lost again and again has failed."""
    plan = task.order.plan
    try:
        delivery = future.result()
        future.release()  # the archive need not stay on the cluster
        _publish(delivery, task.order.out)
        _enter(delivery.ledger, home)
    except InputError as error:
        return Outcome(plan, "failed", message=Term(error.message("zh"), error.message("en")))
    except Exception as error:
        told = f"{type(error).__name__}: {error}"
        return Outcome(plan, "failed", message=Term(f"集群未能完成：{told}", f"lost in the cluster: {told}"))
    return delivery.outcome


def _publish(delivery: Delivery, out: Path) -> None:
    if delivery.outcome.status == "made":
        with published_whole(out) as folder:
            unpack(delivery.archive, folder)
    else:
        shutil.rmtree(failed_folder(out), ignore_errors=True)
        unpack(delivery.archive, failed_folder(out))


def _enter(lines: bytes, home: Path) -> None:
    """Add what a report entered there to the ledger here."""
    with TemporaryDirectory() as folder:
        (Path(folder) / FILE).write_bytes(lines)
        for batch in read_ledger(Path(folder)).batches:
            append(batch, ledger_folder(home))
