#!lua flags=allow-oom
-- finish.lua: settle runs of one queue of which nothing follows but results.
--
-- KEYS[1]  beats    hash    worker -> its last proof to be alive
-- KEYS[2]  stream   stream  the queue
-- KEYS[3]  waiting  hash    task id -> bells to put the record on
-- ARGV[1]  worker   str     the one that ran them
-- ARGV[2]  results  str     prefix of the keys of results
-- ARGV[3]  ttl      int     ms that a result is kept
-- ARGV[4]  count    int     how many entries follow
-- ARGV[5…] entries  str     ids of stream entries, then pairs of task id and
--                           record for those that keep a result
--
-- Returns  how many were settled; -1 if others have taken over from this
-- worker, and then nothing was done.

if redis.call('HEXISTS', KEYS[1], ARGV[1]) == 0 then
  return -1
end
local last = 4 + tonumber(ARGV[4])
local settled = redis.call('XACK', KEYS[2], 'workers', unpack(ARGV, 5, last))
redis.call('XDEL', KEYS[2], unpack(ARGV, 5, last))
local prefix, ttl = ARGV[2], ARGV[3]
for index = last + 1, #ARGV, 2 do
  redis.call('SET', prefix .. ARGV[index], ARGV[index + 1], 'PX', ttl)
end
if #ARGV == last or redis.call('EXISTS', KEYS[3]) == 0 then
  return settled
end
for index = last + 1, #ARGV, 2 do
  local bells = redis.call('HGET', KEYS[3], ARGV[index])
  if bells then
    redis.call('HDEL', KEYS[3], ARGV[index])
    for bell in string.gmatch(bells, '[^\n]+') do
      redis.call('RPUSH', bell, string.sub(bell, -1) == '+' and ARGV[index] .. '\n' .. ARGV[index + 1] or ARGV[index + 1])
      redis.call('PEXPIRE', bell, 60000)
    end
  end
end
return settled
