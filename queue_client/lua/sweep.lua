#!lua flags=allow-oom
-- sweep.lua: put back what is held under names that no worker has any more.
-- A command of a worker that was given up may reach the server so late that
-- it is handed messages after that; and whoever gave it up may have died
-- before all was moved. Nobody else would ever look for these messages.
--
-- KEYS[1]  beats    hash    worker -> its last proof to be alive
-- KEYS[2]  workers  hash    worker -> what it is (JSON)
-- KEYS[3…] streams  stream  queues
-- ARGV[1]  idle     int     ms that such a name must have been silent
-- ARGV[2]  limit    int     how many messages of a name to move at most
--
-- Returns  {moved, 1 if there may be more}.

-- include moving
local moved, more, limit = 0, 0, tonumber(ARGV[2])
for index = 3, #KEYS do
  local consumers = redis.pcall('XINFO', 'CONSUMERS', KEYS[index], 'workers')
  for _, flat in ipairs(consumers.err and {} or consumers) do
    local found = {}
    for at = 1, #flat, 2 do
      found[flat[at]] = flat[at + 1]
    end
    if found['idle'] >= tonumber(ARGV[1]) and redis.call('HEXISTS', KEYS[1], found['name']) == 0 then
      local count = move(KEYS[index], found['name'], limit, 1)
      moved = moved + count
      more = count == limit and 1 or more
      redis.call('HDEL', KEYS[2], found['name'])
    end
  end
end
return {moved, more}
