"""The forecast ledger: nothing entered is lost, what came is set against it, and every revision has its cause."""

from __future__ import annotations

import dataclasses
import multiprocessing
import sys
from collections.abc import Callable
from datetime import UTC, date, datetime
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from analytics.appraisal.ledger import (
    HEADLINES,
    LEDGER_COLUMNS,
    REVISION_COLUMNS,
    SCORE_COLUMNS,
    Batch,
    Forecast,
    Ledger,
    Stated,
    input_changes,
    ledger_frame,
    revisions,
    score,
    summary,
    view_digest,
)
from analytics.appraisal.study import Study
from analytics.appraisal.vintage import batch_of
from analytics.inputs.history import HISTORY_COLUMNS
from analytics.presentation.document import Heading, Listing, Paragraph, Table
from analytics.presentation.sections.ledger import ledger, outcomes, overview, printed, trouble
from analytics.runs import ledger_store
from analytics.runs.ledger_store import FILE, append, enter, ledger_folder, ledger_report, read
from analytics.runs.manifest import build_manifest

YI = 1e8
NOON = datetime(2026, 1, 31, 12, tzinfo=UTC)


def stated(value: float, digest: str = "a") -> Stated:
    return Stated(value={2023: value}, digest=digest)


def income(year: int = 2025, value: float = 22 * YI, low: float | None = None, high: float | None = None) -> Forecast:
    return Forecast("plan", "employee", "collection_income", "total", year, value, low, high, "yuan")


def batch(id: str = "a", as_of: str = "2024-12-31", *forecasts: Forecast, plan: str = "rongcheng", **inputs: Stated):
    """A vintage with the forecast of one indicator, or with those given, and the inputs of its plan path."""
    return Batch(
        id=id, plan=plan, region="rongcheng", as_of=date.fromisoformat(as_of), published=NOON,
        forecasts=forecasts or (income(),), parameters={"plan": inputs},
    )  # fmt: skip


def history(*rows: tuple[str, int, float], region: str = "rongcheng", quality: str = "official") -> pd.DataFrame:
    """HISTORY rows of the employee scheme: (indicator, year, value)."""
    full = [(region, "employee", name, "total", year, value, "yuan", "年鉴", quality) for name, year, value in rows]
    return pd.DataFrame(full, columns=HISTORY_COLUMNS)


# --- entries ---------------------------------------------------------------------------------------------------------


def test_a_report_enters_headline_totals_of_plan_and_trend_after_the_base_year(rongcheng: Study):
    entered = batch_of(rongcheng, "a", NOON)
    frame = ledger_frame([entered])
    assert list(frame.columns) == LEDGER_COLUMNS
    assert set(frame["scenario"]) == {"plan", "trend"} and set(frame["indicator"]) <= set(HEADLINES)
    assert set(frame["category"]) == {"total"} and frame["year"].min() == rongcheng.plan.horizon.first_year
    assert set(frame["as_of"]) == {pd.Timestamp(rongcheng.as_of)} and set(frame["manifest"]) == {"a"}


def test_what_is_entered_is_what_the_report_says(rongcheng: Study):
    frame = ledger_frame([batch_of(rongcheng, "a", NOON)])
    own = frame[(frame["scenario"] == "trend") & (frame["scheme"] == "employee") & (frame["year"] == 2026)]
    row, told = own.set_index("indicator").loc["gap"], rongcheng.row("employee", "gap", 2026, "trend")
    assert [row["value"], row["low"], row["high"], row["unit"]] == [told["value"], told["low"], told["high"], "yuan"]


def test_a_value_without_a_range_has_none_in_the_ledger(rongcheng: Study):
    frame = ledger_frame([batch_of(rongcheng, "a", NOON)])
    told = frame[(frame["scenario"] == "plan") & (frame["indicator"] == "gross_new") & (frame["scheme"] == "employee")]
    assert told["value"].tolist() == [8500, 9200, 9900] and told[["low", "high"]].isna().all(axis=None)


