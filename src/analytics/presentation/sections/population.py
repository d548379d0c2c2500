"""Population by age, and the wave of persons reaching statutory retirement with and without the reform of 2025."""

from __future__ import annotations

import pandas as pd

from analytics.appraisal.study import Study
from analytics.inputs.assumptions import Assumption, at
from analytics.inputs.history import region_chain
from analytics.model.people.ground import ground_of, nation, region
from analytics.model.population.outlook import Outlook
from analytics.model.population.region import OLD
from analytics.presentation.charts.population import CATEGORY_NAMES, old_share, pyramid, wave
from analytics.presentation.document import Heading, Listing, Paragraph, Table
from analytics.presentation.pictures import Chart, Content
from analytics.presentation.sentences import joined
from analytics.terms import Term, display_scale, number, scale_label, show, source_words, text

_WORDS = {
    "heading": Term("人口年龄与退休高峰", "Ages and the retirement wave"),
    "old": Term(
        "{place}60岁及以上人口由{base}年末的{now}（占{share}）增至{last}年末的{then}（占{later}）（假定）。",
        "{place}: persons of 60 and older rise from {now} ({share}) at the end of {base} to {then} ({later}) at the end of "
        "{last} (assumed).",
    ),
    "wave": Term(
        "{first}—{last}年累计{total}达到法定退休年龄，最多的是{peak}年的{most}；如不实施延迟退休为{without}，改革推迟了其中{delayed}。",
        "{total} reach statutory retirement in {first}–{last}, most in {peak} ({most}); without the reform it would be "
        "{without}: {delayed} retire later.",
    ),
    "pyramid": Term("{place}人口年龄结构：{base}年末与{last}年末", "{place}: ages at the end of {base} and {last}"),
    "share": Term("60岁及以上人口占比", "Share of persons 60 and older"),
    "chart": Term("每年达到法定退休年龄的人数", "Persons reaching statutory retirement each year"),
    "table": Term("人口与达到法定退休年龄人数（均为假定）", "Population and persons reaching retirement (all assumed)"),
    "indicator": Term("指标", "Indicator"),
    "unit": Term("单位", "Unit"),
    "year": Term("{year}年", "{year}"),
    "all": Term("总人口", "Population"),
    "working": Term("16—59岁", "16–59"),
    "elderly": Term("60岁及以上", "60 and older"),
    "elderly_share": Term("60岁及以上占比", "Share 60 and older"),
    "reached": Term("达到法定退休年龄合计", "Reaching retirement, all"),
    "unreformed": Term("同上，不实施延迟退休", "The same without the reform"),
    "rate": Term("占未退休人口", "Share of those below retirement"),
    "nation": Term("全国（联合国）", "Nation (UN)"),
    "note": Term(
        "人口为年末数，退休人数为当年数；达到法定退休年龄的人数不分是否参保，未计提前或延后退休的选择。",
        "Population at year-ends, retirements within the year; everybody counts, insured or not, and nobody chooses to "
        "retire earlier or later.",
    ),
    "method": Term(
        "方法：分性别、单岁队列要素法。死亡率由五岁组以单调三次样条（PCHIP）分解到单岁，并逐年校准到联合国的平均预期寿命；"
        "2020年人口按各出生年份的出生数分解到单岁，五岁组合计不变；每一出生队列按出生月份逐月计算法定退休时间。"
        "与联合国2030—2060年结果相比，总人口和60岁及以上人口相差均不超过0.05%。",
        "Method: cohort components by sex and single year of age. Five-year death rates are graduated by a monotone cubic "
        "(PCHIP) and anchored each year in the United Nations' life expectancy; the population of 2020 is split by the "
        "births of each year, keeping the five-year sums; retirement follows each month of birth. Against the United "
        "Nations' own figures for 2030–2060 both the total and 60+ differ by at most 0.05 %.",
    ),
    "own_share": Term(
        "假定：{place}没有分性别、分年龄的人口，以全国{base}年末结构按e^(k×年龄)调整到{year}年60岁及以上占比{share}（{source}），再按16岁及以上人口放大缩小。",
        "Assumed: no ages are known for {place}; the nation's at the end of {base} are tilted by e^(k × age) to the share "
        "of 60 and older of {year}, {share} ({source}), and scaled to the population 16+.",
    ),
    "no_share": Term(
        "假定：{place}没有分性别、分年龄的人口，以全国{base}年末结构按16岁及以上人口放大缩小。",
        "Assumed: no ages are known for {place}; the nation's at the end of {base} are scaled to the population 16+.",
    ),
    "nation_share": Term(
        "假定：全国{base}年末结构取自联合国，按e^(k×年龄)调整到{year}年60岁及以上占比{share}（{source}），再按16岁及以上人口放大缩小。",
        "Assumed: {place}'s ages at the end of {base} are the United Nations', tilted by e^(k × age) to the share of 60 and "
        "older of {year}, {share} ({source}), and scaled to the population 16+.",
    ),
    "vital": Term(
        "假定：生育率、死亡率与全国相同，净迁移为零。",
        "Assumed: fertility and mortality are the nation's, net migration is zero.",
    ),
    "women": Term(
        "假定：女性中原50岁退休者占{value:.0%}（{low:.0%}至{high:.0%}），其余原55岁退休。",
        "Assumed: {value:.0%} of women ({low:.0%} to {high:.0%}) are in the category of 50 before the reform, the others of 55.",
    ),
    "multiplier": Term(
        "假定：参保人员死亡率为《中国人身保险业经验生命表（2010—2013）》养老类业务的{value:g}倍（{low:g}至{high:g}倍）。",
        "Assumed: insured persons die at {value:g} times ({low:g} to {high:g}) the rates of the China life-insurance table "
        "2010–2013, pension business.",
    ),
    "sources": Term(
        "来源：联合国《世界人口展望2024》中方案（CC BY 3.0 IGO）；全国人民代表大会常务委员会2024年9月13日关于实施渐进式延迟法定退休年龄的决定。",
        "Sources: United Nations, World Population Prospects 2024, medium variant (CC BY 3.0 IGO); decision of the Standing "
        "Committee of the National People's Congress of 13 September 2024 on raising retirement ages.",
    ),
}  # fmt: skip


