-- Records the end of a run; 0 when the lease was lost.
-- ARGV: prefix, id, token, "done", "back" or "dead", delay in ms, whether the attempt counts, message or "", seconds that
-- dead jobs are kept.
local prefix, id, token, what = ARGV[1], ARGV[2], ARGV[3], ARGV[4]
local key, errors = prefix .. 'job:' .. id, prefix .. 'errors:' .. id
local job = redis.call('HMGET', key, 'token', 'type', 'attempt')
if job[1] ~= token then
    return 0
end
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
redis.call('ZREM', prefix .. 'leased', id)
redis.call('HDEL', key, 'token')
if ARGV[7] ~= '' then
    redis.call('RPUSH', errors, cjson.encode({ at = now, attempt = tonumber(job[3]), message = ARGV[7] }))
end
if what == 'done' then
    redis.call('DEL', key, errors)
elseif what == 'back' then
    if ARGV[6] == '0' then
        redis.call('HINCRBY', key, 'attempt', -1)
    end
    redis.call('ZADD', prefix .. 'due:' .. job[2], now + tonumber(ARGV[5]), id)
else
    redis.call('ZADD', prefix .. 'dead', now, id)
    redis.call('EXPIRE', key, ARGV[8])
    redis.call('EXPIRE', errors, ARGV[8])
end
return 1
