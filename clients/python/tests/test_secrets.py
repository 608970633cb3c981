"""Errors about settings show the value, unless a password may be in it."""

from __future__ import annotations

from typing import Any

import pytest

from mlserving import ConfigurationError, Settings, TLSSettings
from mlserving.environment import Environment
from mlserving.errors import shown


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("RABBIT_VHOST", "amqp://u:hidden@h/"),
        ("RABBIT_VHOST", "host=h;password=hidden"),
        ("RABBIT_USER", "amqp://u:hidden@h/"),
        ("QUEUE_NAME", "amqp://u:hid/hidden@h/q"),
        ("REDIS_SENTINEL_MASTER", "redis://:hidden@h"),
        ("REDIS_NODES", "(h:6379,password=hidden)"),
        ("REDIS_NODES", "redis://:hidden@h:6379"),
        ("RABBIT_NODES", "(h%40hidden)"),
        ("RABBIT_NODES", "(user:hidden)"),
        ("RABBIT_NODES", "(h:5672/hidden)"),
        ("REDIS_SENTINEL_NODES", "(s:1 Password=hidden)"),
        ("REDIS_DATABASE", "redis://:hidden@h/0"),
        ("REDIS_DATABASE", "redis%3A%2F%2F%3Ahidden"),
        ("MAX_IN_FLIGHT", "h:6379,password=hidden"),
        ("RABBIT_TTL", "hidden@h"),
        ("RABBIT_HEARTBEAT_TIMEOUT", "PASSWD hidden"),
        ("CACHE_POOLING_TIMEOUT", "redis://:hidden@h/0"),
        ("QUEUE_ONLY", "amqp://u:hidden@h/"),
        ("PRODUCER_PROTOCOL", "amqp://u:hidden@h/"),
        ("RABBIT_AUTH_MECHANISM", "amqp://u:hidden@h/"),
        ("RABBIT_TLS", "amqps://u:hidden@h/"),
        ("RABBIT_PASSWORD_FILE", "amqp://u:hidden@h/"),
        ("REDIS_PASSWORD_FILE", "/secrets?password=hidden"),
    ],
)
def test_what_may_be_a_password_is_in_no_error(key: str, value: str) -> None:
    with pytest.raises(ConfigurationError) as caught:
        Settings.read(Environment({key: value}))
    assert caught.value.key == key
    # A log with the traceback shows the cause, too.
    assert "hidden" not in f"{caught.value!r} {caught.value} {caught.value.__cause__}"


@pytest.mark.parametrize("key", ["RABBIT_TLS_CA_FILE", "RABBIT_TLS_VERIFY"])
def test_nor_in_one_about_encryption(key: str) -> None:
    with pytest.raises(ConfigurationError) as caught:
        Settings.read(Environment({"RABBIT_TLS": "1", key: "https://u:hidden@h/"}))
    assert "hidden" not in f"{caught.value} {caught.value.__cause__}"


@pytest.mark.parametrize(
    "values", [{"protocol": "amqp://u:hidden@h/"}, {"result_mode": "password=hidden"}, {"rabbit_authentication": "a@hidden"}]
)
def test_nor_in_one_about_settings_of_a_program(values: Any) -> None:
    with pytest.raises(ConfigurationError) as caught:
        Settings(**values)
    assert "hidden" not in str(caught.value)
    with pytest.raises(ConfigurationError) as caught:
        TLSSettings(verification="amqp://u:hidden@h/")
    assert "hidden" not in str(caught.value)


def test_a_file_of_environment_variables_is_not_named_by_a_url() -> None:
    with pytest.raises(ConfigurationError) as caught:
        Settings.load(["https://u:hidden@h/variables.env"])
    assert "hidden" not in f"{caught.value} {caught.value.__cause__}"


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("REDIS_DATABASE", "zero"),
        ("RABBIT_NODES", "(rabbit)"),
        ("RABBIT_NODES", "(rabbit:70000 [::1]:0)"),
        ("REDIS_NODES", "::1:6379"),
        ("QUEUE_ONLY", "maybe"),
        ("PRODUCER_PROTOCOL", "x"),
        ("RABBIT_TTL", "soon"),
        ("RABBIT_PASSWORD_FILE", "/run/secrets/rabbit-password"),
    ],
)
def test_other_values_are_shown(key: str, value: str) -> None:
    with pytest.raises(ConfigurationError) as caught:
        Settings.read(Environment({key: value}))
    assert f'"{value}"' in caught.value.message


def test_a_long_value_is_shown_in_part_and_in_one_line() -> None:
    assert len(shown("x" * 10_000)) < 200
    assert "\n" not in shown("a\nb")
    assert shown(5) == '"5"'
