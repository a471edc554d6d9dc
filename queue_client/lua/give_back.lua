#!lua flags=allow-oom
-- give_back.lua: return messages that a worker has not started to the end of
-- their queue, where any worker can take them at once.
--
-- KEYS[1]  stream   stream  the queue
-- KEYS[2]  beats    hash    worker -> its last proof to be alive
-- ARGV[1]  worker   str     the one that holds them
-- ARGV[2…] entries  str     ids of stream entries
--
-- Returns  how many were given back.

if redis.call('HEXISTS', KEYS[2], ARGV[1]) == 0 then
  return 0
end
local moved = 0
for index = 2, #ARGV do
  local entry = redis.call('XRANGE', KEYS[1], ARGV[index], ARGV[index])[1]
  if entry and redis.call('XACK', KEYS[1], 'workers', ARGV[index]) == 1 then
    redis.call('XADD', KEYS[1], '*', unpack(entry[2]))
    redis.call('XDEL', KEYS[1], ARGV[index])
    moved = moved + 1
  end
end
return moved
