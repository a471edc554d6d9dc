#!lua
-- remove.lua: take fires that have arrived out of an outbox, if the caller's term is still the latest.
--
-- KEYS[1]  lease   hash    term, which a released lease keeps
-- KEYS[2]  outbox  stream  fires for a target elsewhere
-- ARGV[1]  term    int
-- ARGV[2…] place   str     of each fire that has arrived
--
-- Returns how many were there, -1 if another has led since.

if redis.call('HGET', KEYS[1], 'term') ~= ARGV[1] then return -1 end
return redis.call('XDEL', KEYS[2], unpack(ARGV, 2))
