-- Makes or revokes a token, once for each Idempotency-Key: both are done together, or not at all.
--
-- KEYS  tokens once (the tokens again when the request carries no key)
-- ARGV  token data (empty: revoke it) digest (empty: no key) ttl_s
-- returns {"ok"}, {"replay", data}, {"key_reused"} or {"unknown_token"}

local tokens, once = KEYS[1], KEYS[2]
local token, data, digest, ttl = ARGV[1], ARGV[2], ARGV[3], tonumber(ARGV[4])

if digest ~= '' then
  local done = redis.call('HMGET', once, 'digest', 'data')
  if done[1] then
    if done[1] ~= digest then return { 'key_reused' } end
    return { 'replay', done[2] }
  end
end

if data ~= '' then
  redis.call('HSET', tokens, token, data)
elseif redis.call('HDEL', tokens, token) == 0 then
  return { 'unknown_token' }
end

if digest ~= '' then
  redis.call('HSET', once, 'digest', digest, 'data', data)
  redis.call('EXPIRE', once, ttl)
end
return { 'ok' }
