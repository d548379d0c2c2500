"""What a chart draws: the rows of one line, on the scale a reader expects, or a clear refusal."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from math import floor, log10

import numpy as np
import pandas as pd

from analytics.presentation.charts.wording import MIXED, NOTHING
from analytics.terms import INDICATORS, SCHEMES, Language, Scale, display_scale, number, text


def line_of(frame: pd.DataFrame | None, language: Language, column: str = "value", **keys: str) -> pd.DataFrame:
    """Rows of one line, by year: those that match ``keys`` and hold a number in ``column``.

    Parameters
    ----------
    frame
        RESULT, HISTORY or target shape; ``None`` or an empty frame gives no rows.
    keys
        Required values of columns, e.g. ``scheme="employee", indicator="income"``.

    Raises
    ------
    ValueError
        When a year occurs twice: the rows of two lines would be drawn as one.
    """
    if frame is None or frame.empty:
        return pd.DataFrame({"year": [], column: []})
    wanted = frame[column].notna()
    for key, value in keys.items():
        wanted &= frame[key] == value
    rows = frame[wanted].sort_values("year")
    if rows["year"].duplicated().any():
        raise ValueError(text(MIXED, language, what=_described(keys, language)))
    return rows


def refuse_nothing(lines: Iterable[pd.DataFrame], language: Language, **keys: str) -> None:
    """Raise ValueError that names scheme and indicator when none of ``lines`` has a row."""
    if all(line.empty for line in lines):
        raise ValueError(text(NOTHING, language, what=_described(keys, language)))


def _described(keys: dict[str, str], language: Language) -> str:
    terms = INDICATORS | SCHEMES
    named = {key: f"（{text(terms[value], language)}）" if value in terms else "" for key, value in keys.items()}
    return ", ".join(f"{key}={value}{named[key]}" for key, value in keys.items())


def chart_scale(unit: str, *values: Iterable[float]) -> Scale:
    """The display scale of everything in one chart, with no more decimals than four figures need."""
    flat = np.concatenate([np.asarray(list(part), dtype=float) for part in values])
    largest = float(np.nanmax(np.abs(flat), initial=0.0))
    scale = display_scale(unit, largest)
    whole = floor(log10(max(largest / scale.factor, 1.0)))
    return replace(scale, decimals=min(scale.decimals, max(0, 3 - whole)))


def signed(value: float, scale: Scale) -> str:
    """``value`` on ``scale`` with its sign, e.g. ``+1.19``."""
    return f"{'+' if value >= 0 else ''}{number(value, scale)}"
