"""How sure it is: the probability of each target, fans, what the spread comes from, and what would meet the target."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import numpy as np
import pandas as pd

from analytics.appraisal.distributions import REPLICATIONS
from analytics.appraisal.indices import spread_by_driver
from analytics.appraisal.study import Study
from analytics.appraisal.uncertainty import (
    BASE,
    ENROLLMENT,
    FAR_ENROLLMENT,
    FROM_RESIDENTS,
    SIZES,
    IsoMap,
    MapLever,
    Uncertainty,
    convergence,
    iso_map,
    uncertain,
)
from analytics.inputs.assumptions import Assumption, delivered_as
from analytics.inputs.plan import Plan
from analytics.presentation.charts import uncertainty as charts
from analytics.presentation.document import Heading, Paragraph, Table
from analytics.presentation.pictures import Chart, Content
from analytics.presentation.sentences import joined, subject
from analytics.presentation.shared import once_a_report
from analytics.presentation.tables import Line, head, line_label
from analytics.terms import PARAMETERS, Scale, Term, label, number, show, text, unit_of

_WORDS = {
    "heading": Term("达标可能性与不确定性", "Probability and uncertainty"),
    "reach": Term("在各参数取值区间内，{path}上{year}年{what}达到目标（{target}）的可能性{chance}。",
                  "Within the ranges of the parameters, the {path} meets the {year} target for {what} ({target}) with {chance}."),
    "keep": Term("在各参数取值区间内，{path}上{year}年{what}不超过目标（{target}）的可能性{chance}。",
                 "Within the ranges of the parameters, the {path} keeps {what} within its {year} target ({target}) with {chance}."),
    "fall": Term("在各参数取值区间内，{path}上{year}年{what}比上年缩小的可能性{chance}。",
                 "Within the ranges of the parameters, {what} narrows in {year} on the {path} with {chance}."),
    "together": Term("{year}年的{some}项目标同时达到的可能性{chance}，各年全部{all}项目标同时达到的可能性{every}。",
                     "The {some} targets of {year} are met together with {chance}, all {all} of every year with {every}."),
    "about": Term("约为{share}（±{margin}个百分点）", "a probability of about {share} (±{margin} points)"),
    "little": Term("不足1%", "a probability below 1 %"),
    "nearly": Term("在99%以上", "a probability above 99 %"),
    "given": Term("文件直接给定的{n}项（新增参保，或参保率、占比的阶段目标）在{path}上视为完成，不作可能性判断。",
                  "{n} targets (gross enrollment, or milestones of coverage or share) are handed to the {path} as given; their "
                  "probability says nothing."),
    "overfull": Term("有{share}的抽样组合参保人数超过应参保人口，说明人口与参保人数的取值区间彼此不一致，应核实底数；参保率按100%封顶。",
                     "In {share} of the draws more people are insured than there are to insure: the ranges of population and "
                     "enrollment contradict each other and need checking; coverage is capped at 100 %."),
    "method": Term(
        "方法：{ranged}个有取值区间的参数各按两段正态分布抽取，区间低值、中值、高值依次为10%、50%、90%分位数；相互关联的参数按秩相关系数"
        "联合抽取（高斯连接函数）；用Sobol序列抽取{n}次（随机种子{seed}，{replications}组独立扰动），每次经过全部测算公式。±为两倍抽样"
        "标准误。可能性以取值区间为前提：其中{assumed}个参数的区间为假定，换用实际数后结论会改变。",
        "Method: each of the {ranged} parameters with a range is drawn from a two-piece normal whose 10, 50 and 90 % quantiles are "
        "its low, central and high value; parameters that move together are joined by their rank correlations (Gaussian copula); "
        "{n} draws from a Sobol sequence (seed {seed}, {replications} independent scrambles) each pass through the whole model. ± is "
        "twice the sampling error. The probabilities rest on the ranges: {assumed} of them are assumed, and real figures would "
        "change the answer.",
    ),
    "table": Term("各目标达到的可能性", "Probability of meeting each target"),
    "joint_table": Term("多项目标同时达到的可能性", "Probability of meeting targets together"),
    "chart": Term("各目标达到的可能性（误差线为两倍标准误）", "Probability of meeting each target (whiskers: two standard errors)"),
    "indicator": Term("指标", "Indicator"),
    "delivered": Term("给定", "given"),
    "scope": Term("范围", "Scope"),
    "count": Term("项数", "Targets"),
    "all": Term("各年全部目标", "All targets"),
    "note": Term("±为两倍抽样标准误（百分点）；“给定”指该路径直接采用文件数，不作可能性判断。",
                 "± is twice the sampling error (points); “given” marks what the path takes over from the document."),
    "converges": Term("抽样次数与可能性的估计误差（{what}，{year}年）", "Draws and the error of a probability ({what}, {year})"),
    "draws": Term("抽样次数", "Draws"),
    "probability": Term("可能性（%）", "Probability (%)"),
    "error": Term("标准误（百分点）", "Standard error (points)"),
    "fan": Term("{what}的抽样分布（{path}）", "{what}: distribution over the draws ({path})"),
    "spread": Term("{year}年{what}的80%抽样结果在{low}至{high}之间，离散程度主要来自：{drivers}。",
                   "In {year} 80 % of the draws of {what} lie between {low} and {high}; the spread comes chiefly from {drivers}."),
    "spread_chart": Term("{year}年{what}离散程度的来源", "What the spread of {what} in {year} comes from"),
    "driver": Term("{name}（{share}）", "{name} ({share})"),
    "iso_chart": Term("{year}年{what}达到目标所需的组合（{path}）", "What meets the {year} target for {what} ({path})"),
    "needed": Term("{path}上其他参数取中值时，{ways}，{year}年{what}才能达到{target}（现为{value}）。",
                   "On the {path}, all else central, {what} reaches {target} in {year} (now {value}) when {ways}."),
    "met": Term("{path}上各参数取中值时，{year}年{what}为{value}，已达到{target}。",
                "On the {path}, all parameters central, {what} is {value} in {year}: {target} is reached."),
    "beyond": Term("{path}上其他参数取中值时，{first}和{second}各自变动到图中边界，{year}年{what}仍达不到{target}（现为{value}）。",
                   "On the {path}, all else central, neither {first} nor {second} alone brings {what} to {target} in {year} (now "
                   "{value}) within the map."),
    "times": Term("{lever}须为本路径取值的{then:.1f}倍", "{lever} is {then:.1f} times this path's"),
    "set": Term("{lever}须由{now}变为{then}", "{lever} goes from {now} to {then}"),
    "or": Term("，或", ", or "),
}  # fmt: skip
_FANS = (("employee", "collection_income"), ("all", "employee_share"))
_SPREAD_OF = ("employee", "collection_income", "total")
_LEVERS: dict[tuple[str, str], tuple[MapLever, MapLever]] = {
    ("employee", "collection_income"): (ENROLLMENT, BASE),
    ("all", "employee_share"): (FAR_ENROLLMENT, FROM_RESIDENTS),
}
_LINE = ["scheme", "indicator", "category"]
_NAMED_DRIVERS = 3
_LEAST_SHARE = 0.005
_TENTHS = Scale(0.01, "", "", 1)


def uncertainty(study: Study) -> list[Content]:
    """Answer, method, probabilities one by one and together, fans, drivers of the spread, and the iso-target map."""
    return [
        Heading(1, text(_WORDS["heading"], study.language)), *answer(study), *probabilities(study),
        *fans(study), *drivers(study), *iso_target(study), *method(study), *converges(study),
    ]  # fmt: skip


def answer(study: Study) -> list[Content]:
    """The last target of each line in a sentence, all together in one, and what does not belong among them."""
    frame, language = study.probabilities, study.language
    blocks = [Paragraph(_sentence(row, study)) for row in _last_open_targets(frame, study)]
    path = study.draws[study.leading]
    given = frame.loc[frame["scenario"] == study.leading, "delivered"]
    together = "" if given.all() else _together(study)
    handed = text(_WORDS["given"], language, n=given.sum(), path=study.scenario_label(study.leading))
    if len(given):
        blocks.append(Paragraph(joined(study, together, handed if given.any() else "")))
    if path.overfull >= _LEAST_SHARE:
        share = charts.probability_words(path.overfull)
        blocks.append(Paragraph(text(_WORDS["overfull"], language, share=share)))
    return blocks


def _last_open_targets(frame: pd.DataFrame, study: Study) -> list[pd.Series]:
    """The last year of each target that is not simply given: on the leading path, else on the trend path."""
    for path in (study.leading, "trend"):
        rows = frame[(frame["scenario"] == path) & ~frame["delivered"]]
        if len(rows):
            last = rows.sort_values("year", kind="stable").groupby(_LINE, sort=False)
            return [row for _, row in last.tail(1).sort_index().iterrows()]
    return []


def _sentence(row: pd.Series, study: Study) -> str:
    key = {"at_least": "reach", "at_most": "keep", "fall": "fall"}[row["aim"]]
    return text(
        _WORDS[key], study.language, path=study.scenario_label(row["scenario"]), year=int(row["year"]),
        what=subject(row["scheme"], row["indicator"], study), chance=_chance(row, study),
        target=show(row["target"], row["unit"], study.language),
    )  # fmt: skip


def _chance(row: pd.Series, study: Study) -> str:
    """A probability with its error as part of a sentence."""
    words = charts.probability_words(row["probability"])
    if words[0] in "<>":
        return text(_WORDS["little" if words[0] == "<" else "nearly"], study.language)
    return text(_WORDS["about"], study.language, share=words, margin=_margin(row["standard_error"]))


def _margin(error: float) -> str:
    """Twice a standard error in whole percentage points, at least one."""
    return f"{max(1, round(200 * error))}"


def _together(study: Study) -> str:
    """All targets of the last target year together, and all of every year."""
    joint = study.draws[study.leading].joint_probabilities(study.targets)
    last, every = joint[joint["scope"] == "year"].iloc[-1], joint[joint["scope"] == "all"].iloc[0]
    return text(
        _WORDS["together"], study.language, year=int(last["year"]), some=last["targets"], all=every["targets"],
        chance=_chance(last, study), every=_chance(every, study),
    )  # fmt: skip


def probabilities(study: Study) -> list[Content]:
    """Tables of the targets one by one and together, and a chart of those that are not simply given."""
    frame, language = study.probabilities, study.language
    if frame.empty:
        return []
    years = sorted(int(year) for year in frame["year"].unique())
    header = (text(_WORDS["indicator"], language), "", *(head("year", language, year=year) for year in years))
    lines = frame.groupby(_LINE, sort=False)
    rows = tuple(row for line, own in lines for row in _line_rows(line, own, years, study))
    return [
        Table(text(_WORDS["table"], language), "", header, rows, (text(_WORDS["note"], language),)),
        *_chart(frame[~frame["delivered"]], study),
        _joint_table(study),
    ]


def _line_rows(line: Line, own: pd.DataFrame, years: Sequence[int], study: Study) -> Iterator[tuple[str, ...]]:
    """One row a path: the probability of the line's target in each year."""
    names = [line_label(line, study.language, single=False)]
    for path, rows in own.groupby("scenario", sort=False):
        cells = {int(row["year"]): _cell(row, study) for _, row in rows.iterrows()}
        yield (names.pop() if names else "", study.scenario_label(path), *(cells.get(year, "—") for year in years))


