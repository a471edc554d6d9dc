-- moving.lua: what a worker holds goes back to its queue; a part of other
-- scripts, not one itself.
--
-- move(stream, worker, limit, deaths) puts at most `limit` messages that the
-- worker holds at the end of the stream, as new entries, and returns how many
-- it has found. `deaths` is added to how many workers died with them.

local function move(stream, worker, limit, deaths)
  local held = redis.call('XPENDING', stream, 'workers', '-', '+', limit, worker)
  for _, item in ipairs(held) do
    local entry = redis.call('XRANGE', stream, item[1], item[1])[1]
    if entry then
      local fields = entry[2]
      local suspects = tonumber(fields[4] or 0) or 0
      if suspects + deaths > 0 then
        redis.call('XADD', stream, '*', fields[1], fields[2], 'suspect', suspects + deaths)
      else
        redis.call('XADD', stream, '*', fields[1], fields[2])
      end
      redis.call('XDEL', stream, item[1])
    end
    redis.call('XACK', stream, 'workers', item[1])
  end
  if #held < limit then
    redis.call('XGROUP', 'DELCONSUMER', stream, 'workers', worker)
  end
  return #held
end
