"""What a report was made of and what came out, so that the run can be repeated and its files checked.

Everything that depends on the clock stands in one section, ``clock``; two runs of the same inputs, parameters and code
agree in all the rest, byte for byte.
"""

from __future__ import annotations

import hashlib
import platform
import subprocess
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from importlib.metadata import version
from pathlib import Path
from typing import Annotated, Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, ValidationError

from analytics.inputs.faults import Fault, InputError
from analytics.places import HOME, ROOT
from analytics.terms import Language, Term, text

NAME = "manifest.json"
PACKAGE = "pension-workbook"
KEY_PACKAGES = (
    "pandas",
    "numpy",
    "numba",
    "scipy",
    "statsmodels",
    "matplotlib",
    "seaborn",
    "papermill",
    "ipykernel",
    "python-docx",
    "xlsxwriter",
    "typst",
    "zhplot",
)
"""The packages whose release can change a number or a byte of a report."""

UNKNOWN = "unknown"

_BY_OTHERS = (".DS_Store", "Thumbs.db", "desktop.ini", ".~lock.*", "~$*", ".ipynb_checkpoints")

Sha256 = Annotated[str, Field(pattern="^[0-9a-f]{64}$")]
Scalar = str | int | float | bool


class _Strict(BaseModel):
    """No unknown keys, and nothing changes once it is written down."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


class FileRecord(_Strict):
    """A file as it was: its path with forward slashes, relative to the project or the report, and its content."""

    path: str
    sha256: Sha256
    bytes: int = Field(ge=0)


class Code(_Strict):
    """Which code ran: release, git commit (``-dirty`` when changed since), and digests of lock and source files."""

    version: str
    commit: str
    lock: Sha256 | Literal["unknown"]
    source: Sha256


class Clock(_Strict):
    """All that differs between two equal runs: when it started and the seconds each part took."""

    started: AwareDatetime
    seconds: dict[str, float]


class Manifest(_Strict):
    """One run: what was asked, what it read, which code and packages ran, what it wrote, and the clock."""

    plan: str
    scenarios: list[str]
    as_of: str = Field(pattern=r"^\d{4}-\d{2}-\d{2}$")
    language: Language
    formats: list[str]
    seed: int
    parameters: dict[str, Scalar | list[Scalar]]
    inputs: list[FileRecord]
    code: Code
    versions: dict[str, str]
    outputs: list[FileRecord]
    clock: Clock

    def repeatable(self) -> str:
        """The manifest as text without its clock: equal for equal runs."""
        return self.model_dump_json(indent=2, exclude={"clock"})


_DIFFERENCES = {
    "missing": Term("文件缺失", "file is missing"),
    "changed": Term("内容与清单不符", "content differs from the manifest"),
    "unlisted": Term("清单中没有此文件", "file is not in the manifest"),
}


@dataclass(frozen=True)
class Difference:
    """A file of a report that is not as its manifest says."""

    path: str
    kind: Literal["missing", "changed", "unlisted"]

    def message(self, language: Language = "zh") -> str:
        """One line, e.g. ``report.docx：内容与清单不符``."""
        return f"{self.path}{'：' if language == 'zh' else ': '}{text(_DIFFERENCES[self.kind], language)}"


def hash_file(path: Path) -> str:
    """SHA-256 of the file's content, 64 hexadecimal digits."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def record(path: Path, *roots: Path) -> FileRecord:
    """The file as a record: its path relative to the first of ``roots`` it lies in, never a machine's own path.

    Outside all of them the name alone.
    """
    path = path.resolve()
    inside = (path.relative_to(root).as_posix() for root in map(Path.resolve, roots) if path.is_relative_to(root))
    return FileRecord(path=next(inside, path.name), sha256=hash_file(path), bytes=path.stat().st_size)


