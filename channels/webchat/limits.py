"""How often one browser may come: so many times a minute."""

import time
from collections import deque
from collections.abc import Callable
from typing import Final

WRITES: Final = 15
READS: Final = 180
"""A minute, each browser: the limits of GOV.UK Chat."""

MOST_KEYS: Final = 20_000


class Limit:
    """Counts what each key did in the last minute, in this process."""

    def __init__(self, most: int, clock: Callable[[], float] = time.monotonic) -> None:
        self._most = most
        self._clock = clock
        self._times: dict[str, deque[float]] = {}

    def allows(self, key: str) -> bool:
        """Counts one more, or says that it is too many; what is refused is not counted."""
        now = self._clock()
        times = self._times.pop(key, None) or deque()
        while times and times[0] <= now - 60:
            times.popleft()
        # Put back at the end: the first key of the dictionary is the one unseen for longest.
        self._times[key] = times
        if len(self._times) > MOST_KEYS:
            del self._times[next(iter(self._times))]
        if len(times) >= self._most:
            return False
        times.append(now)
        return True
