"""One block list, three formats: what is printed, that it is well formed, and that it is the same each time."""

from __future__ import annotations

import os
import re
import shutil
import struct
import subprocess
import sys
import zlib
from collections.abc import Callable
from dataclasses import replace
from datetime import date, datetime
from html.parser import HTMLParser
from pathlib import Path
from zipfile import ZipFile

import docx
import pytest
from docx.oxml.ns import qn
from docx.shared import Mm, Pt
from hypothesis import given
from hypothesis import strategies as st

from analytics.presentation.document import (
    Block,
    Document,
    Figure,
    Heading,
    Listing,
    Paragraph,
    Table,
    alignments,
    chinese_numeral,
    column_shares,
    date_line,
    figure_size,
    numbered,
    rows_stay_whole,
    signature_indents,
    stays_whole,
    table_size,
)
from analytics.presentation.page import write_page
from analytics.presentation.pdf import write_pdf
from analytics.presentation.word import write_word
from analytics.terms import Language

SPECIAL = "# $ * _ @ < > & \\ \" ' “引号” [x] `y` ~ //z <script>alert(1)</script> &amp; #let"
WRITERS = {"docx": write_word, "pdf": write_pdf, "html": write_page}
Writer = Callable[[Document, Path], None]


def png(width: int, height: int, grey: int = 200) -> bytes:
    """A grey picture, written by hand so that no drawing library decides its bytes."""

    def chunk(kind: bytes, content: bytes) -> bytes:
        return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))

    pixels = zlib.compress((b"\0" + bytes([grey]) * width) * height)
    header = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", pixels) + chunk(b"IEND", b"")


INCOME = Table(
    "征缴收入",
    "亿元",
    ("项目", "2024年", "2025年", "增长"),
    (("目标", "20.06", "22.07", "+10.0%"), ("规划路径", "19.87", "—", "−1.2%"), (SPECIAL, "1", "2", "3")),
    ("2023年为推算数。", "假定的数据另行标明。"),
)


@pytest.fixture
def picture(tmp_path: Path) -> Path:
    path = tmp_path / "income.png"
    path.write_bytes(png(300, 160))
    return path


@pytest.fixture
def sample(picture: Path) -> Document:
    """A Chinese report with every kind of block."""
    return Document(
        title="荣成市社会保险扩面测算报告",
        subtitle="（2024—2026年）",
        issuer="荣成市人力资源和社会保障局",
        date=date(2026, 3, 1),
        language="zh",
        blocks=(
            Paragraph("开头一段。", emphasis=True),
            Heading(1, "总体判断"),
            Listing(("扩面", "基数")),
            Heading(2, "征缴收入"),
            Paragraph(SPECIAL),
            INCOME,
            Heading(3, "企业职工"),
            Figure(picture, "历史与目标", "数据来源：计划文件"),
            Heading(1, "数据来源"),
            Table("质量", "", ("参数", "质量"), (("缴费基数", "官方"),)),
        ),
        stamp="运行编号 0001",
    )


def in_english(report: Document) -> Document:
    return replace(report, language="en")


def with_blocks(report: Document, *content: Block) -> Document:
    return replace(report, blocks=content)


def headings(report: Document) -> list[str]:
    return [block.text for block in numbered(report).blocks if isinstance(block, Heading)]


def texts_of_word(path: Path) -> list[str]:
    word = docx.Document(str(path))
    cells = [cell.text for table in word.tables for row in table.rows for cell in row.cells]
    return [paragraph.text for paragraph in word.paragraphs] + cells


def printed_texts(report: Document) -> list[str]:
    """What a reader must find in the sample report, whatever its format."""
    numbers = [
        "一、总体判断",
        "（一）征缴收入",
        "1. 企业职工",
        "二、数据来源",
        "（1）扩面",
        "表1　征缴收入",
        "图1　历史与目标",
    ]
    small = ["单位：亿元", "数据来源：计划文件", "注：1. 2023年为推算数。", "2026年3月1日"]
    return [report.title, report.subtitle, *numbers, SPECIAL, *small, report.issuer, report.stamp]


