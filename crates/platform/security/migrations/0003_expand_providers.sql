-- People who sign in by a provider of their tenant. What an issuer knows of a session is under `realm/provider` in the directory of issuers'
-- sessions and among the logout tokens: keys of realms have no slash.
alter table security.session add column provider_id uuid;
alter table security.session add column provider_generation bigint not null default 0;
-- The subject at the issuer, where the session's own is the principal.
alter table security.session add column issuer_subject text;

alter table security.sign_in add column provider_tenant_id uuid;
alter table security.sign_in add column provider_id uuid;

alter table security.generation drop constraint generation_scope;
alter table security.generation add constraint generation_scope
    check (scope in ('realm', 'tenant', 'subject', 'provider'));
