"""What the parent imports for its kernels, and the marks that importing leaves on an interpreter."""

from __future__ import annotations

import os
import sys
import warnings
from collections.abc import Sequence
from importlib import import_module
from pkgutil import iter_modules
from sysconfig import get_path
from typing import NamedTuple

from analytics.runs.written import Written, written

KERNEL = (
    "IPython.core.completerlib",
    "IPython.core.debugger",
    "IPython.core.logger",
    "IPython.core.oinspect",
    "IPython.extensions.storemagic",
    "ipykernel.debugger",
    "pdb",
    "sqlite3",
    "tornado.platform.asyncio",
    "analytics.runs.warm.kernel",
)
"""What a kernel imports when it starts."""
LIBRARIES = (
    *KERNEL,
    "analytics.presentation.style",  # brings matplotlib, seaborn and pandas
    "analytics.presentation.notebook",
    "analytics.runs.open_study",  # brings scipy and statsmodels
    "analytics.model.people.kernel",  # brings numba, which the engine looks for only when it runs
    "statsmodels.tsa.stattools",  # trend models look for it only when they are fitted
    "analytics.runs.stamp",
    "analytics.runs.whatif.notebook",
    "analytics.runs.whatif.ahead",
    "analytics.presentation.whatif.view",
)
"""What kernels find imported.  Not the inline backend: it signs on with the running kernel when it is imported."""

_INLINE = "module://matplotlib_inline.backend_inline"

Filter = tuple[str, object, type[Warning], object, int]
"""An entry of ``warnings.filters``: action, message, category, module, line."""


class Imported(NamedTuple):
    """Marks of the libraries: warning filters, last one first, environment variables, and the files of the code."""

    filters: list[Filter]
    environment: dict[str, str]
    held: Written


def import_libraries(names: Sequence[str] = ()) -> Imported:
    """Import ``names``, by default what notebooks need.

    The libraries' warning filters are taken off again, as a kernel's own come below.
    """
    before = set(os.environ)
    os.environ.setdefault("MPLBACKEND", _INLINE)  # every kernel does so before matplotlib can look
    import_module("ipykernel.kernelapp")
    fresh = len(warnings.filters)
    with warnings.catch_warnings():
        for name in names or [*LIBRARIES, *_modules_of("analytics.presentation.sections")]:
            import_module(name)
        filters = warnings.filters[: len(warnings.filters) - fresh]
    return Imported(filters, {name: os.environ[name] for name in set(os.environ) - before}, written(_imported_files()))


def _imported_files() -> set[str]:
    """Files of the code; for those of a library the folder it was installed into, which every installation touches."""
    files = (getattr(module, "__file__", None) for module in list(sys.modules.values()))
    return {_installed_in(file) or file for file in files if file}


def _installed_in(file: str) -> str:
    places = (get_path(name) for name in ("purelib", "platlib", "stdlib", "platstdlib"))
    return next((place for place in places if file.startswith(place + os.sep)), "")


def _modules_of(package: str) -> list[str]:
    return [f"{package}.{module.name}" for module in iter_modules(import_module(package).__path__)]
