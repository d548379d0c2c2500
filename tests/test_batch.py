"""A batch makes many reports: each whole, failures apart, cut off at any instant and gone on with, summed up."""

from __future__ import annotations

import argparse
import io
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path
from time import monotonic, sleep

import openpyxl
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from quick_reports import DIE, DIE_ONCE, FAIL, PIDS, SECONDS, make_quickly, make_with_a_kernel

from analytics.inputs.faults import InputError
from analytics.inputs.plan_file import load_plan
from analytics.runs.batch import Batch, read_state, run_batch
from analytics.runs.board import Board
from analytics.runs.commands import add_commands
from analytics.runs.freshness import is_fresh
from analytics.runs.manifest import NAME, verify
from analytics.runs.order import Order
from analytics.runs.rollup import parts_of, roll_up
from analytics.runs.summary import Outcome
from analytics.runs.synthetic import write_province
from analytics.terms import Term

COUNTIES = [f"synthetic_{number:04}" for number in range(1, 5)]
AS_OF = "2026-01-31"
PYTHONPATH = os.pathsep.join([str(Path(__file__).parent), os.environ.get("PYTHONPATH", "")])


@pytest.fixture(scope="session")
def province(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home with four counties; do not change it."""
    return write_province(4, 1, tmp_path_factory.mktemp("batch") / "home")


@pytest.fixture
def workers(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    """Lets worker processes find the quick reports, and the environment be set for them."""
    monkeypatch.setenv("PYTHONPATH", PYTHONPATH)
    return monkeypatch


def asked(home: Path, plans: list[str] = COUNTIES, **changed: object) -> Batch:
    return Batch(**{"plans": plans, "as_of": AS_OF, "formats": [], "home": str(home)} | changed)


def silent(total: int) -> Board:
    return Board(total, stream=io.StringIO())


def run(home: Path, out: Path, plans: list[str] = COUNTIES, **options: object) -> dict[str, Outcome]:
    outcomes = run_batch(
        asked(home, plans), out, **{"jobs": 2, "board": silent(len(plans)), "make": make_quickly} | options
    )
    assert [outcome.plan for outcome in outcomes] == plans
    return {outcome.plan: outcome for outcome in outcomes}


def statuses(outcomes: dict[str, Outcome]) -> list[str]:
    return [outcome.status for outcome in outcomes.values()]


# --- reports, failures, summary ---------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def finished(province: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, Outcome]]:
    """A finished batch in which the second county has failed."""
    out = tmp_path_factory.mktemp("finished") / "out"
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PYTHONPATH", PYTHONPATH)
        patch.setenv(FAIL, COUNTIES[1])
        return out, run(province, out)


def test_a_failed_report_keeps_its_log_and_does_not_stop_the_rest(finished: tuple[Path, dict[str, Outcome]]):
    out, outcomes = finished
    assert statuses(outcomes) == ["made", "failed", "made", "made"]
    log = (out / f"{COUNTIES[1]}.failed" / "report.log").read_text(encoding="utf-8")
    assert "读取 / reading" in log and "InputError" in log
    assert outcomes[COUNTIES[1]].message.zh == f"1. {COUNTIES[1]}：数据有误"
    assert not (out / COUNTIES[1]).exists()


def test_every_other_report_is_published_as_its_manifest_says(finished: tuple[Path, dict[str, Outcome]]):
    out, outcomes = finished
    made = [plan for plan, outcome in outcomes.items() if outcome.status == "made"]
    assert sorted(path.parent.name for path in out.glob(f"*/{NAME}")) == made
    assert [verify(out / plan) for plan in made] == [[], [], []]
    assert not [path.name for path in out.iterdir() if path.name.startswith(".")]


def test_the_summary_has_a_row_a_plan_in_csv_and_xlsx(finished: tuple[Path, dict[str, Outcome]], province: Path):
    out, _ = finished
    table = pd.read_csv(out / "summary.csv").set_index("plan")
    assert list(table["status"]) == ["已生成", "失败", "已生成", "已生成"]
    start = load_plan(COUNTIES[0], province / "params").baseline["employee.collection_income"].value
    assert table.loc[COUNTIES[0], "employee.collection_income"] == start
    assert table.loc[COUNTIES[0], "warning"] == 1 and pd.isna(table.loc[COUNTIES[1], "warning"])
    assert "模拟县0001" in table.loc[COUNTIES[0], "label"]
    book = openpyxl.load_workbook(out / "summary.xlsx")
    assert book.sheetnames == ["汇总", "合计"]
    assert [cell.value for cell in book["汇总"]["A"]] == ["规划", *COUNTIES]
    assert "职工养老 征缴收入" in [cell.value for cell in book["汇总"][1]]


def test_the_roll_up_sums_what_was_made_and_says_of_how_many(finished: tuple[Path, dict[str, Outcome]]):
    out, outcomes = finished
    rolled = pd.read_csv(out / "rollup.csv").set_index(["region", "scheme", "indicator", "year"])
    row = rolled.loc[("synthetic", "employee", "active", 2026)]
    parts = [o.overview.headlines["employee", "active"] for o in outcomes.values() if o.overview]
    assert row["value"] == sum(parts) and (row["parts"], row["of"]) == (3, 3)


def test_a_worker_killed_in_mid_report_is_replaced_and_its_report_tried_again(
    province: Path, tmp_path: Path, workers: pytest.MonkeyPatch
):
    (tmp_path / COUNTIES[0]).touch()
    workers.setenv(DIE_ONCE, str(tmp_path))
    workers.setenv(DIE, COUNTIES[1])
    outcomes = run(province, tmp_path / "out", COUNTIES[:3], jobs=1)
    assert statuses(outcomes) == ["made", "failed", "made"]
    assert "内存不足" in outcomes[COUNTIES[1]].message.zh
    assert "内存不足" in (tmp_path / "out" / f"{COUNTIES[1]}.failed" / "report.log").read_text(encoding="utf-8")


# --- going on ---------------------------------------------------------------------------------------------------------


def test_going_on_makes_only_what_is_missing_or_has_other_inputs_now(
    finished: tuple[Path, dict[str, Outcome]], tmp_path: Path, workers: pytest.MonkeyPatch
):
    home, out = write_province(4, 1, tmp_path / "home"), tmp_path / "out"
    workers.setenv(FAIL, COUNTIES[3])
    run(home, out)
    workers.delenv(FAIL)
    with (home / "data" / "regions" / COUNTIES[0] / "employee.csv").open("a", encoding="utf-8") as table:
        table.write(f"{COUNTIES[0]},employee,exits,total,2024,1,person,模拟数据,assumed\n")
    (out / COUNTIES[1] / "results.csv").unlink()
    first = (out / COUNTIES[2] / NAME).read_bytes()
    outcomes = run(home, out, resume=True)
    assert statuses(outcomes) == ["made", "made", "kept", "made"]
    assert (out / COUNTIES[2] / NAME).read_bytes() == first
    assert outcomes[COUNTIES[2]].overview is not None
    assert not (out / f"{COUNTIES[3]}.failed").exists()


@pytest.fixture
def fresh(finished: tuple[Path, dict[str, Outcome]], province: Path) -> Callable[..., bool]:
    """Whether the first county's report is fresh for an order with some things changed."""
    out, _ = finished
    order = {"plan": COUNTIES[0], "out": out / COUNTIES[0], "as_of": AS_OF, "formats": ()}
    return lambda **changed: is_fresh(Order(**order | changed), province)


def test_a_report_is_fresh_for_the_order_it_was_made_to(fresh: Callable[..., bool]):
    assert fresh()


@pytest.mark.parametrize(
    "changed",
    [{"as_of": "2026-02-28"}, {"language": "en"}, {"formats": ("docx",)}, {"scenarios": "half_delivered"},
     {"plan": COUNTIES[2]}],
)  # fmt: skip
def test_a_report_is_not_fresh_when_anything_else_is_asked(fresh: Callable[..., bool], changed: dict[str, object]):
    assert not fresh(**changed)


def test_a_report_is_not_fresh_under_other_code(fresh: Callable[..., bool], monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("analytics.runs.freshness.source_digest", lambda: "0" * 64)
    assert not fresh()


# --- cut off ----------------------------------------------------------------------------------------------------------

_SCRIPT = """
import argparse, sys
from quick_reports import make_quickly
from analytics.runs import batch, commands
batch.make_beside_others = make_quickly
parser = argparse.ArgumentParser()
commands.add_commands(parser.add_subparsers())
asked = parser.parse_args(sys.argv[1:])
sys.exit(asked.command(asked))
"""


def started(*arguments: str, seconds: float, pids: Path) -> subprocess.Popen[str]:
    environment = os.environ | {"PYTHONPATH": PYTHONPATH, SECONDS: str(seconds), PIDS: str(pids)}
    command = [sys.executable, "-c", _SCRIPT, "batch", *arguments]
    heed = partial(signal.signal, signal.SIGINT, signal.SIG_DFL)  # tests run in the background are deaf to Ctrl-C
    return subprocess.Popen(
        command, env=environment, stderr=subprocess.PIPE, text=True, encoding="utf-8",
        preexec_fn=None if sys.platform == "win32" else heed,
    )  # fmt: skip


def wait_for(condition: Callable[[], bool], seconds: float = 60) -> bool:
    end = monotonic() + seconds
    while not condition() and monotonic() < end:
        sleep(0.02)
    return condition()


def alive(pid: str) -> bool:
    try:
        os.kill(int(pid), 0)
    except ProcessLookupError:
        return False
    return True


@pytest.mark.skipif(sys.platform == "win32", reason="signals of Unix")
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
def test_a_batch_cut_off_leaves_whole_reports_and_can_be_gone_on_with(
    province: Path, tmp_path: Path, number: signal.Signals
):
    out, pids = tmp_path / "out", tmp_path / "pids"
    pids.mkdir()
    arguments = ["--all", "--from", str(province), "--as-of", AS_OF, "--formats", "", "--out", str(out)]
    cut = started(*arguments, "--jobs", "2", seconds=0.6, pids=pids)
    assert wait_for(lambda: len(list(out.glob(f"*/{NAME}"))) >= 1 and len(list(out.glob(".*.writing"))) >= 1)
    cut.send_signal(number)
    _, told = cut.communicate(timeout=30)
    whole = [path.parent for path in out.glob(f"*/{NAME}") if not path.parent.name.startswith(".")]
    assert 1 <= len(whole) < 4 and [verify(report) for report in whole] == [[]] * len(whole)
    assert wait_for(lambda: not any(alive(pid.name) for pid in pids.iterdir()), 10), "a worker has outlived its batch"
    if number != signal.SIGKILL:
        assert cut.returncode == 130 and "workbook batch --resume" in told
        assert not list(out.glob(".*"))
    again = started("--resume", "--out", str(out), seconds=0, pids=pids)
    _, told = again.communicate(timeout=60)
    assert again.returncode == 0, told
    assert f"{4 - len(whole)} 份已生成，{len(whole)} 份未变沿用" in told
    assert not list(out.glob(".*")) and len(pd.read_csv(out / "summary.csv")) == 4


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux forks kernels")
def test_the_jobs_of_a_batch_share_one_parent_of_kernels_which_ends_with_it(
    province: Path, tmp_path: Path, workers: pytest.MonkeyPatch
):
    pids = tmp_path / "pids"
    pids.mkdir()
    workers.setenv(PIDS, str(pids))
    run(province, tmp_path / "out", COUNTIES[:2], make=make_with_a_kernel)
    (parent,) = {(pids / plan).read_text() for plan in COUNTIES[:2]}
    assert not alive(parent)


# --- the command ------------------------------------------------------------------------------------------------------


@pytest.fixture
def command(workers: pytest.MonkeyPatch) -> Callable[..., int]:
    """``workbook batch`` with quick reports; returns the exit status."""
    workers.setattr("analytics.runs.batch.make_beside_others", make_quickly)
    parser = argparse.ArgumentParser()
    add_commands(parser.add_subparsers())

    def run_it(*arguments: object) -> int:
        wanted = parser.parse_args(["batch", *map(str, arguments)])
        return wanted.command(wanted)

    return run_it


def test_the_exit_status_tells_failures_and_names_them(
    command: Callable[..., int], province: Path, tmp_path: Path, workers: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
):  # fmt: skip
    workers.setenv(FAIL, COUNTIES[0])
    table = tmp_path / "regions.csv"
    table.write_text("地区\n模拟县0001（模拟数据）\nsynthetic_0003\n", encoding="gbk")
    out = tmp_path / "out"
    assert command("--regions", table, "--from", province, "--as-of", AS_OF, "--out", out) == 3
    told = capsys.readouterr().err
    assert f"失败：{COUNTIES[0]}" in told and f"{COUNTIES[2]}：已生成" in told
    assert read_state(out).plans == [COUNTIES[0], COUNTIES[2]]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ([], "须且只须给一种"),
        (["--all", "rongcheng"], "须且只须给一种"),
        (["rongchegn", "wending"], "2. 没有这个规划文件（实际：wending"),
        (["--all", "--jobs", "0"], "须为正整数"),
        (["--all", "--as-of", "2026-13-01"], "日期无法识别"),
        (["--all", "--formats", "doc"], "未知的输出格式"),
        (["--all", "--from", "nowhere"], "不是规划和数据文件夹"),
        (["--resume"], "没有可继续的批量任务"),
        (["--resume", "--as-of", "2026-01-31"], "按原样继续时不能改动"),
    ],
)
def test_bad_options_are_refused_before_anything_is_written(
    command: Callable[..., int], tmp_path: Path, arguments: list[str], said: str
):
    with pytest.raises(InputError) as raised:
        command(*arguments, "--out", tmp_path / "out")
    assert said in raised.value.message("zh")
    assert not (tmp_path / "out").exists()


