//! Table `finance.journal`.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use athyper_kernel_db::{DbError, LastWrite, TenantConnection, TenantTx};
use athyper_kernel_ledger::{Book, Source};
use athyper_kernel_types::{Currency, Id};
use chrono::{DateTime, NaiveDate, Utc};
use rust_decimal::Decimal;
use sqlx::postgres::PgArguments;
use sqlx::query::Query;
use sqlx::types::Json;
use sqlx::{AssertSqlSafe, FromRow as _, Postgres, Row as _};
use uuid::Uuid;

use crate::model::journal::{Journal, JournalId, JournalSource, JournalState, NewJournal, Numbered};
use crate::model::legal_entity::LegalEntity;
use crate::store::{arrays, bound, legal_entities};

#[derive(sqlx::FromRow)]
struct Row {
    id: Uuid,
    entity_id: Uuid,
    entity_code: String,
    book: String,
    number: Option<String>,
    date: NaiveDate,
    payee: Option<String>,
    narration: Option<String>,
    reference: Option<String>,
    rates: Json<BTreeMap<Currency, Decimal>>,
    state: String,
    source_entity: Option<String>,
    source_id: Option<Uuid>,
    source_step: Option<String>,
    reverses_id: Option<Uuid>,
    reversed_by_id: Option<Uuid>,
    posted_at: Option<DateTime<Utc>>,
    posted_by: Option<String>,
    created_at: DateTime<Utc>,
    created_by: String,
    version: i64,
}

impl TryFrom<Row> for Journal {
    type Error = DbError;

    fn try_from(row: Row) -> Result<Self, DbError> {
        let state = JournalState::parse(&row.state)
            .ok_or_else(|| DbError::Corrupt(format!("state of journal {}", row.id)))?;
        let book =
            Book::parse(&row.book).ok_or_else(|| DbError::Corrupt(format!("book of journal {}", row.id)))?;
        Ok(Self {
            id: Id::from_uuid(row.id),
            entity: Id::from_uuid(row.entity_id),
            entity_code: row.entity_code,
            source: source_of(row.source_entity, row.source_id, row.source_step),
            book,
            rates: row.rates.0,
            number: row.number,
            date: row.date,
            payee: row.payee,
            narration: row.narration,
            reference: row.reference,
            state,
            reverses: row.reverses_id.map(Id::from_uuid),
            reversed_by: row.reversed_by_id.map(Id::from_uuid),
            posted_at: row.posted_at,
            posted_by: row.posted_by,
            created_at: row.created_at,
            created_by: row.created_by,
            version: row.version,
        })
    }
}

fn source_of(entity: Option<String>, id: Option<Uuid>, step: Option<String>) -> Option<JournalSource> {
    Some(JournalSource { entity: entity?, id: id?, step: step? })
}

/// Writes down drafts, at version 1, without their lines.
pub(crate) async fn insert_drafts(tx: &mut TenantTx, journals: &[NewJournal]) -> Result<(), DbError> {
    let (now, actor) = (tx.now(), tx.context().actor().id.clone());
    let query = sqlx::query(AssertSqlSafe(insertion(2, ""))).bind(tx.tenant_id().uuid());
    bind(query, (now, &actor), journals).execute(tx.conn()).await?;
    Ok(())
}

/// What inserts drafts, whose values stand from `$first` on beside the tenant, which is `$1`. `beside` is what they are written
/// beside.
pub(crate) fn insertion(first: usize, beside: &str) -> String {
    let (now, actor) = (first, first + 1);
    let values = arrays(
        first + 2,
        &[
            "uuid", "date", "text", "text", "text", "uuid", "uuid", "text", "uuid", "text", "jsonb", "text",
            "uuid", "text", "bytea",
        ],
    );
    format!(
        "insert into finance.journal (tenant_id, id, date, payee, narration, reference, state, reverses_id, \
         import_job_id, import_entry_no, entity_id, book, rates, source_entity, source_id, source_step, source_digest, \
         version, created_at, created_by) \
         select $1, new.id, new.date, new.payee, new.narration, new.reference, 'draft', new.reverses_id, \
         new.import_job_id, new.import_entry_no, new.entity_id, new.book, new.rates, new.source_entity, new.source_id, \
         new.source_step, new.source_digest, 1, ${now}, ${actor} from {beside} unnest({values}) \
         as new (id, date, payee, narration, reference, reverses_id, import_job_id, import_entry_no, entity_id, book, \
             rates, source_entity, source_id, source_step, source_digest)"
    )
}

