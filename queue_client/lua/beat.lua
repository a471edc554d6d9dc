#!lua
-- beat.lua: prove that a worker is alive, and see who else is.
--
-- KEYS[1]  beats   hash  worker -> how often it has proved to be alive
-- ARGV[1]  worker  str
--
-- Returns  nil if others have taken over from this worker, else the whole
-- hash as a flat list.

if redis.call('HEXISTS', KEYS[1], ARGV[1]) == 0 then
  return nil
end
redis.call('HINCRBY', KEYS[1], ARGV[1], 1)
return redis.call('HGETALL', KEYS[1])
