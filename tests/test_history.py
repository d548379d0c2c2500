"""Published history and population: figures of the yearbooks, how regions nest, and what a faulty folder says."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from analytics.inputs.faults import InputError
from analytics.inputs.history import (
    HISTORY_COLUMNS,
    REGIONS,
    load_history,
    load_regions,
    population_of,
    region_chain,
    series,
)
from analytics.terms import CATEGORIES, INDICATORS, QUALITIES, SCHEMES, unit_of

REGION_TABLE = (
    "id,name_zh,name_en,level,parent,code\nchina,全国,China,nation,,000000\nnorth,北县,North,county,china,010501\n"
)
LONG = "地区,险种,指标,年份,数值（万人）,来源,质量\n"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder of regions with one county and no figures yet."""
    (tmp_path / "north").mkdir()
    (tmp_path / "regions.csv").write_text(REGION_TABLE, "utf-8")
    return tmp_path


def latest(region: str, scheme: str, indicator: str, year: int = 2024) -> float:
    return series(load_history(region), scheme, indicator)[year]


# --- regions


def test_a_county_lies_in_its_city_province_and_nation():
    assert region_chain("rongcheng") == ("rongcheng", "weihai", "shandong", "china")
    assert region_chain("shiyan") == ("shiyan", "changshou", "chongqing", "china")


def test_every_region_leads_to_the_nation_and_province_codes_are_told_apart():
    regions = load_regions()
    assert all(region_chain(region)[-1] == "china" for region in regions.index)
    provinces = regions[regions["level"] == "province"]
    assert len(provinces) == 31
    assert provinces["code"].is_unique
    assert regions.loc["rongcheng", "code"] == "371082"  # GB/T 2260


def test_codes_of_regions_keep_their_zeros(folder: Path):
    assert load_regions(folder).loc["north", "code"] == "010501"


def test_repeated_regions_and_unknown_parents_are_reported_together(folder: Path):
    table = REGION_TABLE + "north,北县,North,county,china,\nsouth,南县,South,county,atlantis,\n"
    (folder / "regions.csv").write_text(table, "utf-8")
    with pytest.raises(InputError) as error:
        load_regions(folder)
    zh, en = error.value.message("zh"), error.value.message("en")
    assert "第 4 行 “A id”：重复的地区（实际：north）" in zh
    assert "第 5 行 “E parent”：上级地区不在表中（实际：atlantis）" in zh
    assert "row 4 column “A id”: repeated region" in en
    assert "row 5 column “E parent”: the parent is not in the table" in en


def test_an_unknown_region_is_refused():
    with pytest.raises(InputError) as error:
        load_history("atlantis")
    assert "未知的地区（实际：atlantis；应为：data/regions/regions.csv 中的 id）" in error.value.message("zh")
    assert "unknown region (found: atlantis; expected: an id in" in error.value.message("en")


# --- known figures


@pytest.mark.parametrize(
    ("region", "scheme", "indicator", "value"),
    [
        # China Statistical Yearbook 2025, tables 24-26 and 24-27, in 万人 and 亿元
        ("china", "employee", "active", 38713.2e4),
        ("china", "employee", "retirees", 14739.1e4),
        ("china", "employee", "expenditure", 67656.3e8),
        ("china", "resident", "beneficiaries", 18039.4e4),
        ("china", "resident", "active", (53830.2 - 18039.4) * 1e4),
        ("shandong", "employee", "active", 2642.7e4),
        ("shandong", "employee", "balance", 1293.8e8),
        ("guangdong", "employee", "balance", 20258.8e8),
        ("xizang", "resident", "participants", 175.5e4),
    ],
)
def test_the_yearbook_of_2025_is_reproduced(region: str, scheme: str, indicator: str, value: float):
    assert latest(region, scheme, indicator) == pytest.approx(value, rel=1e-12)


