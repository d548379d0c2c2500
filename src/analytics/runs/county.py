"""A made-up county: drawn around the national figures of 2024, with ten years of history, towns and a plan.

Counties differ by the spreads in :data:`SPREADS`; their past follows the national series.  Every county is drawn with a
seed of its own, so that it is the same however many there are.  Nothing here is real, and every label, source and
quality says so.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from analytics.inputs.history import load_history, series
from analytics.inputs.policy import average_wage
from analytics.terms import Term, text

PROVINCE = "synthetic"
LIKE = "shandong"
"""Whose rates, base rules and wages the province is given."""
BASE_YEAR, FIRST_PAST, LAST_YEAR = 2024, 2015, 2027
COUNTIES = 2850
"""County-level divisions of China, rounded; the mean county is the nation divided by it."""

MARK = "模拟数据（synthetic），种子 {seed}，按全国2024年数随机生成，非真实数据"
WORDS = {
    "province": Term("模拟省（模拟数据）", "Synthetic province"),
    "county": Term("模拟县{number:04}（模拟数据）", "Synthetic county {number:04}"),
    "town": Term("模拟县{number:04}模拟镇{town:02}", "Synthetic county {number:04} town {town:02}"),
    "plan": Term("模拟县{number:04}社会保险三年规划（模拟数据）", "Synthetic county {number:04}: three-year plan (synthetic data)"),
    "about": Term("模拟数据：三年扩面、征缴目标能否实现", "Synthetic data: can three years of enrollment and income targets be met"),
}  # fmt: skip


@dataclass(frozen=True)
class Spread:
    """How counties differ in something: a Beta distribution on [``low``, ``high``] with this mean and deviation."""

    words: Term
    mean: float
    deviation: float
    low: float
    high: float

    def draw(self, random: np.random.Generator) -> float:
        """One county's value.  Beta(mκ, (1−m)κ) with m the mean on the unit interval and κ = m(1−m)/s² − 1."""
        width = self.high - self.low
        mean, deviation = (self.mean - self.low) / width, self.deviation / width
        size = mean * (1 - mean) / deviation**2 - 1
        return self.low + width * float(random.beta(mean * size, (1 - mean) * size))


SPREADS: dict[str, Spread] = {
    "adults": Spread(Term("16岁及以上人口与全国县均之比", "population 16+ to the mean county"), 1.0, 0.55, 0.12, 4.5),
    "coverage": Spread(Term("参保率", "coverage rate"), 0.92, 0.025, 0.84, 0.97),
    "pension_stage": Spread(Term("参保人员中领取待遇者占比", "share of the insured who draw a pension"), 0.305, 0.03, 0.2, 0.42),
    "employee_share": Spread(Term("缴费阶段职工占比（县低于全国）", "employee share, below the nation's"), 0.42, 0.13, 0.12, 0.85),
    "retiree_ratio": Spread(Term("离退休与参保职工之比，相对全国", "retirees to active employees, to the nation's"), 0.95, 0.15, 0.5, 1.5),
    "flexible": Spread(Term("缴费人员中灵活就业占比", "flexible workers among contributors"), 0.24, 0.07, 0.08, 0.5),
    "interrupted": Spread(Term("参保职工中中断缴费占比", "interrupted among active employees"), 0.16, 0.03, 0.06, 0.28),
    "base": Spread(Term("企业缴费基数与平均工资之比", "enterprise base to average wage"), 0.75, 0.05, 0.6, 0.95),
    "pension": Spread(Term("人均养老金，相对全国", "average pension to the nation's"), 0.92, 0.07, 0.7, 1.2),
    "benefit": Spread(Term("居民人均待遇，相对全国", "average resident benefit to the nation's"), 0.95, 0.1, 0.6, 1.5),
    "growth": Spread(Term("十年间参保增速，相对全国", "past growth of heads to the nation's"), 0.9, 0.25, 0.2, 1.7),
    "gross_new": Spread(Term("新增参保占参保职工比例", "gross new enrollment to active employees"), 0.062, 0.012, 0.035, 0.1),
    "ambition": Spread(Term("新增参保目标与趋势之比", "target of new enrollment to the trend"), 1.2, 0.15, 0.9, 1.7),
    "income_growth": Spread(Term("征缴收入目标年增幅", "yearly growth of the income target"), 0.07, 0.02, 0.02, 0.12),
    "unemployment": Spread(Term("失业保险参保与企业缴费人员之比", "unemployment insured to enterprise contributors"), 1.0, 0.08, 0.75, 1.25),
    "work_injury": Spread(Term("工伤保险参保与企业缴费人员之比", "work-injury insured to enterprise contributors"), 1.1, 0.1, 0.8, 1.4),
    "towns": Spread(Term("乡镇数", "number of towns"), 10, 3.5, 3, 24),
}  # fmt: skip
ODDS = {"small_funds": 0.7, "trend_model": 0.35, "share_target": 0.3, "coverage_target": 0.3, "gap_target": 0.5}
"""How often a county has both small funds, a path read off its history, and each kind of further target."""
_NOISE = 0.004
"""Standard deviation of a past year's figure around the smooth path."""
_SCHOOL, _ADULT = 0.05, 0.82
"""Students among 16+, and 16+ among all ages, of the nation."""


