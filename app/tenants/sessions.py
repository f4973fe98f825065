"""Sign-in sessions: a random id in a cookie, only its hash in the database, revocable at any time."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import delete, select, update

from app.kit.db.engine import ReadSession, Store, WriteSession
from app.kit.random_tokens import new_token, token_hash
from app.schema import CompanyState, Membership, Tenant, UserAccount, WebSession
from app.tenants.passwords import Passwords
from app.tenants.people import CompanyOf, accept, companies_of
from app.tenants.roles import Role
from app.tenants.throttle import TooManyAttemptsError, forget_attempts, is_over_limit, note_attempt

_KEEP = timedelta(days=30)
"""How long an ended session stays, for the question who was signed in when."""
_MAX_EMAIL = 320
"""Characters (RFC 5321: 64 before the @, 255 after it)."""


class SignInRefusedError(Exception):
    """E-mail or password is wrong, or the account is disabled or of no company. Which of them is never shown."""


@dataclass(frozen=True, slots=True)
class SignedIn:
    """The person behind a request, in one of their companies. `tenant_id` is None for operators only."""

    user_id: int
    email: str
    name: str
    role: Role
    tenant_id: int | None
    company: CompanyOf | None
    """The company that they have chosen; None for operators."""
    has_more: bool
    """Whether they belong to other companies, too."""
    language: str
    session_hash: str
    form_token: str
    """Of this session and company: a form of another company, in another tab, is not taken."""


@dataclass(frozen=True, slots=True)
class NewSession:
    """A fresh session; `cookie` exists only here and in the browser."""

    cookie: str
    expires_at: datetime

    def __repr__(self) -> str:
        return f"NewSession(***, expires_at={self.expires_at:%Y-%m-%d %H:%M})"


def sign_in(
    store: Store,
    passwords: Passwords,
    *,
    email: str,
    password: str,
    address: str,
    now: datetime,
    lifetime: timedelta,
    invitation: str = "",
) -> NewSession:
    """Check e-mail and password and open a session; by `invitation`, a token, the person joins its company, too.

    Raises SignInRefusedError, InvitationGoneError, or TooManyAttemptsError before the password is even looked at. The
    slow hash is computed between two short transactions, never inside one.
    """
    # PostgreSQL's text knows no NUL; nobody's address holds one.
    email = email.replace("\0", "").strip().lower()[:_MAX_EMAIL]
    with store.write() as session:
        attempt_id = note_attempt(session, email=email, address=address, now=now)
    with store.write() as session:
        if is_over_limit(session, email=email, address=address, now=now):
            raise TooManyAttemptsError
        user = session.scalar(select(UserAccount).where(UserAccount.email == email))
        stored = user.password_hash if user and user.disabled_at is None else None
    verdict = passwords.check(stored, password)
    if user is None or not verdict.right:
        raise SignInRefusedError
    with store.write() as session:
        forget_attempts(session, email=email, attempt_id=attempt_id)
        if verdict.renewed_hash:
            session.execute(
                update(UserAccount).where(UserAccount.id == user.id).values(password_hash=verdict.renewed_hash)
            )
        joined = accept(session, invitation, user.id, user.email, now) if invitation else None
        if not user.is_operator and not companies_of(session, user.id):
            raise SignInRefusedError
        return open_session(session, user_id=user.id, now=now, lifetime=lifetime, tenant_id=joined)


def open_session(
    session: WriteSession, *, user_id: int, now: datetime, lifetime: timedelta, tenant_id: int | None = None
) -> NewSession:
    """Open a session for somebody whose identity has just been proven. Always a new id: a planted one is never kept."""
    session.execute(delete(WebSession).where(WebSession.expires_at < now - _KEEP))
    fresh = NewSession(new_token(), now + lifetime)
    session.add(
        WebSession(
            id_hash=token_hash(fresh.cookie),
            user_id=user_id,
            created_at=now,
            expires_at=fresh.expires_at,
            form_token=new_token(),
            tenant_id=tenant_id,
        )
    )
    return fresh


def find_session(session: ReadSession, cookie: str, now: datetime) -> SignedIn | None:
    """The person a cookie stands for.

    None when it is unknown, expired, revoked, the account is disabled, or it belongs to no company any more.
    """
    rows = session.execute(
        select(WebSession, UserAccount, Membership, Tenant)
        .join(UserAccount, UserAccount.id == WebSession.user_id)
        .outerjoin(Membership, Membership.user_id == UserAccount.id)
        .outerjoin(Tenant, Tenant.id == Membership.tenant_id)
        .where(
            WebSession.id_hash == token_hash(cookie),
            WebSession.expires_at > now,
            WebSession.revoked_at.is_(None),
            UserAccount.disabled_at.is_(None),
        )
        .order_by(Tenant.id.is_distinct_from(WebSession.tenant_id), Tenant.name, Tenant.id)
        .limit(2)
    ).all()
    if not rows:
        return None
    web_session, user, member, tenant = rows[0]
    company = None if user.is_operator else _company(member, tenant)
    if company is None and not user.is_operator:
        return None
    return SignedIn(
        user_id=user.id,
        email=user.email,
        name=user.name,
        role=company.role if company else Role.OPERATOR,
        tenant_id=company.tenant_id if company else None,
        company=company,
        has_more=len(rows) > 1,
        language=user.language,
        session_hash=web_session.id_hash,
        form_token=web_session.form_token if company is None else f"{web_session.form_token}.{company.tenant_id}",
    )


def _company(member: Membership | None, tenant: Tenant | None) -> CompanyOf | None:
    if member is None or tenant is None:
        return None
    return CompanyOf(tenant.id, tenant.name, CompanyState(tenant.state), Role(member.role))


def revoke_session(session: WriteSession, session_hash: str, now: datetime) -> None:
    """Sign one browser out."""
    session.execute(update(WebSession).where(WebSession.id_hash == session_hash).values(revoked_at=now))


def revoke_all_sessions(session: WriteSession, user_id: int, now: datetime) -> None:
    """Sign a person out everywhere: after a changed password, a changed role, a lost device."""
    session.execute(
        update(WebSession).where(WebSession.user_id == user_id, WebSession.revoked_at.is_(None)).values(revoked_at=now)
    )


def keep_language(session: WriteSession, user_id: int, language: str) -> None:
    """Show a person the pages in this language from now on."""
    session.execute(update(UserAccount).where(UserAccount.id == user_id).values(language=language))
