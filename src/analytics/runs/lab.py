"""JupyterLab over the project's notebooks, with menus in the officer's language."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

from analytics.places import ROOT
from analytics.terms import Language

_LOCALES = {"zh": "zh_CN", "en": "en"}


def overrides(language: Language) -> dict[str, dict[str, object]]:
    """JupyterLab settings: menus in ``language``, no news fetched from outside."""
    return {
        "@jupyterlab/translation-extension:plugin": {"locale": _LOCALES[language]},
        "@jupyterlab/apputils-extension:notification": {"fetchNews": "false", "checkForUpdates": False},
    }


def open_lab(language: Language) -> int:
    """Start JupyterLab in the project folder, on this machine alone and with its token; returns its exit status."""
    with tempfile.TemporaryDirectory() as settings:
        (Path(settings) / "overrides.json").write_text(json.dumps(overrides(language)), encoding="utf-8")
        command = [sys.executable, "-m", "jupyterlab", "--ip=127.0.0.1", "--LabApp.default_url=/lab/tree/notebooks",
                   f"--LabApp.app_settings_dir={settings}"]  # fmt: skip
        return subprocess.call(command, cwd=ROOT, env=os.environ | {"JUPYTERLAB_SETTINGS_DIR": settings})
