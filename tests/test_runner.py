"""A notebook's parameters are checked before it runs, and how it ended is told truly."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from types import SimpleNamespace

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

from analytics.inputs.faults import InputError
from analytics.runs import kernels, notebooks
from analytics.runs.notebooks import NotebookFailed, NotebookJob, NotebookRun, check_parameters, run_notebook

PARAMETERS = """\
plan = "rongcheng"  # which plan
first_year: int = 2024
rate = 0.24
ranges = True
as_of = "2026-01-31"
schemes = ["employee"]
fate = "good"
"""
FATE = """\
import os, sys
if fate == "error":
    raise ValueError("缺少缴费基数")
if fate == "killed":
    os._exit(1)
if fate == "exit":
    sys.exit(0)
while fate == "loop":
    pass
"""
STAMP = 'display({"application/vnd.workbook.stamp+json": {"digest": f"{plan} {first_year}"}}, raw=True)'
UNSTAMPED = STAMP.replace("raw=True)", 'raw=True) if fate != "unstamped" else None')
OLD = "an earlier run's copy"


@pytest.fixture
def source(tmp_path: Path) -> Path:
    """A notebook whose parameter ``fate`` decides how it ends."""
    cells = [
        new_markdown_cell("# 征缴收入够不够？"),
        new_code_cell(PARAMETERS, metadata={"tags": ["parameters"]}),
        new_markdown_cell("先看结论。\n\n## 方法"),
        new_code_cell(FATE),
        new_code_cell(""),
        new_markdown_cell("## 运行印记"),
        new_code_cell(UNSTAMPED),
    ]
    kernel = {"name": "python3", "display_name": "Python 3", "language": "python"}
    path = tmp_path / "fund.ipynb"
    nbformat.write(new_notebook(cells=cells, metadata={"kernelspec": kernel}), path)
    return path


@pytest.fixture
def output(tmp_path: Path) -> Path:
    """Where the executed copy goes; an earlier one is already there."""
    path = tmp_path / "out" / "fund.ipynb"
    path.parent.mkdir()
    path.write_text(OLD)
    return path


@pytest.fixture
def no_kernel(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kernels, "own_kernel", lambda *_: pytest.fail("a kernel was started"))


def failure_of(source: Path, output: Path, fate: str, timeout: int = 60) -> NotebookFailed:
    with pytest.raises(NotebookFailed) as raised:
        run_notebook(source, output, {"fate": fate}, timeout=timeout)
    return raised.value


def sources(path: Path) -> list[str]:
    return [cell.source for cell in nbformat.read(path, as_version=4).cells]


def test_a_good_run_returns_its_stamp_and_leaves_a_readable_repeatable_copy(source: Path, output: Path) -> None:
    seen = []
    parameters = {"plan": "荣成", "first_year": 2025, "schemes": ["employee", "失业"]}
    run = run_notebook(source, output, parameters, timeout=60, on_cell=lambda *step: seen.append(step))
    assert run.stamp == {"digest": "荣成 2025"}
    assert run.cells == 4  # parameters, injected parameters, fate, stamp; the empty cell is none
    assert seen == [
        (1, 4, "征缴收入够不够？"),
        (2, 4, "征缴收入够不够？"),
        (3, 4, "方法"),
        (4, 4, "运行印记"),
    ]
    copy = nbformat.read(output, as_version=4)
    injected = next(cell for cell in copy.cells if "injected-parameters" in cell.metadata.get("tags", []))
    assert "plan = '荣成'" in injected.source and "schemes = ['employee', '失业']" in injected.source
    text = output.read_text(encoding="utf-8")
    assert "papermill" not in text and str(source.parent) not in text and "iopub" not in text
    assert [path.name for path in output.parent.iterdir()] == ["fund.ipynb"]


def test_two_equal_runs_side_by_side_leave_the_same_bytes(source: Path, tmp_path: Path) -> None:
    jobs = [NotebookJob(source, tmp_path / f"{number}.ipynb", {"plan": "荣成"}) for number in (1, 2)]
    seen = []
    outcomes = notebooks.run_notebooks(
        jobs, timeout=60, on_cell=lambda job, *step: seen.append((job.output.name, step[0]))
    )
    assert [outcome.stamp for outcome in outcomes] == [{"digest": "荣成 2024"}] * 2
    assert jobs[0].output.read_bytes() == jobs[1].output.read_bytes()
    assert sorted(seen) == [(name, number) for name in ("1.ipynb", "2.ipynb") for number in (1, 2, 3, 4)]


def test_after_a_failure_no_further_notebook_is_started(source: Path, tmp_path: Path) -> None:
    fates = ("exit", "good")
    jobs = [NotebookJob(source, tmp_path / f"{fate}.ipynb", {"fate": fate}) for fate in fates]
    first, second = notebooks.run_notebooks(jobs, timeout=60, workers=1)
    assert isinstance(first, NotebookFailed) and first.kind == "early exit"
    assert second is None and not jobs[1].output.exists()


def test_notebooks_are_all_checked_before_the_first_one_starts(source: Path, no_kernel: None) -> None:
    jobs = [NotebookJob(source, Path("a"), {}), NotebookJob(source, Path("b"), {"plam": "x"})]
    with pytest.raises(InputError, match="plam"):
        notebooks.run_notebooks(jobs, timeout=60)


def test_plain_papermill_runs_the_same_notebook(source: Path, tmp_path: Path) -> None:
    import papermill

    path = tmp_path / "plain.ipynb"
    papermill.execute_notebook(str(source), str(path), {"plan": "荣成"}, progress_bar=False)
    last = nbformat.read(path, as_version=4).cells[-1]
    assert last.outputs[0].data[notebooks.STAMP] == {"digest": "荣成 2024"}


@pytest.mark.parametrize(
    ("fate", "kind", "cell", "title", "words"),
    [
        ("error", "error", 3, "方法", "ValueError: 缺少缴费基数"),
        ("killed", "dead kernel", 3, "方法", "退出码 1"),
        ("exit", "early exit", 3, "方法", "SystemExit: 0"),
        ("unstamped", "early exit", 4, "运行印记", "没有显示结尾印记"),
    ],
)
def test_each_way_to_fail_has_its_kind_and_leaves_a_failed_copy_only(
    source: Path, output: Path, fate: str, kind: str, cell: int, title: str, words: str
) -> None:
    failure = failure_of(source, output, fate)
    assert (failure.kind, failure.cell, failure.title) == (kind, cell, title)
    assert words in failure.message("zh") and f"第 {cell} 个代码单元（{title}）" in failure.message("zh")
    assert failure.copy == output.with_name("fund.failed.ipynb")
    assert failure.message("zh") in sources(failure.copy)[0] and failure.message("en") in sources(failure.copy)[0]
    assert output.read_text() == OLD


def test_a_notebook_that_never_ends_is_stopped_and_told_as_a_timeout(source: Path, output: Path) -> None:
    failure = failure_of(source, output, "loop", timeout=2)
    assert (failure.kind, failure.cell) == ("timeout", 3)
    assert failure.message("en") == "fund.ipynb ran out of time: code cell 3 (方法): longer than 2 s"
    assert failure.copy.exists() and output.read_text() == OLD


def test_a_kernel_that_does_not_start_is_told_as_dead(
    source: Path, output: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(kernels.ENVIRONMENT, "PYTHONHOME", "/nowhere")  # no Python can start from there
    failure = failure_of(source, output, "good")
    assert failure.message("zh") == "fund.ipynb 计算进程意外终止：计算进程没有启动"
    assert failure.copy.exists() and output.read_text() == OLD


def test_a_later_good_run_removes_the_failed_copy(source: Path, output: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    failed = output.with_name("fund.failed.ipynb")
    failed.write_text("left by an earlier run")
    monkeypatch.setattr(notebooks, "_execute", lambda *arguments: None)
    monkeypatch.setattr(notebooks, "_stamp", lambda *arguments: {"digest": ""})
    assert isinstance(run_notebook(source, output, {}, timeout=60), NotebookRun)
    assert not failed.exists() and output.read_text() != OLD


def test_a_kernel_that_left_of_itself_is_an_early_exit() -> None:
    kernel = SimpleNamespace(provisioner=SimpleNamespace(process=SimpleNamespace(poll=lambda: 0)))
    failure = notebooks._dead(kernel, notebooks._Progress("fund.ipynb", {}, None))
    assert (failure.kind, failure.reason.zh) == ("early exit", "单元结束了计算进程")


def test_a_signal_is_named_and_a_kill_hints_at_memory() -> None:
    assert notebooks._exit_reason(-9).zh == "被信号 9 终止，多为内存不足"
    assert notebooks._exit_reason(-11).en == "ended by signal 11"


def test_a_misspelt_parameter_is_refused_with_the_nearest_name_before_a_kernel_starts(
    source: Path, output: Path, no_kernel: None
) -> None:
    with pytest.raises(InputError) as raised:
        run_notebook(source, output, {"frist_year": 2025}, timeout=60)
    assert "fund.ipynb “frist_year”：笔记本没有这个参数，是否想写“first_year”" in raised.value.message("zh")
    assert output.read_text() == OLD and not output.with_name("fund.failed.ipynb").exists()


def test_all_faults_of_all_parameters_are_told_at_once(source: Path) -> None:
    found = {"zzz": 1, "first_year": "2025", "plan": "荣成", "as_of": "31.1.2026"}
    faults = check_parameters(source, found)
    assert [fault.column for fault in faults] == ["zzz", "first_year", "as_of"]
    assert "plan, first_year, rate" in faults[0].message("en")


@pytest.mark.parametrize(
    ("name", "value", "expected"),
    [
        ("plan", 1, "文本"),
        ("first_year", 2025.0, "整数"),
        ("first_year", True, "整数"),
        ("rate", "0.2", "数值"),
        ("rate", True, "数值"),
        ("rate", float("nan"), "数值"),
        ("ranges", 1, "True 或 False"),
        ("schemes", "employee", "列表"),
        ("schemes", [1], "列表"),
        ("as_of", date(2026, 1, 31), "2026-01-31"),
        ("as_of", "20260131", "2026-01-31"),
        ("as_of", "2026-02-30", "2026-01-31"),
        ("plan", date(2026, 1, 31), "2026-01-31"),
    ],
)
def test_a_value_of_the_wrong_type_is_refused(source: Path, name: str, value: object, expected: str) -> None:
    (fault,) = check_parameters(source, {name: value})
    assert f"应为：{expected}" in fault.message("zh") and f"“{name}”" in fault.message("zh")


@pytest.mark.parametrize(("name", "value"), [("rate", 1), ("schemes", []), ("as_of", "2024-02-29"), ("plan", "")])
def test_a_value_of_the_declared_type_is_taken(source: Path, name: str, value: object) -> None:
    assert check_parameters(source, {name: value}) == []


@pytest.mark.parametrize(
    "content", ["", "[]", "{}", '{"cells": [{"metadata": {"tags": ["parameters"]}, "source": "import os"}]}']
)
def test_what_is_no_notebook_with_a_plain_parameters_cell_is_refused(tmp_path: Path, content: str) -> None:
    path = tmp_path / "broken.ipynb"
    path.write_text(content)
    with pytest.raises(InputError, match=r"broken\.ipynb"):
        check_parameters(path, {})
    with pytest.raises(InputError, match=r"absent\.ipynb"):
        check_parameters(tmp_path / "absent.ipynb", {})