def test_every_parameter_of_both_paths_is_entered_with_its_values(rongcheng: Study):
    entered = batch_of(rongcheng, "a", NOON).parameters
    for path in ("plan", "trend"):
        given = rongcheng.projections[path].assumptions
        assert {name: stated.value for name, stated in entered[path].items()} == {
            name: dict(assumption.value) for name, assumption in given.items()
        }


@pytest.mark.parametrize("changed", [{"source": "另一文件"}, {"high": {2023: 9e9}}, {"quality": "official"}])
def test_a_parameters_digest_tells_a_new_source_range_or_quality(rongcheng: Study, changed: dict):
    def digest(study: Study) -> str:
        return batch_of(study, "a", NOON).parameters["plan"]["employee.enterprise"].digest

    path = rongcheng.projections["plan"]
    given = path.assumptions
    moved = given | {"employee.enterprise": dataclasses.replace(given["employee.enterprise"], **changed)}
    paths = dict(rongcheng.projections) | {"plan": dataclasses.replace(path, assumptions=moved)}
    assert digest(dataclasses.replace(rongcheng, projections=paths)) != digest(rongcheng)
    assert digest(dataclasses.replace(rongcheng)) == digest(rongcheng)


def test_a_plan_that_borrows_numbers_is_scored_against_the_region_they_are_from(study_of: Callable[..., Study]):
    assert batch_of(study_of("shiyan"), "a", NOON).region == "chongqing"


# --- scores ----------------------------------------------------------------------------------------------------------


def test_a_forecast_is_set_against_what_came():
    # 22.0 forecast on the last day of 2024, 20.0 came in 2025: error 2.0, 2 / 20 = 10 %, 365 days before the year's end.
    entered = ledger_frame([batch("a", "2024-12-31", income(2025, 22 * YI, 21 * YI, 23 * YI))])
    scored = score(entered, history(("collection_income", 2025, 20 * YI)))
    row = scored.iloc[0]
    assert list(scored.columns) == SCORE_COLUMNS
    assert [row["forecast"], row["actual"], row["error"]] == [22 * YI, 20 * YI, 2 * YI]
    assert row["relative_error"] == pytest.approx(0.10) and row["lead_years"] == pytest.approx(365 / 365.25)
    assert not row["inside"]


@pytest.mark.parametrize(("actual", "inside"), [(21, True), (23, True), (20.99, False), (23.01, False)])
def test_the_ends_of_a_range_belong_to_it(actual: float, inside: bool):
    entered = ledger_frame([batch("a", "2024-12-31", income(2025, 22 * YI, 21 * YI, 23 * YI))])
    assert score(entered, history(("collection_income", 2025, actual * YI)))["inside"].tolist() == [inside]


def test_a_forecast_without_a_range_is_neither_inside_nor_outside():
    scored = score(ledger_frame([batch()]), history(("collection_income", 2025, 20 * YI)))
    assert scored["inside"].isna().all() and summary(scored)["coverage"].isna().all()


@pytest.mark.parametrize(
    "actuals",
    [
        history(("collection_income", 2024, 20 * YI)),
        history(("income", 2025, 20 * YI)),
        history(("collection_income", 2025, 20 * YI), region="weihai"),
        history(("collection_income", 2025, 20 * YI), quality="assumed"),
    ],
    ids=["another year", "another indicator", "another region", "an assumed figure"],
)
def test_only_the_very_thing_that_was_forecast_is_an_actual(actuals: pd.DataFrame):
    scored = score(ledger_frame([batch()]), actuals)
    assert scored.empty and list(scored.columns) == SCORE_COLUMNS and summary(scored).empty


def test_scores_are_bias_mape_and_coverage_over_all_vintages():
    # Errors +2 and −1 on 20: bias 0.5, mean |error| ÷ actual = (0.10 + 0.05) / 2 = 0.075; one of two ranges holds 20.
    vintages = [
        batch("a", "2024-06-30", income(2025, 22 * YI, 21 * YI, 23 * YI)),
        batch("b", "2024-12-31", income(2025, 19 * YI, 18 * YI, 21 * YI)),
    ]
    row = summary(score(ledger_frame(vintages), history(("collection_income", 2025, 20 * YI)))).iloc[0]
    assert [row["n"], row["ranged"]] == [2, 2]
    assert [row["bias"], row["mape"], row["coverage"]] == pytest.approx([0.5 * YI, 0.075, 0.5])