class Page(HTMLParser):
    """The text, the tags and the addresses of a page, as a browser would read them."""

    def __init__(self, path: Path) -> None:
        super().__init__()
        self.text, self.tags = "", list[str]()
        self.attributes: list[tuple[str, str]] = []
        self.feed(path.read_text(encoding="utf-8"))

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += [(name, value or "") for name, value in attrs]

    def handle_data(self, data: str) -> None:
        self.text += data

    def all(self, name: str) -> list[str]:
        return [value for key, value in self.attributes if key == name]


# what is printed -----------------------------------------------------------------------------------------------------


NUMERALS = {1: "一", 9: "九", 10: "十", 11: "十一", 19: "十九", 20: "二十", 21: "二十一", 90: "九十", 99: "九十九"}


@pytest.mark.parametrize(("n", "numeral"), NUMERALS.items())
def test_chinese_numerals_are_written_as_in_official_headings(n: int, numeral: str) -> None:
    assert chinese_numeral(n) == numeral


def test_no_two_chinese_numerals_are_alike() -> None:
    assert len({chinese_numeral(n) for n in range(1, 100)}) == 99


@pytest.mark.parametrize("n", [0, 100, -1])
def test_a_heading_number_beyond_ninety_nine_is_refused(n: int) -> None:
    with pytest.raises(ValueError, match="1 to 99"):
        chinese_numeral(n)


LEVELS = (1, 2, 3, 3, 2, 3, 1, 2)


@pytest.mark.parametrize(
    ("language", "expected"),
    [
        ("zh", ["一、", "（一）", "1. ", "2. ", "（二）", "1. ", "二、", "（一）"]),
        ("en", ["1 ", "1.1 ", "(a) ", "(b) ", "1.2 ", "(a) ", "2 ", "2.1 "]),
    ],
)
def test_lower_headings_start_again_under_each_higher_one(
    sample: Document, language: Language, expected: list[str]
) -> None:
    report = with_blocks(replace(sample, language=language), *(Heading(level, "题") for level in LEVELS))
    assert headings(report) == [mark + "题" for mark in expected]


def test_the_eleventh_and_the_twentieth_heading_are_numbered_in_chinese(sample: Document) -> None:
    marks = headings(with_blocks(sample, *[Heading(1, "")] * 20))
    assert (marks[9], marks[10], marks[19]) == ("十、", "十一、", "二十、")


def test_tables_and_figures_are_counted_apart_and_units_and_notes_spelled_out(sample: Document) -> None:
    spelled = numbered(sample).blocks
    tables = [block for block in spelled if isinstance(block, Table)]
    assert [table.title for table in tables] == ["表1　征缴收入", "表2　质量"]
    assert [table.unit for table in tables] == ["单位：亿元", ""]
    assert tables[0].notes == ("注：1. 2023年为推算数。", "2. 假定的数据另行标明。")
    assert [block.title for block in spelled if isinstance(block, Figure)] == ["图1　历史与目标"]
    assert [block.items for block in spelled if isinstance(block, Listing)] == [("（1）扩面", "（2）基数")]


def test_an_english_report_is_numbered_in_english(sample: Document) -> None:
    spelled = numbered(in_english(with_blocks(sample, replace(INCOME, unit="100m yuan", notes=("Derived.",))))).blocks
    assert spelled[0] == replace(INCOME, title="Table 1. 征缴收入", unit="Unit: 100m yuan", notes=("Note: Derived.",))


def test_the_day_is_written_as_it_is_signed(sample: Document) -> None:
    assert date_line(sample) == "2026年3月1日"
    assert date_line(in_english(sample)) == "1 March 2026"


def test_the_date_begins_two_characters_after_an_issuer_that_is_longer(sample: Document) -> None:
    # 13 characters against 2026年3月1日, 6 characters wide: 13 + 2 − 2 − 6 = 7 to the right of the date
    assert signature_indents(sample) == (2.0, 7.0)
    # 4 characters against 6: the date keeps 2, the issuer begins 2 before it, so 2 + 6 + 2 − 4 = 6
    assert signature_indents(replace(sample, issuer="荣成人社")) == (6.0, 2.0)
    assert signature_indents(in_english(sample)) == (0.0, 0.0)


