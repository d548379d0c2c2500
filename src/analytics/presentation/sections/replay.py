"""How wrong the engine of people by age would have been, started from the nation's published heads of earlier years."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache

import pandas as pd

from analytics.appraisal.replay import (
    COMPARED,
    STARTS,
    can_start,
    replays,
    summary,
    unexplained_growth,
    unpublished,
)
from analytics.appraisal.study import Study
from analytics.inputs.plan import Plan
from analytics.inputs.plan_file import load_plan, plan_names
from analytics.presentation.charts.replay import replay_lines
from analytics.presentation.document import Heading, Paragraph, Table
from analytics.presentation.pictures import Chart, Content
from analytics.presentation.shared import once_a_report
from analytics.terms import Language, Term, show, text

_WORDS = {
    "heading": Term("引擎回放：从过去的年末起步", "Replay: the engine started from earlier years"),
    "nothing": Term("没有可以起步的年份：{missing}。", "There is no year to start from: {missing}."),
    "method": Term(
        "方法：全国规划退回到起步年末，人数取当年公布数，16岁及以上人口取联合国推算，用同一引擎逐年算到{last}年。居民保险{first}年才覆盖全国，"
        "故不从更早起步。“以后一无所知”按起步前各年（至多五年，不早于{first}年）每名成年人的新增参保率推算；死亡率两种方式都用联合国现在的估计。",
        "Method: the national plan is set back to the end of the start year with the heads published for it and the United "
        "Nations' population of 16 and older, and run to {last} on the same engine. The resident scheme covers the nation "
        "only from {first} on, hence no earlier start. “Nothing known after” keeps the gross new enrollment per adult of the "
        "years before the start (at most five, none before {first}); death rates are the United Nations' present ones either way.",
    ),
    "followed": Term(
        "缴费人数逐年按公布数时，引擎算出的离退休人员平均误差率为{retirees}，领取待遇人员为{beneficiaries}。",
        "With contributors at their published numbers, the engine's retirees were off by {retirees} on average, its "
        "beneficiaries by {beneficiaries}.",
    ),
    "start": Term("{value}（{start}年起）", "{value} (from {start})"),
    "merger": Term(
        "{first}—{last}年公布的离退休人员比引擎多增{heads}：其间机关事业单位并入职工保险（并入人数未见公布），可能还有一次性补缴和特殊工种提前退休，"
        "引擎没有这些来源，因此并入之后起步的结果才检验年龄、退休和死亡。",
        "From {first} to {last} published retirees grew by {heads} more than the engine's: government institutions were "
        "merged into the scheme (how many persons is not published), and one-off back payments and early retirement from hard "
        "jobs may have come on top; the engine knows none of these, so that only a start after the merger tests ages, "
        "retirement and deaths.",
    ),
    "ahead": Term(
        "若起步以后一无所知，{year}年的误差为：{errors}。",
        "Had nothing been known after the start, the errors in {year} would be: {errors}.",
    ),
    "errors": Term("{start}年起，{parts}", "from {start}, {parts}"),
    "missing": Term("缺少公布数：{missing}；这些年份没有误差。", "Not published: {missing}; these years have no error."),
    "skipped": Term("{years}年的人数没有公布齐全，不能起步。", "Heads of {years} are not all published; no start there."),
    "unchecked": Term(
        "公布数中有{count}个凭记忆录入、尚未核对（图中为空心点），结论随其更正而变。",
        "{count} of the published figures were entered from memory and not yet checked (hollow points); conclusions move "
        "with their correction.",
    ),
    "table_followed": Term("误差：缴费人数按公布数（%）", "Errors with contributors as published (%)"),
    "table_ahead": Term("误差：起步以后一无所知（%）", "Errors with nothing known after the start (%)"),
    "year": Term("年份", "Year"),
    "column": Term("{what}（{start}年起）", "{what} (from {start})"),
    "mape": Term("平均绝对误差率", "MAPE"),
    "chart": Term("{what}：公布数与引擎回放", "{what}: published and replayed"),
}  # fmt: skip
_NAMES = {
    ("employee", "active"): Term("参保职工", "Employee members"),
    ("employee", "retirees"): Term("离退休人员", "Retirees"),
    ("resident", "participants"): Term("居民参保人员", "Resident participants"),
    ("resident", "beneficiaries"): Term("领取待遇人员", "Beneficiaries"),
}
_JUDGED = {"followed": (("employee", "retirees"), ("resident", "beneficiaries")), "ahead": COMPARED}
"""What a way says anything about: contributors that are followed are right by construction."""
_NATION = "national"
"""Name of the nation's plan."""
_MERGED = (2015, 2018)
"""Year-ends between which government institutions came into the employee scheme (国发〔2015〕2号)."""


