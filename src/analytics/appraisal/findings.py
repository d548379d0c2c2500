"""What an audit found: the arithmetic as a person would check it, and the sentence an officer reads.

The words of a finding are written once a language; the amounts inside them are given once and shown in both.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Literal

import pandas as pd

from analytics.terms import (
    ASSUMED_MARK,
    CATEGORIES,
    INDICATORS,
    SCHEMES,
    Language,
    Scale,
    Term,
    display_scale,
    show,
    text,
)

Severity = Literal["error", "warning", "info"]
FINDING_COLUMNS = ["id", "severity", "scheme", "arithmetic", "sentence"]
NOTHING = Term("", "")

Part = Term | str | int
"""What may stand in a sentence: words in both languages, or what reads the same in both."""
Parts = dict[str, Part]


@dataclass(frozen=True)
class Finding:
    """One thing an audit found.

    Attributes
    ----------
    id
        Stable name, unique within a plan, e.g. ``closure.employee.2025``.
    severity
        ``error`` for a contradiction, ``warning`` for what needs attention, ``info`` for a note.
    scheme
        The scheme concerned, ``all`` for the whole population or the whole plan.
    arithmetic
        The calculation with its numbers; empty where nothing was calculated.
    sentence
        What it means, in both languages.
    """

    id: str
    severity: Severity
    scheme: str
    arithmetic: str
    sentence: Term


def findings_frame(findings: Iterable[Finding], language: Language) -> pd.DataFrame:
    """The findings as a table with columns ``FINDING_COLUMNS``, the sentences in ``language``."""
    rows = [(f.id, f.severity, f.scheme, f.arithmetic, text(f.sentence, language)) for f in findings]
    return pd.DataFrame(rows, columns=FINDING_COLUMNS)


def say(zh: str, en: str, **parts: Part) -> Term:
    """A sentence in both languages; every ``{name}`` in it is the part of that name, in the sentence's language."""
    terms = {name: part if isinstance(part, Term) else Term(str(part), str(part)) for name, part in parts.items()}
    zh_parts, en_parts = ({name: text(term, side) for name, term in terms.items()} for side in ("zh", "en"))
    return Term(zh.format(**zh_parts), en.format(**en_parts))


def listed(terms: Iterable[Term], zh: str = "、", en: str = ", ") -> Term:
    """Several terms as one, with the separator of each language between them."""
    found = list(terms)
    return Term(zh.join(term.zh for term in found), en.join(term.en for term in found))


def amount(
    value: float, unit: str, decimals: int | None = None, signed: bool = False, scale: Scale | None = None
) -> Term:
    """``value`` (in the plain ``unit``) as a reader expects it; ``signed`` puts a plus before what is not negative."""
    scale = scale or display_scale(unit, value)
    scale = scale if decimals is None else replace(scale, decimals=decimals)
    sign = "−" if value < 0 else "+" if signed else ""
    return Term(*(sign + show(abs(value), unit, side, scale) for side in ("zh", "en")))


def percent(value: float, signed: bool = False) -> Term:
    """A ratio with two decimals, fine enough to tell 10.02 % from 10 %."""
    return amount(value, "ratio", decimals=2, signed=signed)


def difference(value: float, unit: str, scale: Scale | None = None) -> Term:
    """A signed difference: percentage points between ratios, otherwise an amount."""
    return points(value, signed=True) if unit == "ratio" else amount(value, unit, signed=True, scale=scale)


def points(value: float, signed: bool = False) -> Term:
    """A difference of two ratios in percentage points."""
    sign = "−" if value < 0 else "+" if signed else ""
    return say("{sign}{size} 个百分点", "{sign}{size} percentage points", sign=sign, size=f"{abs(value) * 100:.2f}")


def assumed_mark(assumed: bool) -> Term:
    """What stands behind a number that rests on an assumption; nothing behind one that does not."""
    return ASSUMED_MARK if assumed else NOTHING


def subject(scheme: str, indicator: str, category: str = "total") -> Term:
    """What is spoken of, e.g. 城镇职工基本养老保险征缴收入; whole populations and totals go without saying."""
    words = [SCHEMES[scheme]] if scheme != "all" else []
    words += [CATEGORIES[category]] if category != "total" else []
    words.append(INDICATORS[indicator])
    english = ", ".join(word.en for word in words)
    return Term("".join(word.zh for word in words), english[0] + english[1:].lower())


def slug(scheme: str, indicator: str, category: str = "total") -> str:
    """The part of a finding's id that names a result, e.g. ``employee.collection_income``."""
    return ".".join([scheme, indicator] if category == "total" else [scheme, indicator, category])
