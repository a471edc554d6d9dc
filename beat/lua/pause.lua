#!lua
-- pause.lua: take one entry off the due index, for a while or until it is resumed, and note why.
--
-- KEYS[1]  lease    hash    edits: the highest revision given out
-- KEYS[2]  due      zset    entry name -> instant to act, ms
-- KEYS[3]  entries  hash    entry name -> '<revision> <source>[@<since>] <state>\n<record>'
-- KEYS[4]  changes  stream  edits
-- KEYS[5]  ledger   stream  outcomes
-- ARGV[1]  name     str
-- ARGV[2]  state    str     JSON, without since_ms and cursor_ms, which are set here
-- ARGV[3]  until    int     when the leader resumes it, ms; '' = never
-- ARGV[4]  note     str     what the ledger says
-- ARGV[5]  keep     int     lines of the change stream to keep
-- ARGV[6]  lines    int     lines of the ledger to keep
--
-- cursor_ms is the due time it had. Paused once more, it keeps its first cursor and the time of its first pause.
-- idle: it is not due at all (disabled, ended). past: `until` is over. Nothing is changed by either.
-- Returns {now us, 'changed' | 'absent' | 'idle' | 'past', revision}.

local time = redis.call('TIME')
local now_us = time[1] * 1000000 + time[2]
local now = math.floor(now_us / 1000)

local name, stored = ARGV[1], redis.call('HGET', KEYS[3], ARGV[1])
if not stored then return {now_us, 'absent', 0} end
local was, source, since, held, record = string.match(stored, '^(%d+) (%a+)@?(%d*) ([^\n]*)\n(.*)$')
local due, state = redis.call('ZSCORE', KEYS[2], name), cjson.decode(ARGV[2])
if held == '' and not due then return {now_us, 'idle', tonumber(was)} end
if (tonumber(ARGV[3]) or now + 1) <= now then return {now_us, 'past', tonumber(was)} end

local before = held ~= '' and cjson.decode(held) or {cursor_ms = tonumber(due)}
state.cursor_ms = before.cursor_ms
state.since_ms = before.paused and before.since_ms or now

local lease = redis.call('HMGET', KEYS[1], 'edits', 'term')
local previous = tonumber(lease[1] or 0)
local revision = string.format('%.0f', math.max(previous + 1, now))
if since == '' then since = was end
local header = revision .. ' ' .. source .. '@' .. since .. ' ' .. cjson.encode(state)
redis.call('HSET', KEYS[1], 'edits', revision)
redis.call('HSET', KEYS[3], name, header .. '\n' .. record)
if ARGV[3] == '' then redis.call('ZREM', KEYS[2], name) else redis.call('ZADD', KEYS[2], ARGV[3], name) end
redis.call('XADD', KEYS[4], 'MAXLEN', '~', ARGV[5], '*', 'revision', revision, 'previous', previous, 'names', name)
redis.call('XADD', KEYS[5], 'MAXLEN', '~', ARGV[6], '*', 't', now, 'term', lease[2] or 0,
  'o', cjson.encode({{name, now, 'note', ARGV[4]}}), 'x', '')
return {now_us, 'changed', tonumber(revision)}
