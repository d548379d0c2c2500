"""Commands over many reports and over finished ones: ``batch``, ``synthetic``, ``verify``, ``rerun``.

What they need is imported when they run: the command line as a whole starts without tables and models.
"""

from __future__ import annotations

import argparse
import os
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

from analytics.inputs.faults import Fault, raise_if
from analytics.places import HOME
from analytics.runs.options import (
    DONE,
    FAILED,
    SOME_FAILED,
    checked_day,
    checked_formats,
    checked_home,
    command,
    home_option,
)
from analytics.runs.order import ALL, FORMATS
from analytics.terms import Language, Term, text

if TYPE_CHECKING:
    from analytics.runs.batch import Batch
    from analytics.runs.board import Board
    from analytics.runs.summary import Outcome

INTERRUPTED = 130

_WORDS = {
    "done": Term("完成：{made} 份已生成，{kept} 份未变沿用，{failed} 份失败。汇总见 {out}/summary.xlsx",
                 "done: {made} made, {kept} unchanged and kept, {failed} failed. Summary in {out}/summary.xlsx"),
    "failed": Term("失败：{names}；日志和已执行的副本在 {out}/<规划>.failed",
                   "failed: {names}; logs and executed copies are in {out}/<plan>.failed"),
    "cut": Term("已中断：完成的报告都已发布。继续运行：workbook batch --resume --out {out}",
                "interrupted: what was finished is published. Go on with: workbook batch --resume --out {out}"),
    "province": Term("已生成模拟省：{counties} 个县，在 {out}。全部为模拟数据",
                     "made a synthetic province of {counties} counties in {out}; all of it is synthetic data"),
    "again": Term("重跑逐字节一致：{n} 个文件，在 {out}", "the rerun is the same byte for byte: {n} files, in {out}"),
    "differs": Term("重跑与原报告不同（新报告在 {out}）：", "the rerun differs from the report (the new one is in {out}):"),
    "not_again": Term("重跑失败：{why}", "the rerun failed: {why}"),
}  # fmt: skip


def add_commands(commands: argparse._SubParsersAction) -> None:
    """Add ``workbook batch``, ``synthetic``, ``verify`` and ``rerun``."""
    _add_batch(commands)
    province = command(commands, "synthetic", _synthetic, "生成模拟省（演示、测试用）/ make a synthetic province")
    province.add_argument("--counties", type=int, default=40, metavar="N", help="县数 / number of counties")
    province.add_argument("--seed", type=int, default=1, metavar="S", help="随机种子 / seed")
    province.add_argument("--out", type=Path, required=True, metavar="DIR", help="输出目录 / folder to write")
    checking = command(commands, "verify", _verify, "核对报告与清单 / compare reports with their manifests")
    words = "报告或批量目录 / report or batch folder"
    checking.add_argument("reports", nargs="+", type=Path, metavar="DIR", help=words)
    home_option(checking)
    again = command(commands, "rerun", _rerun, "按清单重做报告 / make a report again from its manifest")
    words = "manifest.json 或报告目录 / or the report's folder"
    again.add_argument("manifest", type=Path, metavar="MANIFEST", help=words)
    again.add_argument("--out", type=Path, metavar="DIR", help="默认 <报告>.rerun / <report>.rerun by default")
    home_option(again)


def _add_batch(commands: argparse._SubParsersAction) -> None:
    parser = command(commands, "batch", _batch, "批量生成报告 / make many reports")
    add = parser.add_argument
    add("plans", nargs="*", metavar="PLAN")
    add("--all", action="store_true", help="全部规划 / all plans")
    add("--regions", type=Path, metavar="FILE", help="首列为地区的表格 / table whose first column names regions")
    add("--scenario", action="append", metavar="NAME", help="情景，可多次；默认全部 / repeatable; all by default")
    add("--as-of", metavar="DATE", help="数据截至日 YYYY-MM-DD，默认今天 / data as of, today by default")
    add("--formats", metavar="LIST", help=",".join(FORMATS))
    add("--jobs", type=int, default=_cores(), metavar="N", help="同时生成的份数 / reports side by side")
    add("--out", type=Path, required=True, metavar="DIR", help="输出目录 / folder to publish into")
    words = "只做缺少或输入有变的；不列规划则按原样继续 / only what is missing or out of date; without plans as asked before"
    add("--resume", action="store_true", help=words)
    add("--dask", default="", metavar="ADDRESS", help="dask 调度器地址，或 local / a dask scheduler, or local")
    home_option(parser)


