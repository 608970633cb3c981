"""The fake of ``mlserving.testing``."""

from __future__ import annotations

import asyncio
import pickle
import subprocess
import sys
import threading
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

import mlserving
import mlserving.testing
from mlserving import (
    AsyncClient,
    Client,
    ClosedError,
    CrashedError,
    InvalidInputError,
    JSONCodec,
    MessagePackCodec,
    OverloadedError,
    PredictionFailedError,
    ServingError,
    Settings,
    UnavailableError,
    UnroutableError,
)
from mlserving.lists import WINDOW, InputList
from mlserving.terms import RequestTerms
from mlserving.testing import FakeServer, current_request

from .contract import Bed, Contract

if TYPE_CHECKING:
    from collections.abc import Iterator


class FakeBed(Bed):
    def __init__(self) -> None:
        self.server = FakeServer(is_declared=False, is_paused=True, maximum_size=1_000_000)
        self.queue = self.server.queue

    def client(self, *, codec: Any = "msgpack", **settings: Any) -> Client:
        return self.server.client(codec=codec, **settings)

    def async_client(self, *, codec: Any = "msgpack", **settings: Any) -> AsyncClient:
        return self.server.async_client(codec=codec, **settings)

    def serve(self, model: str | None = None) -> None:
        self.declare(model)
        self.server.resume(model or self.queue)

    def declare(self, model: str | None = None) -> None:
        if model is None:
            self.server.declare()
        else:
            self.server.serve(model)

    def depth(self) -> int:
        return self.server.depth


@pytest.fixture
def bed() -> Iterator[Bed]:
    bed = FakeBed()
    with bed.server:
        yield bed


class TestFake(Contract):
    """The fake keeps what clients rely on."""


def test_an_error_of_the_predictor_reaches_the_caller() -> None:
    def predict(value: Any) -> Any:
        match value:
            case "own":
                raise ServingError("no such word", code="out_of_vocabulary", retryable=True)
            case "odd":
                raise InvalidInputError("too odd")
            case "broken":
                raise KeyError(value)
            case "fatal":
                raise SystemExit(1)
            case "unwritable":
                return {1, 2}
        return value

    with FakeServer(predict) as server, server.client() as client:
        with pytest.raises(ServingError) as caught:
            client.predict("own")
        assert (caught.value.code, caught.value.message, caught.value.retryable) == ("out_of_vocabulary", "no such word", True)
        for value, error in (("odd", InvalidInputError), ("broken", PredictionFailedError), ("fatal", CrashedError)):
            with pytest.raises(error):
                client.predict(value)
        good, odd, unwritable = client.predict_many(["good", "odd", "unwritable"])
        assert good.get() == "good"
        assert isinstance(odd.error, InvalidInputError)
        assert isinstance(unwritable.error, PredictionFailedError)
        assert server.inputs == ["own", "odd", "broken", "fatal", "good", "odd", "unwritable"]


def test_a_predictor_is_called() -> None:
    with pytest.raises(TypeError, match="predict is called"):
        FakeServer("upper")  # type: ignore[arg-type]


def test_a_predictor_may_be_asynchronous() -> None:
    async def predict(value: int) -> int:
        await asyncio.sleep(0)
        return value + 1

    with FakeServer(predict) as server, server.client() as client:
        assert client.predict(1) == 2


def test_a_full_queue_turns_requests_away() -> None:
    with FakeServer(is_paused=True, maximum_length=1) as server, server.client() as client:
        client.submit(1)
        with pytest.raises(OverloadedError) as caught:
            client.submit(2)
        assert caught.value.retry_after is not None


def test_inputs_are_what_a_consumer_would_decode() -> None:
    with FakeServer() as server, server.client() as client:
        client.predict((1, np.float32(2)))
        assert server.inputs == [[1, 2.0]]
        assert type(server.inputs[0]) is list


