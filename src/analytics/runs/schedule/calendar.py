"""When a report is due, which day its data end on, and what its period is called: pure arithmetic with dates.

A day that a month does not have is its last one (31 in February, 29 February in a common year).  Every due date of a
rhythm has a period of its own, which names its folder in the archive.
"""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Annotated, Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import BeforeValidator, Field, field_validator, model_validator

from analytics.inputs.plan import Fact
from analytics.terms import Language, Term, text

Weekday = Literal["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"]
WEEKDAYS: dict[str, Term] = {
    "monday": Term("周一", "Monday"),
    "tuesday": Term("周二", "Tuesday"),
    "wednesday": Term("周三", "Wednesday"),
    "thursday": Term("周四", "Thursday"),
    "friday": Term("周五", "Friday"),
    "saturday": Term("周六", "Saturday"),
    "sunday": Term("周日", "Sunday"),
}
AsOf = Literal["scheduled_day", "previous_day", "previous_month_end", "previous_year_end"]
AS_OF: dict[str, Term] = {
    "scheduled_day": Term("数据截至当日", "data as of that day"),
    "previous_day": Term("数据截至前一日", "data as of the day before"),
    "previous_month_end": Term("数据截至上月末", "data as of the end of the month before"),
    "previous_year_end": Term("数据截至上年末", "data as of the end of the year before"),
}
ALL_MONTHS = list(range(1, 13))
LAST_DAY, LAST_WEEK = 31, 5

_ORDINALS = {1: "first", 2: "second", 3: "third", 4: "fourth", LAST_WEEK: "last"}
_DAILY = ("scheduled_day", "previous_day")
_WORDS = {
    "weekly": Term("每{weekday} {time}（{zone}），{as_of}", "every {weekday} at {time} ({zone}), {as_of}"),
    "monthly": Term("{months}{day} {time}（{zone}），{as_of}", "{day} of {months} at {time} ({zone}), {as_of}"),
    "every_month": Term("每月", "every month"),
    "months": Term("每年{months}月", "the months {months}"),
    "day": Term("{day}日", "day {day}"),
    "last_day": Term("最后一天", "the last day"),
    "nth": Term("第{nth}个{weekday}", "the {ordinal} {weekday}"),
    "last_nth": Term("最后一个{weekday}", "the last {weekday}"),
}


def _last_is(number: int) -> BeforeValidator:
    """Read the word ``last`` as ``number``, beyond which nothing is counted."""
    return BeforeValidator(lambda given: number if given == "last" else given)


Day = Annotated[int, _last_is(LAST_DAY), Field(ge=1, le=LAST_DAY)]
Nth = Annotated[int, _last_is(LAST_WEEK), Field(ge=1, le=LAST_WEEK)]
Month = Annotated[int, Field(ge=1, le=12)]


@dataclass(frozen=True)
class Occurrence:
    """One run that falls due: the moment, the day its data end on, and the name of its period."""

    due: datetime
    as_of: date
    period: str


class Weekly(Fact):
    """Once a week."""

    weekday: Weekday

    def days(self, first: date, last: date) -> Iterator[date]:
        """The days of this rhythm from ``first`` to ``last``, both included."""
        ahead = (list(WEEKDAYS).index(self.weekday) - first.weekday()) % 7
        for distance in range(ahead, (last - first).days + 1, 7):
            yield first + timedelta(distance)

    def period(self, day: date) -> str:
        """The ISO week, e.g. ``2026-W09``."""
        return f"{day.isocalendar().year}-W{day.isocalendar().week:02}"

    def words(self, language: Language) -> dict[str, str]:
        """What :meth:`When.words` fills in."""
        return {"weekday": text(WEEKDAYS[self.weekday], language)}


