"""The kernels that run a report's notebooks: of this very interpreter, warm where that can be, ready without waiting."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from pathlib import Path
from queue import Empty
from time import monotonic

from jupyter_client import AsyncKernelClient, AsyncKernelManager
from jupyter_client.kernelspec import NATIVE_KERNEL_NAME, KernelSpecManager

from analytics.runs.warm.spec import KERNEL, KERNELS, prepare

ENVIRONMENT = {
    "PYTHONHASHSEED": "0",  # the order of a set must not change a report
    "OPENBLAS_NUM_THREADS": "1",  # notebooks run side by side, and sums must not depend on the number of cores
    "MPLBACKEND": "module://matplotlib_inline.backend_inline",  # as in JupyterLab, whatever the caller draws with
}


class PromptClient(AsyncKernelClient):
    """A client that goes on as soon as the kernel answers.

    Jupyter's own then waits a fifth of a second more for messages that nobody reads: a notebook's client takes no
    notice of what its own cells did not cause.
    """

    async def wait_for_ready(self, timeout: float | None = None) -> None:
        """Wait until the kernel answers and what it says is heard.

        Raises
        ------
        RuntimeError
            When it has died, or ``timeout`` seconds have passed.
        """
        end = None if timeout is None else monotonic() + timeout
        while not await self._answers():
            if not await self.is_alive():
                raise RuntimeError("the kernel died before it was ready")
            if end is not None and monotonic() > end:
                raise RuntimeError(f"the kernel was not ready within {timeout} seconds")

    async def _answers(self) -> bool:
        """Whether its reply to a question comes, and on the other channel the status that goes with it."""
        asked = self.kernel_info()
        try:
            while (reply := await self.get_shell_msg(timeout=1))["parent_header"].get("msg_id") != asked:
                pass
            while (await self.get_iopub_msg(timeout=0.2))["parent_header"].get("msg_id") != asked:
                pass
        except Empty:
            return False
        self._handle_kernel_info_reply(reply)
        return True


def warm_up() -> None:
    """Have the libraries imported for warm kernels while this process does other work first."""
    prepare(os.environ | ENVIRONMENT)


def kernel_environment(private: Path, variables: Mapping[str, str]) -> dict[str, str]:
    """Environment of a kernel: this process's, what every kernel needs, ``variables``, no traces outside ``private``."""
    return os.environ | ENVIRONMENT | variables | {"IPYTHONDIR": str(private / "ipython")}


def own_kernel(private: Path, warm: bool) -> AsyncKernelManager:
    """A kernel of this very interpreter, whatever kernels are installed for the user.

    Sockets in a private folder spare parallel kernels the race for ports; Windows has none and keeps TCP.
    """
    return AsyncKernelManager(
        kernel_name=KERNEL if warm else NATIVE_KERNEL_NAME,
        client_factory=PromptClient,
        transport="tcp" if sys.platform == "win32" else "ipc",
        connection_file=str(private / "kernel.json"),
        kernel_spec_manager=KernelSpecManager(kernel_dirs=[str(KERNELS)]),  # nothing else: ipykernel's own is native
    )
