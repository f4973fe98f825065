"""A voucher of our own as Fortnox gets it."""

from __future__ import annotations

from typing import Any

from app.ledgers.fortnox.records import filled
from app.ledgers.fortnox.text import clean
from app.posting.vouchers import CreateVoucher


def voucher_text(step: CreateVoucher) -> str:
    """The text of a voucher; it ends in the reference, whole, for vouchers are found by nothing else."""
    reference = f" ({clean(step.reference, 80)})"
    return clean(step.text, 200 - len(reference)) + reference


def voucher_fields(step: CreateVoucher) -> dict[str, Any]:
    """What a voucher is made of."""
    return {
        "Description": voucher_text(step),
        "TransactionDate": step.day.isoformat(),
        "VoucherSeries": step.series,
        "VoucherRows": [
            filled(
                {
                    "Account": row.account,
                    "Debit": row.debit.decimal,
                    "Credit": row.credit.decimal,
                    "CostCenter": row.cost_center,
                    "TransactionInformation": clean(row.text, 100),
                }
            )
            for row in step.rows
        ],
    }
