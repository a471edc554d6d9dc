#!lua
-- deliver.lua: put relayed fires on their queue in order, each once, however often they are sent.
--
-- KEYS[1]  mark   hash  of the queue's receiving end: term of the latest leader, count of fires
-- KEYS[2]  seen   zset  id of a fire -> its number, of the last ones
-- KEYS[3]  queue        where the last write of each fire goes
-- ARGV[1…4]  term; a later term that does not count ('' = none); how many ids to keep; for how
--            long after the last fire, ms
-- ARGV[5…]   id, writes (MessagePack: a list of commands) of each fire
--
-- An id seen before is passed over. A write that fails ends the work; the fires before it stay.
-- Returns {'done' | 'fenced' | 'failed', how many fires from the first on are there, how many are new, error}.

local ALLOWED = {XADD = 1, LPUSH = 1, RPUSH = 1, SADD = 1, HSET = 1, ZADD = 1, SET = 1}
local mark = redis.call('HMGET', KEYS[1], 'term', 'count')
local term, count = tonumber(ARGV[1]), tonumber(mark[2] or 0)
if tonumber(mark[1] or 0) > term and mark[1] ~= ARGV[2] then return {'fenced', 0, 0, mark[1]} end

local function written(commands)
  for _, words in ipairs(commands) do
    if not ALLOWED[words[1]] then return 'ERR command not allowed: ' .. words[1] end
    local done = redis.pcall(unpack(words))
    if type(done) == 'table' and done.err then return done.err end
  end
end

local before, there, failure = count, 0, nil
for at = 5, #ARGV, 2 do
  if not redis.call('ZSCORE', KEYS[2], ARGV[at]) then
    failure = written(cmsgpack.unpack(ARGV[at + 1]))
    if failure then break end
    count = count + 1
    redis.call('ZADD', KEYS[2], count, ARGV[at])
  end
  there = there + 1
end

redis.call('HSET', KEYS[1], 'term', ARGV[1], 'count', count)
redis.call('ZREMRANGEBYRANK', KEYS[2], 0, -1 - tonumber(ARGV[3]))
redis.call('PEXPIRE', KEYS[1], ARGV[4])
redis.call('PEXPIRE', KEYS[2], ARGV[4])
return {failure and 'failed' or 'done', there, count - before, failure or ''}
