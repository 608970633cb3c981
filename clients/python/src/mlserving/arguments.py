"""What callers pass in, checked where it comes in, so that mistakes are told at once and by the argument's name."""

from __future__ import annotations

import datetime
import inspect
import math
import numbers
import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from mlserving import tensors
from mlserving.codec import Codec, named_codec
from mlserving.configuration import Settings
from mlserving.limits import CONTROL_PREFIXES, LONGEST_TIME
from mlserving.tickets import Ticket

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

if tensors.HAS_NUMPY:
    import numpy as np

_TICKET = re.compile(
    r"[^{}]+:\{[^{}]+\}:.+|(celery-task-meta-)?[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}", re.DOTALL
)
_CONTROL_KEYS = tuple(f"{prefix}:" for prefix in CONTROL_PREFIXES)


def checked_timeout(timeout: object, default: float, *, may_be_zero: bool = False) -> float:
    """Return a timeout in seconds.

    Args:
        timeout: A real number of seconds, of Python or of numpy, or a ``timedelta``; ``None``: the default.
        default: How long to wait by default.
        may_be_zero: Whether zero has a meaning, which is to look without waiting.

    Raises:
        TypeError: It is neither.
        ValueError: It is not a number, negative, zero without having a meaning, or longer than a year.
    """
    if timeout is None:
        return default
    seconds = _seconds(timeout, "timeout")
    if math.isnan(seconds):
        raise ValueError("timeout is not a number (NaN); it is a number of seconds, or None for the default")
    if seconds < 0 or (seconds == 0 and not may_be_zero):
        bound = "zero or more" if may_be_zero else "more than zero"
        raise ValueError(f"timeout is {_shown(timeout)}; it must be {bound} seconds")
    if seconds > LONGEST_TIME:
        raise ValueError(f"timeout is {_shown(timeout)}; every wait has an end, {LONGEST_TIME:.0f} seconds (a year) at most")
    return seconds


def checked_lifetime(lifetime: object) -> float | None:
    """Return how long a result is kept, in seconds; ``None``: as the consumer is configured.

    Raises:
        TypeError: It is neither a number nor a ``timedelta``.
        ValueError: It is not a number, not more than zero, or longer than a year.
    """
    if lifetime is None:
        return None
    seconds = _seconds(lifetime, "result_ttl")
    if not 0 < seconds <= LONGEST_TIME:
        raise ValueError(f"result_ttl is {_shown(lifetime)}; it must be more than zero seconds, and {LONGEST_TIME:.0f} (a year) at most")
    return seconds


def checked_settings(settings: object, owner: str) -> Settings:
    """Return the settings of a client: those that are given, or those of the environment.

    Raises:
        TypeError: They are something else.
        ConfigurationError: A value of the environment cannot be used.
    """
    if settings is None:
        return Settings.load()
    if isinstance(settings, Settings):
        return settings
    # What was given is not shown: a URL may have a password in it.
    given = "Settings itself" if settings is Settings else f"a {type(settings).__name__}"
    usage = f'{owner}() reads the environment, {owner}(Settings(rabbit_nodes=(("rabbit.example", 5672),), rabbit_user="…")) does not'
    raise TypeError(f"{owner} takes Settings, not {given}: {usage}")


def checked_codec(codec: object) -> Codec:
    """Return the codec of a name, or the one that is given.

    Raises:
        TypeError: It is neither a name nor a codec.
        ValueError: There is no codec of that name.
    """
    if isinstance(codec, type) and issubclass(codec, Codec):
        raise TypeError(f"codec is the class {codec.__name__}; pass an instance: codec={codec.__name__}()")
    if not isinstance(codec, str | Codec):
        raise TypeError(f"codec is a name or a Codec, not a {type(codec).__name__}")
    found = named_codec(codec)
    if not isinstance(getattr(found, "content_type", None), str) or not found.content_type:
        raise TypeError(f"{type(found).__name__} has no content_type")
    return found


def checked_ticket(ticket: object) -> str:
    """Return the key that a ticket names.

    Raises:
        TypeError: It is neither a ticket nor a text.
        ValueError: The text is not a ticket.
    """
    if not isinstance(ticket, str | Ticket):
        raise TypeError(f"a ticket is what submit() returned, or its text, not a {type(ticket).__name__}")
    key = Ticket(ticket).key if isinstance(ticket, str) else ticket.key
    if _TICKET.fullmatch(key) is None or key.startswith(_CONTROL_KEYS):
        raise ValueError(f"{key[:64]!r} is not a ticket; it looks like 'mlserving:{{…}}:…'")
    return key


def checked_inputs(values: Iterable[Any]) -> Iterable[Any]:
    """Return the inputs of a call for several.

    Raises:
        TypeError: The values are not a series: one text, bytes, a mapping or an unordered set.
    """
    if isinstance(values, str | bytes | bytearray | memoryview | Mapping | set | frozenset) or not hasattr(values, "__iter__"):
        raise TypeError(f"values is a list or another series of inputs, not a {type(values).__name__}; predict() takes one input")
    return values


def checked_callback(progress: object) -> Callable[[int, int], object] | None:
    """Return what is told of progress.

    Raises:
        TypeError: It cannot be called, or would have to be awaited.
    """
    if inspect.iscoroutinefunction(progress) or inspect.iscoroutinefunction(getattr(type(progress), "__call__", None)):  # noqa: B004
        raise TypeError("progress is called with the number of finished inputs and that of all; it is a coroutine function")
    if progress is None or callable(progress):
        return progress
    raise TypeError(f"progress is called with the number of finished inputs and that of all; it is a {type(progress).__name__}")


def checked_count(value: object, name: str, most: int) -> int:
    """Return a positive whole number.

    Raises:
        TypeError: It is not a whole number.
        ValueError: It is out of bounds.
    """
    if isinstance(value, bool) or not isinstance(value, numbers.Integral):
        raise TypeError(f"{name} is a whole number, not a {type(value).__name__}")
    if not 1 <= int(value) <= most:
        raise ValueError(f"{name} is {value}; it must be from 1 to {most}")
    return int(value)


def _seconds(timeout: object, name: str) -> float:
    if isinstance(timeout, datetime.timedelta):
        return timeout.total_seconds()
    # It counts as a whole number, of whatever unit it has.
    if tensors.HAS_NUMPY and isinstance(timeout, np.timedelta64):
        if np.datetime_data(timeout)[0] in ("generic", "Y", "M"):
            raise TypeError(f"{name} is a timedelta64 without a unit of a fixed length; use seconds")
        return float(timeout / np.timedelta64(1, "s"))
    if isinstance(timeout, bool) or not isinstance(timeout, numbers.Real):
        raise TypeError(f"{name} is a number of seconds, a timedelta, or None for the default, not a {type(timeout).__name__}")
    try:
        return float(timeout)
    except OverflowError:
        return math.inf if timeout > 0 else -math.inf  # type: ignore[operator]


def _shown(timeout: object) -> str:
    try:
        return str(timeout)[:64]
    except ValueError:
        return "a number of thousands of digits"
