"""The tab where the levers are kept as a scenario, and the view is downloaded."""

from __future__ import annotations

from base64 import b64encode

from analytics.presentation.whatif.controls import button, column, field, html, row, words
from analytics.terms import Language

_SHEET = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
_PICTURE = "image/png"


class KeepTab:
    """Name and reason of a scenario, and links to the files of a view."""

    def __init__(self, language: Language) -> None:
        self._language = language
        self.name, self.why = (field(key, language) for key in ("name", "why"))
        self.save, self.download = button("save", language, "primary"), button("download", language)
        self.links, self._kept_as = html(), html()
        files = row("wi-links", self.download, self.links)
        self.widget = column("wi-keep", self.name, self.why, self.save, self._kept_as, files)

    def fill(self, path: str) -> None:
        """Say what a kept scenario is a difference from; forget the last one's words."""
        self._kept_as.value = words("kept_as", self._language, path=path)
        self.name.value = self.why.value = self.links.value = ""

    def link(self, stem: str, sheet: bytes, picture: bytes) -> None:
        """Offer the two files."""
        links = [
            _link(words("sheet", self._language), f"{stem}.xlsx", _SHEET, sheet),
            _link(words("picture", self._language), f"{stem}.png", _PICTURE, picture),
        ]
        self.links.value = "　".join(links)


def _link(label: str, name: str, kind: str, content: bytes) -> str:
    return f'<a class="wi-link" download="{name}" href="data:{kind};base64,{b64encode(content).decode()}">{label}</a>'
