"""What a call says beside the input, on its way to the wire and to predictors of the fake."""

from __future__ import annotations

import asyncio
import datetime
import decimal
import enum
import math
import time
import types
from typing import Any, cast

import numpy as np
import pika
import pytest
from pika import data

from mlserving import AsyncClient, Client, ExpiredError, Settings, TooLargeError
from mlserving.limits import LONGEST_TIME
from mlserving.naming import RequestNaming
from mlserving.options import MOST_BYTES, checked_options
from mlserving.outbound import RequestMaker
from mlserving.rabbit.properties import Properties
from mlserving.terms import RequestTerms
from mlserving.testing import FakeServer, current_request

NOWHERE = Settings(rabbit_nodes=(("127.0.0.1", 1),), redis_nodes=(("127.0.0.1", 1),))
PARAMETERS = {
    "yes": True,
    "no": False,
    "one": 1,
    "most": 2**63 - 1,
    "least": -(2**63),
    "half": 0.5,
    "two": 2.0,
    "mode": "schnell — grün",
    "": "",
}


class Mode(enum.StrEnum):
    FAST = "fast"


class Level(enum.IntEnum):
    HIGH = 3


def headers(**said: Any) -> dict[str, Any]:
    """Return the headers of a request, as the broker hands them on."""
    options = checked_options(said.get("parameters"), said.get("metadata"), said.get("lifetime"))
    maker = RequestMaker(Settings(), RequestNaming("mlserving"))
    is_submission = bool(said.get("submitted"))
    message = maker.make(b"", "application/msgpack", None, 1, RequestTerms("q", options), is_submission=is_submission).message
    return decoded(Properties(content_type="a", headers=message.headers))


def decoded(properties: Properties) -> dict[str, Any]:
    """Return the headers as RabbitMQ reads them; pika reads floating-point numbers as whole ones."""
    encoded = b"".join(properties.encode())
    found = pika.BasicProperties()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(data, "long", lambda number: number)
        found.decode(encoded)
    return cast("dict[str, Any]", found.headers)


def with_types(table: dict[str, Any]) -> dict[str, tuple[type, Any]]:
    return {name: (type(value), value) for name, value in table.items()}


def test_options_travel_as_headers_that_keep_their_types() -> None:
    found = headers(parameters=PARAMETERS, metadata={"tenant": "blau"}, lifetime=1.5)
    assert with_types(found["x-parameters"]) == with_types(PARAMETERS)
    assert found["x-metadata"] == {"tenant": "blau"}
    assert found["x-result-ttl"] == 1500


def test_properties_beside_the_headers_stay_what_they_are() -> None:
    members: dict[str, Any] = {
        "content_encoding": "zstd",
        "message_id": "m",
        "reply_to": "r",
        "delivery_mode": 2,
        "timestamp": 5,
        "expiration": "7",
    }
    for content_type in (None, "a/b"):
        for headers in (None, {}, {"a": {"b": [1, "x"]}, "é": None}):
            given = {**members, "content_type": content_type, "headers": headers}
            ours, theirs = Properties(**given), pika.BasicProperties(**given)
            assert b"".join(ours.encode()) == b"".join(theirs.encode())
            assert ours.headers == headers


def test_only_submitted_work_says_that_nobody_waits() -> None:
    assert headers(submitted=True)["x-task"] is True
    assert "x-task" not in headers()


@pytest.mark.parametrize("said", [{}, {"parameters": {}, "metadata": {}}, {"parameters": None, "metadata": None, "lifetime": None}])
def test_nothing_said_adds_no_header(said: dict[str, Any]) -> None:
    assert not {"x-parameters", "x-metadata", "x-result-ttl"} & headers(**said).keys()