def test_an_estimate_made_after_its_year_is_shown_but_not_scored():
    scored = score(ledger_frame([batch("a", "2026-01-01")]), history(("collection_income", 2025, 20 * YI)))
    assert len(scored) == 1 and scored["lead_years"].item() < 0 and summary(scored).empty


def test_an_indicator_that_may_change_its_sign_has_no_relative_error():
    gap = Forecast("plan", "employee", "gap", "total", 2025, 2 * YI, None, None, "yuan")
    scored = score(ledger_frame([batch("a", "2024-12-31", gap)]), history(("gap", 2025, 1 * YI)))
    assert scored["error"].item() == YI and scored["relative_error"].isna().all()
    assert np.isnan(summary(scored)["mape"].item()) and summary(scored)["bias"].item() == YI


@given(st.lists(st.floats(1, 1e6), min_size=1, max_size=5))
@settings(max_examples=25, deadline=None)
def test_forecasts_that_came_true_have_no_error(values: list[float]):
    forecasts = [income(2025 + i, value, value, value) for i, value in enumerate(values)]
    came = history(*(("collection_income", 2025 + i, value) for i, value in enumerate(values)))
    row = summary(score(ledger_frame([batch("a", "2024-12-31", *forecasts)]), came)).iloc[0]
    assert [row["n"], row["bias"], row["mape"], row["coverage"]] == [len(values), 0, 0, 1]


# --- revisions -------------------------------------------------------------------------------------------------------


def test_a_revision_says_from_what_to_what_and_which_input_moved():
    old = batch("a", "2024-06-30", income(2025, 20 * YI), growth=stated(0.05), rate=stated(0.24))
    new = batch("b", "2025-01-31", income(2025, 19 * YI), growth=stated(0.03), rate=stated(0.24))
    frame = revisions([old, new])
    row = frame.iloc[0]
    assert list(frame.columns) == REVISION_COLUMNS and len(frame) == 1
    assert [row["before"], row["value"], row["change"]] == [20 * YI, 19 * YI, -YI]
    assert row["relative_change"] == pytest.approx(-0.05) and row["why"] == ("growth",)
    assert [str(row[day])[:10] for day in ("as_of_before", "as_of")] == ["2024-06-30", "2025-01-31"]


def test_a_forecast_that_stayed_is_no_revision():
    nearly = income(2025, 22 * YI * (1 + 1e-12))
    frame = revisions([batch("a", "2024-06-30"), batch("b", "2025-01-31", nearly, income(2026))])
    assert frame.empty and list(frame.columns) == REVISION_COLUMNS


def test_vintages_follow_each_other_by_their_day_however_they_were_entered():
    days = [("c", "2025-01-31", 3.0), ("a", "2024-01-31", 1.0), ("b", "2024-06-30", 2.0)]
    frame = revisions([batch(id, day, income(2025, value)) for id, day, value in days])
    assert frame[["before", "value"]].to_numpy().tolist() == [[1, 2], [2, 3]]


def test_plans_are_not_revisions_of_each_other():
    assert revisions([batch("a"), batch("b", "2025-01-31", income(2025, 1.0), plan="weihai")]).empty


def test_without_a_changed_input_no_input_is_blamed():
    old, new = batch("a", "2024-06-30", income(2025, 1.0)), batch("b", "2025-01-31", income(2025, 2.0))
    assert revisions([old, new])["why"].tolist() == [()]


def test_input_changes_tell_values_and_ranges_and_what_came_and_went():
    old = batch("a", moved=stated(1.0), widened=stated(2.0, "a"), gone=stated(3.0), same=stated(4.0))
    new = batch("b", moved=stated(1.5, "b"), widened=stated(2.0, "b"), fresh=stated(5.0), same=stated(4.0))
    kinds = input_changes(old, new, "plan").set_index("name")["kind"].to_dict()
    assert kinds == {"fresh": "added", "gone": "dropped", "moved": "value", "widened": "basis"}


