"""The keys that programs of the project are configured by, and the nearest one to a key that is not among them."""

from __future__ import annotations

import logging
from functools import lru_cache
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
    REDIS_SENTINEL_PASSWORD_FILE REDIS_USER REDIS_PASSWORD REDIS_PASSWORD_FILE REDIS_DATABASE REDIS_TTL REDIS_TTL_MAX
    RESULT_CACHE_TTL COMPRESSION COMPRESSION_MINIMUM RESULT_PREFIX
    QUEUE_NAME QUEUE_TYPE QUEUE_DECLARE MAX_QUEUE_LENGTH EXCHANGE_NAME EXCHANGE_TYPE
    PREFETCH_COUNT PREDICT_CONCURRENCY MAX_BATCH_SIZE MAX_BATCH_DELAY TARGET_LATENCY GRACE_PERIOD RETRY_MAX_ATTEMPTS RETRY_BASE_DELAY
    RESULT_PREFIXES MAX_HELD_BYTES
    RETRY_MAX_DELAY MAX_CRASHES HEALTH_PORT HEALTH_HOST HEALTH_BROKER_LIMIT HEALTH_PROGRESS_LIMIT CACHE_QUEUE_NAME REPLY_QUEUES
    CELERY CELERY_TASKS CELERY_RESULT_BACKEND CELERY_RESULT_SERIALIZER CELERY_RESULT_PREFIX CELERY_WORKER_NAME CELERY_TASK_EVENTS
    QUEUE_ONLY PRODUCER_PROTOCOL CACHE_POOLING_TIMEOUT MAX_IN_FLIGHT COALESCE COALESCE_WINDOW_MS
    LOG_LEVEL LOG_FORMAT LOG_FILE LOG_FILE_SIZE LOG_FILE_COUNT MLSERVING_ENV_FILES
    """.split()  # noqa: SIM905 - a table
) | {f"{server}_TLS{detail}" for server in ("RABBIT", "REDIS") for detail in _TLS}
"""All of them, those that only consumers read among them."""

# What the keys begin with that are ours alone, as far as files go.
_PREFIXES = ("RABBIT_", "REDIS_", "HEALTH_", "RETRY_", "MLSERVING_")
_LENGTHS = range(4, 65)
# What has been told once in this process.
_told: set[str] = set()
_log = logging.getLogger("mlserving")


def warn_of_keys(sources: Iterable[Mapping[str, str]]) -> None:
    """Log, once in a process, the keys that somebody may have meant to be read, and those that a file sets twice.

    Files and the process environment are shared with other programs, so a key that is not known is only told when it is similar to one that
    is, or, in a file, when it begins as ours do.
    """
    for source in sources:
        is_file = isinstance(source, EnvironmentFile)
        for key in source:
            place = f"{source.path}:{source.lines[key]}" if isinstance(source, EnvironmentFile) else "environment"
            if isinstance(source, EnvironmentFile) and key in source.replaced:
                _warn_once(f"{place}: {key} is set again; the value of line {source.replaced[key]} does not count")
            if key in KNOWN_KEYS:
                continue
            nearest = nearest_key(key)
            if nearest is not None:
                _warn_once(f"{place}: {key} is not a key of MLServing and has no effect; did you mean {nearest}?")
            elif is_file and key.startswith(_PREFIXES):
                _warn_once(f"{place}: {key} is not a key of MLServing and has no effect; variables.env lists them")


def _warn_once(text: str) -> None:
    if text not in _told:
        _told.add(text)
        _log.warning("%s", text)


@lru_cache(maxsize=1024)
def nearest_key(key: str) -> str | None:
    """Return the known key that a misspelt one may be; ``None`` when the key is known itself, or far from all."""
    if key in KNOWN_KEYS or len(key) not in _LENGTHS:
        return None
    upper = key.upper()
    most = 1 if len(key) < 6 else 2 if len(key) < 16 else 3
    distance, nearest = min((_distance(upper, known, most), known) for known in KNOWN_KEYS)
    if distance > most:
        return None
    # Where hardly more than the end of a short name is left, it is another name: REDIS_URL is not REDIS_TTL.
    longest = max(len(name.rpartition("_")[2]) for name in (upper, nearest))
    return nearest if distance <= 1 or distance * 2 < longest else None


def _distance(one: str, other: str, most: int) -> int:
    """Count insertions, removals, replacements and swaps of neighbours that make one text the other, as far as ``most``."""
    if abs(len(one) - len(other)) > most:
        return most + 1
    before: list[int] = []
    last = list(range(len(other) + 1))
    for row, character in enumerate(one, 1):
        line = [row]
        for column, wanted in enumerate(other, 1):
            cost = min(last[column] + 1, line[-1] + 1, last[column - 1] + (character != wanted))
            if row > 1 and column > 1 and character == other[column - 2] and one[row - 2] == wanted:
                cost = min(cost, before[column - 2] + 1)
            line.append(cost)
        # It grows from line to line, but for a swap, which goes back to the line before.
        if min(line) > most and min(last) > most:
            return most + 1
        before, last = last, line
    return last[-1]
