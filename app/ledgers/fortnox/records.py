"""Register records that a document needs: customers, articles, currencies, ways of delivery."""

from __future__ import annotations

from decimal import Decimal
from typing import Any
from urllib.parse import quote

from app.kit.http.outcome import Done, Refused
from app.ledgers.base import Company, Disagrees, Found, Looked, LookFailed, NotThere, Remote, Results, Sent, StepContext
from app.ledgers.fortnox.call import Call, Context, number_in_path
from app.ledgers.fortnox.client import FortnoxClient
from app.ledgers.fortnox.content import address_fields, filled
from app.ledgers.fortnox.text import clean, described
from app.model.finding import Finding
from app.posting.steps import (
    ClearWayOfDelivery,
    EnsureArticle,
    EnsureCurrency,
    EnsureCustomer,
    EnsureWayOfDelivery,
    MoveArticle,
)

Record = EnsureCustomer | EnsureArticle | EnsureCurrency | EnsureWayOfDelivery
RecordChange = ClearWayOfDelivery | MoveArticle
"""What is changed on a record that is there."""

_NO_SUCH_CURRENCY = 2000427
_CUSTOMER_NUMBER_USED = 2000637
_ARTICLE_NUMBER_USED = 2000013
_WITHOUT_VAT = frozenset({"EXPORT", "EUREVERSEDVAT"})
"""VAT types of records whose prices are net."""


def build(step: Record | RecordChange, _context: Context) -> Call:
    """The request that makes a record, or changes one."""
    if isinstance(step, ClearWayOfDelivery | MoveArticle):
        return Call("PUT", *change_body(step))
    return Call("POST", *card_body(step))


def card_body(step: Record) -> tuple[str, dict[str, Any]]:
    """Path and body of the request that makes a record."""
    match step:
        case EnsureCustomer():
            return "/3/customers", {"Customer": _customer(step)}
        case EnsureArticle():
            return "/3/articles", {"Article": _article(step)}
        case EnsureCurrency():
            # The daily rate is Fortnox's own: one of ours would be a guess.
            return "/3/currencies", {"Currency": {"Code": step.code, "Description": step.code, "IsAutomatic": True}}
        case EnsureWayOfDelivery():
            way = {"Code": step.code, "Description": described(step.description, 100, step.code)}
            return "/3/wayofdeliveries", {"WayOfDelivery": way}


def change_body(step: RecordChange) -> tuple[str, dict[str, Any]]:
    """Path and body of the request that changes a record. null clears; "" is ignored (fortnox-api.md 2.3)."""
    if isinstance(step, ClearWayOfDelivery):
        return f"/3/customers/{quote(step.customer, safe='')}", {"Customer": {"WayOfDelivery": None}}
    return f"/3/articles/{quote(step.number, safe='')}", {"Article": {"SalesAccount": step.account}}


def _customer(step: EnsureCustomer) -> dict[str, Any]:
    return filled(
        {
            "CustomerNumber": step.number,
            "Name": clean(step.name, 1024),
            "Type": "COMPANY" if step.is_company else "PRIVATE",
            "VATType": step.vat_type,
            "Currency": step.currency,
            "CountryCode": step.address.country_code,
            "Email": step.email,  # an address is data: it is sent as it is or not at all
            "VATNumber": step.vat_number,
            "OrganisationNumber": step.organisation_number,
            "ShowPriceVATIncluded": step.vat_type not in _WITHOUT_VAT,
            **address_fields(step.address),
        }
    )


def _article(step: EnsureArticle) -> dict[str, Any]:
    return {
        "ArticleNumber": step.number,
        "Description": described(step.description, 200, step.number),
        "SalesAccount": step.account,
        # Stock is kept by the shop; a stock article would let the warehouse module zero our rows (fortnox-api.md 3.16).
        "StockGoods": False,
    }


