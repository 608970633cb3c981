"""Errors, tickets, names and the version."""

from __future__ import annotations

import pickle
import re
from pathlib import Path

import pytest

import mlserving
from mlserving import CrashedError, ExpiredError, OverloadedError, ServingError, Ticket
from mlserving.naming import RequestNaming
from mlserving.waiting import RoundTripEstimate


def test_classes_of_a_programs_own_take_no_place_but_that_of_a_new_code() -> None:
    class LateError(ExpiredError):
        def __init__(self) -> None:
            super().__init__("late")

    class OtherExpiredError(ServingError):
        known_code = "expired"

    class OutOfVocabularyError(ServingError):
        known_code = "out_of_vocabulary_here"

    class NamelessError(ServingError):
        """Without a code."""

    assert type(ServingError.of("expired", "why")) is ExpiredError
    assert type(ServingError.of("out_of_vocabulary_here", "why")) is OutOfVocabularyError
    assert type(ServingError.of("", "why")) is ServingError
    assert (LateError().code, OtherExpiredError("why").code, NamelessError("why").code) == ("expired", "expired", "")


def test_an_unknown_code_is_kept() -> None:
    error = ServingError.of("out_of_vocabulary", "no such word", retryable=True)
    assert (error.code, error.message, error.retryable, str(error)) == (
        "out_of_vocabulary",
        "no such word",
        True,
        "out_of_vocabulary: no such word",
    )


def test_errors_pass_between_processes() -> None:
    error = OverloadedError("full", retryable=True, retry_after=0.5)
    copy = pickle.loads(pickle.dumps(error))
    assert (type(copy), copy.code, copy.message, copy.retryable, copy.retry_after) == (OverloadedError, "overloaded", "full", True, 0.5)
    assert copy.request_id is None
    error.request_id = "a-1"
    assert pickle.loads(pickle.dumps(error)).request_id == "a-1"
    assert type(pickle.loads(pickle.dumps(CrashedError("x")))) is CrashedError


def test_a_ticket_is_its_text() -> None:
    ticket = Ticket("mlserving:{a}:a-1")
    assert Ticket(str(ticket)) == ticket
    assert pickle.loads(pickle.dumps(ticket)) == ticket


@pytest.mark.parametrize("text", ["", "a b", "a\n", "\x7f", "x" * 513, "ü" * 257])
def test_what_cannot_be_a_key_is_no_ticket(text: str) -> None:
    with pytest.raises(ValueError, match="not a ticket"):
        Ticket(text)


def test_names_are_unique_and_share_a_prefix_and_a_hash_tag() -> None:
    one, other = RequestNaming("p"), RequestNaming("p")
    assert one.client_id != other.client_id
    names = [one.next() for _ in range(3)]
    assert len({name for name, _ in names}) == 3
    for name, key in names:
        assert re.fullmatch(r"[0-9a-f]{24}-[0-9]+", name)
        assert key == f"p:{{{one.client_id}}}:{name}"
        assert key.startswith(one.key_prefix)


def test_hints_follow_the_round_trips_within_bounds() -> None:
    estimate = RoundTripEstimate()
    assert estimate.retry_hint == 1
    estimate.add(0.001)
    assert estimate.retry_hint == 0.1
    for _ in range(200):
        estimate.add(100)
    assert estimate.retry_hint == 30


def test_the_version_is_that_of_the_project() -> None:
    command = Path(__file__).parents[3] / "Sources/mlserving/MLServingCommand.swift"
    if not command.exists():
        pytest.skip("not in the project's repository")
    assert f'version: "{mlserving.__version__}"' in command.read_text()
