"""What goes wrong with RabbitMQ."""

from __future__ import annotations

from enum import Enum


class Failure(Enum):
    """What kind of failure it is."""

    UNROUTABLE = "unroutable"
    """No queue takes messages with that routing key."""
    OVERLOADED = "overloaded"
    """The queue is full, or the broker refuses messages for now."""
    TOO_LARGE = "too_large"
    """The message is larger than the broker takes."""
    UNAVAILABLE = "unavailable"
    """The broker cannot be reached, or the connection broke."""
    REFUSED = "refused"
    """The broker refuses us: credentials, permissions, or what it does not take."""


class RabbitError(Exception):
    """RabbitMQ cannot be reached, or did not do what it was asked to.

    Attributes:
        failure: What kind of failure it is.
    """

    def __init__(self, failure: Failure, message: str) -> None:
        super().__init__(f"RabbitMQ: {message}")
        self.failure = failure
