"""Officers' tables: encodings, digits, units, merged headers, and a message for everything that does not fit."""

from __future__ import annotations

import zipfile
from datetime import datetime
from decimal import Decimal
from pathlib import Path

import pytest
import xlsxwriter
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel

from analytics.inputs.faults import InputError
from analytics.inputs.history import HistoryRow
from analytics.inputs.sheets import (
    Amount,
    Day,
    Number,
    Text,
    Unreadable,
    Year,
    check,
    column_letter,
    plain_value,
    read_amount,
    read_entries,
    read_grid,
    read_number,
    read_observations,
    read_units,
    read_year,
)

LONG = "地区,险种,指标,类别,年份,数值（万人）,来源,质量\n"
ROW = "荣成市,城镇职工基本养老保险,参保人数,合计,2024,{},年鉴,官方\n"


def csv_file(folder: Path, text: str, encoding: str = "utf-8") -> Path:
    path = folder / "表.csv"
    path.write_bytes(text.encode(encoding))
    return path


def workbook(folder: Path, **sheets: list[list[object]]) -> Path:
    """An Excel file whose sheets hold the given rows; a tuple (cell, across, down) is merged."""
    path = folder / "表.xlsx"
    with xlsxwriter.Workbook(path, {"default_date_format": "yyyy-mm-dd"}) as book:
        for name, rows in sheets.items():
            sheet = book.add_worksheet(name)
            for number, row in enumerate(rows):
                for position, cell in enumerate(row):
                    if isinstance(cell, tuple):
                        text, across, down = cell
                        sheet.merge_range(number, position, number + down - 1, position + across - 1, text)
                    elif cell is not None:
                        sheet.write(number, position, cell)
    return path


class WithoutRegion(HistoryRow):
    region: str = "china"


def observed(path: Path, sheet: str | None = None) -> list[HistoryRow]:
    return check(read_observations(path, sheet), HistoryRow)


def messages(error: pytest.ExceptionInfo[InputError]) -> tuple[str, str]:
    return error.value.message("zh"), error.value.message("en")


# --- cells


@pytest.mark.parametrize(
    ("cell", "number"),
    [
        ("１２３．４", 123.4),
        ("－５", -5),
        ("１，２３４", 1234),
        ("3,210.5", 3210.5),
        ("−2", -2),
        (" 7 506 ", 7506),
        ("52%", 0.52),
        ("１２．３％", 0.123),
    ],
)
def test_full_width_digits_separators_and_percent_signs_are_understood(cell: str, number: float):
    assert read_number(cell) == number


@pytest.mark.parametrize(
    ("cell", "zh", "en"),
    [
        ("约70", "是约数，不是确数", "an estimate, not an exact number"),
        ("26.5万多", "是约数，不是确数", "an estimate, not an exact number"),
        ("③", "含带圈或上标数字", "circled or superscript digit"),
        ("12²", "含带圈或上标数字", "circled or superscript digit"),
        ("100.5万", "数字里带了单位，请把单位写在表头", "unit inside the cell; write the unit in the header"),
        ("不详", "不是数字", "not a number"),
        ("1,23", "不是数字", "not a number"),
    ],
)
def test_a_cell_that_is_no_plain_number_is_refused_with_its_reason(tmp_path: Path, cell: str, zh: str, en: str):
    path = csv_file(tmp_path, LONG + ROW.format(f'"{cell}"'))
    with pytest.raises(InputError) as error:
        observed(path)
    chinese, english = messages(error)
    assert chinese.endswith(f"表.csv 第 2 行 “F 数值（万人）”：{zh}（实际：{cell}；应为：数字，如 1,234.5 或 52%）")
    assert f"row 2 column “F 数值（万人）”: {en} (found: {cell}; expected: a number such as 1,234.5 or 52%)" in english


@given(st.decimals(min_value=-(10**12), max_value=10**12, places=2))
def test_a_number_printed_with_separators_in_full_width_digits_reads_back(number: Decimal):
    printed = f"{number:,.2f}"
    wide = printed.translate({ord(c): ord(c) + 0xFEE0 for c in "0123456789,.-"})
    assert read_amount(printed) == read_amount(wide) == Amount(number)


@pytest.mark.parametrize(("cell", "year"), [("2024", 2024), ("2024年", 2024), ("２０２４年", 2024)])
def test_years_may_carry_their_character(cell: str, year: int):
    assert read_year(cell) == year


