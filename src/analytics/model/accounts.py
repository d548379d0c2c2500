"""Individual accounts: what is recorded in the members' names, rolled forward year by year.

Accounts at the end = accounts at the start + credited + interest + carried − paid out − left to heirs.  One stock a
scheme holds the accounts of those who pay and of those who draw on theirs: retiring takes nobody's account out of it.
Accounts are a record of what is owed to persons, not a second fund: nothing here moves income, expenditure or balance.

Where people come, go or die with an account it is the mean one: accounts ÷ contribution-stage participants, both at the
year's start.  What pensioners have left is spread over the same heads, so the mean stands somewhat high; who dies before
retiring is older than the mean member and has more, so it also stands somewhat low.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from analytics.model.book import Reads, Value, Writes
from analytics.model.enrollment import CATEGORIES, total
from analytics.model.fund import MONTHS, average_heads, resident_payers
from analytics.model.pension import ACCOUNT_RATE

_SCHEMES = ("employee", "resident")
_OPENINGS = ("accounts", "account_in_balance", "account_years")


def record_accounts(
    schemes: Sequence[str], given: Reads[Value], book: Writes[Value], year: int, base_year: int
) -> None:
    """Write down the accounts of the pension schemes whose opening is given, once their funds of the year are booked.

    Also how much of the employees' accounts the balance covers, where both are known.
    """
    kept = [s for s in _SCHEMES if s in schemes and any(given.has(f"{s}.{way}") for way in _OPENINGS)]
    means = {s: book(s, "accounts", year - 1) / book(s, "active", year - 1) for s in kept if year > base_year}
    for scheme in kept:
        credited = book.enter(scheme, "account_credits", year, _credited(scheme, given, book, year, base_year))
        if year == base_year:
            book.enter(scheme, "accounts", year, _opening(scheme, credited, given, year))
        else:
            book.enter(scheme, "accounts", year, _rolled(scheme, credited, means, given, book, year))
    if "employee" in kept and given.has("employee.balance"):
        cover = book("employee", "balance", year) / book("employee", "accounts", year)
        book.enter("employee", "account_cover", year, cover)


def _opening(scheme: str, credited: Value, given: Reads[Value], year: int) -> Value:
    """Accounts at the end of the base year: as the plan states them, as a share of the balance, or credits × years."""
    if given.has(f"{scheme}.accounts"):
        return given(f"{scheme}.accounts", year)
    if given.has(f"{scheme}.account_in_balance"):
        return given(f"{scheme}.account_in_balance", year) * given(f"{scheme}.balance", year)
    return given(f"{scheme}.account_years", year) * credited


def _credited(scheme: str, given: Reads[Value], book: Writes[Value], year: int, base_year: int) -> Value:
    """Yuan a year: 8 % of the base that employees paid on (国发〔2005〕38号); residents' fees with the subsidy to them.

    The latter: 国发〔2014〕8号.  Whoever pays back at 60 or later brings no account, as the fund books no fee for it.
    """
    if scheme == "resident":
        yearly = given("resident.fee", year) + given("resident.fee_subsidy", year)
        return resident_payers(given, book, year, base_year) * yearly
    payroll = total(
        average_heads(book, "employee", "contributors", year, base_year, k)
        * book("employee", "contribution_base", year, k)
        for k in CATEGORIES if given.has(f"employee.{k}")
    )  # fmt: skip
    return payroll * MONTHS * ACCOUNT_RATE * book("employee", "collection_rate", year)


def _rolled(
    scheme: str, credited: Value, means: Mapping[str, Value], given: Reads[Value], book: Writes[Value], year: int
) -> Value:
    """Accounts at the end of a projected year.

    Interest = crediting rate × (start + half of the year's other movements): what is credited within a year earns about
    half of its interest, as in the yearly method of 劳办发〔1997〕116号.  Members who die before drawing on their account
    leave it to their heirs (社会保险法 art. 14).
    """
    start = book(scheme, "accounts", year - 1)
    carried = book.enter(scheme, "account_carried", year, _carried(scheme, means, book, year))
    paid = book.enter(scheme, "account_payments", year, _paid(scheme, given, book, year))
    left = book.enter(scheme, "account_inheritance", year, book(scheme, "deaths", year) * means[scheme])
    moved = credited + carried - paid - left
    interest = given(f"{scheme}.crediting", year) * (start + moved / 2)
    return start + moved + book.enter(scheme, "account_interest", year, interest)


def _carried(scheme: str, means: Mapping[str, Value], book: Writes[Value], year: int) -> Value:
    """Accounts that come with people less those that go: from and to elsewhere, and between the schemes.

    Newcomers bring the mean account of those they join (国办发〔2009〕66号: the whole account moves).  Residents take
    theirs along when they change schemes; the rules (人社部发〔2014〕17号) merge the two at retirement, so the sum of both
    schemes is right and the split runs ahead.
    """
    came, moved = book(scheme, "arrivals", year), book("employee", "transfers", year)
    if scheme == "resident":
        return (came + book("resident", "migration", year) - moved) * means["resident"]
    own = (came - book("employee", "exits", year)) * means["employee"]
    return own + moved * means["resident"] if "resident" in means else own


def _paid(scheme: str, given: Reads[Value], book: Writes[Value], year: int) -> Value:
    """Paid out to pensioners and, once they die, to their heirs, yuan a year.

    Of employees a share of expenditure; of residents what the budget does not bear: it bears their basic pension, their
    account the rest (国发〔2014〕8号).
    """
    share = given("employee.account_share", year) if scheme == "employee" else 1 - given("resident.fiscal", year)
    return book(scheme, "expenditure", year) * share
