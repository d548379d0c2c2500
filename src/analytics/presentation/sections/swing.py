"""What one person's move from the resident to the employee scheme means for both funds, the budget and the person."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np
import pandas as pd

from analytics.appraisal.planning import Person
from analytics.appraisal.study import Study
from analytics.appraisal.swing import (
    PARTIES,
    REAL_RATE,
    REAL_RATES,
    Setting,
    Swing,
    flexible_share,
    inputs_of,
    net,
    oldest_age,
    paying_year,
    running_value,
    sensitivity,
)
from analytics.inputs.assumptions import Assumption, at
from analytics.inputs.pension_rules import has_benefit_base
from analytics.model.pension import MONTHS
from analytics.presentation.charts.swing import PARTY_NAMES, running_values
from analytics.presentation.document import Heading, Listing, Paragraph, Table
from analytics.presentation.pictures import Chart, Content
from analytics.presentation.sections.planning import age_words, money, no_base, old
from analytics.terms import PARAMETERS, Scale, Term, display_scale, number, scale_label, show, text

_WORDS = {
    "heading": Term("一人由居民保险转入职工保险的收支影响", "What moving one person to the employee scheme does"),
    "now": Term(
        "转移一人，职工保险基金当年增收{flexible}（灵活就业人员）或{enterprise}（企业职工），居民保险少收个人缴费{fee}，财政少补{subsidy}；"
        "{first}—{last}年测算转移人员均持续缴费的，职工保险基金累计增收{total}（假定）。",
        "Moving one person brings the employee fund {flexible} (flexible worker) or {enterprise} (enterprise staff) a year; the "
        "resident scheme loses a fee of {fee} and the budget saves a subsidy of {subsidy}. If everybody moved in "
        "{first}–{last} keeps paying, the employee fund collects {total} more over these years (assumed).",
    ),
    "life": Term(
        "终身来看，{who}{year}年以灵活就业身份转入，{claims}起领取月养老金约{pension}，留在居民保险约为{resident}；按高于工资增长{rate:.0%}的实际利率"
        "折为现值，职工保险基金{fund}（实际利率{low:.0%}—{high:.0%}时为{least}至{most}）、{others}，各方合计为零；{spent}，个人约至{back}回本。",
        "Over a life, a {who} moved in {year} as a flexible worker draws about {pension} from the age of {claims}, against "
        "{resident} in the resident scheme; at {rate:.0%} above wage growth the present values are: employee fund {fund} "
        "({least} to {most} at {low:.0%} to {high:.0%}), {others}; zero in all. {spent}, and the person has everything back at "
        "about {back}.",
    ),
    "spent": Term("职工保险基金先收后支，所收约至{age}用完", "The fund collects first and has spent it all at about {age}"),
    "kept": Term("职工保险基金所收终身有余", "The fund keeps a surplus for life"),
    "rule": Term(
        "按现行退休年龄和最低缴费年限，男性超过{men}岁、女性超过{women}岁（企业女工人超过{workers}岁）才转入的，到退休年龄时年限不足，"
        "须延长缴费方可按月领取；{rule}",
        "With today's retirement ages and minimum years, men moved after {men} and women after {women} (women workers of "
        "enterprises after {workers}) are short of years at retirement and must pay on before a monthly pension begins; {rule}",
    ),
    "loose": Term(
        "“男未满{men}周岁、女未满{women}周岁”的转移年龄宽于这一要求，应同时告知延长缴费的后果。",
        "the age rule (men under {men}, women under {women}) is looser than that, and those near it should be told.",
    ),
    "tight": Term(
        "“男未满{men}周岁、女未满{women}周岁”的转移年龄符合这一要求。",
        "the age rule (men under {men}, women under {women}) keeps to that.",
    ),
    "years": Term("转移一人及测算转移人员的当年收支", "A year's money: one person moved, and everybody moved"),
    "item": Term("项目", "Item"),
    "unit": Term("单位", "Unit"),
    "year": Term("{year}年", "{year}"),
    "flexible": Term("一人转为灵活就业参保：职工基金增收", "One flexible worker: employee fund collects"),
    "enterprise": Term("一人转为企业职工参保：职工基金增收", "One member of staff: employee fund collects"),
    "fees": Term("一人：居民基金少收缴费和补贴", "One person: resident fund loses fee and subsidy"),
    "subsidy": Term("一人：财政少补缴费补贴", "One person: budget saves the fee subsidy"),
    "heads": Term("测算转移后缴费人数（年平均）", "Moved and paying, average"),
    "fund_all": Term("测算转移人员：职工基金增收", "All moved: employee fund collects"),
    "fees_all": Term("测算转移人员：居民基金少收", "All moved: resident fund loses"),
    "subsidy_all": Term("测算转移人员：财政少补缴费补贴", "All moved: budget saves"),
    "years_note": Term(
        "按当年缴费基数和征缴率计算；测算转移人员自首年起累计，按持续缴费计算，未扣除中断、死亡和外转。",
        "On each year's contribution base and collection rate; those moved add up from the first year on and keep paying: "
        "interruptions, deaths and exits are not deducted.",
    ),
    "typical": Term("典型人员：两项保险的待遇与回本", "Typical persons: pensions in both schemes, and when the move pays back"),
    "amounts": Term("元/月、年、岁", "yuan a month, years"),
    "who": Term("性别年龄", "Sex, age"),
    "as": Term("转入身份", "Moved as"),
    "claims": Term("领取年龄", "Pension from"),
    "paid": Term("缴费年限", "Years paid"),
    "pension": Term("职工月养老金", "Employee pension"),
    "resident": Term("居民月养老金", "Resident pension"),
    "back": Term("个人回本", "Person has it back"),
    "gone": Term("基金所收用完", "Fund has spent it"),
    "typical_note": Term(
        "领取年龄晚于法定退休年龄的，为延长缴费至最低缴费年限；企业女性按原50岁退休的工人、灵活就业女性按原55岁退休计算；"
        "居民养老金自60岁起领，其中基础养老金{basic}由财政负担，转移后不再支付；“—”为至101岁仍未发生。",
        "A pension later than the statutory age: contributions go on until the minimum years are reached. Women of "
        "enterprises are workers (50 before the reform), flexible women 55. The resident pension runs from 60; its basic part "
        "of {basic} is the budget's and ends with the move. —: not before 101.",
    ),
    "values": Term("典型人员：终身收支净现值", "Typical persons: present value of a life's payments"),
    "collected": Term("职工基金收缴费", "Employee fund collects"),
    "outlay": Term("职工基金付待遇", "Employee fund pays"),
    "sum": Term("合计", "Sum"),
    "values_note": Term(
        "按高于工资增长{rate:.0%}的实际利率和参保人员生命表折算到转移之时；职工基金付待遇已扣财政补贴，列为负数；财政为少付的基础养老金和缴费补贴，"
        "减对职工养老金的补贴；每笔收支均有付方和收方，故合计为零。",
        "At the transfer, at {rate:.0%} above wage growth and by the insured persons' life table. What the employee fund pays is "
        "net of budget subsidies; the budget saves basic pensions and fee subsidies, less what it adds to employee pensions. "
        "Every payment has a payer and a receiver, so the sum is zero.",
    ),
    "chart": Term("{who}转为灵活就业参保：各方收支现值随年龄累计", "A {who} moved as a flexible worker: present values building up with age"),
    "mark": Term("{age}起领取", "pension from {age}"),
    "ranges": Term("影响净现值最大的假定（{who}，灵活就业）", "Assumptions that move the present values most ({who}, flexible)"),
    "input": Term("假定", "Assumption"),
    "between": Term("区间", "Range"),
    "fund_at": Term("职工基金净现值", "Employee fund"),
    "person_at": Term("个人净现值", "Person"),
    "to": Term("{low}至{high}", "{low} to {high}"),
    "ranges_note": Term("各项均取测算值时，职工基金{fund}，个人{person}。", "With everything at its value: employee fund {fund}, person {person}."),
    "inputs": Term("取用的规划假定：{names}。", "Assumptions of the plan used here: {names}."),
    "conventions": Term(
        "测算口径（假定）：按现行工资水平折算；个人账户和居民养老金随工资增长，职工养老金按调整幅度增长；留在居民保险的逐年缴费；"
        "不计转移前的缴费，居民个人账户储存额随人转入、年限不合并；两种情形寿命相同。",
        "Conventions (assumed): today's wages; accounts and resident pensions keep pace with wages, employee pensions follow "
        "the adjustment; whoever stays pays the fee every year; earlier payments are left out (the resident account moves "
        "along, its years do not count); the same length of life in either scheme.",
    ),
    "sources": Term(
        "依据：国发〔2005〕38号、国发〔2014〕8号，《社会保险法》第十四条（账户余额继承），人社部发〔2014〕17号（两项保险衔接），"
        "全国人大常委会2024年9月13日决定（延迟退休、最低缴费年限）。",
        "Rules: State Council documents 2005-38 and 2014-8; Social Insurance Law, article 14 (heirs get the account); Ministry "
        "document 2014-17 (moving between schemes); Standing Committee's decision of 13 September 2024.",
    ),
    "man": Term("{age}岁男性", "man of {age}"),
    "men": Term("男{age}", "M {age}"),
    "women": Term("女{age}", "F {age}"),
    "as_flexible": Term("灵活就业", "flexible"),
    "as_enterprise": Term("企业职工", "staff"),
}  # fmt: skip
_MEMBERS = ("flexible", "enterprise")
_OF_ONE = (*_MEMBERS, "fees", "subsidy")
_OLDEST_OF = {"men": "M60", "women": "F55", "workers": "F50"}
_RATE = Term("实际贴现率（高于工资增长）", "Real discount rate, above wage growth", "ratio")
_LONG, _OF_A_LONG_PLAN = 5, 3  # a plan of more years shows so many of them
_MOST = 8  # assumptions shown, those that move the fund most
_ASKED, _YOUNG, _OLDEST = 35, (25, 35), 45

_Moves = list[tuple[Person, str, Swing]]
"""A person, what they are moved as, and what follows."""


def swing(study: Study) -> list[Content]:
    """Answer, the plan's years, chart and caveats; a remark where no pension can be computed.

    Nothing where the plan knows no flexible workers, no staff of enterprises or no transfers.
    """
    if not _moves(study):
        return []
    heading = Heading(2, text(_WORDS["heading"], study.language))
    if not _tells(study):
        return [heading, *no_base(study)]
    return [heading, *answer(study), *years(study), *chart(study), *basis(study)]


def _moves(study: Study) -> bool:
    """Whether the plan moves anybody, and knows both kinds of members."""
    return study.has("employee", "transfers") and all(f"employee.{member}" in _given(study) for member in _MEMBERS)


def _tells(study: Study) -> bool:
    """Whether a pension can be computed."""
    return _moves(study) and has_benefit_base(study.plan.region.id, study.as_of)


def setting(study: Study) -> Setting:
    """People moved on the study's day, under what the leading path assumes for the time after the plan."""
    level = study.value("employee", "base_level", study.plan.horizon.last_year)
    return Setting(_given(study), study.plan.region.id, study.as_of, level=level)


