"""The replay gives a history that the engine itself made back exactly, counts errors right and names what is missing."""

from __future__ import annotations

from dataclasses import replace
from functools import cache

import numpy as np
import pandas as pd
import pytest

from analytics.appraisal.replay import (
    COMPARED,
    FIRST_YEAR,
    STARTS,
    ahead,
    calibrated_from,
    can_start,
    compared,
    enrollment_rates,
    followed,
    replays,
    set_back,
    summary,
    unexplained_growth,
    unpublished,
)
from analytics.appraisal.study import Study
from analytics.inputs.assumptions import stated_values
from analytics.inputs.history import load_history, series
from analytics.inputs.plan import Plan
from analytics.inputs.plan_file import load_plan
from analytics.model.book import Book
from analytics.presentation.charts.replay import replay_lines
from analytics.presentation.document import Paragraph, Table
from analytics.presentation.pictures import Chart, drawn
from analytics.presentation.sections.replay import answer, errors, replay
from analytics.presentation.sections.replay import charts as drawn_lines
from analytics.presentation.style import new_axes
from analytics.terms import COLOURS, LANGUAGES

BEGIN, END = 2015, 2020
WRITTEN = (*COMPARED, ("resident", "active"))


@cache
def nation() -> Plan:
    return load_plan("national")


@cache
def published() -> pd.DataFrame:
    return load_history("china")


def history(heads: dict[tuple[str, str], dict[int, float]], quality: str = "official") -> pd.DataFrame:
    rows = [
        ("china", *key, "total", year, value, "person", "", quality)
        for key, by_year in heads.items()
        for year, value in by_year.items()
    ]
    columns = ["region", "scheme", "indicator", "category", "year", "value", "unit", "source", "quality"]
    return pd.DataFrame(rows, columns=columns)


def without(frame: pd.DataFrame, years: set[int], *key: str) -> pd.DataFrame:
    gone = frame["year"].isin(years)
    for column, name in zip(("scheme", "indicator"), key, strict=False):
        gone &= frame[column] == name
    return frame[~gone]


@cache
def made_by_the_engine() -> pd.DataFrame:
    """A history 2015–2020 in which both schemes enroll the same share of the adults every year."""
    book = ahead(nation(), published(), BEGIN, END)
    return history({key: {y: float(book(*key, y)[0]) for y in range(BEGIN, END + 1)} for key in WRITTEN})


def scored(values: dict[int, float], actual: dict[int, float], **keys: object) -> pd.DataFrame:
    frame = pd.DataFrame({"year": list(values), "value": list(values.values())})
    frame["published"] = [actual.get(year, np.nan) for year in values]
    row = {
        "way": "followed",
        "start": 2015,
        "scheme": "employee",
        "indicator": "retirees",
        "quality": "official",
    } | keys
    return frame.assign(error=frame["value"] / frame["published"] - 1, **row)


# --- known answers ---------------------------------------------------------------------------------------------------


def test_a_history_the_engine_made_comes_back_exactly():
    found = replays(nation(), made_by_the_engine(), (BEGIN,))
    assert set(found["way"]) == {"followed"} and len(found) == 4 * (END - BEGIN + 1)
    np.testing.assert_allclose(found["error"], 0, atol=1e-9)


def test_the_enrollment_behind_such_a_history_is_found_again():
    kept = enrollment_rates(nation(), published(), calibrated_from(BEGIN), BEGIN)
    found = enrollment_rates(nation(), made_by_the_engine(), BEGIN, END)
    assert found == pytest.approx(kept, rel=1e-9)
    assert min(found.values()) > 0


def test_a_year_that_is_not_published_is_walked_through_evenly():
    heads = made_by_the_engine()
    whole, gap = (followed(nation(), h, BEGIN, END) for h in (heads, without(heads, {2017}, "employee", "active")))
    beside = [float(whole("employee", "active", year)[0]) for year in (2016, 2018)]
    assert float(gap("employee", "active", 2017)[0]) == pytest.approx(sum(beside) / 2)
    assert float(gap("employee", "active", 2018)[0]) == pytest.approx(beside[1])


def test_retirees_who_die_faster_are_fewer():
    entry = nation().drivers["population.insured_mortality"].model_copy(update={"value": 2.0, "low": 1.0, "high": 2.1})
    harder = nation().model_copy(update={"drivers": nation().drivers | {"population.insured_mortality": entry}})
    usual, fewer = (
        followed(plan, published(), 2018, 2020)("employee", "retirees", 2020) for plan in (nation(), harder)
    )
    assert float(fewer[0]) < float(usual[0])


