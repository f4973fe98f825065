"""The tables, one file per idea; importing this package registers them all on `Base.metadata`."""

from app.schema.access import Invitation, LoginAttempt, Membership, OAuthState, UserAccount, WebSession
from app.schema.base import Base
from app.schema.documents import Document, DocumentKind
from app.schema.findings import Finding
from app.schema.inbox import Counter, Inbox
from app.schema.jobs import FOLLOWS_BOOKING, POLLS, Job, JobKind, JobState, Priority
from app.schema.master_data import (
    CallBudget,
    MasterDataRefresh,
    MasterRecord,
    RefreshRequest,
    TopicOffset,
    VatNumberCheck,
)
from app.schema.operations import CreditBalance, LedgerReading, MoneyUse, Operation, OperationEvent, OperationState
from app.schema.orders import GivenAnswer, OrderClaim, PushAddress, SalesOrder, Snapshot
from app.schema.payouts import (
    PayoutFile,
    PayoutLineUse,
    PayoutMovement,
    SavedColumnMap,
    StatedPayoutSum,
    StoredDispute,
    StoredPayout,
)
from app.schema.service import Installation, ScheduledRun, Worker
from app.schema.tenants import CompanyState, CompanyStateChange, Connection, Tenant, TenantRulesVersion

__all__ = [
    "FOLLOWS_BOOKING",
    "POLLS",
    "Base",
    "CallBudget",
    "CompanyState",
    "CompanyStateChange",
    "Connection",
    "Counter",
    "CreditBalance",
    "Document",
    "DocumentKind",
    "Finding",
    "GivenAnswer",
    "Inbox",
    "Installation",
    "Invitation",
    "Job",
    "JobKind",
    "JobState",
    "LedgerReading",
    "LoginAttempt",
    "MasterDataRefresh",
    "MasterRecord",
    "Membership",
    "MoneyUse",
    "OAuthState",
    "Operation",
    "OperationEvent",
    "OperationState",
    "OrderClaim",
    "PayoutFile",
    "PayoutLineUse",
    "PayoutMovement",
    "Priority",
    "PushAddress",
    "RefreshRequest",
    "SalesOrder",
    "SavedColumnMap",
    "ScheduledRun",
    "Snapshot",
    "StatedPayoutSum",
    "StoredDispute",
    "StoredPayout",
    "Tenant",
    "TenantRulesVersion",
    "TopicOffset",
    "UserAccount",
    "VatNumberCheck",
    "WebSession",
    "Worker",
]