def _cell(row: pd.Series, study: Study) -> str:
    if row["delivered"]:
        return text(_WORDS["delivered"], study.language)
    words = charts.probability_words(row["probability"])
    return words if words[0] in "<>" else f"{words} ±{_margin(row['standard_error'])}"


def _chart(frame: pd.DataFrame, study: Study) -> list[Content]:
    if frame.empty:
        return []
    bars = len(frame.drop_duplicates([*_LINE, "year"]))
    return [
        Chart(
            "probabilities", text(_WORDS["chart"], study.language),
            lambda ax: charts.probability_bars(ax, frame, study.language), height_cm=min(18.0, 3.0 + 0.75 * bars),
        )
    ]  # fmt: skip


def _joint_table(study: Study) -> Table:
    """All targets of a year, of a scheme, and all there are: the probability on each path."""
    language = study.language
    joint = pd.concat([path.joint_probabilities(study.targets) for path in study.draws.values()], ignore_index=True)
    header = [text(_WORDS[key], language) for key in ("scope", "count")] + [
        study.scenario_label(name) for name in study.draws
    ]
    rows = []
    for _, group in joint.groupby(["scope", "scheme", "year"], sort=False, dropna=False):
        cells = {row["scenario"]: _cell(row, study) for _, row in group.iterrows()}
        first = group.iloc[0]
        rows.append((_scope(first, study), str(first["targets"]), *(cells.get(name, "—") for name in study.draws)))
    return Table(text(_WORDS["joint_table"], language), "", tuple(header), tuple(rows))


