"""The form of a column map: a person gives each column of a payout file a role."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from app.model.payout import MatchKey, PayoutLineKind
from app.payouts.files import AmountColumn, ColumnMap, DayOrder, DecimalSign, FeeColumn
from app.payouts.files.cells import is_zone
from app.payouts.files.date_forms import DateFormError, pattern_of

KEYS = (MatchKey.ORDER_NAME, MatchKey.TRANSACTION_ID, MatchKey.PAYMENT_ID, MatchKey.PROVIDER_ORDER_ID)
"""What a column may recognise the order by."""
AMOUNTS: Mapping[str, tuple[PayoutLineKind | None, bool]] = {
    "amount": (None, False),
    "amount_turned": (None, True),
    "charge": (PayoutLineKind.CHARGE, False),
    "refund": (PayoutLineKind.REFUND, False),
    "refund_turned": (PayoutLineKind.REFUND, True),
    "chargeback": (PayoutLineKind.CHARGEBACK, False),
    "chargeback_turned": (PayoutLineKind.CHARGEBACK, True),
    "reserve_turned": (PayoutLineKind.RESERVE_HELD, True),
}
"""Roles of columns of amounts → what an amount there is, and whether it is written without its minus."""
FEES: Mapping[str, bool] = {"fee": False, "fee_negative": True}
"""Roles of columns of fees → whether a cost has a minus."""
SINGLE = (
    "day", "clock", "payout_id", "payout_day", "kind", "status", "section", "account_column", "currency", "fee_vat",
    "net", "line_id", "text",
)  # fmt: skip
"""Roles that one column has."""
IGNORED = "ignored"
ROLES = (*AMOUNTS, *FEES, *SINGLE, *(f"key_{key.value}" for key in KEYS), IGNORED)
WITH_WORDS = ("kind", "status", "section")
"""Roles whose column's words are explained one by one."""
PAYOUT = "payout"
"""Meaning of a word in the kind's column: its row is the payout itself."""
LEFT_OUT, TAKEN = "left_out", "taken"
MEANINGS: Mapping[str, tuple[str, ...]] = {
    "kind": (*(kind.value for kind in PayoutLineKind), PAYOUT),
    "status": (TAKEN, LEFT_OUT),
    "section": (TAKEN, LEFT_OUT),
}
SWITCHES = ("is_minor", "is_one_payout", "fee_includes_vat")
TEXTS = ("name", "provider", "default_currency", "decimals", "day_order", "date_form", "zone", "footer_words", "kinds")
_LONGEST = 200


class MapError(ValueError):
    """The form is no valid map. Its text is the key of what is wrong."""


@dataclass(frozen=True, slots=True)
class MapForm:
    """A filled-in form of a map."""

    values: Mapping[str, str] = field(default_factory=dict)
    """What is not about one column; a switch that is on says `yes`."""
    roles: Mapping[str, str] = field(default_factory=dict)
    """Column → role."""
    meanings: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    """Column → word in it → meaning."""


def posted(form: Mapping[str, str]) -> MapForm:
    """A form as a browser sends it: `column:1`, `role:1`, `word:1:2`, `meaning:1:2` and the other values."""
    roles: dict[str, str] = {}
    meanings: dict[str, dict[str, str]] = {}
    for name, column in form.items():
        kind, _, place = name.partition(":")
        if kind == "column" and (role := form.get(f"role:{place}", "").strip()):
            roles[column] = role
        elif kind == "word" and (meaning := form.get(f"meaning:{place}", "").strip()):
            named = form.get(f"column:{place.partition(':')[0]}", "")
            meanings.setdefault(named, {})[column] = meaning
    return MapForm({name: form.get(name, "").strip() for name in (*TEXTS, *SWITCHES)}, roles, meanings)


def map_of(form: MapForm) -> ColumnMap:
    """The map that a form describes. Raises MapError with the key of what is wrong."""
    name, provider = form.values.get("name", "")[:_LONGEST], form.values.get("provider", "").casefold()
    if not name:
        raise MapError("name")
    if not provider or not provider.replace("_", "").isalnum() or not provider.isascii():
        raise MapError("provider")
    meanings = _columns(form.roles) | _words(form) | _values(form.values)
    if not (meanings.get("day") and (meanings.get("amount") or meanings["more_amounts"])):
        raise MapError("needed")
    if not (_groups(meanings) or (meanings.get("kind") and meanings["payout_words"])):
        raise MapError("grouping")
    currency = meanings["default_currency"]
    if not meanings.get("currency") and not (len(currency) == 3 and currency.isalpha()):
        raise MapError("currency")
    if meanings.get("section") and not meanings["section_words"]:
        raise MapError("section")
    return ColumnMap(provider=provider, name=name, **meanings)


def _groups(meanings: Mapping[str, Any]) -> bool:
    return bool(meanings.get("payout_id") or meanings.get("payout_day") or meanings["is_one_payout"])


