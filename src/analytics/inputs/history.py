"""What is published about a region: its place in the country, its history, its population.

Every file of ``data/regions/<region>`` is read the way an officer's own file is: CSV or spreadsheet, Chinese or English
headers, 万人 and 亿元 brought to plain units, and all faults of all files reported at once.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Annotated

import pandas as pd
from pydantic import BaseModel, BeforeValidator, ConfigDict, model_validator

from analytics.inputs.faults import Fault, InputError, raise_if
from analytics.inputs.sheets import (
    SUFFIXES,
    Category,
    Entry,
    Indicator,
    Number,
    Quality,
    Scheme,
    Text,
    Units,
    Unreadable,
    Written,
    Year,
    check,
    gather,
    one_of,
    plain_text,
    plain_value,
    read_entries,
    read_observations,
)
from analytics.places import DATA
from analytics.terms import CATEGORIES, INDICATORS, SCHEMES, Term, unit_of

REGIONS = DATA / "regions"
LEVELS = {
    "nation": Term("全国", "nation"),
    "province": Term("省级", "province"),
    "city": Term("地市", "city"),
    "county": Term("区县", "county"),
    "town": Term("乡镇", "town"),
}
HISTORY_COLUMNS = ["region", "scheme", "indicator", "category", "year", "value", "unit", "source", "quality"]
POPULATION_COLUMNS = ["region", "place", "year", "group", "value", "unit", "source", "quality"]


class RegionRow(BaseModel):
    """A place: ``parent`` is the place it lies in, ``code`` its 行政区划代码 as text."""

    model_config = ConfigDict(extra="forbid")
    id: Text
    name_zh: Text
    name_en: Text
    level: Annotated[str, one_of(LEVELS)]
    parent: str = ""
    code: str = ""


class HistoryRow(BaseModel):
    """One published figure, still in the unit it was written in; :attr:`plain` is its value in the indicator's unit."""

    model_config = ConfigDict(extra="forbid")
    region: Text
    scheme: Scheme
    indicator: Indicator
    category: Category = "total"
    year: Year
    value: Written
    unit: Units
    source: Text
    quality: Quality

    @property
    def plain(self) -> float:
        """The value in the plain unit of its indicator, e.g. persons for 万人."""
        return plain_value(self.value, self.unit, unit_of(self.indicator))

    @model_validator(mode="after")
    def _unit_suits(self) -> HistoryRow:
        _ = self.plain
        return self


def _age_group(cell: str) -> str:
    ages = cell.removesuffix("+").split("-")
    if cell in ("total", "registered", "births", "deaths") or (len(ages) <= 2 and all(a.isdecimal() for a in ages)):
        return cell
    expected = "total, registered, births, deaths, 15-59, 60+"
    raise Unreadable(Term("未知的人群", "unknown population group"), expected)


class PopulationRow(BaseModel):
    """People of all ages or of an age group in ``place`` (``region`` or a part of it); ratio = share of the total."""

    model_config = ConfigDict(extra="forbid")
    region: Text
    place: Text
    year: Year
    group: Annotated[str, BeforeValidator(_age_group)]
    value: Number
    unit: Annotated[str, one_of({"person": Term("人", "person"), "ratio": Term("比例", "ratio")})]
    source: Text
    quality: Quality


@cache
def load_regions(folder: Path = REGIONS) -> pd.DataFrame:
    """The places the workbook knows, from ``regions.csv``.

    Returns
    -------
    DataFrame
        Index ``id``; columns name_zh, name_en, level (nation, province, city, county, town), parent (an id, "" for the
        nation), code (six digits as text, "" where unknown).

    Raises
    ------
    InputError
        For unreadable rows, repeated ids and parents that are not in the table.
    """
    entries = read_entries(folder / "regions.csv", RegionRow)
    rows = check(entries, RegionRow)
    ids = [row.id for row in rows]
    repeated = Term("重复的地区", "repeated region")
    orphan = Term("上级地区不在表中", "the parent is not in the table")
    faults = [entry.fault(repeated, "id") for i, entry in enumerate(entries) if ids[i] in ids[:i]]
    pairs = zip(entries, rows, strict=True)
    raise_if(faults + [entry.fault(orphan, "parent") for entry, row in pairs if row.parent not in {"", *ids}])
    return pd.DataFrame([row.model_dump() for row in rows]).set_index("id")


@cache
def region_chain(region: str, folder: Path = REGIONS) -> tuple[str, ...]:
    """``region`` and all it lies in, nearest first: rongcheng, weihai, shandong, china.

    Raises
    ------
    InputError
        When the region is unknown.
    """
    parents = load_regions(folder)["parent"]
    if region not in parents.index:
        what = Term("未知的地区", "unknown region")
        expected = Term("data/regions/regions.csv 中的 id", "an id in data/regions/regions.csv")
        raise InputError([Fault(what, found=region, expected=expected)])
    chain = [region]
    while parents[chain[-1]]:
        chain.append(parents[chain[-1]])
    return tuple(chain)


