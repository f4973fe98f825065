"""Deliveries from outside: who signed them, what is kept before the 200, what is read at all."""

from __future__ import annotations

from tests.planted.fault import Fault

_ENDPOINT = "tests/pipeline/test_webhook_endpoint.py"
_WEBHOOKS = "tests/unit/test_shopify_webhooks.py"

AT_THE_ENDPOINTS = (
    Fault(
        "signature",
        "A delivery that the shop's secret did not sign is refused.",
        "app/shops/shopify/verify.py",
        "    return holds\n",
        "    return True\n",
        (
            f"{_WEBHOOKS}::test_any_other_signature_does_not",
            f"{_ENDPOINT}::test_a_bad_or_missing_signature_is_401_and_leaves_nothing_but_a_counter",
        ),
    ),
    Fault(
        "empty-secret-signs-nothing",
        "A secret that is not set up signs no delivery.",
        "app/shops/shopify/verify.py",
        """        if not secret:
            continue  # an empty secret means "not set up", never "sign with nothing"
""",
        "",
        (f"{_WEBHOOKS}::test_any_other_signature_does_not",),
    ),
    Fault(
        "old-secret-ends",
        "A secret that was replaced signs for one more hour and no longer.",
        "app/connections/grants.py",
        "        if until and datetime.fromisoformat(until) > now:\n",
        "        if until:\n",
        (f"{_ENDPOINT}::test_the_old_secret_does_not_sign_after_its_time",),
    ),
    Fault(
        "stored-before-200",
        "A delivery is committed before the shop hears 200.",
        "app/web/webhooks.py",
        "                await self.writer.store(delivery, remaining(until))\n",
        "                self.writer.submit(delivery)\n",
        (f"{_ENDPOINT}::test_row_and_job_are_committed_before_the_200_is_sent",),
    ),
    Fault(
        "not-stored-is-not-200",
        "A delivery that could not be stored is answered so that the shop sends it again.",
        "app/web/webhooks.py",
        """        except Exception:  # noqa: BLE001 - the writer has logged it; the shop must send again
            return TRY_AGAIN
""",
        """        except Exception:  # noqa: BLE001 - the writer has logged it; the shop must send again
            return 200
""",
        ("tests/pipeline/test_unstored_deliveries.py::test_delivery_that_the_database_does_not_take_is_sent_again",),
    ),
    Fault(
        "delivery-is-stored-once",
        "A delivery that comes twice is known by its id.",
        "app/shops/shopify/verify.py",
        "        return given\n",
        '        return given + __import__("secrets").token_hex(4)\n',
        (
            f"{_ENDPOINT}::test_the_same_delivery_again_is_200_and_stored_once",
            f"{_ENDPOINT}::test_the_same_delivery_from_many_at_once_is_stored_once",
        ),
    ),
    Fault(
        "shop-is-a-shop",
        "Only a whole domain of Shopify's is ever taken for a shop.",
        "app/shops/shopify/verify.py",
        "    return SHOP_DOMAIN.fullmatch(domain) is not None\n",
        "    return SHOP_DOMAIN.match(domain) is not None\n",
        (f"{_WEBHOOKS}::test_anything_else_is_no_shop",),
    ),
    Fault(
        "body-of-a-stranger-is-not-read",
        "The body of a shop that nobody connected is not held in memory.",
        "app/web/webhooks.py",
        "and await self._look_up(until, domain) is None:\n",
        'and domain == "":\n',
        (f"{_ENDPOINT}::test_body_of_a_stranger_is_not_waited_for",),
    ),
    Fault(
        "body-has-a-limit",
        "No more of a body is read than a delivery may have.",
        "app/web/reading_bodies.py",
        """        if len(body) > max_bytes:
            return 413, "too_large"
        if not""",
        "        if not",
        (f"{_ENDPOINT}::test_a_body_without_a_length_is_cut_off_at_the_limit",),
    ),
    Fault(
        "group-writer-survives",
        "One delivery that cannot be stored does not take the others with it, nor the thread that stores them.",
        "app/jobs/batch_writer.py",
        """            # One that cannot be stored must not take the others with it.
            for pair in group:
                self._write([pair])
            return
""",
        """            for pair in group:
                _resolve(pair[1], error)
            return
""",
        ("tests/pipeline/test_unstored_deliveries.py::test_delivery_that_cannot_be_stored_takes_no_other_with_it",),
    ),
    Fault(
        "push-address-ends",
        "An address for Qliro's pushes that a person withdrew takes none any more.",
        "app/connections/push_addresses.py",
        "        return KnownAddress(tenant_id, connection_id) if is_open else None\n",
        "        return KnownAddress(tenant_id, connection_id)\n",
        (
            (
                "tests/pipeline/test_push_endpoint.py::"
                "test_withdrawn_address_is_closed_at_once_and_what_it_missed_is_found_without_it"
            ),
        ),
    ),
)
