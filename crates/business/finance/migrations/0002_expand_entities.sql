-- Accounts, periods and journals as entities: the values of fields that a tenant adds, and an index for each field that lists
-- are ordered by. The custom values of a posted journal never change either: the guard compares all but state and version.

alter table finance.account add column custom jsonb not null default '{}';
alter table finance.period add column custom jsonb not null default '{}';
alter table finance.journal add column custom jsonb not null default '{}';

create index account_by_name on finance.account (tenant_id, name, id);
