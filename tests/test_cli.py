"""The command line: exit status, messages in both languages, and a report that is published whole and can be repeated."""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path

import nbformat
import openpyxl
import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

from analytics.inputs.plan_file import load_plan, plan_names
from analytics.places import PARAMS
from analytics.runs import manifest, open_study, single
from analytics.runs.cli import BAD_INPUT, DONE, FAILED, main

AS_OF = ("--as-of", "2026-01-31")
PARAMETERS = 'plan = "rongcheng"\nscenarios = "all"\nas_of = "2026-01-31"\nlanguage = "zh"'
WITHOUT_NOTEBOOKS = """
import sys
from analytics.runs import cli, single
single.notebook_sources = lambda: []
sys.exit(cli.main(sys.argv[1:]))
"""


@pytest.fixture
def no_notebooks(monkeypatch: pytest.MonkeyPatch) -> None:
    """Reports without their notebooks, which have a test file of their own."""
    monkeypatch.setattr(single, "notebook_sources", lambda: [])


@pytest.fixture
def no_charts(monkeypatch: pytest.MonkeyPatch) -> None:
    """Reports without their charts and the documents that show them, which take seconds."""
    monkeypatch.setattr("analytics.presentation.report.report", lambda *_: None)


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A whole report of Rongcheng but for its notebooks, made by the command line."""
    out = tmp_path_factory.mktemp("reports") / "rongcheng"
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(single, "notebook_sources", lambda: [])
        assert main(["report", "rongcheng", *AS_OF, "--out", str(out)]) == DONE
    return out


def contents(folder: Path) -> dict[str, str]:
    """SHA-256 of every file in a folder."""
    files = (path for path in sorted(folder.rglob("*")) if path.is_file())
    return {path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest() for path in files}


# --- a report ------------------------------------------------------------------------------------------------------


def test_a_report_holds_its_documents_figures_plain_files_and_manifest(made: Path):
    names = set(contents(made))
    assert {
        "report.docx",
        "report.xlsx",
        "report.pdf",
        "report.html",
        "results.csv",
        "findings.csv",
        "manifest.json",
    } < names
    assert len([name for name in names if name.startswith("figures/") and name.endswith(".png")]) >= 10


def test_two_runs_of_the_same_inputs_give_the_same_bytes(made: Path, tmp_path: Path):
    # The second run has another process, folder, locale, time zone, clock and order of sets.
    out = tmp_path / "again"
    strange = os.environ | {"PYTHONHASHSEED": "7", "TZ": "America/New_York", "LC_ALL": "C", "PYTHONUTF8": "1"}
    command = [sys.executable, "-c", WITHOUT_NOTEBOOKS, "report", "rongcheng", *AS_OF, "--out", str(out)]
    subprocess.run(command, cwd=tmp_path, env=strange, check=True, capture_output=True)
    first, second = contents(made), contents(out)
    assert first.pop("manifest.json") and second.pop("manifest.json")
    assert first == second
    once, again = (manifest.read(folder).model_dump(exclude={"clock"}) for folder in (made, out))
    once["code"].pop("source"), again["code"].pop("source")  # somebody may be working on it while the tests run
    assert once == again


def test_the_manifest_lists_what_was_read_and_what_was_written(made: Path):
    listed = manifest.read(made)
    assert (listed.plan, listed.as_of, listed.language) == ("rongcheng", "2026-01-31", "zh")
    assert listed.scenarios == load_plan("rongcheng").scenario_names
    inputs = {record.path for record in listed.inputs}
    assert {"params/rongcheng.yaml", "params/common/drivers.yaml", "data/policy/contribution_rates.csv"} <= inputs
    assert {"data/regions/regions.csv", "data/regions/china/employee.csv"} <= inputs
    assert {record.path for record in listed.outputs} == set(contents(made)) - {"manifest.json"}
    assert manifest.verify(made) == []


def test_formats_scenarios_and_language_are_those_asked_for(
    no_notebooks: None, no_charts: None, tmp_path: Path, capsys: pytest.CaptureFixture[str]
):
    out = tmp_path / "wendeng"
    asked = ["--formats", "xlsx", "--scenario", "no_cut", "--language", "en", "--out", str(out)]
    assert main(["report", "wendeng", *AS_OF, *asked]) == DONE
    assert {name for name in contents(out) if name.startswith("report.")} == {"report.xlsx"}
    assert openpyxl.load_workbook(out / "report.xlsx", read_only=True).sheetnames[0] == "Conclusions"
    assert manifest.read(out).scenarios == ["trend", "no_cut"]
    told = capsys.readouterr()
    assert told.out == "" and "writing report.xlsx" in told.err and "done in" in told.err and str(out) in told.err


# --- bad input -----------------------------------------------------------------------------------------------------


def refused(arguments: list[str], out: Path, capsys: pytest.CaptureFixture[str]) -> str:
    """What is said of a report that is refused; nothing has been written."""
    assert main(["report", *arguments, "--out", str(out)]) == BAD_INPUT
    assert not out.exists()
    return capsys.readouterr().err


def test_a_misspelt_plan_is_answered_with_the_known_names(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    said = refused(["rongchen"], tmp_path / "out", capsys)
    assert "没有这个规划文件" in said and "rongchen" in said
    assert all(name in said for name in plan_names())


def test_an_unknown_scenario_is_answered_with_the_plans_own(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    said = refused(["rongcheng", "--scenario", "base_qualty", "--scenario", "boom"], tmp_path / "out", capsys)
    assert "输入有误，共 2 处" in said and "base_qualty" in said and "boom" in said and "half_delivered" in said


@pytest.mark.parametrize(
    ("asked", "found", "expected"),
    [
        (["--as-of", "31.1.2026"], "31.1.2026", "YYYY-MM-DD"),
        (["--as-of", "2026-02-30"], "2026-02-30", "YYYY-MM-DD"),
        (["--formats", "docx,odt,wps"], "odt", "docx、xlsx、pdf、html"),
    ],
)
def test_a_bad_date_and_an_unknown_format_are_refused(
    asked: list[str], found: str, expected: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
):
    said = refused(["rongcheng", *asked], tmp_path / "out", capsys)
    assert asked[0] in said and found in said and expected in said


def test_bad_input_is_explained_in_english_on_request(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    said = refused(["rongchen", "--language", "en"], tmp_path / "out", capsys)
    assert "the input has 1 fault(s)" in said and "there is no such plan file" in said and "found: rongchen" in said


@pytest.mark.parametrize("arguments", [[], ["reprot"], ["report"], ["report", "rongcheng", "--langauge", "en"]])
def test_an_unknown_command_or_option_is_bad_input_too(arguments: list[str]):
    with pytest.raises(SystemExit) as left:
        main(arguments)
    assert left.value.code == BAD_INPUT


def test_a_folder_with_other_things_in_it_is_left_alone(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    (tmp_path / "letter.txt").write_text("mine")
    assert main(["report", "rongcheng", "--out", str(tmp_path)]) == BAD_INPUT
    assert contents(tmp_path).keys() == {"letter.txt"}
    assert capsys.readouterr().err


@pytest.fixture
def params(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of plan files that the commands read instead of the project's."""
    folder = tmp_path / "params"
    (folder / "common").mkdir(parents=True)
    for name in ("rongcheng.yaml", "common/drivers.yaml"):
        (folder / name).write_bytes((PARAMS / name).read_bytes())
    monkeypatch.setattr(open_study, "load_plan", partial(load_plan, folder=folder))
    return folder


