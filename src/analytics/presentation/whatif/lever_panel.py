"""The levers' side of the page: the most influential open, the rest behind headings, made when they are opened."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from html import escape

import ipywidgets as widgets

from analytics.inputs.faults import InputError
from analytics.presentation.whatif.controls import classed, column, html, shared, words
from analytics.presentation.whatif.desk import Desk, Positions
from analytics.presentation.whatif.lever_row import LeverRow, Moved
from analytics.presentation.whatif.levers import GROUPS, group_label
from analytics.terms import Language

FIRST = 6
"""Levers shown at once in each of the two leading groups."""


class LeverPanel:
    """The rows of a desk's levers.

    Parameters
    ----------
    moved
        Called with name and position when the officer moves a lever.
    refused
        Called when what was typed will not do.
    """

    desk: Desk

    def __init__(self, language: Language, moved: Moved, refused: Callable[[InputError], None]) -> None:
        self._language, self._moved, self._refused = language, moved, refused
        self._positions: Positions = {}
        self.rows: dict[str, LeverRow] = {}
        self.widget = column("wi-levers")

    def fill(self, desk: Desk) -> None:
        """The levers of a desk, none of them moved."""
        self.desk, self.rows, self._positions = desk, {}, {}
        order = desk.influence()
        office = [name for name in order if desk.levers[name].office][:FIRST]
        outside = [n for n in order if desk.levers[n].doubted and not desk.levers[n].office][:FIRST]
        rest = [name for name in order if name not in {*office, *outside}]
        groups = [(g, [n for n in rest if desk.levers[n].group == g]) for g in GROUPS]
        more = [self._more(group, names) for group, names in groups if names]
        self.widget.children = [*self._group("office", office), *self._group("outside", outside), *more]

    def place(self, positions: Positions) -> None:
        """Show the levers where they stand."""
        self._positions = positions
        for name, shown in self.rows.items():
            shown.place(positions.get(name, self.desk.levers[name].today))

    def row(self, name: str) -> LeverRow:
        """A lever's row, made on first use."""
        if name not in self.rows:
            made = LeverRow(self.desk.levers[name], self._language, self._moved, self._refused)
            made.place(self._positions.get(name, made.lever.today))
            self.rows[name] = made
        return self.rows[name]

    def _group(self, group: str, names: Sequence[str]) -> list[widgets.Widget]:
        heading = html("wi-group", escape(group_label(group, self._language)))
        return [heading, *(self.row(name).widget for name in names)]

    def _more(self, group: str, names: Sequence[str]) -> widgets.Accordion:
        title = words("more", self._language, group=group_label(group, self._language), n=len(names))
        shown = classed(
            widgets.Accordion([column("wi-closed")], titles=(title,), layout=shared(widgets.Layout)), "wi-more"
        )
        shown.observe(partial(self._opened, shown, names), "selected_index")
        return shown

    def _opened(self, shown: widgets.Accordion, names: Sequence[str], _change: object) -> None:
        box = shown.children[0]
        if shown.selected_index == 0 and not box.children:
            box.children = [self.row(name).widget for name in names]
