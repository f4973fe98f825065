"""The tables, one file per idea; importing this package registers them all on `Base.metadata`."""

from app.schema.access import LoginAttempt, OAuthState, UserAccount, WebSession
from app.schema.base import Base
from app.schema.findings import Finding
from app.schema.inbox import Counter, Inbox
from app.schema.jobs import Lane, LaneState
from app.schema.master_data import Permit, RegisterEntry, RegisterRefresh, RegisterWish, TopicOffset, VatNumberCheck
from app.schema.operations import CreditBalance, LedgerReading, MoneyUse, Operation, OperationEvent, OperationState
from app.schema.orders import GivenAnswer, OrderClaim, PushAddress, Snapshot
from app.schema.payouts import (
    SavedColumnMap,
    SettlementFile,
    SettlementMovement,
    SettlementUse,
    StatedPayoutSum,
    StoredDispute,
    StoredSettlement,
)
from app.schema.service import Installation, ScheduledRun, Worker
from app.schema.tenants import Connection, Tenant, TenantRulesVersion

__all__ = [
    "Base",
    "Connection",
    "Counter",
    "CreditBalance",
    "Finding",
    "GivenAnswer",
    "Inbox",
    "Installation",
    "Lane",
    "LaneState",
    "LedgerReading",
    "LoginAttempt",
    "MoneyUse",
    "OAuthState",
    "Operation",
    "OperationEvent",
    "OperationState",
    "OrderClaim",
    "Permit",
    "PushAddress",
    "RegisterEntry",
    "RegisterRefresh",
    "RegisterWish",
    "SavedColumnMap",
    "ScheduledRun",
    "SettlementFile",
    "SettlementMovement",
    "SettlementUse",
    "Snapshot",
    "StatedPayoutSum",
    "StoredDispute",
    "StoredSettlement",
    "Tenant",
    "TenantRulesVersion",
    "TopicOffset",
    "UserAccount",
    "VatNumberCheck",
    "WebSession",
    "Worker",
]
