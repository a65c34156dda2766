//! Tables `governance.access_review` and `governance.access_review_item`.

use athyper_kernel_db::{DbError, TenantConnection, TenantTx};
use athyper_kernel_types::Id;
use chrono::{DateTime, Utc};
use uuid::Uuid;

use crate::model::binding::BindingId;
use crate::model::review::{AccessReview, Outcome, ReviewId, ReviewStatus, Verdict};

#[derive(sqlx::FromRow)]
struct Row {
    id: Uuid,
    name: String,
    reviewer_id: Uuid,
    due_at: DateTime<Utc>,
    undecided: String,
    status: String,
    closed_at: Option<DateTime<Utc>>,
    version: i64,
}

impl TryFrom<Row> for AccessReview {
    type Error = DbError;

    fn try_from(row: Row) -> Result<Self, DbError> {
        let corrupt = || DbError::Corrupt(format!("access review {}", row.id));
        Ok(Self {
            id: Id::from_uuid(row.id),
            name: row.name,
            reviewer: Id::from_uuid(row.reviewer_id),
            due_at: row.due_at,
            undecided: Verdict::parse(&row.undecided).ok_or_else(corrupt)?,
            status: if row.status == "open" { ReviewStatus::Open } else { ReviewStatus::Closed },
            closed_at: row.closed_at,
            version: row.version,
        })
    }
}

#[derive(sqlx::FromRow)]
struct ItemRow {
    binding_id: Uuid,
    decision: Option<String>,
    note: Option<String>,
    decided_by: Option<String>,
    outcome: Option<String>,
}

/// A binding in a review, as it is stored.
#[derive(Clone, Debug)]
pub(crate) struct Item {
    /// The binding.
    pub(crate) binding: BindingId,
    /// What was decided.
    pub(crate) decision: Option<Verdict>,
    /// What was noted.
    pub(crate) note: Option<String>,
    /// Who decided.
    pub(crate) decided_by: Option<String>,
    /// What became of it.
    pub(crate) outcome: Option<Outcome>,
}

impl From<ItemRow> for Item {
    fn from(row: ItemRow) -> Self {
        Self {
            binding: Id::from_uuid(row.binding_id),
            decision: row.decision.as_deref().and_then(Verdict::parse),
            note: row.note,
            decided_by: row.decided_by,
            outcome: row.outcome.as_deref().and_then(Outcome::parse),
        }
    }
}

fn uuids(ids: &[BindingId]) -> Vec<Uuid> {
    ids.iter().map(|id| id.uuid()).collect()
}

