-- Takes jobs from workers that were lost, then claims due ones.
-- ARGV: prefix, how many, lease in ms, token, message about a lost worker, seconds that dead jobs are kept, types.
local prefix, limit, lease, token = ARGV[1], tonumber(ARGV[2]), tonumber(ARGV[3]), ARGV[4]
local message, keep = ARGV[5], tonumber(ARGV[6])
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local lost = {}
for _, id in ipairs(redis.call('ZRANGEBYSCORE', prefix .. 'leased', '-inf', now, 'LIMIT', 0, 100)) do
    local key = prefix .. 'job:' .. id
    local job = redis.call('HMGET', key, 'type', 'attempt', 'most')
    redis.call('ZREM', prefix .. 'leased', id)
    if job[1] then
        local error = cjson.encode({ at = now, attempt = tonumber(job[2]), message = message })
        redis.call('RPUSH', prefix .. 'errors:' .. id, error)
        redis.call('HDEL', key, 'token')
        local is_dead = tonumber(job[2]) >= tonumber(job[3])
        if is_dead then
            redis.call('ZADD', prefix .. 'dead', now, id)
            redis.call('EXPIRE', key, keep)
            redis.call('EXPIRE', prefix .. 'errors:' .. id, keep)
        else
            redis.call('ZADD', prefix .. 'due:' .. job[1], now, id)
        end
        lost[#lost + 1] = { id, job[1], is_dead and 1 or 0 }
    end
end
redis.call('ZREMRANGEBYSCORE', prefix .. 'dead', '-inf', now - keep * 1000)
local claimed = {}
local first = #ARGV - 6
-- Types take turns in being the first, so that one with many jobs does not hold up the others.
local turn = redis.call('INCR', prefix .. 'turn')
for step = 0, first - 1 do
    local kind = ARGV[7 + (turn + step) % first]
    local left = limit - #claimed
    if left > 0 then
        local due = redis.call('ZRANGEBYSCORE', prefix .. 'due:' .. kind, '-inf', now, 'WITHSCORES', 'LIMIT', 0, left)
        for i = 1, #due, 2 do
            local id = due[i]
            local key = prefix .. 'job:' .. id
            redis.call('ZREM', prefix .. 'due:' .. kind, id)
            local document = redis.call('HGET', key, 'job')
            if document then
                local attempt = redis.call('HINCRBY', key, 'attempt', 1)
                redis.call('HSET', key, 'token', token)
                redis.call('ZADD', prefix .. 'leased', now + lease, id)
                claimed[#claimed + 1] = { attempt, now - tonumber(due[i + 1]), document }
            end
        end
    end
end
return { claimed, lost }
