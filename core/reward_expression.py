"""A reward term of one's own: an arithmetic expression over the levels of the meters, read without `eval`.

`0.01 * mood - 0.02 * (energy < 0.2)` is the reward of a step: a name is the level of that meter after the
step, from 0 to 1, and a comparison is 1 or 0. `change(money)` is the change of a level in the step. `min`,
`max` and `abs` are there too. Everything else is refused by name.
"""

import ast
import operator
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

from core.errors import ConfigError

__all__ = ["Arithmetic", "Expression", "parse_expression"]

MOST_NODES = 200
"""Parts of an expression, at most: it is computed in every step."""
LARGEST = 100.0
"""The value of an expression lies between −`LARGEST` and `LARGEST`, whatever the meters are."""

Bounds = tuple[float, float]
"""The lowest and the highest value that a part of an expression can have."""

BINARY: dict[type[ast.operator], Callable[[Any, Any], Any]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
}
COMPARISONS: dict[type[ast.cmpop], Callable[[Any, Any], Any]] = {
    ast.Lt: operator.lt,
    ast.LtE: operator.le,
    ast.Gt: operator.gt,
    ast.GtE: operator.ge,
}
ALLOWED = "numbers, names of meters, + - * /, < <= > >=, min(a, b), max(a, b), abs(a) and change(meter)"


class Arithmetic(NamedTuple):
    """What differs between the kinds of numbers that an expression is computed with."""

    minimum: Callable[[Any, Any], Any]
    maximum: Callable[[Any, Any], Any]
    as_number: Callable[[Any], Any]
    """1 or 0 of a comparison's result."""


class Expression:
    """A checked expression over the meters `names`."""

    def __init__(self, tree: ast.expr, names: Sequence[str]) -> None:
        self._tree = tree
        self._index = {name: index for index, name in enumerate(names)}

    def __call__(self, before: Sequence[Any], after: Sequence[Any], arithmetic: Arithmetic) -> Any:
        """The value; `before` and `after` a step are the levels of the meters, numbers or tensors."""

        def compute(node: ast.expr) -> Any:
            match node:
                case ast.Constant(value=number):
                    return number
                case ast.Name(id=name):
                    return after[self._index[name]]
                case ast.UnaryOp(operand=operand):
                    return -compute(operand)
                case ast.BinOp(left=left, op=op, right=right):
                    return BINARY[type(op)](compute(left), compute(right))
                case ast.Compare(left=left, ops=[op], comparators=[right]):
                    return arithmetic.as_number(COMPARISONS[type(op)](compute(left), compute(right)))
                case ast.Call(func=ast.Name(id="change"), args=[ast.Name(id=name)]):
                    return after[self._index[name]] - before[self._index[name]]
                case ast.Call(func=ast.Name(id="abs"), args=[argument]):
                    return abs(compute(argument))
                case ast.Call(func=ast.Name(id=name), args=[first, second]):
                    choose = arithmetic.minimum if name == "min" else arithmetic.maximum
                    return choose(compute(first), compute(second))
            raise AssertionError(f"{ast.dump(node)} was not refused")

        return compute(self._tree)


def parse_expression(text: str, names: Sequence[str], key: str) -> Expression:
    """Read an expression over the meters `names`; `key` is where it stands in the configuration.

    Raises:
        ConfigError: the text is no arithmetic, names what is no meter, or can become very large.
    """
    try:
        tree = ast.parse(text.strip(), mode="eval").body
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        reason = error.msg if isinstance(error, SyntaxError) else "it cannot be parsed"
        raise ConfigError(f"{key} is {text!r}, which is no expression ({reason}); write {ALLOWED}") from error
    parts = list(ast.walk(tree))
    if len(parts) > MOST_NODES:
        raise ConfigError(f"{key} has {len(parts)} parts, computed in every step; write at most {MOST_NODES}")
    low, high = _bounds(tree, names, key)
    if not any(isinstance(part, ast.Name) and part.id in names for part in parts):
        raise ConfigError(f"{key} is {text!r}, which names no meter; the meters are {', '.join(names)}")
    if max(-low, high) > LARGEST:
        raise ConfigError(
            f"{key} can be from {low:g} to {high:g} in one step; scale it so that it stays between"
            f" {-LARGEST:g} and {LARGEST:g}"
        )
    return Expression(tree, names)


def _bounds(node: ast.expr, names: Sequence[str], key: str) -> Bounds:
    """The bounds of an allowed part.

    Raises:
        ConfigError: the part is not allowed.
    """

    def of(part: ast.expr) -> Bounds:
        return _bounds(part, names, key)

    match node:
        case ast.Constant(value=bool()):
            pass  # bool is a kind of int
        case ast.Constant(value=int() | float() as number) if abs(number) < 1e9:
            return float(number), float(number)
        case ast.Name(id=name):
            _require_meter(name, names, key)
            return 0.0, 1.0
        case ast.UnaryOp(op=ast.USub(), operand=operand):
            low, high = of(operand)
            return -high, -low
        case ast.BinOp(left=left, op=ast.Add(), right=right):
            return of(left)[0] + of(right)[0], of(left)[1] + of(right)[1]
        case ast.BinOp(left=left, op=ast.Sub(), right=right):
            return of(left)[0] - of(right)[1], of(left)[1] - of(right)[0]
        case ast.BinOp(left=left, op=ast.Mult() | ast.Div() as op, right=right):
            if isinstance(op, ast.Div) and of(right)[0] <= 0.0 <= of(right)[1]:
                raise ConfigError(f"{key} divides by {ast.unparse(right)!r}, which can be 0")
            ends = [BINARY[type(op)](one, other) for one in of(left) for other in of(right)]
            return min(ends), max(ends)
        case ast.Compare(left=left, ops=[order], comparators=[right]) if type(order) in COMPARISONS:
            of(left), of(right)
            return 0.0, 1.0
        case ast.Call(func=ast.Name(id="change"), args=[ast.Name(id=name)], keywords=[]):
            _require_meter(name, names, key)
            return -1.0, 1.0
        case ast.Call(func=ast.Name(id="abs"), args=[argument], keywords=[]):
            low, high = of(argument)
            return (0.0 if low <= 0.0 <= high else min(abs(low), abs(high))), max(-low, high)
        case ast.Call(func=ast.Name(id="min" | "max" as name), args=[first, second], keywords=[]):
            choose = min if name == "min" else max
            return choose(of(first)[0], of(second)[0]), choose(of(first)[1], of(second)[1])
    raise ConfigError(f"{key} has {ast.unparse(node)!r}, which is not allowed there; write {ALLOWED}")


def _require_meter(name: str, names: Sequence[str], key: str) -> None:
    if name not in names:
        raise ConfigError(f"{key} names {name!r}; the meters are {', '.join(names)}")
