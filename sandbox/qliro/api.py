"""The Admin API's GETs over HTTP: token, settlements, orders, transactions (qliro-api.md 1.2, 1.3, 4.1, 5.2)."""

from __future__ import annotations

import uuid
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import simplejson
from fastapi import APIRouter, Request
from starlette.responses import Response

from sandbox.kit.calls import note_tenant
from sandbox.qliro.settling import major
from sandbox.qliro.world import Action, Json, Merchant, Order, Transaction, World

LONGEST_WINDOW = timedelta(days=61)
_PREFIX = "/checkout/adminapi/v2"


class RefusedError(Exception):
    """A refusal in Qliro's shape (1.3)."""

    def __init__(self, status: int, code: str, message: str) -> None:
        self.status, self.code, self.message = status, code, message
        super().__init__(code)


def refusal(error: RefusedError) -> Response:
    """The answer of a refusal; a bad token has no JSON body (1.2)."""
    if error.status == 401:
        return Response("Unauthorized", 401, media_type="text/plain")
    body = {"ErrorCode": error.code, "ErrorMessage": error.message, "ErrorReference": str(uuid.uuid4())}
    return _json(body, error.status)


class LowerCasePaths:
    """Qliro's paths are matched without regard to case (1.1); the control interface is not Qliro's."""

    def __init__(self, app: object) -> None:
        self.app = app

    async def __call__(self, scope: Json, receive: object, send: object) -> None:
        """Hand on with the path in lower case."""
        if scope["type"] == "http" and scope["path"].lower().startswith("/checkout/"):
            scope = {**scope, "path": scope["path"].lower()}
        await self.app(scope, receive, send)  # type: ignore[operator]


def admin_router(world: World) -> APIRouter:
    """All GETs of the Admin API that a sync needs."""
    router = APIRouter(prefix=_PREFIX)

    @router.get("/settlements/getsettlementbatches")
    def batches(request: Request) -> Response:
        """List batches of a period."""
        merchant = _signed_by(world, request)
        first, last = _window(world, request, "FromBatchDate", "ToBatchDate")
        names = _many(request, "AcquirerNames")
        found = [
            batch.body
            for batch in merchant.batches
            if first <= batch.day <= last
            and request.query_params.get("CurrencyCode") in {None, batch.body["CurrencyCode"]}
            and (not names or batch.body["AcquirerName"] in names)
        ]
        return _json({"SettlementBatches": found})

    @router.get("/settlements/getsettlementsbybatchid")
    def by_batch(request: Request) -> Response:
        """Rows of one batch, by its internal Id."""
        merchant = _signed_by(world, request)
        wanted = request.query_params.get("Id")
        batch = next((one for one in merchant.batches if str(one.id) == wanted), None)
        if batch is None:
            raise RefusedError(404, "INVALID_REQUEST", "Batch not found")
        return _json(_lists(batch.accepted, batch.pending))

    @router.get("/settlements")
    def payouts(request: Request) -> Response:
        """Rows of a period; fees and chargebacks only where their types are asked for."""
        merchant = _signed_by(world, request)
        first, last = _window(world, request, "FromDate", "ToDate")
        types = _many(request, "Types") or {"Transaction"}
        statuses = _many(request, "SettlementStatuses") or {"Accepted"}
        within = [batch for batch in merchant.batches if first <= batch.day <= last]
        accepted = [row for one in within for row in one.accepted if row["Type"] in types]
        pending = [row for one in within for row in one.pending if row["Type"] in types]
        return _json(_lists(accepted if "Accepted" in statuses else [], pending if "Pending" in statuses else []))

    @router.get("/orders/{reference}")
    def order(reference: str, request: Request) -> Response:
        """One order by its id or its merchant reference."""
        merchant = _signed_by(world, request)
        # The path arrived in lower case, and references are compared as they were made.
        found = merchant.find(request.scope["raw_path"].decode().rpartition("/")[2]) or merchant.find(reference)
        if found is None:
            raise RefusedError(404, "ORDER_NOT_FOUND", "Order not found")
        return _json(_order(merchant, found))

    @router.get("/paymenttransactions/{number}")
    def transaction(number: int, request: Request) -> Response:
        """One transaction."""
        merchant = _signed_by(world, request)
        every = ((one, order) for order in merchant.orders.values() for one in order.transactions)
        found = next(((one, order) for one, order in every if one.id == number), None)
        if found is None:
            raise RefusedError(404, "INVALID_REQUEST", "Transaction not found")
        return _json(_transaction(*found))

    return router


