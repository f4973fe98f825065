"""Real files of providers, where the reference material lies beside the project. They are no part of it."""

from datetime import date

import pytest

from app.payouts.files import NotRecognised, ReadFile, Recognised, read_file, recognise
from tests.support.fidelity.reference import FORTNOX, needs

SAMPLES = FORTNOX.parent / "qliro" / "samples"
pytestmark = needs(SAMPLES, "the readers of settlement files against real ones")


def sample(name: str) -> ReadFile | NotRecognised:
    found = recognise((SAMPLES / name).read_bytes())
    return read_file(found) if isinstance(found, Recognised) else found


@pytest.mark.parametrize(
    ("name", "provider", "payouts", "pending"),
    [
        ("adyen-settlement-detail-batch-238.csv", "adyen", 1, 0),
        ("paypal-activity-en.csv", "paypal", 14, 3),
        ("shopify-payments-transactions-18col.csv", "shopify_payments", 1, 2),
        ("stripe-balance-export.csv", "stripe", 1, 1),
    ],
)
def test_a_whole_file_is_explained_to_the_cent(name: str, provider: str, payouts: int, pending: int) -> None:
    found = sample(name)
    assert isinstance(found, ReadFile)
    assert (found.provider, found.problems, len(found.payouts), found.pending) == (provider, (), payouts, pending)
    assert [str(payout.id) for payout in found.payouts if payout.unexplained] == []


def test_an_excerpt_is_read_and_stays_unexplained() -> None:
    found = sample("adyen-settlement-detail-excerpt.csv")
    assert isinstance(found, ReadFile)
    assert found.problems == ()
    assert [payout.unexplained.minor for payout in found.payouts] == [-15507]


def test_a_list_of_payouts_states_their_sums() -> None:
    found = sample("shopify-payments-payouts-summary.csv")
    assert isinstance(found, ReadFile)
    assert [(sum_.paid_on, str(sum_.paid_out)) for sum_ in found.sums] == [(date(2026, 9, 3), "416.65 USD")]


def test_a_settlement_report_whose_ids_are_blanked_is_recognised_and_refused() -> None:
    found = sample("paypal-settlement-report-head.csv")
    assert isinstance(found, ReadFile)
    assert (found.format, [problem.column for problem in found.problems]) == (
        "PayPal, settlement report (STL)",
        ["Transaction ID"],
    )
