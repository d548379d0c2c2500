"""Where each thing stands in the arrays that the compiled engine reads and fills: their rows, by name."""

from __future__ import annotations

from analytics.model.people.states import BANDS, FLOWS, REACHES

PATTERNS = (
    "risk", "insured_risk", "exit", "interruption", "resumption", "leaving_school", "migration", "joining", "arriving",
)  # fmt: skip
"""(9, 2, 85): what differs by sex and age, at the age of the year's end.

Two probabilities of dying, in the whole population and by the insurers' table; five patterns that levels scale; the
share of the uncovered whom the employee scheme can reach; and newcomers by sex and age, summing to 1.
"""
RISK, INSURED_RISK, EXITING, INTERRUPTING, RESUMING, LEAVING, MIGRATING, JOINING, ARRIVING = range(len(PATTERNS))

LEVELS = (
    "population.mortality", "population.insured_mortality", "employee.exit", "employee.interruption",
    "employee.resumption", "population.school_leaving", "population.migration", "resident.back_payment",
    "employee.men_limit", "employee.women_limit", "employee.over_age",
)  # fmt: skip
"""The first rows of a year's levels, (24, draws): parameters as they are given."""
(
    MORTALITY, INSURED_MORTALITY, EXIT, INTERRUPTION, RESUMPTION, SCHOOL, MIGRATION, BACK_PAYMENT,
    LIMITS, _, OVER_AGE,
) = range(len(LEVELS))  # fmt: skip

# The further rows: the share of those due who have the minimum years; ones; each category's share of the contributors;
# persons turning 16 by sex; and how those who retire divide by what they choose.
QUALIFIED, EVERYBODY, CATEGORY_SHARES, ENTRANTS, CHOICES, YEAR_ROWS = 11, 12, 13, 16, 18, 24

# New enrollment, (12, draws): transfers ÷ residents who may move; the part of them that counts as new members, the rest
# moving for the structure; new members from the uncovered ÷ uncovered within reach; newcomers to both schemes; new
# residents ÷ uncovered whom the employee scheme leaves; and by category the shares of new members and of that rest.
TRANSFERRING, OWN, JOINING_RATE, ARRIVALS, RESIDENT_ARRIVALS, ENROLLING_RATE = range(6)
NEW_SHARES, FURTHER_SHARES, NEW_ROWS = 6, 9, 12

PLACES = {key: place for place, key in enumerate((*FLOWS, *REACHES, *BANDS))}
"""Row of each flow, reach and band among the year's totals, (31, draws)."""
DIED, RETIRED, LEFT, BROKE = (
    PLACES[key] for key in (("deaths", "outside"), ("retirements", "enterprise"), ("exits", "enterprise"),
                            ("interruptions", "enterprise"))
)  # fmt: skip
"""First rows of flows out of several states, which follow in the order of the states; so does migration."""
MOVED = PLACES["migration", "outside"]
RESUMED, LEFT_SCHOOL, AGED, PAID_BACK = (
    PLACES[key] for key in (("resumptions", "interrupted"), ("leaving_school", "outside"), ("ageing", "resident"),
                            ("back_payments", "uncovered"))
)  # fmt: skip
JOINABLE, ENROLLABLE, TRANSFERABLE, FROM_65, FROM_75 = (PLACES[key] for key in (*REACHES, *BANDS))
