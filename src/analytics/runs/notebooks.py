"""Run a notebook and know truly how it ended.

papermill injects the parameters and drives the kernel.  What it lets pass is caught here: a dead kernel, a timeout or a
notebook that stopped half-way is a failure.  Only a notebook that showed its end stamp is put in its place, whole.
"""

from __future__ import annotations

import logging
import math
import os
import threading
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from time import monotonic
from typing import TYPE_CHECKING, Literal, NamedTuple, NoReturn

from analytics.inputs.faults import raise_if
from analytics.runs.parameters import Parameters, Value, check_parameters, prepared
from analytics.terms import Language, Term, text

if TYPE_CHECKING:
    from jupyter_client.manager import KernelManager
    from nbformat import NotebookNode
    from papermill.clientwrap import PapermillNotebookClient

Kind = Literal["error", "dead kernel", "timeout", "early exit"]
OnCell = Callable[[int, int, str], None]

STAMP = "application/vnd.workbook.stamp+json"
"""What the last code cell of every notebook displays: a mapping with at least ``digest``."""

FAILED_SUFFIX = ".failed.ipynb"

_ENDINGS: dict[Kind, Term] = {
    "error": Term("运行出错", "failed with an error"),
    "dead kernel": Term("计算进程意外终止", "lost its kernel"),
    "timeout": Term("运行超时", "ran out of time"),
    "early exit": Term("没有运行到结尾", "stopped before its end"),
}
_log = logging.getLogger(__name__)
_log.addHandler(logging.NullHandler())  # failures are raised; nbclient's own lines would tell them twice


@dataclass(frozen=True)
class NotebookJob:
    """A notebook to run: where it is, where its executed copy goes, and with which parameters."""

    source: Path
    output: Path
    parameters: Parameters = field(default_factory=dict)


@dataclass(frozen=True)
class NotebookRun:
    """A notebook that ran to its end: seconds it took, code cells executed, and the stamp it showed last."""

    seconds: float
    cells: int
    stamp: dict[str, Value]


@dataclass(eq=False)
class NotebookFailed(Exception):
    """A notebook that did not run to its end.

    ``cell`` counts executed code cells from 1, as ``[n]`` in the kept copy (0: the kernel never answered); ``title`` is
    the nearest heading above it; ``error`` is the exception's name where there is one; ``copy`` is what was kept.
    """

    notebook: str
    kind: Kind
    cell: int
    title: str
    reason: Term
    error: str = ""
    copy: Path | None = None

    def message(self, language: Language = "zh") -> str:
        """One line, e.g. ``02-fund.ipynb 运行出错：第 5 个代码单元（征缴收入）：ValueError: …``."""
        error = f"{self.error}: " if self.error else ""
        parts = [f"{self.notebook} {text(_ENDINGS[self.kind], language)}", self._place(language)]
        parts.append(error + text(self.reason, language))
        return ("：" if language == "zh" else ": ").join(part for part in parts if part)

    def _place(self, language: Language) -> str:
        if not self.cell:
            return ""
        if language == "zh":
            return f"第 {self.cell} 个代码单元" + (f"（{self.title}）" if self.title else "")
        return f"code cell {self.cell}" + (f" ({self.title})" if self.title else "")

    def __str__(self) -> str:
        return self.message("zh")


Outcome = NotebookRun | NotebookFailed | None


def run_notebook(
    source: Path,
    output: Path,
    parameters: Parameters,
    *,
    timeout: int,
    on_cell: OnCell | None = None,
    warm: bool = False,
    variables: Mapping[str, str] | None = None,
) -> NotebookRun:
    """Execute ``source`` with ``parameters`` in this interpreter's own kernel and put the executed copy at ``output``.

    Parameters
    ----------
    timeout : seconds the whole notebook may take.
    on_cell : called as ``on_cell(number, total, title)`` before each code cell.
    warm : whether to fork the kernel from a parent that has the libraries imported: dearer once, cheaper each time.
    variables : further environment variables of the kernel.

    Raises
    ------
    InputError
        Unknown parameters or wrong types, all at once, before a kernel starts.
    NotebookFailed
        The notebook did not reach its end stamp.  ``output`` is left as it was; the copy with the failure on top is
        kept beside it as ``….failed.ipynb``.
    """
    raise_if(check_parameters(source, parameters))
    started = monotonic()
    notebook = prepared(source, parameters)
    progress = _Progress(source.name, _steps(notebook), on_cell)
    try:
        _execute(notebook, source.parent, timeout, progress, warm, variables or {})
        stamp = _stamp(notebook, progress)
    except NotebookFailed as failure:
        failure.copy = _keep_failed(notebook, output, failure)
        raise
    _write_whole(notebook, output)
    _failed_copy(output).unlink(missing_ok=True)
    return NotebookRun(monotonic() - started, len(progress.steps), stamp)


