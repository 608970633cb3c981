"""Hears of results in the store, reads them, and notices that the store has lost some."""

from __future__ import annotations

import asyncio
import itertools
import logging
from typing import TYPE_CHECKING, Protocol

from mlserving.errors import InvalidOutputError
from mlserving.marks import CLOCK_MARGIN, CancelMarks
from mlserving.redis.errors import RedisError, ReplyError
from mlserving.redis.marker import StoreMarker
from mlserving.servers import Watching

if TYPE_CHECKING:
    from collections.abc import Callable

    from mlserving.configuration import Settings
    from mlserving.errors import ServingError
    from mlserving.servers import Servers

_MOST_KEYS = 512
_DAY = 86_400.0
_GRACE = 0.1
_CANCELLATION_TIME = 5.0
_log = logging.getLogger("mlserving")


class ResultReceiver(Protocol):
    """Who waits for results."""

    def awaited_keys(self) -> list[str]:
        """Return the keys of the requests that somebody waits for."""

    def awaits(self, key: str) -> bool:
        """Return whether somebody waits for the request with that key."""

    def take_record(self, key: str, record: bytes | ServingError) -> bool:
        """Take a result that was read, or why what stands there is none; whether somebody waited for it."""

    def take_loss(self) -> None:
        """Hear that the store may have lost results: what is still awaited has to be asked for again."""

    def take_readiness(self) -> None:
        """Hear that results would be heard of from now on."""


