"""The report's words: ten sections, known answers, and no number that the results do not hold."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from datetime import date
from io import BytesIO
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from analytics.appraisal.findings import FINDING_COLUMNS
from analytics.appraisal.study import Study
from analytics.inputs.plan_file import plan_names
from analytics.model.projection import RESULT_COLUMNS
from analytics.presentation.document import Figure, Heading, Listing, Paragraph, Table
from analytics.presentation.exports import findings_csv, results_csv
from analytics.presentation.pictures import Chart, Content
from analytics.presentation.report import report, sections
from analytics.presentation.sections.opening import conclusions
from analytics.presentation.sentences import assumed_drivers, headline
from analytics.presentation.tables import shown_years, yearly_table
from analytics.runs.open_study import open_study
from analytics.terms import INDICATORS, PARAMETERS, SCHEMES, UNIT_FACTORS, Language, text

SECTIONS: dict[Language, list[str]] = {
    "zh": ["主要结论", "依据和基数", "参保扩面", "基金收支", "参保结构", "情景比较", "规划审核意见", "影响结论的主要因素",
           "预测的历史表现", "参数、来源和质量"],
    "en": ["Main conclusions", "Basis", "Enrollment growth", "Fund income and expenditure", "Enrollment structure",
           "Scenarios", "Findings of the audit", "What would change the answer", "Track record",
           "Parameters, sources and quality"],
}  # fmt: skip
REPORTS = [*((plan, "zh") for plan in plan_names()), ("rongcheng", "en"), ("wendeng", "en")]


@pytest.fixture(scope="module")
def blocks(study_of: Callable[..., Study]) -> Callable[..., list[Content]]:
    """The report's blocks, made once a plan and language."""
    made: dict[tuple[str, str], list[Content]] = {}

    def of(plan: str, language: Language = "zh") -> list[Content]:
        if (plan, language) not in made:
            made[plan, language] = sections(study_of(plan, language))
        return made[plan, language]

    return of


def sentences(contents: Iterable[Content]) -> Iterator[str]:
    """All running text."""
    for block in contents:
        if isinstance(block, Paragraph):
            yield block.text
        elif isinstance(block, Listing):
            yield from block.items


def tables(contents: Iterable[Content]) -> list[Table]:
    return [block for block in contents if isinstance(block, Table)]


def cells(contents: Iterable[Content]) -> Iterator[str]:
    """All text of all tables."""
    for table in tables(contents):
        yield from (table.title, *table.header, *(cell for row in table.rows for cell in row), *table.notes)


# --- what must be there ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("plan", "language"), REPORTS)
def test_a_report_has_its_ten_main_sections_in_order(
    plan: str, language: Language, blocks: Callable[..., list[Content]]
):
    headings = [block.text for block in blocks(plan, language) if isinstance(block, Heading) and block.level == 1]
    assert [heading for heading in headings if heading in SECTIONS[language]] == SECTIONS[language]
    assert headings[0] == SECTIONS[language][0] and len(set(headings)) == len(headings)


@pytest.mark.parametrize(("plan", "language"), REPORTS)
def test_no_gap_is_left_open_and_no_raw_key_is_printed(
    plan: str, language: Language, blocks: Callable[..., list[Content]]
):
    found = " ".join([*sentences(blocks(plan, language)), *cells(blocks(plan, language))])
    keys = (
        r"\b(?:employee|resident|unemployment|work_injury|population|wage)\.[a-z_]+|\b\w+_(?:share|income|rate|new)\b"
    )
    assert not re.findall(rf"[{{}}]|\bnan\b|\bNone\b|\binf\b|{keys}", found)


@pytest.mark.parametrize("plan", plan_names())
def test_every_chart_has_a_file_of_its_own(plan: str, blocks: Callable[..., list[Content]]):
    names = Counter(block.name for block in blocks(plan) if isinstance(block, Chart))
    assert len(names) >= 10 and set(names.values()) == {1}


@pytest.mark.parametrize("language", ["zh", "en"])
def test_rongchengs_known_answers_stand_in_its_report(language: Language, blocks: Callable[..., list[Content]]):
    # 荣政办发〔2024〕3号: targets 20.06, 22.07, 24.28; 20.06 ÷ 1.10 = 18.24; 8,500 + 9,200 + 9,900 = 27,600 persons;
    # 2025 closes at 9,200 × 4,503.6 × 12 × 24 % + 2 % of 20.06 = 1.19 + 0.40 = 1.59 against 22.07 − 20.06 = 2.01.
    everything = " ".join([*sentences(blocks("rongcheng", language)), *cells(blocks("rongcheng", language))])
    for answer in ("18.24", "20.06", "22.07", "24.28", "1.59", "2.01", "27,600"):
        assert re.search(rf"(?<![\d.]){re.escape(answer)}(?!\d)", everything), answer


