"""Why a result changed: between two years, two paths, or two scenarios, split by driver so that the parts sum to it.

Collection income and expenditure are sums of products and are split by LMDI; the gap is their difference.  The employee
share s = A ÷ (A + R) is split by the flows behind both stocks: with w = Δs ÷ Δln(A ÷ R), the logarithmic mean of the
odds, Δs = w × ln(A₁ ÷ A₀) − w × ln(R₁ ÷ R₀), and a flow f into A adds w × f ÷ L(A₀, A₁), one into R takes w × f ÷
L(R₀, R₁).  Both are exact: nothing is left over.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from math import log

import numpy as np
import pandas as pd

from analytics.appraisal.findings import amount, difference, listed, points, say, subject
from analytics.appraisal.lmdi import lmdi, log_mean
from analytics.inputs.assumptions import at
from analytics.inputs.faults import Fault, raise_if
from analytics.model.book import Book
from analytics.model.enrollment import CATEGORIES, total
from analytics.model.fund import MONTHS, average_heads
from analytics.model.projection import Projection
from analytics.terms import Language, Scale, Term, display_scale, text, unit_of

_KEY = ["scheme", "indicator", "category"]

PARTS: dict[str, Term] = {
    # collection income
    "heads": Term("缴费人数", "Contributors"),
    "mix": Term("人员类别结构", "Mix of categories"),
    "wage": Term("缴费基数（随平均工资）", "Base: average wage"),
    "declared": Term("缴费基数（申报水平）", "Base: declared level"),
    "rate": Term("费率", "Contribution rate"),
    "collection": Term("征缴率", "Collection rate"),
    "paying": Term("当年缴费比例", "Share paying"),
    "fee": Term("人均缴费", "Average fee"),
    # expenditure
    "retirees": Term("离退休人数", "Retirees"),
    "pension": Term("人均养老金", "Average pension"),
    "one_off": Term("一次性支出", "One-off payments"),
    "beneficiaries": Term("领取待遇人数", "Beneficiaries"),
    "benefit": Term("人均待遇", "Average benefit"),
    "insured": Term("参保人数（支出侧）", "Participants, as cost"),
    "cost": Term("人均支出", "Cost per participant"),
    # employee share
    "start": Term("起点人数", "Heads at the start"),
    "new": Term("职工新增（居民转入除外）", "New, transfers apart"),
    "transfers": Term("居民转入职工", "Transfers from residents"),
    "employee_deaths": Term("职工死亡", "Employee deaths"),
    "employee_retirements": Term("职工退休", "Newly retired"),
    "exits": Term("职工转出", "Employee exits"),
    "resident_new": Term("居民新增", "New residents"),
    "resident_deaths": Term("居民死亡", "Resident deaths"),
    "resident_retirements": Term("居民到龄领取", "Residents reaching 60"),
    "migration": Term("居民净迁移", "Resident migration"),
}
"""What a change is made of."""

_MOST_NAMED = 4
_WORDS = {
    "years": Term("{year}年{what}（{path}）为{after}，比{before_year}年{more}{change}，其中：{parts}。",
                  "{what} ({path}) is {after} in {year}, {change} {more} than in {before_year}. Of this: {parts}."),
    "paths": Term("{year}年{what}：{path}为{after}，比{before_path}{more}{change}，其中：{parts}。",
                  "{what} in {year}: {after} ({path}), {change} {more} than {before} ({before_path}). Of this: {parts}."),
    "same_years": Term("{year}年{what}（{path}）为{after}，与{before_year}年相同。",
                       "{what} ({path}) is {after} in {year}, as in {before_year}."),
    "same_paths": Term("{year}年{what}：{path}为{after}，与{before_path}相同。",
                       "{what} in {year}: {after} ({path}), the same as {before_path}."),
    "part": Term("{name}{effect}", "{name} {effect}"),
    "rest": Term("其他合计{effect}", "others {effect}"),
    "surplus": Term("{value}（负数为收大于支）", "{value} (negative: income exceeds expenditure)"),
}  # fmt: skip
_UP = {"years": Term("增加", "more"), "paths": Term("多", "more"), "ratio": Term("高", "higher")}
_DOWN = {"years": Term("减少", "less"), "paths": Term("少", "less"), "ratio": Term("低", "lower")}


@dataclass(frozen=True)
class Point:
    """One path in one year."""

    projection: Projection
    year: int

    @cached_property
    def book(self) -> Book:
        """The path's central values, to be read as the equations read them."""
        book = Book()
        for row in self.projection.results[[*_KEY, "year", "value"]].itertuples(index=False):
            book.enter(row.scheme, row.indicator, row.year, row.value, row.category)
        return book

    @property
    def base_year(self) -> int:
        """The last year taken as known."""
        return self.projection.plan.horizon.base_year

    @property
    def path(self) -> Term:
        """The path's label."""
        plan, name = self.projection.plan, self.projection.scenario
        return Term(plan.scenario_label(name, "zh"), plan.scenario_label(name, "en"))

    def has(self, scheme: str, indicator: str) -> bool:
        """Whether the path has the result in the point's year."""
        return self.year in self.book.entries.get((scheme, indicator, "total"), {})

    def now(self, scheme: str, indicator: str, category: str = "total") -> float:
        """A result in the point's year, plain units."""
        return self.book(scheme, indicator, self.year, category)

    def given(self, name: str, year: int = 0) -> float:
        """A parameter in ``year``, the point's own unless one is named."""
        return at(self.projection.assumptions[name].value, year or self.year)

    def heads(self, scheme: str, stock: str, category: str = "total") -> float:
        """Average heads in the year; in the base year, whose start is not known, those at its end."""
        return average_heads(self.book, scheme, stock, self.year, self.base_year, category)

    def since_base(self, scheme: str, flow: str) -> float:
        """A yearly flow, summed from the first projected year to the point's."""
        return sum(self.book(scheme, flow, year) for year in range(self.base_year + 1, self.year + 1))


