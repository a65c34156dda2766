//! A draft of a journal that is written down by one statement with its lines.

use std::collections::BTreeSet;

use athyper_kernel_db::{AtOnce, DbError};
use athyper_kernel_types::TenantId;
use chrono::{DateTime, Utc};
use sqlx::Execute as _;
use uuid::Uuid;

use crate::model::journal::NewJournal;
use crate::store::{journals, lines};

/// The accounts of the lines, held, where all of them are there.
const ACCOUNTS: &str = "select true as are_there from (select account.id from finance.account account \
     where account.tenant_id = $1 and account.id = any($2) order by account.id for key share of account) held \
     having count(*) = cardinality($2)";

/// What writes it down now (UTC), by somebody.
pub(crate) fn at_once(
    tenant: TenantId,
    by: (DateTime<Utc>, &str),
    draft: &NewJournal,
) -> Result<AtOnce, DbError> {
    let accounts: BTreeSet<Uuid> = draft.lines.iter().map(|line| line.account.uuid()).collect();
    let query = sqlx::query("").bind(tenant.uuid()).bind(Vec::from_iter(accounts));
    let query = journals::bind(query, by, std::slice::from_ref(draft));
    let mut query = lines::bind(query, &lines::of_draft(draft));
    // Lines that name the journal are written after it.
    let writes = format!(
        "journal as ({} returning id), line as ({})",
        journals::insertion(3, "here,"),
        lines::insertion(20, "journal,")
    );
    let values = query.take_arguments().map_err(sqlx::Error::Encode)?.unwrap_or_default();
    Ok(AtOnce { here: ACCOUNTS, writes, values })
}
