-- Identity providers of a tenant's own, what membership in their groups gives here, and the mail domains that lead to them.

grant usage on schema federation to athyper_app, athyper_system;

create table federation.provider (
    tenant_id uuid not null,
    id uuid not null,
    key text not null,
    display_name text not null,
    -- Never changed: subjects are known by the provider that named them.
    issuer text not null,
    client_id text not null,
    -- Sealed with the tenant's key; none for a public client.
    client_secret bytea,
    scopes text[] not null,
    claim_mapping jsonb not null,
    jit_provisioning text not null,
    allowed_domains text[] not null,
    status text not null,
    version bigint not null,
    created_at timestamptz not null,
    created_by text not null,
    updated_at timestamptz not null,
    primary key (tenant_id, id),
    constraint provider_jit_provisioning check (jit_provisioning in ('create', 'link', 'off')),
    constraint provider_status check (status in ('enabled', 'disabled')),
    constraint provider_display_name_length check (char_length(display_name) between 1 and 255),
    constraint provider_client_id_length check (char_length(client_id) between 1 and 255)
);
select platform.protect_table('federation.provider');
create unique index provider_key on federation.provider (tenant_id, lower(key));

-- What a value of the provider's claim of groups gives: a group, or a role in a scope.
create table federation.mapping (
    tenant_id uuid not null,
    id uuid not null,
    provider_id uuid not null,
    value text not null,
    target jsonb not null,
    version bigint not null,
    created_at timestamptz not null,
    created_by text not null,
    primary key (tenant_id, id),
    constraint mapping_provider foreign key (tenant_id, provider_id) references federation.provider (tenant_id, id),
    constraint mapping_value_length check (char_length(value) between 1 and 255)
);
select platform.protect_table('federation.mapping', 'select, insert, delete');
create unique index mapping_once on federation.mapping (tenant_id, provider_id, value, target);
create index mapping_by_provider on federation.mapping (tenant_id, provider_id, id);

-- What a mapping gave to whom, so that it takes nothing else away. The target is the group, or the role binding that was made.
create table federation.gift (
    tenant_id uuid not null,
    mapping_id uuid not null,
    principal_id uuid not null,
    provider_id uuid not null,
    kind text not null,
    target_id uuid not null,
    given_at timestamptz not null,
    primary key (tenant_id, mapping_id, principal_id),
    constraint gift_kind check (kind in ('group', 'binding')),
    constraint gift_mapping foreign key (tenant_id, mapping_id) references federation.mapping (tenant_id, id)
);
select platform.protect_table('federation.gift', 'select, insert, delete');
create index gift_by_principal on federation.gift (tenant_id, provider_id, principal_id);

-- A mail domain that the tenant says is its own. It counts once that was seen.
create table federation.domain (
    tenant_id uuid not null,
    id uuid not null,
    name text not null,
    provider_id uuid,
    token text not null,
    status text not null,
    problem text,
    checked_at timestamptz,
    verified_at timestamptz,
    version bigint not null,
    created_at timestamptz not null,
    created_by text not null,
    updated_at timestamptz not null,
    primary key (tenant_id, id),
    constraint domain_provider foreign key (tenant_id, provider_id) references federation.provider (tenant_id, id),
    constraint domain_status check (status in ('pending', 'verified') and (status = 'verified') = (verified_at is not null))
);
select platform.protect_table('federation.domain');
create unique index domain_name on federation.domain (tenant_id, name);
create index domain_by_provider on federation.domain (tenant_id, provider_id) where provider_id is not null;

-- Whose a verified domain is, in its realm. The platform's own rows: it is asked before anybody is known. A row whose domain is no
-- more, or is not verified any more, says nothing and is written over.
create table federation.domain_owner (
    tenant_id uuid not null,
    realm_key text not null,
    name text not null,
    owner_tenant_id uuid not null,
    domain_id uuid not null,
    since timestamptz not null,
    primary key (tenant_id, realm_key, name)
);
select platform.protect_table('federation.domain_owner', 'select, insert, update');
