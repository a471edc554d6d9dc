#!lua flags=allow-oom
-- rate.lua: give a task the next free slot of its rate limit.
--
-- KEYS[1]  rate      string  the slot after the last one given, Unix us
-- ARGV[1]  interval  int     us between two slots
--
-- Returns  us until the slot; 0 is now.

local time = redis.call('TIME')
local now = time[1] * 1000000 + time[2]
local slot = math.max(now, tonumber(redis.call('GET', KEYS[1]) or 0))
local interval = tonumber(ARGV[1])
local keep = math.ceil((slot + interval - now) / 1000) + 1000
redis.call('SET', KEYS[1], string.format('%.0f', slot + interval), 'PX', string.format('%.0f', keep))
return slot - now
