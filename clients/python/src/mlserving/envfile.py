"""Environment files, read by the rules of ``docker compose``.

A line is ``KEY=value``, with ``export`` before it or not. Between single quotes a value is what stands there; between double quotes a
backslash before n, r, t, a double quote, a dollar sign or a backslash makes one character of both. Either may span lines. Without quotes
a value ends with its line, or before a ``#`` that follows a space. Variables within values are not replaced.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

from mlserving.errors import ConfigurationError

if TYPE_CHECKING:
    from collections.abc import Iterator

_LARGEST = 1 << 20
_KEY = re.compile(r"(?:export[ \t]+)?([A-Za-z_][A-Za-z0-9_.-]*)[ \t]*(?:=[ \t]*|$)")
_REST = re.compile(r"[ \t]*(?:$|[ \t]#)")
_ESCAPES = {"n": "\n", "r": "\r", "t": "\t", '"': '"', "\\": "\\", "$": "$"}


class EnvironmentFile(dict[str, str]):
    """The values of a file, without their quotes; the last line of a key counts."""

    def __init__(self, path: str | Path, files_key: str) -> None:
        """Read a file.

        Args:
            path: The file.
            files_key: The key that errors name, unless they are about another.

        Raises:
            ConfigurationError: The file cannot be read, or a line of it. No line is shown, since it may hold a secret.
        """
        super().__init__()
        self.path = path
        self.lines: dict[str, int] = {}
        """The line of each key, counted from 1."""
        for number, key, value in _Lines(_text(path, files_key), path, files_key):
            if value is not None:
                self[key], self.lines[key] = value, number

    def __repr__(self) -> str:
        # The values may be secret.
        return f"<EnvironmentFile {self.path} with {len(self)} keys>"


class _Lines:
    """The lines of a file, with what belongs to one that continues."""

    def __init__(self, text: str, path: str | Path, files_key: str) -> None:
        self._lines = text.split("\n")
        self._path = path
        self._files_key = files_key

    def __iter__(self) -> Iterator[tuple[int, str, str | None]]:
        position = 0
        while position < len(self._lines):
            line = self._lines[position].strip(" \t")
            number = position + 1
            position += 1
            if not line or line.startswith("#"):
                continue
            match = _KEY.match(line)
            if match is None:
                raise ConfigurationError(self._files_key, f"{self._path}:{number}: the line is not KEY=value")
            key, value = match[1], line[match.end() :]
            if "=" not in match[0]:
                # A key alone stands for its value in the process environment, which counts in any case.
                yield number, key, None
            elif value[:1] in ("'", '"'):
                # Of the line as it stands, since a value between quotes may end with spaces.
                start = self._lines[number - 1].index(value[0], self._lines[number - 1].index("="))
                value, position = self._quoted(key, number, start)
                yield number, key, value
            else:
                yield number, key, "" if value.startswith("#") and line[match.end() - 1] != "=" else re.split(r"[ \t]#", value)[0].rstrip()

    def _quoted(self, key: str, number: int, start: int) -> tuple[str, int]:
        """Return the value that begins with a quote, and the position of the next line."""
        quote = self._lines[number - 1][start]
        value: list[str] = []
        index, column = number - 1, start + 1
        while index < len(self._lines):
            line = self._lines[index]
            while column < len(line):
                character = line[column]
                column += 1
                if character == quote:
                    if _REST.match(line, column) is None:
                        raise ConfigurationError(key, f"{self._path}:{index + 1}: something follows the closing quote")
                    return "".join(value), index + 1
                if character == "\\" and quote == '"' and line[column : column + 1] in _ESCAPES and column < len(line):
                    character = _ESCAPES[line[column]]
                    column += 1
                value.append(character)
            value.append("\n")
            index, column = index + 1, 0
        raise ConfigurationError(key, f"{self._path}:{number}: the value has an opening quote, and no closing one")


def _text(path: str | Path, files_key: str) -> str:
    try:
        with Path(path).open("rb") as file:
            content = file.read(_LARGEST + 1)
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else error
        raise ConfigurationError(files_key, f"the file {path} cannot be read: {reason}") from error
    if len(content) > _LARGEST:
        raise ConfigurationError(files_key, f"the file {path} is larger than {_LARGEST} bytes")
    content = content.removeprefix(b"\xef\xbb\xbf").replace(b"\r\n", b"\n").replace(b"\r", b"\n")
    try:
        text = content.decode()
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise ConfigurationError(files_key, f"{path}:{line}: the file is not text in UTF-8") from None
    if "\0" in text:
        line = text.count("\n", 0, text.index("\0")) + 1
        raise ConfigurationError(files_key, f"{path}:{line}: the file holds a NUL, so it is not text")
    return text
