"""Publishes hostile requests, as somebody who may publish to one exchange and nothing else.

It writes AMQP 0-9-1 frames itself, so that it can send what client libraries refuse to: field tables of every kind, with keys and texts that are not
UTF-8, headers that fill a frame, names and times out of all bounds. All of it follows from a seed.

The first FULL_MEASURE messages are as bad as they come. What costs the servers and the consumer most (bodies that expand to megabytes, headers that fill
a frame, tables of thousands of entries) and what RabbitMQ refuses by closing the connection comes rarely later, so that a million messages do not take
days. What may be refused has a connection of its own; all others go in a stream whose confirms come behind it.

It reads commands from its standard input, one a line: `N` publishes until N messages have been published in all, and prints `done`, how many of them the
broker has confirmed and how many it has refused; the end of the input ends the program.
"""

import functools
import itertools
import json
import random
import socket
import struct
import sys

FRAME_METHOD, FRAME_HEADER, FRAME_BODY, FRAME_END = 1, 2, 3, b"\xce"
FRAME_MAX = 131_072


class Table:
    """Encodes field tables, faithful or not."""

    @staticmethod
    def short(text):
        data = text if isinstance(text, bytes) else text.encode("utf-8", "surrogateescape")
        return bytes([len(data[:255])]) + data[:255]

    @staticmethod
    def long(data):
        data = data if isinstance(data, bytes) else data.encode("utf-8", "surrogateescape")
        return struct.pack(">I", len(data)) + data

    @classmethod
    def value(cls, value):
        if isinstance(value, tuple):  # A kind by its letter, with the bytes as they are to be.
            return value[0] + value[1]
        if isinstance(value, bool):
            return b"t" + bytes([value])
        if isinstance(value, int):
            if -(2**63) <= value < 2**63:
                return b"l" + struct.pack(">q", value)
            return b"S" + cls.long(str(value))
        if isinstance(value, float):
            return b"d" + struct.pack(">d", value)
        if isinstance(value, (str, bytes)):
            return b"S" + cls.long(value)
        if isinstance(value, dict):
            return b"F" + cls.table(value)
        if isinstance(value, list):
            items = b"".join(cls.value(item) for item in value)
            return b"A" + struct.pack(">I", len(items)) + items
        return b"V"

    @classmethod
    def table(cls, entries):
        pairs = entries.items() if isinstance(entries, dict) else entries
        data = b"".join(cls.short(key) + cls.value(value) for key, value in pairs)
        return struct.pack(">I", len(data)) + data


