#!lua
-- open.lua: set up gates, before the messages that will pass them are sent.
--
-- KEYS[1]  waiting  hash    task id -> bells; its name tells all others
-- ARGV[1…] writes           see flow.lua
--
-- Returns  how many arguments there were.

local base = string.match(KEYS[1], '^(.*)waiting$')
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
-- include gates
-- include flow
local at = 1
while at <= #ARGV do
  at = flow[ARGV[at]](at)
end
return #ARGV
