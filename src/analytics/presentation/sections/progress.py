"""The year so far: what is done, against target and dates, and what the whole year will bring."""

from __future__ import annotations

from calendar import month_name, monthrange
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np
import pandas as pd

from analytics.appraisal.nowcast import (
    AMBER_FROM,
    LIGHTS,
    METHODS,
    MIN_YEARS,
    PACE_RANGE,
    Nowcast,
    Pace,
    cumulative,
    done_by_area,
    nowcast,
    pace,
    ranking,
)
from analytics.appraisal.study import Study
from analytics.inputs.monthly import FLOWS, NO_MONTHS, observed_months, span
from analytics.presentation.charts.progress import progress_path
from analytics.presentation.document import Heading, Listing, Paragraph, Table
from analytics.presentation.pictures import Chart, Content
from analytics.presentation.sentences import subject
from analytics.presentation.tables import Line, line_label
from analytics.terms import NOT_GIVEN, Language, Term, show, text, unit_of

"""No monthly file."""

_WORDS = {
    "heading": Term("年度进度和全年预计", "The year so far"),
    "how": Term(
        "尚无年度内进度数。把月报放入 data/regions/{region}/monthly/（列：险种、指标、年份、月份、数值、计量单位、是否累计、来源），"
        "即可得到完成率、提前或落后天数和全年预计。",
        "No figures inside a year yet. With monthly reports in data/regions/{region}/monthly/ (columns scheme, indicator, year, "
        "month, value, unit, cumulative, source) this section shows completion, days ahead or behind, and the year-end.",
    ),
    "done": Term("{months}{what}累计{done}", "{what}: {done} in {months}"),
    "against": Term(
        "，完成全年目标{target}的{completion}，时间进度{expected}，{days}（{light}）",
        ", {completion} of the year's target of {target} with {expected} of the days gone by: {days} ({light})",
    ),
    "no_target": Term("，全年目标{missing}", "; the target for the year: {missing}"),
    "ahead": Term("比时间进度提前{n}天", "{n} days ahead"),
    "behind": Term("比时间进度落后{n}天", "{n} days behind"),
    "level": Term("与时间进度持平", "level with the calendar"),
    "heading_for": Term("；全年预计{value}（区间{low}至{high}）", "; the year is heading for {value} (range {low} to {high})"),
    "safe": Term("，为目标的{share}，区间下限也达到目标", ", {share} of the target, which even the low end reaches"),
    "open": Term("，为目标的{share}，目标在区间之内，尚不能定论", ", {share} of the target, which lies inside the range"),
    "out_of_reach": Term("，为目标的{share}，区间上限也达不到目标", ", {share} of the target, which even the high end misses"),
    "end": Term("。", "."),
    "backtested": Term(
        "{what}：采用{method}，{level}区间由{years}个往年同月回测误差得出（平均误差{error}）。",
        "{what}: {method}; the {level} band comes from the errors after the same month of {years} past years (mean {error}).",
    ),
    "assumed": Term(
        "{what}：往年月度数据不足{min_years}年，{method}；区间为假定（剩余月份月均进度为已有月份的{low}至{high}），不是概率区间，补充往年月报后可由回测得出。",
        "{what}: fewer than {min_years} past years by month, so {method}; the range is an assumption (the remaining months at {low} "
        "to {high} of the pace so far), not a probability band; with past monthly reports it can be backtested.",
    ),
    "complete": Term("{what}：{method}。", "{what}: {method}."),
    "table": Term("年度进度", "Progress of the year"),
    "lights": Term(
        "灯号＝完成率÷时间进度：1及以上绿灯，{amber:g}至1黄灯，{amber:g}以下红灯；天数为正表示提前。",
        "Light = completion ÷ share of days gone by: green from 1, amber from {amber:g}, red below; positive days are a lead.",
    ),
    "indicator": Term("指标", "Indicator"),
    "day": Term("截至", "As of"),
    "so_far": Term("累计完成", "Done"),
    "target": Term("目标", "Target"),
    "due": Term("期限", "Due"),
    "completion": Term("完成率", "Completion"),
    "expected": Term("时间进度", "Days gone by"),
    "lead": Term("提前天数", "Days ahead"),
    "light": Term("灯号", "Light"),
    "estimate": Term("全年预计", "Year-end"),
    "chart": Term("{year}年{what}：进度和全年预计", "{what} in {year}: progress and year-end estimate"),
    "year_end": Term("全年", "Year"),
    "ranking": Term("{what}完成率排名（{months}）", "{what}: ranking by completion ({months})"),
    "rank": Term("名次", "Rank"),
    "area": Term("单位", "Place"),
}  # fmt: skip


@dataclass(frozen=True)
class Course:
    """One indicator inside its latest year: months so far, target, and what they mean.

    Attributes
    ----------
    done
        Cumulated value by month, known months only.
    estimate
        ``None`` as long as nothing has been done.
    paces
        (name of the deadline, pace towards it): the year's end first, then the phases that are still open.
    """

    line: Line
    year: int
    done: pd.Series
    target: float
    estimate: Nowcast | None
    paces: tuple[tuple[str, Pace], ...]

    @property
    def month(self) -> int:
        """The last month known."""
        return int(self.done.index[-1])

    @property
    def unit(self) -> str:
        """The plain unit."""
        return unit_of(self.line[1])