def run_notebooks(
    jobs: Sequence[NotebookJob],
    *,
    timeout: int,
    workers: int = 2,
    on_cell: Callable[[NotebookJob, int, int, str], None] | None = None,
    variables: Mapping[str, str] | None = None,
) -> list[Outcome]:
    """Run several notebooks in warm kernels, ``workers`` side by side; outcomes come back in the order of ``jobs``.

    After a first failure no further notebook is started (its outcome is ``None``), those running are let finish.
    ``on_cell(job, number, total, title)`` is called from the workers' threads.

    Raises
    ------
    InputError
        Faults in the parameters of any job, all at once, before the first kernel starts.
    """
    raise_if([fault for job in jobs for fault in check_parameters(job.source, job.parameters)])
    failed, interrupted = threading.Event(), threading.Event()

    def report(job: NotebookJob, number: int, total: int, title: str) -> None:
        if interrupted.is_set():
            raise KeyboardInterrupt
        if on_cell:
            on_cell(job, number, total, title)

    def attempt(job: NotebookJob) -> Outcome:
        if failed.is_set():
            return None
        try:
            return run_notebook(
                job.source, job.output, job.parameters,
                timeout=timeout, on_cell=partial(report, job), warm=len(jobs) > 1, variables=variables,
            )  # fmt: skip
        except NotebookFailed as failure:
            failed.set()
            return failure

    with ThreadPoolExecutor(workers) as pool:
        try:
            return list(pool.map(attempt, jobs))
        except BaseException:  # Ctrl-C or a full disk: running notebooks stop at their next cell
            interrupted.set()
            raise


# Running it -------------------------------------------------------------------------------------------------------


class _Step(NamedTuple):
    """A code cell: its number from 1 and the heading it stands under."""

    number: int
    title: str


_NOT_STARTED = _Step(0, "")


def _steps(notebook: NotebookNode) -> dict[int, _Step]:
    """The code cells that will be executed, by position in the notebook."""
    steps: dict[int, _Step] = {}
    title = ""
    for position, cell in enumerate(notebook.cells):
        if cell.cell_type == "markdown":
            headings = [line for line in cell.source.splitlines() if line.startswith("#")]
            title = headings[-1].lstrip("#").strip() if headings else title
        elif cell.cell_type == "code" and cell.source.strip():
            steps[position] = _Step(len(steps) + 1, title)
    return steps


@dataclass
class _Progress:
    """Where a run has got to: told by nbclient before each code cell, it tells ``on_cell`` and dates a failure."""

    notebook: str
    steps: dict[int, _Step]
    on_cell: OnCell | None
    step: _Step = _NOT_STARTED

    def __call__(self, cell: NotebookNode, cell_index: int) -> None:
        self.step = self.steps[cell_index]
        if self.on_cell:
            self.on_cell(self.step.number, len(self.steps), self.step.title)

    def failure(self, kind: Kind, reason: Term, error: str = "") -> NotebookFailed:
        return NotebookFailed(self.notebook, kind, *self.step, reason, error)


def _execute(
    notebook: NotebookNode, folder: Path, timeout: int, progress: _Progress, warm: bool, variables: Mapping[str, str]
) -> None:
    """Run all cells of ``notebook`` in ``folder``, its outputs written into it; a failure raises NotebookFailed."""
    from nbclient.exceptions import CellTimeoutError, DeadKernelError

    from analytics.runs.kernels import kernel_environment, own_kernel

    with TemporaryDirectory(prefix="workbook-", ignore_cleanup_errors=True) as private:
        kernel, environment = own_kernel(Path(private), warm), kernel_environment(Path(private), variables)
        try:
            _client(notebook, kernel, timeout, progress).execute(cleanup_kc=True, cwd=str(folder), env=environment)
        except CellTimeoutError as error:
            raise progress.failure("timeout", Term(f"超过 {timeout} 秒", f"longer than {timeout} s")) from error
        except DeadKernelError as error:
            raise _dead(kernel, progress) from error
        except RuntimeError as error:  # raised when a kernel never answers
            if progress.step != _NOT_STARTED:
                raise
            raise progress.failure("dead kernel", Term("计算进程没有启动", "the kernel did not start")) from error
    _raise_for_failed_cell(notebook, progress)


