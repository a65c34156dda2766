//! Where the records of a selection come from: from an index where the filter names or bounds a value that one keeps, and few
//! enough have it; else from all records of the entity.

use std::fmt::Write as _;

use athyper_kernel_cel::Bind;
use athyper_kernel_db::{DbError, TenantConnection};
use athyper_kernel_record_model::{
    Entity, Error, Place, Relation, Slot,
    terms::{self, Sought},
};
use sqlx::{AssertSqlSafe, FromRow as _, Row as _};
use uuid::Uuid;

use super::{Asked, Found, Row, Statement, ways};

/// Most rows of an index that are put in the order of a list for a page of it.
const MOST_IN_ORDER: i64 = 20_000;
/// Most rows of an index whose records are counted or summed one by one.
const MOST_COUNTED: i64 = 500_000;
/// Most values whose rows are merged for a page.
const MOST_MERGED: usize = 10;
/// Rows that are looked at for each row of a page to know how near a row must be to be one of them.
const SAMPLED: u32 = 6;

/// Where the records of a selection come from.
#[derive(Debug)]
pub(super) enum Driver {
    /// From all records.
    All,
    /// From the rows of an index of a field that have one of these values. Those of each are in the order of a list by id
    /// already, so that a page of it reads as many of them as it shows, however many there are.
    Values(Slot, Vec<String>),
    /// From the rows of an index between two values.
    Range(Sought),
    /// From the first of those rows in the order of a list, as many as a first stride has: the ids of their records.
    First(Sought, Vec<Uuid>),
}

/// The next rows of a walk along an index. It has a limit, so that the database looks for the first rows and not for all.
pub(super) struct Stride<'s> {
    /// Which way the walk goes by id.
    pub(super) way: &'s str,
    /// That rows `i` come behind the last one of the walk so far.
    pub(super) behind: &'s str,
    /// How many rows.
    pub(super) rows: u32,
}

impl Driver {
    /// The best one for a page of a list by id. An index that too many rows of serve is none, unless these have few values: to
    /// walk through the records until a page is full is less work then.
    pub(super) async fn of_page(
        tx: &mut impl TenantConnection,
        asked: &Asked<'_>,
        after: Option<&Place>,
        limit: u32,
    ) -> Result<Self, Error> {
        let Some(sought) = sought(asked) else { return Ok(Self::All) };
        if (1..=MOST_MERGED).contains(&sought.named.len()) {
            return Ok(Self::Values(sought.slot, sought.named));
        }
        let statement = Statement::bounded(tx, asked, &sought, after, (limit, MOST_IN_ORDER));
        let arguments = statement.arguments()?;
        let (values, first): (Vec<String>, Option<Vec<Uuid>>) =
            sqlx::query_as_with(AssertSqlSafe(statement.text), arguments)
                .fetch_one(tx.conn())
                .await
                .map_err(DbError::from)?;
        Ok(match (values.len(), first) {
            (0, _) => Self::First(sought, Vec::new()),
            (1..=MOST_MERGED, _) => Self::Values(sought.slot, values),
            (_, Some(first)) => Self::First(sought, first),
            (_, None) => Self::All,
        })
    }

    /// The best one to count or sum all records of a selection.
    pub(super) async fn of_all(tx: &mut impl TenantConnection, asked: &Asked<'_>) -> Result<Self, Error> {
        let Some(sought) = sought(asked) else { return Ok(Self::All) };
        if (1..=MOST_MERGED).contains(&sought.named.len()) {
            return Ok(Self::Values(sought.slot, sought.named));
        }
        let mut statement = Statement::new(tx, asked.entity);
        let rows = rows_of(sought.slot, &statement.within(&sought));
        statement.text = format!(
            "select exists (select from (select {rows} limit {}) found offset {MOST_COUNTED})",
            MOST_COUNTED.saturating_add(1)
        );
        let arguments = statement.arguments()?;
        let query = sqlx::query_scalar_with(AssertSqlSafe(statement.text), arguments);
        let are_more: bool = query.fetch_one(tx.conn()).await.map_err(DbError::from)?;
        Ok(if are_more { Self::All } else { Self::Range(sought) })
    }

