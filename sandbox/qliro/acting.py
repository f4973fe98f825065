"""What merchants do with an order's items at Qliro: reserve, ship, return, release, add (qliro-api.md 4)."""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Decimal
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from sandbox.qliro.pushing import announce
from sandbox.qliro.world import Action, Item, Json, Merchant, Order, Transaction, TransactionType, World


class Body(BaseModel):
    """A request of the control interface; an unknown key is refused."""

    model_config = ConfigDict(extra="forbid")


class ItemBody(Body):
    """One thing of an order. `price` is for one, in kronor with VAT; below zero for a discount."""

    ref: str
    text: str = ""
    type: Literal["Product", "Discount", "Fee", "Shipping"] = "Product"
    quantity: int = Field(default=1, ge=1)
    price: Decimal
    vat: Decimal = Decimal(25)

    def item(self) -> Item:
        """As Qliro keeps it."""
        inc = int(self.price * 100)
        ex = int((Decimal(inc) * 100 / (100 + self.vat)).quantize(Decimal(1), ROUND_HALF_UP))
        return Item(self.ref, self.text or self.ref, self.type, self.quantity, inc, ex, self.vat)


class SaleBody(Body):
    """An order with its items."""

    items: list[ItemBody]
    currency: str = "SEK"
    country: str = "SE"
    reference: str = ""
    at_once: bool = False
    """Money is taken with the purchase (Trustly, Swish): a Debit instead of a reservation."""
    customer: dict[str, Any] = Field(default_factory=dict)
    billing: dict[str, Any] = Field(default_factory=dict)
    shipping: dict[str, Any] = Field(default_factory=dict)
    push_url: str | None = None


class ActBody(Body):
    """What an action is about. `units` is reference → units; `items` are new ones."""

    units: dict[str, int] = Field(default_factory=dict)
    items: list[ItemBody] = Field(default_factory=list)
    capture: int | None = None
    """The capture that is returned from; the newest when not given."""
    amount: Decimal | None = None
    """Of a free refund, kronor."""
    status: str = "Success"


def place(world: World, merchant: Merchant, body: SaleBody) -> Json:
    """Reserve an order, or take its money at once."""
    number = world.new_id()
    reference = body.reference or f"B{number}"
    references = dict.fromkeys(("payment_id", "order_name", "pis", "temporary"), reference)
    order = Order(number, body.currency, references, country=body.country, push_url=body.push_url)
    order.parties = {"Customer": body.customer, "BillingAddress": body.billing, "ShippingAddress": body.shipping}
    merchant.orders[number] = order
    items = [item.item() for item in body.items]
    made = _move(world, order, "Debit" if body.at_once else "Preauthorization", items)
    _note(world, order, "Reserve", items, made)
    announce(world, merchant, order, made, checkout=True)
    return {"order_id": number, "reference": reference, "transaction_id": made.id}


def act_on(world: World, merchant: Merchant, order: Order, action: str, body: ActBody) -> Json:
    """Do it, and push. Raises ValueError for what Qliro would refuse."""
    made = {"ship": _ship, "return": _return, "cancel": _cancel, "add": _add, "give_back": _give_back}[action](
        world, merchant, order, body
    )
    for one in made:
        one.status = body.status
        announce(world, merchant, order, one)
    return {"transaction_id": made[-1].id, "amount": made[-1].amount}


def _ship(world: World, _merchant: Merchant, order: Order, body: ActBody) -> list[Transaction]:
    items = _chosen(order, "open", body)
    made = _move(world, order, "Capture", items)
    if any(transaction.type == "Debit" for transaction in order.transactions):
        made.settles = False  # paid out as the debit that it ships
    _note(world, order, "Ship", items, made)
    return [made]


def _return(world: World, merchant: Merchant, order: Order, body: ActBody) -> list[Transaction]:
    items = _chosen(order, "shipped", body)
    fees = [item.item() for item in body.items]
    capture = body.capture or max(
        transaction.id for transaction in order.transactions if transaction.type in ("Capture", "Debit")
    )
    made = _move(world, order, "Refund", items, original=capture)
    made.amount -= sum(fee.amount for fee in fees if fee.type == "Fee")
    made.amount += sum(one.amount for one in fees if one.type == "Discount")
    _note(world, order, "Return", [*items, *fees], made, capture if merchant.switches.return_names == "capture" else 0)
    return [made]


def _cancel(world: World, _merchant: Merchant, order: Order, body: ActBody) -> list[Transaction]:
    items = _chosen(order, "open", body)
    made = _move(world, order, "Reversal", items)
    _note(world, order, "Release", items, made)
    if not any(transaction.type == "Debit" for transaction in order.transactions):
        return [made]
    back = _move(world, order, "Refund", items)  # Trustly was paid already (4)
    return [made, back]


def _add(world: World, merchant: Merchant, order: Order, body: ActBody) -> list[Transaction]:
    items = [item.item() for item in body.items]
    capture = max(transaction.id for transaction in order.transactions if transaction.type == "Capture")
    switch = merchant.switches.addition
    kind: TransactionType = "Capture" if switch == "capture" else "UpdateInvoice"
    made = _move(world, order, kind, items, original=capture)
    made.settles = True
    _note(world, order, "Ship", items, made, capture if switch == "grown" else 0)
    return [made]


def _give_back(world: World, merchant: Merchant, order: Order, body: ActBody) -> list[Transaction]:
    """A discount on the invoice: money back without goods (4, AddItemsToInvoice)."""
    amount = int((body.amount or Decimal(0)) * 100)
    capture = max(transaction.id for transaction in order.transactions if transaction.type == "Capture")
    switch = merchant.switches.free_refund
    made = []
    if switch != "refund":
        discount = Item("Refund", "Refund", "Discount", 1, -amount, -amount * 80 // 100, Decimal(25))
        change = _move(world, order, "UpdateInvoice", [discount], original=capture)
        change.amount, change.settles, change.lowers = amount, switch == "update_invoice", True
        _note(world, order, "Ship", [discount], change)
        made.append(change)
    if switch != "update_invoice":
        refund = Transaction(world.new_id(), order.id, "Refund", amount, world.clock(), capture)
        order.transactions.append(refund)
        made.append(refund)
    return made


def _chosen(order: Order, kind: str, body: ActBody) -> list[Item]:
    """The items asked for, as many as there are left; all of them when none is named."""
    left = order.left(kind)
    known = {(action.item.reference, action.item.inc): action.item for action in order.actions}
    if not body.units:
        return [_so_many(known[key], units) for key, units in left.items()]
    found = []
    for reference, units in body.units.items():
        key = next((one for one in left if one[0] == reference), None)
        if key is None or left[key] < units:
            raise ValueError(f"EXCEEDING_QUANTITY: {units} of {reference}")
        found.append(_so_many(known[key], units))
    return found


def _so_many(item: Item, units: int) -> Item:
    return Item(item.reference, item.description, item.type, units, item.inc, item.ex, item.vat_rate)


def _move(
    world: World, order: Order, kind: TransactionType, items: list[Item], original: int | None = None
) -> Transaction:
    made = Transaction(world.new_id(), order.id, kind, sum(item.amount for item in items), world.clock(), original)
    order.transactions.append(made)
    return made


def _note(world: World, order: Order, kind: str, items: list[Item], made: Transaction, names: int = 0) -> None:
    order.actions += [Action(world.new_id(), kind, item, names or made.id) for item in items]
