"""The what-if desk: what its levers do, what it says, and what it keeps, without a browser."""

from __future__ import annotations

import asyncio
import logging
import re
import shutil
import subprocess
import sys
from base64 import b64decode
from collections.abc import Callable
from dataclasses import replace
from datetime import date
from functools import partial
from io import BytesIO
from pathlib import Path
from urllib.request import urlopen

import numpy as np
import openpyxl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from analytics.appraisal.study import Study, conduct
from analytics.inputs.faults import InputError
from analytics.inputs.plan import Change, Label, Scenario
from analytics.inputs.plan_file import load_plan, plan_names
from analytics.inputs.scenario_store import check_name, check_why, keep, with_scenario
from analytics.model.book import Book
from analytics.places import PARAMS
from analytics.presentation.whatif import page as page_module
from analytics.presentation.whatif.answers import answers, chance_words, probabilities_of
from analytics.presentation.whatif.comparison import split
from analytics.presentation.whatif.desk import Desk
from analytics.presentation.whatif.levers import DeskLever, levers_of
from analytics.presentation.whatif.page import Page
from analytics.runs.open_study import published_for
from analytics.runs.whatif import ahead
from analytics.runs.whatif import page as page_or_hint
from analytics.runs.whatif.log import NumberedLog
from analytics.runs.whatif.waiting import LOOPBACK, SIGN, answering, listening

WHY = "扩面力度加大"
INCOME = ("employee", "collection_income", "total")


