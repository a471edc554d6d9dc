#!lua flags=allow-oom
-- release.lua: give a worker up, and put what it holds back on its queues.
-- Called by the worker itself when it leaves, and by another one when it has
-- seen that the worker has not proved to be alive for a whole lease.
--
-- KEYS[1]  beats    hash    worker -> its last proof to be alive
-- KEYS[2]  workers  hash    worker -> what it is (JSON)
-- ARGV[1]  worker   str     the one that goes
-- ARGV[2]  beat     str     the last proof that the caller saw; '' is any
-- ARGV[3]  deaths   int     1: its messages may have killed it
-- ARGV[4]  limit    int     how many messages of a stream to move at most
-- ARGV[5]  alive    str     the key that the worker's settlements watch
--
-- Returns  {moved, 1 if that was all, 0 if there is more}; {0, -1} if it has
-- proved to be alive since. The streams stand in `workers`. It is given up at
-- the first call, however much there is to move: what it did after that
-- counts for nothing.

local beat = redis.call('HGET', KEYS[1], ARGV[1])
local about = redis.call('HGET', KEYS[2], ARGV[1])
if beat and ARGV[2] ~= '' and beat ~= ARGV[2] then
  return {0, -1}
end
-- include moving
redis.call('HDEL', KEYS[1], ARGV[1])
redis.call('DEL', ARGV[5])
local streams = about and cjson.decode(about)['streams'] or {}
local limit, moved, more = tonumber(ARGV[4]), 0, false
for _, stream in ipairs(streams) do
  local ok, count = pcall(move, stream, ARGV[1], limit, tonumber(ARGV[3]))
  if ok then
    moved = moved + count
    more = more or count == limit
  end
end
if more then
  return {moved, 0}
end
redis.call('HDEL', KEYS[2], ARGV[1])
return {moved, 1}