def progress(study: Study, monthly: pd.DataFrame = NO_MONTHS) -> list[Content]:
    """Each indicator with figures inside its latest year: sentences, progress table, chart; how estimates were made.

    Parameters
    ----------
    monthly
        The office's monthly figures (:func:`analytics.inputs.monthly.load_monthly`); figures the document quotes are
        added where the office has none.  Months not over by the study's day are left out.
    """
    found = courses(study, monthly)
    heading = Heading(1, text(_WORDS["heading"], study.language))
    if not found:
        hint = Paragraph(text(_WORDS["how"], study.language, region=study.plan.region.id))
        return [heading, hint] if set(study.targets["indicator"]) & set(FLOWS) else []
    said = tuple(_sentence(course, study) for course in found)
    basis = [Paragraph(_basis(course, study)) for course in found if course.estimate]
    return [heading, Listing(said), *_progress_table(found, study), _chart(found[0], study), *basis]


def courses(study: Study, monthly: pd.DataFrame = NO_MONTHS) -> list[Course]:
    """Every yearly flow of the whole region that has figures inside a year, in the order of the figures."""
    rows = pd.concat([part for part in (monthly, observed_months(study.plan)) if len(part)] or [NO_MONTHS])
    rows = rows[(rows["area"] == "") & rows["indicator"].isin(FLOWS)]
    over = [_month_end(y, m) <= study.as_of for y, m in zip(rows["year"], rows["month"], strict=True)]
    lines = rows[np.array(over, dtype=bool)].groupby(["scheme", "indicator", "category"], sort=False)
    found = [_course(line, own, study) for line, own in lines]
    return [course for course in found if len(course.done)]


def _month_end(year: int, month: int) -> date:
    return date(year, month, monthrange(year, month)[1])


def _course(line: Line, rows: pd.DataFrame, study: Study) -> Course:
    # a year the office reports itself is not mixed with what the document quotes of it
    sources = rows.groupby("year")["cumulative"].transform("first")
    table = cumulative(rows[rows["cumulative"] == sources].drop_duplicates(["year", "month"]))
    year = int(table.index[-1])
    done, target = table.loc[year].dropna(), _target(line, year, study)
    estimate = nowcast(table, year) if len(done) and done.iloc[-1] > 0 else None
    paces = _paces(done, target, year, study) if len(done) and target > 0 else ()
    return Course(line, year, done, target, estimate, paces)


def _target(line: Line, year: int, study: Study) -> float:
    frame = study.targets
    own = frame[(frame["scheme"] == line[0]) & (frame["indicator"] == line[1]) & (frame["category"] == line[2])]
    found = own.loc[(own["year"] == year) & (own["aim"] == "at_least"), "target"]
    return float(found.iloc[0]) if len(found) else float("nan")


def _paces(done: pd.Series, target: float, year: int, study: Study) -> tuple[tuple[str, Pace], ...]:
    """Paces from the first of January to the year's end and to the end of every phase of the year still open."""
    day = _month_end(year, int(done.index[-1]))
    phases = [(phase.title.text(study.language), span(phase.end)[1]) for phase in study.plan.phases]
    dates = [(text(_WORDS["year_end"], study.language), date(year, 12, 31))]
    dates += [(name, end) for name, end in phases if day <= end < date(year, 12, 31)]
    return tuple((name, pace(float(done.iloc[-1]), target, day, date(year, 1, 1), end)) for name, end in dates)


# ---------------------------------------------------------------------------------------------------------- sentences


def _what(course: Course, study: Study) -> str:
    return subject(course.line[0], course.line[1], study)


def _sentence(course: Course, study: Study) -> str:
    """Done, against the target, and where the year is heading."""
    language, unit = study.language, course.unit
    parts = [text(_WORDS["done"], language, months=_months(course.year, course.month, language),
                  what=_what(course, study), done=show(course.done.iloc[-1], unit, language))]  # fmt: skip
    parts.append(_against_target(course, language))
    if course.estimate and course.month < 12:
        ends = {side: show(getattr(course.estimate, side), unit, language) for side in ("value", "low", "high")}
        parts.append(text(_WORDS["heading_for"], language, **ends))
        parts += [_verdict(course.estimate, course.target, language)] if course.paces else []
    return "".join(parts) + text(_WORDS["end"], language)


def _months(year: int, month: int, language: Language) -> str:
    """``2025年1—6月``, ``January to June 2025``."""
    if language == "zh":
        return f"{year}年1—{month}月" if month > 1 else f"{year}年1月"
    return f"January to {month_name[month]} {year}" if month > 1 else f"January {year}"


def _verdict(estimate: Nowcast, target: float, language: Language) -> str:
    """The year-end beside the target: reached even at the low end, not even at the high end, or open."""
    key = "safe" if estimate.low >= target else "out_of_reach" if estimate.high < target else "open"
    return text(_WORDS[key], language, share=show(estimate.value / target, "ratio", language))