def test_employee_shares_of_2024_follow_from_the_history():
    # contribution-stage employee ÷ contribution-stage of both schemes, in the yearbook's figures
    known = {"china": 0.520, "shandong": 0.492, "chongqing": 0.570, "yunnan": 0.289}
    for region, share in known.items():
        employee, resident = latest(region, "employee", "active"), latest(region, "resident", "active")
        assert employee / (employee + resident) == pytest.approx(share, abs=5e-4)


def test_months_payable_of_2024_follow_from_the_history():
    # balance ÷ expenditure × 12: nation 12.5, Shandong 3.7
    for region, months in {"china": 12.5, "shandong": 3.7}.items():
        found = latest(region, "employee", "balance") / latest(region, "employee", "expenditure") * 12
        assert found == pytest.approx(months, abs=0.05)


def test_provinces_add_up_to_the_nation_but_for_what_the_yearbook_lists_apart():
    # The nation also holds the Xinjiang corps and central institutions: under 0.7 % of persons and of money.
    regions = load_regions()
    provinces = pd.concat([load_history(p) for p in regions.index[regions["level"] == "province"]])
    china = load_history("china").query("year == 2024 and scheme in ['employee', 'resident']")
    total = provinces[provinces["year"] == 2024].groupby(["scheme", "indicator"])["value"].sum()
    for row in china.itertuples():
        assert total[row.scheme, row.indicator] == pytest.approx(row.value, rel=7e-3)


def test_participants_are_active_and_retired_together_wherever_both_are_given():
    for region in load_regions().index:
        history = load_history(region)
        whole, active, retired = (series(history, "employee", i) for i in ("participants", "active", "retirees"))
        gap = (whole - active - retired).dropna().abs() / whole
        assert (gap.dropna() < 6e-4).all(), region


def test_everything_published_uses_the_vocabulary():
    history = pd.concat([load_history(region) for region in load_regions().index])
    assert list(history.columns) == HISTORY_COLUMNS
    assert set(history["scheme"]) <= set(SCHEMES)
    assert set(history["indicator"]) <= set(INDICATORS)
    assert set(history["category"]) <= set(CATEGORIES)
    assert set(history["quality"]) <= set(QUALITIES)
    assert (history["unit"] == history["indicator"].map(unit_of)).all()
    assert history["source"].str.len().min() > 4


def test_recalled_figures_are_marked_assumed():
    history = load_history("china")
    recalled = history["source"].str.startswith("unverified")
    assert recalled.sum() > 50
    assert set(history[recalled]["quality"]) == {"assumed"}


def test_a_region_without_published_figures_has_an_empty_history():
    history = load_history("shiyan")
    assert history.empty
    assert list(history.columns) == HISTORY_COLUMNS
    assert series(history, "employee", "active").empty


def test_a_series_runs_by_year_and_needs_known_names():
    active = series(load_history("china"), "employee", "active")
    assert list(active.index) == list(range(2000, 2025))
    with pytest.raises(InputError) as error:
        series(load_history("china"), "employe", "actives")
    assert "未知的名称（实际：employe；应为：all, employee" in error.value.message("zh")
    assert "unknown name (found: actives; expected: population" in error.value.message("en")


# --- population


def test_townships_of_longling_add_up_to_the_census():
    # 7th census: 272,769 permanent residents in ten townships
    population = population_of("longling").query("year == 2020 and group == 'total'")
    parts = population[population["place"] != "longling"]
    assert len(parts) == 10
    assert parts["value"].sum() == population.set_index("place")["value"]["longling"] == 272_769


def test_age_groups_add_up_to_the_total():
    changshou = population_of("changshou").set_index("group")["value"]
    assert changshou[["0-14", "15-59", "60+"]].sum() == changshou["total"] == 692_960
    china = population_of("china").query("year == 2024").set_index("group")["value"]
    assert china[["0-15", "16-59", "60+"]].sum() == china["total"] == 1_408_280_000


def test_adults_of_shandong_are_derived_from_total_and_shares():
    # 10,122.97 万 × (57.86 % + 23.62 %) = 8,248.196 万
    row = load_history("shandong").query("indicator == 'population'").iloc[0]
    assert (row["value"], row["quality"]) == (82_481_960, "derived")


