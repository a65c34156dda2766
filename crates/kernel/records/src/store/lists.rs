//! Pages of records: the only statements whose text depends on the definition of an entity.
//!
//! The text is made of the pieces below and of what the expression language makes of a filter; whatever a client wrote is
//! bound, and a field stands in the text by its slot, a number. Writing to a `String` cannot fail, so its result is dropped.

use std::fmt::Write as _;
use std::sync::Arc;

use athyper_kernel_cel::{Bind, Binds, Context};
use athyper_kernel_db::{DbError, Rows};
use athyper_kernel_record_model::{
    Aggregate, Entity, Error, MAX_GROUPS, Output, Place, Relation, Selection, Slot, Sort, SortBy, Stored,
    query_error, search, sorted_by, terms,
};
use athyper_kernel_types::PageError;
use serde_json::{Map, Value};
use sqlx::postgres::{PgArguments, PgRow};
use sqlx::{Column as _, Row as _};

use crate::store::records;

mod driver;
mod leaps;

use driver::{Driver, with_record};

/// A row of a page: the columns of the entity's relation from `first` on, and `rank`.
#[derive(Debug)]
pub(crate) struct Found {
    row: PgRow,
    first: usize,
}

impl Found {
    /// Its record.
    pub(crate) fn stored(&self) -> Result<Stored<'_>, DbError> {
        records::stored(&self.row, self.first)
    }

    /// How well it fits the search, where the list is ordered by that.
    pub(crate) fn rank(&self) -> Result<Option<i64>, DbError> {
        Ok(self.row.try_get("rank")?)
    }
}

/// What a page is taken from.
pub(crate) struct Asked<'a> {
    /// The entity.
    pub(crate) entity: &'a Entity,
    /// Which of its records.
    pub(crate) selection: &'a Selection,
    /// In what order.
    pub(crate) sort: Sort,
    /// Time and zone of the filter.
    pub(crate) context: &'a Context,
}

/// At most `limit` records of a selection in an order, after a place.
pub(crate) async fn page(
    tx: &mut impl Rows,
    asked: &Asked<'_>,
    after: Option<&Place>,
    limit: u32,
) -> Result<Vec<Found>, Error> {
    if terms::is_nowhere(asked.entity, asked.selection, asked.context) {
        return Ok(Vec::new());
    }
    let SortBy::Field(slot) = asked.sort.by else {
        let driver = match asked.sort.by {
            SortBy::Created => Driver::of_page(tx, asked, after, limit).await?,
            _ => Driver::All,
        };
        return driver.page(tx, asked, after, limit).await;
    };
    let keys = Keys::of(asked.entity, slot);
    // Those with a value first, and then those without one: each of the two is a walk along the index.
    let is_past_values = matches!(after, Some(Place { value: None, .. }));
    let mut found =
        if is_past_values { Vec::new() } else { leaps::with_value(tx, asked, &keys, after, limit).await? };
    let missing = limit.saturating_sub(u32::try_from(found.len()).unwrap_or(u32::MAX));
    if missing > 0 {
        let after = after.filter(|_| is_past_values);
        found.extend(Statement::without_value(tx, asked, &keys, after, missing)?.fetch(tx).await?);
    }
    Ok(found)
}

/// How many records of a selection there are.
pub(crate) async fn count(tx: &mut impl Rows, asked: &Asked<'_>) -> Result<i64, Error> {
    if terms::is_nowhere(asked.entity, asked.selection, asked.context) {
        return Ok(0);
    }
    let driver = Driver::of_all(tx, asked).await?;
    let mut statement = Statement::new(tx, asked.entity);
    let condition = statement.condition(asked)?;
    let from = driver.rows(&mut statement, asked.entity);
    statement.text = format!("select count(*) from {from} where {condition}");
    let counted = statement.rows(tx).await?;
    Ok(counted.first().map_or(Ok(0), |row| row.try_get(0))?)
}

