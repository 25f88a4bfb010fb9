"""What the settings of the outer edge refuse, and when they count as production."""

import pytest
from pydantic import ValidationError

from ragstone.settings import Settings, SettingsInvalid, load
from ragstone.settings.edge import is_loopback


@pytest.mark.parametrize("host", ["127.0.0.1", "::1", "localhost", "127.8.8.8"])
def test_what_only_this_machine_reaches_is_no_production(host: str) -> None:
    assert is_loopback(host)
    assert not Settings.model_validate({"http": {"host": host, "cors_origins": ["*"]}}).is_production


@pytest.mark.parametrize(
    "given", [{"http": {"host": "0.0.0.0"}}, {"http": {"host": "::"}}, {"http": {"host": "x"}}, {"mode": "production"}]
)
def test_what_others_can_reach_is_production_and_refuses_every_origin(given: dict[str, object]) -> None:
    assert Settings.model_validate(given).is_production
    http = {**given.get("http", {}), "cors_origins": ["*"]}  # type: ignore[dict-item]  # It is one of the literals above.
    with pytest.raises(ValidationError, match="name the origins, as https://app"):
        Settings.model_validate({**given, "http": http})


def test_development_is_what_it_is_called_wherever_it_listens() -> None:
    given = {"mode": "development", "http": {"host": "0.0.0.0", "cors_origins": ["*"]}}
    assert not Settings.model_validate(given).is_production


def test_the_refusal_says_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RAGSTONE_HTTP__CORS_ORIGINS", '["*"]')
    with pytest.raises(SettingsInvalid, match=r"^Settings: http.cors_origins holds \*, so any page on the web"):
        load({"http.host": "0.0.0.0"})


@pytest.mark.parametrize(
    ("name", "value", "advice"),
    [
        ("http.cors_origins", ("https://app.example.org/",), "is no origin"),
        ("http.cors_origins", ("app.example.org",), "write scheme, host and port"),
        ("http.allowed_hosts", ("https://rag.example.org",), "is no host name"),
        ("http.allowed_hosts", ("a.*.org",), "is no host name"),
        ("http.trusted_proxies", ("10.0.0.1/8",), "has host bits set"),
        ("http.trusted_proxies", ("proxy",), "write addresses or networks"),
        ("tls.certificate", "a.pem", "belong together"),
        ("tls.client_ca", "a.pem", "needs tls.certificate"),
        ("tls.minimum_version", "1.1", "'1.2' or '1.3'"),
    ],
)
def test_a_value_that_cannot_work_is_refused_with_advice(name: str, value: object, advice: str) -> None:
    with pytest.raises(SettingsInvalid, match=advice):
        load({name: value})