def outlook(study: Study) -> Outlook:
    """The region's ages and retirement wave from the plan's base year on."""
    people, base = study.plan.people, study.plan.horizon.base_year
    adults = at(_given(study, "population.adults").value, base)
    women = at(_given(study, "population.women_at_50").value, base)
    return Outlook(nation(people.tables)[0], region(people, base, adults), ground_of(people, base).rules, women)


def _place(study: Study) -> str:
    """Label of the place whose numbers are projected."""
    region = study.plan.region
    return study.region_label(region.reference) if region.reference else region.label.text(study.language)


def _is_nation(study: Study) -> bool:
    return len(region_chain(study.plan.numbers_of)) == 1


def _given(study: Study, name: str) -> Assumption:
    return study.projections[study.leading].assumptions[name]


def population(study: Study) -> list[Content]:
    """Answer, charts, table, and what it rests on."""
    heading = Heading(1, text(_WORDS["heading"], study.language))
    return [heading, *answer(study), *charts(study), *table(study), *basis(study)]


def answer(study: Study) -> list[Content]:
    """How old the region becomes and how large the wave is."""
    seen = outlook(study)
    return [Paragraph(joined(study, _old_sentence(study, seen), _wave_sentence(study, seen)))]


def _old_sentence(study: Study, seen: Outlook) -> str:
    language, shares = study.language, seen.region.share_from(OLD)
    old = [seen.region.at_end(year)[:, OLD:].sum() for year in (seen.base_year, seen.last_year)]
    return text(
        _WORDS["old"], language, place=_place(study), base=seen.base_year, last=seen.last_year,
        now=show(old[0], "person", language), then=show(old[1], "person", language),
        share=show(shares[0], "ratio", language), later=show(shares[seen.last_year - seen.base_year], "ratio", language),
    )  # fmt: skip


def _wave_sentence(study: Study, seen: Outlook) -> str:
    language, total, without = study.language, seen.totals.sum(), seen.without_reform.totals.sum()
    heads = {"total": total, "most": seen.totals.max(), "without": without, "delayed": without - total}
    shown = {name: show(value, "person", language) for name, value in heads.items()}
    years = {"first": seen.years[0], "last": seen.last_year, "peak": int(seen.totals.idxmax())}
    return text(_WORDS["wave"], language, **years, **shown)


