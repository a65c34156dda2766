-- Allocation keys: entries whose lines are worked out when they are made, and what each occurrence of them came to.
--
-- What the database itself keeps, whatever a program does:
--   * a key has its place among the keys, and is neither reversed by itself nor spread over time;
--   * what was made keeps how it came about.

alter table recurring.entry
    add column allocation jsonb,
    add column sequence smallint,
    add column is_automatic boolean,
    add constraint entry_allocation check (
        (allocation is null) = (sequence is null) and (allocation is null) = (is_automatic is null)
        and (allocation is null or (reversal is null and spread is null and every <> 'week'))
    ),
    add constraint entry_sequence check (sequence between 1 and 99);

alter table recurring.occurrence
    add column allocation jsonb,
    add constraint occurrence_allocation check (allocation is null or (step = 'post' and state not in ('planned', 'failed')));
