"""What the model is given for one path: every parameter with its values by year, range, source and quality.

Four layers, the later ones replacing the earlier: policy tables (rates, bounds, wages known by the as-of date), the
plan's baseline and drivers, what the document sets (plan path) or the trend models forecast (trend path), and the
scenario's changes.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date
from itertools import takewhile

from analytics.inputs.faults import Fault, raise_if
from analytics.inputs.history import region_chain
from analytics.inputs.plan import Change, Plan, Sourced, Target
from analytics.inputs.policy import average_wage, load_table, policy_value, policy_year_average
from analytics.terms import Term

ByYear = Mapping[int, float]

_NEEDS = {
    "employee.institution_rate": "employee.institution",
    "resident.account_in_balance": "resident.balance",
} | {f"{scheme}.interest": f"{scheme}.balance" for scheme in ("employee", "resident", "unemployment", "work_injury")}
"""Parameters that mean nothing without another: the rate of a category nobody is in, interest on no balance."""
_OPENINGS = tuple(
    tuple(f"{scheme}.{way}" for way in ("accounts", "account_in_balance", "account_years"))
    for scheme in ("employee", "resident")
)
"""Ways to open the individual accounts, the best known first: the first that is given makes the others needless."""
_BEGINS = {"employee.early_retirement": 2025, "employee.late_retirement": 2025}
"""Parameters of rules that begin in a year: a plan that ends before it has no use for them."""


@dataclass(frozen=True)
class Assumption:
    """One parameter on one path: values, low and high by year (plain units), and where they come from.

    A value holds from its year until the next year given (a milestone of a ``*_path`` is walked to instead); ``low`` and
    ``high`` equal the value where it is known.
    """

    name: str
    value: ByYear
    low: ByYear
    high: ByYear
    quality: str
    source: str
    date: str
    note: str = ""
    published_until: int = 0
    """Last year whose value is published: the entry's quality speaks of later years alone."""

    @property
    def ranged(self) -> bool:
        """Whether the parameter has a range at all."""
        return dict(self.low) != dict(self.value) or dict(self.high) != dict(self.value)


def at(values: ByYear, year: int) -> float:
    """The value in force in ``year``: that of the latest year not after it, or of the first year given."""
    if len(values) == 1:  # nearly every parameter, and asked for hundreds of times a run
        return next(iter(values.values()))
    return values[max((y for y in values if y <= year), default=min(values))]


def assumptions_for(plan: Plan, scenario: str, as_of: date, trends: Iterable[Assumption] = ()) -> dict[str, Assumption]:
    """Everything the model is given for ``scenario`` of ``plan``, by parameter name.

    Parameters
    ----------
    scenario
        ``plan``, ``trend`` or one of the plan's named scenarios.
    as_of
        Only wages published by this day count as known.
    trends
        Paths forecast from the history; they belong to the trend path and to what differs from it.

    Raises
    ------
    InputError
        When the scenario changes parameters that its path does not have; all of them are named.
    """
    years = range(plan.horizon.base_year, plan.horizon.last_year + 1)
    layers = [_policy(plan, years), _stated(plan, plan.baseline), _stated(plan, plan.drivers),
              _wages(plan, as_of), _crediting(plan, as_of)]  # fmt: skip
    if plan.path_of(scenario) == "plan":
        layers += [_from_targets(plan), _stated(plan, plan.delivered)]
    else:
        layers.append(iter(trends))
    given = {assumption.name: assumption for layer in layers for assumption in layer}
    last = plan.horizon.last_year
    found = {n: a for n, a in given.items() if _NEEDS.get(n, n) in given and last >= _BEGINS.get(n, last)}
    for ways in _OPENINGS:
        for needless in [way for way in ways if way in found][1:]:
            del found[needless]
    changes = plan.scenarios[scenario].changes if scenario in plan.scenarios else {}
    raise_if([_absent(name, plan, scenario) for name in changes if name not in found])
    return found | {name: _changed(found[name], change, plan, scenario) for name, change in changes.items()}


