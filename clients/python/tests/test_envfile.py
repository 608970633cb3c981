"""Environment files, and keys that are misspelt."""

from __future__ import annotations

import logging
import os
from pathlib import Path
from typing import Any

import pytest

from mlserving import ConfigurationError, Settings
from mlserving.envfile import EnvironmentFile
from mlserving.environment import FILES_KEY, Environment
from mlserving.keys import KNOWN_KEYS, nearest_key, warn_of_keys


def parse(tmp_path: Path, content: bytes | str) -> dict[str, str]:
    file = tmp_path / "some.env"
    file.write_bytes(content if isinstance(content, bytes) else content.encode())
    return dict(EnvironmentFile(file, FILES_KEY))


# The cases of the project's own reader, in EnvironmentFileTests.swift.
UNQUOTED = [
    ("A_KEY=one\n", "one"),
    ("A_KEY=one", "one"),
    ("A_KEY=one\r\n", "one"),
    ("\ufeffA_KEY=one\r\n", "one"),
    ("export A_KEY=one", "one"),
    ("  export \t A_KEY=one", "one"),
    ("  A_KEY = one  ", "one"),
    ("\tA_KEY\t=\tone\t\r\n", "one"),
    ("# comment\n\n  # another\nA_KEY=one", "one"),
    ("A_KEY=one # comment", "one"),
    ("A_KEY=one\t#comment", "one"),
    ("A_KEY=one#two", "one#two"),
    ("A_KEY=#one", "#one"),
    ("A_KEY= #one", ""),
    ("A_KEY=", ""),
    ("A_KEY=\r\n", ""),
    ("A_KEY=one two", "one two"),
    ("A_KEY=(a:1 b:2)", "(a:1 b:2)"),
    ("A_KEY=a=b", "a=b"),
    ("A_KEY=a\\b$c`d", "a\\b$c`d"),
    ("A_KEY=it's", "it's"),
    ('A_KEY=say "it"', 'say "it"'),
]
QUOTED = [
    ("A_KEY='one'", "one"),
    ('A_KEY="one"\r\n', "one"),
    ('A_KEY = " one " # comment', " one "),
    ("A_KEY='a # b'", "a # b"),
    ("A_KEY=''", ""),
    ("A_KEY='a\\n$b\"c'", 'a\\n$b"c'),
    ('A_KEY="a\\"b\\\\c\\$d\\`e"', 'a"b\\c$d`e'),
    ('A_KEY="one\r\ntwo"\n', "one\ntwo"),
    ("A_KEY='\"quoted\"'", '"quoted"'),
    ('A_KEY="it\'s"', "it's"),
]


@pytest.mark.parametrize(("content", "value"), UNQUOTED + QUOTED)
def test_a_value_is_read_as_by_the_programs_in_swift(tmp_path: Path, content: str, value: str) -> None:
    assert parse(tmp_path, content) == {"A_KEY": value}


@pytest.mark.parametrize(
    ("content", "values"),
    [
        ("A=1\nB=2", {"A": "1", "B": "2"}),
        ("export A=1\nexport\tB=2\nexport=3\nexported=4", {"A": "1", "B": "2", "export": "3", "exported": "4"}),
        ("# A=1\n\n   # B=2\n", {}),
        ("A='1 # 2' # 3\nB=\"1 # 2\"\n", {"A": "1 # 2", "B": "1 # 2"}),
        ("A='1\n\n2'\nB=3", {"A": "1\n\n2", "B": "3"}),
        ("A=' 1 \n 2 '\n", {"A": " 1 \n 2 "}),
        ("A=p$a${b}$$\nB=\"p$a${b}$$\"\nC='p$a${b}$$'", dict.fromkeys("ABC", "p$a${b}$$")),
        ("a.b-c=1\n", {"a.b-c": "1"}),
        ("A=x\u2028y\u0085z\n", {"A": "x\u2028y\u0085z"}),
        ("", {}),
    ],
)
def test_files_hold_any_number_of_values(tmp_path: Path, content: str, values: dict[str, str]) -> None:
    assert parse(tmp_path, content) == values


