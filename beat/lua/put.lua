#!lua
-- put.lua: create or change a batch of entries of one source.
--
-- KEYS[1]  lease    hash    edits: the highest revision given out
-- KEYS[2]  due      zset    entry name -> instant to act, ms
-- KEYS[3]  entries  hash    entry name -> '<revision> <source>[@<since>] <state>\n<record>'
-- KEYS[4]  changes  stream  edits
-- KEYS[5]  owned    set     names of the source
-- KEYS[6]  ledger   stream  outcomes
-- ARGV[1…4]  source; 1: keep its names in KEYS[5], 0: do not; lines of the change stream and of the ledger to keep
-- ARGV[5]  asof     int     the dues were reckoned from this instant by a clock that may be wrong; '' = by the server's
-- ARGV[6]  n        int     number of entries; then n names, n records, n dues ('' = not scheduled; else the first
--                           'due/nominal' by the record, ms), n expected revisions ('' = any, '0' = must be new)
--
-- A record that says the same of when keeps its cursor and its since. Else the first time counts that the old record
-- cannot have fired, and what it had not fired yet, while held or not, is noted as "edited".
-- late: no such time is given, or asof is ahead; nothing is changed. Paused stays paused; parked is tried again, from
-- its cursor on if the record is the same. revision = max(edits + 1, now ms): never repeats, even after a fail-over.
-- Returns {now us, value of the last in KEYS[3], its due time, outcome, revision, outcome, revision …}.

local time = redis.call('TIME')
local now_us = time[1] * 1000000 + time[2]
local now = math.floor(now_us / 1000)
local asof, n = tonumber(ARGV[5]), tonumber(ARGV[6])
local names, records, dues, expected = 6, 6 + n, 6 + 2 * n, 6 + 3 * n
local previous = tonumber(redis.call('HGET', KEYS[1], 'edits') or 0)
local revision = math.max(previous + 1, now)
local text = string.format('%.0f', revision)

-- include unsettled
local function when(record) -- what a record says of when, as text
  local readable, facts = pcall(cjson.decode, record)
  return readable and facts.schedule and cjson.encode({facts.schedule, facts.jitter_ms or 0, facts.start_ms or 0,
    facts.until_ms or 0, tostring(facts.enabled)}) or record
end

local reply, changed, late = {now_us, false, false}, {}, {}
local old = redis.call('HMGET', KEYS[3], unpack(ARGV, names + 1, names + n))
for i = 1, n do
  local name, record, outcome, state = ARGV[names + i], ARGV[records + i], 'created', ''
  local was, source, since, body = '0', ARGV[1], '', nil
  if old[i] then
    was, source, since, state, body = string.match(old[i], '^(%d+) (%a+)@?(%d*) ([^\n]*)\n(.*)$')
    outcome = 'changed'
  end
  if source ~= ARGV[1] then outcome = 'foreign'
  elseif ARGV[expected + i] ~= '' and ARGV[expected + i] ~= was then outcome = 'conflict'
  elseif body == record and not string.find(state, '"parked"') then outcome = 'unchanged'
  else
    local cursor, parked = body and tonumber(redis.call('ZSCORE', KEYS[2], name)), string.find(state, '"parked"')
    if state ~= '' then cursor = tonumber(string.match(state, '"cursor_ms":(%d+)') or '') end
    if parked then state = '' end
    local kept = cursor and (body == record or not parked and when(body) == when(record))
    local first, base, last, least = nil, nil, revision, (body or asof) and math.min(cursor or now + 1, now + 1) or 0
    for ms, nominal in string.gmatch(ARGV[dues + i], '(%d+)/(%d+)') do
      if not base or base < least then first, base = ms, tonumber(nominal) end
    end
    if kept and state == '' and base then first, base = cursor, cursor end
    if state == '' then last = math.min(now, (base or now + 1) - 1) end
    if (asof or 0) > now or state == '' and base and base < least then outcome = 'late'
    else
      local from = cursor and not kept and unsettled(KEYS[6], name, cursor, body, last, state, tonumber(since) or was)
      if from and from <= last then late[#late + 1] = {name, from, 'skipped', 'edited', last} end
      was, since = text, kept and '@' .. (since ~= '' and since or was) or ''
      if #changed == 0 then redis.call('HSET', KEYS[1], 'edits', text) end
      redis.call('HSET', KEYS[3], name, text .. ' ' .. source .. since .. ' ' .. state .. '\n' .. record)
      if ARGV[dues + i] == '' then redis.call('ZREM', KEYS[2], name)
      elseif state == '' then redis.call('ZADD', KEYS[2], first, name) end
      if ARGV[2] == '1' then redis.call('SADD', KEYS[5], name) end
      changed[#changed + 1] = name
    end
  end
  for _, fact in ipairs({outcome, tonumber(was)}) do table.insert(reply, fact) end
end
if #changed > 0 then redis.call('XADD', KEYS[4], 'MAXLEN', '~', ARGV[3], '*', 'revision', text, 'previous', previous,
  'names', table.concat(changed, '\n')) end
if #late > 0 then redis.call('XADD', KEYS[6], 'MAXLEN', '~', ARGV[4], '*', 't', now,
  'term', redis.call('HGET', KEYS[1], 'term') or 0, 'o', cjson.encode(late), 'x', '') end
if n > 0 then reply[2], reply[3] = redis.call('HGET', KEYS[3], ARGV[names + n]), redis.call('ZSCORE', KEYS[2], ARGV[names + n]) end
return reply