def stated_values(plan: Plan, year: int) -> dict[str, float]:
    """What the plan itself states for ``year``, before any path or scenario, by parameter name, in plain units."""
    entries, base = {**plan.baseline, **plan.drivers}, plan.horizon.base_year
    return {name: at(_by_year(entry, base), year) for name, entry in entries.items()}


def _absent(name: str, plan: Plan, scenario: str) -> Fault:
    what = Term("情景改动了本路径没有的参数", "the scenario changes a parameter that its path does not have")
    return Fault(what, file=f"params/{plan.name}.yaml", column=f"scenarios.{scenario}.changes", found=name)


def _stated(plan: Plan, entries: Mapping[str, Sourced]) -> Iterator[Assumption]:
    base = plan.horizon.base_year
    for name, entry in entries.items():
        value = _by_year(entry, base)
        low, high = ({base: bound} if bound is not None else value for bound in entry.bounds())
        note = f"{entry.note} {entry.arithmetic or ''}".strip()
        yield Assumption(name, value, low, high, entry.quality, entry.source, entry.date, note)


def _by_year(entry: Sourced, base: int) -> dict[int, float]:
    """An entry's values in the plain unit; what holds for every year stands in the base year."""
    return {year or base: number for year, number in entry.by_year().items()}


def _known(name: str, value: ByYear, quality: str, source: str, date: str, note: str = "") -> Assumption:
    return Assumption(name, value, value, value, quality, source, date, note)


_RATES: dict[str, tuple[tuple[str, tuple[str, ...]], ...]] = {
    "employee": (
        ("employee.enterprise_rate", ("employer", "employee")),
        ("employee.flexible_rate", ("flexible",)),
        ("employee.institution_rate", ("employer", "employee")),
    ),
    "unemployment": (("unemployment.rate", ("employer", "employee")),),
    "work_injury": (("work_injury.rate", ("employer",)),),
    "resident": (),
}


def _policy(plan: Plan, years: Iterable[int]) -> Iterator[Assumption]:
    """Contribution rates as yearly averages, and the rules of the base, in force where the plan's region lies."""
    place = plan.region.id
    for scheme in plan.schemes:
        for name, payers in _RATES[scheme]:
            yield _rate(name, place, scheme, payers, list(years))
    for name, key in (("wage.switch_month", "switch_month"), ("wage.floor", "floor"), ("wage.cap", "cap")):
        rule = policy_value("base_rules", place, date(plan.horizon.base_year, 1, 1), rule=key)
        yield _known(name, {plan.horizon.base_year: rule.value}, rule.quality, rule.source, str(rule.effective))


def _rate(name: str, place: str, scheme: str, payers: tuple[str, ...], years: list[int]) -> Assumption:
    value = {
        year: sum(
            policy_year_average("contribution_rates", place, year, scheme=scheme, payer=payer) for payer in payers
        )
        for year in years
    }
    rules = [policy_value("contribution_rates", place, date(years[0], 12, 31), scheme=scheme, payer=p) for p in payers]
    quality = max((rule.quality for rule in rules), key=("official", "derived", "assumed").index)
    return _known(name, value, quality, "；".join(dict.fromkeys(r.source for r in rules)), str(rules[0].effective))


def _wages(plan: Plan, as_of: date) -> Iterator[Assumption]:
    """The wages behind the base: levels before the base year, and growth in every year published by ``as_of``."""
    place, base = plan.region.id, plan.horizon.base_year
    for name, year in (("wage.before_last", base - 2), ("wage.last", base - 1)):
        wage = average_wage(place, year, as_of)
        if wage is not None and name not in plan.baseline:
            yield _known(name, {base: wage.value}, wage.quality, wage.source, str(wage.effective), f"{year}")
    yield from _after_published("wage.growth", _growth(plan, as_of), plan)


