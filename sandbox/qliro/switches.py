"""What public material leaves open about Qliro (qliro-api.md B, C): each is a row of docs/qliro-unknowns.md."""

from __future__ import annotations

from decimal import Decimal
from typing import Literal

from pydantic import BaseModel, ConfigDict


class Switches(BaseModel):
    """One setting of every unknown."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    net_settled: bool = True
    fee_action: Literal["Credit", "Debit"] = "Credit"
    fee_has_order: bool = True
    fee_vat_rate: Decimal | None = None
    reference: Literal["payment_id", "pis", "order_name", "temporary"] = "payment_id"
    negative: Literal["carry", "invoice"] = "carry"
    pending_first: bool = False
    fx: bool = False
    dates: Literal["iso", "slashed"] = "iso"
    return_names: Literal["refund", "capture"] = "refund"
    addition: Literal["update_invoice", "capture", "grown"] = "update_invoice"
    free_refund: Literal["refund", "update_invoice", "both"] = "refund"
    vat_rate_shown: bool = True
    push: Literal["final", "every", "twice", "reversed", "lost"] = "final"