# --- setting back ----------------------------------------------------------------------------------------------------


def test_a_plan_set_back_states_the_published_heads_in_the_plans_proportions():
    back, now = set_back(nation(), published(), 2015, 2024), stated_values(nation(), 2024)
    then = stated_values(back, 2015)
    parts = [f"employee.{state}" for state in ("enterprise", "flexible", "institution", "interrupted")]
    assert sum(then[p] for p in parts) == pytest.approx(series(published(), "employee", "active")[2015])
    assert then["employee.retirees"] == series(published(), "employee", "retirees")[2015]
    assert then[parts[3]] / then[parts[0]] == pytest.approx(now[parts[3]] / now[parts[0]])
    assert (back.horizon.base_year, back.horizon.first_year, back.horizon.last_year) == (2015, 2016, 2024)
    assert nation().horizon.base_year != 2015  # the plan itself stays


def test_heads_that_are_not_published_cannot_be_started_from():
    short = without(published(), {2015}, "employee", "retirees")
    assert can_start(published(), 2015) and not can_start(short, 2015)
    with pytest.raises(KeyError):
        set_back(nation(), short, 2015, 2024)
    assert set(replays(nation(), short, (2015, 2018))["start"]) == {2018}


def test_nothing_is_calibrated_on_years_before_the_resident_scheme_was_whole():
    assert [calibrated_from(start) for start in (2012, 2015, 2020)] == [2012, 2012, 2015]
    first = replays(nation(), published(), (FIRST_YEAR,))
    assert set(first["way"]) == {"followed"}  # no year before it, so nothing to keep


def test_without_any_start_there_is_no_row():
    assert replays(nation(), without(published(), set(STARTS), "employee", "retirees")).empty


# --- errors ----------------------------------------------------------------------------------------------------------


def test_errors_are_the_value_over_the_published_less_one():
    book = Book()
    for key in COMPARED:
        for year, value in ((2015, 100.0), (2016, 110.0), (2017, 90.0)):
            book.enter(*key, year, np.array([value]))
    actual = history({key: {2015: 100.0, 2016: 100.0} for key in COMPARED}, "assumed")
    found = compared(book, actual, range(2015, 2018)).set_index(["scheme", "indicator", "year"])
    assert found["error"]["employee", "retirees", 2016] == pytest.approx(0.10)
    assert found["quality"]["employee", "retirees", 2016] == "assumed"
    assert found.loc[("resident", "beneficiaries", 2017), ["published", "error"]].isna().all()


def test_the_mean_error_leaves_out_the_start_and_what_is_not_published():
    # 2015 is the start, 2018 not published: |+10 %| and |−20 %| make 15 %; the last error is that of 2017
    frame = scored({2015: 100, 2016: 110, 2017: 80, 2018: 500}, {2015: 100, 2016: 100, 2017: 100})
    found = summary(frame).loc[("followed", 2015, "employee", "retirees")]
    assert found["mape"] == pytest.approx(0.15)
    assert (found["last_year"], found["last_error"]) == (2017, pytest.approx(-0.20))


def test_growth_the_engine_does_not_explain_is_the_difference_of_both_growths():
    frame = scored({2015: 100, 2016: 105, 2018: 120}, {2015: 100, 2016: 130, 2018: 175})
    assert unexplained_growth(frame, 2015, 2015, 2018) == 75 - 20


def test_missing_years_are_named_by_series():
    short = without(without(published(), {2016, 2019}, "employee", "retirees"), {2013}, "resident", "participants")
    assert unpublished(short, range(2012, 2021)) == {
        ("employee", "retirees"): [2016, 2019],
        ("resident", "participants"): [2013],
    }
    assert unpublished(published(), [2015, 2024]) == {}


# --- section ---------------------------------------------------------------------------------------------------------


def words(contents: list[object]) -> str:
    return "".join(block.text for block in contents if isinstance(block, Paragraph))


def nationwide(study: Study, frame: pd.DataFrame) -> Study:
    return replace(study, peers=frame)


