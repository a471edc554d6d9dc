#!lua
-- acquire.lua: take the lease of a shard if it may be taken.
--
-- KEYS[1]  lease    hash    never expires
-- KEYS[2]  changes  stream  edits
-- ARGV[1]  owner    str     unique to the caller's process start
-- ARGV[2]  who      str     how to show the caller
-- ARGV[3]  lease    int     length, ms
-- ARGV[4]  seq      str     take over a lease that still stands at this seq; '' = no
-- ARGV[5]  conn     int     the caller's connection id on this server
--
-- May be taken: no owner, over by the server's clock, the caller's own, or at ARGV[4].
-- term = max(term + 1, now ms): never repeats, even after a fail-over that lost writes.
-- Returns {1 taken | 0 held, now us, last change id, the lease's fields and values …}.

local time = redis.call('TIME')
local now_us = time[1] * 1000000 + time[2]
local now = math.floor(now_us / 1000)

local held = redis.call('HMGET', KEYS[1], 'owner', 'term', 'seq', 'until_ms')
local owner, seq = held[1] or '', held[3] or '0'
local free = owner == '' or owner == ARGV[1]
local over = tonumber(held[4] or 0) < now
local stands_still = ARGV[4] ~= '' and ARGV[4] == seq
local taken = 0

if free or over or stands_still then
  redis.call('HSET', KEYS[1],
    'owner', ARGV[1], 'who', ARGV[2], 'connection', ARGV[5], 'since_ms', now,
    'term', math.max(tonumber(held[2] or 0) + 1, now),
    'seq', tonumber(seq) + 1, 'until_ms', now + tonumber(ARGV[3]))
  taken = 1
end

local last = redis.call('XREVRANGE', KEYS[2], '+', '-', 'COUNT', 1)
return {taken, now_us, last[1] and last[1][1] or '0-0', redis.call('HGETALL', KEYS[1])}
