-- gates.lua: the gates of groups; a part of other scripts, not one itself.
--
-- Needs `base`, the prefix of all keys, and `now`, Unix ms, defined before.
--   <base>gate:<id>    hash  the fields that `writes.gate_fields` lists
--   <base>gate:<id>:p  hash  part number -> result
-- A gate that is not there has opened or failed before: nothing is done.

local function post(stream, serializer, payload, delay, due)
  delay, due = tonumber(delay or 0), tonumber(due or 0)
  if delay == 0 and due == 0 then
    redis.call('XADD', stream, '*', serializer, payload)
    return
  end
  due = due > 0 and due or now + delay
  redis.call('ZADD', base .. 'later', due, stream .. '\n' .. serializer .. '\n' .. payload)
  redis.call('XADD', base .. 'wake', 'MAXLEN', '~', 1000, '*', 'due', string.format('%.0f', due))
end

local function read(gate)
  local flat, meta = redis.call('HGETALL', gate), {}
  for at = 1, #flat, 2 do
    meta[flat[at]] = flat[at + 1]
  end
  redis.call('DEL', gate, gate .. ':p')
  return meta
end

local function fill(meta, kind, content)
  for n = 1, tonumber(meta[kind .. 's'] or 0) do
    local name = kind .. n .. '_'
    local tail = meta[name .. 'tail']
    local payload = tail and meta[name .. 'head'] .. content .. tail or meta[name .. 'head']
    post(meta[name .. 'stream'], meta.serializer, payload, meta[name .. 'delay'], meta[name .. 'due'])
  end
end

local function results(gate, size)
  local frame, parts = redis.call('HMGET', gate, 'open', 'sep', 'close'), {}
  for from = 0, size - 1, 1000 do
    local names = {}
    for index = from, math.min(from + 999, size - 1) do
      names[#names + 1] = index
    end
    for _, part in ipairs(redis.call('HMGET', gate .. ':p', unpack(names))) do
      parts[#parts + 1] = part
    end
  end
  return frame[1] .. table.concat(parts, frame[2]) .. frame[3]
end

local function ring(task, record)
  local bells = redis.call('HGET', base .. 'waiting', task)
  if bells then
    redis.call('HDEL', base .. 'waiting', task)
    for bell in string.gmatch(bells, '[^\n]+') do
      redis.call('RPUSH', bell, string.sub(bell, -1) == '+' and task .. '\n' .. record or record)
      redis.call('PEXPIRE', bell, 60000)
    end
  end
end

local function conclude(task, record, ttl)
  redis.call('SET', base .. 'r:' .. task, record, 'PX', ttl)
  ring(task, record)
end
