"""A forked kernel cannot be told from a fresh one by what it computes, sees or leaves behind."""

from __future__ import annotations

import argparse
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import mkdtemp

import pytest
import test_runner
from jupyter_client import KernelManager
from jupyter_client.kernelspec import KernelSpecManager
from test_runner import (  # noqa: F401
    output,
    source,
    test_a_kernel_that_does_not_start_is_told_as_dead,
    test_a_notebook_that_never_ends_is_stopped_and_told_as_a_timeout,
    test_each_way_to_fail_has_its_kind_and_leaves_a_failed_copy_only,
)

from analytics.inputs.faults import Fault, InputError
from analytics.inputs.history import REGIONS
from analytics.inputs.policy import TABLES
from analytics.places import DATA
from analytics.runs import kernels, notebooks
from analytics.runs.notebooks import NotebookJob, run_notebook, run_notebooks
from analytics.runs.single import notebook_sources
from analytics.runs.warm import client, parent, spec, tables
from analytics.runs.warm.client import NoWarmKernel, fork_kernel
from analytics.runs.warm.command import add_command
from analytics.runs.warm.launch import connection_socket
from analytics.runs.warm.spec import KERNEL, KERNELS
from analytics.runs.written import written
from analytics.terms import Term

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="only Linux forks kernels")

PATIENCE = 30.0
"""Seconds until a test gives up."""


