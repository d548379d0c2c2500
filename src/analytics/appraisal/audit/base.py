"""Is the contribution base sound: does the base year's income fit its heads, base and rate?"""

from __future__ import annotations

from collections.abc import Iterator

from analytics.appraisal.audit.evidence import Evidence
from analytics.appraisal.findings import Finding, Parts, amount, say
from analytics.model.enrollment import CATEGORIES as EMPLOYEE_CATEGORIES
from analytics.terms import CATEGORIES, SCHEMES, Term

_PLAUSIBLE_LEVEL = (0.7, 1.4)
_BOUNDED = (
    "employee",
    "unemployment",
)  # work injury is paid on whole payrolls and by project, the resident scheme by tier
_ROUNDING = 1e-9


def base_levels(e: Evidence) -> Iterator[Finding]:
    """Stated income against what heads, base and rate imply: far from one, the baseline contradicts itself."""
    low, high = _PLAUSIBLE_LEVEL
    for scheme in e.plan.schemes:
        level = e.series(scheme, "base_level").get(e.base_year, 1.0)
        if not low <= level <= high:
            yield _base_level(e, scheme, level)


def _base_level(e: Evidence, scheme: str, level: float) -> Finding:
    low, high = _PLAUSIBLE_LEVEL
    income = e.series(scheme, "collection_income")[e.base_year]
    parts: Parts = {
        "scheme": SCHEMES[scheme], "year": e.base_year, "level": amount(level, "times"),
        "low": f"{low:g}", "high": f"{high:g}",
        "income": amount(income, "yuan"), "implied": amount(income / level, "yuan"),
    }  # fmt: skip
    sentence = say(
        "{scheme}{year}年征缴收入{income}，为按人数、基数和费率测算数{implied}的{level}，超出{low}—{high}倍的合理范围，"
        "人数、基数或收入中至少一项有误。",
        "{scheme}: collection income of {income} in {year} is {level} what heads, base and rate give ({implied}), "
        "outside the plausible {low}–{high}; one of them must be wrong.",
        **parts,
    )
    arithmetic = e.formula("{income} ÷ {implied} = {level}", **parts)
    return Finding(f"base_level.{scheme}", "warning", scheme, arithmetic, sentence)


def base_bounds(e: Evidence) -> Iterator[Finding]:
    """Average declared bases of the base year below the floor or above the cap that the law sets."""
    floor, cap = (e.series("employee", bound).get(e.base_year) for bound in ("base_floor", "base_cap"))
    if floor is None or cap is None:
        return
    for scheme in (name for name in e.plan.schemes if name in _BOUNDED):
        for category in EMPLOYEE_CATEGORIES if scheme == "employee" else ("total",):
            base = e.series(scheme, "contribution_base", category).get(e.base_year)
            if base is not None and not floor * (1 - _ROUNDING) <= base <= cap * (1 + _ROUNDING):
                yield _base_bound(e, scheme, category, base, floor, cap)


def _base_bound(e: Evidence, scheme: str, category: str, base: float, floor: float, cap: float) -> Finding:
    below = base < floor
    parts: Parts = {
        "who": CATEGORIES[category] if scheme == "employee" else SCHEMES[scheme], "year": e.base_year,
        "base": amount(base, "yuan/month", decimals=1), "sign": "<" if below else ">",
        "bound": amount(floor if below else cap, "yuan/month", decimals=1),
        "side": Term("低于下限", "below the floor of") if below else Term("高于上限", "above the cap of"),
    }  # fmt: skip
    sentence = say(
        "由基年数据推算，{who}{year}年平均缴费基数{base}，{side}{bound}，人数或收入可能有误。",
        "{who}: the average base implied for {year}, {base}, is {side} {bound}; heads or income may be wrong.",
        **parts,
    )
    name = f"base_bounds.{scheme}.{category}"
    return Finding(name, "warning", scheme, e.formula("{base} {sign} {bound}", **parts), sentence)
