"""Names of models, and the queues that requests for them go to."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass

_LONGEST_NAME = 100
_LONGEST_SHOWN = 64
# Spaces and separators; control, format and private-use characters, halves of surrogate pairs, and what is no character yet.
_REFUSED = frozenset({"Zs", "Zl", "Zp", "Cc", "Cf", "Co", "Cs", "Cn"})
_VERSION = re.compile(r"[A-Za-z0-9._+-]{1,64}")
_PERMITTED = (
    f"a name has 1 to {_LONGEST_NAME} bytes in UTF-8, without spaces, control, format and private-use characters and without ':', and does"
    " not begin with amq.; a version, behind ':', has 1 to 64 ASCII letters, digits and any of . _ + -"
)


@dataclass(frozen=True, slots=True)
class ModelAddress:
    """Names a model, and a version of it where it matters which one answers: as text ``name`` or ``name:version``."""

    name: str
    version: str | None = None

    @classmethod
    def read(cls, text: object) -> ModelAddress:
        """Read ``name`` or ``name:version``.

        Raises:
            TypeError: It is not a text.
            ValueError: It is no address.
        """
        if not isinstance(text, str):
            raise TypeError(f"model is a text, name or name:version, not a {type(text).__name__}")
        name, colon, version = text.partition(":")
        if not _is_name(name) or (colon and not _VERSION.fullmatch(version)):
            shown = text if len(text) <= _LONGEST_SHOWN else text[:_LONGEST_SHOWN] + "…"
            raise ValueError(f"{shown!a} names no model: {_PERMITTED}")
        return cls(name, version if colon else None)

    @property
    def queue(self) -> str:
        """The queue of that model alone: versions that shared one would answer for each other."""
        return self.name if self.version is None else f"{self.name}.v{self.version}"

    def __str__(self) -> str:
        return self.name if self.version is None else f"{self.name}:{self.version}"


def _is_name(name: str) -> bool:
    # Queues with that prefix belong to RabbitMQ; one of them leads to whoever waits for replies.
    if not 0 < len(name) <= _LONGEST_NAME or name.startswith("amq."):
        return False
    if any(unicodedata.category(character) in _REFUSED for character in name):
        return False
    return len(name.encode()) <= _LONGEST_NAME
