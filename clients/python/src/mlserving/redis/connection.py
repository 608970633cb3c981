"""One connection to a Redis server, in its protocol RESP2."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import ssl
from typing import TYPE_CHECKING, Self

from mlserving.redis.errors import OVERSIZED, RedisError, ReplyError

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Sequence

    from mlserving.configuration import Node
    from mlserving.tls import TLSSettings

Argument = bytes | str | int
"""A word of a command."""
Command = tuple[Argument, ...]
"""A command's name and its arguments."""
Reply = bytes | int | list["Reply"] | ReplyError | None
"""What a server answers; simple strings come as bytes, errors as values."""

CONNECT_TIMEOUT = 5.0
"""How long a server may take to be resolved, connected to and greeted, in seconds."""
_LARGEST_TEXT = 512 * 1024 * 1024
_LARGEST_KEPT = 128 * 1024 * 1024
_CHUNK = 1 << 16
_MOST_ELEMENTS = 1024 * 1024
_DEEPEST = 8
# What a server says that is starting, or has lost its primary: it will be ready some time.
_NOT_READY = ("LOADING", "MASTERDOWN", "BUSY", "CLUSTERDOWN", "TRYAGAIN")


class RedisConnection:
    """Writes commands and reads replies, in order. After any exception it is of no use any more, and is to be closed."""

    def __init__(self, node: Node, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.node = node
        self._reader = reader
        self._writer = writer
        self._patience = 0.0
        self._limit: asyncio.Timeout | None = None

    @classmethod
    async def open(cls, node: Node, tls: TLSSettings | None, greeting: Sequence[Command]) -> Self:
        """Connect and say the greeting: commands that must succeed, ``CLIENT`` excepted.

        Raises:
            RedisError: The server cannot be reached, or refuses us.
        """
        host, port = node
        try:
            async with asyncio.timeout(CONNECT_TIMEOUT):
                context = tls.context() if tls else None
                name = (tls.server_name or host) if tls else None
                reader, writer = await asyncio.open_connection(host, port, ssl=context, server_hostname=name)
                connection = cls(node, reader, writer)
                try:
                    connection._keep_alive()
                    await connection._greet(greeting)
                except BaseException:
                    connection.close()
                    raise
                return connection
        except TimeoutError:
            raise RedisError(f"{host}:{port} did not answer within {CONNECT_TIMEOUT:g} s") from None
        except ssl.SSLError as error:
            refused = isinstance(error, ssl.SSLCertVerificationError)
            raise RedisError(f"no encrypted connection to {host}:{port}: {error}", refused=refused) from error
        except (OSError, UnicodeError) as error:
            raise RedisError(f"{host}:{port} cannot be reached: {error}") from error

    def close(self) -> None:
        """Close the connection, without waiting for anything."""
        # A graceful end would wait for a peer that takes nothing any more.
        self._writer.transport.abort()

    async def call(self, commands: Sequence[Command], patience: float | None = None) -> list[Reply]:
        """Send commands together, and return their replies, errors among them.

        Args:
            commands: The commands.
            patience: How long the server may be silent, in seconds: large replies take their time on a slow line.

        Raises:
            RedisError: The connection broke; whether the server acted is not known.
            TimeoutError: The server was silent for too long.
        """
        self.send(*commands)
        if patience is None:
            return [await self.read() for _ in commands]
        # One timer for all replies, which is put off while something comes.
        self._patience = patience
        try:
            async with asyncio.timeout(patience) as self._limit:
                return [await self.read() for _ in commands]
        finally:
            self._limit = None

    def _take_progress(self) -> None:
        if self._limit is None:
            return
        now = asyncio.get_running_loop().time()
        end = self._limit.when()
        if end is not None and end - now < self._patience * 7 / 8:
            self._limit.reschedule(now + self._patience)

    def send(self, *commands: Command) -> None:
        """Send commands whose replies will be read by themselves."""
        self._writer.write(b"".join(_encoded(command) for command in commands))

    async def read(self) -> Reply:
        """Read the next reply.

        Raises:
            RedisError: The connection broke.
        """
        try:
            return await self._reply(_DEEPEST)
        except (OSError, EOFError, ValueError, asyncio.LimitOverrunError) as error:
            host, port = self.node
            reason = "the server closed it" if isinstance(error, asyncio.IncompleteReadError) else str(error)
            raise RedisError(f"the connection to {host}:{port} broke: {reason}") from error

    async def _text(self, length: int) -> bytes:
        if length <= _CHUNK:
            return (await self._reader.readexactly(length + 2))[:-2]
        text = bytearray()
        async for part in self._parts(length + 2):
            text += part
        return bytes(memoryview(text)[:length])

    async def _parts(self, length: int) -> AsyncIterator[bytes]:
        """Read so many bytes, some at a time."""
        while length > 0:
            part = await self._reader.read(min(length, _CHUNK))
            self._take_progress()
            if not part:
                raise asyncio.IncompleteReadError(b"", length)
            length -= len(part)
            yield part

    async def _passed_over(self, length: int) -> ReplyError:
        """Read past a text that is larger than any result of ours, without keeping it."""
        async for _ in self._parts(length + 2):
            pass
        return ReplyError(f"{OVERSIZED} {length} bytes are more than {_LARGEST_KEPT}")

    def _keep_alive(self) -> None:
        connected: socket.socket | None = self._writer.get_extra_info("socket")
        if connected is not None:
            with contextlib.suppress(OSError):
                connected.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)

    async def _greet(self, greeting: Sequence[Command]) -> None:
        for command, reply in zip(greeting, await self._greeted(greeting), strict=True):
            if isinstance(reply, ReplyError) and command[0] not in ("CLIENT", "ROLE"):
                if reply.kind == "NOPERM" and command[0] == "PING":
                    continue
                refused = reply.kind not in _NOT_READY
                # Without the arguments, which may be secret.
                message = f"the server {self.node[0]}:{self.node[1]} refuses {command[0]!s}: {reply.kind}"
                raise RedisError(message + "; check user, password and database" * refused, refused=refused)
            if command[0] == "ROLE" and isinstance(reply, list) and reply and reply[0] == b"slave":
                raise RedisError(f"{self.node[0]}:{self.node[1]} is a replica, which takes no writes")

    async def _greeted(self, greeting: Sequence[Command]) -> list[Reply]:
        self.send(*greeting)
        replies: list[Reply] = []
        for _ in greeting:
            try:
                replies.append(await self.read())
            except RedisError:
                # A server that has no room for us, or is in protected mode, says so whatever it is asked, and hangs up.
                error = next((reply for reply in replies if isinstance(reply, ReplyError)), None)
                if error is None:
                    raise
                where = f"{self.node[0]}:{self.node[1]}"
                raise RedisError(f"{where} turns us away: {error.message}", refused=error.kind == "DENIED") from None
        return replies

    async def _reply(self, depth: int) -> Reply:
        line = await self._reader.readuntil(b"\r\n")
        self._take_progress()
        kind, text = line[:1], line[1:-2]
        match kind:
            case b"+":
                return text
            case b"-":
                return ReplyError(text.decode(errors="replace"))
            case b":":
                return int(text)
            case b"$":
                length = _length(text, _LARGEST_TEXT)
                if length > _LARGEST_KEPT:
                    return await self._passed_over(length)
                return None if length < 0 else await self._text(length)
            case b"*" if depth > 0:
                count = _length(text, _MOST_ELEMENTS)
                return None if count < 0 else [await self._reply(depth - 1) for _ in range(count)]
        raise ValueError(f"a reply begins with {line[:16]!r}; is this a Redis server?")


def _encoded(command: Command) -> bytes:
    parts = [b"*%d\r\n" % len(command)]
    for argument in command:
        word = argument if isinstance(argument, bytes) else str(argument).encode()
        parts.append(b"$%d\r\n%b\r\n" % (len(word), word))
    return b"".join(parts)


def _length(text: bytes, most: int) -> int:
    length = int(text)
    if not -1 <= length <= most:
        raise ValueError(f"a reply of {length} is larger than {most}")
    return length
