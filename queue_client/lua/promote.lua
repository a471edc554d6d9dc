#!lua flags=allow-oom
-- promote.lua: move messages that are due from `later` to their queues.
--
-- KEYS[1]  later   zset    member -> Unix ms
-- KEYS[2]  dead    stream  dead letters, capped
-- ARGV[1]  limit   int     how many to move at most
--
-- Returns  {moved, ms until the next one is due or -1 if there is none}.
-- The streams it writes to stand in the members; they share the hash tag. A
-- member that is none, or whose queue is something else, becomes a letter.

local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local due = redis.call('ZRANGE', KEYS[1], '-inf', now, 'BYSCORE', 'LIMIT', 0, ARGV[1])
for _, member in ipairs(due) do
  local stream, serializer, payload = string.match(member, '^([^\n]+)\n([^\n]+)\n(.*)$')
  local sent = stream and redis.pcall('XADD', stream, '*', serializer, payload) or {err = 'WRONGTYPE no message'}
  if type(sent) == 'table' and sent.err then
    if not string.find(sent.err, 'WRONGTYPE', 1, true) then
      return sent
    end
    redis.call('XADD', KEYS[2], 'MAXLEN', '~', 10000, '*', 'reason', 'unsettled', 'detail', sent.err, 'task', '',
      'id', '', 'stream', stream or '', 'serializer', serializer or '', 'payload', payload or member, 'traceback', '')
  end
  redis.call('ZREM', KEYS[1], member)
end
local first = redis.call('ZRANGE', KEYS[1], 0, 0, 'WITHSCORES')[2]
if not first then
  return {#due, -1}
end
return {#due, math.max(0, tonumber(first) - now)}
