"""What the engine remembers of requests under way."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import asyncio

    from mlserving.errors import ServingError
    from mlserving.rabbit.message import Message


@dataclass(slots=True, eq=False)
class Waiter:
    """A request under way, and who waits for its end."""

    message: Message
    address: str
    """What the answer is found by: the key of the result, or in queue mode the request's id."""
    deadline: float
    """By the clock of the event loop."""
    future: asyncio.Future[bytes]
    is_submission: bool
    """Whether the caller waits for the broker's confirmation only; somebody reads the result later."""
    sent: float | None = None
    is_confirmed: bool = False
    """Whether the broker has the request safely."""
    unroutable_since: float | None = None
    """When the broker first said that no queue takes the request, by the clock of the event loop."""
    obstacle: ServingError | None = None
    """What is in the way of the request itself."""
    retries: int = 0
    retry: asyncio.TimerHandle | None = None
    """What publishes the request again, because no queue took it."""

    def stop_retrying(self) -> None:
        """Do not publish the request again after a delay."""
        if self.retry is not None:
            self.retry.cancel()
            self.retry = None


class RoundTripEstimate:
    """How long requests take of late: a moving average, from which a caller who is turned away learns when to come again."""

    def __init__(self) -> None:
        self._average: float | None = None

    def add(self, seconds: float) -> None:
        """Take one more round trip in."""
        self._average = seconds if self._average is None else self._average + (seconds - self._average) / 16

    @property
    def retry_hint(self) -> float:
        """After how many seconds it makes sense to try again: a tenth to 30."""
        return min(max(0.1, 1.0 if self._average is None else self._average), 30.0)
