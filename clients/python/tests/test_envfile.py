"""Environment files, and keys that are misspelt."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import Any

import pytest

from mlserving import ConfigurationError, Settings
from mlserving.envfile import EnvironmentFile
from mlserving.environment import FILES_KEY, Environment
from mlserving.keys import KNOWN_KEYS, nearest_key


def parse(tmp_path: Path, content: bytes | str) -> dict[str, str]:
    file = tmp_path / "some.env"
    file.write_bytes(content if isinstance(content, bytes) else content.encode())
    return dict(EnvironmentFile(file, FILES_KEY))


@pytest.mark.parametrize(
    ("content", "values"),
    [
        ("A=1\nB=2", {"A": "1", "B": "2"}),
        ("A=1\r\nB=2\r\n", {"A": "1", "B": "2"}),
        ("A=1\rB=2", {"A": "1", "B": "2"}),
        (b"\xef\xbb\xbfA=1\n", {"A": "1"}),
        ("export A=1\nexport\tB=2\nexport=3", {"A": "1", "B": "2", "export": "3"}),
        ("  A = 1  \n", {"A": "1"}),
        ("# A=1\n\n   # B=2\n", {}),
        ("A=1 # a comment\nB=1#2\nC=#3\nD= # nothing\n", {"A": "1", "B": "1#2", "C": "#3", "D": ""}),
        ("A='1 # 2' # 3\nB=\"1 # 2\"\n", {"A": "1 # 2", "B": "1 # 2"}),
        ("A=' 1 '\nB=\" 1 \"\n", {"A": " 1 ", "B": " 1 "}),
        ("A='a\\nb$c\"d'\n", {"A": 'a\\nb$c"d'}),
        ('A="a\\nb\\"c\\\\d\\$e\\x"\n', {"A": 'a\nb"c\\d$e\\x'}),
        ("A='1\n2'\nB=3", {"A": "1\n2", "B": "3"}),
        ("A=it's\nB=a\"b\n", {"A": "it's", "B": 'a"b'}),
        ("A=p$a${b}\n", {"A": "p$a${b}"}),
        ("A=1\nA=2\n", {"A": "2"}),
        ("A=\nB\n", {"A": ""}),
        ("A=a=b\n", {"A": "a=b"}),
        ("N=(a:1 b:2)\n", {"N": "(a:1 b:2)"}),
        ("A=x\x0by\u2028z\n", {"A": "x\x0by\u2028z"}),
        ("A='\"1\"'\n", {"A": '"1"'}),
        ("", {}),
    ],
)
def test_files_are_read_as_docker_compose_reads_them(tmp_path: Path, content: bytes | str, values: dict[str, str]) -> None:
    assert parse(tmp_path, content) == values


@pytest.mark.parametrize(
    ("content", "key", "place"),
    [
        ("A=1\nthis is hidden\n", FILES_KEY, ":2:"),
        ("A: hidden\n", FILES_KEY, ":1:"),
        ("1A=hidden\n", FILES_KEY, ":1:"),
        ("X=1\n\nREDIS_PASSWORD='hidden\n", "REDIS_PASSWORD", ":3:"),
        ('REDIS_PASSWORD="hidden\n\n', "REDIS_PASSWORD", ":1:"),
        ("REDIS_PASSWORD='hidden'more\n", "REDIS_PASSWORD", ":1:"),
        (b"A=1\nB=\xff hidden\n", FILES_KEY, ":2:"),
        (b"A=1\nB=hidden\0\n", FILES_KEY, ":2:"),
        ("A=1\n".encode("utf-16"), FILES_KEY, ""),
        (b"A=hidden" + b"x" * (1 << 20), FILES_KEY, "larger than"),
    ],
)
def test_what_cannot_be_read_is_named_by_line_and_key_and_not_shown(tmp_path: Path, content: bytes | str, key: str, place: str) -> None:
    with pytest.raises(ConfigurationError) as caught:
        parse(tmp_path, content)
    assert caught.value.key == key
    assert place in caught.value.message
    assert "some.env" in caught.value.message
    assert "hidden" not in str(caught.value)


def test_a_directory_and_an_endless_file_are_errors(tmp_path: Path) -> None:
    for file in (tmp_path, Path("/dev/zero"), tmp_path / "a\0b"):
        with pytest.raises(ConfigurationError):
            EnvironmentFile(file, FILES_KEY)


def test_a_file_is_represented_without_its_values(tmp_path: Path) -> None:
    file = tmp_path / "some.env"
    file.write_text("REDIS_PASSWORD=hidden")
    assert repr(EnvironmentFile(file, FILES_KEY)) == f"<EnvironmentFile {file} with 1 keys>"


def test_quotes_within_quotes_are_of_the_value(tmp_path: Path) -> None:
    file = tmp_path / "some.env"
    file.write_text("RABBIT_PASSWORD='\"quoted\"'\nREDIS_PASSWORD=' spaced '\n")
    settings = Settings.read(Environment(EnvironmentFile(file, FILES_KEY)))
    assert (settings.rabbit_password, settings.redis_password) == ('"quoted"', " spaced ")


def test_a_misspelt_key_is_told_with_the_nearest(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: Any) -> None:
    monkeypatch.setattr("os.environ", {"REDIS_PASWORD": "hidden", "EDITOR": "vi", "REDIS_HOST_OF_OTHERS": "x", "HOME_NODES": "y"})
    file = tmp_path / "some.env"
    file.write_text("\nPREFECH_COUNT=1\nOTHER=2\nQUEUE_NAME=q\n")
    with caplog.at_level(logging.WARNING, "mlserving"):
        assert Settings.load([file]).queue == "q"
    texts = [record.getMessage() for record in caplog.records]
    assert len(texts) == 2
    assert any(text.startswith(f"{file}:2: PREFECH_COUNT") and "PREFETCH_COUNT?" in text for text in texts)
    assert any("REDIS_PASSWORD?" in text for text in texts)
    assert "hidden" not in "".join(texts)


@pytest.mark.parametrize(
    ("key", "nearest"),
    [
        ("PREFECH_COUNT", "PREFETCH_COUNT"),
        ("RABBIT_NODE", "RABBIT_NODES"),
        ("RABBTI_NODES", "RABBIT_NODES"),
        ("redis_nodes", "REDIS_NODES"),
        ("QUEUE_NAME", None),
        ("PATH", None),
        ("SOMETHING_ELSE", None),
    ],
)
def test_the_nearest_key_is_an_edit_or_two_away(key: str, nearest: str | None) -> None:
    assert nearest_key(key) == nearest


def test_all_keys_of_the_projects_file_are_known() -> None:
    file = Path(__file__).parents[3] / "variables.env"
    if not file.exists():
        pytest.skip("not in the project's repository")
    assert set(EnvironmentFile(file, FILES_KEY)) <= KNOWN_KEYS


@pytest.mark.parametrize("nodes", ["amqp://user:hidden@host:5672", "user:hidden@host:5672", "(redis://:hidden@host:1 b:2)"])
def test_a_url_in_place_of_nodes_is_not_shown(nodes: str) -> None:
    for key, prefix in (("RABBIT_NODES", "RABBIT"), ("REDIS_NODES", "REDIS")):
        with pytest.raises(ConfigurationError, match=f"{prefix}_USER and {prefix}_PASSWORD") as caught:
            Settings.read(Environment({key: nodes}))
        assert "hidden" not in str(caught.value)


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ({}, ("native", "store")),
        ({"QUEUE_ONLY": "1"}, ("native", "queue")),
        ({"PRODUCER_PROTOCOL": "native", "QUEUE_ONLY": "1"}, ("native", "queue")),
        ({"PRODUCER_PROTOCOL": "template-store"}, ("template", "store")),
        ({"PRODUCER_PROTOCOL": "Template-Queue", "CACHE_QUEUE_NAME": "c"}, ("template", "queue")),
        ({"PRODUCER_PROTOCOL": "template-queue", "QUEUE_ONLY": "1"}, ("template", "queue")),
    ],
)
def test_the_protocol_counts(values: dict[str, str], expected: tuple[str, str]) -> None:
    settings = Settings.read(Environment(values))
    assert (settings.protocol, settings.result_mode) == expected
    assert settings.result_queue == values.get("CACHE_QUEUE_NAME")


@pytest.mark.parametrize(
    "values",
    [
        {"PRODUCER_PROTOCOL": "template"},
        {"PRODUCER_PROTOCOL": "template-store", "QUEUE_ONLY": "1"},
        {"PRODUCER_PROTOCOL": "template-queue", "QUEUE_ONLY": "0"},
        {"PRODUCER_PROTOCOL": "template-store", "REDIS_CLUSTER": "1"},
    ],
)
def test_a_protocol_that_contradicts_is_refused(values: dict[str, str]) -> None:
    with pytest.raises(ConfigurationError) as caught:
        Settings.read(Environment(values))
    assert caught.value.key == "PRODUCER_PROTOCOL"
