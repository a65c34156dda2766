-- Who reads what was posted month by month leaves out the journals that close a year.

create index journal_closing on finance.journal (tenant_id, entity_id, date) where book = 'closing';