def _given(study: Study) -> Mapping[str, Assumption]:
    return study.projections[study.leading].assumptions


def _asked(study: Study) -> tuple[Person, Swing]:
    """Whom the answer speaks of: a man of 35, moved as a flexible worker."""
    person = _person(study, _ASKED, "M60")
    return person, setting(study).move(person, "flexible")


def _person(study: Study, age: int, category: str) -> Person:
    """Somebody who turns ``age`` in the study's month."""
    return Person(category, (study.as_of.year - age, study.as_of.month))


def _who(study: Study, person: Person, word: str = "man") -> str:
    return text(_WORDS[word], study.language, age=study.as_of.year - person.birth[0])


def answer(study: Study) -> list[Content]:
    """Three sentences: a year's money, a life's, and what the rules ask of the age of moving."""
    return [Paragraph(said) for said in (_year_sentence(study), _life_sentence(study), _age_sentence(study))]


def _year_sentence(study: Study) -> str:
    seen, language = plan_years(study), study.language
    last = seen.iloc[-1]
    yuan = {name: show(last[name], "yuan", language) for name in ("flexible", "enterprise", "subsidy")}
    return text(
        _WORDS["now"], language, **yuan, fee=show(last["fees"] - last["subsidy"], "yuan", language),
        first=seen.index[0], last=seen.index[-1], total=show(seen["fund_all"].sum(), "yuan", language),
    )  # fmt: skip


