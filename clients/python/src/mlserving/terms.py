"""What a request is made by, beside its body."""

from __future__ import annotations

from dataclasses import dataclass, field

from mlserving.options import RequestOptions


@dataclass(frozen=True, slots=True)
class RequestTerms:
    """Which queue a request goes to, and what the caller says beside the input."""

    queue: str
    """That of the model that is asked."""
    options: RequestOptions = field(default_factory=RequestOptions)