class Broker:
    """A connection with one channel, which is made anew whenever the broker has closed it."""

    SENT_AT_ONCE = 65_536

    def __init__(self, host, port, user, password, vhost):
        self.address, self.user, self.password, self.vhost = (host, port), user, password, vhost
        self.socket = None
        # What is published and not confirmed, by its tag, in the order of the tags.
        self.unsettled = {}
        self.confirmed = 0
        # What is published and not yet sent.
        self.unsent = bytearray()

    def connect(self):
        self.socket = socket.create_connection(self.address, timeout=30)
        self.buffer = b""
        self.socket.sendall(b"AMQP\x00\x00\x09\x01")
        self.await_method(10, 10)
        login = b"\x00" + self.user.encode() + b"\x00" + self.password.encode()
        self.method(0, 10, 11, Table.table({}) + Table.short("PLAIN") + Table.long(login) + Table.short("en_US"))
        self.await_method(10, 30)
        self.method(0, 10, 31, struct.pack(">HIH", 8, FRAME_MAX, 0))
        self.method(0, 10, 40, Table.short(self.vhost) + Table.short("") + b"\x00")
        self.await_method(10, 41)
        self.method(1, 20, 10, Table.short(""))
        self.await_method(20, 11)
        self.method(1, 85, 10, b"\x00")
        self.await_method(85, 11)
        self.published = 0

    def close(self):
        """Lets go of the connection, and returns what it leaves unconfirmed."""
        unsettled = list(self.unsettled.values())
        self.socket.close()
        self.socket = None
        self.unsettled.clear()
        self.unsent.clear()
        return unsettled

    def frame(self, kind, channel, payload):
        return struct.pack(">BHI", kind, channel, len(payload)) + payload + FRAME_END

    def method(self, channel, class_id, method_id, arguments):
        self.socket.sendall(self.frame(FRAME_METHOD, channel, struct.pack(">HH", class_id, method_id) + arguments))

    def read_frame(self):
        while True:
            if len(self.buffer) >= 7:
                kind, channel, size = struct.unpack(">BHI", self.buffer[:7])
                if len(self.buffer) >= size + 8:
                    payload, self.buffer = self.buffer[7 : 7 + size], self.buffer[8 + size :]
                    return kind, channel, payload
            data = self.socket.recv(65_536)
            if not data:
                raise ConnectionError("closed")
            self.buffer += data

    def read_method(self):
        kind, _, payload = self.read_frame()
        return struct.unpack(">HH", payload[:4]) + (payload[4:],) if kind == FRAME_METHOD else (0, 0, b"")

    def await_method(self, class_id, method_id):
        while True:
            found_class, found_method, arguments = self.read_method()
            if (found_class, found_method) == (class_id, method_id):
                return arguments
            if (found_class, found_method) in ((20, 40), (10, 50)):
                raise ConnectionError(arguments)

    def publish(self, exchange, routing_key, message):
        method = struct.pack(">HHH", 60, 40, 0) + Table.short(exchange) + Table.short(routing_key) + b"\x00"
        frames = self.frame(FRAME_METHOD, 1, method) + self.frame(FRAME_HEADER, 1, message.header)
        body = message.body
        for start in range(0, len(body), FRAME_MAX - 8):
            frames += self.frame(FRAME_BODY, 1, body[start : start + FRAME_MAX - 8])
        self.published += 1
        self.unsettled[self.published] = (exchange, routing_key, message)
        self.unsent += frames
        if len(self.unsent) >= self.SENT_AT_ONCE:
            self.flush()

    def flush(self):
        self.socket.sendall(self.unsent)
        self.unsent.clear()

    def await_confirms(self, outstanding=0):
        if len(self.unsettled) > outstanding:
            self.flush()
        while len(self.unsettled) > outstanding:
            class_id, method_id, arguments = self.read_method()
            if (class_id, method_id) in ((60, 80), (60, 120)):
                tag, multiple = struct.unpack(">QB", arguments[:9])
                self.settle(tag, multiple & 1)
            elif (class_id, method_id) in ((20, 40), (10, 50)):
                raise ConnectionError(arguments)

    def settle(self, tag, and_all_before):
        settled = itertools.takewhile(lambda each: each <= tag, self.unsettled) if and_all_before else (tag,)
        for each in list(settled):
            del self.unsettled[each]
            self.confirmed += 1


class Message:
    """A message: a body and its properties, as bytes of their own making."""

    def __init__(self, body, headers, **properties):
        self.body, self.headers, self.properties = body, headers, properties

    @functools.cached_property
    def header(self):
        flags, values = 0, b""
        fields = (
            ("content_type", 15, Table.short), ("content_encoding", 14, Table.short), ("headers", 13, Table.table),
            ("delivery_mode", 12, lambda value: bytes([value])), ("priority", 11, lambda value: bytes([value])),
            ("correlation_id", 10, Table.short), ("reply_to", 9, Table.short), ("expiration", 8, Table.short),
            ("message_id", 7, Table.short), ("timestamp", 6, lambda value: struct.pack(">Q", value)), ("type", 5, Table.short),
            ("app_id", 3, Table.short),
        )  # fmt: skip
        for name, bit, encode in fields:
            value = self.headers if name == "headers" else self.properties.get(name)
            if value is not None:
                flags |= 1 << bit
                values += encode(value)
        return struct.pack(">HHQH", 60, 0, len(self.body), flags) + values