@pytest.mark.parametrize("mode", ["store", "queue"])
def test_the_templates_protocols_are_served_too(mode: Any) -> None:
    def predict(value: Any) -> Any:
        if value == "bad":
            raise InvalidInputError("bad")
        return value

    with FakeServer(predict, result_queue="results") as server, server.client(protocol="template", result_mode=mode) as client:
        assert client.predict((1, "a")) == (1, "a")
        assert [outcome.get() for outcome in client.predict_many([1, 2])] == [1, 2]
        with pytest.raises(InvalidInputError):
            client.predict("bad")
        assert client.result(client.submit("later")) == "later"


def test_work_is_submitted_through_a_result_queue() -> None:
    with FakeServer(result_queue="results") as server, server.client(result_mode="queue") as client:
        assert client.result(client.submit("later")) == "later"
    with FakeServer() as server, server.client(result_mode="queue") as client, pytest.raises(UnroutableError, match="CACHE_QUEUE_NAME"):
        client.submit(1)


def test_results_are_compressed_for_those_who_take_it() -> None:
    with FakeServer() as server, server.client(compression_minimum=100) as client:
        text = "a" * 100_000
        assert client.predict(text) == text
        assert client.predict(text) == text
        assert client.predict("short") == "short"


def test_other_content_types_are_decoded_by_their_codecs() -> None:
    class Reversed(JSONCodec):
        content_type = "application/x-reversed"

        def encode(self, value: Any) -> bytes:
            return super().encode(value)[::-1]

        def decode(self, payload: bytes) -> Any:
            return super().decode(payload[::-1])

        def join(self, parts: Any) -> bytes:
            return super().join([part[::-1] for part in parts])[::-1]

    with FakeServer(codecs=[Reversed()]) as server, server.client(codec=Reversed()) as client:
        assert client.predict({"a": [1]}) == {"a": [1]}
        assert [outcome.get() for outcome in client.predict_many([1, 2, 3], list_size=2)] == [1, 2, 3]


def test_a_fake_that_is_closed_is_away() -> None:
    server = FakeServer()
    with server.client() as client:
        assert client.predict(1) == 1
        server.close()
        with pytest.raises(UnavailableError, match="closed"):
            client.predict(2)
    with pytest.raises(ClosedError):
        client.predict(3)
    assert not any(thread.name == "mlserving-fake" for thread in threading.enumerate())


def test_threads_and_tasks_share_a_fake() -> None:
    with FakeServer(lambda value: value * 2) as server:

        async def ask() -> None:
            async with server.async_client() as client:
                with server.client() as other:
                    assert await client.predict(2) == 4
                    ticket = await asyncio.to_thread(other.submit, 3)
                    assert await client.result(ticket) == 6

        asyncio.run(ask())


def test_the_documented_fixture_runs(tmp_path: Any) -> None:
    text = mlserving.testing.__doc__ or ""
    example = "\n".join(line[4:] for line in text.split("::\n", 1)[1].splitlines())
    (tmp_path / "test_example.py").write_text(example)
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", str(tmp_path)], capture_output=True, timeout=50, check=False
    )
    assert b"1 passed" in done.stdout, done.stdout


def test_a_fake_takes_the_place_of_the_class(monkeypatch: pytest.MonkeyPatch) -> None:
    with FakeServer(str.upper, queue="texts") as server:
        monkeypatch.setattr("mlserving.Client", server.client)
        with mlserving.Client(Settings(queue="texts"), codec="json") as client:
            assert client.predict("a") == "A"
        with mlserving.Client(Settings(queue="others", timeout=0.2)) as client, pytest.raises(UnroutableError):
            client.predict("a")


def test_tickets_of_a_fake_pass_through_pickles() -> None:
    with FakeServer() as server, server.client() as client:
        ticket = pickle.loads(pickle.dumps(client.submit(1)))
        assert client.result(ticket) == 1


