-- How many read a coverage now, over all nodes. A node that says nothing any more counts no longer.
-- KEYS: audience
-- ARGV: node, how many read there, for how many ms that is good
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
if ARGV[2] == '0' then
  redis.call('HDEL', KEYS[1], ARGV[1])
else
  redis.call('HSET', KEYS[1], ARGV[1], string.format('%s %.0f', ARGV[2], now + ARGV[3]))
end
local total = 0
local nodes = redis.call('HGETALL', KEYS[1])
for i = 1, #nodes, 2 do
  local count, good_until = string.match(nodes[i + 1], '^(%d+) (%d+)$')
  if tonumber(good_until) < now then
    redis.call('HDEL', KEYS[1], nodes[i])
  else
    total = total + tonumber(count)
  end
end
redis.call('PEXPIRE', KEYS[1], ARGV[3])
return total
