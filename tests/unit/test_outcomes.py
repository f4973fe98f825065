"""What an answer of Fortnox means: the line between "not done" and "who knows" decides who may try again."""

import pytest

from app.kit.http.outcome import Done, Limited, Outcome, RawAnswer, Refused, Unknown
from app.ledgers.fortnox.client import outcome_of
from app.ledgers.fortnox.wire import WireError

ERROR = b'{"ErrorInformation":{"Error":1,"Message":"Kunde inte hitta konto","Code":2001304}}'
SMALL = b'{"ErrorInformation":{"error":1,"message":"Kunde inte hitta konto","code":2001304}}'


def outcome(status: int, content: bytes = b"", **headers: str) -> Outcome:
    return outcome_of(RawAnswer(status, {name.replace("_", "-"): value for name, value in headers.items()}, content))


@pytest.mark.parametrize("status", [200, 201, 202])
def test_object_with_success_is_done(status: int) -> None:
    assert outcome(status, b'{"Invoice":{"DocumentNumber":"17"}}') == Done(
        status, {"Invoice": {"DocumentNumber": "17"}}
    )


@pytest.mark.parametrize("content", [b"", b"  \n", b"{}", b"null"])
def test_success_without_a_word_is_done(content: bytes) -> None:
    assert outcome(204, content) == Done(204, {})


def test_amounts_are_read_exactly() -> None:
    done = outcome(200, b'{"Total":0.1,"Rows":[3.30]}')
    assert isinstance(done, Done)
    assert [str(done.data["Total"]), str(done.data["Rows"][0])] == ["0.1", "3.30"]


@pytest.mark.parametrize("content", [b"<html>", b"[]", b'"ok"', b"7", b'{"Invoice":', b"\xff\xfe", b"[" * 100_000])
def test_success_that_cannot_be_read_is_unknown(content: bytes) -> None:
    assert isinstance(outcome(200, content), Unknown)


@pytest.mark.parametrize("body", [ERROR, SMALL])
@pytest.mark.parametrize("status", [200, 400, 403, 404])
def test_error_in_the_body_is_a_refusal_whatever_the_status(status: int, body: bytes) -> None:
    refused = outcome(status, body)
    assert isinstance(refused, Refused)
    assert (refused.status, refused.number, refused.message) == (status, 2001304, "Kunde inte hitta konto")


@pytest.mark.parametrize("status", [400, 401, 403, 404, 409, 422])
def test_refusal_without_a_body_is_still_a_refusal(status: int) -> None:
    assert outcome(status) == Refused(status)


def test_refusal_that_cannot_be_read_is_unknown() -> None:
    assert outcome(400, b"<html>proxy</html>") == Unknown("HTTP 400 with a body that is no JSON", 400)


@pytest.mark.parametrize("status", [500, 502, 503, 504, 599, 408])
def test_fault_of_the_server_may_have_been_carried_out(status: int) -> None:
    assert outcome(status, ERROR) == Unknown(f"HTTP {status}", status)


@pytest.mark.parametrize("status", [300, 301, 302, 303, 304, 307, 308])
def test_redirect_is_not_followed_and_may_have_been_carried_out(status: int) -> None:
    assert isinstance(outcome(status, location="https://elsewhere.example"), Unknown)


@pytest.mark.parametrize(
    ("stated", "seconds"),
    [("7", 7.0), ("0", 0.0), ("", 5.0), ("soon", 5.0), ("-3", 5.0), ("²", 5.0), ("Wed, 21 Oct 2026 07:28:00 GMT", 5.0)],
)
def test_too_many_calls_waits_as_told_or_a_window(stated: str, seconds: float) -> None:
    assert outcome(429, b"<html>", retry_after=stated) == Limited(seconds)


@pytest.mark.parametrize(
    ("body", "number", "message"),
    [
        ({"ErrorInformation": {"Error": 1, "Message": "Fel", "Code": 2000310}}, 2000310, "Fel"),
        ({"ErrorInformation": {"error": 1, "message": "Fel", "code": "2000310"}}, 2000310, "Fel"),
        ({"message": "unauthorized"}, None, "unauthorized"),
        ({"error": "invalid_grant", "error_description": "Invalid refresh token"}, None, "Invalid refresh token"),
        ({"error": "invalid_grant"}, None, "invalid_grant"),
        ({"ErrorInformation": "Fel"}, None, "Fel"),
        ({"ErrorInformation": {"Code": "²"}}, None, ""),
        ({"ErrorInformation": {"Code": None, "Message": None}}, None, ""),
        ({}, None, ""),
        ([], None, ""),
        (None, None, ""),
    ],
)
def test_error_is_read_in_both_spellings(body: object, number: int | None, message: str) -> None:
    error = WireError.read(body)
    assert (error.number, error.message) == (number, message)
