"""Who may see and do what. A role is of a person in a company; an operator belongs to none and sees all."""

from __future__ import annotations

from enum import StrEnum, auto


class Role(StrEnum):
    """What a person is in a company, or to Bokbro."""

    MERCHANT = auto()
    BOOKKEEPER = auto()
    OPERATOR = auto()


class Permission(StrEnum):
    """Something a page or a button may ask for."""

    VIEW = auto()
    RETRY = auto()
    CONNECT_LEDGER = auto()
    CONNECT_SHOP = auto()
    CONNECT_PROVIDER = auto()
    CHANGE_RULES = auto()
    ANSWER = auto()
    IMPORT_PAYOUTS = auto()
    GO_LIVE = auto()
    """Decide that a company's ledger is written to, and from which day."""
    PAUSE = auto()
    MANAGE_PEOPLE = auto()
    """Invite people to the company, and end what they may do there."""
    SEE_ALL_TENANTS = auto()


_MAY = {
    # The bookkeeper is often the one with administrator rights in Fortnox; the shop's secrets are the merchant's.
    Role.MERCHANT: {
        Permission.VIEW,
        Permission.RETRY,
        Permission.CONNECT_LEDGER,
        Permission.CONNECT_SHOP,
        Permission.CONNECT_PROVIDER,
        Permission.CHANGE_RULES,
        Permission.ANSWER,
        Permission.IMPORT_PAYOUTS,
        Permission.GO_LIVE,
        Permission.PAUSE,
        Permission.MANAGE_PEOPLE,
    },
    Role.BOOKKEEPER: {
        Permission.VIEW,
        Permission.RETRY,
        Permission.CONNECT_LEDGER,
        Permission.CHANGE_RULES,
        Permission.ANSWER,
        Permission.IMPORT_PAYOUTS,
        Permission.GO_LIVE,
        Permission.PAUSE,
    },
    # An operator helps, and never consents in a merchant's name.
    Role.OPERATOR: {Permission.VIEW, Permission.RETRY, Permission.SEE_ALL_TENANTS},
}


class NotAllowedError(Exception):
    """A signed-in person asked for what their role does not give."""

    def __init__(self, role: Role, permission: Permission) -> None:
        self.role = role
        self.permission = permission
        super().__init__(f"a {role} may not {permission}")


def may(role: Role, permission: Permission) -> bool:
    """Tell whether a role gives a permission."""
    return permission in _MAY[role]


def require(role: Role, permission: Permission) -> None:
    """Raise NotAllowedError unless the role gives the permission."""
    if not may(role, permission):
        raise NotAllowedError(role, permission)


def visible_tenant(role: Role, tenant_id: int | None) -> int | None:
    """The tenant that every query must be limited to; None, for operators only, is no limit."""
    if may(role, Permission.SEE_ALL_TENANTS):
        return None
    if tenant_id is None:
        # The table forbids it; were it ever to happen, "no limit" would be the worst possible reading.
        raise NotAllowedError(role, Permission.SEE_ALL_TENANTS)
    return tenant_id
