"""Many reports in one go: worker processes, each report published as it is finished, a summary and a roll-up at the end.

What was asked stands in ``batch.json`` beside the reports, and each report's manifest says what it was made of; so a
batch that was cut off, by whatever, is gone on with by ``--resume`` and loses no finished report.
"""

from __future__ import annotations

import argparse
import os
import signal
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager, suppress
from datetime import date
from importlib.util import find_spec
from pathlib import Path
from typing import NoReturn

import pandas as pd
from pydantic import BaseModel, ConfigDict, ValidationError

from analytics.inputs.faults import Fault, InputError, raise_if
from analytics.inputs.history import load_regions
from analytics.inputs.plan_file import load_plan, plan_names
from analytics.inputs.sheets import plain_text, read_grid
from analytics.places import HOME
from analytics.presentation.files import written_whole
from analytics.runs.board import Board
from analytics.runs.options import (
    DONE,
    SOME_FAILED,
    checked_day,
    checked_formats,
    checked_home,
    command,
    home_option,
)
from analytics.runs.order import ALL, FORMATS, Order
from analytics.runs.publish import tidy
from analytics.runs.rollup import roll_up
from analytics.runs.summary import Outcome, write_summary
from analytics.runs.worker import Maker, Task, made_here, make_beside_others
from analytics.terms import Language, Term, text

STATE = "batch.json"
INTERRUPTED = 130
_WORDS = {
    "done": Term("完成：{made} 份已生成，{kept} 份未变沿用，{failed} 份失败。汇总见 {out}/summary.xlsx",
                 "done: {made} made, {kept} unchanged and kept, {failed} failed. Summary in {out}/summary.xlsx"),
    "failed": Term("失败：{names}；日志和已执行的副本在 {out}/<规划>.failed",
                   "failed: {names}; logs and executed copies are in {out}/<plan>.failed"),
    "cut": Term("已中断：完成的报告都已发布。继续运行：workbook batch --resume --out {out}",
                "interrupted: what was finished is published. Go on with: workbook batch --resume --out {out}"),
}  # fmt: skip


class Batch(BaseModel):
    """What is asked of a batch; kept in the output folder so that it can be gone on with.

    ``home`` is the folder of plans and data, "" for the project's own.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)
    plans: list[str]
    scenarios: str = ALL
    as_of: str
    language: Language = "zh"
    formats: list[str]
    home: str = ""

    def orders(self, out: Path) -> list[Order]:
        """One order a plan, each to be published into a folder of its own in ``out``."""
        asked = (self.scenarios, self.as_of, self.language, tuple(self.formats))
        return [Order(plan, out / plan, *asked) for plan in self.plans]


def run_batch(
    batch: Batch,
    out: Path,
    *,
    jobs: int,
    resume: bool = False,
    address: str = "",
    board: Board | None = None,
    make: Maker = make_beside_others,
) -> list[Outcome]:
    """Make every report of ``batch`` and write summary and roll-up.

    Parameters
    ----------
    jobs
        Reports made side by side.
    resume
        Keep reports that are there already and would only be repeated.
    address
        A dask scheduler, or ``local`` for one of this machine's; "" for worker processes without it.
    board
        Told what is going on.
    make
        Makes one report.

    Returns
    -------
    One outcome a plan, in the order of ``batch.plans``.

    Raises
    ------
    KeyboardInterrupt
        On Ctrl-C, after the workers have been ended and what they left half-done has been cleared away.
    """
    home, orders = Path(batch.home or HOME), batch.orders(out)
    board = board or Board(len(orders), batch.language)
    _write_state(batch, out)
    tasks = [Task(order, resume, make) for order in orders]
    outcomes: dict[str, Outcome] = {}
    try:
        with closing(_engine(tasks, jobs, home, address, board)) as finished:
            for outcome in finished:
                outcomes[outcome.plan] = outcome
                board.finished(outcome)
    except BaseException:
        _clear(orders)
        raise
    ordered = [outcomes[plan] for plan in batch.plans]
    write_summary(out, ordered, _rolled_up(ordered, out, home), batch.language)
    return ordered


def _engine(tasks: list[Task], jobs: int, home: Path, address: str, board: Board) -> Iterator[Outcome]:
    if not address:
        return made_here(tasks, jobs, home, board.step)
    if find_spec("distributed") is None:
        what = Term(
            "没有安装 dask：pip install 'pension-workbook[cluster]'",
            "dask is not installed: pip install 'pension-workbook[cluster]'",
        )
        raise InputError([Fault(what, column="--dask", found=address)])
    from analytics.runs.cluster import made_on_cluster

    return made_on_cluster(tasks, jobs, home, address, board.step)


def _clear(orders: Sequence[Order]) -> None:
    """Put right what ended workers left; a report that another run is writing is that run's."""
    for order in orders:
        with suppress(InputError):
            tidy(order.out)


def _rolled_up(outcomes: Sequence[Outcome], out: Path, home: Path) -> pd.DataFrame:
    """The roll-up of all reports there are; of two plans of one region the first counts."""
    results: dict[str, Path] = {}
    for outcome in outcomes:
        if outcome.overview:
            results.setdefault(outcome.overview.region, out / outcome.plan / "results.csv")
    return roll_up(results, home / "data" / "regions")


