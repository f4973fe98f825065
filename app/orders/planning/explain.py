"""A decision as plain values, for the order page, the preview and golden files."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from app.posting.documents import CreateInvoice
from app.posting.plan import Decision, ExpectedVoucher, Plan, Skipped, Stopped, Waiting
from app.posting.steps import PayInvoice
from app.vat import rate_text


def explain(decision: Decision) -> dict[str, Any]:
    """The decision as JSON-ready values; amounts as text with two decimals, days as ISO dates."""
    match decision:
        case Plan():
            return {
                "outcome": "plan",
                "reason": decision.waiting,
                "rules_version": decision.rules_version,
                "documents": [
                    _document(document, decision.payments_of(document.ref)) for document in decision.documents
                ],
                "vouchers": [_voucher(voucher) for voucher in decision.vouchers],
                "notices": [
                    {"code": notice.code, "about": notice.about, "data": dict(notice.data)}
                    for notice in decision.notices
                ],
            }
        case Waiting():
            return {"outcome": "waiting", "reason": decision.reason}
        case Skipped():
            return {"outcome": "skipped", "reason": decision.reason}
        case Stopped():
            lines = [
                {"code": finding.code, "about": finding.about, "data": dict(finding.data)}
                for finding in decision.findings
            ]
            return {"outcome": "stopped", "findings": lines}


def _document(invoice: CreateInvoice, payments: Iterable[PayInvoice]) -> dict[str, Any]:
    return {
        "key": invoice.key,
        "kind": "credit_note" if invoice.credits else "invoice",
        "credits": invoice.credits.key if invoice.credits else "",
        "linked": invoice.is_linked_credit,
        "day": invoice.day.isoformat(),
        "customer_number": invoice.customer_number,
        "customer_name": invoice.customer_name,
        "name_rule": invoice.name_rule,
        "currency": invoice.currency,
        "total": str(invoice.total.decimal),
        "total_vat": str(invoice.total_vat.decimal),
        "reference1": invoice.reference1,
        "reference2": invoice.reference2,
        "way_of_delivery": invoice.way_of_delivery,
        "rows": [
            {
                "account": row.account,
                "description": row.description,
                "article_number": row.article_number or "",
                "quantity": row.quantity,
                "unit_price": str(row.unit_price.decimal),
                "vat_percent": rate_text(row.vat_percent),
                "amount": str(row.amount.decimal),
                "why": row.why,
            }
            for row in invoice.rows
        ],
        "vat": [
            {"vat_percent": rate_text(vat.vat_percent), "net": str(vat.net.decimal), "vat": str(vat.vat.decimal)}
            for vat in invoice.vat
        ],
        "payments": [_payment(payment) for payment in payments],
    }


def _payment(payment: PayInvoice) -> dict[str, Any]:
    kept = [
        {"account": write_off.account, "role": write_off.role, "amount": str(write_off.amount.decimal)}
        for write_off in payment.all_write_offs
    ]
    return ({"write_offs": kept} if kept else {}) | {
        "day": payment.day.isoformat(),
        "amount": str(payment.amount.decimal),
        "currency": payment.amount.currency,
        "account": payment.account,
        "role": payment.role,
        "reference": payment.reference,
    }


def _voucher(voucher: ExpectedVoucher) -> dict[str, Any]:
    return {
        "day": voucher.day.isoformat(),
        "text": voucher.text,
        "entries": [
            {"account": entry.account, "debit": str(entry.debit.decimal), "credit": str(entry.credit.decimal)}
            for entry in voucher.entries
        ],
    }