def test_a_title_too_long_for_one_line_is_broken_between_words(sample: Document) -> None:
    # 156 mm hold 20 characters of 22 points; this title has 23
    title = "荣成市社会保险扩面攻坚三年行动计划测算分析报告"
    assert numbered(replace(sample, title=title)).title == "荣成市社会保险扩面攻坚\n三年行动计划测算分析报告"


def test_a_short_title_and_one_without_a_place_to_break_stay_as_they_are(sample: Document) -> None:
    for title in ("测算报告", "荣" * 30):
        assert numbered(replace(sample, title=title)).title == title


# what is refused -----------------------------------------------------------------------------------------------------


def test_ragged_rows_are_named_with_their_lengths() -> None:
    with pytest.raises(ValueError, match="table '征缴收入': the header has 3 cells, but row 1 has 2, row 3 has 4"):
        Table("征缴收入", "", ("a", "b", "c"), (("1", "2"), ("1", "2", "3"), ("1", "2", "3", "4")))


def test_a_table_without_header_and_alignments_of_another_length_are_refused() -> None:
    with pytest.raises(ValueError, match="the header is empty"):
        Table("空", "", (), ())
    with pytest.raises(ValueError, match="1 alignments for 2 columns"):
        Table("表", "", ("a", "b"), (), align=("left",))


def test_a_heading_may_not_skip_a_level_nor_lie_below_the_third(sample: Document) -> None:
    with pytest.raises(ValueError, match="'下': level 3 follows level 1"):
        with_blocks(sample, Heading(1, "上"), Heading(3, "下"))
    with pytest.raises(ValueError, match="level 4, expected 1, 2 or 3"):
        Heading(4, "深")


def test_more_third_level_headings_than_letters_are_refused(sample: Document) -> None:
    report = in_english(with_blocks(sample, Heading(1, ""), Heading(2, ""), *[Heading(3, "")] * 27))
    with pytest.raises(ValueError, match="number 27"):
        numbered(report)


@pytest.mark.parametrize(
    "block",
    [Paragraph("a\x07b"), Listing(("a\x0bb",)), Heading(1, "\x00"), Figure(Path("x.png"), "\ud800"),
     Table("t", "", ("a",), (("\x1f",),))],
)  # fmt: skip
def test_a_character_no_document_can_carry_is_refused_before_anything_is_written(
    sample: Document, block: Block
) -> None:
    with pytest.raises(ValueError, match="control character"):
        with_blocks(sample, block)


def test_an_unknown_language_is_refused(sample: Document) -> None:
    with pytest.raises(ValueError, match="'fr', expected one of zh, en"):
        replace(sample, language="fr")


# layout --------------------------------------------------------------------------------------------------------------


def test_numbers_stand_right_words_in_the_middle_and_sentences_left() -> None:
    rows = (("目标", "1,824", "2024", "官方", "−0.4%", "此处是一句较长的说明文字", "18.2–19.4"),
            ("规划", "文件未给出", "2025", "假定", "—", "短", "3.1 亿元（假定）"))  # fmt: skip
    found = alignments(Table("t", "", ("a",) * 7, rows))
    assert found == ("center", "right", "center", "center", "right", "left", "right")


def test_the_first_column_names_the_rows_even_when_it_holds_numbers() -> None:
    assert alignments(Table("t", "", ("年龄", "人数"), (("16", "120"), ("17", "130")))) == ("center", "right")


def test_dates_and_document_numbers_are_not_taken_for_numbers() -> None:
    table = Table("t", "", ("a", "b", "c"), (("x", "2025-01-01", "荣政办发〔2024〕3号"),))
    assert "right" not in alignments(table)


def test_given_alignments_win() -> None:
    assert alignments(replace(INCOME, align=("left",) * 4)) == ("left",) * 4


cells = st.text(st.characters(codec="utf-8", categories=("L", "N", "P", "Z")), max_size=60)


@given(st.integers(1, 12).flatmap(lambda n: st.lists(st.tuples(*[cells] * n), min_size=1, max_size=5)))
def test_column_shares_are_positive_and_sum_to_one(rows: list[tuple[str, ...]]) -> None:
    shares = column_shares(Table("t", "", rows[0], tuple(rows[1:])))
    assert sum(shares) == pytest.approx(1)
    assert min(shares) > 0


