//! Tables `finance.open_item` and `finance.settlement`.

use std::collections::BTreeMap;

use athyper_kernel_db::{DbError, TenantConnection, TenantTx};
use athyper_kernel_ledger::{ItemId, OpenItem, OpenItems};
use athyper_kernel_types::{Currency, Id};
use chrono::NaiveDate;
use rust_decimal::Decimal;
use uuid::Uuid;

use crate::model::entry::ItemState;
use crate::model::journal::JournalId;
use crate::model::legal_entity::EntityId;

/// A line that stays open.
#[derive(Clone, Debug)]
pub(crate) struct NewItem {
    /// Its id.
    pub(crate) id: ItemId,
    /// Whose books.
    pub(crate) entity: EntityId,
    /// The journal of its line.
    pub(crate) journal: JournalId,
    /// The line's position.
    pub(crate) line_no: i32,
    /// The day of the journal.
    pub(crate) date: NaiveDate,
    /// When it falls due.
    pub(crate) due_on: Option<NaiveDate>,
    /// The journal's reference.
    pub(crate) reference: Option<String>,
    /// What it is made with.
    pub(crate) state: ItemState,
}

/// What a line of a journal, or an allocation, takes off an item or gives back.
#[derive(Clone, Copy, Debug)]
pub(crate) struct NewSettlement {
    /// The item.
    pub(crate) item: ItemId,
    /// The day.
    pub(crate) date: NaiveDate,
    /// What is added to what is open, in the item's currency: of the other sign where it settles.
    pub(crate) amount: Decimal,
    /// The same in base currency.
    pub(crate) base: Decimal,
    /// By what.
    pub(crate) by: SettledBy,
}

/// What settles an item.
#[derive(Clone, Copy, Debug)]
pub(crate) enum SettledBy {
    /// A line of a journal.
    Line(JournalId, i32),
    /// Another item.
    Allocation(Uuid),
}

#[derive(sqlx::FromRow)]
struct Row {
    id: Uuid,
    account_id: Uuid,
    code: String,
    party_id: Uuid,
    date: NaiveDate,
    due_on: Option<NaiveDate>,
    reference: Option<String>,
    currency: String,
    rate: Decimal,
    amount: Decimal,
    base: Decimal,
    open: Decimal,
    open_base: Decimal,
}

impl Row {
    fn currency(&self) -> Result<Currency, DbError> {
        Currency::parse(&self.currency)
            .map_err(|_| DbError::Corrupt(format!("currency of open item {}", self.id)))
    }

    fn state(&self) -> Result<ItemState, DbError> {
        Ok(ItemState {
            account: Id::from_uuid(self.account_id),
            party: self.party_id,
            currency: self.currency()?,
            rate: self.rate,
            amount: self.amount,
            base: self.base,
            open: self.open,
            open_base: self.open_base,
        })
    }

    fn item(self) -> Result<OpenItem, DbError> {
        let currency = self.currency()?;
        let scaled = |mut amount: Decimal| {
            amount.rescale(currency.minor_units());
            amount
        };
        Ok(OpenItem {
            id: Id::from_uuid(self.id),
            account: self.code,
            party: self.party_id,
            date: self.date,
            due_on: self.due_on,
            reference: self.reference,
            currency,
            amount: scaled(self.amount),
            open: scaled(self.open),
            open_base: self.open_base,
        })
    }
}

/// The items with these ids in a legal entity's books, locked in the order of their ids until the transaction ends.
pub(crate) async fn lock(
    tx: &mut TenantTx,
    entity: EntityId,
    ids: &[ItemId],
) -> Result<BTreeMap<ItemId, ItemState>, DbError> {
    if ids.is_empty() {
        return Ok(BTreeMap::new());
    }
    let tenant = tx.tenant_id().uuid();
    let rows: Vec<Row> = sqlx::query_as(
        "select id, account_id, '' as code, party_id, date, due_on, reference, currency, rate, amount, base, open, \
         open_base from finance.open_item where tenant_id = $1 and entity_id = $2 and id = any($3) \
         order by id for update",
    )
    .bind(tenant)
    .bind(entity.uuid())
    .bind(ids.iter().copied().map(Id::uuid).collect::<Vec<_>>())
    .fetch_all(tx.conn())
    .await?;
    rows.iter().map(|row| Ok((Id::from_uuid(row.id), row.state()?))).collect()
}

/// The items with these ids, as far as they exist, by id.
pub(crate) async fn find(
    tx: &mut (impl TenantConnection + ?Sized),
    ids: impl IntoIterator<Item = ItemId>,
) -> Result<Vec<OpenItem>, DbError> {
    let tenant = tx.tenant_id().uuid();
    let rows: Vec<Row> = sqlx::query_as(
        "select item.id, item.account_id, account.code, item.party_id, item.date, item.due_on, item.reference, \
         item.currency, item.rate, item.amount, item.base, item.open, item.open_base \
         from finance.open_item item \
         join finance.account account on account.tenant_id = item.tenant_id and account.id = item.account_id \
         where item.tenant_id = $1 and item.id = any($2) order by item.id",
    )
    .bind(tenant)
    .bind(ids.into_iter().map(Id::uuid).collect::<Vec<_>>())
    .fetch_all(tx.conn())
    .await?;
    rows.into_iter().map(Row::item).collect()
}