def test_a_month_is_not_a_year(tmp_path: Path):
    path = csv_file(tmp_path, LONG + ROW.format("1").replace("2024", "2025.5"))
    with pytest.raises(InputError) as error:
        observed(path)
    chinese, english = messages(error)
    assert "“E 年份”：不是年份（实际：2025.5；应为：四位年份，如 2024）" in chinese
    assert "column “E 年份”: not a calendar year (found: 2025.5; expected: four digits such as 2024)" in english


@pytest.mark.parametrize(
    ("cell", "unit", "wanted", "value"),
    [
        ("18.24", "亿元", "yuan", 1_824_000_000),
        ("38713.2", "万人", "person", 387_132_000),
        ("900000", "元", "yuan", 900_000),
        ("165", "元/月", "yuan/month", 165),
        ("52.0", "%", "ratio", 0.52),
        ("52.0%", "%", "ratio", 0.52),
        ("2.07", "倍", "times", 2.07),
    ],
)
def test_units_become_plain_units_without_rounding(cell: str, unit: str, wanted: str, value: float):
    assert plain_value(read_amount(cell), read_units(unit), wanted) == value


def test_a_percentage_of_persons_is_refused():
    with pytest.raises(Unreadable, match="cannot be a percentage"):
        plain_value(read_amount("52%"), read_units("万人"), "person")


def test_column_letters_go_on_after_z():
    assert [column_letter(i) for i in (0, 25, 26, 701, 702)] == ["A", "Z", "AA", "ZZ", "AAA"]


# --- files


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gbk", "gb18030"])
def test_a_table_reads_the_same_in_every_usual_encoding(tmp_path: Path, encoding: str):
    (row,) = observed(csv_file(tmp_path, LONG + ROW.format("65.2"), encoding))
    assert (row.region, row.scheme, row.indicator, row.quality) == ("荣成市", "employee", "participants", "official")
    assert row.plain == 652_000


def test_a_file_in_no_known_encoding_is_refused(tmp_path: Path):
    path = tmp_path / "表.csv"
    path.write_bytes(b"\xff\xff\xff")
    with pytest.raises(InputError) as error:
        read_grid(path)
    chinese, english = messages(error)
    assert "文件编码无法识别（应为：UTF-8 或 GBK（GB18030）编码）" in chinese
    assert "the file's encoding is not recognised" in english


@pytest.mark.parametrize(
    ("name", "content", "zh", "en"),
    [
        ("缺.csv", None, "没有这个文件", "no such file"),
        ("表.txt", b"1", "不认识的文件类型", "unknown kind of file"),
        ("表.xlsx", b"not a workbook", "文件打不开，可能已损坏", "the file cannot be opened"),
    ],
)
def test_a_file_that_cannot_be_opened_is_named(tmp_path: Path, name: str, content: bytes | None, zh: str, en: str):
    if content:
        (tmp_path / name).write_bytes(content)
    with pytest.raises(InputError) as error:
        read_grid(tmp_path / name)
    chinese, english = messages(error)
    assert name in chinese
    assert zh in chinese
    assert en in english


def test_codes_keep_their_zeros_and_numbers_and_dates_their_value(tmp_path: Path):
    path = workbook(tmp_path, 表=[["0501", 2024, 0.52, datetime(2024, 3, 8)]])
    assert read_grid(path).rows == {1: ["0501", "2024", "0.52", "2024-03-08"]}


def test_an_opendocument_sheet_is_read_too(tmp_path: Path):
    cells = "".join(
        f'<table:table-cell office:value-type="string"><text:p>{c}</text:p></table:table-cell>' for c in ("0501", "甲")
    )
    content = (
        '<office:document-content xmlns:office="urn:oasis:names:tc:opendocument:xmlns:office:1.0"'
        ' xmlns:table="urn:oasis:names:tc:opendocument:xmlns:table:1.0"'
        ' xmlns:text="urn:oasis:names:tc:opendocument:xmlns:text:1.0"><office:body><office:spreadsheet>'
        f'<table:table table:name="表一"><table:table-row>{cells}</table:table-row></table:table>'
        "</office:spreadsheet></office:body></office:document-content>"
    )
    path = tmp_path / "表.ods"
    with zipfile.ZipFile(path, "w") as parcel:
        parcel.writestr("mimetype", "application/vnd.oasis.opendocument.spreadsheet")
        parcel.writestr("content.xml", content)
        parcel.writestr("META-INF/manifest.xml", "<manifest/>")
    grid = read_grid(path)
    assert (grid.sheet, grid.rows) == ("表一", {1: ["0501", "甲"]})


