"""Is a report what it was, and can it be made again?

Both go by the manifest: :func:`judge` hashes outputs and inputs again; :func:`make_again` makes the report once more from
the parameters, inputs and code of today, so that every file can be compared with the digest of then.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from analytics.inputs.faults import Fault, raise_if
from analytics.places import HOME
from analytics.runs.freshness import changed_inputs, same_code
from analytics.runs.manifest import NAME, Difference, Manifest, read, verify
from analytics.runs.order import Order
from analytics.runs.summary import Outcome
from analytics.runs.worker import Maker, OnStep, Task, Worker
from analytics.terms import Language, Term, text

_WORDS = {
    "same": Term("{report}：输出和输入都与清单一致", "{report}: outputs and inputs are as the manifest says"),
    "outputs": Term("{report}：输出有变：", "{report}: outputs have changed:"),
    "inputs": Term("{report}：输入有变：", "{report}: inputs have changed:"),
    "code": Term("{report}：生成时的程序或软件包与现在不同（提交 {commit}），重跑可能不同",
                 "{report}: made by other code or packages than today's (commit {commit}); a rerun may differ"),
}  # fmt: skip


@dataclass(frozen=True)
class Verdict:
    """What has changed of a report since it was made; code that has moved on is told but spoils nothing."""

    report: Path
    manifest: Manifest
    outputs: list[Difference]
    inputs: list[Difference]
    same_code: bool

    @property
    def sound(self) -> bool:
        """Whether outputs and inputs are as they were."""
        return not self.outputs and not self.inputs

    def lines(self, language: Language) -> list[str]:
        """What to tell, a line each."""
        told = [text(_WORDS["same"], language, report=self.report)] if self.sound else []
        for kind, differences in (("outputs", self.outputs), ("inputs", self.inputs)):
            if differences:
                told.append(text(_WORDS[kind], language, report=self.report))
                told += [f"  {difference.message(language)}" for difference in differences]
        return told + ([] if self.same_code else [other_code(self.report, self.manifest, language)])


def other_code(report: Path, manifest: Manifest, language: Language) -> str:
    """That a report was made by other code than today's, and by which."""
    return text(_WORDS["code"], language, report=report, commit=manifest.code.commit[:12])


def judge(report: Path, home: Path = HOME) -> Verdict:
    """Compare a published report and its inputs with its manifest.

    Raises
    ------
    InputError
        When there is no manifest or it cannot be read.
    """
    manifest = read(report)
    return Verdict(report, manifest, verify(report), changed_inputs(manifest, home), same_code(manifest))


def reports_in(folders: Iterable[Path]) -> list[Path]:
    """The folders themselves, or the reports inside where a folder is a batch's.

    Raises
    ------
    InputError
        For folders without any report.
    """
    found = {folder: [folder] if (folder / NAME).is_file() else _inside(folder) for folder in folders}
    what = Term("这里没有报告", "no report here")
    raise_if([Fault(what, file=str(folder)) for folder, reports in found.items() if not reports])
    return [report for reports in found.values() for report in reports]


def _inside(folder: Path) -> list[Path]:
    return sorted(path.parent for path in folder.glob(f"*/{NAME}") if not path.parent.name.startswith("."))


def order_again(manifest: Manifest, out: Path) -> Order:
    """The order that a report was made to, to be published into ``out``."""
    named = ",".join(name for name in manifest.scenarios if name not in ("plan", "trend"))
    return Order(manifest.plan, out, named, manifest.as_of, manifest.language, tuple(manifest.formats))


def refuse_changed_inputs(manifest: Manifest, home: Path) -> None:
    """Refuse to make a report again from other inputs than its own, naming every one.

    Raises
    ------
    InputError
        When an input is gone or has changed.
    """
    words = {
        "missing": Term("重跑所需的输入已不在", "an input needed for the rerun is gone"),
        "changed": Term("重跑所需的输入已改动", "an input needed for the rerun has changed"),
    }
    raise_if([Fault(words[found.kind], file=found.path) for found in changed_inputs(manifest, home)])


def make_again(report: Path, out: Path, home: Path, make: Maker, on_step: OnStep) -> Outcome:
    """Make the report in ``report`` once more, into ``out``, in a process that works on ``home``.

    Raises
    ------
    InputError
        When ``out`` is the report itself, or an input of it is gone or has changed; then nothing is made.
    """
    what = Term("不能覆盖原报告", "must not replace the report itself")
    raise_if([Fault(what, column="--out", found=str(out))] if out == report.resolve() else [])
    manifest = read(report)
    refuse_changed_inputs(manifest, home)
    with TemporaryDirectory(prefix="wb-", ignore_cleanup_errors=True) as scratch:
        worker = Worker(home, Path(scratch))
        try:
            return worker.make(Task(order_again(manifest, out), make=make), on_step)
        finally:
            worker.close()


def differences_between(one: Manifest, other: Manifest) -> list[Difference]:
    """How the outputs of ``other`` differ from those of ``one``, by path."""
    was = {entry.path: entry.sha256 for entry in one.outputs}
    now = {entry.path: entry.sha256 for entry in other.outputs}
    missing = [Difference(path, "missing") for path in was.keys() - now.keys()]
    unlisted = [Difference(path, "unlisted") for path in now.keys() - was.keys()]
    changed = [Difference(path, "changed") for path in was.keys() & now.keys() if was[path] != now[path]]
    return sorted(missing + unlisted + changed, key=lambda difference: difference.path)
