"""People at the pages: sign-in, forms, consents, what belongs to another company, what a log may hold."""

from __future__ import annotations

from tests.planted.fault import Fault

_GUARDS = "tests/security/test_guards.py"
_LOGS = "tests/unit/test_logs.py"
_PAGES = "tests/web/test_pages.py"
_SESSIONS = "tests/security/test_sessions.py"
_STATE = "tests/security/test_oauth_state.py"
_WALLS = "tests/pipeline/test_tenant_walls.py"
_LISTS = f"{_WALLS}::test_no_list_shows_anything_of_another_company"
_UNKNOWN = f"{_WALLS}::test_what_belongs_to_another_company_is_as_unknown_as_what_is_not_there"
_BUTTONS = f"{_WALLS}::test_button_changes_nothing_of_another_company"

OF_PEOPLE = (
    Fault(
        "lists-are-of-one-company",
        "Orders, findings and figures on a page are those of the person's company.",
        "app/tenants/repository.py",
        "    return () if tenant_id is None else (column == tenant_id,)\n",
        "    return ()\n",
        (_LISTS, _UNKNOWN),
    ),
    Fault(
        "payout-pages-are-of-one-company",
        "A payout's page is as unknown to another company as one that never was.",
        "app/payouts/views.py",
        "    return () if tenant_id is None else (StoredPayout.tenant_id == tenant_id,)\n",
        "    return ()\n",
        (_UNKNOWN,),
    ),
    Fault(
        "payout-list-is-of-one-company",
        "The list of payouts is the company's own.",
        "app/reconciliation/reconciliation.py",
        "        .where(*() if tenant_id is None else (StoredPayout.tenant_id == tenant_id,))\n",
        "",
        (_LISTS,),
    ),
    Fault(
        "files-are-of-one-company",
        "A payout file is shown and imported for the company that handed it in.",
        "app/payouts/imports/payout_files.py",
        """def _file(session: ReadSession, tenant_id: int, file_id: int) -> PayoutFile | None:
    conditions = (PayoutFile.id == file_id, PayoutFile.tenant_id == tenant_id)
""",
        """def _file(session: ReadSession, tenant_id: int, file_id: int) -> PayoutFile | None:
    conditions = (PayoutFile.id == file_id,)
""",
        (_UNKNOWN, "tests/pipeline/test_payout_files.py::test_another_company_sees_nothing_of_a_file"),
    ),
    Fault(
        "answers-about-files-are-of-one-company",
        "What equal rows of a file are, the company that handed it in says.",
        "app/payouts/imports/payout_files.py",
        """    def _keep_answer(self, tenant_id: int, file_id: int, **answer: str) -> bool:
        conditions = (PayoutFile.id == file_id, PayoutFile.tenant_id == tenant_id)
""",
        """    def _keep_answer(self, tenant_id: int, file_id: int, **answer: str) -> bool:
        conditions = (PayoutFile.id == file_id,)
""",
        (_BUTTONS,),
    ),
    Fault(
        "file-list-is-of-one-company",
        "The list of handed-in files is the company's own.",
        "app/payouts/imports/payout_files.py",
        "            .where(PayoutFile.tenant_id == tenant_id)\n",
        "",
        (_LISTS,),
    ),
    Fault(
        "retry-is-of-one-company",
        "A button that tries an order again reaches orders of the person's company.",
        "app/main.py",
        "select(Job).where(named, *of_tenant(Job.tenant_id, tenant_id))",
        "select(Job).where(named)",
        (_BUTTONS, "tests/pipeline/test_stops.py::test_a_person_of_another_tenant_releases_nothing"),
    ),
    Fault(
        "retry-of-a-code-is-of-one-company",
        "A button that tries all orders with a code reaches orders of the person's company.",
        "app/findings/repository.py",
        """        FindingRow.tenant_id == tenant_id, FindingRow.code == code, FindingRow.resolved_at.is_(None)
    )
    if about""",
        """        FindingRow.code == code, FindingRow.resolved_at.is_(None)
    )
    if about""",
        (_BUTTONS,),
    ),
    Fault(
        "answers-are-of-one-company",
        "What a person says of a payout's line is kept for a payout of the person's company.",
        "app/payouts/line_answer_store.py",
        "    if job is None or stored is None or tenant_id not in {None, job.tenant_id}:\n",
        "    if job is None or stored is None:\n",
        (_BUTTONS,),
    ),
    Fault(
        "answers-about-orders-are-of-one-company",
        "What a person says of an order is kept for an order of the person's company.",
        "app/orders/given_answers.py",
        "    return job if job is not None and tenant_id in {None, job.tenant_id} else None\n",
        "    return job\n",
        (_BUTTONS,),
    ),
    Fault(
        "articles-are-of-one-company",
        "The table of product numbers is the company's own.",
        "app/master_data/articles.py",
        'where(Snapshot.tenant_id == tenant_id, sku != "")',
        'where(sku != "")',
        (_LISTS,),
    ),
    Fault(
        "qliro-account-is-of-one-company",
        "Who tells of a Qliro account's orders, the company that connected it chooses.",
        "app/connections/repository.py",
        "select(Connection).where(Connection.id == connection_id, *conditions)",
        "select(Connection).where(Connection.id == connection_id, Connection.platform == platform)",
        (_BUTTONS,),
    ),
    Fault(
        "connection-stays-with-its-company",
        "A company or shop that another tenant connected cannot be taken over.",
        "app/connections/repository.py",
        "            where=Connection.tenant_id == new.tenant_id,\n",
        "",
        ("tests/connect/test_storing.py::test_row_of_another_tenant_is_never_overwritten",),
    ),
    Fault(
        "form-token",
        "A form without the token of its session changes nothing.",
        "app/web/access.py",
        "    if not form_token_fits(person.form_token, form_token):\n",
        "    if form_token is None:\n",
        (
            f"{_PAGES}::test_form_without_our_token_or_from_another_site_is_refused",
            f"{_PAGES}::test_form_of_another_session_is_refused",
        ),
    ),
    Fault(
        "origin",
        "A request that changes something must come from our own pages.",
        "app/web/edge.py",
        '        if not comes_from_us(scope["method"], Headers(scope=scope), self._origin):\n',
        '        if scope["method"] == "BREW":\n',
        (
            f"{_PAGES}::test_form_without_our_token_or_from_another_site_is_refused",
            f"{_PAGES}::test_sign_in_from_another_site_is_refused",
        ),
    ),
    Fault(
        "origin-is-whole",
        "An origin that only begins like ours is another site.",
        "app/web/edge.py",
        '    return headers.get("origin") == own_origin\n',
        '    return str(headers.get("origin")).startswith(own_origin)\n',
        (f"{_GUARDS}::test_unsafe_method_must_come_from_us",),
    ),
    Fault(
        "state-is-of-its-session",
        "A consent comes home only to the session that began it.",
        "app/connections/oauth_state.py",
        " or not same(row.session_hash, session_hash):\n",
        ":\n",
        (f"{_STATE}::test_state_of_another_session_tenant_or_platform_is_foreign_and_stays_usable",),
    ),
    Fault(
        "state-is-used-once",
        "A state that came home is used up, also for two callbacks at the same instant.",
        "app/connections/oauth_state.py",
        ".where(OAuthState.state_hash == row.state_hash, OAuthState.used_at.is_(None))",
        ".where(OAuthState.state_hash == row.state_hash)",
        (f"{_STATE}::test_of_simultaneous_callbacks_one_wins",),
    ),
    Fault(
        "state-expires",
        "A consent that nobody finished within ten minutes is void.",
        "app/connections/oauth_state.py",
        "    if row.expires_at <= now:\n",
        "    if row.expires_at <= now - LIFETIME:\n",
        (f"{_STATE}::test_state_expires",),
    ),
    Fault(
        "session-expires",
        "A session ends by itself.",
        "app/tenants/sessions.py",
        "            WebSession.expires_at > now,\n",
        "",
        (f"{_SESSIONS}::test_session_expires",),
    ),
    Fault(
        "signed-out-is-out",
        "A session that was signed out is nobody's.",
        "app/tenants/sessions.py",
        "            WebSession.revoked_at.is_(None),\n            UserAccount",
        "            UserAccount",
        (f"{_SESSIONS}::test_signing_out_ends_one_session_and_revoking_ends_all",),
    ),
    Fault(
        "disabled-account-is-out",
        "The sessions of a disabled account end with it.",
        "app/tenants/sessions.py",
        "            UserAccount.disabled_at.is_(None),\n",
        "",
        (f"{_SESSIONS}::test_disabled_account_is_refused_and_its_sessions_end",),
    ),
    Fault(
        "sign-in-throttle-of-an-account",
        "Ten wrong passwords close an account to guessing for a quarter of an hour.",
        "app/tenants/throttle.py",
        "    return by_account > PER_ACCOUNT or by_address > PER_ADDRESS\n",
        "    return bool(by_address > PER_ADDRESS)\n",
        (f"{_SESSIONS}::test_account_is_closed_to_guessing_even_with_the_right_password",),
    ),
    Fault(
        "sign-in-throttle-of-an-address",
        "An address that guesses at many accounts is closed too.",
        "app/tenants/throttle.py",
        "    return by_account > PER_ACCOUNT or by_address > PER_ADDRESS\n",
        "    return bool(by_account > PER_ACCOUNT)\n",
        (f"{_SESSIONS}::test_address_is_closed_after_guessing_at_many_accounts",),
    ),
    Fault(
        "guess-is-counted-before-it-is-tried",
        "Guesses at the same instant see one another.",
        "app/tenants/sessions.py",
        """    with store.write() as session:
        attempt_id = note_attempt(session, email=email, address=address, now=now)
    with store.write() as session:
        if is_over_limit""",
        """    with store.write() as session:
        attempt_id = note_attempt(session, email=email, address=address, now=now)
        if is_over_limit""",
        (f"{_SESSIONS}::test_guesses_at_the_same_instant_do_not_slip_through",),
    ),
    Fault(
        "roles",
        "A bookkeeper does not connect the merchant's shop.",
        "app/tenants/roles.py",
        "    if not may(role, permission):\n",
        "    if not may(Role.MERCHANT, permission):\n",
        (f"{_GUARDS}::test_operator_helps_but_never_consents", f"{_PAGES}::test_bookkeeper_connects_fortnox_only"),
    ),
    Fault(
        "person-without-company-sees-nothing",
        "A merchant without a company sees nothing rather than all.",
        "app/tenants/roles.py",
        "    if tenant_id is None:\n        # The table",
        "    if tenant_id == 0:\n        # The table",
        (f"{_GUARDS}::test_person_without_tenant_sees_nothing_rather_than_all",),
    ),
    Fault(
        "secret-is-bound-to-its-row",
        "A encrypted secret that is copied to another row does not open there.",
        "app/kit/encryption.py",
        "    return json.dumps([table, str(row), purpose])\n",
        "    return json.dumps([table, purpose])\n",
        ("tests/security/test_sealing.py::test_a_value_moved_to_another_row_does_not_open",),
    ),
    Fault(
        "log-masks-by-name",
        "A value whose name says that it is secret or personal is masked in every log line.",
        "app/logs.py",
        "    if _SECRET_NAMES.search(name) or _PERSONAL_NAMES.search(name):\n        return _MASK\n",
        "",
        (f"{_LOGS}::test_masking_goes_to_any_depth",),
    ),
    Fault(
        "log-masks-by-shape",
        "What looks like a token is masked wherever it stands.",
        "app/logs.py",
        "    return _SECRET_SHAPES.sub(_MASK, value) if isinstance(value, str) else value\n\n\ndef",
        "    return value\n\n\ndef",
        (f"{_LOGS}::test_secret_is_masked_by_its_shape_wherever_it_stands",),
    ),
    Fault(
        "failing-statement-tells-nothing",
        "A statement that fails is logged without the people and secrets that it was about.",
        "app/kit/db/engine.py",
        "        hide_parameters=True,",
        "        hide_parameters=False,",
        ("tests/storage/test_schema.py::test_a_failing_statement_tells_no_personal_data",),
    ),
    Fault(
        "insecure-production-does-not-start",
        "A production process with the built-in key refuses to start.",
        "app/settings.py",
        "        if problems:\n            raise",
        "        if len(problems) > 99:\n            raise",
        ("tests/unit/test_settings.py::test_insecure_production_does_not_start",),
    ),
    Fault(
        "cell-is-no-formula",
        "Text of other people in a CSV file does not become a formula.",
        "app/web/spreadsheet.py",
        "    if text.startswith(_BEGINS_FORMULA) and not is_number:\n",
        "    if not text and not is_number:\n",
        ("tests/web/test_reconciliation.py::test_csv_has_decimal_commas_and_no_formula",),
    ),
)
