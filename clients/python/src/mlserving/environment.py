"""Configuration values from the environment and from files of lines ``KEY=value``."""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import TYPE_CHECKING

from mlserving.envfile import EnvironmentFile
from mlserving.errors import ConfigurationError, shown
from mlserving.files import bounded_contents
from mlserving.keys import warn_of_keys
from mlserving.limits import LONGEST_TIME

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

FILES_KEY = "MLSERVING_ENV_FILES"
"""The variable that names the environment files, separated by colons."""

_ON = ("1", "true", "yes", "on")
_OFF = ("0", "false", "no", "off")
_LARGEST_SECRET = 64 * 1024
_NUMBER = re.compile(r"(?:[0-9]{1,20}(?:\.[0-9]{0,20})?|\.[0-9]{1,20})(?:[eE][+-]?[0-9]{1,3})?")
_MAY_BE_SHOWN = re.compile(r"[^:/=\[\]]*(?::[0-9]*)*|\[[^\]/=]*\](?::[0-9]*)?|[0-9A-Fa-f:]*")
_NODE = re.compile(r"(?:\[(?P<address>[^\]]+)\]|(?P<host>[^:\[\]]+)):(?P<port>[0-9]{1,5})")


class Environment:
    """Looks values up by their keys, and says what is wrong with one that is malformed.

    The first source that has a value counts; an empty value counts as none.
    """

    def __init__(self, *sources: Mapping[str, str]) -> None:
        self._sources = sources

    @classmethod
    def load(cls, files: Sequence[str | Path] | None = None, overrides: Mapping[str, str] | None = None) -> Environment:
        """Read overrides, then the process environment, then environment files.

        Args:
            files: The files, of which each must exist. ``None``: those that ``MLSERVING_ENV_FILES`` names, separated by colons, else
                ``variables.env`` in the working directory if there is one.
            overrides: Values that come before all others.

        Raises:
            ConfigurationError: A file cannot be read.
        """
        named = os.environ.get(FILES_KEY)
        required: Sequence[str | Path] | None = files
        if required is None and named is not None:
            # Set to nothing it names none.
            required = [file for file in _unquoted(named).split(":") if file]
        if required is None:
            required = ["variables.env"] if Path("variables.env").exists() else []
        sources = [overrides or {}, os.environ, *(EnvironmentFile(file, FILES_KEY) for file in required)]
        warn_of_keys(sources)
        return cls(*sources)

    def string(self, key: str) -> str | None:
        """Return a text, without quotes around it; ``None`` when there is none."""
        return next((value for source in self._sources if (value := _value(source, key))), None)

    def secret(self, key: str) -> str | None:
        """Return a secret: the value itself, or what the file holds that the key with ``_FILE`` behind it names."""
        file_key = key + "_FILE"
        for source in self._sources:
            value, path = _value(source, key), _value(source, file_key)
            if value and path:
                raise ConfigurationError(file_key, f"is set, and so is {key}: leave one of them empty")
            if value:
                return value
            if path:
                return _read_secret(path, file_key)
        return None

    def seconds(self, key: str, default: float) -> float:
        """Return a positive time in seconds, with or without fractions."""
        text = self.string(key)
        if text is None:
            return default
        number = float(text) if _NUMBER.fullmatch(text) else float("nan")
        if not 0 < number <= LONGEST_TIME:
            raise ConfigurationError(key, f"{shown(text)} is not a positive number of seconds, {LONGEST_TIME:.0f} at most")
        return number

    def integer(self, key: str, default: int, low: int, high: int) -> int:
        """Return a whole number between bounds."""
        text = self.string(key)
        if text is None:
            return default
        if re.fullmatch(r"-?[0-9]{1,18}", text) is None or not low <= int(text) <= high:
            raise ConfigurationError(key, f"{shown(text)} is not a whole number from {low} to {high}")
        return int(text)

    def flag(self, key: str, *, default: bool = False) -> bool:
        """Return whether something is switched on: ``1``, ``true``, ``yes``, ``on``, or ``0``, ``false``, ``no``, ``off``, in any case."""
        text = self.string(key)
        if text is None:
            return default
        if text.lower() in _OFF:
            return False
        if text.lower() in _ON:
            return True
        raise ConfigurationError(key, f"{shown(text)} is not 1, true, yes, on, 0, false, no or off")

    def choice(self, key: str, default: str, choices: Sequence[str]) -> str:
        """Return one of several words."""
        text = (self.string(key) or default).lower()
        if text not in choices:
            raise ConfigurationError(key, f"{shown(text)} is not one of {', '.join(choices)}")
        return text

    def nodes(self, key: str, default: tuple[tuple[str, int], ...]) -> tuple[tuple[str, int], ...]:
        """Return servers, which are written as ``(host:port host:port …)``; one may stand without parentheses."""
        text = self.string(key)
        if text is None:
            return default
        malformed = ConfigurationError(key, _reason(key, text))
        if text.startswith("(") != text.endswith(")"):
            raise malformed
        nodes = []
        for word in re.split(r"[\s,]+", text.removeprefix("(").removesuffix(")").strip()):
            match = _NODE.fullmatch(word)
            if match is None or not 0 < int(match["port"]) <= 0xFFFF:
                raise malformed
            nodes.append((match["address"] or match["host"], int(match["port"])))
        return tuple(nodes)


def _value(source: Mapping[str, str], key: str) -> str | None:
    text = source.get(key, "")
    if isinstance(source, EnvironmentFile):
        return text or None
    return _unquoted(text) or None


def _unquoted(text: str) -> str:
    """Leave out space, and a pair of quotes, around a text: programs that start others hand on the quotes of a file."""
    text = text.strip()
    return text[1:-1] if len(text) >= 2 and text[0] in "\"'" and text[0] == text[-1] else text


def _reason(key: str, text: str) -> str:
    """Tell what is wrong with a list of nodes, without a password that may be in it."""
    if "@" in text or "://" in text:
        prefix = key.split("_")[0]
        return f"is a list of host:port, not a URL: write (host:port), and the credentials as {prefix}_USER and {prefix}_PASSWORD"
    # What stands behind a colon and is no port could be a password, too.
    if any(not _MAY_BE_SHOWN.fullmatch(word) for word in re.split(r"[\s,()]+", text)):
        return "the value, which is not shown as it may have a password in it, is not (host:port host:port …)"
    return f"{shown(text)} is not (host:port host:port …)"


def _read_secret(path: str, key: str) -> str:
    try:
        content = bounded_contents(path, _LARGEST_SECRET)
        if len(content) > _LARGEST_SECRET:
            raise ConfigurationError(key, f"the file {shown(path, is_path=True)} is larger than {_LARGEST_SECRET} bytes")
        secret = content.removesuffix(b"\n").removesuffix(b"\r").decode()
    except OSError as error:
        raise ConfigurationError(key, f"the file {shown(path, is_path=True)} cannot be read: {error.strerror}") from None
    except UnicodeDecodeError:
        raise ConfigurationError(key, f"the file {shown(path, is_path=True)} holds no text in UTF-8") from None
    if not secret or "\0" in secret:
        raise ConfigurationError(key, f"the file {shown(path, is_path=True)} is empty or holds no text")
    return secret
