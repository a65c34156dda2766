-- Receivables and payables: reference data, documents, payments, the open items that they made, and what settled these.

grant usage on schema invoicing to athyper_app, athyper_system;

create table invoicing.tax_code (
    tenant_id uuid not null,
    id uuid not null,
    code text not null,
    name text not null,
    kind text not null,
    rate numeric(24, 6),
    inclusive boolean,
    sequence bigint,
    affects_base boolean,
    part text,
    non_recoverable numeric(9, 6),
    members jsonb,
    valid_from date not null,
    valid_until date,
    version bigint not null,
    created_at timestamptz not null,
    created_by text not null,
    updated_at timestamptz not null,
    updated_by text not null,
    deleted_at timestamptz,
    deleted_by text,
    custom jsonb not null default '{}',
    primary key (tenant_id, id)
);
select platform.protect_table('invoicing.tax_code');
create index tax_code_by_code on invoicing.tax_code (tenant_id, code, id);
create index tax_code_by_name on invoicing.tax_code (tenant_id, name, id);
create index tax_code_by_valid_from on invoicing.tax_code (tenant_id, valid_from, id);

create table invoicing.terms (
    tenant_id uuid not null,
    id uuid not null,
    code text not null,
    name text not null,
    instalments jsonb not null,
    discount_percent numeric(9, 6),
    discount_days bigint,
    discount_of_net boolean,
    on_working_days boolean,
    version bigint not null,
    created_at timestamptz not null,
    created_by text not null,
    updated_at timestamptz not null,
    updated_by text not null,
    deleted_at timestamptz,
    deleted_by text,
    custom jsonb not null default '{}',
    primary key (tenant_id, id)
);
select platform.protect_table('invoicing.terms');
create unique index terms_code on invoicing.terms (tenant_id, code) where deleted_at is null;
create index terms_by_name on invoicing.terms (tenant_id, name, id);

create table invoicing.party (
    tenant_id uuid not null,
    id uuid not null,
    name text not null,
    terms text,
    tax_code text,
    account_group text,
    currency text,
    language text,
    email text,
    reminded boolean,
    version bigint not null,
    created_at timestamptz not null,
    created_by text not null,
    updated_at timestamptz not null,
    updated_by text not null,
    deleted_at timestamptz,
    deleted_by text,
    custom jsonb not null default '{}',
    primary key (tenant_id, id)
);
select platform.protect_table('invoicing.party');
create index party_by_name on invoicing.party (tenant_id, name, id);

create table invoicing.dunning_level (
    tenant_id uuid not null,
    id uuid not null,
    level bigint not null,
    days_overdue bigint not null,
    subject text not null,
    body text not null,
    version bigint not null,
    created_at timestamptz not null,
    created_by text not null,
    updated_at timestamptz not null,
    updated_by text not null,
    deleted_at timestamptz,
    deleted_by text,
    custom jsonb not null default '{}',
    primary key (tenant_id, id)
);
select platform.protect_table('invoicing.dunning_level');
create unique index dunning_level_level on invoicing.dunning_level (tenant_id, level) where deleted_at is null;

create table invoicing.number_series (
    tenant_id uuid not null,
    id uuid not null,
    kind text not null,
    entity text,
    pattern text not null,
    first_month bigint,
    version bigint not null,
    created_at timestamptz not null,
    created_by text not null,
    updated_at timestamptz not null,
    updated_by text not null,
    deleted_at timestamptz,
    deleted_by text,
    custom jsonb not null default '{}',
    primary key (tenant_id, id)
);
select platform.protect_table('invoicing.number_series');
create index number_series_by_pattern on invoicing.number_series (tenant_id, pattern, id);

