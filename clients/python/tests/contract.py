"""What clients can rely on, whoever serves them: the fake of ``mlserving.testing``, and real servers."""

from __future__ import annotations

import asyncio
import re
import threading
import time
from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from mlserving import (
    AsyncClient,
    CancelledError,
    Client,
    ClosedError,
    ExpiredError,
    InvalidInputError,
    MessagePackCodec,
    OverloadedError,
    ServingError,
    TooLargeError,
    UnroutableError,
    UnsupportedContentTypeError,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

MODES = pytest.mark.parametrize("mode", ["store", "queue"])
PATIENCE = 30.0
REQUEST_ID = re.compile("[0-9a-f]{24}-[0-9]+")


class Bed(ABC):
    """Servers, and consumers that answer each input with itself.

    A model is ``None``, that of the configured queue, or one whose name begins with the name of that queue.
    """

    queue: str

    @abstractmethod
    def client(self, *, codec: Any = "msgpack", **settings: Any) -> Client:
        """Make a client for threads."""

    @abstractmethod
    def async_client(self, *, codec: Any = "msgpack", **settings: Any) -> AsyncClient:
        """Make a client for tasks."""

    @abstractmethod
    def serve(self, model: str | None = None) -> None:
        """Let the queue of a model exist, and its requests be answered."""

    @abstractmethod
    def declare(self, model: str | None = None) -> None:
        """Let the queue of a model exist, and its requests wait."""

    @abstractmethod
    def depth(self) -> int:
        """How many requests wait in the configured queue."""


class Unreadable(MessagePackCodec):
    """Writes an input that is no MessagePack."""

    def encode(self, value: Any) -> bytes:
        return b"\xc1" if value == "broken" else super().encode(value)


class Unknown(MessagePackCodec):
    content_type = "application/x-unknown"


async def waiting(bed: Bed, count: int) -> None:
    """Wait until so many requests wait."""
    async with asyncio.timeout(PATIENCE):
        while await asyncio.to_thread(bed.depth) != count:
            pass


async def turned_away(client: AsyncClient, count: int) -> None:
    """Wait until so many requests have found no queue."""

    def found() -> int:
        engine = client._engine
        return 0 if engine is None else sum(waiter.obstacle is not None for waiter in engine._in_flight.values())

    async with asyncio.timeout(PATIENCE):
        while found() < count:  # noqa: ASYNC110 - the engine tells nobody
            await asyncio.sleep(0.01)


async def confirmed(client: AsyncClient) -> str:
    """Wait until the broker has the only request that somebody waits for, and return the key of its result."""
    engine = client._engine
    assert engine is not None
    async with asyncio.timeout(PATIENCE):
        while not [waiter for waiter in engine._in_flight.values() if waiter.is_confirmed]:  # noqa: ASYNC110 - the engine tells nobody
            await asyncio.sleep(0.01)
    (key,) = engine.awaited_keys()
    return key


class Contract:
    """Tests of both; ``bed`` is a fixture of the module that has the subclass."""

    @MODES
    @pytest.mark.parametrize("codec", ["msgpack", "json"])
    def test_values_pass_through_the_encoding(self, bed: Bed, codec: str, mode: str) -> None:
        bed.serve()
        with bed.client(codec=codec, result_mode=mode) as client:
            assert client.predict({"a": (1, [2.5, None])}) == {"a": [1, [2.5, None]]}
            assert [outcome.get() for outcome in client.predict_many(("one", 2))] == ["one", 2]
            assert [outcome.get() for outcome in client.predict_iter(iter(range(5)), list_size=2)] == list(range(5))
            assert client.predict_many([]) == []
            assert client.prediction("timed").times.predicting >= 0

    def test_arrays_and_texts_keep_their_kind(self, bed: Bed) -> None:
        bed.serve()
        with bed.client() as client:
            array = np.arange(6, dtype=np.float32).reshape(2, 3)
            answer = client.predict({"array": array, "texts": np.array(["a", "b"])})
            np.testing.assert_array_equal(answer["array"], array)
            assert answer["array"].dtype == array.dtype
            assert answer["texts"] == ["a", "b"]

    def test_what_has_no_form_is_not_sent(self, bed: Bed) -> None:
        bed.declare()
        with bed.client() as client:
            for call in (client.predict, client.submit, lambda value: client.predict_many([value, value])):
                with pytest.raises(InvalidInputError, match=r"^invalid_input: input(\[0\])?\.name: a set"):
                    call({"name": {1}})
        assert bed.depth() == 0

    def test_an_input_without_a_form_fails_alone(self, bed: Bed) -> None:
        bed.serve()
        told: list[tuple[int, int]] = []
        inputs = [1, {"name": {1}}, 2, {(1, 2): 3}, 4]
        with bed.client() as client:
            found = client.predict_many(inputs, progress=lambda finished, total: told.append((finished, total)))
            assert [outcome.value for outcome in found] == [1, None, 2, None, 4]
            assert told == [(3, 5), (4, 5), (5, 5)]
            for index, path in ((1, r"input\[1\]\.name: a set"), (3, r"input\[3\]: a key of a map is a tuple")):
                with pytest.raises(InvalidInputError, match=path):
                    found[index].get()

    @MODES
    def test_what_cannot_be_read_is_an_error_of_the_caller(self, bed: Bed, mode: str) -> None:
        bed.serve()
        with bed.client(codec=Unreadable(), result_mode=mode) as client:
            with pytest.raises(InvalidInputError):
                client.predict("broken")
            assert client.predict("good") == "good"
        with bed.client(codec=Unknown(), result_mode=mode) as client, pytest.raises(UnsupportedContentTypeError, match="x-unknown"):
            client.predict(1)

    @MODES
    def test_a_deadline_ends_the_wait_and_the_work(self, bed: Bed, mode: str) -> None:
        bed.declare()
        with bed.client(result_mode=mode) as client:
            begin = time.monotonic()
            for call in (client.predict, lambda value, timeout: client.predict_many([value], timeout)):
                with pytest.raises(ExpiredError) as caught:
                    call("late", 0.2)
                assert caught.value.retryable
            assert time.monotonic() - begin < 20
            bed.serve()
            assert client.predict("in time") == "in time"

    @MODES
    def test_a_queue_that_is_about_to_exist_is_waited_for(self, bed: Bed, mode: str) -> None:
        async def ask() -> None:
            async with bed.async_client(result_mode=mode) as client:
                calls: list[Any] = [client.predict("early"), client.predict_many(["a"])]
                if mode == "store":
                    calls.append(client.submit("early too"))
                waits = [asyncio.create_task(call) for call in calls]
                await turned_away(client, len(waits))
                await asyncio.to_thread(bed.serve)
                assert await waits[0] == "early"
                assert (await waits[1])[0].get() == "a"
                if mode == "store":
                    assert await client.result(await waits[2]) == "early too"

        asyncio.run(ask())

    def test_a_queue_that_does_not_exist_is_an_error(self, bed: Bed) -> None:
        with bed.client() as client:
            for call in (client.predict, client.submit):
                with pytest.raises(UnroutableError):
                    call(1, timeout=0.3)

    def test_submitted_work_is_read_later_and_again_by_any_client(self, bed: Bed) -> None:
        bed.declare()
        with bed.client() as client:
            ticket = client.submit({"n": 1})
            for timeout in (0, 0.1):
                with pytest.raises(ExpiredError, match="no result under"):
                    client.result(ticket, timeout=timeout)
            bed.serve()
            assert client.result(ticket) == {"n": 1}
        with bed.client() as other:
            assert other.result(str(ticket)) == {"n": 1}
            assert other.result(str(ticket), timeout=0) == {"n": 1}
            assert not other.cancel(ticket)

    def test_a_result_is_heard_of_by_a_client_that_waits_for_it(self, bed: Bed) -> None:
        bed.declare()

        async def ask() -> None:
            async with bed.async_client() as one, bed.async_client() as other:
                ticket = await one.submit("later")
                waits = [asyncio.create_task(client.result(ticket)) for client in (one, other)]
                await asyncio.to_thread(bed.serve)
                assert await asyncio.gather(*waits) == ["later"] * 2

        asyncio.run(ask())

    def test_cancelled_work_is_not_done(self, bed: Bed) -> None:
        bed.declare()
        with bed.client() as client:
            ticket = client.submit("unwanted")
            assert client.cancel(ticket)
            bed.serve()
            with pytest.raises(CancelledError):
                client.result(ticket)

    def test_a_task_that_is_cancelled_leaves_the_client_in_order(self, bed: Bed) -> None:
        bed.declare()

        async def ask() -> None:
            async with bed.async_client() as client:
                task = asyncio.create_task(client.predict("unwanted"))
                await waiting(bed, 1)
                task.cancel()
                with pytest.raises(asyncio.CancelledError):
                    await task
                await asyncio.to_thread(bed.serve)
                assert await client.predict("wanted") == "wanted"

        asyncio.run(ask())

    def test_more_requests_than_may_be_under_way_wait_or_are_told(self, bed: Bed) -> None:
        bed.declare()

        async def ask() -> None:
            async with bed.async_client(maximum_in_flight=1) as client:
                first = asyncio.create_task(client.predict(1))
                await waiting(bed, 1)
                with pytest.raises(OverloadedError) as caught:
                    await client.predict(2, timeout=0.2)
                assert caught.value.retry_after is not None
                third = asyncio.create_task(client.predict(3))
                await asyncio.to_thread(bed.serve)
                assert [await first, await third] == [1, 3]

        asyncio.run(ask())

    def test_many_calls_at_once_are_told_apart(self, bed: Bed) -> None:
        bed.serve()

        async def ask() -> None:
            async with bed.async_client() as client:
                answers = await asyncio.gather(*(client.predict(number) for number in range(200)))
                assert answers == list(range(200))

        asyncio.run(ask())

    def test_a_long_list_is_answered_in_order(self, bed: Bed) -> None:
        bed.serve()
        told: list[tuple[int, int]] = []
        with bed.client() as client:
            found = client.predict_many(range(1_000), list_size=100, progress=lambda finished, total: told.append((finished, total)))
            assert [outcome.get() for outcome in found] == list(range(1_000))
        assert told == [(100 * number, 1_000) for number in range(1, 11)]

    def test_inputs_come_from_a_generator_that_may_ask_itself(self, bed: Bed) -> None:
        bed.serve()
        threads: set[int] = set()
        with bed.client() as client:

            def inputs() -> Iterator[Any]:
                for number in range(20):
                    threads.add(threading.get_ident())
                    yield client.predict(number)

            assert [outcome.get() for outcome in client.predict_many(inputs(), list_size=3)] == list(range(20))
            assert [outcome.get() for outcome in client.predict_iter(inputs(), list_size=3)] == list(range(20))
        assert threads == {threading.get_ident()}

    def test_a_generator_that_fails_fails_the_call(self, bed: Bed) -> None:
        bed.serve()

        def inputs() -> Iterator[int]:
            yield from range(5)
            raise LookupError("no more")

        async def ask() -> None:
            async with bed.async_client() as client:
                with pytest.raises(LookupError, match="no more"):
                    await client.predict_many(inputs())
                with pytest.raises(LookupError, match="no more"):
                    [outcome async for outcome in client.predict_iter(inputs(), list_size=1)]
                assert await client.predict(1) == 1

        asyncio.run(ask())
        with bed.client() as client:
            with pytest.raises(LookupError, match="no more"):
                client.predict_many(inputs())
            with pytest.raises(LookupError, match="no more"):
                list(client.predict_iter(inputs()))
            assert client.predict(1) == 1

    def test_an_iteration_that_is_left_leaves_the_client_in_order(self, bed: Bed) -> None:
        bed.serve()
        taken: list[int] = []

        def inputs() -> Iterator[int]:
            for number in range(1_000_000):
                taken.append(number)
                yield number

        with bed.client() as client:
            iteration = client.predict_iter(inputs(), list_size=2)
            assert next(iteration).get() == 0
            iteration.close()  # type: ignore[attr-defined]
            assert client.predict("next") == "next"
        assert len(taken) < 100

    def test_progress_ends_its_call_and_asks_nothing_of_its_own_client(self, bed: Bed) -> None:
        bed.serve()
        with bed.client() as client:

            def interrupt(finished: int, total: int) -> None:
                raise LookupError(f"{finished} of {total}")

            with pytest.raises(LookupError, match="1 of 3"):
                client.predict_many([1, 2, 3], list_size=1, progress=interrupt)
            with pytest.raises(RuntimeError, match="would wait for itself"):
                client.predict_many([1], progress=lambda _finished, _total: client.predict(2))
            assert client.predict(3) == 3

    def test_progress_counts_what_failed_too(self, bed: Bed) -> None:
        bed.declare()
        told: list[tuple[int, int]] = []
        with bed.client() as client, pytest.raises(ExpiredError):
            client.predict_many(
                (str(number) for number in range(5)), 0.2, list_size=2, progress=lambda finished, total: told.append((finished, total))
            )
        assert [finished for finished, _ in told][-1] == 5
        assert {total for _, total in told} == {5}

    def test_a_closed_client_ends_all_waits(self, bed: Bed) -> None:
        bed.declare()

        async def ask() -> None:
            client = bed.async_client()
            ticket = await client.submit(1)
            waits = [asyncio.create_task(client.predict(2)), asyncio.create_task(client.result(ticket))]
            await waiting(bed, 2)
            await client.close()
            assert [type(error) for error in await asyncio.gather(*waits, return_exceptions=True)] == [ClosedError] * 2

        asyncio.run(ask())

    @MODES
    def test_a_message_that_is_too_large_fails_alone(self, bed: Bed, mode: str) -> None:
        bed.serve()

        async def ask() -> None:
            async with bed.async_client(result_mode=mode) as client:
                calls: list[Any] = [client.predict("small"), client.predict(bytes(2_000_000)), client.predict("small too")]
                before, refused, after = await asyncio.gather(*calls, return_exceptions=True)
                assert (before, after) == ("small", "small too")
                assert isinstance(refused, TooLargeError)
                assert "larger than configured max size" in refused.message

        asyncio.run(ask())

    @MODES
    def test_models_have_queues_of_their_own(self, bed: Bed, mode: str) -> None:
        name, version, absent = f"{bed.queue}-é", f"{bed.queue}-é:2.0+a", f"{bed.queue}-é:3"
        bed.serve(name)
        bed.serve(version)
        with bed.client(result_mode=mode) as client:
            view = client.model(version)
            assert client.predict(1, model=name) == 1
            assert client.predict(2, model=version) == view.predict(2) == 2
            assert client.prediction(3, model=name).output == view.prediction(3).output == 3
            for outcomes in (
                client.predict_many(["a", "b"], model=version),
                view.predict_many(["a", "b"]),
                client.predict_iter(["a", "b"], model=version, list_size=1),
                view.predict_iter(["a", "b"], list_size=1),
            ):
                assert [outcome.get() for outcome in outcomes] == ["a", "b"]
            for call in (client.model(absent).predict, lambda value, timeout: client.predict_many([value], timeout, model=absent)):
                with pytest.raises(UnroutableError):
                    call(1, timeout=0.3)
            with pytest.raises(UnroutableError):
                client.predict(1, timeout=0.3)
            if mode == "store":
                assert client.result(view.submit("later")) == view.result(client.submit("later", model=version)) == "later"

        async def ask() -> None:
            async with bed.async_client(result_mode=mode) as client:
                view = client.model(version)
                assert [await client.predict(1, model=name), await view.predict(2), await client.predict(3, model=version)] == [1, 2, 3]
                assert [outcome.get() async for outcome in view.predict_iter(["a", "b"])] == ["a", "b"]
                if mode == "store":
                    assert await client.result(await view.submit("later")) == "later"

        asyncio.run(ask())

    @MODES
    def test_a_model_that_does_not_answer_holds_up_no_other(self, bed: Bed, mode: str) -> None:
        quick = f"{bed.queue}-quick"
        bed.declare()
        bed.serve(quick)

        async def ask() -> None:
            async with bed.async_client(maximum_in_flight=1, result_mode=mode) as client:
                first = asyncio.create_task(client.predict(1))
                await waiting(bed, 1)
                second = asyncio.create_task(client.predict(2))
                assert await asyncio.gather(*(client.predict(number, model=quick) for number in range(20))) == list(range(20))
                assert bed.depth() == 1
                with pytest.raises(OverloadedError, match="1 requests are in flight"):
                    await client.predict(3, timeout=0.2)
                await asyncio.to_thread(bed.serve)
                assert [await first, await second] == [1, 2]

        asyncio.run(ask())

    def test_work_is_cancelled_at_the_model_that_was_asked(self, bed: Bed) -> None:
        model = f"{bed.queue}-slow:1"
        bed.declare(model)
        with bed.client() as client:
            unwanted, unwanted_too, wanted = (client.submit(text, model=model) for text in ("unwanted", "unwanted too", "wanted"))
            assert client.cancel(unwanted, model=model)
            assert client.model(model).cancel(unwanted_too)
            # It tells the consumers of another queue.
            assert client.cancel(wanted)
            bed.serve(model)
            for ticket in (unwanted, unwanted_too):
                with pytest.raises(CancelledError):
                    client.result(ticket)
            assert client.result(wanted) == "wanted"

    def test_a_task_that_is_cancelled_stops_the_work_of_its_model(self, bed: Bed) -> None:
        model = f"{bed.queue}-slow"
        bed.declare(model)

        async def ask() -> None:
            async with bed.async_client() as client:
                view = client.model(model)
                ticket = await view.submit("before")
                task = asyncio.create_task(view.predict("unwanted"))
                key = await confirmed(client)
                task.cancel()
                with pytest.raises(asyncio.CancelledError):
                    await task
                await asyncio.to_thread(bed.serve, model)
                assert await client.result(ticket) == "before"
                with pytest.raises(CancelledError):
                    await client.result(key)

        asyncio.run(ask())

    @MODES
    def test_what_callers_say_beside_the_input_does_not_change_the_answer(self, bed: Bed, mode: str) -> None:
        bed.serve()
        said: dict[str, Any] = {
            "parameters": {"flag": True, "count": 2**63 - 1, "scale": 0.5, "mode": "grün"},
            "metadata": {"tenant": "blue"},
            "result_ttl": 30,
        }
        with bed.client(result_mode=mode) as client:
            assert client.predict("a", **said) == "a"
            assert [outcome.get() for outcome in client.predict_many(["a", "b"], **said)] == ["a", "b"]
            assert [outcome.get() for outcome in client.predict_iter(["a", "b"], list_size=1, **said)] == ["a", "b"]
            # As much as is permitted fits into what the broker has room for.
            assert client.predict("a", metadata={f"{number:05}": "" for number in range(3_276)}) == "a"
            with pytest.raises(TooLargeError, match="a request may have 16384"):
                client.predict("a", metadata={"a": "x" * 16_384})
            if mode == "store":
                assert client.result(client.submit("later", **said)) == "later"

    @MODES
    def test_answers_and_errors_tell_the_id_of_their_request(self, bed: Bed, mode: str) -> None:
        bed.serve()
        waits = f"{bed.queue}-waits"
        bed.declare(waits)
        with bed.client(codec=Unreadable(), result_mode=mode) as client:
            ids = [client.prediction("a").request_id for _ in range(2)]
            assert all(REQUEST_ID.fullmatch(request_id) for request_id in ids)
            assert ids[0] != ids[1]
            calls: list[Any] = [
                lambda: client.predict("broken"),
                lambda: client.predict("a", 0.2, model=waits),
                lambda: client.predict_many(["a"], 0.2, model=waits),
                lambda: client.predict("a", 0.2, model=f"{waits}:2"),
                lambda: client.predict(bytes(2_000_000)),
            ]
            if mode == "store":
                calls.append(lambda: client.submit("a", 0.2, model=f"{waits}:2"))
            for call in calls:
                with pytest.raises(ServingError) as caught:
                    call()
                assert REQUEST_ID.fullmatch(caught.value.request_id or "")
                ids.append(caught.value.request_id or "")
            assert len(set(ids)) == len(ids)
            found = [*client.predict_many(["a", "broken"], list_size=1), *client.predict_iter(["b", "broken", {1}], list_size=1)]
            assert [outcome.value for outcome in found] == ["a", None, "b", None, None]
            told = [outcome.error.request_id for outcome in found if outcome.error is not None]
            assert [told_id is not None for told_id in told] == [True, True, False]
            with pytest.raises(InvalidInputError) as refused:
                client.predict({1})
            assert refused.value.request_id is None
            if mode == "store":
                ticket = client.submit("broken")
                for call in (lambda: client.result(ticket), lambda: client.result(client.submit("a", model=waits), 0)):
                    with pytest.raises(ServingError) as missed:
                        call()
                    assert REQUEST_ID.fullmatch(missed.value.request_id or "")
                with pytest.raises(InvalidInputError) as caught:
                    client.result(ticket)
                assert str(ticket).endswith("}:" + str(caught.value.request_id))