class Adversary:
    """Draws hostile messages."""

    KNOWN = (
        "x-result-key", "X-Message-Id", "x-deadline", "x-accept", "x-items", "x-accept-encoding", "x-coalesced", "x-attempt", "x-failures",
        "x-suspect", "x-parameters", "x-metadata", "x-result-ttl", "x-dead-letter-reason", "x-dead-letter-message", "x-dead-letter-queue",
        "x-dead-letter-time", "x-death", "x-delivery-count", "x-first-death-queue", "traceparent", "task", "id", "eta", "expires",
        "timelimit", "retries", "lang", "root_id", "parent_id", "group", "shadow", "origin", "argsrepr", "kwargsrepr", "ignore_result",
    )  # fmt: skip
    TYPES = (
        "application/msgpack", "application/json", "application/x-python-pickle", "application/x-python-serialize", "application/data",
        "text/plain", "application/json; charset=utf-16", "", "\x1b[31mapplication/json", None,
    )  # fmt: skip
    NUMBERS = (
        0, 1, -1, 2**31 - 1, 2**31, 2**32, 2**53, 2**63 - 1, -(2**63), 2**64 - 1, 10**400, 86_400_000, 1_700_000_000_000,
        float("nan"), float("inf"), -float("inf"), 5e-324, 1.7e308,
    )  # fmt: skip
    NUMBER_TEXTS = ("0." + "0" * 128 + "1e145", "1e999999999999", "-0", "1e-400", "9" * 4_000, "1E400", "0e0", "123456789012345678901234567890")
    ESCAPES = "\x1b]0;owned\x07\x1b[2J", "line\r\nlevel=critical msg=forged", "\x00nul", "\u202egnp.exe", "\u200b", "\x9b31m", "%s%n%x", "../../etc"

    # How many messages are as bad as they come.
    FULL_MEASURE = 3_000
    # One in how many messages may be refused, at first and later.
    REFUSED_SHARE, LATER_REFUSED_SHARE = 30, 3_000
    # One in how many of the costly ones is kept later.
    LATER_COSTLY_SHARE = 200

    def __init__(self, seed, targets):
        self.random = random.Random(seed)
        self.targets = targets
        self.count = 0
        # Whether the message that is drawn may be one that RabbitMQ refuses.
        self.may_be_refused = False

    def number(self):
        """RabbitMQ cannot read what is no number, and no infinity."""
        number = self.choice(self.NUMBERS)
        return number if self.may_be_refused or -1e308 < number < float("inf") else 0.5

    def queue(self):
        """RabbitMQ refuses its own name for a reply's queue from whoever does not wait for replies."""
        queue = self.choice(self.targets["queues"])
        return queue if self.may_be_refused or queue != "amq.rabbitmq.reply-to" else ""

    def may_cost(self):
        """Whether a message may be one that takes others milliseconds."""
        return self.count <= self.FULL_MEASURE or self.random.randrange(self.LATER_COSTLY_SHARE) == 0

    def size(self, *sizes, costly):
        """One of the sizes, or of the costly ones if the message may cost."""
        return self.choice(sizes + costly if self.may_cost() else sizes)

    def choice(self, values):
        return self.random.choice(values)

    def text(self):
        kind = self.random.randrange(8)
        if kind == 0:
            return self.random.randbytes(self.random.randrange(64))
        if kind == 1:
            return self.choice(self.ESCAPES)
        if kind == 2:
            return "x" * self.size(0, 1, 127, 128, 254, 255, 256, 4_096, costly=(60_000,))
        if kind == 3:
            return self.choice(self.NUMBER_TEXTS)
        if kind == 4:
            return self.target_key()
        if kind == 5:
            return self.choice(self.targets["queues"])
        if kind == 6:
            return str(self.choice(self.NUMBERS))
        return self.uuid()

    def target_key(self):
        key = self.choice(self.targets["keys"])
        return key if len(key) < 10_000 or self.may_cost() else key[:300]

    def uuid(self):
        digits = "%032x" % self.random.getrandbits(128)
        text = "-".join((digits[:8], digits[8:12], digits[12:16], digits[16:20], digits[20:]))
        return text if self.random.random() < 0.7 else text.upper()

    def value(self, depth=0):
        kind = self.random.randrange(14 if depth < 4 else 10)
        if kind < 3:
            return self.number()
        if kind < 6:
            return self.text()
        if kind == 6:
            return self.choice((True, False, None))
        raw = (
            (b"D", b"\x02\x00\x00\x00\x01"), (b"T", struct.pack(">Q", 2**64 - 1)), (b"x", Table.long(self.random.randbytes(9))),
            (b"b", b"\xff"), (b"B", b"\xff"), (b"s", b"\x80\x00"), (b"u", b"\xff\xff"), (b"I", b"\x80\x00\x00\x00"),
            (b"i", b"\xff\xff\xff\xff"), (b"f", b"\x7f\xc0\x00\x00"), (b"V", b""),
        )  # fmt: skip
        if kind < 10:
            value = self.choice(raw)
            return value if self.may_be_refused or value[0] != b"f" else None
        if kind < 12:
            return [self.value(depth + 1) for _ in range(self.random.randrange(6))]
        return {self.key(): self.value(depth + 1) for _ in range(self.random.randrange(6))}

    def key(self):
        kind = self.random.randrange(6)
        if kind < 4:
            return self.choice(self.KNOWN)
        if kind == 4:
            return "k" * self.choice((1, 127, 128, 255))
        return self.random.randbytes(self.random.randrange(1, 20))

    def headers(self):
        kind = self.random.randrange(20)
        # As many as fit into a frame, and a little less: the broker adds its own.
        if kind == 0 and self.may_cost():
            return {"x-fill": "f" * (FRAME_MAX - self.choice((300, 400, 600, 1_000, 3_000)))}
        if kind == 1:
            nested = 1
            for _ in range(self.size(8, 100, costly=(1_000,))):
                nested = [nested] if self.random.random() < 0.5 else {"n": nested}
            return {"x-failures": nested}
        if kind == 2:  # One name again and again.
            return [(self.choice(self.KNOWN), self.value()) for _ in range(self.random.randrange(200 if self.may_cost() else 20))]
        if kind == 3:
            return {f"h{index}": index for index in range(self.size(10, costly=(1_000, 5_000)))}
        headers = {self.key(): self.value() for _ in range(self.random.randrange(8))}
        if self.random.random() < 0.5:
            headers["x-result-key"] = self.target_key() if self.random.random() < 0.7 else self.text()
        return headers

    def bomb(self):
        """A Zstandard frame of four kilobytes that expands to 128 MB: blocks that say one byte many times."""
        blocks = self.choice((64, 1_023, 1_025, 8_000))
        said = self.choice((blocks * 131_072, 17, 2**62))
        if said == blocks * 131_072 and not self.may_cost():  # It would be expanded.
            said = 17
        block = struct.pack("<I", 131_072 << 3 | 1 << 1)[:3] + b"x"
        last = struct.pack("<I", 131_072 << 3 | 1 << 1 | 1)[:3] + b"x"
        return b"\x28\xb5\x2f\xfd\xe0" + struct.pack("<Q", said) + block * (blocks - 1) + last

    def body(self):
        kind = self.random.randrange(12)
        if kind == 0:
            return self.random.randbytes(self.random.randrange(200))
        if kind == 1:
            return self.choice(self.NUMBER_TEXTS).encode()
        if kind == 2:
            return b"[" * self.size(10, 600, costly=(100_000,))
        if kind == 3:
            return bytes([0xDD]) + struct.pack(">I", 2**32 - 1)  # An array of four billion values, in MessagePack.
        if kind == 4:
            return b"\x91" * self.size(10, 600, costly=(100_000,))
        if kind == 5:
            return b"\x80\x04" + b"(" * 1_000 + b"l" * 500 + b"."
        if kind == 6:
            return b"cos\nsystem\n(S'echo owned'\ntR."
        if kind == 7:
            return b"\x80\x04]\x94" + b"(h\x00h\x00e" * 60 + b"."
        if kind == 8:
            return json.dumps([[self.choice(self.ESCAPES)], {"task": "predict"}, {}]).encode()
        if kind == 9:
            return b"\xa5hello"
        if kind == 10:
            return b'"' + b"y" * self.size(10, costly=(100_000, 900_000)) + b'"'
        return b'{"a": 1, "a": 2, "b": [1,]}'

    def message(self):
        self.count += 1
        share = self.REFUSED_SHARE if self.count <= self.FULL_MEASURE else self.LATER_REFUSED_SHARE
        self.may_be_refused = self.random.randrange(share) == 0
        message = self.draw()
        # The header has to fit into a frame.
        if not self.may_be_refused and len(message.header) > FRAME_MAX - 8:
            message = Message(message.body, {"x-fill": "f" * (FRAME_MAX - 3_000)}, **message.properties)
        return message

    def draw(self):
        properties = {}
        for name in ("correlation_id", "message_id", "type", "app_id"):
            if self.random.random() < 0.5:
                properties[name] = self.uuid() if self.random.random() < 0.3 else self.text()
        if self.random.random() < 0.4:
            properties["reply_to"] = self.queue() if self.random.random() < 0.8 else self.text()
        if self.random.random() < 0.2:
            properties["correlation_id"], properties["reply_to"] = "the same", "amq.gen-the-same"
        if self.random.random() < 0.3:
            properties["timestamp"] = self.choice((0, 1, 2**32, 2**63, 2**64 - 1))
        if self.random.random() < 0.3:
            properties["priority"] = self.random.randrange(256)
        if self.random.random() < 0.2:
            properties["expiration"] = self.choice(("1", "60000", "4294967295"))
        properties["delivery_mode"] = self.choice((0, 1, 2, 255) if self.may_be_refused else (1, 2))
        content_type = self.choice(self.TYPES)
        if content_type is not None:
            properties["content_type"] = content_type
        body = self.body()
        if self.random.random() < 0.03:
            properties["content_encoding"], body = "zstd", self.bomb()
        elif self.random.random() < 0.05:
            properties["content_encoding"] = self.choice(("zstd", "gzip", "\x1b[0m", "utf-8"))
        return Message(body, self.headers(), **properties)

    def broadcast(self):
        """A message to the remote control of Celery's workers."""
        command = {
            "method": self.choice(("ping", "stats", "active", "revoke", "enable_events", "hello", "conf", "rate_limit", "\x1b[2J", 7, None)),
            "arguments": self.choice(({}, {"task_id": self.uuid()}, {"task_id": [self.uuid()] * 1_000}, [], None, {"from_node": "x", "revoked": {"y": 1e308}})),
            "destination": self.choice((None, [], ["nobody"], "x", 5)),
            "pattern": self.choice((None, "*", "(" * 100)),
            "matcher": self.choice((None, "glob", "pcre", "\u202e")),
            "ticket": self.choice((self.uuid(), None, 10**30)),
            "reply_to": self.choice((
                None, {"exchange": "", "routing_key": self.choice(self.targets["queues"])},
                {"exchange": "reply.celery.pidbox", "routing_key": self.uuid()}, {"exchange": "amq.topic", "routing_key": "x"}, "x",
            )),
        }  # fmt: skip
        headers = {"clock": self.choice((0, 1, 2**63 - 1, -(2**63), 2**64 - 1, "x", 1e300)), "expires": self.choice((None, 0, 1e300, 2**63 - 1))}
        text = json.dumps(command)
        if self.random.random() < 0.3:
            text = text.replace(": null", ": " + self.choice(self.NUMBER_TEXTS), 1)
        return Message(text.encode("utf-8", "surrogatepass"), headers, content_type="application/json", content_encoding="utf-8")


