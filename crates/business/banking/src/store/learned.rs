//! Table `banking.learned_reference`.

use std::collections::BTreeMap;

use athyper_kernel_db::{DbError, TenantConnection, TenantTx};
use uuid::Uuid;

/// By what a party is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// The letters of an account number.
    Account,
    /// A normal name.
    Name,
}

impl Kind {
    fn as_str(self) -> &'static str {
        match self {
            Self::Account => "account",
            Self::Name => "name",
        }
    }
}

/// Most values that are kept in mind at once.
const MOST: i64 = 20_000;

/// Learns that a value belongs to a party, or is confirmed in it.
pub(crate) async fn confirm(tx: &mut TenantTx, kind: Kind, value: &str, party: Uuid) -> Result<(), DbError> {
    let (tenant, now, actor) = (tx.tenant_id().uuid(), tx.now(), tx.context().actor().id.clone());
    sqlx::query(
        "insert into banking.learned_reference (tenant_id, kind, value, party, times, confirmed_at, confirmed_by) \
         values ($1, $2, $3, $4, 1, $5, $6) \
         on conflict (tenant_id, kind, value, party) do update set times = learned_reference.times + 1, \
         confirmed_at = excluded.confirmed_at, confirmed_by = excluded.confirmed_by",
    )
    .bind(tenant)
    .bind(kind.as_str())
    .bind(value)
    .bind(party)
    .bind(now)
    .bind(actor)
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// Takes a confirmation back: what it rested on is undone.
pub(crate) async fn withdraw(tx: &mut TenantTx, kind: Kind, value: &str, party: Uuid) -> Result<(), DbError> {
    let tenant = tx.tenant_id().uuid();
    sqlx::query(
        "update banking.learned_reference set times = times - 1 \
         where tenant_id = $1 and kind = $2 and value = $3 and party = $4 and times > 0",
    )
    .bind(tenant)
    .bind(kind.as_str())
    .bind(value)
    .bind(party)
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// Parties by these accounts.
pub(crate) async fn of_accounts(
    tx: &mut impl TenantConnection,
    accounts: &[String],
) -> Result<BTreeMap<String, Vec<Uuid>>, DbError> {
    let tenant = tx.tenant_id().uuid();
    let rows: Vec<(String, Uuid)> = sqlx::query_as(
        "select value, party from banking.learned_reference \
         where tenant_id = $1 and kind = 'account' and value = any($2) and times > 0 order by value, times desc, party",
    )
    .bind(tenant)
    .bind(accounts)
    .fetch_all(tx.conn())
    .await?;
    Ok(grouped(rows))
}

/// Parties by names, the latest confirmed ones.
pub(crate) async fn of_names(tx: &mut impl TenantConnection) -> Result<BTreeMap<String, Vec<Uuid>>, DbError> {
    let tenant = tx.tenant_id().uuid();
    let rows: Vec<(String, Uuid)> = sqlx::query_as(
        "select value, party from banking.learned_reference \
         where tenant_id = $1 and kind = 'name' and times > 0 order by confirmed_at desc, value, party limit $2",
    )
    .bind(tenant)
    .bind(MOST)
    .fetch_all(tx.conn())
    .await?;
    Ok(grouped(rows))
}

fn grouped(rows: Vec<(String, Uuid)>) -> BTreeMap<String, Vec<Uuid>> {
    let mut parties: BTreeMap<String, Vec<Uuid>> = BTreeMap::new();
    for (value, party) in rows {
        parties.entry(value).or_default().push(party);
    }
    parties
}
