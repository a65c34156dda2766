-- Lines of no amount in their own currency: the close of years, and differences of exchange. Reports tell them apart from what was
-- traded, and they are few among the lines of a year.
create index journal_line_adjusting on finance.journal_line (tenant_id, entity_id, posted_on, journal_id)
    where posted_on is not null and debit = 0 and credit = 0;
