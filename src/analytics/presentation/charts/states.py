"""Where people of every age stand in the two schemes, and at what age they move from one to the other."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from matplotlib.axes import Axes
from matplotlib.collections import PolyCollection
from matplotlib.patches import Patch
from matplotlib.ticker import FuncFormatter, MaxNLocator

from analytics.presentation.charts.axes import corner_note, legend_below, unit_words, value_axis
from analytics.presentation.charts.labels import HALO, small_label
from analytics.presentation.charts.population import pyramid_axes
from analytics.presentation.charts.rows import chart_scale
from analytics.presentation.charts.sheet import chart
from analytics.presentation.charts.wording import STATE_NAMES
from analytics.presentation.style import NORMAL
from analytics.terms import COLOURS, Language, Scale, Term, show, text

LAYERS = ("enterprise", "flexible", "institution", "interrupted", "retirees", "resident", "beneficiaries", "uncovered",
          "outside")  # fmt: skip
"""From the middle of the pyramid outwards: the employee scheme, the resident scheme, those in neither."""

_SEXES = (Term("男", "Men"), Term("女", "Women"))
_SEX_COLOURS = (COLOURS["employee"], COLOURS["trend"])
_SIDES, _UP_DOWN = (-1, 1), (1, -1)
_VISIBLE = 0.002  # of the largest step: the axis ends where nothing larger follows,
_USUAL = 60  # but not before this age
_WORDS = {
    "age": Term("年龄", "Age"),
    "of_sex": Term("{sex}（{heads}）", "{sex} ({heads})"),
    "of_state": Term("{state} {share:.1%}", "{state} {share:.1%}"),
    "share": Term("百分数为占16岁及以上人口比重", "Percentages: share of the population 16+"),
    "limit": Term("{sex}未满{age}周岁", "{sex} under {age}"),
    "within": Term("{sex}（{heads}），限龄以内占{share:.1%}", "{sex} ({heads}), {share:.1%} below the limit"),
    "mirrored": Term("上为男，下为女；浅色为超过限龄", "Men above, women below; pale: beyond the limit"),
}


@chart
def states_by_age(ax: Axes, heads: Mapping[str, np.ndarray], first_age: int, language: Language = "zh") -> Axes:
    """Men to the left, women to the right, a step a year of age; the states stacked outwards, each with its share.

    Parameters
    ----------
    heads
        (2, ages) persons of each of :data:`LAYERS`, men first, together the population 16+; states that nobody is in
        are left out.
    first_age
        Age of the first column.

    Raises
    ------
    ValueError
        For a state without a name, or when nobody is in any state.
    """
    shown = _shown(heads)
    total = np.sum(list(shown.values()), axis=0)
    scale, ages = chart_scale("person", total.ravel()), _edges(total, first_age)
    inner = np.zeros_like(total)
    for state, persons in shown.items():
        bands = [
            _band(ages, side * inner[sex], side * (inner + persons)[sex], scale) for sex, side in enumerate(_SIDES)
        ]
        ax.add_collection(PolyCollection(bands, facecolor=COLOURS[state], edgecolor="none", label=state))
        inner = inner + persons
    _two_sided(ax, total, ages, scale, language)
    names = [text(_WORDS["of_state"], language, state=text(STATE_NAMES[state], language), share=part.sum() / total.sum())
             for state, part in shown.items()]  # fmt: skip
    legend_below(ax, [Patch(facecolor=COLOURS[state]) for state in shown], names)
    return ax


def _shown(heads: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
    """The states somebody is in, from the middle outwards."""
    unknown = sorted(set(heads) - set(LAYERS))
    if unknown:
        raise ValueError(f"states_by_age: no name for the states {', '.join(unknown)}")
    shown = {state: heads[state] for state in LAYERS if state in heads and heads[state].any()}
    if not shown:
        raise ValueError("states_by_age: nobody is in any state")
    return shown


def _edges(persons: np.ndarray, first_age: int) -> np.ndarray:
    """Ages at which steps begin and end."""
    return first_age + np.arange(persons.shape[-1] + 1)


def _band(ages: np.ndarray, inner: np.ndarray, outer: np.ndarray, scale: Scale) -> np.ndarray:
    """Corners of the area between two stairs over ``ages``: up along one, back down along the other."""
    heights = np.repeat(ages, 2)[1:-1]
    widths = np.concatenate([np.repeat(outer, 2), np.repeat(inner, 2)[::-1]]) / scale.factor
    return np.column_stack([widths, np.concatenate([heights, heights[::-1]])])


def _two_sided(ax: Axes, total: np.ndarray, ages: np.ndarray, scale: Scale, language: Language) -> None:
    """Axes of a pyramid: persons to both sides, ages upwards, the sexes named with their heads."""
    widest = 1.06 * total.max() / scale.factor
    ax.set(xlim=(-widest, widest), ylim=(ages[0], ages[-1]))
    pyramid_axes(ax, scale, language)
    for sex, side, persons in zip(_SEXES, _SIDES, total, strict=True):
        words = text(_WORDS["of_sex"], language, sex=text(sex, language), heads=show(persons.sum(), "person", language))
        ax.annotate(words, (0.5 + side * 0.48, 0.97), xycoords="axes fraction", ha="left" if side < 0 else "right",
                    va="top", fontsize=NORMAL, path_effects=HALO)  # fmt: skip
    corner_note(ax, text(_WORDS["share"], language))


@chart
def transfers_by_age(
    ax: Axes, moved: np.ndarray, limits: tuple[int, int], first_age: int, language: Language = "zh"
) -> Axes:
    """Transfers from the resident to the employee scheme: men above the axis, women below, a step a year of age.

    A line a sex marks the age rule; whoever moves beyond it is drawn pale.

    Parameters
    ----------
    moved
        (2, ages) persons, men first.
    limits
        Men and women are to move before they are this old, years.
    first_age
        Age of the first column.

    Raises
    ------
    ValueError
        When nobody moves.
    """
    if not moved.any():
        raise ValueError("transfers_by_age: nobody moves")
    scale, ages = chart_scale("person", moved.ravel()), _edges(moved, first_age)
    for persons, limit, sign, colour in zip(moved, limits, _UP_DOWN, _SEX_COLOURS, strict=True):
        within = ages[:-1] < limit
        for part, alpha in ((within, 1.0), (~within, 0.35)):
            steps = sign * np.append(np.where(part, persons, 0), 0) / scale.factor
            ax.fill_between(ages, steps, step="post", facecolor=colour, alpha=alpha, linewidth=0)
    _mirrored(ax, moved, ages, scale, language)
    for sex, limit, sign, colour in zip(_SEXES, limits, _UP_DOWN, _SEX_COLOURS, strict=True):
        _mark_limit(ax, limit, sign, text(_WORDS["limit"], language, sex=text(sex, language), age=limit), colour)
    _transfer_legend(ax, moved, limits, ages[:-1], language)
    return ax


def _mirrored(ax: Axes, moved: np.ndarray, ages: np.ndarray, scale: Scale, language: Language) -> None:
    """Ages where somebody moves, persons up and down from the middle."""
    tallest = 1.12 * moved.max() / scale.factor
    moving = ages[1:][moved.max(axis=0) >= _VISIBLE * moved.max()]
    ax.set(xlim=(ages[0], max(_USUAL, moving.max())), ylim=(-tallest, tallest))
    value_axis(ax, unit_words(scale, language))
    ax.yaxis.set_major_formatter(FuncFormatter(lambda y, _: f"{abs(y):,.10g}"))
    ax.xaxis.set_major_locator(MaxNLocator(12, integer=True, steps=[1, 2, 5, 10]))
    ax.set_xlabel(text(_WORDS["age"], language), loc="right")
    corner_note(ax, text(_WORDS["mirrored"], language))


def _mark_limit(ax: Axes, limit: int, sign: int, words: str, colour: str) -> None:
    """A dashed line from the middle to the edge of one sex's half, named beside it."""
    edge = ax.get_ylim()[1 if sign > 0 else 0]
    ax.plot([limit, limit], [0, edge], color=colour, linewidth=1.0, linestyle=(0, (4, 2)), marker="")
    small_label(ax, (limit, edge), words, colour, xytext=(4, -3 * sign), va="top" if sign > 0 else "bottom",
                path_effects=HALO, in_layout=False)  # fmt: skip


def _transfer_legend(
    ax: Axes, moved: np.ndarray, limits: tuple[int, int], ages: np.ndarray, language: Language
) -> None:
    """Heads of each sex and the share of them that moves below the limit."""
    marks, names = [], []
    for sex, persons, limit, colour in zip(_SEXES, moved, limits, _SEX_COLOURS, strict=True):
        share = persons[ages < limit].sum() / max(persons.sum(), 1e-9)
        heads = show(persons.sum(), "person", language)
        marks.append(Patch(facecolor=colour))
        names.append(text(_WORDS["within"], language, sex=text(sex, language), heads=heads, share=share))
    legend_below(ax, marks, names)