def test_what_the_document_does_not_give_is_said_and_not_invented(blocks: Callable[..., list[Content]]):
    promised = next(table for table in tables(blocks("rongcheng")) if table.title == "尚无法测算的任务")
    assert len(promised.rows) == 3 and all(row[1] == "文件未给出" and row[2] for row in promised.rows)
    assert any("年度数量目标：文件未给出" in sentence for sentence in sentences(blocks("wendeng")))
    assert any("城乡居民基本养老保险：年度目标文件未给出" in sentence for sentence in sentences(blocks("rongcheng")))


def test_a_projection_without_a_document_neither_cites_one_nor_calls_it_incomplete(
    blocks: Callable[..., list[Content]],
):
    said = list(sentences(blocks("national")))
    assert any("没有对应的规划文件" in sentence for sentence in said)
    assert not any("《" in sentence and "编制" in sentence for sentence in said)


def test_a_stand_in_is_pointed_out_in_the_opening(blocks: Callable[..., list[Content]]):
    opening = [block for block in blocks("shiyan")[:4] if isinstance(block, Paragraph) and block.emphasis]
    assert len(opening) == 1 and "重庆市数字代用" in opening[0].text


# --- headlines ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("plan", plan_names())
def test_every_headline_names_assumed_inputs_that_drive_it(plan: str, study_of: Callable[..., Study]):
    study = study_of(plan)
    assumed = {name for p in study.projections.values() for name, a in p.assumptions.items() if a.quality == "assumed"}
    labels = {text(PARAMETERS[name], "zh") for name in assumed}
    said = headline(study)
    assert 1 <= len(said) <= 4
    for sentence in said:
        named = re.search(r"主要取决于以下假定：(.+)。$", sentence)
        assert named and set(named[1].split("、")) <= labels, sentence


def test_the_inputs_named_are_those_whose_ranges_move_the_result_most(rongcheng: Study):
    effects = rongcheng.effects_on("employee", "gap", 2026)
    spans = (effects["high_effect"] - effects["low_effect"]).abs().to_numpy()
    assumed = [rongcheng.projections["plan"].assumptions[n].quality == "assumed" for n in effects["input"]]
    widest = effects["label"].to_numpy()[np.argsort(-np.where(assumed, spans, -1))][:3]
    assert assumed_drivers(rongcheng, "employee", "gap", 2026)[:3] == list(widest)


# --- every number in a sentence is a result -----------------------------------------------------------------------------

AMOUNT = r"[-−]?[\d,]+(?:\.\d+)? ?(?:亿元|万元|万人|人|元/月|元/年|元|%|倍|个月)"
RANGE = rf"(?:（区间(?P<low>{AMOUNT})至(?P<high>{AMOUNT})）)?"
TARGET = re.compile(
    rf"(?P<year>\d{{4}})年(?P<what>\D+?)目标为(?P<target>{AMOUNT})，(?P<path>\D+?)测算为(?P<value>{AMOUNT}){RANGE}，(?P<verdict>.+?)。"
)
LEVEL = re.compile(
    rf"(?P<year>\d{{4}})年(?P<what>\D+?)测算为(?P<value>{AMOUNT}){RANGE}，(?P<base_year>\d{{4}})年为(?P<base>{AMOUNT})。"
)
SURPLUS = re.compile(
    rf"(?P<year>\d{{4}})年(?P<what>\D+?)当期无缺口，征缴收入大于支出(?P<value>{AMOUNT})，(?P<base_year>\d{{4}})年为(?P<base>{AMOUNT})。"
)
MILESTONE = re.compile(
    rf"(?P<year>\d{{4}})年(?P<what>\D+?)目标为(?P<target>{AMOUNT})；按趋势(?:可达|只能达到)(?P<value>{AMOUNT})"
)
SUBJECTS = {f"{SCHEMES[s].zh if s != 'all' else ''}{INDICATORS[i].zh}": (s, i) for s in SCHEMES for i in INDICATORS}


def amounts(shown: str) -> tuple[float, float]:
    """An amount as printed, in plain units, and half a unit of its last place."""
    number, unit = re.fullmatch(r"([-−]?[\d,.]+) ?(\D+)", shown).groups()  # type: ignore[union-attr]
    factor = UNIT_FACTORS[unit][1]
    places = len(number.partition(".")[2])
    return float(number.replace(",", "").replace("−", "-")) * factor, 0.5 * 10**-places * factor


def agrees(shown: str | None, value: float) -> bool:
    """Whether a printed amount is the value rounded to the places printed; nothing printed agrees with no value."""
    if shown is None or value != value:
        return shown is None and value != value
    printed, slack = amounts(shown)
    return abs(printed - value) <= slack * (1 + 1e-9)


