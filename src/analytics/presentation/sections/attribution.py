"""Why results change: income, gap and employee share by what moves them, between years, paths and scenarios."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from analytics.appraisal.attribution import PARTS, Attribution, Point, attribute
from analytics.appraisal.findings import subject
from analytics.appraisal.study import Study
from analytics.presentation.charts.fund import income_bridge
from analytics.presentation.charts.rows import chart_scale, signed
from analytics.presentation.document import Heading, Paragraph, Table
from analytics.presentation.pictures import Chart, Content
from analytics.terms import Language, Scale, Term, display_scale, label, scale_label, text, unit_of

_WORDS = {
    "heading": Term("变动因素分解", "Why results change"),
    "method": Term(
        "收入和支出按对数平均迪氏指数法（LMDI）逐因素分解，职工占比按各项人数流量分解；各部分之和等于总变动，没有残差。"
        "基年人数取年末数，此后取年初、年末平均。",
        "Income and expenditure are split by LMDI, the employee share by the flows of heads; the parts sum to the change "
        "without a residual.  Heads are those at the year's end in the base year, averages of its two ends afterwards.",
    ),
    "years": Term("{what}：{end}年比{start}年的变动（{path}）", "{what}: change from {start} to {end} ({path})"),
    "paths": Term("{what}：{end}年{path}与{other}之差", "{what} in {end}: {path} against {other}"),
    "part": Term("因素", "Driver"),
    "effect": Term("影响（{unit}）", "Effect ({unit})"),
    "share": Term("占变动的比重", "Share of the change"),
    "one_off": Term("基年支出只有养老金，一次性支出自测算首年起计入。",
                    "Base-year expenditure is pensions alone; one-off payments come in with the first projected year."),
    "others": Term("其他", "Others"),
    "total": Term("合计", "Total"),
    "change": Term("变动合计", "Change"),
    "scenarios": Term("{what}：各情景与{reference}之差的构成（{year}年）", "{what}: what makes scenarios differ from the {reference} ({year})"),
    "small": Term("{end}年征缴收入比{start}年的变动（{path}）", "Collection income: change from {start} to {end} ({path})"),
}  # fmt: skip
_POINTS = Term("个百分点", "points")
_SMALL = ("unemployment", "work_injury")


def attribution(study: Study) -> list[Content]:
    """Every change the report explains: over the horizon, and the plan path against the trend path."""
    blocks: list[Content] = [
        Heading(1, text(_WORDS["heading"], study.language)),
        Paragraph(text(_WORDS["method"], study.language)),
    ]
    return [*blocks, *income(study), *gap(study), *share(study), *small_funds(study)]


def income(study: Study) -> list[Content]:
    """The employee scheme's collection income: over the horizon, and the plan path against the trend path."""
    return [
        *over_horizon(study, "employee", "collection_income"),
        *against_trend(study, "employee", "collection_income"),
    ]


def gap(study: Study) -> list[Content]:
    """The employee scheme's gap over the horizon, income and expenditure side."""
    return over_horizon(study, "employee", "gap")


def share(study: Study) -> list[Content]:
    """The employee share over the horizon, and the plan path against the trend path, by flows of heads."""
    return [*over_horizon(study, "all", "employee_share"), *against_trend(study, "all", "employee_share")]


def over_horizon(study: Study, scheme: str, indicator: str, scenario: str = "") -> list[Content]:
    """Sentence, table and waterfall of a change from the base year to the last year on one path."""
    return _explained(study, _over_horizon(study, scheme, indicator, scenario))


def _over_horizon(study: Study, scheme: str, indicator: str, scenario: str = "") -> Attribution:
    path, horizon = study.projections[scenario or study.leading], study.plan.horizon
    return attribute(Point(path, horizon.base_year), Point(path, horizon.last_year), scheme, indicator)


def against_trend(study: Study, scheme: str, indicator: str) -> list[Content]:
    """The plan path against the trend path in the last year; nothing where the document gives no path."""
    if "plan" not in study.projections:
        return []
    return _explained(study, between(study, scheme, indicator, "plan", "trend"))


def between(study: Study, scheme: str, indicator: str, scenario: str, reference: str, year: int = 0) -> Attribution:
    """A scenario against a reference in one year, the last one unless another is given."""
    year = year or study.plan.horizon.last_year
    points = (Point(study.projections[name], year) for name in (reference, scenario))
    return attribute(*points, scheme, indicator)


def scenarios(
    study: Study, reference: str = "", scheme: str = "employee", indicator: str = "collection_income"
) -> list[Content]:
    """Every scenario's difference from ``reference`` in the last year, a column a scenario, a row a driver."""
    reference, language = reference or study.leading, study.language
    splits = [between(study, scheme, indicator, name, reference) for name in study.projections if name != reference]
    if not splits:
        return []
    title = text(_WORDS["scenarios"], language, what=text(subject(scheme, indicator), language),
                 reference=study.scenario_label(reference), year=study.plan.horizon.last_year)  # fmt: skip
    return [_side_by_side(title, [text(split.end.path, language) for split in splits], splits, study)]