def test_the_first_year_that_differs_is_told_with_the_value_then_in_force():
    old = batch("a", growth=Stated(value={2023: 0.02, 2024: 0.05}, digest="a"))
    new = batch("b", growth=Stated(value={2023: 0.02, 2024: 0.05, 2025: 0.04}, digest="b"))
    row = input_changes(old, new, "plan").iloc[0]
    assert [row["year"], row["before"], row["after"]] == [2025, 0.05, 0.04]


@given(st.lists(st.floats(1, 1e9), min_size=2, max_size=6))
@settings(max_examples=25, deadline=None)
def test_revisions_sum_to_the_whole_change(values: list[float]):
    vintages = [batch(str(i), f"202{i}-01-31", income(2030, value)) for i, value in enumerate(values)]
    total = revisions(vintages)["change"].sum()
    assert total == pytest.approx(values[-1] - values[0], abs=1e-8 * max(values))


# --- what a report is shown ------------------------------------------------------------------------------------------


def test_a_report_is_shown_vintages_of_its_own_plan_and_of_earlier_days_only():
    entered = Ledger((batch("c", "2025-01-31"), batch("a", "2024-01-31"), batch("b", plan="weihai")))
    assert [b.id for b in entered.of("rongcheng", before=date(2025, 1, 31))] == ["a"]
    assert [b.id for b in entered.of("rongcheng")] == ["a", "c"]
    assert entered.plans == ["rongcheng", "weihai"]


def test_the_digest_of_what_was_shown_changes_with_it():
    one, two = view_digest([batch("a")]), view_digest([batch("a"), batch("b")])
    assert view_digest([]) == "" and len({one, two, view_digest([batch("b")])}) == 3


# --- the file --------------------------------------------------------------------------------------------------------


def entered(folder: Path, *batches: Batch) -> Path:
    """A ledger with ``batches``; its file."""
    for one in batches:
        append(one, folder)
    return folder / FILE


def test_what_is_entered_is_read_back_in_order(tmp_path: Path):
    made = [batch("a", growth=stated(0.1 + 0.2)), batch("b", "2025-01-31", income(2025, 1 / 3, 0.1, None))]
    entered(tmp_path / "new" / "folder", *made)
    assert read(tmp_path / "new" / "folder") == Ledger(tuple(made))


def test_a_ledger_that_was_never_written_is_empty(tmp_path: Path):
    assert read(tmp_path / "nothing") == Ledger(())


def test_the_same_report_is_entered_once(tmp_path: Path):
    assert append(batch("a"), tmp_path) and append(batch("b"), tmp_path)
    before = (tmp_path / FILE).read_bytes()
    assert not append(batch("a"), tmp_path)
    assert (tmp_path / FILE).read_bytes() == before


def test_of_other_plans_only_damage_is_read_when_one_is_asked_for(tmp_path: Path):
    for made in (batch("a"), batch("b", plan="rongcheng_2"), batch("c", plan="荣成")):
        append(made, tmp_path)
    for name, id in (("rongcheng", "a"), ("荣成", "c"), ("heze", "")):
        assert [made.id for made in read(tmp_path, name).batches] == ([id] if id else [])
    file = tmp_path / FILE
    file.write_bytes(file.read_bytes().replace(b"rongcheng_2", b"rongcheng_3"))
    assert [fault.row for fault in read(tmp_path, "rongcheng").faults] == [2]


def test_a_torn_last_line_is_named_and_the_next_entry_begins_on_a_fresh_one(tmp_path: Path):
    file = entered(tmp_path, batch("a"), batch("b"))
    whole = file.read_bytes()
    file.write_bytes(whole[:-40])
    torn = read(tmp_path)
    assert [b.id for b in torn.batches] == ["a"] and [fault.row for fault in torn.faults] == [2]
    assert append(batch("b"), tmp_path), "what was torn is not there and may be entered again"
    mended = read(tmp_path)
    assert [b.id for b in mended.batches] == ["a", "b"] and [fault.row for fault in mended.faults] == [2]
    assert file.read_bytes().startswith(whole[:-40]), "nothing that was written is taken away"


