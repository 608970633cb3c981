"""The classes of errors are those of the project's table, which its other languages read too."""

from __future__ import annotations

import inspect
import json
from pathlib import Path
from typing import Any

import pytest

import mlserving
from mlserving import OverloadedError, RefusedError, ServingError, UnavailableError
from mlserving.rabbit.errors import Failure, RabbitError
from mlserving.rabbit.refusals import refusal
from mlserving.redis.errors import RedisError
from mlserving.redis.refusals import store_refusal

TABLE: dict[str, Any] = json.loads((Path(__file__).parents[3] / "Tests" / "Vectors" / "errors.json").read_text(encoding="utf-8"))
ROWS: list[dict[str, Any]] = TABLE["rows"]


def properties(error_class: type[ServingError]) -> tuple[str, str, bool, int]:
    return error_class.__name__, error_class.known_code, error_class("why").retryable, error_class.http_status


def test_each_class_has_a_row_and_each_row_a_class() -> None:
    exported = [getattr(mlserving, name) for name in mlserving.__all__]
    classes = [value for value in exported if inspect.isclass(value) and issubclass(value, ServingError) and value is not ServingError]
    rows = [(row["python"], row["code"], row["retryable"], row["http"]) for row in ROWS]
    assert sorted(map(properties, classes)) == sorted(rows)


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row["code"])
def test_a_code_comes_as_its_class(row: dict[str, Any]) -> None:
    error = ServingError.of(row["code"], "why")
    assert (type(error).__name__, error.code, error.http_status) == (row["python"], row["code"], row["http"])


def test_another_code_comes_as_the_base_class() -> None:
    other = TABLE["other"]
    error = ServingError.of("out_of_vocabulary_of_the_table", "why")
    assert (type(error).__name__, error.code) == (other["python"], "out_of_vocabulary_of_the_table")
    assert (error.retryable, error.http_status) == (other["retryable"], other["http"])


def test_an_error_that_says_whether_it_is_retryable_is_believed() -> None:
    assert OverloadedError("full").retryable
    assert not OverloadedError("full", retryable=False).retryable
    assert RefusedError("for now", retryable=True).retryable
    # What comes without it from elsewhere is not tried again.
    assert not ServingError.of("overloaded", "full").retryable


def test_servers_that_refuse_the_client_are_told_from_those_that_are_away() -> None:
    away: list[ServingError] = [refusal(RabbitError(Failure.UNAVAILABLE, "why"), 1), store_refusal(RedisError("why"))]
    assert [(type(error), error.retryable) for error in away] == [(UnavailableError, True)] * 2
    refused: list[ServingError] = [refusal(RabbitError(Failure.REFUSED, "why"), 1), store_refusal(RedisError("why", refused=True))]
    assert [(type(error), error.retryable) for error in refused] == [(RefusedError, False)] * 2