def small_funds(study: Study) -> list[Content]:
    """Collection income of unemployment and work-injury insurance over the horizon: sentences and one table."""
    language = study.language
    splits = [_over_horizon(study, scheme, "collection_income") for scheme in _SMALL if scheme in study.plan.schemes]
    if not splits:
        return []
    sentences = [Paragraph(text(split.sentence, language)) for split in splits]
    names = [label(split.scheme, language) for split in splits]
    return [*sentences, _side_by_side(_titled("small", study, splits[0]), names, splits, study)]


def _side_by_side(title: str, names: Sequence[str], splits: Sequence[Attribution], study: Study) -> Table:
    """A column a change, a row a driver that moves any of them."""
    language, scale = study.language, _scale(splits)
    parts = [name for name in splits[0].parts if any(name in split.moving for split in splits)]
    rows = [(text(PARTS[name], language), *(_cell(split.parts[name], scale) for split in splits)) for name in parts]
    rows.append((text(_WORDS["change"], language), *(signed(split.change, scale) for split in splits)))
    return Table(title, _unit(scale, splits[0], language), (text(_WORDS["part"], language), *names), tuple(rows))


def _cell(effect: float, scale: Scale) -> str:
    return signed(effect, scale) if _reads(effect, scale) else "—"


def _explained(study: Study, split: Attribution) -> list[Content]:
    title = _titled(_kind(split), study, split)
    blocks: list[Content] = [Paragraph(text(split.sentence, study.language))]
    return [*blocks, _table(study, split, title), _chart(study, split, title)] if split.moving else blocks


def _kind(split: Attribution) -> str:
    return "years" if split.start.projection.scenario == split.end.projection.scenario else "paths"


def _titled(key: str, study: Study, split: Attribution) -> str:
    language = study.language
    return text(
        _WORDS[key], language, what=text(subject(split.scheme, split.indicator), language), start=split.start.year,
        end=split.end.year, path=text(split.end.path, language), other=text(split.start.path, language),
    )  # fmt: skip


def _table(study: Study, split: Attribution, title: str) -> Table:
    """A row a driver: its effect, and its share of the change."""
    language, scale = study.language, _scale([split])
    effect = text(_WORDS["effect"], language, unit=_unit(scale, split, language))
    header = (text(_WORDS["part"], language), effect, text(_WORDS["share"], language))
    parts = [*_named(split, scale, language), (text(_WORDS["total"], language), split.change)]
    rows = [
        (name, signed(effect, scale), f"{effect / split.change:.1%}" if split.change else "—") for name, effect in parts
    ]
    notes = (text(_WORDS["one_off"], language),) if "one_off" in split.moving and _from_base(split) else ()
    return Table(title, "", header, tuple(rows), notes)


def _from_base(split: Attribution) -> bool:
    return split.start.year == split.start.base_year < split.end.year


def _chart(study: Study, split: Attribution, title: str) -> Chart:
    language, unit = study.language, unit_of(split.indicator)
    steps = _named(split, chart_scale(unit, split.parts.values(), [split.change]), language)
    return Chart(
        f"attribution_{split.scheme}_{split.indicator}_{_kind(split)}", title,
        lambda ax: income_bridge(ax, steps, unit, language, text(_WORDS["change"], language), heading=title),
        height_cm=9.0,
    )  # fmt: skip


def _named(split: Attribution, scale: Scale, language: Language) -> list[tuple[str, float]]:
    """Parts by their labels; those that would read as zero on ``scale`` are taken together."""
    shown = {name: effect for name, effect in split.parts.items() if _reads(effect, scale)}
    steps = [(text(PARTS[name], language), effect) for name, effect in shown.items()]
    rest = split.change - sum(shown.values())
    hidden = len(shown) < len(split.moving)
    return [*steps, (text(_WORDS["others"], language), rest)] if hidden else steps


def _reads(effect: float, scale: Scale) -> bool:
    """Whether an effect shows any digit on ``scale``."""
    return round(abs(effect) / scale.factor, scale.decimals) > 0


def _scale(splits: Sequence[Attribution]) -> Scale:
    """One scale for all effects; ratios with two decimals, since effects are fractions of a point."""
    largest = max(abs(effect) for split in splits for effect in (*split.parts.values(), split.change))
    unit = unit_of(splits[0].indicator)
    scale = display_scale(unit, largest)
    return replace(scale, decimals=2) if unit == "ratio" else scale


def _unit(scale: Scale, split: Attribution, language: Language) -> str:
    return text(_POINTS, language) if unit_of(split.indicator) == "ratio" else scale_label(scale, language)
