"""Connect Fortnox: from the button to a stored connection, or to a catalogue code and nothing stored."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

import httpx2

from app.catalogue import match_refusal
from app.connections import oauth_state
from app.connections.errors import ConnectRefusedError
from app.connections.flows.fortnox_oauth import (
    Account,
    Company,
    FortnoxApp,
    TokenRefusedError,
    Tokens,
    TokenUnreachableError,
    TokenUnreadableError,
    authorise_url,
    exchange_code,
    read_company,
    revoke,
    service_token,
    token_company,
)
from app.connections.repository import (
    AccountTakenError,
    Connected,
    ConnectionFacts,
    NewConnection,
    OtherAccountError,
    check_account,
    store_connection,
)
from app.kit.db.engine import Store
from app.kit.encryption import KeyRing
from app.ledgers.fortnox.platform import FORTNOX

_REFUSALS = {"access_denied": "FORTNOX_CONSENT_REFUSED", "invalid_grant": "FORTNOX_CODE_EXPIRED"}
_MAX_WORD = 80
_OF_A_SCOPE = frozenset({"invalid_scope", "error_missing_license"})
"""Refusals of a whole consent that one scope can cause: our registration lacks it, or the company its licence (1.1)."""


class MoreRefusedError(Exception):
    """Fortnox refused a consent that asked for more than every company needs: ask again without `more`."""

    def __init__(self, account: Account, more: tuple[str, ...]) -> None:
        super().__init__(f"refused with {', '.join(more)}")
        self.account, self.more = account, more


@dataclass(frozen=True)
class FortnoxConnector:
    """The two halves of the round trip: `begin` before Fortnox's consent page, `complete` after it."""

    store: Store
    app: FortnoxApp
    client: httpx2.Client
    ring: KeyRing
    clock: Callable[[], datetime]

    def begin(
        self,
        *,
        tenant_id: int,
        session_hash: str,
        account: Account = "service",
        more: Sequence[str] = (),
        without: Sequence[str] = (),
    ) -> str:
        """Remember a state for this session and return the address to send the browser to.

        `more` are scopes that only some companies use; they never fail a consent (`MoreRefusedError`). `without` are
        those that were refused before: the person sees it in the end.
        """
        with self.store.write() as session:
            state = oauth_state.begin(
                session,
                platform=FORTNOX.name,
                tenant_id=tenant_id,
                session_hash=session_hash,
                now=self.clock(),
                data={"account": account, "more": list(more), "without": list(without)},
            )
        return authorise_url(self.app, state=state, account=account, more=more)

    def complete(self, *, tenant_id: int, session_hash: str, query: Mapping[str, str]) -> Connected:
        """Turn the callback's query into a stored connection.

        Raises ConnectRefusedError, and MoreRefusedError where less may be had; then nothing is stored.

        No transaction is open while Fortnox is asked. What was refused after the exchange is given back to Fortnox.
        """
        account, without = self._redeem(tenant_id, session_hash, query)
        tokens = self._asked(lambda: exchange_code(self.client, self.app, query["code"], now=self.clock()))
        try:
            company = self._company(tokens)
            self._check_scopes(tokens)
            self._check_company(tenant_id, company)
            connection = self._connection(tenant_id, account, company, tokens)
            with self.store.write() as session:
                check_account(session, tenant_id, FORTNOX.name, company.number, only_one=True)
                return replace(store_connection(session, self.ring, connection, self.clock()), without=without)
        except (ConnectRefusedError, AccountTakenError, OtherAccountError) as refusal:
            error = refusal if isinstance(refusal, ConnectRefusedError) else _ownership(refusal, company)
            # A consent belongs to the company, not to us two: giving back the token of a company that another
            # tenant books in might end that tenant's consent. Such a token is discarded instead.
            if tokens.refresh_token and error.code != "FORTNOX_COMPANY_TAKEN":
                revoke(self.client, self.app, tokens.refresh_token)
            raise error from refusal

    def _redeem(self, tenant_id: int, session_hash: str, query: Mapping[str, str]) -> tuple[Account, tuple[str, ...]]:
        """Whom the consent was asked for, and which scopes had to be left out of it."""
        state, error = query.get("state"), query.get("error")
        if not state:
            if query.get("code"):
                raise ConnectRefusedError("OAUTH_STATE_UNKNOWN")
            # Some refusals (a scope our registration lacks) are given before Fortnox looks at the state.
            raise _refused_by(_word(error))
        try:
            with self.store.write() as session:
                trip = oauth_state.redeem(
                    session,
                    state=state,
                    platform=FORTNOX.name,
                    tenant_id=tenant_id,
                    session_hash=session_hash,
                    now=self.clock(),
                )
        except oauth_state.OAuthStateError as refusal:
            raise ConnectRefusedError(refusal.code) from refusal
        account: Account = "user" if trip.data.get("account") == "user" else "service"
        if error in _OF_A_SCOPE and trip.data.get("more"):
            raise MoreRefusedError(account, tuple(trip.data["more"]))
        if error or not query.get("code"):
            raise _refused_by(_word(error))
        return account, tuple(trip.data.get("without") or ())

    def _asked(self, ask: Callable[[], Tokens]) -> Tokens:
        try:
            return ask()
        except TokenRefusedError as refusal:
            raise _refused_by(refusal.error, refusal.description) from refusal
        except TokenUnreachableError as failure:
            raise ConnectRefusedError("FORTNOX_UNAVAILABLE") from failure
        except TokenUnreadableError as failure:
            raise ConnectRefusedError("FORTNOX_ANSWER_UNREADABLE", {"status": "–"}) from failure

    def _company(self, tokens: Tokens) -> Company:
        company = read_company(self.client, self.app.api_url, tokens.access_token)
        if token_company(tokens.access_token) not in {None, company.number}:
            raise ConnectRefusedError("FORTNOX_ANSWER_UNREADABLE", {"status": "200"})
        return company

    def _check_scopes(self, tokens: Tokens) -> None:
        missing = sorted(set(self.app.scopes) - set(tokens.scopes))
        if missing:
            raise ConnectRefusedError("FORTNOX_SCOPE_MISSING", {"scope": ", ".join(missing)})

    def _check_company(self, tenant_id: int, company: Company) -> None:
        with self.store.write() as session:
            check_account(session, tenant_id, FORTNOX.name, company.number, only_one=True)

    def _connection(self, tenant_id: int, account: Account, company: Company, tokens: Tokens) -> NewConnection:
        working = tokens
        if account == "service":
            working = self._asked(lambda: service_token(self.client, self.app, company.number, now=self.clock()))
        return NewConnection(
            tenant_id=tenant_id,
            platform=FORTNOX.name,
            kind=FORTNOX.kind,
            account=company.number,
            display_name=company.name,
            grant="client_credentials" if account == "service" else "refresh_token",
            scopes=tokens.scopes,
            # A service account keeps its refresh token only to be able to give the consent back.
            secrets={
                "access_token": working.access_token,
                "expires_at": working.expires_at.isoformat(),
                "refresh_token": tokens.refresh_token,
            },
            facts=ConnectionFacts(organisation_number=company.organisation_number),
        )


