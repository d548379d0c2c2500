"""Sentences an officer reads: every number in them comes from the study's results.

An assumed input that drives a headline is named beside it, and a target the document does not put in numbers is said
to be not given rather than filled in.
"""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

from analytics.appraisal.study import Study
from analytics.terms import NOT_GIVEN, PARAMETERS, Term, label, show, show_difference, text, unit_of

_TARGET = {
    "met": Term(
        "{year}年{what}目标为{target}，{path}测算为{value}{range}，可以达到。",
        "{year}: the target for {what} is {target}; the {path} gives {value}{range}: met.",
    ),
    "likely": Term(
        "{year}年{what}目标为{target}，{path}测算为{value}{range}，基本可以达到，但低值情形下达不到。",
        "{year}: the target for {what} is {target}; the {path} gives {value}{range}: likely, but missed at the low end.",
    ),
    "at_risk": Term(
        "{year}年{what}目标为{target}，{path}测算为{value}{range}，尚有{short}差距，高值情形下方可达到。",
        "{year}: the target for {what} is {target}; the {path} gives {value}{range}, {short} away: at risk.",
    ),
    "missed": Term(
        "{year}年{what}目标为{target}，{path}测算为{value}{range}，相差{short}，按现有条件难以达到。",
        "{year}: the target for {what} is {target}; the {path} gives {value}{range}, {short} away: not met.",
    ),
    "fall_met": Term(
        "{year}年{what}测算为{value}，比上年（{target}）缩小，符合文件要求。",
        "{year}: {what} is {value}, down from {target} the year before, as the document asks.",
    ),
    "fall_missed": Term(
        "{year}年{what}测算为{value}，比上年（{target}）扩大，与文件“逐步缩小”的要求不符。",
        "{year}: {what} is {value}, up from {target} the year before; the document asks for it to narrow.",
    ),
}
_MILESTONE = {
    "met": Term(
        "{year}年{what}目标为{target}；按趋势可达{value}，可以达到。",
        "{year}: the target for {what} is {target}; on the trend it comes to {value}: met.",
    ),
    "missed": Term(
        "{year}年{what}目标为{target}；按趋势只能达到{value}，相差{short}。要达到目标，{first}—{last}年须{means}{heads}，年均{yearly}。",
        "{year}: the target for {what} is {target}; the trend reaches {value}, {short} away. Getting there takes {heads} "
        "{means} over {first}–{last}, {yearly} a year.",
    ),
}
_MEANS = {
    "employee_share": (
        ("employee", "transfers"),
        Term("由居民保险转入职工保险", "moved from the resident to the employee scheme"),
    ),
    "coverage_rate": (("resident", "gross_new"), Term("新增居民保险参保", "newly enrolled in the resident scheme")),
}
"""What carries a milestone on the plan path, and how that is said."""
_RANGE = Term("（区间{low}至{high}）", " (range {low} to {high})")
_ONE_TO_ONE = 0.8  # per cent of the result for one per cent of the input
_RESTS = Term("该判断主要取决于以下假定：{names}。", "This rests chiefly on these assumptions: {names}.")
_LEVEL = Term(
    "{year}年{what}测算为{value}{range}，{base_year}年为{base}。",
    "{what} is {value}{range} in {year}, against {base} in {base_year}.",
)
_NO_TARGET = Term(
    "{scheme}：年度目标{missing}，以下按趋势测算。", "{scheme}: yearly targets {missing}; figures follow the trend."
)
_SURPLUS = Term(
    "{year}年{scheme}当期无缺口，征缴收入大于支出{value}，{base_year}年为{base}。",
    "{scheme}: no current-period gap in {year}; collection income exceeds expenditure by {value} ({base_year}: {base}).",
)


def joined(study: Study, *sentences: str) -> str:
    """Sentences one after the other, as the language spaces them; empty ones left out."""
    return ("" if study.language == "zh" else " ").join(sentence for sentence in sentences if sentence)


def subject(scheme: str, indicator: str, study: Study) -> str:
    """Scheme and indicator as part of a sentence."""
    language = study.language
    if scheme == "all":
        return label(indicator, language)
    joint = "" if language == "zh" else ", "
    return f"{label(scheme, language)}{joint}{label(indicator, language)}"


def range_words(row: pd.Series, study: Study) -> str:
    """A result's range in brackets; "" where it has none."""
    if row["low"] != row["low"]:
        return ""
    low, high = (show(float(row[side]), row["unit"], study.language) for side in ("low", "high"))
    return text(_RANGE, study.language, low=low, high=high)


def target_sentence(row: pd.Series, study: Study) -> str:
    """One target on one path: what is asked, what is projected, whether it is met."""
    kind = f"fall_{row['grade']}" if row["aim"] == "fall" else str(row["grade"])
    return text(
        _TARGET[kind], study.language, year=int(row["year"]), what=subject(row["scheme"], row["indicator"], study),
        path=study.scenario_label(row["scenario"]), range=range_words(row, study),
        target=show(row["target"], row["unit"], study.language), value=show(row["value"], row["unit"], study.language),
        short=show_difference(abs(row["difference"]), row["unit"], study.language),
    )  # fmt: skip


