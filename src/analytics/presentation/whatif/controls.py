"""Widgets with their words: what every part of the page is made of."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from typing import TypeVar

import ipywidgets as widgets
from ipywidgets.widgets.widget_description import DescriptionStyle
from ipywidgets.widgets.widget_string import HTMLStyle, TextStyle

from analytics.terms import Language, Term, text

_W = TypeVar("_W", bound=widgets.DOMWidget)
_S = TypeVar("_S", bound=widgets.Widget)

_WORDS = {
    "plan": Term("规划", "Plan"),
    "scenario": Term("起点情景", "Start from"),
    "goal": Term("关注", "Goal"),
    "target": Term("目标值", "Target"),
    "seek": Term("怎样才能达到？", "What would it take?"),
    "reset-all": Term("全部恢复", "Reset all"),
    "more": Term("更多参数：{group}（{n}）", "More: {group} ({n})"),
    "answer": Term("结果", "Answer"),
    "compare": Term("两情景对比", "Compare"),
    "keep": Term("保存与下载", "Keep"),
    "left": Term("左", "Left"),
    "right": Term("右", "Right"),
    "of": Term("差异分解", "Split"),
    "name": Term("情景名称", "Name"),
    "why": Term("一句话理由", "Why, in one sentence"),
    "save": Term("保存为情景", "Keep as scenario"),
    "download": Term("生成下载文件", "Prepare downloads"),
    "sheet": Term("下载 Excel", "Excel"),
    "picture": Term("下载图片", "Picture"),
    "unmoved": Term("参数未调整。拖动左侧滑块或直接填数，结果随即更新。", "Nothing moved yet. Drag a slider or type a number; the answer follows at once."),
    "moved": Term("已调整 {n} 项：{moves}", "{n} moved: {moves}"),
    "saved": Term("已保存为情景“{name}”。出报告：workbook report {plan} --scenario {name}",
                  "Kept as “{name}”. For the report: workbook report {plan} --scenario {name}"),
    "failed": Term("这一步没有完成，页面可继续使用。请把编号 {id} 告诉维护人员。",
                   "This did not work; the page can still be used. Please give the maintainer the number {id}."),
    "no_target": Term("请填写目标值", "give a target"),
    "kept_as": Term("保存的是与“{path}”的差别，原文件的注释和次序不变。", "What is kept is the difference from “{path}”; the file's comments and order stay."),
    "same": Term("左右相同", "both sides are the same"),
}  # fmt: skip


@cache
def shared(kind: type[_S]) -> _S:
    """The one layout or style of its kind: the page is styled by its style sheet, and each would be a message to it."""
    return kind()


def html(name: str = "", value: str = "") -> widgets.HTML:
    """A place for text and pictures."""
    return classed(widgets.HTML(value, layout=shared(widgets.Layout), style=shared(HTMLStyle)), name)


def words(key: str, language: Language, **gaps: object) -> str:
    """Words of the page in the officer's language."""
    return text(_WORDS[key], language, **gaps)


def term(key: str) -> Term:
    """The same in both languages."""
    return _WORDS[key]


def choice(key: str, language: Language) -> widgets.Dropdown:
    """A drop-down with its label."""
    plain = {"layout": shared(widgets.Layout), "style": shared(DescriptionStyle)}
    return classed(widgets.Dropdown(description=words(key, language), **plain), f"wi-{key}")


def field(key: str, language: Language) -> widgets.Text:
    """A field to type in, with its label."""
    plain = {"layout": shared(widgets.Layout), "style": shared(TextStyle)}
    return classed(widgets.Text(description=words(key, language), continuous_update=False, **plain), f"wi-{key}")


def button(key: str, language: Language, style: str = "") -> widgets.Button:
    """A button."""
    plain = {"layout": shared(widgets.Layout), "style": shared(widgets.ButtonStyle)}
    return classed(widgets.Button(description=words(key, language), button_style=style, **plain), f"wi-{key}")


def row(name: str, *shown: widgets.Widget) -> widgets.HBox:
    """Widgets side by side."""
    return classed(widgets.HBox(shown, layout=shared(widgets.Layout)), name)


def column(name: str, *shown: widgets.Widget) -> widgets.VBox:
    """Widgets one below the other."""
    return classed(widgets.VBox(shown, layout=shared(widgets.Layout)), name)


def classed(widget: _W, name: str) -> _W:
    """The widget, with a class the style sheet knows."""
    return widget.add_class(name) if name else widget


def offer(chosen: widgets.Dropdown, options: Sequence[tuple[str, object]], value: object) -> None:
    """Fill a drop-down and choose."""
    chosen.options = options
    chosen.value = value