class Monthly(Fact):
    """Once in each of the given months (all by default): on a day, or on the nth weekday.

    ``day: last`` is the last day, ``nth: last`` the last such weekday of the month.
    """

    day: Day | None = None
    weekday: Weekday | None = None
    nth: Nth | None = None
    months: Annotated[list[Month], Field(min_length=1)] = ALL_MONTHS

    @model_validator(mode="after")
    def _day_or_weekday(self) -> Monthly:
        if (self.weekday is None) != (self.nth is None) or (self.day is None) == (self.weekday is None):
            raise ValueError("day_or_weekday||")
        return self

    def days(self, first: date, last: date) -> Iterator[date]:
        """The days of this rhythm from ``first`` to ``last``, both included."""
        for month in range(12 * first.year + first.month - 1, 12 * last.year + last.month):
            day = self._day_in(month // 12, month % 12 + 1)
            if day.month in self.months and first <= day <= last:
                yield day

    def _day_in(self, year: int, month: int) -> date:
        length = monthrange(year, month)[1]
        if self.weekday is None or self.nth is None:
            return date(year, month, min(self.day or LAST_DAY, length))
        offset = (list(WEEKDAYS).index(self.weekday) - date(year, month, 1).weekday()) % 7
        return date(year, month, offset + 1 + 7 * min(self.nth - 1, (length - offset - 1) // 7))

    def period(self, day: date) -> str:
        """The month, e.g. ``2026-02``."""
        return f"{day.year}-{day.month:02}"

    def words(self, language: Language) -> dict[str, str]:
        """What :meth:`When.words` fills in."""
        listed = ("、" if language == "zh" else ", ").join(map(str, self.months))
        key = "every_month" if self.months == ALL_MONTHS else "months"
        return {"months": text(_WORDS[key], language, months=listed), "day": self._day_words(language)}

    def _day_words(self, language: Language) -> str:
        if self.weekday is None or self.nth is None:
            return text(_WORDS["last_day" if self.day == LAST_DAY else "day"], language, day=self.day)
        weekday = text(WEEKDAYS[self.weekday], language)
        key = "last_nth" if self.nth == LAST_WEEK else "nth"
        return text(_WORDS[key], language, nth=self.nth, ordinal=_ORDINALS[self.nth], weekday=weekday)


class Yearly(Fact):
    """Once a year."""

    month: Month
    day: Day

    @property
    def _month(self) -> Monthly:
        return Monthly(day=self.day, months=[self.month])

    def days(self, first: date, last: date) -> Iterator[date]:
        """The days of this rhythm from ``first`` to ``last``, both included."""
        return self._month.days(first, last)

    def period(self, day: date) -> str:
        """The year, e.g. ``2026``."""
        return str(day.year)

    def words(self, language: Language) -> dict[str, str]:
        """What :meth:`When.words` fills in."""
        return self._month.words(language)


class When(Fact):
    """A rhythm, the time of day with its zone, and the rule for the day the data end on."""

    weekly: Weekly | None = None
    monthly: Monthly | None = None
    yearly: Yearly | None = None
    time: Annotated[str, Field(pattern=r"^([01]\d|2[0-3]):[0-5]\d$")]
    zone: str = "Asia/Shanghai"
    as_of: AsOf = "scheduled_day"

    @field_validator("zone")
    @classmethod
    def _known_zone(cls, zone: str) -> str:
        try:
            ZoneInfo(zone)
        except (ZoneInfoNotFoundError, ValueError, OSError) as error:
            raise ValueError(f"zone|{zone}|Asia/Shanghai, UTC…") from error
        return zone

    @model_validator(mode="after")
    def _one_rhythm_and_a_rule_that_fits(self) -> When:
        if sum(rhythm is not None for rhythm in (self.weekly, self.monthly, self.yearly)) != 1:
            raise ValueError("one_rhythm||")
        rules = [
            *_DAILY,
            *([] if self.weekly else ["previous_month_end"]),
            *(["previous_year_end"] * bool(self.yearly)),
        ]
        if self.as_of not in rules:
            raise ValueError(f"as_of|{self.as_of}|{', '.join(rules)}")
        return self

    @property
    def rhythm(self) -> Weekly | Monthly | Yearly:
        """The one rhythm that is given."""
        return next(rhythm for rhythm in (self.weekly, self.monthly, self.yearly) if rhythm is not None)

    def occurrences(self, after: datetime, until: datetime) -> Iterator[Occurrence]:
        """Every run due later than ``after`` and not later than ``until``, in order.

        Both moments carry a time zone, any; due moments are in the schedule's own.
        """
        zone = ZoneInfo(self.zone)
        first, last = (moment.astimezone(zone).date() for moment in (after, until))
        for day in self.rhythm.days(first, last):
            due = datetime.combine(day, time.fromisoformat(self.time), zone)
            if after < due.astimezone(UTC) <= until:
                yield Occurrence(due, self._as_of(day), self._period(day))

    def _as_of(self, day: date) -> date:
        return {
            "scheduled_day": day,
            "previous_day": day - timedelta(1),
            "previous_month_end": day.replace(day=1) - timedelta(1),
            "previous_year_end": day.replace(month=1, day=1) - timedelta(1),
        }[self.as_of]

    def _period(self, day: date) -> str:
        """Reports on a month or year that has ended are named after it, all others after the day they are due."""
        return self.rhythm.period(day if self.as_of in _DAILY else self._as_of(day))

    def words(self, language: Language) -> str:
        """The rule as a phrase, e.g. ``每月最后一天 08:30（Asia/Shanghai），数据截至当日``."""
        gaps = self.rhythm.words(language)
        key = "weekly" if self.weekly else "monthly"
        return text(
            _WORDS[key], language, time=self.time, zone=self.zone, as_of=text(AS_OF[self.as_of], language), **gaps
        )