def milestone_sentence(row: pd.Series, study: Study) -> str:
    """A share or coverage target: where the trend gets, and how many heads the target takes on the plan path."""
    trend = study.row(row["scheme"], row["indicator"], int(row["year"]), "trend")
    source, means = _MEANS[row["indicator"]]
    years = [year for year in study.plan.years if year <= row["year"]]
    heads = sum(study.value(*source, year) for year in years)
    language, short = study.language, row["target"] - trend["value"]
    return text(
        _MILESTONE["met" if short <= 0 else "missed"], language, year=int(row["year"]),
        what=subject(row["scheme"], row["indicator"], study), target=show(row["target"], row["unit"], language),
        value=show(trend["value"], row["unit"], language), short=show_difference(short, row["unit"], language),
        first=years[0], last=years[-1], means=text(means, language), heads=show(heads, "person", language),
        yearly=show(heads / len(years), "person", language),
    )  # fmt: skip


def level_sentence(study: Study, scheme: str, indicator: str, scenario: str = "") -> str:
    """Where an indicator stands in the last year, with its range, against the base year."""
    horizon, language = study.plan.horizon, study.language
    row = study.row(scheme, indicator, horizon.last_year, scenario)
    base = study.value(scheme, indicator, horizon.base_year, scenario)
    return text(
        _LEVEL, language, year=horizon.last_year, what=subject(scheme, indicator, study),
        value=show(row["value"], row["unit"], language), range=range_words(row, study), base_year=horizon.base_year,
        base=show(base, unit_of(indicator), language),
    )  # fmt: skip


def gap_sentence(study: Study, scheme: str) -> str:
    """The current-period gap in the last year, or by how much collection income exceeds expenditure."""
    horizon, language = study.plan.horizon, study.language
    last, base = (study.value(scheme, "gap", year) for year in (horizon.last_year, horizon.base_year))
    if last > 0:
        return level_sentence(study, scheme, "gap")
    return text(
        _SURPLUS, language, year=horizon.last_year, scheme=label(scheme, language), value=show(-last, "yuan", language),
        base_year=horizon.base_year, base=show(-base, "yuan", language),
    )  # fmt: skip


def rests_on(study: Study, scheme: str, indicator: str, year: int, scenario: str = "", most: int = 3) -> str:
    """The assumed inputs that move a result most, named; "" when none does."""
    names = assumed_drivers(study, scheme, indicator, year, scenario)[:most]
    joint = "、" if study.language == "zh" else ", "
    return text(_RESTS, study.language, names=joint.join(names)) if names else ""


def assumed_drivers(study: Study, scheme: str, indicator: str, year: int, scenario: str = "") -> list[str]:
    """Labels of the assumed inputs behind a result, the leading path's by default.

    First those without a range on which the result hangs nearly one to one, then the ranged ones by how far their range
    moves it.
    """
    given = study.projections[scenario or study.leading].assumptions
    assumed = [name for name, a in given.items() if a.quality == "assumed"]
    effects, moves = (
        frame[frame["input"].isin(assumed)]
        for frame in (
            study.effects_on(scheme, indicator, year, scenario),
            study.moves_on(scheme, indicator, year, scenario),
        )
    )
    ranged = effects.assign(span=(effects["high_effect"] - effects["low_effect"]).abs())
    fixed = moves[
        ~moves["input"].isin([name for name, a in given.items() if a.ranged])
        & (moves["elasticity"].abs() >= _ONE_TO_ONE)
    ]
    fixed = fixed.sort_values("elasticity", key=abs, ascending=False)
    names = [*fixed["input"], *ranged.sort_values("span", ascending=False)["input"]]
    return [text(PARAMETERS[name], study.language) for name in names]


def headline(study: Study) -> list[str]:
    """The answer in at most three sentences, each with what it rests on.

    The last year of each headline target on the leading path; where the document sets none, where the employee scheme's
    income, the employee share and the gap stand.
    """
    last = study.plan.horizon.last_year
    rows = study.attainment[(study.attainment["scenario"] == study.leading) & (study.attainment["aim"] != "")]
    chosen = [row for row in _headline_targets(rows) if row is not None]
    if chosen:
        return [_answer(row, study) for row in chosen]
    subjects = [("employee", "collection_income"), ("all", "employee_share")]
    levels = [joined(study, level_sentence(study, s, i), rests_on(study, s, i, last)) for s, i in subjects]
    return [*levels, joined(study, gap_sentence(study, "employee"), rests_on(study, "employee", "gap", last))]


def _answer(row: pd.Series, study: Study) -> str:
    """A target's sentence, and the assumptions it rests on."""
    if row["indicator"] not in _MEANS:
        rest = rests_on(study, row["scheme"], row["indicator"], int(row["year"]))
        return joined(study, target_sentence(row, study), rest)
    scenario = "trend"  # on the plan path a milestone is reached by construction and rests on nothing
    rest = rests_on(study, row["scheme"], row["indicator"], int(row["year"]), scenario)
    return joined(study, milestone_sentence(row, study), rest)


def _headline_targets(rows: pd.DataFrame) -> Sequence[pd.Series | None]:
    """Last target of income, of the share or coverage, and of the gap: those that a path cannot simply be told."""
    wanted = (
        ("collection_income", "employee"),
        ("employee_share", "all"),
        ("coverage_rate", "all"),
        ("gap", "employee"),
    )
    return [_last(rows[(rows["indicator"] == indicator) & (rows["scheme"] == scheme)]) for indicator, scheme in wanted]


def _last(rows: pd.DataFrame) -> pd.Series | None:
    return None if rows.empty else rows.sort_values("year").iloc[-1]


def not_given(study: Study, scheme: str) -> str:
    """That the document sets no yearly numbers for a scheme; "" where there is no document to set any."""
    if study.plan.document is None:
        return ""
    missing = text(NOT_GIVEN, study.language)
    return text(_NO_TARGET, study.language, scheme=label(scheme, study.language), missing=missing)
