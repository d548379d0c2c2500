"""Processes that make reports one after another, their libraries loaded once.

A worker is an interpreter started afresh, not a fork: its owner has threads by then, a home is chosen by environment
variable before anything is imported, and Windows has no fork.  Starting one takes some two seconds, once a batch.
Tasks go in and answers come out through its pipes; when the owner's end closes, in whatever way the owner has ended,
the worker ends at once, in the midst of a report too.
"""

from __future__ import annotations

import gc
import os
import pickle
import subprocess
import sys
import traceback
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass
from pathlib import Path
from queue import SimpleQueue
from tempfile import TemporaryDirectory
from threading import Lock, Thread
from time import perf_counter
from typing import BinaryIO

from analytics.inputs.plan_file import load_plan
from analytics.places import HOME, HOME_VARIABLE
from analytics.runs.order import Order, Progress
from analytics.runs.publish import failed_folder
from analytics.runs.summary import Outcome, overview
from analytics.runs.warm.spec import lent
from analytics.terms import Term

Maker = Callable[[Order, Progress], Path]
OnStep = Callable[[str, Term], None]
"""Told the plan and what is being done for it."""

LOG = "report.log"
ATTEMPTS = 2
"""How often a report is tried whose worker was ended from outside, mostly for want of memory."""

_LINGER = 5
"""Seconds a process may take to end once its pipe has closed."""

_CODE = "from analytics.runs.worker import serve; serve()"
_ENVIRONMENT = {"OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"}  # the workers share the cores among themselves


def make_alone(order: Order, progress: Progress) -> Path:
    """Make a report as ``workbook report`` does; the model is imported where the report is made, not by the owner."""
    from analytics.runs.single import make_report

    return make_report(order, progress)


def make_beside_others(order: Order, progress: Progress) -> Path:
    """Make a report with two notebooks running at a time: while one waits for its kernel, the other computes."""
    from analytics.runs.kernels import warm_up

    warm_up()  # once a worker; it goes on while the model is imported here
    from analytics.presentation.pdf import forget_pages
    from analytics.runs.single import make_report

    made = make_report(order, progress, kernels=2)
    if "pdf" in order.formats:
        forget_pages()
    return made


@dataclass(frozen=True)
class Task:
    """An order for a worker; with ``resume`` a report that is still fresh is kept.  ``make`` makes the report."""

    order: Order
    resume: bool = False
    make: Maker = make_beside_others


def perform(task: Task, step: Progress, home: Path = HOME) -> Outcome:
    """Carry out one task; whatever goes wrong becomes a failed outcome with its log, so that a batch goes on."""
    began, plan, steps = perf_counter(), task.order.plan, _Steps(step)
    try:
        kept = task.resume and _is_fresh(task.order, home)
        if not kept:
            task.make(task.order, steps)
        found = overview(load_plan(plan, home / "params"), task.order.out)
        return Outcome(plan, "kept" if kept else "made", perf_counter() - began, overview=found)
    except Exception as error:
        steps.log(task.order.out, traceback.format_exc())
        return Outcome(plan, "failed", perf_counter() - began, _reason(error))


def _is_fresh(order: Order, home: Path) -> bool:
    from analytics.runs.freshness import is_fresh  # and with it the ledger and the model

    return is_fresh(order, home)


def _reason(error: Exception) -> Term:
    """Faults and failures say in both languages what they are; anything else is an error in the program."""
    message = getattr(error, "message", None)
    if callable(message):
        return Term(message("zh"), message("en"))
    told = f"{type(error).__name__}: {error}"
    return Term(f"程序错误，{told}", f"error in the program, {told}")


class _Steps:
    """Passes on what is being done, and remembers it for the log."""

    def __init__(self, step: Progress) -> None:
        self._began, self._step, self._lock = perf_counter(), step, Lock()
        self._lines: list[str] = []

    def __call__(self, term: Term) -> None:
        with self._lock:  # the notebooks tell from threads of their own
            self._lines.append(f"{perf_counter() - self._began:7.1f} s  {term.zh} / {term.en}")
            self._step(term)

    def log(self, out: Path, end: str) -> None:
        write_log(out, "\n".join([*self._lines, end]))


def write_log(out: Path, text: str) -> None:
    """Write the log of a failed report beside the executed copies that were kept of it."""
    folder = failed_folder(out)
    folder.mkdir(parents=True, exist_ok=True)
    (folder / LOG).write_text(text, encoding="utf-8", newline="\n")


# In the worker -------------------------------------------------------------------------------------------------------


def serve() -> None:
    """Answer tasks from standard input on standard output until it closes."""
    answers = os.fdopen(os.dup(sys.stdout.fileno()), "wb")
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())  # what a library prints must not get among the answers
    tasks: SimpleQueue[Task] = SimpleQueue()
    Thread(target=_listen, args=(tasks,), daemon=True).start()
    while True:
        _answer(answers, perform(tasks.get(), lambda step: _answer(answers, step)))
        gc.collect()  # a report's figures and tables hold each other; the next one shall not come on top of them
        if not gc.get_freeze_count():
            gc.freeze()  # modules and common tables, which the first report leaves behind, need not be looked at again


