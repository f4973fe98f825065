"""The reconciliation: every clearing account as expected and as booked, and the difference. As page, CSV and JSON."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse, RedirectResponse
from starlette.responses import Response

from app.kit.money import Money
from app.reconciliation.account_balance import AccountReconciliation, account_reconciliations, last_reading
from app.tenants.roles import Permission, require, visible_tenant
from app.web.access import FormPerson, Person, Serving
from app.web.form_bodies import FormRoute, takes_form
from app.web.rendering import render
from app.web.spreadsheet import cell, csv_file

router = APIRouter(route_class=FormRoute)

_HEAD = ("account", "roles", "read_at", "opening", "ours", "doubled", "others", "closing", "difference", "currency")


@router.get("/reconciliation")
def reconciliation(request: Request, services: Serving, person: Person, asked: bool = False) -> Response:  # noqa: FBT001, FBT002
    """Show what each account opened at, what moved it and what no voucher explains."""
    tenant = visible_tenant(person.role, person.tenant_id)
    with services.store.read() as session:
        reading = last_reading(session, tenant)
    return render(
        request, "reconciliation.html", person=person, reading=reading, accounts=_own(services, person), asked=asked
    )


@router.post("/reconciliation/compare")
@takes_form(Permission.RETRY)
def compare(services: Serving, person: FormPerson) -> Response:
    """Read the books now, not tomorrow."""
    require(person.role, Permission.RETRY)
    services.compare_ledger(visible_tenant(person.role, person.tenant_id))
    return RedirectResponse("/reconciliation?asked=true", 303)


@router.get("/reconciliation.csv")
def as_csv(services: Serving, person: Person) -> Response:
    """The same for a spreadsheet: semicolons and decimal commas, as Swedish ones expect."""
    return csv_file("bokbro-avstamning.csv", _csv_rows(_own(services, person)))


def _csv_rows(accounts: Sequence[AccountReconciliation]) -> Iterator[list[str]]:
    yield [*_HEAD, "voucher", "date", "text", "amount"]
    for reconciliation in accounts:
        yield [cell(value) for value in _row(reconciliation).values()]
        for voucher in reconciliation.others_newest:
            row = [str(reconciliation.account), *[""] * (len(_HEAD) - 1), voucher.name, voucher.day, voucher.text]
            yield [*map(cell, row), _comma(voucher.amount)]


@router.get("/reconciliation.json")
def as_json(services: Serving, person: Person) -> Response:
    """The same for programs: amounts as text, so that nobody makes floats of them."""
    return JSONResponse(
        {
            "accounts": [
                {**_row(reconciliation), "others_vouchers": list(_others(reconciliation))}
                for reconciliation in _own(services, person)
            ]
        }
    )


def _own(services: Serving, person: Person) -> Sequence[AccountReconciliation]:
    tenant = visible_tenant(person.role, person.tenant_id)
    return account_reconciliations(services.store, tenant) if tenant is not None else ()


def _row(reconciliation: AccountReconciliation) -> dict[str, str]:
    amounts = (
        reconciliation.opening,
        reconciliation.ours,
        reconciliation.doubled,
        reconciliation.others,
        reconciliation.closing,
        reconciliation.difference,
    )
    values = (
        str(reconciliation.account),
        " ".join(reconciliation.roles),
        reconciliation.read_at.isoformat(),
        *(str(each.decimal) for each in amounts),
    )
    return dict(zip(_HEAD, (*values, reconciliation.closing.currency), strict=True))


def _others(reconciliation: AccountReconciliation) -> Iterator[dict[str, str]]:
    for voucher in reconciliation.others_newest:
        yield {
            "voucher": voucher.name, "date": voucher.day, "text": voucher.text, "amount": str(voucher.amount.decimal),
        }  # fmt: skip


def _comma(amount: Money) -> str:
    return str(amount.decimal).replace(".", ",")
