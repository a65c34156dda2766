-- Gives a dead job all its attempts again; 0 when it is not there. ARGV: prefix, id.
local prefix, id = ARGV[1], ARGV[2]
local key = prefix .. 'job:' .. id
local kind = redis.call('HGET', key, 'type')
if redis.call('ZREM', prefix .. 'dead', id) == 0 or not kind then
    return 0
end
local time = redis.call('TIME')
redis.call('PERSIST', key)
redis.call('PERSIST', prefix .. 'errors:' .. id)
redis.call('HSET', key, 'attempt', 0)
redis.call('ZADD', prefix .. 'due:' .. kind, time[1] * 1000 + math.floor(time[2] / 1000), id)
return 1
