-- The events after a cursor, if the cursor is in the log.
--
-- KEYS  head log deleted
-- ARGV  after, limit, most_bytes (of events, but for the last)
-- returns {"ok", status, tip, {{id, fields}...}, {tombstone or false...}}, or {error, why}

local head, log, deleted = KEYS[1], KEYS[2], KEYS[3]
local after, limit = ARGV[1], tonumber(ARGV[2])

local state = redis.call('HMGET', head, 'status', 'cursor')
if not state[1] then return { 'unknown_coverage' } end
if after == state[2] then return { 'ok', state[1], state[2], {}, {} } end

if #redis.call('XRANGE', log, after, after) == 0 then
  -- XTRIM moves no mark that could be trusted, so the log itself is asked: what is gone from its beginning was
  -- trimmed, what is missing elsewhere was lost with a failed store.
  local first = redis.call('XRANGE', log, '-', '+', 'COUNT', 1)[1]
  local function parts(cursor)
    local ms, seq = string.match(cursor, '(%d+)-(%d+)')
    return tonumber(ms), tonumber(seq)
  end
  if not first then return { 'cursor_lost', 'fork' } end
  local ms, seq = parts(after)
  local first_ms, first_seq = parts(first[1])
  local older = ms < first_ms or (ms == first_ms and seq < first_seq)
  return { 'cursor_lost', older and 'trimmed' or 'fork' }
end

local events, size, most = {}, 0, tonumber(ARGV[3])
repeat
  local some = redis.call('XRANGE', log, '(' .. after, '+', 'COUNT', math.min(limit - #events, 64))
  for _, event in ipairs(some) do
    if size > most then break end
    events[#events + 1], after = event, event[1]
    size = size + #event[2][6]
  end
until #some < 64 or #events >= limit or size > most
-- What was taken down is not given out again by a replay.
local gone = {}
if #events > 0 and redis.call('EXISTS', deleted) == 1 then
  for number, event in ipairs(events) do
    local entry = event[2][8]
    gone[number] = entry ~= '' and redis.call('HGET', deleted, entry) or false
  end
end
return { 'ok', state[1], state[2], events, gone }
