"""What requests end in."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from mlserving.errors import ServingError


@dataclass(frozen=True, slots=True)
class Times:
    """Where the time of a request went in broker and consumer, in microseconds.

    Attributes:
        queued: From publishing until a consumer had it; by the clocks of two machines.
        batching: In the consumer until its last input was given to the predictor.
        predicting: In the predictor.
    """

    queued: int = 0
    """From publishing until a consumer had it; by the clocks of two machines."""
    batching: int = 0
    """In the consumer until its last input was given to the predictor."""
    predicting: int = 0
    """In the predictor."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What one of several inputs ended in: a value or an error.

    Attributes:
        value: The output, unless there is an error.
        error: Why there is no output; ``None`` if there is one.
    """

    value: Any = None
    """The output, unless there is an error."""
    error: ServingError | None = None
    """Why there is no output; ``None`` if there is one."""

    def get(self) -> Any:
        """Return the output, or raise the error."""
        if self.error is not None:
            raise self.error
        return self.value


@dataclass(frozen=True, slots=True)
class Prediction:
    """An output, the request's id, and where its time went.

    Attributes:
        output: What the predictor returned.
        times: Where the time went.
        request_id: The request's id, the same in the logs of both sides.
    """

    output: Any
    times: Times
    request_id: str


@dataclass(frozen=True, slots=True)
class ResultRecord:
    """What is stored, or replied, as the result of a request: one outcome for each input."""

    request_id: str
    outcomes: tuple[Outcome, ...]
    times: Times
    accepted_encoding: str | None = None
    """How requests to this consumer may be compressed; told to those who accept compressed results."""
