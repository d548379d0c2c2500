"""The what-if page in a real browser: it opens, its levers move the figures, and what it keeps is what it showed."""

from __future__ import annotations

import csv
import os
import re
import shutil
import subprocess
import sys
import warnings
from base64 import b64decode
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from difflib import ndiff
from io import BytesIO
from pathlib import Path

import openpyxl
import pytest

from analytics.appraisal.study import Study
from analytics.inputs.plan_file import load_plan
from analytics.places import DATA, HOME_VARIABLE, PARAMS
from analytics.presentation.whatif.answers import name_of
from analytics.presentation.whatif.comparison import LINES as COMPARED
from analytics.presentation.whatif.desk import Desk
from analytics.terms import CATEGORIES, INDICATORS, SCHEMES

playwright = pytest.importorskip("playwright.sync_api", reason="playwright is not installed: the page is NOT tested")

FLAGS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
SIZES = [(1366, 768), (1920, 1080)]
PATIENCE = 20_000  # milliseconds; the machine may be busy
SERVE = (
    "import argparse; from analytics.runs import whatif; parser = argparse.ArgumentParser();"
    "whatif.add_command(parser.add_subparsers()); asked = parser.parse_args(); asked.command(asked)"
)


@dataclass
class Watched:
    """A browser page and everything it asked for or complained of."""

    page: playwright.Page
    requests: list[str] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.page.set_default_timeout(PATIENCE)
        self.page.on("request", lambda request: self.requests.append(request.url))
        self.page.on("pageerror", lambda error: self.errors.append(str(error)))
        self.page.on("console", lambda said: self.errors.append(said.text) if said.type == "error" else None)

    def box(self, name: str) -> playwright.Locator:
        """The number box of a lever."""
        return self.page.locator(f".wi-lever-{name.replace('.', '-')} .wi-box input")

    def type(self, name: str, shown: str) -> None:
        """Type a number into a lever's box, as an officer does."""
        self.box(name).fill(shown)
        self.box(name).press("Enter")

    def shows(self, selector: str, words: str | re.Pattern[str]) -> None:
        """Wait until ``words`` stand there."""
        playwright.expect(self.page.locator(selector).first).to_contain_text(words, timeout=PATIENCE)

    def tab(self, title: str) -> None:
        """Turn to a tab."""
        self.page.locator(".wi-tabs .lm-TabBar-tab", has_text=title).click()

    def reset(self) -> None:
        """Every lever back to today."""
        self.page.locator("button.wi-reset-all").click()
        self.shows(".wi-moves", "未调整")


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Plans and data of our own, so that keeping a scenario changes nobody's."""
    folder = tmp_path_factory.mktemp("home")
    shutil.copytree(PARAMS, folder / "params")
    shutil.copytree(DATA, folder / "data")
    return folder


@pytest.fixture(scope="module")
def address(home: Path) -> Iterator[str]:
    """The page's address, as the command prints it."""
    command = [sys.executable, "-c", SERVE, "whatif", "rongcheng", "--as-of", "2026-01-31", "--no-browser"]
    environment = os.environ | {HOME_VARIABLE: str(home)}
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment) as server:
        try:
            lines = iter(server.stdout.readline, "")
            yield next(found[0] for line in lines if (found := re.search(r"http://\S+", line)))
        finally:
            server.terminate()


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[playwright.Browser]:
    """Headless Chromium; the tests are skipped, loudly, where there is none."""
    chromium = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if chromium is None:
        reason = "no Chromium: the what-if page is NOT tested in a browser (Debian: apt-get install chromium)"
        warnings.warn(reason, stacklevel=1)
        pytest.skip(reason)
    with playwright.sync_playwright() as driver:
        started = driver.chromium.launch(executable_path=chromium, args=FLAGS)  # with a fresh profile
        yield started
        started.close()


@pytest.fixture(scope="module")
def opened(browser: playwright.Browser, address: str) -> Iterator[Callable[..., Watched]]:
    """``opened(width, height)``: a session of its own, ready to use."""
    contexts = []

    def open_(width: int = 1366, height: int = 768) -> Watched:
        contexts.append(browser.new_context(viewport={"width": width, "height": height}, locale="zh-CN"))
        watched = Watched(contexts[-1].new_page())
        watched.page.goto(address)
        watched.page.wait_for_selector("[data-role=answers]", timeout=4 * PATIENCE)
        return watched

    yield open_
    for context in contexts:
        context.close()