@given(st.data())
@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
def test_wherever_a_write_is_cut_off_it_is_noticed(tmp_path: Path, data: st.DataObject):
    line = ledger_store._line(batch("a"))
    cut = data.draw(st.integers(1, len(line) - 2))
    (tmp_path / FILE).write_bytes(line[:cut] + b"\n" + ledger_store._line(batch("b")))
    found = read(tmp_path)
    assert [b.id for b in found.batches] == ["b"] and [fault.what.en for fault in found.faults] == [
        "the line is incomplete: writing it was cut off"
    ]


def test_a_line_changed_in_the_middle_is_named_and_the_rest_is_read(tmp_path: Path):
    file = entered(tmp_path, batch("a"), batch("b"), batch("c"))
    lines = file.read_bytes().split(b"\n")
    lines[1] = lines[1].replace(b"2200000000", b"2900000000")
    file.write_bytes(b"\n".join(lines))
    found = read(tmp_path)
    assert [b.id for b in found.batches] == ["a", "c"]
    assert "第 2 行：这一行与写入时不同" in found.faults[0].message("zh")
    assert "row 2: the line is not as it was written" in found.faults[0].message("en")


def test_a_line_a_newer_release_wrote_is_named_with_what_is_strange(tmp_path: Path):
    payload = batch("a").model_dump_json().encode()[:-1] + b',"mood":1}'
    line = b'{"length":%d,"sha256":"%s","payload":%s}\n' % (len(payload), ledger_store._digest(payload), payload)
    (tmp_path / FILE).write_bytes(line)
    fault = read(tmp_path).faults[0]
    assert (fault.row, fault.column) == (1, "mood") and "newer release" in fault.what.en


def _append_many(start: object, folder: Path, name: str, count: int) -> None:
    start.wait()
    for number in range(count):
        append(batch(f"{name}-{number}", growth=stated(number)), folder)


@pytest.mark.parametrize("names", ["abcd", "aaaa"], ids=["different reports", "the same reports"])
def test_processes_that_append_at_once_lose_nothing_and_repeat_nothing(tmp_path: Path, names: str):
    context = multiprocessing.get_context("fork" if sys.platform == "linux" else "spawn")
    start = context.Barrier(len(names))
    writers = [context.Process(target=_append_many, args=(start, tmp_path, name, 50)) for name in names]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()
    found = read(tmp_path)
    assert [writer.exitcode for writer in writers] == [0] * 4 and found.faults == ()
    assert sorted(b.id for b in found.batches) == sorted(f"{name}-{i}" for name in set(names) for i in range(50))


def test_the_environment_names_the_folder_else_it_lies_in_the_project(monkeypatch: pytest.MonkeyPatch, tmp_path: Path):
    monkeypatch.setenv("WORKBOOK_LEDGER", str(tmp_path / "shared"))
    assert ledger_folder() == tmp_path / "shared"
    append(batch("a"))
    assert (tmp_path / "shared" / FILE).is_file()
    monkeypatch.delenv("WORKBOOK_LEDGER")
    assert ledger_folder().name == "ledger" and (ledger_folder().parent / "params").is_dir()


def test_equal_runs_enter_once_whatever_their_clocks(rongcheng: Study, tmp_path: Path):
    def manifest(day: int, seed: int = 0):
        (tmp_path / "report").mkdir(exist_ok=True)
        return build_manifest(
            tmp_path / "report", plan="rongcheng", scenarios=[], as_of="2026-01-31", language="zh", formats=[],
            seed=seed, parameters={}, inputs=[], started=datetime(2026, 2, day, tzinfo=UTC), seconds={"all": day},
        )  # fmt: skip

    outcomes = [enter(rongcheng, made, tmp_path) for made in (manifest(1), manifest(2), manifest(2, seed=1))]
    assert outcomes == [True, False, True]
    first, second = read(tmp_path).batches
    assert first.published == datetime(2026, 2, 1, tzinfo=UTC) and first.id != second.id


# --- what people read ------------------------------------------------------------------------------------------------


def test_a_first_report_says_that_there_is_no_earlier_forecast(rongcheng: Study):
    same_day = batch("a", str(rongcheng.as_of))
    said = ledger(rongcheng, Ledger((same_day,)))
    assert "本期为首次" in printed(said) and not any(isinstance(block, Table) for block in said)


