#!lua
-- claim.lua: settle a batch of due entries, each exactly once, if the caller still leads.
--
-- KEYS[1]  lease    hash    owner, term, seq, until_ms, edits
-- KEYS[2]  due      zset    entry name -> instant to act, ms
-- KEYS[3]  entries  hash    entry name -> '<revision> <source>[@<since>] <state>\n<record>'
-- KEYS[4]  ledger   stream  outcomes
-- KEYS[5…] the key of each form, in order; KEYS[1] again where the key comes with the write
-- ARGV[1…7]  owner, term, seq and edits as far as the caller saw them, lease ms, ledger lines to keep, outcomes (JSON)
-- ARGV[8]  batch, MessagePack: [forms, patterns, kinds, names, runs, ids of 36 bytes, own words, tails]
-- form   [command, fixed word …];  kind [due, next due ('' = none), shape];  patterns: see message.lua
-- runs   kind, how many items of it come in a row, and so on
-- shape  p > 0: one write, a message of pattern p;  -k: k writes, in the tails: form, count, words …
--
-- Per item: due as expected (a name may come again, chained, if it has no pattern), not edited since, not
-- early; then its writes, the visible one last; then its cursor. A failing write refuses that item alone; a
-- SET NX that finds its key makes it busy. What it counted by HINCRBY, one a fire at most, is taken back.
-- Returns {'done' | 'fenced' | 'rolled_back', now us, seq, edits, (index from 0, reason, detail) of each refusal}.

local ALLOWED = {XADD = 1, LPUSH = 1, RPUSH = 1, SADD = 1, HSET = 1, HINCRBY = 1, ZADD = 1, SET = 1}
local FULL = {err = 'the outbox is full: 100000 fires wait for this target'}
-- include message
local time = redis.call('TIME')
local now_us, now = time[1] * 1000000 + time[2], time[1] * 1000 + math.floor(time[2] / 1000)

local lease = redis.call('HMGET', KEYS[1], 'owner', 'term', 'seq', 'edits')
local seq, edits, known = tonumber(lease[3] or 0), tonumber(lease[4] or 0), tonumber(ARGV[4])
if lease[1] ~= ARGV[1] or lease[2] ~= ARGV[2] then return {'fenced', now_us, seq, edits} end
if seq < tonumber(ARGV[3]) or edits < known then return {'rolled_back', now_us, seq, edits} end
redis.call('XLEN', KEYS[4]) -- a ledger of a wrong type ends the script here, before any write

local forms, patterns, kinds, names, runs, ids, own, tails = unpack(cmsgpack.unpack(ARGV[8]))
if #names > 3500 then return redis.error_reply('ERR too many items in one claim') end -- unpack takes 8,000 words
for f, form in ipairs(forms) do
  if not ALLOWED[form[1]] then return redis.error_reply('ERR command not allowed: ' .. form[1]) end
  if KEYS[4 + f] ~= KEYS[1] then table.insert(form, 2, KEYS[4 + f]) end
  form.words = #form
  form.full = string.find(KEYS[4 + f], ':beat:out:', 1, true) and redis.call('XLEN', KEYS[4 + f]) >= 100000
end
for _, kind in ipairs(kinds) do kind.early = tonumber(kind[1]) > now end
local scores = redis.call('ZMSCORE', KEYS[2], unpack(names))
redis.call('HSET', KEYS[1], 'seq', seq + 1, 'until_ms', now + tonumber(ARGV[5]))

local reply, missed, cursor, moves, removes = {'done', now_us, seq + 1, edits}, {}, {}, {}, {}
local pcall, sub, count, i = redis.pcall, string.sub, 0, 0
-- include item
for r = 1, #runs, 2 do
  local kind = kinds[runs[r]]
  local due, follower, command, key, id, field, head, middle, foot = kind[1], kind[2], plain(kind)
  for _ = 1, runs[r + 1] do
    i = i + 1
    local name, why, detail = names[i], nil, ''
    if command and scores[i] == due then -- nearly all: as short as can be
      local done = pcall(command, key, id, field, head .. sub(ids, 36 * i - 35, 36 * i) .. middle .. name .. foot)
      if type(done) == 'table' then why, detail = 'failed', done.err end
    else why, detail = settle(i, name, kind) end
    if why then
      missed[#missed + 1] = i - 1
      for _, fact in ipairs({i - 1, why, detail}) do table.insert(reply, fact) end
    elseif follower == '' then removes[#removes + 1] = name
    else moves[count + 1], moves[count + 2], count = follower, name, count + 2 end
  end
end
if count > 0 then redis.call('ZADD', KEYS[2], unpack(moves)) end
if #removes > 0 then redis.call('ZREM', KEYS[2], unpack(removes)) end
if #missed < #names then redis.call('XADD', KEYS[4], 'MAXLEN', '~', ARGV[6], '*',
  't', now, 'term', ARGV[2], 'o', ARGV[7], 'x', table.concat(missed, ' ')) end
return reply