@pytest.fixture(scope="module")
def one_session(opened: Callable[..., Watched]) -> Watched:
    return opened()


@pytest.fixture
def session(one_session: Watched) -> Watched:
    """The session most tests use, as it was when it was opened."""
    one_session.tab("结果")
    one_session.reset()
    return one_session


@pytest.fixture(scope="module")
def desk(rongcheng: Study) -> Desk:
    return Desk(rongcheng, "plan")


def inside(watched: Watched, selector: str, width: int, height: int) -> bool:
    box = watched.page.locator(selector).first.bounding_box()
    return box is not None and box["x"] >= 0 and box["y"] >= 0 and box["x"] + box["width"] <= width and box["y"] + box["height"] <= height  # fmt: skip


def comes_inside(session: Watched, selector: str, width: int, height: int) -> bool:
    """Whether the element lies in the window once the page has laid itself out for its new size."""
    for _ in range(100):
        if inside(session, selector, width, height):
            return True
        session.page.wait_for_timeout(100)
    return False


@pytest.mark.parametrize(("width", "height"), SIZES)
def test_the_answer_is_seen_without_scrolling(width: int, height: int, session: Watched):
    session.page.set_viewport_size({"width": width, "height": height})
    session.shows("[data-role=answers]", "职工养老征缴收入")
    charts = [f"[data-chart={name}]" for name in ("income", "gap", "heads", "share", "swings")]
    for selector in ("[data-role=answers]", *charts, "button.wi-seek", ".wi-lever >> nth=0", ".wi-tabs"):
        assert comes_inside(session, selector, width, height), selector
    scrolled = (
        "document.documentElement.scrollWidth > innerWidth || document.documentElement.scrollHeight > innerHeight"
    )
    assert not session.page.evaluate(scrolled)
    session.page.set_viewport_size({"width": 1366, "height": 768})


def test_probabilities_follow_the_answer(session: Watched):
    session.shows("tr[data-target='employee.collection_income.total']", re.compile(r"达标概率(不足|超过)?\d+%"))


def compared(watched: Watched) -> dict[str, str]:
    """The differences on the screen by indicator."""
    rows = watched.page.locator("[data-role=compare] tbody tr").all_inner_texts()
    return {cells[0]: cells[-1] for cells in (row.split("\t") for row in rows)}


def sign(difference: str) -> int:
    return -1 if difference.startswith("−") else 1 if difference.startswith("+") else 0


def test_every_lever_moves_the_figures_in_the_right_direction(session: Watched, desk: Desk):
    session.tab("两情景对比")
    for more in session.page.locator(".wi-more .jupyter-widget-Collapse-header").all():
        more.click()
    before = desk.run({})
    for name, one in desk.levers.items():
        shown = one.shown(one.high if one.high > one.today else one.low)
        position = one.read(shown)
        session.type(name, shown)
        session.shows(".wi-moves", re.compile("已调整 1 项.*" + re.escape(f"→{shown} {one.unit_label('zh')}")))
        after, found = desk.run({name: position}), compared(session)
        moved = {key: float(after.entries[key][2026][0] - before.entries[key][2026][0]) for key in COMPARED if key in before.entries}  # fmt: skip
        clear = {key: by for key, by in moved.items() if abs(by) > 1e-4 * abs(float(before.entries[key][2026][0]))}
        assert clear, name
        for key, by in clear.items():
            assert sign(found[name_of(key).zh]) == (1 if by > 0 else -1), (name, key)
        session.reset()


def test_a_slider_moves_by_keyboard_and_shows_todays_mark(session: Watched):
    row = session.page.locator(".wi-lever-employee-collection")
    assert row.locator(".wi-mark").is_visible()
    row.locator(".noUi-handle").focus()
    session.page.keyboard.press("End")
    session.shows(".wi-moves", "97.00→99.00 %")
    row.locator("button.wi-reset").click()
    session.shows(".wi-moves", "未调整")


