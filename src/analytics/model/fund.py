"""Fund arithmetic: what is collected, what is paid, what is left.

Collection income = Σ over categories of average contributors × base × 12 × rate × collection rate, with the base
following last year's wage; expenditure = pensioners × average pension × 12 + one-off payments;
balance at the end = balance at the start + income − expenditure.
"""

from __future__ import annotations

from analytics.model.book import Reads, Value, Writes
from analytics.model.enrollment import CATEGORIES, total
from analytics.model.people.cohorts import Ages

MONTHS = 12


def reference_wage(before_last: Value, last: Value, switch_month: Value) -> Value:
    """The wage behind a year's base (yuan a month): the older one until the switch, the newer one from it on.

    ((switch − 1) × wage two years ago + (13 − switch) × last year's wage) ÷ 12; switch 1: last year's wage all year.
    """
    return ((switch_month - 1) * before_last + (13 - switch_month) * last) / MONTHS


def collection_income(contributors: Value, base: Value, rate: Value, collected: Value) -> Value:
    """Yuan a year: average contributors × monthly base × 12 × rate × collection rate."""
    return contributors * base * MONTHS * rate * collected


def mean(start: Value, end: Value) -> Value:
    """Average heads in the year: the mean of its two ends."""
    return (start + end) / 2


def record_wages(given: Reads[Value], book: Writes[Value], year: int, base_year: int) -> Value:
    """Write down the year's average wage, the floor and cap it gives, and return the wage behind the year's base."""
    before_last, last = _last_two_wages(given, book, year, base_year)
    book.enter("employee", "average_wage", year, last * (1 + given("wage.growth", year)))
    reference = reference_wage(before_last, last, given("wage.switch_month", year))
    book.enter("employee", "base_floor", year, reference * given("wage.floor", year))
    book.enter("employee", "base_cap", year, reference * given("wage.cap", year))
    return reference


def _last_two_wages(given: Reads[Value], book: Writes[Value], year: int, base_year: int) -> tuple[Value, Value]:
    known = {base_year - 2: "wage.before_last", base_year - 1: "wage.last"}
    return tuple(
        given(known[y], base_year) if y in known else book("employee", "average_wage", y) for y in (year - 2, year - 1)
    )  # type: ignore[return-value]


def record_employee_income(
    given: Reads[Value], book: Writes[Value], year: int, base_year: int, reference: Value
) -> None:
    """Collection income of the employee scheme by category and in total.

    ``reference`` is the wage behind the year's base, yuan a month; each category declares its own ratio to it.
    """
    collected = book.enter("employee", "collection_rate", year, given("employee.collection", year))
    categories = [k for k in CATEGORIES if given.has(f"employee.{k}")]
    parts = {k: _category_parts(k, given, book, year, base_year, reference) for k in categories}
    implied = total([collection_income(*part, collected) for part in parts.values()])
    level = record_base_level("employee", implied, given, book, year, base_year)
    incomes = []
    for category, (heads, base, rate) in parts.items():
        base = book.enter("employee", "contribution_base", year, base * level, category)
        rate = book.enter("employee", "contribution_rate", year, rate, category)
        income = collection_income(heads, base, rate, collected)
        incomes.append(book.enter("employee", "collection_income", year, income, category))
    book.enter("employee", "collection_income", year, total(incomes))


def _category_parts(
    category: str, given: Reads[Value], book: Writes[Value], year: int, base_year: int, reference: Value
) -> tuple[Value, Value, Value]:
    """Average heads, base before calibration, and rate of one category."""
    heads = average_heads(book, "employee", "contributors", year, base_year, category)
    base = reference * given(f"employee.{category}_base", year)
    return heads, base, given(f"employee.{category}_rate", year)


def record_base_level(
    scheme: str, implied: Value, given: Reads[Value], book: Writes[Value], year: int, base_year: int
) -> Value:
    """Level of the declared bases against the plan's ratios.

    In the base year stated ÷ implied income, so that the identity gives what was really collected (1 where no income is
    stated); afterwards it rises by the yearly improvement of the declared base.
    """
    if year > base_year:
        level = book(scheme, "base_level", year - 1) * (1 + given("employee.base_quality", year))
    elif given.has(f"{scheme}.collection_income"):
        level = given(f"{scheme}.collection_income", year) / implied
    else:
        level = implied / implied
    return book.enter(scheme, "base_level", year, level)


def average_heads(
    book: Writes[Value], scheme: str, stock: str, year: int, base_year: int, category: str = "total"
) -> Value:
    """Average heads of a stock in a year; in the base year, whose start is not known, the heads at its end."""
    end = book(scheme, stock, year, category)
    return end if year == base_year else mean(book(scheme, stock, year - 1, category), end)


def record_employee_expenditure(given: Reads[Value], book: Writes[Value], year: int, base_year: int) -> Value:
    """Expenditure of the employee scheme and the average pension at the year's end.

    Pensioners of the start of the year get the adjusted pension, new ones their own level (a ratio to last year's
    wage); half of the year's deaths and new pensions fall into each half of the year; deaths cost a one-off payment.
    """
    retirees = book("employee", "retirees", year)
    if year == base_year:
        pension = book.enter("employee", "average_pension", year, given("employee.pension", year))
        return book.enter("employee", "expenditure", year, retirees * pension * MONTHS)
    before, new = book("employee", "retirees", year - 1), book("employee", "retirements", year)
    died = book("employee", "pensioner_deaths", year)
    old_level = book("employee", "average_pension", year - 1) * (1 + given("employee.pension_adjustment", year))
    new_level = book("employee", "average_wage", year - 1) * given("employee.new_pension", year)
    bill = ((before - died / 2) * old_level + new / 2 * new_level) * MONTHS
    book.enter("employee", "average_pension", year, ((before - died) * old_level + new * new_level) / retirees)
    return book.enter("employee", "expenditure", year, bill + died * given("employee.funeral", year))


