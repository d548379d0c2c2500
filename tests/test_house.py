"""The house rules: what lies where, who may import whom, and that every list of packages says the same."""

from __future__ import annotations

import ast
import json
import re
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest
import yaml
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).resolve().parents[1]
SOURCE = ROOT / "src" / "analytics"
NOTEBOOKS = sorted((ROOT / "notebooks").glob("*.ipynb"))
CHECKED = ["src", "tests", "notebooks", "benchmarks", "workbook.py"]

FOLDERS = {".ci", "benchmarks", "data", "docs", "notebooks", "params", "src", "tests"}
FILES = {
    ".gitattributes",
    ".gitignore",
    "LICENSE",
    "environment.yml",
    "pyproject.toml",
    "requirements.lock",
    "workbook.py",
}
# The folder listing is the story: a file imports only from its own folder or from one with a smaller number.
STORY = {"terms": 0, "places": 0, "inputs": 1, "model": 2, "appraisal": 3, "presentation": 4, "runs": 5}
ENGINES = {"papermill", "nbclient", "nbformat", "nbconvert"}


# --- folders ---------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def committed() -> list[Path]:
    """Every file that is, or would be, committed, relative to the project folder."""
    if not (ROOT / ".git").exists():
        pytest.skip("not a git checkout")
    command = ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"]
    names = subprocess.run(command, cwd=ROOT, capture_output=True, check=True, text=True, encoding="utf-8").stdout
    return [Path(name) for name in names.split("\0") if name and (ROOT / name).is_file()]


def test_the_top_level_holds_what_it_should_and_nothing_else(committed: list[Path]):
    folders = {path.parts[0] for path in committed if len(path.parts) > 1}
    files = {path.name for path in committed if len(path.parts) == 1 and path.suffix != ".md"}
    assert FOLDERS - {"docs"} <= folders <= FOLDERS
    assert FILES - {".gitattributes", "LICENSE"} <= files <= FILES
    assert Path("README.md") in committed


def test_the_package_holds_the_parts_of_the_story_and_nothing_else():
    parts = {path.stem for path in SOURCE.iterdir() if path.suffix == ".py" or (path / "__init__.py").exists()}
    assert parts == {"__init__", *STORY}


@pytest.mark.parametrize("place", ["README.md", ".ci/run"])
def test_readme_and_ci_give_the_same_test_command(place: str):
    assert "python3 workbook.py test" in (ROOT / place).read_text("utf-8")


# --- imports ---------------------------------------------------------------------------------------------------------


def _module_name(path: Path) -> str:
    parts = ("analytics", *path.relative_to(SOURCE).with_suffix("").parts)
    return ".".join(parts).removesuffix(".__init__")


MODULES = {_module_name(path): path for path in SOURCE.rglob("*.py")}
TREES = {name: ast.parse(path.read_text("utf-8")) for name, path in MODULES.items()}


def _base(node: ast.ImportFrom, importer: str) -> str:
    """The absolute name of what stands between ``from`` and ``import``."""
    package = importer.split(".") if MODULES[importer].name == "__init__.py" else importer.split(".")[:-1]
    above = package[: len(package) - node.level + 1] if node.level else []
    return ".".join([*above, *filter(None, [node.module])])


def _imports(importer: str) -> Iterator[str]:
    """Full names of all modules a file imports, wherever in the file it does so."""
    for node in ast.walk(TREES[importer]):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = _base(node, importer)
            full = [f"{base}.{alias.name}" for alias in node.names]
            yield from (name if name in MODULES else base for name in full)


def _part(module: str) -> str:
    """The part of the story a module belongs to; empty for the façade."""
    return module.partition(".")[2].partition(".")[0]


IMPORTS = {name: sorted(set(_imports(name))) for name in MODULES if name != "analytics"}


def test_imports_run_one_way_through_the_story():
    backwards = [
        f"{importer} imports {module}"
        for importer, modules in IMPORTS.items()
        for module in modules
        if module.split(".")[0] == "analytics"
        and _part(module) != _part(importer)
        and STORY.get(_part(module), len(STORY)) >= STORY[_part(importer)]
    ]
    assert not backwards, "\n".join(backwards)


def test_no_modules_import_each_other_in_a_circle():
    graph = {name: [module for module in modules if module in MODULES] for name, modules in IMPORTS.items()}
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as circle:
        pytest.fail(" → ".join(circle.args[1]))


def test_only_runs_knows_the_notebook_engines():
    strangers = [
        f"{importer} imports {module}"
        for importer, modules in IMPORTS.items()
        for module in modules
        if module.split(".")[0] in ENGINES and _part(importer) != "runs"
    ]
    assert not strangers, "\n".join(strangers)


# --- style -----------------------------------------------------------------------------------------------------------


def _public(tree: ast.Module | ast.ClassDef) -> Iterator[ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef]:
    """Public classes and functions, and the public methods of public classes."""
    for node in tree.body:
        if isinstance(node, ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef) and not node.name.startswith("_"):
            yield node
            if isinstance(node, ast.ClassDef):
                yield from _public(node)


def test_every_module_and_everything_public_in_it_is_documented():
    silent = [name for name, tree in TREES.items() if ast.get_docstring(tree) is None]
    silent += [
        f"{name}.{node.name}" for name, tree in TREES.items() for node in _public(tree) if not ast.get_docstring(node)
    ]
    assert not silent, "\n".join(silent)


