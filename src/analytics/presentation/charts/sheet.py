"""What a chart will show, known before it is drawn: a chart asked to draw on a sheet leaves its name and its figures."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Concatenate, NoReturn, ParamSpec

from matplotlib.axes import Axes

P = ParamSpec("P")


Shown = tuple[str, tuple[object, ...], dict[str, object]]
"""All a picture depends on: the chart function's name, its arguments by place and its arguments by name."""


class DrawnOn(AttributeError):
    """Something wants to draw on a sheet, and does not say what."""


class Sheet:
    """Stands in for axes; after a chart was drawn on it, ``shows`` tells what the picture would show."""

    shows: Shown

    def __getattr__(self, name: str) -> NoReturn:
        raise DrawnOn(name)


def shown_by(draw: Callable[[Sheet], object]) -> Shown | None:
    """What a drawing would show; nothing for one that calls no chart function."""
    sheet = Sheet()
    try:
        draw(sheet)
    except DrawnOn:
        return None
    return sheet.shows


def chart(draw: Callable[Concatenate[Axes, P], Axes]) -> Callable[Concatenate[Axes | Sheet, P], Axes | Sheet]:
    """A chart function that may be given a :class:`Sheet` for its axes; it must depend on its arguments alone."""

    @wraps(draw)
    def drawn(ax: Axes | Sheet, *figures: P.args, **options: P.kwargs) -> Axes | Sheet:
        if not isinstance(ax, Sheet):
            return draw(ax, *figures, **options)
        ax.shows = f"{draw.__module__}.{draw.__qualname__}", figures, options
        return ax

    return drawn
