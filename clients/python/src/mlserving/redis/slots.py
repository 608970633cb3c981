"""Which node of a Redis Cluster has which key."""

from __future__ import annotations

import binascii
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from mlserving.configuration import Node
    from mlserving.redis.connection import Reply

SLOT_COUNT = 16_384


def slot(key: str) -> int:
    """Return the hash slot of a key: CRC16 (XMODEM) of what its first braces enclose, or of all of it."""
    octets = key.encode()
    begin = octets.find(b"{")
    if begin >= 0:
        end = octets.find(b"}", begin + 1)
        if end > begin + 1:
            octets = octets[begin + 1 : end]
    return binascii.crc_hqx(octets, 0) % SLOT_COUNT


def told_node(host: Reply, port: int) -> Node | None:
    """Return where a server says that another one is; ``None``: nowhere."""
    try:
        return (host.decode(), port) if isinstance(host, bytes) and 0 < port <= 0xFFFF else None
    except UnicodeDecodeError:
        return None


class SlotMap:
    """The owners of the slots, as ``CLUSTER SLOTS`` tells them."""

    def __init__(self, reply: Reply, asked: Node) -> None:
        """Read a reply of a node; one that does not say where it is itself is where it was asked."""
        self._ranges: list[tuple[int, int, Node]] = []
        for entry in reply if isinstance(reply, list) else []:
            match entry:
                case [int(first), int(last), [host, int(port), *_], *_]:
                    is_told = isinstance(host, bytes) and host not in (b"", b"?")
                    node = told_node(host, port) if is_told else told_node(asked[0].encode(), port)
                    if node is not None:
                        self._ranges.append((first, last, node))

    def owner(self, key: str) -> Node | None:
        """Return the node that has a key; ``None`` when nobody has it at the moment."""
        number = slot(key)
        return next((node for first, last, node in self._ranges if first <= number <= last), None)

    @property
    def nodes(self) -> list[Node]:
        """All owners."""
        return list({node: None for _, _, node in self._ranges})