def replay(study: Study) -> list[Content]:
    """Answer, what is missing, method, and a table of errors for each way.

    Nothing in a home that has no plan of the nation to set back.
    """
    if _NATION not in plan_names():
        return []
    return [Heading(2, text(_WORDS["heading"], study.language)), *answer(study), *errors(study)]


def answer(study: Study) -> list[Content]:
    """Three sentences on the errors, then what is missing or unchecked, and the method."""
    if _NATION not in plan_names():
        return []
    frame, language = _replayed(study), study.language
    gaps = _gaps(study, frame)
    if frame.empty:
        return [Paragraph(text(_WORDS["nothing"], language, missing=_listed(_missing(study, STARTS), language)))]
    said = [_followed_sentence(frame, language), *_merger_sentence(frame, language), *_ahead_sentence(frame, language)]
    method = text(_WORDS["method"], language, last=frame["year"].max(), first=min(STARTS))
    joint = "" if language == "zh" else " "
    return [Paragraph(joint.join(said)), *([Paragraph(joint.join(gaps))] if gaps else []), Paragraph(method)]


def errors(study: Study) -> list[Content]:
    """Errors by year and their mean, a table for each way."""
    if _NATION not in plan_names():
        return []
    frame, language = _replayed(study), study.language
    return [_table(frame, way, language) for way in _JUDGED if (frame["way"] == way).any()]


def charts(study: Study) -> list[Content]:
    """The lines over the published points, a chart for each indicator."""
    if _NATION not in plan_names():
        return []
    frame = _replayed(study)
    return [_chart(frame, key, study.language) for key in COMPARED if len(frame)]


def _replayed(study: Study) -> pd.DataFrame:
    nation = _published(study)
    rows = tuple(nation.itertuples(index=False, name=None))
    return _kept(load_plan(_NATION).model_dump_json(), rows, tuple(nation.columns))


def _published(study: Study) -> pd.DataFrame:
    return study.peers[study.peers["region"] == "china"]


@once_a_report
@cache
def _kept(plan: str, rows: tuple[tuple[object, ...], ...], columns: tuple[str, ...]) -> pd.DataFrame:
    """Kept per plan and history: every report of a batch asks for the same, and leaves it to its notebooks."""
    return replays(Plan.model_validate_json(plan), pd.DataFrame(list(rows), columns=list(columns)))


def _followed_sentence(frame: pd.DataFrame, language: Language) -> str:
    scores = summary(frame)["mape"]
    joint = "、" if language == "zh" else ", "
    said = {
        indicator: joint.join(
            text(_WORDS["start"], language, value=f"{value:.1%}", start=start)
            for start, value in scores.xs(("followed", scheme, indicator), level=("way", "scheme", "indicator")).items()
        )
        for scheme, indicator in _JUDGED["followed"]
    }
    return text(_WORDS["followed"], language, **said)


def _merger_sentence(frame: pd.DataFrame, language: Language) -> list[str]:
    """How many retirees came from where the engine does not look; nothing where the years around it are missing."""
    first, last = _MERGED
    known = frame[(frame["start"] == first) & frame["published"].notna()]
    if not {first, last} <= set(known.loc[known["indicator"] == "retirees", "year"]):
        return []
    heads = show(unexplained_growth(frame, first, first, last), "person", language)
    return [text(_WORDS["merger"], language, first=first, last=last, heads=heads)]


