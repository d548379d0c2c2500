"""The tab with two scenarios side by side."""

from __future__ import annotations

from analytics.appraisal.attribution import Point
from analytics.appraisal.study import Study
from analytics.presentation.whatif.answers import name_of
from analytics.presentation.whatif.comparison import SPLIT, comparison_html, split, split_html
from analytics.presentation.whatif.controls import choice, column, html, offer, row, words
from analytics.presentation.whatif.desk import NOW, Desk, Positions
from analytics.terms import Language, text

_HERE = ""


class CompareTab:
    """Two sides to choose, levels and differences, and one difference split by driver."""

    study: Study
    desk: Desk

    def __init__(self, language: Language) -> None:
        self._language = language
        self.left, self.right, self.of = (choice(key, language) for key in ("left", "right", "of"))
        self.shown = html("wi-compared")
        chosen = row("wi-row", self.left, self.right, self.of)
        self.widget = column("wi-compare", chosen, self.shown)

    def fill(self, study: Study, desk: Desk) -> None:
        """Offer the study's scenarios; first where the levers stand against where they started."""
        self.study, self.desk = study, desk
        sides = [(text(NOW, self._language), _HERE), *((study.scenario_label(n), n) for n in study.projections)]
        offer(self.left, sides, _HERE)
        offer(self.right, sides, desk.scenario)
        offer(self.of, [(text(name_of(key), self._language), n) for n, key in enumerate(SPLIT)], 0)

    def draw(self, positions: Positions) -> None:
        """Both sides with the levers where they stand."""
        left, right = (self._side(chosen.value, positions) for chosen in (self.left, self.right))
        told = f'<p class="wi-told">{words("same", self._language)}</p>'
        if self.left.value != self.right.value:
            told = split_html(split(left, right, SPLIT[self.of.value]), self._language)
        levels = comparison_html(left, right, self._language)
        self.shown.value = f'<div class="wi-sides"><div>{levels}</div><div>{told}</div></div>'

    def _side(self, name: str, positions: Positions) -> Point:
        year = self.desk.plan.horizon.last_year
        return self.desk.point(positions, year) if name == _HERE else Point(self.study.projections[name], year)
