"""The tables, one file per idea; importing this package registers them all on `Base.metadata`."""

from app.store.tables.access import LoginAttempt, OAuthState, UserAccount, WebSession
from app.store.tables.answering import GivenAnswer
from app.store.tables.arrival import Counter, Inbox
from app.store.tables.balances import CreditBalance, MoneyUse
from app.store.tables.base import Base
from app.store.tables.channels import OrderClaim, PushAddress
from app.store.tables.files import SavedColumnMap, SettlementFile, StatedPayoutSum
from app.store.tables.ledger import LedgerReading
from app.store.tables.register import Permit, RegisterEntry, RegisterRefresh, RegisterWish, TopicOffset
from app.store.tables.settling import SettlementMovement, SettlementUse, StoredDispute, StoredSettlement
from app.store.tables.tenancy import Connection, Tenant, TenantRulesVersion
from app.store.tables.vat_numbers import VatNumberCheck
from app.store.tables.work import (
    Finding,
    Installation,
    Lane,
    LaneState,
    Operation,
    OperationEvent,
    OperationState,
    ScheduledRun,
    Snapshot,
)
from app.store.tables.workers import Worker

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