def build_manifest(
    folder: Path,
    *,
    plan: str,
    scenarios: Sequence[str],
    as_of: str,
    language: Language,
    formats: Sequence[str],
    seed: int,
    parameters: Mapping[str, Scalar | list[Scalar]],
    inputs: Iterable[Path],
    started: datetime,
    seconds: Mapping[str, float],
    root: Path = ROOT,
    home: Path = HOME,
) -> Manifest:
    """The manifest of the finished report in ``folder``: all its files are the outputs.

    Parameters
    ----------
    inputs : files read, in any order; recorded once each, sorted, relative to ``home`` (plans and data) or ``root``.
    started : moment with its time zone.
    seconds : part of the run → seconds it took.
    """
    return Manifest(
        plan=plan,
        scenarios=list(scenarios),
        as_of=as_of,
        language=language,
        formats=list(formats),
        seed=seed,
        parameters=dict(parameters),
        inputs=sorted((record(path, home, root) for path in set(inputs)), key=lambda entry: entry.path),
        code=code_now(root),
        versions=versions_now(),
        outputs=[record(path, folder) for path in _files(folder)],
        clock=Clock(started=started, seconds={part: round(spent, 3) for part, spent in seconds.items()}),
    )


def write(manifest: Manifest, folder: Path) -> Path:
    """Write ``manifest.json`` into the report's folder; Chinese stays readable."""
    path = folder / NAME
    path.write_text(manifest.model_dump_json(indent=2) + "\n", encoding="utf-8", newline="\n")
    return path


def read(folder: Path) -> Manifest:
    """The manifest of the report in ``folder``.

    Raises
    ------
    InputError
        When there is none, or naming everything in it that is not as a manifest must be.
    """
    path = folder / NAME
    if not path.is_file():
        raise InputError([Fault(Term("不是本软件生成的报告", "not a report of this workbook"), file=str(path))])
    try:
        return Manifest.model_validate_json(path.read_bytes())
    except ValidationError as error:
        what = Term("清单内容有误", "the manifest is damaged")
        places = ((".".join(map(str, found["loc"])), found["msg"]) for found in error.errors())
        raise InputError([Fault(what, file=str(path), column=at, found=why) for at, why in places]) from error


def verify(folder: Path) -> list[Difference]:
    """How the files in ``folder`` differ from its manifest, by path; empty when they are as they were written.

    Raises
    ------
    InputError
        When the manifest cannot be read.
    """
    listed = {output.path: output.sha256 for output in read(folder).outputs}
    present = {path.relative_to(folder).as_posix(): path for path in _files(folder)}
    missing = [Difference(path, "missing") for path in listed.keys() - present.keys()]
    unlisted = [Difference(path, "unlisted") for path in present.keys() - listed.keys()]
    common = listed.keys() & present.keys()
    changed = [Difference(path, "changed") for path in common if hash_file(present[path]) != listed[path]]
    return sorted(missing + unlisted + changed, key=lambda difference: difference.path)


def _files(folder: Path) -> list[Path]:
    """All files of a report but the manifest and what desktops and editors leave behind, sorted."""
    files = (path for path in folder.rglob("*") if path.is_file() and path != folder / NAME)
    return sorted(path for path in files if not _by_others(path.relative_to(folder)))


def _by_others(path: Path) -> bool:
    return any(Path(part).match(pattern) for part in path.parts for pattern in _BY_OTHERS)


def code_now(root: Path = ROOT) -> Code:
    """The code that runs in this process."""
    return Code(
        version=version(PACKAGE),
        commit=_commit(root),
        lock=lock_digest(root),
        source=source_digest(),
    )


def lock_digest(root: Path = ROOT) -> str:
    """Digest of the lock file; ``unknown`` where there is none."""
    lock = root / "requirements.lock"
    return hash_file(lock) if lock.is_file() else UNKNOWN


def _commit(root: Path) -> str:
    """The commit checked out in ``root``; ``unknown`` without git or a repository of its own."""
    if not (root / ".git").exists():
        return UNKNOWN
    command = ["git", "-C", str(root), "describe", "--always", "--dirty", "--abbrev=40", "--exclude=*"]
    try:
        return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()
    except (OSError, subprocess.CalledProcessError):
        return UNKNOWN


def source_digest() -> str:
    """One digest of the package's own files, names and contents: it tells versions apart where there is no git."""
    package = Path(__file__).resolve().parents[1]
    digest = hashlib.sha256()
    for path in sorted(package.rglob("*.py")):
        digest.update(f"{path.relative_to(package).as_posix()} {hash_file(path)}\n".encode())
    return digest.hexdigest()


def versions_now() -> dict[str, str]:
    """Python, platform and the key packages."""
    own = {"python": platform.python_version(), "platform": f"{platform.system()} {platform.machine()}"}
    return own | {package: version(package) for package in KEY_PACKAGES}