def _life_sentence(study: Study) -> str:
    language, (person, move) = study.language, _asked(study)
    at_rates = [replace(setting(study), rate=rate).move(person, "flexible").values for rate in REAL_RATES]
    least, most = (_plus(values["employee_fund"], study) for values in at_rates)
    spent = text(_WORDS["spent" if np.isfinite(move.spent_age) else "kept"], language, age=old(move.spent_age, study))
    return text(
        _WORDS["life"], language, who=_who(study, person), year=study.as_of.year, claims=age_words(move.life.claims, study),
        pension=show(move.pension, "yuan/month", language), resident=show(move.resident_pension, "yuan/month", language),
        rate=REAL_RATE, fund=_plus(move.values["employee_fund"], study), least=least, most=most, low=REAL_RATES[0],
        high=REAL_RATES[1], others=_others(study, move), spent=spent, back=old(move.break_even_age, study),
    )  # fmt: skip


def _others(study: Study, move: Swing) -> str:
    """The parties besides the employee fund that the move means anything to, with their present values."""
    gap, joint = ("", "、") if study.language == "zh" else (" ", ", ")
    values = {party: move.values[party] for party in ("resident_fund", "budget", "employer", "person")}
    named = {text(PARTY_NAMES[party], study.language): value for party, value in values.items() if value}
    return joint.join(f"{name}{gap}{_plus(value, study)}" for name, value in named.items())


