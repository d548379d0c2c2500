"""The launcher, run in an empty project folder where child processes only take notes."""

from __future__ import annotations

import ast
import importlib.util
import shutil
import sys
from collections.abc import Callable
from pathlib import Path
from types import ModuleType

import pytest

LAUNCHER = Path(__file__).resolve().parents[1] / "workbook.py"


class Machine:
    """Stands in for the child processes: notes each command and fails those that hold one of the ``broken`` words."""

    def __init__(self, launcher: ModuleType) -> None:
        self.launcher = launcher
        self.broken: set[str] = set()
        self.commands: list[list[str]] = []
        self.environments: list[dict[str, str]] = []

    def call(self, command: list[str], **options: object) -> int:
        """Do what ``subprocess.call`` would have left behind on the disk, and nothing else."""
        self.commands.append(command)
        if isinstance(options.get("env"), dict):
            self.environments.append(options["env"])
        if any(word in part for part in command for word in self.broken):
            return 1
        if command[1:3] == ["-m", "venv"]:
            self._make_venv()
        if command[-2:] == ["-e", "."]:
            self.launcher.COMMAND.touch()
        return 0

    def _make_venv(self) -> None:
        self.launcher.PYTHON.parent.mkdir(parents=True, exist_ok=True)
        self.launcher.PYTHON.touch()
        (self.launcher.VENV / "pyvenv.cfg").write_text(f"command = python -m venv --clear {self.launcher.VENV}\n")

    def handed_over(self) -> list[str]:
        """The arguments that the last command gave to the environment's ``workbook``."""
        command, *arguments = self.commands[-1]
        assert command == str(self.launcher.COMMAND)
        return arguments

    def ran(self, *words: str) -> bool:
        """Whether some command held these words side by side."""
        return any(" ".join(words) in " ".join(command) for command in self.commands)

    def forget(self) -> None:
        """Start a new page of notes."""
        self.commands.clear()


@pytest.fixture
def launcher(tmp_path: Path) -> ModuleType:
    """The launcher, copied with a lock and a project file into a folder of its own."""
    (tmp_path / "requirements.lock").write_text("numpy==2.4.6\n")
    (tmp_path / "pyproject.toml").write_text("[project]\n")
    copy = shutil.copy(LAUNCHER, tmp_path)
    spec = importlib.util.spec_from_file_location("launcher", copy)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def machine(launcher: ModuleType, monkeypatch: pytest.MonkeyPatch) -> Machine:
    """The noted-down machine the launcher runs on."""
    machine = Machine(launcher)
    monkeypatch.setattr(launcher.subprocess, "call", machine.call)
    monkeypatch.setattr(launcher.os, "execv", lambda path, command: machine.call(command))
    return machine


@pytest.mark.parametrize("version", [(2, 7, 18), (3, 10, 13), (3, 15, 0)])
def test_a_python_outside_the_range_is_refused_in_both_languages(launcher: ModuleType, version: tuple[int, ...]):
    with pytest.raises(SystemExit) as leaving:
        launcher.check_python(version)
    found = f"{version[0]}.{version[1]}"
    assert f"需要 Python 3.11 至 3.14，当前是 {found}" in leaving.value.code
    assert f"Python 3.11 to 3.14 is needed, this is {found}" in leaving.value.code


@pytest.mark.parametrize("version", [(3, 11, 0), (3, 12, 1), (3, 14, 9)])
def test_a_python_inside_the_range_is_accepted(launcher: ModuleType, version: tuple[int, ...]):
    assert launcher.check_python(version) is None


@pytest.mark.parametrize("missing", ["venv", "ensurepip"])
def test_a_python_without_venv_is_told_which_package_to_install(
    launcher: ModuleType, machine: Machine, monkeypatch: pytest.MonkeyPatch, missing: str
):
    monkeypatch.setattr(launcher, "find_spec", lambda name: None if name == missing else name)
    with pytest.raises(SystemExit, match="apt install python3-venv"):
        launcher.main(["report", "rongcheng"])
    assert machine.commands == []


def test_a_venv_that_cannot_be_made_names_the_same_package(launcher: ModuleType, machine: Machine):
    machine.broken = {"venv"}
    with pytest.raises(SystemExit, match="apt install python3-venv"):
        launcher.main(["report", "rongcheng"])


def test_the_first_call_installs_from_the_lock_and_hands_over(launcher: ModuleType, machine: Machine):
    assert launcher.main(["report", "rongcheng", "--out", "我的 报告"]) == 0
    assert machine.ran("-m", "venv", "--clear")
    assert machine.ran("--require-hashes", "--compile-bytecode", "requirements.lock")
    assert machine.ran("--no-deps", "-e", ".")
    assert machine.handed_over() == ["report", "rongcheng", "--out", "我的 报告"]


