#!lua
-- revive.lua: put dead letters back on their queues.
--
-- KEYS[1]  dead     stream  dead letters
-- ARGV[1…] entries  str     ids of its entries
--
-- Returns  how many were put back. Their streams stand in the letters.

local moved = 0
for _, id in ipairs(ARGV) do
  local entry = redis.call('XRANGE', KEYS[1], id, id)[1]
  if entry then
    local letter = {}
    for index = 1, #entry[2], 2 do
      letter[entry[2][index]] = entry[2][index + 1]
    end
    redis.call('XADD', letter['stream'], '*', letter['serializer'], letter['payload'])
    redis.call('XDEL', KEYS[1], id)
    moved = moved + 1
  end
end
return moved
