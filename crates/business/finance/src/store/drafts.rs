//! A draft of a journal that is written down by one statement with its lines.

use std::collections::BTreeSet;
use std::sync::LazyLock;

use athyper_kernel_db::{AtOnce, DbError, LazyTenantTx, Rows as _};
use athyper_kernel_types::TenantId;
use chrono::{DateTime, Utc};
use sqlx::Row as _;
use uuid::Uuid;

use crate::model::account::Account;
use crate::model::journal::NewJournal;
use crate::model::legal_entity::LegalEntity;
use crate::store::{accounts, bound, journals, legal_entities, lines};

/// The accounts of the lines, held, where all of them are there.
const ACCOUNTS: &str = "select true as are_there from (select account.id from finance.account account \
     where account.tenant_id = $1 and account.id = any($2) order by account.id for key share of account) held \
     having count(*) = cardinality($2)";

/// What writes a draft. Lines that name the journal are written after it.
static WRITES: LazyLock<String> = LazyLock::new(|| {
    let (journal, line) = (journals::insertion(3, "here,"), lines::insertion(20, "journal,"));
    format!("journal as ({journal} returning id), line as ({line})")
});
/// What reads [`books`].
static BOOKS: LazyLock<String> = LazyLock::new(|| {
    format!(
        "select {}, {} from ({}) whose left join lateral ({} offset 0) account on true \
         order by whose.code <> 'main', whose.code, account.code",
        legal_entities::BESIDE,
        accounts::columns_of("account"),
        legal_entities::WITH_CODE,
        accounts::with_codes_of(3)
    )
});

/// The legal entities that may be meant by a code, or by none, and the accounts with these codes, as far as they exist.
pub(crate) async fn books(
    tx: &mut LazyTenantTx,
    code: Option<&str>,
    codes: &[&str],
) -> Result<(Vec<LegalEntity>, Vec<Account>), DbError> {
    let values = bound(sqlx::query("").bind(tx.tenant_id().uuid()).bind(code).bind(codes))?;
    let rows = tx.rows(BOOKS.clone(), values).await?;
    let mut entities: Vec<LegalEntity> = Vec::new();
    let mut found = Vec::new();
    for row in &rows {
        let entity = legal_entities::beside(row)?;
        if entities.last().is_none_or(|last| last.id != entity.id) {
            entities.push(entity);
        }
        // Each entity comes with the same accounts.
        if entities.len() == 1 && row.try_get::<Option<Uuid>, _>("id")?.is_some() {
            found.push(accounts::of_row(row)?);
        }
    }
    Ok((entities, found))
}

/// What writes it down now (UTC), by somebody.
pub(crate) fn at_once(
    tenant: TenantId,
    by: (DateTime<Utc>, &str),
    draft: &NewJournal,
) -> Result<AtOnce, DbError> {
    let accounts: BTreeSet<Uuid> = draft.lines.iter().map(|line| line.account.uuid()).collect();
    let query = sqlx::query("").bind(tenant.uuid()).bind(Vec::from_iter(accounts));
    let query = journals::bind(query, by, std::slice::from_ref(draft));
    let query = lines::bind(query, &lines::of_draft(draft));
    Ok(AtOnce { here: ACCOUNTS, writes: &WRITES, values: bound(query)? })
}
