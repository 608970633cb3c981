"""Settings by the keys that programs in Swift read."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from mlserving import AsyncClient, Client, ConfigurationError, Settings, TLSSettings
from mlserving.environment import Environment


def read(**values: str) -> Settings:
    return Settings.read(Environment(values))


def test_nothing_given_is_the_defaults() -> None:
    assert read() == Settings()


def test_the_projects_file_is_understood(monkeypatch: pytest.MonkeyPatch) -> None:
    file = Path(__file__).parents[3] / "variables.env"
    if not file.exists():
        pytest.skip("not in the project's repository")
    monkeypatch.setattr("os.environ", {})
    assert Settings.load([file]) == Settings()


def test_all_values_are_read() -> None:
    settings = read(
        RABBIT_NODES="(a:1 b:2, [::1]:3)",
        RABBIT_USER="user",
        RABBIT_PASSWORD="secret",
        RABBIT_VHOST="host",
        RABBIT_BLOCKED_CONNECTION_TIMEOUT="1.5",
        RABBIT_TTL="2500",
        REDIS_NODES="'(c:4)'",
        REDIS_SENTINEL_NODES="d:5",
        REDIS_SENTINEL_MASTER="main",
        REDIS_SENTINEL_PASSWORD="word",
        REDIS_USER="someone",
        REDIS_PASSWORD="hidden",
        REDIS_DATABASE="3",
        QUEUE_NAME="tasks",
        EXCHANGE_NAME="exchange",
        QUEUE_ONLY="yes",
        CACHE_POOLING_TIMEOUT="0.5",
        RESULT_PREFIX="results",
        MAX_IN_FLIGHT="7",
        COMPRESSION="1",
        COMPRESSION_MINIMUM="100",
    )
    assert settings == Settings(
        rabbit_nodes=(("a", 1), ("b", 2), ("::1", 3)),
        rabbit_user="user",
        rabbit_password="secret",
        rabbit_virtual_host="host",
        rabbit_heartbeat=10,
        rabbit_blocked_timeout=1.5,
        timeout=2.5,
        redis_nodes=(("c", 4),),
        redis_sentinel_nodes=(("d", 5),),
        redis_sentinel_master="main",
        redis_sentinel_password="word",
        redis_user="someone",
        redis_password="hidden",
        redis_database=3,
        queue="tasks",
        exchange="exchange",
        result_mode="queue",
        poll_interval=0.5,
        key_prefix="results",
        maximum_in_flight=7,
        compression_minimum=100,
    )
    for secret in ("secret", "word'", "hidden"):
        assert secret not in repr(settings)


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("RABBIT_NODES", "localhost"),
        ("RABBIT_NODES", "(localhost:0)"),
        ("RABBIT_NODES", "(localhost:70000)"),
        ("RABBIT_NODES", "(localhost:1"),
        ("RABBIT_NODES", "()"),
        ("REDIS_NODES", "::1:6379"),
        ("RABBIT_TTL", "1.5"),
        ("RABBIT_TTL", "0"),
        ("RABBIT_HEARTBEAT_TIMEOUT", "-1"),
        ("RABBIT_BLOCKED_CONNECTION_TIMEOUT", "never"),
        ("RABBIT_BLOCKED_CONNECTION_TIMEOUT", "nan"),
        ("RABBIT_BLOCKED_CONNECTION_TIMEOUT", "inf"),
        ("RABBIT_BLOCKED_CONNECTION_TIMEOUT", "1e300"),
        ("RABBIT_BLOCKED_CONNECTION_TIMEOUT", "1_0"),
        ("RABBIT_BLOCKED_CONNECTION_TIMEOUT", "0x1"),
        ("RABBIT_BLOCKED_CONNECTION_TIMEOUT", "+1"),
        ("RABBIT_TTL", "0x10"),
        ("RABBIT_TTL", "+10"),
        ("RABBIT_TTL", "99999999999999"),
        ("CACHE_POOLING_TIMEOUT", "0"),
        ("REDIS_DATABASE", "x"),
        ("QUEUE_ONLY", "maybe"),
        ("MAX_IN_FLIGHT", "0"),
        ("RABBIT_TLS", "2"),
        ("RABBIT_AUTH_MECHANISM", "magic"),
        ("RABBIT_AUTH_MECHANISM", "external"),
        ("RABBIT_TLS_CA_FILE", "/authority.pem"),
        ("REDIS_TLS_VERIFY", "full"),
        ("RABBIT_PASSWORD_FILE", "/does/not/exist"),
        ("REDIS_USER", "alone"),
        ("RABBIT_USER", "alone"),
        ("RESULT_PREFIX", "celery-task-meta-x"),
        ("RESULT_PREFIX", "mlserving-control"),
        ("RESULT_PREFIX", "mlserving:cancel:x"),
        ("RESULT_PREFIX", "a{b"),
        ("RESULT_PREFIX", "a*"),
        ("RESULT_PREFIX", "a'b"),
        ("RESULT_PREFIX", "x" * 201),
        ("QUEUE_NAME", "amq.x"),
        ("QUEUE_NAME", "x" * 241),
        ("CACHE_QUEUE_NAME", "amq.x"),
        ("CACHE_QUEUE_NAME", "task_queue"),
    ],
)
def test_what_cannot_be_used_is_refused_by_its_key(key: str, value: str) -> None:
    with pytest.raises(ConfigurationError) as caught:
        read(**{key: value})
    assert caught.value.key == key


@pytest.mark.parametrize(
    ("key", "values"),
    [
        ("REDIS_DATABASE", {"REDIS_DATABASE": "1"}),
        ("REDIS_CLUSTER", {"REDIS_SENTINEL_NODES": "a:1"}),
        ("RESULT_PREFIX", {"RESULT_PREFIX": "a{}"}),
    ],
)
def test_what_contradicts_a_cluster_is_refused(key: str, values: dict[str, str]) -> None:
    with pytest.raises(ConfigurationError) as caught:
        read(REDIS_CLUSTER="1", **values)
    assert caught.value.key == key


def test_the_environment_comes_before_files_and_overrides_before_both(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "some.env"
    file.write_text("# a comment\n\nQUEUE_NAME = 'of file'\nRESULT_PREFIX=of-file\nEXCHANGE_NAME=\"of file\"\n")
    monkeypatch.setattr("os.environ", {"QUEUE_NAME": "of environment", "RESULT_PREFIX": "of-environment", "MLSERVING_ENV_FILES": str(file)})
    settings = Settings.load(overrides={"RESULT_PREFIX": "of-overrides"})
    assert (settings.exchange, settings.queue, settings.key_prefix) == ("of file", "of environment", "of-overrides")


def test_a_missing_file_is_an_error_but_for_the_default(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("os.environ", {})
    assert Settings.load() == Settings()
    with pytest.raises(ConfigurationError, match=r"other\.env"):
        Settings.load(["other.env"])
    (tmp_path / "variables.env").write_text("QUEUE_NAME=found")
    assert Settings.load().queue == "found"


def test_a_secret_in_a_file_replaces_one_of_a_later_source(tmp_path: Path) -> None:
    file = tmp_path / "password"
    file.write_bytes(b"from file\r\n")
    environment = Environment({"RABBIT_PASSWORD_FILE": str(file)}, {"RABBIT_PASSWORD": "other"})
    assert Settings.read(environment).rabbit_password == "from file"
    with pytest.raises(ConfigurationError, match="leave one"):
        read(RABBIT_PASSWORD="x", RABBIT_PASSWORD_FILE=str(file))


@pytest.mark.parametrize("content", [b"", b"\n", b"\xff", b"a\0b", b"x" * 70_000])
def test_a_file_that_holds_no_secret_is_refused_without_showing_it(tmp_path: Path, content: bytes) -> None:
    file = tmp_path / "password"
    file.write_bytes(content)
    with pytest.raises(ConfigurationError) as caught:
        read(REDIS_PASSWORD_FILE=str(file))
    assert caught.value.key == "REDIS_PASSWORD_FILE"
    assert "a\0b" not in str(caught.value)


SWITCHES = ["REDIS_CLUSTER", "QUEUE_ONLY", "COMPRESSION", "RABBIT_TLS", "REDIS_TLS"]


# The cases of the project's own reader, in SettingsValidationTests.swift.
@pytest.mark.parametrize("key", SWITCHES)
def test_switches_are_read_in_any_case(key: str) -> None:
    for on in ("1", "true", "yes", "on", "TRUE", "Yes"):
        assert Environment({key: on}).flag(key)
    for off in ("0", "false", "no", "off", "oFF"):
        assert not Environment({key: off}).flag(key, default=True)
        assert read(**{key: off}) == Settings()


@pytest.mark.parametrize("key", SWITCHES)
@pytest.mark.parametrize("value", ["2", "-1", "01", "1.0", "y", "n", "t", "enabled", "ja", "0x1", "+1", "true false"])
def test_other_values_of_switches_are_refused_by_their_key(key: str, value: str) -> None:
    with pytest.raises(ConfigurationError, match="is not 1, true, yes, on, 0, false, no or off") as caught:
        read(**{key: value})
    assert caught.value.key == key


def test_with_tls_rabbitmq_is_at_another_port() -> None:
    settings = read(RABBIT_TLS="1")
    assert settings.rabbit_tls == TLSSettings()
    assert settings.rabbit_nodes == (("localhost", 5671),)
    assert settings.redis_tls is None


def test_a_file_that_is_no_certificate_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "authority.pem"
    file.write_text("nothing")
    with pytest.raises(ConfigurationError, match=r"authority\.pem"):
        read(REDIS_TLS="1", REDIS_TLS_CA_FILE=str(file))
    with pytest.raises(ConfigurationError, match="go together"):
        read(REDIS_TLS="1", REDIS_TLS_CERTIFICATE_FILE=str(file))
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(ConfigurationError, match="no regular file"):
        read(REDIS_TLS="1", REDIS_TLS_CA_FILE=str(tmp_path / "pipe"))


def test_a_client_refuses_an_unknown_codec() -> None:
    for client_class in (AsyncClient, Client):
        with pytest.raises(ValueError, match="'xml' is not one of the codecs msgpack, json"):
            client_class(Settings(), codec="xml")


def test_a_user_needs_a_password_where_one_is_asked_for(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="RABBIT_USER: needs RABBIT_PASSWORD or RABBIT_PASSWORD_FILE"):
        read(RABBIT_USER="alone")
    with pytest.raises(ConfigurationError, match="REDIS_USER: needs REDIS_PASSWORD or REDIS_PASSWORD_FILE"):
        read(REDIS_USER="alone")
    with pytest.raises(ConfigurationError, match="REDIS_SENTINEL_USER: needs REDIS_SENTINEL_PASSWORD or"):
        read(REDIS_SENTINEL_USER="alone", REDIS_SENTINEL_NODES="s:1")
    assert read(RABBIT_USER="guest").rabbit_password == "guest"
    assert read(RABBIT_USER="other", RABBIT_PASSWORD="guest").rabbit_user == "other"
    # Nobody asks for that one.
    assert read(REDIS_SENTINEL_USER="alone").redis_sentinel_user == "alone"
    file = tmp_path / "password"
    file.write_text("of file")
    assert read(RABBIT_USER="other", RABBIT_PASSWORD_FILE=str(file)).rabbit_password == "of file"


@pytest.mark.parametrize("prefix", ["celery-task-meta", "mlserving-controlled", "a.b:c-d_e/1@+=,;!~&|#%$", "modèle", "x" * 200])
def test_other_prefixes_are_taken(prefix: str) -> None:
    assert read(RESULT_PREFIX=prefix).key_prefix == prefix


def test_a_protocol_is_told_in_the_words_of_the_member_and_of_the_key() -> None:
    with pytest.raises(
        ConfigurationError, match=r"protocol is one of native, template \(PRODUCER_PROTOCOL is native, or template-store or"
    ):
        Settings(protocol="x")  # type: ignore[arg-type]
    with pytest.raises(ConfigurationError, match=r"result_mode is one of store, queue \(QUEUE_ONLY is 0 for store, 1 for queue\)"):
        Settings(result_mode="1")  # type: ignore[arg-type]
    with pytest.raises(ConfigurationError, match='PRODUCER_PROTOCOL: "x" is not one of native, template-store, template-queue'):
        read(PRODUCER_PROTOCOL="x")
    for key, mode in (("template-store", "store"), ("template-queue", "queue")):
        assert (read(PRODUCER_PROTOCOL=key).protocol, read(PRODUCER_PROTOCOL=key).result_mode) == ("template", mode)