def _listen(tasks: SimpleQueue[Task]) -> None:
    while True:
        try:
            tasks.put(pickle.load(sys.stdin.buffer))
        except (EOFError, OSError):
            os._exit(0)  # the owner is gone or wants no more; a half-written report is nobody's


def _answer(answers: BinaryIO, message: object) -> None:
    try:
        _send(answers, message)
    except OSError:
        os._exit(0)  # as above, found out on the other pipe


def _send(stream: BinaryIO, message: object) -> None:
    stream.write(pickle.dumps(message))
    stream.flush()


# In its owner --------------------------------------------------------------------------------------------------------


def _environment(home: Path) -> dict[str, str]:
    return os.environ | _ENVIRONMENT | {HOME_VARIABLE: str(home)}


class WorkerLost(Exception):
    """A worker ended before it had answered; ``code`` is its exit code, negative for a signal."""

    def __init__(self, code: int) -> None:
        super().__init__(code)
        self.code = code


class Worker:
    """A worker process, started when it is first asked and again when it was lost.

    Parameters
    ----------
    home
        Folder of plans and data.
    scratch
        Folder for its temporary files and what it prints; the owner's to remove.
    variables
        Further environment variables.
    """

    def __init__(self, home: Path, scratch: Path, variables: Mapping[str, str] | None = None) -> None:
        self._scratch, self._closed = scratch, False
        temporary = dict.fromkeys(("TMPDIR", "TEMP", "TMP"), str(scratch))
        self._environment = _environment(home) | temporary | dict(variables or {})
        self._process: subprocess.Popen[bytes] | None = None
        self._lock = Lock()

    def make(self, task: Task, on_step: OnStep) -> Outcome:
        """Have the task carried out; a worker that is lost is replaced and the report tried once more."""
        for _ in range(ATTEMPTS):
            try:
                return self._ask(task, on_step)
            except WorkerLost as lost:
                if self._closed:
                    raise
                reason = _lost(lost.code)
        write_log(task.order.out, f"{reason.zh} / {reason.en}\n{self._printed()}")
        return Outcome(task.order.plan, "failed", message=reason)

    def close(self) -> None:
        """End the process, whatever it is doing."""
        with self._lock:
            self._closed = True
            if self._process:
                self._process.kill()
                self._process.wait()

    def _ask(self, task: Task, on_step: OnStep) -> Outcome:
        process = self._running()
        try:
            _send(process.stdin, task)
            while not isinstance(answer := pickle.load(process.stdout), Outcome):
                on_step(task.order.plan, answer)
            return answer
        except (EOFError, pickle.UnpicklingError, OSError) as error:
            raise WorkerLost(_exit_code(process)) from error

    def _running(self) -> subprocess.Popen[bytes]:
        with self._lock:
            if self._closed:
                raise WorkerLost(0)
            if self._process is None or self._process.poll() is not None:
                self._process = self._started()
            return self._process

    def _started(self) -> subprocess.Popen[bytes]:
        """A fresh process in a session of its own: Ctrl-C is its owner's affair."""
        self._scratch.mkdir(parents=True, exist_ok=True)
        with (self._scratch / "printed.txt").open("ab") as printed:
            return subprocess.Popen([sys.executable, "-c", _CODE], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                    stderr=printed, env=self._environment, start_new_session=True)  # fmt: skip

    def _printed(self) -> str:
        return (self._scratch / "printed.txt").read_text(encoding="utf-8", errors="replace")


def _exit_code(process: subprocess.Popen[bytes]) -> int:
    """The exit code of a process whose pipe has closed; one that lingers is ended."""
    try:
        return process.wait(timeout=_LINGER)
    except subprocess.TimeoutExpired:
        process.kill()
        return process.wait()


def _lost(code: int) -> Term:
    if code == -9:
        return Term("工作进程被强行终止，多为内存不足", "the worker process was killed, mostly for want of memory")
    return Term(f"工作进程意外结束（退出码 {code}）", f"the worker process ended unexpectedly (exit code {code})")


def made_here(tasks: Sequence[Task], jobs: int, home: Path, on_step: OnStep) -> Iterator[Outcome]:
    """Outcomes of ``tasks`` as they come, made by ``jobs`` workers on this machine that share a parent of kernels.

    Closing the iterator, or an exception such as Ctrl-C, ends the workers at once.
    """
    with TemporaryDirectory(prefix="wb-", ignore_cleanup_errors=True) as scratch, lent(_environment(home)) as kernels:
        workers = [Worker(home, Path(scratch) / str(number), kernels) for number in range(jobs)]
        free: SimpleQueue[Worker] = SimpleQueue()
        for worker in workers:
            free.put(worker)

        def made(task: Task) -> Outcome:
            worker = free.get()
            try:
                return worker.make(task, on_step)
            finally:
                free.put(worker)

        pool = ThreadPoolExecutor(jobs)
        try:
            yield from (done.result() for done in as_completed([pool.submit(made, task) for task in tasks]))
        finally:
            for worker in workers:
                worker.close()
            pool.shutdown(cancel_futures=True)
