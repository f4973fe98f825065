"""Every place in app/ that names a catalogue code, with the values it gives, as far as the source alone tells."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass

from tests.architecture.sources import Source, sources

# Callable → (position of the code, position of the values), and their keywords.
NAMING = {"Finding": (0, 2, "data"), "ConnectRefusedError": (0, 1, "values"), "Fault": (0, 1, "values")}
Function = ast.FunctionDef | ast.AsyncFunctionDef


@dataclass(frozen=True)
class Named:
    """A call that names a code; `keys` is None when the source does not tell them."""

    where: str
    code: str | None
    keys: frozenset[str] | None


def named() -> Iterator[Named]:
    """Every such call."""
    for source in sources("app"):
        for scope in [source.tree, *(node for node in ast.walk(source.tree) if isinstance(node, Function))]:
            for call in _own_calls(scope):
                yield from _named(source, scope, call)


def _own_calls(scope: ast.AST) -> Iterator[ast.Call]:
    """The calls of a scope that do not belong to a function inside it."""
    for child in ast.iter_child_nodes(scope):
        if isinstance(child, ast.Call) and isinstance(child.func, ast.Name) and child.func.id in NAMING:
            yield child
        if not isinstance(child, Function):
            yield from _own_calls(child)


def _named(source: Source, scope: ast.AST, call: ast.Call) -> Iterator[Named]:
    assert isinstance(call.func, ast.Name)
    code_at, values_at, keyword = NAMING[call.func.id]
    where = f"{source.path}:{getattr(scope, 'name', '')}"
    values = _argument(call, values_at, keyword)
    keys = frozenset[str]() if values is None else _keys(values, scope)
    codes: list[str | None] = [*_codes(_argument(call, code_at, "code"))]
    for code in codes or [None]:
        yield Named(where, code, keys)


def _argument(call: ast.Call, position: int, keyword: str) -> ast.expr | None:
    if len(call.args) > position:
        return call.args[position]
    return next((one.value for one in call.keywords if one.arg == keyword), None)


def _codes(expression: ast.expr | None) -> Iterator[str]:
    match expression:
        case ast.Constant(value=str(code)):
            yield code
        case ast.IfExp(body=body, orelse=other):
            yield from _codes(body)
            yield from _codes(other)


def _keys(expression: ast.expr, scope: ast.AST) -> frozenset[str] | None:
    """The keys of a mapping: a literal, a local variable that holds one, or several merged."""
    match expression:
        case ast.Dict(keys=keys, values=values):
            parts = [
                _keys(value, scope) if key is None else _literal(key) for key, value in zip(keys, values, strict=True)
            ]
        case ast.BinOp(left=left, op=ast.BitOr(), right=right):
            parts = [_keys(left, scope), _keys(right, scope)]
        case ast.Name(id=name, lineno=line):
            return _keys_of_variable(name, line, scope)
        case _:
            return None
    known = [part for part in parts if part is not None]
    return frozenset().union(*known) if len(known) == len(parts) else None


def _literal(key: ast.expr) -> frozenset[str] | None:
    return frozenset({key.value}) if isinstance(key, ast.Constant) and isinstance(key.value, str) else None


def _keys_of_variable(name: str, before: int, scope: ast.AST) -> frozenset[str] | None:
    """What the last plain assignment above gave the variable."""
    given = [
        node
        for node in ast.walk(scope)
        if isinstance(node, ast.Assign) and node.lineno <= before
        if any(isinstance(target, ast.Name) and target.id == name for target in node.targets)
    ]
    return _keys(max(given, key=lambda node: node.lineno).value, scope) if given else None
