"""Bounds that several modules keep."""

LONGEST_TIME = 31_536_000.0
"""The longest time that anything may take, in seconds: a year."""
CONTROL_PREFIXES = ("mlserving-control", "mlserving:cache", "mlserving:cancel", "mlserving:suspect")
"""What the keys begin with that programs of the project keep for themselves."""
