"""Words in a chart: broken into lines, kept apart from each other and clear of the lines they name."""

from __future__ import annotations

import re
from collections.abc import Sequence
from math import ceil
from unicodedata import east_asian_width

import numpy as np
from matplotlib.axes import Axes
from matplotlib.container import BarContainer
from matplotlib.patheffects import Normal, Stroke

from analytics.presentation.style import SMALL
from analytics.terms import COLOURS

HALO = [Stroke(linewidth=2, foreground="white"), Normal()]
_SIDES = ((0, 10), (0, -10), (-15, 8), (15, -8), (-15, -8), (15, 8), (-9, 20), (9, -20))  # in points
_LEFT_SIDES = ((-9, 10), (-9, -10), (-20, 0), (-14, 20), (-14, -20))
_CLEAR = 7.0  # points from a line to the middle of a label that does not touch it
_LINE = 1.35 * SMALL  # points between two lines of small text
_OPENING, _CLOSING = "（《“‘", "，。、；：！？）》”’"


def text_width(words: str) -> int:
    """Width in half-width characters: a Chinese character counts twice."""
    return sum(2 if east_asian_width(sign) in "WFA" else 1 for sign in words)


def wrapped(words: str, width: int) -> str:
    """``words`` in as few lines of at most ``width`` half-width characters as hold them, about equally long.

    Breaks between Chinese characters or after a blank, never inside an English word or before a closing mark.
    """
    lines = max(1, ceil(text_width(words) / width))
    return "\n".join(_filled(_unbroken(words), min(width, ceil(text_width(words) / lines) + 2)))


def _filled(pieces: Sequence[str], width: int) -> list[str]:
    lines = [""]
    for piece in pieces:
        if lines[-1] and text_width(lines[-1]) + text_width(piece.rstrip()) > width:
            lines.append("")
        lines[-1] += piece
    return [line.strip() for line in lines]


def _unbroken(words: str) -> list[str]:
    """Chinese characters and English words, each with the marks and blanks that must stay with it."""
    marks = _OPENING + _CLOSING
    piece = rf"[{_OPENING}]*(?:[^\s{marks}\u2e80-\uffff]+|[^\s{marks}])?[{_CLOSING}\s]*"
    return [found for found in re.findall(piece, words) if found]


def spread(positions: Sequence[float], gap: float) -> np.ndarray:
    """Positions moved as little as keeps their order and at least ``gap`` between neighbours."""
    values = np.asarray(positions, dtype=float)
    order = np.argsort(values, kind="stable")
    steps = gap * np.arange(len(values))
    bare = values[order] - steps
    # pushing up from below and down from above each keep the gap, and so does their mean
    up, down = np.maximum.accumulate(bare), np.minimum.accumulate(bare[::-1])[::-1]
    moved = np.empty_like(values)
    moved[order] = (up + down) / 2 + steps
    return moved


def line_height(ax: Axes) -> float:
    """Height of a line of small text in the units of the vertical axis."""
    low, high = ax.get_ylim()
    return _LINE * (high - low) / (ax.bbox.height / ax.figure.dpi * 72)


def small_label(ax: Axes, at: tuple[float, float], words: str, colour: str, **look: object) -> None:
    """Small words at a point of the data, moved by ``xytext`` points; ``look`` is matplotlib's for annotations."""
    ax.annotate(
        words, at, textcoords="offset points", fontsize=SMALL, color=colour, annotation_clip=False, zorder=6, **look
    )


def end_labels(ax: Axes, ends: Sequence[tuple[float, float, str, str]]) -> None:
    """Words (x, y, words, colour) to the right of the lines' last points, moved apart where they would touch."""
    heights = spread([y for _, y, _, _ in ends], line_height(ax))
    for (x, _, words, colour), y in zip(ends, heights, strict=True):
        small_label(ax, (x, y), words, colour, xytext=(7, 0), va="center")


def point_label(ax: Axes, x: float, y: float, words: str, colour: str, shift: tuple[float, float]) -> None:
    """A small label whose middle lies ``shift`` points from the point."""
    look = {"ha": "center", "va": "center", "path_effects": HALO, "in_layout": False}
    small_label(ax, (x, y), words, colour, xytext=shift, **look)


def boxed_label(ax: Axes, x: float, y: float, words: str, colour: str) -> None:
    """A small label above a point in a white box, to be read on top of bars."""
    box = {"boxstyle": "round,pad=0.15", "facecolor": "white", "alpha": 0.9}
    small_label(ax, (x, y), words, colour, xytext=(0, 6), ha="center", va="bottom", bbox=box, in_layout=False)


def free_side(
    ax: Axes, x: float, y: float, lines: Sequence[tuple[np.ndarray, np.ndarray]], *, leftwards: bool = False
) -> tuple[float, float]:
    """Where a point's label is farthest from ``lines`` (years, heights): a shift in points for :func:`point_label`.

    Above and below come first; ``leftwards`` keeps clear of what stands to the right of a last point.
    """
    (left, right), (low, high) = ax.get_xlim(), ax.get_ylim()
    inches = ax.bbox.size / ax.figure.dpi
    wide, tall = 72 * inches[0] / (right - left), 72 * inches[1] / (high - low)  # points a year, points a unit
    sides = _LEFT_SIDES if leftwards else _SIDES

    def clearance(side: tuple[float, float]) -> float:
        at = x + (side[0] + np.array([-10, 0, 10])) / wide
        heights = [np.interp(at, years, values, left=np.nan, right=np.nan) for years, values in lines]
        apart = np.abs(np.array(heights) - y - side[1] / tall) * tall
        return min(float(np.nanmin(apart, initial=np.inf)), _CLEAR)

    return max(sides, key=clearance)


def bar_labels(ax: Axes, bars: BarContainer, words: Sequence[str], *, colour: str = "", upright: bool = False) -> None:
    """Labels at the ends of bars; ``upright`` turns them where bars are narrow."""
    turned = 90 if upright else 0
    ax.bar_label(bars, words, padding=2, fontsize=SMALL, color=colour or COLOURS["history"], rotation=turned)


def readable_on(colour: str) -> str:
    """Black or white, whichever reads better on ``colour`` (relative luminance of sRGB, Rec. 709 weights)."""
    red, green, blue = (int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5))
    return "white" if 0.2126 * red + 0.7152 * green + 0.0722 * blue < 0.55 else "black"
