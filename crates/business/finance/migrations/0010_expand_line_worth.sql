-- A posting writes down what the lines of a draft are worth, where they stand. What they say is replaced as a whole, as before.

grant update (posted_on, rate, base_debit, base_credit, party_id) on finance.journal_line to athyper_app, athyper_system;

drop trigger journal_line_update on finance.journal_line;
create trigger journal_line_update before update on finance.journal_line
    for each row when ((new.tenant_id, new.journal_id, new.entity_id, new.line_no, new.account_id, new.debit, new.credit,
            new.currency, new.due_on, new.dimensions, new.tax_code, new.tax_base, new.settles_id, new.memo, new.is_automatic)
        is distinct from (old.tenant_id, old.journal_id, old.entity_id, old.line_no, old.account_id, old.debit, old.credit,
            old.currency, old.due_on, old.dimensions, old.tax_code, old.tax_base, old.settles_id, old.memo, old.is_automatic))
    execute function finance.refuse_update();
create trigger journal_line_valued after update on finance.journal_line
    referencing old table as changed for each statement execute function finance.guard_lines();
