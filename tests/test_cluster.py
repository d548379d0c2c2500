"""The same batch on a dask cluster: a real scheduler and two workers on loopback, one of which is killed in mid-batch."""

from __future__ import annotations

import io
import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path

import pytest
from quick_reports import FAIL, SECONDS, make_quickly

from analytics.inputs.faults import InputError
from analytics.runs.batch import Batch, run_batch
from analytics.runs.board import Board
from analytics.runs.manifest import NAME, read, verify
from analytics.runs.summary import Outcome
from analytics.runs.synthetic import write_province

needs_dask = pytest.mark.skipif(
    find_spec("distributed") is None,
    reason="DASK IS NOT INSTALLED: batches on a cluster are not tested; pip install 'pension-workbook[cluster]'",
)
COUNTIES = [f"synthetic_{number:04}" for number in range(1, 5)]
PYTHONPATH = os.pathsep.join([str(Path(__file__).parent), os.environ.get("PYTHONPATH", "")])


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home with four counties."""
    return write_province(len(COUNTIES), 1, tmp_path_factory.mktemp("cluster") / "home")


@pytest.fixture
def cluster(tmp_path: Path) -> Iterator[tuple[str, list[subprocess.Popen]]]:
    """The address of a scheduler, and its two workers; the last county's report fails."""
    environment = os.environ | {"PYTHONPATH": PYTHONPATH, SECONDS: "0.5", FAIL: COUNTIES[-1]}
    scheduler = subprocess.Popen(
        [sys.executable, "-m", "distributed.cli.dask_scheduler", "--host", "127.0.0.1", "--port", "0", "--no-dashboard"],
        env=environment, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    address = next(found[0] for line in scheduler.stderr if (found := re.search(r"tcp://127\.0\.0\.1:\d+", line)))
    command = [sys.executable, "-m", "distributed.cli.dask_worker", address, "--host", "127.0.0.1", "--nthreads", "1",
               "--no-nanny", "--no-dashboard", "--local-directory", str(tmp_path / "dask")]  # fmt: skip
    workers = [subprocess.Popen(command, env=environment, stderr=subprocess.DEVNULL) for _ in range(2)]
    yield address, workers
    for process in (*workers, scheduler):
        process.kill()
        process.wait()


def run(
    home: Path, out: Path, plans: list[str] = COUNTIES, board: Board | None = None, **options: object
) -> dict[str, Outcome]:
    batch = Batch(plans=plans, as_of="2026-01-31", formats=[], home=str(home))
    silent = board or Board(len(plans), stream=io.StringIO())
    outcomes = run_batch(batch, out, **{"jobs": 2, "board": silent, "make": make_quickly} | options)
    return {outcome.plan: outcome for outcome in outcomes}


class Killer(Board):
    """Kills a process when the first report has come back."""

    victim: subprocess.Popen

    def finished(self, outcome: Outcome) -> None:
        super().finished(outcome)
        self.victim.send_signal(signal.SIGKILL)


@needs_dask
@pytest.mark.skipif(sys.platform == "win32", reason="signals of Unix")
def test_a_lost_workers_reports_are_made_by_another_with_the_bytes_they_have_here(
    home: Path, tmp_path: Path, cluster: tuple[str, list[subprocess.Popen]], monkeypatch: pytest.MonkeyPatch
):
    address, workers = cluster
    board = Killer(len(COUNTIES), stream=io.StringIO())
    board.victim = workers[0]
    outcomes = run(home, tmp_path / "there", board=board, address=address)
    assert workers[0].wait(10) == -signal.SIGKILL
    assert [outcome.status for outcome in outcomes.values()] == ["made"] * 3 + ["failed"]
    assert "InputError" in (tmp_path / "there" / f"{COUNTIES[3]}.failed" / "report.log").read_text(encoding="utf-8")
    monkeypatch.setenv("PYTHONPATH", PYTHONPATH)
    run(home, tmp_path / "here", COUNTIES[:3])
    for plan in COUNTIES[:3]:
        there, here = tmp_path / "there" / plan, tmp_path / "here" / plan
        assert verify(there) == []
        assert read(there).repeatable() == read(here).repeatable()
        assert (there / "results.csv").read_bytes() == (here / "results.csv").read_bytes()
    assert "synthetic" in (tmp_path / "there" / "rollup.csv").read_text(encoding="utf-8")


@needs_dask
def test_a_cluster_of_this_machine_makes_what_is_missing_and_keeps_the_rest(
    home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setenv("PYTHONPATH", PYTHONPATH)
    run(home, tmp_path / "out", COUNTIES[:1])
    outcomes = run(home, tmp_path / "out", COUNTIES[:2], address="local", jobs=1, resume=True)
    assert [outcome.status for outcome in outcomes.values()] == ["kept", "made"]
    assert len(list((tmp_path / "out").glob(f"*/{NAME}"))) == 2


@needs_dask
def test_a_scheduler_that_does_not_answer_is_named(home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("analytics.runs.cluster._PATIENCE", "0.2s")
    with pytest.raises(InputError, match=r"没有可用的 dask 调度器.*127\.0\.0\.1:9"):
        run(home, tmp_path / "out", address="tcp://127.0.0.1:9")


def test_without_dask_the_way_to_install_it_is_told(home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("analytics.runs.batch.find_spec", lambda _: None)
    with pytest.raises(InputError, match=r"pension-workbook\[cluster\]"):
        run(home, tmp_path / "out", address="local")
