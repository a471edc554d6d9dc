-- message.lua: puts the message of a fire together from the pieces of its pattern; a part of other scripts.
--
-- pattern  [form, pieces, places among them to fill, what with: 1 the item's id, 2 its name, 3 the next own word];
--          [form, pieces] alone: the id after the first piece and the name after the second, the usual case
-- own      the own words of all items, in order

local word = 0
local function message(pattern, id, name, own)
  local pieces, places, slots = pattern[2], pattern[3], pattern[4]
  if not places then return pieces[1] .. id .. pieces[2] .. name .. pieces[3] end
  for p, place in ipairs(places) do
    if slots[p] == 3 then word = word + 1 end
    pieces[place] = slots[p] == 1 and id or slots[p] == 2 and name or own[word]
  end
  return table.concat(pieces)
end

