"""A report is published whole or not at all, and nothing that is not ours or was edited by hand is lost."""

from __future__ import annotations

import os
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest

from analytics.inputs.faults import InputError
from analytics.runs.manifest import build_manifest, write
from analytics.runs.publish import published_whole


def fill(folder: Path, content: str) -> None:
    """Write a small report with its manifest."""
    (folder / "notebooks").mkdir()
    (folder / "notebooks/01.ipynb").write_text(content)
    (folder / "report.docx").write_text(content)
    made = build_manifest(
        folder,
        plan="rongcheng",
        scenarios=[],
        as_of="2026-11-20",
        language="zh",
        formats=["docx"],
        seed=0,
        parameters={},
        inputs=[],
        started=datetime(2026, 11, 20, tzinfo=UTC),
        seconds={},
    )
    write(made, folder)


@pytest.fixture
def out(tmp_path: Path) -> Path:
    """Where an old report stands."""
    path = tmp_path / "reports" / "rongcheng"
    with published_whole(path) as folder:
        fill(folder, "old")
    return path


def beside(out: Path) -> list[str]:
    """Everything in the folder the report is in."""
    return sorted(path.name for path in out.parent.iterdir())


def shown(out: Path) -> str:
    return (out / "report.docx").read_text()


def test_a_first_report_appears_when_it_is_finished_and_not_before(tmp_path: Path) -> None:
    out = tmp_path / "a" / "b"
    with published_whole(out) as folder:
        fill(folder, "new")
        assert folder.parent == out.parent and not out.exists()
    assert shown(out) == "new" and beside(out) == ["b"]


def test_a_new_report_takes_the_place_of_the_old_one_whole(out: Path) -> None:
    with published_whole(out) as folder:
        fill(folder, "new")
        (folder / "report.docx").rename(folder / "report.pdf")
        assert shown(out) == "old"
    assert not (out / "report.docx").exists() and (out / "report.pdf").read_text() == "new"
    assert beside(out) == ["rongcheng"]


def test_an_empty_folder_may_be_filled(tmp_path: Path) -> None:
    with published_whole(tmp_path / "empty") as folder:
        (tmp_path / "empty").mkdir()
        fill(folder, "new")
    assert beside(tmp_path / "empty") == ["empty"]


@pytest.mark.parametrize("failure", [ValueError, KeyboardInterrupt, SystemExit])
def test_a_failed_run_leaves_the_old_report_and_keeps_notebooks_and_log(
    out: Path, failure: type[BaseException]
) -> None:
    with pytest.raises(failure), published_whole(out) as folder:
        fill(folder, "half")
        (folder / "run.log").write_text("why")
        raise failure
    failed = out.with_name("rongcheng.failed")
    assert shown(out) == "old" and beside(out) == ["rongcheng", "rongcheng.failed"]
    assert sorted(path.name for path in failed.rglob("*")) == ["01.ipynb", "notebooks", "run.log"]


def test_the_evidence_of_a_failure_is_replaced_by_the_next_and_goes_with_success(out: Path) -> None:
    for log in ("first.log", "second.log"):
        with pytest.raises(ValueError), published_whole(out) as folder:
            (folder / log).touch()
            raise ValueError
    assert [path.name for path in out.with_name("rongcheng.failed").iterdir()] == ["second.log"]
    with published_whole(out) as folder:
        fill(folder, "new")
    assert beside(out) == ["rongcheng"]


def test_a_failure_with_nothing_to_show_leaves_nothing(out: Path) -> None:
    with pytest.raises(ValueError), published_whole(out):
        raise ValueError
    assert beside(out) == ["rongcheng"]


def test_a_folder_that_is_no_report_is_not_replaced(tmp_path: Path) -> None:
    (tmp_path / "mine.docx").write_text("mine")
    for place in (tmp_path, tmp_path / "mine.docx"):
        with pytest.raises(InputError, match="不能覆盖：这里已有其他内容"), published_whole(place):
            pytest.fail("the run was started")
    assert (tmp_path / "mine.docx").read_text() == "mine"


def test_a_report_changed_or_added_to_by_hand_is_kept_and_named(out: Path) -> None:
    kept: list[Path] = []
    for edit in ("report.docx", "notes.docx"):
        (out / edit).write_text("edited")
        with published_whole(out, kept.append) as folder:
            fill(folder, "new")
    assert [path.name for path in kept] == ["rongcheng.edited-1", "rongcheng.edited-2"]
    assert shown(kept[0]) == "edited" and (kept[1] / "notes.docx").read_text() == "edited"
    assert shown(out) == "new"


def test_a_report_that_only_lost_a_file_is_replaced_without_a_copy(out: Path) -> None:
    (out / "report.docx").unlink()
    with published_whole(out, lambda kept: pytest.fail(str(kept))) as folder:
        fill(folder, "new")
    assert beside(out) == ["rongcheng"]


def test_a_second_run_to_the_same_place_is_refused_while_the_first_is_writing(out: Path) -> None:
    with published_whole(out) as folder:
        with pytest.raises(InputError, match=f"另一次运行正在写这份报告.*PID {os.getpid()}"), published_whole(out):
            pytest.fail("the second run was started")
        fill(folder, "new")
    assert shown(out) == "new"


def test_a_run_that_was_killed_blocks_nobody_and_leaves_no_half_report(out: Path) -> None:
    killed = f"""
import os
from pathlib import Path
from analytics.runs.publish import published_whole
with published_whole(Path({str(out)!r})) as folder:
    (folder / "report.docx").write_text("half")
    os._exit(9)
"""
    assert subprocess.run([sys.executable, "-c", killed], check=False).returncode == 9
    assert beside(out) == [".rongcheng.lock", ".rongcheng.writing", "rongcheng"]
    with published_whole(out) as folder:
        fill(folder, "new")
    assert shown(out) == "new" and beside(out) == ["rongcheng"]


def test_a_report_moved_away_by_a_run_that_was_killed_comes_back(out: Path) -> None:
    out.rename(out.with_name(".rongcheng.old"))
    with pytest.raises(ValueError), published_whole(out):
        raise ValueError
    assert shown(out) == "old" and beside(out) == ["rongcheng"]


def test_a_report_open_in_a_program_is_left_and_the_new_one_kept_whole(
    out: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    rename = Path.rename

    def held(path: Path, target: Path) -> Path:
        if path == out:  # what Windows answers while Word shows a file in the folder
            raise PermissionError
        return rename(path, target)

    with pytest.raises(InputError, match=r"正被其他程序打开.*rongcheng\.new"), published_whole(out) as folder:
        fill(folder, "new")
        monkeypatch.setattr(Path, "rename", held)
    assert shown(out) == "old" and shown(out.with_name("rongcheng.new")) == "new"


def test_when_the_new_report_cannot_be_moved_in_the_old_one_comes_back(
    out: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    rename = Path.rename

    def full(path: Path, target: Path) -> Path:
        if path.name == ".rongcheng.writing":
            raise OSError("disk")
        return rename(path, target)

    with pytest.raises(OSError, match="disk"), published_whole(out) as folder:
        fill(folder, "new")
        monkeypatch.setattr(Path, "rename", full)
    assert shown(out) == "old"
