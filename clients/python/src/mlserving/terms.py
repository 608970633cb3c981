"""What a request is made by, beside its body."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class RequestTerms:
    """Which queue a request goes to."""

    queue: str
    """That of the model that is asked."""
