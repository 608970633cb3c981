"""Which message is blamed when the broker closes a channel."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import pytest

from mlserving.rabbit.errors import Failure, RabbitError
from mlserving.rabbit.judge import Judge, Publication
from mlserving.rabbit.message import Message

if TYPE_CHECKING:
    from collections.abc import Sequence

SIZE = "PRECONDITION_FAILED - message size 2000 is larger than configured max size 1000"


def ignore(_: RabbitError | None) -> None:
    """Take a confirmation."""


def publication(name: str, size: int = 1) -> Publication:
    return Publication(Message(name, "q", bytes(size), "application/msgpack", 1000, 0, {}), ignore)


def names(publications: Sequence[Publication]) -> list[str]:
    return [publication.message.message_id for publication in publications]


def test_the_size_that_the_broker_names_tells_which_it_means() -> None:
    judge = Judge()
    under_way = [publication("a"), publication("large", 2000), publication("exact", 1000), publication("larger", 5000)]
    failure, refused = judge.verdict(406, SIZE, under_way, [])
    assert (failure, names(refused)) == (Failure.TOO_LARGE, ["large", "larger"])
    assert judge.limit == 1000
    assert not any(judge.suspects(member.message) for member in under_way)


def test_a_limit_is_not_believed_for_ever(monkeypatch: pytest.MonkeyPatch) -> None:
    judge = Judge()
    judge.verdict(406, SIZE, [publication("large", 2000)], [])
    later = time.monotonic() + 31
    monkeypatch.setattr("mlserving.rabbit.judge.time.monotonic", lambda: later)
    assert judge.limit is None


def test_the_largest_is_meant_where_no_size_is_named() -> None:
    failure, refused = Judge().verdict(311, "CONTENT_TOO_LARGE", [publication("a"), publication("large", 9), publication("b")], [])
    assert (failure, names(refused)) == (Failure.TOO_LARGE, ["large"])


def test_nobody_is_refused_for_what_happened_beside_others() -> None:
    judge = Judge()
    under_way = [publication("a"), publication("b")]
    for _ in range(5):
        assert judge.verdict(541, "INTERNAL_ERROR", under_way, []) == (Failure.REFUSED, [])
    assert all(judge.suspects(member.message) for member in under_way)


def test_a_suspect_that_is_alone_when_it_happens_again_is_refused() -> None:
    judge = Judge()
    bad, good = publication("bad"), publication("good")
    judge.verdict(501, "FRAME_ERROR", [bad, good], [])
    judge.acquit(good.message)
    assert not judge.suspects(good.message)
    failure, refused = judge.verdict(501, "FRAME_ERROR", [bad], [good.message])
    assert (failure, names(refused)) == (Failure.REFUSED, ["bad"])
    assert not judge.suspects(bad.message)


def test_one_that_is_alone_the_first_time_gets_another_try() -> None:
    judge = Judge()
    lonely = publication("lonely")
    assert judge.verdict(406, "PRECONDITION_FAILED", [lonely], [])[1] == []
    assert names(judge.verdict(406, "PRECONDITION_FAILED", [lonely], [])[1]) == ["lonely"]


def test_suspects_that_nobody_publishes_again_are_forgotten() -> None:
    judge = Judge()
    for number in range(100):
        judge.verdict(541, "INTERNAL_ERROR", [publication(f"{number}-a"), publication(f"{number}-b")], [])
    assert len(judge._suspects) == 2


@pytest.mark.parametrize(("code", "is_about_messages"), [(320, False), (404, False), (200, False), (406, True), (501, True), (541, True)])
def test_what_an_operator_does_blames_no_message(code: int, *, is_about_messages: bool) -> None:
    assert Judge.is_about_messages(code) is is_about_messages
