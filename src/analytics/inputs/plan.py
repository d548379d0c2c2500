"""What a plan says: document, region, baseline, drivers, targets, scenarios; each number with source and quality.

The classes here are the shape of ``params/<plan>.yaml``.  They refuse unknown keys, unknown parameters, wrong units
and impossible ranges; :mod:`analytics.inputs.plan_file` reads the file and says where each fault is.
"""

from __future__ import annotations

from difflib import get_close_matches
from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

from analytics.inputs.arithmetic import evaluate
from analytics.terms import (
    CATEGORIES,
    INDICATORS,
    PARAMETERS,
    SCENARIOS,
    SCHEMES,
    UNIT_FACTORS,
    Language,
    Term,
    text,
)

if TYPE_CHECKING:
    from analytics.inputs.people import People

Quality = Literal["official", "derived", "assumed"]
Scheme = Literal["all", "employee", "resident", "unemployment", "work_injury"]
IsoDate = Annotated[str, Field(pattern=r"^\d{4}(-\d{2}(-\d{2})?)?$")]


_DELIVERED = ("gross_new", "employee_share", "coverage_rate")


class Fact(BaseModel):
    """Anything in a plan file; a key that is not part of the shape stops the run."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Label(Fact):
    """A name in both languages."""

    zh: str
    en: str

    def text(self, language: Language) -> str:
        """The name in ``language``."""
        return text(Term(self.zh, self.en), language)


class Sourced(Fact):
    """A number with its range, unit, source, date and quality.

    ``value`` may be one number or one a year.  A ``derived`` number gives its ``arithmetic`` instead, which is
    computed, never retyped: ``20.06 / 1.10``.
    """

    value: float | dict[int, float] | None = None
    arithmetic: str | None = None
    low: float | None = None
    high: float | None = None
    unit: str
    quality: Quality
    source: Annotated[str, Field(min_length=2)]
    date: IsoDate
    note: str = ""

    @field_validator("unit")
    @classmethod
    def _known_unit(cls, unit: str) -> str:
        return known_unit(unit)

    @model_validator(mode="after")
    def _one_way_to_the_value(self) -> Sourced:
        if (self.value is None) == (self.arithmetic is None):
            raise ValueError("value_or_arithmetic||")
        if (self.quality == "derived") != (self.arithmetic is not None) and self.quality != "assumed":
            raise ValueError("derived_needs_arithmetic||")
        return self

    @model_validator(mode="after")
    def _range_holds_the_value(self) -> Sourced:
        numbers = list(self._in_own_unit().values())
        low, high = (numbers[0] if bound is None else bound for bound in (self.low, self.high))
        if len(numbers) == 1 and not low <= numbers[0] <= high:
            raise ValueError(f"range|{low} – {numbers[0]} – {high}|")
        if low > high:
            raise ValueError(f"range|{low} – {high}|")
        return self

    def _in_own_unit(self) -> dict[int | None, float]:
        if self.arithmetic is not None:
            return {None: evaluate(self.arithmetic)}
        return dict(self.value) if isinstance(self.value, dict) else {None: float(self.value or 0.0)}

    @property
    def plain_unit(self) -> str:
        """The plain unit this number is turned into."""
        return UNIT_FACTORS[self.unit][0]

    def plain(self, number: float) -> float:
        """``number``, given in this entry's unit, in the plain unit."""
        return number * UNIT_FACTORS[self.unit][1]

    def by_year(self) -> dict[int | None, float]:
        """Values in the plain unit by year; the key ``None`` holds for every year."""
        return {year: self.plain(number) for year, number in self._in_own_unit().items()}

    def bounds(self) -> tuple[float | None, float | None]:
        """Low and high in the plain unit; ``None`` where the entry states no range."""
        return tuple(None if b is None else self.plain(b) for b in (self.low, self.high))  # type: ignore[return-value]


class Document(Fact):
    """The published document a plan file stands on."""

    title: Label
    number: str = ""
    issuer: str
    date: IsoDate
    file: str


class Region(Fact):
    """Whose numbers these are; ``reference`` names the region whose public figures stand in where it has none."""

    id: str
    label: Label
    level: Literal["nation", "province", "city", "county", "town"]
    province: str
    reference: str = ""


