#!lua
-- await.lua: return a task's result, or ask to be told of it.
--
-- KEYS[1]  result   string  the record of a task that has ended
-- KEYS[2]  waiting  hash    task id -> bells, one a line
-- ARGV[1]  task id  str
-- ARGV[2]  bell     str     key of a list that the record shall be put on
-- ARGV[3]  ttl      int     ms after which nobody waits any more
-- ARGV[4]  there    int     1: the caller listens to the bell already
--
-- Returns  the record, or nil: then it will come on the bell.

local record = redis.call('GET', KEYS[1])
if record then
  if ARGV[4] == '1' then
    redis.call('RPUSH', ARGV[2], record)
    redis.call('PEXPIRE', ARGV[2], 60000)
  end
  return record
end
local bells = redis.call('HGET', KEYS[2], ARGV[1])
if not bells then
  redis.call('HSET', KEYS[2], ARGV[1], ARGV[2])
elseif not string.find(bells, ARGV[2], 1, true) then
  redis.call('HSET', KEYS[2], ARGV[1], bells .. '\n' .. ARGV[2])
end
redis.call('PEXPIRE', KEYS[2], ARGV[3])
return nil
