#!lua
-- join.lua: make a worker known and its streams readable.
--
-- KEYS[1]  beats    hash    worker -> its last proof to be alive
-- KEYS[2]  workers  hash    worker -> what it is (JSON)
-- KEYS[3]  queues   set     every stream that has the group
-- KEYS[4]  wake     stream  what workers listen to
-- KEYS[5…] streams  stream  the worker's own
-- ARGV[1]  worker   str
-- ARGV[2]  about    str     JSON; `streams` in it lists KEYS[5…]
-- ARGV[3]  alive    str     a key that exists until the worker is given up
--
-- Returns  the id of the last entry of `wake`, to listen from there on.

for index = 5, #KEYS do
  local made = redis.pcall('XGROUP', 'CREATE', KEYS[index], 'workers', '0', 'MKSTREAM')
  if made.err and not string.find(made.err, 'BUSYGROUP', 1, true) then
    return made
  end
  redis.call('SADD', KEYS[3], KEYS[index])
end
redis.call('HSET', KEYS[2], ARGV[1], ARGV[2])
redis.call('HSET', KEYS[1], ARGV[1], '0:0')
redis.call('SET', ARGV[3], 1)
local last = redis.call('XREVRANGE', KEYS[4], '+', '-', 'COUNT', 1)[1]
return last and last[1] or '0-0'