    /// A page by id, by the last change, or by how well records fit the search. Rows of an index are walked along in strides that
    /// grow, until so many records are found. The next stride begins behind the last row: each is met once, whatever is written.
    pub(super) async fn page(
        mut self,
        tx: &mut impl TenantConnection,
        asked: &Asked<'_>,
        after: Option<&Place>,
        limit: u32,
    ) -> Result<Vec<Found>, Error> {
        if matches!(self, Self::All) {
            return Statement::by_record(tx, asked, None, after, limit)?.fetch(tx, asked).await;
        }
        let (mut found, mut after, mut rows) = (Vec::new(), after.map(|place| place.id), limit);
        if let Self::First(sought, ids) = self {
            let is_end = ids.len() < limit as usize;
            (self, after, rows) = (Self::Range(sought), ids.last().copied(), rows.saturating_mul(4));
            found = Statement::by_record(tx, asked, Some(ids), None, limit)?.fetch(tx, asked).await?;
            if is_end {
                return Ok(found);
            }
        }
        while found.len() < limit as usize {
            let missing = limit.saturating_sub(u32::try_from(found.len()).unwrap_or(u32::MAX));
            let met = Statement::stride(tx, asked, &self, after, (rows, missing))?.strode(tx, asked).await?;
            found.extend(met.found);
            if met.rows < i64::from(rows) {
                break;
            }
            (after, rows) = (met.last, rows.saturating_mul(4));
        }
        Ok(found)
    }

    /// All rows with their records.
    pub(super) fn rows(&self, statement: &mut Statement, entity: &Entity) -> String {
        match self.ids(statement, None) {
            Some(ids) => format!("{ids} i {}", with_record(entity)),
            None => entity.relation().from.clone(),
        }
    }

    /// The ids of the rows of an index.
    fn ids(&self, statement: &mut Statement, stride: Option<&Stride<'_>>) -> Option<String> {
        let ordered = |rows: &str| match stride {
            Some(Stride { way, behind, rows: most }) => {
                format!("(select {rows}{behind} order by i.record_id {way} limit {most})")
            }
            None => format!("(select {rows} offset 0)"),
        };
        Some(match (self, stride) {
            (Self::All | Self::First(..), _) => return None,
            (Self::Values(slot, values), _) => {
                let of_value = |value: &String| {
                    let value = statement.text(value.clone());
                    ordered(&rows_of(*slot, &format!(" and i.value = {value}")))
                };
                let values: Vec<String> = values.iter().map(of_value).collect();
                let rows = values.join(" union all ");
                match stride {
                    Some(Stride { way, rows: most, .. }) if values.len() > 1 => format!(
                        "(select i.record_id from ({rows}) i order by i.record_id {way} limit {most})"
                    ),
                    _ => format!("({rows})"),
                }
            }
            (Self::Range(sought), None) => ordered(&rows_of(sought.slot, &statement.within(sought))),
            (Self::Range(sought), Some(Stride { way, behind, rows: most })) => {
                // The inner limit is no bound, for there are not so many: with it no plan has several processes do what is
                // sooner done than they are started. Where values grow as records are made, the rows come in order.
                let rows = rows_of(sought.slot, &statement.within(sought));
                format!(
                    "(select i.record_id from (select {rows}{behind} order by i.value {way}, i.record_id {way} \
                     limit {}) i order by i.record_id {way} limit {most})",
                    MOST_IN_ORDER.saturating_mul(2)
                )
            }
        })
    }
}

/// The ids in the rows `i` of an index for which this holds, behind `select`.
fn rows_of(slot: Slot, holds: &str) -> String {
    format!(
        "i.record_id from records.field_value i where i.tenant_id = $1 and i.entity_id = $2 and i.slot = {slot}{holds}"
    )
}

/// What is asked of an index; records that are deleted are in none.
pub(super) fn sought(asked: &Asked<'_>) -> Option<Sought> {
    if asked.selection.deleted {
        return None;
    }
    terms::sought(asked.entity, asked.selection, asked.context)
}

/// What follows rows `i` of an index of fields so that each has its record `r`: taken one by one by its whole key, whatever the
/// database believes of how many there are. It cannot know: a tenant is one of many, and an entity one of many again.
pub(super) fn with_record(entity: &Entity) -> String {
    let Relation { from, scope, .. } = entity.relation();
    format!("cross join lateral (select r.* from {from} where {scope} and r.id = i.record_id offset 0) r")
}

/// What a stride has met.
#[derive(Default)]
struct Strode {
    /// The records for which the whole filter holds.
    found: Vec<Found>,
    /// How many rows of the index there were.
    rows: i64,
    /// The last of them.
    last: Option<Uuid>,
}

