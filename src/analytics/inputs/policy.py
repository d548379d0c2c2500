"""The rules shared by all plans: dated tables in ``data/policy``, looked up by place and day, never by position.

A lookup walks from a place to its province to the nation and takes the nearest that has a rule in force on the day.
Before a table begins there is no value, and asking for one is an error.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache, lru_cache
from pathlib import Path
from typing import Annotated, ClassVar, Literal

import pandas as pd
from pydantic import BaseModel, ConfigDict

from analytics.inputs.faults import Fault, InputError, raise_if
from analytics.inputs.history import load_regions, region_chain
from analytics.inputs.sheets import Day, Entry, Number, Quality, Scheme, Text, Year, check, one_of, read_entries
from analytics.places import DATA
from analytics.terms import UNITS, Term

POLICY = DATA / "policy"
Lasting = Literal["until_replaced", "one_year", "as_a_set", "minimum"]


def _names(*names: str) -> dict[str, Term]:
    return {name: Term(name, name) for name in names}


class Rule(BaseModel):
    """One row of a policy table: a value in ``place`` from ``effective`` on, with its source.

    ``keys`` are the columns that tell the table's values apart.  ``lasting`` says how long a row holds: until a later
    row with the same keys replaces it; for the calendar year of ``effective`` only; as part of a set that a later
    date replaces whole (fee tiers); or, as ``minimum``, until replaced, where the place and all it lies in each set a
    minimum and the highest counts.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)
    keys: ClassVar[tuple[str, ...]] = ()
    lasting: ClassVar[Lasting] = "until_replaced"
    place: Text
    effective: Day
    value: Number
    unit: Annotated[str, one_of(_names(*UNITS, "year"))]
    source: Text
    quality: Quality
    checked: Day
    note: str = ""

    def key(self) -> dict[str, str | float]:
        """The row's key columns with their values."""
        return {name: getattr(self, name) for name in self.keys}

    def slot(self) -> tuple[str | float, ...]:
        """What a later row must share to replace this one."""
        return () if self.lasting == "as_a_set" else tuple(self.key().values())

    def covers(self, day: date) -> bool:
        """Whether the row has begun on ``day`` and, if it holds for one year only, that year is not over."""
        return self.effective <= day and (self.lasting != "one_year" or self.effective.year == day.year)


class ContributionRate(Rule):
    """Share of the contribution base paid by ``payer``: employer, employee, or flexible worker (all of it)."""

    keys = ("scheme", "payer")
    scheme: Scheme
    payer: Annotated[str, one_of(_names("employer", "employee", "flexible"))]


class AverageWage(Rule):
    """Monthly average wage of statistics ``year``, the reference of contribution bases in the year after.

    ``definition`` marks the break: urban_units (staff of urban units) before, full_calibre (全口径) after.
    """

    lasting = "one_year"
    year: Year
    published: Day
    definition: Annotated[str, one_of(_names("urban_units", "full_calibre"))]


class BaseRule(Rule):
    """Floor and cap of the contribution base against the average wage, and the month a new year's base applies from."""

    keys = ("rule",)
    rule: Annotated[str, one_of(_names("floor", "cap", "flexible_floor", "flexible_cap", "switch_month"))]


class BenefitBase(Rule):
    """计发基数: the wage a basic pension is computed on, for pensions that start in the year."""

    lasting = "one_year"


class RetirementAge(Rule):
    """Statutory ages of M60, F55 and F50, and the steps of their rise."""

    keys = ("category", "rule")
    category: Annotated[str, one_of(_names("M60", "F55", "F50"))]
    rule: Annotated[str, one_of(_names("start_age", "final_age", "birth_months_per_step", "first_birth_year"))]


class MinimumYears(Rule):
    """Years of contributions needed for a monthly pension that starts on the day."""


class PayoutMonths(Rule):
    """计发月数: the months a personal account is paid out over, by whole ``age`` at retirement."""

    keys = ("age",)
    lasting = "as_a_set"
    age: Number