def test_a_bad_value_is_refused_in_words(session: Watched):
    session.type("employee.collection", "abc<b>")
    session.shows("[data-role=message].refused", "不是数字")
    playwright.expect(session.box("employee.collection")).to_have_value("97.00")
    session.type("employee.collection", "500")
    session.shows("[data-role=message].refused", "超出合理范围")


def test_goal_seek_lands_on_the_target(session: Watched):
    session.page.locator("button.wi-seek").click()
    session.shows("[data-role=message].told", "达到24.28 亿元")
    session.shows("tr[data-target='employee.collection_income.total']", "2026年24.28 亿元，达到目标24.28 亿元")
    assert session.page.locator("[data-chart=income] .v").text_content() == "24.28"


def test_two_sessions_do_not_mix(session: Watched, opened: Callable[..., Watched]):
    other = opened()
    before = session.page.locator("[data-role=answers]").inner_text()
    other.type("employee.collection", "99")
    other.shows(".wi-moves", "97.00→99.00 %")
    session.page.wait_for_timeout(500)
    assert "未调整" in session.page.locator(".wi-moves").inner_text()
    assert session.page.locator("[data-role=answers]").inner_text() == before
    assert not other.errors


FACTORS = {"万人": 1e4, "亿元": 1e8, "万元": 1e4, "%": 0.01}
"""What the display units of the Excel file are in plain ones, where they are not the same."""


def downloaded(watched: Watched) -> dict[tuple[str, ...], float]:
    """The yearly results of the Excel file the page offers, in plain units: by scheme, indicator, category, year."""
    watched.page.locator("button.wi-download").click()
    link = watched.page.locator("a.wi-link[download$='.xlsx']")
    content = b64decode(link.get_attribute("href").partition(",")[2])
    heads, *rows = openpyxl.load_workbook(BytesIO(content))["年度结果"].iter_rows(values_only=True)
    return {
        (*row[:3], year): value * FACTORS.get(row[3], 1.0)
        for row in rows for year, value in zip(heads[4:], row[4:], strict=True) if value is not None
    }  # fmt: skip


def keep(watched: Watched, name: str, why: str) -> None:
    """Fill the form for a scenario and press the button."""
    watched.tab("保存与下载")
    watched.page.locator(".wi-name input").fill(name)
    watched.page.locator(".wi-why input").fill(why)
    watched.page.locator("button.wi-save").click()


def reported(home: Path, scenario: str, out: Path) -> dict[tuple[str, ...], float]:
    """What ``workbook report rongcheng --scenario …`` writes to its results.csv, by the labels of the Excel file."""
    command = [sys.executable, "-m", "analytics.runs.cli", "report", "rongcheng", "--scenario", scenario,
               "--as-of", "2026-01-31", "--formats", "", "--out", str(out)]  # fmt: skip
    subprocess.run(command, env=os.environ | {HOME_VARIABLE: str(home)}, capture_output=True, check=True)
    with (out / "results.csv").open(encoding="utf-8-sig") as file:
        return {
            (SCHEMES[row["scheme"]].zh, INDICATORS[row["indicator"]].zh, CATEGORIES[row["category"]].zh, row["year"]): float(row["value"])
            for row in csv.DictReader(file) if row["scenario"] == scenario
        }  # fmt: skip


def test_what_is_kept_gives_the_report_the_numbers_on_the_screen(session: Watched, home: Path, tmp_path: Path):
    before = (home / "params" / "rongcheng.yaml").read_text("utf-8")
    session.type("employee.collection", "95.1")
    session.shows(".wi-moves", "95.10")
    session.type("wage.growth", "3.1")
    session.shows(".wi-moves", "3.10")
    shown = session.page.locator("[data-chart=income] .v").text_content()
    session.tab("保存与下载")
    on_screen = downloaded(session)
    keep(session, "会上方案", "征缴率略降、工资增速提高")
    session.shows("[data-role=message].told", "workbook report rongcheng --scenario 会上方案")
    after = (home / "params" / "rongcheng.yaml").read_text("utf-8")
    assert not [line for line in ndiff(before.splitlines(), after.splitlines()) if line.startswith("-")]
    results = reported(home, "会上方案", tmp_path / "report")
    income = results["城镇职工基本养老保险", "征缴收入", "合计", "2026"]
    assert f"{income / 1e8:.2f}" == shown
    assert results == pytest.approx(on_screen, rel=1e-11, abs=1e-11)


