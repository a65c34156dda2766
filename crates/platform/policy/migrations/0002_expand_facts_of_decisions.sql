-- What a decision rested on beside rules, so that it can be asked again under others. The address that somebody came from is
-- not among it. All of it is null in decisions that were made before.

alter table policy.decision
    add column principal_id uuid,
    -- Roles that held in the whole tenant.
    add column roles text[],
    add column is_service boolean,
    add column channel text,
    add column sign_in smallint;
