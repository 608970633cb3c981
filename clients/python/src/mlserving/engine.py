"""The client's heart: publishes requests, takes their results and wakes their callers."""

from __future__ import annotations

import asyncio
import logging
from typing import TYPE_CHECKING

from mlserving import compression
from mlserving.errors import (
    ClosedError,
    ExpiredError,
    OverloadedError,
    ServingError,
    UnavailableError,
    UnroutableError,
    of_request,
)
from mlserving.fetching import ResultFetcher
from mlserving.lanes import Lanes
from mlserving.naming import RequestNaming
from mlserving.outbound import RequestMaker
from mlserving.rabbit.errors import Failure, RabbitError
from mlserving.rabbit.refusals import refusal
from mlserving.redis.errors import RedisError
from mlserving.redis.refusals import store_refusal
from mlserving.results import ResultReader
from mlserving.servers import NetworkServers, Publishing
from mlserving.waiting import RoundTripEstimate, Waiter

if TYPE_CHECKING:
    from collections.abc import Coroutine

    from mlserving.configuration import Settings
    from mlserving.outbound import OutboundRequest
    from mlserving.records import ResultRecord
    from mlserving.servers import Servers
    from mlserving.terms import RequestTerms

_PATIENCE_WITH_QUEUES = 5.0
"""How long a queue that is not there is waited for: it may be about to be declared."""
_FIRST_RETRY = 0.05
_LONGEST_RETRY = 0.5
_log = logging.getLogger("mlserving")


