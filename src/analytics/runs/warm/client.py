"""The owner's side: starts parents, each once, and asks them for kernels.  Linux only."""

from __future__ import annotations

import os
import re
import signal
import socket
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from shutil import rmtree
from subprocess import DEVNULL, PIPE, Popen
from tempfile import mkdtemp
from threading import Lock

from analytics.runs.warm.launch import READY, Launch, connection_socket, receive_number, send_launch

LENT = "WORKBOOK_WARM"
"""Environment variable with the socket of a parent that another process lends."""
PARENT = "WORKBOOK_PARENT"
"""Environment variable that names another module to be the parent of the kernels started in it."""

_LAUNCHER = "ipykernel_launcher"
_READ_AT_START = re.compile(
    r"PYTHON|LD_|MALLOC_|GLIBC_|LANG|LC_|TZ|HOME$|XDG_|WORKBOOK_HOME|WORKBOOK_PARENT"
    r"|OMP_|OPENBLAS_|GOTO_|MKL_|BLIS_|KMP_|NPY_|SCIPY_|PANDAS_|MPL"
)
"""Environment variables that the interpreter or a library looks at only once, when it starts or is imported."""


class NoWarmKernel(Exception):
    """Why there is no warm kernel to be had."""


class WarmKernel:
    """A forked kernel, to be handled like the ``subprocess.Popen`` of an ordinary one."""

    stdin = stdout = stderr = None

    def __init__(self, pid: int, connection: socket.socket) -> None:
        self.pid = pid
        self.returncode: int | None = None
        self._connection = connection

    def poll(self) -> int | None:
        """The exit code, negative for a signal, or ``None`` while it runs."""
        try:
            return self.wait(socket.MSG_DONTWAIT)
        except BlockingIOError:
            return None

    def wait(self, flags: int = 0) -> int:
        """Wait until it has ended; returns the exit code."""
        if self.returncode is None:
            code = receive_number(self._connection, flags)
            self.returncode = -signal.SIGKILL if code is None else code  # it was killed together with its parent
            self._connection.close()
        return self.returncode

    def send_signal(self, number: int) -> None:
        """Signal it, if it still runs."""
        if self.poll() is None:
            os.kill(self.pid, number)

    def terminate(self) -> None:
        """Ask it to end."""
        self.send_signal(signal.SIGTERM)

    def kill(self) -> None:
        """End it."""
        self.send_signal(signal.SIGKILL)


@dataclass(frozen=True)
class _Start:
    """What kernels of one parent have in common: the interpreter with its options, and what is read at start."""

    interpreter: tuple[str, ...]
    environment: tuple[tuple[str, str], ...]

    @property
    def name(self) -> str:
        """A name for it that other processes give it too."""
        return sha256(repr(self).encode(errors="surrogateescape")).hexdigest()[:16]


class _Parent:
    """A parent process.  It ends by itself, with this process or when it is idle, and clears its folder away."""

    def __init__(self, start: _Start, environment: Mapping[str, str]) -> None:
        self.socket = Path(mkdtemp(prefix="workbook-warm-")) / start.name  # nobody else may enter that folder
        module = environment.get(PARENT, "analytics.runs.warm.parent")
        with _listening(self.socket) as listener:
            command = [*start.interpreter, "-m", module, self.socket, str(listener.fileno()), str(os.getpid())]
            self._process = Popen(
                command, env=environment, stdin=DEVNULL, stdout=PIPE, text=True, pass_fds=[listener.fileno()],
                start_new_session=True,  # Ctrl-C in the terminal is for the owner alone
            )  # fmt: skip
        self._said = ""

    def refusal(self) -> str:
        """Wait until it is ready; "" or why it forks no kernels."""
        if not self._said:
            with self._process.stdout as said:
                self._said = said.readline().strip() or "the parent did not start"
        if self._said == READY:
            return ""
        self.clear_away()
        return self._said

    def end(self) -> None:
        """End it, and with it the kernels that are left."""
        self._process.kill()
        self._process.communicate()
        self.clear_away()

    def clear_away(self) -> None:
        """Remove the folder of a parent that takes no launches and may not have come to do it."""
        rmtree(self.socket.parent, ignore_errors=True)


