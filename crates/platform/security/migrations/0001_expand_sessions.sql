-- Sessions of browsers. A session is a family of ids: the id that the cookie holds changes, the session stays.

grant usage on schema security to athyper_app, athyper_system;

-- A sign-in that has begun. Its tenant is not known yet, so the row is the platform's own.
create table security.sign_in (
    tenant_id uuid not null,
    state_hash bytea not null,
    browser_hash bytea not null,
    realm_key text not null,
    redirect_uri text not null,
    return_to text not null,
    expires_at timestamptz not null,
    primary key (tenant_id, state_hash)
);
select platform.protect_table('security.sign_in');
create index sign_in_expires_at on security.sign_in (tenant_id, expires_at);

create table security.session (
    tenant_id uuid not null,
    id uuid not null,
    realm_key text not null,
    subject text not null,
    actor_kind text not null,
    issuer_session text,
    roles text[] not null,
    claims jsonb not null,
    -- Tokens of the issuer and the present id, sealed with the tenant's key.
    sealed bytea not null,
    csrf_key bytea not null,
    realm_generation bigint not null,
    tenant_generation bigint not null,
    subject_generation bigint not null,
    created_at timestamptz not null,
    authenticated_at timestamptz not null,
    last_seen_at timestamptz not null,
    idle_seconds integer not null,
    expires_at timestamptz not null,
    access_expires_at timestamptz not null,
    has_refresh boolean not null,
    key_number integer not null,
    rotation_due boolean not null,
    refresh_lease uuid,
    refresh_leased_until timestamptz,
    refresh_retry_at timestamptz,
    client_address text,
    user_agent text,
    ended_at timestamptz,
    end_reason text,
    version bigint not null,
    primary key (tenant_id, id),
    constraint session_end check ((ended_at is null) = (end_reason is null)),
    constraint session_lease check ((refresh_lease is null) = (refresh_leased_until is null))
);
select platform.protect_table('security.session');
create index session_subject on security.session (tenant_id, subject, id);
create index session_issuer_session on security.session (tenant_id, issuer_session) where issuer_session is not null;
create index session_expires_at on security.session (tenant_id, expires_at);

-- Every id that a session ever had, by its digest. One that comes back after it was retired was stolen, or the one that followed it.
create table security.session_key (
    tenant_id uuid not null,
    key_hash bytea not null,
    session_id uuid not null,
    number integer not null,
    created_at timestamptz not null,
    seen_at timestamptz,
    retires_at timestamptz,
    primary key (tenant_id, session_id, key_hash),
    constraint session_key_number unique (tenant_id, session_id, number),
    constraint session_key_session foreign key (tenant_id, session_id)
        references security.session (tenant_id, id) on delete cascade
);
select platform.protect_table('security.session_key');

-- A session holds the generations that it was born with; it ends when one of them has moved on. Those of realms are the platform's.
create table security.generation (
    tenant_id uuid not null,
    scope text not null,
    name text not null,
    value bigint not null,
    reason text not null,
    changed_at timestamptz not null,
    primary key (tenant_id, scope, name),
    constraint generation_scope check (scope in ('realm', 'tenant', 'subject'))
);
select platform.protect_table('security.generation', 'select, insert, update');

-- Where the sessions of a person of an issuer are, for an issuer that says whose ends and knows no tenant. The platform's own.
create table security.issuer_session (
    tenant_id uuid not null,
    realm_key text not null,
    subject text not null,
    session_tenant_id uuid not null,
    session_id uuid not null,
    issuer_session text,
    expires_at timestamptz not null,
    primary key (tenant_id, realm_key, subject, session_tenant_id, session_id)
);
select platform.protect_table('security.issuer_session');
create index issuer_session_sid on security.issuer_session (tenant_id, realm_key, issuer_session);
create index issuer_session_expires_at on security.issuer_session (tenant_id, expires_at);

-- Logout tokens that were used, until they end. The platform's own.
create table security.logout_token (
    tenant_id uuid not null,
    realm_key text not null,
    token_hash bytea not null,
    expires_at timestamptz not null,
    primary key (tenant_id, realm_key, token_hash)
);
select platform.protect_table('security.logout_token');
create index logout_token_expires_at on security.logout_token (tenant_id, expires_at);
