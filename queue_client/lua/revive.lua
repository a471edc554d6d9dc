#!lua
-- revive.lua: put dead letters back on their queues.
--
-- KEYS[1]  dead     stream  dead letters
-- ARGV[1]  results  str     prefix of the keys of results
-- ARGV[2…] letters          id of an entry, and the payload to send
--
-- Returns  how many were put back. Their streams stand in the letters; what
-- is known of their tasks' ends is forgotten.

local moved = 0
for index = 2, #ARGV, 2 do
  local entry = redis.call('XRANGE', KEYS[1], ARGV[index], ARGV[index])[1]
  local letter = {}
  for at = 1, entry and #entry[2] or 0, 2 do
    letter[entry[2][at]] = entry[2][at + 1]
  end
  if letter['stream'] and letter['stream'] ~= '' then
    redis.call('XADD', letter['stream'], '*', letter['serializer'], ARGV[index + 1])
    redis.call('XDEL', KEYS[1], ARGV[index])
    redis.call('DEL', ARGV[1] .. letter['id'])
    moved = moved + 1
  end
end
return moved
