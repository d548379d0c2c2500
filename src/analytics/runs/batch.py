"""Many reports in one go: worker processes, each report published as it is finished, a summary and a roll-up at the end.

What was asked stands in ``batch.json`` beside the reports, and each report's manifest says what it was made of; so a
batch that was cut off, by whatever, is gone on with by ``--resume`` and loses no finished report.
"""

from __future__ import annotations

import signal
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager, suppress
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
from analytics.runs.order import ALL, Order
from analytics.runs.publish import tidy
from analytics.runs.rollup import roll_up
from analytics.runs.summary import Outcome, write_summary
from analytics.runs.worker import Maker, Task, made_here, make_beside_others
from analytics.terms import Language, Term

STATE = "batch.json"


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
    make: Maker | None = None,
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
        Makes one report; :func:`~analytics.runs.worker.make_beside_others` unless given.

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
    tasks = [Task(order, resume, make or make_beside_others) for order in orders]
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


def plans_of(table: Path, home: Path) -> list[str]:
    """The plans of the regions named in the first column of a table, by id or name.

    Raises
    ------
    InputError
        Naming every row whose region has no plan.
    """
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
def stopped_by_sigterm() -> Iterator[None]:
    """Let SIGTERM end a batch as Ctrl-C does."""

    def stop(_number: int, _frame: object) -> NoReturn:
        raise KeyboardInterrupt

    before = signal.signal(signal.SIGTERM, stop)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)
