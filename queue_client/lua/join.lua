#!lua flags=allow-oom
-- join.lua: make a worker known and its streams readable.
--
-- KEYS[1]  beats    hash    worker -> its last proof to be alive
-- KEYS[2]  workers  hash    worker -> what it is (JSON)
-- KEYS[3]  queues   set     every stream that has the group
-- KEYS[4]  wake     stream  what workers listen to
-- KEYS[5…] streams  stream  the worker's own
-- ARGV[1]  worker   str     the name it shall have
-- ARGV[2]  about    str     JSON; `streams` in it lists KEYS[5…]
-- ARGV[3]  alive    str     prefix of a key that exists until it is given up
-- ARGV[4]  before   str     the name it had; it keeps that if nobody has given
--                           it up
-- ARGV[5]  number   int     the caller's connection at the server: who is killed
--                           before the first proof is missed by it
--
-- Returns  {name, id of the last entry of `wake`, to listen from there on}.

for index = 5, #KEYS do
  local made = redis.pcall('XGROUP', 'CREATE', KEYS[index], 'workers', '0', 'MKSTREAM')
  if made.err and not string.find(made.err, 'BUSYGROUP', 1, true) then
    return made
  end
  redis.call('SADD', KEYS[3], KEYS[index])
end
local last = redis.call('XREVRANGE', KEYS[4], '+', '-', 'COUNT', 1)[1]
local heard = last and last[1] or '0-0'
if redis.call('HEXISTS', KEYS[1], ARGV[4]) == 1 then
  return {ARGV[4], heard}
end
local time = redis.call('TIME')
redis.call('HSET', KEYS[2], ARGV[1], ARGV[2])
redis.call('HSET', KEYS[1], ARGV[1], '0:' .. ARGV[5] .. ':' .. time[1] .. '000')
redis.call('SET', ARGV[3] .. ARGV[1], 1)
return {ARGV[1], heard}