class Horizon(Fact):
    """Base year (the last year taken as known) and the years projected."""

    base_year: Annotated[int, Field(ge=2000, le=2050)]
    first_year: Annotated[int, Field(ge=2001, le=2050)]
    last_year: Annotated[int, Field(ge=2001, le=2080)]

    @model_validator(mode="after")
    def _in_order(self) -> Horizon:
        if not self.base_year + 1 == self.first_year <= self.last_year:
            raise ValueError(f"horizon|{self.base_year}, {self.first_year}, {self.last_year}|")
        return self


class Target(Fact):
    """What the document asks for: a number to be reached, or a direction (``fall``: each year below the last)."""

    scheme: Scheme
    indicator: str
    category: str = "total"
    aim: Literal["at_least", "at_most", "fall"] = "at_least"
    values: dict[int, float] = Field(min_length=1)
    unit: str
    source: str

    @model_validator(mode="after")
    def _in_the_vocabulary(self) -> Target:
        for word, table in ((self.indicator, INDICATORS), (self.category, CATEGORIES)):
            if word not in table:
                raise ValueError(f"unknown_term|{word}|{'、'.join(table)}")
        if self.unit not in UNIT_FACTORS or UNIT_FACTORS[self.unit][0] != INDICATORS[self.indicator].unit:
            raise ValueError(f"unit|{self.unit}|{INDICATORS[self.indicator].unit}")
        return self

    def by_year(self) -> dict[int, float]:
        """Targets in plain units by year."""
        factor = UNIT_FACTORS[self.unit][1]
        return {year: value * factor for year, value in self.values.items()}


class Change(Fact):
    """How a scenario differs in one parameter: set to, raised by (``add``) or multiplied by (``times``)."""

    set: float | dict[int, float] | None = None
    add: float | None = None
    times: float | None = None

    @model_validator(mode="after")
    def _exactly_one(self) -> Change:
        if sum(way is not None for way in (self.set, self.add, self.times)) != 1:
            raise ValueError("one_change||")
        return self


class Scenario(Fact):
    """A difference from the plan path or the trend path, with one sentence that says why.

    ``date`` is the day a scenario kept from the what-if page was saved.
    """

    label: Label
    why: Label
    date: IsoDate | None = None
    path: Literal["plan", "trend"] = "plan"
    changes: dict[str, Change] = Field(min_length=1)


class Commitment(Fact):
    """Something the document promises that cannot be projected, and what would be needed to."""

    title: Label
    missing: Label


class Phase(Fact):
    """A stage of the work with its dates."""

    title: Label
    start: IsoDate
    end: IsoDate


class Observation(Fact):
    """A published actual inside the horizon, e.g. a half-year figure."""

    scheme: Scheme
    indicator: str
    period: str
    value: float
    unit: str
    source: str

    @model_validator(mode="after")
    def _in_the_vocabulary(self) -> Observation:
        check_terms(self.indicator, "total", self.unit)
        return self

    @property
    def plain_value(self) -> float:
        """The figure in the plain unit."""
        return self.value * UNIT_FACTORS[self.unit][1]

    @property
    def plain_unit(self) -> str:
        """The plain unit."""
        return UNIT_FACTORS[self.unit][0]


class Check(Fact):
    """Arithmetic the document itself invites: recomputed and shown among the findings."""

    id: Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*$")]
    label: Label
    arithmetic: str
    stated: float | None = None
    tolerance: float = 0.005
    unit: str
    source: str

    @field_validator("arithmetic")
    @classmethod
    def _computes(cls, arithmetic: str) -> str:
        evaluate(arithmetic)
        return arithmetic

    @field_validator("unit")
    @classmethod
    def _known_unit(cls, unit: str) -> str:
        return known_unit(unit)


class TrendSource(Fact):
    """A path read off the history by the trend models instead of being stated.

    ``since`` leaves out the years before a change of scheme or definition; ``events`` names years out of the ordinary
    by a known measure, which the models bridge.
    """

    scheme: Scheme
    indicator: str
    since: int = 2000
    events: list[int] = []


