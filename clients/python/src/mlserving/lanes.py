"""The requests of one queue."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from mlserving.waiting import Waiter


class Lane:
    """How many requests of a queue are under way, and which wait for their turn.

    Each queue has a lane of its own, so that a model that answers slowly, or not at all, holds up no call of another.
    """

    __slots__ = ("in_flight", "waiting")

    def __init__(self) -> None:
        self.in_flight = 0
        self.waiting: dict[str, Waiter] = {}

    @property
    def is_empty(self) -> bool:
        """Whether nothing is left of it."""
        return self.in_flight == 0 and not self.waiting


class Lanes:
    """The lanes of all queues that have requests."""

    def __init__(self, most: int) -> None:
        """Let so many requests of each queue be under way at once."""
        self._most = most
        self._by_queue: dict[str, Lane] = {}

    def in_flight(self, queue: str) -> int:
        """Return how many requests of a queue are under way."""
        lane = self._by_queue.get(queue)
        return 0 if lane is None else lane.in_flight

    def has_room(self, queue: str) -> bool:
        """Return whether a request would be under way at once."""
        lane = self._by_queue.get(queue)
        return lane is None or (lane.in_flight < self._most and not lane.waiting)

    def begin(self, queue: str) -> None:
        """Count a request that is under way from now on."""
        self._lane(queue).in_flight += 1

    def end(self, queue: str) -> None:
        """Count a request no more, which was under way."""
        lane = self._lane(queue)
        lane.in_flight -= 1
        self._forget(queue, lane)

    def append(self, waiter: Waiter) -> None:
        """Let a request wait for its turn."""
        self._lane(waiter.message.queue).waiting[waiter.address] = waiter

    def remove(self, waiter: Waiter) -> bool:
        """Let a request wait no more; ``False`` when it did not."""
        lane = self._by_queue.get(waiter.message.queue)
        if lane is None or lane.waiting.pop(waiter.address, None) is None:
            return False
        self._forget(waiter.message.queue, lane)
        return True

    def next(self, queue: str) -> Waiter | None:
        """Take the request that has waited longest, if there is room for one more."""
        lane = self._by_queue.get(queue)
        if lane is None or not lane.waiting or lane.in_flight >= self._most:
            return None
        return lane.waiting.pop(next(iter(lane.waiting)))

    @property
    def queues(self) -> list[str]:
        """All queues that have requests."""
        return list(self._by_queue)

    def clear(self) -> list[Waiter]:
        """Forget all requests, and return those that waited."""
        waiting = [waiter for lane in self._by_queue.values() for waiter in lane.waiting.values()]
        self._by_queue.clear()
        return waiting

    def _lane(self, queue: str) -> Lane:
        lane = self._by_queue.get(queue)
        if lane is None:
            lane = self._by_queue[queue] = Lane()
        return lane

    def _forget(self, queue: str, lane: Lane) -> None:
        if lane.is_empty:
            del self._by_queue[queue]
