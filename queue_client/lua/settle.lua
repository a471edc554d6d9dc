#!lua flags=allow-oom
-- settle.lua: settle one run and do all that follows from it, or nothing.
--
-- KEYS[1]  beats    hash    worker -> its last proof to be alive
-- KEYS[2]  stream   stream  the queue
-- KEYS[3]  record   string  where the record goes
-- KEYS[4]  waiting  hash    task id -> bells to put the record on
-- KEYS[5]  later    zset    member -> Unix ms
-- KEYS[6]  wake     stream  what workers listen to, capped
-- KEYS[7]  dead     stream  dead letters, capped
-- KEYS[8]  unique   string  a key to free if it is this task's
-- KEYS[9]  suspects hash    task id -> how often it was started after a death
-- ARGV[1]  worker   str     the one that ran it
-- ARGV[2]  entry    str     id of the stream entry
-- ARGV[3]  task id  str
-- ARGV[4]  record   bytes   '' is none
-- ARGV[5]  ttl      int     ms that the record is kept
-- ARGV[6]  final    int     1: the task has ended, so ring the bells
-- ARGV[7…] writes           'send' stream serializer payload
--                           'later' delay due stream serializer payload
--                           'bury' count field value …
--                           and those of flow.lua
--
-- Returns  1; 0 if it was not this worker's to settle any more. If a write
-- cannot be done, those after it are not, and the message is a dead letter.

if redis.call('HEXISTS', KEYS[1], ARGV[1]) == 0
  or redis.call('XACK', KEYS[2], 'workers', ARGV[2]) == 0 then
  return 0
end
redis.call('HDEL', KEYS[9], ARGV[3])
if ARGV[4] ~= '' then
  redis.call('SET', KEYS[3], ARGV[4], 'PX', ARGV[5])
end
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local base = string.match(KEYS[4], '^(.*)waiting$')
-- include gates
-- include flow
-- include unsettled
local function write(at)
  local verb = ARGV[at]
  if verb == 'send' then
    redis.call('XADD', ARGV[at + 1], '*', ARGV[at + 2], ARGV[at + 3])
    return at + 4
  elseif verb == 'later' then
    post(ARGV[at + 3], ARGV[at + 4], ARGV[at + 5], ARGV[at + 1], ARGV[at + 2])
    return at + 6
  elseif flow[verb] then
    return flow[verb](at)
  end
  local count = tonumber(ARGV[at + 1])
  redis.call('XADD', KEYS[7], 'MAXLEN', '~', 10000, '*', unpack(ARGV, at + 2, at + 1 + count))
  return at + 2 + count
end
local at, ok = 7, true
while ok and at <= #ARGV do
  ok, at = pcall(write, at)
end
if not ok then
  unsettled(KEYS[2], ARGV[2], ARGV[3], at)
end
redis.call('XDEL', KEYS[2], ARGV[2])
if redis.call('GET', KEYS[8]) == ARGV[3] then
  redis.call('DEL', KEYS[8])
end
if ARGV[6] == '1' and ARGV[4] ~= '' then
  ring(ARGV[3], ARGV[4])
end
return 1
