"""From ``params/<plan>.yaml`` to a checked :class:`~analytics.inputs.plan.Plan`, with every fault's line.

All faults of a file are reported at once.  Drivers that a plan does not state come from ``params/common/drivers.yaml``
(national proxies, marked as such), so that a county's file holds only what is the county's own.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, TypeVar

import yaml
from pydantic import ValidationError

from analytics.inputs.faults import Fault, InputError, raise_if, shown_path
from analytics.inputs.plan import Fact, Plan, Sourced, nearest, parameter_fault
from analytics.places import PARAMS, ROOT
from analytics.terms import PARAMETERS, SCENARIOS, Term

Where = tuple[str | int, ...]
Lines = dict[Where, int]
"""The line of every key and value of a file, counted from 1."""
Further = Callable[[str, Lines, object], Iterable[Fault]]
"""Checks beyond the shape: from the file's name as shown, its lines and its content to faults."""
_Shape = TypeVar("_Shape", bound=Fact)

_MESSAGES: dict[str, Term] = {
    "missing": Term("缺少必填项", "a required entry is missing"),
    "extra_forbidden": Term("未知的键，可能拼写有误", "unknown key, perhaps misspelt"),
    "unknown_parameter": Term("未知参数，最接近的是右侧所列", "unknown parameter; the nearest known one is given"),
    "unknown_term": Term("指标或类别不在词汇表中", "indicator or category is not in the vocabulary"),
    "unit": Term("计量单位不对", "wrong unit"),
    "implausible": Term("数值超出合理范围", "value outside the plausible range"),
    "range": Term("低、中、高三值次序不对", "low, value and high are not in order"),
    "horizon": Term("规划期不连续：首年应为基年加一", "the first year must follow the base year"),
    "value_or_arithmetic": Term("value 与 arithmetic 须且只须给一个", "give exactly one of value and arithmetic"),
    "derived_needs_arithmetic": Term("推算值须给出算式 arithmetic，官方值须给出 value",
                                     "a derived number gives its arithmetic, an official one its value"),
    "arithmetic": Term("算式无法计算", "the arithmetic cannot be computed"),
    "one_change": Term("set、add、times 须且只须给一个", "give exactly one of set, add and times"),
    "reserved_scenario": Term("plan 与 trend 是保留的情景名", "plan and trend are reserved scenario names"),
    "duplicate": Term("键重复", "the key appears twice"),
    "syntax": Term("YAML 语法错误", "YAML syntax error"),
    "encoding": Term("文件不是 UTF-8 编码，请另存为 UTF-8", "the file is not UTF-8; save it as UTF-8"),
    "name": Term("文件名与 name 不一致", "the file's name and its name entry differ"),
    "no_plan": Term("没有这个规划文件", "there is no such plan file"),
    "unknown_scenario": Term("没有这个情景", "there is no such scenario"),
    "type": Term("类型或取值不对", "wrong type or value"),
}  # fmt: skip

_KINDS: dict[str, Term] = {
    "int": Term("整数", "a whole number"),
    "float": Term("数字", "a number"),
    "string": Term("文字；像数字或时间的文字要加引号", "text; in quotes where it looks like a number or a time"),
    "bool": Term("true 或 false", "true or false"),
    "date": Term("日期 YYYY-MM-DD", "a date YYYY-MM-DD"),
    "list": Term("列表 [ , ]", "a list [ , ]"),
    "tuple": Term("列表 [ , ]", "a list [ , ]"),
    "dict": Term("键和值 {键: 值}", "keys and values {key: value}"),
    "model": Term("键和值 {键: 值}", "keys and values {key: value}"),
}
_LIMITS = {"ge": "≥ ", "gt": "> ", "le": "≤ ", "lt": "< ", "min_length": "≥ ", "pattern": "", "expected": ""}


def plan_names(folder: Path = PARAMS) -> list[str]:
    """Names of the plans in ``folder``."""
    return sorted(path.stem for path in folder.glob("*.yaml"))


