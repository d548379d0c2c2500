"""Cell formats of the Excel twin: one number format a unit, blue for what may be changed."""

from __future__ import annotations

import xlsxwriter
from xlsxwriter.format import Format

TOP = 3
"""Rows above the first data row of every sheet: title, note, header."""

_NUMBERS = {
    "person": "#,##0;-#,##0",
    "yuan": "#,##0;-#,##0",
    "yuan/month": "#,##0.00;-#,##0.00",
    "yuan/year": "#,##0.00;-#,##0.00",
    "ratio": "0.00%",
    "times": "0.0000",
    "month": "0.0",
    "year": "0.0",
}
"""Number format by plain unit."""


def cell_formats(book: xlsxwriter.Workbook) -> dict[str, Format]:
    """Formats by name: plain ones, and ``input``, ``linked``, ``settled`` or ``formula`` followed by a unit."""
    base = {"font_name": "等线", "font_size": 10, "valign": "vcenter"}
    cell = base | {"border": 1}
    plain = {
        "title": base | {"font_size": 14, "bold": True},
        "note": base | {"font_color": "#595959"},
        "head": cell | {"bold": True, "bg_color": "#DDEBF7", "text_wrap": True, "align": "center"},
        "text": cell,
        "wrap": cell | {"text_wrap": True, "valign": "top"},
        "shown": cell | {"num_format": "#,##0.00;-#,##0.00"},
        "whole": cell | {"num_format": "#,##0;-#,##0"},
    }
    looks = {
        "input": {"font_color": "#0000FF", "bg_color": "#FFF9E7"},
        "linked": {"font_color": "#548235"},
        "settled": {"font_color": "#7F7F7F"},
        "formula": {},
    }
    by_unit = {
        f"{look} {unit}": cell | style | {"num_format": number}
        for look, style in looks.items() for unit, number in _NUMBERS.items()
    }  # fmt: skip
    return {name: book.add_format(style) for name, style in (plain | by_unit).items()}
