#!lua
-- later.lua: keep messages until they are due, and tell the workers if one
-- of them is now the first.
--
-- KEYS[1]  later    zset    member -> Unix ms
-- KEYS[2]  wake     stream  what workers listen to, capped
-- ARGV[1]  delay    int     ms from the server's present; or 0
-- ARGV[2]  due      int     Unix ms; or 0
-- ARGV[3…] members  bytes   stream LF serializer LF payload
--
-- Returns  the instant it will be moved to its queue, Unix ms.

local time = redis.call('TIME')
local due = tonumber(ARGV[2])
if due == 0 then
  due = time[1] * 1000 + math.floor(time[2] / 1000) + tonumber(ARGV[1])
end
local first = redis.call('ZRANGE', KEYS[1], 0, 0, 'WITHSCORES')[2]
for index = 3, #ARGV do
  redis.call('ZADD', KEYS[1], due, ARGV[index])
end
if not first or due < tonumber(first) then
  redis.call('XADD', KEYS[2], 'MAXLEN', '~', 1000, '*', 'due', string.format('%.0f', due))
end
return due
