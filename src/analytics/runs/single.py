"""One report: study, notebooks, figures, documents, manifest; published whole or not at all."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from time import perf_counter
from typing import TYPE_CHECKING

from analytics.appraisal.distributions import DRAWS, SEED
from analytics.appraisal.ledger import view_digest
from analytics.appraisal.study import Study
from analytics.places import ROOT
from analytics.presentation.shared import sharing
from analytics.runs.kernels import warm_up
from analytics.runs.ledger_store import enter
from analytics.runs.notebooks import NotebookFailed, NotebookJob, NotebookRun, Outcome, run_notebooks
from analytics.runs.open_study import open_study, share_study, study_parameters
from analytics.runs.order import Order, Progress, input_files, notebook_sources
from analytics.terms import Language, Term

if TYPE_CHECKING:
    from analytics.presentation.document import Document
    from analytics.runs.manifest import Manifest

TIMEOUT = 600
"""Seconds a notebook may take."""


@dataclass
class ReportFailed(Exception):
    """A report whose notebooks did not all come to their end; what they wrote is kept beside ``out``."""

    failures: list[NotebookFailed]

    def message(self, language: Language) -> str:
        """Every failed notebook with cell and error."""
        return "\n".join(failure.message(language) for failure in self.failures)


@dataclass
class _Clock:
    seconds: dict[str, float] = field(default_factory=dict)

    @contextmanager
    def part(self, name: str) -> Iterator[None]:
        """Time a part of the run."""
        began = perf_counter()
        yield
        self.seconds[name] = round(self.seconds.get(name, 0.0) + perf_counter() - began, 3)


def make_report(order: Order, progress: Progress = lambda _: None, kernels: int = 2) -> Path:
    """Make one report and publish it into ``order.out``.

    The notebooks run ``kernels`` at a time; each must end with the digest of the very results the documents print.

    Raises
    ------
    InputError
        For anything wrong with what was asked or given; nothing has been written then.
    ReportFailed
        When a notebook failed; the report that stood in ``order.out`` is untouched.
    """
    from analytics.runs.publish import published_whole  # the plan is checked before anything is written

    warm_up()
    started, clock = datetime.now(UTC), _Clock()
    progress(Term("读取规划和数据", "reading plan and data"))
    with clock.part("study"):
        study = open_study(order.plan, order.scenarios, order.as_of, order.language)
    with published_whole(order.out, lambda kept: progress(_kept(kept))) as folder:
        making = _Making(study, order, folder, clock, progress)
        making.notebooks_and_documents(kernels)
        manifest = _manifest(study, order, folder, started, clock)
    enter(study, manifest)
    return order.out


def _kept(path: Path) -> Term:
    return Term(f"原报告有人工改动，已另存为 {path}", f"the report there had been edited by hand; it is kept as {path}")


@dataclass(frozen=True)
class _Making:
    """A report being made in ``folder``."""

    study: Study
    order: Order
    folder: Path
    clock: _Clock
    progress: Progress

    def notebooks_and_documents(self, kernels: int) -> None:
        """First what takes long to work out; then the documents, and beside them the notebooks, which find it done."""
        self._results()
        with (
            TemporaryDirectory(prefix="workbook-", ignore_cleanup_errors=True) as shared,
            sharing(Path(shared)) as variables,
            ThreadPoolExecutor(1) as beside,
        ):
            document = self._figures()
            share_study(self.study)
            running = beside.submit(self._notebooks, kernels, variables)
            self._documents(document)
            _refuse_failures(running.result(), self.study)

    def _results(self) -> None:
        """What the documents speak of as plain files."""
        from analytics.presentation.exports import findings_csv, probabilities_csv, results_csv

        with self.clock.part("results"):
            for name, table in (
                ("results", results_csv),
                ("findings", findings_csv),
                ("probabilities", probabilities_csv),
            ):
                (self.folder / f"{name}.csv").write_bytes(table(self.study))

    def _notebooks(self, kernels: int, variables: Mapping[str, str]) -> list[Outcome]:
        parameters = study_parameters(self.study)
        notebooks = self.folder / "notebooks"
        jobs = [NotebookJob(source, notebooks / source.name, parameters) for source in notebook_sources()]
        with self.clock.part("notebooks"):
            return run_notebooks(jobs, timeout=TIMEOUT, workers=kernels, on_cell=self._told, variables=variables)

    def _told(self, job: NotebookJob, number: int, total: int, title: str) -> None:
        words = f"{job.source.stem} {number}/{total} {title}"
        self.progress(Term(words, words))

    def _figures(self) -> Document:
        """The report as a document, its figures drawn."""
        from analytics.presentation.report import report
        from analytics.runs.stamp import digest

        self.progress(Term("绘制图表", "drawing charts"))
        with self.clock.part("figures"):
            stamp = f"{self.study.plan.name} {digest(self.study)[:12]}"
            return report(self.study, _made(self.folder / "figures"), stamp)

    def _documents(self, document: Document) -> None:
        """Every document asked for."""
        for kind in self.order.formats:
            self.progress(Term(f"写出 report.{kind}", f"writing report.{kind}"))
            with self.clock.part(kind):
                _writer(kind, self.study, document)(self.folder / f"report.{kind}")


def _made(folder: Path) -> Path:
    folder.mkdir()
    return folder


def _writer(kind: str, study: Study, document: Document) -> Callable[[Path], None]:
    """The function that writes one format; each is imported only when it is asked for."""
    from analytics.presentation import page, pdf, word
    from analytics.presentation.twin.workbook import write_twin

    return {
        "docx": partial(word.write_word, document),
        "pdf": partial(pdf.write_pdf, document),
        "html": partial(page.write_page, document),
        "xlsx": partial(write_twin, study),
    }[kind]


def _refuse_failures(outcomes: list[Outcome], study: Study) -> None:
    """Every notebook must have ended, and with the results that the documents print."""
    from analytics.runs.stamp import digest

    failed = [outcome for outcome in outcomes if isinstance(outcome, NotebookFailed)]
    if failed:
        raise ReportFailed(failed)
    strange = [run for run in outcomes if isinstance(run, NotebookRun) and run.stamp["digest"] != digest(study)]
    if strange:
        raise RuntimeError("a notebook computed other results than the report: the two no longer share one model")


def _manifest(study: Study, order: Order, folder: Path, started: datetime, clock: _Clock) -> Manifest:
    """Write the manifest; what the report was shown of the ledger is one of its parameters."""
    from analytics.runs.manifest import build_manifest, write

    shown = view_digest(study.past.of(study.plan.name, before=study.as_of))
    manifest = build_manifest(
        folder, plan=study.plan.name, scenarios=list(study.projections), as_of=str(study.as_of), language=study.language,
        formats=list(order.formats), seed=SEED, parameters=study_parameters(study) | {"draws": DRAWS, "ledger": shown}, inputs=input_files(study.plan),
        started=started, seconds=clock.seconds, root=ROOT,
    )  # fmt: skip
    write(manifest, folder)
    return manifest