class ResidentTier(Rule):
    """Government subsidy to a yearly ``fee`` of the resident scheme."""

    keys = ("fee",)
    lasting = "as_a_set"
    fee: Number


class ResidentBasicPension(Rule):
    """Basic pension of the resident scheme and its supplements by age; every level of government sets a minimum."""

    keys = ("component",)
    lasting = "minimum"
    component: Annotated[str, one_of(_names("base", "age_65_74", "age_75_plus"))]


class GroupRelief(Rule):
    """Yearly resident-scheme fee paid, and subsidy given, by government for a ``group``."""

    keys = ("group", "item")
    group: Annotated[str, one_of(_names("severely_disabled"))]
    item: Annotated[str, one_of(_names("fee_paid", "subsidy"))]


class PensionAdjustment(Rule):
    """The year's rise of employee-scheme pensions, national average."""

    lasting = "one_year"


class CreditingRate(Rule):
    """The year's 记账利率 on personal accounts of the employee scheme."""

    lasting = "one_year"


class NationalWage(Rule):
    """Yearly average wage of urban units, non-private or private; not the full-calibre wage behind the bases."""

    keys = ("sector",)
    lasting = "one_year"
    sector: Annotated[str, one_of(_names("nonprivate", "private"))]


TABLES: dict[str, type[Rule]] = {
    "average_wage": AverageWage,
    "base_rules": BaseRule,
    "benefit_base": BenefitBase,
    "contribution_rates": ContributionRate,
    "crediting_rate": CreditingRate,
    "min_contribution_years": MinimumYears,
    "national_average_wage": NationalWage,
    "payout_months": PayoutMonths,
    "pension_adjustment": PensionAdjustment,
    "resident_basic_pension": ResidentBasicPension,
    "resident_group_relief": GroupRelief,
    "resident_tiers": ResidentTier,
    "retirement_ages": RetirementAge,
}


_LOOKUPS_KEPT = 8192  # those of a few plans: places and months are many


@dataclass(frozen=True)
class PolicyValue:
    """A value found: ``value`` in ``unit``, in force in ``place`` since ``effective``, with source and quality."""

    value: float
    unit: str
    effective: date
    source: str
    quality: str
    checked: date
    note: str
    place: str


@cache
def load_table(table: str, folder: Path = POLICY) -> tuple[Rule, ...]:
    """All rows of ``data/policy/<table>.csv``.

    Raises
    ------
    InputError
        For an unknown table, unreadable rows, unknown places, and values given twice; all together.
    """
    if table not in TABLES:
        raise InputError(
            [Fault(Term("没有这张政策表", "no such policy table"), found=table, expected=", ".join(TABLES))]
        )
    entries = read_entries(folder / f"{table}.csv", TABLES[table])
    rows = check(entries, TABLES[table])
    raise_if(_strangers(entries, rows) + _doubles(entries, rows))
    return tuple(rows)


def _strangers(entries: list[Entry], rows: list[Rule]) -> list[Fault]:
    places = set(load_regions().index)
    what = Term("未知的地区", "unknown region")
    return [entry.fault(what, "place") for entry, row in zip(entries, rows, strict=True) if row.place not in places]


def _doubles(entries: list[Entry], rows: list[Rule]) -> list[Fault]:
    identities = [(row.place, row.effective, *row.key().values()) for row in rows]
    what = Term("同一规定写了两次", "the same rule is given twice")
    return [entry.fault(what, "effective") for i, entry in enumerate(entries) if identities[i] in identities[:i]]


@lru_cache(maxsize=_LOOKUPS_KEPT)
def policy_value(table: str, place: str, on_date: date, **keys: str | float) -> PolicyValue:
    """The value in force in ``place`` on ``on_date``.

    ``policy_value("contribution_rates", "wendeng", date(2019, 5, 1), scheme="employee", payer="employer")`` is 0.16,
    a rule of Shandong.

    Parameters
    ----------
    keys
        A value for every key column of the table, and no other.

    Raises
    ------
    InputError
        For an unknown table, place or key, and for a day before the table begins or, in yearly tables, without a row.
    """
    _check_keys(table, keys)
    found = list(_nearest_first(table, place, on_date, keys))
    if not found:
        raise InputError([_nothing_in_force(table, place, on_date, keys)])
    return _value(max(found, key=lambda row: row.value) if TABLES[table].lasting == "minimum" else found[0])


