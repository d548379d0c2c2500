"""The goal: what the tornado is about, the value to be reached, and the question what it would take."""

from __future__ import annotations

from dataclasses import replace

from analytics.inputs.faults import Fault, InputError, raise_if
from analytics.inputs.sheets import Unreadable, plain_value, read_amount, read_units
from analytics.presentation.whatif.answers import outcome_label
from analytics.presentation.whatif.controls import button, choice, field, html, offer, row, term, words
from analytics.presentation.whatif.desk import Desk, Outcome
from analytics.terms import Language, Scale, display_scale, number, scale_label, unit_of


class GoalBar:
    """The widgets of the goal; ``desk`` is the one last filled in."""

    desk: Desk

    def __init__(self, language: Language) -> None:
        self._language = language
        self.chosen, self.target = choice("goal", language), field("target", language)
        self.seek = button("seek", language, "primary")
        self._unit = html()
        self.widget = row("wi-goalbar", self.chosen, self.target, self._unit, self.seek)

    def fill(self, desk: Desk) -> None:
        """Offer what can be asked of a desk."""
        self.desk = desk
        outcomes = [(outcome_label(outcome, self._language), n) for n, outcome in enumerate(desk.outcomes)]
        offer(self.chosen, outcomes, 0)
        self.show()

    @property
    def outcome(self) -> Outcome:
        """What is chosen, with the document's own target."""
        return self.desk.outcomes[self.chosen.value]

    def show(self) -> None:
        """Put the document's target into the field; a gap that is to fall has none to type."""
        self.target.value, self.target.disabled = self._shown(), self.outcome.aim == "fall"
        self._unit.value = scale_label(self._scale, self._language)

    def asked(self) -> Outcome:
        """What is chosen, with the target that stands in the field.

        Raises
        ------
        InputError
            When that is empty or no number.
        """
        outcome, typed = self.outcome, self.target.value
        if outcome.aim == "fall":
            return outcome
        raise_if([] if typed.strip() else [Fault(term("no_target"))])
        value = self._read(typed)
        return outcome if typed == self._shown() else replace(outcome, target=value)

    def _read(self, typed: str) -> float:
        unit = scale_label(self._scale, "zh")
        try:
            amount = read_amount(typed.removesuffix(unit).strip())
            return plain_value(amount, read_units(unit), unit_of(self.outcome.indicator))
        except Unreadable as error:
            place = words("target", self._language)
            raise InputError([Fault(error.what, column=place, found=typed, expected=error.expected)]) from error

    def _shown(self) -> str:
        target = self.outcome.target
        return number(target, self._scale) if target == target else ""

    @property
    def _scale(self) -> Scale:
        outcome = self.outcome
        here = float(self.desk.start.entries[outcome.key][outcome.year][0])
        return display_scale(unit_of(outcome.indicator), outcome.target if outcome.target == outcome.target else here)
