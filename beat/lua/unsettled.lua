-- unsettled.lua: tells from when on an entry has no word in the ledger yet; a part of other scripts.
--
-- That is the nominal time which its cursor is of. Where jitter made the cursor later, nobody here can reckon it: it is
-- later than the last one that the ledger's newest lines have a word on, and not earlier than the jitter before the cursor.
-- An entry whose schedule was changed while it was paused has its words until then; the cursor in its state is of no use.

local LINES = 100
local settled -- entry name -> the last nominal time with a word on it; read once, where it is needed

local function read(ledger)
  settled = {}
  for _, line in ipairs(redis.call('XREVRANGE', ledger, '+', '-', 'COUNT', LINES)) do
    local fields, refused, place, fire = {}, {}, 0, 0
    for f = 1, #line[2], 2 do fields[line[2][f]] = line[2][f + 1] end
    for gone in string.gmatch(fields.x or '', '%d+') do refused[tonumber(gone)] = true end
    local readable, outcomes = pcall(cjson.decode, fields.o)
    for _, each in ipairs(readable and outcomes or {}) do
      if type(each) == 'number' then fire = each
      else
        local name, nominal, kind, _, last = each, fire, nil, nil, nil
        if type(each) == 'table' then name, nominal, kind, _, last = unpack(each) end
        local word = not kind or kind == 'fired' or kind == 'skipped'
        if word and not refused[place] then settled[name] = math.max(settled[name] or 0, last or nominal) end
        place = place + 1
      end
    end
  end
end

local function unsettled(ledger, name, cursor, record, now, state, changed)
  local held = string.match(state, '"since_ms":(%d+)')
  if held and tonumber(changed) > tonumber(held) then return changed + 1 end
  local first = cursor - tonumber(string.match(record, '"jitter_ms":(%d+)') or 0)
  if first == cursor or first > now then return first end
  if not settled then read(ledger) end
  return math.max(first, (settled[name] or 0) + 1)
end
