"""Pension workbook: one command from a plan to its report.

    python3 workbook.py report rongcheng
    python3 workbook.py test

The first call makes a private environment in ``.venv`` from ``requirements.lock``; this and every later call hand over
to the ``workbook`` command inside it.  ``python3 workbook.py lock`` renews the lock after pyproject.toml has changed.
Standard library only, in syntax that old Pythons can read, so that they can say that they are too old.
"""

import hashlib
import os
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

OLDEST, TOO_NEW = (3, 11), (3, 15)
ROOT = Path(__file__).resolve().parent
LOCK = ROOT / "requirements.lock"
VENV = ROOT / ".venv"
STAMP = VENV / "set-up.sha256"
SCRIPTS, EXE = (VENV / "Scripts", ".exe") if os.name == "nt" else (VENV / "bin", "")
PYTHON, COMMAND = SCRIPTS / f"python{EXE}", SCRIPTS / f"workbook{EXE}"

FIRST_RUN = "import analytics; analytics.project('rongcheng', 'trend')"  # compiles the engine once, for the disk cache

PIP = ("-m", "pip", "--disable-pip-version-check", "install")
UV = ("-m", "uv", "pip")
GET_UV = (*PIP, "--quiet", "uv>=0.8,<1")
WITH_UV = (
    GET_UV,
    (*UV, "sync", "--python", str(PYTHON), "--require-hashes", "--compile-bytecode", LOCK.name),
    (*UV, "install", "--python", str(PYTHON), "--no-deps", "-e", "."),
)
WITH_PIP = ((*PIP, "--require-hashes", "-r", LOCK.name), (*PIP, "--no-deps", "-e", "."))
SCOPE = ("pyproject.toml", "--extra", "test", "--universal", "--python-version", "3.11", "--quiet", "-o", LOCK.name)
FORM = ("--generate-hashes", "--no-emit-index-url", "--no-annotate", "--custom-compile-command")
RELOCK = (*UV, "compile", *SCOPE, *FORM, "python3 workbook.py lock")

WRONG_PYTHON = """需要 Python 3.11 至 3.14，当前是 {0}.{1}；请安装后用它运行，例如：python3.12 workbook.py …
Python 3.11 to 3.14 is needed, this is {0}.{1}; install one and run it by name, for example: python3.12 workbook.py …"""
NO_VENV = """这个 Python 建不了虚拟环境（缺少 venv）；Debian、Ubuntu、统信、麒麟上请运行：sudo apt install python3-venv
This Python cannot make virtual environments (no venv); on Debian or Ubuntu run: sudo apt install python3-venv"""
FAILED = """安装没有完成，原因见上文；请检查网络后再运行一次
The set-up did not finish, see above; check the network and run the command again"""


def say(zh, en):
    """Tell what is going on, in both languages; standard output belongs to the command handed over to."""
    print(f"workbook: {zh} / {en}", file=sys.stderr, flush=True)


def run(*arguments):
    """Run the environment's Python in the project folder; True when it succeeded."""
    # Byte-code is what makes every later kernel start fast, so nothing may forbid writing it here.
    environ = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    return subprocess.call([str(PYTHON), *arguments], cwd=str(ROOT), env=environ, stdout=sys.stderr) == 0


def check_python(version):
    """Leave with clear words when a Python of this ``version`` cannot make the environment."""
    if not OLDEST <= tuple(version[:2]) < TOO_NEW:
        sys.exit(WRONG_PYTHON.format(*version))
    if find_spec("venv") is None or find_spec("ensurepip") is None:
        sys.exit(NO_VENV)


def usable():
    """Whether ``.venv`` was made in this very folder and its Python still runs, is of a good version and has pip."""
    settings = VENV / "pyvenv.cfg"
    made_here = settings.exists() and f" {VENV}\n" in settings.read_text(encoding="utf-8")
    probe = f"import sys, pip; sys.exit(not {OLDEST} <= sys.version_info[:2] < {TOO_NEW})"
    return made_here and PYTHON.exists() and run("-c", probe)


def make_venv():
    """Make ``.venv`` afresh unless a usable one is there."""
    check_python(sys.version_info)
    if usable():
        return
    say("正在建立运行环境 .venv", "making the environment .venv")
    if subprocess.call([sys.executable, "-m", "venv", "--clear", str(VENV)], stdout=sys.stderr) != 0:
        sys.exit(NO_VENV)


def fingerprint():
    """What the set-up depends on: lock, project file, the folder, and the interpreter behind ``.venv``."""
    place = os.fsencode(f"{ROOT}\n{os.path.realpath(PYTHON)}")
    return hashlib.sha256(b"\0".join([LOCK.read_bytes(), (ROOT / "pyproject.toml").read_bytes(), place])).hexdigest()


def ready():
    """Whether an earlier set-up was finished and still fits."""
    return COMMAND.exists() and STAMP.exists() and STAMP.read_text() == fingerprint()


def set_up():
    """Install what the lock names, with uv or else with pip; the stamp goes first and comes back last."""
    make_venv()
    STAMP.unlink(missing_ok=True)
    say("正在安装依赖，首次约需一两分钟", "installing dependencies, a minute or two the first time")
    if not all(run(*step) for step in WITH_UV):
        say("uv 不可用，改用 pip（较慢）", "uv is of no use here, going on with pip (slower)")
        if not all(run(*step) for step in WITH_PIP):
            sys.exit(FAILED)
    run("-m", "compileall", "-q", "src")
    run("-c", FIRST_RUN)
    STAMP.write_text(fingerprint())
    say("环境就绪", "the environment is ready")


def lock(options):
    """Renew requirements.lock from pyproject.toml; ``options`` go to uv, e.g. ``--upgrade``."""
    make_venv()
    return 0 if run(*GET_UV) and run(*RELOCK, *options) else 1


def main(arguments):
    """Set up when needed, then become ``workbook ARGUMENTS``; returns an exit status where it cannot become it."""
    if arguments[:1] == ["lock"]:
        return lock(arguments[1:])
    if not ready():
        set_up()
    command = [str(COMMAND), *arguments]
    return subprocess.call(command) if os.name == "nt" else os.execv(command[0], command)


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1:]))
    except KeyboardInterrupt:
        sys.exit(130)
