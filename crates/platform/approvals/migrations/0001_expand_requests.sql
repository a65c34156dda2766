-- What people asked somebody to agree to, in the form in which it was asked, and what became of it.

grant usage on schema approvals to athyper_app, athyper_system;

create table approvals.request (
    tenant_id uuid not null,
    id uuid not null,
    -- The operation that is to be done.
    operation text collate "C" not null,
    -- Path and query of the request.
    path text not null,
    -- SHA-256 of all that the effect depends on: another content is another request.
    digest bytea not null,
    -- The same, to be read by whoever decides. It never changes.
    snapshot jsonb not null,
    -- Whose holders decide: the word by which rules know the role.
    role text collate "C" not null,
    -- The principal who asks, beside the actor in created_by, where the tenant knows one; and whether it is a service.
    requester_id uuid,
    by_service boolean not null,
    state text not null,
    -- Until when somebody may decide, and then until when it may be used.
    expires_at timestamptz not null,
    decided_at timestamptz,
    decided_by text,
    decider_id uuid,
    -- Whether only the token named the decider's role, and no binding that could be looked at later.
    by_token boolean,
    reason text,
    used_at timestamptz,
    version bigint not null,
    created_at timestamptz not null,
    created_by text not null,
    updated_at timestamptz not null,
    updated_by text not null,
    primary key (tenant_id, id),
    constraint request_state check (state in ('pending', 'approved', 'used', 'rejected', 'withdrawn', 'expired')),
    constraint request_digest_length check (octet_length(digest) = 32),
    constraint request_decided check ((decided_at is null) = (decided_by is null)),
    constraint request_decision check (state not in ('approved', 'used', 'rejected') or decided_at is not null),
    constraint request_used check ((state = 'used') = (used_at is not null))
);
select platform.protect_table('approvals.request', 'select, insert, update, delete');

-- One request of a caller waits for one role, or is agreed to, at a time.
create unique index request_alive on approvals.request (tenant_id, created_by, operation, digest, role)
    where state in ('pending', 'approved');
create index request_by_end on approvals.request (tenant_id, expires_at) where state in ('pending', 'approved');
create index request_by_change on approvals.request (tenant_id, updated_at)
    where state not in ('pending', 'approved');
create index request_by_role on approvals.request (tenant_id, role, id);
