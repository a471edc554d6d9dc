#!lua
-- send.lua: make writes that no schedule asks for, and note their outcomes.
--
-- KEYS[1]  ledger   stream  outcomes
-- KEYS[2…] the key of each form, in order; KEYS[1] where the key comes with the write
-- ARGV[1…3] ledger lines to keep, outcomes (JSON, one an item), number of forms;
--          then each form: words, command, fixed words …
-- then the number of items, and for each: number of writes; each write: form, count, words …
--
-- Every item is on its own: a failing write refuses it alone, its earlier writes stay.
-- Returns {now us, (index from 0, error) of each refusal}.

local ALLOWED = {XADD = 1, LPUSH = 1, RPUSH = 1, SADD = 1, HSET = 1, ZADD = 1, SET = 1}
local time = redis.call('TIME')
local now_us = time[1] * 1000000 + time[2]
redis.call('XLEN', KEYS[1]) -- a ledger of a wrong type ends the script here, before any write

local forms, at = {}, 4
for f = 1, tonumber(ARGV[3]) do
  local words = tonumber(ARGV[at])
  if not ALLOWED[ARGV[at + 1]] then return redis.error_reply('ERR command not allowed: ' .. ARGV[at + 1]) end
  forms[f] = {ARGV[at + 1]}
  if KEYS[1 + f] ~= KEYS[1] then forms[f][2] = KEYS[1 + f] end
  for w = 2, words do table.insert(forms[f], ARGV[at + w]) end
  at = at + words + 1
end

local reply, missed, n = {now_us}, {}, tonumber(ARGV[at])
at = at + 1
for i = 1, n do
  local failure
  local writes = tonumber(ARGV[at])
  at = at + 1
  for _ = 1, writes do
    local command, count = {unpack(forms[tonumber(ARGV[at])])}, tonumber(ARGV[at + 1])
    for w = 1, count do table.insert(command, ARGV[at + 1 + w]) end
    at = at + 2 + count
    local done = failure and 'refused' or redis.pcall(unpack(command))
    if not done then failure = 'there already'
    elseif type(done) == 'table' and done.err then failure = done.err end
  end
  if failure then
    missed[#missed + 1] = i - 1
    table.insert(reply, i - 1)
    table.insert(reply, failure)
  end
end

if #missed < n then
  redis.call('XADD', KEYS[1], 'MAXLEN', '~', ARGV[1], '*', 't', math.floor(now_us / 1000), 'term', 0,
    'o', ARGV[2], 'x', table.concat(missed, ' '))
end
return reply
