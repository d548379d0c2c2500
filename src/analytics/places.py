"""Where the house keeps its things: the project's folders, found once.

``WORKBOOK_HOME`` names another folder with ``params/`` and ``data/`` of its own, such as a synthetic province; code and
notebooks stay the project's.  It is read once, so a home is chosen for a process, never in its midst.
"""

from __future__ import annotations

import os
from pathlib import Path

HOME_VARIABLE = "WORKBOOK_HOME"
ROOT = Path(__file__).resolve().parents[2]
HOME = Path(os.environ.get(HOME_VARIABLE) or ROOT).resolve()
DATA = HOME / "data"
PARAMS = HOME / "params"
NOTEBOOKS = ROOT / "notebooks"
