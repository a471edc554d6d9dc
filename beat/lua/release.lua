#!lua
-- release.lua: give the caller's lease back and wake the standbys.
--
-- KEYS[1]  lease    hash    never expires; the term stays
-- KEYS[2]  changes  stream  edits; a line without names is only a wake-up
-- ARGV[1]  owner    str
-- ARGV[2]  term     int
-- ARGV[3]  keep     int     how many lines of the change stream to keep
--
-- Returns {1 released | 0 not the owner, now us, seq, edits}.

local time = redis.call('TIME')
local now_us = time[1] * 1000000 + time[2]
local held = redis.call('HMGET', KEYS[1], 'owner', 'term', 'seq', 'edits')
local seq, edits = tonumber(held[3] or 0), tonumber(held[4] or 0)

if held[1] ~= ARGV[1] or held[2] ~= ARGV[2] then
  return {0, now_us, seq, edits}
end

redis.call('HSET', KEYS[1], 'owner', '', 'seq', seq + 1, 'until_ms', 0)
redis.call('XADD', KEYS[2], 'MAXLEN', '~', ARGV[3], '*', 'revision', edits, 'previous', edits, 'names', '')
return {1, now_us, seq + 1, edits}
