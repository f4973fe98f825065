"""Buyers' VAT numbers: answers of VIES are added to the order; VIES is asked apart from bookings, never before one."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Protocol

import structlog
from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert

from app.jobs.notifier import Notifier
from app.jobs.queue import wake_orders
from app.kit.db.engine import Store, WriteSession
from app.model.order import Order, VatCheck
from app.model.platforms import PlatformKind
from app.schema import Connection, SalesOrder, VatNumberCheck
from app.vat.numbers import bare_number, foreign_prefix
from app.vat.place_of_supply import place_of_supply
from app.vat.territories import Area, Territory

log = structlog.get_logger(__name__)

_ASK_AGAIN = timedelta(minutes=10)
"""A refused number is asked for again when its order is looked at this long after: somebody may have registered it."""
_AT_ONCE = 20
"""Numbers asked for in one turn: VIES refuses who asks too many at a time."""


class NumberRegister(Protocol):
    """Who knows which VAT numbers are registered."""

    def ask(self, number: str, seller: str = "") -> VatCheck | None:
        """Whether a number is registered today; None when that cannot be said."""


@dataclass(frozen=True, slots=True)
class VatNumbers:
    """Harmless when it runs twice or not at all. Without a register nothing is asked."""

    store: Store
    register: NumberRegister | None
    notifier: Notifier
    now: Callable[[], datetime]

    def checked(self, order: Order, order_id: int) -> Order:
        """The order with what VIES said of its buyer's number; asks for what is not known."""
        number = bare_number(order.vat_number)
        place = place_of_supply(order)
        is_theirs = foreign_prefix(number) and isinstance(place, Territory) and place.area is Area.EU
        if self.register is None or not is_theirs:
            return order
        with self.store.write() as session:
            row = session.get(VatNumberCheck, (order_id, number))
            if row is None:
                values = {"order_id": order_id, "number": number, "wanted_at": self.now()}
                session.execute(insert(VatNumberCheck).values(**values).on_conflict_do_nothing())
                return order
            refused_at = row.answered_at if row.valid is False else None
            if refused_at and row.wanted_at is None and refused_at + _ASK_AGAIN < self.now():
                row.wanted_at = self.now()
            return replace(order, vat_check=_stored_check(row))

    def run(self) -> int:
        """Ask for what is waited for, and have the orders looked at again; returns how many numbers were answered."""
        if self.register is None:
            return 0
        with self.store.read() as session:
            statement = select(VatNumberCheck).where(VatNumberCheck.wanted_at.is_not(None))
            rows = list(session.scalars(statement.order_by(VatNumberCheck.wanted_at).limit(_AT_ONCE)))
        answered = 0
        for row in rows:
            check = self.register.ask(row.number, self._seller(row.order_id))
            with self.store.write() as session:
                answered += _keep(session, row, check, self.now())
        if answered:
            self.notifier.notify()
        return answered

    def _seller(self, order_id: int) -> str:
        """The seller's own VAT number, made of the organisation number that its Fortnox company has."""
        with self.store.read() as session:
            tenant = select(SalesOrder.tenant_id).where(SalesOrder.id == order_id).scalar_subquery()
            company = select(Connection.organisation_number).where(
                Connection.kind == PlatformKind.LEDGER, Connection.tenant_id == tenant
            )
            number = session.scalars(company.where(Connection.state == "active").limit(1)).first() or ""
        digits = bare_number(number)
        return f"SE{digits}01" if digits.isdigit() and len(digits) == 10 else ""


def _stored_check(row: VatNumberCheck) -> VatCheck | None:
    if row.valid is None or row.day is None:
        return None
    return VatCheck(row.number, row.valid, row.day, row.name, row.consultation)


def _keep(session: WriteSession, requested: VatNumberCheck, check: VatCheck | None, now: datetime) -> bool:
    """Keep an answer; without one the number goes to the end of the queue."""
    row = session.get_one(VatNumberCheck, (requested.order_id, requested.number), with_for_update=True)
    if check is None:
        log.info("vat_register_gave_no_answer", order=row.order_id, number=row.number)
        row.wanted_at = now
        return False
    row.wanted_at, row.answered_at = None, now
    row.valid, row.day, row.name, row.consultation = check.valid, check.day, check.name, check.consultation
    wake_orders(session, [row.order_id])
    log.info("vat_number_checked", order=row.order_id, number=row.number, valid=check.valid)
    return True