def _columns(roles: Mapping[str, str]) -> dict[str, Any]:
    """The columns of a map by their roles. Raises MapError: `role`, `twice`, `unnamed`."""
    if any(role not in ROLES for role in roles.values()):
        raise MapError("role")
    if any(column.startswith("#") and role != IGNORED for column, role in roles.items()):
        raise MapError("unnamed")
    named = list(roles.values())
    if any(named.count(role) > 1 for role in (*SINGLE, *(f"key_{key.value}" for key in KEYS))):
        raise MapError("twice")
    meanings: dict[str, Any] = {role: column for column, role in roles.items() if role in SINGLE}
    amounts = [
        AmountColumn(column=column, kind=AMOUNTS[role][0], is_turned=AMOUNTS[role][1])
        for column, role in roles.items()
        if role in AMOUNTS
    ]
    fees = [(column, FEES[role]) for column, role in roles.items() if role in FEES]
    if fees:
        meanings |= {"fee": fees[0][0], "fee_is_negative": fees[0][1]}
    return meanings | {
        "more_amounts": tuple(amounts),
        "more_fees": tuple(FeeColumn(column=column, is_negative=negative) for column, negative in fees[1:]),
        "keys": {key: column for key in KEYS for column, role in roles.items() if role == f"key_{key.value}"},
        "ignored": frozenset(column for column, role in roles.items() if role == IGNORED),
    }


def _words(form: MapForm) -> dict[str, Any]:
    """What words in the columns of kinds, statuses and sections mean. Raises MapError: `kinds`."""
    column = {role: name for name, role in form.roles.items()}
    meanings = {role: form.meanings.get(column.get(role, ""), {}) for role in WITH_WORDS}
    kinds = {**_listed(form.values.get("kinds", "")), **meanings["kind"]}
    if any(meaning not in MEANINGS["kind"] for meaning in kinds.values()):
        raise MapError("kinds")

    def meaning(role: str, kind: str) -> frozenset[str]:
        return frozenset(word for word, meant in meanings[role].items() if meant == kind)

    return {
        "kinds": {word: PayoutLineKind(kind) for word, kind in kinds.items() if kind != PAYOUT},
        "payout_words": frozenset(word for word, kind in kinds.items() if kind == PAYOUT),
        "left_out_words": meaning("status", LEFT_OUT),
        "taken_words": meaning("status", TAKEN),
        "section_words": meaning("section", TAKEN),
    }


def _listed(text: str) -> dict[str, str]:
    """`word = kind`, one per line. Raises MapError: `kinds`."""
    kinds: dict[str, str] = {}
    for line in filter(str.strip, text.splitlines()):
        word, _equals, kind = (part.strip() for part in line.rpartition("="))
        if not word:
            raise MapError("kinds")
        kinds[word] = kind
    return kinds


def _values(values: Mapping[str, str]) -> dict[str, Any]:
    """What is not about one column. Raises MapError: `date_form`, `zone`."""
    date_form, zone, decimals = (values.get(name, "") for name in ("date_form", "zone", "decimals"))
    if date_form:
        try:
            pattern_of(date_form)
        except DateFormError as error:
            raise MapError("date_form") from error
    if zone and not is_zone(zone):
        raise MapError("zone")
    order = values.get("day_order", "")
    return {
        "default_currency": values.get("default_currency", "").upper(),
        "decimals": DecimalSign(decimals) if decimals in list(DecimalSign) else None,
        "day_order": DayOrder(order) if order in list(DayOrder) else None,
        "date_form": date_form,
        "zone": zone,
        "footer_words": frozenset(_lines(values.get("footer_words", ""))),
        **{switch: bool(values.get(switch)) for switch in SWITCHES},
    }


def _lines(text: str) -> Iterable[str]:
    return filter(None, (line.strip() for line in text.splitlines()))


def form_of(columns: ColumnMap) -> MapForm:
    """A map as the form that it was made of, for a person who corrects it."""
    roles = {getattr(columns, role): role for role in SINGLE if getattr(columns, role)}
    by_amount = {form_value: role for role, form_value in AMOUNTS.items()}
    roles |= {amount.column: by_amount.get((amount.kind, amount.is_turned), "amount") for amount in columns.amounts}
    roles |= {fee.column: "fee_negative" if fee.is_negative else "fee" for fee in columns.fees}
    roles |= {column: f"key_{key.value}" for key, column in columns.keys.items()}
    roles |= dict.fromkeys(columns.ignored, IGNORED)
    kinds = {word: kind.value for word, kind in columns.kinds.items()} | dict.fromkeys(columns.payout_words, PAYOUT)
    statuses = dict.fromkeys(columns.left_out_words, LEFT_OUT) | dict.fromkeys(columns.taken_words, TAKEN)
    values = {
        "name": columns.name, "provider": columns.provider, "default_currency": columns.default_currency,
        "decimals": columns.decimals or "", "day_order": columns.day_order or "", "date_form": columns.date_form,
        "zone": columns.zone, "footer_words": "\n".join(sorted(columns.footer_words)),
        "kinds": "\n".join(f"{word} = {kind}" for word, kind in kinds.items()),
    }  # fmt: skip
    values |= {switch: "yes" if getattr(columns, switch) else "" for switch in SWITCHES}
    meanings = {
        columns.kind: kinds, columns.status: statuses, columns.section: dict.fromkeys(columns.section_words, TAKEN),
    }  # fmt: skip
    return MapForm(values, roles, {column: words for column, words in meanings.items() if column and words})
