"""The context of traces, if OpenTelemetry is installed."""

from __future__ import annotations

from typing import Any

_propagate: Any
try:
    from opentelemetry import propagate as _propagate
except ImportError:
    _propagate = None


def inject(headers: dict[str, Any]) -> None:
    """Add the current trace's context to a message's headers, as ``traceparent`` and what belongs to it."""
    if _propagate is not None:
        _propagate.inject(headers)
