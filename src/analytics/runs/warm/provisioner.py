"""The hook by which Jupyter clients get warm kernels: the kernel spec ``workbook-warm`` names this provisioner."""

from __future__ import annotations

import logging
import os
import sys
from asyncio import sleep, to_thread
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory, gettempdir

import zmq
from jupyter_client.connect import KernelConnectionInfo
from jupyter_client.provisioning import LocalProvisioner

from analytics.runs.warm.client import NoWarmKernel, WarmKernel, fork_kernel

_FALLBACK = "不能使用预热内核，改用较慢的普通内核 / no warm kernels, ordinary ones are used and slower: %s"
_LONGEST = getattr(zmq, "IPC_PATH_MAX_LEN", 0) - len("/workbook-xxxxxxxx/kernel-1")
_LOOKS = 50
_log = logging.getLogger(__name__)


class WarmProvisioner(LocalProvisioner):
    """Provides forked kernels, and ordinary ones where they are not to be had."""

    _sockets: TemporaryDirectory | None = None

    async def pre_launch(self, **kwargs: object) -> dict[str, object]:
        """As for an ordinary kernel, but with sockets in a private folder: parallel kernels do not race for ports."""
        if self.parent.transport == "tcp" and sys.platform != "win32" and len(gettempdir()) < _LONGEST:
            self._sockets = TemporaryDirectory(prefix="workbook-", ignore_cleanup_errors=True)
            self.parent.transport, self.parent.ip = "ipc", os.path.join(self._sockets.name, "kernel")
        return await super().pre_launch(**kwargs)

    async def launch_kernel(self, cmd: list[str], **kwargs: object) -> KernelConnectionInfo:
        """Fork a kernel; start an ordinary one where that cannot be, and say so once."""
        try:
            self.process = await to_thread(_fork, cmd, **self._scrub_kwargs(kwargs))
        except (NoWarmKernel, OSError) as reason:
            _say_once(str(reason))
            return await super().launch_kernel(cmd, **kwargs)
        self.pid = self.pgid = self.process.pid
        self.cwd = kwargs.get("cwd") or os.getcwd()
        return self.connection_info

    async def kill(self, restart: bool = False) -> None:
        """Kill it, and stay until it is gone: the manager would look again only after a tenth of a second."""
        await super().kill(restart)
        for _ in range(_LOOKS):
            if await self.poll() is not None:
                break
            await sleep(0.1 / _LOOKS)

    async def cleanup(self, restart: bool = False) -> None:
        """Give ports or sockets back."""
        await super().cleanup(restart)
        if self._sockets and not restart:
            self._sockets.cleanup()


def _fork(command: list[str], env: dict[str, str], cwd: str | None = None, **others: object) -> WarmKernel:
    folder = Path(cwd or os.getcwd())
    if others:
        raise NoWarmKernel(f"asked for {', '.join(others)}")
    if (folder / "matplotlibrc").exists():
        raise NoWarmKernel("matplotlib would have to read matplotlibrc")  # which it does when it is imported
    return fork_kernel(command, env, str(folder))


@cache
def _say_once(reason: str) -> None:
    _log.warning(_FALLBACK, reason)
