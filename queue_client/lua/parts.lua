#!lua flags=allow-oom
-- parts.lua: settle runs of one queue that are parts of one gate, and of which
-- nothing else follows but results. What settle.lua does for each, in one go.
--
-- KEYS[1]  beats    hash    worker -> its last proof to be alive
-- KEYS[2]  stream   stream  the queue
-- KEYS[3]  waiting  hash    task id -> bells to put the record on
-- ARGV[1]  worker   str     the one that ran them
-- ARGV[2]  results  str     prefix of the keys of results
-- ARGV[3]  ttl      int     ms that a result is kept
-- ARGV[4]  gate     str     its id
-- ARGV[5…] runs             of each: entry, task id, record ('' is none),
--                           number of the part, value
--
-- Returns  how many were settled, without those that were not this worker's
-- any more; -1 if others have taken over from it, and then nothing was done.
-- If the gate cannot be opened, the last run's message is a dead letter.

if redis.call('HEXISTS', KEYS[1], ARGV[1]) == 0 then
  return -1
end
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local base = string.match(KEYS[3], '^(.*)waiting$')
-- include gates
-- include flow
-- include unsettled
local entries, fields, kept = {}, {}, {}
for at = 5, #ARGV, 5 do
  if redis.call('XACK', KEYS[2], 'workers', ARGV[at]) == 1 then
    entries[#entries + 1] = ARGV[at]
    fields[#fields + 1], fields[#fields + 2] = ARGV[at + 3], ARGV[at + 4]
    if ARGV[at + 2] ~= '' then
      redis.call('SET', ARGV[2] .. ARGV[at + 1], ARGV[at + 2], 'PX', ARGV[3])
    end
    kept[#kept + 1] = at
  end
end
if #entries == 0 then
  return 0
end
local ok, error = pcall(parts, ARGV[4], fields)
if not ok then
  unsettled(KEYS[2], entries[#entries], ARGV[kept[#kept] + 1], error)
end
redis.call('XDEL', KEYS[2], unpack(entries))
if redis.call('EXISTS', KEYS[3]) == 1 then
  for _, at in ipairs(kept) do
    if ARGV[at + 2] ~= '' then
      ring(ARGV[at + 1], ARGV[at + 2])
    end
  end
end
return #entries
