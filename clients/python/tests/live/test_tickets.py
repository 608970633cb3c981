"""Work that is submitted now and whose result is read later, perhaps by another process."""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
from typing import TYPE_CHECKING

import numpy as np
import pytest

from mlserving import AsyncClient, CancelledError, Client, ExpiredError, InvalidInputError, Ticket, UnroutableError

from .conftest import eventually, program
from .test_predictions import Unreadable

if TYPE_CHECKING:
    from .conftest import Bench


def test_another_process_resumes_a_ticket(bench: Bench) -> None:
    bench.consume_once()
    with Client(bench.settings()) as client:
        ticket = client.submit({"x": np.arange(3), "y": "later"})
    script = "import sys, mlserving; print(mlserving.Client().result(sys.argv[1])['x'].sum(), flush=True)"
    environment = {**bench.environment, "PYTHONPATH": ":".join(sys.path)}
    process = subprocess.Popen([sys.executable, "-c", script, str(ticket)], env=environment, stdout=subprocess.PIPE)
    bench.consume()
    assert process.communicate(timeout=30)[0] == b"3\n"
    assert process.returncode == 0
    with Client(bench.settings()) as client:
        assert client.result(ticket)["y"] == "later"


def test_programs_in_swift_resume_a_ticket_and_the_other_way_round(bench: Bench) -> None:
    bench.consume()
    environment = bench.environment
    with Client(bench.settings(), codec="json") as client:
        ticket = client.submit({"n": 1})
        answer = subprocess.run([program(), "result", str(ticket)], env=environment, timeout=30, capture_output=True, check=True)
        assert json.loads(answer.stdout) == {"n": 1}
        answer = subprocess.run([program(), "predict", "--submit", '{"n":2}'], env=environment, timeout=30, capture_output=True, check=True)
        assert client.result(answer.stdout.decode().strip()) == {"n": 2}


def test_a_result_of_another_client_is_heard_of(bench: Bench) -> None:
    bench.consume_once()

    async def ask() -> None:
        async with AsyncClient(bench.settings()) as one, AsyncClient(bench.settings()) as other:
            ticket = await one.submit("later")
            waits = [asyncio.create_task(client.result(ticket)) for client in (other, other, one)]
            await asyncio.to_thread(bench.consume)
            assert await asyncio.gather(*waits) == ["later"] * 3

    asyncio.run(ask())


def test_a_result_can_be_read_again(bench: Bench) -> None:
    bench.consume()
    with Client(bench.settings()) as client:
        ticket = client.submit("later")
        assert [client.result(ticket) for _ in range(3)] == ["later"] * 3
        assert client.result(ticket, timeout=0) == "later"


def test_an_error_is_a_result(bench: Bench) -> None:
    bench.consume()
    with Client(bench.settings(), codec=Unreadable()) as client:
        ticket = client.submit("broken")
        with pytest.raises(InvalidInputError):
            client.result(ticket)


def test_a_result_that_does_not_come_is_an_error_at_the_deadline(bench: Bench) -> None:
    bench.consume_once()
    with Client(bench.settings()) as client:
        ticket = client.submit("later")
        for timeout in (0, 0.1):
            with pytest.raises(ExpiredError, match="no result under"):
                client.result(ticket, timeout=timeout)
        with pytest.raises(ValueError, match="not a ticket"):
            client.result("")


def test_cancelled_work_is_not_done(bench: Bench) -> None:
    bench.consume_once()
    with Client(bench.settings()) as client:
        ticket = client.submit("unwanted")
        assert client.cancel(Ticket(str(ticket)))
        # It would crash at it.
        bench.consume("--crash-on", "unwanted")
        with pytest.raises(CancelledError):
            client.result(ticket)


def test_what_has_been_answered_cannot_be_cancelled(bench: Bench) -> None:
    bench.consume()
    with Client(bench.settings()) as client:
        ticket = client.submit("quick")
        assert client.result(ticket) == "quick"
        assert not client.cancel(ticket)


