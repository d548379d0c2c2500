"""Reports by schedule: due dates, catching up, retries, overlap, archive, state, and the operating system's jobs."""

from __future__ import annotations

import argparse
import json
import os
import re
import shlex
import shutil
import signal
import subprocess
import sys
import xml.etree.ElementTree as ElementTree
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any, get_args

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from analytics.inputs.faults import InputError
from analytics.places import HOME_VARIABLE, ROOT
from analytics.runs import single
from analytics.runs.lock import Held, only_one
from analytics.runs.manifest import build_manifest, write
from analytics.runs.order import FORMATS, Order
from analytics.runs.publish import published_whole
from analytics.runs.schedule import SCHEDULES, archive, install
from analytics.runs.schedule.archive import closed
from analytics.runs.schedule.calendar import AS_OF, WEEKDAYS, When
from analytics.runs.schedule.command import add_command
from analytics.runs.schedule.desk import Clock
from analytics.runs.schedule.due import LOCK, make_plan_report, run_due
from analytics.runs.schedule.files import Format, Schedule, load_schedule, read_schedules, scenario_faults
from analytics.runs.schedule.state import DAMAGED, STATE, State

MONTH_END = {"monthly": {"day": "last"}, "time": "18:30"}
MONDAYS = {"weekly": {"weekday": "monday"}, "time": "08:00"}


# --- helpers ---------------------------------------------------------------------------------------------------------


def entries(**changed: Any) -> dict[str, Any]:
    """A schedule as it would stand in its file; the maintainer's command writes what it is told into ``told``."""
    usual = {
        "name": "often",
        "label": {"zh": "定期报告", "en": "Regular report"},
        "what": {"plans": ["rongcheng"], "formats": ["docx"]},
        "when": MONTH_END,
        "tell": {"maintainer": {"command": ["true"]}},
    }
    return usual | changed


def moment(words: str) -> datetime:
    """A moment in China, e.g. ``2026-11-30 18:30``."""
    return datetime.fromisoformat(f"{words}+08:00")


def due_days(when: dict[str, Any], after: str, until: str) -> list[str]:
    """Days on which something is due between two days in China."""
    found = When(**when).occurrences(moment(f"{after} 00:00"), moment(f"{until} 23:59"))
    return [str(occurrence.due.date()) for occurrence in found]


def publish(_schedule: Schedule, plan: str, as_of: date, out: Path) -> None:
    """Publish a report of one small file."""
    with published_whole(out) as folder:
        (folder / "report.docx").write_text(f"{plan} {as_of}")
        made = build_manifest(
            folder, plan=plan, scenarios=[], as_of=str(as_of), language="zh", formats=["docx"], seed=0, parameters={},
            inputs=[], started=datetime(2026, 1, 1, tzinfo=UTC), seconds={}, root=out,
        )  # fmt: skip
        write(made, folder)


class MovedClock(Clock):
    """A clock that stands where it is put, and on which waiting takes no time."""

    def __init__(self, start: str) -> None:
        self.time, self.waits = moment(start), []

    def now(self) -> datetime:
        """Where it stands."""
        return self.time.astimezone(UTC)

    def sleep(self, seconds: float) -> None:
        """Go on by so much."""
        self.waits.append(seconds)
        self.time += timedelta(seconds=seconds)


class Office:
    """A folder of reports, a moved clock, and a maker of reports that fails when it is told to."""

    def __init__(self, reports: Path, now: str, **changed: Any) -> None:
        self.reports, self.clock = reports, MovedClock(now)
        self.told, self.said, self.asked = reports.parent / "told", [], []
        self.failures: list[BaseException] = []
        self.change(**changed)

    def change(self, **changed: Any) -> None:
        """Write the schedule anew."""
        note = f"echo $WORKBOOK_EVENT $WORKBOOK_PERIOD >> '{self.told}'; cat > '{self.told}.last'"
        people = {
            name: {"command": ["sh", "-c", f"echo {name} >> '{self.told}'; {note}"]}
            for name in ("maintainer", "readers")
        }
        self.schedule = Schedule(**entries(tell=people) | changed)

    def make(self, schedule: Schedule, plan: str, as_of: date, out: Path) -> None:
        """Fail with the next failure, if any, or publish."""
        self.asked.append(f"{plan} {as_of}")
        if self.failures:
            raise self.failures.pop(0)
        publish(schedule, plan, as_of, out)

    def run(self, at: str = "") -> list[str]:
        """Make what is due at a moment; period and status of what was decided."""
        self.clock.time = moment(at) if at else self.clock.time
        records = run_due([self.schedule], self.reports, self.make, self.clock, self.said.append)
        return [f"{record.period} {record.status}" for record in records]

    @property
    def folder(self) -> Path:
        """The schedule's folder."""
        return self.reports / "often"

    @property
    def periods(self) -> list[str]:
        """Folders of the archive."""
        return sorted(path.name for path in self.folder.iterdir() if path.is_dir())

    @property
    def latest(self) -> dict[str, Any]:
        """The marker of the newest good period."""
        return json.loads((self.folder / "latest.json").read_text("utf-8"))

    @property
    def notices(self) -> list[str]:
        """Who was told what, e.g. ``maintainer failed 2026-11``."""
        lines = self.told.read_text().splitlines() if self.told.exists() else []
        return [f"{who} {what}".strip() for who, what in zip(lines[::2], lines[1::2], strict=True)]


@pytest.fixture
def office(tmp_path: Path) -> Callable[..., Office]:
    """``office(now, **changed entries)``: an office whose schedule is first seen at the moment ``now``."""

    def opened(now: str, **changed: Any) -> Office:
        made = Office(tmp_path / "reports", now, **changed)
        assert made.run() == []
        return made

    return opened


# --- due dates -------------------------------------------------------------------------------------------------------


def test_a_day_a_month_does_not_have_is_its_last_one() -> None:
    expected = ["2028-01-31", "2028-02-29", "2028-03-31", "2028-04-30", "2028-05-31", "2028-06-30"]
    for day in (31, "last"):
        assert due_days({"monthly": {"day": day}, "time": "08:00"}, "2028-01-01", "2028-06-30") == expected
    thirtieth = {"monthly": {"day": 30}, "time": "08:00"}
    assert due_days(thirtieth, "2027-01-31", "2027-03-30") == ["2027-02-28", "2027-03-30"]


def test_leap_day_of_a_yearly_schedule_is_the_28th_in_common_years() -> None:
    leap_day = {"yearly": {"month": 2, "day": 29}, "time": "08:00"}
    # 2100 is a common year, 2000 was not
    assert due_days(leap_day, "2027-01-01", "2029-12-31") == ["2027-02-28", "2028-02-29", "2029-02-28"]
    assert due_days(leap_day, "2100-01-01", "2100-12-31") == ["2100-02-28"]


