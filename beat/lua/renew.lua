#!lua
-- renew.lua: prolong the caller's lease.
--
-- KEYS[1]  lease  hash  never expires
-- ARGV[1]  owner  str
-- ARGV[2]  term   int
-- ARGV[3]  lease  int   length, ms
-- ARGV[4]  conn   int   the caller's present connection id
--
-- Returns {1 prolonged | 0 not the owner, now us, seq, edits}.

local time = redis.call('TIME')
local now_us = time[1] * 1000000 + time[2]
local held = redis.call('HMGET', KEYS[1], 'owner', 'term', 'seq', 'edits')
local seq, edits = tonumber(held[3] or 0), tonumber(held[4] or 0)

if held[1] ~= ARGV[1] or held[2] ~= ARGV[2] then
  return {0, now_us, seq, edits}
end

redis.call('HSET', KEYS[1], 'seq', seq + 1, 'connection', ARGV[4],
  'until_ms', math.floor(now_us / 1000) + tonumber(ARGV[3]))
return {1, now_us, seq + 1, edits}