/// The items of a legal entity that were open at the end of a day, as they were then, by id.
pub(crate) async fn open_on(
    tx: &mut (impl TenantConnection + ?Sized),
    entity: EntityId,
    date: NaiveDate,
) -> Result<Vec<OpenItem>, DbError> {
    let tenant = tx.tenant_id().uuid();
    let rows: Vec<Row> = sqlx::query_as(
        "select item.id, item.account_id, account.code, item.party_id, item.date, item.due_on, item.reference, \
         item.currency, item.rate, item.amount, item.base, item.amount + as_of.amount as open, \
         item.base + as_of.base as open_base \
         from finance.open_item item \
         join finance.account account on account.tenant_id = item.tenant_id and account.id = item.account_id \
         cross join lateral (select coalesce(sum(settled.amount), 0) as amount, coalesce(sum(settled.base), 0) as base \
             from finance.settlement settled \
             where settled.tenant_id = item.tenant_id and settled.item_id = item.id and settled.settled_on <= $3) as_of \
         where item.tenant_id = $1 and item.entity_id = $2 and item.date <= $3 and item.amount + as_of.amount <> 0 \
         order by item.id",
    )
    .bind(tenant)
    .bind(entity.uuid())
    .bind(date)
    .fetch_all(tx.conn())
    .await?;
    rows.into_iter().map(Row::item).collect()
}

/// The items of a legal entity that are open now and that are asked for, by id.
pub(crate) async fn open(
    tx: &mut (impl TenantConnection + ?Sized),
    entity: EntityId,
    which: &OpenItems,
) -> Result<Vec<OpenItem>, DbError> {
    let tenant = tx.tenant_id().uuid();
    let rows: Vec<Row> = sqlx::query_as(
        "select item.id, item.account_id, account.code, item.party_id, item.date, item.due_on, item.reference, \
         item.currency, item.rate, item.amount, item.base, item.open, item.open_base \
         from finance.open_item item \
         join finance.account account on account.tenant_id = item.tenant_id and account.id = item.account_id \
         where item.tenant_id = $1 and item.entity_id = $2 and item.open <> 0 \
         and ($3::uuid is null or item.party_id = $3) \
         and ($4::text is null or account.code = $4) \
         and ($5::text is null or item.currency = $5) \
         and (cardinality($6::numeric[]) = 0 or item.open = any($6)) \
         and (cardinality($7::text[]) = 0 or item.reference = any($7)) \
         and ($8::uuid is null or item.id > $8) \
         order by item.id limit $9",
    )
    .bind(tenant)
    .bind(entity.uuid())
    .bind(which.party)
    .bind(&which.account)
    .bind(which.currency.map(Currency::code))
    .bind(&which.open)
    .bind(&which.references)
    .bind(which.after.map(Id::uuid))
    .bind(i64::from(which.limit))
    .fetch_all(tx.conn())
    .await?;
    rows.into_iter().map(Row::item).collect()
}

/// The legal entity that an item is in the books of.
pub(crate) async fn entity_of(tx: &mut TenantTx, id: ItemId) -> Result<Option<EntityId>, DbError> {
    let tenant = tx.tenant_id().uuid();
    let entity: Option<Uuid> =
        sqlx::query_scalar("select entity_id from finance.open_item where tenant_id = $1 and id = $2")
            .bind(tenant)
            .bind(id.uuid())
            .fetch_optional(tx.conn())
            .await?;
    Ok(entity.map(Id::from_uuid))
}

/// The items that the lines of a journal made, by position.
pub(crate) async fn made_by(
    tx: &mut (impl TenantConnection + ?Sized),
    journal: JournalId,
) -> Result<BTreeMap<i32, ItemId>, DbError> {
    let tenant = tx.tenant_id().uuid();
    let rows: Vec<(i32, Uuid)> =
        sqlx::query_as("select line_no, id from finance.open_item where tenant_id = $1 and journal_id = $2")
            .bind(tenant)
            .bind(journal.uuid())
            .fetch_all(tx.conn())
            .await?;
    Ok(rows.into_iter().map(|(line_no, id)| (line_no, Id::from_uuid(id))).collect())
}

