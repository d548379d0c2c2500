"""The kernel spec ``workbook-warm``, and parents that are started before a kernel of it is asked for."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

from analytics.runs.warm.client import NoWarmKernel, lent_parent, prepare_parent

KERNEL = "workbook-warm"
KERNELS = Path(__file__).parent / "kernels"
"""The folder with the kernel spec; installing the package copies it to where Jupyter looks."""


def prepare(environment: Mapping[str, str]) -> None:
    """Let the libraries be imported while other work goes on, for kernels that will be started in ``environment``."""
    with suppress(NoWarmKernel):  # the first kernel will say so
        prepare_parent(*start_of(environment))


@contextmanager
def lent(environment: Mapping[str, str]) -> Iterator[dict[str, str]]:
    """Environment variables by which other processes start kernels from one parent, as long as the block lasts.

    None where kernels cannot be forked, which the first one will say.
    """
    with ExitStack() as lending:
        variables: dict[str, str] = {}
        with suppress(NoWarmKernel):
            variables = lending.enter_context(lent_parent(*start_of(environment)))
        yield variables


def start_of(environment: Mapping[str, str]) -> tuple[list[str], dict[str, str]]:
    """The command that the kernel spec gives, and its environment."""
    spec = json.loads((KERNELS / KERNEL / "kernel.json").read_text(encoding="utf-8"))
    return [sys.executable, *spec["argv"][1:]], {**environment, **spec["env"]}
