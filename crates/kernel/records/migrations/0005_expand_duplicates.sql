-- Records that are taken for duplicates of each other: what they agree in, which pairs are none, and where merged ones went.

-- What a record agrees in with its duplicates, by the rule that says so: a digest, so that keys have one length.
create table records.match_key (
    tenant_id uuid not null,
    entity_id uuid not null,
    rule text collate "C" not null,
    key text collate "C" not null,
    record_id uuid not null,
    primary key (tenant_id, entity_id, rule, key, record_id)
);
select platform.protect_table('records.match_key', 'select, insert, delete');
create index match_key_by_record on records.match_key (tenant_id, entity_id, record_id);

-- How many records have a key, kept by the triggers below, so that those that several have are found without reading the others.
-- Two writers of one key meet here: the later one sees the record of the earlier.
create table records.match_count (
    tenant_id uuid not null,
    entity_id uuid not null,
    rule text collate "C" not null,
    key text collate "C" not null,
    records bigint not null,
    primary key (tenant_id, entity_id, rule, key),
    constraint match_count_records check (records >= 0)
);
select platform.protect_table('records.match_count');
create index match_count_several on records.match_count (tenant_id, entity_id, rule, key) where records > 1;

-- Rows are locked in the order of the key, so that two writers seldom wait for each other.
create function records.count_made_match_keys() returns trigger
language plpgsql set search_path = pg_catalog as $$
begin
    insert into records.match_count as c (tenant_id, entity_id, rule, key, records)
        select tenant_id, entity_id, rule, key, count(*) from made
        group by tenant_id, entity_id, rule, key order by tenant_id, entity_id, rule, key
        on conflict (tenant_id, entity_id, rule, key) do update set records = c.records + excluded.records;
    return null;
end
$$;
create trigger match_key_made after insert on records.match_key
    referencing new table as made for each statement execute function records.count_made_match_keys();

create function records.count_gone_match_keys() returns trigger
language plpgsql set search_path = pg_catalog as $$
begin
    perform 1 from records.match_count
        where (tenant_id, entity_id, rule, key) in (select tenant_id, entity_id, rule, key from gone)
        order by tenant_id, entity_id, rule, key for update;
    update records.match_count c set records = c.records - less.records
        from (select tenant_id, entity_id, rule, key, count(*) as records from gone
            group by tenant_id, entity_id, rule, key) less
        where c.tenant_id = less.tenant_id and c.entity_id = less.entity_id and c.rule = less.rule and c.key = less.key;
    delete from records.match_count
        where (tenant_id, entity_id, rule, key) in (select tenant_id, entity_id, rule, key from gone) and records = 0;
    return null;
end
$$;
create trigger match_key_gone after delete on records.match_key
    referencing old table as gone for each statement execute function records.count_gone_match_keys();

-- Pairs of which somebody has said that they are two things. The lesser id comes first.
create table records.dismissal (
    tenant_id uuid not null,
    id uuid not null,
    entity_id uuid not null,
    first_id uuid not null,
    second_id uuid not null,
    reason text,
    made_at timestamptz not null,
    made_by text not null,
    primary key (tenant_id, id),
    constraint dismissal_once unique (tenant_id, entity_id, first_id, second_id),
    constraint dismissal_order check (first_id < second_id)
);
select platform.protect_table('records.dismissal');
create index dismissal_by_second on records.dismissal (tenant_id, entity_id, second_id);

-- Into which record one was merged; always the one that is there now, after however many merges.
create table records.merged (
    tenant_id uuid not null,
    entity_id uuid not null,
    record_id uuid not null,
    survivor_id uuid not null,
    merged_at timestamptz not null,
    merged_by text not null,
    primary key (tenant_id, entity_id, record_id),
    constraint merged_elsewhere check (record_id <> survivor_id)
);
select platform.protect_table('records.merged');
create index merged_by_survivor on records.merged (tenant_id, entity_id, survivor_id);
