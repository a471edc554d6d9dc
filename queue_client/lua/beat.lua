#!lua flags=allow-oom
-- beat.lua: prove that a worker is alive, and see who else is.
--
-- KEYS[1]  beats   hash    worker -> its last proof
-- KEYS[2]  alive   string  exists until the worker is given up
-- ARGV[1]  worker  str
-- ARGV[2]  proof   str     a number that counts up, a colon, the number of
--                          the worker's connection at the server; a colon and
--                          the Unix ms are added here
--
-- Returns  nil if others have taken over from this worker, else the whole
-- hash as a flat list.

if redis.call('HEXISTS', KEYS[1], ARGV[1]) == 0 then
  return nil
end
local time = redis.call('TIME')
local now = string.format('%.0f', time[1] * 1000 + math.floor(time[2] / 1000))
redis.call('HSET', KEYS[1], ARGV[1], ARGV[2] .. ':' .. now)
if redis.call('EXISTS', KEYS[2]) == 0 then
  redis.call('SET', KEYS[2], 1)
end
return redis.call('HGETALL', KEYS[1])
