"""Charts as blocks: what to draw stands in the report's list of blocks; drawing happens where it is shown."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

from matplotlib.axes import Axes
from matplotlib.figure import Figure as Canvas

from analytics.presentation.charts.sheet import Sheet, shown_by
from analytics.presentation.document import Block, Figure, publish
from analytics.presentation.shared import shared, shared_folder
from analytics.presentation.style import new_axes, png_bytes


@dataclass(frozen=True)
class Chart:
    """A figure yet to be drawn.

    Parameters
    ----------
    name
        File name without ending, e.g. ``collection_income``.
    title
        Caption, numbered by the document; the picture itself carries none.
    draw
        Calls one chart function with the axes it is given and returns them.
    """

    name: str
    title: str
    draw: Callable[[Axes | Sheet], Axes | Sheet]
    caption: str = ""
    height_cm: float = 8.0


Content = Block | Chart
"""What a section is made of."""


def drawn(chart: Chart) -> Canvas:
    """The chart's picture, its title left to the caption."""
    ax = chart.draw(new_axes(height_cm=chart.height_cm))
    ax.set_title("", loc="left")
    return ax.figure


def picture(chart: Chart) -> bytes:
    """The chart as PNG; a report and its notebooks, which show the same charts, draw each but once."""
    shown = shown_by(chart.draw) if shared_folder() else None
    if shown is None:
        return png_bytes(drawn(chart))
    return shared(("picture", shown, chart.height_cm), lambda: png_bytes(drawn(chart)))


def as_figures(contents: Iterable[Content], folder: Path) -> list[Block]:
    """Every chart drawn into ``folder`` as ``<name>.png``; all other blocks as they are."""
    return [_figure(block, folder) if isinstance(block, Chart) else block for block in contents]


def _figure(chart: Chart, folder: Path) -> Figure:
    path = folder / f"{chart.name}.png"
    publish(path, picture(chart))
    return Figure(path, chart.title, chart.caption)
