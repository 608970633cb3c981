"""Servers and consumers for the live tests.

``MLSERVING_TEST_RABBIT`` and ``MLSERVING_TEST_REDIS`` name servers, ``MLSERVING_TEST_PROGRAM`` the command line ``mlserving``. Without
servers the live tests are skipped.
"""

from __future__ import annotations

import gc
import os
import secrets
import shutil
import signal
import socket
import subprocess
import time
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pika
import pytest

from mlserving import Settings
from mlserving.environment import Environment

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

PATIENCE = 30.0


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker("live")
            if "MLSERVING_TEST_RABBIT" not in os.environ or "MLSERVING_TEST_REDIS" not in os.environ:
                item.add_marker(pytest.mark.skip(reason="MLSERVING_TEST_RABBIT and MLSERVING_TEST_REDIS name no servers"))


def eventually(condition: Callable[[], Any]) -> Any:
    """Wait until a condition holds, and return its value."""
    deadline = time.monotonic() + PATIENCE
    while not (value := condition()):
        assert time.monotonic() < deadline, "it did not come about"
        time.sleep(0.01)
    return value


class Bench:
    """A queue of a test's own, its consumers, and a look into the servers past the client."""

    def __init__(self, directory: Path) -> None:
        self.queue = f"python-{secrets.token_hex(6)}"
        self.rabbit = os.environ["MLSERVING_TEST_RABBIT"]
        self.redis = os.environ["MLSERVING_TEST_REDIS"]
        self._directory = directory
        self._no_values = directory / "none.env"
        self._no_values.touch()
        self._processes: list[subprocess.Popen[bytes]] = []
        self._queues = {self.queue}
        self._connection: pika.BlockingConnection | None = None
        self._open_channel: Any = None

    def settings(self, **values: str) -> Settings:
        """Settings for a client."""
        return Settings.read(Environment({**self.environment, **values}))

    @property
    def environment(self) -> dict[str, str]:
        return {
            "RABBIT_NODES": self.rabbit,
            "REDIS_NODES": self.redis,
            "QUEUE_NAME": self.queue,
            # Clients of a test may have a prefix of their own, which consumers have to permit.
            "RESULT_PREFIXES": self.queue,
            "MLSERVING_ENV_FILES": str(self._no_values),
        }

    @staticmethod
    def of(model: str | None) -> dict[str, str]:
        """What makes a consumer one of a model; of ``None``, that of the configured queue."""
        return {} if model is None else {"QUEUE_NAME": model.replace(":", ".v")}

    def encrypted_settings(self, **values: str) -> Settings:
        """Settings for a client that speaks TLS."""
        authority = os.environ["MLSERVING_TEST_CERTIFICATES"] + "/authority.pem"
        encryption = {
            "RABBIT_NODES": os.environ["MLSERVING_TEST_RABBIT_TLS"],
            "REDIS_NODES": os.environ["MLSERVING_TEST_REDIS_TLS"],
            "RABBIT_TLS": "1",
            "RABBIT_TLS_CA_FILE": authority,
            "REDIS_TLS": "1",
            "REDIS_TLS_CA_FILE": authority,
        }
        return self.settings(**{**encryption, **values})

    # Processes

    def consume(self, *options: str, **values: str) -> subprocess.Popen[bytes]:
        """Start the Swift consumer that answers each input with itself, and wait until it consumes."""
        log = self._directory / f"consumer-{len(self._processes)}.log"
        self._queues.add(values.get("QUEUE_NAME", self.queue))
        process = self.run([program(), "consume", "echo", *options], log, **values)
        eventually(lambda: b"consumer ready" in log.read_bytes() or process.poll() is not None)
        assert process.poll() is None, log.read_text()
        return process

    def crash(self, *options: str, **values: str) -> None:
        """Start a consumer, and wait until it has crashed."""
        process = self.run([program(), "consume", "echo", *options], self._directory / f"crash-{len(self._processes)}.log", **values)
        assert process.wait(PATIENCE) == -signal.SIGABRT

    def run(self, command: list[str], log: Path, **values: str) -> subprocess.Popen[bytes]:
        with log.open("wb") as output:
            process = subprocess.Popen(command, stdout=output, stderr=output, env={**os.environ, **self.environment, **values})
        self._processes.append(process)
        return process

    def kill(self, process: subprocess.Popen[bytes]) -> None:
        process.send_signal(signal.SIGKILL)
        process.wait(PATIENCE)

    def start_redis(self, port: int | None = None) -> tuple[subprocess.Popen[bytes], int]:
        """Start a Redis of the test's own, which forgets everything when it ends."""
        if port is None:
            with closing(socket.create_server(("127.0.0.1", 0))) as listener:
                port = int(listener.getsockname()[1])
        command = ["redis-server", "--port", str(port), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no"]
        process = self.run([*command, "--dir", str(self._directory)], self._directory / f"redis-{len(self._processes)}.log")
        address = ("127.0.0.1", port)
        eventually(lambda: answers(address))
        return process, port

    # A look into the servers

    def consume_once(self, **values: str) -> None:
        """Have a consumer declare the queue, and end, so that requests wait."""
        process = self.consume(**values)
        process.terminate()
        assert process.wait(PATIENCE) == 0

    def depth(self) -> int:
        """How many messages wait in the queue."""
        count = self._channel().queue_declare(self.queue, passive=True).method.message_count
        return int(count)

    def take(self) -> Any:
        """Take the first message out of the queue, and return its properties."""
        method, properties, _ = self._channel().basic_get(self.queue, auto_ack=True)
        assert method is not None, "the queue is empty"
        return properties

    def try_take(self) -> Any:
        """Take the first message out of the queue, and return its properties, if there is one."""
        _, properties, _ = self._channel().basic_get(self.queue, auto_ack=True)
        return properties

    def take_whole(self) -> Any:
        """Take the first message out of the queue: how it came, its properties and its body."""
        return self._channel().basic_get(self.queue, auto_ack=True)

    def reply(self, queue: str, properties: Any, body: bytes) -> None:
        """Publish a reply."""
        self._channel().basic_publish("", queue, body, properties)

    def write_redis(self, *words: str | bytes) -> None:
        """Have Redis do one command, whatever bytes it has."""
        host, port = self.redis.rsplit(":", 1)
        encoded = [word.encode() if isinstance(word, str) else word for word in words]
        command = b"*%d\r\n" % len(encoded) + b"".join(b"$%d\r\n%b\r\n" % (len(word), word) for word in encoded)
        with closing(socket.create_connection((host, int(port)), PATIENCE)) as connection:
            connection.sendall(command)
            assert not connection.recv(64).startswith(b"-")

    def take_redis(self, key: str) -> bytes | None:
        """Read a key, and remove it."""
        host, port = self.redis.rsplit(":", 1)
        with closing(socket.create_connection((host, int(port)), PATIENCE)) as connection, connection.makefile("rb") as replies:
            connection.sendall(f"GETDEL {key}\r\n".encode())
            length = int(replies.readline()[1:])
            return None if length < 0 else replies.read(length)

    def declare(self) -> None:
        """Declare the queue, without a consumer."""
        self._channel().queue_declare(self.queue, durable=True, arguments={"x-queue-type": "quorum"})

    def remove_queue(self, queue: str) -> None:
        """Remove a queue that consumers do not remove."""
        self._channel().queue_delete(queue)

    def tell_rabbit(self, call: str) -> None:
        """Have the broker call a function, in Erlang's notation."""
        told = subprocess.run([os.environ["MLSERVING_TEST_RABBIT_CALL"], call], capture_output=True, timeout=PATIENCE, check=True)
        assert told.stdout == b"{ok, ok}", told.stdout

    def ask_redis(self, *words: str, address: str | None = None) -> bytes:
        """What Redis answers to one command, raw."""
        host, port = (address or self.redis).rsplit(":", 1)
        with closing(socket.create_connection((host, int(port)), PATIENCE)) as connection:
            connection.sendall(" ".join(words).encode() + b"\r\nQUIT\r\n")
            answer = b""
            while not answer.endswith(b"+OK\r\n"):
                part = connection.recv(65_536)
                if not part:
                    break
                answer += part
            return answer.removesuffix(b"+OK\r\n")

    def _channel(self) -> Any:
        if self._connection is None:
            host, port = self.rabbit.rsplit(":", 1)
            self._connection = pika.BlockingConnection(pika.ConnectionParameters(host, int(port)))
        # What the broker refuses costs the channel.
        if self._open_channel is None or not self._open_channel.is_open:
            self._open_channel = self._connection.channel()
        return self._open_channel

    def close(self) -> None:
        for process in self._processes:
            if process.poll() is None:
                self.kill(process)
        for queue in self._queues:
            for suffix in ("", ".dead-letters", ".suspects"):
                self._channel().queue_delete(queue + suffix)
        if self._connection is not None:
            self._connection.close()


def program() -> str:
    path = os.environ.get("MLSERVING_TEST_PROGRAM") or str(Path(__file__).parents[4] / ".build/debug/mlserving")
    assert shutil.which(path), f"MLSERVING_TEST_PROGRAM names no program, and there is none at {path}"
    return path


def answers(address: tuple[str, int]) -> bool:
    try:
        with closing(socket.create_connection(address, 1)) as connection:
            connection.sendall(b"PING\r\n")
            return connection.recv(16).startswith(b"+PONG")
    except OSError:
        return False


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Bench]:
    bench = Bench(tmp_path)
    yield bench
    bench.close()
    # A client that left something open is found out in its own test.
    gc.collect()