def _scope(row: pd.Series, study: Study) -> str:
    if row["scope"] == "year":
        return head("year", study.language, year=row["year"])
    return label(row["scheme"], study.language) if row["scope"] == "scheme" else text(_WORDS["all"], study.language)


def fans(study: Study) -> list[Content]:
    """Fan charts of the employee scheme's collection income and of the employee share."""
    return [_fan(study, study.draws[_open_path(study, *line)], *line) for line in _FANS if study.has(*line)]


def _open_path(study: Study, scheme: str, indicator: str) -> str:
    """The leading path, or the trend path for what the plan path is given as a milestone."""
    own = [target for target in study.plan.targets if (target.scheme, target.indicator) == (scheme, indicator)]
    return "trend" if any(delivered_as(target) for target in own) else study.leading


def _fan(study: Study, path: Uncertainty, scheme: str, indicator: str) -> Chart:
    language = study.language
    what, name = subject(scheme, indicator, study), study.scenario_label(path.scenario)
    return Chart(
        f"fan_{indicator}", text(_WORDS["fan"], language, what=what, path=name),
        lambda ax: charts.fan(ax, path.quantiles, study.history, study.targets, scheme, indicator, language),
    )  # fmt: skip


def drivers(study: Study) -> list[Content]:
    """Which parameters the spread of the employee scheme's collection income comes from, said and drawn."""
    path, language, year = study.draws[study.leading], study.language, study.plan.horizon.last_year
    indices = once_a_report(spread_by_driver)(study.projections[study.leading], _SPREAD_OF, year, path.n, path.seed)
    if indices.empty:
        return []
    shown = indices[indices["total"] >= _LEAST_SHARE]
    shown = shown.assign(label=[_driver_label(names, study) for names in shown["inputs"]])
    what = subject(*_SPREAD_OF[:2], study)
    return [
        Paragraph(_spread_sentence(shown, path, what, year, study)),
        Chart("spread_by_driver", text(_WORDS["spread_chart"], language, what=what, year=year),
              lambda ax: charts.indices_bars(ax, shown, language), height_cm=3.5 + 0.8 * len(shown)),
    ]  # fmt: skip


