"""Who moved from which state to which, at what age they moved to the employee scheme, and how far one could still go."""

from __future__ import annotations

from analytics.appraisal.study import Study
from analytics.appraisal.transitions import GROUPS, OUT_OF_SIGHT, moved_by_age, reachable, transitions
from analytics.inputs.assumptions import at
from analytics.model.people.states import PENSION_AGE
from analytics.presentation.document import Paragraph, Table
from analytics.presentation.pictures import Content
from analytics.presentation.tables import shown_years
from analytics.terms import Scale, Term, display_scale, number, scale_label, show, text

_AGES = (16, 25, 35, 40, 45)
_WORDS = {
    "matrix": Term("人员流向（{first}—{last}年合计，{path}）", "Who went where ({first}–{last} together, {path})"),
    "from": Term("从＼到", "From \\ to"),
    "beyond": Term("外地等", "Beyond"),
    "left": Term("转出", "Left"),
    "dead": Term("死亡", "Died"),
    "closes": Term(
        "“外地等”指外地转入和当年年满16岁；各状态年末人数＝年初人数＋本列合计−本行合计，逐人闭合。",
        "Beyond: from elsewhere, or turning 16. Heads at the end = heads at the start + the state's column − its row; nobody "
        "is lost.",
    ),
    "ages": Term(
        "居民保险转入职工保险的年龄和性别（{first}—{last}年合计）",
        "Moved to the employee scheme, by age and sex ({first}–{last})",
    ),
    "age": Term("年龄", "Age"),
    "band": Term("{first}—{last}岁", "{first}–{last}"),
    "men": Term("男", "Men"),
    "women": Term("女", "Women"),
    "total": Term("合计", "Total"),
    "reach": Term(
        "还能转移多少人、职工占比最高可到多少", "Who could still move, and the highest share they would give"
    ),
    "year": Term("{year}年", "{year}"),
    "share": Term("职工占比（{path}）", "Employee share ({path})"),
    "within": Term("年末仍可转入职工保险人数（{unit}）", "Still within reach at the year's end ({unit})"),
    "most": Term("全部转入后的职工占比", "Share if all of them moved"),
    "rule": Term(
        "可转入人数按年龄规则计：男{men:g}岁、女{women:g}岁以下全部，以上按{over:.0%}（假定）。",
        "Within reach: all men below {men:g} and women below {women:g}, and {over:.0%} of the older ones (assumed).",
    ),
    "answer": Term(
        "到{last}年末，按年龄规则仍可转入职工保险的居民保险缴费人员还有{within}；即使全部转入，职工占比最高为{most}{goal}。",
        "At the end of {last} {within} paying into the resident scheme could still move under the age rule; if all of them did, the employee share "
        "would be {most}{goal}.",
    ),
    "enough": Term("，高于目标{goal}", ", above the target of {goal}"),
    "short": Term("，仍低于目标{goal}", ", still below the target of {goal}"),
}

_GROUP_NAMES = {
    "outside": Term("在校等", "School"),
    "uncovered": Term("未参保", "Unin- sured"),
    "resident": Term("居民缴费", "Resid. paying"),
    "contributors": Term("职工缴费", "Empl. paying"),
    "interrupted": Term("中断缴费", "Inter- rupted"),
    "beneficiaries": Term("居民领取", "Resid. rec."),
    "retirees": Term("职工退休", "Empl. retired"),
}
"""Names short enough for ten columns side by side."""


def moves(study: Study) -> list[Content]:
    """Answer, the matrix of states, ages of those who moved, and what is still within reach."""
    tables = [_matrix(study), *_ages(study), _reach(study)]
    return [Paragraph(_answer(study)), *tables]


def _answer(study: Study) -> str:
    language, last = study.language, study.plan.horizon.last_year
    row = reachable(study.people, [last]).loc[last]
    goals = study.targets[(study.targets["indicator"] == "employee_share") & (study.targets["year"] == last)]["target"]
    goal = ""
    if len(goals):
        aim = float(goals.iloc[-1])
        goal = text(_WORDS["enough" if row["most"] >= aim else "short"], language, goal=show(aim, "ratio", language))
    shown = {"within": show(row["within"], "person", language), "most": show(row["most"], "ratio", language)}
    return text(_WORDS["answer"], language, last=last, goal=goal, **shown)


def _matrix(study: Study) -> Table:
    language, years = study.language, study.plan.years
    moved = transitions(study.people, list(years)).drop(index="deaths")
    scale = display_scale("person", float(moved.to_numpy().max()))
    states = {group: text(_GROUP_NAMES[group], language) for group in GROUPS}
    header = (text(_WORDS["from"], language), *states.values(), *(text(_WORDS[w], language) for w in ("left", "dead")))
    names = states | {"beyond": text(_WORDS["beyond"], language)}
    rows = tuple(
        (name, *(_cell(v, scale) for v in moved.loc[group, [*GROUPS, *OUT_OF_SIGHT]])) for group, name in names.items()
    )
    title = text(_WORDS["matrix"], language, first=years[0], last=years[-1], path=study.scenario_label(study.leading))
    return Table(title, scale_label(scale, language), header, rows, (text(_WORDS["closes"], language),))


def _cell(heads: float, scale: Scale) -> str:
    return number(heads, scale) if heads else ""


def _ages(study: Study) -> list[Table]:
    """Persons moved by age group and sex; nothing where nobody moved."""
    language, years = study.language, study.plan.years
    moved = moved_by_age(study.people, list(years), _AGES)
    if not moved.to_numpy().any():
        return []
    scale = display_scale("person", float(moved.to_numpy().max()))
    lasts = [*(first - 1 for first in _AGES[1:]), PENSION_AGE - 1]
    bands = [text(_WORDS["band"], language, first=first, last=last) for first, last in zip(_AGES, lasts, strict=True)]
    moved = moved.set_axis(bands)
    moved.loc[text(_WORDS["total"], language)] = moved.sum()
    moved["total"] = moved.sum(axis=1)
    header = tuple(text(_WORDS[word], language) for word in ("age", "men", "women", "total"))
    rows = tuple(
        (band, *(number(heads, scale) for heads in row))
        for band, row in zip(moved.index, moved.to_numpy(), strict=True)
    )
    title = text(_WORDS["ages"], language, first=years[0], last=years[-1])
    return [Table(title, scale_label(scale, language), header, rows)]


def _reach(study: Study) -> Table:
    """Share on the path, persons within reach and the most the share could be, by year."""
    language, base = study.language, study.plan.horizon.base_year
    found = reachable(study.people, [year for year in shown_years(study) if year > base])
    scale = display_scale("person", float(found["within"].max()))
    header = ("", *(text(_WORDS["year"], language, year=year) for year in found.index))
    within = text(_WORDS["within"], language, unit=scale_label(scale, language))
    rows = (
        (text(_WORDS["share"], language, path=study.scenario_label(study.leading)), *(f"{v:.1%}" for v in found["share"])),
        (within, *(number(v, scale) for v in found["within"])),
        (text(_WORDS["most"], language), *(f"{v:.1%}" for v in found["most"])),
    )  # fmt: skip
    return Table(text(_WORDS["reach"], language), "", header, rows, (_rule(study),))


def _rule(study: Study) -> str:
    """The age rule in force in the first year."""
    given, year = study.projections[study.leading].assumptions, study.plan.horizon.first_year
    names = {"men": "employee.men_limit", "women": "employee.women_limit", "over": "employee.over_age"}
    return text(_WORDS["rule"], study.language, **{word: at(given[name].value, year) for word, name in names.items()})