@pytest.fixture(scope="module", autouse=True)
def _surroundings(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Not the user's own IPython profile."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("IPYTHONDIR", str(tmp_path_factory.mktemp("ipython")))
        yield


class Kernel:
    """A running kernel: ``kernel("expression")`` is the value of the expression in it."""

    def __init__(self, manager: KernelManager) -> None:
        self.manager = manager
        self.client = manager.client()
        self.client.start_channels()
        self.client.wait_for_ready(timeout=PATIENCE)

    @property
    def process(self) -> client.WarmKernel:
        return self.manager.provisioner.process

    def run(self, code: str) -> list[dict]:
        """All that the cell showed."""
        shown = []
        self.client.execute_interactive(code, timeout=PATIENCE, output_hook=lambda m: shown.append(m["content"]))
        return shown

    def __call__(self, expression: str) -> object:
        shown = self.run(f"import json; print(json.dumps({expression}, default=str))")
        return json.loads(next(content["text"] for content in shown if "text" in content))


@contextmanager
def running(name: str = KERNEL, folder: Path = KERNELS, **options: object) -> Iterator[Kernel]:
    manager = KernelManager(kernel_name=name, kernel_spec_manager=KernelSpecManager(kernel_dirs=[str(folder)]))
    manager.start_kernel(**options)
    kernel = Kernel(manager)
    try:
        yield kernel
    finally:
        kernel.client.stop_channels()
        manager.shutdown_kernel(now=True)


@pytest.fixture(scope="module")
def ordinary(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the same kernel spec, but for an ordinary kernel."""
    folder = tmp_path_factory.mktemp("kernels") / KERNEL
    folder.mkdir()
    spec = json.loads((KERNELS / KERNEL / "kernel.json").read_text(encoding="utf-8"))
    del spec["metadata"]["kernel_provisioner"]
    (folder / "kernel.json").write_text(json.dumps(spec))
    return folder.parent


def eventually(holds: Callable[[], bool]) -> bool:
    """Whether it holds before patience ends."""
    end = time.monotonic() + PATIENCE
    while not (held := holds()) and time.monotonic() < end:
        time.sleep(0.01)
    return held


def alive(pid: int) -> bool:
    """Whether the process runs; one that has ended and waits for its parent to notice does not."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


def parent_of(pid: int) -> int:
    return int(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[1])


def descriptors(pid: int) -> set[str]:
    """What the process holds open, but for its standard streams."""
    folder = Path(f"/proc/{pid}/fd")
    return {os.readlink(link) for link in folder.iterdir() if int(link.name) > 2}


# The same outputs -------------------------------------------------------------------------------------------------


def test_every_notebook_gives_the_same_bytes_in_a_forked_and_in_a_fresh_kernel(tmp_path: Path, as_of: str) -> None:
    parameters = {"plan": "rongcheng", "scenarios": "all", "as_of": as_of, "language": "zh"}
    jobs = [NotebookJob(path, tmp_path / "forked" / path.name, parameters) for path in notebook_sources()]
    assert [type(outcome) for outcome in run_notebooks(jobs, timeout=600)] == [notebooks.NotebookRun] * len(jobs)
    for job in jobs:
        fresh = tmp_path / "fresh" / job.source.name
        run_notebook(job.source, fresh, parameters, timeout=600)
        assert job.output.read_bytes() == fresh.read_bytes(), job.source.name


STATE = """{
    "arguments": sys.argv[:1] + [a for a in sys.argv[1:] if not a.endswith(".json")],
    "path": sys.path,
    "options": str(sys.flags),
    "folder": os.getcwd(),
    "environment": {k: v for k, v in os.environ.items() if k != "JPY_PARENT_PID"},
    "watches its parent": os.environ["JPY_PARENT_PID"] == str(os.getppid()),
    "leads its own session": os.getsid(0) == os.getpgid(0) == os.getpid(),
    "filters": list(map(str, warnings.filters)),
    "signals": {s.name: str(signal.getsignal(s)).split(" at ")[0] for s in signal.Signals},
    "blocked": list(signal.pthread_sigmask(signal.SIG_BLOCK, [])),
    "threads": sorted(t.name.split("-")[0] for t in threading.enumerate()),
    "names": sorted(n for n in dir() if not n.startswith("_")),
    "errors": np.geterr(),
    "backend": matplotlib.get_backend(auto_select=False),
    "drawing": {k: str(v) for k, v in matplotlib.rcParams.items()},
    "figures": plt.get_fignums(),
    "loggers": [str(h).split(" at ")[0] for h in logging.getLogger().handlers],
    "hash": hash("荣成"),
    "input": sys.stdin.read() if not sys.stdin.isatty() else "terminal",
}"""
IMPORTS = """
import logging, os, signal, sys, threading, warnings
import analytics.presentation.charts, analytics.presentation.notebook, analytics.runs.open_study, analytics.runs.stamp
import statsmodels.tsa.stattools, matplotlib, numpy as np
from matplotlib import pyplot as plt
"""


def test_a_forked_kernel_is_in_the_state_of_a_fresh_one_that_has_imported_the_libraries(ordinary: Path) -> None:
    states = []
    for folder in (KERNELS, ordinary):
        with running(folder=folder, cwd=str(ordinary)) as kernel:
            kernel.run(IMPORTS)
            states.append(kernel(STATE))
    forked, fresh = states
    for name in fresh:
        assert forked[name] == fresh[name], name


def test_a_picture_drawn_with_pyplot_appears() -> None:
    with running() as kernel:
        shown = kernel.run("from matplotlib import pyplot as plt; plt.plot([1, 2])")
    assert any("image/png" in content.get("data", {}) for content in shown)


def test_kernels_of_one_parent_see_nothing_of_each_other() -> None:
    with running() as one, running() as other:
        assert parent_of(one.process.pid) == parent_of(other.process.pid)
        one.run("import this, numpy as np, warnings, os; np.random.seed(1); warnings.simplefilter('error')")
        one.run("os.environ['SECRET'] = os.getcwd(); os.chdir('/'); x = 1")
        with running() as third:
            for later in (other, third):
                assert later("'x' in globals()") is False
                assert later("'this' in __import__('sys').modules") is False
                assert later("'SECRET' in __import__('os').environ") is False
                assert later("__import__('os').getcwd()") == os.getcwd()
                assert later("__import__('warnings').filters[0][0]") != "error"


def test_unseeded_random_numbers_differ_between_kernels() -> None:
    numbers = "[__import__('random').random(), *__import__('numpy').random.rand(2), __import__('uuid').uuid4().hex]"
    with running() as one, running() as other:
        drawn = one(numbers) + other(numbers)
    assert len(set(drawn)) == len(drawn)


def test_a_kernel_holds_no_descriptor_of_its_parent_or_of_another_kernel() -> None:
    with running() as one, running() as other:
        history = one("get_ipython().history_manager.hist_file")  # a file of the user's, not of the parent's
        held = [descriptors(pid) for pid in (one.process.pid, other.process.pid, parent_of(one.process.pid))]
        shared = (held[0] & held[1]) | (held[0] & held[2]) | (held[1] & held[2])
    assert {name for name in shared if name.startswith(("socket", "pipe", "/"))} <= {history}


def test_the_private_memory_of_a_kernel_is_small() -> None:
    with running() as kernel:
        kernel.run("from matplotlib import pyplot as plt; plt.plot([1, 2])")
        lines = Path(f"/proc/{kernel.process.pid}/smaps_rollup").read_text().splitlines()
    private = sum(int(line.split()[1]) for line in lines if line.startswith("Private_"))
    assert private < 80 * 1024  # kB; a fresh kernel has about 240 MB once it has imported the libraries


# Jupyter's clients ------------------------------------------------------------------------------------------------


def test_a_kernel_can_be_interrupted_and_restarted() -> None:
    with running() as kernel:
        kernel.client.execute("import time; time.sleep(60)")
        assert eventually(lambda: kernel.client.get_iopub_msg(timeout=PATIENCE)["msg_type"] == "execute_input")
        kernel.manager.interrupt_kernel()
        assert kernel.client.get_shell_msg(timeout=PATIENCE)["content"]["ename"] == "KeyboardInterrupt"
        first = kernel.process.pid
        kernel.run("x = 1")
        kernel.manager.restart_kernel()
        kernel.client.wait_for_ready(timeout=PATIENCE)
        assert kernel("'x' in globals()") is False
        assert kernel.process.pid != first and not alive(first)


def test_plain_papermill_takes_the_installed_kernel_and_needs_no_ports(tmp_path: Path) -> None:
    import nbformat
    import papermill
    from nbformat.v4 import new_code_cell, new_notebook

    where = tmp_path / "where.ipynb"
    cell = new_code_cell("import os; print(open(f'/proc/{os.getppid()}/cmdline').read().replace(chr(0), ' '))")
    nbformat.write(new_notebook(cells=[cell]), where)
    done = papermill.execute_notebook(str(where), None, kernel_name=KERNEL, progress_bar=False)
    assert "analytics.runs.warm.parent" in done.cells[-1].outputs[0].text
    with running() as kernel:
        assert kernel.manager.transport == "ipc"


OWN_TESTS = ("papermill.tests.test_execute", "papermill.tests.test_engines")
"""Those of papermill's own tests that start kernels."""


def test_papermills_own_tests_end_as_they_do_with_ordinary_kernels(tmp_path: Path) -> None:
    for folder in ("warm", "ordinary"):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "pytest.ini").write_text("[pytest]\n")  # and not the one of this project
    shutil.copytree(KERNELS / KERNEL, tmp_path / "warm" / "kernels" / "python3")  # the kernel they ask for
    both = [own_tests(tmp_path / folder) for folder in ("warm", "ordinary")]
    warm, ordinary = (run.communicate()[0] for run in both)
    assert outcomes(warm) == outcomes(ordinary)
    assert list(outcomes(warm).values()).count("PASSED") > 40
    assert "ordinary ones are used" not in warm


def own_tests(folder: Path) -> subprocess.Popen[str]:
    command = [
        sys.executable,
        "-m",
        "pytest",
        "--pyargs",
        *OWN_TESTS,
        "-c",
        "pytest.ini",
        "-p",
        "no:cacheprovider",
        "-rA",
    ]
    environment = os.environ | {"JUPYTER_PATH": str(folder)}
    return subprocess.Popen(command, cwd=folder, env=environment, stdout=subprocess.PIPE, text=True)


def outcomes(said: str) -> dict[str, str]:
    """By test: how it ended."""
    return {name: end for end, name in re.findall(r"^(PASSED|FAILED|ERROR) (\S+)", said, re.MULTILINE)}


def test_a_command_run_under_workbook_warm_starts_no_parent_of_its_own() -> None:
    parser = argparse.ArgumentParser()
    add_command(parser.add_subparsers())
    code = (
        "from analytics.runs.warm import client, spec; import os, sys;"
        "kernel = client.fork_kernel(*spec.start_of(os.environ), '/'); kernel.kill();"
        "sys.exit(7 if kernel.wait() == -9 and not client._parents else 1)"
    )
    asked = parser.parse_args(["warm", sys.executable, "-c", code])
    assert asked.command(asked) == 7
    asked = parser.parse_args(["warm", "no-such-program", "-k"])
    with pytest.raises(InputError, match="no-such-program"):
        asked.command(asked)


# How kernels end --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("end", "code"), [("os._exit(3)", 3), ("os.kill(os.getpid(), 9)", -9), ("os.abort()", -6)])
def test_the_exit_code_of_a_kernel_that_died_is_known(end: str, code: int) -> None:
    with running() as kernel:
        kernel.client.execute(f"import os; {end}")
        assert kernel.process.wait() == code
        assert not kernel.manager.is_alive()


def test_a_kernel_and_what_it_started_end_when_its_owner_lets_go() -> None:
    with running() as kernel:
        child = kernel("__import__('subprocess').Popen(['sleep', '600']).pid")
        pid = kernel.process.pid
        kernel.process._connection.close()
        assert eventually(lambda: not alive(pid) and not alive(child))
        kernel.manager.provisioner.process = None


def test_kernels_die_with_their_parent_and_the_next_one_gets_another() -> None:
    with running() as one, running() as other:
        pids = [one.process.pid, other.process.pid]
        dead = parent_of(pids[0])
        os.kill(dead, signal.SIGKILL)
        assert eventually(lambda: not any(map(alive, pids)))
        assert one.process.poll() == -signal.SIGKILL
        with running() as next_one:
            assert parent_of(next_one.process.pid) != dead


OWNER = """
import os, sys, time
from analytics.runs.warm.client import fork_kernel
kernel = fork_kernel([sys.executable, "-m", "ipykernel_launcher"], dict(os.environ), "/")
print(kernel.pid, flush=True)
time.sleep(600)
"""


def test_parent_and_kernels_end_with_an_owner_that_is_killed_and_leave_no_folder(tmp_path: Path) -> None:
    environment = os.environ | {"TMPDIR": str(tmp_path), "OPENBLAS_NUM_THREADS": "1"}
    owner = subprocess.Popen([sys.executable, "-c", OWNER], stdout=subprocess.PIPE, env=environment)
    kernel = int(owner.stdout.readline())
    pids = [kernel, parent_of(kernel)]
    assert all(map(alive, pids)) and len(list(tmp_path.glob("workbook-warm-*"))) == 1
    owner.kill()
    owner.communicate()
    assert eventually(lambda: not any(map(alive, pids)))
    assert eventually(lambda: not list(tmp_path.glob("workbook-warm-*")))


LENDER = """
import os, time
from analytics.runs.warm.spec import lent
with lent(os.environ) as variables:
    print(variables["WORKBOOK_WARM"], flush=True)
    time.sleep(600)
"""


def test_a_parent_whose_owner_is_killed_while_it_imports_ends_without_a_word_and_leaves_no_folder(
    tmp_path: Path,
) -> None:
    environment = os.environ | {"TMPDIR": str(tmp_path), "OPENBLAS_NUM_THREADS": "1"}
    command = [sys.executable, "-c", LENDER]
    owner = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment)
    socket = Path(owner.stdout.readline().strip())
    owner.kill()
    assert owner.communicate()[1] == ""  # which is the parent's too: it waits for that to end
    assert eventually(lambda: not socket.parent.exists())


