#!lua flags=allow-oom
-- ring.lua: put the records of tasks that have ended on the bells of those
-- who wait for them.
--
-- KEYS[1]  waiting  hash  task id -> bells, one a line
-- ARGV[1]  results  str   prefix of the keys of results
-- ARGV[2…] ids      str   the tasks that have ended
--
-- Returns  how many bells were rung.

local rung = 0
for index = 2, #ARGV do
  local bells = redis.call('HGET', KEYS[1], ARGV[index])
  local record = bells and redis.call('GET', ARGV[1] .. ARGV[index])
  if record then
    redis.call('HDEL', KEYS[1], ARGV[index])
    for bell in string.gmatch(bells, '[^\n]+') do
      redis.call('RPUSH', bell, string.sub(bell, -1) == '+' and ARGV[index] .. '\n' .. record or record)
      redis.call('PEXPIRE', bell, 60000)
      rung = rung + 1
    end
  end
end
return rung
