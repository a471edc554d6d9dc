#!lua
-- set_state.lua: pause, resume, park or advance one entry, and note why.
--
-- KEYS[1]  lease    hash    edits: the highest revision given out
-- KEYS[2]  due      zset    entry name -> instant to act, ms
-- KEYS[3]  entries  hash    entry name -> '<revision> <source>[@<since>] <state>\n<record>'
-- KEYS[4]  changes  stream  edits
-- KEYS[5]  ledger   stream  outcomes
-- ARGV[1]  name     str
-- ARGV[2]  state    str     JSON; '' = normal; '=' = as it is
-- ARGV[3]  due      int     ms; '' = not scheduled
-- ARGV[4]  expected int     the revision it must have; '' = any
-- ARGV[5]  from     int     the due time it must have; '' = any
-- ARGV[6]  outcomes str     JSON for the ledger; '' = none
-- ARGV[7]  keep     int     lines of the change stream to keep
-- ARGV[8]  lines    int     lines of the ledger to keep
--
-- since: the revision at which the definition itself was changed last; it stays.
-- Returns {now us, 'changed' | 'absent' | 'conflict', revision}.

local time = redis.call('TIME')
local now_us = time[1] * 1000000 + time[2]
local now = math.floor(now_us / 1000)

local stored = redis.call('HGET', KEYS[3], ARGV[1])
if not stored then return {now_us, 'absent', 0} end
local was, source, since, state, record = string.match(stored, '^(%d+) (%a+)@?(%d*) ([^\n]*)\n(.*)$')
if ARGV[4] ~= '' and ARGV[4] ~= was then return {now_us, 'conflict', tonumber(was)} end
if ARGV[5] ~= '' and ARGV[5] ~= redis.call('ZSCORE', KEYS[2], ARGV[1]) then
  return {now_us, 'conflict', tonumber(was)}
end

local held = redis.call('HMGET', KEYS[1], 'edits', 'term')
local previous = tonumber(held[1] or 0)
local revision = string.format('%.0f', math.max(previous + 1, now))
if ARGV[2] ~= '=' then state = ARGV[2] end

redis.call('HSET', KEYS[1], 'edits', revision)
if since == '' then since = was end
redis.call('HSET', KEYS[3], ARGV[1], revision .. ' ' .. source .. '@' .. since .. ' ' .. state .. '\n' .. record)
if ARGV[3] == '' then redis.call('ZREM', KEYS[2], ARGV[1])
else redis.call('ZADD', KEYS[2], ARGV[3], ARGV[1]) end
redis.call('XADD', KEYS[4], 'MAXLEN', '~', ARGV[7], '*', 'revision', revision, 'previous', previous, 'names', ARGV[1])
if ARGV[6] ~= '' then
  redis.call('XADD', KEYS[5], 'MAXLEN', '~', ARGV[8], '*', 't', now, 'term', held[2] or 0, 'o', ARGV[6], 'x', '')
end
return {now_us, 'changed', tonumber(revision)}
