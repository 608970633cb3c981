"""The keys that programs of the project are configured by, and the nearest one to a key that is not among them."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from mlserving.envfile import EnvironmentFile

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

_TLS = ("", "_CA_FILE", "_CERTIFICATE_FILE", "_KEY_FILE", "_KEY_PASSWORD", "_KEY_PASSWORD_FILE", "_VERIFY", "_SERVER_NAME")
KNOWN_KEYS = frozenset(
    """
    RABBIT_NODES RABBIT_USER RABBIT_PASSWORD RABBIT_PASSWORD_FILE RABBIT_VHOST RABBIT_TTL RABBIT_HEARTBEAT_TIMEOUT
    RABBIT_BLOCKED_CONNECTION_TIMEOUT RABBIT_AUTH_MECHANISM
    REDIS_NODES REDIS_CLUSTER REDIS_SENTINEL_NODES REDIS_SENTINEL_MASTER REDIS_SENTINEL_USER REDIS_SENTINEL_PASSWORD
    REDIS_SENTINEL_PASSWORD_FILE REDIS_USER REDIS_PASSWORD REDIS_PASSWORD_FILE REDIS_DATABASE REDIS_TTL
    RESULT_CACHE_TTL COMPRESSION COMPRESSION_MINIMUM RESULT_PREFIX
    QUEUE_NAME QUEUE_TYPE QUEUE_DECLARE MAX_QUEUE_LENGTH EXCHANGE_NAME EXCHANGE_TYPE
    PREFETCH_COUNT PREDICT_CONCURRENCY MAX_BATCH_SIZE MAX_BATCH_DELAY TARGET_LATENCY GRACE_PERIOD RETRY_MAX_ATTEMPTS RETRY_BASE_DELAY
    RESULT_PREFIXES MAX_HELD_BYTES
    RETRY_MAX_DELAY MAX_CRASHES HEALTH_PORT HEALTH_HOST HEALTH_BROKER_LIMIT HEALTH_PROGRESS_LIMIT CACHE_QUEUE_NAME REPLY_QUEUES
    CELERY CELERY_TASKS CELERY_RESULT_BACKEND CELERY_RESULT_SERIALIZER CELERY_RESULT_PREFIX CELERY_WORKER_NAME CELERY_TASK_EVENTS
    QUEUE_ONLY PRODUCER_PROTOCOL CACHE_POOLING_TIMEOUT MAX_IN_FLIGHT COALESCE COALESCE_WINDOW_MS LOG_LEVEL MLSERVING_ENV_FILES
    """.split()  # noqa: SIM905 - a table
) | {f"{server}_TLS{detail}" for server in ("RABBIT", "REDIS") for detail in _TLS}
"""All of them, those that only consumers read among them."""

_PREFIXES = ("RABBIT_", "REDIS_", "QUEUE_", "RESULT_", "CELERY_", "RETRY_", "HEALTH_", "COMPRESSION", "PRODUCER_", "CACHE_", "MLSERVING_")
_MOST_EDITS = 2
_SHORTEST = 6
# What has been told once in this process.
_told: set[str] = set()
_log = logging.getLogger("mlserving")


def warn_of_keys(sources: Iterable[Mapping[str, str]]) -> None:
    """Log, once in a process, the keys that are close to a known one without being one, and those that a file sets twice.

    Other keys are passed over, since files and the process environment are shared with other programs.
    """
    for source in sources:
        for key in source:
            place = "the environment"
            if isinstance(source, EnvironmentFile):
                place = f"{source.path}:{source.lines[key]}"
                if key in source.replaced:
                    _warn_once(f"{place}: {key} is set again; the value of line {source.replaced[key]} does not count")
            elif not key.startswith(_PREFIXES):
                continue
            nearest = nearest_key(key)
            if nearest is not None:
                _warn_once(f"{place}: {key} is not a key of MLServing and has no effect; did you mean {nearest}?")


def _warn_once(text: str) -> None:
    if text not in _told:
        _told.add(text)
        _log.warning("%s", text)


def nearest_key(key: str) -> str | None:
    """Return the known key that one or two edits lead to; ``None`` when the key is known itself, or far from all."""
    if key in KNOWN_KEYS or not _SHORTEST <= len(key) <= 64:
        return None
    distance, nearest = min((_distance(key.upper(), known), known) for known in KNOWN_KEYS)
    return nearest if distance <= _MOST_EDITS else None


def _distance(one: str, other: str) -> int:
    """Count insertions, removals, replacements and swaps of neighbours that make one text the other."""
    if abs(len(one) - len(other)) > _MOST_EDITS:
        return _MOST_EDITS + 1
    before: list[int] = []
    last = list(range(len(other) + 1))
    for row, character in enumerate(one, 1):
        line = [row]
        for column, wanted in enumerate(other, 1):
            cost = min(last[column] + 1, line[-1] + 1, last[column - 1] + (character != wanted))
            if row > 1 and column > 1 and character == other[column - 2] and one[row - 2] == wanted:
                cost = min(cost, before[column - 2] + 1)
            line.append(cost)
        before, last = last, line
    return last[-1]