create table invoicing.write_off_limit (
    tenant_id uuid not null,
    id uuid not null,
    currency text not null,
    amount numeric(24, 4) not null,
    version bigint not null,
    created_at timestamptz not null,
    created_by text not null,
    updated_at timestamptz not null,
    updated_by text not null,
    deleted_at timestamptz,
    deleted_by text,
    custom jsonb not null default '{}',
    primary key (tenant_id, id)
);
select platform.protect_table('invoicing.write_off_limit');
create unique index write_off_limit_currency on invoicing.write_off_limit (tenant_id, currency) where deleted_at is null;

create table invoicing.invoice (
    tenant_id uuid not null,
    id uuid not null,
    kind text not null,
    entity text not null,
    date date not null,
    party_id uuid not null,
    party_name text not null,
    supplier_number text,
    corrects_id uuid,
    offsets boolean not null,
    currency text not null,
    rate numeric(28, 12),
    terms text,
    rounding text not null,
    memo text,
    net numeric(24, 4) not null,
    gross numeric(24, 4) not null,
    open numeric(24, 4),
    credited numeric(24, 4) not null default 0,
    due_on date,
    discount_until date,
    discount_amount numeric(24, 4),
    state text not null,
    number text,
    journal text,
    posted_at timestamptz,
    posted_by text,
    version bigint not null,
    created_at timestamptz not null,
    created_by text not null,
    custom jsonb not null default '{}',
    primary key (tenant_id, id),
    constraint invoice_number unique (tenant_id, entity, kind, number),
    constraint invoice_corrects foreign key (tenant_id, corrects_id) references invoicing.invoice (tenant_id, id),
    constraint invoice_kind check (kind in ('sale', 'purchase', 'credit_note', 'debit_note')),
    constraint invoice_date check (date between date '1900-01-01' and date '2199-12-31'),
    constraint invoice_currency check (currency ~ '^[A-Z]{3}$'),
    constraint invoice_state check (state in ('draft', 'posted', 'part_paid', 'paid', 'cancelled')),
    constraint invoice_rounding check (rounding in ('document', 'line')),
    constraint invoice_posted check (
        (state = 'draft' and num_nonnulls(number, journal, posted_at, posted_by, open) = 0)
        or (state <> 'draft' and num_nonnulls(number, journal, posted_at, posted_by, open, rate, due_on) = 7)),
    constraint invoice_open check (open between 0 and gross),
    constraint invoice_credited check (credited between 0 and gross)
);
select platform.protect_table('invoicing.invoice');
create index invoice_by_number on invoicing.invoice (tenant_id, number, id);
create index invoice_by_date on invoicing.invoice (tenant_id, date, id);
create index invoice_by_kind on invoicing.invoice (tenant_id, kind, id);
create index invoice_by_party on invoicing.invoice (tenant_id, party_id, id);
create index invoice_by_gross on invoicing.invoice (tenant_id, gross, id);
create index invoice_by_due_on on invoicing.invoice (tenant_id, due_on, id);
create index invoice_by_corrects on invoicing.invoice (tenant_id, corrects_id) where corrects_id is not null;
-- A supplier gives a number once: the same one again is the same invoice entered twice.
create unique index invoice_supplier_number on invoicing.invoice (tenant_id, party_id, supplier_number)
    where kind = 'purchase' and supplier_number is not null;

-- Lines are never updated: a draft's lines are replaced as a whole.
create table invoicing.invoice_line (
    tenant_id uuid not null,
    invoice_id uuid not null,
    line_no integer not null,
    account text,
    role text,
    facts jsonb not null,
    text text,
    quantity numeric(24, 6) not null,
    unit_price numeric(24, 6) not null,
    discount_percent numeric(9, 6) not null,
    amount numeric(24, 4) not null,
    tax_codes jsonb not null,
    dimensions jsonb not null,
    primary key (tenant_id, invoice_id, line_no),
    constraint invoice_line_invoice foreign key (tenant_id, invoice_id) references invoicing.invoice (tenant_id, id)
);
select platform.protect_table('invoicing.invoice_line', 'select, insert, delete');

