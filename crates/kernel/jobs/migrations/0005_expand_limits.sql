-- Limits by key, turns between tenants, and the trace that a job continues.

alter table jobs.job
    add column limit_key text,
    add column limit_max smallint,
    add column parked boolean not null default false,
    add column traceparent text,
    add column tracestate text,
    add column gate text generated always as (
        case when serial_key is not null then 'serial ' || serial_key
             when limit_key is not null then 'limit ' || limit_key end) stored,
    add constraint job_limit check ((limit_key is null) = (limit_max is null) and limit_max > 0);
-- A queue's table changes all the time: its dead rows are to go before claims have to step over them.
alter table jobs.job set (
    autovacuum_vacuum_scale_factor = 0.02, autovacuum_vacuum_insert_scale_factor = 0.05,
    autovacuum_analyze_scale_factor = 0.05, autovacuum_vacuum_cost_delay = 0);

-- Claims go from tenant to tenant, and within one from lane to lane. A lane is a queue, a type and a priority.
drop index jobs.job_claim;
create index job_lane on jobs.job (tenant_id, queue, type, priority, run_at, position)
    where state = 'available' and not parked;

-- A gate is what a serial key or a limit opens and closes.
drop index jobs.job_serial;
create index job_gate on jobs.job (tenant_id, gate, position)
    where gate is not null and state in ('available', 'running');
create index job_gate_running on jobs.job (tenant_id, gate) where gate is not null and state = 'running';
create index job_gate_parked on jobs.job (tenant_id, gate, priority, run_at, position)
    where parked and state = 'available';
create index job_running on jobs.job (tenant_id, type) where state = 'running';

-- A claim that finds a gate closed parks the jobs before it, so that no claim looks at them again. Whoever leaves the
-- gate wakes the next of them. Both hold the gate's lock, so none is parked by a claim that has not seen the leaving.
create function jobs.leave_gate() returns trigger language plpgsql as $$
begin
    perform pg_advisory_xact_lock(hashtextextended('job gate ' || new.tenant_id || ' ' || new.gate, 0));
    if new.serial_key is not null then
        update jobs.job set parked = false where tenant_id = new.tenant_id and id = (
            select j.id from jobs.job j where j.tenant_id = new.tenant_id and j.gate = new.gate
                and j.state in ('available', 'running') and j.parked
            order by j.position limit 1);
    else
        update jobs.job set parked = false where tenant_id = new.tenant_id and id = (
            select j.id from jobs.job j where j.tenant_id = new.tenant_id and j.gate = new.gate
                and j.state = 'available' and j.parked
            order by j.priority, j.run_at, j.position limit 1);
    end if;
    return null;
end $$;
create trigger leave_gate after update of state on jobs.job for each row
    when (new.gate is not null and (old.state = 'running' and new.state <> 'running'
        or old.state = 'available' and new.state not in ('available', 'running')))
    execute function jobs.leave_gate();
