"""The examples of the README run as they are written."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .conftest import Bench

REFUSAL = "invalid_input: input.words[1]: a set has no form in MessagePack (it cannot be encoded as application/msgpack)"
EXPECTED = [
    [
        "hello",
        "(2, 3)",
        "one",
        "two",
        REFUSAL,
    ],
    ["4950"],
    ["{'n': 1}", "False"],
    ["[[1. 0.]", " [0. 1.]]"],
]


def test_the_examples_run_as_they_are_written(bench: Bench) -> None:
    bench.consume()
    readme = (Path(__file__).parents[2] / "README.md").read_text()
    examples = re.findall(r"<!-- runs -->\n```python\n(.*?)```", readme, re.DOTALL)
    for example, expected in zip(examples, EXPECTED, strict=True):
        printed = subprocess.run(
            [sys.executable, "-W", "error", "-c", example], env=bench.environment, capture_output=True, timeout=30, check=False
        )
        assert (printed.returncode, printed.stdout.decode().splitlines()) == (0, expected), printed.stderr.decode()
