"""What the cells of the what-if notebook call."""

from __future__ import annotations

import os
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from analytics.inputs.faults import InputError
from analytics.runs.order import ALL
from analytics.runs.whatif.log import log_to_file
from analytics.terms import Language, Term, text

if TYPE_CHECKING:
    from IPython.display import Markdown
    from ipywidgets import Widget

    from analytics.appraisal.study import Study

_FRONT_ENDS = ("JPY_SESSION_NAME", "VOILA_BASE_URL", "VSCODE_PID")
_NOBODY = Term(
    "（拖动参数的页面在 JupyterLab 或 `workbook whatif {plan}` 中打开。）",
    "(The page with the levers opens in JupyterLab or with `workbook whatif {plan}`.)",
)


@dataclass
class Refusal(InputError):
    """Bad input, told in the page's language."""

    language: Language = "zh"

    def __str__(self) -> str:
        return self.message(self.language)


def open_study(plan: str, scenarios: str = ALL, as_of: str = "", language: Language = "zh") -> Study:
    """As :func:`analytics.open_study`; at once where the parent of this kernel holds the study open.

    Raises
    ------
    Refusal
        For anything wrong with the plan, the tables or the names; all faults at once.
    """
    from analytics.runs.whatif.ahead import open_or_take

    try:
        return open_or_take(plan, scenarios, as_of, language)
    except InputError as error:
        raise Refusal(error.faults, language) from error


def page(study: Study) -> Widget | Markdown:
    """The what-if page of a study, or where to find it when nobody is looking at the notebook as it runs."""
    if not any(name in os.environ for name in _FRONT_ENDS):
        from IPython.display import Markdown

        return Markdown(text(_NOBODY, study.language, plan=study.plan.name))
    from ipywidgets import register_comm_target

    from analytics.presentation.whatif.page import Page
    from analytics.runs.open_study import open_study as open_again

    log_to_file()
    # ipywidgets signs on when it is imported, which in a forked kernel was before there was a kernel; without it the
    # browser asks for some hundred widgets one by one
    register_comm_target()
    again = partial(open_again, scenarios=ALL, as_of=str(study.as_of), language=study.language)
    return Page(study, again).widget


def answer(study: Study) -> list[object]:
    """What the page shows before any lever is moved, as blocks for the notebook."""
    from analytics.presentation.whatif.desk import Desk
    from analytics.presentation.whatif.view import view_of

    return view_of(Desk(study, study.leading)).blocks()
