"""The report as PDF, set by typst in the page form of :mod:`analytics.presentation.document`.

Only the packaged font is used, so the bytes are the same on any machine; texts go in as data, never as markup.
"""

from __future__ import annotations

import json
from datetime import UTC, datetime, time
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

import typst

from analytics.presentation.document import (
    MARGINS_MM,
    Block,
    Document,
    Figure,
    Heading,
    Listing,
    Paragraph,
    Table,
    alignments,
    column_shares,
    date_line,
    figure_size,
    numbered,
    publish,
    rows_stay_whole,
    signature_indents,
    stays_whole,
    table_size,
)
from analytics.presentation.fonts import font_file

FONT = "Noto Sans SC"
_REMEMBERED = 11  # what has not been needed for ten documents typst drops

Json = dict[str, object]


def write_pdf(document: Document, path: Path | str) -> None:
    """Write the report as .pdf; ``path`` holds the whole file or what it held before.

    Raises
    ------
    FileNotFoundError
        When the picture of a figure or the font package is missing.
    ValueError
        When a picture is not PNG.
    """
    report = numbered(document)
    with TemporaryDirectory() as folder:
        content = json.dumps(_content(report, document.title, Path(folder)), ensure_ascii=False)
        pdf = _compiler().compile(
            _template(),
            format="pdf",
            root=folder,
            sys_inputs={"report": content},
            timestamp=datetime.combine(report.date, time(), UTC),
        )
    publish(Path(path), pdf)


@cache
def _template() -> bytes:
    return Path(__file__).with_name("report.typ").read_bytes()


@cache
def _compiler() -> typst.Compiler:
    """One compiler for all reports of a run: reading the font costs more than setting a page."""
    return typst.Compiler(font_paths=[font_file().parent], ignore_system_fonts=True)


def forget_pages() -> None:
    """Have typst let go of what it has set: it keeps the layout of its last ten documents, some 60 MB a report."""
    for _ in range(_REMEMBERED):
        _compiler().compile(b"", format="pdf")


def _content(report: Document, name: str, folder: Path) -> Json:
    """What the template sets; pictures are copied into ``folder``, the only place typst may read."""
    return {
        "title": report.title,
        "name": name,
        "subtitle": report.subtitle,
        "issuer": report.issuer,
        "date": date_line(report),
        "signature": signature_indents(report),
        "stamp": report.stamp,
        "language": report.language,
        "font": FONT,
        "margins": MARGINS_MM,
        "blocks": [_block(block, f"{place}.png", folder) for place, block in enumerate(report.blocks)],
    }


def _block(block: Block, file: str, folder: Path) -> Json:
    match block:
        case Heading():
            return {"kind": "heading", "level": block.level, "text": block.text}
        case Paragraph():
            return {"kind": "paragraph", "text": block.text, "emphasis": block.emphasis}
        case Listing():
            return {"kind": "listing", "items": block.items}
        case Table():
            return _table(block)
        case Figure():
            return _figure(block, file, folder)


def _table(table: Table) -> Json:
    return {
        "kind": "table",
        "title": table.title,
        "unit": table.unit,
        "header": table.header,
        "rows": table.rows,
        "notes": table.notes,
        "align": alignments(table),
        "shares": column_shares(table),
        "size": table_size(table),
        "whole": stays_whole(table),
        "rows_whole": rows_stay_whole(table),
    }


def _figure(figure: Figure, file: str, folder: Path) -> Json:
    png = figure.path.read_bytes()
    width, height = figure_size(png)
    (folder / file).write_bytes(png)
    return {
        "kind": "figure",
        "file": f"/{file}",
        "title": figure.title,
        "caption": figure.caption,
        "width": width,
        "height": height,
    }
