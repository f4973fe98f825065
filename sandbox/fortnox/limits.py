"""The rate limit: at most 25 calls in any 5 seconds per client and company (fortnox-api.md 2.5)."""

import threading
import time
from collections import defaultdict, deque
from collections.abc import Callable


class SlidingWindow:
    """A true sliding window: every call is remembered until it is older than the window. Runs on real seconds."""

    def __init__(self, calls: int, seconds: float, clock: Callable[[], float] = time.monotonic) -> None:
        self.calls = calls
        self.seconds = seconds
        self._clock = clock
        self._taken: dict[tuple[str, int], deque[float]] = defaultdict(deque)
        self._lock = threading.Lock()

    def admit(self, key: tuple[str, int], *, count_refused: bool) -> float:
        """Take a place for a call. 0 when it may pass, else the seconds until a place is free."""
        now = self._clock()
        with self._lock:
            taken = self._taken[key]
            while taken and taken[0] <= now - self.seconds:
                taken.popleft()
            if len(taken) < self.calls:
                taken.append(now)
                return 0.0
            wait = taken[0] + self.seconds - now
            if count_refused:
                taken.popleft()
                taken.append(now)
            return wait

    def clear(self) -> None:
        """Forget all calls."""
        with self._lock:
            self._taken.clear()