-- The taxes of a posted document, as positive as the document, in its currency and in that of the books.
create table invoicing.invoice_tax (
    tenant_id uuid not null,
    invoice_id uuid not null,
    position integer not null,
    code text not null,
    part text not null,
    base numeric(24, 4) not null,
    tax numeric(24, 4) not null,
    non_recoverable numeric(24, 4) not null,
    book_base numeric(24, 4) not null,
    book_tax numeric(24, 4) not null,
    primary key (tenant_id, invoice_id, position),
    constraint invoice_tax_invoice foreign key (tenant_id, invoice_id) references invoicing.invoice (tenant_id, id)
);
select platform.protect_table('invoicing.invoice_tax', 'select, insert');

create table invoicing.payment (
    tenant_id uuid not null,
    id uuid not null,
    direction text not null,
    side text not null,
    entity text not null,
    date date not null,
    party_id uuid not null,
    party_name text not null,
    bank_account text,
    currency text not null,
    amount numeric(24, 4) not null,
    rate numeric(28, 12),
    unallocated numeric(24, 4),
    reference text,
    memo text,
    state text not null,
    number text,
    journal text,
    posted_at timestamptz,
    posted_by text,
    version bigint not null,
    created_at timestamptz not null,
    created_by text not null,
    custom jsonb not null default '{}',
    primary key (tenant_id, id),
    constraint payment_number unique (tenant_id, entity, direction, number),
    constraint payment_direction check (direction in ('in', 'out')),
    constraint payment_side check (side in ('receivable', 'payable')),
    constraint payment_date check (date between date '1900-01-01' and date '2199-12-31'),
    constraint payment_currency check (currency ~ '^[A-Z]{3}$'),
    constraint payment_amount check (amount > 0),
    constraint payment_state check (state in ('draft', 'posted', 'matched', 'bounced')),
    constraint payment_posted check (
        (state = 'draft' and num_nonnulls(number, journal, posted_at, posted_by, unallocated) = 0)
        or (state <> 'draft' and num_nonnulls(number, journal, posted_at, posted_by, unallocated, rate) = 6)),
    constraint payment_unallocated check (unallocated between 0 and amount)
);
select platform.protect_table('invoicing.payment');
create index payment_by_number on invoicing.payment (tenant_id, number, id);
create index payment_by_date on invoicing.payment (tenant_id, date, id);
create index payment_by_party on invoicing.payment (tenant_id, party_id, id);

-- What a payment says to settle.
create table invoicing.payment_allocation (
    tenant_id uuid not null,
    payment_id uuid not null,
    position integer not null,
    invoice_id uuid not null,
    amount numeric(24, 4) not null,
    discount numeric(24, 4) not null,
    write_off numeric(24, 4) not null,
    primary key (tenant_id, payment_id, position),
    constraint payment_allocation_payment foreign key (tenant_id, payment_id) references invoicing.payment (tenant_id, id),
    constraint payment_allocation_invoice foreign key (tenant_id, invoice_id) references invoicing.invoice (tenant_id, id),
    constraint payment_allocation_amounts check (amount >= 0 and discount >= 0 and write_off >= 0)
);
select platform.protect_table('invoicing.payment_allocation', 'select, insert, delete');
create index payment_allocation_by_invoice on invoicing.payment_allocation (tenant_id, invoice_id);

-- The open items of the ledger that documents and payments made: debit positive. They are never changed.
create table invoicing.item (
    tenant_id uuid not null,
    id uuid not null,
    invoice_id uuid,
    payment_id uuid,
    position integer not null,
    entity text not null,
    side text not null,
    party_id uuid not null,
    party_name text not null,
    number text not null,
    account text not null,
    date date not null,
    due_on date not null,
    currency text not null,
    amount numeric(24, 4) not null,
    book_amount numeric(24, 4) not null,
    primary key (tenant_id, id),
    constraint item_of_one check (num_nonnulls(invoice_id, payment_id) = 1),
    constraint item_invoice foreign key (tenant_id, invoice_id) references invoicing.invoice (tenant_id, id),
    constraint item_payment foreign key (tenant_id, payment_id) references invoicing.payment (tenant_id, id),
    constraint item_side check (side in ('receivable', 'payable')),
    constraint item_amount check (amount <> 0)
);
select platform.protect_table('invoicing.item', 'select, insert');
create index item_by_invoice on invoicing.item (tenant_id, invoice_id) where invoice_id is not null;
create index item_by_payment on invoicing.item (tenant_id, payment_id) where payment_id is not null;
create index item_by_party on invoicing.item (tenant_id, party_id, date);
create index item_by_due_on on invoicing.item (tenant_id, due_on);