@dataclass(frozen=True)
class Attribution:
    """A change and its parts, in the plain unit of the indicator.

    ``parts`` by name (:data:`PARTS`), in the order the equations have them; they sum to ``after − before``.
    """

    scheme: str
    indicator: str
    start: Point
    end: Point
    before: float
    after: float
    parts: Mapping[str, float]

    @property
    def change(self) -> float:
        """after − before."""
        return self.after - self.before

    @property
    def moving(self) -> dict[str, float]:
        """The parts that are not zero up to rounding."""
        noise = 1e-9 * max(abs(self.before), abs(self.after))
        return {name: effect for name, effect in self.parts.items() if abs(effect) > noise}

    def frame(self, language: Language = "zh") -> pd.DataFrame:
        """One row a part: ``part``, ``label``, ``effect`` (plain unit), ``share`` of the change (NaN when it is zero)."""
        effects = np.array(list(self.parts.values()))
        share = effects / self.change if self.moving and self.change else np.full(len(effects), np.nan)
        labels = [text(PARTS[name], language) for name in self.parts]
        return pd.DataFrame({"part": list(self.parts), "label": labels, "effect": effects, "share": share})

    @property
    def sentence(self) -> Term:
        """What an officer reads: the change, then its largest parts."""
        kind = "years" if self.start.projection.scenario == self.end.projection.scenario else "paths"
        words, unit = _WORDS[kind if self.moving else f"same_{kind}"], unit_of(self.indicator)
        return say(
            words.zh, words.en, what=subject(self.scheme, self.indicator), year=self.end.year, path=self.end.path,
            before_year=self.start.year, before_path=self.start.path, after=self._level(self.after),
            before=amount(self.before, unit), change=unsigned(self.change, unit), parts=self._largest(),
            more=(_UP if self.change >= 0 else _DOWN)["ratio" if unit == "ratio" else kind],
        )  # fmt: skip

    def _level(self, value: float) -> Term:
        shown = amount(value, unit_of(self.indicator))
        surplus = self.indicator == "gap" and value < 0
        return say(_WORDS["surplus"].zh, _WORDS["surplus"].en, value=shown) if surplus else shown

    def _largest(self) -> Term:
        """The largest parts by name, then all others together."""
        unit = unit_of(self.indicator)
        scale = display_scale(unit, max(map(abs, self.moving.values()), default=0.0))
        ordered = sorted(self.moving.items(), key=lambda part: -abs(part[1]))
        named = [_named(PARTS[name], effect, unit, scale) for name, effect in ordered[:_MOST_NAMED]]
        rest = [effect for _, effect in ordered[_MOST_NAMED:]]
        words = _WORDS["rest"]
        others = [say(words.zh, words.en, effect=difference(sum(rest), unit, scale))] if rest else []
        return listed([*named, *others], "，", "; ")


