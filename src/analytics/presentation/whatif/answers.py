"""The answer in words: one sentence a target, and how it stands in each year."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from html import escape

import pandas as pd

from analytics.appraisal.attribution import unsigned
from analytics.appraisal.findings import Part, amount, say
from analytics.model.book import Book, Key
from analytics.presentation.whatif.desk import Desk, Outcome, Standing, standing
from analytics.terms import (
    CATEGORIES,
    INDICATORS,
    SHORT_SCHEMES,
    Language,
    Scale,
    Term,
    display_scale,
    number,
    text,
    unit_of,
)

Probabilities = Mapping[tuple[Key, int], float | None]
"""Of every target; ``None`` where the path is told it, so that a probability says nothing."""

_WORDS = {
    "met": Term("{year}年{value}，达到目标{target}{over}", "{year}: {value}, target {target} met{over}"),
    "missed": Term("{year}年{value}，目标{target}，差{short}", "{year}: {value}, {short} short of {target}"),
    "over": Term("，超出{short}", ", {short} to spare"),
    "fall_met": Term("{year}年{value}，比上年缩小{short}", "{year}: {value}, down {short} on the year before"),
    "fall_missed": Term("{year}年{value}，比上年扩大{short}", "{year}: {value}, up {short} on the year before"),
    "level": Term("{year}年{value}", "{year}: {value}"),
    "surplus": Term(
        "{year}年无缺口，收大于支{size}，比上年{more}{short}", "{year}: no gap, a surplus of {size}, {short} {more}"
    ),
    "chance": Term("达标概率{chance}", "probability {chance}"),
    "told": Term("按任务数完成（设定）", "given as delivered"),
    "set": Term("由路径设定", "set by the path"),
    "waiting": Term("达标概率计算中…", "probability to follow…"),
}
_MORE = {True: Term("增加", "more"), False: Term("减少", "less")}
_MARKS = {"met": "✓", "missed": "✗", "level": "·"}
_SURE = {"least": Term("不足1%", "below 1 %"), "most": Term("超过99%", "above 99 %")}


@dataclass(frozen=True)
class Answer:
    """One target, all its years: the sentence speaks of the last one.

    ``judged`` is whether there is a target at all, or only a level to be told.
    """

    name: Term
    sentence: Term
    chance: Term
    standings: tuple[Standing, ...]
    judged: bool = True

    @property
    def state(self) -> str:
        """``met`` or ``missed`` in the last year, ``level`` without a target."""
        return ("met" if self.standings[-1].met else "missed") if self.judged else "level"

    def line(self, language: Language) -> str:
        """The whole answer as one sentence."""
        joint, end = ("，", "。") if language == "zh" else ("; ", ".")
        words = [text(self.sentence, language), text(self.chance, language)]
        return (
            f"{text(self.name, language)}{'：' if language == 'zh' else ': '}{joint.join(w for w in words if w)}{end}"
        )


def answers(desk: Desk, book: Book, probabilities: Probabilities | None) -> list[Answer]:
    """One answer a target in the document's order; where it sets none, how the desk's outcomes stand.

    Parameters
    ----------
    probabilities
        ``None`` while they are being computed.
    """
    by_target: dict[Key, list[Standing]] = {}
    for stood in desk.standings(book):
        by_target.setdefault(stood.outcome.key, []).append(stood)
    if not by_target:
        return [_level(outcome, book) for outcome in desk.outcomes]
    return [_answer(list(found), probabilities) for found in by_target.values()]


def probabilities_of(frame: pd.DataFrame) -> Probabilities:
    """Probabilities by target and year, from :meth:`Desk.probabilities`."""
    return {
        ((row.scheme, row.indicator, row.category), int(row.year)): None if row.delivered else float(row.probability)
        for row in frame.itertuples(index=False)
    }  # fmt: skip


def name_of(key: Key) -> Term:
    """Scheme, category and indicator in few words, e.g. 职工养老征缴收入."""
    scheme, indicator, category = key
    words = [SHORT_SCHEMES[scheme], *([CATEGORIES[category]] if category != "total" else []), INDICATORS[indicator]]
    zh = "".join(word.zh for word in words)
    return Term(zh, " ".join(w.en if n == 0 else w.en.lower() for n, w in enumerate(w for w in words if w.en)))


def minus(figure: str) -> str:
    """A figure with a proper minus sign."""
    return figure.replace("-", "−")


def outcome_label(outcome: Outcome, language: Language) -> str:
    """An outcome as a drop-down shows it."""
    return f"{outcome.year} {text(name_of(outcome.key), language)}"


def _answer(stood: list[Standing], probabilities: Probabilities | None) -> Answer:
    last = stood[-1].outcome
    chance = _chance(last, probabilities)
    return Answer(name_of(last.key), sentence(stood[-1]), chance, tuple(stood))


def _level(outcome: Outcome, book: Book) -> Answer:
    stood = standing(outcome, book)
    words = say(**_pair("level"), year=outcome.year, value=_shown(stood.value, outcome))
    return Answer(name_of(outcome.key), words, Term("", ""), (stood,), judged=False)


def _chance(outcome: Outcome, probabilities: Probabilities | None) -> Term:
    if probabilities is None:
        return _WORDS["waiting"]
    chance = probabilities.get((outcome.key, outcome.year))
    if chance is None:
        return _WORDS["told" if outcome.indicator == "gross_new" else "set"]
    return say(**_pair("chance"), chance=chance_words(chance))


def chance_words(chance: float) -> Term:
    """A probability in whole per cent; what no draw has shown is not impossible."""
    if 0.01 <= chance <= 0.99:
        return Term(f"{chance:.0%}", f"{100 * chance:.0f} %")
    return _SURE["least" if chance < 0.01 else "most"]


def sentence(stood: Standing) -> Term:
    """Value, target, and by how much it is met or missed."""
    unit = unit_of(stood.outcome.indicator)
    scale = display_scale(unit, stood.value)
    short = _beside(stood.difference, unit, scale)
    parts: dict[str, Part] = {"year": stood.outcome.year, "value": _shown(stood.value, stood.outcome), "short": short}
    if stood.outcome.aim == "fall":
        return _fall(stood, parts)
    over = say(**_pair("over"), short=short) if abs(stood.difference) > 1e-9 * abs(stood.target) else Term("", "")
    kind = "met" if stood.met else "missed"
    return say(**_pair(kind), target=_bare(_shown(stood.target, stood.outcome), scale), over=over, **parts)


def _beside(difference: float, unit: str, scale: Scale) -> Term:
    """The size of a difference: Chinese in its own unit, English in that of the value, which it does not say again."""
    told = unsigned(difference, unit)
    if unit == "ratio" or abs(difference) < 0.5 * 10.0**-scale.decimals * scale.factor:
        return told
    return Term(told.zh, number(abs(difference), scale))


def _bare(told: Term, scale: Scale) -> Term:
    """An amount behind another in the same unit: English does not say a long unit twice."""
    return Term(told.zh, told.en.removesuffix(f" {scale.en}"))


def _fall(stood: Standing, parts: dict[str, Part]) -> Term:
    if stood.outcome.indicator == "gap" and stood.value < 0:
        size = amount(-stood.value, unit_of(stood.outcome.indicator))
        return say(**_pair("surplus"), more=_MORE[stood.met], size=size, **parts)
    return say(**_pair("fall_met" if stood.met else "fall_missed"), **parts)


def _pair(key: str) -> dict[str, str]:
    return {"zh": _WORDS[key].zh, "en": _WORDS[key].en}


def _shown(value: float, outcome: Outcome) -> Term:
    unit = unit_of(outcome.indicator)
    return amount(value, unit, scale=display_scale(unit, value))


def answers_html(found: list[Answer], language: Language) -> str:
    """The answers as rows: a mark, the sentence, the probability, and one mark a year."""
    return (
        f'<table class="wi-answers" data-role="answers">{"".join(_row(answer, language) for answer in found)}</table>'
    )


def _row(answer: Answer, language: Language) -> str:
    years = "".join(_year_mark(stood, language) for stood in answer.standings if len(answer.standings) > 1)
    cells = [
        f'<td class="wi-dot {answer.state}">{_MARKS[answer.state]}</td>',
        f'<td class="wi-name">{escape(text(answer.name, language))}</td>',
        f"<td>{escape(text(answer.sentence, language))}</td>",
        f'<td class="wi-chance">{escape(text(answer.chance, language))}</td>',
        f'<td class="wi-years">{years}</td>',
    ]
    return f'<tr data-target="{".".join(answer.standings[-1].outcome.key)}">{"".join(cells)}</tr>'


def _year_mark(stood: Standing, language: Language) -> str:
    told = escape(text(sentence(stood), language))
    state = "met" if stood.met else "missed"
    return f'<span class="wi-year {state}" title="{told}">{stood.outcome.year}</span>'
