"""What settings can be: types and bounds, told by the key of the environment and the name of the member."""

from __future__ import annotations

import math
import numbers
import re
import unicodedata
from typing import TYPE_CHECKING, Any

from mlserving.errors import ConfigurationError, shown
from mlserving.limits import CONTROL_PREFIXES, LONGEST_TIME
from mlserving.tls import TLSSettings

if TYPE_CHECKING:
    from mlserving.configuration import Settings

_LONGEST_NAME = 255
# A consumer appends up to 15 bytes to the name of its queue.
_LONGEST_QUEUE = 240
_LONGEST_PREFIX = 200
_PREFIX_MARKS = frozenset(".:-_/@+=,;!~&|#%$")
_CREDENTIALS = re.compile(r"://.*@|passw(or)?d=", re.IGNORECASE | re.DOTALL)

_TEXTS = {
    "rabbit_user": "RABBIT_USER",
    "rabbit_password": "RABBIT_PASSWORD",
    "rabbit_virtual_host": "RABBIT_VHOST",
    "redis_sentinel_master": "REDIS_SENTINEL_MASTER",
}
_OPTIONAL_TEXTS = {
    "redis_user": "REDIS_USER",
    "redis_password": "REDIS_PASSWORD",
    "redis_sentinel_user": "REDIS_SENTINEL_USER",
    "redis_sentinel_password": "REDIS_SENTINEL_PASSWORD",
}
_TIMES = {
    "timeout": "RABBIT_TTL",
    "rabbit_blocked_timeout": "RABBIT_BLOCKED_CONNECTION_TIMEOUT",
    "poll_interval": "CACHE_POOLING_TIMEOUT",
    "sweep_interval": "sweep_interval",
}
_NUMBERS = {
    "rabbit_heartbeat": ("RABBIT_HEARTBEAT_TIMEOUT", 0, 65_535),
    "redis_database": ("REDIS_DATABASE", 0, 65_535),
    "maximum_in_flight": ("MAX_IN_FLIGHT", 1, 1_000_000),
}
_CHOICES = {
    "rabbit_authentication": ("RABBIT_AUTH_MECHANISM", ("plain", "external"), ""),
    "result_mode": ("QUEUE_ONLY", ("store", "queue"), " (QUEUE_ONLY is 0 for store, 1 for queue)"),
    "protocol": (
        "PRODUCER_PROTOCOL",
        ("native", "template"),
        " (PRODUCER_PROTOCOL is native, or template-store or template-queue for template with that result_mode)",
    ),
}


def check(settings: Settings) -> None:
    """Check each member by itself.

    Raises:
        ConfigurationError: One of them has another type than it must, or is out of bounds. Secrets are not shown.
    """
    for member, key in _TEXTS.items():
        _check_text(settings, member, key)
    for member, key in _OPTIONAL_TEXTS.items():
        if getattr(settings, member) is not None:
            _check_text(settings, member, key)
    for member, key in _TIMES.items():
        _check_time(settings, member, key)
    for member, (key, low, high) in _NUMBERS.items():
        _check_number(settings, member, key, low, high)
    for member, (key, choices, by_key) in _CHOICES.items():
        value = getattr(settings, member)
        if value not in choices:
            raise _error(key, member, f"is one of {', '.join(choices)}{by_key}; {shown(value)} is not")
    if settings.compression_minimum is not None:
        _check_number(settings, "compression_minimum", "COMPRESSION_MINIMUM", 0, 1 << 40)
    for member in ("rabbit_tls", "redis_tls"):
        value = getattr(settings, member)
        if value is not None and not isinstance(value, TLSSettings):
            raise _error(member.upper(), member, f"is a TLSSettings or None, not a {type(value).__name__}")
    _check_nodes(settings, "rabbit_nodes", "RABBIT_NODES")
    _check_nodes(settings, "redis_nodes", "REDIS_NODES")
    _check_nodes(settings, "redis_sentinel_nodes", "REDIS_SENTINEL_NODES")
    _check_names(settings)


