-- Puts jobs on the queue. ARGV: prefix, then for each job: id, type, attempts at most, due time in ms or "", document.
local prefix = ARGV[1]
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
for i = 2, #ARGV, 5 do
    local id, kind, most, due, document = ARGV[i], ARGV[i + 1], ARGV[i + 2], ARGV[i + 3], ARGV[i + 4]
    redis.call('HSET', prefix .. 'job:' .. id, 'type', kind, 'attempt', 0, 'most', most, 'job', document)
    redis.call('ZADD', prefix .. 'due:' .. kind, due == '' and now or tonumber(due), id)
end
return 1