def load_plan(name: str, folder: Path = PARAMS) -> Plan:
    """The plan called ``name``, its unstated drivers filled in from the common file.

    Raises
    ------
    InputError
        With every fault of the file, each with its line.
    """
    path = folder / f"{name}.yaml"
    if not path.exists():
        known = "、".join(plan_names(folder))
        raise InputError(
            [
                Fault(
                    _MESSAGES["no_plan"],
                    file=shown_path(path, ROOT),
                    found=name,
                    expected=known,
                )
            ]
        )
    plan = read_checked(Plan, path, further=_plan_faults)
    if plan.name != name:
        raise InputError(
            [
                Fault(
                    _MESSAGES["name"],
                    file=shown_path(path, ROOT),
                    found=plan.name,
                    expected=name,
                )
            ]
        )
    return plan.model_copy(update={"drivers": common_drivers(plan, folder) | plan.drivers})


def schema_text() -> str:
    """The JSON Schema of a plan file, for editors that complete and check YAML."""
    return json.dumps(Plan.model_json_schema(), ensure_ascii=False, indent=2) + "\n"


def check_scenarios(plan: Plan, names: list[str]) -> None:
    """Refuse scenario names that the plan does not know, all at once."""
    expected = "、".join(plan.scenario_names)
    raise_if([
        Fault(_MESSAGES["unknown_scenario"], file=f"params/{plan.name}.yaml", found=name, expected=expected)
        for name in names if name not in plan.scenario_names
    ])  # fmt: skip


def common_drivers(plan: Plan, folder: Path = PARAMS) -> dict[str, Sourced]:
    """The common drivers of the plan's schemes."""
    drivers = read_checked(_Common, folder / "common" / "drivers.yaml", further=_plan_faults).drivers
    wanted = {"population", "wage", *plan.schemes}
    stated = set(plan.baseline) | set(plan.trends) | set(plan.drivers)
    return {name: entry for name, entry in drivers.items() if name.split(".")[0] in wanted and name not in stated}


class _Common(Fact):
    drivers: dict[str, Sourced]


def _nothing_further(_file: str, _lines: Lines, _content: object) -> Iterable[Fault]:
    return ()


def read_checked(
    shape: type[_Shape], path: Path, messages: Mapping[str, Term] = {}, further: Further = _nothing_further
) -> _Shape:
    """The YAML file at ``path`` as a ``shape``, read strictly.

    Parameters
    ----------
    messages
        Sentences for the codes that the shape's own validators raise as ``ValueError("code|found|expected")``.
    further
        Checks of the content beyond its shape; they run however many faults the shape has.

    Raises
    ------
    InputError
        With every fault of the file, each with its line.
    """
    file = shown_path(path, ROOT)
    content, lines, faults = _read(path, file)
    try:
        found = shape.model_validate(content)
    except ValidationError as error:
        faults += [_fault(file, lines, detail, {**_MESSAGES, **messages}) for detail in error.errors()]
    raise_if([*faults, *further(file, lines, content)])
    return found


def _plan_faults(file: str, lines: Lines, content: object) -> Iterator[Fault]:
    yield from _reserved(file, lines, content)
    yield from _parameter_faults(file, lines, content)


def _reserved(file: str, lines: Lines, content: object) -> list[Fault]:
    return [
        Fault(_MESSAGES["reserved_scenario"], file=file, row=line_of(lines, ("scenarios", name)), found=name)
        for name in _mapping(content, "scenarios") if name in SCENARIOS
    ]  # fmt: skip


def _parameter_faults(file: str, lines: Lines, content: object) -> Iterator[Fault]:
    """Faults of single parameters, checked one by one so that none hides another."""
    for where, name, raw in _named_parameters(content):
        try:
            wrong = (
                _unknown(name)
                if where[0] in ("scenarios", "trends")
                else parameter_fault(name, Sourced.model_validate(raw))
            )
        except ValidationError:
            continue  # already reported with the file's shape
        if wrong:
            code, found, expected = wrong
            yield Fault(_MESSAGES[code], file=file, row=line_of(lines, where), column=".".join(where),
                        found=found, expected=expected)  # fmt: skip


def _named_parameters(content: object) -> Iterator[tuple[tuple[str, ...], str, object]]:
    """Where, name and raw entry of everything in the file that claims to be a parameter."""
    for section in ("baseline", "drivers", "delivered", "trends"):
        for name, raw in _mapping(content, section).items():
            yield (section, name), name, raw
    for scenario in _mapping(content, "scenarios"):
        for name, raw in _mapping(_mapping(content, "scenarios")[scenario], "changes").items():
            yield ("scenarios", scenario, "changes", name), name, raw