def test_a_column_of_sentences_gets_more_room_than_one_of_numbers() -> None:
    shares = column_shares(Table("t", "", ("发现", "人数"), (("需要说明其余收入从何而来。" * 8, "9,200"),)))
    assert shares[0] > 5 * shares[1]


def test_a_table_of_many_columns_is_set_smaller() -> None:
    sizes = [table_size(Table("t", "", ("a",) * columns, ())) for columns in (7, 8, 11)]
    assert sizes == [12, 10.5, 9]


def test_a_short_table_is_kept_whole_and_a_long_one_is_not() -> None:
    assert stays_whole(INCOME)
    assert not stays_whole(replace(INCOME, rows=INCOME.rows * 10))


def test_a_row_longer_than_half_a_page_may_be_broken() -> None:
    # 12 points in at most 156 mm: 36 characters a line, so 1,000 characters need more than 25 lines
    assert rows_stay_whole(INCOME)
    assert not rows_stay_whole(Table("t", "", ("说明",), (("长" * 1000,),)))


def test_a_high_picture_is_narrowed_until_it_fits_the_page() -> None:
    assert figure_size(png(300, 150)) == (150, 75)
    assert figure_size(png(100, 200)) == (90, 180)


# the three formats ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("language", ["zh", "en"])
@pytest.mark.parametrize("kind", WRITERS)
def test_the_same_report_gives_the_same_bytes(sample: Document, tmp_path: Path, kind: str, language: Language) -> None:
    first, second = tmp_path / f"1.{kind}", tmp_path / f"2.{kind}"
    for path in (first, second):
        WRITERS[kind](replace(sample, language=language), path)
    assert first.read_bytes() == second.read_bytes()


@pytest.mark.parametrize("write", WRITERS.values())
def test_another_picture_gives_another_report(sample: Document, tmp_path: Path, picture: Path, write: Writer) -> None:
    write(sample, tmp_path / "first")
    picture.write_bytes(png(300, 160, grey=10))
    write(sample, tmp_path / "second")
    assert (tmp_path / "first").read_bytes() != (tmp_path / "second").read_bytes()


@pytest.mark.parametrize("write", WRITERS.values())
def test_a_missing_picture_stops_the_report_and_leaves_the_old_file(
    sample: Document, tmp_path: Path, picture: Path, write: Writer
) -> None:
    old = tmp_path / "report"
    old.write_bytes(b"old")
    picture.unlink()
    with pytest.raises(FileNotFoundError, match=re.escape(picture.name)):
        write(sample, old)
    assert [path.name for path in tmp_path.iterdir()] == ["report"]
    assert old.read_bytes() == b"old"


@pytest.mark.parametrize("write", WRITERS.values())
def test_a_picture_that_is_not_png_is_refused(sample: Document, tmp_path: Path, picture: Path, write: Writer) -> None:
    picture.write_bytes(b"GIF89a")
    with pytest.raises(ValueError, match="PNG"):
        write(sample, tmp_path / "report")


@pytest.mark.parametrize("write", WRITERS.values())
def test_a_disk_that_fails_midway_leaves_the_old_file_and_nothing_else(
    sample: Document, tmp_path: Path, picture: Path, write: Writer, monkeypatch: pytest.MonkeyPatch
) -> None:
    old = tmp_path / "report"
    old.write_bytes(b"old")

    def full_disk(source: Path, target: Path) -> None:
        assert source.stat().st_size > 100  # the new file was under way
        raise OSError("disk full")

    monkeypatch.setattr(os, "replace", full_disk)
    with pytest.raises(OSError, match="disk full"):
        write(sample, old)
    assert old.read_bytes() == b"old"
    assert sorted(path.name for path in tmp_path.iterdir()) == [picture.name, "report"]


def test_a_word_report_holds_every_text_as_it_is(sample: Document, tmp_path: Path) -> None:
    write_word(sample, tmp_path / "r.docx")
    found = texts_of_word(tmp_path / "r.docx")
    for expected in printed_texts(sample):
        assert expected in found
    assert found.count(SPECIAL) == 2  # once as a paragraph, once in a cell