@pytest.fixture(autouse=True)
def _in_warm_kernels(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """What tests/test_runner.py says of ordinary kernels, it says here of warm ones."""
    if request.function.__module__ == test_runner.__name__:
        own_kernel = kernels.own_kernel
        monkeypatch.setattr(kernels, "own_kernel", lambda private, warm: own_kernel(private, True))


# Where there are none ---------------------------------------------------------------------------------------------


def test_a_parent_with_a_second_thread_refuses_and_an_ordinary_kernel_runs_which_is_said_once(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "sitecustomize.py").write_text(
        "import sys, threading\n"
        "if sys.argv[0] == '-m': threading.Thread(target=threading.Event().wait, daemon=True).start()\n"
    )
    environment = os.environ | {"PYTHONPATH": str(tmp_path)}
    for _ in range(2):
        with running(env=environment) as kernel:
            assert isinstance(kernel.process, subprocess.Popen)
    assert [record.getMessage().rpartition(": ")[2] for record in caplog.records] == ["2 threads"]


@pytest.mark.parametrize(
    ("folder", "options", "reason"),
    [
        ("plain", {"stdout": None}, "asked for stdout"),
        ("styled", {}, "matplotlibrc"),
        ("plain", {"env": os.environ | {letter: letter * 100_000 for letter in "abc"}}, "Message too long"),
    ],
)
def test_what_a_fork_cannot_give_is_left_to_an_ordinary_kernel(
    tmp_path: Path, folder: str, options: dict[str, object], reason: str, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "styled").mkdir()
    (tmp_path / "styled" / "matplotlibrc").touch()
    (tmp_path / "plain").mkdir()
    with running(cwd=str(tmp_path / folder), **options) as kernel:
        assert isinstance(kernel.process, subprocess.Popen)
    assert reason in caplog.text


def test_other_systems_and_other_commands_have_no_warm_kernel(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(NoWarmKernel, match="not started by ipykernel_launcher"):
        fork_kernel(["R", "--slave"], {}, "/")
    monkeypatch.setattr(client.sys, "platform", "win32")
    with pytest.raises(NoWarmKernel, match="win32"):
        fork_kernel([sys.executable, "-m", "ipykernel_launcher"], {}, "/")


def test_a_folder_whose_name_is_too_long_for_a_socket_gives_no_warm_kernel(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    deep = tmp_path / ("deep" * 30)
    deep.mkdir()
    monkeypatch.setattr(client, "mkdtemp", lambda prefix: mkdtemp(prefix=prefix, dir=deep))
    environment = os.environ | {"LC_ALL": "C"}  # no parent that is there already
    with pytest.raises(NoWarmKernel, match="too long"):
        fork_kernel([sys.executable, "-m", "ipykernel_launcher"], environment, "/")
    with spec.lent(environment) as variables:
        assert variables == {}
    assert not list(deep.iterdir())


def test_kernels_share_a_parent_when_nothing_differs_that_is_read_at_start() -> None:
    environment = {"LC_ALL": "C", "IPYTHONDIR": "a", "PYTHONHASHSEED": "0"}
    start = client._start(["python"], environment)
    assert start == client._start(["python"], environment | {"IPYTHONDIR": "b", "REPORT": "7"})
    assert start != client._start(["python"], environment | {"LC_ALL": "zh_CN.UTF-8"})
    assert start != client._start(["python", "-O"], environment)


# The parent -------------------------------------------------------------------------------------------------------


@pytest.fixture
def module(tmp_path: Path) -> Path:
    """A file whose content the parent holds."""
    (tmp_path / "module.py").touch()
    return tmp_path / "module.py"


@pytest.fixture
def idle_parent(tmp_path: Path, module: Path) -> Iterator[parent.Parent]:
    """A parent in this process; it must not fork."""
    with connection_socket() as listener:
        listener.bind(str(tmp_path / "parent"))
        listener.listen()
        yield parent.Parent(listener, parent.end_of(os.getpid()), written([module]))


def test_a_parent_ends_when_it_has_been_idle(idle_parent: parent.Parent, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(parent, "IDLE", 0.0)
    assert idle_parent.serve() is None


def test_a_parent_whose_modules_were_changed_takes_no_more_launches(
    idle_parent: parent.Parent, module: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os, "fork", lambda: 4711)
    assert idle_parent._fork() == 4711
    module.unlink()
    assert idle_parent._fork() is None
    assert idle_parent.serve() is None


def test_a_forked_kernel_finds_the_common_tables_read_and_the_nation_carried_forward() -> None:
    with running() as kernel:
        kernel.run("from analytics.inputs.demography import load_demography")
        kernel.run("from analytics.inputs.policy import load_table")
        kernel.run("from analytics.model.people.ground import nation")
        held = kernel("[cached.cache_info().currsize for cached in (load_demography, load_table, nation)]")
        assert held == [1, len(TABLES), 1]


def test_the_parent_holds_every_table_of_policy_and_demography_and_the_list_of_regions() -> None:
    all_tables = {*(DATA / "policy").glob("*.csv"), *(DATA / "demography").glob("*.csv"), REGIONS / "regions.csv"}
    assert tables.read_tables() == {str(table) for table in all_tables}


def test_a_faulty_table_is_told_by_the_study_and_not_by_the_parent(monkeypatch: pytest.MonkeyPatch) -> None:
    def faulty() -> None:
        raise InputError([Fault(Term("坏", "bad"))])

    monkeypatch.setattr(tables, "load_regions", faulty)
    assert str(REGIONS / "regions.csv") in tables.read_tables()


def test_a_file_counts_as_written_when_it_grows_is_touched_appears_or_goes(tmp_path: Path) -> None:
    file = tmp_path / "table.csv"
    seen = [written([file])]
    file.write_text("a")
    os.utime(file, ns=(1, 1))
    seen.append(written([file]))
    assert written([str(file)]) == seen[-1]
    os.utime(file, ns=(1, 2))
    seen.append(written([file]))
    file.write_text("ab")
    os.utime(file, ns=(1, 2))
    assert len({*seen, written([file])}) == 4


def test_a_fork_that_the_system_denies_ends_neither_the_parent_nor_its_kernels(
    idle_parent: parent.Parent, monkeypatch: pytest.MonkeyPatch
) -> None:
    def denied() -> int:
        raise BlockingIOError

    monkeypatch.setattr(os, "fork", denied)
    assert idle_parent._fork() is None and idle_parent._listening