def _named(name: Term, effect: float, unit: str, scale: Scale) -> Term:
    return say(_WORDS["part"].zh, _WORDS["part"].en, name=in_sentence(name), effect=difference(effect, unit, scale))


def in_sentence(term: Term) -> Term:
    """A label as it stands inside a sentence: small at the beginning in English."""
    return Term(term.zh, term.en[0].lower() + term.en[1:], term.unit)


def unsigned(value: float, unit: str) -> Term:
    """The size of a difference: percentage points between ratios, otherwise an amount."""
    return points(abs(value)) if unit == "ratio" else amount(abs(value), unit)


def attribute(start: Point, end: Point, scheme: str, indicator: str) -> Attribution:
    """Split the change of a result from one point to another.

    Parameters
    ----------
    start, end
        Two years of one path, or two paths of one plan.
    scheme, indicator
        ``collection_income`` or ``gap`` of any scheme, or ``all``, ``employee_share``.

    Raises
    ------
    InputError
        When the two points are of different plans, a year is not projected, or the result cannot be split.
    """
    _refuse_unsplittable(start, end, scheme, indicator)
    parts = _SPLITS[indicator](start, end, scheme)
    before, after = (point.now(scheme, indicator) for point in (start, end))
    return Attribution(scheme, indicator, start, end, before, after, parts)


def _refuse_unsplittable(start: Point, end: Point, scheme: str, indicator: str) -> None:
    plans = [point.projection.plan.name for point in (start, end)]
    faults = []
    if plans[0] != plans[1]:
        faults.append(Fault(Term("只能分解同一规划的变动", "only changes within one plan can be split"),
                            found=plans[1], expected=plans[0]))  # fmt: skip
    if indicator not in _SPLITS:
        faults.append(Fault(Term("该指标不能分解", "this indicator cannot be split"),
                            found=indicator, expected="、".join(_SPLITS)))  # fmt: skip
    for point in (start, end):
        if not point.has(scheme, indicator):
            faults.append(Fault(Term("该路径没有这个结果", "the path has no such result"),
                                found=f"{point.projection.scenario}.{scheme}.{indicator}.{point.year}"))  # fmt: skip
    raise_if(faults)


# --- sums of products ------------------------------------------------------------------------------------------------

Product = tuple[tuple[str, ...], np.ndarray]
"""Names of the factors, and the factors, shape (sectors, factors)."""


def _effects(before: Product, after: Product, sign: float = 1.0) -> dict[str, float]:
    names, start = before
    _, end = after
    return {name: sign * float(effect) for name, effect in zip(names, lmdi(start, end).sum(axis=0), strict=True)}


def _split_income(start: Point, end: Point, scheme: str) -> dict[str, float]:
    return _effects(_income(start, scheme), _income(end, scheme))


def _split_gap(start: Point, end: Point, scheme: str) -> dict[str, float]:
    """gap = expenditure − collection income, so what raises income lowers the gap."""
    spent = zip(_expenditure(start, scheme), _expenditure(end, scheme), strict=True)
    parts = {name: effect for before, after in spent for name, effect in _effects(before, after).items()}
    return parts | _effects(_income(start, scheme), _income(end, scheme), -1.0)


def _income(point: Point, scheme: str) -> Product:
    if scheme == "employee":
        return _employee_income(point)
    if scheme == "resident":
        factors = [point.heads("resident", "active"), point.given("resident.paying"), point.given("resident.fee")]
        return ("heads", "paying", "fee"), np.array([factors])
    heads, wage = point.heads(scheme, "participants"), _reference(point)
    declared = point.now(scheme, "contribution_base") / wage
    tail = [point.now(scheme, "contribution_rate"), point.now(scheme, "collection_rate")]
    return ("heads", "wage", "declared", "rate", "collection"), np.array([[heads, wage * MONTHS, declared, *tail]])


def _employee_income(point: Point) -> Product:
    """One sector a category: all heads × its share of them × reference wage × declared ratio × rate × collection rate."""
    categories = [k for k in CATEGORIES if f"employee.{k}" in point.projection.assumptions]
    heads = {k: point.heads("employee", "contributors", k) for k in categories}
    everyone, wage, collected = total(heads.values()), _reference(point), point.now("employee", "collection_rate")
    rows = [
        [everyone, heads[k] / everyone, wage * MONTHS, point.now("employee", "contribution_base", k) / wage,
         point.now("employee", "contribution_rate", k), collected]
        for k in categories
    ]  # fmt: skip
    return ("heads", "mix", "wage", "declared", "rate", "collection"), np.array(rows)


