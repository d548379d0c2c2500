"""Arithmetic written in a plan file (``20.06 / 1.10``): numbers, + − × ÷ and brackets, nothing else."""

from __future__ import annotations

import ast
import operator
from collections.abc import Callable
from functools import lru_cache

_OPERATIONS: dict[type, Callable[[float, float], float]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
}


@lru_cache(maxsize=4096)
def evaluate(expression: str) -> float:
    """The value of ``expression``.

    Raises
    ------
    ValueError
        For anything but numbers, ``+ - * /`` and brackets, and for a division by zero; the text is the
        fault's code, what was found and what was expected, separated by ``|``.
    """
    try:
        return float(_value(ast.parse(expression, mode="eval").body))
    except (SyntaxError, TypeError, ZeroDivisionError) as error:
        raise ValueError(f"arithmetic|{expression}|+ - * / ( )") from error


def _value(node: ast.expr) -> float:
    match node:
        case ast.Constant(value=int() | float() as number) if not isinstance(number, bool):
            return number
        case ast.BinOp(left, operation, right) if type(operation) in _OPERATIONS:
            return _OPERATIONS[type(operation)](_value(left), _value(right))
        case ast.UnaryOp(ast.USub(), operand):
            return -_value(operand)
        case _:
            raise TypeError(ast.dump(node))
