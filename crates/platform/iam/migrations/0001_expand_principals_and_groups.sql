-- Who there is: principals with what identifies them, groups, and the tree of organizational units.
--
-- Names of attributes follow the core schemas of SCIM 2.0 (RFC 7643, sections 4.1 and 4.2).

grant usage on schema iam to athyper_app, athyper_system;

-- The tree of organizational units. A unit's path is the ids from the root to itself, each followed by a slash, so that
-- a subtree is all paths with one beginning.
create table iam.org_unit (
    tenant_id uuid not null,
    id uuid not null,
    parent_id uuid,
    path text collate "C" not null,
    code text not null,
    name text not null,
    version bigint not null,
    created_at timestamptz not null,
    created_by text not null,
    updated_at timestamptz not null,
    primary key (tenant_id, id),
    constraint org_unit_parent foreign key (tenant_id, parent_id) references iam.org_unit (tenant_id, id),
    constraint org_unit_not_own_parent check (parent_id <> id),
    constraint org_unit_path check (path like '%' || replace(id::text, '-', '') || '/'),
    constraint org_unit_code_length check (char_length(code) between 1 and 64),
    constraint org_unit_name_length check (char_length(name) between 1 and 255)
);
select platform.protect_table('iam.org_unit');
create unique index org_unit_code on iam.org_unit (tenant_id, lower(code));
create unique index org_unit_by_path on iam.org_unit (tenant_id, path);
create index org_unit_by_parent on iam.org_unit (tenant_id, parent_id);

-- People and services that act. One who is deprovisioned stays, so that the trail keeps its meaning; the names are free
-- again.
create table iam.principal (
    tenant_id uuid not null,
    id uuid not null,
    kind text not null,
    status text not null,
    authority text not null,
    user_name text not null,
    external_id text,
    given_name text,
    middle_name text,
    family_name text,
    formatted_name text,
    honorific_prefix text,
    honorific_suffix text,
    display_name text,
    nick_name text,
    title text,
    user_type text,
    employee_number text,
    organization text,
    department text,
    manager_id uuid,
    org_unit_id uuid,
    preferred_language text,
    locale text,
    timezone text,
    description text,
    version bigint not null,
    created_at timestamptz not null,
    created_by text not null,
    updated_at timestamptz not null,
    primary key (tenant_id, id),
    constraint principal_manager foreign key (tenant_id, manager_id) references iam.principal (tenant_id, id),
    constraint principal_org_unit foreign key (tenant_id, org_unit_id) references iam.org_unit (tenant_id, id),
    constraint principal_kind check (kind in ('user', 'service')),
    constraint principal_status check (status in ('active', 'suspended', 'deprovisioned')),
    constraint principal_authority check (authority in ('local', 'scim', 'jit', 'oidc')),
    constraint principal_user_name_length check (char_length(user_name) between 1 and 255),
    constraint principal_external_id_length check (char_length(external_id) between 1 and 255)
);
select platform.protect_table('iam.principal', 'select, insert, update');
create unique index principal_user_name on iam.principal (tenant_id, lower(user_name))
    where status <> 'deprovisioned';
create unique index principal_external_id on iam.principal (tenant_id, external_id)
    where external_id is not null and status <> 'deprovisioned';
create index principal_by_manager on iam.principal (tenant_id, manager_id) where manager_id is not null;
create index principal_by_org_unit on iam.principal (tenant_id, org_unit_id, id) where org_unit_id is not null;
create index principal_by_user_name on iam.principal (tenant_id, lower(user_name), id);

-- Mail addresses and telephone numbers, in the order in which they were given.
create table iam.principal_contact (
    tenant_id uuid not null,
    principal_id uuid not null,
    kind text not null,
    position smallint not null,
    value text not null,
    type text,
    is_primary boolean not null,
    primary key (tenant_id, principal_id, kind, position),
    constraint principal_contact_principal foreign key (tenant_id, principal_id)
        references iam.principal (tenant_id, id),
    constraint principal_contact_kind check (kind in ('email', 'phone')),
    constraint principal_contact_value_length check (char_length(value) between 1 and 320)
);
select platform.protect_table('iam.principal_contact');
create unique index principal_contact_primary on iam.principal_contact (tenant_id, principal_id, kind)
    where is_primary;
create index principal_contact_value on iam.principal_contact (tenant_id, kind, lower(value));

-- Which subject of which issuer is which principal. The provider is the key of a realm, or the name of another provider.
create table iam.principal_link (
    tenant_id uuid not null,
    provider text not null,
    subject text not null,
    principal_id uuid not null,
    authority text not null,
    created_at timestamptz not null,
    created_by text not null,
    primary key (tenant_id, provider, subject),
    constraint principal_link_principal foreign key (tenant_id, principal_id)
        references iam.principal (tenant_id, id),
    constraint principal_link_authority check (authority in ('local', 'scim', 'jit', 'oidc')),
    constraint principal_link_provider_length check (char_length(provider) between 1 and 255),
    constraint principal_link_subject_length check (char_length(subject) between 1 and 255)
);
select platform.protect_table('iam.principal_link');
create index principal_link_by_principal on iam.principal_link (tenant_id, principal_id);

create table iam.principal_group (
    tenant_id uuid not null,
    id uuid not null,
    display_name text not null,
    external_id text,
    description text,
    authority text not null,
    version bigint not null,
    created_at timestamptz not null,
    created_by text not null,
    updated_at timestamptz not null,
    primary key (tenant_id, id),
    constraint principal_group_authority check (authority in ('local', 'scim', 'jit', 'oidc')),
    constraint principal_group_name_length check (char_length(display_name) between 1 and 255),
    constraint principal_group_external_id_length check (char_length(external_id) between 1 and 255)
);
select platform.protect_table('iam.principal_group');
create unique index principal_group_name on iam.principal_group (tenant_id, lower(display_name));
create unique index principal_group_external_id on iam.principal_group (tenant_id, external_id)
    where external_id is not null;

create table iam.group_member (
    tenant_id uuid not null,
    group_id uuid not null,
    principal_id uuid not null,
    added_at timestamptz not null,
    added_by text not null,
    primary key (tenant_id, group_id, principal_id),
    constraint group_member_group foreign key (tenant_id, group_id) references iam.principal_group (tenant_id, id),
    constraint group_member_principal foreign key (tenant_id, principal_id) references iam.principal (tenant_id, id)
);
select platform.protect_table('iam.group_member', 'select, insert, delete');
create index group_member_by_principal on iam.group_member (tenant_id, principal_id);

-- Groups within groups: whoever is in the child is in the group.
create table iam.group_child (
    tenant_id uuid not null,
    group_id uuid not null,
    child_id uuid not null,
    added_at timestamptz not null,
    added_by text not null,
    primary key (tenant_id, group_id, child_id),
    constraint group_child_group foreign key (tenant_id, group_id) references iam.principal_group (tenant_id, id),
    constraint group_child_child foreign key (tenant_id, child_id) references iam.principal_group (tenant_id, id),
    constraint group_child_not_own check (group_id <> child_id)
);
select platform.protect_table('iam.group_child', 'select, insert, delete');
create index group_child_by_child on iam.group_child (tenant_id, child_id);