class Engine:
    """One client's requests, on one event loop.

    Nothing is published before the subscription to results is in place. All members are used on the loop's thread only.
    """

    def __init__(self, settings: Settings, servers: Servers | None = None) -> None:
        """Prepare an engine, within a running loop; its servers are RabbitMQ and Redis by default."""
        self._settings = settings
        servers = servers or NetworkServers()
        naming = RequestNaming(settings.key_prefix, is_template=settings.protocol == "template")
        self._requests = RequestMaker(settings, naming)
        name = f"mlserving-python-{naming.client_id}"
        takes_replies = settings.result_mode == "queue"
        self._broker = servers.broker(Publishing(settings, name, takes_replies, self._take_connection, self.take_record))
        self._reader = ResultReader(settings, naming.key_prefix, name, self, servers) if settings.result_mode == "store" else None
        self._fetcher = ResultFetcher(self._question, settings.poll_interval)
        self._in_flight: dict[str, Waiter] = {}
        self._lanes = Lanes(settings.maximum_in_flight)
        self._round_trips = RoundTripEstimate()
        self._is_listening = False
        self._tasks: list[asyncio.Task[None]] = []
        self.failure: ServingError | None = None
        """Why the engine has ended; ``None`` while it works."""

    # Life

    def start(self) -> None:
        """Connect, in the background."""
        self._tasks = [self._supervised(self._broker.run())]
        if self._reader is not None:
            self._tasks.append(self._supervised(self._reader.run()))

    async def close(self) -> None:
        """Disconnect. Calls under way, and later ones, fail with ``closed``."""
        self._end(ClosedError("the client has been closed"))
        if self._reader is not None:
            await self._reader.settle()
        self._stop()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def _stop(self) -> None:
        for task in self._tasks:
            # A second cancellation would keep it from closing its connections.
            if not task.cancelling():
                task.cancel()

    def _supervised(self, work: Coroutine[object, object, None]) -> asyncio.Task[None]:
        task = asyncio.create_task(work)
        task.add_done_callback(self._take_end)
        return task

    def _take_end(self, task: asyncio.Task[None]) -> None:
        """End with the first part that ends, which is an error unless the client is being closed."""
        if self.failure is not None:
            return
        error = None if task.cancelled() else task.exception()
        if isinstance(error, RabbitError):
            self._end(refusal(error, self._round_trips.retry_hint))
        elif isinstance(error, RedisError):
            self._end(store_refusal(error))
        elif error is not None:
            _log.error("the client has failed", exc_info=error)
            self._end(UnavailableError(f"the client has failed: {error!r}", retryable=False))
        else:
            self._end(ClosedError("the client has been closed"))
        self._stop()

    def _end(self, reason: ServingError) -> None:
        if self.failure is None:
            self.failure = reason
        waiters = [*self._in_flight.values(), *self._lanes.clear()]
        self._in_flight.clear()
        for waiter in waiters:
            waiter.stop_retrying()
            if not waiter.future.done():
                waiter.future.set_exception(self._failed())
        if self._reader is not None:
            self._reader.fail(self._failed)

    def _failed(self) -> ServingError:
        reason = self.failure
        assert reason is not None  # noqa: S101
        # One of its own for each caller, since each adds its traceback.
        return ServingError.of(reason.code, reason.message, retryable=reason.retryable)

    # Requests

    async def ask(self, body: bytes, content_type: str | None, items: int | None, timeout: float, terms: RequestTerms) -> tuple[str, bytes]:
        """Send a request, and return its id and the record that answers it.

        Args:
            body: The input, or the list of inputs.
            content_type: How it is encoded.
            items: How many inputs the body is a list of; ``None``: it is one input.
            timeout: How long there is for it, in seconds.
            terms: Which model is asked, and what the caller says beside the input.

        Raises:
            ServingError: There is no answer. It has the id.
        """
        waiter = self._waiter(self._requests.make(body, content_type, items, timeout, terms, is_submission=False))
        request_id = waiter.message.message_id
        with of_request(request_id):
            return request_id, await self._wait(waiter)

    def note_encoding(self, record: ResultRecord, queue: str) -> None:
        """Take note of whether consumers take compressed requests: the last one that answered speaks for all of its queue."""
        self._requests.note_compression(queue, is_taken=record.accepted_encoding == compression.ENCODING)

    async def submit(self, body: bytes, content_type: str | None, timeout: float, terms: RequestTerms) -> str:
        """Publish a request whose result somebody reads later, and return the result's key when the broker has confirmed it.

        Raises:
            ServingError: The broker has not.
        """
        waiter = self._waiter(self._requests.make(body, content_type, None, timeout, terms, is_submission=True), is_submission=True)
        with of_request(waiter.message.message_id):
            await self._wait(waiter)
        return waiter.address

    async def record(self, key: str, content_type: str | None, timeout: float) -> bytes:
        """Wait for the record under a key, whoever asked for it.

        Raises:
            ServingError: There is none in time.
        """
        if self.failure is not None:
            raise self._failed()
        if self._reader is None:
            record = await self._fetcher.record(key, content_type, timeout)
        else:
            try:
                record = await self._reader.record(key, timeout)
            except RedisError as error:
                raise store_refusal(error) from error
        if record is None:
            message = f"no result under {key} in time; it may not be ready, or not be kept any more"
            raise ExpiredError(message)
        return record

    async def _question(self, key: str, content_type: str | None, timeout: float) -> bytes:
        return await self._wait(self._waiter(self._requests.question(key, content_type, timeout)))

    async def cancel(self, key: str, queue: str) -> bool:
        """Mark a request of a queue, whoever sent it, as cancelled; ``False`` when it has been answered.

        Raises:
            ServingError: The store could not be asked.
        """
        if self._reader is None:
            raise UnroutableError("cancellation needs results in the store")
        if self.failure is not None:
            raise self._failed()
        try:
            return await self._reader.cancel(key, queue)
        except RedisError as error:
            raise store_refusal(error) from error

    def _waiter(self, request: OutboundRequest, *, is_submission: bool = False) -> Waiter:
        loop = asyncio.get_running_loop()
        return Waiter(request.message, request.address, loop.time() + request.timeout, loop.create_future(), is_submission)

    async def _wait(self, waiter: Waiter) -> bytes:
        if self.failure is not None:
            raise self._failed()
        timer = asyncio.get_running_loop().call_at(waiter.deadline, self._expire, waiter)
        # What nobody waits for here needs nobody to listen.
        if waiter.is_submission and self._lanes.has_room(waiter.message.queue):
            self._send(waiter)
        else:
            self._lanes.append(waiter)
            self._send_queued(waiter.message.queue)
        try:
            return await waiter.future
        except asyncio.CancelledError:
            self._abandon(waiter)
            raise
        finally:
            timer.cancel()

    def _send_queued(self, queue: str) -> None:
        while self._is_listening and (waiter := self._lanes.next(queue)) is not None:
            self._send(waiter)

    def _send(self, waiter: Waiter) -> None:
        waiter.sent = asyncio.get_running_loop().time()
        self._in_flight[waiter.address] = waiter
        self._lanes.begin(waiter.message.queue)
        self._publish(waiter)

    def _publish(self, waiter: Waiter) -> None:
        """Publish a request, again if need be: under the same id, which a consumer answers once."""
        if self._broker.is_open:
            self._broker.publish(waiter.message, lambda error: self._take_confirmation(waiter, error))

    # Events

    def _take_connection(self) -> None:
        """Publish what the broker has not confirmed; and what asked for replies at an address that is gone with its connection."""
        for waiter in list(self._in_flight.values()):
            if waiter.retry is None and (waiter.message.wants_reply or not waiter.is_confirmed):
                self._publish(waiter)
        if self._reader is None:
            self.take_readiness()

    def _take_confirmation(self, waiter: Waiter, error: RabbitError | None) -> None:
        if self._in_flight.get(waiter.address) is not waiter:
            return
        if error is None:
            waiter.is_confirmed = True
            waiter.obstacle = None
            if waiter.is_submission:
                self._finish(waiter, b"")
            return
        reason = refusal(error, self._round_trips.retry_hint)
        # A quorum queue that has just been declared refuses messages until it has a leader.
        is_leaderless = error.failure is Failure.OVERLOADED and waiter.unroutable_since is not None
        if (error.failure is Failure.UNROUTABLE or is_leaderless) and self._waits_for_queue(waiter, reason):
            return
        self._finish(waiter, reason)

    def _waits_for_queue(self, waiter: Waiter, reason: ServingError) -> bool:
        """Publish again, soon and under the same id, what no queue takes: a consumer that starts is about to declare it."""
        loop = asyncio.get_running_loop()
        if waiter.unroutable_since is None:
            waiter.unroutable_since = loop.time()
        remaining = waiter.unroutable_since + _PATIENCE_WITH_QUEUES - loop.time()
        if remaining <= 0:
            return False
        waiter.obstacle = reason
        delay = min(_FIRST_RETRY * 2**waiter.retries, _LONGEST_RETRY, remaining)
        waiter.retries = min(waiter.retries + 1, 8)
        waiter.stop_retrying()
        waiter.retry = loop.call_later(delay, self._retry, waiter)
        return True

    def _retry(self, waiter: Waiter) -> None:
        waiter.retry = None
        if self._in_flight.get(waiter.address) is waiter:
            self._publish(waiter)

    def awaited_keys(self) -> list[str]:
        """Return the keys of the requests that somebody waits for."""
        return [address for address, waiter in self._in_flight.items() if not waiter.is_submission]

    def awaits(self, key: str) -> bool:
        """Return whether somebody waits for the request with that key."""
        waiter = self._in_flight.get(key)
        return waiter is not None and not waiter.is_submission

    def take_record(self, key: str, record: bytes | ServingError) -> bool:
        """Take a result: what was stored under a key, or replied to a request's id, or why it is of no use.

        Returns:
            Whether somebody waited for it.
        """
        waiter = self._in_flight.get(key)
        if waiter is None or waiter.is_submission:
            return False
        if waiter.sent is not None:
            self._round_trips.add(asyncio.get_running_loop().time() - waiter.sent)
        self._finish(waiter, record)
        return True

    def take_loss(self) -> None:
        """Publish again what is still awaited, since the store may have lost the results."""
        waiters = [waiter for waiter in self._in_flight.values() if not waiter.is_submission]
        if waiters:
            _log.warning("Redis has lost data; %d requests are published again", len(waiters))
        for waiter in waiters:
            # Should the broker be away, it is published when the broker is back.
            waiter.is_confirmed = False
            self._publish(waiter)

    def take_readiness(self) -> None:
        """Begin to publish: results would be heard of."""
        self._is_listening = True
        for queue in self._lanes.queues:
            self._send_queued(queue)

    # Endings

    def _finish(self, waiter: Waiter, result: bytes | ServingError) -> None:
        if not self._remove(waiter):
            return
        if not waiter.future.done():
            if isinstance(result, bytes):
                waiter.future.set_result(result)
            else:
                waiter.future.set_exception(result)
        self._send_queued(waiter.message.queue)

    def _remove(self, waiter: Waiter) -> bool:
        """Let a request be under way no more; ``False`` when it was not."""
        waiter.stop_retrying()
        if self._in_flight.pop(waiter.address, None) is None:
            return False
        self._lanes.end(waiter.message.queue)
        return True

    def _abandon(self, waiter: Waiter) -> None:
        """Forget a request whose caller was cancelled, and stop the work on it."""
        if self._lanes.remove(waiter) or not self._remove(waiter):
            return
        self._send_queued(waiter.message.queue)
        if self._reader is not None and not waiter.is_submission:
            self._reader.mark(waiter.address, waiter.message.queue, waiter.deadline - asyncio.get_running_loop().time())

    def _expire(self, waiter: Waiter) -> None:
        if self._lanes.remove(waiter):
            waiter.future.set_exception(self._reason_for_waiting(waiter))
        elif waiter.address in self._in_flight:
            self._finish(waiter, self._reason_for_expiry(waiter))

    def _reason_for_waiting(self, waiter: Waiter) -> ServingError:
        if self._is_listening:
            message = f"{self._lanes.in_flight(waiter.message.queue)} requests are in flight, none ended in time"
            return OverloadedError(message, retry_after=self._round_trips.retry_hint)
        obstacle = self._broker.obstacle or (self._reader.obstacle if self._reader is not None else None)
        suffix = "" if obstacle is None else f": {obstacle}"
        return UnavailableError(f"no connection to broker and store within the deadline{suffix}")

    def _reason_for_expiry(self, waiter: Waiter) -> ServingError:
        if waiter.obstacle is not None:
            return waiter.obstacle
        if waiter.is_confirmed:
            obstacle = self._reader.obstacle if self._reader is not None else None
            if obstacle is not None:
                return store_refusal(obstacle)
            return ExpiredError("the deadline passed before a result came")
        if self._broker.obstacle is not None:
            return UnavailableError(str(self._broker.obstacle))
        message = "the broker did not take the request within the deadline; it may be away, or short of memory or disk"
        return UnavailableError(message)