@pytest.mark.parametrize("command", ["check", "format --check"])
def test_ruff_finds_nothing_to_mend(command: str):
    ruff = subprocess.run(
        [sys.executable, "-m", "ruff", *command.split(), *CHECKED], cwd=ROOT, capture_output=True, text=True
    )
    assert ruff.returncode == 0, ruff.stdout + ruff.stderr


# --- notebooks -------------------------------------------------------------------------------------------------------


def _code_cells(notebook: Path) -> list[str]:
    cells = json.loads(notebook.read_text("utf-8"))["cells"]
    return ["".join(cell["source"]) for cell in cells if cell["cell_type"] == "code"]


def test_notebooks_are_kept_without_their_outputs():
    assert NOTEBOOKS
    command = [sys.executable, "-m", "nbstripout", "--verify", "--keep-id", *map(str, NOTEBOOKS)]
    strip = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, stdin=subprocess.DEVNULL)
    assert strip.returncode == 0, strip.stdout + strip.stderr


@pytest.mark.parametrize("notebook", NOTEBOOKS, ids=lambda path: path.stem)
def test_notebooks_define_nothing(notebook: Path):
    nodes = [node for cell in _code_cells(notebook) for node in ast.walk(ast.parse(cell))]
    assert not [node.name for node in nodes if isinstance(node, ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef)]


@pytest.mark.parametrize("notebook", NOTEBOOKS, ids=lambda path: path.stem)
def test_notebook_cells_have_nine_lines_at_most(notebook: Path):
    assert [cell for cell in _code_cells(notebook) if len(cell.splitlines()) > 9] == []


# --- packages --------------------------------------------------------------------------------------------------------

PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
DECLARED = [Requirement(line) for line in [*PROJECT["dependencies"], *PROJECT["optional-dependencies"]["test"]]]
LOCK = (ROOT / "requirements.lock").read_text("utf-8")


def _said(requirement: Requirement) -> str:
    """One spelling for one requirement, whatever the case of its name and the order of its bounds."""
    return f"{canonicalize_name(requirement.name)} {requirement.specifier}"


def test_environment_yml_names_every_dependency_once_with_the_same_bounds():
    *conda, pip = yaml.safe_load((ROOT / "environment.yml").read_text("utf-8"))["dependencies"]
    listed = [_said(Requirement(line)) for line in [*conda, *pip["pip"][:-1]]]
    python = _said(Requirement(f"python{PROJECT['requires-python']}"))
    assert sorted(listed) == sorted([python, _said(Requirement("pip")), *map(_said, DECLARED)])


def test_environment_yml_installs_the_project_last_and_from_conda_forge_only():
    environment = yaml.safe_load((ROOT / "environment.yml").read_text("utf-8"))
    assert environment["channels"] == ["conda-forge", "nodefaults"]
    assert environment["dependencies"][-1]["pip"][-1] == "-e ."


def _locked() -> dict[str, list[str]]:
    """Every version the lock pins, by package; there are several where the interpreter decides."""
    pins: dict[str, list[str]] = {}
    for name, version in re.findall(r"^([\w.-]+)==([^\s;\\]+)", LOCK, flags=re.MULTILINE):
        pins.setdefault(canonicalize_name(name), []).append(version)
    return pins


def test_the_lock_pins_every_dependency_within_its_bounds():
    locked = _locked()
    unmet = [
        str(requirement)
        for requirement in DECLARED
        if not locked.get(canonicalize_name(requirement.name))
        or not all(requirement.specifier.contains(version) for version in locked[canonicalize_name(requirement.name)])
    ]
    assert not unmet, "\n".join(unmet)


def test_the_lock_gives_every_package_a_hash_and_no_address():
    entries = re.split(r"\n(?=[\w.-]+==)", LOCK)[1:]
    assert len(entries) == sum(map(len, _locked().values()))
    assert [entry.splitlines()[0] for entry in entries if "--hash=sha256:" not in entry] == []
    assert "://" not in LOCK


# --- what must not leave the house -----------------------------------------------------------------------------------

# Put together from pieces, so that this file does not hold what it forbids.
_FOLDERS = "|".join(["home", "mnt", "opt", "root", "tmp", "work", "Users"])
_HOSTS = "|".join(["py" + "pi", "python" + "hosted", "npm" + "js", "ana" + "conda", "deb" + "ian"])
FORBIDDEN = re.compile(rf"(?<![\w.:/~-])/(?:{_FOLDERS})/|[A-Z]:\\Users|\b(?:{_HOSTS})\.(?:org|com|net)\b|file:/{{3}}")


@pytest.mark.parametrize(
    "text",
    [
        "open('/" + "tmp/x')",
        "path=/" + "home/a",
        "C:" + "\\Users\\a",
        "https://" + "pypi" + ".org/simple",
        "file:" + "///x",
    ],
)
def test_a_machine_path_or_package_host_would_be_noticed(text: str):
    assert FORBIDDEN.search(text)


@pytest.mark.parametrize(
    "text", ["www.gov.cn/" + "home/2024", "#!/usr/bin/env bash", "notebooks/tmp/x", "tmp_path / 'x'"]
)
def test_web_addresses_and_relative_paths_are_left_alone(text: str):
    assert not FORBIDDEN.search(text)


def test_no_committed_text_names_a_machine_path_or_a_package_host(committed: list[Path]):
    contents = {path: (ROOT / path).read_bytes() for path in committed}
    texts = {path: raw.decode("utf-8", "replace") for path, raw in contents.items() if b"\0" not in raw}
    leaks = [f"{path}: {found.group()}" for path, text in texts.items() for found in FORBIDDEN.finditer(text)]
    assert not leaks, "\n".join(leaks)