def _check_names(settings: Settings) -> None:
    _check_name(settings, "queue", "QUEUE_NAME", _LONGEST_QUEUE)
    if settings.rabbit_virtual_host != "":
        _check_name(settings, "rabbit_virtual_host", "RABBIT_VHOST", _LONGEST_NAME)
    if settings.exchange != "":
        _check_name(settings, "exchange", "EXCHANGE_NAME", _LONGEST_NAME)
    if settings.result_queue is not None:
        _check_name(settings, "result_queue", "CACHE_QUEUE_NAME", _LONGEST_NAME)
        if settings.result_queue == settings.queue:
            raise _error("CACHE_QUEUE_NAME", "result_queue", "is the queue of requests (QUEUE_NAME); take another")
    for member, key in (("queue", "QUEUE_NAME"), ("result_queue", "CACHE_QUEUE_NAME")):
        if (getattr(settings, member) or "").startswith("amq."):
            raise _error(key, member, "begins with amq., as names do that belong to RabbitMQ; take another")
    _check_prefix(settings)


def _check_prefix(settings: Settings) -> None:
    """See whether a prefix can stand before the hash tag of a client and in patterns, and leads nowhere but to results."""
    _check_name(settings, "key_prefix", "RESULT_PREFIX", _LONGEST_PREFIX)
    for character in settings.key_prefix:
        if not (character.isalnum() or unicodedata.category(character) in ("Mc", "Nl", "No") or character in _PREFIX_MARKS):
            message = "is what keys begin with: letters, digits, points, colons, hyphens and underscores, no spaces, braces or patterns"
            raise _error("RESULT_PREFIX", "key_prefix", message)
    if f"{settings.key_prefix}:".startswith((*(f"{prefix}:" for prefix in CONTROL_PREFIXES), "celery-task-meta-")):
        raise _error("RESULT_PREFIX", "key_prefix", "begins as other keys than those of results do; take another")


def _check_name(settings: Settings, member: str, key: str, most: int) -> None:
    _check_text(settings, member, key)
    name: str = getattr(settings, member)
    if not name or len(name.encode()) > most:
        raise _error(key, member, f"is a name of 1 to {most} bytes, not of {len(name.encode())}")
    if any(ord(character) < 0x20 or ord(character) == 0x7F for character in name):
        raise _error(key, member, "is a name without control characters")


def _check_text(settings: Settings, member: str, key: str) -> None:
    value = getattr(settings, member)
    if not isinstance(value, str):
        raise _error(key, member, f"is a text, not a {type(value).__name__}")
    try:
        value.encode()
    except UnicodeEncodeError:
        raise _error(key, member, "is not text that UTF-8 can hold") from None
    # A server would repeat the name in its errors.
    if not member.endswith("password") and _CREDENTIALS.search(value):
        raise _error(key, member, "is not shown as it has a password in it: nodes, user, password and names have keys of their own")


def _check_time(settings: Settings, member: str, key: str) -> None:
    value = getattr(settings, member)
    if isinstance(value, bool) or not isinstance(value, numbers.Real):
        raise _error(key, member, f"is a number of seconds, not a {type(value).__name__}")
    try:
        seconds = float(value)
    except OverflowError:
        seconds = math.inf
    # A number that is not one compares to nothing.
    if not 0 < seconds <= LONGEST_TIME:
        raise _error(key, member, f"is more than zero seconds, and {LONGEST_TIME:.0f} at most")


def _check_number(settings: Settings, member: str, key: str, low: int, high: int) -> None:
    value = getattr(settings, member)
    if isinstance(value, bool) or not isinstance(value, int):
        raise _error(key, member, f"is a whole number, not a {type(value).__name__}")
    if not low <= value <= high:
        raise _error(key, member, f"is a whole number from {low} to {high}")


def _check_nodes(settings: Settings, member: str, key: str) -> None:
    nodes = getattr(settings, member)
    form = 'is a tuple of hosts and ports, such as (("localhost", 5672),)'
    # What was given is not shown: a URL may have a password in it.
    if not isinstance(nodes, tuple):
        raise _error(key, member, f"{form}, not a {type(nodes).__name__}")
    for node in nodes:
        if not _is_node(node):
            raise _error(key, member, form)


def _is_node(node: Any) -> bool:
    match node:
        case (str(host), int(port)) if not isinstance(port, bool):
            return 0 < port <= 0xFFFF and host != "" and not any(character in "@/ " or ord(character) < 0x20 for character in host)
    return False


def _error(key: str, member: str, message: str) -> ConfigurationError:
    return ConfigurationError(key, message if key == member else f"{member} {message}")
