"""Notices that the store has lost data."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from mlserving.servers import KeyStore

_TIME_TO_LIVE = 86_400.0


class StoreMarker:
    """A key that was there and is gone, or another run of the server, which may not know what the one before had stored last."""

    def __init__(self, prefix: str) -> None:
        """Keep markers under the prefix of a client's results, so that they are lost with them."""
        self._prefix = prefix
        self._number = 0
        self._kept: tuple[str, float] | None = None
        self._run: bytes | None = None
        self._has_lost_data = False

    async def check(self, store: KeyStore, *, after_interruption: bool) -> bool:
        """Look for the marker, and write it anew, under another name, well before its time to live ends.

        Returns:
            Whether data that was stored before this call may have been lost.

        Raises:
            RedisError: The store could not be asked. What was found until then is remembered.
        """
        now = asyncio.get_running_loop().time()
        if self._kept is not None and self._kept[1] > now:
            (found,) = await store.call(self._prefix, [("EXISTS", self._kept[0])])
            if found == 0:
                self._has_lost_data = True
                self._kept = None
        must_renew = self._kept is None or self._kept[1] <= now + _TIME_TO_LIVE / 2
        if must_renew:
            self._number += 1
            key = f"{self._prefix}marker-{self._number}"
            await store.call(self._prefix, [("SET", key, b"\x01", "NX", "PX", int(_TIME_TO_LIVE * 1000))])
            # The store's clock may run a little faster.
            self._kept = (key, now + _TIME_TO_LIVE - 60)
        # Asked after the marker is there: a loss before that shows in the run, one after it in the marker.
        if must_renew or after_interruption or self._run is None:
            await self._compare_runs(store)
        lost, self._has_lost_data = self._has_lost_data, False
        return lost

    async def _compare_runs(self, store: KeyStore) -> None:
        (information,) = await store.call(self._prefix, [("INFO", "server")])
        lines = information.split() if isinstance(information, bytes) else []
        run = next((line for line in lines if line.startswith(b"run_id:")), None)
        if run is None:
            return
        if self._run is not None and self._run != run:
            self._has_lost_data = True
        self._run = run