def _growth(plan: Plan, as_of: date) -> dict[int, float]:
    """Growth of the wage from the base year on, while both years' wages are published."""
    place, base = plan.region.id, plan.horizon.base_year
    known: dict[int, float] = {}
    for year in range(base, plan.horizon.last_year + 1):
        before, after = average_wage(place, year - 1, as_of), average_wage(place, year, as_of)
        if before is None or after is None or after.quality == "assumed":
            break
        known[year] = after.value / before.value - 1.0
    return known


def _crediting(plan: Plan, as_of: date) -> Iterator[Assumption]:
    """The rate credited to employees' accounts; a year's counts as published once the year is over."""
    chain, horizon = region_chain(plan.region.id), plan.horizon
    published = {
        row.effective.year: row.value for row in load_table("crediting_rate")
        if row.place in chain and row.quality != "assumed" and row.effective.year < as_of.year
    }  # fmt: skip
    years = takewhile(published.__contains__, range(horizon.base_year, horizon.last_year + 1))
    yield from _after_published("employee.crediting", {year: published[year] for year in years}, plan)


def _after_published(name: str, known: dict[int, float], plan: Plan) -> Iterator[Assumption]:
    """A driver that gives way to what is published: ``known`` by year from the base year on, its own range after that."""
    if name not in plan.drivers:
        return
    driver = next(_stated(plan, {name: plan.drivers[name]}))
    first_open = plan.horizon.base_year + len(known)
    value, low, high = (
        known | {first_open: at(side, first_open)} | {year: n for year, n in side.items() if year > first_open}
        for side in (driver.value, driver.low, driver.high)
    )
    note = f"{driver.note}（{first_open} 年起为假定）" if known else driver.note
    yield replace(driver, value=value, low=low, high=high, note=note, published_until=first_open - 1)


def _from_targets(plan: Plan) -> Iterator[Assumption]:
    """What the plan path takes as delivered: yearly flows as they are, shares and coverage as milestones."""
    for target in plan.targets:
        name = delivered_as(target)
        if name:
            yield _known(name, target.by_year(), "official", target.source, plan.document.date if plan.document else "")


def delivered_as(target: Target) -> str:
    """The parameter that carries a target on the plan path; "" for what can only be compared (income, gap)."""
    milestones = {"employee_share": "employee.share_path", "coverage_rate": "population.coverage_path"}
    if target.indicator == "gross_new":
        return f"{target.scheme}.gross_new"
    return milestones.get(target.indicator, "")


def _changed(assumption: Assumption, change: Change, plan: Plan, scenario: str) -> Assumption:
    """The assumption as the scenario changes it; a value that is set has no range left."""
    why = plan.scenarios[scenario].why.zh
    if change.set is not None:
        value = _set(assumption, change.set, plan.horizon.base_year)
        changed = _known(assumption.name, value, "assumed", f"情景：{scenario}", assumption.date, why)
        return replace(changed, published_until=assumption.published_until)
    add, times = change.add or 0.0, 1.0 if change.times is None else change.times
    own = list(assumption.value) if assumption.name.endswith("_path") else [plan.horizon.base_year + 1]
    sides = (assumption.value, assumption.low, assumption.high)
    value, low, high = (_moved(side, add, times, plan.horizon.base_year, own) for side in sides)
    known = min(assumption.published_until, plan.horizon.base_year)
    return replace(assumption, value=value, low=low, high=high, quality="assumed", note=why, published_until=known)


def _set(assumption: Assumption, setting: float | Mapping[int, float], base_year: int) -> dict[int, float]:
    """Values as set: one number from the first year that is not published, numbers by year from the first of them."""
    first_open = max(base_year, assumption.published_until + 1)
    given = dict(setting) if isinstance(setting, Mapping) else {first_open: setting}
    return {year: value for year, value in assumption.value.items() if year < min(given)} | given


def _moved(values: ByYear, add: float, times: float, base: int, years: Iterable[int]) -> dict[int, float]:
    """Values moved from the first projected year on, those of a path at its milestones; the base year is known."""
    moved = {year: at(values, year) * times + add for year in sorted({*years, *values}) if year > base}
    return {year: value for year, value in values.items() if year <= base} | moved
