#!lua
-- beat.lua: prove that a worker is alive, and see who else is.
--
-- KEYS[1]  beats   hash  worker -> its last proof
-- ARGV[1]  worker  str
-- ARGV[2]  proof   str   a number that counts up, a colon, the number of the
--                        worker's connection at the server
--
-- Returns  nil if others have taken over from this worker, else the whole
-- hash as a flat list.

if redis.call('HEXISTS', KEYS[1], ARGV[1]) == 0 then
  return nil
end
redis.call('HSET', KEYS[1], ARGV[1], ARGV[2])
return redis.call('HGETALL', KEYS[1])
