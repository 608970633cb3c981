"""Small files of the configuration, read whole."""

from __future__ import annotations

import errno
import os
import stat
from pathlib import Path


def bounded_contents(path: str | Path, limit: int) -> bytes:
    """Return the bytes of a file; more than ``limit`` of a file that is larger, but not all.

    Only regular files are read, and the null device, which is empty: a pipe without a writer would be waited for without end.

    Raises:
        OSError: The file cannot be read, or is no regular file.
        ValueError: The path cannot be one.
    """
    # Without the flag even opening a pipe waits for whoever writes.
    descriptor = os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_CLOEXEC", 0) | getattr(os, "O_BINARY", 0))
    with open(descriptor, "rb") as file:
        refuse_irregular(os.fstat(descriptor))
        return file.read(limit + 1)


def refuse_irregular(status: os.stat_result) -> None:
    """Refuse what is neither a regular file nor the null device.

    Raises:
        OSError: It says what is wrong, without the path.
    """
    if stat.S_ISDIR(status.st_mode):
        raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR))
    is_null = stat.S_ISCHR(status.st_mode) and Path(os.devnull).exists() and status.st_rdev == Path(os.devnull).stat().st_rdev
    if not stat.S_ISREG(status.st_mode) and not is_null:
        raise OSError(errno.EINVAL, "it is no regular file")