/// The groups of a selection, in the order of their keys, and whether there are more than are given.
pub(crate) async fn aggregate(
    tx: &mut impl Rows,
    asked: &Asked<'_>,
    aggregate: &Aggregate,
) -> Result<(Vec<Map<String, Value>>, bool), Error> {
    let driver = Driver::of_all(tx, asked).await?;
    let mut statement = Statement::new(tx, asked.entity);
    let mut condition = statement.condition(asked)?;
    if terms::is_nowhere(asked.entity, asked.selection, asked.context) {
        condition.push_str(" and false");
    }
    let from = driver.rows(&mut statement, asked.entity);
    let zone = statement.text(asked.context.zone.name().to_owned());
    let outputs: Vec<&Output> = aggregate.keys.iter().chain(&aggregate.measures).collect();
    let columns: Vec<String> = outputs.iter().map(|output| output.sql.replace("$zone", &zone)).collect();
    let keys: Vec<String> = aggregate.keys.iter().map(|key| key.by.replace("$zone", &zone)).collect();
    let by = match keys.join(", ") {
        keys if keys.is_empty() => String::new(),
        keys => format!(" group by {keys} order by {keys}"),
    };
    // The zone is named even where no column asks for it: what is bound has to be used.
    statement.text = format!(
        "select {} from {from} where {condition} and {zone} is not null{by} limit {}",
        columns.join(", "),
        MAX_GROUPS + 1
    );
    let rows = statement.rows(tx).await?;
    let group = |row: &PgRow| {
        let member = |(at, output): (usize, &&Output)| {
            Ok::<_, sqlx::Error>((output.name.clone(), output.json(row.try_get::<Option<String>, _>(at)?)))
        };
        outputs.iter().enumerate().map(member).collect::<Result<Map<_, _>, _>>()
    };
    let groups = rows.iter().take(MAX_GROUPS).map(group).collect::<Result<Vec<_>, _>>()?;
    Ok((groups, rows.len() > MAX_GROUPS))
}

/// What a list that is ordered by a field walks along.
struct Keys {
    /// The rows, up to and with the beginning of the conditions.
    from: String,
    /// The value.
    value: String,
    /// Its type.
    sql_type: &'static str,
    /// The id of its record.
    id: &'static str,
    /// The field whose rows they are; none where they are those of a column.
    slot: Option<Slot>,
}

impl Keys {
    /// The index of a field: rows that are kept for it, or the one of its column in a domain's table.
    fn of(entity: &Entity, slot: Slot) -> Self {
        let Relation { from, scope, .. } = entity.relation();
        let field = entity.fields().find(|(_, of)| *of == slot).map(|(field, _)| &field.kind);
        let column = entity.system().zip(field).and_then(|(system, kind)| sorted_by(system, slot, kind));
        match column {
            Some((value, sql_type)) => {
                Self { from: format!("{from} where {scope}"), value, sql_type, id: "r.id", slot: None }
            }
            None => Self {
                from: format!(
                    "records.field_value i {} where i.tenant_id = $1 and i.entity_id = $2 and i.slot = {slot}",
                    with_record(entity)
                ),
                value: "i.value".to_owned(),
                sql_type: "text",
                id: "i.record_id",
                slot: Some(slot),
            },
        }
    }
}

/// A statement and what is bound to it; the first two placeholders are tenant and entity.
struct Statement {
    text: String,
    binds: Binds,
}

impl Statement {
    fn new(tx: &impl Rows, entity: &Entity) -> Self {
        let mut binds = Binds::from(1);
        binds.push(Bind::Uuid(tx.tenant().uuid()));
        binds.push(Bind::Uuid(entity.id.uuid()));
        Self { text: String::new(), binds }
    }

    /// A page by id, by the last change, or by how well records fit the search.
    fn by_record(
        tx: &impl Rows,
        asked: &Asked<'_>,
        after: Option<&Place>,
        limit: u32,
    ) -> Result<Self, Error> {
        let mut statement = Self::new(tx, asked.entity);
        let mut condition = statement.condition(asked)?;
        let (before, way) = ways(asked.sort);
        let relation = asked.entity.relation();
        let (key, sql_type) = match asked.sort.by {
            SortBy::Updated => (relation.updated_at.to_owned(), "timestamptz"),
            SortBy::Relevance => {
                (search::rank(asked.entity, &asked.selection.words, &mut statement.binds), "bigint")
            }
            SortBy::Created | SortBy::Field(_) => (String::new(), ""),
        };
        if let Some(place) = after {
            check(place, sql_type)?;
            let last = statement.binds.push(Bind::Uuid(place.id));
            let behind = match &place.value {
                Some(value) if !key.is_empty() => {
                    let value = statement.binds.push(Bind::Text(value.clone()));
                    format!(" and ({key}, r.id) {before} ({value}::text::{sql_type}, {last}::uuid)")
                }
                _ => format!(" and r.id {before} {last}::uuid"),
            };
            condition.push_str(&behind);
        }
        let Relation { from, columns, .. } = relation;
        let rank = if asked.sort.by == SortBy::Relevance { &key } else { "null::bigint" };
        let order = if key.is_empty() { String::new() } else { format!("{key} {way}, ") };
        statement.text = format!(
            "select {columns}, {rank} as rank from {from} where {condition} order by {order}r.id {way} limit {limit}"
        );
        Ok(statement)
    }

