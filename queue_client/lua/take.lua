#!lua flags=allow-oom
-- take.lua: hand messages of several streams to a worker, those of the first
-- stream first, and not more than it asked for.
--
-- KEYS[1…] streams  stream  in the order to be read
-- ARGV[1]  worker   str
-- ARGV[2]  count    int     how many at most, of all streams together
--
-- Returns  as XREADGROUP does.

local left, found = tonumber(ARGV[2]), {}
for _, stream in ipairs(KEYS) do
  if left <= 0 then
    break
  end
  local reply = redis.call('XREADGROUP', 'GROUP', 'workers', ARGV[1], 'COUNT', left, 'STREAMS', stream, '>')
  if reply then
    found[#found + 1] = reply[1]
    left = left - #reply[1][2]
  end
end
return found
