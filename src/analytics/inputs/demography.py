"""Population, mortality, fertility and migration of the nation by sex and age, read strictly from ``data/demography``.

All tables are the United Nations' *World Population Prospects 2024*, medium variant, except the life table of insured
persons (China Life Insurance mortality table 2010–2013).  Every table must be a full grid: no combination of its keys
missing, none twice.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Annotated, ClassVar

import numpy as np
import pandas as pd
from pydantic import BaseModel, BeforeValidator, ConfigDict

from analytics.inputs.faults import Fault, InputError, raise_if, shown_path
from analytics.inputs.sheets import Entry, Number, Quality, Text, Unreadable, Year, check, one_of, read_entries
from analytics.places import DATA, ROOT
from analytics.terms import UNITS, Term

DEMOGRAPHY = DATA / "demography"
SEXES = ("male", "female")
INSURABLE_AGES = np.arange(16, 101)


def _age(cell: str) -> int:
    if not cell.isdecimal() or int(cell) > 120:
        raise Unreadable(Term("不是年龄", "not an age"), "0 – 120")
    return int(cell)


def _names(*names: str) -> dict[str, Term]:
    return {name: Term(name, name) for name in names}


Age = Annotated[int, BeforeValidator(_age)]
Sex = Annotated[str, one_of({"male": Term("男", "male"), "female": Term("女", "female")})]


class _Row(BaseModel):
    """One figure; ``keys`` are the columns that tell the table's figures apart."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    keys: ClassVar[tuple[str, ...]]
    value: Number
    unit: Annotated[str, one_of(_names(*UNITS, "year"))]
    source: Text
    quality: Quality


class YearRow(_Row):
    """A figure of a year."""

    keys = ("year",)
    year: Year


class YearSexRow(YearRow):
    """A figure of a year and sex."""

    keys = ("year", "sex")
    sex: Sex


class YearAgeRow(YearRow):
    """A figure of a year and an age, or the age group that begins with it."""

    keys = ("year", "age")
    age: Age


class YearSexAgeRow(YearSexRow):
    """A figure of a year, sex and age, or the age group that begins with it."""

    keys = ("year", "sex", "age")
    age: Age


class SexAgeRow(_Row):
    """A figure of a sex and age."""

    keys = ("sex", "age")
    sex: Sex
    age: Age


class PatternRow(SexAgeRow):
    """A corner of a pattern over ages; between its corners a pattern runs straight, outside them it stays level."""

    keys = ("pattern", "sex", "age")
    pattern: Text


class EventRow(YearRow):
    """Births or deaths of a year."""

    keys = ("event", "year")
    event: Annotated[str, one_of(_names("births", "deaths"))]


_TABLES: dict[str, type[_Row]] = {
    "population": YearSexAgeRow,
    "death_rates": YearSexAgeRow,
    "life_expectancy": YearSexRow,
    "fertility": YearRow,
    "fertility_by_age": YearAgeRow,
    "sex_ratio_at_birth": YearRow,
    "net_migration": YearRow,
    "migration_by_age": YearSexAgeRow,
    "insured_life_table": SexAgeRow,
}


@dataclass(frozen=True, eq=False)
class Demography:
    """The nation's tables as full grids, keys in the index in the order given here.

    Attributes
    ----------
    population
        Persons at mid-year by (year, sex, first age of a five-year group; 100 is open).
    death_rates
        Deaths per person-year by (middle year of five, sex, first age: 0, 1, 5, …, 100 open).
    life_expectancy
        Years at birth by (year, sex).
    fertility, fertility_by_age
        Children per woman by year; share of them by (middle year of five, first age: 15, …, 45).
    sex_ratio_at_birth
        Boys per girl by year.
    births, deaths
        Persons by year: estimated or projected by the source.
    net_migration, migration_by_age
        Net immigrants by year; by (every fifth year, sex, age).
    insured_life_table
        Probability of dying within the year by (sex, age), persons with pension insurance.
    """

    population: pd.Series
    death_rates: pd.Series
    life_expectancy: pd.Series
    fertility: pd.Series
    fertility_by_age: pd.Series
    sex_ratio_at_birth: pd.Series
    net_migration: pd.Series
    migration_by_age: pd.Series
    insured_life_table: pd.Series
    births: pd.Series
    deaths: pd.Series


@cache
def load_demography(folder: Path = DEMOGRAPHY) -> Demography:
    """The nation's demographic tables.

    Raises
    ------
    InputError
        For unreadable cells, figures given twice and missing combinations of keys.
    """
    tables = {name: _grid(folder / f"{name}.csv", model) for name, model in _TABLES.items()}
    events = _read(folder / "births_and_deaths.csv", EventRow)
    return Demography(**tables, births=events["births"], deaths=events["deaths"])


@cache
def load_patterns(folder: Path = DEMOGRAPHY) -> dict[str, np.ndarray]:
    """Relative weights by sex and age, shape (2, 85): men first, ages 16–100.

    Raises
    ------
    InputError
        For unreadable cells and corners given twice.
    """
    corners = _read(folder / "age_patterns.csv", PatternRow)
    return {name: _pattern(corners[name]) for name in corners.index.unique("pattern")}


def _pattern(corners: pd.Series) -> np.ndarray:
    by_sex = (corners[sex].sort_index() for sex in SEXES)
    return np.stack([np.interp(INSURABLE_AGES, each.index, each) for each in by_sex])


def as_array(table: pd.Series) -> np.ndarray:
    """A full grid as an array, one axis a key."""
    return table.to_numpy(dtype=float).reshape([level.size for level in table.index.levels])


def _read(path: Path, model: type[_Row]) -> pd.Series:
    """A table's values by its keys.

    Raises
    ------
    InputError
        For unreadable cells and figures given twice.
    """
    entries = read_entries(path, model)
    rows = check(entries, model)
    raise_if(_doubles(list(zip(entries, rows, strict=True))))
    frame = pd.DataFrame([row.model_dump() for row in rows])
    return frame.set_index(list(model.keys))["value"].astype(float)


def _grid(path: Path, model: type[_Row]) -> pd.Series:
    """:func:`_read` in the order of its keys, refused unless every combination of them is there."""
    values = _read(path, model)
    if values.index.nlevels == 1:
        return values.sort_index()
    levels = [SEXES if name == "sex" else sorted(values.index.unique(name)) for name in values.index.names]
    full = values.reindex(pd.MultiIndex.from_product(levels, names=values.index.names))
    missing = full.index[full.isna()]
    if len(missing):
        what = Term("缺少数据", "a figure is missing")
        raise InputError([Fault(what, file=shown_path(path, ROOT), found=" ".join(map(str, missing[0])))])
    return full


def _doubles(pairs: list[tuple[Entry, _Row]]) -> list[Fault]:
    """A fault for every row whose keys an earlier one has."""
    seen: set[tuple[object, ...]] = set()
    faults = []
    for entry, row in pairs:
        key = tuple(getattr(row, name) for name in row.keys)
        if key in seen:
            what = Term("重复的数据", "a figure given twice")
            faults.append(entry.fault(what, row.keys[0], found=" ".join(map(str, key))))
        seen.add(key)
    return faults