def test_the_only_sheet_with_cells_is_chosen_and_several_must_be_told_apart(tmp_path: Path):
    assert read_grid(workbook(tmp_path, 空=[], 数据=[["甲"]])).sheet == "数据"
    path = workbook(tmp_path, 一=[["甲"]], 二=[["乙"]])
    assert read_grid(path, "二").rows == {1: ["乙"]}
    for asked, zh, en in [
        (None, "有多个工作表，请指明一个（实际：一、二）", "several sheets; say which"),
        ("三", "工作表“三”：没有这个工作表（应为：一、二）", "no such sheet"),
    ]:
        with pytest.raises(InputError) as error:
            read_grid(path, asked)
        chinese, english = messages(error)
        assert zh in chinese
        assert en in english


def test_a_workbook_without_any_cell_is_refused(tmp_path: Path):
    with pytest.raises(InputError) as error:
        read_grid(workbook(tmp_path, 空=[]))
    chinese, english = messages(error)
    assert "没有任何数据" in chinese
    assert "there is no data" in english


# --- observations


def test_a_wide_table_with_merged_heads_gives_one_observation_a_cell(tmp_path: Path):
    # China Statistical Yearbook 2025, table 24-26: 53452.2 = 38713.2 + 14739.1 万人 but for rounding
    path = workbook(
        tmp_path,
        养老=[
            ["参保情况表"],
            ["单位：万人、亿元", None, None, "资料来源：《中国统计年鉴2025》"],
            ["年份", ("城镇职工基本养老保险", 3, 1), None, None, "城乡居民基本养老保险"],
            [None, "缴费阶段参保人数", "离退休人员", "基金总收入", "参保人数"],
            [2024, 38713.2, "14,739.1", 74732.0, "—"],
            [],
            ["质量：官方"],
            ["注：含中断缴费人员"],
        ],
    )
    entries = read_observations(path)
    rows = check([*entries], WithoutRegion)
    found = {(row.scheme, row.indicator): row.plain for row in rows}
    assert found == {
        ("employee", "active"): 387_132_000,
        ("employee", "retirees"): 147_391_000,
        ("employee", "income"): 7_473_200_000_000,
    }
    assert {row.source for row in rows} == {"《中国统计年鉴2025》"}


def test_text_merged_down_the_rows_counts_for_all_of_them_and_a_number_only_for_the_first(tmp_path: Path):
    heads = ["险种", "年份", "参保人数（人）", "来源", "质量"]
    rows = [[("失业保险", 1, 2), 2023, (500, 1, 2), "公报", "官方"], [None, 2024, None, "公报", "官方"]]
    (entry,) = read_observations(workbook(tmp_path, 表=[[], heads, *rows]))
    assert (entry.row, entry.texts["scheme"], entry.texts["year"], entry.texts["value"]) == (
        3,
        "失业保险",
        "2023",
        "500",
    )
    assert read_grid(workbook(tmp_path, 表=[heads, *rows])).rows[3][0] == "失业保险"


def test_what_a_row_says_itself_counts_before_what_is_said_for_the_whole_table(tmp_path: Path):
    (row,) = observed(csv_file(tmp_path, "质量：假定\n" + LONG + ROW.format(1)))
    assert row.quality == "official"


def test_heads_of_a_csv_left_blank_by_merging_are_filled_from_the_left(tmp_path: Path):
    said = "险种：失业保险\n来源：公报\n质量：推算\n"
    text = said + "年份,参保人数（人）,,基金总收入（万元）\n,企业职工,灵活就业人员,合计\n2023,10,20,30\n"
    rows = check(read_observations(csv_file(tmp_path, text)), WithoutRegion)
    assert [(row.indicator, row.category, row.plain) for row in rows] == [
        ("participants", "enterprise", 10),
        ("participants", "flexible", 20),
        ("income", "total", 300_000),
    ]


def test_english_headers_and_keys_work_like_chinese_ones(tmp_path: Path):
    heads = "Region,Scheme,Indicator,Year,Value,Unit,Source,Quality\n"
    path = csv_file(tmp_path, heads + "china,Employee pension scheme,active,2024,1,person,x,Assumed\n")
    (row,) = observed(path)
    assert (row.scheme, row.category, row.plain, row.quality) == ("employee", "total", 1, "assumed")


