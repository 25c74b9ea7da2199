-- One page of a timeline, newest first, with the coverage as it is at the same instant.
--
-- KEYS  head entries order deleted
-- ARGV  limit, before_ms and before_id (both empty: from the newest), with (an entry that comes first, or empty), public_only ("1": a
--       private coverage is unknown), most_bytes (of entries, but for one)
-- returns {"ok", coverage, status, cursor, before_end, {entry...}, next_ms, next_id, pinned}, or {error, what}

local head, entries, order, deleted = KEYS[1], KEYS[2], KEYS[3], KEYS[4]
local limit, ms, id, with = tonumber(ARGV[1]), ARGV[2], ARGV[3], ARGV[4]

-- Not the operator: that compares as the store's locale does, a sorted set by bytes.
local function before(one, other)
  for at = 1, math.min(#one, #other) do
    local a, b = string.byte(one, at), string.byte(other, at)
    if a ~= b then return a < b end
  end
  return #one < #other
end

local state = redis.call('HMGET', head, 'coverage', 'status', 'cursor', 'before_end')
-- In JSON a quote in text is escaped, so that this can only be the member itself.
local hidden = ARGV[5] == '1' and state[1] and string.find(state[1], '"visibility":"private"', 1, true)
if not state[1] or hidden then return { 'unknown_coverage' } end

local ids = {}
if limit > 0 then
  if with ~= '' then
    local rank = redis.call('ZREVRANK', order, with)
    if not rank then
      local tombstone = redis.call('HGET', deleted, with)
      return tombstone and { 'entry_deleted', with, tombstone } or { 'unknown_entry', with }
    end
    ids = redis.call('ZREVRANGE', order, rank, rank + limit)
  elseif ms == '' then
    ids = redis.call('ZREVRANGE', order, 0, limit)
  else
    for _, same in ipairs(redis.call('ZREVRANGEBYSCORE', order, ms, ms)) do
      if before(same, id) and #ids <= limit then ids[#ids + 1] = same end
    end
    if #ids <= limit then
      for _, older in ipairs(redis.call('ZREVRANGEBYSCORE', order, '(' .. ms, '-inf', 'LIMIT', 0, limit + 1 - #ids)) do
        ids[#ids + 1] = older
      end
    end
  end
end

local next_ms, next_id = '', ''
if #ids > limit then
  ids[#ids] = nil
  next_id = ids[#ids]
  next_ms = redis.call('ZSCORE', order, next_id)
end

-- Entries that are too long for one page together leave the rest for the next.
local found, size, most = {}, 0, tonumber(ARGV[6])
for number, entry in ipairs(ids) do
  local data = redis.call('HGET', entries, entry)
  size = size + #data
  if number > 1 and size > most then
    next_id = ids[number - 1]
    next_ms = redis.call('ZSCORE', order, next_id)
    break
  end
  found[number] = data
end
local pinned = false
local pin = string.find(state[1], '"pin":"', 1, true) and cjson.decode(state[1]).pin
if pin then pinned = redis.call('HGET', entries, pin) end
return { 'ok', state[1], state[2], state[3], state[4], found, next_ms, next_id, pinned }