def record_resident_fund(
    ages: Ages[Value], given: Reads[Value], book: Writes[Value], year: int, base_year: int
) -> None:
    """The resident scheme: fees paid, benefits, and what the budget adds.

    Fees = average contribution-stage heads × share paying × average fee; the budget adds a subsidy per paying person
    and its share of the benefits.
    """
    paying = resident_payers(given, book, year, base_year)
    receiving = average_heads(book, "resident", "beneficiaries", year, base_year)
    book.enter("resident", "collection_income", year, paying * given("resident.fee", year))
    benefit = book.enter("resident", "average_pension", year, _resident_benefit(ages, given, book, year, base_year))
    spent = book.enter("resident", "expenditure", year, receiving * benefit * MONTHS)
    subsidy = paying * given("resident.fee_subsidy", year) + spent * given("resident.fiscal", year)
    book.enter("resident", "fiscal_subsidy", year, subsidy)


def resident_payers(given: Reads[Value], book: Writes[Value], year: int, base_year: int) -> Value:
    """Residents who pay their fee in a year: average contribution-stage heads × share paying."""
    return average_heads(book, "resident", "active", year, base_year) * given("resident.paying", year)


def _resident_benefit(ages: Ages[Value], given: Reads[Value], book: Writes[Value], year: int, base_year: int) -> Value:
    """Average benefit, yuan a month: everybody's, growing year by year, and what the old get on top of it by age."""
    receiving = book("resident", "beneficiaries", year)
    paid = total(
        given(f"resident.supplement_{age}", year) * ages.among(f"aged_{age}", "beneficiaries", year, receiving)
        for age in (65, 75)
    )
    on_top = book.enter("resident", "age_supplement", year, paid / receiving)
    if year == base_year:
        return given("resident.benefit", year)
    common = book("resident", "average_pension", year - 1) - book("resident", "age_supplement", year - 1)
    return common * (1 + given("resident.benefit_growth", year)) + on_top


def record_small_fund(
    scheme: str, given: Reads[Value], book: Writes[Value], year: int, base_year: int, reference: Value
) -> None:
    """Unemployment or work-injury insurance: participants, collection income, expenditure (cost grows with the wage)."""
    _record_small_participants(scheme, given, book, year, base_year)
    heads = average_heads(book, scheme, "participants", year, base_year)
    rate = book.enter(scheme, "contribution_rate", year, given(f"{scheme}.rate", year))
    collected = book.enter(scheme, "collection_rate", year, given(f"{scheme}.collection", year))
    base = reference * given(f"{scheme}.base", year)
    implied = collection_income(heads, base, rate, collected)
    level = record_base_level(scheme, implied, given, book, year, base_year)
    base = book.enter(scheme, "contribution_base", year, base * level)
    book.enter(scheme, "collection_income", year, collection_income(heads, base, rate, collected))
    wage = book("employee", "average_wage", year) / book("employee", "average_wage", base_year)
    book.enter(scheme, "expenditure", year, heads * given(f"{scheme}.cost", year) * wage)


def _record_small_participants(
    scheme: str, given: Reads[Value], book: Writes[Value], year: int, base_year: int
) -> None:
    """Participants at the end = at the start × (1 − exit rate) + gross new."""
    if year == base_year:
        book.enter(scheme, "participants", year, given(f"{scheme}.participants", year))
        return
    before = book(scheme, "participants", year - 1)
    gross = book.enter(scheme, "gross_new", year, given(f"{scheme}.gross_new", year))
    exits = book.enter(scheme, "exits", year, before * given(f"{scheme}.exit", year))
    book.enter(scheme, "net_new", year, gross - exits)
    book.enter(scheme, "participants", year, before + gross - exits)


def record_balance(scheme: str, given: Reads[Value], book: Writes[Value], year: int, base_year: int) -> None:
    """Gap, total income, balance and months payable.

    gap = expenditure − collection income; income = collection income + subsidy + interest on the opening balance;
    balance at the end = balance at the start + income − expenditure; months payable = balance ÷ monthly expenditure.
    A scheme whose balance is not kept locally has neither interest, balance nor months payable.
    """
    collected, spent = book(scheme, "collection_income", year), book(scheme, "expenditure", year)
    book.enter(scheme, "gap", year, spent - collected)
    if scheme == "employee":
        book.enter(scheme, "fiscal_subsidy", year, spent * given("employee.subsidy", year))
    subsidised = scheme in ("employee", "resident")
    income = collected + book(scheme, "fiscal_subsidy", year) if subsidised else collected
    kept = given.has(f"{scheme}.balance")
    if kept and year > base_year:
        interest = book(scheme, "balance", year - 1) * given(f"{scheme}.interest", year)
        income = income + book.enter(scheme, "interest", year, interest)
    income = book.enter(scheme, "income", year, income)
    current = book.enter(scheme, "current_balance", year, income - spent)
    if kept:
        before = book(scheme, "balance", year - 1) + current if year > base_year else given(f"{scheme}.balance", year)
        balance = book.enter(scheme, "balance", year, before)
        book.enter(scheme, "months_payable", year, balance / (spent / MONTHS))
