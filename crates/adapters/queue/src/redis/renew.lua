-- Renews a lease; 0 when it was lost. ARGV: prefix, id, token, lease in ms.
local prefix, id = ARGV[1], ARGV[2]
if redis.call('HGET', prefix .. 'job:' .. id, 'token') ~= ARGV[3] then
    return 0
end
local time = redis.call('TIME')
redis.call('ZADD', prefix .. 'leased', time[1] * 1000 + math.floor(time[2] / 1000) + tonumber(ARGV[4]), id)
return 1
