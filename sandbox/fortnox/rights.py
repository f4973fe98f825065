"""Rights of the person behind a token: what a user may not, an integration may not (fortnox-api.md 1.3)."""

from sandbox.fortnox.api import ApiCall
from sandbox.fortnox.errors import FortnoxError, forbidden

_LISTS = {
    "invoices": ("list_invoices", 2001339, "Saknar behörighet att lista fakturor."),
    "invoicepayments": ("list_payments", 2003330, "Saknar behörighet att lista betalningar."),
}
_REGISTERS = {
    "invoices": ("invoices", 2001393, "Saknar behörighet för kundfakturor."),
    "vouchers": ("vouchers", 2002455, "Saknar behörighet för verifikationer."),
    "customers": ("customers", 2003275, "Saknar behörighet för kundregister."),
}


def check_right(call: ApiCall, resource: str) -> None:
    """Refuse what the user lacks the right to; the numbers are known, of most texts only the sense."""
    refusal = _refusal(call, resource)
    if refusal is not None:
        raise refusal


def _refusal(call: ApiCall, resource: str) -> FortnoxError | None:
    lists = _LISTS if call.method == "GET" and not call.parts else {}
    for table in (lists, _REGISTERS):
        right, code, text = table.get(resource, ("", 0, ""))
        if right and right in call.user.lacks:
            return forbidden(code, text, call.switches.permission_status)
    return None