def _cores() -> int:
    """Cores this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


# batch ---------------------------------------------------------------------------------------------------------------


def _batch(asked: argparse.Namespace) -> int:
    from analytics.runs.batch import run_batch, stopped_by_sigterm
    from analytics.runs.board import Board

    raise_if(_wrong_jobs(asked.jobs))
    out = asked.out.resolve()
    batch = _asked_again(asked, out) if _goes_on(asked) else _asked_now(asked)
    board = Board(len(batch.plans), batch.language)
    try:
        with stopped_by_sigterm():
            outcomes = run_batch(batch, out, jobs=asked.jobs, resume=asked.resume, address=asked.dask, board=board)
    except KeyboardInterrupt:
        board.say(text(_WORDS["cut"], batch.language, out=asked.out))
        return INTERRUPTED
    return _report(outcomes, batch.language, asked.out, board)


def _report(outcomes: list[Outcome], language: Language, out: Path, board: Board) -> int:
    counts = {s: sum(outcome.status == s for outcome in outcomes) for s in ("made", "kept", "failed")}
    board.say(text(_WORDS["done"], language, out=out, **counts))
    failed = [outcome.plan for outcome in outcomes if outcome.status == "failed"]
    if failed:
        board.say(text(_WORDS["failed"], language, names="、".join(failed), out=out))
    return SOME_FAILED if failed else DONE


def _wrong_jobs(jobs: int) -> list[Fault]:
    what = Term("份数须为正整数", "must be a positive whole number")
    return [] if jobs > 0 else [Fault(what, column="--jobs", found=str(jobs))]


def _goes_on(asked: argparse.Namespace) -> bool:
    return asked.resume and not (asked.plans or asked.all or asked.regions)


def _asked_again(asked: argparse.Namespace, out: Path) -> Batch:
    """The batch as it was asked before; what would change it is refused, for nothing asked may be ignored."""
    from analytics.runs.batch import read_state

    given = {"--scenario": asked.scenario, "--as-of": asked.as_of, "--formats": asked.formats}
    what = Term(
        "按原样继续时不能改动；要改动请同时列出规划", "going on as asked before; to change it name the plans too"
    )
    raise_if([Fault(what, column=option, found=str(value)) for option, value in given.items() if value is not None])
    return read_state(out)


def _asked_now(asked: argparse.Namespace) -> Batch:
    from analytics.runs.batch import Batch

    home = checked_home(asked.home)
    return Batch(
        plans=_plans(asked, home),
        scenarios=ALL if asked.scenario is None else ",".join(asked.scenario),
        as_of=str(date.today()) if asked.as_of is None else checked_day(asked.as_of),
        language=asked.language,
        formats=list(FORMATS if asked.formats is None else checked_formats(asked.formats)),
        home="" if home == HOME else str(home),
    )


def _plans(asked: argparse.Namespace, home: Path) -> list[str]:
    """The plans asked for by name, by region or all together; exactly one of the three ways."""
    from analytics.inputs.plan_file import plan_names
    from analytics.runs.batch import plans_of

    ways = [bool(asked.plans), asked.all, asked.regions is not None]
    what = Term("规划名、--all、--regions 须且只须给一种", "give exactly one of plan names, --all and --regions")
    raise_if([] if sum(ways) == 1 else [Fault(what)])
    if asked.regions:
        return plans_of(asked.regions, home)
    known = plan_names(home / "params")
    wanted = known if asked.all else list(dict.fromkeys(asked.plans))
    unknown = Term("没有这个规划文件", "there is no such plan file")
    raise_if([Fault(unknown, found=plan, expected="、".join(known)) for plan in wanted if plan not in known])
    return wanted


# synthetic, verify, rerun --------------------------------------------------------------------------------------------


def _synthetic(asked: argparse.Namespace) -> int:
    from analytics.runs.synthetic import write_province

    out = write_province(asked.counties, asked.seed, asked.out.resolve())
    print(text(_WORDS["province"], asked.language, counties=asked.counties, out=out))
    return DONE


def _verify(asked: argparse.Namespace) -> int:
    from analytics.runs.verify import judge, reports_in

    home = checked_home(asked.home)
    verdicts = [judge(report, home) for report in reports_in(asked.reports)]
    for verdict in verdicts:
        print(*verdict.lines(asked.language), sep="\n")
    return DONE if all(verdict.sound for verdict in verdicts) else FAILED


def _rerun(asked: argparse.Namespace) -> int:
    from analytics.runs.freshness import same_code
    from analytics.runs.manifest import NAME, read
    from analytics.runs.verify import differences_between, make_again, other_code
    from analytics.runs.worker import make_alone

    report = asked.manifest.parent if asked.manifest.name == NAME else asked.manifest
    out = (asked.out or report.with_name(f"{report.name}.rerun")).resolve()
    language, home = asked.language, checked_home(asked.home)
    outcome = make_again(report, out, home, make_alone, lambda _, step: print(f"  {text(step, language)}"))
    if outcome.status == "failed":
        print(text(_WORDS["not_again"], language, why=text(outcome.message, language)))
        return FAILED
    before = read(report)
    differences = differences_between(before, read(out))
    print(text(_WORDS["differs" if differences else "again"], language, n=len(before.outputs), out=out))
    for difference in differences:
        print(f"  {difference.message(language)}")
    if differences and not same_code(before):
        print(other_code(report, before, language))
    return FAILED if differences else DONE