def _mapping(content: object, key: str) -> dict[str, object]:
    inner = content.get(key) if isinstance(content, dict) else None
    return inner if isinstance(inner, dict) else {}


def _unknown(name: str) -> tuple[str, str, str] | None:
    return None if name in PARAMETERS else ("unknown_parameter", name, nearest(name))


def _read(path: Path, file: str) -> tuple[object, Lines, list[Fault]]:
    """Content, the line of every key, and faults of the YAML itself."""
    try:
        text = path.read_text(encoding="utf-8")
        node, content = _parsed(text)
    except UnicodeDecodeError as error:
        raise InputError([Fault(_MESSAGES["encoding"], file=file)]) from error
    except (yaml.YAMLError, ValueError) as error:  # ValueError: a day such as 2026-02-30
        mark, problem = getattr(error, "problem_mark", None), getattr(error, "problem", None)
        row = mark and mark.line + 1
        raise InputError([Fault(_MESSAGES["syntax"], file=file, row=row, found=str(problem or error))]) from error
    faults = [Fault(_MESSAGES["duplicate"], file=file, row=line, found=key) for key, line in _duplicates(node)]
    return content, dict(_lines(node, ())), faults


def _parsed(text: str) -> tuple[yaml.Node | None, object]:
    """The document as nodes, which know their lines, and as plain values."""
    loader = yaml.CSafeLoader(text)
    try:
        node = loader.get_single_node()
        return node, None if node is None else loader.construct_document(node)
    finally:
        loader.dispose()


def _lines(node: yaml.Node | None, where: Where) -> Iterator[tuple[Where, int]]:
    if node is None:
        return
    yield where, node.start_mark.line + 1
    if isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            inner = (*where, key.value)
            yield from _lines(value, inner)
            yield inner, key.start_mark.line + 1
    elif isinstance(node, yaml.SequenceNode):
        for position, value in enumerate(node.value):
            yield from _lines(value, (*where, position))


def _duplicates(node: yaml.Node | None) -> Iterator[tuple[str, int]]:
    if isinstance(node, yaml.MappingNode):
        seen: set[str] = set()
        for key, value in node.value:
            if key.value in seen:
                yield key.value, key.start_mark.line + 1
            seen.add(key.value)
            yield from _duplicates(value)
    elif isinstance(node, yaml.SequenceNode):
        for value in node.value:
            yield from _duplicates(value)


def _fault(file: str, lines: Lines, detail: Any, messages: Mapping[str, Term]) -> Fault:
    where = tuple(str(part) if isinstance(part, str) else part for part in detail["loc"])
    code, found, expected = _code(detail, messages)
    if not found and detail["type"] not in ("missing", "value_error"):
        found = str(detail["input"])[:60]
    return Fault(messages[code], file=file, row=line_of(lines, where), column=".".join(map(str, where)),
                 found=found, expected=expected)  # fmt: skip


def _code(detail: Any, messages: Mapping[str, Term]) -> tuple[str, str, Term | str]:
    if detail["type"] == "value_error":
        code, found, expected = [*str(detail["ctx"]["error"]).split("|"), "", ""][:3]
        return (code, found, expected) if code in messages else ("type", "", str(detail["msg"]))
    if detail["type"] in ("missing", "extra_forbidden"):
        return detail["type"], "", ""
    return "type", "", _expected(detail)


def _expected(detail: Any) -> Term | str:
    """What should have stood there: the kind of value, or the limit it must keep."""
    kind, _, problem = detail["type"].partition("_")
    if kind in _KINDS and problem in ("type", "parsing", "from_float"):
        return _KINDS[kind]
    limits = detail.get("ctx", {})
    told = (f"{sign}{limits[limit]}" for limit, sign in _LIMITS.items() if limit in limits)
    return next(told, str(detail["msg"]))


def line_of(lines: Lines, where: Where) -> int | None:
    """The line of the nearest enclosing key that stands in the file."""
    while where and where not in lines:
        where = where[:-1]
    return lines.get(where)
