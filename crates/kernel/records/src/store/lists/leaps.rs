//! Pages in the order of an indexed field under a condition that refuses whole values of it: the walk leaps over these.

use athyper_kernel_cel::Bind;
use athyper_kernel_db::Rows;
use athyper_kernel_entity::MAX_INDEXED_CHARS;
use athyper_kernel_record_model::{Error, Place, Relation, Selection, Slot, terms};
use sqlx::Row as _;
use uuid::Uuid;

use super::driver::{from_values, sought, with_record};
use super::{Asked, Found, Keys, Statement, check, found, ways};

/// How many rows the first step of a walk by leaps has, and each that follows one whose last value was refused.
const SHORT_STEP: u32 = 8;

/// A page of the records that have a value in the field, by it.
pub(super) async fn with_value(
    tx: &mut impl Rows,
    asked: &Asked<'_>,
    keys: &Keys,
    after: Option<&Place>,
    limit: u32,
) -> Result<Vec<Found>, Error> {
    let told = |slot| terms::told_by_value(asked.entity, asked.selection, slot, asked.context);
    let Some((slot, told)) = keys.slot.and_then(|slot| Some((slot, told(slot)?))) else {
        return Statement::by_value(tx, asked, keys, after, limit)?.fetch(tx).await;
    };
    let (mut page, mut after, mut rows) = (Vec::new(), after.cloned(), limit);
    loop {
        let statement = Statement::by_leaps(tx, asked, (slot, &told), after.as_ref(), rows)?;
        let (answer, mut met) = (statement.rows(tx).await?, Vec::new());
        for row in answer {
            let at: (i32, Option<i64>) = (row.try_get("step")?, row.try_get("nth")?);
            met.push((at, row));
        }
        // They come so; to see to it, the database would put whole rows in order once more.
        met.sort_by_key(|(at, _)| *at);
        let Some((_, last)) = met.last() else { return Ok(page) };
        let are_more: bool = last.try_get("are_more")?;
        after = Some(Place { value: last.try_get("value")?, id: last.try_get("record_id")? });
        for (_, row) in met.into_iter().filter(|((_, nth), _)| nth.is_some()) {
            page.push(found(row)?);
        }
        page.truncate(limit as usize);
        if page.len() == limit as usize || !are_more {
            return Ok(page);
        }
        rows = rows.saturating_mul(4);
    }
}

impl Statement {
    /// A page of the records that have a value in the field, by it, where the condition refuses whole values: a walk by steps, each
    /// of some rows. What is refused in the last row of a step for its value alone is refused in all that have this value, so that
    /// the next step begins behind them. Others are twice as long as the one before, until some `rows` may have been found or
    /// 500 steps are done. Each step says how far it came, and whether there may be more.
    pub(super) fn by_leaps(
        tx: &impl Rows,
        asked: &Asked<'_>,
        (slot, told): (Slot, &Selection),
        after: Option<&Place>,
        rows: u32,
    ) -> Result<Self, Error> {
        let mut statement = Self::new(tx, asked.entity);
        let condition = statement.condition(asked)?;
        let told = statement.condition(&Asked { selection: told, ..*asked })?;
        let (before, way) = ways(asked.sort);
        let (furthest, nowhere, end) = match way {
            "desc" => ("min", "repeat(chr(1114111), 256)".to_owned(), (Uuid::max(), Uuid::nil())),
            _ => ("max", "''".to_owned(), (Uuid::nil(), Uuid::max())),
        };
        let (value, id) = match after {
            Some(place @ Place { value: Some(value), id }) => {
                check(place, "text")?;
                (statement.text(value.clone()), *id)
            }
            _ => (nowhere, end.0),
        };
        let id = statement.binds.push(Bind::Uuid(id));
        let within = sought(asked).filter(|sought| sought.slot == slot);
        let index = from_values(slot, &within.map(|sought| statement.within(&sought)).unwrap_or_default());
        let order = format!("order by i.value {way}, i.record_id {way}");
        let Relation { from, scope, columns, .. } = asked.entity.relation();
        // Of a text that is cut off, others may have the same part.
        statement.text = format!(
            "with recursive walk as (select 0 as step, '{{}}'::uuid[] as ids, {value} collate \"C\" as value, {id}::uuid as id, \
             {SHORT_STEP} as size, 0 as may_be, true as is_full union all \
             select walk.step + 1, case when last.is_told or met.are_several then met.ids else '{{}}' end, met.value, \
             case when last.is_told then met.ids[cardinality(met.ids)] else '{end}' end, \
             case when last.is_told then walk.size * 2 else {SHORT_STEP} end, \
             walk.may_be + case when last.is_told then cardinality(met.ids) else 0 end, cardinality(met.ids) = walk.size from walk \
             cross join lateral (select array_agg(i.record_id {order}) as ids, {furthest}(i.value) as value, \
             min(i.value) < max(i.value) as are_several from (select i.value, i.record_id {index} and (i.value, i.record_id) {before} (walk.value, walk.id) \
             {order} limit walk.size) i) met \
             cross join lateral (select ({told}) is true or char_length(met.value) >= {MAX_INDEXED_CHARS} as is_told \
             from {from} where {scope} and r.id = met.ids[cardinality(met.ids)] offset 0) last \
             where walk.is_full and walk.may_be < {rows} and walk.step < 500) \
             select walk.step, walk.step > 0 and walk.is_full as are_more, walk.value, walk.id as record_id, found.*, null::bigint as rank \
             from walk left join lateral (select {columns}, i.nth from unnest(walk.ids) with ordinality as i (record_id, nth) {} \
             where {condition} offset 0) found on true",
            with_record(asked.entity),
            end = end.1
        );
        Ok(statement)
    }
}
