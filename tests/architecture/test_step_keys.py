"""A step is named by its reference; the text that the posting log stores is written in one module, and read by nobody.

So nothing outside `app.posting.references` takes a key apart, tests how it begins, puts one together, or compares one
with a text (decision 0043). Looked at is what is called `key`, `step_key` or `transaction_id`, and every literal that
has a piece of a key in it.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from itertools import pairwise

import pytest

from app.posting.references import Action
from tests.architecture.sources import sources

WRITER = "app/posting/references.py"
"""The one module that knows what a key looks like."""
_NAMES = frozenset({"key", "step_key", "transaction_id", "step_keys", "keys"})
_TAKES_APART = frozenset(
    {
        "startswith", "endswith", "split", "rsplit", "partition", "rpartition", "removeprefix", "removesuffix", "find",
        "rfind", "index", "replace", "like", "ilike", "contains", "regexp_match", "match", "fullmatch", "search",
    }
)  # fmt: skip
_PIECE = re.compile(
    rf":({'|'.join(Action)}|made|deferral|redeemed|reversal|returned|vat)(:|$)"
    r"|^(invoice|credit|payment|setoff|advance|beyond|correction|article|fees):"
)
"""What no other text of ours has; `order:`, `customer:`, `line:` and `cut_off:` begin other names, too."""
_SQL = re.compile(
    r"\b(split_part|substr(ing)?|left|right|position|regexp_\w+)\s*\(\s*(\w+\.)?step_key\b", re.IGNORECASE
)
_SQL_TEST = re.compile(r"\bstep_key\b[^,()]*?\s(not\s+)?(like|ilike|similar\s+to|~)\s", re.IGNORECASE)

EXCEPTIONS = {
    "app/invoicing/dimensions.py": "keys of a tenant's table of cost centres and projects",
    "app/payouts/files/formats/klarna.py": "keys of the objects of Klarna's API",
    "app/tenants/rules.py": "keys of a tenant's tables by currency",
}
"""File → which other keys it takes apart."""


def offences(tree: ast.Module) -> Iterator[tuple[int, str]]:
    """Line and kind of everything in a file that reads or writes the text of a key."""
    said = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    for node in ast.walk(tree):
        match node:
            case ast.Call(func=ast.Attribute(value=value, attr=attr)) if attr in _TAKES_APART and _is_key(value):
                yield node.lineno, "takes a key apart"
            case ast.Call(func=ast.Attribute(value=ast.Name(id="re")), args=args) if any(map(_is_key, args)):
                yield node.lineno, "takes a key apart"
            case ast.Compare() if _compares_with_text(node):
                yield node.lineno, "compares a key with a text"
            case ast.JoinedStr(values=parts) if _is_built(parts):
                yield node.lineno, "puts a key together"
            case ast.BinOp(op=ast.Add(), left=left, right=right) if _is_key(left) or _is_key(right):
                yield node.lineno, "puts a key together"
            case ast.Constant(value=str(text)) if id(node) not in said and _PIECE.search(text):
                yield node.lineno, f"has a piece of a key: {text!r}"
            case ast.Constant(value=str(text)) if _SQL.search(text) or _SQL_TEST.search(text):
                yield node.lineno, "takes a key apart in SQL"


def _is_key(node: ast.AST) -> bool:
    match node:
        case ast.Attribute(value=ast.Name(id="payout" | "outline"), attr="key"):
            return False  # a payout's own key
        case ast.Name(id=name) | ast.Attribute(attr=name):
            return name in _NAMES
        case ast.Subscript(value=value):
            return _is_key(value)
    return False


def _is_named_key(node: ast.AST) -> bool:
    return isinstance(node, ast.Attribute) and _is_key(node)


def _compares_with_text(node: ast.Compare) -> bool:
    """`Operation.step_key == "payout"`, `":" in document.key`, `step.key in ("invoice", …)`."""
    sides = [node.left, *node.comparators]
    return any(map(_is_named_key, sides)) and any(map(_is_text, sides))


def _is_text(node: ast.AST) -> bool:
    match node:
        case ast.Constant(value=str(text)):
            return bool(text)
        case ast.JoinedStr():
            return True
        case ast.Tuple(elts=elements) | ast.Set(elts=elements) | ast.List(elts=elements):
            return any(map(_is_text, elements))
    return False


def _is_built(parts: list[ast.expr]) -> bool:
    """Whether a key stands beside a sign by which the parts of keys are joined."""
    for before, after in pairwise(parts):
        for part, text, place in ((before, after, 0), (after, before, -1)):
            is_key = isinstance(part, ast.FormattedValue) and _is_named_key(part.value)
            if is_key and isinstance(text, ast.Constant) and str(text.value)[place] in ":#>":
                return True
    return False


@pytest.mark.parametrize(
    "text",
    [
        "step.key.startswith(word)",
        "document.key.split(sign)[1]",
        "step_key.removeprefix(word)",
        "payment.transaction_id.startswith(NETTING)",
        "re.match(pattern, step.key)",
        "Operation.step_key.like(pattern)",
        "Operation.step_key == 'payout'",
        "':' in document.key",
        "step.key in ('invoice', 'report')",
        "f'{document.key}:{word}'",
        "f'{word}#{step.key}'",
        "f'{credit.key}>{invoice.key}'",
        "step.key + word",
        "made = 'invoice:book'",
        "ends = ':cancel'",
        "text('select 1 from operation where step_key like :word')",
        "text('select split_part(operation.step_key, sign, 2)')",
    ],
)
def test_law_sees(text: str) -> None:
    assert list(offences(ast.parse(text)))


@pytest.mark.parametrize(
    "text",
    [
        "step.ref in posted.refs",
        "operations[step.key]",
        "Operation.step_key == PAYOUT.key",
        "f'{payout.key} {ref.key}'",
        "log.info('step_done', step=step.key)",
        "rows = text('select step_key from operation where step_key = :key')",
    ],
)
def test_law_leaves(text: str) -> None:
    assert not list(offences(ast.parse(text)))


def test_nobody_but_the_references_reads_or_writes_the_text_of_a_key() -> None:
    places = (source for source in sources("app", "workers") if source.path not in {WRITER, *EXCEPTIONS})
    found = [f"{source.path}:{line} {what}" for source in places for line, what in offences(source.tree)]
    assert found == []


def test_every_exception_is_needed() -> None:
    by_path = {source.path: source for source in sources("app", "workers")}
    assert [path for path in EXCEPTIONS if not list(offences(by_path[path].tree))] == []


def test_writer_is_the_module_that_has_the_pieces() -> None:
    (writer,) = (source for source in sources("app") if source.path == WRITER)
    assert {what for _line, what in offences(writer.tree)} > {"puts a key together"}
