"""Tables of results: one row an indicator, one column a year, each row in the unit its reader expects."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import nan

from analytics.appraisal.study import Result, Study
from analytics.presentation.document import Table
from analytics.terms import (
    CATEGORIES,
    SHORT_SCHEMES,
    Language,
    Term,
    display_scale,
    label,
    number,
    scale_label,
    text,
    unit_of,
    worst,
)

Line = tuple[str, str, str]
"""(scheme, indicator, category)."""

_MOST_YEARS = 6
_HEAD = {
    "indicator": Term("指标", "Indicator"),
    "unit": Term("单位", "Unit"),
    "quality": Term("质量", "Quality"),
    "range": Term("{year}年区间", "Range {year}"),
    "year": Term("{year}年", "{year}"),
}


def head(key: str, language: Language, **gaps: object) -> str:
    """A column head."""
    return text(_HEAD[key], language, **gaps)


def shown_years(study: Study) -> list[int]:
    """Years a table has room for: all of a short horizon; of a long one the ends, target years and every fifth."""
    horizon = study.plan.horizon
    years = list(range(horizon.base_year, horizon.last_year + 1))
    if len(years) <= _MOST_YEARS:
        return years
    kept = {years[0], years[1], years[-1], *(int(y) for y in study.targets["year"])}
    return [year for year in years if year in kept or year % 5 == 0]


def yearly_table(
    study: Study, title: str, lines: Sequence[Line], scenario: str = "", notes: Sequence[str] = ()
) -> Table:
    """Results of one path: a row a line, a column a year, the last year's range and the quality.

    Lines that the path does not have (a balance that is not kept locally) are left out.
    """
    years = shown_years(study)
    language, single = study.language, _one_scheme(lines)
    rows = [_row(line, study.line(*line, scenario), years, language, single) for line in lines]
    header = (
        head("indicator", language), head("unit", language), *(head("year", language, year=y) for y in years),
        head("range", language, year=years[-1]), head("quality", language),
    )  # fmt: skip
    return Table(title, "", header, tuple(row for row in rows if row), tuple(notes))


def _one_scheme(lines: Sequence[Line]) -> bool:
    return len({scheme for scheme, _, _ in lines} - {"all"}) <= 1


def _row(
    line: Line, results: Mapping[int, Result], years: Sequence[int], language: Language, single: bool
) -> tuple[str, ...]:
    if not results:
        return ()
    largest = max(abs(end) for result in results.values() for end in (result.value, result.high) if end == end)
    scale = display_scale(unit_of(line[1]), largest)
    values = [number(results[year].value if year in results else nan, scale) for year in years]
    last = results[max(results)]
    bounds = f"{number(last.low, scale)}–{number(last.high, scale)}" if last.low == last.low else "—"
    quality = label(worst([result.quality for year, result in results.items() if year > years[0]]), language)
    return (line_label(line, language, single), scale_label(scale, language), *values, bounds, quality)


def line_label(line: Line, language: Language, single: bool = True) -> str:
    """An indicator's row label: with its category, and with its scheme where the table shows several."""
    scheme, indicator, category = line
    parts = [] if single or scheme == "all" else [text(SHORT_SCHEMES[scheme], language)]
    parts.append(label(indicator, language))
    if category != "total":
        parts.append(text(CATEGORIES[category], language))
    return ("：" if language == "zh" else ": ").join(parts)
