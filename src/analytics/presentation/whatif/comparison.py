"""Two scenarios side by side: levels, differences, and the difference split by driver."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

from analytics.appraisal.attribution import Attribution, Point, attribute
from analytics.appraisal.findings import difference
from analytics.model.book import Key
from analytics.presentation.whatif.answers import minus, name_of
from analytics.terms import Language, Term, display_scale, number, scale_label, text, unit_of

SPLIT: tuple[Key, ...] = (
    ("employee", "collection_income", "total"), ("employee", "gap", "total"), ("all", "employee_share", "total"),
)  # fmt: skip
"""What a difference can be split of."""

LINES: tuple[Key, ...] = (
    *SPLIT,
    *(("all", indicator, "total") for indicator in ("coverage_rate", "uncovered")),
    *(("employee", indicator, "total") for indicator in ("gross_new", "participants", "expenditure", "fiscal_subsidy")),
    *(("resident", i, "total") for i in ("participants", "collection_income", "expenditure", "fiscal_subsidy")),
    *((scheme, i, "total") for scheme in ("unemployment", "work_injury") for i in ("collection_income", "expenditure")),
)
_HEADS = (Term("{year}年指标", "{year}"), Term("单位", "Unit"))
_DIFFERENCE = Term("差异（左−右）", "Difference, left − right")
_PART_HEADS = (Term("差异来自", "Of the difference"), Term("影响", "Effect"), Term("占比", "Share"))


def comparison_html(left: Point, right: Point, language: Language) -> str:
    """Levels of both sides in their year, and left − right."""
    heads = [text(head, language, year=left.year) for head in _HEADS]
    heads += [text(side.path, language) for side in (left, right)] + [text(_DIFFERENCE, language)]
    rows = [_row(key, left, right, language) for key in LINES if left.has(*key[:2]) and right.has(*key[:2])]
    return _table("compare", heads, rows)


def _row(key: Key, left: Point, right: Point, language: Language) -> list[str]:
    values = [point.now(*key[:2]) for point in (left, right)]
    unit = unit_of(key[1])
    scale = display_scale(unit, max(map(abs, values)))
    moved = values[0] - values[1]
    small = abs(moved) <= 1e-9 * abs(values[1])
    told = "0" if small else text(difference(moved, unit), language)
    name = text(name_of(key), language)
    return [name, scale_label(scale, language), *(minus(number(value, scale)) for value in values), told]


def split(left: Point, right: Point, key: Key) -> Attribution:
    """Why the left side differs from the right in one result."""
    return attribute(right, left, *key[:2])


def split_html(found: Attribution, language: Language) -> str:
    """The sentence, then every part that is not nothing, largest first."""
    unit = unit_of(found.indicator)
    parts = found.frame(language).set_index("part").loc[list(found.moving)]
    ordered = parts.reindex(parts["effect"].abs().sort_values(ascending=False).index)
    rows = [
        [row.label, text(difference(row.effect, unit), language), minus(f"{row.share:.0%}")]
        for row in ordered.itertuples(index=False)
    ]
    table = _table("split", [text(head, language) for head in _PART_HEADS], rows) if rows else ""
    return f'<p class="wi-told">{escape(text(found.sentence, language))}</p>{table}'


def _table(role: str, heads: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    head = "".join(f"<th>{escape(cell)}</th>" for cell in heads)
    body = "".join(f"<tr>{''.join(f'<td>{escape(cell)}</td>' for cell in row)}</tr>" for row in rows)
    return f'<table class="wi-table" data-role="{role}"><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>'