/// Enters a review of these bindings, at version 1.
pub(crate) async fn insert(
    tx: &mut TenantTx,
    new: &AccessReview,
    bindings: &[BindingId],
) -> Result<(), DbError> {
    let (tenant, now, actor) = (tx.tenant_id().uuid(), tx.now(), tx.context().actor().id.clone());
    sqlx::query(
        "insert into governance.access_review (tenant_id, id, name, reviewer_id, due_at, undecided, status, version, \
         created_at, created_by) values ($1, $2, $3, $4, $5, $6, 'open', 1, $7, $8)",
    )
    .bind(tenant)
    .bind(new.id.uuid())
    .bind(&new.name)
    .bind(new.reviewer.uuid())
    .bind(new.due_at)
    .bind(new.undecided.as_str())
    .bind(now)
    .bind(actor)
    .execute(tx.conn())
    .await?;
    sqlx::query(
        "insert into governance.access_review_item (tenant_id, review_id, binding_id) \
         select $1, $2, new.binding_id from unnest($3::uuid[]) as new (binding_id)",
    )
    .bind(tenant)
    .bind(new.id.uuid())
    .bind(uuids(bindings))
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// The review with this id.
pub(crate) async fn find(
    tx: &mut impl TenantConnection,
    id: ReviewId,
) -> Result<Option<AccessReview>, DbError> {
    let tenant = tx.tenant_id().uuid();
    let row: Option<Row> = sqlx::query_as(
        "select id, name, reviewer_id, due_at, undecided, status, closed_at, version from governance.access_review \
         where tenant_id = $1 and id = $2",
    )
    .bind(tenant)
    .bind(id.uuid())
    .fetch_optional(tx.conn())
    .await?;
    row.map(AccessReview::try_from).transpose()
}

/// The review with this id, locked against decisions and closing until the transaction ends.
pub(crate) async fn lock(tx: &mut TenantTx, id: ReviewId) -> Result<Option<AccessReview>, DbError> {
    let tenant = tx.tenant_id().uuid();
    sqlx::query("select 1 from governance.access_review where tenant_id = $1 and id = $2 for update")
        .bind(tenant)
        .bind(id.uuid())
        .execute(tx.conn())
        .await?;
    find(tx, id).await
}

/// At most `limit` reviews whose id comes after `after`, by id.
pub(crate) async fn list(
    tx: &mut impl TenantConnection,
    after: Option<Uuid>,
    limit: u32,
) -> Result<Vec<AccessReview>, DbError> {
    let tenant = tx.tenant_id().uuid();
    let rows: Vec<Row> = sqlx::query_as(
        "select id, name, reviewer_id, due_at, undecided, status, closed_at, version from governance.access_review \
         where tenant_id = $1 and ($2::uuid is null or id > $2) order by id limit $3",
    )
    .bind(tenant)
    .bind(after)
    .bind(i64::from(limit))
    .fetch_all(tx.conn())
    .await?;
    rows.into_iter().map(AccessReview::try_from).collect()
}

/// The open reviews that were due at this time.
pub(crate) async fn overdue(
    tx: &mut impl TenantConnection,
    now: DateTime<Utc>,
) -> Result<Vec<ReviewId>, DbError> {
    let tenant = tx.tenant_id().uuid();
    let ids: Vec<Uuid> = sqlx::query_scalar(
        "select id from governance.access_review where tenant_id = $1 and status = 'open' and due_at <= $2 \
         order by due_at, id",
    )
    .bind(tenant)
    .bind(now)
    .fetch_all(tx.conn())
    .await?;
    Ok(ids.into_iter().map(Id::from_uuid).collect())
}

/// At most `limit` bindings of a review whose id comes after `after`, by id.
pub(crate) async fn items(
    tx: &mut impl TenantConnection,
    review: ReviewId,
    after: Option<Uuid>,
    limit: u32,
) -> Result<Vec<Item>, DbError> {
    let tenant = tx.tenant_id().uuid();
    let rows: Vec<ItemRow> = sqlx::query_as(
        "select binding_id, decision, note, decided_by, outcome from governance.access_review_item \
         where tenant_id = $1 and review_id = $2 and ($3::uuid is null or binding_id > $3) \
         order by binding_id limit $4",
    )
    .bind(tenant)
    .bind(review.uuid())
    .bind(after)
    .bind(i64::from(limit))
    .fetch_all(tx.conn())
    .await?;
    Ok(rows.into_iter().map(Item::from).collect())
}

/// Stores a decision. Gives back whether the binding is in the review.
pub(crate) async fn decide(
    tx: &mut TenantTx,
    review: ReviewId,
    binding: BindingId,
    decision: Verdict,
    note: Option<&str>,
) -> Result<bool, DbError> {
    let (tenant, now, actor) = (tx.tenant_id().uuid(), tx.now(), tx.context().actor().id.clone());
    let done = sqlx::query(
        "update governance.access_review_item set decision = $4, note = $5, decided_at = $6, decided_by = $7 \
         where tenant_id = $1 and review_id = $2 and binding_id = $3",
    )
    .bind(tenant)
    .bind(review.uuid())
    .bind(binding.uuid())
    .bind(decision.as_str())
    .bind(note)
    .bind(now)
    .bind(actor)
    .execute(tx.conn())
    .await?;
    Ok(done.rows_affected() > 0)
}

/// Stores what became of each binding, and closes the review.
pub(crate) async fn close(
    tx: &mut TenantTx,
    review: ReviewId,
    outcomes: &[(BindingId, Outcome)],
) -> Result<(), DbError> {
    let (tenant, now) = (tx.tenant_id().uuid(), tx.now());
    sqlx::query(
        "update governance.access_review_item i set outcome = new.outcome \
         from unnest($3::uuid[], $4::text[]) as new (binding_id, outcome) \
         where i.tenant_id = $1 and i.review_id = $2 and i.binding_id = new.binding_id",
    )
    .bind(tenant)
    .bind(review.uuid())
    .bind(outcomes.iter().map(|(id, _)| id.uuid()).collect::<Vec<_>>())
    .bind(outcomes.iter().map(|(_, outcome)| outcome.as_str()).collect::<Vec<_>>())
    .execute(tx.conn())
    .await?;
    sqlx::query(
        "update governance.access_review set status = 'closed', closed_at = $3, version = version + 1 \
         where tenant_id = $1 and id = $2",
    )
    .bind(tenant)
    .bind(review.uuid())
    .bind(now)
    .execute(tx.conn())
    .await?;
    Ok(())
}