def _listening(path: Path) -> socket.socket:
    listener = connection_socket()
    try:
        listener.bind(str(path))
    except OSError as error:  # the folder's name is too long for a socket's
        rmtree(path.parent)
        raise NoWarmKernel(str(error)) from error
    listener.listen()
    return listener


_parents: dict[tuple[int, _Start], _Parent] = {}
"""By owner and start: a fork of this process has no parents here."""
_starting = Lock()


def prepare_parent(command: Sequence[str], environment: Mapping[str, str]) -> None:
    """Start the parent for ``command`` and do not wait for it: it imports while other work goes on.

    Raises
    ------
    NoWarmKernel
        ``command`` starts no IPython kernel.
    """
    start = _start(_split(command)[0], environment)
    if not _lent(start):
        with _starting:
            _parent(start, environment)


@contextmanager
def lent_parent(command: Sequence[str], environment: Mapping[str, str]) -> Iterator[dict[str, str]]:
    """Lend a parent for ``command`` to other processes; yields the environment variable by which they find it.

    It is not waited for here: who asks for a kernel before it is ready waits there.  It ends with the block.

    Raises
    ------
    NoWarmKernel
        ``command`` starts no IPython kernel.
    """
    start = _start(_split(command)[0], environment)
    if _lent(start):
        yield {}
        return
    parent = _Parent(start, environment)
    try:
        yield {LENT: str(parent.socket)}
    finally:
        parent.end()


def fork_kernel(command: Sequence[str], environment: Mapping[str, str], folder: str) -> WarmKernel:
    """Run what ``command`` would, an IPython kernel, as a fork of the parent with the same start.

    Raises
    ------
    NoWarmKernel
        ``command`` starts no IPython kernel, or its parent refuses.
    """
    interpreter, arguments = _split(command)
    start, launch = _start(interpreter, environment), Launch(arguments, dict(environment), folder)
    lent = _lent(start)
    if lent and (kernel := _forked(lent, launch)):
        return kernel
    for _ in range(3):
        parent = _ready_parent(start, environment)
        if kernel := _forked(parent.socket, launch):
            return kernel
        _drop(start, parent)  # it has ended because it was idle, or the modules it imported are outdated
    raise NoWarmKernel("the parents do not fork")


def _lent(start: _Start) -> Path | None:
    socket = Path(os.environ.get(LENT, ""))
    return socket if socket.name == start.name else None


def _forked(path: Path, launch: Launch) -> WarmKernel | None:
    """A kernel of the parent at ``path``, or ``None`` when that takes no more launches."""
    with ExitStack() as failed, suppress(FileNotFoundError, ConnectionError):
        connection = failed.enter_context(connection_socket())
        connection.connect(str(path))
        send_launch(connection, launch, [1, 2])
        pid = receive_number(connection)
        if pid is not None:
            failed.pop_all()
            return WarmKernel(pid, connection)
    return None


def _split(command: Sequence[str]) -> tuple[list[str], list[str]]:
    """The interpreter with its options, and the kernel's arguments."""
    if sys.platform != "linux":
        raise NoWarmKernel(f"{sys.platform} cannot fork")
    if _LAUNCHER not in command:
        raise NoWarmKernel(f"not started by {_LAUNCHER}")
    position = command.index(_LAUNCHER)
    return list(command[: position - 1]), list(command[position + 1 :])


def _start(interpreter: Sequence[str], environment: Mapping[str, str]) -> _Start:
    read = {(name, value) for name, value in environment.items() if _READ_AT_START.match(name)}
    return _Start(tuple(interpreter), tuple(sorted(read)))


def _ready_parent(start: _Start, environment: Mapping[str, str]) -> _Parent:
    with _starting:
        parent = _parent(start, environment)
        if refusal := parent.refusal():
            raise NoWarmKernel(refusal)
        return parent


def _parent(start: _Start, environment: Mapping[str, str]) -> _Parent:
    key = os.getpid(), start
    if key not in _parents:
        _parents[key] = _Parent(start, environment)
    return _parents[key]


def _drop(start: _Start, parent: _Parent) -> None:
    with _starting:
        if _parents.get((os.getpid(), start)) is parent:
            del _parents[os.getpid(), start]
            parent.clear_away()