def _spoil(folder: Path, old: str, new: str) -> int:
    """Replace ``old`` in Rongcheng's file and return the line it stood in."""
    path = folder / "rongcheng.yaml"
    content = path.read_text(encoding="utf-8")
    assert content.count(old) == 1
    path.write_text(content.replace(old, new), encoding="utf-8")
    return content[: content.index(old)].count("\n") + 1


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("horizon: {base_year", "horizn: {base_year"),
        ("  employee.retirees:", "  employee.retires:"),
        ("schemes: [employee, resident", "schemes: [employee resident"),
        ("employee.base_quality: {set: 0.05}", "employee.base_qualty: {set: 0.05}"),
    ],
)
@pytest.mark.parametrize("command", [["report", "rongcheng"], ["check", "rongcheng"]])
def test_a_fault_in_a_plan_file_is_told_with_file_and_line(
    command: list[str], old: str, new: str, params: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
):
    line = _spoil(params, old, new)
    out = ["--out", str(tmp_path / "out")] if command[0] == "report" else []
    assert main([*command, *out]) == BAD_INPUT
    said = capsys.readouterr().err
    assert f"rongcheng.yaml 第 {line} 行" in said
    assert not (tmp_path / "out").exists()


def test_a_scenario_that_changes_what_its_path_does_not_have_is_bad_input(
    params: Path, capsys: pytest.CaptureFixture[str]
):
    _spoil(params, "employee.base_quality: {set: 0.05}", "employee.balance: {times: 2}")
    assert main(["check", "rongcheng"]) == BAD_INPUT
    assert "情景改动了本路径没有的参数" in (said := capsys.readouterr().err) and "employee.balance" in said


