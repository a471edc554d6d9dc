#!lua flags=allow-oom
-- revoke.lua: forbid a task to start, and tell the workers to cancel it.
--
-- KEYS[1]  revoked  zset    task id -> Unix ms until which that holds
-- KEYS[2]  wake     stream  what workers listen to, capped
-- ARGV[1]  task id  str
-- ARGV[2]  ttl      int     ms that it holds
--
-- Returns  how many tasks are forbidden to start now.

local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', now)
redis.call('ZADD', KEYS[1], now + tonumber(ARGV[2]), ARGV[1])
redis.call('XADD', KEYS[2], 'MAXLEN', '~', 1000, '*', 'cancel', ARGV[1])
return redis.call('ZCARD', KEYS[1])
