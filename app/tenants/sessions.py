"""Sign-in sessions: a random id in a cookie, only its hash in the database, revocable at any time."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import delete, select, update

from app.kit.db.engine import ReadSession, Store, WriteSession
from app.kit.random_tokens import new_token, token_hash
from app.schema import CompanyState, Tenant, UserAccount, WebSession
from app.tenants.passwords import Passwords
from app.tenants.roles import Role
from app.tenants.throttle import TooManyAttemptsError, forget_attempts, is_over_limit, note_attempt

_KEEP = timedelta(days=30)
"""How long an ended session stays, for the question who was signed in when."""
_MAX_EMAIL = 320
"""Characters (RFC 5321: 64 before the @, 255 after it)."""


class SignInRefusedError(Exception):
    """E-mail or password is wrong, or the account is disabled. Which of them is never shown."""


@dataclass(frozen=True, slots=True)
class CompanyShown:
    """What every page shows of a company."""

    name: str
    state: CompanyState


@dataclass(frozen=True, slots=True)
class SignedIn:
    """The person behind a request. `tenant_id` is None for operators only."""

    user_id: int
    email: str
    name: str
    role: Role
    tenant_id: int | None
    company: CompanyShown | None
    """The person's company; None for operators."""
    language: str
    session_hash: str
    form_token: str


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
) -> NewSession:
    """Check e-mail and password and open a session.

    Raises SignInRefusedError, or TooManyAttemptsError before the password is even looked at. The slow hash is computed
    between two short transactions, never inside one.
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
        return open_session(session, user_id=user.id, now=now, lifetime=lifetime)


def open_session(session: WriteSession, *, user_id: int, now: datetime, lifetime: timedelta) -> NewSession:
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
        )
    )
    return fresh


def find_session(session: ReadSession, cookie: str, now: datetime) -> SignedIn | None:
    """The person a cookie stands for, or None when it is unknown, expired, revoked, or the account is disabled."""
    row = session.execute(
        select(WebSession, UserAccount, Tenant)
        .join(UserAccount, UserAccount.id == WebSession.user_id)
        .outerjoin(Tenant, Tenant.id == UserAccount.tenant_id)
        .where(
            WebSession.id_hash == token_hash(cookie),
            WebSession.expires_at > now,
            WebSession.revoked_at.is_(None),
            UserAccount.disabled_at.is_(None),
        )
    ).one_or_none()
    if row is None:
        return None
    web_session, user, tenant = row
    return SignedIn(
        user_id=user.id,
        email=user.email,
        name=user.name,
        role=Role(user.role),
        tenant_id=user.tenant_id,
        company=CompanyShown(tenant.name, CompanyState(tenant.state)) if tenant else None,
        language=user.language,
        session_hash=web_session.id_hash,
        form_token=web_session.form_token,
    )


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
