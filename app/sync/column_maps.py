"""What a person says the columns of a settlement file mean, as a form writes it down."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from app.domain.settlements import MatchKey, SettlementKind
from app.sources.settlements import ColumnMap, DecimalSign

COLUMNS = (
    "day", "amount", "fee", "fee_vat", "net", "currency", "kind", "payout_id", "payout_day", "line_id", "text",
)  # fmt: skip
"""Fields that name a column of the file; `day` and `amount` must."""
KEYS = (MatchKey.ORDER_NAME, MatchKey.TRANSACTION_ID, MatchKey.PAYMENT_ID, MatchKey.PROVIDER_ORDER_ID)
"""What a column may recognise the order by."""
PAYOUT = "payout"
"""Said of a word in the kind's column: its row is the payout itself."""
_LONGEST = 200


class MapError(ValueError):
    """What was written is no map. Its text is the word for what is wrong."""


def read_map(form: Mapping[str, str]) -> ColumnMap:
    """The map that a form describes. Raises MapError: `name`, `provider`, `needed`, `kinds`, `grouping`, `currency`."""
    name, provider = form.get("name", "").strip()[:_LONGEST], form.get("provider", "").strip().casefold()
    if not name:
        raise MapError("name")
    if not provider or not provider.replace("_", "").isalnum() or not provider.isascii():
        raise MapError("provider")
    columns = {field: form.get(field, "").strip() for field in COLUMNS}
    if not (columns["day"] and columns["amount"]):
        raise MapError("needed")
    kinds, payout_words = _kinds(form.get("kinds", ""))
    if not (columns["payout_id"] or columns["payout_day"] or (columns["kind"] and payout_words)):
        raise MapError("grouping")
    currency = form.get("default_currency", "").strip().upper()
    if not columns["currency"] and not (len(currency) == 3 and currency.isalpha()):
        raise MapError("currency")
    keys = {key: form.get(f"key_{key}", "").strip() for key in KEYS}
    decimals = form.get("decimals", "")
    whole = ColumnMap(
        provider=provider,
        name=name,
        day=columns["day"],
        amount=columns["amount"],
        kind=columns["kind"],
        kinds=kinds,
        payout_words=payout_words,
        payout_id=columns["payout_id"],
        payout_day=columns["payout_day"],
        currency=columns["currency"],
        default_currency=currency,
    )
    return replace(
        whole,
        fee=columns["fee"],
        fee_vat=columns["fee_vat"],
        fee_is_negative=bool(form.get("fee_is_negative")),
        net=columns["net"],
        line_id=columns["line_id"],
        text=columns["text"],
        keys={key: column for key, column in keys.items() if column},
        decimals=DecimalSign(decimals) if decimals in list(DecimalSign) else None,
    )


def form_of(columns: ColumnMap) -> dict[str, str]:
    """A map as the form that it was made of, for a person who corrects it."""
    words = [f"{word} = {kind.value}" for word, kind in columns.kinds.items()]
    words += [f"{word} = {PAYOUT}" for word in sorted(columns.payout_words)]
    form = {field: str(getattr(columns, field)) for field in COLUMNS}
    form |= {f"key_{key.value}": columns.keys.get(key, "") for key in KEYS}
    form |= {"name": columns.name, "provider": columns.provider, "default_currency": columns.default_currency}
    form |= {"kinds": "\n".join(words), "decimals": columns.decimals.value if columns.decimals else ""}
    return form | ({"fee_is_negative": "yes"} if columns.fee_is_negative else {})


def _kinds(text: str) -> tuple[dict[str, SettlementKind], frozenset[str]]:
    """`word = kind`, one per line."""
    kinds: dict[str, SettlementKind] = {}
    payout_words: set[str] = set()
    for line in filter(str.strip, text.splitlines()):
        word, _equals, kind = (part.strip() for part in line.rpartition("="))
        if word and kind == PAYOUT:
            payout_words.add(word)
        elif word and kind in list(SettlementKind):
            kinds[word] = SettlementKind(kind)
        else:
            raise MapError("kinds")
    return kinds, frozenset(payout_words)