def test_scalars_of_numpy_and_members_of_enumerations_are_what_they_stand_for() -> None:
    given = {
        "flag": np.bool_(True),
        "count": np.int16(-3),
        "large": np.uint64(2**63 - 1),
        "scale": np.float32(0.5),
        "name": np.str_("a"),
        "mode": Mode.FAST,
        "level": Level.HIGH,
    }
    expected = {"flag": True, "count": -3, "large": 2**63 - 1, "scale": 0.5, "name": "a", "mode": "fast", "level": 3}
    assert with_types(headers(parameters=types.MappingProxyType(given))["x-parameters"]) == with_types(expected)
    assert with_types(headers(metadata={Mode.FAST: Mode.FAST})["x-metadata"]) == with_types({"fast": "fast"})


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        ({"parameters": [("a", 1)]}, TypeError, "parameters is a dict of texts to truth values, numbers and texts, not a list"),
        ({"parameters": "a"}, TypeError, "parameters is a dict .*, not a str"),
        ({"parameters": {1: "a"}}, TypeError, "parameters: the name 1 is a int; names are texts"),
        ({"parameters": {"top": None}}, TypeError, r"parameters\['top'\] is a NoneType; parameters are truth values, numbers and texts"),
        ({"parameters": {"top": b"x"}}, TypeError, r"parameters\['top'\] is a bytes"),
        ({"parameters": {"top": [1]}}, TypeError, r"parameters\['top'\] is a list"),
        ({"parameters": {"top": {}}}, TypeError, r"parameters\['top'\] is a dict"),
        ({"parameters": {"top": decimal.Decimal(1)}}, TypeError, r"parameters\['top'\] is a Decimal"),
        ({"parameters": {"top": 1j}}, TypeError, r"parameters\['top'\] is a complex"),
        ({"parameters": {"top": np.array([1])}}, TypeError, r"parameters\['top'\] is a ndarray"),
        ({"parameters": {"top": np.datetime64("2026-01-01")}}, TypeError, r"parameters\['top'\] is a date"),
        ({"parameters": {"top": 2**63}}, ValueError, r"parameters\['top'\] is a whole number of more than 64 bits"),
        ({"parameters": {"top": -(2**63) - 1}}, ValueError, r"parameters\['top'\] is a whole number of more than 64 bits"),
        ({"parameters": {"top": 10**5000}}, ValueError, r"parameters\['top'\] is a whole number of more than 64 bits"),
        ({"parameters": {"top": math.inf}}, ValueError, r"parameters\['top'\] is inf, which no header can hold; numbers are finite"),
        ({"parameters": {"top": np.float16("nan")}}, ValueError, r"parameters\['top'\] is nan"),
        ({"parameters": {"top": "\ud800"}}, ValueError, r"parameters\['top'\] is not text that UTF-8 can hold"),
        ({"parameters": {"\ud800": 1}}, ValueError, r"parameters\['\\ud800'\] is not text that UTF-8 can hold"),
        ({"parameters": {"é" * 128: 1}}, ValueError, "a name has 255 bytes in UTF-8 at most"),
        ({"parameters": {"a\0": 1}}, ValueError, "no zero among them"),
        ({"metadata": [1]}, TypeError, "metadata is a dict of texts to texts, not a list"),
        ({"metadata": {"tenant": 5}}, TypeError, r"metadata\['tenant'\] is a int; metadata are texts"),
        ({"metadata": {"tenant": None}}, TypeError, r"metadata\['tenant'\] is a NoneType"),
        ({"metadata": {None: "x"}}, TypeError, "metadata: the name None is a NoneType"),
        ({"metadata": {"x" * 256: "x"}}, ValueError, "a name has 255 bytes"),
        ({"result_ttl": "5"}, TypeError, "result_ttl is a number of seconds, a timedelta, or None for the default, not a str"),
        ({"result_ttl": True}, TypeError, "result_ttl is a number of seconds"),
        ({"result_ttl": 0}, ValueError, "result_ttl is 0; it must be more than zero seconds, and 31536000"),
        ({"result_ttl": -1}, ValueError, "result_ttl is -1"),
        ({"result_ttl": math.nan}, ValueError, "result_ttl is nan"),
        ({"result_ttl": LONGEST_TIME + 1}, ValueError, "result_ttl is 31536001"),
        ({"result_ttl": datetime.timedelta(days=-1)}, ValueError, "result_ttl is -1 day"),
        ({"parameters": {"a": "x" * MOST_BYTES}}, TooLargeError, "have 16385 bytes, a request may have 16384"),
        ({"parameters": {"a": "é" * 8_000, "b": 1}, "metadata": {"c": "x" * 375}}, TooLargeError, "have 16386 bytes"),
    ],
)
def test_what_cannot_be_said_is_refused_by_every_call_at_once(arguments: dict[str, Any], error: type[Exception], message: str) -> None:
    with Client(NOWHERE) as client:
        for caller in (client, client.model("embedder")):
            for call in (caller.predict, caller.prediction, caller.submit):
                with pytest.raises(error, match=message):
                    call(1, **arguments)
            for call_many in (caller.predict_many, caller.predict_iter):
                with pytest.raises(error, match=message):
                    call_many([1], **arguments)

    async def ask() -> None:
        async with AsyncClient(NOWHERE) as client:
            for call in (client.predict, client.prediction, client.submit):
                with pytest.raises(error, match=message):
                    await call(1, **arguments)
            with pytest.raises(error, match=message):
                await client.predict_many([1], **arguments)
            with pytest.raises(error, match=message):
                client.predict_iter([1], **arguments)

    asyncio.run(ask())


