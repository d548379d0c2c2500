"""The what-if page: what follows when something on it is moved, chosen or pressed.

A moved lever runs the model once and redraws; the probabilities follow when the hand has rested a moment, in slices
between which the next movement is served.  Whatever goes wrong is told in words; the details go to a log under a number.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date
from html import escape
from importlib.resources import files
from typing import TYPE_CHECKING
from uuid import uuid4

import ipywidgets as widgets

from analytics.appraisal.study import Study
from analytics.inputs.faults import InputError, raise_if
from analytics.inputs.plan import Label
from analytics.inputs.plan_file import plan_names
from analytics.inputs.scenario_store import check_name, check_why, keep
from analytics.presentation.whatif.answers import Answer, Probabilities, answers, answers_html, probabilities_of
from analytics.presentation.whatif.compare_tab import CompareTab
from analytics.presentation.whatif.controls import button, choice, classed, column, html, offer, row, words
from analytics.presentation.whatif.desk import Desk
from analytics.presentation.whatif.goal_bar import GoalBar
from analytics.presentation.whatif.keep_tab import KeepTab
from analytics.presentation.whatif.lever_panel import LeverPanel
from analytics.presentation.whatif.lever_row import LeverRow
from analytics.presentation.whatif.panels import panels
from analytics.presentation.whatif.svg import charts_html, panel_height, swings_svg
from analytics.terms import text

if TYPE_CHECKING:
    from analytics.presentation.whatif.view import View

PAUSE = 0.35
"""Seconds a lever must rest before the probabilities are drawn."""
LOADING = 2.0
"""Seconds they wait the first time, in which a browser needs both processors for the page itself."""

OpenStudy = Callable[[str], Study]
_COMPARE = 1
_log = logging.getLogger("analytics.whatif")


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
        self.probabilities: Probabilities | None = None
        self._generation, self._quiet, self._pause = 0, False, LOADING
        self._make_parts()
        self.widget = self._laid_out()
        self._take(study, study.leading)
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
        self.probabilities = None
        self.book = self.desk.run(self.positions)
        self._draw_answers()
        self._draw_charts()
        self._draw_comparison()
        self.keeping.links.value = ""
        self.moves.value = self._moved_words()
        self._schedule()

    def settle(self) -> None:
        """Draw the probabilities now."""
        self.probabilities = probabilities_of(self.desk.probabilities(self.positions))
        self._draw_answers()

    def _schedule(self) -> None:
        """Let the probabilities follow once the levers rest; without a running loop nobody is watching."""
        self._generation += 1
        try:
            loop = asyncio.get_running_loop()
        except RuntimeError:
            return
        loop.call_later(self._pause, lambda: loop.create_task(self._follow(self._generation)))
        self._pause = PAUSE

    async def _follow(self, generation: int) -> None:
        with self._guarded():
            for drawn in self.desk.drawn(self.positions):
                await asyncio.sleep(0)
                if generation != self._generation:
                    return
                if drawn is not None:
                    self.probabilities = probabilities_of(drawn.probabilities(self.study.targets))
                    self._draw_answers()

    # --- showing --------------------------------------------------------------------------------------------------

    @property
    def answers(self) -> list[Answer]:
        """What is said of each target."""
        return answers(self.desk, self.book, self.probabilities)

    def _draw_answers(self) -> None:
        self.told.value = answers_html(self.answers, self._language)

    def _draw_charts(self) -> None:
        outcome, height = self.goal.outcome, panel_height(len(self.answers))
        tornado = swings_svg(self.desk.swings(self.positions, outcome), outcome, height, self._language)
        self.charts.value = charts_html(panels(self.desk, self.book), tornado, height, self._language)

    def _draw_comparison(self) -> None:
        if self.tabs.selected_index == _COMPARE:
            self.comparing.draw(self.positions)

    def _moved_words(self) -> str:
        if not self.positions:
            return f'<span class="wi-quiet">{words("unmoved", self._language)}</span>'
        moves = [self._move_words(name, position) for name, position in self.positions.items()]
        told = words("moved", self._language, n=len(moves), moves=self._joined(moves))
        return f'<span data-role="moves" title="{escape(told)}">{escape(told)}</span>'

    def _move_words(self, name: str, position: float) -> str:
        one = self.desk.levers[name]
        return f"{text(one.term, self._language)} {one.shown(one.today)}→{one.shown(position)} {one.unit_label(self._language)}"

    def view(self) -> View:
        """What is on the screen, for downloads."""
        from analytics.presentation.whatif.view import View  # brings matplotlib, which the page itself does without

        return View(self.desk, self.positions, self.book, self.answers)

    # --- what the buttons do --------------------------------------------------------------------------------------

    def seek(self) -> None:
        """Move the levers to the least effort that reaches the goal, or say why none does."""
        with self._guarded():
            found = self.desk.seek(self.positions, self.goal.asked())
            # out of reach, the levers go as near as they can: the officer sees how near that is
            self._place(self.desk.positions_of(self.positions, found))
            self._say(text(found.sentence, self._language), "told" if found.reachable else "refused")

    def reset(self) -> None:
        """Every lever back to today."""
        with self._guarded():
            self._say("")
            self._place({})

    def _place(self, positions: dict[str, float]) -> None:
        self.levers.place(positions)
        self._set(positions)

    def save(self) -> None:
        """Keep the levers as a named scenario of the plan, and go on from it."""
        with self._guarded():
            name, why, plan = self.keeping.name.value.strip(), self.keeping.why.value.strip(), self.study.plan.name
            raise_if(check_name(name) + check_why(why))
            label, reason = Label(zh=name, en=name), Label(zh=why, en=why)
            keep(plan, name, self.desk.scenario_of(self.positions, label, reason, str(date.today())))
            self._take(self._open_study(plan), name)
            self._say(words("saved", self._language, name=name, plan=plan), "told")

    def download(self) -> None:
        """Put the two files into links."""
        with self._guarded():
            if self.probabilities is None:
                self.settle()
            view = self.view()
            self.keeping.link(f"{self.study.plan.name}-whatif", view.workbook(), view.picture())

    # --- choosing -------------------------------------------------------------------------------------------------

    def _choose_plan(self, name: str) -> None:
        self._say("")
        study = self._open_study(name)
        self._take(study, study.leading)

    def _choose_scenario(self, name: str) -> None:
        self._say("")
        self._take(self.study, name)

    def _look_at_goal(self, _: object) -> None:
        self.goal.show()
        self._draw_charts()

    def _look(self, _: object) -> None:
        self._draw_comparison()

    def _take(self, study: Study, scenario: str) -> None:
        """Sit down before another scenario, every choice and lever as it has them, none moved."""
        self.study, self.desk, self.positions = study, Desk(study, scenario), {}
        self._quiet = True
        scenarios = [(study.scenario_label(name), name) for name in study.projections]
        offer(self.plan, [(name, name) for name in plan_names()], study.plan.name)
        offer(self.scenario, scenarios, scenario)
        self.heading.value = f"<b>{escape(study.plan.label.text(self._language))}</b>"
        self.levers.fill(self.desk)
        self.goal.fill(self.desk)
        self.comparing.fill(study, self.desk)
        self.keeping.fill(study.scenario_label(self.desk.path))
        self._quiet = False
        self.update()

    # --- parts ----------------------------------------------------------------------------------------------------

    def _make_parts(self) -> None:
        language = self._language
        self.heading, self.message, self.moves, self.told, self.charts = (html() for _ in range(5))
        self.plan, self.scenario = choice("plan", language), choice("scenario", language)
        self.everything_back = button("reset-all", language)
        self.levers = LeverPanel(language, self.move, self._refuse)
        self.goal, self.comparing, self.keeping = GoalBar(language), CompareTab(language), KeepTab(language)
        self.tabs = widgets.Tab(
            [column("wi-answer", self.told, self.charts), self.comparing.widget, self.keeping.widget]
        )
        self.tabs.titles = [words(key, language) for key in ("answer", "compare", "keep")]

    def _laid_out(self) -> widgets.VBox:
        css = files("analytics.presentation.whatif").joinpath("page.css").read_text(encoding="utf-8")
        head = row("wi-head", classed(self.heading, "wi-title"), self.plan, self.scenario)
        moved = row("wi-moves", self.moves, self.everything_back)
        message, tabs = classed(self.message, "wi-message"), classed(self.tabs, "wi-tabs")
        main = column("wi-main", self.goal.widget, message, moved, tabs)
        return column("wi-page", html(value=f"<style>{css}</style>"), head, row("wi-body", self.levers.widget, main))

    def row(self, name: str) -> LeverRow:
        """A lever's row."""
        return self.levers.row(name)

    def _observe(self) -> None:
        chosen = {
            self.plan: self._choose_plan,
            self.scenario: self._choose_scenario,
            self.goal.chosen: self._look_at_goal,
        }
        sides = dict.fromkeys((self.comparing.left, self.comparing.right, self.comparing.of), self._look)
        for widget, act in {**chosen, **sides}.items():
            widget.observe(self._heard(act), "value")
        self.tabs.observe(self._heard(self._look), "selected_index")
        pressed = {self.goal.seek: self.seek, self.everything_back: self.reset,
                   self.keeping.save: self.save, self.keeping.download: self.download}  # fmt: skip
        for widget, press in pressed.items():
            widget.on_click(lambda _, press=press: press())

    def _heard(self, act: Callable[[object], None]) -> Callable[[dict[str, object]], None]:
        """``act`` on what the officer chose; not on what the page itself fills in."""

        def heard(change: dict[str, object]) -> None:
            if not self._quiet:
                with self._guarded():
                    act(change["new"])

        return heard

    # --- words ----------------------------------------------------------------------------------------------------

    @contextmanager
    def _guarded(self) -> Iterator[None]:
        """A fault is told in words; anything else is logged under a number, which is all the officer sees of it."""
        try:
            yield
        except InputError as error:
            self._refuse(error)
        except Exception:
            number = uuid4().hex[:8]
            told = "what-if, plan %s, scenario %s, levers %s"
            _log.exception(told, self.study.plan.name, self.desk.scenario, self.positions, extra={"number": number})
            self._say(words("failed", self._language, id=number), "refused")

    def _refuse(self, error: InputError) -> None:
        self._say(self._joined([fault.message(self._language) for fault in error.faults]), "refused")

    def _joined(self, told: list[str]) -> str:
        return ("；" if self._language == "zh" else "; ").join(told)

    def _say(self, told: str, kind: str = "told") -> None:
        self.message.value = f'<div class="{kind}" data-role="message">{escape(told)}</div>' if told else ""