    /// A page of the records that have a value in the field, by it.
    fn by_value(
        tx: &impl Rows,
        asked: &Asked<'_>,
        keys: &Keys,
        after: Option<&Place>,
        limit: u32,
    ) -> Result<Self, Error> {
        let mut statement = Self::new(tx, asked.entity);
        let mut condition = statement.condition(asked)?;
        let (before, way) = ways(asked.sort);
        if let Some(sought) = driver::sought(asked).filter(|sought| keys.slot == Some(sought.slot)) {
            condition.push_str(&statement.within(&sought));
        }
        if let Some(place @ Place { value: Some(value), id }) = after {
            check(place, keys.sql_type)?;
            let value = statement.binds.push(Bind::Text(value.clone()));
            let id = statement.binds.push(Bind::Uuid(*id));
            let Keys { value: key, sql_type, id: of, .. } = keys;
            let _ = write!(condition, " and ({key}, {of}) {before} ({value}::text::{sql_type}, {id}::uuid)");
        }
        let Keys { from, value, id, .. } = keys;
        let columns = &asked.entity.relation().columns;
        statement.text = format!(
            "select {columns}, null::bigint as rank from {from} and {value} is not null and {condition} \
             order by {value} {way}, {id} {way} limit {limit}"
        );
        Ok(statement)
    }

    /// A page of the records that have no value in the field, by id.
    fn without_value(
        tx: &impl Rows,
        asked: &Asked<'_>,
        keys: &Keys,
        after: Option<&Place>,
        limit: u32,
    ) -> Result<Self, Error> {
        let mut statement = Self::new(tx, asked.entity);
        let mut condition = statement.condition(asked)?;
        let (before, way) = ways(asked.sort);
        if let Some(place) = after {
            let id = statement.binds.push(Bind::Uuid(place.id));
            let _ = write!(condition, " and {} {before} {id}::uuid", keys.id);
        }
        let Keys { from, value, id, .. } = keys;
        let columns = &asked.entity.relation().columns;
        statement.text = format!(
            "select {columns}, null::bigint as rank from {from} and {value} is null and {condition} \
             order by {id} {way} limit {limit}"
        );
        Ok(statement)
    }

    /// What must hold for a record of the selection.
    fn condition(&mut self, asked: &Asked<'_>) -> Result<String, Error> {
        let Relation { scope, live, deleted, .. } = asked.entity.relation();
        let mut condition = format!("{scope} and {}", if asked.selection.deleted { deleted } else { live });
        for word in &asked.selection.words {
            let _ = write!(condition, " and {}", search::has(asked.entity, word, &mut self.binds));
        }
        for left in &asked.selection.only {
            let columns = |path: &[Arc<str>]| terms::column(asked.entity, path);
            let sql = left.to_sql(&columns, asked.context, &mut self.binds);
            // Policies are checked for it: this one was written for another version of the entity.
            let sql = sql.map_err(|error| DbError::Corrupt(format!("a policy's condition: {error}")))?;
            let _ = write!(condition, " and ({sql})");
        }
        if let Some(filter) = &asked.selection.filter {
            let columns = |path: &[Arc<str>]| terms::column(asked.entity, path);
            let sql = filter
                .to_sql(&columns, asked.context, &mut self.binds)
                .map_err(|error| query_error("filter", "untranslatable", error.to_string()))?;
            let _ = write!(condition, " and ({sql})");
        }
        Ok(condition)
    }

    fn text(&mut self, text: String) -> String {
        format!("{}::text", self.binds.push(Bind::Text(text)))
    }

    fn arguments(&self) -> Result<PgArguments, DbError> {
        let mut arguments = PgArguments::default();
        self.binds
            .add_to(&mut arguments)
            .map_err(|error| DbError::Corrupt(format!("a value cannot be bound: {error}")))?;
        Ok(arguments)
    }

    async fn rows(self, tx: &mut impl Rows) -> Result<Vec<PgRow>, DbError> {
        let arguments = self.arguments()?;
        tx.rows(self.text, arguments).await
    }

    async fn fetch(self, tx: &mut impl Rows) -> Result<Vec<Found>, Error> {
        Ok(self.rows(tx).await?.into_iter().map(|row| Found { row, first: 0 }).collect())
    }
}

/// A row that has others before the columns of the relation.
fn found(row: PgRow) -> Result<Found, Error> {
    let first = row.try_column("id")?.ordinal();
    Ok(Found { row, first })
}

/// Whether a place is one of the list.
fn check(place: &Place, sql_type: &str) -> Result<(), Error> {
    if place.is_of(sql_type) { Ok(()) } else { Err(PageError::DamagedCursor.into()) }
}

/// How the place is compared, and which way the order goes.
fn ways(sort: Sort) -> (&'static str, &'static str) {
    if sort.descending { ("<", "desc") } else { (">", "asc") }
}

#[cfg(test)]
mod tests;