def _client(
    notebook: NotebookNode, kernel: KernelManager, timeout: int, progress: _Progress
) -> PapermillNotebookClient:
    """papermill's client on ``kernel``; each cell may take what is left of ``timeout`` seconds from now."""
    from papermill.clientwrap import PapermillNotebookClient
    from papermill.engines import NotebookExecutionManager

    end = monotonic() + timeout
    manager = NotebookExecutionManager(notebook, progress_bar=False)
    manager.notebook_start()
    return PapermillNotebookClient(
        manager,
        km=kernel,
        timeout_func=lambda cell: max(1, math.ceil(end - monotonic())),
        iopub_timeout=timeout,
        on_cell_execute=progress,
        shutdown_kernel="immediate",  # it has shown its stamp or failed, and has nothing left to tell
        record_timing=False,
        coalesce_streams=True,
        extra_arguments=["--log-level=CRITICAL", "--HistoryManager.hist_file=:memory:"],  # no chatter, no traces
        log=_log,
    )


def _dead(kernel: KernelManager, progress: _Progress) -> NotebookFailed:
    """Why the kernel's process is gone: it left of itself (``exit()``), or it was ended."""
    code = kernel.provisioner.process.poll()
    if code == 0:
        return progress.failure("early exit", Term("单元结束了计算进程", "the cell ended the kernel"))
    return progress.failure("dead kernel", _exit_reason(code))


def _exit_reason(code: int) -> Term:
    """A process's exit code in words; a negative one is the signal that ended it."""
    if code >= 0:
        return Term(f"退出码 {code}", f"exit code {code}")
    zh, en = ("，多为内存不足", ", mostly for want of memory") if code == -9 else ("", "")
    return Term(f"被信号 {-code} 终止{zh}", f"ended by signal {-code}{en}")


def _raise_for_failed_cell(notebook: NotebookNode, progress: _Progress) -> None:
    """Raise for the cell papermill marked; ``sys.exit`` inside a cell is an early exit, whatever its code."""
    failed = [cell for cell in notebook.cells if cell.metadata.papermill["exception"]]
    for cell in failed:
        error = next(output for output in cell.outputs if output.output_type == "error")
        kind: Kind = "early exit" if error.ename == "SystemExit" else "error"
        raise progress.failure(kind, Term(error.evalue, error.evalue), error.ename)


def _stamp(notebook: NotebookNode, progress: _Progress) -> dict[str, Value]:
    """The stamp shown by the last code cell: the only proof that the notebook was meant to end there."""
    last = [notebook.cells[position] for position in progress.steps][-1:]
    shown = [output.get("data", {}).get(STAMP) for cell in last for output in cell.outputs]
    stamp = next((dict(data) for data in shown if isinstance(data, dict) and "digest" in data), None)
    return stamp or _no_stamp(progress)


def _no_stamp(progress: _Progress) -> NoReturn:
    raise progress.failure("early exit", Term("最后一个单元没有显示结尾印记", "the last cell showed no end stamp"))


# Keeping the copy -------------------------------------------------------------------------------------------------


def _failed_copy(output: Path) -> Path:
    return output.with_suffix(FAILED_SUFFIX)


def _keep_failed(notebook: NotebookNode, output: Path, failure: NotebookFailed) -> Path:
    """Keep what was executed, the failure in both languages on top."""
    from nbformat.v4 import new_markdown_cell

    copy = _failed_copy(output)
    banner = f"# ✗ {failure.message('zh')}\n\n{failure.message('en')}"
    notebook.cells.insert(0, new_markdown_cell(banner, id="failure", metadata={"tags": ["failure"]}))
    _write_whole(notebook, copy)
    return copy


def _write_whole(notebook: NotebookNode, path: Path) -> None:
    """Write the executed notebook in one stroke, without papermill's times and paths: equal runs, equal bytes."""
    from nbformat import writes

    notebook.metadata.pop("papermill")
    for cell in notebook.cells:
        cell.metadata.pop("papermill", None)
        if not cell.metadata.get("tags"):
            cell.metadata.pop("tags", None)
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_name(f".{path.name}.partial")
    partial.write_text(writes(notebook) + "\n", encoding="utf-8", newline="\n")
    os.replace(partial, path)
