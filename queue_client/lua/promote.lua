#!lua
-- promote.lua: move messages that are due from `later` to their queues.
--
-- KEYS[1]  later   zset   member -> Unix ms
-- ARGV[1]  limit   int    how many to move at most
--
-- Returns  {moved, ms until the next one is due or -1 if there is none}.
-- The streams it writes to stand in the members; they share the hash tag.

local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local due = redis.call('ZRANGE', KEYS[1], '-inf', now, 'BYSCORE', 'LIMIT', 0, ARGV[1])
for _, member in ipairs(due) do
  local one = string.find(member, '\n', 1, true)
  local two = string.find(member, '\n', one + 1, true)
  redis.call('XADD', string.sub(member, 1, one - 1), '*',
    string.sub(member, one + 1, two - 1), string.sub(member, two + 1))
  redis.call('ZREM', KEYS[1], member)
end
local first = redis.call('ZRANGE', KEYS[1], 0, 0, 'WITHSCORES')[2]
if not first then
  return {#due, -1}
end
return {#due, math.max(0, tonumber(first) - now)}