def test_a_word_report_has_the_official_page_and_fonts(sample: Document, tmp_path: Path) -> None:
    # GB/T 9704-2012: 天头 37 mm, 订口 28 mm, 版心 156 mm × 225 mm, which leaves 26 mm right and 35 mm below
    write_word(sample, tmp_path / "r.docx")
    word = docx.Document(str(tmp_path / "r.docx"))
    section = word.sections[0]
    page = (section.page_width, section.page_height, section.top_margin, section.bottom_margin, section.left_margin)
    for found, expected in zip((*page, section.right_margin), (210, 297, 37, 35, 28, 26), strict=True):
        assert abs(found - Mm(expected)) < Mm(0.1)
    fonts = {
        name: (style.element.rPr.rFonts.get(qn("w:eastAsia")), style.font.size, style.font.name)
        for name in ("Title", "Heading 1", "Heading 2", "Heading 3", "Normal")
        for style in [word.styles[name]]
    }
    western = "Times New Roman"
    assert fonts == {
        "Title": ("方正小标宋简体", Pt(22), western),
        "Heading 1": ("黑体", Pt(16), western),
        "Heading 2": ("楷体_GB2312", Pt(16), western),
        "Heading 3": ("仿宋_GB2312", Pt(16), western),
        "Normal": ("仿宋_GB2312", Pt(16), western),
    }
    body = word.styles["Normal"]
    assert body.paragraph_format.line_spacing == Pt(28)
    assert body.element.pPr.find(qn("w:ind")).get(qn("w:firstLineChars")) == "200"
    assert word.styles.element.find(f".//{qn('w:lang')}").get(qn("w:eastAsia")) == "zh-CN"


def test_a_word_table_repeats_its_header_keeps_rows_whole_and_aligns_numbers(sample: Document, tmp_path: Path) -> None:
    write_word(sample, tmp_path / "r.docx")
    table = docx.Document(str(tmp_path / "r.docx")).tables[0]
    rows = table._tbl.tr_lst
    assert [bool(row.findall(f".//{qn('w:tblHeader')}")) for row in rows] == [True, False, False, False]
    assert all(row.findall(f".//{qn('w:cantSplit')}") for row in rows)
    assert [cell.paragraphs[0].alignment.name for cell in table.rows[1].cells] == ["LEFT", "RIGHT", "RIGHT", "RIGHT"]


def test_a_word_picture_is_fifteen_centimetres_wide_and_not_clipped_by_line_height(
    sample: Document, tmp_path: Path
) -> None:
    write_word(sample, tmp_path / "r.docx")
    word = docx.Document(str(tmp_path / "r.docx"))
    assert [shape.width for shape in word.inline_shapes] == [Mm(150)]
    holder = next(p for p in word.paragraphs if p._p.findall(f".//{qn('w:drawing')}"))
    assert holder.style.paragraph_format.line_spacing == 1.0


def test_a_word_report_numbers_odd_pages_right_and_even_pages_left(sample: Document, tmp_path: Path) -> None:
    write_word(sample, tmp_path / "r.docx")
    section = docx.Document(str(tmp_path / "r.docx")).sections[0]
    for footer, side in ((section.footer, "RIGHT"), (section.even_page_footer, "LEFT")):
        paragraph = footer.paragraphs[0]
        field = paragraph._p.find(qn("w:fldSimple"))
        assert "".join(piece.text for piece in paragraph._p.findall(f".//{qn('w:t')}")) == "— 1 —"
        assert field.get(qn("w:instr")).strip() == "PAGE"
        assert paragraph.alignment.name == side


def test_a_word_report_is_dated_by_its_document_and_not_by_the_clock(sample: Document, tmp_path: Path) -> None:
    write_word(sample, tmp_path / "r.docx")
    properties = docx.Document(str(tmp_path / "r.docx")).core_properties
    assert properties.created.replace(tzinfo=None) == properties.modified.replace(tzinfo=None) == datetime(2026, 3, 1)
    assert (properties.title, properties.author) == (sample.title, sample.issuer)
    with ZipFile(tmp_path / "r.docx") as package:
        assert {entry.date_time for entry in package.infolist()} == {(1980, 1, 1, 0, 0, 0)}