def charts(study: Study) -> list[Content]:
    """Pyramid of the base year and fifteen years on, the path of the old, the wave."""
    language, seen = study.language, outlook(study)
    place, pair = _place(study), (seen.base_year, seen.last_year)
    stocks = {year: seen.region.at_end(year) for year in pair}
    title = text(_WORDS["pyramid"], language, place=place, base=pair[0], last=pair[1])
    shares = _share_paths(study, seen, place)
    without = seen.without_reform.totals
    return [
        Chart("pyramid", title, lambda ax: pyramid(ax, stocks, language), height_cm=10.0),
        Chart("share60", text(_WORDS["share"], language), lambda ax: old_share(ax, shares, language)),
        Chart("retirement_wave", text(_WORDS["chart"], language), lambda ax: wave(ax, seen.wave, without, language)),
    ]


def _share_paths(study: Study, seen: Outlook, place: str) -> pd.DataFrame:
    """Share of 60+ by year-end: the region's, and the nation's where the region is another place."""
    years = [seen.base_year, *seen.years]
    paths = {place: seen.region, text(_WORDS["nation"], study.language): seen.nation}
    if _is_nation(study):
        paths = {place: seen.region}
    series = {name: pd.Series(path.share_from(OLD), index=path.years) for name, path in paths.items()}
    return pd.DataFrame(series).loc[years]


def table(study: Study) -> list[Content]:
    """Population by broad age and persons reaching retirement, in the base year, the next, and every fifth after the base."""
    language, seen = study.language, outlook(study)
    shown = [seen.base_year, seen.years[0], *[year for year in seen.years[1:] if (year - seen.base_year) % 5 == 0]]
    heads = [text(_WORDS[head], language) for head in ("indicator", "unit")]
    header = (*heads, *(text(_WORDS["year"], language, year=year) for year in shown))
    lines = [*_stocks(study, seen), *_flows(study, seen)]
    rows = tuple(_row(study, name, unit, values.reindex(shown)) for name, unit, values in lines)
    return [Table(text(_WORDS["table"], language), "", header, rows, (text(_WORDS["note"], language),))]


_Line = tuple[str, str, pd.Series]
"""Label, unit, values by year."""


def _stocks(study: Study, seen: Outlook) -> list[_Line]:
    path, ages = seen.region, {"all": slice(None), "working": slice(16, OLD), "elderly": slice(OLD, None)}
    heads = {name: path.stocks[:, :, part].sum((1, 2)) for name, part in ages.items()}
    lines = [(text(_WORDS[name], study.language), "person", pd.Series(v, path.years)) for name, v in heads.items()]
    share = pd.Series(path.share_from(OLD), path.years)
    return [*lines, (text(_WORDS["elderly_share"], study.language), "ratio", share)]


def _flows(study: Study, seen: Outlook) -> list[_Line]:
    language = study.language
    by_category = [(text(CATEGORY_NAMES[name], language), "person", seen.wave[name]) for name in seen.wave]
    totals = {"reached": ("person", seen.totals), "unreformed": ("person", seen.without_reform.totals),
              "rate": ("ratio", seen.rate)}  # fmt: skip
    return [*by_category, *((text(_WORDS[name], language), *line) for name, line in totals.items())]


def _row(study: Study, name: str, unit: str, values: pd.Series) -> tuple[str, ...]:
    scale = display_scale(unit, float(values.max()))
    return (name, scale_label(scale, study.language), *(number(value, scale) for value in values))


def basis(study: Study) -> list[Content]:
    """Method, what is assumed, sources."""
    language = study.language
    items = (
        _share_words(study),
        text(_WORDS["vital"], language),
        *(text(_WORDS[word], language, **_bounds(study, name)) for word, name in _ASSUMED.items()),
    )
    return [Paragraph(text(_WORDS["method"], language)), Listing(items), Paragraph(text(_WORDS["sources"], language))]


_ASSUMED = {"women": "population.women_at_50", "multiplier": "population.insured_mortality"}


def _bounds(study: Study, name: str) -> dict[str, float]:
    """A parameter's value, low and high in the first projected year."""
    given, year = _given(study, name), study.plan.horizon.first_year
    return {side: at(getattr(given, side), year) for side in ("value", "low", "high")}


def _share_words(study: Study) -> str:
    """Where the region's ages come from."""
    language, known = study.language, study.plan.people.known_share
    gaps = {"place": _place(study), "base": outlook(study).base_year}
    if known is None:
        return text(_WORDS["no_share"], language, **gaps)
    return text(
        _WORDS["nation_share" if _is_nation(study) else "own_share"], language, **gaps, year=known.year,
        share=show(known.share, "ratio", language), source=source_words(known.source, language),
    )  # fmt: skip