def _plus(value: float, study: Study) -> str:
    """An amount with its sign."""
    return f"{'+' if value > 0 else ''}{show(value, 'yuan', study.language)}"


def _age_sentence(study: Study) -> str:
    here, rule = setting(study), limits(study)
    oldest = {name: oldest_age(category, here.place, here.day) for name, category in _OLDEST_OF.items()}
    loose = any(limit - 1 > oldest[sex] for sex, limit in rule.items())
    said = text(_WORDS["loose" if loose else "tight"], study.language, **rule)
    return text(_WORDS["rule"], study.language, **oldest, rule=said)


def limits(study: Study) -> dict[str, int]:
    """Ages below which the plan guides men and women into the employee scheme."""
    return {sex: round(setting(study).now(f"employee.{sex}_limit")) for sex in ("men", "women")}


def plan_years(study: Study) -> pd.DataFrame:
    """A year's money in nominal yuan: of one person moved, and of everybody moved since the first year shown.

    Returns
    -------
    DataFrame
        Index ``year``; what the employee fund collects from one ``flexible`` worker and one member of ``enterprise``
        staff, ``fees`` (fee and subsidy) the resident fund loses, ``subsidy`` the budget saves; ``heads`` moved and paying
        (average of the year), and ``fund_all``, ``fees_all``, ``subsidy_all`` for all of them.
    """
    one = pd.DataFrame.from_dict({year: _of_one(study, year) for year in _shown_years(study)}, orient="index")
    moved = pd.DataFrame.from_dict({year: _moved(study, year) for year in one.index}, orient="index")
    paying = moved.cumsum() - moved / 2
    heads = paying.sum(axis=1)
    income = sum(paying[member] * one[member] for member in _MEMBERS)
    return one.assign(heads=heads, fund_all=income, fees_all=heads * one["fees"], subsidy_all=heads * one["subsidy"])


def _moved(study: Study, year: int) -> dict[str, float]:
    """Transfers of a year by what they become."""
    now = {name: at(_given(study)[f"employee.{name}"].value, year) for name in ("new_from_resident", "new_flexible")}
    transfers, gross_new = (study.value("employee", name, year) for name in ("transfers", "gross_new"))
    flexible = flexible_share(transfers, gross_new, now["new_from_resident"], now["new_flexible"])
    return {"flexible": transfers * flexible, "enterprise": transfers * (1 - flexible)}


def _shown_years(study: Study) -> list[int]:
    """All years of a short plan; of a long one three, from the study's own on."""
    years = list(study.plan.years)
    if len(years) <= _LONG:
        return years
    first = min(max(study.as_of.year, years[0]), years[-_OF_A_LONG_PLAN])
    return list(range(first, first + _OF_A_LONG_PLAN))


