"""Policy analytics for social-insurance planning: enrollment growth, fund income, enrollment structure.

>>> import analytics
>>> study = analytics.open_study("rongcheng")
>>> analytics.project("rongcheng", "plan").results
"""

from __future__ import annotations

from importlib import import_module

_HOMES = {
    "load_plan": "analytics.inputs.plan_file",
    "plan_names": "analytics.inputs.plan_file",
    "open_study": "analytics.runs.open_study",
    "project": "analytics.runs.open_study",
    "show": "analytics.presentation.notebook",
    "sections": "analytics.presentation.sections",
    "stamp": "analytics.runs.stamp",
}
__all__ = list(_HOMES)


def __getattr__(name: str) -> object:
    """Import what is asked for only then: ``workbook plans`` needs no statistics, a launcher no charts."""
    if name not in _HOMES:
        raise AttributeError(f"module 'analytics' has no attribute {name!r}")
    home = import_module(_HOMES[name])
    return home if _HOMES[name].endswith(f".{name}") and not hasattr(home, name) else getattr(home, name)
