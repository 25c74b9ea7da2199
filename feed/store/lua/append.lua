-- Appends events to a coverage's log and brings its timeline up to date: all of it, or nothing.
-- It checks everything first and writes afterwards, so an error leaves no trace.
--
-- KEYS  head log entries order deleted news scheduled live ended once history...
--       once is the head again when the request carries no key; one history key for each operation
-- ARGV  coverage digest ttl_s log_length, then six for each operation: type entry score revision data status
-- returns {"ok", cursor...} with one cursor for each operation, {"replay", cursor/entry/revision...} the same for what
-- an earlier request with the key did, or {error, what, expected, actual}

local head, log, entries, order, deleted, news = KEYS[1], KEYS[2], KEYS[3], KEYS[4], KEYS[5], KEYS[6]
local index = { scheduled = KEYS[7], live = KEYS[8], ended = KEYS[9] }
local once, histories = KEYS[10], 10
local coverage, digest, ttl, log_length = ARGV[1], ARGV[2], tonumber(ARGV[3]), tonumber(ARGV[4])

local operations = {}
for at = 5, #ARGV, 6 do
  operations[#operations + 1] = {
    type = ARGV[at], entry = ARGV[at + 1], score = ARGV[at + 2],
    revision = tonumber(ARGV[at + 3]), data = ARGV[at + 4], status = ARGV[at + 5],
  }
end

if digest ~= '' then
  local done = redis.call('GET', once)
  if done then
    local answer = { 'replay' }
    for word in string.gmatch(string.match(done, '^[^\n]*'), '%S+') do answer[#answer + 1] = word end
    if answer[2] ~= digest then return { 'key_reused' } end
    table.remove(answer, 2)
    return answer
  end
end

-- check

local state = redis.call('HMGET', head, 'status', 'revision', 'cursor', 'created')
local status, revision, cursor = state[1], tonumber(state[2] or 0), state[3] or '0-0'
local creating = operations[1].entry == '' and operations[1].revision == 0
if not status and not creating then return { 'unknown_coverage' } end

-- A pin never outlives its entry, whichever of two changes came first.
local function pin_of(data)
  return data and string.find(data, '"pin":"', 1, true) and cjson.decode(data).pin
end
local new, gone = {}, {}
local pin
local now = status
for _, op in ipairs(operations) do
  if op.type == 'entry.published' then
    if now == 'ended' then return { 'coverage_ended' } end
    if now == 'scheduled' then return { 'scheduled' } end
    if new[op.entry] or redis.call('HEXISTS', entries, op.entry) == 1 or redis.call('HEXISTS', deleted, op.entry) == 1 then
      return { 'entry_exists', op.entry }
    end
    new[op.entry] = true
  elseif op.entry ~= '' then
    op.was = redis.call('HGET', entries, op.entry)
    if not op.was then
      return { redis.call('HEXISTS', deleted, op.entry) == 1 and 'entry_deleted' or 'unknown_entry', op.entry }
    end
    local actual = cjson.decode(op.was).revision
    if actual ~= op.revision then return { 'revision_conflict', op.entry, op.revision, actual } end
    if op.type == 'entry.deleted' then
      gone[op.entry] = true
      if pin == nil then pin = pin_of(redis.call('HGET', head, 'coverage')) end
    end
  else
    if op.revision == 0 and status then return { 'coverage_exists' } end
    if op.revision ~= revision then return { 'revision_conflict', '', op.revision, revision } end
    revision = revision + 1
    now = op.status
    pin = pin_of(op.data)
    if pin and not new[pin] and redis.call('HEXISTS', entries, pin) == 0 then
      return { 'revision_conflict', pin, op.revision, revision }
    end
  end
end

if pin and gone[pin] then return { 'revision_conflict', pin, revision, revision + 1 } end

-- write

local function add(type, entry, data)
  local arguments = { 'XADD', log }
  if log_length > 0 then
    arguments[3], arguments[4], arguments[5] = 'MAXLEN', '~', log_length
  end
  for _, value in ipairs({ '*', 'type', type, 'prev', cursor, 'data', data, 'entry', entry }) do
    arguments[#arguments + 1] = value
  end
  local prev = cursor
  cursor = redis.call(unpack(arguments))
  return prev
end

local answer, marks = { 'ok' }, { digest }
local before_end
for number, op in ipairs(operations) do
  local history = KEYS[histories + number]
  if op.type == 'entry.deleted' then
    redis.call('HDEL', entries, op.entry)
    redis.call('ZREM', order, op.entry)
    redis.call('DEL', history)
    redis.call('HSET', deleted, op.entry, op.data)
  elseif op.entry ~= '' then
    if op.was then redis.call('RPUSH', history, op.was) end
    redis.call('HSET', entries, op.entry, op.data)
    redis.call('ZADD', order, op.score, op.entry)
  else
    redis.call('HSET', head, 'coverage', op.data, 'status', op.status, 'revision', op.revision + 1, 'created', op.score)
    if status ~= op.status then
      if status then redis.call('ZREM', index[status], coverage) end
      redis.call('ZADD', index[op.status], op.score, coverage)
      status = op.status
    end
  end
  local prev = add(op.type, op.entry, op.data)
  if op.type == 'coverage.ended' then before_end = prev end
  answer[#answer + 1] = cursor
  marks[#marks + 1] = cursor .. '/' .. op.entry .. '/' .. (op.revision + 1)
end

-- The end stays the last event: a correction after it is followed by it again.
if status == 'ended' and operations[#operations].type ~= 'coverage.ended' then
  before_end = add('coverage.ended', '', redis.call('HGET', head, 'coverage'))
end
redis.call('HSET', head, 'cursor', cursor, 'before_end', before_end or '')
redis.call('XADD', news, 'MAXLEN', '~', 1000, '*', 'coverage', coverage, 'cursor', cursor)
if digest ~= '' then
  redis.call('SET', once, table.concat(marks, ' '), 'EX', ttl)
end
return answer