@pytest.fixture
def desk(rongcheng: Study) -> Desk:
    return Desk(rongcheng, "plan")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A copy of the plan files that may be written to."""
    return Path(shutil.copytree(PARAMS, tmp_path / "params"))


def open_from(folder: Path, name: str) -> Study:
    """A plan of ``folder`` with all its scenarios."""
    plan = load_plan(name, folder)
    return conduct(plan, published_for(plan), list(plan.scenarios), date(2026, 1, 31))


@pytest.fixture
def page(rongcheng: Study, folder: Path, monkeypatch: pytest.MonkeyPatch) -> Page:
    """A page that keeps scenarios in the copy."""
    monkeypatch.setattr(page_module, "keep", partial(keep, folder=folder))
    return Page(rongcheng, partial(open_from, folder))


def values(book: Book) -> dict[tuple[object, ...], float]:
    return {(*key, year): float(value[0]) for key, by_year in book.entries.items() for year, value in by_year.items()}


def results(study: Study, scenario: str) -> dict[tuple[object, ...], float]:
    rows = study.results[study.results["scenario"] == scenario]
    return {
        (r.scheme, r.indicator, r.category, r.year): r.value
        for r in rows[["scheme", "indicator", "category", "year", "value"]].itertuples()
    }


def scenario(**changes: Change) -> Scenario:
    label = Label(zh="扩面加码", en="扩面加码")
    named = {name.replace("__", "."): change for name, change in changes.items()}
    return Scenario(label=label, why=Label(zh=WHY, en=WHY), date="2026-01-31", changes=named)


SLIPPED = scenario(employee__collection=Change(set={2023: 0.97, 2024: 0.94}))


# --- levers -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "position", "same_as"),
    [
        ("employee.base_quality", 0.05, "base_quality"),  # the plan's scenario sets 5 %
        ("employee.collection", 0.94, "collection_slips"),  # and takes 3 points from 97 %
    ],
)
def test_a_lever_gives_the_numbers_of_the_scenario_that_says_the_same(
    name: str, position: float, same_as: str, desk: Desk, rongcheng: Study
):
    assert values(desk.run({name: position})) == pytest.approx(results(rongcheng, same_as), rel=1e-12)


@pytest.mark.parametrize("plan", plan_names())
def test_every_lever_of_every_plan_moves_something(plan: str, study_of: Callable[..., Study]):
    desk = Desk(study_of(plan), study_of(plan).leading)
    before = values(desk.run({}))
    still = [name for name, one in desk.levers.items() if values(desk.run({name: one.most})) == before == values(desk.run({name: one.least}))]  # fmt: skip
    assert not still


@pytest.fixture(scope="module")
def levers(rongcheng: Study) -> list[DeskLever]:
    return list(levers_of(rongcheng, "plan").values())


@given(share=st.floats(0, 1))
def test_a_lever_moves_open_years_alike_and_leaves_the_others(share: float, levers: list[DeskLever]):
    for one in levers:
        position = one.least + share * (one.most - one.least)
        moved = one.values(position)
        assert moved[max(moved)] == position
        steps = [moved[year] - one.before[year] for year in moved]
        expected = [position - one.today if year in one.open_years else 0.0 for year in moved]
        assert steps == pytest.approx(expected, abs=1e-9 * max(1.0, abs(one.today)))


def test_published_wage_growth_and_the_base_year_stay(desk: Desk):
    wage = desk.levers["wage.growth"]
    assert min(wage.open_years) == 2025  # 2024 is published
    assert min(desk.levers["employee.collection"].open_years) == 2024
    assert min(desk.levers["employee.retirees"].open_years) == 2023  # a stock: read in the base year alone


@pytest.mark.parametrize(("typed", "position"), [("95", 0.95), ("９５％", 0.95), (" 95.5 ", 0.955), ("95%", 0.95)])
def test_what_an_officer_types_is_read_in_the_levers_unit(typed: str, position: float, desk: Desk):
    assert desk.levers["employee.collection"].read(typed) == pytest.approx(position, rel=1e-15)


@pytest.mark.parametrize(
    ("typed", "told"),
    [("abc", "不是数字"), ("约95", "约数"), ("", "不是数字"), ("101", "合理范围"), ("-3", "合理范围")],
)
def test_a_bad_value_is_refused_in_words(typed: str, told: str, desk: Desk):
    with pytest.raises(InputError, match=told):
        desk.levers["employee.collection"].read(typed)


def test_a_percentage_is_refused_where_heads_are_asked(desk: Desk):
    with pytest.raises(InputError, match="百分数"):
        desk.levers["employee.gross_new"].read("5%")


def test_a_step_is_round_and_the_slider_has_at_least_two_hundred(desk: Desk):
    for one in desk.levers.values():
        assert (one.most - one.least) / one.step >= 200 * (1 - 1e-9)
        assert re.fullmatch(r"1e[+-]\d\d", f"{one.step:.0e}")


# --- what follows -----------------------------------------------------------------------------------------------------


def test_the_desk_unmoved_is_the_scenario_and_its_probabilities_are_the_reports(rongcheng: Study, desk: Desk):
    assert values(desk.start) == pytest.approx(results(rongcheng, "plan"), rel=1e-15)
    theirs = rongcheng.probabilities[rongcheng.probabilities["scenario"] == "plan"]
    assert list(desk.probabilities({})["probability"]) == list(theirs["probability"])


def test_swings_are_what_moving_the_lever_does(desk: Desk):
    positions, outcome = {"employee.base_quality": 0.02}, desk.outcomes[0]
    here = desk.run(positions).entries[outcome.key][outcome.year][0]
    for name in ("employee.collection", "employee.gross_new", "employee.base_quality"):
        ends = (desk.levers[name].low, desk.levers[name].high)
        moved = [desk.run({**positions, name: end}).entries[outcome.key][outcome.year][0] - here for end in ends]
        assert desk.swings(positions, outcome)[name] == pytest.approx(moved, rel=1e-9, abs=1e-3)


def test_a_search_lands_on_the_target_from_where_the_levers_stand(desk: Desk):
    positions, outcome = {"employee.collection": 0.96}, desk.outcomes[0]
    found = desk.seek(positions, outcome)
    moved = desk.positions_of(positions, found)
    assert found.reachable and not np.isnan(outcome.target)
    assert float(desk.run(moved).entries[outcome.key][outcome.year][0]) == pytest.approx(outcome.target, rel=1e-6)
    assert (
        desk.levers["employee.collection"].low
        <= moved["employee.collection"]
        <= desk.levers["employee.collection"].high
    )


def test_a_goal_out_of_reach_names_what_binds(desk: Desk):
    found = desk.seek({}, replace(desk.outcomes[0], target=1e12))
    assert not found.reachable and "界限" in found.sentence.zh and found.shortfall > 0


def test_a_goal_that_no_office_lever_moves_is_refused(desk: Desk):
    deaths = replace(desk.outcomes[0], scheme="employee", indicator="average_wage", target=1e6)
    with pytest.raises(InputError, match="没有经办措施"):
        desk.seek({}, deaths)


def test_the_parts_of_a_difference_sum_to_it(desk: Desk):
    moved = {"employee.collection": 0.95, "employee.gross_new": 12_000.0, "employee.base_quality": 0.01}
    found = split(desk.point(moved, 2026), desk.point({}, 2026), INCOME)
    assert sum(found.parts.values()) == pytest.approx(found.change, rel=1e-9)
    assert found.after == float(desk.run(moved).entries[INCOME][2026][0])


@pytest.mark.parametrize("language", ["zh", "en"])
@pytest.mark.parametrize("plan", plan_names())
def test_every_plan_has_answers_in_both_languages(plan: str, language: str, study_of: Callable[..., Study]):
    desk = Desk(study_of(plan), study_of(plan).leading)
    waiting = answers(desk, desk.start, None)
    found = answers(desk, desk.start, probabilities_of(desk.probabilities({})))
    assert found and len(found) == len(waiting)
    assert all("{" not in answer.line(language) and str(desk.plan.horizon.last_year) in answer.line(language) for answer in found)  # fmt: skip


def test_the_answer_says_by_how_much_a_target_is_missed(desk: Desk):
    told = {a.name.zh: a.line("zh") for a in answers(desk, desk.start, None)}["职工养老征缴收入"]
    value = float(desk.start.entries[INCOME][2026][0]) / 1e8
    assert f"2026年{value:.2f} 亿元，目标24.28 亿元，差{24.28 - value:.2f} 亿元" in told


@pytest.mark.parametrize(("chance", "told"), [(0.0, "不足1%"), (0.456, "46%"), (1.0, "超过99%")])
def test_no_probability_is_said_to_be_impossible_or_certain(chance: float, told: str):
    assert chance_words(chance).zh == told


# --- keeping ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("plan", plan_names())
@pytest.mark.parametrize("ending", ["\n", "\r\n"])
def test_keeping_adds_lines_and_touches_no_other(plan: str, ending: str):
    before = (PARAMS / f"{plan}.yaml").read_text(encoding="utf-8").replace("\n", ending)
    after = with_scenario(before, "扩面加码", SLIPPED)
    lines = after.splitlines(keepends=True)
    first = next(n for n, line in enumerate(lines) if "扩面加码" in line)
    added = next(
        n for n in range(first, len(lines)) if "employee.collection: {set: {2023: 0.97, 2024: 0.94}}" in lines[n]
    )
    assert "".join(lines[:first] + lines[added + 1 :]) == before


def test_a_plan_without_scenarios_and_without_a_last_line_end_gets_the_section():
    assert with_scenario("name: x", "更多", SLIPPED).startswith("name: x\n\nscenarios:\n  更多:\n    label:")


def test_a_section_in_braces_is_refused():
    with pytest.raises(InputError, match="每行一项"):
        with_scenario("name: x\nscenarios: {}\n", "更多", SLIPPED)


@pytest.mark.parametrize("position", [0.1 + 0.2, 1e-5, 1 / 3, 123456.789])
def test_numbers_are_kept_to_the_last_digit(position: float, folder: Path):
    kept = keep("rongcheng", "试", scenario(employee__gross_new=Change(set={2023: position})), folder)
    assert kept.scenarios["试"].changes["employee.gross_new"].set == {2023: position}


@pytest.mark.parametrize("name", ["", "2025", "a b", "a,b", "a/b", "plan", "trend", "x" * 31, "../x"])
def test_a_name_that_could_be_misread_is_refused(name: str):
    assert check_name(name)


@pytest.mark.parametrize(("why", "told"), [("  ", "一句话"), ("两\n行", "一行"), ("长" * 201, "一句话")])
def test_a_reason_must_be_one_sentence(why: str, told: str):
    assert told in check_why(why)[0].message()


@pytest.mark.parametrize(
    ("name", "kept", "told"),
    [
        ("half_delivered", SLIPPED, "已有同名情景"),
        ("试", SLIPPED.model_copy(update={"changes": {}}), "没有改动"),
        ("试", scenario(employee__colection=Change(set=0.9)), "未知参数"),
    ],
)
def test_a_scenario_that_will_not_do_leaves_the_file_as_it_was(name: str, kept: Scenario, told: str, folder: Path):
    before = (folder / "rongcheng.yaml").read_bytes()
    with pytest.raises(InputError, match=told):
        keep("rongcheng", name, kept, folder)
    assert (folder / "rongcheng.yaml").read_bytes() == before


def test_people_who_save_at_once_lose_nothing(folder: Path):
    code = (
        "import sys; from pathlib import Path; from analytics.inputs.plan import *;"
        "from analytics.inputs.scenario_store import keep; w = Label(zh='同时', en='同时');"
        "[keep('rongcheng', f'人{sys.argv[1]}第{n}', Scenario(label=w, why=w, changes={'employee.exit': Change(add=0.001)}), Path(sys.argv[2])) for n in range(5)]"
    )
    people = [subprocess.Popen([sys.executable, "-c", code, str(n), str(folder)]) for n in range(3)]
    assert [person.wait(60) for person in people] == [0, 0, 0]
    kept = load_plan("rongcheng", folder).scenarios
    assert {f"人{person}第{n}" for person in range(3) for n in range(5)} < set(kept)


# --- the page ---------------------------------------------------------------------------------------------------------


def slide(page: Page, name: str, position: float) -> None:
    """Move a slider as the browser does."""
    page.row(name).slider.value = position / page.desk.levers[name].scale.factor


def told(page: Page) -> str:
    return re.sub(r"<[^>]*>", "", page.message.value)


def test_a_moved_slider_changes_the_answer_and_a_reset_brings_it_back(page: Page):
    before = page.told.value, page.charts.value
    slide(page, "employee.collection", 0.99)
    assert page.positions == {"employee.collection": 0.99}
    assert page.row("employee.collection").box.value == "99.00"
    assert page.told.value != before[0] and "97.00→99.00" in page.moves.value
    page.row("employee.collection").reset.click()
    assert (page.told.value, page.charts.value, page.positions) == (*before, {})


def test_a_slider_that_only_snaps_to_its_grid_moves_nothing(page: Page):
    levers = page.desk.levers.values()
    one = next(one for one in levers if abs(one.today / one.step - round(one.today / one.step)) > 0.01)
    slide(page, one.name, round(one.today / one.step) * one.step)
    assert page.positions == {} and page.row(one.name).position == one.today


def test_a_bad_value_leaves_the_lever_and_says_so(page: Page):
    page.row("employee.collection").box.value = "百分之九十"
    assert "不是数字" in told(page)
    assert page.row("employee.collection").box.value == "97.00" and page.positions == {}


def test_a_plausible_value_beyond_the_slider_makes_it_longer(page: Page):
    page.row("employee.collection").box.value = "80"
    assert page.positions == {"employee.collection": 0.8} and page.row("employee.collection").slider.min == 80


def test_typed_code_is_text(page: Page):
    page.keeping.name.value, page.keeping.why.value = "__import__('os').abort()", "<script>alert(1)</script>"
    slide(page, "employee.collection", 0.99)
    page.save()
    assert "情景名" in told(page) and "<script>" not in page.message.value


def test_the_search_button_moves_the_levers_onto_the_target(page: Page):
    page.seek()
    assert float(page.book.entries[INCOME][2026][0]) == pytest.approx(24.28e8, rel=1e-6)
    assert (
        "达到24.28 亿元" in told(page)
        and page.row("employee.gross_new").position == page.positions["employee.gross_new"]
    )


def test_another_target_can_be_typed_and_a_bad_one_is_refused(page: Page):
    page.goal.target.value = "22"
    page.seek()
    assert float(page.book.entries[INCOME][2026][0]) == pytest.approx(22e8, rel=1e-6)
    for typed, words in (("全部", "不是数字"), ("", "目标值")):
        page.goal.target.value = typed
        page.seek()
        assert words in told(page)


def test_what_is_kept_gives_the_numbers_on_the_screen(page: Page, folder: Path):
    page.scenario.value = "half_delivered"
    for name, position in (("employee.collection", 0.951), ("wage.growth", 0.031), ("employee.retirees", 50_000.0)):
        slide(page, name, position)
    shown = values(page.book)
    page.keeping.name.value, page.keeping.why.value = "会上方案", WHY
    page.save()
    assert "--scenario 会上方案" in told(page)
    kept = open_from(folder, "rongcheng")
    assert results(kept, "会上方案") == shown == values(page.book)
    assert kept.plan.scenarios["会上方案"].why.zh == WHY and kept.plan.scenarios["会上方案"].date == str(date.today())
    assert page.desk.scenario == "会上方案" and page.positions == {}


@pytest.mark.parametrize("plan", ["longling", "national"])
def test_kept_paths_of_milestones_and_trends_give_the_numbers_on_the_screen(
    plan: str, folder: Path, study_of: Callable[..., Study], monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(page_module, "keep", partial(keep, folder=folder))
    page = Page(study_of(plan), partial(open_from, folder))
    paths = [name for name in page.desk.levers if name.endswith("_path")]
    assert paths
    for name in [*paths, "wage.growth"]:
        one = page.desk.levers[name]
        slide(page, name, 0.9 * one.today)
    shown = values(page.book)
    page.keeping.name.value, page.keeping.why.value = "路径下调", WHY
    page.save()
    assert results(open_from(folder, plan), "路径下调") == shown


def test_sessions_do_not_mix(page: Page, rongcheng: Study, folder: Path):
    other = Page(rongcheng, partial(open_from, folder))
    before = other.told.value
    slide(page, "employee.collection", 0.99)
    other.update()
    assert other.positions == {} and other.told.value == before != page.told.value


def test_an_unforeseen_error_is_a_number_for_the_officer_and_a_trace_for_the_log(
    page: Page, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(page.desk, "run", lambda positions: 1 / 0)
    with caplog.at_level(logging.ERROR, "analytics.whatif"):
        slide(page, "employee.collection", 0.99)
    id = re.search(r"编号 ([0-9a-f]{8})", told(page))[1]
    assert caplog.records[-1].number == id
    assert "ZeroDivisionError" in caplog.text and "Error" not in told(page)


def test_comparing_shows_differences_and_their_parts(page: Page):
    slide(page, "employee.collection", 0.94)
    page.tabs.selected_index = 1
    assert "征缴率" in page.comparing.shown.value and "差异来自" in page.comparing.shown.value
    page.comparing.left.value = page.comparing.right.value
    assert "左右相同" in page.comparing.shown.value


def test_the_excel_file_holds_the_numbers_and_the_levers_on_the_screen(page: Page):
    slide(page, "employee.collection", 0.99)
    page.download()
    links = re.findall(r'download="([^"]*)" href="data:[^,]*,([^"]*)"', page.keeping.links.value)
    content = {name: b64decode(data) for name, data in links}
    assert content["rongcheng-whatif.png"].startswith(b"\x89PNG")
    book = openpyxl.load_workbook(BytesIO(content["rongcheng-whatif.xlsx"]))
    assert book.sheetnames == ["结论", "参数", "年度结果"]
    moved = {row[0]: row[2:] for row in book["参数"].iter_rows(min_row=2, values_only=True)}
    assert moved["职工保险征缴率"] == pytest.approx((97.0, 99.0))
    stated = {row[:2]: row[3] for row in book["结论"].iter_rows(min_row=2, values_only=True)}
    assert stated["职工养老征缴收入", 2026] == pytest.approx(float(page.book.entries[INCOME][2026][0]) / 1e8)


@pytest.mark.parametrize("plan", plan_names())
def test_the_page_of_every_plan_opens_all_its_levers_and_compares(
    plan: str, study_of: Callable[..., Study], folder: Path, caplog: pytest.LogCaptureFixture
):
    page = Page(study_of(plan), partial(open_from, folder))
    page.tabs.selected_index = 1
    page.comparing.right.value = list(page.study.projections)[-1]
    assert page.view().workbook()
    for group in page.levers.widget.children:
        if hasattr(group, "selected_index"):
            group.selected_index = 0
    assert set(page.levers.rows) == set(page.desk.levers)
    assert not told(page) and not caplog.records


def test_choosing_a_plan_opens_it_and_leaves_nothing_of_the_last(page: Page):
    slide(page, "employee.collection", 0.99)
    page.plan.value = "longling"
    assert "龙陵" in page.heading.value and page.positions == {}
    page.scenario.value = "trend"
    assert page.desk.scenario == "trend" and not told(page)


def test_probabilities_follow_when_the_levers_rest_and_not_before(page: Page, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(page_module, "PAUSE", 0.01)

    async def rest() -> str:
        slide(page, "employee.collection", 0.98)
        slide(page, "employee.collection", 0.99)
        assert "计算中" in page.told.value
        while "计算中" in page.told.value:
            await asyncio.sleep(0.01)
        return page.told.value

    shown = asyncio.run(asyncio.wait_for(rest(), 60))
    page.settle()
    assert shown == page.told.value


def test_a_notebook_nobody_looks_at_says_where_the_page_opens(rongcheng: Study, monkeypatch: pytest.MonkeyPatch):
    for name in ("JPY_SESSION_NAME", "VOILA_BASE_URL", "VSCODE_PID"):
        monkeypatch.delenv(name, raising=False)
    assert "workbook whatif rongcheng" in page_or_hint(rongcheng).data


# --- serving ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("path", ["", "?token=x", "voila/static/voila.js"])
@pytest.mark.parametrize(("language", "words"), [("zh", "正在打开"), ("en", "Opening")])
def test_until_the_server_stands_every_request_gets_a_page_that_waits(path: str, language: str, words: str):
    with listening(LOOPBACK, 18866) as listener, answering(listener, language):
        reply = urlopen(f"http://{LOOPBACK}:{listener.getsockname()[1]}/{path}")
        assert SIGN in reply.headers and words in reply.read().decode()


def test_a_taken_port_gives_the_next_one():
    with listening(LOOPBACK, 18900) as first, listening(LOOPBACK, first.getsockname()[1]) as second:
        assert first.getsockname()[1] < second.getsockname()[1] <= first.getsockname()[1] + 50


def test_an_address_nobody_can_listen_at_is_refused_in_words():
    with pytest.raises(InputError, match="不能在这个地址上监听"):
        listening("192.0.2.1", 18866)  # an address for documentation, nobody's own (RFC 5737)


def test_a_study_opened_ahead_is_taken_until_a_file_changes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    for folder in ("PARAMS", "DATA"):
        monkeypatch.setattr(ahead, folder, tmp_path)
    monkeypatch.setattr(ahead, "open_study", lambda *asked: object())
    monkeypatch.setattr(ahead, "_ahead", {})
    asked = ("rongcheng", "all", "2026-01-31", "zh")
    (tmp_path / "rongcheng.yaml").write_text("a")
    ahead.open_ahead(*asked)
    first = ahead.open_or_take(*asked)
    assert ahead.open_or_take(*asked) is first
    assert ahead.open_or_take("longling", *asked[1:]) is not first
    (tmp_path / "more.yaml").write_text("b")
    assert ahead.open_or_take(*asked) is not first


def test_every_entry_of_the_log_stands_under_its_number(tmp_path: Path):
    handler = NumberedLog(tmp_path / "log", encoding="utf-8")
    handler.setFormatter(logging.Formatter("%(number)s %(message)s"))
    for message in ("one", "two"):
        handler.handle(logging.LogRecord("x", logging.ERROR, "", 0, message, None, None))
        assert (tmp_path / "log").read_text("utf-8").splitlines()[-1] == f"{handler.number} {message}"
    handler.close()