def test_a_cancelled_task_stops_the_work_on_its_request(bench: Bench) -> None:
    bench.consume_once()

    async def ask() -> None:
        async with AsyncClient(bench.settings()) as client:
            waiting = asyncio.create_task(client.predict("unwanted"))
            while await asyncio.to_thread(bench.depth) == 0:
                pass
            waiting.cancel()
            with pytest.raises(asyncio.CancelledError):
                await waiting

    asyncio.run(ask())
    pattern = f"mlserving:cancel:{{{bench.queue}}}:*"
    eventually(lambda: bench.queue.encode() in bench.ask_redis("KEYS", pattern))
    bench.consume("--crash-on", "unwanted")
    with Client(bench.settings()) as client:
        assert client.predict("wanted") == "wanted"


def test_without_a_store_work_cannot_be_submitted(bench: Bench) -> None:
    with Client(bench.settings(QUEUE_ONLY="1")) as client:
        for call in (client.submit, client.result, client.cancel):
            with pytest.raises(UnroutableError):
                call("a")


def test_a_mark_of_cancellation_has_both_names_and_outlives_clocks_that_differ(bench: Bench) -> None:
    bench.consume_once()
    names = (f"mlserving-control:{{{bench.queue}}}:cancel:", f"mlserving:cancel:{{{bench.queue}}}:")
    with Client(bench.settings()) as client:
        ticket = client.submit("unwanted", timeout=5)
        assert client.cancel(ticket)
        for name in names:
            remaining = int(bench.ask_redis("PTTL", name + str(ticket)).strip()[1:])
            assert remaining > 80_000_000

    async def ask() -> None:
        async with AsyncClient(bench.settings()) as client:
            waiting = asyncio.create_task(client.predict("unwanted", timeout=5))
            while await asyncio.to_thread(bench.depth) < 2:
                pass
            waiting.cancel()
            with pytest.raises(asyncio.CancelledError):
                await waiting

    asyncio.run(ask())
    for name in names:
        keys = bench.ask_redis("KEYS", f"{name}*").split()[1:]
        marks = [key.decode() for key in keys if key.startswith(name.encode()) and str(ticket).encode() not in key]
        assert len(marks) == 1
        # The clock of a consumer may be minutes behind.
        assert int(bench.ask_redis("PTTL", marks[0]).strip()[1:]) > 500_000


@pytest.mark.parametrize("allowed", ["mlserving-control:*", "mlserving:cancel:*"])
def test_one_name_of_a_mark_that_is_refused_does_not_refuse_the_other(bench: Bench, allowed: str) -> None:
    _, port = bench.start_redis()
    bench.redis = address = f"127.0.0.1:{port}"
    rights = f"&* %R~* %W~mlserving:{{*:marker-* %W~{allowed} +@all"
    assert bench.ask_redis("ACL", "SETUSER", "some", "reset", "on", ">word", rights, address=address) == b"+OK\r\n"
    bench.consume_once()
    with Client(bench.settings(REDIS_USER="some", REDIS_PASSWORD="word")) as client:
        ticket = client.submit("unwanted")
        assert client.cancel(ticket)
    assert bench.ask_redis("KEYS", f"{allowed[:-1]}*", address=address).startswith(b"*1\r\n")
    assert bench.ask_redis("ACL", "LOG", address=address) != b"*0\r\n"


def test_a_result_is_kept_as_long_as_its_request_says(bench: Bench) -> None:
    bench.consume()
    with Client(bench.settings()) as client:
        for result_ttl, least, most in ((600, 500_000, 600_000), (5, 1, 5_000), (None, 5_000, 60_000)):
            ticket = client.submit("kept", result_ttl=result_ttl)
            assert client.result(ticket) == "kept"
            assert least < int(bench.ask_redis("PTTL", str(ticket)).strip()[1:]) <= most


def test_what_a_caller_says_beside_the_input_is_in_the_headers(bench: Bench) -> None:
    bench.consume_once()
    parameters: dict[str, bool | int | float | str] = {"flag": True, "count": -5, "large": 2**62, "mode": "grün"}
    with Client(bench.settings()) as client:
        client.submit(1, parameters=parameters, metadata={"tenant": "blue"}, result_ttl=1.5)
        headers = bench.take().headers
    assert headers["x-parameters"] == parameters
    assert headers["x-parameters"]["flag"] is True
    assert (headers["x-metadata"], headers["x-result-ttl"]) == ({"tenant": "blue"}, 1500)