def policy_year_average(table: str, place: str, year: int, **keys: str | float) -> float:
    """Mean over the calendar year of the values in force on the first of each month.

    Shandong's employer rate in 2019 is (4 × 18 % + 8 × 16 %) / 12 = 16.67 %.

    Raises
    ------
    InputError
        As :func:`policy_value`, for any month.
    """
    return sum(policy_value(table, place, date(year, month, 1), **keys).value for month in range(1, 13)) / 12


def policy_set(table: str, place: str, on_date: date) -> pd.Series:
    """The whole set in force in ``place``, e.g. subsidies by fee tier or payout months by age.

    Returns
    -------
    Series
        Values indexed by the table's one key, ascending.

    Raises
    ------
    InputError
        For an unknown table or place, a table without sets, and a day before any set begins.
    """
    sets = [name for name, model in TABLES.items() if model.lasting == "as_a_set"]
    if table not in sets:
        raise InputError(
            [Fault(Term("不是成套的政策表", "not a table of sets"), found=table, expected=", ".join(sets))]
        )
    rows = list(_nearest_first(table, place, on_date, {}))
    if not rows:
        raise InputError([_nothing_in_force(table, place, on_date, {})])
    (key,) = TABLES[table].keys
    return pd.Series({getattr(row, key): row.value for row in rows}, name=table).rename_axis(key).sort_index()


def average_wage(place: str, year: int, as_of: date | None = None) -> PolicyValue | None:
    """Monthly average wage of statistics ``year`` behind the bases of the next, nearest place first.

    Returns
    -------
    PolicyValue or None
        None when no wage of that year is recorded, or it was published after ``as_of``.

    Raises
    ------
    InputError
        For an unknown place, and for a year before the place's table begins.
    """
    wages = [row for row in load_table("average_wage") if isinstance(row, AverageWage)]
    own = next((rows for p in region_chain(place) if (rows := [row for row in wages if row.place == p])), [])
    if own and year < min(row.year for row in own):
        raise InputError([_nothing_in_force("average_wage", place, date(year + 1, 1, 1), {})])
    known = [row for row in own if row.year == year and (as_of is None or row.published <= as_of)]
    return _value(known[0]) if known else None


@dataclass(frozen=True)
class BaseBounds:
    """Floor and cap of the monthly contribution base (yuan/month) and the average wage they come from."""

    floor: float
    cap: float
    wage: PolicyValue


def base_bounds(place: str, on_date: date, as_of: date | None = None) -> BaseBounds:
    """Bounds of an employee's contribution base on a day: floor and cap ratios times last year's average wage.

    Before the month in which the new year's base applies, the wage of the year before last still counts.  Shandong
    2025: 7,506 × 60 % = 4,503.6 yuan (国办发〔2019〕13号).

    Raises
    ------
    InputError
        When a rule is not in force or the wage is not published by ``as_of``.
    """
    floor, cap, switch = (
        policy_value("base_rules", place, on_date, rule=r).value for r in ("floor", "cap", "switch_month")
    )
    year = on_date.year - (1 if on_date.month >= switch else 2)
    wage = average_wage(place, year, as_of)
    if wage is None:
        what = Term(
            f"{year} 年平均工资尚未公布或未录入", f"the average wage of {year} is not published or not recorded"
        )
        raise InputError([Fault(what, file=_shown("average_wage"), found=place)])
    return BaseBounds(floor * wage.value, cap * wage.value, wage)