def _driver_label(names: Sequence[str], study: Study) -> str:
    """The driver's parameters, at most two of them by name."""
    zh = study.language == "zh"
    more = ("等" if zh else ", …") if len(names) > 2 else ""
    return ("、" if zh else ", ").join(text(PARAMETERS[name], study.language) for name in names[:2]) + more


def _spread_sentence(shown: pd.DataFrame, path: Uncertainty, what: str, year: int, study: Study) -> str:
    language = study.language
    named = shown[~shown["rest"]].head(_NAMED_DRIVERS)
    parts = [
        text(_WORDS["driver"], language, name=row.label, share=charts.probability_words(row.total))
        for row in named.itertuples()
    ]
    low, high = (
        show(float(value), unit_of(_SPREAD_OF[1]), language)
        for value in np.quantile(path.results[_SPREAD_OF][year], (0.1, 0.9))
    )
    together = ("、" if language == "zh" else ", ").join(parts)
    return text(_WORDS["spread"], language, year=year, what=what, low=low, high=high, drivers=together)


def iso_target(study: Study) -> list[Content]:
    """What would meet the last income (or share) target: new enrollment against the base (or its source), with today."""
    for (scheme, indicator), levers in _LEVERS.items():
        frame = study.targets[study.targets["aim"] == "at_least"]
        rows = frame[(frame["scheme"] == scheme) & (frame["indicator"] == indicator)]
        path = _open_path(study, scheme, indicator)
        given = study.projections[path].assumptions
        if len(rows) and all(lever.name in given for lever in levers):
            last = rows.sort_values("year").iloc[-1]
            key, year, target = (scheme, indicator, "total"), int(last["year"]), float(last["target"])
            return _iso_blocks(once_a_report(iso_map)(study.plan, path, given, key, year, target, levers), path, study)
    return []