impl Statement {
    /// The next rows of a walk and the first records of them for which the whole filter holds, or how far the walk has come.
    pub(super) fn stride(
        tx: &impl TenantConnection,
        asked: &Asked<'_>,
        driver: &Driver,
        after: Option<Uuid>,
        (rows, limit): (u32, u32),
    ) -> Result<Self, Error> {
        let mut statement = Self::new(tx, asked.entity);
        let condition = statement.condition(asked)?;
        let way = ways(asked.sort).1;
        let back = if way == "desc" { "asc" } else { "desc" };
        let behind = after.map(|after| statement.behind(after, way)).unwrap_or_default();
        let stride = Stride { way, behind: &behind, rows };
        let ids = driver.ids(&mut statement, Some(&stride)).unwrap_or_default();
        let (columns, with_record) = (&asked.entity.relation().columns, with_record(asked.entity));
        statement.text = format!(
            "with walked as materialized (select i.record_id from {ids} i order by i.record_id {way}) \
             select walk.rows, walk.last, found.* from (select count(*) as rows, \
             (select record_id from walked order by record_id {back} limit 1) as last from walked) walk \
             left join lateral (select {columns}, null::bigint as rank from walked i {with_record} \
             where {condition} order by i.record_id {way} limit {limit}) found on true order by found.id {way}"
        );
        Ok(statement)
    }

    async fn strode(self, tx: &mut impl TenantConnection, asked: &Asked<'_>) -> Result<Strode, Error> {
        let arguments = self.arguments()?;
        let rows = sqlx::query_with(AssertSqlSafe(self.text), arguments).fetch_all(tx.conn()).await?;
        let mut strode = Strode::default();
        for row in &rows {
            (strode.rows, strode.last) = (row.try_get("rows")?, row.try_get("last")?);
            if row.try_get::<Option<Uuid>, _>("id")?.is_some() {
                strode.found.push((Row::from_row(row)?.into_record(asked.entity), row.try_get("rank")?));
            }
        }
        Ok(strode)
    }

    /// What is between two values of an index: its values, each once, at most one more than are merged; and where there are so
    /// many, the ids of the first records in the order of a list by id, unless there are more rows than are put in order.
    ///
    /// Each value is looked up behind the one before, however many rows have it. The rows are read once and forwards, as disks
    /// are read ahead. That all were read is told by the last of them, which takes the place before all others. Rows that are no
    /// nearer than as many as the page has are passed over: some at one end say how near that is.
    pub(super) fn bounded(
        tx: &impl TenantConnection,
        asked: &Asked<'_>,
        sought: &Sought,
        after: Option<&Place>,
        (limit, most): (u32, i64),
    ) -> Self {
        let mut statement = Self::new(tx, asked.entity);
        let within = statement.within(sought);
        let way = ways(asked.sort).1;
        let behind = after.map(|place| statement.behind(place.id, way)).unwrap_or_default();
        let (before_all, behind_all, near) = match way {
            "desc" => (Uuid::max(), Uuid::nil(), ">="),
            _ => (Uuid::nil(), Uuid::max(), "<="),
        };
        let rows = rows_of(sought.slot, &within);
        let from = format!(
            "from records.field_value i where i.tenant_id = $1 and i.entity_id = $2 and i.slot = {}{within}",
            sought.slot
        );
        statement.text = format!(
            "with recursive found (value, nth) as ( \
             (select i.value, 1 {from} order by i.value limit 1) union all \
             select (select i.value {from} and i.value > found.value order by i.value limit 1), found.nth + 1 \
             from found where found.value is not null and found.nth <= {MOST_MERGED}), \
             known as materialized (select value from found where value is not null), \
             last as materialized (select {rows} order by i.value desc, i.record_id desc limit 1), \
             far as materialized (select coalesce((select i.record_id from \
             (select {rows} order by i.value {way}, i.record_id {way} limit {}) i \
             where true{behind} order by i.record_id {way} offset {} limit 1), '{behind_all}'::uuid) as record_id), \
             first as materialized (select case when i.record_id = (select record_id from last) then '{before_all}'::uuid \
             else i.record_id end as record_id \
             from (select {rows} order by i.value, i.record_id limit {most}) i \
             where i.record_id {near} (select record_id from far){behind} or i.record_id = (select record_id from last) \
             order by 1 {way} limit {}) \
             select array(select value from known), case when (select count(*) from known) > {MOST_MERGED} \
             and exists (select from first where record_id = '{before_all}'::uuid) then array(select i.record_id from \
             (select record_id from first where record_id <> '{before_all}'::uuid union all select record_id from last) i \
             where true{behind} order by i.record_id {way} limit {limit}) end",
            limit.saturating_mul(SAMPLED),
            limit.saturating_sub(1),
            limit.saturating_add(1)
        );
        statement
    }

    /// That rows `i` of an index come behind the one of this record.
    fn behind(&mut self, last: Uuid, way: &str) -> String {
        let before = if way == "desc" { "<" } else { ">" };
        format!(" and i.record_id {before} {}::uuid", self.binds.push(Bind::Uuid(last)))
    }

    /// What holds for the rows `i` of an index that are sought.
    pub(super) fn within(&mut self, sought: &Sought) -> String {
        let mut within = String::new();
        if sought.from == sought.to
            && let Some(value) = &sought.from
        {
            let value = self.text(value.clone());
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