def test_mondays_of_november_2026_by_number() -> None:
    # 1 November 2026 is a Sunday: the Mondays are 2, 9, 16, 23 and 30
    for nth, day in ((1, "02"), (3, "16"), (4, "23"), (5, "30"), ("last", "30")):
        when = {"monthly": {"weekday": "monday", "nth": nth}, "time": "08:00"}
        assert due_days(when, "2026-11-01", "2026-11-30") == [f"2026-11-{day}"]
    # February 2027 has four Mondays, the last on the 22nd
    assert due_days({"monthly": {"weekday": "monday", "nth": 5}, "time": "08:00"}, "2027-02-01", "2027-02-28") == [
        "2027-02-22"
    ]


def test_a_quarterly_schedule_is_a_monthly_one_with_four_months() -> None:
    quarterly = {"monthly": {"day": 10, "months": [1, 4, 7, 10]}, "time": "08:00", "as_of": "previous_month_end"}
    found = list(When(**quarterly).occurrences(moment("2026-01-01 00:00"), moment("2026-12-31 00:00")))
    assert [str(occurrence.as_of) for occurrence in found] == ["2025-12-31", "2026-03-31", "2026-06-30", "2026-09-30"]
    assert [occurrence.period for occurrence in found] == ["2025-12", "2026-03", "2026-06", "2026-09"]


def test_the_53rd_week_of_2026_has_a_name_of_its_own() -> None:
    # 1 January 2026 is a Thursday, so the year has 53 ISO weeks
    found = When(**MONDAYS).occurrences(moment("2026-12-20 00:00"), moment("2027-01-10 00:00"))
    assert [occurrence.period for occurrence in found] == ["2026-W52", "2026-W53", "2027-W01"]


@pytest.mark.parametrize(
    ("rule", "as_of", "period"),
    [
        ("scheduled_day", "2027-01-01", "2027"),
        ("previous_day", "2026-12-31", "2027"),
        ("previous_month_end", "2026-12-31", "2026"),
        ("previous_year_end", "2026-12-31", "2026"),
    ],
)
def test_as_of_rules_on_new_years_day(rule: str, as_of: str, period: str) -> None:
    when = When(**{"yearly": {"month": 1, "day": 1}, "time": "08:00", "as_of": rule})
    (found,) = when.occurrences(moment("2026-06-01 00:00"), moment("2027-06-01 00:00"))
    assert (str(found.as_of), found.period) == (as_of, period)


def test_a_report_due_half_past_midnight_in_china_belongs_to_the_chinese_day() -> None:
    # 00:30 on 1 December in China is 16:30 on 30 November in UTC
    when = When(**{"monthly": {"day": 1}, "time": "00:30", "as_of": "previous_month_end"})
    before, after = (datetime(2026, 11, 30, 16, minute, tzinfo=UTC) for minute in (29, 30))
    assert list(when.occurrences(before - timedelta(days=20), before)) == []
    (found,) = when.occurrences(before, after)
    assert (str(found.as_of), found.period, found.due) == ("2026-11-30", "2026-11", after)


def test_the_hour_that_daylight_saving_skips_or_repeats_is_met_once() -> None:
    # Berlin skips 02:30 on 29 March 2026 and has it twice on 25 October 2026
    when = When(**{"weekly": {"weekday": "sunday"}, "time": "02:30", "zone": "Europe/Berlin"})
    for day in (datetime(2026, 3, 29, tzinfo=UTC), datetime(2026, 10, 25, tzinfo=UTC)):
        hours = [day + timedelta(hours=hour) for hour in range(-2, 8)]
        found = [len(list(when.occurrences(*pair))) for pair in pairwise(hours)]
        assert sum(found) == 1


_RHYTHMS = st.one_of(
    st.builds(lambda weekday: {"weekly": {"weekday": weekday}}, st.sampled_from(list(WEEKDAYS))),
    st.builds(lambda day: {"monthly": {"day": day}}, st.integers(1, 31)),
    st.builds(
        lambda weekday, nth: {"monthly": {"weekday": weekday, "nth": nth}},
        st.sampled_from(list(WEEKDAYS)),
        st.integers(1, 5),
    ),
    st.builds(lambda month, day: {"yearly": {"month": month, "day": day}}, st.integers(1, 12), st.integers(1, 31)),
)


def _allowed(rhythm: dict[str, Any]) -> list[str]:
    kind = next(iter(rhythm))
    return list(AS_OF)[: {"weekly": 2, "monthly": 3, "yearly": 4}[kind]]


@given(rhythm=_RHYTHMS, rule=st.sampled_from(list(AS_OF)), start=st.dates(date(2000, 1, 1), date(2090, 1, 1)))
@settings(max_examples=60, deadline=None)
def test_every_due_date_has_a_period_of_its_own_and_no_earlier_as_of_date(
    rhythm: dict[str, Any], rule: str, start: date
) -> None:
    rule = rule if rule in _allowed(rhythm) else "scheduled_day"
    first = datetime(start.year, start.month, start.day, tzinfo=UTC)
    found = list(When(**rhythm, time="12:00", as_of=rule).occurrences(first, first + timedelta(days=1500)))
    assert len({occurrence.period for occurrence in found}) == len(found) >= 4
    assert [o.as_of for o in found] == sorted({o.as_of for o in found}) and [o.due for o in found] == sorted(
        o.due for o in found
    )


@given(rhythm=_RHYTHMS, cuts=st.lists(st.integers(0, 24 * 800), min_size=1, max_size=5))
@settings(max_examples=60, deadline=None)
def test_however_time_is_cut_nothing_is_lost_or_met_twice(rhythm: dict[str, Any], cuts: list[int]) -> None:
    when, start = When(**rhythm, time="00:00"), datetime(2027, 2, 20, 3, tzinfo=UTC)
    moments = [start + timedelta(hours=hour) for hour in sorted([0, *cuts, 24 * 800])]
    pieces = [o for pair in pairwise(moments) for o in when.occurrences(*pair)]
    assert pieces == list(when.occurrences(moments[0], moments[-1]))


@pytest.mark.parametrize(
    ("when", "zh", "en"),
    [
        (MONDAYS, "每周一 08:00（Asia/Shanghai），数据截至当日", "every Monday at 08:00 (Asia/Shanghai), data as of that day"),
        (MONTH_END, "每月最后一天 18:30（", "the last day of every month at 18:30"),
        ({"monthly": {"weekday": "friday", "nth": 2}, "time": "08:00"}, "每月第2个周五 08:00", "the second Friday of every month"),
        ({"monthly": {"weekday": "friday", "nth": "last"}, "time": "08:00"}, "每月最后一个周五", "the last Friday of every month"),
        ({"monthly": {"day": 5, "months": [1, 7]}, "time": "08:00"}, "每年1、7月5日", "day 5 of the months 1, 7"),
        ({"yearly": {"month": 1, "day": 9}, "time": "08:00", "as_of": "previous_year_end"}, "每年1月9日 08:00（Asia/Shanghai），数据截至上年末", "day 9"),
    ],
)  # fmt: skip
def test_a_rule_is_said_in_both_languages(when: dict[str, Any], zh: str, en: str) -> None:
    assert When(**when).words("zh").startswith(zh)
    assert When(**when).words("en").startswith(en)