def test_without_actuals_the_ledger_says_so():
    said = outcomes([batch()], history(), "zh")
    assert "尚无可对照的实际数" in printed(said) and len(said) == 1
    assert "No actuals" in printed(outcomes([batch()], history(), "en"))


def test_the_report_shows_how_far_off_earlier_forecasts_were(rongcheng: Study):
    past = batch("a", "2024-12-31", income(2025, 22 * YI, 19 * YI, 23 * YI))
    study = dataclasses.replace(rongcheng, history=history(("collection_income", 2025, 20 * YI)))
    said = printed(ledger(study, Ledger((past,))))
    assert "规划路径有1项已有实际数可对照" in said and "平均绝对误差10.0%" in said
    assert "22.00 亿元" in said and "20.00 亿元" in said and "+10.0%" in said


def test_the_report_says_what_changed_since_the_last_one_and_why(rongcheng: Study):
    now = batch_of(rongcheng, "", NOON)
    old = [f._replace(value=f.value * 0.9) if f.indicator == "collection_income" else f for f in now.forecasts]
    wages = now.parameters["plan"] | {"wage.growth": Stated(value={2023: 0.09}, digest="x")}
    past = now.model_copy(
        update={"as_of": date(2025, 6, 30), "forecasts": tuple(old), "parameters": {"plan": wages, "trend": {}}}
    )
    said = printed(ledger(rongcheng, Ledger((past,))))
    assert "2025-06-30到2026-01-31" in said and "（+11.1%）" in said  # 1 / 0.9 − 1
    assert "原因是参数变化：平均工资增长率" in said and "取值变化" in said


def test_a_change_without_changed_inputs_is_laid_to_the_program(rongcheng: Study):
    now = batch_of(rongcheng, "", NOON)
    old = tuple(f._replace(value=2 * f.value) for f in now.forecasts)
    past = now.model_copy(update={"as_of": date(2025, 6, 30), "forecasts": old})
    assert "参数未变，模型程序或运行环境有更新" in printed(ledger(rongcheng, Ledger((past,))))


def test_a_report_equal_to_the_last_one_says_that_nothing_changed(rongcheng: Study):
    past = batch_of(rongcheng, "", NOON).model_copy(update={"as_of": date(2025, 6, 30)})
    assert "各期预测之间没有变化" in printed(ledger(rongcheng, Ledger((past,))))


def test_the_ledger_for_reading_has_every_plan_and_names_damaged_lines_first(tmp_path: Path):
    file = entered(tmp_path, batch("a"), batch("b", plan="weihai"))
    file.write_bytes(file.read_bytes() + b'{"length":')
    said = ledger_report(folder=tmp_path, language="en")
    assert isinstance(said[0], Paragraph) and isinstance(said[1], Listing) and "row 3" in said[1].items[0]
    assert [block.text for block in said if isinstance(block, Heading) and block.level == 1] == ["rongcheng", "weihai"]


def test_the_ledger_of_one_plan_leaves_the_others_out(tmp_path: Path):
    entered(tmp_path, batch("a"), batch("b", plan="weihai"))
    said = printed(ledger_report("weihai", folder=tmp_path))
    assert "weihai" in said and "rongcheng" not in said
    assert "还没有这个规划的预测" in printed(ledger_report("longling", folder=tmp_path))


def test_a_sound_ledger_has_no_trouble():
    assert trouble(Ledger((batch(),)), "zh") == []


def test_a_parameter_that_no_longer_exists_is_shown_by_its_name():
    vintages = [batch("a", "2024-06-30", income(2025, 1e9), old_name=stated(1.0)), batch("b", "2025-01-31")]
    assert "old_name" in printed(overview(vintages, history(), "zh"))


def test_a_table_in_the_terminal_has_straight_columns_though_chinese_is_wide():
    table = Table("", "", ("指标", "数值"), (("甲", "1.0"), ("征缴收入", "20.5")))
    assert printed([table]).splitlines()[1:] == ["指标      数值", "甲         1.0", "征缴收入  20.5"]
