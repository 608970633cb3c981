r"""Environment files, read by the rules of all programs of the project: as shells and ``docker compose`` do where these agree.

=================  =============================================================================================================
written            read
=================  =============================================================================================================
``export KEY=v``   as ``KEY=v``
``KEY = v``        without the space around key and value
``KEY=v # note``   without the comment; a ``#`` without space before it belongs to the value
``KEY='v'``        what stands between the quotes, over several lines if need be
``KEY="v"``        the same, with ``\"``, ``\\``, ``\$`` and ``\``` for these characters; other backslashes are refused, as the two differ
``KEY=a$b``        as it is: nothing is put in for variables
a key twice        the last value
=================  =============================================================================================================

Lines end in LF or CR LF. A byte order mark at the start is passed over.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from mlserving.errors import ConfigurationError, shown
from mlserving.files import bounded_contents

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_LARGEST = 1 << 20
_BLANK = " \t"
# Compose has points and hyphens in keys too; other services may use them.
_KEY = re.compile(r"[A-Za-z_.-][A-Za-z0-9_.-]*")
_EXPORT = re.compile(r"export[ \t]+(?=[^ \t])")
_COMMENT = re.compile(r"[ \t]#")
_AFTER_QUOTES = re.compile(r"[ \t]*(?:$|[ \t]#)")
_CONTROL = re.compile(r"[\x00-\x08\x0a-\x1f\x7f]")
_ESCAPED = '"\\$`'


class EnvironmentFile(dict[str, str]):
    """The values of a file, without their quotes; the last value of a key counts."""

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
        self.replaced: dict[str, int] = {}
        """The line of the value before, which does not count, of each key that is set more than once."""
        for entry in _Reader(_lines(path, files_key), path, files_key):
            if entry.key in self:
                self.replaced[entry.key] = self.lines[entry.key]
            self[entry.key], self.lines[entry.key] = entry.value, entry.line

    def __repr__(self) -> str:
        # The values may be secret.
        return f"<EnvironmentFile {self.path} with {len(self)} keys>"


@dataclass(frozen=True, slots=True)
class _Entry:
    line: int
    key: str
    value: str


class _Reader:
    """Reads lines, with those that belong to a value between quotes."""

    def __init__(self, lines: list[str], path: str | Path, files_key: str) -> None:
        self._lines = lines
        self._path = path
        self._files_key = files_key
        self._position = 0

    def __iter__(self) -> Iterator[_Entry]:
        while self._position < len(self._lines):
            line = self._lines[self._position].lstrip(_BLANK)
            self._position += 1
            if not line or line.startswith("#"):
                continue
            number = self._position
            before, sign, rest = line.partition("=")
            if not sign:
                raise self._error(self._files_key, number, "the line has no =; expected KEY=value, or # before a comment")
            key = _EXPORT.sub("", before, count=1).rstrip(_BLANK) if before.startswith("export") else before.rstrip(_BLANK)
            # What stands there may be a piece of a secret.
            if _KEY.fullmatch(key) is None:
                reason = "what stands before the = is no key: expected letters, digits and underscores"
                raise self._error(self._files_key, number, reason)
            start = rest.lstrip(_BLANK)
            yield _Entry(number, key, self._quoted(key, start) if start.startswith(("'", '"')) else _unquoted(rest))

    def _quoted(self, key: str, start: str) -> str:
        """Return the value that begins with a quote, and go on behind the line of the other quote."""
        first, quote = self._position, start[0]
        value: list[str] = []
        line, column = start, 1
        while True:
            while column < len(line):
                character = line[column]
                column += 1
                if character == quote:
                    if _AFTER_QUOTES.match(line, column) is None:
                        reason = "something follows the quote that closes the value; put all of it between the quotes"
                        raise self._error(key, self._position, reason)
                    return "".join(value)
                if character == "\\" and quote == '"':
                    character = line[column : column + 1]
                    if not character or character not in _ESCAPED:
                        reason = 'a backslash between double quotes stands before ", \\, $ or `; put other values between single quotes'
                        raise self._error(key, self._position, reason)
                    column += 1
                value.append(character)
            if self._position == len(self._lines):
                raise self._error(key, first, "the value begins with a quote that nothing closes")
            value.append("\n")
            line, column = self._lines[self._position], 0
            self._position += 1

    def _error(self, key: str, line: int, reason: str) -> ConfigurationError:
        return ConfigurationError(key, f"{self._path}:{line}: {reason}")


def _unquoted(rest: str) -> str:
    """Return what stands behind the equals sign, up to a comment."""
    comment = _COMMENT.search(rest)
    return (rest[: comment.start()] if comment else rest).strip(_BLANK)


def _lines(path: str | Path, files_key: str) -> list[str]:
    try:
        content = bounded_contents(path, _LARGEST)
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else error
        raise ConfigurationError(files_key, f"the file {shown(str(path), is_path=True)} cannot be read: {reason}") from None
    if len(content) > _LARGEST:
        raise ConfigurationError(files_key, f"{path}: the file is larger than {_LARGEST} bytes")
    if content.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise ConfigurationError(files_key, f"{path}: the file is UTF-16; expected UTF-8")
    lines: list[str] = []
    for number, octets in enumerate(content.removeprefix(b"\xef\xbb\xbf").split(b"\n"), 1):
        try:
            line = octets.removesuffix(b"\r").decode()
        except UnicodeDecodeError:
            raise ConfigurationError(files_key, f"{path}:{number}: the line is not UTF-8") from None
        control = _CONTROL.search(line)
        if control is not None:
            raise ConfigurationError(files_key, f"{path}:{number}: the line has the control character {ord(control[0])}")
        lines.append(line)
    return lines
