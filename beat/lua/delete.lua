#!lua
-- delete.lua: delete a batch of entries.
--
-- KEYS[1]  lease    hash    edits: the highest revision given out
-- KEYS[2]  due      zset    entry name -> instant to act, ms
-- KEYS[3]  entries  hash    entry name -> '<revision> <source>[@<since>] <state>\n<record>'
-- KEYS[4]  changes  stream  edits
-- KEYS[5]  runs     hash    entry name -> how often it was fired
-- KEYS[6]  owned    set     names of the source 'toml'
-- KEYS[7]  owned    set     names of the source 'code'
-- KEYS[8]  ledger   stream  outcomes
-- ARGV[1]  source   str     delete only what this source owns; '' = whoever owns it
-- ARGV[2]  expected int     the revision it must have; '' = any
-- ARGV[3]  keep     int     lines of the change stream to keep
-- ARGV[4]  lines    int     lines of the ledger to keep
-- ARGV[5…] names
--
-- What an entry had not fired yet, due by now, held or not, is noted as "deleted".
-- Returns {now us, outcome, revision, outcome, revision …}.

local time = redis.call('TIME')
local now_us = time[1] * 1000000 + time[2]
local previous = tonumber(redis.call('HGET', KEYS[1], 'edits') or 0)
local now = math.floor(now_us / 1000)
local revision = math.max(previous + 1, now)

-- include unsettled
local reply, gone, late = {now_us}, {}, {}
for i = 5, #ARGV do
  local name, outcome = ARGV[i], 'deleted'
  local stored = redis.call('HGET', KEYS[3], name) or '0 -'
  local was, source = string.match(stored, '^(%d+) ([%a-]+)')
  if source == '-' then outcome = 'absent'
  elseif ARGV[1] ~= '' and ARGV[1] ~= source then outcome = 'foreign'
  elseif ARGV[2] ~= '' and ARGV[2] ~= was then outcome = 'conflict'
  else
    if #gone == 0 then redis.call('HSET', KEYS[1], 'edits', revision) end
    local since, state, record = string.match(stored, '^%d+ %a+@?(%d*) ([^\n]*)\n(.*)$')
    local cursor = state == '' and redis.call('ZSCORE', KEYS[2], name) or string.match(state, '"cursor_ms":(%d+)')
    local from = cursor and unsettled(KEYS[8], name, tonumber(cursor), record, now, state, tonumber(since) or was)
    if from and from <= now then late[#late + 1] = {name, from, 'skipped', 'deleted', now} end
    redis.call('ZREM', KEYS[2], name)
    redis.call('HDEL', KEYS[3], name)
    redis.call('HDEL', KEYS[5], name, name .. '\nrun', name .. '\nfailures', name .. '\ncounted')
    if source == 'toml' then redis.call('SREM', KEYS[6], name) end
    if source == 'code' then redis.call('SREM', KEYS[7], name) end
    gone[#gone + 1] = name
  end
  reply[#reply + 1] = outcome
  reply[#reply + 1] = tonumber(was)
end
if #gone > 0 then
  redis.call('XADD', KEYS[4], 'MAXLEN', '~', ARGV[3], '*', 'revision', revision, 'previous', previous,
    'names', table.concat(gone, '\n'))
end
if #late > 0 then
  redis.call('XADD', KEYS[8], 'MAXLEN', '~', ARGV[4], '*', 't', now,
    'term', redis.call('HGET', KEYS[1], 'term') or 0, 'o', cjson.encode(late), 'x', '')
end
return reply