def _of_one(study: Study, year: int) -> dict[str, float]:
    """What one person's move changes in a year of the plan, on that year's average base."""
    here = replace(setting(study), year=year)
    bases = {member: study.value("employee", "contribution_base", year, category=member) for member in _MEMBERS}
    found = {m: net(paying_year(replace(here.conditions(m), wage=base, base=1.0))) for m, base in bases.items()}
    either = found["flexible"]
    funds = {member: parties["employee_fund"] for member, parties in found.items()}
    return {**funds, "fees": -either["resident_fund"], "subsidy": either["budget"]}


def years(study: Study) -> list[Content]:
    """The table of the plan's years."""
    language, seen = study.language, plan_years(study)
    heads = [text(_WORDS[key], language) for key in ("item", "unit")]
    header = (*heads, *(text(_WORDS["year"], language, year=year) for year in seen.index))
    rows = tuple(_year_row(study, str(name), seen[name]) for name in seen)
    return [Table(text(_WORDS["years"], language), "", header, rows, (text(_WORDS["years_note"], language),))]


def _year_row(study: Study, name: str, values: pd.Series) -> tuple[str, ...]:
    unit = "person" if name == "heads" else "yuan"
    scale = display_scale(unit, 1.0 if name in _OF_ONE else float(values.max()))
    words = text(_WORDS[name], study.language)
    return (words, scale_label(scale, study.language), *(number(value, scale) for value in values))


def persons(study: Study) -> list[Content]:
    """Typical persons and what their values hang on most; nothing where no pension can be computed."""
    return [*typical(study), *ranges(study)] if _tells(study) else []


def typical(study: Study) -> list[Content]:
    """Two tables: what typical persons get in either scheme, and what their lives come to for every party."""
    moves = typical_moves(study)
    return [_pension_table(study, moves), _value_table(study, moves)]


def typical_moves(study: Study) -> _Moves:
    """Men and women of 25, of 35, just below and at the age rule, moved as flexible workers and as enterprise staff."""
    here, rule = setting(study), limits(study)
    moves = []
    for sex, category in (("men", "M60"), ("women", "F55")):
        limit = min(rule[sex], _OLDEST)
        for age in (*_YOUNG, limit - 1, limit):
            people = [(_person(study, age, _category(category, member)), member) for member in _MEMBERS]
            moves += [(person, member, here.move(person, member)) for person, member in people]
    return moves


def _category(category: str, member: str) -> str:
    """Women of enterprises are taken as workers, who retired at 50 before the reform."""
    return "F50" if (category, member) == ("F55", "enterprise") else category


def _pension_table(study: Study, moves: _Moves) -> Table:
    columns = ("who", "as", "claims", "paid", "pension", "resident", "back", "gone")
    rows = tuple((*_labels(study, person, member), *_pension_cells(study, move)) for person, member, move in moves)
    basic = show(moves[0][2].given.resident_basic, "yuan/month", study.language)
    note = text(_WORDS["typical_note"], study.language, basic=basic)
    return Table(
        text(_WORDS["typical"], study.language), text(_WORDS["amounts"], study.language), _header(study, columns), rows, (note,)
    )  # fmt: skip


def _header(study: Study, columns: Sequence[str]) -> tuple[str, ...]:
    words = [text((_WORDS | PARTY_NAMES)[column], study.language) for column in columns]
    return tuple(word[:1].upper() + word[1:] for word in words)


def _labels(study: Study, person: Person, member: str) -> tuple[str, str]:
    sex = "men" if person.category == "M60" else "women"
    return _who(study, person, sex), text(_WORDS[f"as_{member}"], study.language)


def _pension_cells(study: Study, move: Swing) -> tuple[str, ...]:
    years = f"{(move.life.claims - move.life.start) / MONTHS:.1f}"
    pensions = money(move.pension, move.resident_pension)
    return (
        age_words(move.life.claims, study),
        years,
        *pensions,
        old(move.break_even_age, study),
        old(move.spent_age, study),
    )