def test_the_last_of_several_values_counts(tmp_path: Path, caplog: Any) -> None:
    file = tmp_path / "some.env"
    file.write_text("QUEUE_NAME=s3cret\n\nQUEUE_NAME='two\nthree' # comment\nexport B_KEY=3")
    read = EnvironmentFile(file, FILES_KEY)
    assert (read["QUEUE_NAME"], read.lines, read.replaced) == ("two\nthree", {"QUEUE_NAME": 3, "B_KEY": 5}, {"QUEUE_NAME": 1})
    with caplog.at_level(logging.WARNING, "mlserving"):
        Environment.load([file])
        Environment.load([file])
    assert [record.getMessage() for record in caplog.records] == [f"{file}:3: QUEUE_NAME is set again; the value of line 1 does not count"]


# The first 13 are those of EnvironmentFileTests.swift.
@pytest.mark.parametrize(
    ("content", "line", "key", "reason"),
    [
        ("OTHER=1\nA_KEY='s3cret", 2, "A_KEY", "nothing closes"),
        ('A_KEY="s3cret" s3cret', 1, "A_KEY", "follows the quote"),
        ("A_KEY='s3cret'#comment", 1, "A_KEY", "follows the quote"),
        ("A_KEY='s3'cret", 1, "A_KEY", "follows the quote"),
        ('A_KEY="s3cret\\n"', 1, "A_KEY", "backslash"),
        ("\ns3cret\n", 2, FILES_KEY, "no ="),
        ("REDIS_PASSWORD s3cret", 1, FILES_KEY, "no ="),
        ("REDIS_PASSWORD: s3cret=1", 1, FILES_KEY, "no key"),
        ("=s3cret", 1, FILES_KEY, "no key"),
        ("1KEY=s3cret", 1, FILES_KEY, "no key"),
        ("export 1=s3cret", 1, FILES_KEY, "no key"),
        ("A_KEY=s3cret\0", 1, FILES_KEY, "control character 0"),
        ("X=1\nA_KEY=s3cret\rB=2\n", 2, FILES_KEY, "control character 13"),
        ("A_KEY", 1, FILES_KEY, "no ="),
        ('A_KEY="s3cret\n\n', 1, "A_KEY", "nothing closes"),
        ('A_KEY="s3cret\\', 1, "A_KEY", "backslash"),
        ('A_KEY="s3cret\\\n"', 1, "A_KEY", "backslash"),
        ("A_KEY='s3cret\n'more", 2, "A_KEY", "follows the quote"),
        ("GRÖẞE=s3cret", 1, FILES_KEY, "no key"),
    ],
)
def test_a_line_that_is_no_setting_is_named_without_its_value(tmp_path: Path, content: str, line: int, key: str, reason: str) -> None:
    with pytest.raises(ConfigurationError) as caught:
        parse(tmp_path, content)
    assert caught.value.key == key
    assert caught.value.message.startswith(f"{tmp_path / 'some.env'}:{line}: ")
    assert reason in caught.value.message
    assert "s3" not in caught.value.message


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"A=1\nB=s3cret\xe9\n", ":2: the line is not UTF-8"),
        ("A=s3cret\n".encode("utf-16"), "UTF-16"),
        (b"#" * ((1 << 20) + 1), "larger than"),
    ],
)
def test_a_file_that_is_no_text_is_refused(tmp_path: Path, content: bytes, reason: str) -> None:
    with pytest.raises(ConfigurationError) as caught:
        parse(tmp_path, content)
    assert caught.value.key == FILES_KEY
    assert reason in caught.value.message
    assert "s3" not in caught.value.message


@pytest.mark.parametrize(
    ("named", "queue"), [(None, "of variables.env"), ("", "task_queue"), ("'other.env'", "of other.env"), (":other.env:", "of other.env")]
)
def test_files_are_those_that_are_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, named: str | None, queue: str) -> None:
    for name in ("variables.env", "other.env"):
        (tmp_path / name).write_text(f"QUEUE_NAME='of {name}'")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("os.environ", {} if named is None else {FILES_KEY: named})
    assert Settings.load().queue == queue


def test_a_directory_and_an_endless_file_are_errors(tmp_path: Path) -> None:
    for file in (tmp_path, Path("/dev/zero"), tmp_path / "a\0b"):
        with pytest.raises(ConfigurationError):
            EnvironmentFile(file, FILES_KEY)