@dataclass(frozen=True)
class Nation:
    """What counties are drawn around: national figures of the base year and the series their past follows.

    ``past`` holds yearly values by (scheme, indicator); ``wage`` is the monthly wage behind the base of the base year.
    """

    adults: float
    past: Mapping[tuple[str, str], pd.Series]
    wage: float

    def of(self, scheme: str, indicator: str) -> float:
        """The base year's value."""
        return float(self.past[scheme, indicator][BASE_YEAR])

    def course(self, scheme: str, indicator: str, speed: float) -> pd.Series:
        """The series against its base-year value, its growth raised to the power ``speed``."""
        past = self.past[scheme, indicator]
        return (past / past[BASE_YEAR]) ** speed


def read_nation() -> Nation:
    """The national figures, from the workbook's own data."""
    history = load_history("china")
    wanted = [("employee", i) for i in ("active", "retirees", "income", "expenditure")]
    wanted += [("resident", i) for i in ("active", "beneficiaries", "income", "expenditure")]
    past = {key: series(history, *key).loc[FIRST_PAST:BASE_YEAR] for key in wanted}
    wage = average_wage(LIKE, BASE_YEAR - 1)
    if wage is None:
        raise RuntimeError(f"no average wage of {BASE_YEAR - 1} in {LIKE}")
    return Nation(float(series(history, "all", "population")[BASE_YEAR]), past, wage.value)


@dataclass(frozen=True)
class County:
    """A county as drawn: heads of the base year, its past, its plan's numbers, its towns' people."""

    number: int
    mark: str
    drawn: Mapping[str, float]
    heads: Mapping[str, int]
    income: float
    past: pd.DataFrame
    towns: list[int]
    has: Mapping[str, bool]

    @property
    def id(self) -> str:
        """Id of the region and name of the plan."""
        return f"{PROVINCE}_{self.number:04}"

    def town_ids(self) -> list[str]:
        """Ids of the towns."""
        return [f"{self.id}_{town:02}" for town in range(1, len(self.towns) + 1)]

    def say(self, what: str) -> dict[str, str]:
        """A label in both languages."""
        return {side: text(WORDS[what], side, number=self.number) for side in ("zh", "en")}


def draw_county(nation: Nation, seed: int, number: int) -> County:
    """County ``number`` of the province with this ``seed``; the same whatever the number of counties."""
    random = np.random.default_rng([seed, number])
    drawn = {name: spread.draw(random) for name, spread in SPREADS.items()}
    has = {name: bool(random.random() < odds) for name, odds in ODDS.items()}
    heads = _heads(nation, drawn)
    income = _income(nation, drawn, heads)
    past = _past(nation, drawn, heads, income, random)
    towns = _shared(round(heads["adults"] / _ADULT), random.dirichlet(np.full(round(drawn["towns"]), 4.0)))
    return County(number, MARK.format(seed=seed), drawn, heads, income, past, towns, has)


def _heads(nation: Nation, drawn: Mapping[str, float]) -> dict[str, int]:
    """Heads from the top down: adults → insured → contribution and pension stage → schemes, so nobody counts twice."""
    adults = nation.adults / COUNTIES * drawn["adults"]
    insured = adults * (1 - _SCHOOL) * drawn["coverage"]
    pensioners = insured * drawn["pension_stage"]
    active = (insured - pensioners) * drawn["employee_share"]
    dependants = nation.of("employee", "retirees") / nation.of("employee", "active") * drawn["retiree_ratio"]
    retirees = min(active * dependants, 0.9 * pensioners)
    paying = active * (1 - drawn["interrupted"])
    enterprise = paying * (1 - drawn["flexible"])
    heads = {
        "adults": adults,
        "enterprise": enterprise,
        "flexible": paying - enterprise,
        "interrupted": active - paying,
        "retirees": retirees,
        "resident": insured - pensioners - active,
        "beneficiaries": pensioners - retirees,
        "unemployment": enterprise * drawn["unemployment"],
        "work_injury": enterprise * drawn["work_injury"],
    }
    return {name: round(number) for name, number in heads.items()}