def _ahead_sentence(frame: pd.DataFrame, language: Language) -> list[str]:
    """Errors of the last year for each start; nothing where there is no start with years before it."""
    final = frame[(frame["way"] == "ahead") & (frame["year"] == frame["year"].max())]
    if final.empty:
        return []
    comma, semicolon = ("、", "；") if language == "zh" else (", ", "; ")
    by_start = {
        start: comma.join(_error_words((r.scheme, r.indicator), r.error, language) for r in rows.itertuples())
        for start, rows in final.groupby("start")
    }
    parts = [text(_WORDS["errors"], language, start=start, parts=words) for start, words in by_start.items()]
    return [text(_WORDS["ahead"], language, year=final["year"].iloc[0], errors=semicolon.join(parts))]


def _error_words(key: tuple[str, str], error: float, language: Language) -> str:
    return f"{text(_NAMES[key], language)} {_percent(error)}%"


def _gaps(study: Study, frame: pd.DataFrame) -> list[str]:
    """What the comparison lacks: years not published, starts that cannot be made, figures nobody has checked."""
    language, published = study.language, _published(study)
    skipped = [year for year in STARTS if not can_start(published, year)]
    last = int(frame["year"].max()) if len(frame) else max(STARTS)
    missing = _missing(study, range(min(STARTS), last + 1))
    unchecked = frame[frame["quality"] == "assumed"].drop_duplicates(["scheme", "indicator", "year"])
    said = [
        missing and text(_WORDS["missing"], language, missing=_listed(missing, language)),
        skipped and text(_WORDS["skipped"], language, years=_years(skipped, language)),
        len(unchecked) and text(_WORDS["unchecked"], language, count=len(unchecked)),
    ]
    return [words for words in said if words]


def _missing(study: Study, years: Iterable[int]) -> dict[tuple[str, str], list[int]]:
    return unpublished(_published(study), list(years))


def _listed(missing: dict[tuple[str, str], list[int]], language: Language) -> str:
    joint = "；" if language == "zh" else "; "
    return joint.join(f"{text(_NAMES[key], language)} {_years(years, language)}" for key, years in missing.items())


def _years(years: list[int], language: Language) -> str:
    return ("、" if language == "zh" else ", ").join(map(str, years))


def _table(frame: pd.DataFrame, way: str, language: Language) -> Table:
    """Years down, a column for each indicator and start, the mean absolute error below."""
    rows = frame[(frame["way"] == way) & (frame["year"] > frame["start"])]
    scores = summary(frame)["mape"]
    columns = [(start, *key) for key in _JUDGED[way] for start in sorted(rows["start"].unique())]
    found = rows.set_index(["start", "scheme", "indicator", "year"])["error"]
    years = range(int(rows["year"].min()), int(rows["year"].max()) + 1)
    body = [(str(y), *(_percent(found.get((*column, y), float("nan"))) for column in columns)) for y in years]
    means = (f"{100 * scores.get((way, *column), float('nan')):.1f}" for column in columns)
    heads = (_column_head(start, (scheme, indicator), language) for start, scheme, indicator in columns)
    header = (text(_WORDS["year"], language), *heads)
    return Table(text(_WORDS[f"table_{way}"], language), "%", header, (*body, (text(_WORDS["mape"], language), *means)))


def _column_head(start: int, key: tuple[str, str], language: Language) -> str:
    return text(_WORDS["column"], language, what=text(_NAMES[key], language), start=start)


def _percent(error: float) -> str:
    """Per cent with its sign, without the unit; — where there is no error."""
    return "—" if error != error else f"{100 * error:+.1f}"


def _chart(frame: pd.DataFrame, key: tuple[str, str], language: Language) -> Chart:
    scheme, indicator = key
    ways = [way for way, judged in _JUDGED.items() if key in judged]
    shown = frame[(frame["scheme"] == scheme) & (frame["indicator"] == indicator) & frame["way"].isin(ways)]
    title = text(_WORDS["chart"], language, what=text(_NAMES[key], language))
    return Chart(f"replay_{scheme}_{indicator}", title, lambda ax: replay_lines(ax, shown, STARTS, language))
