"""The what-if page: a thin layer of widgets over the desk.

A moved lever runs the model once and redraws; the probabilities follow when the hand has rested a moment, in slices
between which the next movement is served.  Whatever goes wrong is told in words; the details go to a log under a number.
"""

from __future__ import annotations

import asyncio
import logging
from base64 import b64encode
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import date
from functools import partial
from html import escape
from importlib.resources import files
from typing import TypeVar
from uuid import uuid4

import ipywidgets as widgets

from analytics.appraisal.attribution import Point
from analytics.appraisal.study import Study
from analytics.inputs.faults import Fault, InputError, raise_if
from analytics.inputs.plan import Label
from analytics.inputs.plan_file import plan_names
from analytics.inputs.scenario_store import check_name, check_why, keep
from analytics.inputs.sheets import Unreadable, plain_value, read_amount, read_units
from analytics.presentation.whatif.answers import (
    Probabilities,
    answers,
    answers_html,
    name_of,
    outcome_label,
    probabilities_of,
)
from analytics.presentation.whatif.charts import charts_html, panels, swings_svg
from analytics.presentation.whatif.comparison import SPLIT, comparison_html, split, split_html
from analytics.presentation.whatif.desk import NOW, Desk, Outcome
from analytics.presentation.whatif.lever_row import LeverRow
from analytics.presentation.whatif.levers import GROUPS, group_label
from analytics.presentation.whatif.view import View
from analytics.terms import Scale, Term, display_scale, number, scale_label, text, unit_of

PAUSE = 0.35
"""Seconds a lever must rest before the probabilities are drawn."""
FIRST = 6
"""Levers shown at once in each of the two leading groups."""

_W = TypeVar("_W", bound=widgets.DOMWidget)
OpenStudy = Callable[[str], Study]
_log = logging.getLogger("analytics.whatif")
_HERE = ""
_SHEET_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"

_WORDS = {
    "title": Term("推演台", "What if"),
    "plan": Term("规划", "Plan"),
    "scenario": Term("起点情景", "Start from"),
    "goal": Term("关注", "Goal"),
    "target": Term("目标值", "Target"),
    "seek": Term("怎样才能达到？", "What would it take?"),
    "reset-all": Term("全部恢复", "Reset all"),
    "more": Term("更多参数：{group}（{n}）", "More: {group} ({n})"),
    "answer": Term("结果", "Answer"),
    "compare": Term("两情景对比", "Compare"),
    "keep": Term("保存与下载", "Keep"),
    "left": Term("左", "Left"),
    "right": Term("右", "Right"),
    "of": Term("差异分解", "Split"),
    "name": Term("情景名称", "Name"),
    "why": Term("一句话理由", "Why, in one sentence"),
    "save": Term("保存为情景", "Keep as scenario"),
    "download": Term("生成下载文件", "Prepare downloads"),
    "sheet": Term("下载 Excel", "Excel"),
    "picture": Term("下载图片", "Picture"),
    "unmoved": Term("参数未调整。拖动左侧滑块或直接填数，结果随即更新。", "Nothing moved yet. Drag a slider or type a number; the answer follows at once."),
    "moved": Term("已调整 {n} 项：{moves}", "{n} moved: {moves}"),
    "saved": Term("已保存为情景“{name}”。出报告：workbook report {plan} --scenario {name}",
                  "Kept as “{name}”. For the report: workbook report {plan} --scenario {name}"),
    "failed": Term("这一步没有完成，页面可继续使用。请把编号 {id} 告诉维护人员。",
                   "This did not work; the page can still be used. Please give the maintainer the number {id}."),
    "no_target": Term("请填写目标值", "give a target"),
    "kept_as": Term("保存的是与“{path}”的差别，原文件的注释和次序不变。", "What is kept is the difference from “{path}”; the file's comments and order stay."),
    "same": Term("左右相同", "both sides are the same"),
}  # fmt: skip