def _income(nation: Nation, drawn: Mapping[str, float], heads: Mapping[str, int]) -> float:
    """Collection income of the employee scheme: Σ heads × base × 12 × rate (24 %, flexible 20 %) × 97 % collected."""
    bases = heads["enterprise"] * drawn["base"] * 0.24 + heads["flexible"] * 0.62 * 0.20
    return bases * nation.wage * 12 * 0.97


def _past(
    nation: Nation, drawn: Mapping[str, float], heads: Mapping[str, int], income: float, random: np.random.Generator
) -> pd.DataFrame:
    """Ten years of both pension schemes: national course, the county's own speed, a little noise; whole numbers.

    Columns (scheme, indicator), index year.  participants = active + pensioners; the resident balance rolls forward:
    end = start + income − expenditure.
    """
    speed = drawn["growth"]
    active = heads["enterprise"] + heads["flexible"] + heads["interrupted"]
    pension = nation.of("employee", "expenditure") / nation.of("employee", "retirees") * drawn["pension"]
    benefit = nation.of("resident", "expenditure") / nation.of("resident", "beneficiaries") * drawn["benefit"]
    ends = {
        ("employee", "active"): (active, nation.course("employee", "active", speed)),
        ("employee", "retirees"): (heads["retirees"], nation.course("employee", "retirees", speed)),
        ("employee", "collection_income"): (income, nation.course("employee", "income", 0.8 + 0.2 * speed)),
        ("employee", "expenditure"): (heads["retirees"] * pension, nation.course("employee", "expenditure", 0.8 + 0.2 * speed)),
        ("resident", "active"): (heads["resident"], nation.course("resident", "active", speed)),
        ("resident", "beneficiaries"): (heads["beneficiaries"], nation.course("resident", "beneficiaries", speed)),
        ("resident", "income"): (heads["beneficiaries"] * benefit * 1.3, nation.course("resident", "income", 1.0)),
        ("resident", "expenditure"): (heads["beneficiaries"] * benefit, nation.course("resident", "expenditure", 1.0)),
    }  # fmt: skip
    frame = pd.DataFrame({key: end * course * _noise(len(course), random) for key, (end, course) in ends.items()})
    frame = frame.round().astype("int64")
    for scheme, pensioners in (("employee", "retirees"), ("resident", "beneficiaries")):
        frame[scheme, "participants"] = frame[scheme, "active"] + frame[scheme, pensioners]
    opening = 1.5 * frame["resident", "expenditure"].iloc[0]
    rolled = opening + (frame["resident", "income"] - frame["resident", "expenditure"]).cumsum()
    frame["resident", "balance"] = rolled.round().astype("int64")
    return frame


def _noise(years: int, random: np.random.Generator) -> np.ndarray:
    """Factors around 1, shape (years,); the base year is as it was drawn."""
    return np.append(np.exp(random.normal(0.0, _NOISE, years - 1)), 1.0)


def _shared(total: int, shares: np.ndarray) -> list[int]:
    """``total`` in whole persons by ``shares``, the largest remainders rounded up: the parts sum to the total."""
    exact = total * shares
    whole = np.floor(exact).astype(int)
    order = np.argsort(whole - exact, kind="stable")
    whole[order[: total - whole.sum()]] += 1
    return whole.tolist()


# The plan ------------------------------------------------------------------------------------------------------------


def plan_entries(county: County) -> dict[str, object]:
    """The county's plan file as nested entries."""
    years = range(BASE_YEAR + 1, LAST_YEAR + 1)
    schemes = ["employee", "resident", *(["unemployment", "work_injury"] if county.has["small_funds"] else [])]
    entries: dict[str, object] = {
        "name": county.id,
        "label": county.say("plan"),
        "about": {side: text(WORDS["about"], side) for side in ("zh", "en")},
        "region": {"id": county.id, "label": county.say("county"), "level": "county", "province": PROVINCE},
        "horizon": {"base_year": BASE_YEAR, "first_year": years[0], "last_year": years[-1]},
        "schemes": schemes,
        "baseline": _baseline(county),
        "drivers": _drivers(county),
        "targets": [{**target, "source": county.mark} for target in _targets(county, years)],
        "scenarios": _SCENARIOS,
    }
    if county.has["trend_model"]:
        entries["trends"] = {"employee.active_path": {"scheme": "employee", "indicator": "active"}}
    return entries


_SCENARIOS = {
    "base_quality": {
        "label": {"zh": "缴费基数夯实", "en": "Declared bases strengthened"},
        "why": {"zh": "缴费基数占工资比例每年提高2%", "en": "Declared bases rise 2 % a year against wages"},
        "changes": {"employee.base_quality": {"set": 0.02}},
    },
    "half_delivered": {
        "label": {"zh": "扩面完成一半", "en": "Half of the new enrollment"},
        "why": {"zh": "新增参保只完成下达数的一半", "en": "Only half of the new enrollment asked for is delivered"},
        "changes": {"employee.gross_new": {"times": 0.5}},
    },
}


