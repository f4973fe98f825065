"""A small load generator: keep-alive connections on raw sockets, so that the client costs little."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass, field


@dataclass
class Measured:
    """Answers by status, and how long each took, in seconds."""

    statuses: dict[int, int] = field(default_factory=dict)
    seconds: list[float] = field(default_factory=list)
    elapsed: float = 0.0

    @property
    def rate(self) -> float:
        """Answers a second."""
        return len(self.seconds) / self.elapsed

    def percentile(self, share: float) -> float:
        """Milliseconds that this share of the answers did not exceed."""
        ordered = sorted(self.seconds)
        return ordered[min(int(len(ordered) * share), len(ordered) - 1)] * 1000

    def add(self, status: int, seconds: float) -> None:
        """Count one answer."""
        self.seconds.append(seconds)
        self.statuses[status] = self.statuses.get(status, 0) + 1


async def _one(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, request: bytes) -> int:
    writer.write(request)
    head = await reader.readuntil(b"\r\n\r\n")
    for line in head.lower().split(b"\r\n"):
        if line.startswith(b"content-length:"):
            await reader.readexactly(int(line.split(b":")[1]))
    return int(head.split(b" ", 2)[1])


async def full_speed(port: int, make: Callable[[int], bytes], *, count: int, connections: int) -> Measured:
    """Send `count` requests as fast as answers come, over some connections."""
    measured, numbers = Measured(), iter(range(count))

    async def worker() -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        for number in numbers:
            began = time.perf_counter()
            measured.add(await _one(reader, writer, make(number)), time.perf_counter() - began)
        writer.close()

    began = time.perf_counter()
    await asyncio.gather(*(worker() for _ in range(connections)))
    measured.elapsed = time.perf_counter() - began
    return measured


async def at_rate(port: int, make: Callable[[int], bytes], *, rate: float, seconds: float) -> Measured:
    """Send at a steady rate, each request when its time has come; latency counts from that time."""
    measured = Measured()
    idle: list[tuple[asyncio.StreamReader, asyncio.StreamWriter]] = []
    started = time.perf_counter()

    async def send(number: int, due: float) -> None:
        reader, writer = idle.pop() if idle else await asyncio.open_connection("127.0.0.1", port)
        status = await _one(reader, writer, make(number))
        measured.add(status, time.perf_counter() - due)
        idle.append((reader, writer))

    tasks = []
    for number in range(int(rate * seconds)):
        due = started + number / rate
        await asyncio.sleep(max(due - time.perf_counter(), 0))
        tasks.append(asyncio.create_task(send(number, due)))
    await asyncio.gather(*tasks)
    measured.elapsed = time.perf_counter() - started
    for _reader, writer in idle:
        writer.close()
    return measured