def test_as_much_as_is_permitted_travels() -> None:
    options = checked_options({"a": "é" * 8_000, "b": 1.5}, {"c": "x" * (MOST_BYTES - 16_001 - 9 - 1)}, None)
    assert headers(parameters=options.parameters, metadata=options.metadata)["x-parameters"] == options.parameters


@pytest.mark.parametrize(
    ("lifetime", "milliseconds"), [(1e-9, 1), (0.0004, 1), (1.5, 1500), (LONGEST_TIME, 31_536_000_000)], ids=lambda value: str(value)
)
def test_a_lifetime_is_a_whole_number_of_milliseconds(lifetime: float, milliseconds: int) -> None:
    assert headers(lifetime=lifetime)["x-result-ttl"] == milliseconds


def test_options_are_copied() -> None:
    given = {"a": 1}
    options = checked_options(given, None, None)
    given["a"] = 2
    assert options.parameters == {"a": 1}


@pytest.mark.parametrize(
    ("arguments", "names"),
    [({"parameters": {"a": 1}}, "parameters"), ({"metadata": {"a": "b"}, "result_ttl": 5}, "metadata and result_ttl")],
)
def test_consumers_of_the_template_are_told_inputs_only(arguments: dict[str, Any], names: str) -> None:
    with FakeServer() as server, server.client(protocol="template") as client:
        for call in (client.predict, client.submit, lambda value, **said: client.predict_many([value], **said)):
            with pytest.raises(ValueError, match=f"template-.* consumers know inputs only; leave out {names}$"):
                call(1, **arguments)
        assert client.predict(1, parameters={}, metadata=None) == 1
        server.serve("other", str.upper)
        assert client.predict("a", model="other") == "A"
        assert server.inputs == [1, "a"]


def test_predictors_see_what_callers_say() -> None:
    def predict(value: Any) -> Any:
        request = current_request()
        return [value, request.queue, request.input_index, request.parameters, request.metadata]

    async def predict_later(value: Any) -> Any:
        return await asyncio.to_thread(predict, value)

    with FakeServer(predict) as server, server.client() as client:
        server.serve("later:1", predict_later)
        said: dict[str, Any] = {"parameters": PARAMETERS, "metadata": {"tenant": "blue"}}
        assert client.predict("a", **said) == ["a", "task_queue", 0, PARAMETERS, {"tenant": "blue"}]
        assert client.predict("a") == ["a", "task_queue", 0, {}, {}]
        view = client.model("later:1")
        assert view.result(view.submit("a", **said)) == ["a", "later.v1", 0, PARAMETERS, {"tenant": "blue"}]
        outcomes = [*client.predict_many(["a", "b", "c"], list_size=2, **said), *client.predict_iter(["a", "b", "c"], list_size=2, **said)]
        assert [outcome.get() for outcome in outcomes] == [
            [text, "task_queue", index, PARAMETERS, {"tenant": "blue"}] for text, index in [("a", 0), ("b", 1), ("c", 0)] * 2
        ]
    with pytest.raises(LookupError, match="is for predictors of a FakeServer"):
        current_request()


def test_a_predictor_that_changes_what_it_is_told_changes_nothing_of_others() -> None:
    def predict(value: Any) -> Any:
        request = current_request()
        request.parameters["a"] += 1  # type: ignore[operator]
        return request.parameters["a"]

    with FakeServer(predict) as server, server.client() as client:
        assert [outcome.get() for outcome in client.predict_many([0, 0], parameters={"a": 1})] == [2, 2]


def test_the_fake_keeps_results_as_long_as_a_request_says() -> None:
    with FakeServer(result_lifetime=0.001) as server, server.client() as client:
        ticket = client.submit("kept", result_ttl=60)
        assert client.result(ticket) == "kept"
        assert client.result(ticket, timeout=0) == "kept"
    with FakeServer() as server, server.client() as client:
        ticket = client.submit("forgotten", result_ttl=datetime.timedelta(milliseconds=1))
        client.predict("answered after it")
        deadline = time.monotonic() + 10
        while server._keys.get(str(ticket)) is not None:
            assert time.monotonic() < deadline
        with pytest.raises(ExpiredError):
            client.result(ticket, timeout=0)
