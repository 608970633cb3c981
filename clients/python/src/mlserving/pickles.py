"""Python's pickle for plain values and arrays of numpy, read without executing anything.

Programs that speak the template's protocols pickle. What a pickle may name is built here, value by value; whatever else it names is refused
by its name. All that it can make is bounded.
"""

from __future__ import annotations

import contextlib
import pickle
from typing import Any

from mlserving.errors import InvalidOutputError
from mlserving.pickling.errors import PickleError
from mlserving.pickling.machine import Machine
from mlserving.reading import error_of
from mlserving.records import Outcome, ResultRecord, Times

PROTOCOL = 4
"""What is written: every Python from 3.4 on reads it."""


def dumps(value: Any) -> bytes:
    """Pickle a value: any exception means that it has no plain form."""
    payload = pickle.dumps(value, PROTOCOL)
    loads(payload)
    return payload


def loads(payload: bytes) -> Any:
    """Read exactly one value.

    Raises:
        PickleError: It is no pickle of plain values.
    """
    try:
        return Machine(payload).run()
    except PickleError:
        raise
    except Exception as error:
        raise PickleError(f"it is not a pickle of plain values: {error}") from error


def is_none(payload: bytes) -> bool:
    """Tell whether a pickle is that of ``None``, by which a result queue says that there is nothing."""
    try:
        return len(payload) < 32 and loads(payload) is None
    except PickleError:
        return False


def read_answer(payload: bytes) -> ResultRecord:
    """Read the answer of a consumer of the template: the pickled output, or an error in its place.

    Raises:
        InvalidOutputError: It is neither.
    """
    try:
        value = loads(payload)
    except PickleError as error:
        raise InvalidOutputError(f"what came as the result cannot be read: {error}") from error
    outcome = Outcome(value=value)
    if isinstance(value, dict) and set(value) == {"error"} and isinstance(value["error"], dict) and "retryable" in value["error"]:
        # An output that only resembles an error is one.
        with contextlib.suppress(TypeError):
            outcome = Outcome(error=error_of(value["error"]))
    return ResultRecord(request_id="", outcomes=(outcome,), times=Times())