class Plan(Fact):
    """A whole plan file, checked."""

    name: Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*$")]
    label: Label
    about: Label
    document: Document | None = None
    region: Region
    horizon: Horizon
    schemes: Annotated[
        list[Literal["employee", "resident", "unemployment", "work_injury"]],
        Field(min_length=1),
    ]
    baseline: dict[str, Sourced] = {}
    drivers: dict[str, Sourced] = {}
    delivered: dict[str, Sourced] = {}
    trends: dict[str, TrendSource] = {}
    targets: list[Target] = []
    scenarios: dict[str, Scenario] = {}
    commitments: list[Commitment] = []
    phases: list[Phase] = []
    observations: list[Observation] = []
    checks: list[Check] = []
    planning: bool = False
    """Whether the document promises citizens contribution planning: the report then answers their questions too."""

    @property
    def numbers_of(self) -> str:
        """Id of the region whose numbers are projected: the plan's own, or the one standing in for it."""
        return self.region.reference or self.region.id

    @property
    def people(self) -> People:
        """What is known by age of the people whose numbers are projected."""
        from analytics.inputs.people import people_of  # brings pandas, which reading a plan can do without

        return people_of(self.numbers_of, self.horizon.base_year)

    @property
    def years(self) -> range:
        """The projected years."""
        return range(self.horizon.first_year, self.horizon.last_year + 1)

    @property
    def scenario_names(self) -> list[str]:
        """``plan`` where the document sets something to follow, then ``trend``, then the named scenarios."""
        return [*(["plan"] if self.has_plan_path else []), "trend", *self.scenarios]

    @property
    def has_plan_path(self) -> bool:
        """Whether the document gives a path at all; without numbers there is only the trend."""
        return bool(self.delivered) or any(target.indicator in _DELIVERED for target in self.targets)

    def path_of(self, scenario: str) -> str:
        """The path a scenario stands on: ``plan`` or ``trend``."""
        return self.scenarios[scenario].path if scenario in self.scenarios else scenario

    def scenario_label(self, name: str, language: Language) -> str:
        """A scenario's label for readers."""
        return self.scenarios[name].label.text(language) if name in self.scenarios else text(SCENARIOS[name], language)

    def scheme_labels(self, language: Language) -> list[str]:
        """Labels of the plan's schemes."""
        return [text(SCHEMES[scheme], language) for scheme in self.schemes]


def known_unit(unit: str) -> str:
    """``unit`` if plan files may be written in it.

    Raises
    ------
    ValueError
        The fault's code, what was found and what was expected, separated by ``|``.
    """
    if unit not in UNIT_FACTORS:
        raise ValueError(f"unit|{unit}|{'、'.join(UNIT_FACTORS)}")
    return unit


def check_terms(indicator: str, category: str, unit: str) -> None:
    """Refuse an indicator or category outside the vocabulary and a unit of another kind.

    Raises
    ------
    ValueError
        The fault's code, what was found and what was expected, separated by ``|``.
    """
    for word, table in ((indicator, INDICATORS), (category, CATEGORIES)):
        if word not in table:
            raise ValueError(f"unknown_term|{word}|{'、'.join(table)}")
    if unit not in UNIT_FACTORS or UNIT_FACTORS[unit][0] != INDICATORS[indicator].unit:
        raise ValueError(f"unit|{unit}|{INDICATORS[indicator].unit}")


def parameter_fault(name: str, entry: Sourced) -> tuple[str, str, str] | None:
    """What is wrong with ``entry`` as the parameter ``name``: fault code, found, expected; ``None`` when nothing is.

    Refused are an unknown name, a unit of another kind, and a value outside the parameter's plausible range.
    """
    if name not in PARAMETERS:
        return "unknown_parameter", name, nearest(name)
    parameter = PARAMETERS[name]
    if entry.plain_unit != parameter.unit:
        return "unit", f"{name}: {entry.unit}", parameter.unit
    bounds = [bound for bound in entry.bounds() if bound is not None]
    outside = [v for v in [*entry.by_year().values(), *bounds] if not parameter.low <= v <= parameter.high]
    expected = f"{parameter.low:g} – {parameter.high:g} {parameter.unit}"
    return ("implausible", f"{name}: {outside[0]:g}", expected) if outside else None


def nearest(name: str) -> str:
    """The known parameter closest in spelling, or all of the scheme's."""
    return next(
        iter(get_close_matches(name, PARAMETERS, n=1, cutoff=0.5)),
        "、".join(list(PARAMETERS)[:5]) + "…",
    )