/// Enters new items, wholly open.
pub(crate) async fn insert(tx: &mut TenantTx, items: &[NewItem]) -> Result<(), DbError> {
    if items.is_empty() {
        return Ok(());
    }
    let (tenant, now, actor) = (tx.tenant_id().uuid(), tx.now(), tx.context().actor().id.clone());
    sqlx::query(
        "insert into finance.open_item (tenant_id, id, entity_id, account_id, party_id, journal_id, line_no, date, \
         due_on, reference, currency, rate, amount, base, open, open_base, version, created_at, created_by) \
         select $1, new.id, new.entity_id, new.account_id, new.party_id, new.journal_id, new.line_no, new.date, \
         new.due_on, new.reference, new.currency, new.rate, new.amount, new.base, new.amount, new.base, 1, $2, $3 \
         from unnest($4::uuid[], $5::uuid[], $6::uuid[], $7::uuid[], $8::uuid[], $9::int[], $10::date[], $11::date[], \
             $12::text[], $13::text[], $14::numeric[], $15::numeric[], $16::numeric[]) \
         as new (id, entity_id, account_id, party_id, journal_id, line_no, date, due_on, reference, currency, rate, \
             amount, base)",
    )
    .bind(tenant)
    .bind(now)
    .bind(actor)
    .bind(items.iter().map(|item| item.id.uuid()).collect::<Vec<_>>())
    .bind(items.iter().map(|item| item.entity.uuid()).collect::<Vec<_>>())
    .bind(items.iter().map(|item| item.state.account.uuid()).collect::<Vec<_>>())
    .bind(items.iter().map(|item| item.state.party).collect::<Vec<_>>())
    .bind(items.iter().map(|item| item.journal.uuid()).collect::<Vec<_>>())
    .bind(items.iter().map(|item| item.line_no).collect::<Vec<_>>())
    .bind(items.iter().map(|item| item.date).collect::<Vec<_>>())
    .bind(items.iter().map(|item| item.due_on).collect::<Vec<_>>())
    .bind(items.iter().map(|item| item.reference.as_deref()).collect::<Vec<_>>())
    .bind(items.iter().map(|item| item.state.currency.code()).collect::<Vec<_>>())
    .bind(items.iter().map(|item| item.state.rate).collect::<Vec<_>>())
    .bind(items.iter().map(|item| item.state.amount).collect::<Vec<_>>())
    .bind(items.iter().map(|item| item.state.base).collect::<Vec<_>>())
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// Writes down settlements, and what is left open of their items after them.
pub(crate) async fn settle(
    tx: &mut TenantTx,
    settlements: &[NewSettlement],
    after: &BTreeMap<ItemId, ItemState>,
) -> Result<(), DbError> {
    if settlements.is_empty() {
        return Ok(());
    }
    let ids: Vec<Uuid> = settlements.iter().map(|_| Id::<ItemState>::new(tx.clock()).uuid()).collect();
    let (tenant, now, actor) = (tx.tenant_id().uuid(), tx.now(), tx.context().actor().id.clone());
    let line = |by: SettledBy| match by {
        SettledBy::Line(journal, line_no) => Some((journal.uuid(), line_no)),
        SettledBy::Allocation(_) => None,
    };
    let allocation = |by: SettledBy| match by {
        SettledBy::Line(..) => None,
        SettledBy::Allocation(id) => Some(id),
    };
    sqlx::query(
        "insert into finance.settlement (tenant_id, id, item_id, settled_on, amount, base, journal_id, line_no, \
         allocation_id, created_at, created_by) \
         select $1, new.id, new.item_id, new.settled_on, new.amount, new.base, new.journal_id, new.line_no, \
         new.allocation_id, $2, $3 \
         from unnest($4::uuid[], $5::uuid[], $6::date[], $7::numeric[], $8::numeric[], $9::uuid[], $10::int[], \
             $11::uuid[]) as new (id, item_id, settled_on, amount, base, journal_id, line_no, allocation_id)",
    )
    .bind(tenant)
    .bind(now)
    .bind(actor)
    .bind(ids)
    .bind(settlements.iter().map(|it| it.item.uuid()).collect::<Vec<_>>())
    .bind(settlements.iter().map(|it| it.date).collect::<Vec<_>>())
    .bind(settlements.iter().map(|it| it.amount).collect::<Vec<_>>())
    .bind(settlements.iter().map(|it| it.base).collect::<Vec<_>>())
    .bind(settlements.iter().map(|it| line(it.by).map(|(journal, _)| journal)).collect::<Vec<_>>())
    .bind(settlements.iter().map(|it| line(it.by).map(|(_, line_no)| line_no)).collect::<Vec<_>>())
    .bind(settlements.iter().map(|it| allocation(it.by)).collect::<Vec<_>>())
    .execute(tx.conn())
    .await?;
    sqlx::query(
        "update finance.open_item item set open = left_over.open, open_base = left_over.open_base, \
         version = item.version + 1 \
         from unnest($2::uuid[], $3::numeric[], $4::numeric[]) as left_over (id, open, open_base) \
         where item.tenant_id = $1 and item.id = left_over.id",
    )
    .bind(tenant)
    .bind(after.keys().copied().map(Id::uuid).collect::<Vec<_>>())
    .bind(after.values().map(|state| state.open).collect::<Vec<_>>())
    .bind(after.values().map(|state| state.open_base).collect::<Vec<_>>())
    .execute(tx.conn())
    .await?;
    Ok(())
}