# --- schedule files --------------------------------------------------------------------------------------------------


def written(folder: Path, text: str = "", **changed: Any) -> Path:
    """A schedule file ``often.yaml``: its text, or its entries."""
    path = folder / "often.yaml"
    path.write_text(text or yaml.safe_dump(entries(**changed), allow_unicode=True), encoding="utf-8")
    return path


def refused(path: Path) -> InputError:
    """What is said about a schedule file that cannot be used."""
    with pytest.raises(InputError) as refusal:
        load_schedule(path)
    return refusal.value


def test_every_example_is_sound() -> None:
    schedules, faults = read_schedules(SCHEDULES)
    assert schedules and not faults
    assert not [fault for schedule in schedules for fault in scenario_faults(schedule)]


def test_the_formats_are_those_a_single_report_has() -> None:
    assert get_args(Format) == FORMATS == Schedule(**entries(what={"plans": "all"})).what.formats


def test_all_faults_of_a_file_are_told_at_once_with_their_lines(tmp_path: Path) -> None:
    text = """\
name: other
label: {zh: 报告, en: Report}
what:
  plans: [rongcheng, nowhere]
  formats: [docx, odt]
when:
  monthly: {day: 32}
  time: 10:30
  zone: Asia/Peking
retry: {times: 2, pause: 5}
tell:
  maintainer: {mail: [someone]}
"""
    error = refused(written(tmp_path, text))
    place = str(tmp_path / "often.yaml")
    assert [fault.row for fault in error.faults] == [5, 7, 8, 9, 10, 12, 1, 4]
    zh, en = error.message("zh").splitlines(), error.message("en").splitlines()
    assert zh[1] == f"2. {place} 第 7 行 “when.monthly.day”：类型或取值不对（实际：32；应为：≤ 31）"
    assert "应为：文字；像数字或时间的文字要加引号" in zh[2] and "text; in quotes" in en[2]
    assert "没有这个时区（实际：Asia/Peking" in zh[3] and "there is no such time zone" in en[3]
    assert "未知的键" in zh[4] and "retry.pause" in zh[4]
    assert "文件名与 name 不一致（实际：other；应为：often）" in zh[6] and "its name entry differ" in en[6]
    assert "没有这个规划（实际：nowhere" in zh[7] and "there is no such plan (found: nowhere" in en[7]


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"when": {"time": "08:00"}}, "weekly、monthly、yearly 须且只须给一个"),
        ({"when": MONDAYS | MONTH_END}, "weekly、monthly、yearly 须且只须给一个"),
        ({"when": {"monthly": {}, "time": "08:00"}}, "须给 day，或同时给 weekday 和 nth"),
        ({"when": {"monthly": {"day": 1, "weekday": "monday", "nth": 1}, "time": "08:00"}}, "须给 day，或同时给 weekday 和 nth"),
        ({"when": {"monthly": {"weekday": "monday"}, "time": "08:00"}}, "须给 day，或同时给 weekday 和 nth"),
        ({"when": MONDAYS | {"as_of": "previous_month_end"}}, "数据截至规则与周期不配（实际：previous_month_end；应为：scheduled_day, previous_day）"),
        ({"when": MONTH_END | {"as_of": "previous_year_end"}}, "数据截至规则与周期不配"),
        ({"when": MONTH_END | {"zone": "Asia"}}, "没有这个时区"),
        ({"when": MONTH_END | {"time": "24:00"}}, "类型或取值不对（实际：24:00"),
        ({"keep": {}}, "keep 须给 count 或 days"),
        ({"keep": {"count": 0}}, "应为：≥ 1"),
        ({"tell": {"maintainer": {}}}, "须给 command 或 mail，否则无人得知"),
        ({"tell": {"maintainer": {"mail": ["a@example.org"]}}}, "给了 mail 就须给 server"),
        ({"tell": {"maintainer": {"mail": ["a@b, c@d"]}}}, "类型或取值不对"),
        ({"what": {"plans": ["heze", "heze"]}}, "重复列出（实际：heze）"),
        ({"what": {"plans": []}}, "应为：≥ 1"),
        ({"what": {"plans": "heze"}}, "应为：列表"),
    ],
)  # fmt: skip
def test_what_makes_no_sense_is_refused_in_words(tmp_path: Path, changed: dict[str, Any], words: str) -> None:
    assert words in refused(written(tmp_path, **changed)).message("zh")


def test_a_schedule_with_the_name_of_a_plan_is_refused(tmp_path: Path) -> None:
    path = written(tmp_path, name="heze").rename(tmp_path / "heze.yaml")
    assert "与规划同名" in refused(path).message("zh")


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("name: 计划".encode("gb18030"), "不是 UTF-8 编码"),
        (b"start: 2026-02-30", "YAML 语法错误（实际：day is out of range"),
        (b"name: [", "YAML 语法错误"),
        (b"name: \x01", "YAML 语法错误"),
        (b"", "应为：键和值"),
    ],
)
def test_a_file_that_is_not_yaml_is_a_fault_and_not_a_crash(tmp_path: Path, content: bytes, words: str) -> None:
    (tmp_path / "often.yaml").write_bytes(content)
    assert words in refused(tmp_path / "often.yaml").message("zh")


def test_sound_schedules_are_read_although_another_is_broken(tmp_path: Path) -> None:
    written(tmp_path)
    (tmp_path / "broken.yaml").write_text("name: broken\n")
    schedules, faults = read_schedules(tmp_path)
    assert [schedule.name for schedule in schedules] == ["often"] and {fault.file for fault in faults} == {
        str(tmp_path / "broken.yaml")
    }
    assert "没有这个文件夹" in read_schedules(tmp_path / "none")[1][0].message("zh")


def test_scenarios_are_checked_against_every_plan() -> None:
    schedule = Schedule(**entries(what={"plans": ["rongcheng", "heze"], "scenarios": ["half_delivered", "nonsense"]}))
    faults = [fault.message("zh") for fault in scenario_faults(schedule)]
    assert [fault for fault in faults if "params/rongcheng.yaml" in fault and "nonsense" in fault]
    assert not [
        fault for fault in faults if "params/rongcheng.yaml" in fault and "half_delivered" in fault.split("应为")[0]
    ]


# --- what is due is made once ----------------------------------------------------------------------------------------


def test_a_new_schedule_does_not_make_the_past(office: Callable[..., Office]) -> None:
    desk = office("2026-11-22 12:00")
    assert desk.run("2026-11-30 18:29") == [] and desk.asked == []


def test_a_schedule_with_a_start_makes_what_was_due_since(tmp_path: Path) -> None:
    desk = Office(tmp_path / "reports", "2026-11-22 12:00", start="2026-10-31")
    assert desk.run() == ["2026-10 made"]