def find(client: FortnoxClient, company: Company, step: Record | RecordChange, context: StepContext) -> Looked:
    """Whether a record is there, or what was to be taken off one is gone."""
    match step:
        case ClearWayOfDelivery():
            call = Call("GET", f"/3/customers/{number_in_path(step.customer)}")
            outcome = client.call(company, call, observe=context.observe)
            if not isinstance(outcome, Done):
                return LookFailed(outcome)
            way = way_on_card(outcome.data)
            # A person may have chosen another one meanwhile: that is left alone.
            return NotThere() if way == step.way_of_delivery else Found({"number": step.customer, "way": way})
        case MoveArticle():
            outcome = client.call(
                company, Call("GET", f"/3/articles/{number_in_path(step.number)}"), observe=context.observe
            )
            if not isinstance(outcome, Done):
                return LookFailed(outcome)
            stands = (outcome.data.get("Article") or {}).get("SalesAccount")
            return Found({"number": step.number}) if str(stands) == str(step.account) else NotThere()
        case EnsureCurrency():
            return _find_currency(client, company, step, context)
        case EnsureWayOfDelivery():
            number, register = step.code, "wayofdeliveries"
        case _:
            number, register = step.number, "customers" if isinstance(step, EnsureCustomer) else "articles"
    return _by_number(client, company, f"/3/{register}/{number_in_path(number)}", number, context)


def _find_currency(client: FortnoxClient, company: Company, step: EnsureCurrency, context: StepContext) -> Looked:
    outcome = client.call(company, Call("GET", f"/3/currencies/{step.code}"), observe=context.observe)
    if isinstance(outcome, Refused) and (outcome.status == 404 or outcome.number == _NO_SUCH_CURRENCY):
        return NotThere()
    if not isinstance(outcome, Done):
        return LookFailed(outcome)
    lacking = rate_lacking(step, outcome.data)
    return Disagrees(lacking) if lacking else Found({"number": step.code})


def _by_number(client: FortnoxClient, company: Company, path: str, number: str, context: StepContext) -> Looked:
    outcome = client.call(company, Call("GET", path), observe=context.observe)
    if isinstance(outcome, Done):
        return Found({"number": number})
    if isinstance(outcome, Refused) and outcome.status == 404:
        return NotThere()
    return LookFailed(outcome)


def read(step: Record | RecordChange, done: Done, _results: Results) -> Sent:
    """What the posting log keeps of an answer."""
    if isinstance(step, ClearWayOfDelivery):
        still = way_on_card(done.data)
        return Sent(done, None, (dead_way(step),)) if still else Sent(done, {"number": step.customer, "way": ""})
    if isinstance(step, EnsureCurrency):
        lacking = rate_lacking(step, done.data)
        return Sent(done, None, (lacking,)) if lacking else Sent(done, {"number": step.code})
    return Sent(done, {"number": step.code if isinstance(step, EnsureWayOfDelivery) else step.number})


def is_there(step: Record | RecordChange, refused: Refused) -> Remote | None:
    """What is kept where a refusal means that the record is there already; None: it means no such thing."""
    is_used = isinstance(step, EnsureArticle) and refused.number == _ARTICLE_NUMBER_USED
    if isinstance(step, EnsureCustomer) and refused.number == _CUSTOMER_NUMBER_USED:
        is_used = "raderat" not in refused.message.lower()
    return {"number": step.number} if is_used and isinstance(step, EnsureArticle | EnsureCustomer) else None


def way_on_card(data: Any) -> str:  # noqa: ANN401 - whatever Fortnox sent
    """The way of delivery on a customer record; empty text for none."""
    return str((data.get("Customer") or {}).get("WayOfDelivery") or "")


def dead_way(step: ClearWayOfDelivery) -> Finding:
    """The record could not be fixed: a person has to."""
    values = {"customer": step.customer, "way_of_delivery": step.way_of_delivery}
    return Finding("KUNDE_INTE_HAMTA_HITTA_LEVERANSSATT", step.customer, values)


def rate_lacking(step: EnsureCurrency, data: Any) -> Finding | None:  # noqa: ANN401 - whatever Fortnox sent
    """A currency without a rate would be booked one to one."""
    rate = Decimal(str((data.get("Currency") or {}).get("BuyRate") or 0))
    return None if rate > 0 else Finding("FORTNOX_CURRENCY_NO_RATE", step.code, {"currency": step.code})