def test_a_region_without_a_plan_is_named_with_its_row(command: Callable[..., int], province: Path, tmp_path: Path):
    table = tmp_path / "regions.csv"
    table.write_text("region\nsynthetic_0001\nsynthetic_9999\nrongcheng\n", encoding="utf-8")
    with pytest.raises(InputError) as raised:
        command("--regions", table, "--from", province, "--out", tmp_path / "out")
    assert [(fault.row, fault.found) for fault in raised.value.faults] == [(3, "synthetic_9999"), (4, "rongcheng")]


def test_a_damaged_record_of_a_batch_is_said_to_be_one(tmp_path: Path):
    (tmp_path / "batch.json").write_text('{"plans": 3}')
    with pytest.raises(InputError, match="批量任务的记录有误"):
        read_state(tmp_path)


# --- what is shown ----------------------------------------------------------------------------------------------------


def test_away_from_a_terminal_every_report_gets_a_plain_line():
    stream = io.StringIO()
    board = Board(2, "en", stream)
    board.step("a", Term("读取", "reading"))
    board.finished(Outcome("a", "made", 2.0))
    board.finished(Outcome("b", "failed", message=Term("坏", "bad")))
    assert stream.getvalue().splitlines()[0].startswith("1/2 a: made, 2.0 s (left ")
    assert stream.getvalue().splitlines()[1:] == ["2/2 b: failed: bad"]


