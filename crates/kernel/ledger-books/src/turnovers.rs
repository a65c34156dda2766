//! How who plans reads the ledger: the answer to the port of turnovers of `athyper-kernel-ledger`.

use std::collections::BTreeMap;
use std::sync::Arc;

use async_trait::async_trait;
use athyper_kernel_db::TenantConnection;
use athyper_kernel_error::Problem;
use athyper_kernel_ledger::{AccountSet, Entity, Selection, Turnover, Turnovers};
use chrono::NaiveDate;

use crate::store::{dimensions, turnovers as store};

/// What was posted month by month, from the books.
pub fn turnovers() -> Arc<dyn Turnovers> {
    Arc::new(PostedTurnovers)
}

struct PostedTurnovers;

#[async_trait]
impl Turnovers for PostedTurnovers {
    async fn turnovers(
        &self,
        tx: &mut dyn TenantConnection,
        entity: &Entity,
        months: (NaiveDate, NaiveDate),
        selections: &[Selection],
    ) -> Result<Vec<Turnover>, Problem> {
        if selections.is_empty() {
            return Ok(Vec::new());
        }
        Ok(store::by_month(tx, entity.id, months, selections).await?)
    }

    async fn members(
        &self,
        tx: &mut dyn TenantConnection,
        sets: &[&AccountSet],
    ) -> Result<Vec<Vec<String>>, Problem> {
        let mut found = vec![Vec::new(); sets.len()];
        for (place, code) in store::members(tx, sets).await? {
            if let Some(codes) = usize::try_from(place).ok().and_then(|place| found.get_mut(place)) {
                codes.push(code);
            }
        }
        Ok(found)
    }

    async fn paths(
        &self,
        tx: &mut dyn TenantConnection,
        codes: &[&str],
    ) -> Result<BTreeMap<String, Vec<String>>, Problem> {
        let mut found: BTreeMap<String, Vec<String>> = BTreeMap::new();
        for (asked, code) in store::paths(tx, codes).await? {
            found.entry(asked).or_default().push(code);
        }
        Ok(found)
    }

    async fn unknown_values<'a>(
        &self,
        tx: &mut dyn TenantConnection,
        pairs: &[(&'a str, &'a str)],
    ) -> Result<Vec<(&'a str, &'a str)>, Problem> {
        if pairs.is_empty() {
            return Ok(Vec::new());
        }
        let known = dimensions::values(tx, pairs).await?;
        let is_known = |(key, code): &(&str, &str)| {
            known.iter().any(|value| value.key == *key && value.code == *code && value.is_active)
        };
        Ok(pairs.iter().filter(|pair| !is_known(pair)).copied().collect())
    }
}
