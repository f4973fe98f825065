"""People and the companies they belong to; the invitations by which they join."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, func, select, update

from app.kit.db.engine import ReadSession, WriteSession
from app.kit.random_tokens import new_token, token_hash
from app.schema import CompanyState, Connection, Invitation, Membership, Tenant, UserAccount, WebSession
from app.tenants.roles import Role

INVITATION_DAYS = 7
IN_COMPANY = (Role.MERCHANT, Role.BOOKKEEPER)
"""Roles of a membership."""
_MAX_NOTE, _MAX_NAME = 120, 120


class AddressTakenError(Exception):
    """There is a person with that e-mail address already."""


class InvitationGoneError(Exception):
    """The link is unknown, was used or withdrawn, or has expired. Which of them is not said: a stranger may have it."""


class LastMerchantError(Exception):
    """A company keeps at least one merchant: nobody else could connect its shops and invite people."""


@dataclass(frozen=True, slots=True)
class Member:
    """A person of a company."""

    user_id: int
    name: str
    email: str
    role: Role
    added_by: str
    added_at: datetime


@dataclass(frozen=True, slots=True)
class OpenInvitation:
    """An invitation that can still be used."""

    token_hash: str
    tenant_id: int
    company: str
    role: Role
    note: str
    made_by: str
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class CompanyOf:
    """A company of a person."""

    tenant_id: int
    name: str
    state: CompanyState
    role: Role


@dataclass(frozen=True, slots=True)
class ListedCompany:
    """A company in the list of all."""

    name: str
    state: CompanyState
    connections: tuple[str, ...]
    """Platforms that are connected."""
    people: int


def add_person(
    session: WriteSession,
    *,
    email: str,
    name: str,
    password_hash: str,
    is_operator: bool = False,
    language: str = "sv",
) -> int:
    """Add a person who belongs to no company yet; returns their id. Raises AddressTakenError."""
    address = email.replace("\0", "").strip().lower()
    if session.scalar(select(UserAccount.id).where(UserAccount.email == address)) is not None:
        raise AddressTakenError
    person = UserAccount(
        email=address, name=name.replace("\0", "").strip()[:_MAX_NAME] or address, password_hash=password_hash,
        is_operator=is_operator, language=language,
    )  # fmt: skip
    session.add(person)
    session.flush()
    return person.id


def join(session: WriteSession, user_id: int, tenant_id: int, role: Role, *, by: str) -> None:
    """Make a person a member; one who is a member already gets the role."""
    member = session.get(Membership, (user_id, tenant_id))
    if member is None:
        session.add(Membership(user_id=user_id, tenant_id=tenant_id, role=role.value, added_by=by))
    else:
        _keep_a_merchant(session, tenant_id, user_id, role)
        member.role = role.value
    session.flush()


def leave(session: WriteSession, user_id: int, tenant_id: int) -> bool:
    """End a membership; False where there is none. Raises LastMerchantError."""
    member = session.get(Membership, (user_id, tenant_id))
    if member is None:
        return False
    _keep_a_merchant(session, tenant_id, user_id, None)
    session.delete(member)
    session.flush()
    return True


def _keep_a_merchant(session: WriteSession, tenant_id: int, user_id: int, role: Role | None) -> None:
    session.get_one(Tenant, tenant_id, with_for_update={"key_share": True})  # one such change of a company at a time
    others = select(func.count()).where(
        Membership.tenant_id == tenant_id, Membership.role == Role.MERCHANT.value, Membership.user_id != user_id
    )
    if role is not Role.MERCHANT and not session.scalar(others):
        raise LastMerchantError


def members(session: ReadSession, tenant_id: int) -> list[Member]:
    """Everybody of a company, by name."""
    rows = session.execute(
        select(Membership, UserAccount)
        .join(UserAccount, UserAccount.id == Membership.user_id)
        .where(Membership.tenant_id == tenant_id)
        .order_by(UserAccount.name, UserAccount.id)
    )
    return [
        Member(user.id, user.name, user.email, Role(member.role), member.added_by, member.added_at)
        for member, user in rows
    ]


def companies_of(session: ReadSession | WriteSession, user_id: int) -> list[CompanyOf]:
    """The companies of a person, by name."""
    rows = session.execute(
        select(Membership, Tenant)
        .join(Tenant, Tenant.id == Membership.tenant_id)
        .where(Membership.user_id == user_id)
        .order_by(Tenant.name, Tenant.id)
    )
    return [CompanyOf(tenant.id, tenant.name, CompanyState(tenant.state), Role(member.role)) for member, tenant in rows]


def choose_company(session: WriteSession, session_hash: str, user_id: int, tenant_id: int) -> bool:
    """Show a browser that company from now on; False where the person does not belong to it."""
    if session.get(Membership, (user_id, tenant_id)) is None:
        return False
    session.execute(update(WebSession).where(WebSession.id_hash == session_hash).values(tenant_id=tenant_id))
    return True


def invite(session: WriteSession, tenant_id: int, role: Role, *, note: str, by: str, now: datetime) -> str:
    """Make an invitation; returns its token, which exists only here and in the link."""
    token = new_token()
    session.add(
        Invitation(
            token_hash=token_hash(token), tenant_id=tenant_id, role=role.value, made_by=by,
            note=note.replace("\0", "").strip()[:_MAX_NOTE], expires_at=now + timedelta(days=INVITATION_DAYS),
        )
    )  # fmt: skip
    session.flush()
    return token


def open_invitations(session: ReadSession, tenant_id: int, now: datetime) -> list[OpenInvitation]:
    """Those of a company that can still be used, oldest first."""
    rows = session.execute(
        select(Invitation, Tenant.name)
        .join(Tenant, Tenant.id == Invitation.tenant_id)
        .where(Invitation.tenant_id == tenant_id, *_holds(now))
        .order_by(Invitation.made_at)
    )
    return [_open(row, company) for row, company in rows]


def invitation_of(session: ReadSession | WriteSession, token: str, now: datetime) -> OpenInvitation:
    """What a link invites to. Raises InvitationGoneError."""
    row = session.scalar(select(Invitation).where(Invitation.token_hash == token_hash(token), *_holds(now)))
    if row is None:
        raise InvitationGoneError
    return _open(row, session.get_one(Tenant, row.tenant_id).name)


def _holds(now: datetime) -> tuple[ColumnElement[bool], ...]:
    """Whether an invitation can still be used."""
    return Invitation.used_at.is_(None), Invitation.withdrawn_at.is_(None), Invitation.expires_at > now


def _open(row: Invitation, company: str) -> OpenInvitation:
    return OpenInvitation(row.token_hash, row.tenant_id, company, Role(row.role), row.note, row.made_by, row.expires_at)


def accept(session: WriteSession, token: str, user_id: int, email: str, now: datetime) -> int:
    """Join by an invitation, which ends with it; returns the company. Raises InvitationGoneError.

    Who is a member already keeps the higher role: a link cannot take rights away.
    """
    invited = _end(session, token_hash(token), now, used_at=now, ended_by=email)
    member = session.get(Membership, (user_id, invited.tenant_id))
    if member is None or member.role != Role.MERCHANT.value:
        join(session, user_id, invited.tenant_id, Role(invited.role), by=invited.made_by)
    return invited.tenant_id


def withdraw(session: WriteSession, tenant_id: int, hashed: str, *, by: str, now: datetime) -> None:
    """End an invitation unused. Raises InvitationGoneError for one that is not this company's, or not open."""
    hashed = hashed.replace("\0", "")  # PostgreSQL's text knows no NUL
    row = session.get(Invitation, hashed)
    if row is None or row.tenant_id != tenant_id:
        raise InvitationGoneError
    _end(session, hashed, now, withdrawn_at=now, ended_by=by)


def _end(session: WriteSession, hashed: str, now: datetime, **values: object) -> Invitation:
    """Use an invitation up, in one statement, so that of two people at once one does."""
    ended = update(Invitation).where(Invitation.token_hash == hashed, *_holds(now)).values(**values)
    row = session.scalars(ended.returning(Invitation)).one_or_none()
    if row is None:
        raise InvitationGoneError
    return row


def company_list(session: ReadSession) -> list[ListedCompany]:
    """All companies, by name."""
    active = select(Connection.tenant_id, Connection.platform).where(Connection.state == "active")
    connections: dict[int, list[str]] = {}
    for tenant_id, platform in session.execute(active.order_by(Connection.platform)):
        connections.setdefault(tenant_id, []).append(platform)
    counted = select(Membership.tenant_id, func.count().label("people")).group_by(Membership.tenant_id)
    people = {row.tenant_id: row.people for row in session.execute(counted)}
    return [
        ListedCompany(
            tenant.name, CompanyState(tenant.state), tuple(connections.get(tenant.id, ())), people.get(tenant.id, 0)
        )
        for tenant in session.scalars(select(Tenant).order_by(Tenant.name, Tenant.id))
    ]
