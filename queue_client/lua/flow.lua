-- flow.lua: what becomes of groups, chords and chains; a part of other
-- scripts, not one itself. Needs what gates.lua needs and has.
--
-- flow[verb](at) does the write whose verb is ARGV[at], and returns where the
-- next one begins:
--   'gate'     id ttl count field value …   set a gate up
--   'part'     gate number value            a result has come
--   'fail'     gate record ttl error        a part has failed
--   'conclude' task record ttl              a task will never run

local function fail(id, record, ttl, error)
  while id ~= '' and redis.call('EXISTS', base .. 'gate:' .. id) == 1 do
    local meta = read(base .. 'gate:' .. id)
    for inner in string.gmatch(meta.inner, '[^\n]+') do
      redis.call('DEL', base .. 'gate:' .. inner, base .. 'gate:' .. inner .. ':p')
    end
    for task in string.gmatch(meta.doomed, '[^\n]+') do
      conclude(task, record, ttl)
    end
    fill(meta, 'err', error)
    id = meta.outer
  end
end

-- Take results for a gate: numbers of parts, each followed by its value.
local function parts(id, fields)
  local gate = base .. 'gate:' .. id
  local size, ttl = unpack(redis.call('HMGET', gate, 'size', 'ttl'))
  if not size then
    return
  end
  redis.call('HSET', gate .. ':p', unpack(fields))
  redis.call('PEXPIRE', gate, ttl)
  redis.call('PEXPIRE', gate .. ':p', ttl)
  if redis.call('HLEN', gate .. ':p') < tonumber(size) then
    return
  end
  local found = results(gate, tonumber(size))
  local known = redis.call('HMGET', gate, 'limit', 'big_record', 'keep', 'big_error')
  if #found > tonumber(known[1]) then
    return fail(id, known[2], known[3], known[4])
  end
  local meta = read(gate)
  fill(meta, 'body', found)
  if meta.index ~= '-1' then
    return parts(meta.outer, { meta.index, meta.fixed or found })
  end
end

local flow = {}

function flow.gate(at)
  local gate, count = base .. 'gate:' .. ARGV[at + 1], tonumber(ARGV[at + 3])
  for from = at + 4, at + 3 + count, 1000 do
    redis.call('HSET', gate, unpack(ARGV, from, math.min(from + 999, at + 3 + count)))
  end
  redis.call('PEXPIRE', gate, ARGV[at + 2])
  return at + 4 + count
end

function flow.part(at)
  parts(ARGV[at + 1], { ARGV[at + 2], ARGV[at + 3] })
  return at + 4
end

function flow.fail(at)
  fail(ARGV[at + 1], ARGV[at + 2], ARGV[at + 3], ARGV[at + 4])
  return at + 5
end

function flow.conclude(at)
  conclude(ARGV[at + 1], ARGV[at + 2], ARGV[at + 3])
  return at + 4
end
