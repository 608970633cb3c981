"""A queue in memory, and the thread of its consumer."""

from __future__ import annotations

import threading
import time
from collections import deque
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from mlserving.rabbit.message import Message
    from mlserving.testing.broker import FakeBroker
    from mlserving.testing.consumer import FakeConsumer


@dataclass(frozen=True, slots=True)
class _Waiting:
    message: Message
    broker: FakeBroker
    expiry: float


class FakeQueue:
    """Holds requests for one consumer, which answers them on a thread of its own, one after the other.

    The lock is that of the server; whoever calls a member holds it.
    """

    def __init__(self, consumer: FakeConsumer, lock: threading.Condition, *, is_declared: bool, is_paused: bool) -> None:
        self.consumer = consumer
        self.is_declared = is_declared
        self.is_paused = is_paused
        self._is_closed = False
        self._lock = lock
        self._waiting: deque[_Waiting] = deque()
        self._thread: threading.Thread | None = None

    @property
    def depth(self) -> int:
        """How many requests wait."""
        self._drop_expired()
        return len(self._waiting)

    def append(self, message: Message, broker: FakeBroker) -> None:
        """Take a request."""
        self._waiting.append(_Waiting(message, broker, time.monotonic() + message.expiration / 1000))
        if self._thread is None:
            self._thread = threading.Thread(target=self._run, name="mlserving-fake", daemon=True)
            self._thread.start()
        self._lock.notify_all()

    def close(self) -> threading.Thread | None:
        """Answer nothing any more, and return the thread, which ends after the prediction that runs."""
        self._is_closed = True
        self._lock.notify_all()
        thread, self._thread = self._thread, None
        return thread

    def _run(self) -> None:
        while True:
            with self._lock:
                self._lock.wait_for(lambda: self._is_closed or (self._waiting and not self.is_paused))
                if self._is_closed:
                    return
                self._drop_expired()
                if not self._waiting:
                    continue
                taken = self._waiting.popleft()
            self.consumer.serve(taken.message, taken.broker)

    def _drop_expired(self) -> None:
        now = time.monotonic()
        if any(waiting.expiry <= now for waiting in self._waiting):
            self._waiting = deque(waiting for waiting in self._waiting if waiting.expiry > now)