class Page:
    """The page of one session; ``widget`` is what is displayed.

    Parameters
    ----------
    study
        Opened with every scenario to choose from.
    open_study
        Opens another plan, or the same one again after a scenario was kept.
    """

    def __init__(self, study: Study, open_study: OpenStudy) -> None:
        self.study, self._open_study, self._language = study, open_study, study.language
        self.positions: dict[str, float] = {}
        self.rows: dict[str, LeverRow] = {}
        self._probabilities: Probabilities | None = None
        self._generation, self._quiet = 0, False
        self._make_widgets()
        self.desk = Desk(study, study.leading)
        self.widget = self._laid_out()
        self._fill()
        self._observe()

    # --- moving ---------------------------------------------------------------------------------------------------

    def move(self, name: str, position: float) -> None:
        """A lever was moved by hand: everything follows."""
        with self._guarded():
            self._say("")
            self._set({**self.positions, name: position})

    def _set(self, positions: dict[str, float]) -> None:
        self.positions = {n: p for n, p in positions.items() if p != self.desk.levers[n].today}
        self.update()

    def update(self) -> None:
        """Run the model where the levers stand and redraw; the probabilities follow later."""
        self._probabilities = None
        self.book = self.desk.run(self.positions)
        self._draw_answers()
        self._draw_charts()
        self._draw_visible_comparison()
        self._links.value = ""
        self._moves.value = self._moved_words()
        self._schedule()

    def settle(self) -> None:
        """Draw the probabilities now."""
        self._probabilities = probabilities_of(self.desk.probabilities(self.positions))
        self._draw_answers()

    def _schedule(self) -> None:
        """Let the probabilities follow once the levers rest; without a running loop nobody is watching."""
        self._generation += 1
        try:
            loop = asyncio.get_running_loop()
        except RuntimeError:
            return
        loop.call_later(PAUSE, lambda: loop.create_task(self._follow(self._generation)))

    async def _follow(self, generation: int) -> None:
        with self._guarded():
            for drawn in self.desk.drawn(self.positions):
                await asyncio.sleep(0)
                if generation != self._generation:
                    return
                if drawn is not None:
                    self._probabilities = probabilities_of(drawn.probabilities(self.study.targets))
                    self._draw_answers()

    # --- showing --------------------------------------------------------------------------------------------------

    @property
    def outcome(self) -> Outcome:
        """What the tornado and the search are about, as the document has it."""
        return self.desk.outcomes[self._goal.value]

    def _draw_answers(self) -> None:
        found = answers(self.desk, self.book, self._probabilities)
        self._answers.value = answers_html(found, self._language)

    def _draw_charts(self) -> None:
        tornado = swings_svg(self.desk.swings(self.positions, self.outcome), self.outcome, self._language)
        self._charts.value = charts_html(panels(self.desk, self.book), tornado, self._language)

    def _moved_words(self) -> str:
        if not self.positions:
            return f'<span class="wi-quiet">{self._t("unmoved")}</span>'
        moves = [self._move_words(name, position) for name, position in self.positions.items()]
        told = self._t("moved", n=len(moves), moves=("；" if self._language == "zh" else "; ").join(moves))
        return f'<span data-role="moves" title="{escape(told)}">{escape(told)}</span>'

    def _move_words(self, name: str, position: float) -> str:
        one = self.desk.levers[name]
        return f"{text(one.term, self._language)} {one.shown(one.today)}→{one.shown(position)} {one.unit_label(self._language)}"

    def _draw_visible_comparison(self) -> None:
        if self._tabs.selected_index == 1:
            self._draw_comparison()

    def _draw_comparison(self) -> None:
        left, right = (self._side(chosen.value) for chosen in (self._left, self._right))
        key = SPLIT[self._of.value]
        told = f'<p class="wi-told">{self._t("same")}</p>'
        if self._left.value != self._right.value:
            told = split_html(split(left, right, key), self._language)
        self._compared.value = (
            f'<div class="wi-sides"><div>{comparison_html(left, right, self._language)}</div><div>{told}</div></div>'
        )

    def _side(self, name: str) -> Point:
        year = self.desk.plan.horizon.last_year
        return self.desk.point(self.positions, year) if name == _HERE else Point(self.study.projections[name], year)

    def view(self) -> View:
        """What is on the screen, for downloads."""
        return View(self.desk, self.positions, self.book, answers(self.desk, self.book, self._probabilities))

    # --- what the buttons do --------------------------------------------------------------------------------------

    def seek(self) -> None:
        """Move the levers to the least effort that reaches the goal, or say why none does."""
        with self._guarded():
            found = self.desk.seek(self.positions, self._asked())
            # out of reach, the levers go as near as they can: the officer sees how near that is
            self._place(self.desk.positions_of(self.positions, found))
            self._say(text(found.sentence, self._language), "told" if found.reachable else "refused")

    def _asked(self) -> Outcome:
        """The outcome with the target that stands in the box."""
        outcome, typed = self.outcome, self._target.value
        if outcome.aim == "fall":
            return outcome
        raise_if([] if typed.strip() else [Fault(_WORDS["no_target"])])
        unit = scale_label(self._goal_scale(), "zh")
        try:
            amount = read_amount(typed.removesuffix(unit).strip())
            value = plain_value(amount, read_units(unit), unit_of(outcome.indicator))
        except Unreadable as error:
            place = text(_WORDS["target"], self._language)
            raise InputError([Fault(error.what, column=place, found=typed, expected=error.expected)]) from error
        shown = self._shown_target() == typed
        return outcome if shown and outcome.target == outcome.target else replace(outcome, target=value)

    def reset(self) -> None:
        """Every lever back to today."""
        with self._guarded():
            self._say("")
            self._place({})

    def _place(self, positions: dict[str, float]) -> None:
        for name, row in self.rows.items():
            row.place(positions.get(name, self.desk.levers[name].today))
        self._set(positions)

    def save(self) -> None:
        """Keep the levers as a named scenario of the plan, and go on from it."""
        with self._guarded():
            name, why = self._name.value.strip(), self._why.value.strip()
            raise_if(check_name(name) + check_why(why))
            label, reason = Label(zh=name, en=name), Label(zh=why, en=why)
            keep(self.study.plan.name, name, self.desk.scenario_of(self.positions, label, reason, str(date.today())))
            self._name.value = self._why.value = ""
            self._take(self._open_study(self.study.plan.name), name)
            self._say(self._t("saved", name=name, plan=self.study.plan.name), "told")

    def download(self) -> None:
        """Put the two files into links."""
        with self._guarded():
            if self._probabilities is None:
                self.settle()
            view, stem = self.view(), f"{self.study.plan.name}-whatif"
            links = [
                _link(self._t("sheet"), f"{stem}.xlsx", _SHEET_TYPE, view.workbook()),
                _link(self._t("picture"), f"{stem}.png", "image/png", view.picture()),
            ]
            self._links.value = "　".join(links)

    # --- choosing -------------------------------------------------------------------------------------------------

    def _choose_plan(self, name: str) -> None:
        with self._guarded():
            self._say("")
            study = self._open_study(name)
            self._take(study, study.leading)

    def _choose_scenario(self, name: str) -> None:
        with self._guarded():
            self._say("")
            self._take(self.study, name)

    def _take(self, study: Study, scenario: str) -> None:
        """Sit down before another scenario: no lever moved."""
        self.study, self.desk, self.positions = study, Desk(study, scenario), {}
        self._fill()

    def _fill(self) -> None:
        """Every choice and lever as the desk has them."""
        self._quiet = True
        scenarios = [(self.study.scenario_label(name), name) for name in self.study.projections]
        sides = [(text(NOW, self._language), _HERE), *scenarios]
        _offer(self._plan, [(name, name) for name in plan_names()], self.study.plan.name)
        _offer(self._scenario, scenarios, self.desk.scenario)
        _offer(self._left, sides, _HERE)
        _offer(self._right, sides, self.desk.scenario)
        outcomes = [(outcome_label(outcome, self._language), n) for n, outcome in enumerate(self.desk.outcomes)]
        _offer(self._goal, outcomes, 0)
        _offer(self._of, [(text(name_of(key), self._language), n) for n, key in enumerate(SPLIT)], 0)
        self._heading.value = f"<b>{escape(self.study.plan.label.text(self._language))}</b>"
        self._kept_as.value = self._t("kept_as", path=self.study.scenario_label(self.desk.path))
        self._lay_levers()
        self._show_goal()
        self._quiet = False
        self.update()

    def _show_goal(self) -> None:
        self._target.value = self._shown_target()
        self._target.disabled = self.outcome.aim == "fall"
        self._target_unit.value = scale_label(self._goal_scale(), self._language)

    def _goal_scale(self) -> Scale:
        outcome = self.outcome
        here = float(self.desk.start.entries[outcome.key][outcome.year][0])
        return display_scale(unit_of(outcome.indicator), outcome.target if outcome.target == outcome.target else here)

    def _shown_target(self) -> str:
        if self.outcome.target != self.outcome.target:
            return ""
        return number(self.outcome.target, self._goal_scale())

    # --- widgets --------------------------------------------------------------------------------------------------

    def _make_widgets(self) -> None:
        self._heading, self._message, self._moves = widgets.HTML(), widgets.HTML(), widgets.HTML()
        self._answers, self._charts, self._compared = widgets.HTML(), widgets.HTML(), widgets.HTML()
        self._links, self._kept_as, self._target_unit = widgets.HTML(), widgets.HTML(), widgets.HTML()
        self._plan, self._scenario, self._goal = (self._choice(key) for key in ("plan", "scenario", "goal"))
        self._left, self._right, self._of = (self._choice(key) for key in ("left", "right", "of"))
        self._target, self._name, self._why = (self._field(key) for key in ("target", "name", "why"))
        self._seek, self._reset = self._button("seek", "primary"), self._button("reset-all")
        self._save, self._download = self._button("save", "primary"), self._button("download")

    def _choice(self, key: str) -> widgets.Dropdown:
        return _classed(widgets.Dropdown(description=self._t(key)), f"wi-{key}")

    def _field(self, key: str) -> widgets.Text:
        return _classed(widgets.Text(description=self._t(key), continuous_update=False), f"wi-{key}")

    def _button(self, key: str, style: str = "") -> widgets.Button:
        return _classed(widgets.Button(description=self._t(key), button_style=style), f"wi-{key}")

    def _laid_out(self) -> widgets.VBox:
        css = files("analytics.presentation.whatif").joinpath("page.css").read_text(encoding="utf-8")
        choices = [self._plan, self._scenario, self._goal, self._target, self._target_unit, self._seek]
        head = _classed(widgets.HBox([self._heading, *choices]), "wi-head")
        self._levers = _classed(widgets.VBox(), "wi-levers")
        self._tabs = _classed(
            widgets.Tab(children=[self._answer_tab(), self._compare_tab(), self._keep_tab()]), "wi-tabs"
        )
        self._tabs.titles = [self._t(key) for key in ("answer", "compare", "keep")]
        moved = _classed(widgets.HBox([self._moves, self._reset]), "wi-moves")
        right = _classed(
            widgets.VBox([_classed(self._message, "wi-message"), moved, self._tabs]),
            "wi-main",
        )
        body = _classed(widgets.HBox([self._levers, right]), "wi-body")
        return _classed(widgets.VBox([widgets.HTML(f"<style>{css}</style>"), head, body]), "wi-page")

    def _answer_tab(self) -> widgets.VBox:
        return widgets.VBox([self._answers, self._charts])

    def _compare_tab(self) -> widgets.VBox:
        chosen = _classed(widgets.HBox([self._left, self._right, self._of]), "wi-row")
        return widgets.VBox([chosen, _classed(self._compared, "wi-compared")])

    def _keep_tab(self) -> widgets.VBox:
        kept = [self._name, self._why, self._save, self._kept_as]
        return _classed(
            widgets.VBox([*kept, widgets.HBox([self._download, _classed(self._links, "wi-links")])]), "wi-keep"
        )

    def _lay_levers(self) -> None:
        """The most influential of both leading groups open, the rest behind headings, made when they are opened."""
        self.rows = {}
        order = self.desk.influence()
        office = [name for name in order if self.desk.levers[name].office][:FIRST]
        outside = [n for n in order if self.desk.levers[n].doubted and not self.desk.levers[n].office][:FIRST]
        rest = [name for name in order if name not in {*office, *outside}]
        groups = [(g, [n for n in rest if self.desk.levers[n].group == g]) for g in GROUPS]
        more = [self._more(group, names) for group, names in groups if names]
        self._levers.children = [*self._group("office", office), *self._group("outside", outside), *more]

    def _group(self, group: str, names: Sequence[str]) -> list[widgets.Widget]:
        heading = _classed(widgets.HTML(escape(group_label(group, self._language))), "wi-group")
        return [heading, *(self.row(name).widget for name in names)]

    def _more(self, group: str, names: Sequence[str]) -> widgets.Accordion:
        title = self._t("more", group=group_label(group, self._language), n=len(names))
        shown = _classed(widgets.Accordion(children=[widgets.VBox()], titles=(title,)), "wi-more")
        shown.observe(partial(self._opened, shown, names), "selected_index")
        return shown

    def _opened(self, shown: widgets.Accordion, names: Sequence[str], _change: object) -> None:
        box = shown.children[0]
        if shown.selected_index == 0 and not box.children:
            with self._guarded():
                box.children = [self.row(name).widget for name in names]

    def row(self, name: str) -> LeverRow:
        """A lever's row, made on first use."""
        if name not in self.rows:
            row = LeverRow(self.desk.levers[name], self._language, self.move, self._refuse)
            row.place(self.positions.get(name, row.lever.today))
            self.rows[name] = row
        return self.rows[name]

    def _observe(self) -> None:
        chosen = {self._plan: self._choose_plan, self._scenario: self._choose_scenario}
        for choice, act in chosen.items():
            choice.observe(self._heard(lambda value, act=act: act(value)), "value")
        self._goal.observe(self._heard(lambda _: self._look_at_goal()), "value")
        for side in (self._left, self._right, self._of):
            side.observe(self._heard(lambda _: self._compare()), "value")
        self._tabs.observe(self._heard(lambda _: self._compare()), "selected_index")
        for button, press in (
            (self._seek, self.seek),
            (self._reset, self.reset),
            (self._save, self.save),
            (self._download, self.download),
        ):
            button.on_click(lambda _, press=press: press())

    def _heard(self, act: Callable[[object], None]) -> Callable[[dict[str, object]], None]:
        """``act`` on what the officer chose; not on what the page itself fills in."""
        return lambda change: None if self._quiet else act(change["new"])

    def _look_at_goal(self) -> None:
        with self._guarded():
            self._show_goal()
            self._draw_charts()

    def _compare(self) -> None:
        with self._guarded():
            self._draw_visible_comparison()

    # --- words ----------------------------------------------------------------------------------------------------

    @contextmanager
    def _guarded(self) -> Iterator[None]:
        """A fault is told in words; anything else is logged under a number, which is all the officer sees of it."""
        try:
            yield
        except InputError as error:
            self._refuse(error)
        except Exception:
            id = uuid4().hex[:8]
            _log.exception("what-if %s, plan %s, levers %s", id, self.study.plan.name, self.positions)
            self._say(self._t("failed", id=id), "refused")

    def _refuse(self, error: InputError) -> None:
        told = "；" if self._language == "zh" else "; "
        self._say(told.join(fault.message(self._language) for fault in error.faults), "refused")

    def _say(self, words: str, kind: str = "told") -> None:
        self._message.value = f'<div class="{kind}" data-role="message">{escape(words)}</div>' if words else ""

    def _t(self, key: str, **gaps: object) -> str:
        return text(_WORDS[key], self._language, **gaps)


def _classed(widget: _W, name: str) -> _W:
    widget.add_class(name)
    return widget


def _offer(choice: widgets.Dropdown, options: Sequence[tuple[str, object]], value: object) -> None:
    choice.options = options
    choice.value = value


def _link(label: str, name: str, kind: str, content: bytes) -> str:
    return f'<a class="wi-link" download="{name}" href="data:{kind};base64,{b64encode(content).decode()}">{label}</a>'