def stale(as_of: date, max_age_days: int = 365) -> pd.DataFrame:
    """Rows still in force on ``as_of`` whose source was last checked more than ``max_age_days`` before.

    Returns
    -------
    DataFrame
        Columns table, place, effective, key, value, unit, checked, age_days; empty when all is fresh.
    """
    oldest = as_of - timedelta(days=max_age_days)
    old = [(table, row) for table in TABLES for row in _in_force(table, as_of) if row.checked < oldest]
    columns = ["table", "place", "effective", "key", "value", "unit", "checked", "age_days"]
    records = [
        (
            table,
            row.place,
            row.effective,
            _said(row.key()),
            row.value,
            row.unit,
            row.checked,
            (as_of - row.checked).days,
        )
        for table, row in old
    ]
    return pd.DataFrame(records, columns=columns)


def _value(row: Rule) -> PolicyValue:
    return PolicyValue(row.value, row.unit, row.effective, row.source, row.quality, row.checked, row.note, row.place)


@lru_cache(maxsize=_LOOKUPS_KEPT)
def _in_force(table: str, day: date, place: str = "") -> list[Rule]:
    """The rows that hold on ``day``, of one place or of all: those of each slot's latest date."""
    begun = [row for row in load_table(table) if row.covers(day) and place in ("", row.place)]
    latest: dict[tuple[str | float, ...], date] = {}
    for row in begun:
        slot = (row.place, *row.slot())
        latest[slot] = max(latest.get(slot, date.min), row.effective)
    return [row for row in begun if row.effective == latest[(row.place, *row.slot())]]


def _nearest_first(table: str, place: str, day: date, keys: dict[str, str | float]) -> Iterator[Rule]:
    """The rows in force with these ``keys``, from the place outwards; a set at a nearer place hides those beyond."""
    for nearer in region_chain(place):
        held = _in_force(table, day, nearer)
        yield from (row for row in held if keys.items() <= row.key().items())
        if held and TABLES[table].lasting == "as_a_set":
            return


def _check_keys(table: str, keys: dict[str, str | float]) -> None:
    rows = load_table(table)
    expected = ", ".join(TABLES[table].keys) or Term("无", "none")
    what = Term("查询所给的键不对", "wrong keys for this table")
    if set(keys) != set(TABLES[table].keys):
        raise InputError([Fault(what, file=_shown(table), found=_said(keys), expected=expected)])
    known = {name: {row.key()[name] for row in rows} for name in keys}
    unknown = Term("表中没有这个键值", "the table has no such key")
    raise_if(
        [
            Fault(
                unknown,
                file=_shown(table),
                column=name,
                found=str(key),
                expected=", ".join(map(str, sorted(known[name]))),
            )
            for name, key in keys.items()
            if key not in known[name]
        ]
    )


def _nothing_in_force(table: str, place: str, day: date, keys: dict[str, str | float]) -> Fault:
    """Why a lookup found nothing: no such rule here, the table begins later, or none holds on the day."""
    chain = region_chain(place)
    rows = [row for row in load_table(table) if row.place in chain and keys.items() <= row.key().items()]
    first = min((row.effective for row in rows), default=date.max)
    held = [_said(row.key()) for row in _nearest_first(table, place, day, {})]
    found = " ".join(filter(None, [place, _said(keys), day.isoformat()]))
    if not rows:
        return Fault(Term("本地区及其上级没有此项规定", "no such rule here or above"), file=_shown(table), found=found)
    if day < first:
        what = Term("早于此表的开始日期", "before the table begins")
        return Fault(what, file=_shown(table), found=found, expected=f"≥ {first.isoformat()}")
    what = Term("该日期没有此项数据", "nothing for this on that date")
    last = max(row.effective for row in rows).isoformat()
    return Fault(what, file=_shown(table), found=found, expected=", ".join(held) or f"{first.isoformat()} – {last}")


def _said(keys: dict[str, str | float]) -> str:
    return " ".join(f"{name}={key:g}" if isinstance(key, float) else f"{name}={key}" for name, key in keys.items())


def _shown(table: str) -> str:
    return f"data/policy/{table}.csv"