class Terminal(io.StringIO):
    """A stream that says it is a terminal."""

    def isatty(self) -> bool:
        return True


def test_on_a_terminal_a_line_shows_what_is_running_and_fits(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("COLUMNS", "60")
    stream = Terminal()
    board = Board(4, "zh", stream)
    board.finished(Outcome("a", "kept"))
    board.step("b", Term("绘制图表" * 20, "drawing charts"))
    line = stream.getvalue().rpartition("\x1b[K")[2]
    assert line.startswith("█████░░░░░░░░░░░░░░░ 1/4　失败 0　剩余 —　正在：b 绘制")
    assert len(line) + sum(character > "\u2e80" for character in line) <= 59  # Chinese characters are two columns wide


def test_time_left_is_what_the_made_reports_took_times_those_to_come(monkeypatch: pytest.MonkeyPatch):
    now = [0.0]
    monkeypatch.setattr("analytics.runs.board.monotonic", lambda: now[0])
    board = silent(10)
    board.finished(Outcome("a", "kept"))
    now[0] = 30.0
    board.finished(Outcome("b", "made", 30.0))
    # one report made in 30 s, eight to come: 240 s
    assert board.left() == "4:00"


# --- the roll-up ------------------------------------------------------------------------------------------------------


def test_regions_are_summed_where_they_lie_and_never_twice():
    parts = parts_of(["rongcheng", "wendeng", "heze", "longling"])
    assert {region: sorted(found) for region, found in parts.items()} == {
        "weihai": ["rongcheng", "wendeng"],
        "shandong": ["heze", "rongcheng", "wendeng"],
        "china": ["heze", "longling", "rongcheng", "wendeng"],
        "baoshan": ["longling"],
    }  # fmt: skip


def test_a_region_inside_another_one_of_the_batch_counts_in_that_one_only():
    parts = parts_of(["rongcheng", "shandong", "longling"])
    assert sorted(parts["china"]) == ["longling", "shandong"]


KEY = ["scenario", "scheme", "indicator", "category", "year"]


def report(folder: Path, region: str, rows: dict[tuple[str, str], float], quality: str = "official") -> Path:
    """A ``results.csv`` with one year of the plan path."""
    units = {"active": "person", "contributors": "person", "retirees": "person", "collection_income": "yuan",
             "average_pension": "yuan/month", "employee_share": "ratio", "support_ratio": "times",
             "balance": "yuan", "expenditure": "yuan", "months_payable": "month"}  # fmt: skip
    frame = pd.DataFrame(
        [(region, "plan", *key, "total", 2025, value, units[key[1]], quality) for key, value in rows.items()],
        columns=["region", *KEY, "value", "unit", "quality"],
    )
    path = folder / f"{region}.csv"
    frame.to_csv(path, index=False)
    return path


def rolled(folder: Path, reports: dict[str, dict[tuple[str, str], float]], **qualities: str) -> pd.DataFrame:
    paths = {r: report(folder, r, rows, qualities.get(r, "official")) for r, rows in reports.items()}
    frame = roll_up(paths)
    return frame[frame["region"] == "shandong"].set_index(["scheme", "indicator"])


@settings(max_examples=20, deadline=None)
@given(st.lists(st.floats(0, 1e12), min_size=2, max_size=2), st.lists(st.floats(1, 1e8), min_size=4, max_size=4))
def test_sums_equal_the_parts_and_ratios_are_those_of_the_sums(
    tmp_path_factory: pytest.TempPathFactory, money: list[float], heads: list[float]
):
    e, r = ("employee", "active"), ("resident", "active")
    reports = {
        region: {("employee", "collection_income"): money[n], e: heads[n], r: heads[n + 2],
                 ("all", "employee_share"): heads[n] / (heads[n] + heads[n + 2])}
        for n, region in enumerate(("heze", "rongcheng"))
    }  # fmt: skip
    frame = rolled(tmp_path_factory.mktemp("rolled"), reports)
    assert frame.loc[("employee", "collection_income"), "value"] == pytest.approx(sum(money))
    share = (heads[0] + heads[1]) / sum(heads)
    assert frame.loc[("all", "employee_share"), "value"] == pytest.approx(share)


def test_an_average_is_weighted_by_its_heads(tmp_path: Path):
    pensions = {
        "heze": {("employee", "average_pension"): 3000.0, ("employee", "retirees"): 3.0},
        "rongcheng": {("employee", "average_pension"): 4000.0, ("employee", "retirees"): 1.0},
    }
    # (3 × 3000 + 1 × 4000) ÷ 4 = 3250
    assert rolled(tmp_path, pensions).loc[("employee", "average_pension"), "value"] == 3250.0


def test_a_ratio_is_taken_over_the_regions_that_have_all_of_it_and_says_how_many(tmp_path: Path):
    months = ("employee", "months_payable")
    reports = {
        "heze": {("employee", "balance"): 6.0, ("employee", "expenditure"): 12.0, months: 6.0},
        "rongcheng": {("employee", "expenditure"): 100.0},
    }
    frame = rolled(tmp_path, reports, rongcheng="assumed")
    # a balance of 6 lasts 6 months at 1 a month; the region without a balance counts in the expenditure alone
    assert list(frame.loc[months, ["value", "parts", "of", "quality"]]) == [6.0, 1, 2, "official"]
    assert list(frame.loc[("employee", "expenditure"), ["value", "parts", "quality"]]) == [112.0, 2, "assumed"]
    assert ("employee", "base_floor") not in frame.index