def _word(error: str | None) -> str | None:
    # It came in an address that anybody can write, and is shown on our page: one plain word, or nothing.
    return error if not error or re.fullmatch(r"[a-z_]{1,60}", error) else "error"


def _refused_by(error: str | None, description: str = "") -> ConnectRefusedError:
    """The entry of an OAuth error, wherever it was said: on the consent page or at the token end point."""
    if not error:
        return ConnectRefusedError("FORTNOX_BARE_CALLBACK")
    if error in _REFUSALS:
        return ConnectRefusedError(_REFUSALS[error])
    entry = match_refusal(FORTNOX.name, None, error, None)
    # `invalid_scope` and its like are faults of our registration: the operator's, whatever the words say.
    if entry is None or error.startswith("invalid_"):
        return ConnectRefusedError("FORTNOX_APP_MISCONFIGURED", {"message": (description or error)[:_MAX_WORD]})
    return ConnectRefusedError(entry.code)


def _ownership(refusal: AccountTakenError | OtherAccountError, company: Company) -> ConnectRefusedError:
    if isinstance(refusal, OtherAccountError):
        return ConnectRefusedError(
            "FORTNOX_WRONG_COMPANY", {"company": company.name, "expected_company": refusal.expected}
        )
    return ConnectRefusedError("FORTNOX_COMPANY_TAKEN", {"company": company.name})
