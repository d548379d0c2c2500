"""The Word report in official-document form.

Fonts, sizes, margins and page numbers follow GB/T 9704-2012: title 方正小标宋简体 22 pt, body 仿宋_GB2312 16 pt on
28 pt lines, headings 黑体, 楷体_GB2312 and 仿宋 bold, Western letters and digits Times New Roman.  Every paragraph
takes its look from a named style, so that an office can restyle the report in one place.  The same document gives the
same bytes.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, time
from io import BytesIO
from itertools import count
from pathlib import Path
from xml.sax.saxutils import escape
from zipfile import ZIP_DEFLATED, ZIP_STORED, ZipFile, ZipInfo

import docx
from docx.document import Document as WordDocument
from docx.oxml import parse_xml
from docx.oxml.ns import nsdecls, qn
from docx.oxml.shape import CT_Inline
from docx.oxml.xmlchemy import BaseOxmlElement
from docx.shared import Mm

from analytics.presentation.document import (
    MARGINS_MM,
    TEXT_WIDTH_MM,
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
from analytics.terms import Language

_WESTERN = "Times New Roman"
_BODY, _KAI, _HEI, _TITLE, _SONG = "仿宋_GB2312", "楷体_GB2312", "黑体", "方正小标宋简体", "宋体"
_SUBSTITUTES = {_BODY: "仿宋", _KAI: "楷体", _TITLE: "华文中宋"}
_TWIPS_PER_MM = 1440 / 25.4
_EARLIEST = (1980, 1, 1, 0, 0, 0)  # the first moment a zip entry can carry
_KEPT_STYLES = {"DefaultParagraphFont", "TableNormal", "NoList"}
_UNUSED_PARTS = ("stylesWithEffects", "numbering", "customXml", "thumbnail")


@dataclass(frozen=True)
class _Style:
    """A paragraph style: sizes and spaces in points, indent in characters, ``line`` 0 for single spacing."""

    name: str
    font: str
    size: float
    align: str = "both"
    bold: bool = False
    western_bold: bool = False
    indent: int = 0
    line: float = 28
    before: float = 0
    after: float = 0
    next: bool = False
    outline: int | None = None
    colour: str = "000000"


_STYLES: dict[str, _Style] = {
    "Normal": _Style("Normal", _BODY, 16, indent=2),
    "Title": _Style("Title", _TITLE, 22, "center", western_bold=True, line=36, after=14, next=True),
    "Subtitle": _Style("Subtitle", _KAI, 16, "center", after=28, next=True),
    "Heading1": _Style("heading 1", _HEI, 16, western_bold=True, indent=2, next=True, outline=0),
    "Heading2": _Style("heading 2", _KAI, 16, western_bold=True, indent=2, next=True, outline=1),
    "Heading3": _Style("heading 3", _BODY, 16, bold=True, indent=2, next=True, outline=2),
    "Item": _Style("条目", _BODY, 16, indent=2),
    "TableTitle": _Style("表题", _HEI, 14, "center", western_bold=True, line=0, before=12, after=4, next=True),
    "TableUnit": _Style("表单位", _BODY, 12, "right", line=0, after=2, next=True),
    "TableHead": _Style("表头", _HEI, 12, "center", western_bold=True, line=0, before=3, after=3, next=True),
    "TableText": _Style("表文", _BODY, 12, line=0, before=3, after=3),
    "Note": _Style("表注", _BODY, 10.5, "left", line=0, before=2),
    "Gap": _Style("间隔", _BODY, 6, line=10),
    "Picture": _Style("图", _BODY, 16, "center", line=0, before=8, next=True),
    "PictureTitle": _Style("图题", _HEI, 14, "center", western_bold=True, line=0, before=2, after=2),
    "PictureNote": _Style("图注", _BODY, 10.5, "center", line=0),
    "Signature": _Style("落款", _BODY, 16, "right", next=True),
    "Stamp": _Style("运行记录", _BODY, 9, "left", line=0, before=28, colour="595959"),
    "Footer": _Style("footer", _SONG, 14, line=0),
}


def write_word(document: Document, path: Path | str) -> None:
    """Write the report as .docx; ``path`` holds the whole file or what it held before.

    Parameters
    ----------
    document
        The report without numbers; they are added here.

    Raises
    ------
    FileNotFoundError
        When the picture of a figure is missing.
    ValueError
        When a picture is not PNG.
    """
    report = numbered(document)
    word = docx.Document()
    _drop_unused_parts(word)
    _set_styles(word, report.language)
    _set_page(word)
    _set_properties(word, document)
    body = word.element.body
    for element in _elements(word, report):
        body.insert(len(body) - 1, element)  # before the section's own properties
    publish(Path(path), _fixed_zip(word))


def _drop_unused_parts(word: WordDocument) -> None:
    """Leave out what python-docx's template carries along: a second style sheet, lists, a thumbnail, bindings."""
    for rels in (word.part.rels, word.part.package.rels):
        for key in [key for key, rel in rels.items() if rel.reltype.endswith(_UNUSED_PARTS)]:
            rels.pop(key)