def _write_state(batch: Batch, out: Path) -> None:
    with written_whole(out / STATE) as path:
        path.write_text(batch.model_dump_json(indent=2) + "\n", encoding="utf-8")


def read_state(out: Path) -> Batch:
    """What was asked of the batch in ``out``.

    Raises
    ------
    InputError
        When there is none, or it cannot be read.
    """
    path = out / STATE
    if not path.is_file():
        raise InputError([Fault(Term("这里没有可继续的批量任务", "no batch to go on with here"), file=str(path))])
    try:
        return Batch.model_validate_json(path.read_bytes())
    except ValidationError as error:
        what = Term("批量任务的记录有误", "the record of the batch is damaged")
        raise InputError([Fault(what, file=str(path), found=str(error.errors()[0]["msg"]))]) from error


# The command ---------------------------------------------------------------------------------------------------------


def add_command(commands: argparse._SubParsersAction) -> None:
    """Add ``workbook batch``."""
    parser = command(commands, "batch", _batch, "批量生成报告 / make many reports")
    parser.add_argument("plans", nargs="*", metavar="PLAN")
    parser.add_argument("--all", action="store_true", help="全部规划 / all plans")
    parser.add_argument(
        "--regions",
        type=Path,
        metavar="FILE",
        help="首列为地区 id 或名称的表格 / table whose first column names regions",
    )
    parser.add_argument(
        "--scenario", action="append", metavar="NAME", help="情景，可多次；默认全部 / repeatable; all by default"
    )
    parser.add_argument(
        "--as-of", metavar="DATE", help="数据截至日 YYYY-MM-DD，默认今天 / data as of, today by default"
    )
    parser.add_argument("--formats", help=",".join(FORMATS))
    parser.add_argument("--jobs", type=int, default=_cores(), metavar="N", help="同时生成的份数 / reports side by side")
    parser.add_argument("--out", type=Path, required=True, metavar="DIR", help="输出目录 / folder to publish into")
    parser.add_argument(
        "--resume",
        action="store_true",
        help="只做缺少或输入有变的；不列规划则按原样继续 / only what is missing or out of date; without plans, go on as asked before",
    )
    parser.add_argument(
        "--dask", default="", metavar="ADDRESS", help="dask 调度器地址，或 local / a dask scheduler, or local"
    )
    home_option(parser)


def _cores() -> int:
    """Cores this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _batch(asked: argparse.Namespace) -> int:
    raise_if(_wrong_jobs(asked.jobs))
    out = asked.out.resolve()
    batch = _asked_again(asked, out) if _goes_on(asked) else _asked_now(asked)
    board = Board(len(batch.plans), batch.language)
    try:
        with _stopped_by_sigterm():
            outcomes = run_batch(
                batch,
                out,
                jobs=asked.jobs,
                resume=asked.resume,
                address=asked.dask,
                board=board,
                make=make_beside_others,
            )
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
    given = {"--scenario": asked.scenario, "--as-of": asked.as_of, "--formats": asked.formats}
    what = Term(
        "按原样继续时不能改动；要改动请同时列出规划", "cannot be changed when going on as asked; name the plans as well"
    )
    raise_if([Fault(what, column=option, found=str(value)) for option, value in given.items() if value is not None])
    return read_state(out)


def _asked_now(asked: argparse.Namespace) -> Batch:
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
    ways = [bool(asked.plans), asked.all, asked.regions is not None]
    what = Term("规划名、--all、--regions 须且只须给一种", "give exactly one of plan names, --all and --regions")
    raise_if([] if sum(ways) == 1 else [Fault(what)])
    known = plan_names(home / "params")
    if asked.regions:
        return _plans_of(asked.regions, home)
    wanted = known if asked.all else list(dict.fromkeys(asked.plans))
    unknown = Term("没有这个规划文件", "there is no such plan file")
    raise_if([Fault(unknown, found=plan, expected="、".join(known)) for plan in wanted if plan not in known])
    return wanted


def _plans_of(table: Path, home: Path) -> list[str]:
    """The plans of the regions named in the first column of a table, by id or name."""
    grid = read_grid(table)
    named = {row: plain_text(cells[0]) for row, cells in grid.rows.items() if cells and cells[0]}
    heads = ("region", "id", "地区")
    ids = _region_ids(home)
    plans = {load_plan(name, home / "params").region.id: name for name in reversed(plan_names(home / "params"))}
    what = Term("没有这个地区的规划", "there is no plan of this region")
    rows = [(row, name) for row, name in named.items() if name not in heads]
    raise_if([grid.fault(what, row, 0, found=name) for row, name in rows if ids.get(name) not in plans])
    return list(dict.fromkeys(plans[ids[name]] for _, name in rows))


def _region_ids(home: Path) -> dict[str, str]:
    regions = load_regions(home / "data" / "regions")
    columns = (regions["name_zh"], regions["name_en"], regions.index)
    return {plain_text(name): region for names in columns for name, region in zip(names, regions.index, strict=True)}


@contextmanager
def _stopped_by_sigterm() -> Iterator[None]:
    """Let SIGTERM end a batch as Ctrl-C does."""

    def stop(_number: int, _frame: object) -> NoReturn:
        raise KeyboardInterrupt

    before = signal.signal(signal.SIGTERM, stop)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)
