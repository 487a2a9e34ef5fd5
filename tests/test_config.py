import dataclasses
from pathlib import Path

import pytest

from lrs import config
from lrs.config import Settings, Wrong
from lrs.xapi.limits import Limits


def test_defaults_hold_without_an_environment() -> None:
    assert config.read({}) == Settings()
    assert config.read({"HOME": "/", "PATH": "x"}) == Settings()


def test_environment_is_read() -> None:
    found = config.read(
        {"LRS_PORT": "1", "LRS_DATA_DIR": "/d", "LRS_CORS_ORIGINS": "https://a, https://b", "LRS_FOLLOWERS": "false"}
    )
    assert (found.port, found.data_dir, found.followers) == (1, Path("/d"), False)
    assert found.cors_origins == ("https://a", "https://b")


def test_what_is_given_goes_before_the_environment() -> None:
    assert config.read({"LRS_PORT": "1"}, port=2, host=None) == Settings(port=2)


def test_unknown_setting_is_refused() -> None:
    with pytest.raises(Wrong, match=r"LRS_PORTT.*did you mean LRS_PORT"):
        config.read({"LRS_PORTT": "1"})


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("LRS_PORT", "tcp://10.0.0.1:8080"),
        ("LRS_SERVICE_HOST", "10.0.0.1"),
        ("LRS_SERVICE_PORT_HTTP", "8080"),
        ("LRS_PORT_8080_TCP_ADDR", "10.0.0.1"),
        ("LRS_CONSOLE_SERVICE_PORT", "8080"),
    ],
)
def test_what_kubernetes_sets_is_passed_over(name: str, text: str) -> None:
    assert config.read({name: text}) == Settings()


@pytest.mark.parametrize(
    ("name", "text", "expected"),
    [
        ("LRS_PORT", "x", "a whole number"),
        ("LRS_PORT", "١", "a whole number"),
        ("LRS_WORKERS", "-1", "a number from 0"),
        ("LRS_BODY_SECONDS", "1e3", "a number such as"),
        ("LRS_TLS", "on", "one of off, proxy"),
        ("LRS_FOLLOWERS", "maybe", "true or false"),
        ("LRS_CORS_ORIGINS", "*", "a list of origins"),
        ("LRS_API_KEY", "k", "belong together"),
    ],
)
def test_wrong_value_is_named(name: str, text: str, expected: str) -> None:
    with pytest.raises(Wrong, match=f"{name}.*{expected}"):
        config.read({name: text})


def test_secrets_are_never_shown() -> None:
    settings = Settings(pepper="S3CR", api_key="k", api_secret="S3CR", database_url="postgresql://u:S3CR@h/d")
    assert "S3CR" not in repr(settings)


def test_every_limit_is_a_setting() -> None:
    assert Settings().limits == Limits()
    for name in Limits.__struct_fields__:
        changed = config.read({f"LRS_LIMIT_{name.upper()}": "7"})
        assert getattr(changed.limits, name) == 7


def test_every_setting_says_what_it_means() -> None:
    assert all(field.metadata["meaning"] for field in dataclasses.fields(Settings))