def _set_styles(word: WordDocument, language: Language) -> None:
    """Replace the template's styles and defaults by the official ones."""
    sheet = word.styles.element
    for style in [style for style in sheet.style_lst if style.styleId not in _KEPT_STYLES]:
        sheet.remove(style)
    sheet.replace(sheet.find(qn("w:docDefaults")), parse_xml(_defaults()))
    for key, style in _STYLES.items():
        sheet.append(parse_xml(_style(key, style, western=language == "en")))


def _defaults() -> str:
    return (
        f'<w:docDefaults {nsdecls("w")}><w:rPrDefault><w:rPr>{_fonts(_BODY)}<w:sz w:val="32"/><w:szCs w:val="32"/>'
        '<w:lang w:val="en-US" w:eastAsia="zh-CN"/></w:rPr></w:rPrDefault><w:pPrDefault/></w:docDefaults>'
    )


def _fonts(eastern: str) -> str:
    return f'<w:rFonts w:ascii="{_WESTERN}" w:hAnsi="{_WESTERN}" w:eastAsia="{eastern}" w:cs="{_WESTERN}"/>'


def _style(key: str, style: _Style, western: bool) -> str:
    kind = 'w:default="1"' if key == "Normal" else "" if style.name.isascii() else 'w:customStyle="1"'
    following = "" if style.outline is None else '<w:next w:val="Normal"/>'
    bold = "<w:b/>" if style.bold or (western and style.western_bold) else ""
    return (
        f'<w:style {nsdecls("w")} w:type="paragraph" {kind} w:styleId="{key}"><w:name w:val="{style.name}"/>'
        f"{following}<w:qFormat/><w:pPr>{_layout(style)}</w:pPr>"
        f'<w:rPr>{_fonts(style.font)}{bold}<w:color w:val="{style.colour}"/>{_size(style.size)}</w:rPr></w:style>'
    )


def _layout(style: _Style) -> str:
    keep = "<w:keepNext/>" if style.next else ""
    line = f'w:line="{style.line * 20:.0f}" w:lineRule="exact"' if style.line else 'w:line="240" w:lineRule="auto"'
    spacing = f'<w:spacing w:before="{style.before * 20:.0f}" w:after="{style.after * 20:.0f}" {line}/>'
    # counted in characters for Word and WPS, in twips for readers that do not know characters
    chars, twips = style.indent * 100, style.indent * style.size * 20
    indent = f'<w:ind w:firstLineChars="{chars}" w:firstLine="{twips:.0f}"/>' if style.indent else ""
    outline = "" if style.outline is None else f'<w:outlineLvl w:val="{style.outline}"/>'
    return f'{keep}<w:widowControl w:val="0"/>{spacing}{indent}<w:jc w:val="{style.align}"/>{outline}'


def _size(points: float) -> str:
    return f'<w:sz w:val="{points * 2:.0f}"/><w:szCs w:val="{points * 2:.0f}"/>'


def _set_page(word: WordDocument) -> None:
    """A4 with the standard's margins; page numbers outside, on odd pages right and on even pages left."""
    section = word.sections[0]
    section.page_width, section.page_height = Mm(210), Mm(297)
    section.top_margin, section.bottom_margin = Mm(MARGINS_MM["top"]), Mm(MARGINS_MM["bottom"])
    section.left_margin, section.right_margin = Mm(MARGINS_MM["left"]), Mm(MARGINS_MM["right"])
    section.footer_distance = Mm(MARGINS_MM["bottom"] - 13)  # the number's foot 7 mm below the type area
    word.settings.odd_and_even_pages_header_footer = True
    for footer, side in ((section.footer, "right"), (section.even_page_footer, "left")):
        footer.is_linked_to_previous = False
        empty = footer.paragraphs[0]._element
        empty.getparent().replace(empty, parse_xml(_page_number(side)))