def test_a_start_to_come_is_waited_for(office: Callable[..., Office]) -> None:
    desk = office("2026-11-22 12:00", start="2027-01-31")
    assert desk.run("2027-01-31 18:29") == [] and desk.run("2027-01-31 18:30") == ["2027-01 made"]


def test_a_report_is_archived_under_its_period_and_marked_as_the_latest(office: Callable[..., Office]) -> None:
    desk = office("2026-11-22 12:00")
    assert desk.run("2026-11-30 18:30") == ["2026-11 made"]
    assert (desk.folder / "2026-11" / "rongcheng" / "report.docx").read_text() == "rongcheng 2026-11-30"
    assert desk.latest == {
        "period": "2026-11", "as_of": "2026-11-30", "due": "2026-11-30T18:30:00+08:00",
        "reports": {"rongcheng": "2026-11/rongcheng"},
    }  # fmt: skip
    assert desk.run("2026-11-30 18:45") == [] and desk.asked == ["rongcheng 2026-11-30"]
    assert desk.notices == ["readers made 2026-11"]
    assert not [path for path in desk.folder.rglob("*") if path.is_symlink()]


def test_month_ends_over_two_years_are_each_made_once_at_whatever_hours_it_wakes(office: Callable[..., Office]) -> None:
    desk = office("2027-01-01 00:00", what={"plans": ["rongcheng"]}, tell={"maintainer": {"command": ["true"]}})
    decided: list[str] = []
    while desk.clock.time < moment("2029-01-14 00:00"):
        decided += desk.run()
        desk.clock.time += timedelta(days=13, hours=7)
    # the last month ends of 2027 and 2028, leap day included
    lasts = [date(year, month, 1) - timedelta(1) for year, month in
             [(2027 + (m // 12), m % 12 + 1) for m in range(1, 25)]]  # fmt: skip
    assert [asked.split()[1] for asked in desk.asked] == [str(last) for last in lasts]
    assert decided == [f"{last:%Y-%m} made" for last in lasts] and str(lasts[13]) == "2028-02-29"


def test_after_a_month_of_downtime_every_missed_week_is_made_once_with_its_own_as_of_date(
    office: Callable[..., Office],
) -> None:
    desk = office("2026-10-20 12:00", when=MONDAYS)
    assert desk.run("2026-11-22 12:00") == [f"2026-W{week} made" for week in (44, 45, 46, 47)]
    assert desk.asked == [f"rongcheng 2026-{day}" for day in ("10-26", "11-02", "11-09", "11-16")]
    assert desk.latest["period"] == "2026-W47"
    assert desk.run() == []


def test_runs_missed_for_too_long_are_recorded_as_skipped_and_told_once(office: Callable[..., Office]) -> None:
    desk = office("2026-08-01 12:00", catch_up_days=45)
    # on 1 December, 31 August and 30 September are more than 45 days past, 31 October is 31 days past
    expected = ["2026-08 skipped", "2026-09 skipped", "2026-10 made", "2026-11 made"]
    assert desk.run("2026-12-01 12:00") == expected
    assert desk.notices.count("maintainer skipped") == 1 and desk.asked == [
        "rongcheng 2026-10-31",
        "rongcheng 2026-11-30",
    ]
    state = State.model_validate_json((desk.folder / STATE).read_bytes())
    assert [f"{record.period} {record.status}" for record in state.records] == expected
    desk.run("2026-12-02 12:00")
    assert desk.notices.count("maintainer skipped") == 1


def test_a_changed_rule_holds_from_the_last_run_on(office: Callable[..., Office]) -> None:
    desk = office("2026-11-22 12:00")
    desk.run("2026-12-01 12:00")
    desk.change(when=MONDAYS)
    assert desk.run("2026-12-08 12:00") == ["2026-W50 made"]


def test_all_plans_are_those_there_are_when_it_runs(office: Callable[..., Office]) -> None:
    desk = office("2026-11-22 12:00", what={"plans": "all"})
    desk.run("2026-12-01 12:00")
    assert {"rongcheng 2026-11-30", "heze 2026-11-30"} <= set(desk.asked)


def test_the_longest_overdue_run_of_all_schedules_comes_first(tmp_path: Path) -> None:
    clock, asked = MovedClock("2026-11-01 12:00"), []
    two = [Schedule(**entries(name=name, when=when)) for name, when in (("a", MONTH_END), ("b", MONDAYS))]

    def make(schedule: Schedule, _plan: str, as_of: date, _out: Path) -> None:
        asked.append(f"{schedule.name} {as_of.day}")

    run_due(two, tmp_path, make, clock)
    clock.time = moment("2026-12-01 12:00")
    run_due(two, tmp_path, make, clock)
    assert asked == ["b 2", "b 9", "b 16", "b 23", "b 30", "a 30"]


def test_the_ordinary_maker_is_given_the_schedules_order(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    orders: list[Order] = []
    monkeypatch.setattr(single, "make_report", orders.append)
    what = {"plans": ["heze"], "scenarios": ["a", "b"], "formats": ["pdf"], "language": "en"}
    make_plan_report(Schedule(**entries(what=what)), "heze", date(2026, 11, 30), tmp_path)
    assert orders == [Order("heze", tmp_path, "a,b", "2026-11-30", "en", ("pdf",))]
    make_plan_report(Schedule(**entries(what={"plans": ["heze"]})), "heze", date(2026, 11, 30), tmp_path)
    assert orders[1].scenarios == "all" and orders[1].formats == FORMATS


# --- failures --------------------------------------------------------------------------------------------------------


def test_a_failed_run_is_tried_again_after_its_delay_and_nobody_is_troubled(office: Callable[..., Office]) -> None:
    desk = office("2026-11-22 12:00", retry={"times": 2, "minutes": 20})
    desk.failures = [ValueError("once"), ValueError("twice")]
    assert desk.run("2026-11-30 18:30") == ["2026-11 made"]
    assert sum(desk.clock.waits) == 2 * 20 * 60 and desk.notices == ["readers made 2026-11"]


def test_a_run_that_fails_for_good_is_told_once_to_the_maintainer_and_not_to_the_readers(
    office: Callable[..., Office],
) -> None:
    desk = office("2026-11-22 12:00")
    desk.failures = [ValueError(f"number {n}") for n in (1, 2, 3)]
    assert desk.run("2026-11-30 18:30") == ["2026-11 failed"]
    assert desk.notices == ["maintainer failed 2026-11"] and len(desk.asked) == 3
    message = Path(f"{desk.told}.last").read_text("utf-8")
    assert "共尝试 3 次" in message and "ValueError: number 3" in message and "数据截至 2026-11-30" in message
    assert desk.run("2026-12-01 12:00") == [] and desk.notices == ["maintainer failed 2026-11"]
    assert not (desk.folder / "latest.json").exists()
    assert desk.run("2026-12-31 18:30") == ["2026-12 made"] and desk.latest["period"] == "2026-12"


def test_a_fault_in_the_input_is_told_in_words_without_a_trace(office: Callable[..., Office], tmp_path: Path) -> None:
    desk = office("2026-11-22 12:00", retry={"times": 0}, what={"plans": ["rongcheng"], "language": "en"})
    desk.failures = [refused(written(tmp_path, "["))]
    desk.run("2026-11-30 18:30")
    message = Path(f"{desk.told}.last").read_text("utf-8")
    assert "YAML syntax error" in message and "Traceback" not in message and "was tried 1 time(s)" in message


def test_only_the_reports_that_failed_are_made_again(office: Callable[..., Office]) -> None:
    desk = office("2026-11-22 12:00", what={"plans": ["heze", "rongcheng"]})
    desk.failures = [ValueError("heze fails")]
    assert desk.run("2026-11-30 18:30") == ["2026-11 made"]
    assert [asked.split()[0] for asked in desk.asked] == ["heze", "rongcheng", "heze"]


def test_a_period_with_one_failed_report_keeps_the_others_and_is_not_the_latest(office: Callable[..., Office]) -> None:
    desk = office("2026-11-22 12:00", what={"plans": ["heze", "rongcheng"]}, retry={"times": 0})
    desk.run("2026-12-01 12:00")
    desk.failures = [ValueError()]
    assert desk.run("2026-12-31 18:30") == ["2026-12 failed"]
    assert desk.latest["period"] == "2026-11" and (desk.folder / "2026-12" / "rongcheng" / "report.docx").exists()
    assert closed(desk.folder)[0].period.failed == ("heze",)


def test_another_schedule_does_not_wait_for_a_retry(tmp_path: Path) -> None:
    clock, asked = MovedClock("2026-11-29 12:00"), []
    two = [Schedule(**entries(name=name)) for name in "ab"]

    def make(schedule: Schedule, _plan: str, _as_of: date, _out: Path) -> None:
        asked.append(schedule.name)
        if asked == ["a"]:
            raise ValueError

    run_due(two, tmp_path, make, clock)
    clock.time = moment("2026-11-30 19:00")
    run_due(two, tmp_path, make, clock)
    assert asked == ["a", "b", "a"]


def test_what_falls_due_during_a_long_wait_does_not_wait_for_its_end(office: Callable[..., Office]) -> None:
    desk = office("2026-11-20 12:00", when=MONDAYS, retry={"times": 1, "minutes": 1440})
    desk.failures = [ValueError()]
    desk.run("2026-11-29 23:00")  # the run of the 23rd fails and is tried again at 23:00 on the 30th
    assert [asked.split()[1] for asked in desk.asked] == ["2026-11-23", "2026-11-30", "2026-11-23"]


@pytest.mark.parametrize("end", [KeyboardInterrupt, SystemExit])
def test_a_run_cut_off_counts_as_a_try_and_is_taken_up_again(
    office: Callable[..., Office], end: type[BaseException]
) -> None:
    desk = office("2026-11-22 12:00", retry={"times": 1, "minutes": 10})
    desk.failures = [end()]
    with pytest.raises(end):
        desk.run("2026-11-30 18:30")
    assert desk.run("2026-11-30 18:45") == ["2026-11 made"] and desk.clock.waits == []
    state = State.model_validate_json((desk.folder / STATE).read_bytes())
    assert state.records[-1].tries == 2


def test_a_run_that_always_takes_the_machine_down_is_given_up_and_told_once(office: Callable[..., Office]) -> None:
    desk = office("2026-11-22 12:00", retry={"times": 1, "minutes": 10})
    for minute in (30, 45):
        desk.failures = [SystemExit()]
        with pytest.raises(SystemExit):
            desk.run(f"2026-11-30 18:{minute}")
    assert desk.run("2026-11-30 19:00") == ["2026-11 failed"] and len(desk.asked) == 2
    assert desk.notices == ["maintainer failed 2026-11"] and "运行被中断" in Path(f"{desk.told}.last").read_text(
        "utf-8"
    )


def test_a_run_cut_off_after_its_last_report_is_done(office: Callable[..., Office]) -> None:
    desk = office("2026-11-22 12:00", retry={"times": 0})
    desk.failures = [SystemExit()]
    with pytest.raises(SystemExit):
        desk.run("2026-11-30 18:30")
    state = State.model_validate_json((desk.folder / STATE).read_bytes())
    state.records[-1].made = ["rongcheng"]
    (desk.folder / STATE).write_text(state.model_dump_json())
    assert desk.run("2026-11-30 19:00") == ["2026-11 made"]


# --- overlap ---------------------------------------------------------------------------------------------------------

_HOLDER = """
import sys, time
from pathlib import Path
from analytics.runs.lock import only_one
with only_one(Path(sys.argv[1])):
    print("held", flush=True)
    time.sleep(60)
"""


@pytest.fixture
def other_process(tmp_path: Path) -> Iterator[subprocess.Popen[str]]:
    """Another process that is making what is due in ``tmp_path/reports``."""
    (tmp_path / "reports").mkdir()
    command = [sys.executable, "-c", _HOLDER, str(tmp_path / "reports" / LOCK)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout and process.stdout.readline() == "held\n"
        yield process
        process.kill()


def test_two_processes_never_run_together_and_a_killed_one_blocks_nobody(
    tmp_path: Path, other_process: subprocess.Popen[str]
) -> None:
    desk = Office(tmp_path / "reports", "2026-11-30 18:30", start="2026-11-30")
    with pytest.raises(Held, match=str(other_process.pid)):
        desk.run()
    assert desk.asked == [] and not desk.folder.exists()
    other_process.send_signal(signal.SIGKILL)
    other_process.wait()
    assert desk.run() == ["2026-11 made"]


def test_the_lock_is_free_again_afterwards(tmp_path: Path) -> None:
    for _ in range(2):
        with only_one(tmp_path / "lock"):
            pass


# --- state -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("share", [0.0, 0.1, 0.5, 0.9, 0.999])
def test_a_torn_state_is_told_and_rebuilt_without_making_a_report_twice(
    office: Callable[..., Office], share: float
) -> None:
    desk = office("2026-09-15 12:00")
    desk.run("2026-11-01 12:00")
    whole = (desk.folder / STATE).read_bytes()
    (desk.folder / STATE).write_bytes(whole[: int(share * (len(whole) - 2))])
    assert desk.run("2026-11-22 12:00") == [] and desk.notices[-1].startswith("maintainer damaged")
    assert (desk.folder / DAMAGED).read_bytes() == whole[: int(share * (len(whole) - 2))]
    assert desk.run("2026-11-30 18:30") == ["2026-11 made"]
    assert len(desk.asked) == len(set(desk.asked)) == 3 and desk.notices.count(desk.notices[2]) == 1


def test_what_was_due_when_the_state_was_damaged_is_still_made(office: Callable[..., Office]) -> None:
    desk = office("2026-09-15 12:00")
    desk.run("2026-11-01 12:00")
    (desk.folder / STATE).write_text("{}")
    assert desk.run("2026-12-01 12:00") == ["2026-11 made"]


def test_with_neither_state_nor_archive_all_that_may_be_caught_up_is_made(office: Callable[..., Office]) -> None:
    desk = office("2026-09-15 12:00", catch_up_days=20)
    (desk.folder / STATE).write_text("[")
    assert desk.run("2026-11-10 12:00") == ["2026-10 made"]


def test_a_failure_told_once_is_not_tried_again_when_the_state_is_lost(office: Callable[..., Office]) -> None:
    desk = office("2026-11-22 12:00", retry={"times": 0})
    desk.failures = [ValueError()]
    desk.run("2026-11-30 18:30")
    (desk.folder / STATE).unlink()
    assert desk.run("2026-12-01 12:00") == [] and desk.notices == ["maintainer failed 2026-11"]


def test_a_clock_that_ran_ahead_loses_nothing_once_it_is_right(office: Callable[..., Office]) -> None:
    desk = office("2026-11-22 12:00")
    desk.run("2036-01-01 00:00")
    desk.asked.clear()
    assert desk.run("2026-11-30 18:30") == ["2026-11 made"] and desk.asked == ["rongcheng 2026-11-30"]


def test_a_schedule_first_seen_by_a_clock_that_ran_ahead_begins_when_it_is_right(office: Callable[..., Office]) -> None:
    desk = office("2036-01-01 00:00")
    assert desk.run("2026-11-22 12:00") == [] and desk.run("2026-11-30 18:30") == ["2026-11 made"]


def test_a_clock_set_back_does_not_put_off_a_retry_for_years(office: Callable[..., Office]) -> None:
    desk = office("2026-11-22 12:00", retry={"times": 2, "minutes": 10})
    desk.failures = [ValueError()]
    desk.clock.sleep = lambda _seconds: (_ for _ in ()).throw(SystemExit())  # switched off while it waits
    with pytest.raises(SystemExit):
        desk.run("2026-12-20 12:00")
    del desk.clock.sleep
    assert desk.run("2026-12-01 12:00") == ["2026-11 made"] and desk.clock.waits == [600]


def test_only_the_last_hundred_runs_are_remembered(office: Callable[..., Office]) -> None:
    desk = office("2020-01-01 12:00", when=MONDAYS)
    decided = desk.run("2024-01-01 12:00")
    assert len(decided) == 209 and sum("made" in words for words in decided) == 7  # 45 days hold 7 Mondays here
    assert desk.run("2024-01-02 12:00") == []
    assert len(State.model_validate_json((desk.folder / STATE).read_bytes()).records) == 100


def test_a_long_absence_loses_no_run_that_may_be_caught_up(tmp_path: Path) -> None:
    clock, made = MovedClock("2022-01-01 12:00"), []
    weekly = Schedule(**entries(when=MONDAYS, catch_up_days=3660))
    for day in ("2022-01-01", "2024-01-01"):
        clock.time = moment(f"{day} 12:00")
        run_due([weekly], tmp_path, lambda *order: made.append(order[2]), clock)
    # Mondays from 3 January 2022 to 1 January 2024: 104 weeks apart, both counted
    assert len(made) == 105 and made == sorted(set(made))


# --- archive ---------------------------------------------------------------------------------------------------------


def year_of_reports(desk: Office) -> None:
    """Make the month ends from January to June 2026, one after another."""
    for month in range(2, 8):
        desk.run(f"2026-{month:02}-01 12:00")


def test_the_newest_periods_stay_and_older_ones_go(office: Callable[..., Office]) -> None:
    desk = office("2026-01-02 12:00", keep={"count": 3})
    year_of_reports(desk)
    assert desk.periods == ["2026-04", "2026-05", "2026-06"]


def test_periods_stay_for_as_many_days_as_asked(office: Callable[..., Office]) -> None:
    desk = office("2026-01-02 12:00", keep={"days": 70})
    year_of_reports(desk)
    assert desk.periods == ["2026-04", "2026-05", "2026-06"]  # 30 April is 62 days before 1 July


def test_with_count_and_days_either_is_enough_and_without_keep_all_stay(office: Callable[..., Office]) -> None:
    desk = office("2026-01-02 12:00", keep={"count": 1, "days": 70})
    year_of_reports(desk)
    assert desk.periods == ["2026-04", "2026-05", "2026-06"]


def test_without_keep_everything_stays(office: Callable[..., Office]) -> None:
    desk = office("2026-01-02 12:00")
    year_of_reports(desk)
    assert len(desk.periods) == 6


def test_failures_never_push_a_good_report_out(office: Callable[..., Office]) -> None:
    desk = office("2026-01-02 12:00", keep={"count": 2}, retry={"times": 0})
    desk.run("2026-02-01 12:00")
    for month in (3, 4, 5):
        desk.failures = [ValueError()]
        desk.run(f"2026-{month:02}-01 12:00")
    assert "2026-01" in desk.periods
    desk.run("2026-06-01 12:00")
    assert {"2026-01", "2026-05"} <= set(desk.periods)
    desk.run("2026-07-01 12:00")
    assert desk.periods == ["2026-05", "2026-06"]  # failures older than the good ones kept go with them


def test_the_only_good_report_outlives_any_age(office: Callable[..., Office]) -> None:
    desk = office("2026-01-02 12:00", keep={"days": 1}, what={"plans": ["heze", "rongcheng"]}, retry={"times": 0})
    desk.run("2026-02-01 12:00")
    desk.change(keep={"days": 1}, what={"plans": ["heze"]}, retry={"times": 0})
    desk.run("2026-05-31 12:00")
    assert desk.periods == ["2026-01", "2026-04"]  # January holds the only report of rongcheng


def test_a_damaged_newest_report_does_not_count_as_the_newest_good_one(office: Callable[..., Office]) -> None:
    desk = office("2026-01-02 12:00", keep={"count": 1})

    def damaging(schedule: Schedule, plan: str, as_of: date, out: Path) -> None:
        publish(schedule, plan, as_of, out)
        if as_of.month == 2:
            (out / "report.docx").unlink()

    desk.run("2026-02-01 12:00")
    desk.make = damaging
    desk.run("2026-03-01 12:00")
    assert desk.periods == ["2026-01", "2026-02"]


def test_what_a_person_changed_or_added_is_never_deleted(office: Callable[..., Office]) -> None:
    desk = office("2026-01-02 12:00", keep={"count": 1})
    desk.run("2026-02-01 12:00")
    (desk.folder / "2026-01" / "rongcheng" / "report.docx").write_text("edited")
    desk.run("2026-03-01 12:00")
    (desk.folder / "2026-02" / "memo.txt").write_text("mine")
    desk.run("2026-04-01 12:00")
    assert desk.periods == ["2026-01", "2026-02", "2026-03"]
    kept = [words.zh for words in desk.said if "人工改动" in words.zh]
    assert any("2026-01" in words for words in kept) and any("2026-02" in words for words in kept)


def test_a_deletion_cut_off_is_finished_the_next_time(office: Callable[..., Office]) -> None:
    desk = office("2026-01-02 12:00", keep={"count": 1})
    desk.run("2026-02-01 12:00")
    (desk.folder / "2026-01").rename(desk.folder / ".dropping-2026-01")
    desk.run("2026-03-01 12:00")
    assert desk.periods == ["2026-02"]


def test_an_archive_that_cannot_be_deleted_stops_nothing(
    office: Callable[..., Office], monkeypatch: pytest.MonkeyPatch
) -> None:
    desk = office("2026-01-02 12:00", keep={"count": 1})
    desk.run("2026-02-01 12:00")

    remove = shutil.rmtree

    def refuse(path: Path, **options: bool) -> None:
        if path.name.startswith(".dropping"):
            raise OSError(f"{path} is busy")
        remove(path, **options)

    with monkeypatch.context() as patched:
        patched.setattr(archive.shutil, "rmtree", refuse)
        assert desk.run("2026-03-01 12:00") == ["2026-02 made"]
    assert any("无法删除" in words.zh for words in desk.said) and desk.notices[-1] == "readers made 2026-02"
    desk.run("2026-04-01 12:00")
    assert desk.periods == ["2026-03"] and not list(desk.folder.glob(".dropping-*"))


def test_folders_that_are_no_periods_are_left_alone(office: Callable[..., Office]) -> None:
    desk = office("2026-01-02 12:00", keep={"count": 1})
    for name, record in (("mine", ""), ("odd", "{")):
        (desk.folder / name).mkdir()
        (desk.folder / name / ("period.json" if record else "memo.txt")).write_text(record)
    desk.run("2026-02-01 12:00")
    assert desk.periods == ["2026-01", "mine", "odd"] and desk.latest["period"] == "2026-01"


def test_a_late_success_does_not_replace_a_newer_latest(office: Callable[..., Office]) -> None:
    desk = office("2026-11-20 12:00", when=MONDAYS, retry={"times": 1, "minutes": 1440})
    desk.failures = [ValueError()]
    desk.run("2026-11-30 09:00")  # the 23rd fails, the 30th is made, then the 23rd
    assert desk.asked[-1] == "rongcheng 2026-11-23" and desk.latest["as_of"] == "2026-11-30"


# --- the operating system's jobs -------------------------------------------------------------------------------------


@pytest.fixture
def odd_job(tmp_path: Path) -> install.Job:
    """A job whose paths hold what trips up quoting."""
    folder = tmp_path / 'a 100% "b" 计划'
    return install.job_for(folder, tmp_path / "reports $HOME 'x'")


def _unquoted(words: str) -> list[str]:
    """A command line as systemd reads it: quotes and backslashes as in a shell, ``%%`` and ``$$`` doubled."""
    return [word.replace("%%", "%").replace("$$", "$") for word in shlex.split(words)]


def test_systemd_units_start_the_command_every_quarter_of_an_hour_and_catch_up(odd_job: install.Job) -> None:
    service, timer = install.service_unit(odd_job), install.timer_unit(odd_job)
    (line,) = re.findall(r"^ExecStart=(.*)$", service, flags=re.MULTILINE)
    assert _unquoted(line) == list(odd_job.command)
    assert (
        "Persistent=true" in timer
        and "OnCalendar=*-*-* *:00/15:00" in timer
        and f"Unit={odd_job.name}.service" in timer
    )


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="no systemd here")
def test_systemd_finds_nothing_wrong_with_the_units(odd_job: install.Job, tmp_path: Path) -> None:
    install.install(odd_job, "systemd", tmp_path / "units")
    environment = os.environ | {"XDG_RUNTIME_DIR": str(tmp_path)}
    for suffix in ("service", "timer"):
        command = ["systemd-analyze", "--user", "verify", str(tmp_path / "units" / f"{odd_job.name}.{suffix}")]
        verified = subprocess.run(command, env=environment, capture_output=True, text=True)
        assert (verified.returncode, verified.stderr) == (0, "")


def test_installing_twice_is_installing_once_and_removing_leaves_nothing(odd_job: install.Job, tmp_path: Path) -> None:
    units = tmp_path / "units"
    install.install(odd_job, "systemd", units)
    once = {path.name: path.read_bytes() for path in units.iterdir()}
    words = install.install(odd_job, "systemd", units)
    assert {path.name: path.read_bytes() for path in units.iterdir()} == once
    assert set(once) == {f"{odd_job.name}.service", f"{odd_job.name}.timer"}
    assert f"enable --now {odd_job.name}.timer" in words.zh and f"enable --now {odd_job.name}.timer" in words.en
    (units / "timers.target.wants").mkdir()
    (units / "timers.target.wants" / f"{odd_job.name}.timer").symlink_to(units / f"{odd_job.name}.timer")
    for _ in range(2):
        assert f"stop {odd_job.name}.timer" in install.remove(odd_job, "systemd", units).zh
        assert not [path for path in units.rglob("*") if path.is_symlink() or path.is_file()]


def test_jobs_of_two_folders_do_not_share_a_name(tmp_path: Path) -> None:
    assert install.job_for(tmp_path / "a", tmp_path).name != install.job_for(tmp_path / "b", tmp_path).name


def test_another_home_is_passed_on_to_the_job(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(HOME_VARIABLE, str(tmp_path))
    job = install.job_for(tmp_path, tmp_path)
    assert f'Environment="{HOME_VARIABLE}={tmp_path}"' in install.service_unit(job)
    assert f"{HOME_VARIABLE}={tmp_path}" in shlex.split(install.cron_lines(job)[1])


def test_a_cron_line_has_five_fields_and_a_command_that_a_shell_reads_as_meant(odd_job: install.Job) -> None:
    begin, line, end = install.cron_lines(odd_job)
    assert begin.startswith("# >>> ") and end.startswith("# <<< ")
    fields, command = line.split(" ", 5)[:5], line.split(" ", 5)[5]
    assert fields == ["*/15", "*", "*", "*", "*"]
    assert not re.search(r"(?<!\\)%", command)  # cron ends the command at a bare %
    words = shlex.split(command.replace(r"\%", "%"))
    assert words[:3] == ["cd", str(ROOT), "&&"] and words[-3:] == [">>", str(odd_job.reports / "schedule.log"), "2>&1"]
    assert words[-3 - len(odd_job.command) : -3] == list(odd_job.command)
    if shutil.which("flock"):
        assert " ".join([shutil.which("flock"), "-n", str(odd_job.reports / ".cron.lock")]) in " ".join(words)


@pytest.fixture
def crontab(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A ``crontab`` command that keeps its lines in the file returned, as Debian's does."""
    table, program = tmp_path / "table", tmp_path / "bin" / "crontab"
    program.parent.mkdir()
    program.write_text(
        f"#!/bin/sh\nif [ -e '{tmp_path}/broken' ]; then echo 'cannot chdir' >&2; exit 1; fi\n"
        f"if [ \"$1\" = - ]; then cat > '{table}'; exit; fi\n"
        f"[ -e '{table}' ] || {{ echo 'no crontab for officer' >&2; exit 1; }}\ncat '{table}'\n"
    )
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{program.parent}:{os.environ['PATH']}")
    return table


def test_the_crontab_keeps_its_other_lines_and_gets_ours_once(odd_job: install.Job, crontab: Path) -> None:
    install.install(odd_job, "cron")
    assert crontab.read_text("utf-8").splitlines() == install.cron_lines(odd_job)
    crontab.write_text("MAILTO=me\n0 5 * * * backup 100\\% # 备份\n", encoding="utf-8")
    for _ in range(2):
        install.install(odd_job, "cron")
        assert crontab.read_text("utf-8").splitlines()[2:] == install.cron_lines(odd_job)
    for _ in range(2):
        install.remove(odd_job, "cron")
        assert crontab.read_text("utf-8") == "MAILTO=me\n0 5 * * * backup 100\\% # 备份\n"


def test_a_crontab_that_cannot_be_read_is_not_overwritten(odd_job: install.Job, crontab: Path, tmp_path: Path) -> None:
    crontab.write_text("0 5 * * * backup\n")
    (tmp_path / "broken").touch()
    with pytest.raises(InputError, match=r"crontab 无法读取或写入.*cannot chdir"):
        install.install(odd_job, "cron")
    assert crontab.read_text() == "0 5 * * * backup\n"


def test_a_machine_without_cron_says_so(odd_job: install.Job, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(InputError, match="这台机器没有 cron"):
        install.install(odd_job, "cron")


def test_the_windows_task_makes_up_for_missed_starts_and_never_runs_twice(odd_job: install.Job, tmp_path: Path) -> None:
    words = install.install(odd_job, "windows", tmp_path / "task")
    path = tmp_path / "task" / f"{odd_job.name}.xml"
    assert path.read_bytes().startswith(b"\xff\xfe") and f'/XML "{path}"' in words.zh
    task = ElementTree.parse(path).getroot()
    found = {element.tag.rpartition("}")[2]: element.text for element in task.iter()}
    assert found["StartWhenAvailable"] == "true" and found["MultipleInstancesPolicy"] == "IgnoreNew"
    assert found["Interval"] == "PT15M" and found["ExecutionTimeLimit"] == "PT0S"
    assert found["Command"] == sys.executable and str(ROOT) == found["WorkingDirectory"]
    assert subprocess.list2cmdline(odd_job.command[1:]) == found["Arguments"]
    # the order of a trigger's parts is laid down in the Task Scheduler's schema: triggerBaseType is a sequence
    trigger = next(element for element in task.iter() if element.tag.endswith("TimeTrigger"))
    assert [part.tag.rpartition("}")[2] for part in trigger] == ["Enabled", "StartBoundary", "Repetition"]
    install.remove(odd_job, "windows", tmp_path / "task")
    assert not path.exists()


# --- command line ----------------------------------------------------------------------------------------------------


def command_line(*words: object) -> int:
    """The exit status of ``workbook schedule …``."""
    parser = argparse.ArgumentParser()
    add_command(parser.add_subparsers(required=True))
    asked = parser.parse_args(["schedule", *map(str, words)])
    return asked.command(asked)


def test_list_describes_the_sound_and_refuses_the_broken(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    written(tmp_path)
    assert command_line("list", "--dir", tmp_path, "--reports", tmp_path / "reports") == 0
    assert "每月最后一天 18:30（Asia/Shanghai）" in capsys.readouterr().out
    assert command_line("list", "--dir", tmp_path, "--reports", tmp_path / "reports", "--language", "en") == 0
    assert "plans rongcheng; formats docx" in capsys.readouterr().out
    (tmp_path / "broken.yaml").write_text("name: broken\n")
    with pytest.raises(InputError, match="缺少必填项"):
        command_line("list", "--dir", tmp_path, "--reports", tmp_path / "reports")
    assert "定期报告" in capsys.readouterr().out and not (tmp_path / "reports").exists()


def test_list_says_when_there_is_nothing(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert command_line("list", "--dir", tmp_path) == 0
    assert "没有计划文件" in capsys.readouterr().out


@pytest.fixture
def waiting(tmp_path: Path) -> Path:
    """A folder with a schedule of which something is due, as of today."""
    return written(tmp_path, when=MONDAYS, start=str(date.today() - timedelta(days=7)), retry={"times": 0}).parent


def test_run_due_makes_reports_and_list_shows_the_last(
    waiting: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(
        single,
        "make_report",
        lambda order: publish(Schedule(**entries()), order.plan, date.fromisoformat(order.as_of), order.out),
    )
    folders = ("--dir", waiting, "--reports", waiting / "reports")
    assert command_line("run-due", "--dry-run", *folders) == 0
    assert "将生成" in capsys.readouterr().out and not (waiting / "reports").exists()
    assert command_line("run-due", *folders) == 0
    assert "完成" in capsys.readouterr().err
    assert command_line("list", *folders) == 0
    assert re.search(r"上次 \d{4}-W\d\d 已完成", capsys.readouterr().out)


def test_run_due_exits_with_1_after_a_failure(waiting: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(_order: Order) -> None:
        raise ValueError

    monkeypatch.setattr(single, "make_report", fail)
    assert command_line("run-due", "--dir", waiting, "--reports", waiting / "reports") == 1


def test_run_due_beside_another_is_no_failure(
    waiting: Path, other_process: subprocess.Popen[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert command_line("run-due", "--dir", waiting, "--reports", waiting / "reports") == 0
    assert f"另一个进程正在运行到期任务（PID {other_process.pid}）" in capsys.readouterr().err


def test_install_refuses_broken_schedules_and_dry_run_writes_nothing(
    waiting: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folders = ("--dir", waiting, "--reports", waiting / "reports", "--into", waiting / "units")
    for action in ("install", "remove"):
        for kind, words in (
            ("systemd", "Persistent=true"),
            ("cron", "*/15 * * * *"),
            ("windows", "StartWhenAvailable"),
        ):
            assert command_line(action, "--dry-run", "--kind", kind, *folders) == 0
            assert words in capsys.readouterr().out
    assert not (waiting / "units").exists() and not (waiting / "reports").exists()
    assert command_line("install", "--kind", "systemd", *folders) == 0
    assert "systemctl --user enable --now" in capsys.readouterr().out and len(list((waiting / "units").iterdir())) == 2
    assert command_line("remove", "--kind", "systemd", *folders) == 0
    assert list((waiting / "units").iterdir()) == []
    (waiting / "broken.yaml").write_text("name: broken\n")
    with pytest.raises(InputError):
        command_line("install", "--kind", "systemd", *folders)
    assert list((waiting / "units").iterdir()) == []