def test_english_headings_in_word_are_bold_times(sample: Document, tmp_path: Path) -> None:
    write_word(in_english(sample), tmp_path / "r.docx")
    word = docx.Document(str(tmp_path / "r.docx"))
    assert "1.1 征缴收入" in [paragraph.text for paragraph in word.paragraphs]
    assert all(word.styles[f"Heading {level}"].font.bold for level in (1, 2, 3))


@pytest.mark.parametrize(("language", "tag"), [("zh", "zh-CN"), ("en", "en")])
def test_a_page_needs_nothing_from_outside(sample: Document, tmp_path: Path, language: Language, tag: str) -> None:
    write_page(replace(sample, language=language), tmp_path / "r.html")
    page = Page(tmp_path / "r.html")
    assert not re.search(r"https?:|url\(|@import|//[a-y]", (tmp_path / "r.html").read_text(encoding="utf-8"))
    assert all(source.startswith("data:image/png;base64,") for source in page.all("src"))
    assert page.all("lang") == [tag]
    assert "link" not in page.tags


def test_a_page_shows_special_characters_and_runs_no_script(sample: Document, tmp_path: Path) -> None:
    write_page(replace(sample, title=SPECIAL, stamp=SPECIAL), tmp_path / "r.html")
    page = Page(tmp_path / "r.html")
    assert "script" not in page.tags
    assert page.text.count(SPECIAL) == 5  # title twice, paragraph, cell, stamp


def test_every_link_of_the_contents_leads_to_its_heading(sample: Document, tmp_path: Path) -> None:
    write_page(sample, tmp_path / "r.html")
    page = Page(tmp_path / "r.html")
    links = page.all("href")
    assert len(links) == 4
    assert [link.removeprefix("#") for link in links] == page.all("id")
    assert "目录" in page.text


def test_a_report_without_headings_has_no_contents(sample: Document, tmp_path: Path) -> None:
    write_page(with_blocks(sample, Paragraph("一句话。")), tmp_path / "r.html")
    assert "nav" not in Page(tmp_path / "r.html").tags


@pytest.mark.skipif(shutil.which("pdftotext") is None, reason="pdftotext reads the PDF's text back")
def test_a_pdf_holds_every_text_as_it_is(sample: Document, tmp_path: Path) -> None:
    write_pdf(sample, tmp_path / "r.pdf")
    read = subprocess.run(["pdftotext", tmp_path / "r.pdf", "-"], capture_output=True, check=True, encoding="utf-8")
    # line breaks and the white between Chinese and Latin letters are layout
    found = re.sub(r"\s", "", read.stdout)
    for expected in (*printed_texts(sample), "—1—"):
        assert re.sub(r"\s", "", expected) in found


_MANY = """
import sys, tempfile
from datetime import date
from pathlib import Path
from analytics.presentation.document import Document, Paragraph
from analytics.presentation.pdf import forget_pages, write_pdf

seen = []
for number in range(6):
    blocks = [Paragraph(f"{number}.{line} " + "养老保险参保缴费" * 12) for line in range(400)]
    with tempfile.TemporaryDirectory() as folder:
        write_pdf(Document("title", "", "office", date(2026, 1, 31), "zh", tuple(blocks)), Path(folder) / "report.pdf")
    if sys.argv[1] == "forgets":
        forget_pages()
    seen.append(int(Path("/proc/self/statm").read_text().split()[1]))
print(seen[-1] - seen[1])
"""


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells a process its memory in a file")
def test_a_process_that_forgets_its_pages_does_not_grow_with_every_pdf() -> None:
    ways = ([sys.executable, "-c", _MANY, way] for way in ("forgets", "remembers"))
    forgets, remembers = (float(subprocess.run(way, capture_output=True, check=True).stdout) for way in ways)
    assert forgets < remembers / 4


def test_a_pdf_is_dated_by_its_document(sample: Document, tmp_path: Path) -> None:
    write_pdf(sample, tmp_path / "r.pdf")
    assert b"D:20260301000000" in (tmp_path / "r.pdf").read_bytes()