def _page_number(side: str) -> str:
    # one character of white on the outer side
    look = f'<w:ind w:{side}Chars="100" w:{side}="280"/><w:jc w:val="{side}"/>'
    number = '<w:fldSimple w:instr=" PAGE "><w:r><w:t>1</w:t></w:r></w:fldSimple>'
    return _paragraph("Footer", _run("— ") + number + _run(" —"), look)


def _set_properties(word: WordDocument, report: Document) -> None:
    """Author and times from the report itself; languages and layout rules of current Word."""
    signed = datetime.combine(report.date, time())
    properties = word.core_properties
    properties.title, properties.author, properties.last_modified_by = report.title, report.issuer, report.issuer
    properties.created = properties.modified = signed
    properties.comments = ""
    properties.language = "zh-CN" if report.language == "zh" else "en"
    settings = word.settings.element
    settings.find(qn("w:themeFontLang")).set(qn("w:eastAsia"), "zh-CN")
    settings.find(f"{qn('w:compat')}/{qn('w:compatSetting')}[@{qn('w:name')}='compatibilityMode']").set(
        qn("w:val"), "15"
    )


def _elements(word: WordDocument, report: Document) -> Iterator[BaseOxmlElement]:
    """The body's paragraphs and tables from title to run stamp."""
    yield _text("Title", report.title)
    if report.subtitle:
        yield _text("Subtitle", report.subtitle)
    pictures = count(1)
    for block in report.blocks:
        yield from _block(word, block, pictures)
    yield from _signature(report)
    if report.stamp:
        yield _text("Stamp", report.stamp)


def _block(word: WordDocument, block: Block, pictures: Iterator[int]) -> Iterator[BaseOxmlElement]:
    match block:
        case Heading():
            yield _text(f"Heading{block.level}", block.text)
        case Paragraph():
            yield parse_xml(_paragraph("Normal", _run(block.text, "<w:b/>" if block.emphasis else "")))
        case Listing():
            yield from (_text("Item", item) for item in block.items)
        case Table():
            yield from _table(block)
        case Figure():
            yield from _figure(word, block, next(pictures))


def _signature(report: Document) -> Iterator[BaseOxmlElement]:
    lines = (report.issuer, date_line(report))
    for place, (line, white) in enumerate(zip(lines, signature_indents(report), strict=True)):
        gap = '<w:spacing w:before="560" w:line="560" w:lineRule="exact"/>' if place == 0 else ""
        indent = f'<w:ind w:rightChars="{white * 100:.0f}" w:right="{white * 320:.0f}"/>'
        yield parse_xml(_paragraph("Signature", _run(line), gap + indent))


def _table(table: Table) -> Iterator[BaseOxmlElement]:
    yield _text("TableTitle", table.title)
    if table.unit:
        yield _text("TableUnit", table.unit)
    yield parse_xml(_grid(table))
    yield from (_text("Note", note) for note in table.notes)
    yield _text("Gap", "")


def _grid(table: Table) -> str:
    """The table itself, written row by row: asking python-docx for each cell costs twenty times as much."""
    widths = [round(share * TEXT_WIDTH_MM * _TWIPS_PER_MM) for share in column_shares(table)]
    borders = "".join(
        f'<w:{edge} w:val="single" w:sz="4" w:space="0" w:color="000000"/>'
        for edge in ("top", "left", "bottom", "right", "insideH", "insideV")
    )
    grid = "".join(f'<w:gridCol w:w="{width}"/>' for width in widths)
    return (
        f'<w:tbl {nsdecls("w")}><w:tblPr><w:tblW w:w="{sum(widths)}" w:type="dxa"/><w:jc w:val="center"/>'
        f'<w:tblBorders>{borders}</w:tblBorders><w:tblLayout w:type="fixed"/><w:tblCellMar>'
        '<w:left w:w="80" w:type="dxa"/><w:right w:w="80" w:type="dxa"/></w:tblCellMar></w:tblPr>'
        f"<w:tblGrid>{grid}</w:tblGrid>{_rows(table, widths)}</w:tbl>"
    )