def test_every_fault_of_a_table_is_reported_at_once_with_row_and_column(tmp_path: Path):
    path = workbook(
        tmp_path,
        表=[
            ["荣成市社会保险"],
            [],
            ["地区", "险种", "指标", "年份", "数值（万人）", "来源", "质量"],
            ["荣成市", "职工医保", "参保人数", 2024, 1.0, "年鉴", "官方"],
            [],
            ["荣成市", "失业保险", "基金总收入", "二〇二四", "约70", None, "可靠"],
            ["荣成市", "失业保险", "基金总收入", 2024, 1.0, "年鉴", "官方"],
        ],
    )
    with pytest.raises(InputError) as error:
        observed(path)
    places = [(fault.sheet, fault.row, fault.column, fault.found) for fault in error.value.faults]
    assert places == [
        ("表", 4, "B 险种", "职工医保"),
        ("表", 6, "D 年份", "二〇二四"),
        ("表", 6, "E 数值（万人）", "约70"),
        ("表", 6, "F 来源", ""),
        ("表", 6, "G 质量", "可靠"),
        ("表", 7, "E 数值（万人）", "万人"),
    ]
    chinese, english = messages(error)
    assert "工作表“表” 第 4 行 “B 险种”：不在规定的名称之内（实际：职工医保；应为：全部人口、城镇职工" in chinese
    assert "第 6 行 “F 来源”：不能为空" in chinese
    assert "第 7 行 “E 数值（万人）”：单位与指标不符（实际：万人；应为：亿元）" in chinese
    assert (
        "sheet “表” row 4 column “B 险种”: not one of the defined names (found: 职工医保; expected: all, emp" in english
    )
    assert "row 6 column “F 来源”: must not be empty" in english
    assert (
        "row 7 column “E 数值（万人）”: the unit does not suit the indicator (found: 万人; expected: yuan)" in english
    )


@pytest.mark.parametrize(
    ("text", "zh", "en"),
    [
        ("险种,指标\n失业保险,参保人数\n", "找不到表头（应为：含“年份”一列的表头）", "no header found"),
        ("年份,参保人树（万人）\n2024,1\n", "第 1 行 “B”：未知的列名（实际：参保人树（万人）；", "unknown header"),
        (LONG.replace("来源", "单位") + ROW.format(1), "“F”：单位写了两处", "the unit is given twice"),
        (LONG + ROW.format(1).strip() + ",9\n", "第 2 行 “I”：此列没有表头（实际：9）", "this column has no header"),
        (
            "质量：官方\n" + LONG + "质量：假定\n",
            "第 3 行：前后说法不一（实际：质量：假定；应为：官方）",
            "said differently before",
        ),
        (LONG.replace("万人", "万头") + ROW.format(1), "未知单位（实际：万头；应为：", "unknown unit"),
        (LONG.replace("（万人）", "") + ROW.format(1), "第 2 行 “单位 unit”：不能为空", "must not be empty"),
        (
            LONG + ROW.format("5%"),
            "此指标不能是百分数（实际：5%；应为：万人）",
            "this indicator cannot be a percentage",
        ),
    ],
)
def test_each_fault_of_a_table_has_its_message_in_both_languages(tmp_path: Path, text: str, zh: str, en: str):
    with pytest.raises(InputError) as error:
        observed(csv_file(tmp_path, text))
    chinese, english = messages(error)
    assert zh in chinese
    assert en in english


# --- tables with fixed columns


class Person(BaseModel):
    name: Text
    code: str
    born: Day
    joined: Year
    base: Number = 0.0


def test_records_of_a_fixed_table_are_typed_and_codes_stay_text(tmp_path: Path):
    path = workbook(tmp_path, 人=[["code", "name", "born", "joined"], ["0501", "甲", datetime(1970, 6, 1), 1998]])
    (person,) = check(read_entries(path, Person), Person)
    assert (person.code, person.born.month, person.joined, person.base) == ("0501", 6, 1998, 0.0)


def test_the_columns_of_a_fixed_table_must_be_the_named_ones(tmp_path: Path):
    path = csv_file(tmp_path, "name,code,born,joind,name\n甲,1,1970-06-01,1998,x,y\n")
    with pytest.raises(InputError) as error:
        read_entries(path, Person)
    chinese, english = messages(error)
    for zh, en in [
        ("第 1 行 “D”：未知的列（实际：joind；应为：name、code、born、joined、base）", "unknown column"),
        ("第 1 行 “E”：列名重复（实际：name）", "repeated column"),
        ("第 1 行：缺少列（应为：joined）", "missing column (expected: joined)"),
        ("第 2 行 “F”：此列没有表头（实际：y）", "this column has no header"),
    ]:
        assert zh in chinese
        assert en in english


def test_a_date_must_be_written_year_month_day(tmp_path: Path):
    path = csv_file(tmp_path, "name,code,born,joined\n甲,1,1970/6/1,1998\n")
    with pytest.raises(InputError) as error:
        check(read_entries(path, Person), Person)
    chinese, english = messages(error)
    assert "“C born”：不是日期（实际：1970/6/1；应为：YYYY-MM-DD）" in chinese
    assert "not a date (found: 1970/6/1; expected: YYYY-MM-DD)" in english
