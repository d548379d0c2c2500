"""The report as one HTML file that needs nothing else: style inside, pictures inside, no address outside."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Iterator
from dataclasses import replace
from functools import cache
from html import escape
from pathlib import Path

from analytics.presentation.document import (
    CONTENTS,
    Block,
    Document,
    Figure,
    Heading,
    Listing,
    Paragraph,
    Table,
    alignments,
    date_line,
    figure_size,
    numbered,
    publish,
)
from analytics.terms import text

_LANGUAGE_TAGS = {"zh": "zh-CN", "en": "en"}


def write_page(document: Document, path: Path | str) -> None:
    """Write the report as .html; ``path`` holds the whole file or what it held before.

    Raises
    ------
    FileNotFoundError
        When the picture of a figure is missing.
    ValueError
        When a picture is not PNG.
    """
    report = replace(numbered(document), title=document.title)  # the browser breaks the title itself
    publish(Path(path), "\n".join(_page(report)).encode())


@cache
def _css() -> str:
    return Path(__file__).with_name("page.css").read_text(encoding="utf-8")


def _page(report: Document) -> Iterator[str]:
    yield "<!DOCTYPE html>"
    yield f'<html lang="{_LANGUAGE_TAGS[report.language]}"><head><meta charset="utf-8">'
    yield '<meta name="viewport" content="width=device-width, initial-scale=1">'
    yield f"<title>{escape(report.title)}</title><style>\n{_css()}</style></head><body>"
    yield f"<header><h1>{escape(report.title)}</h1>{_paragraph(report.subtitle, 'subtitle')}</header>"
    yield from _contents(report)
    yield "<main>"
    for place, block in enumerate(report.blocks):
        yield from _block(block, f"b{place}")
    yield f"</main><footer>{_paragraph(report.issuer)}{_paragraph(date_line(report))}"
    yield f"{_paragraph(report.stamp, 'stamp')}</footer></body></html>\n"


def _contents(report: Document) -> Iterator[str]:
    """Links to all headings; nothing for a report without any."""
    headings = [(place, block) for place, block in enumerate(report.blocks) if isinstance(block, Heading)]
    if not headings:
        return
    yield f"<nav><h2>{escape(text(CONTENTS, report.language))}</h2>"
    for place, heading in headings:
        yield f'<div class="level-{heading.level}"><a href="#b{place}">{escape(heading.text)}</a></div>'
    yield "</nav>"


def _block(block: Block, anchor: str) -> Iterator[str]:
    match block:
        case Heading():
            # the report's title is h1
            yield f'<h{block.level + 1} id="{anchor}">{escape(block.text)}</h{block.level + 1}>'
        case Paragraph():
            words = escape(block.text)
            yield f"<p>{f'<strong>{words}</strong>' if block.emphasis else words}</p>"
        case Listing():
            yield f"<ol>{''.join(f'<li>{escape(item)}</li>' for item in block.items)}</ol>"
        case Table():
            yield from _table(block)
        case Figure():
            yield from _figure(block)


def table_html(table: Table) -> str:
    """One table alone, as it stands in the page, its unit line and notes unnumbered."""
    return "\n".join(_table(table))


def _table(table: Table) -> Iterator[str]:
    yield f"<section>{_paragraph(table.title, 'title')}{_paragraph(table.unit, 'unit')}"
    head = "".join(f'<th scope="col">{escape(cell)}</th>' for cell in table.header)
    yield f'<div class="sheet"><table><thead><tr>{head}</tr></thead><tbody>'
    aligns = alignments(table)
    for row in table.rows:
        cells = zip(row, aligns, strict=True)
        yield f"<tr>{''.join(f'<td class={align}>{escape(cell)}</td>' for cell, align in cells)}</tr>"
    yield f"</tbody></table></div>{''.join(_paragraph(note, 'note') for note in table.notes)}</section>"


def _figure(figure: Figure) -> Iterator[str]:
    png = figure.path.read_bytes()
    figure_size(png)  # refuses what is not a PNG picture
    source = f"data:image/png;base64,{b64encode(png).decode('ascii')}"
    yield f'<figure><img alt="{escape(figure.title)}" src="{source}">'
    yield f"<figcaption>{escape(figure.title)}</figcaption>{_paragraph(figure.caption, 'note')}</figure>"


def _paragraph(words: str, kind: str = "") -> str:
    """A paragraph of class ``kind``; nothing for no words."""
    look = f' class="{kind}"' if kind else ""
    return f"<p{look}>{escape(words)}</p>" if words else ""