@pytest.mark.parametrize("plan", plan_names())
def test_projected_levels_in_sentences_are_the_results(
    plan: str, study_of: Callable[..., Study], blocks: Callable[..., list[Content]]
):
    study = study_of(plan)
    found = [match for sentence in sentences(blocks(plan)) for match in LEVEL.finditer(sentence)]
    assert len(found) >= 3
    for match in found:
        key = SUBJECTS[match["what"]]
        row = study.row(*key, int(match["year"]))
        base = study.value(*key, int(match["base_year"]))
        shown = (match["value"], match["low"], match["high"], match["base"])
        assert all(map(agrees, shown, (row["value"], row["low"], row["high"], base))), match[0]


@pytest.mark.parametrize("plan", ["rongcheng", "heze", "wendeng"])
def test_surpluses_in_sentences_are_the_results(
    plan: str, study_of: Callable[..., Study], blocks: Callable[..., list[Content]]
):
    study = study_of(plan)
    found = [match for sentence in sentences(blocks(plan)) for match in SURPLUS.finditer(sentence)]
    assert found
    for match in found:
        scheme = next(key for key, term in SCHEMES.items() if term.zh == match["what"])
        gaps = [study.value(scheme, "gap", int(match[year])) for year in ("year", "base_year")]
        assert agrees(match["value"], -gaps[0]) and agrees(match["base"], -gaps[1]), match[0]


def test_targets_in_sentences_are_the_documents_and_their_verdict_follows_from_the_results(
    rongcheng: Study, blocks: Callable[..., list[Content]]
):
    found = [match for sentence in sentences(blocks("rongcheng")) for match in TARGET.finditer(sentence)]
    assert len(found) == 10  # three income targets of three years, and the headline
    goals = rongcheng.targets.set_index(["scheme", "indicator", "year"])["target"]
    for match in found:
        key = (*SUBJECTS[match["what"]], int(match["year"]))
        row, goal = rongcheng.row(*key), float(goals[key])
        shown = (match["target"], match["value"], match["low"], match["high"])
        assert all(map(agrees, shown, (goal, row["value"], row["low"], row["high"]))), match[0]
        assert match["path"] == "规划路径"
        assert match["verdict"].startswith(("可以达到", "基本可以达到")) == (row["value"] >= goal), match[0]
        assert ("难以达到" in match["verdict"]) == (row["high"] < goal), match[0]
        short = re.search(AMOUNT, match["verdict"])
        assert short is None or agrees(short[0], goal - row["value"]), match[0]


def test_milestones_in_sentences_are_the_documents_and_are_judged_on_the_trend(
    study_of: Callable[..., Study], blocks: Callable[..., list[Content]]
):
    # 龙政办发〔2022〕67号: coverage 95 % and an employee share of 50 % by 2035.
    study = study_of("longling")
    found = [match for sentence in sentences(blocks("longling")) for match in MILESTONE.finditer(sentence)]
    assert {(match["what"], match["year"], match["target"]) for match in found} >= {
        ("缴费阶段职工占比", "2035", "50.0%"),
        ("参保率", "2035", "95.0%"),
    }
    for match in found:
        assert agrees(match["value"], study.value(*SUBJECTS[match["what"]], int(match["year"]), "trend")), match[0]


def test_gross_and_net_growth_in_the_sentence_are_the_sums_of_the_results(
    rongcheng: Study, blocks: Callable[..., list[Content]]
):
    said = next(s for s in sentences(blocks("rongcheng")) if "新增参保合计" in s)
    gross, net = re.findall(rf"(?:合计|净增)({AMOUNT})", said)[:2]
    sums = [sum(rongcheng.value("employee", i, y) for y in (2024, 2025, 2026)) for i in ("gross_new", "net_new")]
    assert sums[0] == 8500 + 9200 + 9900
    assert agrees(gross, sums[0]) and agrees(net, sums[1])


# --- tables ------------------------------------------------------------------------------------------------------------


def test_a_yearly_table_prints_the_results_in_the_unit_it_names(rongcheng: Study):
    lines = [
        ("employee", "collection_income", "enterprise"),
        ("employee", "net_new", "total"),
        ("all", "employee_share", "total"),
    ]
    table = yearly_table(rongcheng, "表", [*lines, ("employee", "balance", "total")])
    assert len(table.rows) == 3  # no balance is kept in Rongcheng: no row
    for (scheme, indicator, category), (_, unit, *shown) in zip(lines, table.rows, strict=True):
        printed = dict(zip(table.header[2:6], shown, strict=False))
        for year in range(2023, 2027):
            if printed[f"{year}年"] == "—":
                assert (indicator, year) == ("net_new", 2023)  # a flow has no base year
                continue
            assert agrees(f"{printed[f'{year}年']} {unit}", rongcheng.value(scheme, indicator, year, category=category))
        row = rongcheng.row(scheme, indicator, 2026, category=category)
        low, high = shown[4].split("–")
        assert agrees(f"{low} {unit}", row["low"]) and agrees(f"{high} {unit}", row["high"])