def _signed_by(world: World, request: Request) -> Merchant:
    """A GET names no merchant: the token alone says who asks (1.2)."""
    given = request.headers.get("authorization", "")
    found = next((merchant for merchant in world.merchants.values() if given == f"Qliro {merchant.token(b'')}"), None)
    if found is None:
        raise RefusedError(401, "UNAUTHORIZED", "")
    note_tenant(request.scope, found.key)
    return found


def _window(world: World, request: Request, first_name: str, last_name: str) -> tuple[date, date]:
    today = world.clock().astimezone(ZoneInfo("Europe/Stockholm")).date()
    first = _day(request.query_params.get(first_name), first_name)
    last = _day(request.query_params.get(last_name), last_name) if last_name in request.query_params else None
    if first >= today:
        raise RefusedError(400, "PERIOD_NOT_SETTLED", "The period is not settled yet")
    last = last or today - timedelta(days=1)
    if last < first or (last - first) + timedelta(days=1) > LONGEST_WINDOW:
        raise RefusedError(400, "PERIOD_INVALID", "The period is not valid")
    return first, last


def _day(text: str | None, name: str) -> date:
    try:
        return datetime.strptime(text or "", "%Y/%m/%d").date()  # noqa: DTZ007 -- a day has no zone
    except ValueError as error:
        raise RefusedError(400, "INVALID_INPUT", f"Property: {name}, Message: not a date") from error


def _many(request: Request, name: str) -> set[str]:
    """Repeated or separated by commas: Qliro's texts say both (B)."""
    return {part for value in request.query_params.getlist(name) for part in value.split(",") if part}


def _lists(accepted: list[Json], pending: list[Json]) -> Json:
    return {"Settlements": accepted, "PendingSettlements": pending, "RejectedSettlements": []}


def _order(merchant: Merchant, order: Order) -> Json:
    return {
        "OrderId": order.id,
        "MerchantReference": order.references[merchant.switches.reference],
        "Currency": order.currency,
        "Country": order.country,
        **order.parties,
        "OrderItemActions": [_action(merchant, action) for action in order.actions],
        "PaymentTransactions": [_transaction(transaction, order) for transaction in order.transactions],
    }


def _action(merchant: Merchant, action: Action) -> Json:
    item = action.item
    rate = {"VatRate": item.vat_rate} if merchant.switches.vat_rate_shown and item.vat_rate is not None else {}
    return {
        "Id": action.id,
        "MerchantReference": item.reference,
        "Description": item.description,
        "Type": item.type,
        "Quantity": item.quantity,
        "PricePerItemIncVat": major(item.inc),
        "PricePerItemExVat": major(item.ex),
        **rate,
        "ActionType": action.kind,
        "PaymentTransactionId": action.transaction_id,
        "MetaData": None,
    }


def _transaction(transaction: Transaction, order: Order) -> Json:
    return {
        "PaymentTransactionId": transaction.id,
        "OrderId": order.id,
        "OriginalPaymentTransactionId": transaction.original_id,
        "Type": transaction.type,
        "Amount": major(transaction.amount),
        "Currency": order.currency,
        "Status": transaction.status,
        "Timestamp": transaction.at.isoformat(),
        "PaymentMethodName": "QLIROPAYLATER_INVOICE30",
    }


def _json(body: Json, status: int = 200) -> Response:
    content = simplejson.dumps(body, use_decimal=True, ensure_ascii=False)
    return Response(content, status, media_type="application/json")
