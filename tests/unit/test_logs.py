"""Neither secrets nor personal data reach a log line, at any depth."""

import json
from typing import Any

import pytest
import structlog

from app.logs import configure_logs, mask
from app.settings import Settings

SECRET = [
    "Authorization",
    "client_secret",
    "access_token",
    "X-Shopify-Access-Token",
    "password",
    "code_verifier",
    "X-Shopify-Hmac-Sha256",
    "set-cookie",
    "secret_keys",
]
PERSONAL = [
    "email",
    "Email",
    "emailAddress",
    "phone",
    "Phone1",
    "zip",
    "zip_code",
    "ZipCode",
    "city",
    "address1",
    "Address2",
    "DeliveryAddress1",
    "DeliveryName",
    "name",
    "customer_name",
    "CustomerName",
    "first_name",
    "displayName",
]


def masked(**event: Any) -> dict[str, Any]:
    return dict(mask(None, "info", event))


@pytest.mark.parametrize("name", SECRET)
def test_secret_is_masked_by_its_name(name: str) -> None:
    assert masked(**{name: "hush"}) == {name: "***"}


@pytest.mark.parametrize("name", PERSONAL)
def test_personal_data_is_masked_by_its_name(name: str) -> None:
    assert masked(**{name: "Maja Gran"}) == {name: "***"}


@pytest.mark.parametrize("name", ["order", "code", "step", "hostname", "filename", "status", "city_count"])
def test_what_identifies_nobody_is_shown(name: str) -> None:
    assert masked(**{name: "#1001"}) == {name: "#1001"}


def test_masking_goes_to_any_depth() -> None:
    event = masked(request={"body": [{"Customer": {"Name": "Maja", "CustomerNumber": "S1"}}, ("Bearer abc.def", 7)]})
    assert event == {"request": {"body": [{"Customer": {"Name": "***", "CustomerNumber": "S1"}}, ["***", 7]]}}


@pytest.mark.parametrize(
    "text",
    [
        "401 for Bearer eyJhbGciOi.payload.sig",
        "Basic Ym9rYnJvOnNlY3JldA==",
        "token eyJhbGciOi.eyJzdWIi.c2ln",
        "shpat_0123456789abcdef",
        "shpss_0123456789abcdef",
    ],
)
@pytest.mark.parametrize("name", ["event", "detail", "exception"])
def test_secret_is_masked_by_its_shape_wherever_it_stands(name: str, text: str) -> None:
    shown = masked(**{name: f"failed: {text}"})[name]
    assert shown.startswith("failed: ")
    for piece in ("payload", "Ym9r", "c2ln", "0123456789"):
        assert piece not in shown


def test_numbers_and_nothing_stay_as_they_are() -> None:
    assert masked(count=7, missing=None, ratio=0.5, flag=True) == {
        "count": 7,
        "missing": None,
        "ratio": 0.5,
        "flag": True,
    }


def test_line_of_production_is_json_without_the_secret(capsys: pytest.CaptureFixture[str]) -> None:
    configure_logs(Settings())
    try:
        structlog.get_logger("t").warning("call_failed", order="#1001", token="hush", detail="Bearer abc")
        (written,) = capsys.readouterr().err.strip().splitlines()
    finally:
        structlog.reset_defaults()
    told = json.loads(written)
    assert (told["event"], told["order"], told["token"], told["detail"]) == ("call_failed", "#1001", "***", "***")
    assert told["timestamp"].endswith("Z")
