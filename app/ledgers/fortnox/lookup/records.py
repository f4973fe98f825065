"""Look-up of a register record that may exist already, and of a field that was cleared on one."""

from __future__ import annotations

from app.kit.http.outcome import Done, Refused
from app.ledgers.base import Company, Disagrees, Found, Looked, LookFailed, NotThere, StepContext
from app.ledgers.fortnox.client import FortnoxClient
from app.ledgers.fortnox.records import Record, RecordChange, rate_lacking, way_on_card
from app.ledgers.fortnox.render import Call, number_in_path
from app.posting.steps import ClearWayOfDelivery, EnsureCurrency, EnsureCustomer, EnsureWayOfDelivery, MoveArticle

_NO_SUCH_CURRENCY = 2000427


def find_record(client: FortnoxClient, company: Company, step: Record | RecordChange, context: StepContext) -> Looked:
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
