"""The parent of the page's kernels: has imported what the page needs, and has the study open.

Started like every parent of warm kernels, as ``python -m analytics.runs.whatif.parent SOCKET DESCRIPTOR OWNER``; the
environment variable :data:`STUDY` says which study.
"""

from __future__ import annotations

import json
import os
from contextlib import suppress

from analytics.runs.warm.libraries import KERNEL, Imported, import_libraries
from analytics.runs.warm.parent import main

STUDY = "WORKBOOK_WHATIF"
"""Environment variable with the arguments of ``open_study``, as a JSON list."""
_LIBRARIES = (*KERNEL, "analytics.runs.whatif.ahead", "analytics.presentation.whatif.page")


def _prepare() -> Imported:
    imported = import_libraries(_LIBRARIES)
    from analytics.runs.whatif.ahead import open_ahead

    with suppress(Exception):  # whatever it is, the kernel comes upon it too, and has somebody to tell
        open_ahead(*json.loads(os.environ[STUDY]))
    return imported


if __name__ == "__main__":
    main(_prepare)
