"""What is wrong with a pickle."""

from __future__ import annotations


class PickleError(ValueError):
    """A pickle that is malformed, names what is not plain, or is beyond a limit."""