class ResultReader:
    """Reads results when the store announces them, after each interruption, and on a timer.

    A notification is a hint: it may be lost. Every awaited key is read after each reconnect, and once a second.
    """

    def __init__(self, settings: Settings, key_prefix: str, name: str, receiver: ResultReceiver, servers: Servers) -> None:
        self._settings = settings
        self._key_prefix = key_prefix
        self._receiver = receiver
        self._store = servers.store(settings, name)
        shared_prefix = "" if settings.protocol == "template" else settings.key_prefix + ":{"
        wanted = Watching(key_prefix, shared_prefix, settings.redis_database, self._announce, self._take_interruption)
        self._watch = servers.events(self._store, wanted)
        self._marker = StoreMarker(key_prefix)
        self._may_mark = True
        self._unread: dict[str, None] = {}
        self._announced = asyncio.Event()
        self._interrupted = asyncio.Event()
        self._generation = 0
        # When to ask again for what is still not there after a loss: a consumer may have followed a fail-over later than we, and have
        # stored results until then where nobody reads them.
        self._second_look: float | None = None
        self._tickets: dict[str, list[asyncio.Future[bytes]]] = {}
        self._marks = CancelMarks(self._store, settings.maximum_in_flight)
        # Results that were found before they had been announced, although results are.
        self._missed: set[str] = set()
        self._verification: asyncio.Task[None] | None = None
        self.obstacle: RedisError | None = None
        """Why results cannot be read at the moment."""

    async def run(self) -> None:
        """Read until cancelled.

        Raises:
            RedisError: The store refuses us, and will do so again.
        """
        parts = [asyncio.create_task(part) for part in (self._watch.run(), self._read_announced(), self._sweep_regularly())]
        try:
            done, _ = await asyncio.wait(parts, return_when=asyncio.FIRST_COMPLETED)
            for part in done:
                part.result()
        finally:
            self._store.close()
            if self._verification is not None:
                parts.append(self._verification)
            for part in parts:
                part.cancel()
            await asyncio.gather(*parts, return_exceptions=True)

    def fail(self, make_error: Callable[[], Exception]) -> None:
        """End the waits for tickets."""
        for future in itertools.chain.from_iterable(self._tickets.values()):
            if not future.done():
                future.set_exception(make_error())

    # Tickets and marks

    async def record(self, key: str, timeout: float) -> bytes | None:
        """Wait for the record under a key, whoever asked for it, and leave it there; ``None`` when there is none in time.

        Raises:
            RedisError: There is none in time, and the store could not be asked.
        """
        deadline = asyncio.get_running_loop().time() + timeout
        future: asyncio.Future[bytes] = asyncio.get_running_loop().create_future()
        self._tickets.setdefault(key, []).append(future)
        is_other = not key.startswith(self._key_prefix)
        if is_other and len(self._tickets[key]) == 1:
            self._watch.add(key)
        try:
            # However short the time is, it takes a look.
            await self._look(key, max(deadline, asyncio.get_running_loop().time() + 1))
            if not future.done():
                await asyncio.wait({future}, timeout=max(0, deadline - asyncio.get_running_loop().time()))
            if not future.done():
                await self._look(key, asyncio.get_running_loop().time() + 1)
        finally:
            futures = self._tickets[key]
            futures.remove(future)
            if not futures:
                del self._tickets[key]
                if is_other:
                    self._watch.remove(key)
        if future.done():
            return future.result()
        if self.obstacle is not None:
            raise self.obstacle
        return None

    async def cancel(self, key: str, queue: str) -> bool:
        """Mark a request of a queue, whoever sent it, as cancelled; ``False`` when it has been answered.

        Raises:
            RedisError: The store could not be asked.
        """
        try:
            async with asyncio.timeout(_CANCELLATION_TIME):
                if (await self._store.call(key, [("EXISTS", key)]))[0] == 1:
                    return False
                await self._marks.write(key, queue, max(_DAY, self._settings.timeout + CLOCK_MARGIN))
                return True
        except TimeoutError:
            raise RedisError("no answer in time") from None

    def mark(self, key: str, queue: str, remaining: float) -> None:
        """Leave a mark, some time soon, that stops work on a request of a queue with so much time left."""
        self._marks.leave(key, queue, remaining)

    async def settle(self) -> None:
        """Wait until the marks that were left are written, for a second at most."""
        await self._marks.settle()

    # Reading

    def _announce(self, keys: list[str]) -> None:
        self._missed.difference_update(keys)
        # Whoever may write results may write any number that nobody waits for.
        self._unread.update((key, None) for key in keys if key in self._tickets or self._receiver.awaits(key))
        if self._unread:
            self._announced.set()

    def _take_interruption(self) -> None:
        self._interrupted.set()

    async def _read_announced(self) -> None:
        while True:
            await self._announced.wait()
            self._announced.clear()
            keys, self._unread = self._unread, {}
            await self._read(list(keys))

    async def _sweep_regularly(self) -> None:
        interrupted = False
        while True:
            is_ready = self._watch.is_ready
            interrupted = interrupted or self._interrupted.is_set()
            self._interrupted.clear()
            has_succeeded = await self._sweep(interrupted=interrupted)
            if has_succeeded:
                interrupted = False
            if is_ready:
                self._receiver.take_readiness()
            self._follow_up()
            is_pushed = self._watch.is_pushed and self._verification is None
            is_hasty = has_succeeded and not is_pushed
            waiting = asyncio.ensure_future(self._interrupted.wait())
            try:
                await asyncio.wait({waiting}, timeout=self._settings.poll_interval if is_hasty else self._settings.sweep_interval)
            finally:
                waiting.cancel()

    def _follow_up(self) -> None:
        """Look into it when a result has come unannounced; meanwhile results are read as if none were announced."""
        if self._missed and self._verification is None:
            self._verification = asyncio.create_task(self._verify())

    async def _verify(self) -> None:
        try:
            # Under load an announcement is a little behind its result.
            await asyncio.sleep(_GRACE)
            if self._missed:
                await self._watch.verify()
        except RedisError as error:
            self._note(error)
        finally:
            self._missed.clear()
            self._verification = None

    async def _sweep(self, *, interrupted: bool) -> bool:
        """Read every result that somebody waits for. If the store may have lost some, ask again for those that are not there.

        Returns:
            Whether the store answered.
        """
        now = asyncio.get_running_loop().time()
        waiting = self._awaited_keys()
        try:
            if self._settings.redis_sentinel_nodes:
                await self._store.refresh()
            if self._settings.redis_sentinel_nodes or self._settings.redis_cluster:
                await self._watch.check_owner()
            has_lost_data = await self._store_has_lost_data(interrupted=interrupted)
        except RedisError as error:
            self._note(error)
            return False
        was_pushed = self._watch.is_pushed and not interrupted
        found = await self._read(waiting)
        # What is announced and not read yet was just coming.
        if was_pushed:
            self._missed.update(key for key in found if key not in self._unread)
        is_second_look = self._second_look is not None and self._second_look <= now
        if is_second_look:
            self._second_look = None
        if has_lost_data:
            self._second_look = now + 5 * self._settings.sweep_interval
        if has_lost_data or is_second_look:
            self._receiver.take_loss()
        return True

    async def _store_has_lost_data(self, *, interrupted: bool) -> bool:
        """Tell whether results may be gone. A store that does not let us leave a marker is taken to keep them."""
        if not self._may_mark:
            return False
        generation = self._store.generation
        try:
            lost = await self._marker.check(self._store, after_interruption=interrupted or generation != self._generation)
        except RedisError as error:
            if not error.refused:
                raise
            self._may_mark = False
            _log.warning("Redis does not let us leave a marker, so a loss of its data goes unnoticed: %s", error)
            return False
        self._generation = generation
        return lost

    async def _look(self, key: str, deadline: float) -> None:
        try:
            async with asyncio.timeout_at(deadline):
                await self._read([key])
        except TimeoutError:
            self._note(RedisError("no answer in time"))

    async def _read(self, keys: list[str]) -> list[str]:
        """Read results and hand them to who waits for them; what could not be read is read again by the next sweep.

        Returns:
            The keys that had one.
        """
        found: list[str] = []
        own = [key for key in keys if key.startswith(self._key_prefix)]
        others = [key for key in keys if not key.startswith(self._key_prefix)]
        batches = [own[begin : begin + _MOST_KEYS] for begin in range(0, len(own), _MOST_KEYS)] + [[key] for key in others]
        try:
            for batch in batches:
                found += await self._read_batch(batch)
        except RedisError as error:
            self._note(error)
        return found

    async def _read_batch(self, keys: list[str]) -> list[str]:
        """Read keys that are on the same node, and return those that had a result."""
        records = await self._store.call(keys[0], [("GET", key) for key in keys])
        self.obstacle = None
        found: dict[str, bytes | ServingError] = {}
        for key, reply in zip(keys, records, strict=True):
            if isinstance(reply, bytes):
                found[key] = reply
            elif isinstance(reply, ReplyError):
                found[key] = InvalidOutputError(f"what stands under {key} is not a result: {reply.message}")
        taken: list[str] = []
        for key, record in found.items():
            for future in self._tickets.get(key, ()):
                if not future.done():
                    _settle(future, record)
            # A result of submitted work stays, so that it can be read again.
            if self._receiver.take_record(key, record):
                taken.append(key)
        if taken:
            try:
                await self._store.call(taken[0], [("UNLINK", *taken)])
            except RedisError as error:
                # They end by their time to live.
                _log.debug("results could not be removed: %s", error)
        return list(found)

    def _awaited_keys(self) -> list[str]:
        return list(dict.fromkeys((*self._receiver.awaited_keys(), *self._tickets)))

    def _note(self, error: RedisError) -> None:
        if self.obstacle is None:
            _log.info("results cannot be read: %s", error)
        self.obstacle = error


def _settle(future: asyncio.Future[bytes], record: bytes | ServingError) -> None:
    if isinstance(record, bytes):
        future.set_result(record)
    else:
        future.set_exception(record)
