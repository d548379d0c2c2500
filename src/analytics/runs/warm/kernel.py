"""What a forked process does to become the kernel that a fresh interpreter would have become."""

from __future__ import annotations

import ctypes
import os
import signal
import sys
import warnings
from collections.abc import Sequence
from importlib.util import find_spec

import numpy as np
from ipykernel.kernelapp import IPKernelApp

from analytics.runs.warm.launch import Launch
from analytics.runs.warm.libraries import Filter, Imported

_PR_SET_PDEATHSIG = 1  # linux/prctl.h


def run_kernel(launch: Launch, output: Sequence[int], parent: int, imported: Imported) -> None:
    """Run a kernel in this forked process until a client shuts it down.

    Parameters
    ----------
    output : descriptors of its standard output and error.
    parent : process id of the parent, with which the kernel dies.
    imported : what importing the libraries did in the parent.
    """
    _die_with(parent)
    os.setsid()  # as jupyter_client starts kernels: an interrupt reaches the kernel's own processes and no others
    _redirect(output)
    _settle(launch, parent, imported.environment)
    application = IPKernelApp.instance(parent_handle=parent)
    application.initialize(launch.arguments)
    _add(imported.filters)  # on top of IPython's own, as when the notebook imports the libraries itself
    application.start()


def _die_with(parent: int) -> None:
    """Have the system kill this process when its parent ends, however it ends."""
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:  # it ended before we asked
        os._exit(1)


def _redirect(output: Sequence[int]) -> None:
    for standard, descriptor in enumerate(output, start=1):
        os.dup2(descriptor, standard)
        os.close(descriptor)


def _settle(launch: Launch, parent: int, environment: dict[str, str]) -> None:
    """Take on folder, environment and arguments; draw a new random state (Python's own module does so by itself)."""
    os.chdir(launch.folder)
    os.environ.clear()
    os.environ.update(environment | launch.environment | {"JPY_PARENT_PID": str(parent)})
    np.random.seed()
    sys.argv = [find_spec("ipykernel_launcher").origin, *launch.arguments]


def _add(filters: Sequence[Filter]) -> None:
    for action, message, category, module, line in reversed(filters):
        warnings.filterwarnings(action, _pattern(message), category, _pattern(module), line)


def _pattern(compiled: object) -> str:
    return getattr(compiled, "pattern", "")
