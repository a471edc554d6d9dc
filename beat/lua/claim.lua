#!lua
-- claim.lua: settle a batch of due entries, each exactly once, if the caller still leads.
--
-- KEYS[1]  lease    hash    owner, term, seq, until_ms, edits
-- KEYS[2]  due      zset    entry name -> instant to act, ms
-- KEYS[3]  entries  hash    entry name -> '<revision> <source> <state>\n<record>'
-- KEYS[4]  ledger   stream  outcomes
-- KEYS[5…] the key of each form, in order; KEYS[1] again where the key comes with the write
-- ARGV[1…7]  owner, term, seq and edits as far as the caller saw them, lease ms, ledger lines to keep,
--            outcomes (JSON, one an item)
-- ARGV[8]  batch, MessagePack: [forms, kinds, names, the kind of each item, tails]
-- form   [command, fixed word …];  kind  [due, next due ('' = none), shape]
-- shape  f > 0: one write of form f with one tail; 0: no write; -k: k writes, in the tails form, count, words …
--
-- Per item: due as expected (a name may come again, chained), not edited since, not early; then its
-- writes, the visible one last; then its cursor. A failing write refuses that item alone; a SET NX
-- that finds its key makes it busy.
-- Returns {'done' | 'fenced' | 'rolled_back', now us, seq, edits, (index from 0, reason, detail) of each refusal}.

local ALLOWED = {XADD = 1, LPUSH = 1, RPUSH = 1, SADD = 1, HSET = 1, HINCRBY = 1, ZADD = 1, SET = 1}
local time = redis.call('TIME')
local now_us = time[1] * 1000000 + time[2]
local now = math.floor(now_us / 1000)

local lease = redis.call('HMGET', KEYS[1], 'owner', 'term', 'seq', 'edits')
local seq, edits, known = tonumber(lease[3] or 0), tonumber(lease[4] or 0), tonumber(ARGV[4])
if lease[1] ~= ARGV[1] or lease[2] ~= ARGV[2] then return {'fenced', now_us, seq, edits} end
if seq < tonumber(ARGV[3]) or edits < known then return {'rolled_back', now_us, seq, edits} end
redis.call('XLEN', KEYS[4]) -- a ledger of a wrong type ends the script here, before any write

local forms, kinds, names, which, tails = unpack(cmsgpack.unpack(ARGV[8]))
if #names > 3500 then return redis.error_reply('ERR too many items in one claim') end -- unpack takes 8,000 words
for f, form in ipairs(forms) do
  if not ALLOWED[form[1]] then return redis.error_reply('ERR command not allowed: ' .. form[1]) end
  if KEYS[4 + f] ~= KEYS[1] then table.insert(form, 2, KEYS[4 + f]) end
  form.words = #form
  form.full = string.find(KEYS[4 + f], ':beat:out:', 1, true) and redis.call('XLEN', KEYS[4 + f]) >= 100000
end
local scores = redis.call('ZMSCORE', KEYS[2], unpack(names))
redis.call('HSET', KEYS[1], 'seq', seq + 1, 'until_ms', now + tonumber(ARGV[5]))

local function write(form, first, count)
  if form.full then return {err = 'the outbox is full: 100000 fires wait for this target'} end
  for w = 1, count do form[form.words + w] = tails[first + w - 1] end
  return redis.pcall(unpack(form, 1, form.words + count))
end

local reply, missed, cursor, adds, removes, tail = {'done', now_us, seq + 1, edits}, {}, {}, {}, {}, 1
for i, name in ipairs(names) do
  local kind, why, detail = kinds[which[i]], nil, ''
  local due, shape = cursor[name] or scores[i] or '', kind[3]
  if due ~= kind[1] then why, detail = 'stale', due
  elseif tonumber(due) > now then why = 'early'
  elseif edits ~= known and tonumber(string.match(redis.call('HGET', KEYS[3], name) or '', '^%d+') or known + 1) > known then
    why = 'changed'
  end
  local form, count = shape, 1
  for _ = 1, shape < 0 and -shape or (shape > 0 and 1 or 0) do
    if shape < 0 then form, count, tail = tails[tail], tails[tail + 1], tail + 2 end
    local done = why and 'refused' or write(forms[form], tail, count)
    if not done then why = 'busy'
    elseif type(done) == 'table' and done.err then why, detail = 'failed', done.err end
    tail = tail + count
  end
  if why then
    missed[#missed + 1] = i - 1
    for _, fact in ipairs({i - 1, why, detail}) do table.insert(reply, fact) end
  else
    cursor[name] = kind[2]
    if kind[2] == '' then removes[#removes + 1] = name
    else adds[#adds + 1] = kind[2]; adds[#adds + 1] = name end
  end
end
if #adds > 0 then redis.call('ZADD', KEYS[2], unpack(adds)) end
if #removes > 0 then redis.call('ZREM', KEYS[2], unpack(removes)) end
if #missed < #names then redis.call('XADD', KEYS[4], 'MAXLEN', '~', ARGV[6], '*',
  't', now, 'term', ARGV[2], 'o', ARGV[7], 'x', table.concat(missed, ' ')) end
return reply
