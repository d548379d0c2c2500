"""A manifest records what a report was made of, repeats for equal runs, and finds what changed since."""

from __future__ import annotations

import json
import subprocess
from datetime import UTC, datetime
from pathlib import Path

import pytest
from pydantic import ValidationError

from analytics.inputs.faults import InputError
from analytics.runs import manifest
from analytics.runs.manifest import Difference, Manifest, build_manifest, hash_file, read, verify, write

# SHA-256 of the three bytes "abc": FIPS 180-2, appendix B.1
ABC = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A project with two inputs and a lock file, and a report folder inside."""
    for name in (
        "params/荣成.yaml",
        "data/floor.csv",
        "requirements.lock",
        "report/notebooks/01.ipynb",
        "report/报告.csv",
    ):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("abc")
    return tmp_path


def built(project: Path, **changes: object) -> Manifest:
    given = {
        "plan": "rongcheng",
        "scenarios": ["plan", "trend"],
        "as_of": "2026-11-20",
        "language": "zh",
        "formats": ["docx"],
        "seed": 7,
        "parameters": {"地区": "荣成", "ranges": True, "years": [2024, 2025]},
        "inputs": [project / "params/荣成.yaml", project / "data/floor.csv", project / "data/floor.csv"],
        "started": datetime(2026, 11, 20, 8, 30, tzinfo=UTC),
        "seconds": {"notebooks": 12.3456},
        "root": project,
    }
    return build_manifest(project / "report", **(given | changes))


def test_a_file_is_hashed_to_the_standards_test_value(project: Path) -> None:
    assert hash_file(project / "requirements.lock") == ABC


def test_inputs_are_recorded_once_relative_to_the_project(project: Path) -> None:
    inputs = built(project).inputs
    assert [(entry.path, entry.sha256, entry.bytes) for entry in inputs] == [
        ("data/floor.csv", ABC, 3),
        ("params/荣成.yaml", ABC, 3),
    ]


def test_an_input_from_elsewhere_is_recorded_without_the_machines_path(project: Path) -> None:
    made = built(project, root=project / "report", inputs=[project / "data/floor.csv"])
    assert made.inputs[0].path == "floor.csv"
    assert str(project) not in made.model_dump_json()


def test_outputs_are_all_files_of_the_report(project: Path) -> None:
    assert [entry.path for entry in built(project).outputs] == ["notebooks/01.ipynb", "报告.csv"]


def test_a_manifest_comes_back_as_it_was_written_and_reads_in_chinese(project: Path) -> None:
    made = built(project)
    path = write(made, project / "report")
    assert read(project / "report") == made
    assert '"地区": "荣成"' in path.read_text(encoding="utf-8")


def test_two_equal_runs_differ_only_in_their_clock(project: Path) -> None:
    first = built(project)
    second = built(project, started=datetime(2027, 1, 1, tzinfo=UTC), seconds={"notebooks": 99})
    assert first != second
    assert first.repeatable() == second.repeatable()
    assert first.repeatable() != built(project, seed=8).repeatable()
    assert set(json.loads(first.repeatable())) == set(Manifest.model_fields) - {"clock"}


def test_versions_name_python_and_what_can_change_a_number(project: Path) -> None:
    versions = built(project).versions
    assert {"python", "platform", "pandas", "statsmodels", "typst"} <= set(versions)
    assert versions["pandas"].startswith("3.")


def test_without_git_or_lock_the_code_is_told_by_its_source(project: Path) -> None:
    (project / "requirements.lock").unlink()
    code = built(project).code
    assert (code.commit, code.lock) == ("unknown", "unknown")
    assert len(code.source) == 64


def test_a_commit_is_recorded_and_marked_when_files_have_changed_since(project: Path) -> None:
    def git(*arguments: str) -> str:
        who = ["-c", "user.name=a", "-c", "user.email=a@b.c"]
        return subprocess.run(["git", *who, *arguments], cwd=project, check=True, capture_output=True, text=True).stdout

    git("init", "-q")
    git("add", ".")
    git("commit", "-q", "-m", "first")
    commit = git("rev-parse", "HEAD").strip()
    assert built(project).code.commit == commit
    (project / "data/floor.csv").write_text("abd")
    assert built(project).code.commit == f"{commit}-dirty"


def test_a_report_as_it_was_written_has_no_differences(project: Path) -> None:
    write(built(project), project / "report")
    (project / "report/.DS_Store").touch()
    (project / "report/~$报告.docx").touch()
    (project / "report/notebooks/.ipynb_checkpoints").mkdir()
    (project / "report/notebooks/.ipynb_checkpoints/01-checkpoint.ipynb").touch()
    assert verify(project / "report") == []


def test_every_file_changed_lost_or_added_is_named(project: Path) -> None:
    report = project / "report"
    write(built(project), report)
    (report / "报告.csv").write_text("abd")
    (report / "notebooks/01.ipynb").unlink()
    (report / "批注.docx").touch()
    differences = verify(report)
    assert differences == [
        Difference("notebooks/01.ipynb", "missing"),
        Difference("批注.docx", "unlisted"),
        Difference("报告.csv", "changed"),
    ]
    assert differences[2].message("zh") == "报告.csv：内容与清单不符"
    assert differences[0].message("en") == "notebooks/01.ipynb: file is missing"


@pytest.mark.parametrize(
    "change", [{"language": "fr"}, {"as_of": "20.11.2026"}, {"seed": "7"}, {"started": datetime(2026, 1, 1)}]
)
def test_a_manifest_that_says_something_impossible_cannot_be_made(project: Path, change: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        built(project, **change)


def test_everything_wrong_in_a_manifest_is_told_at_once(project: Path) -> None:
    report = project / "report"
    content = json.loads(write(built(project), report).read_text(encoding="utf-8"))
    content |= {"seed": "seven", "colour": "red"}
    (report / manifest.NAME).write_text(json.dumps(content))
    with pytest.raises(InputError) as raised:
        read(report)
    assert [fault.column for fault in raised.value.faults] == ["seed", "colour"]
    assert "清单内容有误" in raised.value.message("zh")


def test_a_folder_without_a_manifest_is_no_report(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="不是本软件生成的报告"):
        verify(tmp_path)
