"""Which keys the pages ask for: read from the templates, and the values that stand behind a computed part of a key."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from enum import StrEnum
from functools import cache
from pathlib import Path
from typing import get_args

from jinja2 import Environment, nodes

from app.catalogue import Actor, Severity
from app.invoicing.customers import NameRule
from app.ledgers.areas import OPTIONAL, SCOPES
from app.model.answers import Answer
from app.model.order import TransactionKind
from app.model.payout import MatchKey, PayoutLineKind
from app.orders.source_of_record import NOT_OURS, OrdersFrom
from app.payouts.files.left_out import Reason as LeftOut
from app.payouts.imports.column_maps import MEANINGS, ROLES, WITH_WORDS
from app.payouts.known_payouts import Known
from app.payouts.matching.foreign_invoices import BY_FOREIGN_INVOICE
from app.payouts.planning.correction import ChangeAnswer, NoVoucher, OrderEffect
from app.payouts.planning.line_answers import CLOSED, HOLD, LineAnswer
from app.payouts.planning.plausibility import BEYOND_ORDER
from app.payouts.planning.waiting import Reason as PayoutWait
from app.posting.steps import Step
from app.readiness.rows import Status
from app.schema import CompanyState, JobState, OperationState
from app.tenants.account_roles import DEFAULT_ACCOUNTS
from app.tenants.company_state import NEEDED
from app.tenants.roles import Role
from app.web.i18n import LANGUAGES
from app.web.pages.company import _REPAIRED_AT
from app.web.pages.payouts import REFUSALS
from app.web.problems import _KINDS as ERROR_KINDS
from app.web.settings import GROUPS

TEMPLATES = Path(__file__).parents[3] / "app" / "web" / "templates"
ANY = "*"
"""A part of a key that a template computes."""


def _of(*values: type[StrEnum] | Iterable[str]) -> frozenset[str]:
    return frozenset(str(value) for group in values for value in group)


_FIELDS = [field for fields in GROUPS.values() for field in fields]

LITERALS: Mapping[str, frozenset[str]] = {
    "connections.*": _of(["fortnox", "shopify", "qliro"]),
    "connections.state.*": _of(["active", "needs_consent", "disconnected"]),
    "error.*": _of(ERROR_KINDS.values(), ["bad_request", "csrf", "database", "server"]),
    "event.*": _of(
        ["looked_up", "done", "adopted", "not_sent", "unknown", "refused", "conflict", "look_failed", "rechecked"]
    ),
    "file_error.*": _of(
        ["name", "provider", "needed", "role", "twice", "unnamed", "section", "date_form", "zone", "kinds", "grouping"],
        ["currency", "problems"],
    ),
    "fortnox.*": _of(["service", "user"]),
    "note.*": _of(["not there"]),
    "order.*": _of(["invoice", "credit_note"]),
    "problem.again_*": _of(["fortnox", "shopify", "qliro"]),
    "reason.*": _of(
        ["not_paid", "not_delivered", "test_order", "before_cut_over", "never_sold", "cancelled_before_capture"],
        ["zero_total"],
        NOT_OURS,
    ),
    "settings_error.*": _of(["amount", "code", "value", "pair", "change", "not_at_payout", "not_a_card", "account"]),
    "settings_oss.*": _of(["columns", "country", "rate", "account", "twice"]),
    "sign_in.*": _of(["refused", "too_many"]),
}
"""Values that are plain words in the code; each must stand there between quotation marks."""
_RULES = _of(
    (f"{scheme}_goods" for scheme in ("domestic", "eu_swedish_vat", "oss", "eu_business", "export")),
    (f"{scheme}_shipping" for scheme in ("domestic", "eu_swedish_vat", "oss", "eu_business", "export")),
    (f"{scheme}_shipping_share" for scheme in ("domestic", "eu_swedish_vat", "oss", "export")),
    ["free_goods", "vat_free_goods", "return_fee", "duties", "foreign_vat", "rounding", "gift_card", "tip"],
    ["single_purpose_gift_card", "credit", "goodwill", "kept"],
)
READINESS: Mapping[str, tuple[str, ...]] = {
    "ledger": ("red", "green"),
    "shop": ("red", "green"),
    "rights": ("red", "green", "unknown"),
    "method": ("amber", "green", "unknown"),
    "years": ("red", "amber", "green", "unknown"),
    "locked": ("red", "green", "unknown"),
    "accounts": ("red", "green", "unknown"),
    "currencies": ("red", "amber", "green", "unknown"),
    "codes": ("red", "green", "unknown"),
    "scopes": ("amber", "green", "unknown"),
    "messages": ("amber", "green", "unknown"),
    "others": ("green", "unknown", "amber"),
    "orders": ("green", "unknown", "amber"),
}
"""Row of the readiness check → how it may stand."""
VALUES: Mapping[str, frozenset[str]] = {
    **LITERALS,
    "account_role.*": _of(role.replace(".", "_") for role in DEFAULT_ACCOUNTS if not role.startswith("oss_")),
    "actor.*": _of(Actor),
    "answer.*": _of(Answer, [CLOSED]),
    "area.*": _of(SCOPES),
    "area.*_help": _of(OPTIONAL),
    "company.banner.*": _of(state for state in CompanyState if state is not CompanyState.LIVE),
    "company.changed.*": _of(CompanyState),
    "company.head.*": _of(CompanyState),
    "company.means.*": _of(CompanyState),
    "company.missing.*": _of(NEEDED),
    "company.state.*": _of(CompanyState),
    "people.done.*": _of(["removed", "withdrawn"]),
    "people.error.*": _of(["role", "gone", "last"]),
    "invitation.error.*": _of(["name", "email", "password", "taken"]),
    "readiness.row.*": _of(READINESS),
    "readiness.status.*": _of(Status),
    "readiness.*.*": _of(f"{row}.{status}" for row, statuses in READINESS.items() for status in statuses),
    "readiness.*.red": _of(row for row, statuses in READINESS.items() if "red" in statuses),
    "readiness.link.*": _of(_REPAIRED_AT),
    "connections.grant.*.*": _of(
        ["fortnox.client_credentials", "fortnox.refresh_token", "shopify.client_credentials"],
        ["shopify.authorization_code", "qliro.live", "qliro.test"],
    ),
    "error.*_title": LITERALS["error.*"],
    "file.no_meaning_*": _of(WITH_WORDS),
    "file.words_*": _of(WITH_WORDS),
    "file_days.*": _of(["day", "mon"]),
    "file_error.*": LITERALS["file_error.*"] | _of(f"undo_{why}" for why in ("gone", "busy", "booked", "nothing")),
    "file_known.*": _of(Known),
    "file_left_out.*": _of(LeftOut),
    "file_meaning.*": _of(*MEANINGS.values()),
    "file_role.*": _of(ROLES),
    "file_rows.*": _of(["one", "each"]),
    "findings.*": _of(Severity),
    "fortnox.*_help": LITERALS["fortnox.*"],
    "language.*": _of(LANGUAGES),
    "match_key.*": _of(MatchKey, LineAnswer, [BY_FOREIGN_INVOICE, BEYOND_ORDER]),
    "name_rule.*": _of(NameRule, ["collective"]),
    "nav.*": _of(["home", "orders", "payouts", "reconciliation", "findings", "settings"]),
    "operation.*": _of(OperationState),
    "payout_answer_error.*": _of(REFUSALS),
    "payout_change_block.*": _of(NoVoucher),
    "payout_change_order.*": _of(OrderEffect),
    "payout_said.*": _of(LineAnswer, ChangeAnswer, [HOLD, CLOSED]),
    "payout_waiting.*": _of(PayoutWait),
    "payouts.*": _of(["not_settled", "unmatched", "providers_own"]),
    "reconciliation.*": _of(["opening", "ours", "doubled", "others", "closing", "difference"]),
    "qliro_orders.owner.*": _of(OrdersFrom),
    "role.*": _of(Role),
    "rule.*": _RULES,
    "settings.*": _of(field.name for field in _FIELDS),
    "settings_group.*": _of(GROUPS),
    "settings_help.*": _of(field.name for field in _FIELDS),
    "settings_value.*": _of(option or "none" for field in _FIELDS for option in field.options),
    "payout_line_kind.*": _of(PayoutLineKind),
    "state.*": _of(JobState),
    "step.*": _of(step.__name__ for step in get_args(Step)),
    "transaction.*": _of(TransactionKind),
}
"""Pattern of a key in the templates → all that may stand for its computed part."""
OF_PYTHON = frozenset({"payouts.clearing"})
"""Keys that Python code asks for."""


@cache
def asked() -> frozenset[str]:
    """Every key that a template names, with `*` where it computes a part: `state.*`, `order.title`."""
    return frozenset(key for file in sorted(TEMPLATES.glob("*.html")) for key in _asked_by(file.read_text("utf-8")))


def _asked_by(text: str) -> Iterator[str]:
    for call in Environment(autoescape=True).parse(text).find_all(nodes.Call):
        if isinstance(call.node, nodes.Name) and call.node.name == "t":
            yield from _written(call.args[0])
        elif isinstance(call.node, nodes.Name) and call.node.name == "label":
            yield from (f"{group}.{ANY}" for group in _written(call.args[0]))


def _written(node: nodes.Expr) -> set[str]:
    """The keys that an expression may be."""
    match node:
        case nodes.Const():
            return {str(node.value)}
        case nodes.CondExpr(expr1=first, expr2=second) if second is not None:
            return _written(first) | _written(second)
        case nodes.Concat():
            keys = {""}
            for part in node.nodes:
                keys = {before + after for before in keys for after in _written(part)}
            return keys
        case _:
            return {ANY}


def used() -> frozenset[str]:
    """Every key that a page may ask for."""
    computed = {
        f"{before}{value}{after}"
        for pattern, values in VALUES.items()
        for before, after in [_around(pattern)]
        for value in values
    }
    return OF_PYTHON | computed | {key for key in asked() if ANY not in key}


def _around(pattern: str) -> tuple[str, str]:
    """What stands before and after the computed part; two of them are written as one value."""
    return pattern[: pattern.index(ANY)], pattern[pattern.rindex(ANY) + 1 :]
