"""Is a report what it was, and can it be made again? ``workbook verify`` and ``workbook rerun``.

Both go by the manifest: verify hashes outputs and inputs again; rerun makes the report once more from the parameters,
inputs and code of today and compares every file with the digests of then.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from analytics.inputs.faults import Fault, InputError, raise_if
from analytics.places import HOME
from analytics.runs.freshness import changed_inputs, same_code
from analytics.runs.manifest import NAME, Difference, Manifest, read, verify
from analytics.runs.options import DONE, FAILED, checked_home, command, home_option
from analytics.runs.order import Order
from analytics.runs.worker import Task, Worker, make_alone
from analytics.terms import Language, Term, text

_WORDS = {
    "same": Term("{report}：输出和输入都与清单一致", "{report}: outputs and inputs are as the manifest says"),
    "outputs": Term("{report}：输出有变：", "{report}: outputs have changed:"),
    "inputs": Term("{report}：输入有变：", "{report}: inputs have changed:"),
    "code": Term("{report}：生成时的程序或软件包与现在不同（提交 {commit}），重跑可能不同",
                 "{report}: made by other code or packages than today's (commit {commit}); a rerun may differ"),
    "step": Term("  {step}", "  {step}"),
    "again": Term("重跑逐字节一致：{n} 个文件，在 {out}", "the rerun is the same byte for byte: {n} files, in {out}"),
    "differs": Term("重跑与原报告不同（新报告在 {out}）：", "the rerun differs from the report (the new one is in {out}):"),
    "failed": Term("重跑失败：{why}", "the rerun failed: {why}"),
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
        commit = self.manifest.code.commit[:12]
        return told + ([] if self.same_code else [text(_WORDS["code"], language, report=self.report, commit=commit)])


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


def differences_between(one: Manifest, other: Manifest) -> list[Difference]:
    """How the outputs of ``other`` differ from those of ``one``, by path."""
    was = {entry.path: entry.sha256 for entry in one.outputs}
    now = {entry.path: entry.sha256 for entry in other.outputs}
    missing = [Difference(path, "missing") for path in was.keys() - now.keys()]
    unlisted = [Difference(path, "unlisted") for path in now.keys() - was.keys()]
    changed = [Difference(path, "changed") for path in was.keys() & now.keys() if was[path] != now[path]]
    return sorted(missing + unlisted + changed, key=lambda difference: difference.path)


# The commands --------------------------------------------------------------------------------------------------------


def add_command(commands: argparse._SubParsersAction) -> None:
    """Add ``workbook verify`` and ``workbook rerun``."""
    checking = command(commands, "verify", _verify, "核对报告与清单 / compare reports with their manifests")
    checking.add_argument(
        "reports", nargs="+", type=Path, metavar="DIR", help="报告或批量目录 / report or batch folder"
    )
    home_option(checking)
    again = command(commands, "rerun", _rerun, "按清单重做报告 / make a report again from its manifest")
    again.add_argument(
        "manifest", type=Path, metavar="MANIFEST", help="manifest.json 或报告目录 / or the report's folder"
    )
    again.add_argument("--out", type=Path, metavar="DIR", help="默认 <报告>.rerun / <report>.rerun by default")
    home_option(again)


def _verify(asked: argparse.Namespace) -> int:
    home = checked_home(asked.home)
    verdicts = [judge(report, home) for report in reports_in(asked.reports)]
    for verdict in verdicts:
        print(*verdict.lines(asked.language), sep="\n")
    return DONE if all(verdict.sound for verdict in verdicts) else FAILED


def _rerun(asked: argparse.Namespace) -> int:
    report = asked.manifest.parent if asked.manifest.name == NAME else asked.manifest
    manifest, home = read(report), checked_home(asked.home)
    refuse_changed_inputs(manifest, home)
    out = (asked.out or report.with_name(f"{report.name}.rerun")).resolve()
    if out == report.resolve():
        what = Term("不能覆盖原报告", "must not replace the report itself")
        raise InputError([Fault(what, column="--out", found=str(asked.out))])
    return _compared(manifest, report, out, home, asked.language)


def _compared(manifest: Manifest, report: Path, out: Path, home: Path, language: Language) -> int:
    def say(key: str, **gaps: object) -> None:
        print(text(_WORDS[key], language, **gaps))

    if not same_code(manifest):
        say("code", report=report, commit=manifest.code.commit[:12])
    task = Task(order_again(manifest, out), make=make_alone)
    with TemporaryDirectory(prefix="wb-", ignore_cleanup_errors=True) as scratch:
        worker = Worker(home, Path(scratch))
        try:
            outcome = worker.make(task, lambda _, step: say("step", step=text(step, language)))
        finally:
            worker.close()
    if outcome.status == "failed":
        say("failed", why=text(outcome.message, language))
        return FAILED
    differences = differences_between(manifest, read(out))
    say("differs" if differences else "again", n=len(manifest.outputs), out=out)
    for difference in differences:
        print(f"  {difference.message(language)}")
    return FAILED if differences else DONE
