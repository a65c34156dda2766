//! Where the records of a selection come from: from an index where the filter names or bounds a value that one keeps, and few
//! enough have it; else from all records of the entity.

use std::fmt::Write as _;

use athyper_kernel_cel::Bind;
use athyper_kernel_db::TenantConnection;
use sqlx::AssertSqlSafe;

use super::{Asked, Statement};
use crate::entity::Entity;
use crate::error::Error;
use crate::relation::Relation;
use crate::terms::{self, Sought};

/// Where the records of a selection come from.
#[derive(Debug)]
pub(super) enum Driver {
    /// From all records.
    All,
    /// From the rows of an index.
    Index(Sought),
}

impl Driver {
    /// The best one. An index that more than `most` rows of serve is none: to walk through the records until a page is full is
    /// less work then.
    pub(super) async fn find(
        tx: &mut impl TenantConnection,
        asked: &Asked<'_>,
        most: i64,
    ) -> Result<Self, Error> {
        let Some(sought) = sought(asked) else { return Ok(Self::All) };
        // The rows of one value are in the order of a list already.
        if sought.is_one() || Self::has_at_most(tx, asked, &sought, most).await? {
            return Ok(Self::Index(sought));
        }
        Ok(Self::All)
    }

    async fn has_at_most(
        tx: &mut impl TenantConnection,
        asked: &Asked<'_>,
        sought: &Sought,
        most: i64,
    ) -> Result<bool, Error> {
        let mut statement = Statement::new(tx, asked.entity);
        let within = statement.within(sought);
        statement.text = format!(
            "select count(*) <= {most} from (select from records.field_value i \
             where i.tenant_id = $1 and i.entity_id = $2 and i.slot = {}{within} limit {}) found",
            sought.slot,
            most + 1
        );
        let arguments = statement.arguments()?;
        let few =
            sqlx::query_scalar_with(AssertSqlSafe(statement.text), arguments).fetch_one(tx.conn()).await;
        Ok(few.map_err(athyper_kernel_db::DbError::from)?)
    }

    /// The rows, in the order of their ids that `way` says if it says one.
    pub(super) fn rows(&self, statement: &mut Statement, entity: &Entity, way: &str) -> String {
        let Self::Index(sought) = self else { return entity.relation().from.clone() };
        let within = statement.within(sought);
        let order = if way.is_empty() { String::new() } else { format!(" order by i.record_id {way}") };
        format!(
            "(select i.record_id from records.field_value i where i.tenant_id = $1 and i.entity_id = $2 \
             and i.slot = {}{within}{order} offset 0) i {}",
            sought.slot,
            with_record(entity)
        )
    }

    /// The id of a record among the rows.
    pub(super) fn id(&self) -> &'static str {
        match self {
            Self::All => "r.id",
            Self::Index(_) => "i.record_id",
        }
    }
}

/// What the filter asks of an index; records that are deleted are in none.
pub(super) fn sought(asked: &Asked<'_>) -> Option<Sought> {
    let filter = asked.selection.filter.as_ref().filter(|_| !asked.selection.deleted)?;
    terms::sought(asked.entity, filter, asked.context)
}

/// What follows rows `i` of an index of fields so that each has its record `r`: taken one by one by its whole key, whatever the
/// database believes of how many there are. It cannot know: a tenant is one of many, and an entity one of many again.
pub(super) fn with_record(entity: &Entity) -> String {
    let Relation { from, scope, .. } = entity.relation();
    format!("cross join lateral (select r.* from {from} where {scope} and r.id = i.record_id offset 0) r")
}

impl Statement {
    /// What holds for the rows `i` of an index that are sought.
    pub(super) fn within(&mut self, sought: &Sought) -> String {
        let mut within = String::new();
        if sought.is_one() {
            let value = self.text(sought.from.clone().unwrap_or_default());
            let _ = write!(within, " and i.value = {value}");
            return within;
        }
        for (comparison, end) in [(">=", &sought.from), ("<=", &sought.to)] {
            if let Some(end) = end {
                let end = self.binds.push(Bind::Text(end.clone()));
                let _ = write!(within, " and i.value {comparison} {end}::text");
            }
        }
        within
    }
}
