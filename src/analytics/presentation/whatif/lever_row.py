"""One lever on the screen: its name and unit, and below them slider with today's mark, number box and reset."""

from __future__ import annotations

from collections.abc import Callable
from html import escape

import ipywidgets as widgets
from ipywidgets.widgets.widget_float import SliderStyle
from ipywidgets.widgets.widget_string import TextStyle

from analytics.inputs.faults import InputError
from analytics.presentation.whatif.controls import classed, html, shared
from analytics.presentation.whatif.levers import DeskLever
from analytics.terms import Language, Term, number, text

_TIP = Term("今 {today}，规划区间 {low} – {high} {unit}", "today {today}, range {low} – {high} {unit}")
_FREE_TIP = Term("今 {today} {unit}，规划未给区间", "today {today} {unit}, no range in the plan")
_LAST_YEAR = Term("（{year}年）", " ({year})")
_ALIKE = Term("；各年同增减", "; all years move alike")
_RESET = Term("恢复今日值", "back to today's value")
_HALF_STEP = 0.501
Moved = Callable[[str, float], None]


class LeverRow:
    """The widgets of one lever.

    Parameters
    ----------
    moved
        Called with name and position when the officer moves the lever.
    refused
        Called when what was typed will not do; the box then shows the former value again.
    """

    def __init__(
        self, lever: DeskLever, language: Language, moved: Moved, refused: Callable[[InputError], None]
    ) -> None:
        self.lever, self._language, self._moved, self._refused = lever, language, moved, refused
        self.position, self._quiet = lever.today, False
        factor = lever.scale.factor
        self.slider = widgets.FloatSlider(
            value=lever.today / factor, min=lever.least / factor, max=lever.most / factor, step=lever.step / factor,
            readout=False, **_plain(SliderStyle),
        )  # fmt: skip
        self.box = widgets.Text(value=lever.shown(lever.today), continuous_update=False, **_plain(TextStyle))
        self.reset = widgets.Button(description="↺", tooltip=text(_RESET, language), **_plain(widgets.ButtonStyle))
        self._label, self._words = html(), self._named()
        self.widget = self._assembled()
        self.slider.observe(self._slid, "value")
        self.box.observe(self._typed, "value")
        self.reset.on_click(lambda _: self._move(self.lever.today))
        self.place(lever.today)

    def place(self, position: float) -> None:
        """Show ``position`` without telling anybody; the slider grows where it does not reach."""
        self.position, self._quiet = position, True
        shown = position / self.lever.scale.factor
        self.slider.min, self.slider.max = min(self.slider.min, shown), max(self.slider.max, shown)
        self.slider.value, self.box.value = shown, self.lever.shown(position)
        self._label.value = f'{self._words}<span class="wi-rail">{self._marked()}</span>'
        self._quiet = False

    def _slid(self, change: dict[str, float]) -> None:
        """The slider moved: by hand, or it has only put a position that lies between two steps on one of them."""
        lever = self.lever
        # a slider's position is a sum of steps; what is kept shall read 0.95, not 0.9500000000000001
        position = round(change["new"] * lever.scale.factor, 10)
        if not self._quiet and not self._near(position, self.position):
            self._move(lever.today if self._near(position, lever.today) else position)

    def _near(self, position: float, other: float) -> bool:
        """Less than a step apart: the two places look the same on the slider."""
        return abs(position - other) < _HALF_STEP * self.lever.step

    def _typed(self, change: dict[str, str]) -> None:
        if self._quiet:
            return
        try:
            position = self.lever.read(change["new"])
        except InputError as error:
            self.place(self.position)
            self._refused(error)
        else:
            self._move(position)

    def _move(self, position: float) -> None:
        if position != self.position:
            self.place(position)
            self._moved(self.lever.name, position)

    def _assembled(self) -> widgets.Box:
        parts = [
            self._label,
            classed(self.slider, "wi-slider"),
            classed(self.box, "wi-box"),
            classed(self.reset, "wi-reset"),
        ]
        row = widgets.Box(parts, layout=shared(widgets.Layout))
        return classed(classed(row, "wi-lever"), f"wi-lever-{self.lever.name.replace('.', '-')}")

    def _named(self) -> str:
        lever, language = self.lever, self._language
        told = {"today": lever.shown(lever.today), "low": lever.shown(lever.low), "high": lever.shown(lever.high)}
        words = _TIP if lever.doubted else _FREE_TIP
        tip = text(words, language, unit=lever.unit_label(language), **told)
        year = text(_LAST_YEAR, language, year=max(lever.before)) if lever.by_year else ""
        tip += text(_ALIKE, language) if lever.by_year else ""
        name, unit = (escape(words) for words in (text(lever.term, language), lever.unit_label(language)))
        return f'<span class="wi-label" title="{escape(tip)}">{name}<i>{escape(year)}</i> <em>{unit}</em></span>'

    def _marked(self) -> str:
        """Today's place on the track, and how far the lever stands from it."""
        least, most, today = self.slider.min, self.slider.max, self.lever.today / self.lever.scale.factor
        share = (today - least) / (most - least)
        state = "wi-moved" if self.position != self.lever.today else "wi-still"
        shown = number(self.lever.today, self.lever.scale)
        return f'<span class="wi-mark {state}" style="left:{share:.2%}" title="{shown}"></span>'


def _plain(style: type[widgets.Widget]) -> dict[str, widgets.Widget]:
    return {"layout": shared(widgets.Layout), "style": shared(style)}