def _against_target(course: Course, language: Language) -> str:
    if not course.paces:
        return text(_WORDS["no_target"], language, missing=text(NOT_GIVEN, language))
    at = course.paces[0][1]
    return text(
        _WORDS["against"], language, target=show(course.target, course.unit, language),
        completion=show(at.completion, "ratio", language), expected=show(at.expected, "ratio", language),
        days=_days(at.lead_days, language), light=text(LIGHTS[at.light], language),
    )  # fmt: skip


def _days(lead: int, language: Language) -> str:
    key = "ahead" if lead > 0 else "behind" if lead < 0 else "level"
    return text(_WORDS[key], language, n=abs(lead))


def _basis(course: Course, study: Study) -> str:
    """How the estimate was made and what its range rests on."""
    language, estimate = study.language, course.estimate
    told = {"what": _what(course, study), "method": text(METHODS[estimate.method], language)}
    if estimate.method == "complete":
        return text(_WORDS["complete"], language, **told)
    if estimate.level is None:
        low, high = (f"{times:.0%}" for times in PACE_RANGE)
        return text(_WORDS["assumed"], language, **told, min_years=MIN_YEARS, low=low, high=high)
    return text(
        _WORDS["backtested"], language, **told, level=f"{estimate.level:.0%}", years=len(estimate.errors),
        error=show(estimate.mean_error, "ratio", language),
    )  # fmt: skip


# -------------------------------------------------------------------------------------------------- tables and charts


def _header(keys: Sequence[str], language: Language) -> tuple[str, ...]:
    return tuple(text(_WORDS[key], language) for key in keys)


def _lights_note(language: Language) -> str:
    return text(_WORDS["lights"], language, amber=AMBER_FROM)


def _progress_table(found: Sequence[Course], study: Study) -> list[Content]:
    """A row an indicator and deadline; nothing where no indicator has a target."""
    rows = tuple(_progress_row(course, *named, study.language) for course in found for named in course.paces)
    heads = ("indicator", "day", "so_far", "target", "due", "completion", "expected", "lead", "light")
    title, note = text(_WORDS["table"], study.language), _lights_note(study.language)
    return [Table(title, "", _header(heads, study.language), rows, (note,))] if rows else []


def _progress_row(course: Course, name: str, at: Pace, language: Language) -> tuple[str, ...]:
    amounts = (show(amount, course.unit, language) for amount in (at.done, at.target))
    return (line_label(course.line, language, single=False), str(at.day), *amounts, name, *_pace_cells(at, language))


def _pace_cells(at: Pace, language: Language) -> tuple[str, ...]:
    shares = (show(share, "ratio", language) for share in (at.completion, at.expected))
    return (*shares, f"{at.lead_days:+d}", text(LIGHTS[at.light], language))


def _chart(course: Course, study: Study) -> Chart:
    title = text(_WORDS["chart"], study.language, year=course.year, what=_what(course, study))
    due = {name: _months_until(at.deadline) for name, at in course.paces}
    return Chart(
        f"progress_{course.line[0]}_{course.line[1]}", title,
        lambda ax: progress_path(ax, course.done, course.estimate, course.target, study.language, course.unit,
                                 deadlines=due),
    )  # fmt: skip


def _months_until(day: date) -> float:
    """Months from the turn of the year to the end of ``day``."""
    return day.month - 1 + day.day / monthrange(day.year, day.month)[1]


def league(study: Study, monthly: pd.DataFrame, line: Line, targets: pd.Series, deadline: date) -> list[Content]:
    """Towns or villages by completion of the targets handed down to them, at the last month all have reported.

    Parameters
    ----------
    monthly
        Monthly figures with ``area``.
    line
        (scheme, indicator, category) of the target.
    targets
        Target of the deadline's year by area, plain unit.

    Raises
    ------
    InputError
        Naming the areas that have not reported.
    """
    language, year = study.language, deadline.year
    own = monthly[(monthly[["scheme", "indicator", "category"]] == list(line)).all(axis=1)]
    month, done = done_by_area(own, year, list(targets.index))
    areas = pd.DataFrame({"area": targets.index, "done": done.to_numpy(), "target": targets.to_numpy()})
    ranked = ranking(areas, _month_end(year, month), date(year, 1, 1), deadline)
    rows = tuple(_league_row(row, unit_of(line[1]), language) for _, row in ranked.iterrows())
    heads = ("rank", "area", "so_far", "target", "completion", "lead", "light")
    months = _months(year, month, language)
    title = text(_WORDS["ranking"], language, what=subject(line[0], line[1], study), months=months)
    return [Table(title, "", _header(heads, language), rows, (_lights_note(language),))]


def _league_row(row: pd.Series, unit: str, language: Language) -> tuple[str, ...]:
    amounts = (show(row[side], unit, language) for side in ("done", "target"))
    if pd.isna(row["rank"]):
        return "—", row["area"], *amounts, "—", "—", "—"
    completion = show(row["completion"], "ratio", language)
    return str(row["rank"]), row["area"], *amounts, completion, f"{row['lead_days']:+d}", text(LIGHTS[row["light"]], language)  # fmt: skip
