"""``workbook verify`` tells what has changed of a report since; ``workbook rerun`` makes it again byte for byte."""

from __future__ import annotations

import argparse
import json
import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from quick_reports import make_quickly

from analytics.inputs.faults import InputError
from analytics.places import HOME_VARIABLE
from analytics.runs.commands import add_commands
from analytics.runs.manifest import NAME, read
from analytics.runs.order import Order
from analytics.runs.synthetic import write_province
from analytics.runs.verify import judge, order_again
from analytics.runs.worker import Task, Worker

PLAN = "synthetic_0001"
PYTHONPATH = os.pathsep.join([str(Path(__file__).parent), os.environ.get("PYTHONPATH", "")])


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """A home with one county, and a report of it."""
    folder = tmp_path_factory.mktemp("verify")
    home, out = write_province(1, 1, folder / "home"), folder / "batch" / PLAN
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PYTHONPATH", PYTHONPATH)
        worker = Worker(home, folder / "scratch")
        outcome = worker.make(Task(Order(PLAN, out, as_of="2026-01-31", formats=()), make=make_quickly), print)
        worker.close()
    assert outcome.status == "made", outcome.message.zh
    return home, out


@pytest.fixture
def home(made: tuple[Path, Path], tmp_path: Path) -> Path:
    """A copy of the home that a test may change."""
    return Path(shutil.copytree(made[0], tmp_path / "home"))


@pytest.fixture
def report(made: tuple[Path, Path], tmp_path: Path) -> Path:
    """A copy of the report that a test may change."""
    return Path(shutil.copytree(made[1], tmp_path / "batch" / PLAN))


@pytest.fixture
def command(monkeypatch: pytest.MonkeyPatch) -> Callable[..., int]:
    """``workbook verify`` and ``workbook rerun`` with quick reports; returns the exit status."""
    monkeypatch.setenv("PYTHONPATH", PYTHONPATH)
    monkeypatch.setattr("analytics.runs.worker.make_alone", make_quickly)
    parser = argparse.ArgumentParser()
    add_commands(parser.add_subparsers())

    def run_it(*arguments: object) -> int:
        wanted = parser.parse_args([str(argument) for argument in arguments])
        return wanted.command(wanted)

    return run_it


def test_a_report_that_is_as_it_was_is_said_to_be(
    command: Callable[..., int], home: Path, report: Path, capsys: pytest.CaptureFixture[str]
):
    assert command("verify", report, "--from", home) == 0
    assert "输出和输入都与清单一致" in capsys.readouterr().out
    assert command("verify", report.parent, "--from", home, "--language", "en") == 0
    assert f"{report}: outputs and inputs are as the manifest says" in capsys.readouterr().out


def test_changed_outputs_and_inputs_are_told_apart_and_all_named(
    command: Callable[..., int], home: Path, report: Path, capsys: pytest.CaptureFixture[str]
):
    (report / "results.csv").write_text("7")
    (report / "notes.txt").touch()
    (home / "params" / f"{PLAN}.yaml").unlink()
    (home / "data" / "policy" / "base_rules.csv").write_text("x")
    assert command("verify", report, "--from", home) == 1
    told = capsys.readouterr().out.splitlines()
    assert told[:6] == [
        f"{report}：输出有变：", "  notes.txt：清单中没有此文件", "  results.csv：内容与清单不符",
        f"{report}：输入有变：", "  data/policy/base_rules.csv：内容与清单不符", f"  params/{PLAN}.yaml：文件缺失",
    ]  # fmt: skip


def test_the_projects_own_data_do_not_stand_in_for_lost_ones(made: tuple[Path, Path], home: Path):
    (home / "data" / "policy" / "base_rules.csv").unlink()
    assert [(found.path, found.kind) for found in judge(made[1], home).inputs] == [
        ("data/policy/base_rules.csv", "missing")
    ]


def test_code_that_has_moved_on_is_told_but_spoils_nothing(made: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("analytics.runs.freshness.source_digest", lambda: "0" * 64)
    verdict = judge(made[1], made[0])
    assert verdict.sound and "程序或软件包与现在不同" in verdict.lines("zh")[-1]


def test_what_a_report_was_shown_of_the_ledger_is_an_input(made: tuple[Path, Path], report: Path):
    content = json.loads((report / NAME).read_text(encoding="utf-8"))
    content["parameters"]["ledger"] = "0" * 64
    (report / NAME).write_text(json.dumps(content), encoding="utf-8")
    assert [found.path for found in judge(report, made[0]).inputs] == ["ledger/forecasts.jsonl"]


def test_a_folder_without_reports_is_refused(command: Callable[..., int], tmp_path: Path):
    with pytest.raises(InputError, match="这里没有报告"):
        command("verify", tmp_path)


def test_the_order_of_a_report_is_read_back_from_its_manifest(made: tuple[Path, Path], tmp_path: Path):
    order = order_again(read(made[1]), tmp_path)
    assert order == Order(PLAN, tmp_path, "base_quality,half_delivered", "2026-01-31", "zh", ())


def test_a_rerun_gives_the_same_bytes(
    command: Callable[..., int], home: Path, report: Path, capsys: pytest.CaptureFixture[str]
):
    assert command("rerun", report / NAME, "--from", home) == 0
    again = report.with_name(f"{PLAN}.rerun")
    assert "重跑逐字节一致：3 个文件" in capsys.readouterr().out
    assert (again / "results.csv").read_bytes() == (report / "results.csv").read_bytes()


def test_a_rerun_that_differs_names_every_file(
    command: Callable[..., int], home: Path, report: Path, capsys: pytest.CaptureFixture[str]
):
    content = json.loads((report / NAME).read_text(encoding="utf-8"))
    for output in content["outputs"]:
        output["sha256"] = "0" * 64 if output["path"] == "results.csv" else output["sha256"]
    (report / NAME).write_text(json.dumps(content), encoding="utf-8")
    assert command("rerun", report, "--from", home, "--out", report.with_name("again")) == 1
    assert capsys.readouterr().out.splitlines()[-1] == "  results.csv：内容与清单不符"


def test_inputs_that_are_gone_or_changed_stop_a_rerun_before_it_starts(
    command: Callable[..., int], home: Path, report: Path
):
    (home / "data" / "policy" / "base_rules.csv").unlink()
    (home / "data" / "regions" / PLAN / "employee.csv").write_text("x")
    with pytest.raises(InputError) as raised:
        command("rerun", report, "--from", home)
    assert raised.value.message("zh").splitlines() == [
        "1. data/policy/base_rules.csv：重跑所需的输入已不在",
        f"2. data/regions/{PLAN}/employee.csv：重跑所需的输入已改动",
    ]
    assert sorted(path.name for path in report.parent.iterdir()) == [PLAN]


def test_a_rerun_never_replaces_the_report_itself(command: Callable[..., int], home: Path, report: Path):
    with pytest.raises(InputError, match="不能覆盖原报告"):
        command("rerun", report, "--from", home, "--out", report)


def test_a_home_is_chosen_for_a_process_by_its_environment(made: tuple[Path, Path]):
    import subprocess
    import sys

    code = "from analytics.inputs.plan_file import plan_names; print(*plan_names())"
    environment = os.environ | {HOME_VARIABLE: str(made[0])}
    told = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=True)
    assert told.stdout.split() == [PLAN]
