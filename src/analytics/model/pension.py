"""What a person's contributions come to: basic, account and transitional pension, and the resident pension.

Amounts are in today's wages: the benefit base stays where it is and account balances grow by the crediting rate over
wage growth, so that a pension decades away can be compared with a wage of today.
Source of the formulas: 国发〔2005〕38号 (employee scheme), 国发〔2014〕8号 (resident scheme).
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

MONTHS = 12
ACCOUNT_RATE = 0.08
"""Share of the base that goes into the personal account, whoever pays it (国发〔2005〕38号)."""


def basic_pension(benefit_base: float, index: float, years: float) -> float:
    """Yuan a month: (benefit base + benefit base × average contribution index) ÷ 2 × years × 1 %."""
    return benefit_base * (1 + index) / 2 * years * 0.01


def transitional_pension(benefit_base: float, index: float, deemed_years: float, coefficient: float) -> float:
    """Yuan a month for years before personal accounts: benefit base × index × deemed years × coefficient (1.0–1.4 %)."""
    return benefit_base * index * deemed_years * coefficient


def account_balance(yearly: float, years: float, growth: float, opening: float = 0.0) -> float:
    """Balance after ``years`` of paying ``yearly`` at each year's end, growing by ``growth`` a year.

    opening × (1 + g)ⁿ + yearly × ((1 + g)ⁿ − 1) ÷ g, and opening + n × yearly where nothing grows.
    """
    factor = (1 + growth) ** years
    annuity = years if abs(growth) < 1e-12 else (factor - 1) / growth
    return opening * factor + yearly * annuity


def payout_months(age_months: float, table: Mapping[float, float]) -> float:
    """Months over which an account is paid out, interpolated between whole years of age.

    Parameters
    ----------
    table
        Months by age in years, e.g. 60 → 139.
    """
    ages = sorted(table)
    return float(np.interp(age_months / MONTHS, ages, [table[age] for age in ages]))


def account_pension(balance: float, months: float) -> float:
    """Yuan a month: balance ÷ payout months."""
    return balance / months


def relative_growth(crediting: float, wage_growth: float) -> float:
    """Yearly growth of an account in today's wages: (1 + crediting rate) ÷ (1 + wage growth) − 1."""
    return (1 + crediting) / (1 + wage_growth) - 1


def break_even_months(paid: float, pension: float) -> float:
    """Months of pension that give back what was paid; infinite for no pension."""
    return paid / pension if pension > 0 else float("inf")
