#!lua flags=allow-oom
-- sweep.lua: put back what is held under names that no worker has any more.
-- A command of a worker that was given up may reach the server so late that
-- it is handed messages after that; nobody else would ever look for them.
--
-- KEYS[1]  beats    hash    worker -> its last proof to be alive
-- KEYS[2…] streams  stream  queues
-- ARGV[1]  idle     int     ms that such a name must have been silent
-- ARGV[2]  limit    int     how many messages of a name to move at most
--
-- Returns  how many messages were put back.

-- include moving
local moved = 0
for index = 2, #KEYS do
  local consumers = redis.pcall('XINFO', 'CONSUMERS', KEYS[index], 'workers')
  for _, flat in ipairs(consumers.err and {} or consumers) do
    local found = {}
    for at = 1, #flat, 2 do
      found[flat[at]] = flat[at + 1]
    end
    if found['idle'] >= tonumber(ARGV[1]) and redis.call('HEXISTS', KEYS[1], found['name']) == 0 then
      moved = moved + move(KEYS[index], found['name'], tonumber(ARGV[2]), 1)
    end
  end
end
return moved