def _reference(point: Point) -> float:
    """The wage behind the year's base, yuan a month; its lag and mid-year switch are in it."""
    return point.now("employee", "base_floor") / point.given("wage.floor", point.base_year)


def _expenditure(point: Point, scheme: str) -> Sequence[Product]:
    """Pensions or costs as heads × amount a head, and one-off payments for themselves."""
    spent = point.now(scheme, "expenditure")
    if scheme == "employee":
        one_off = _one_off(point)
        pensions = _per_head(("retirees", "pension"), point.heads("employee", "retirees"), spent - one_off)
        return pensions, (("one_off",), np.array([[one_off]]))
    if scheme == "resident":
        return (_per_head(("beneficiaries", "benefit"), point.heads("resident", "beneficiaries"), spent),)
    return (_per_head(("insured", "cost"), point.heads(scheme, "participants"), spent),)


def _per_head(names: tuple[str, str], heads: float, spent: float) -> Product:
    return names, np.array([[heads, spent / heads]])


def _one_off(point: Point) -> float:
    """Payments at the death of pensioners; in the base year they are not told apart from pensions."""
    if point.year == point.base_year:
        return 0.0
    return point.now("employee", "pensioner_deaths") * point.given("employee.funeral")


# --- the employee share ----------------------------------------------------------------------------------------------


def _split_share(start: Point, end: Point, scheme: str) -> dict[str, float]:
    """Employee share by the flows into and out of both contribution stages since the base year."""
    (a0, r0), (a1, r1) = ((p.now("employee", "active"), p.now("resident", "active")) for p in (start, end))
    weight = _odds_weight(a0, r0, a1, r1)
    per_employee, per_resident = (weight / float(log_mean(new, old)) for new, old in ((a1, a0), (r1, r0)))
    into, out_of = _employee_flows(start, end), _resident_flows(start, end)
    parts = {name: into.get(name, 0.0) * per_employee - out_of.get(name, 0.0) * per_resident for name in into | out_of}
    return {name: parts[name] for name in PARTS if name in parts}


def _odds_weight(a0: float, r0: float, a1: float, r1: float) -> float:
    """Δs ÷ Δln(A ÷ R); its limit s × (1 − s) where the odds do not change."""
    share = a0 / (a0 + r0)
    moved = log(a1 / a0) - log(r1 / r0)
    return (a1 / (a1 + r1) - share) / moved if abs(moved) > 1e-9 else share * (1 - share)


def _employee_flows(start: Point, end: Point) -> dict[str, float]:
    """Flows by which the employee contribution stage of ``end`` differs from that of ``start``, in persons."""
    gross, transfers, deaths, retirements, exits = (
        _further(start, end, "employee", flow) for flow in ("gross_new", "transfers", "deaths", "retirements", "exits")
    )
    return {
        "start": _opening(start, end, "employee"), "new": gross - transfers, "transfers": transfers,
        "employee_deaths": -deaths, "employee_retirements": -retirements, "exits": -exits,
    }  # fmt: skip


def _resident_flows(start: Point, end: Point) -> dict[str, float]:
    """Likewise for the resident contribution stage."""
    gross, deaths, retirements = (
        _further(start, end, "resident", flow) for flow in ("gross_new", "deaths", "retirements")
    )
    return {
        "start": _opening(start, end, "resident"), "transfers": -_further(start, end, "employee", "transfers"),
        "resident_new": gross, "resident_deaths": -deaths, "resident_retirements": -retirements,
        "migration": _further(start, end, "resident", "migration"),
    }  # fmt: skip


def _further(start: Point, end: Point, scheme: str, flow: str) -> float:
    return end.since_base(scheme, flow) - start.since_base(scheme, flow)


def _opening(start: Point, end: Point, scheme: str) -> float:
    opening, closing = (p.book(scheme, "active", p.base_year) for p in (start, end))
    return closing - opening


_SPLITS: dict[str, Callable[[Point, Point, str], dict[str, float]]] = {
    "collection_income": _split_income,
    "gap": _split_gap,
    "employee_share": _split_share,
}
