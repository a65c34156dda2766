//! Table `finance.journal`.

use athyper_kernel_db::{DbError, TenantConnection, TenantTx};
use athyper_kernel_types::{Id, JobId};
use chrono::{DateTime, NaiveDate, Utc};
use uuid::Uuid;

use crate::model::journal::{Journal, JournalId, JournalState, NewJournal};

#[derive(sqlx::FromRow)]
struct Row {
    id: Uuid,
    number: Option<String>,
    date: NaiveDate,
    payee: Option<String>,
    narration: Option<String>,
    reference: Option<String>,
    state: String,
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
        Ok(Self {
            id: Id::from_uuid(row.id),
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

/// A number that a draft gets when it is posted.
#[derive(Clone, Debug)]
pub(crate) struct Numbered {
    /// The draft.
    pub(crate) id: JournalId,
    /// Its number, as it is written.
    pub(crate) number: String,
    /// Its place in the series of the year.
    pub(crate) sequence: i64,
}

/// Writes down drafts, at version 1, without their lines.
pub(crate) async fn insert_drafts(tx: &mut TenantTx, journals: &[NewJournal]) -> Result<(), DbError> {
    let (tenant, now, actor) = (tx.tenant_id().uuid(), tx.now(), tx.context().actor().id.clone());
    let import = |journal: &NewJournal| journal.import.as_ref().map(|import| import.job.uuid());
    let entry_no = |journal: &NewJournal| journal.import.as_ref().map(|import| import.entry_no.clone());
    sqlx::query(
        "insert into finance.journal (tenant_id, id, date, payee, narration, reference, state, reverses_id, \
         import_job_id, import_entry_no, version, created_at, created_by) \
         select $1, new.id, new.date, new.payee, new.narration, new.reference, 'draft', new.reverses_id, \
         new.import_job_id, new.import_entry_no, 1, $2, $3 \
         from unnest($4::uuid[], $5::date[], $6::text[], $7::text[], $8::text[], $9::uuid[], $10::uuid[], $11::text[]) \
         as new (id, date, payee, narration, reference, reverses_id, import_job_id, import_entry_no)",
    )
    .bind(tenant)
    .bind(now)
    .bind(actor)
    .bind(journals.iter().map(|journal| journal.id.uuid()).collect::<Vec<_>>())
    .bind(journals.iter().map(|journal| journal.date).collect::<Vec<_>>())
    .bind(journals.iter().map(|journal| journal.payee.as_deref()).collect::<Vec<_>>())
    .bind(journals.iter().map(|journal| journal.narration.as_deref()).collect::<Vec<_>>())
    .bind(journals.iter().map(|journal| journal.reference.as_deref()).collect::<Vec<_>>())
    .bind(journals.iter().map(|journal| journal.reverses.map(Id::uuid)).collect::<Vec<_>>())
    .bind(journals.iter().map(import).collect::<Vec<_>>())
    .bind(journals.iter().map(entry_no).collect::<Vec<_>>())
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// Stores what a draft says beside its lines, and gives it its next version.
pub(crate) async fn update_draft(tx: &mut TenantTx, journal: &NewJournal) -> Result<(), DbError> {
    let tenant = tx.tenant_id().uuid();
    sqlx::query(
        "update finance.journal set date = $3, payee = $4, narration = $5, reference = $6, version = version + 1 \
         where tenant_id = $1 and id = $2",
    )
    .bind(tenant)
    .bind(journal.id.uuid())
    .bind(journal.date)
    .bind(&journal.payee)
    .bind(&journal.narration)
    .bind(&journal.reference)
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

/// Turns drafts into posted journals. The database refuses one that does not balance.
pub(crate) async fn mark_posted(tx: &mut TenantTx, drafts: &[Numbered]) -> Result<(), DbError> {
    let (tenant, now, actor) = (tx.tenant_id().uuid(), tx.now(), tx.context().actor().id.clone());
    sqlx::query(
        "update finance.journal journal set state = 'posted', number = given.number, sequence = given.sequence, \
         posted_at = $2, posted_by = $3, version = version + 1 \
         from unnest($4::uuid[], $5::text[], $6::bigint[]) as given (id, number, sequence) \
         where journal.tenant_id = $1 and journal.id = given.id",
    )
    .bind(tenant)
    .bind(now)
    .bind(actor)
    .bind(drafts.iter().map(|draft| draft.id.uuid()).collect::<Vec<_>>())
    .bind(drafts.iter().map(|draft| draft.number.as_str()).collect::<Vec<_>>())
    .bind(drafts.iter().map(|draft| draft.sequence).collect::<Vec<_>>())
    .execute(tx.conn())
    .await?;
    Ok(())
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

/// The journal with this id.
pub(crate) async fn find(tx: &mut impl TenantConnection, id: JournalId) -> Result<Option<Journal>, DbError> {
    let tenant = tx.tenant_id().uuid();
    let row: Option<Row> = sqlx::query_as(
        "select id, number, date, payee, narration, reference, state, reverses_id, reversed_by_id, posted_at, \
         posted_by, created_at, created_by, version \
         from finance.journal where tenant_id = $1 and id = $2",
    )
    .bind(tenant)
    .bind(id.uuid())
    .fetch_optional(tx.conn())
    .await?;
    row.map(Journal::try_from).transpose()
}

/// The journal with this id, locked against changes until the transaction ends.
pub(crate) async fn lock(tx: &mut TenantTx, id: JournalId) -> Result<Option<Journal>, DbError> {
    let tenant = tx.tenant_id().uuid();
    let row: Option<Row> = sqlx::query_as(
        "select id, number, date, payee, narration, reference, state, reverses_id, reversed_by_id, posted_at, \
         posted_by, created_at, created_by, version \
         from finance.journal where tenant_id = $1 and id = $2 for update",
    )
    .bind(tenant)
    .bind(id.uuid())
    .fetch_optional(tx.conn())
    .await?;
    row.map(Journal::try_from).transpose()
}

/// The number of the journal that an import made of an entry of its file.
pub(crate) async fn number_of_entry(
    tx: &mut impl TenantConnection,
    job: JobId,
    entry_no: &str,
) -> Result<Option<String>, DbError> {
    let tenant = tx.tenant_id().uuid();
    let number: Option<Option<String>> = sqlx::query_scalar(
        "select number from finance.journal where tenant_id = $1 and import_job_id = $2 and import_entry_no = $3",
    )
    .bind(tenant)
    .bind(job.uuid())
    .bind(entry_no)
    .fetch_optional(tx.conn())
    .await?;
    Ok(number.flatten())
}
