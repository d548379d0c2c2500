"""What is wrong with an input, said so that the person who brought it can mend it.

A :class:`Fault` names file, sheet, row, column, what was found and what was expected; :class:`InputError` carries all
faults of a run at once.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from analytics.terms import Language, Term, text


@dataclass(frozen=True)
class Fault:
    """One thing wrong in one place.

    ``what`` is the sentence in both languages; ``row`` counts from 1 as the spreadsheet or editor shows it and
    ``column`` is the header (or letter) the officer sees.  Empty fields are left out of the message.
    """

    what: Term
    file: str = ""
    sheet: str = ""
    row: int | None = None
    column: str = ""
    found: str = ""
    expected: Term | str = ""

    def message(self, language: Language = "zh") -> str:
        """The fault in one line, e.g. ``params/x.yaml 第 12 行 …：…（实际：…；应为：…）``."""
        return f"{self._place(language)}{text(self.what, language)}{self._detail(language)}"

    def _place(self, language: Language) -> str:
        zh = language == "zh"
        parts = [
            self.file,
            self.sheet and (f"工作表“{self.sheet}”" if zh else f"sheet “{self.sheet}”"),
            self.row and (f"第 {self.row} 行" if zh else f"row {self.row}"),
            self.column and (f"“{self.column}”" if zh else f"column “{self.column}”"),
        ]
        place = " ".join(part for part in parts if part)
        return f"{place}{'：' if zh else ': '}" if place else ""

    def _detail(self, language: Language) -> str:
        expected = text(self.expected, language) if isinstance(self.expected, Term) else self.expected
        if language == "zh":
            parts = [self.found and f"实际：{self.found}", expected and f"应为：{expected}"]
            return f"（{'；'.join(p for p in parts if p)}）" if any(parts) else ""
        parts = [self.found and f"found: {self.found}", expected and f"expected: {expected}"]
        return f" ({'; '.join(p for p in parts if p)})" if any(parts) else ""


@dataclass
class InputError(Exception):
    """Input that cannot be used; ``faults`` lists everything found, not only the first."""

    faults: list[Fault] = field(default_factory=list)

    def message(self, language: Language = "zh") -> str:
        """All faults, one a line, numbered."""
        return "\n".join(f"{n}. {fault.message(language)}" for n, fault in enumerate(self.faults, 1))

    def __str__(self) -> str:
        return self.message("zh")


def raise_if(faults: list[Fault]) -> None:
    """Raise :class:`InputError` when there is any fault; all are reported together."""
    if faults:
        raise InputError(faults)


def shown_path(path: Path, root: Path) -> str:
    """``path`` as the officer knows it: relative to the project where it lies inside it."""
    return str(path.relative_to(root)) if path.is_relative_to(root) else str(path)