def test_models_have_functions_of_their_own() -> None:
    with FakeServer(str.upper) as server, server.client() as client:
        server.serve("reverser", lambda value: value[::-1])
        server.serve("reverser:2", lambda value: [value[::-1]])
        assert [client.predict("ab"), client.predict("ab", model="reverser"), client.model("reverser:2").predict("ab")] == [
            "AB",
            "ba",
            ["ba"],
        ]
        assert client.predict("cd", model=server.queue) == "CD"
        assert server.inputs == ["ab", "ab", "ab", "cd"]
        server.serve("reverser", str.lower)
        server.serve(server.queue, str.title)
        assert [client.predict("AB", model="reverser"), client.predict("ab")] == ["ab", "Ab"]
        with pytest.raises(UnroutableError):
            client.predict("ab", 0.2, model="reverser:3")


def test_a_model_may_wait_alone() -> None:
    with FakeServer() as server, server.client() as client:
        server.serve("slow")
        server.pause("slow")
        ticket = client.submit(1, model="slow")
        assert client.predict(2) == 2
        assert server.depth == 1
        server.resume()
        assert client.result(ticket) == 1
        for call in (server.pause, server.resume):
            with pytest.raises(ValueError, match=r"no model 'other' is served; serve\(\) adds one"):
                call("other")
        with pytest.raises(ValueError, match="names no model"):
            server.serve("a b")
        with pytest.raises(TypeError, match="predict is called"):
            server.serve("a", "upper")  # type: ignore[arg-type]


def test_a_predictor_that_blocks_holds_up_no_other_model() -> None:
    release = threading.Event()
    with FakeServer(lambda value: release.wait(30) and value) as server, server.client() as client:
        server.serve("quick")
        ticket = client.submit(1)
        assert client.predict(2, model="quick") == 2
        release.set()
        assert client.result(ticket) == 1
    assert not any(thread.name == "mlserving-fake" for thread in threading.enumerate())


def test_requests_are_compressed_for_models_that_take_it() -> None:
    with FakeServer() as server, server.client(compression_minimum=100) as client:
        server.serve("other")
        text = "a" * 100_000
        assert client.predict(text) == text
        assert client.predict(text, model="other") == text
        server.pause()
        sizes = []
        for model in (None, "other", "new"):
            if model == "new":
                server.serve("new")
            client.submit(text, model=model)
            sizes.append(len(server._queues[model or server.queue]._waiting[0].message.body))
        assert sizes[0] == sizes[1] < 1_000 < 100_000 < sizes[2]


def test_predictors_and_callers_see_the_same_id() -> None:
    def predict(value: Any) -> Any:
        request_id = current_request().request_id
        if value == "bad":
            raise InvalidInputError(request_id)
        return request_id

    with FakeServer(predict) as server, server.client() as client, server.client(protocol="template") as template:
        for caller in (client, template):
            prediction = caller.prediction("good")
            assert prediction.output == prediction.request_id
            with pytest.raises(InvalidInputError) as caught:
                caller.predict("bad")
            assert caught.value.message == caught.value.request_id
            good, bad = caller.predict_many(["good", "bad"])
            assert bad.error is not None
            assert bad.error.message == bad.error.request_id
            assert (good.value == bad.error.request_id) == (caller is client)


def test_inputs_that_are_not_sent_are_no_part_of_the_request_that_failed() -> None:
    with FakeServer(is_declared=False) as server, server.client() as client:
        outcomes: list[Any] = []
        with pytest.raises(UnroutableError) as caught:
            client.predict_many(range(20), 0.3, list_size=1, progress=lambda *told: outcomes.append(told))
        assert caught.value.request_id is not None
        server.declare()
        assert client.predict(1) == 1

        async def ask() -> list[Any]:
            async with server.async_client() as other:
                lists: Any = [InputList(1, MessagePackCodec().encode(number)) for number in range(20)]
                lists.append(InvalidInputError("so that not all fail alike"))
                return await other._asking.all_of(other._running(), lists, 20, RequestTerms("absent"), None)

        errors = [outcome.error for outcome in asyncio.run(ask())]
        assert {error.code for error in errors} == {"unroutable", "invalid_input"}
        sent = [error.request_id for error in errors if error.request_id is not None]
        assert len(sent) == len(set(sent)) == WINDOW