def _value_table(study: Study, moves: _Moves) -> Table:
    amounts = [_value_cells(move) for _, _, move in moves]
    scale = display_scale("yuan", max(abs(amount) for cells in amounts for amount in cells))
    rows = tuple(
        (*_labels(study, person, member), *(number(amount + 0.0, scale) for amount in cells))
        for (person, member, _), cells in zip(moves, amounts, strict=True)
    )
    columns = ("who", "as", "collected", "outlay", "resident_fund", "budget", "employer", "person", "sum")
    note = text(_WORDS["values_note"], study.language, rate=REAL_RATE)
    return Table(
        text(_WORDS["values"], study.language),
        scale_label(scale, study.language),
        _header(study, columns),
        rows,
        (note,),
    )


def _value_cells(move: Swing) -> tuple[float, ...]:
    """The employee fund's side in two parts, the other parties, and the sum of everything."""
    values, collected = move.values, move.value_of("contributions")
    parts = (collected, values["employee_fund"] - collected,
             *(values[party] for party in ("resident_fund", "budget", "employer", "person")))  # fmt: skip
    return (*parts, round(sum(parts), 6))


def chart(study: Study) -> list[Content]:
    """Each party's running present value over the life of the person the answer speaks of."""
    language, (person, move) = study.language, _asked(study)
    running = running_frame(move)
    marks = {move.life.claims / MONTHS: text(_WORDS["mark"], language, age=age_words(move.life.claims, study))}
    title = text(_WORDS["chart"], language, who=_who(study, person))
    return [Chart("swing", title, lambda ax: running_values(ax, running, marks, language), height_cm=9.0)]


def running_frame(move: Swing) -> pd.DataFrame:
    """Present value of each party's swing up to every age: index age in years, a column a party, yuan."""
    built = {party: running_value(part, move.given.discount) for party, part in net(move.flows).items()}
    ages = (move.life.ages + 1) / MONTHS
    start = pd.DataFrame(0.0, [move.life.start / MONTHS], list(PARTIES))
    return pd.concat([start, pd.DataFrame(built, ages)]).rename_axis("age")


def ranges(study: Study) -> list[Content]:
    """The person's present values between the lows and the highs of the assumptions that matter most."""
    language, (person, move) = study.language, _asked(study)
    found = sensitivity(setting(study), person, "flexible").head(_MOST)
    scale = display_scale(
        "yuan", float(found[["fund_low", "fund_high", "person_low", "person_high"]].abs().to_numpy().max())
    )
    rows = tuple(_range_row(study, str(name), row, scale) for name, row in found.iterrows())
    note = {name: _plus(move.values[party], study) for name, party in (("fund", "employee_fund"), ("person", "person"))}
    title, unit = text(_WORDS["ranges"], language, who=_who(study, person)), scale_label(scale, language)
    header = _header(study, ("input", "between", "fund_at", "person_at"))
    return [Table(title, unit, header, rows, (text(_WORDS["ranges_note"], language, **note),))]


def _range_row(study: Study, name: str, row: pd.Series, scale: Scale) -> tuple[str, ...]:
    term, language = _RATE if name == "rate" else PARAMETERS[name], study.language
    ends = {side: show(row[side], term.unit, language) for side in ("low", "high")}
    values = ({side: number(row[f"{party}_{side}"], scale) for side in ("low", "high")} for party in ("fund", "person"))
    return (text(term, language), *(text(_WORDS["to"], language, **pair) for pair in (ends, *values)))


def basis(study: Study) -> list[Content]:
    """The plan's assumptions used here by name and value, the conventions, the rules."""
    given, language = _given(study), study.language
    used = dict.fromkeys(
        [*inputs_of("flexible"), *inputs_of("enterprise"), "employee.new_from_resident", "employee.new_flexible"]
    )
    assumed = [_with_value(study, name) for name in used if given[name].quality == "assumed"]
    names = ("、" if language == "zh" else ", ").join(assumed)
    items = (text(_WORDS["inputs"], language, names=names), text(_WORDS["conventions"], language))
    return [Listing(items), Paragraph(text(_WORDS["sources"], language))]


def _with_value(study: Study, name: str) -> str:
    return f"{text(PARAMETERS[name], study.language)} {show(setting(study).now(name), PARAMETERS[name].unit, study.language)}"
