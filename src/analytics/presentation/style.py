"""One look for every chart: the packaged Chinese font, quiet axes, room for the labels, the same bytes each time.

Figures are plain :class:`matplotlib.figure.Figure` objects, so drawing leaves nothing open in pyplot.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from io import BytesIO

import numpy as np
import seaborn as sns
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.font_manager import FontProperties, fontManager
from matplotlib.layout_engine import LayoutEngine
from matplotlib.text import Text
from matplotlib.transforms import Bbox, ScaledTranslation
from PIL import Image

from analytics.presentation.fonts import font_file
from analytics.terms import COLOURS

CM = 1 / 2.54  # inches
SMALL, NORMAL, TITLE = 7.5, 8.5, 10.0  # points, read at 15 cm width in print

BORDER = 5.0  # points kept free around the picture
LABEL_BELOW = 19.0  # points from the axes down to the label of the horizontal one


class FitLabels(LayoutEngine):
    """Gives the one axes of a figure all the room that their labels, title and legend leave.

    It measures once, always from the same starting position, so drawing a figure twice gives the same picture;
    matplotlib's own constrained layout moves a little with each draw.
    """

    _adjust_compatible = False
    _colorbar_gridspec = False
    _start = (0.12, 0.2, 0.76, 0.62)

    def execute(self, fig: Figure) -> None:
        """Place every axes of ``fig`` inside the border."""
        border = BORDER / 72 * fig.dpi
        for ax in fig.axes:
            ax.set_position(self._start)
            inner, outer = ax.bbox, Bbox.union([ax.bbox, *_around(ax)])
            left, below = inner.x0 - outer.x0 + border, inner.y0 - outer.y0 + border
            right, above = outer.x1 - inner.x1 + border, outer.y1 - inner.y1 + border
            width, height = fig.bbox.width, fig.bbox.height
            ax.set_position((left / width, below / height, 1 - (left + right) / width, 1 - (below + above) / height))


def _around(ax: Axes) -> Iterator[Bbox]:
    """Where words stand; lines and areas end at the axes and need not be asked, as ``get_tightbbox`` does."""
    renderer = ax.figure._get_renderer()  # the one it is drawn with: what it has measured it need not measure again
    for axis in (ax.xaxis, ax.yaxis):
        if box := axis.get_tightbbox(renderer, for_layout_only=True):
            yield box
    words = [words for words in (*ax.texts, *_titles(ax)) if words.get_text() and words.get_in_layout()]
    for shown in (*words, *filter(None, [ax.get_legend()])):
        yield shown.get_window_extent(renderer)


def _titles(ax: Axes) -> list[Text]:
    return [child for child in ax.get_children() if isinstance(child, Text) and child not in ax.texts]


class Picture(Figure):
    """A figure that shows itself in a notebook without pyplot."""

    def _repr_png_(self) -> bytes:
        return png_bytes(self)


@cache
def chart_font() -> str:
    """Family name of the packaged OFL font, registered by path on first use.

    Raises
    ------
    FileNotFoundError
        When the font package is not installed: a chart without Chinese glyphs must not be drawn.
    """
    fontManager.addfont(font_file())
    return FontProperties(fname=font_file()).get_name()


def set_style() -> None:
    """Seaborn's white grid with the packaged font, ASCII minus signs, house colours and sizes for print."""
    # seaborn's theme puts Arial first unless the font travels in the same call
    sns.set_theme(style="whitegrid", rc=_settings(chart_font()))


def _settings(font: str) -> dict[str, object]:
    grey = COLOURS["history"]
    return {
        "font.family": "sans-serif",
        "font.sans-serif": [font, "DejaVu Sans"],
        "font.weight": "normal",  # the font has no bold
        "axes.titleweight": "normal",
        "axes.labelweight": "normal",
        "figure.titleweight": "normal",
        "axes.unicode_minus": False,
        "axes.titley": 1.0,  # there is nothing above the axes that a title would have to avoid
        "text.hinting": "none",  # at this size it only costs time
        "font.size": NORMAL,
        "axes.titlesize": TITLE,
        "axes.labelsize": NORMAL,
        "xtick.labelsize": NORMAL,
        "ytick.labelsize": NORMAL,
        "legend.fontsize": NORMAL,
        "legend.frameon": False,
        "axes.spines.top": False,
        "axes.spines.right": False,
        "axes.edgecolor": grey,
        "axes.linewidth": 0.6,
        "axes.labelcolor": grey,
        "xtick.color": grey,
        "ytick.color": grey,
        "xtick.bottom": True,
        "xtick.major.size": 3,
        "xtick.major.width": 0.6,
        "xtick.major.pad": 2,
        "ytick.major.pad": 2,
        "grid.color": COLOURS["grid"],
        "grid.linewidth": 0.6,
        "axes.axisbelow": True,
        "lines.linewidth": 1.6,
        "lines.markersize": 4,
        "patch.linewidth": 0,
        "hatch.linewidth": 0.6,
        "figure.dpi": 150,
        "savefig.dpi": "figure",
    }


def new_axes(width_cm: float = 15, height_cm: float = 8) -> Axes:
    """Empty axes of a new figure in the house style; ``.figure`` is the :class:`Picture`.

    Parameters
    ----------
    width_cm, height_cm
        Size of the whole figure; 15 cm is the text width of an A4 report.
    """
    set_style()
    figure = Picture(figsize=(width_cm * CM, height_cm * CM), layout=FitLabels())
    ax = figure.add_subplot()
    # a fixed place under one line of numbers spares measuring these first
    ax.xaxis.set_label_coords(0.5, 0, ax.transAxes + ScaledTranslation(0, -LABEL_BELOW / 72, figure.dpi_scale_trans))
    return ax


def png_bytes(figure: Figure) -> bytes:
    """The figure as PNG; the same drawing gives the same bytes (no software name, no date)."""
    canvas, buffer = FigureCanvasAgg(figure), BytesIO()
    canvas.draw()  # savefig would draw everything twice to let a layout engine settle
    picture = Image.fromarray(np.asarray(canvas.buffer_rgba())).convert("RGB")  # nothing shines through
    picture.save(buffer, "png", compress_level=1, dpi=(figure.dpi, figure.dpi))
    return buffer.getvalue()
