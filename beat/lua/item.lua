-- item.lua: settles an item of a claim that is not quite plain, and tells which are; a part of other scripts.
--
-- Uses what claim.lua has read: forms, patterns, names, scores, ids, own, tails, cursor, edits, known.

local tail = 1

-- Returns the words of a kind's write and the pieces of its message, if all that is left to check is its items' due times.
local function plain(kind)
  local pattern = patterns[kind[3]]
  local form = pattern and forms[pattern[1]]
  if not form or pattern[3] or form[1] ~= 'XADD' or form.words ~= 4 or form.full then return end
  if kind.early or edits ~= known then return end
  return form[1], form[2], form[3], form[4], unpack(pattern[2])
end

-- Makes the writes of any item; returns why not, if it is refused, and the detail.
local function settle(i, name, kind)
  local due, pattern = cursor[name] or scores[i] or '', patterns[kind[3]]
  local why, detail, form, words, counted = nil, ''
  if due ~= kind[1] then why, detail = 'stale', due
  elseif kind.early then why = 'early'
  elseif edits ~= known and tonumber(string.match(redis.call('HGET', KEYS[3], name) or '', '^%d+') or known + 1) > known then
    why = 'changed'
  end
  for _ = 1, pattern and 1 or -kind[3] do
    form = forms[pattern and pattern[1] or tails[tail]]
    words = form.words + (pattern and 1 or tails[tail + 1])
    if pattern then form[words] = message(pattern, sub(ids, 36 * i - 35, 36 * i), name, own)
    else
      if form[1] == 'HINCRBY' and not why then counted = form end
      for w = form.words + 1, words do form[w] = tails[tail + 1 + w - form.words] end
      tail = tail + 2 + words - form.words
    end
    local done = why and 'refused' or form.full and FULL or pcall(unpack(form, 1, words))
    if not done then why = 'busy' elseif type(done) == 'table' and done.err then why, detail = 'failed', done.err end
  end
  if not why then cursor[name] = kind[2] elseif counted then pcall('HINCRBY', counted[2], counted[3], -counted[4]) end
  return why, detail
end