/// The values of [`insertion`]: when the drafts are written down (UTC) and by whom, and what they say.
pub(crate) fn bind<'q>(
    query: Query<'q, Postgres, PgArguments>,
    (now, actor): (DateTime<Utc>, &str),
    journals: &[NewJournal],
) -> Query<'q, Postgres, PgArguments> {
    let import = |journal: &NewJournal| journal.import.as_ref().map(|import| import.job.uuid());
    let entry_no = |journal: &NewJournal| journal.import.as_ref().map(|import| import.entry_no.clone());
    query
        .bind(now)
        .bind(actor.to_owned())
        .bind(journals.iter().map(|journal| journal.id.uuid()).collect::<Vec<_>>())
        .bind(journals.iter().map(|journal| journal.date).collect::<Vec<_>>())
        .bind(journals.iter().map(|journal| journal.payee.as_deref()).collect::<Vec<_>>())
        .bind(journals.iter().map(|journal| journal.narration.as_deref()).collect::<Vec<_>>())
        .bind(journals.iter().map(|journal| journal.reference.as_deref()).collect::<Vec<_>>())
        .bind(journals.iter().map(|journal| journal.reverses.map(Id::uuid)).collect::<Vec<_>>())
        .bind(journals.iter().map(import).collect::<Vec<_>>())
        .bind(journals.iter().map(entry_no).collect::<Vec<_>>())
        .bind(journals.iter().map(|journal| journal.entity.uuid()).collect::<Vec<_>>())
        .bind(journals.iter().map(|journal| journal.book.as_str()).collect::<Vec<_>>())
        .bind(journals.iter().map(|journal| Json(&journal.rates)).collect::<Vec<_>>())
        .bind(journals.iter().map(|journal| source(journal).map(|it| it.entity.as_str())).collect::<Vec<_>>())
        .bind(journals.iter().map(|journal| source(journal).map(|it| it.id)).collect::<Vec<_>>())
        .bind(journals.iter().map(|journal| source(journal).map(|it| it.step.as_str())).collect::<Vec<_>>())
        .bind(journals.iter().map(digest).collect::<Vec<_>>())
}

fn source(journal: &NewJournal) -> Option<&Source> {
    journal.source.as_ref().map(|(source, _)| source)
}

fn digest(journal: &NewJournal) -> Option<&[u8]> {
    journal.source.as_ref().map(|(_, digest)| digest.as_slice())
}

/// The journal that was posted for a source, locked until the transaction ends, and the digest of what was asked for.
pub(crate) async fn lock_by_source(
    tx: &mut TenantTx,
    source: &Source,
) -> Result<Option<(JournalId, Vec<u8>)>, DbError> {
    let tenant = tx.tenant_id().uuid();
    let row: Option<(Uuid, Vec<u8>)> = sqlx::query_as(
        "select id, source_digest from finance.journal \
         where tenant_id = $1 and source_entity = $2 and source_id = $3 and source_step = $4 for update",
    )
    .bind(tenant)
    .bind(&source.entity)
    .bind(source.id)
    .bind(&source.step)
    .fetch_optional(tx.conn())
    .await?;
    Ok(row.map(|(id, digest)| (Id::from_uuid(id), digest)))
}