def test_what_is_no_regular_file_is_refused_at_once(tmp_path: Path) -> None:
    # Without somebody who writes, it would be waited for without end.
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    for file, reason in ((pipe, "no regular file"), (Path("/dev/zero"), "no regular file"), (tmp_path, "Is a directory")):
        with pytest.raises(ConfigurationError, match=reason) as caught:
            EnvironmentFile(file, FILES_KEY)
        assert caught.value.key == FILES_KEY
        with pytest.raises(ConfigurationError, match=reason) as caught:
            Environment({"REDIS_PASSWORD_FILE": str(file)}).secret("REDIS_PASSWORD")
        assert caught.value.key == "REDIS_PASSWORD_FILE"


def test_the_null_device_is_an_empty_file(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("os.environ", {FILES_KEY: "/dev/null"})
    assert Settings.load() == Settings()


def test_a_file_that_is_too_large_is_not_read_whole(tmp_path: Path) -> None:
    file = tmp_path / "some.env"
    with file.open("wb") as sparse:
        sparse.truncate(1 << 40)
    with pytest.raises(ConfigurationError, match="larger than"):
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


def test_a_key_that_begins_as_ours_is_told_of_a_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: Any) -> None:
    monkeypatch.setattr("os.environ", {"REDIS_HOST": "hidden"})
    file = tmp_path / "some.env"
    file.write_text("REDIS_PASWORD=hidden\nPOSTGRES_USER=hidden\nREDIS_HOST=hidden\nQUEUE_NAME=hidden\nQUEUE_NAME=two\n")
    with caplog.at_level(logging.WARNING, "mlserving"):
        Environment.load([file])
    assert [record.getMessage() for record in caplog.records] == [
        f"{file}:1: REDIS_PASWORD is not a key of MLServing and has no effect; did you mean REDIS_PASSWORD?",
        f"{file}:3: REDIS_HOST is not a key of MLServing and has no effect; variables.env lists them",
        f"{file}:5: QUEUE_NAME is set again; the value of line 4 does not count",
    ]


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
        ("REDIS_NODE", "REDIS_NODES"),
        # Those of SettingKeyTests.swift.
        ("PREFETCH_COUTN", "PREFETCH_COUNT"),
        ("RABBITMQ_NODES", "RABBIT_NODES"),
        ("rabbit_nodes", "RABBIT_NODES"),
        ("REDIS_PASWORD", "REDIS_PASSWORD"),
        ("REDIS_PASSWORD_FIEL", "REDIS_PASSWORD_FILE"),
        ("QUEUE_NAMES", "QUEUE_NAME"),
        ("CELERY_TASK", "CELERY_TASKS"),
        ("LOGLEVEL", "LOG_LEVEL"),
        ("CACHE_POLLING_TIMEOUT", "CACHE_POOLING_TIMEOUT"),
        # Kubernetes and docker make the first ones for a service called redis.
        ("REDIS_PORT", None),
        ("REDIS_SERVICE_HOST", None),
        ("REDIS_PORT_6379_TCP", None),
        ("REDIS_URL", None),
        ("CELERY_BROKER_URL", None),
        ("POSTGRES_USER", None),
        ("HOME", None),
        ("TERM", None),
        ("LANG", None),
        ("X" * 65, None),
        ("PATH", None),
        ("SOMETHING_ELSE", None),
    ],
)
def test_the_nearest_key_is_an_edit_or_two_away(key: str, nearest: str | None) -> None:
    assert nearest_key(key) == nearest


@pytest.mark.parametrize("name", ["variables.env", "consumers/fasttext/variables.env", "producers/short-texts-clustering/variables.env"])
def test_files_of_the_project_give_no_warnings(name: str, caplog: Any) -> None:
    file = Path(__file__).parents[3] / name
    if not file.exists():
        pytest.skip("not in the project's repository")
    with caplog.at_level(logging.WARNING, "mlserving"):
        warn_of_keys([EnvironmentFile(file, FILES_KEY)])
    assert caplog.records == []
    if name == "variables.env":
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