class Attack:
    """Publishes what an adversary draws."""

    # How many messages may be on their way to the broker, and how many are left when it has caught up.
    WINDOW, CAUGHT_UP = 1_000, 500

    def __init__(self, options):
        self.adversary = Adversary(options["seed"], options["targets"])
        self.exchange, self.routing_key, self.broadcasts = options["exchange"], options["routing_key"], options.get("broadcasts")
        address = [options[name] for name in ("host", "port", "user", "password", "vhost")]
        # What is refused closes its connection, and takes along whatever is on its way there.
        self.crowd, self.lone = Broker(*address), Broker(*address)
        self.published = self.refused = 0

    def publish(self, count):
        """Publishes until there are so many in all, and the broker has taken or refused each."""
        while self.published < count:
            self.published += 1
            if self.broadcasts and self.adversary.random.random() < 0.1:
                self.publish_in_crowd(self.broadcasts, self.routing_key, self.adversary.broadcast())
                continue
            message = self.adversary.message()
            publish = self.publish_alone if self.adversary.may_be_refused else self.publish_in_crowd
            publish(self.exchange, self.routing_key, message)
        self.await_crowd(0)

    def publish_alone(self, *publication):
        if self.lone.socket is None:
            self.lone.connect()
        try:
            self.lone.publish(*publication)
            self.lone.await_confirms()
        except OSError:
            self.lone.close()
            self.refused += 1

    def publish_in_crowd(self, *publication):
        if self.crowd.socket is None:
            self.crowd.connect()
        try:
            self.crowd.publish(*publication)
        except OSError:
            self.disperse()
        if len(self.crowd.unsettled) >= self.WINDOW:
            self.await_crowd(self.CAUGHT_UP)

    def await_crowd(self, outstanding):
        try:
            self.crowd.await_confirms(outstanding)
        except OSError:
            self.disperse()

    def disperse(self):
        """One of the crowd was refused after all; each shows by itself whether it was that one."""
        for publication in self.crowd.close():
            self.publish_alone(*publication)

    @property
    def confirmed(self):
        return self.crowd.confirmed + self.lone.confirmed


def main():
    sys.setrecursionlimit(20_000)
    attack = Attack(json.loads(sys.argv[1]))
    for line in sys.stdin:
        attack.publish(int(line))
        print(f"done {attack.confirmed} {attack.refused}", flush=True)


main()