def load_history(region: str, folder: Path = REGIONS) -> pd.DataFrame:
    """Everything published about ``region``: all tables in its folder except ``population.csv``.

    Returns
    -------
    DataFrame
        The HISTORY columns, sorted; values in plain units.  Empty when nothing is published, which is no fault.

    Raises
    ------
    InputError
        For an unknown region, unreadable cells, units that do not suit, and figures given twice; all together.
    """
    region_chain(region, folder)
    own = load_regions(folder).loc[region]
    names = {plain_text(name) for name in (region, own.name_zh, own.name_en)}
    pairs = gather(_tables(folder / region), lambda path: _read_history(path, region, names))
    raise_if(_doubles([entry for entry, _ in pairs], [_identity(row) for _, row in pairs]))
    records = [
        row.model_dump() | {"region": region, "value": row.plain, "unit": unit_of(row.indicator)} for _, row in pairs
    ]
    frame = pd.DataFrame(records, columns=HISTORY_COLUMNS).astype({"year": int, "value": float})
    return frame.sort_values(HISTORY_COLUMNS[1:5], ignore_index=True)


def _read_history(path: Path, region: str, names: set[str]) -> list[tuple[Entry, HistoryRow]]:
    """The figures of one file; rows that name no region belong to the region whose folder it lies in."""
    entries = [Entry(e.grid, e.row, {"region": region} | e.texts, e.columns) for e in read_observations(path)]
    rows = check(entries, HistoryRow)
    pairs = list(zip(entries, rows, strict=True))
    what = Term("不是本地区的数据", "figures of another region")
    raise_if([e.fault(what, "region", expected=region) for e, row in pairs if plain_text(row.region) not in names])
    return pairs


def _tables(folder: Path) -> list[Path]:
    files = sorted(folder.iterdir()) if folder.is_dir() else []
    return [path for path in files if path.suffix.lower() in SUFFIXES and path.name != "population.csv"]


def _identity(row: HistoryRow) -> tuple[str | int, ...]:
    return row.scheme, row.indicator, row.category, row.year


def _doubles(entries: list[Entry], identities: list[tuple[str | int, ...]]) -> list[Fault]:
    """A fault for every record whose identity an earlier one has, naming where that one stands."""
    first: dict[tuple[str | int, ...], Entry] = {}
    faults = []
    for entry, identity in zip(entries, identities, strict=True):
        earlier = first.setdefault(identity, entry)
        if earlier is not entry:
            at = f"{earlier.grid.file} {earlier.row}"
            what = Term(f"与 {at} 行重复", f"repeats row {at}")
            faults.append(entry.fault(what, "value", found=" ".join(str(part) for part in identity)))
    return faults


def population_of(region: str, folder: Path = REGIONS) -> pd.DataFrame:
    """Published population of ``region`` and its parts (``population.csv``): all ages, age groups, births, deaths.

    Returns
    -------
    DataFrame
        Columns region, place, year, group, value, unit (person, or ratio of the total), source, quality; empty when
        nothing is published.  ``place`` is a region id.

    Raises
    ------
    InputError
        For an unknown region or place, unreadable cells and figures given twice.
    """
    region_chain(region, folder)
    path = folder / region / "population.csv"
    entries = read_entries(path, PopulationRow) if path.is_file() else []
    rows = check(entries, PopulationRow)
    places = set(load_regions(folder).index)
    what = Term("未知的地区", "unknown region")
    faults = [e.fault(what, "place") for e, row in zip(entries, rows, strict=True) if row.place not in places]
    raise_if(faults + _doubles(entries, [(row.place, row.year, row.group) for row in rows]))
    return pd.DataFrame([row.model_dump() for row in rows], columns=POPULATION_COLUMNS)


def series(history: pd.DataFrame, scheme: str, indicator: str, category: str = "total") -> pd.Series:
    """One indicator of a HISTORY frame by year; empty when it is not published.

    Raises
    ------
    InputError
        When a name is not in the vocabulary.
    """
    asked = ((scheme, SCHEMES), (indicator, INDICATORS), (category, CATEGORIES))
    what = Term("未知的名称", "unknown name")
    raise_if([Fault(what, found=name, expected=", ".join(terms)) for name, terms in asked if name not in terms])
    wanted = (history["scheme"] == scheme) & (history["indicator"] == indicator) & (history["category"] == category)
    return history[wanted].set_index("year")["value"].sort_index().rename(indicator)
