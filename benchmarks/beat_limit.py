"""The server's own limit: a claim that checks only a fence, moves its entries and adds their messages."""

from __future__ import annotations

import time

import redis

from tests.servers import Server

LIMIT = """#!lua
if redis.call('GET', KEYS[1]) ~= ARGV[1] then return redis.error_reply('FENCED') end
local due = redis.call('ZRANGEBYSCORE', KEYS[2], '-inf', ARGV[2], 'LIMIT', 0, ARGV[3])
local z = {}
for i = 1, #due do
  redis.call('XADD', KEYS[3], '*', 's', due[i], 'm', ARGV[4])
  z[2 * i - 1] = ARGV[2]; z[2 * i] = due[i]
end
redis.call('ZADD', KEYS[2], unpack(z))
return #due
"""


def limit_of(running: Server, batch: int = 300, seconds: float = 2.0) -> float:
    """Return how many fires a second the server makes of a claim that checks only a fence."""
    with redis.Redis.from_url(running.url, socket_timeout=10) as client:
        client.set("{l}fence", 7)
        for first in range(0, 100_000, 1000):
            client.zadd("{l}due", {f"entry-number-{i:07d}": 1000 for i in range(first, first + 1000)})
        call = client.register_script(LIMIT)
        call(keys=["{l}fence", "{l}due", "{l}queue"], args=[7, 1000, batch, "m" * 300])
        done, began = 0, time.perf_counter()
        while time.perf_counter() - began < seconds:
            pipe = client.pipeline(transaction=False)
            for _ in range(8):
                pipe.evalsha(call.sha, 3, "{l}fence", "{l}due", "{l}queue", 7, 1000, batch, "m" * 300)
            done += sum(pipe.execute())
        limit = done / (time.perf_counter() - began)
        client.delete("{l}fence", "{l}due", "{l}queue")
        return limit
