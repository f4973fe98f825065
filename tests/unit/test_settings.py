"""Settings that would expose merchants do not start outside development, and say which they are."""

from typing import Any

import pytest
from pydantic import ValidationError

from app.settings import Settings

KEY = "0123456789abcdef0123456789abcdef"
SAFE: dict[str, Any] = {
    "environment": "production",
    "base_url": "https://bokbro.example",
    "secret_keys": [KEY],
    "fortnox_client_id": "real-app",
    "fortnox_client_secret": "real-secret-of-fortnox",
}


@pytest.fixture(autouse=True)
def empty_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Any) -> None:
    for name in Settings.model_fields:
        monkeypatch.delenv(name.upper(), raising=False)
    monkeypatch.chdir(tmp_path)  # no .env of this checkout


def settings(**changes: Any) -> Settings:
    return Settings(**{**SAFE, **changes})


def test_safe_production_starts() -> None:
    assert settings().is_production


@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        ({"secret_keys": []}, "SECRET_KEYS must hold keys of your own"),
        ({"secret_keys": ["development-only-key-0000000000000"]}, "SECRET_KEYS must hold keys of your own"),
        ({"secret_keys": [KEY, "development-only-key-0000000000000"]}, "SECRET_KEYS must hold keys of your own"),
        ({"secret_keys": [KEY, "short"]}, "at least 32 characters"),
        ({"base_url": "http://bokbro.example"}, "BASE_URL must be https"),
        ({"fortnox_client_secret": "bokbro-demo-secret"}, "FORTNOX_CLIENT_SECRET is the demo's"),
        ({"fortnox_auth_url": "http://127.0.0.1:9100"}, "FORTNOX_AUTH_URL must be https"),
        ({"fortnox_api_url": "http://127.0.0.1:9100"}, "FORTNOX_API_URL must be https"),
        ({"shopify_url_template": "http://127.0.0.1:9200/{shop}"}, "SHOPIFY_URL_TEMPLATE must be https"),
    ],
)
def test_insecure_production_does_not_start(change: dict[str, Any], complaint: str) -> None:
    with pytest.raises(ValidationError, match="refusing to start in production") as fault:
        settings(**change)
    assert complaint in str(fault.value)
    assert str(fault.value).count(";") == 0, "one fault, one complaint"


def test_all_faults_are_said_at_once() -> None:
    with pytest.raises(ValidationError) as fault:
        Settings(environment="production")
    assert str(fault.value).count("; ") == 2  # keys, address, the demo's secret


def test_built_in_defaults_are_for_development_and_tests() -> None:
    assert not Settings().is_production
    assert not Settings(environment="test").is_production


def test_refusal_prints_no_secret() -> None:
    with pytest.raises(ValidationError) as fault:
        settings(base_url="http://bokbro.example", shopify_client_secret="real-secret-of-shopify")
    for secret in (KEY, "real-secret-of-fortnox", "real-secret-of-shopify"):
        assert secret not in str(fault.value)
        assert secret not in repr(fault.value)


def test_settings_print_no_secret() -> None:
    shown = repr(settings())
    assert KEY not in shown
    assert "real-secret-of-fortnox" not in shown


def test_environment_names_the_setting_in_upper_case(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PORT", "8123")
    monkeypatch.setenv("SECRET_KEYS", f'["{KEY}"]')
    read = Settings()
    assert read.port == 8123
    assert [key.get_secret_value() for key in read.secret_keys] == [KEY]


@pytest.mark.parametrize(("broker", "embedded"), [("memory://", True), ("redis://127.0.0.1:6379/0", False)])
def test_broker_decides_the_mode(broker: str, *, embedded: bool) -> None:
    assert Settings(broker_url=broker).is_embedded is embedded
