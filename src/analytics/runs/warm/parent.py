"""The parent of warm kernels: imports the libraries and reads the common tables once, then forks a kernel for each launch.

Started by :mod:`analytics.runs.warm.client` as ``python -m analytics.runs.warm.parent SOCKET DESCRIPTOR OWNER``; the
descriptor is that of the socket, which listens already: who comes early waits.  It says one line on standard output,
``ready`` or why it must not fork.  It ends with its owner, or when it has long been idle.

It may hold nothing that does not survive a fork: no second thread, no event loop, no zmq context.
"""

from __future__ import annotations

import gc
import os
import selectors
import signal
import socket
import sys
from collections.abc import Callable
from contextlib import suppress
from io import FileIO
from pathlib import Path
from shutil import rmtree
from typing import NamedTuple

from analytics.runs.warm.launch import READY, Launch, receive_launch, send_number
from analytics.runs.warm.libraries import Imported, import_libraries
from analytics.runs.written import Written, written

IDLE = 600.0
"""Seconds without a kernel after which the parent ends."""

Forked = tuple[Launch, list[int]]
"""What the forked process is to do: a launch, and the descriptors of its standard output and error."""


class _Kernel(NamedTuple):
    """A forked kernel: its process id, and a file that can be read when it has ended."""

    pid: int
    end: FileIO


class Parent:
    """Forks a kernel for each launch and stands by it until the owner lets go of it.

    Parameters
    ----------
    listener : where the owner connects, once for each kernel.
    owner : a file that can be read when the owner has ended, with which this process ends.
    held : the files whose content this process holds, as they stood then.
    """

    def __init__(self, listener: socket.socket, owner: FileIO, held: Written) -> None:
        self._listener = listener
        self._kernels: dict[socket.socket, _Kernel] = {}
        self._held = held
        self._selector = selectors.PollSelector()  # needs no descriptor of its own, which forked kernels would share
        self._selector.register(owner, selectors.EVENT_READ, self._owner_ended)
        self._selector.register(listener, selectors.EVENT_READ, self._connected)

    def serve(self) -> Forked | None:
        """Serve until nobody needs a parent; in each forked process returns at once, with what that is to do."""
        while self._listening or self._kernels:
            ready = self._selector.select(None if self._kernels else IDLE)
            if not ready:
                return None
            key, _ = ready[0]  # one at a time: dealing with it may close the next
            if forked := key.data(key.fileobj):
                return forked
        return None

    @property
    def _listening(self) -> bool:
        return self._listener.fileno() >= 0

    def _connected(self, listener: socket.socket) -> None:
        connection, _ = listener.accept()
        self._selector.register(connection, selectors.EVENT_READ, self._told)

    def _told(self, connection: socket.socket) -> Forked | None:
        """The owner has sent a launch or closed the connection."""
        told = receive_launch(connection)
        if told is None:
            self._let_go(connection)
            return None
        pid = self._fork()
        if pid == 0:
            self._close_all()
            return told
        for descriptor in told[1]:
            os.close(descriptor)
        if pid is None:
            self._let_go(connection)
        else:
            self._adopt(pid, connection)
        return None

    def _fork(self) -> int | None:
        """Fork; ``None`` when that is impossible, or when a fresh kernel would find other code or tables than this process."""
        if self._held != written(file for file, *_ in self._held):
            self._stop_listening()
            return None
        try:
            return os.fork()
        except OSError:  # memory or processes have run out; other kernels may still come to their end
            return None

    def _adopt(self, pid: int, connection: socket.socket) -> None:
        kernel = self._kernels[connection] = _Kernel(pid, end_of(pid))
        self._selector.register(kernel.end, selectors.EVENT_READ, lambda _: self._ended(kernel, connection))
        with suppress(ConnectionError):  # the owner has gone meanwhile, which the next turn finds out
            send_number(connection, pid)

    def _ended(self, kernel: _Kernel, connection: socket.socket) -> None:
        """Tell how a kernel ended; its process id stays taken, so that no signal can hit another process."""
        self._selector.unregister(kernel.end)
        end = os.waitid(os.P_PID, kernel.pid, os.WEXITED | os.WNOWAIT)
        with suppress(ConnectionError):
            send_number(connection, end.si_status if end.si_code == os.CLD_EXITED else -end.si_status)

    def _let_go(self, connection: socket.socket) -> None:
        """Close a connection and end the kernel behind it, with all processes it has started."""
        self._selector.unregister(connection)
        connection.close()
        kernel = self._kernels.pop(connection, None)
        if kernel:
            with suppress(KeyError):  # it ended of itself
                self._selector.unregister(kernel.end)
            kernel.end.close()
            _kill(kernel.pid)

    def _stop_listening(self) -> None:
        if self._listening:
            self._selector.unregister(self._listener)
            self._listener.close()

    def _owner_ended(self, end: FileIO) -> None:
        self._selector.unregister(end)
        self._stop_listening()
        for connection in list(self._kernels):
            self._let_go(connection)

    def _close_all(self) -> None:
        """In a forked process: close what is the parent's."""
        for key in list(self._selector.get_map().values()):
            key.fileobj.close()
        for kernel in self._kernels.values():
            kernel.end.close()


def end_of(pid: int) -> FileIO:
    """A file that can be read when the process has ended."""
    return FileIO(os.pidfd_open(pid))


def _kill(pid: int) -> None:
    """Kill a forked process and its group, and take note of its end."""
    with suppress(ProcessLookupError):
        os.killpg(pid, signal.SIGKILL)
    os.kill(pid, signal.SIGKILL)  # it may not have made its group yet
    os.waitpid(pid, 0)


def obstacle() -> str:
    """Why this process must not fork, "" where it may."""
    threads = len(os.listdir("/proc/self/task"))
    return f"{threads} threads" if threads > 1 else ""  # all but one would be gone, and the locks they hold locked


def _say(line: str) -> None:
    """Tell the owner; that it has ended meanwhile is found out when serving."""
    with suppress(BrokenPipeError):
        os.write(1, f"{line}\n".encode())


def _prepare() -> Imported:
    imported = import_libraries()
    from analytics.runs.warm.tables import read_tables

    return imported._replace(held=imported.held | written(read_tables()))


def main(prepare: Callable[[], Imported] = _prepare) -> None:
    """Be the parent, after ``prepare``; every forked process comes by here too and becomes a kernel."""
    if sys.path[0] == os.getcwd():
        del sys.path[0]  # as ipykernel_launcher does
    path, descriptor, owner = sys.argv[1:]
    end_of_owner = end_of(int(owner))  # taken before the long import, in which its process id could become another's
    with socket.socket(fileno=int(descriptor)) as listener:
        listener.set_inheritable(False)
        imported = prepare()
        if reason := obstacle():
            _say(reason)
            return
        gc.collect()
        gc.freeze()  # the collector would write to memory that is shared, and so have it copied
        _say(READY)
        pid = os.getpid()
        forked = Parent(listener, end_of_owner, imported.held).serve()
    if forked:
        from analytics.runs.warm.kernel import run_kernel

        run_kernel(*forked, pid, imported)
    else:
        rmtree(Path(path).parent, ignore_errors=True)  # its owner may have removed it


if __name__ == "__main__":
    main()