def test_two_people_who_save_at_once_lose_nothing_and_who_comes_later_finds_both(
    session: Watched, opened: Callable[..., Watched], home: Path
):
    other = opened()
    for watched, value in ((session, "96"), (other, "98")):
        watched.type("employee.collection", value)
        watched.shows(".wi-moves", f"{value}.00")
    keep(session, "甲方案", "征缴率96%")
    keep(other, "乙方案", "征缴率98%")
    session.shows("[data-role=message].told", "甲方案")
    other.shows("[data-role=message].told", "乙方案")
    kept = load_plan("rongcheng", home / "params").scenarios
    collection = [kept[name].changes["employee.collection"].set for name in ("甲方案", "乙方案")]
    assert [by_year[max(by_year)] for by_year in collection] == [0.96, 0.98]
    offered = opened().page.locator(".wi-scenario select").inner_text()
    assert "甲方案" in offered and "乙方案" in offered
    assert not other.errors


def test_nothing_was_asked_of_the_outside_and_nothing_went_wrong(session: Watched, address: str):
    own = re.match(r"https?://[^/]*", address)[0]
    outside = [
        url for url in session.requests if not url.startswith((own, own.replace("http", "ws"), "data:", "blob:"))
    ]
    assert not outside
    assert not session.errors


def test_the_address_needs_its_token(browser: playwright.Browser, address: str):
    context = browser.new_context()
    page = context.new_page()
    page.goto(address.partition("?")[0])
    page.wait_for_url("**/login**", timeout=2 * PATIENCE)
    assert "需要令牌" in page.inner_text("body") and not page.locator("[data-role=answers]").count()
    context.close()


# --- when something is wrong ------------------------------------------------------------------------------------------


@contextmanager
def spoilt(file: Path, spoil: Callable[[Path], object]) -> Iterator[None]:
    """A file of the home that is not what it should be for a while."""
    kept = file.read_bytes()
    try:
        spoil(file)
        yield
    finally:
        shutil.rmtree(file) if file.is_dir() else file.unlink()
        file.write_bytes(kept)


def make_folder(file: Path) -> None:
    file.unlink()
    file.mkdir()


@pytest.fixture
def fault(browser: playwright.Browser, address: str) -> Iterator[Callable[[str], str]]:
    """``fault(path)``: what the page says instead of opening."""
    contexts = []

    def told(path: str = "") -> str:
        contexts.append(browser.new_context(locale="zh-CN"))
        page = contexts[-1].new_page()
        page.goto(address)
        if path:
            page.goto(address.partition("?")[0] + path)
        page.wait_for_selector("[data-role=fault]", timeout=4 * PATIENCE)
        assert "Traceback" not in page.content() and "Error" not in page.inner_text("body")
        return page.inner_text("[data-role=fault]")

    yield told
    for context in contexts:
        context.close()


def test_a_plan_that_became_faulty_is_told_in_words(fault: Callable[[], str], home: Path):
    plan = home / "params" / "rongcheng.yaml"
    with spoilt(plan, lambda file: file.write_text(file.read_text("utf-8") + "\nno_such_section: 1\n", "utf-8")):
        told = fault()
    assert "规划或数据有误" in told and "no_such_section" in told


def test_an_unforeseen_error_is_a_number_on_the_page_and_a_trace_in_the_log(fault: Callable[[], str], home: Path):
    with spoilt(home / "params" / "common" / "drivers.yaml", make_folder):
        told = fault()
    number = re.search(r"编号 ([0-9a-f]{8})", told)[1]
    assert number in (home / "reports" / "whatif.log").read_text("utf-8")


def test_a_page_that_does_not_exist_is_told_in_words(fault: Callable[[str], str]):
    assert "没有这个页面" in fault("nothing")