/// Stores what a draft says beside its lines, and gives it its next version.
pub(crate) async fn update_draft(tx: &mut TenantTx, journal: &NewJournal) -> Result<(), DbError> {
    let tenant = tx.tenant_id().uuid();
    sqlx::query(
        "update finance.journal set date = $3, payee = $4, narration = $5, reference = $6, entity_id = $7, \
         book = $8, rates = $9, version = version + 1 where tenant_id = $1 and id = $2",
    )
    .bind(tenant)
    .bind(journal.id.uuid())
    .bind(journal.date)
    .bind(&journal.payee)
    .bind(&journal.narration)
    .bind(&journal.reference)
    .bind(journal.entity.uuid())
    .bind(journal.book.as_str())
    .bind(Json(&journal.rates))
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// Deletes a draft, whose lines must be gone.
pub(crate) async fn delete_draft(tx: &mut TenantTx, id: JournalId) -> Result<(), DbError> {
    let tenant = tx.tenant_id().uuid();
    sqlx::query("delete from finance.journal where tenant_id = $1 and id = $2")
        .bind(tenant)
        .bind(id.uuid())
        .execute(tx.conn())
        .await?;
    Ok(())
}

/// Turns a draft into a posted journal. The database refuses one that does not balance.
pub(crate) async fn mark_posted(tx: &mut TenantTx, draft: &Numbered) -> Result<(), DbError> {
    let LastWrite { write, values } = marking(tx, draft)?;
    sqlx::query_with(write, values).execute(tx.conn()).await?;
    Ok(())
}

/// The same, as the write that ends its posting.
pub(crate) fn marking(tx: &TenantTx, draft: &Numbered) -> Result<LastWrite, DbError> {
    let write = "update finance.journal set state = 'posted', number = $3, sequence = $4, fiscal_year = $5, posted_at = $6, \
         posted_by = $7, version = version + 1 where tenant_id = $1 and id = $2";
    let query = sqlx::query("")
        .bind(tx.tenant_id().uuid())
        .bind(draft.id.uuid())
        .bind(&draft.number)
        .bind(draft.sequence)
        .bind(draft.fiscal_year)
        .bind(tx.now())
        .bind(&*tx.context().actor().id);
    Ok(LastWrite { write, values: bound(query)? })
}

/// Marks a posted journal as reversed by another one.
pub(crate) async fn mark_reversed(tx: &mut TenantTx, id: JournalId, by: JournalId) -> Result<(), DbError> {
    let tenant = tx.tenant_id().uuid();
    sqlx::query(
        "update finance.journal set state = 'reversed', reversed_by_id = $3, version = version + 1 \
         where tenant_id = $1 and id = $2",
    )
    .bind(tenant)
    .bind(id.uuid())
    .bind(by.uuid())
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// What is read of a `journal`.
const COLUMNS: &str = "journal.id, journal.entity_id, whose.code as entity_code, journal.book, journal.number, \
     journal.date, journal.payee, journal.narration, journal.reference, journal.rates, journal.state, journal.source_entity, \
     journal.source_id, journal.source_step, journal.reverses_id, journal.reversed_by_id, journal.posted_at, journal.posted_by, \
     journal.created_at, journal.created_by, journal.version";

/// The journal with this id.
pub(crate) async fn find(tx: &mut impl TenantConnection, id: JournalId) -> Result<Option<Journal>, DbError> {
    read(tx, id, "").await
}

/// The journal with this id, locked against changes until the transaction ends.
pub(crate) async fn lock(tx: &mut TenantTx, id: JournalId) -> Result<Option<Journal>, DbError> {
    read(tx, id, "for update of journal").await
}

async fn read(tx: &mut impl TenantConnection, id: JournalId, lock: &str) -> Result<Option<Journal>, DbError> {
    let tenant = tx.tenant_id().uuid();
    let statement = format!(
        "select {COLUMNS} from finance.journal journal \
         cross join lateral (select code from finance.legal_entity \
             where tenant_id = journal.tenant_id and id = journal.entity_id offset 0) whose \
         where journal.tenant_id = $1 and journal.id = $2 {lock}"
    );
    let row: Option<Row> = sqlx::query_as(AssertSqlSafe(statement))
        .bind(tenant)
        .bind(id.uuid())
        .fetch_optional(tx.conn())
        .await?;
    row.map(Journal::try_from).transpose()
}

/// What is looked up for the journal stands apart, so that it is found by its key, whatever the database believes of how many the
/// tenant has.
static TO_POST: LazyLock<String> = LazyLock::new(|| {
    format!(
        "select {COLUMNS}, {whose}, own.pattern from finance.journal journal \
         cross join lateral (select id, code, name, base_currency, fiscal_year_start, rounding_limit, version \
             from finance.legal_entity where tenant_id = journal.tenant_id and id = journal.entity_id offset 0) whose \
         left join lateral (select pattern from finance.book \
             where tenant_id = journal.tenant_id and entity_id = journal.entity_id and kind = journal.book offset 0) own on true \
         where journal.tenant_id = $1 and journal.id = $2 for update of journal",
        whose = legal_entities::BESIDE,
    )
});

/// As [`lock`], with what its posting asks of the books: whose they are, and the pattern that its book has of its own.
pub(crate) async fn lock_to_post(
    tx: &mut TenantTx,
    id: JournalId,
) -> Result<Option<(Journal, LegalEntity, Option<String>)>, DbError> {
    let tenant = tx.tenant_id().uuid();
    let row = sqlx::query(TO_POST.as_str()).bind(tenant).bind(id.uuid());
    let Some(row) = row.fetch_optional(tx.conn()).await? else { return Ok(None) };
    let journal: Journal = Row::from_row(&row)?.try_into()?;
    Ok(Some((journal, legal_entities::beside(&row)?, row.try_get("pattern")?)))
}