def _assumed(county: County, value: float, unit: str, spread: float = 0.0, decimals: int = 0) -> dict[str, object]:
    """An entry of a plan file, with a range of ± ``spread`` where one is given."""
    value, low, high = (round(float(value) * side, decimals) for side in (1.0, 1 - spread, 1 + spread))
    ends = {"low": low, "high": high} if spread else {}
    return {"value": value, **ends, "unit": unit, "quality": "assumed", "source": county.mark, "date": str(BASE_YEAR)}


def _baseline(county: County) -> dict[str, object]:
    """Heads, income and benefits of the base year; the small funds only where the county has them."""
    heads, last = county.heads, county.past.loc[BASE_YEAR]
    pension = last["employee", "expenditure"] / last["employee", "retirees"] / 12
    benefit = last["resident", "expenditure"] / last["resident", "beneficiaries"] / 12
    entries = {
        "population.adults": _assumed(county, heads["adults"], "人", 0.03),
        "employee.enterprise": _assumed(county, heads["enterprise"], "人", 0.06),
        "employee.flexible": _assumed(county, heads["flexible"], "人", 0.15),
        "employee.interrupted": _assumed(county, heads["interrupted"], "人", 0.2),
        "employee.retirees": _assumed(county, heads["retirees"], "人", 0.03),
        "employee.collection_income": _assumed(county, county.income, "元"),
        "employee.pension": _assumed(county, pension, "元/月", decimals=2),
        "resident.active": _assumed(county, heads["resident"], "人", 0.04),
        "resident.beneficiaries": _assumed(county, heads["beneficiaries"], "人", 0.03),
        "resident.benefit": _assumed(county, benefit, "元/月", decimals=2),
        "resident.balance": _assumed(county, float(last["resident", "balance"]), "元"),
    }
    for scheme, per_head in (("unemployment", 500), ("work_injury", 380)) if county.has["small_funds"] else ():
        entries[f"{scheme}.participants"] = _assumed(county, heads[scheme], "人", 0.05)
        entries[f"{scheme}.collection_income"] = _assumed(county, heads[scheme] * per_head, "元")
    return entries


def _drivers(county: County) -> dict[str, object]:
    """What the trend path goes on with: gross new enrollment of each scheme."""
    entries = {
        "employee.gross_new": _assumed(county, _trend(county), "人", 0.2),
        "resident.gross_new": _assumed(county, 0.012 * county.heads["resident"], "人", 0.4),
    }
    for scheme in ("unemployment", "work_injury") if county.has["small_funds"] else ():
        entries[f"{scheme}.gross_new"] = _assumed(county, 0.02 * county.heads[scheme], "人", 0.4)
    return entries


def _trend(county: County) -> float:
    """Gross new enrollment a year if recent behaviour continues, persons."""
    paying = sum(county.heads[category] for category in ("enterprise", "flexible"))
    return county.drawn["gross_new"] * paying


def _targets(county: County, years: range) -> Iterator[dict[str, object]]:
    """Rising yearly numbers as plans set them, rounded as plans round them."""
    asked = county.drawn["ambition"]
    gross = {year: round(_trend(county) * asked * 1.05**step, -2) for step, year in enumerate(years)}
    income = {year: county.income * (1 + county.drawn["income_growth"]) ** (year - BASE_YEAR) for year in years}
    yield _target("employee", "gross_new", "人", gross)
    yield _target("employee", "collection_income", "亿元", {y: round(yuan / 1e8, 2) for y, yuan in income.items()})
    for scheme in ("unemployment", "work_injury") if county.has["small_funds"] else ():
        heads = 0.02 * county.heads[scheme] * asked
        yield _target(
            scheme, "gross_new", "人", {year: round(heads * 1.05**step, -1) for step, year in enumerate(years)}
        )
    if county.has["share_target"]:
        share = 100 * county.drawn["employee_share"] + 3
        yield _target("all", "employee_share", "%", {years[-1]: round(share, 1)})
    if county.has["coverage_target"]:
        yield _target("all", "coverage_rate", "%", {years[-1]: 95.0})
    if county.has["gap_target"]:
        yield {**_target("employee", "gap", "亿元", dict.fromkeys(years, 0.0)), "aim": "fall"}


def _target(scheme: str, indicator: str, unit: str, values: Mapping[int, float]) -> dict[str, object]:
    return {"scheme": scheme, "indicator": indicator, "unit": unit, "values": dict(values)}
