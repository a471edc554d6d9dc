#!lua
-- unique.lua: send a message unless another one has its key.
--
-- KEYS[1]  unique     string  the id of the task that has the key
-- KEYS[2]  stream     stream  the queue
-- KEYS[3]  later      zset    member -> Unix ms
-- KEYS[4]  wake       stream  what workers listen to, capped
-- ARGV[1]  task id    str
-- ARGV[2]  ttl        int     ms after which the key is free again
-- ARGV[3]  serializer str
-- ARGV[4]  payload    bytes   wire format 1
-- ARGV[5]  delay      int     ms from the server's present; or 0
-- ARGV[6]  due        int     Unix ms; or 0
--
-- Returns  the id of the task that has the key now: this one, or the other.

local other = redis.call('GET', KEYS[1])
if other then
  return other
end
redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2])
local delay, due = tonumber(ARGV[5]), tonumber(ARGV[6])
if delay == 0 and due == 0 then
  redis.call('XADD', KEYS[2], '*', ARGV[3], ARGV[4])
  return ARGV[1]
end
if due == 0 then
  local time = redis.call('TIME')
  due = time[1] * 1000 + math.floor(time[2] / 1000) + delay
end
redis.call('ZADD', KEYS[3], due, KEYS[2] .. '\n' .. ARGV[3] .. '\n' .. ARGV[4])
redis.call('XADD', KEYS[4], 'MAXLEN', '~', 1000, '*', 'due', string.format('%.0f', due))
return ARGV[1]