def test_the_section_prints_the_errors_it_computed(rongcheng: Study):
    found = replays(nation(), rongcheng.peers[rongcheng.peers["region"] == "china"])
    scores = summary(found)["mape"]
    tables = [block for block in errors(rongcheng) if isinstance(block, Table)]
    assert [len(table.header) for table in tables] == [1 + 2 * len(STARTS), 1 + 4 * (len(STARTS) - 1)]
    column = [head.startswith("离退休人员") and "2018" in head for head in tables[0].header].index(True)
    assert tables[0].rows[-1][column] == f"{100 * scores['followed', 2018, 'employee', 'retirees']:.1f}"
    errors_2018 = found[(found["way"] == "followed") & (found["start"] == 2018)].set_index(["indicator", "year"])[
        "error"
    ]
    assert tables[0].rows[-2][column] == f"{100 * errors_2018['retirees', int(tables[0].rows[-2][0])]:+.1f}"
    assert tables[0].rows[0][column] == "—"  # years before the start


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_section_says_the_same_in_both_languages_and_draws_every_chart(study_of, language: str):
    study = study_of("rongcheng", language)
    contents = [*replay(study), *drawn_lines(study)]
    charts = [block for block in contents if isinstance(block, Chart)]
    assert [chart.name for chart in charts] == [f"replay_{scheme}_{indicator}" for scheme, indicator in COMPARED]
    said = words(contents)
    assert all(str(start) in said for start in STARTS) and "{" not in said
    assert ("缺少公布数" in said or "Not published" in said) is False
    drawn(charts[1])


def test_the_section_names_missing_years_and_starts_that_cannot_be_made(rongcheng: Study):
    short = without(rongcheng.peers[rongcheng.peers["region"] == "china"], {2015, 2021}, "employee", "retirees")
    said = words(answer(nationwide(rongcheng, short)))
    assert "缺少公布数：离退休人员 2015、2021" in said
    assert "2015年的人数没有公布齐全" in said
    assert "机关事业单位并入" not in said  # the growth around the merger cannot be told without 2015
    assert "—" in {cell for table in errors(nationwide(rongcheng, short))[:1] for cell in table.rows[8]}


def test_without_any_start_the_section_says_why(rongcheng: Study):
    none = without(rongcheng.peers[rongcheng.peers["region"] == "china"], set(STARTS), "employee", "retirees")
    contents = replay(nationwide(rongcheng, none))
    assert words(contents) == "没有可以起步的年份：离退休人员 2012、2015、2018。"
    assert not [block for block in contents if isinstance(block, Table | Chart)]


def test_figures_from_memory_are_counted_once(rongcheng: Study):
    heads = rongcheng.peers[rongcheng.peers["region"] == "china"].assign(quality="official")
    assert "凭记忆" not in words(answer(nationwide(rongcheng, heads)))
    doubtful = (
        (heads["indicator"] == "retirees") & heads["year"].isin([2013, 2016, 2020]) & (heads["scheme"] == "employee")
    )
    heads = heads.assign(quality=heads["quality"].mask(doubtful, "assumed"))
    assert "公布数中有3个凭记忆录入" in words(answer(nationwide(rongcheng, heads)))


# --- chart -----------------------------------------------------------------------------------------------------------


def test_lines_stand_over_the_published_points_and_unchecked_ones_are_hollow():
    frame = pd.concat([
        scored({2015: 1e7, 2016: 1.1e7}, {2015: 1e7, 2016: 1.2e7}).assign(quality=["official", "assumed"]),
        scored({2015: 1e7, 2016: 1.3e7}, {2015: 1e7, 2016: 1.2e7}, way="ahead").assign(quality=["official", "assumed"]),
    ])  # fmt: skip
    ax = replay_lines(new_axes(), frame, (2012, 2015))
    solid, dashed, checked, hollow = ax.lines[:4]
    assert list(solid.get_ydata()) == [1000, 1100] and list(dashed.get_ydata()) == [1000, 1300]
    assert solid.get_color() == dashed.get_color() and solid.get_linestyle() != dashed.get_linestyle()
    assert list(checked.get_ydata()) == [1000] and list(hollow.get_ydata()) == [1200]
    assert (checked.get_markerfacecolor(), hollow.get_markerfacecolor()) == (COLOURS["history"], "white")
    assert {"-8.3%", "+8.3%"} <= {words.get_text() for words in ax.texts}


def test_a_chart_of_nothing_is_refused():
    with pytest.raises(ValueError, match="replay_lines"):
        replay_lines(new_axes(), scored({2015: 1.0}, {}).iloc[:0], STARTS)
