"""Real files of providers, where the reference material lies beside the project. They are no part of it."""

import pytest

from app.sources.settlements import NotRecognised, ReadFile, Recognised, read_file, recognise
from tests.fidelity.reference import FORTNOX, needs

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
    assert (found.provider, found.problems, len(found.settlements), found.pending) == (provider, (), payouts, pending)
    assert [str(one.id) for one in found.settlements if one.unexplained] == []


def test_an_excerpt_is_read_and_stays_unexplained() -> None:
    found = sample("adyen-settlement-detail-excerpt.csv")
    assert isinstance(found, ReadFile)
    assert found.problems == ()
    assert [one.unexplained.minor for one in found.settlements] == [-15507]


@pytest.mark.parametrize("name", ["paypal-settlement-report-head.csv", "shopify-payments-payouts-summary.csv"])
def test_what_we_do_not_read_is_shown_with_its_header(name: str) -> None:
    found = sample(name)
    assert isinstance(found, NotRecognised)
    assert found.header is not None
    assert len(found.header.cells) >= 10
