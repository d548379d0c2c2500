"""What a notebook accepts: the parameters it declares, checked before a kernel starts, written in before it runs.

papermill takes any parameter; a misspelt one changes nothing and a mistyped one fails in the midst of the run.  Both are
refused here.
"""

from __future__ import annotations

import ast
import json
import math
import sys
from datetime import date
from difflib import get_close_matches
from pathlib import Path
from typing import TYPE_CHECKING

from analytics.inputs.faults import Fault, InputError, shown_path
from analytics.places import ROOT
from analytics.terms import Term

if TYPE_CHECKING:
    from nbformat import NotebookNode

Scalar = str | int | float | bool
Value = Scalar | list[Scalar]
Parameters = dict[str, Value]

_TYPES: dict[type, Term] = {
    str: Term("文本", "text"),
    int: Term("整数", "whole number"),
    float: Term("数值", "number"),
    bool: Term("True 或 False", "True or False"),
    list: Term("列表", "list"),
}


def declared_parameters(source: Path) -> Parameters:
    """Names and defaults in the cell tagged ``parameters``; empty where there is none.

    Raises
    ------
    InputError
        When the file is no notebook or the cell holds anything but plain assignments of literals.
    """
    try:
        cells = json.loads(source.read_text(encoding="utf-8"))["cells"]
        tagged = [cell for cell in cells if "parameters" in cell["metadata"].get("tags", [])]
        statements = [node for cell in tagged for node in ast.parse("".join(cell["source"])).body]
        return dict(_assignment(node) for node in statements)
    except (OSError, ValueError, KeyError, TypeError, SyntaxError) as error:
        what = Term("不是可运行的笔记本，或参数单元含有赋值以外的内容", "no notebook with a plain parameters cell")
        raise InputError([Fault(what, file=shown_path(source, ROOT), found=str(error))]) from error


def _assignment(node: ast.stmt) -> tuple[str, Value]:
    """Name and default of ``name = value`` or ``name: type = value``; ValueError for any other statement."""
    match node:
        case (
            ast.Assign(targets=[ast.Name(id=name)], value=value)
            | ast.AnnAssign(target=ast.Name(id=name), value=ast.expr() as value)
        ):
            default = ast.literal_eval(value)
            if type(default) in _TYPES:
                return name, default
    raise ValueError(ast.unparse(node))


def check_parameters(source: Path, parameters: Parameters) -> list[Fault]:
    """Everything wrong with ``parameters`` for the notebook ``source``; no kernel is needed to know it."""
    declared = declared_parameters(source)
    faults = (_fault(name, value, declared, shown_path(source, ROOT)) for name, value in parameters.items())
    return [fault for fault in faults if fault]


def _fault(name: str, value: Value, declared: Parameters, file: str) -> Fault | None:
    if name not in declared:
        return Fault(_unknown(name, declared), file=file, column=name, expected=", ".join(declared))
    default = declared[name]
    if isinstance(value, date) or (_is_date(default) and not _is_date(value)):
        what = Term("日期应写成文本", "a date must be given as text")
        return Fault(what, file=file, column=name, found=repr(value), expected="2026-01-31")
    if not _fits(value, default):
        what = Term("参数类型不对", "wrong type of parameter")
        return Fault(what, file=file, column=name, found=repr(value), expected=_TYPES[type(default)])
    return None


def _unknown(name: str, declared: Parameters) -> Term:
    nearest = get_close_matches(name, declared, n=1)
    if not nearest:
        return Term("笔记本没有这个参数", "the notebook has no such parameter")
    return Term(f"笔记本没有这个参数，是否想写“{nearest[0]}”", f"no such parameter; did you mean “{nearest[0]}”?")


def _fits(value: Value, default: Value) -> bool:
    """Whether ``value`` is of its default's type; a whole number may stand for a number, nothing for a bool."""
    if isinstance(default, list):
        return isinstance(value, list) and all(_fits(item, default[0]) if default else _plain(item) for item in value)
    if isinstance(default, float):
        return type(value) in (int, float) and math.isfinite(value)
    return type(value) is type(default)


def _plain(value: Value) -> bool:
    return type(value) in (str, int, float, bool)


def _is_date(value: Value) -> bool:
    """Whether ``value`` is a text such as ``2026-01-31``."""
    try:
        return isinstance(value, str) and date.fromisoformat(value).isoformat() == value
    except ValueError:
        return False


def prepared(source: Path, parameters: Parameters) -> NotebookNode:
    """The notebook with ``parameters`` written into a cell behind its own, Chinese left readable."""
    _import_papermill()
    from papermill.iorw import load_notebook_node
    from papermill.parameterize import parameterize_notebook
    from papermill.translators import PythonTranslator, papermill_translators

    class ReadablePython(PythonTranslator):
        translate = repr  # papermill's own writes 中文 as escapes

    papermill_translators.register(ReadablePython.__name__, ReadablePython)
    notebook = load_notebook_node(str(source))
    if parameters:
        notebook = parameterize_notebook(
            notebook, parameters, comment="本次运行的参数", kernel_name=ReadablePython.__name__, language="python"
        )
    for cell in notebook.cells:
        if "injected-parameters" in cell.metadata.tags:
            cell.id = "injected-parameters"  # papermill's is random
    return notebook


def _import_papermill() -> None:
    """Import papermill without the grammar of international addresses, which takes 1.4 s and checks nothing here."""
    grammar = "rfc3987_syntax"
    absent = sys.modules.setdefault(grammar, None) is None
    try:
        import papermill  # noqa: F401
    finally:
        if absent:
            sys.modules.pop(grammar, None)