def test_population_of_a_region_without_any_is_empty():
    assert population_of("shiyan").empty


def test_faults_of_a_population_table_are_reported(folder: Path):
    rows = "north,north,2020,total,1,person,x,official\n"
    table = (
        "region,place,year,group,value,unit,source,quality\n"
        + rows
        + rows
        + "north,south,2020,60+,1,person,x,official\n"
    )
    (folder / "north" / "population.csv").write_text(table, "utf-8")
    with pytest.raises(InputError) as error:
        population_of("north", folder)
    zh, en = error.value.message("zh"), error.value.message("en")
    assert "第 4 行 “B place”：未知的地区（实际：south）" in zh
    assert "第 3 行 “E value”：与" in zh
    assert "population.csv 2 行重复（实际：north 2020 total）" in zh
    assert "unknown region" in en
    assert "repeats row" in en


def test_a_population_group_must_be_known(folder: Path):
    table = "region,place,year,group,value,unit,source,quality\nnorth,north,2020,old,1,person,x,official\n"
    (folder / "north" / "population.csv").write_text(table, "utf-8")
    with pytest.raises(InputError) as error:
        population_of("north", folder)
    assert "未知的人群（实际：old；应为：total, registered" in error.value.message("zh")
    assert "unknown population group (found: old" in error.value.message("en")


# --- an officer's own folder


def test_files_of_a_folder_are_read_together_whatever_their_form(folder: Path):
    rows = "北县,失业保险,参保人数,2024,１.2,公报,官方\n"
    (folder / "north" / "失业.csv").write_bytes((LONG + rows).encode("gbk"))
    said = "险种：工伤保险\n质量：推算\n来源：测算\n"
    wide = '年份,参保人数（人）,基金总收入（万元）\n2023,900,—\n2024年,"1,000",35\n'
    (folder / "north" / "injury.csv").write_text(said + wide, "utf-8")
    history = load_history("north", folder)
    assert series(history, "unemployment", "participants").to_dict() == {2024: 12_000}
    assert series(history, "work_injury", "participants").to_dict() == {2023: 900, 2024: 1_000}
    assert series(history, "work_injury", "income").to_dict() == {2024: 350_000}
    assert set(history["region"]) == {"north"}


def test_a_figure_given_twice_is_a_fault_even_across_files(folder: Path):
    for name, value in (("a.csv", 1), ("b.csv", 2)):
        rows = f"north,失业保险,参保人数,2024,{value},公报,官方\n"
        (folder / "north" / name).write_text(LONG + rows, "utf-8")
    with pytest.raises(InputError) as error:
        load_history("north", folder)
    (fault,) = error.value.faults
    assert (Path(fault.file).name, fault.row, fault.column) == ("b.csv", 2, "E 数值（万人）")
    assert fault.found == "unemployment participants total 2024"
    assert "a.csv 2 行重复" in error.value.message("zh")
    assert "a.csv 2" in error.value.message("en")


def test_faults_of_all_files_come_together(folder: Path):
    (folder / "north" / "a.csv").write_text(LONG + "南县,失业保险,参保人数,2024,1,公报,官方\n", "utf-8")
    (folder / "north" / "b.csv").write_text(LONG + "北县,失业保险,参保人头,2024,1,公报,官方\n", "utf-8")
    (folder / "north" / "c.csv").write_text("甲,乙\n", "utf-8")
    with pytest.raises(InputError) as error:
        load_history("north", folder)
    assert [Path(fault.file).name for fault in error.value.faults] == ["a.csv", "b.csv", "c.csv"]
    zh, en = error.value.message("zh"), error.value.message("en")
    assert "第 2 行 “A 地区”：不是本地区的数据（实际：南县；应为：north）" in zh
    assert "row 2 column “A 地区”: figures of another region (found: 南县; expected: north)" in en


def test_every_file_lies_in_the_folder_of_a_known_region():
    assert {path.name for path in REGIONS.iterdir() if path.is_dir()} <= set(load_regions().index)