def _rows(table: Table, widths: list[int]) -> str:
    size = _size(table_size(table))
    whole, kept = stays_whole(table), "<w:cantSplit/>" if rows_stay_whole(table) else ""
    head = [_cell("TableHead", cell, width, "center", size) for cell, width in zip(table.header, widths, strict=True)]
    rows = [f"<w:tr><w:trPr>{kept}<w:tblHeader/></w:trPr>{''.join(head)}</w:tr>"]
    aligns = alignments(table)
    for place, row in enumerate(table.rows, 1):
        with_next = whole and place < len(table.rows)
        cells = zip(row, widths, aligns, strict=True)
        written = [_cell("TableText", cell, width, align, size, with_next) for cell, width, align in cells]
        rows.append(f"<w:tr><w:trPr>{kept}</w:trPr>{''.join(written)}</w:tr>")
    return "".join(rows)


def _cell(style: str, content: str, width: int, align: str, size: str, with_next: bool = False) -> str:
    shade = '<w:shd w:val="clear" w:color="auto" w:fill="F2F2F2"/>' if style == "TableHead" else ""
    look = f'{"<w:keepNext/>" if with_next else ""}<w:jc w:val="{align}"/>'
    paragraph = _paragraph(style, _run(content, size), look, declare=False)
    frame = f'<w:tcW w:w="{width}" w:type="dxa"/>{shade}<w:vAlign w:val="center"/>'
    return f"<w:tc><w:tcPr>{frame}</w:tcPr>{paragraph}</w:tc>"


def _figure(word: WordDocument, figure: Figure, number: int) -> Iterator[BaseOxmlElement]:
    png = figure.path.read_bytes()
    width, height = figure_size(png)
    # python-docx would search the whole document for the next free number, at every picture again
    relation, image = word.part.get_or_add_image(BytesIO(png))
    inline = CT_Inline.new_pic_inline(number, relation, image.filename, Mm(width), Mm(height))
    inline.docPr.set("descr", figure.title)
    picture = parse_xml(_paragraph("Picture", "<w:r><w:drawing/></w:r>"))
    picture.find(f".//{qn('w:drawing')}").append(inline)
    yield picture
    yield _text("PictureTitle", figure.title)
    if figure.caption:
        yield _text("PictureNote", figure.caption)
    yield _text("Gap", "")


def _text(style: str, content: str) -> BaseOxmlElement:
    return parse_xml(_paragraph(style, _run(content)))


def _paragraph(style: str, runs: str, look: str = "", declare: bool = True) -> str:
    spaces = f" {nsdecls('w')}" if declare else ""
    return f'<w:p{spaces}><w:pPr><w:pStyle w:val="{style}"/>{look}</w:pPr>{runs}</w:p>'


def _run(content: str, look: str = "") -> str:
    # the hint gives quotation marks and dashes, which both scripts share, their full Chinese width
    lines = (f'<w:t xml:space="preserve">{escape(line)}</w:t>' for line in content.split("\n"))
    return f'<w:r><w:rPr><w:rFonts w:hint="eastAsia"/>{look}</w:rPr>{"<w:br/>".join(lines)}</w:r>'


def _fixed_zip(word: WordDocument) -> bytes:
    """The package with entries in a fixed order under a fixed date, and with substitutes for fonts a machine lacks."""
    saved, fixed = BytesIO(), BytesIO()
    word.save(saved)
    with ZipFile(saved) as source, ZipFile(fixed, "w") as target:
        for name in sorted(source.namelist(), key=lambda name: (name != "[Content_Types].xml", name)):
            entry = ZipInfo(name, _EARLIEST)
            entry.compress_type = ZIP_STORED if name.endswith(".png") else ZIP_DEFLATED
            target.writestr(entry, _font_table() if name == "word/fontTable.xml" else source.read(name))
    return fixed.getvalue()


def _font_table() -> str:
    fonts = "".join(
        f'<w:font w:name="{name}"><w:altName w:val="{substitute}"/></w:font>'
        for name, substitute in _SUBSTITUTES.items()
    )
    return f'<?xml version="1.0" encoding="UTF-8" standalone="yes"?><w:fonts {nsdecls("w")}>{fonts}</w:fonts>'