-- What an item lost, with the item's sign; what is open of it is its amount less these.
create table invoicing.settlement (
    tenant_id uuid not null,
    id uuid not null,
    item_id uuid not null,
    date date not null,
    amount numeric(24, 4) not null,
    book_amount numeric(24, 4) not null,
    payment_id uuid,
    reason text not null,
    created_at timestamptz not null,
    created_by text not null,
    primary key (tenant_id, id),
    constraint settlement_item foreign key (tenant_id, item_id) references invoicing.item (tenant_id, id),
    constraint settlement_reason check (reason in ('payment', 'allocation', 'bounce', 'elsewhere'))
);
select platform.protect_table('invoicing.settlement', 'select, insert');
create index settlement_by_item on invoicing.settlement (tenant_id, item_id, date);
create index settlement_by_payment on invoicing.settlement (tenant_id, payment_id) where payment_id is not null;

-- Which reminder went out for which item: each level once.
create table invoicing.reminder (
    tenant_id uuid not null,
    item_id uuid not null,
    level bigint not null,
    party_id uuid not null,
    sent_to text not null,
    sent_on date not null,
    open numeric(24, 4) not null,
    created_at timestamptz not null,
    primary key (tenant_id, item_id, level),
    constraint reminder_item foreign key (tenant_id, item_id) references invoicing.item (tenant_id, id)
);
select platform.protect_table('invoicing.reminder', 'select, insert');
create index reminder_by_party on invoicing.reminder (tenant_id, party_id, sent_on);

-- What is posted says the same for ever: only what is open of it, and its state, follow payments and notes.
create function invoicing.guard_document() returns trigger
language plpgsql set search_path = pg_catalog as $$
declare
    may_change constant text[] := array['state', 'open', 'credited', 'unallocated', 'version'];
begin
    if tg_op = 'INSERT' then
        if new.state = 'draft' then
            return new;
        end if;
    elsif old.state = 'draft' then
        return case tg_op when 'DELETE' then old else new end;
    elsif tg_op = 'UPDATE' and new.state <> 'draft'
        and to_jsonb(new) - may_change = to_jsonb(old) - may_change
    then
        return new;
    end if;
    raise exception 'a posted document never changes'
        using errcode = 'check_violation', constraint = 'document_immutable';
end
$$;
create trigger invoice_guard before insert or update or delete on invoicing.invoice
    for each row execute function invoicing.guard_document();
create trigger payment_guard before insert or update or delete on invoicing.payment
    for each row execute function invoicing.guard_document();

create function invoicing.guard_invoice_lines() returns trigger
language plpgsql set search_path = pg_catalog as $$
begin
    perform 1 from invoicing.invoice document
        where (document.tenant_id, document.id) in (select tenant_id, invoice_id from changed)
        for share;
    if exists (
        select 1 from invoicing.invoice document
        where (document.tenant_id, document.id) in (select tenant_id, invoice_id from changed)
            and document.state <> 'draft')
    then
        raise exception 'the lines of a posted document never change'
            using errcode = 'check_violation', constraint = 'document_immutable';
    end if;
    return null;
end
$$;
create trigger invoice_line_insert after insert on invoicing.invoice_line
    referencing new table as changed for each statement execute function invoicing.guard_invoice_lines();
create trigger invoice_line_delete after delete on invoicing.invoice_line
    referencing old table as changed for each statement execute function invoicing.guard_invoice_lines();