def test_a_long_horizon_shows_its_ends_its_target_years_and_every_fifth(study_of: Callable[..., Study]):
    assert shown_years(study_of("longling")) == [2021, 2022, 2025, 2030, 2035]
    assert shown_years(study_of("rongcheng")) == [2023, 2024, 2025, 2026]


def test_the_table_of_targets_prints_every_target_and_both_paths(rongcheng: Study):
    (table,) = tables(conclusions(rongcheng))
    rows = [row[2:] for row in table.rows]
    start = next(n for n, row in enumerate(table.rows) if row[0] == "职工养老：征缴收入")
    assert rows[start][:4] == ("目标", "20.06", "22.07", "24.28")
    for offset, path in ((1, "plan"), (2, "trend")):
        shown = rows[start + offset][1:4]
        values = [rongcheng.value("employee", "collection_income", y, path) for y in (2024, 2025, 2026)]
        assert all(agrees(f"{number} 亿元", value) for number, value in zip(shown, values, strict=True))
    delivered = [row for row in rows if row[-1] == "视同完成"]
    assert [row[:4] for row in delivered] == [
        ("规划路径", "8,500", "9,200", "9,900"),
        ("规划路径", "1,100", "1,300", "1,500"),
        ("规划路径", "1,000", "1,500", "2,000"),
    ]


@pytest.mark.parametrize("plan", plan_names())
def test_every_parameter_of_the_leading_path_is_listed_with_its_quality_and_source(
    plan: str, study_of: Callable[..., Study], blocks: Callable[..., list[Content]]
):
    listed = {
        row[0]: row for t in tables(blocks(plan)) if t.title in ("基年数据", "参数、来源和质量") for row in t.rows
    }
    given = study_of(plan).projections[study_of(plan).leading].assumptions
    assert set(listed) == {text(PARAMETERS[name], "zh") for name in given}
    assert all({"官方", "推算", "假定"} & set(row) and row[-1] for row in listed.values())


@pytest.mark.parametrize("plan", plan_names())
def test_every_finding_is_printed_with_its_arithmetic(
    plan: str, study_of: Callable[..., Study], blocks: Callable[..., list[Content]]
):
    table = next(t for t in tables(blocks(plan)) if t.title == "规划审核意见")
    findings = study_of(plan).findings
    assert Counter(row[1:] for row in table.rows) == Counter((f.sentence.zh, f.arithmetic) for f in findings)


# --- the whole document and the plain files ------------------------------------------------------------------------------


def test_a_report_is_a_document_with_all_its_charts_drawn(
    rongcheng: Study, blocks: Callable[..., list[Content]], tmp_path: Path
):
    document = report(rongcheng, tmp_path, "rongcheng abc")
    assert document.title == "荣成市社会保险扩面提质三年行动方案测算分析报告"
    assert "荣政办发〔2024〕3号" in document.subtitle and str(rongcheng.as_of) in document.subtitle
    assert (document.date, document.language, document.stamp) == (date(2026, 1, 31), "zh", "rongcheng abc")
    figures = [block for block in document.blocks if isinstance(block, Figure)]
    assert [f.path.stem for f in figures] == [b.name for b in blocks("rongcheng") if isinstance(b, Chart)]
    assert all(figure.path.read_bytes().startswith(b"\x89PNG") for figure in figures)


def test_results_csv_holds_every_result_and_is_the_same_for_the_same_study(rongcheng: Study, as_of: str):
    written = results_csv(rongcheng)
    assert written.startswith(b"\xef\xbb\xbf") and b"\r" not in written
    frame = pd.read_csv(BytesIO(written))
    assert list(frame.columns) == RESULT_COLUMNS == [
        "plan", "scenario", "region", "scheme", "indicator", "category", "year", "value", "low", "high", "unit", "quality",
    ]  # fmt: skip
    pd.testing.assert_frame_equal(frame, rongcheng.results, check_dtype=False, rtol=1e-11)
    assert results_csv(open_study("rongcheng", as_of=as_of)) == written


def test_results_do_not_depend_on_the_language(study_of: Callable[..., Study]):
    assert results_csv(study_of("wendeng", "en")) == results_csv(study_of("wendeng"))


@pytest.mark.parametrize("language", ["zh", "en"])
def test_findings_csv_holds_every_finding_in_the_language_asked_for(language: Language, study_of: Callable[..., Study]):
    study = study_of("rongcheng", language)
    frame = pd.read_csv(BytesIO(findings_csv(study)), keep_default_na=False)
    assert list(frame.columns) == FINDING_COLUMNS
    assert list(frame["sentence"]) == [text(finding.sentence, language) for finding in study.findings]
    assert list(frame["id"]) == [finding.id for finding in study.findings]
