#!lua
-- put.lua: create or change a batch of entries of one source.
--
-- KEYS[1]  lease    hash    edits: the highest revision given out
-- KEYS[2]  due      zset    entry name -> instant to act, ms
-- KEYS[3]  entries  hash    entry name -> '<revision> <source>[@<since>] <state>\n<record>'
-- KEYS[4]  changes  stream  edits
-- KEYS[5]  owned    set     names of the source
-- KEYS[6]  ledger   stream  outcomes
-- ARGV[1]  source   str
-- ARGV[2]  listed   0 | 1   keep the source's names in KEYS[5]
-- ARGV[3]  keep     int     lines of the change stream to keep
-- ARGV[4]  lines    int     lines of the ledger to keep
-- ARGV[5]  asof     int     the dues were reckoned from this instant by a clock that may be wrong; '' = by the server's
-- ARGV[6]  n        int     number of entries; then n names, n records, n dues ('' = not scheduled),
--                           n expected revisions ('' = any, '0' = must be new)
--
-- An equal record keeps its cursor. What was due by the old record and not fired yet is noted as skipped, "edited".
-- late: the first time by the new record has come already, and the old one's cursor is beyond it, so may have
-- fired that very time; or it is wrong by the server's clock. Nothing is changed; the caller reckons anew.
-- A paused entry stays paused; a parked one gets another chance.
-- revision = max(edits + 1, now ms): never repeats, even after a fail-over that lost writes.
-- Returns {now us, value of the last in KEYS[3], its due time, outcome, revision, outcome, revision …}.

local time = redis.call('TIME')
local now_us = time[1] * 1000000 + time[2]
local now = math.floor(now_us / 1000)
local asof, n = tonumber(ARGV[5]), tonumber(ARGV[6])
local names, records, dues, expected = 6, 6 + n, 6 + 2 * n, 6 + 3 * n
local previous = tonumber(redis.call('HGET', KEYS[1], 'edits') or 0)
local revision = math.max(previous + 1, now)
local text = string.format('%.0f', revision)

local reply, changed, late = {now_us, false, false}, {}, {}
local old = redis.call('HMGET', KEYS[3], unpack(ARGV, names + 1, names + n))
for i = 1, n do
  local name, record, outcome, state = ARGV[names + i], ARGV[records + i], 'created', ''
  local was, source, body = '0', ARGV[1], nil
  if old[i] then
    was, source, state, body = string.match(old[i], '^(%d+) (%a+)@?%d* ([^\n]*)\n(.*)$')
    outcome = 'changed'
  end
  if source ~= ARGV[1] then outcome = 'foreign'
  elseif ARGV[expected + i] ~= '' and ARGV[expected + i] ~= was then outcome = 'conflict'
  elseif body == record then outcome = 'unchanged'
  else
    local due = outcome == 'changed' and state == '' and tonumber(redis.call('ZSCORE', KEYS[2], name) or now + 1)
    local first = tonumber(ARGV[dues + i]) or now + 1
    local wrong = asof and (first <= now or asof > now + 100)
    if wrong or (due and first <= now and first < due) then outcome = 'late'
    else
      was = text
      if due and due <= now and due < first then
        late[#late + 1] = {name, due, 'skipped', 'edited', math.min(now, first - 1)}
      end
      if string.find(state, '"parked"', 1, true) then state = '' end
      if #changed == 0 then redis.call('HSET', KEYS[1], 'edits', text) end
      redis.call('HSET', KEYS[3], name, text .. ' ' .. ARGV[1] .. ' ' .. state .. '\n' .. record)
      if ARGV[dues + i] == '' then redis.call('ZREM', KEYS[2], name)
      elseif state == '' then redis.call('ZADD', KEYS[2], ARGV[dues + i], name) end
      if ARGV[2] == '1' then redis.call('SADD', KEYS[5], name) end
      changed[#changed + 1] = name
    end
  end
  reply[#reply + 1] = outcome
  reply[#reply + 1] = tonumber(was)
end
if #changed > 0 then
  redis.call('XADD', KEYS[4], 'MAXLEN', '~', ARGV[3], '*', 'revision', text, 'previous', previous,
    'names', table.concat(changed, '\n'))
end
if #late > 0 then
  local term = redis.call('HGET', KEYS[1], 'term') or 0
  redis.call('XADD', KEYS[6], 'MAXLEN', '~', ARGV[4], '*', 't', now, 'term', term, 'o', cjson.encode(late), 'x', '')
end
if n > 0 then
  reply[2] = redis.call('HGET', KEYS[3], ARGV[names + n])
  reply[3] = redis.call('ZSCORE', KEYS[2], ARGV[names + n])
end
return reply
