"""Blocks as a notebook shows them: text as Markdown, tables as HTML, charts as pictures."""

from __future__ import annotations

from collections.abc import Iterable

from IPython.display import HTML, Image, Markdown, display

from analytics.presentation.document import Figure, Heading, Listing, Paragraph, Table
from analytics.presentation.page import table_html
from analytics.presentation.pictures import Chart, Content, picture

_WIDTH = 640  # pixels on screen; the picture itself is made for print


def show(blocks: Iterable[Content]) -> None:
    """Display a section's blocks one below the other."""
    for block in blocks:
        display(*_shown(block))


def _shown(block: Content) -> list[object]:
    match block:
        case Heading():
            return [Markdown(f"{'#' * (block.level + 2)} {block.text}")]
        case Paragraph():
            return [Markdown(f"**{block.text}**" if block.emphasis else block.text)]
        case Listing():
            return [Markdown("\n".join(f"{n}. {item}" for n, item in enumerate(block.items, 1)))]
        case Table():
            return [HTML(table_html(block))]
        case Chart():
            return [Image(picture(block), width=_WIDTH), Markdown(_caption(block.title, block.caption))]
        case Figure():
            return [Image(block.path.read_bytes(), width=_WIDTH), Markdown(_caption(block.title, block.caption))]


def _caption(title: str, caption: str) -> str:
    return f"*{title}*　{caption}".strip()
