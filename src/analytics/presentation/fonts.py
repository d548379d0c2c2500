"""The packaged Chinese font: the same glyphs in charts and PDF on every machine."""

from __future__ import annotations

from functools import cache
from importlib.util import find_spec
from pathlib import Path

_FONT_FILE = "NotoSansSC-Regular.ttf"


@cache
def font_file() -> Path:
    """Path of the OFL font that the package zhplot carries.

    It is found without importing the package, because that import changes matplotlib's settings.

    Raises
    ------
    FileNotFoundError
        When the package is not installed: nothing may be printed without Chinese glyphs.
    """
    package = find_spec("zhplot")
    folders = package.submodule_search_locations if package else None
    found = [file for folder in folders or [] for file in Path(folder).rglob(_FONT_FILE)]
    if not found:
        raise FileNotFoundError(f"缺少中文字体 {_FONT_FILE}，请安装 zhplot / Chinese font missing: install zhplot")
    return found[0]
