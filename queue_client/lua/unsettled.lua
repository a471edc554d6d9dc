-- unsettled.lua: the dead letter of a failed settlement; a part of other scripts.
-- Needs `base`, the prefix of all keys.

local function unsettled(stream, entry, task, error)
  local found = redis.call('XRANGE', stream, entry, entry)[1]
  if found then
    redis.call('XADD', base .. 'dead', '*', 'reason', 'unsettled', 'detail',
      type(error) == 'table' and error.err or tostring(error), 'task', '', 'id', task, 'stream', stream,
      'serializer', found[2][1], 'payload', found[2][2], 'traceback', '')
  end
end