def _iso_blocks(iso: IsoMap, path: str, study: Study) -> list[Content]:
    what, language = subject(*iso.key[:2], study), study.language
    title = text(_WORDS["iso_chart"], language, what=what, year=iso.year, path=study.scenario_label(path))
    chart = Chart("iso_target", title, lambda ax: charts.iso_map(ax, iso, language), height_cm=9.5)
    return [Paragraph(_iso_sentence(iso, path, study)), chart]


def _iso_sentence(iso: IsoMap, path: str, study: Study) -> str:
    """What each lever alone would take, or that the target is met already or out of reach of either."""
    language, unit = study.language, unit_of(iso.key[1])
    ways = [
        _way(lever, now, then, study)
        for lever, now, then in zip(iso.levers, iso.position, iso.needed, strict=True) if not np.isnan(then)
    ]  # fmt: skip
    first, second = (text(PARAMETERS[lever.name], language) for lever in iso.levers)
    return text(
        _WORDS["met" if iso.today >= iso.target else "needed" if ways else "beyond"], language,
        path=study.scenario_label(path), year=iso.year, what=subject(*iso.key[:2], study), first=first, second=second,
        ways=text(_WORDS["or"], language).join(ways), value=show(iso.today, unit, language),
        target=show(iso.target, unit, language),
    )  # fmt: skip


def _way(lever: MapLever, now: float, then: float, study: Study) -> str:
    term = PARAMETERS[lever.name]
    name = text(term, study.language)
    if lever.way == "times":
        return text(_WORDS["times"], study.language, lever=name, then=then)
    shown = {side: show(place, term.unit, study.language) for side, place in (("now", now), ("then", then))}
    return text(_WORDS["set"], study.language, lever=name, **shown)


def method(study: Study) -> list[Content]:
    """Distribution, correlations, number of draws and seed, and how many of the ranges are assumed."""
    path = study.draws[study.leading]
    assumed = sum(path.assumptions[name].quality == "assumed" for name in path.drawn)
    said = text(
        _WORDS["method"], study.language, ranged=len(path.drawn), n=f"{path.n:,}", seed=path.seed, assumed=assumed,
        replications=REPLICATIONS,
    )  # fmt: skip
    return [Paragraph(said)]


def converges(study: Study) -> list[Content]:
    """How the probability that is hardest to estimate, the one nearest to one half, settles as draws grow."""
    path, language = study.draws[study.leading], study.language
    frame = path.probabilities(study.targets)
    frame = frame[~frame["delivered"]]
    if frame.empty:
        return []
    hardest = frame.loc[(frame["probability"] - 0.5).abs().idxmin()]
    one = study.targets.merge(hardest[[*_LINE, "year"]].to_frame().T.astype({"year": int}))
    settling = _settling(study.plan, path.scenario, path.assumptions, path.seed, one)
    rows = tuple(
        (f"{row.n:,}", number(row.probability, _TENTHS), number(row.standard_error, _TENTHS))
        for row in settling.itertuples()
    )
    what = subject(hardest["scheme"], hardest["indicator"], study)
    header = tuple(text(_WORDS[key], language) for key in ("draws", "probability", "error"))
    return [Table(text(_WORDS["converges"], language, what=what, year=hardest["year"]), "", header, rows)]


@once_a_report
def _settling(
    plan: Plan, scenario: str, given: Mapping[str, Assumption], seed: int, target: pd.DataFrame
) -> pd.DataFrame:
    """A few figures from several million draws, which themselves are not worth sharing."""
    return convergence(uncertain(plan, scenario, given, max(SIZES), seed), target)
