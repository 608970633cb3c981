"""A relay between a client and a server, on which things go wrong when a test says so."""

from __future__ import annotations

import asyncio
from typing import Self


class Proxy:
    """Passes bytes on, on the test's own event loop."""

    def __init__(self, address: str) -> None:
        host, port = address.rsplit(":", 1)
        self._upstream = (host, int(port))
        self._server: asyncio.Server | None = None
        self._relays: set[asyncio.Task[None]] = set()
        self._writers: set[asyncio.StreamWriter] = set()
        self._answers = asyncio.Event()
        self._answers.set()
        self._is_refusing = False
        self._pace: int | None = None
        self.address = ""
        self.accepted = 0

    async def __aenter__(self) -> Self:
        self._server = await asyncio.start_server(self._accept, "127.0.0.1", 0)
        self.address = f"127.0.0.1:{self._server.sockets[0].getsockname()[1]}"
        return self

    async def __aexit__(self, *_: object) -> None:
        assert self._server is not None
        self._is_refusing = True
        self._server.close()
        for relay in self._relays:
            relay.cancel()
        await asyncio.gather(*self._relays, return_exceptions=True)
        self.cut()
        await asyncio.sleep(0)

    def cut(self) -> None:
        """End all connections."""
        for writer in self._writers:
            writer.transport.abort()

    def refuse(self) -> None:
        """End all connections, and each new one at once."""
        self._is_refusing = True
        self.cut()

    def admit(self) -> None:
        """Take new connections again."""
        self._is_refusing = False

    def slow_down(self, bytes_per_second: int) -> None:
        """Pass on no more than so much of what the server says."""
        self._pace = bytes_per_second

    def withhold_answers(self) -> None:
        """Pass nothing on from the server, until answers are released."""
        self._answers.clear()

    def release_answers(self) -> None:
        """Pass on what the server says."""
        self._answers.set()

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._relays.add(task)
        self._writers.add(writer)
        self.accepted += 1
        try:
            if self._is_refusing:
                return
            server_reader, server_writer = await asyncio.open_connection(*self._upstream)
            self._writers.add(server_writer)
            try:
                async with asyncio.TaskGroup() as group:
                    group.create_task(self._pass(reader, server_writer, withholds=False))
                    group.create_task(self._pass(server_reader, writer, withholds=True))
            finally:
                server_writer.transport.abort()
                self._writers.discard(server_writer)
        except (OSError, asyncio.CancelledError):
            pass
        finally:
            writer.transport.abort()
            self._writers.discard(writer)
            self._relays.discard(task)

    async def _pass(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, *, withholds: bool) -> None:
        try:
            while data := await reader.read(65_536):
                if withholds:
                    await self._answers.wait()
                    if self._pace is not None:
                        await asyncio.sleep(len(data) / self._pace)
                writer.write(data)
                await writer.drain()
        except OSError:
            pass
        finally:
            writer.transport.abort()