def test_the_second_call_does_nothing_but_hand_over(launcher: ModuleType, machine: Machine):
    launcher.main(["plans"])
    machine.forget()
    launcher.main(["check", "heze"])
    assert machine.handed_over() == ["check", "heze"]
    assert len(machine.commands) == 1


def test_the_status_of_the_command_is_handed_back(launcher: ModuleType, machine: Machine):
    launcher.main(["plans"])
    machine.broken = {"no-such-plan"}
    assert launcher.main(["report", "no-such-plan"]) == 1


@pytest.mark.parametrize("name", ["requirements.lock", "pyproject.toml"])
def test_a_changed_lock_or_project_file_is_installed_into_the_same_venv(
    launcher: ModuleType, machine: Machine, name: str
):
    launcher.main(["plans"])
    machine.forget()
    (launcher.ROOT / name).write_text("changed\n")
    launcher.main(["plans"])
    assert machine.ran("uv", "pip", "sync")
    assert not machine.ran("-m", "venv")


def test_a_folder_that_was_moved_gets_a_new_venv(launcher: ModuleType, machine: Machine):
    launcher.main(["plans"])
    machine.forget()
    (launcher.VENV / "pyvenv.cfg").write_text("command = python -m venv elsewhere/.venv\n")
    launcher.STAMP.write_text("made elsewhere")
    launcher.main(["plans"])
    assert machine.ran("-m", "venv", "--clear")


@pytest.mark.parametrize("broken", ["uv>=", "sync"])
def test_pip_takes_over_when_uv_cannot_be_had_or_fails(
    launcher: ModuleType, machine: Machine, capsys: pytest.CaptureFixture[str], broken: str
):
    machine.broken = {broken}
    launcher.main(["plans"])
    assert machine.ran("install", "--require-hashes", "-r", "requirements.lock")
    assert machine.handed_over() == ["plans"]
    assert "改用 pip" in capsys.readouterr().err


def test_a_failed_set_up_says_so_and_is_tried_again_by_the_next_call(launcher: ModuleType, machine: Machine):
    machine.broken = {"--require-hashes"}
    with pytest.raises(SystemExit, match=r"安装没有完成(?s:.)*did not finish"):
        launcher.main(["plans"])
    machine.broken = set()
    machine.forget()
    launcher.main(["plans"])
    assert machine.ran("uv", "pip", "sync")
    assert machine.handed_over() == ["plans"]


def test_an_interrupted_set_up_leaves_no_stamp_even_when_the_old_lock_comes_back(
    launcher: ModuleType, machine: Machine, monkeypatch: pytest.MonkeyPatch
):
    launcher.main(["plans"])
    old = launcher.LOCK.read_text()
    launcher.LOCK.write_text("changed\n")
    monkeypatch.setattr(launcher, "say", _interrupt)
    with pytest.raises(KeyboardInterrupt):
        launcher.main(["plans"])
    launcher.LOCK.write_text(old)
    assert not launcher.ready()


def _interrupt(zh: str, en: str) -> None:
    raise KeyboardInterrupt


def test_byte_code_is_written_even_where_the_environment_forbids_it(
    launcher: ModuleType, machine: Machine, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setenv("PYTHONDONTWRITEBYTECODE", "1")
    launcher.main(["plans"])
    assert machine.ran("-m", "compileall", "-q", "src")
    assert machine.environments
    assert all("PYTHONDONTWRITEBYTECODE" not in environment for environment in machine.environments)


def test_the_engine_is_compiled_once_when_the_environment_is_set_up(launcher: ModuleType, machine: Machine):
    launcher.main(["plans"])
    assert machine.ran("-c", launcher.FIRST_RUN)


def test_lock_asks_for_hashes_and_keeps_addresses_out(launcher: ModuleType, machine: Machine):
    assert launcher.main(["lock", "--upgrade"]) == 0
    assert machine.ran("uv", "pip", "compile", "pyproject.toml")
    assert {"--generate-hashes", "--no-emit-index-url", "--universal", "--upgrade"} <= set(machine.commands[-1])
    assert not machine.ran("sync")


def test_progress_goes_to_standard_error_only(
    launcher: ModuleType, machine: Machine, capsys: pytest.CaptureFixture[str]
):
    launcher.main(["plans"])
    printed = capsys.readouterr()
    assert printed.out == ""
    assert "正在安装依赖" in printed.err and "installing dependencies" in printed.err


def _syntax(check: Callable[[ast.AST], bool]) -> list[ast.AST]:
    return [node for node in ast.walk(ast.parse(LAUNCHER.read_text("utf-8"), feature_version=(3, 8))) if check(node)]


def test_the_launcher_needs_the_standard_library_only_and_reads_in_python_3_8():
    imports = _syntax(lambda node: isinstance(node, ast.Import | ast.ImportFrom))
    names = {alias.name for node in imports if isinstance(node, ast.Import) for alias in node.names}
    names |= {node.module.split(".")[0] for node in imports if isinstance(node, ast.ImportFrom)}
    assert names and names <= sys.stdlib_module_names
