//! Where the records of a selection come from: from an index where the filter names or bounds a value that one keeps, and few
//! enough have it; else from all records of the entity.

use std::fmt::Write as _;

use athyper_kernel_cel::Bind;
use athyper_kernel_db::Rows;
use athyper_kernel_record_model::{
    Entity, Error, Place, Relation, Slot,
    terms::{self, Sought},
};
use sqlx::Row as _;
use sqlx::postgres::PgRow;
use uuid::Uuid;

use super::{Asked, Found, Statement, found, ways};

/// Most rows of an index that are passed over for a page of a list in another order.
const MOST_IN_ORDER: u32 = 20_000;
/// Most rows of an index whose records are counted or summed one by one.
const MOST_COUNTED: u32 = 500_000;
/// Most values whose rows are merged for a page.
const MOST_MERGED: usize = 10;
/// One row in so many is in the index of samples as well.
const OF_ONE_SAMPLE: u32 = 64;
/// That a row `i` is one of them, as the index says it.
const IS_SAMPLE: &str = " and (get_byte(uuid_send(i.record_id), 15) & 63) = 0";

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
    /// From those rows, of which the first in the order of a list are met already, as many as a page has.
    First(Sought, Strode),
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
        tx: &mut impl Rows,
        asked: &Asked<'_>,
        after: Option<&Place>,
        limit: u32,
    ) -> Result<Self, Error> {
        let sought = match merged(asked) {
            Ok(driver) => return Ok(driver),
            Err(sought) => sought,
        };
        // More than these of a page's rows are seldom samples.
        let mut samples = (limit.saturating_mul(2) / OF_ONE_SAMPLE).saturating_add(3);
        loop {
            let rows = Statement::bounded(tx, asked, &sought, after, (limit, samples))?.rows(tx).await?;
            let Some(row) = rows.first() else { return Ok(Self::All) };
            if let Some(values) = row.try_get::<Option<Vec<String>>, _>("values")? {
                return Ok(Self::Values(sought.slot, values));
            }
            let Some(met) = row.try_get::<Option<i64>, _>("rows")? else { return Ok(Self::All) };
            if met >= i64::from(limit) || row.try_get("are_all")? {
                return Ok(Self::First(sought, Strode::of(rows, asked)?));
            }
            samples = samples.saturating_mul(8);
        }
    }

    /// The best one to count or sum all records of a selection.
    pub(super) async fn of_all(tx: &mut impl Rows, asked: &Asked<'_>) -> Result<Self, Error> {
        let sought = match merged(asked) {
            Ok(driver) => return Ok(driver),
            Err(sought) => sought,
        };
        let mut statement = Statement::new(tx, asked.entity);
        let samples = rows_of(sought.slot, &(statement.within(&sought) + IS_SAMPLE));
        let most = MOST_COUNTED / OF_ONE_SAMPLE;
        statement.text =
            format!("select exists (select from (select {samples} limit {}) found offset {most})", most + 1);
        let rows = statement.rows(tx).await?;
        let are_more = rows.first().map_or(Ok(false), |row| row.try_get(0))?;
        Ok(if are_more { Self::All } else { Self::Range(sought) })
    }

    /// A page by id, by the last change, or by how well records fit the search. Rows of an index are walked along in strides that
    /// grow, until so many records are found. The next stride begins behind the last row: each is met once, whatever is written.
    pub(super) async fn page(
        mut self,
        tx: &mut impl Rows,
        asked: &Asked<'_>,
        after: Option<&Place>,
        limit: u32,
    ) -> Result<Vec<Found>, Error> {
        if matches!(self, Self::All) {
            return Statement::by_record(tx, asked, after, limit)?.fetch(tx).await;
        }
        let (mut found, mut after, mut rows) = (Vec::new(), after.map(|place| place.id), limit);
        if let Self::First(sought, met) = self {
            found = met.found;
            if met.rows < i64::from(limit) {
                return Ok(found);
            }
            (self, after, rows) = (Self::Range(sought), met.last, rows.saturating_mul(4));
        }
        while found.len() < limit as usize {
            let missing = limit.saturating_sub(u32::try_from(found.len()).unwrap_or(u32::MAX));
            let stride = Statement::stride(tx, asked, &self, after, (rows, missing))?;
            let met = Strode::of(stride.rows(tx).await?, asked)?;
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
    format!("i.record_id {}", from_values(slot, holds))
}

/// The rows `i` of an index for which this holds, behind what is selected of them.
pub(super) fn from_values(slot: Slot, holds: &str) -> String {
    format!(
        "from records.field_value i where i.tenant_id = $1 and i.entity_id = $2 and i.slot = {slot}{holds}"
    )
}

/// Where no index has to be asked first, as few values are named, or none is bounded; else what is asked of it.
fn merged(asked: &Asked<'_>) -> Result<Driver, Sought> {
    match sought(asked) {
        None => Ok(Driver::All),
        Some(Sought { slot, named: Some(values), .. }) if values.len() <= MOST_MERGED => {
            Ok(Driver::Values(slot, values))
        }
        Some(sought) => Err(sought),
    }
}

/// What is asked of an index; records that are deleted are in none.
pub(super) fn sought(asked: &Asked<'_>) -> Option<Sought> {
    let is_there = |sought: &Sought| !asked.selection.deleted && !sought.is_nowhere();
    terms::sought(asked.entity, asked.selection, asked.context).filter(is_there)
}

/// What follows rows `i` of an index of fields so that each has its record `r`: taken one by one by its whole key, whatever the
/// database believes of how many there are. It cannot know: a tenant is one of many, and an entity one of many again.
pub(super) fn with_record(entity: &Entity) -> String {
    let Relation { from, scope, .. } = entity.relation();
    format!("cross join lateral (select r.* from {from} where {scope} and r.id = i.record_id offset 0) r")
}

/// What a stride has met.
#[derive(Debug, Default)]
pub(super) struct Strode {
    /// The records for which the whole filter holds.
    pub(super) found: Vec<Found>,
    /// How many rows of the index there were.
    rows: i64,
    /// The last of them.
    last: Option<Uuid>,
}

impl Strode {
    /// As the rows of an answer say it, each of them with a record or none.
    fn of(rows: Vec<PgRow>, asked: &Asked<'_>) -> Result<Self, Error> {
        let (mut strode, mut met) = (Self::default(), Vec::new());
        if let Some(row) = rows.first() {
            (strode.rows, strode.last) = (row.try_get("rows")?, row.try_get("last")?);
        }
        for row in rows {
            if let Some(id) = row.try_get::<Option<Uuid>, _>("id")? {
                met.push((id, found(row)?));
            }
        }
        // They come so; to see to it, the database would put whole rows in order once more.
        met.sort_by_key(|(id, _)| *id);
        if asked.sort.descending {
            met.reverse();
        }
        strode.found = met.into_iter().map(|(_, found)| found).collect();
        Ok(strode)
    }
}

impl Statement {
    /// The next rows of a walk and the first records of them for which the whole filter holds, or how far the walk has come.
    pub(super) fn stride(
        tx: &impl Rows,
        asked: &Asked<'_>,
        driver: &Driver,
        after: Option<Uuid>,
        (rows, limit): (u32, u32),
    ) -> Result<Self, Error> {
        let mut statement = Self::new(tx, asked.entity);
        let condition = statement.condition(asked)?;
        let way = ways(asked.sort).1;
        let behind = after.map(|after| statement.behind(after, way)).unwrap_or_default();
        let stride = Stride { way, behind: &behind, rows };
        let ids = driver.ids(&mut statement, Some(&stride)).unwrap_or_default();
        let Relation { from, columns, .. } = asked.entity.relation();
        statement.text = format!(
            "select cardinality(walked.ids)::bigint as rows, walked.ids[cardinality(walked.ids)] as last, found.* from \
             (select array(select i.record_id from {ids} i order by i.record_id {way}) as ids offset 0) walked \
             left join lateral (select {columns}, null::bigint as rank from {from} where {condition} \
             and r.id = any(walked.ids) order by r.id {way} limit {limit}) found on true"
        );
        Ok(statement)
    }

    /// What is between two values of an index: its values, each once, unless there are more than are merged; where there are so
    /// many, a stride along the first rows in the order of a list by id, unless there are more rows than are passed over for a
    /// page; and whether these are all there are.
    ///
    /// How many rows there are, and how near one must be to be of the page, is told by the samples among them: as near as the one of
    /// this number. Rows that are farther are passed over by the index itself; where the page begins is no condition for it, as
    /// with two bounds of ids the database would rather walk along these. Where too few rows are as near, the caller asks again.
    pub(super) fn bounded(
        tx: &impl Rows,
        asked: &Asked<'_>,
        sought: &Sought,
        after: Option<&Place>,
        (limit, samples): (u32, u32),
    ) -> Result<Self, Error> {
        let mut statement = Self::new(tx, asked.entity);
        let (within, condition) = (statement.within(sought), statement.condition(asked)?);
        let way = ways(asked.sort).1;
        let behind = after.map(|place| statement.behind(place.id, way)).unwrap_or_default();
        let (near, farthest) = if way == "desc" { (">=", Uuid::nil()) } else { ("<=", Uuid::max()) };
        let most = MOST_IN_ORDER / OF_ONE_SAMPLE;
        let Relation { from: records, columns, .. } = asked.entity.relation();
        let from = from_values(sought.slot, &within);
        let rows = format!("i.record_id {from}");
        statement.text = format!(
            "with recursive found (value, nth) as ( \
             (select i.value, 1 {from} order by i.value limit 1) union all \
             select (select i.value {from} and i.value > found.value order by i.value limit 1), found.nth + 1 \
             from found where found.value is not null and found.nth <= {MOST_MERGED}), \
             known as materialized (select value from found where value is not null), \
             sample as materialized (select i.value, {rows}{IS_SAMPLE} order by i.value, i.record_id limit {}), \
             far as materialized (select coalesce((select i.record_id from sample i where true{behind} \
             order by i.record_id {way} offset {} limit 1), '{farthest}'::uuid) as record_id), \
             near as materialized (select i.record_id from far cross join lateral (select {rows} \
             and i.record_id {near} far.record_id and coalesce(true{behind}) order by i.value, i.record_id limit {}) i), \
             few as materialized (select case when (select count(distinct value) from sample) <= {MOST_MERGED} \
             then (select count(*) from known) between 1 and {MOST_MERGED} else false end as are), \
             walked as materialized (select case when (select not are from few) and (select count(*) from sample) <= {most} \
             then case when (select count(*) from near) <= {MOST_IN_ORDER} \
             then array(select record_id from near order by record_id {way} limit {limit}) end end as ids) \
             select case when (select are from few) then array(select value from known) end as values, \
             cardinality(walked.ids)::bigint as rows, walked.ids[cardinality(walked.ids)] as last, \
             (select record_id from far) = '{farthest}'::uuid as are_all, found.* from walked \
             left join lateral (select {columns}, null::bigint as rank from {records} where {condition} \
             and r.id = any(walked.ids) order by r.id {way} limit {limit}) found on true",
            most + 1,
            samples.saturating_sub(1),
            MOST_IN_ORDER + 1
        );
        Ok(statement)
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