# --- a run that fails ------------------------------------------------------------------------------------------------


@pytest.fixture
def notebook(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], None]:
    """``notebook(code)``: let a report consist of one notebook that ends with ``code``."""

    def only(code: str) -> None:
        cells = [
            new_code_cell(PARAMETERS, metadata={"tags": ["parameters"]}),
            new_markdown_cell("## 征缴收入"),
            new_code_cell(code),
        ]
        kernel = {"name": "python3", "display_name": "Python 3", "language": "python"}
        path = tmp_path / "tiny.ipynb"
        nbformat.write(new_notebook(cells=cells, metadata={"kernelspec": kernel}), path)
        monkeypatch.setattr(single, "notebook_sources", lambda: [path])

    return only


def test_a_notebook_that_fails_leaves_the_old_report_untouched(
    made: Path, notebook: Callable[[str], None], no_charts: None, capsys: pytest.CaptureFixture[str]
):
    before = contents(made)
    notebook('raise ValueError("缺少缴费基数")')
    assert main(["report", "rongcheng", *AS_OF, "--formats", "", "--out", str(made)]) == FAILED
    assert contents(made) == before
    said = capsys.readouterr().err
    assert "原有报告未改动" in said
    assert "tiny.ipynb 运行出错：第 3 个代码单元（征缴收入）：ValueError: 缺少缴费基数" in said
    kept = made.with_name("rongcheng.failed")
    assert [path.name for path in kept.rglob("*.ipynb")] == ["tiny.failed.ipynb"]


def test_a_notebook_that_comes_to_other_numbers_is_never_published(
    made: Path, notebook: Callable[[str], None], no_charts: None
):
    before = contents(made)
    notebook('display({"application/vnd.workbook.stamp+json": {"digest": "other"}}, raw=True)')
    with pytest.raises(RuntimeError, match="other results"):
        main(["report", "rongcheng", *AS_OF, "--formats", "", "--out", str(made)])
    assert contents(made) == before


# --- the other commands ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("language", "title"),
    [
        ("zh", "荣成市社会保险扩面提质三年行动方案"),
        ("en", "Rongcheng three-year plan to widen and strengthen social insurance"),
    ],
)
def test_plans_are_listed_with_years_title_and_scenarios(language: str, title: str, capsys: pytest.CaptureFixture[str]):
    assert main(["plans", "--language", language]) == DONE
    said = capsys.readouterr().out
    lines = said.splitlines()
    own = next(number for number, line in enumerate(lines) if line.startswith("rongcheng"))
    assert "2024–2026" in lines[own] and title in lines[own]
    assert (
        lines[own + 1].strip() == "plan, trend, base_quality, collection_slips, half_delivered, optimistic, pessimistic"
    )
    assert all(any(line.startswith(name) for line in lines) for name in plan_names())


def test_a_check_prints_every_finding_with_its_arithmetic(capsys: pytest.CaptureFixture[str]):
    assert main(["check", "rongcheng"]) == DONE
    said = capsys.readouterr().out
    found = open_study.open_study("rongcheng").findings
    assert f"审核意见 {len(found)} 条" in said
    assert all(finding.sentence.zh in said and finding.arithmetic in said for finding in found)


def test_a_check_of_several_plans_tells_the_faults_of_all(capsys: pytest.CaptureFixture[str]):
    assert main(["check", "nowhere", "wendeng", "elsewhere", "--language", "en"]) == BAD_INPUT
    told = capsys.readouterr()
    assert "wendeng: plan and data are sound" in told.out
    assert "2 fault(s)" in told.err and "nowhere" in told.err and "elsewhere" in told.err


@pytest.mark.parametrize("arguments", [["--help"], ["plans", "--help"], ["schedule", "run-due", "--help"]])
def test_the_command_line_starts_without_tables_and_models(arguments: list[str]):
    code = (
        "import sys; from analytics.runs.cli import main\n"
        "try: main(sys.argv[1:])\n"
        "finally: print(sorted({'numpy', 'pandas', 'pydantic', 'matplotlib'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code, *arguments], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == "[]"


def test_an_unknown_benchmark_is_answered_with_the_known_ones(capsys: pytest.CaptureFixture[str]):
    assert main(["bench", "speed"]) == BAD_INPUT
    assert "report" in capsys.readouterr().err
