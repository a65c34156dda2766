-- Local accounts: passwords, second factors, what was begun, and what is asked of them. The persons themselves belong to
-- another domain and are named by id alone.

grant usage on schema accounts to athyper_app, athyper_system;

create table accounts.account (
    tenant_id uuid not null,
    principal_id uuid not null,
    -- PHC string of argon2id; none until an invitation was taken.
    password_hash text,
    password_changed_at timestamptz,
    -- Failed sign-ins since the last success or lock.
    failures integer not null default 0,
    -- Locks since the last success: each lasts twice as long as the one before.
    locks integer not null default 0,
    locked_until timestamptz,
    mfa_required boolean not null default false,
    -- By which authenticators know the account; it says nothing about the person.
    user_handle bytea not null,
    version bigint not null,
    created_at timestamptz not null,
    created_by text not null,
    updated_at timestamptz not null,
    primary key (tenant_id, principal_id),
    constraint account_counts check (failures >= 0 and locks >= 0)
);
select platform.protect_table('accounts.account', 'select, insert, update');

-- Former passwords, so that they are not taken again.
create table accounts.former_password (
    tenant_id uuid not null,
    principal_id uuid not null,
    id uuid not null,
    password_hash text not null,
    replaced_at timestamptz not null,
    primary key (tenant_id, principal_id, id),
    constraint former_password_account foreign key (tenant_id, principal_id)
        references accounts.account (tenant_id, principal_id)
);
select platform.protect_table('accounts.former_password', 'select, insert, delete');

-- What was sent by mail and lets its holder set a password, once. Only a digest is kept.
create table accounts.link (
    tenant_id uuid not null,
    digest bytea not null,
    principal_id uuid not null,
    purpose text not null,
    expires_at timestamptz not null,
    created_at timestamptz not null,
    primary key (tenant_id, digest),
    constraint link_purpose check (purpose in ('invitation', 'reset'))
);
select platform.protect_table('accounts.link', 'select, insert, delete');
create index link_by_principal on accounts.link (tenant_id, principal_id);
create index link_expiry on accounts.link (tenant_id, expires_at);

-- What was begun and has to be ended soon: a sign-in that waits for its second factor, the registration of a key, the proof
-- of a factor. Only a digest of what the caller holds is kept.
create table accounts.challenge (
    tenant_id uuid not null,
    digest bytea not null,
    principal_id uuid not null,
    purpose text not null,
    -- The challenge that an authenticator signs, in base64url.
    webauthn text,
    attempts integer not null default 0,
    expires_at timestamptz not null,
    created_at timestamptz not null,
    primary key (tenant_id, digest),
    constraint challenge_purpose check (purpose in ('sign_in', 'register', 'step_up'))
);
select platform.protect_table('accounts.challenge');
create index challenge_expiry on accounts.challenge (tenant_id, expires_at);

create table accounts.factor (
    tenant_id uuid not null,
    id uuid not null,
    principal_id uuid not null,
    type text not null,
    label text not null,
    -- Not before its first code was shown.
    is_confirmed boolean not null,
    -- TOTP: the secret, sealed, and the last step whose code was used.
    secret bytea,
    last_step bigint,
    -- Web Authentication: credential, key, counter.
    credential_id bytea,
    public_key bytea,
    algorithm integer,
    sign_count bigint,
    created_at timestamptz not null,
    last_used_at timestamptz,
    primary key (tenant_id, id),
    constraint factor_account foreign key (tenant_id, principal_id)
        references accounts.account (tenant_id, principal_id),
    constraint factor_type check (type in ('totp', 'webauthn')),
    constraint factor_parts check (
        (type = 'totp') = (secret is not null) and (type = 'webauthn') = (credential_id is not null)
        and (credential_id is null) = (public_key is null) and (credential_id is null) = (algorithm is null)
        and (credential_id is null) = (sign_count is null)),
    constraint factor_label_length check (char_length(label) between 1 and 100)
);
select platform.protect_table('accounts.factor');
create index factor_by_principal on accounts.factor (tenant_id, principal_id, id);
create unique index factor_credential on accounts.factor (tenant_id, credential_id) where credential_id is not null;

-- Codes on paper, each for one time. Only digests are kept.
create table accounts.recovery_code (
    tenant_id uuid not null,
    principal_id uuid not null,
    digest bytea not null,
    used_at timestamptz,
    created_at timestamptz not null,
    primary key (tenant_id, principal_id, digest),
    constraint recovery_code_account foreign key (tenant_id, principal_id)
        references accounts.account (tenant_id, principal_id)
);
select platform.protect_table('accounts.recovery_code');

-- What the tenant asks of its accounts, where it says so itself.
create table accounts.policy (
    tenant_id uuid not null,
    profile jsonb not null,
    version bigint not null,
    updated_at timestamptz not null,
    updated_by text not null,
    primary key (tenant_id)
);
select platform.protect_table('accounts.policy', 'select, insert, update');

-- Addresses whose sign-ins fail.
create table accounts.address (
    tenant_id uuid not null,
    address text not null,
    failures integer not null,
    since timestamptz not null,
    primary key (tenant_id, address)
);
select platform.protect_table('accounts.address');
create index address_since on accounts.address (tenant_id, since);

-- When a caller last proved a second factor: what a step-up leaves behind. The session is that of a browser, or the subject
-- of a token.
create table accounts.proof (
    tenant_id uuid not null,
    principal_id uuid not null,
    session text not null,
    type text not null,
    proved_at timestamptz not null,
    primary key (tenant_id, principal_id, session)
);
select platform.protect_table('accounts.proof');
create index proof_proved_at on accounts.proof (tenant_id, proved_at);
