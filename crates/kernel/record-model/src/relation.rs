//! Where the records of an entity lie, as pieces of statements: in `records.record`, or in a table of a domain.
//!
//! In every piece `r` is the row of the record. All of them are made of what the code of a domain says and of numbers, never of
//! anything that a tenant wrote.

use athyper_kernel_cel::Column;
use athyper_kernel_entity::{EntityDef, FieldType, LineTable, Stored, SystemEntity};
use athyper_kernel_rules::cel_type;

use crate::entity::Slot;

/// Most fields that one object is built of: a function of PostgreSQL takes a hundred arguments at most.
const FIELDS_AT_ONCE: usize = 50;
/// How moments are written in JSON: UTC, to the microsecond (RFC 3339).
const MOMENT: &str = "'YYYY-MM-DD\"T\"HH24:MI:SS.US\"Z\"'";

/// The pieces of statements over an entity's records.
#[derive(Clone, Debug)]
pub struct Relation {
    /// The table as `r`.
    pub from: String,
    /// What holds for the rows of the entity in a tenant, `$1`; `$2` is the entity.
    pub scope: &'static str,
    /// What holds for records that are not deleted.
    pub live: &'static str,
    /// What holds for those that are.
    pub deleted: &'static str,
    /// All columns of a record as the store reads them; the values by slot as `data`.
    pub columns: String,
    /// All values by slot; what has none may be left out or null.
    pub values: String,
    /// What is stored by slot, as far as a tenant's design can change it.
    pub data: &'static str,
    /// When a record was changed last.
    pub updated_at: &'static str,
    /// By whom.
    pub updated_by: &'static str,
    /// Its state.
    pub state: &'static str,
}

impl Relation {
    /// Records of the records service's own table.
    pub(crate) fn of_records() -> Self {
        Self {
            from: "records.record r".to_owned(),
            scope: "r.tenant_id = $1 and r.entity_id = $2",
            live: "r.deleted_at is null",
            deleted: "r.deleted_at is not null",
            columns:
                "r.id, r.version, r.state, r.data, r.created_at, r.created_by, r.updated_at, r.updated_by, \
                      r.deleted_at, r.deleted_by"
                    .to_owned(),
            values: "r.data".to_owned(),
            data: "r.data",
            updated_at: "r.updated_at",
            updated_by: "r.updated_by",
            state: "r.state",
        }
    }

    /// Records of a domain's table.
    pub(crate) fn of_table(system: &SystemEntity, def: &EntityDef) -> Self {
        let parts = &system.parts;
        let state = if parts.state { "r.state" } else { "null::text" };
        let (updated_at, updated_by) =
            if parts.updated { ("r.updated_at", "r.updated_by") } else { ("r.created_at", "r.created_by") };
        let (deleted_at, deleted_by) = if parts.deleted {
            ("r.deleted_at", "r.deleted_by")
        } else {
            ("null::timestamptz as deleted_at", "null::text as deleted_by")
        };
        let values = values(system, def);
        let columns = format!(
            "r.id, r.version, {state} as state, {values} as data, r.created_at, r.created_by, {updated_at} as updated_at, \
             {updated_by} as updated_by, {deleted_at}, {deleted_by}"
        );
        Self {
            from: format!("{} r", system.table),
            scope: "r.tenant_id = $1 and $2::uuid is not null",
            live: if parts.deleted { "r.deleted_at is null" } else { "true" },
            deleted: if parts.deleted { "r.deleted_at is not null" } else { "false" },
            columns,
            values,
            data: if parts.custom { "r.custom" } else { "'{}'::jsonb" },
            updated_at,
            updated_by,
            state,
        }
    }
}

/// All values of a row by slot, nulls included.
fn values(system: &SystemEntity, def: &EntityDef) -> String {
    let members: Vec<String> = def
        .fields
        .iter()
        .filter_map(|field| {
            let slot = system.slot(field.key.as_str())?;
            Some(format!("'{slot}', {}", value(system.stored(slot)?, &field.kind)?))
        })
        .collect();
    let objects =
        members.chunks(FIELDS_AT_ONCE).map(|some| format!("jsonb_build_object({})", some.join(", ")));
    let all: Vec<String> = objects.chain(system.parts.custom.then(|| "r.custom".to_owned())).collect();
    format!("({})", all.join(" || "))
}

/// A field of a row in the one form that values have in JSON.
fn value(stored: Stored, kind: &FieldType) -> Option<String> {
    Some(match stored {
        Stored::Column(column) => in_json(&format!("r.{column}"), kind),
        Stored::Pair(first, second) => {
            let (of_first, of_second) = members(kind)?;
            // An amount keeps the decimals of its currency; every other number has none that it does not need.
            let number = |column: &str| match kind {
                FieldType::Money(_) => format!("r.{column}::text"),
                _ => format!("trim_scale(r.{column})::text"),
            };
            let second = match kind {
                FieldType::GeoPoint(_) => number(second),
                _ => format!("r.{second}"),
            };
            format!(
                "case when r.{first} is not null then jsonb_build_object('{of_first}', {}, '{of_second}', {second}) end",
                number(first)
            )
        }
        Stored::Lines(lines) => lines_of(lines, kind)?,
        Stored::Nowhere => return None,
    })
}

/// The names of the two parts of a value.
fn members(kind: &FieldType) -> Option<(&'static str, &'static str)> {
    match kind {
        FieldType::Money(_) => Some(("amount", "currency")),
        FieldType::Quantity(_) => Some(("value", "unit")),
        FieldType::GeoPoint(_) => Some(("latitude", "longitude")),
        _ => None,
    }
}

/// A column in the one form that values have in JSON.
fn in_json(column: &str, kind: &FieldType) -> String {
    match kind {
        FieldType::Decimal(_) => format!("trim_scale({column})::text"),
        FieldType::DateTime(_) => format!("to_char({column} at time zone 'UTC', {MOMENT})"),
        FieldType::Computed(computed) => in_json(column, &computed.result),
        _ => column.to_owned(),
    }
}

/// The lines of a record as a list of objects.
fn lines_of(lines: &LineTable, kind: &FieldType) -> Option<String> {
    let FieldType::Child(child) = kind else { return None };
    let members: Vec<String> = child
        .fields
        .iter()
        .filter_map(|field| {
            let (key, column) = lines.columns.iter().find(|(key, _)| *key == field.key.as_str())?;
            Some(format!("'{key}', {}", in_json(&format!("l.{column}"), &field.kind)))
        })
        .collect();
    Some(format!(
        "(select jsonb_agg(jsonb_strip_nulls(jsonb_build_object({})) order by l.{}) from {} l \
         where l.tenant_id = r.tenant_id and l.{} = r.id)",
        members.join(", "),
        lines.position,
        lines.table,
        lines.record
    ))
}

/// A field of a domain's table as expressions see it: the whole of it, or the member of a value that has two parts.
pub(crate) fn column(
    system: &SystemEntity,
    slot: Slot,
    kind: &FieldType,
    member: Option<&str>,
) -> Option<Column> {
    let kind = match kind {
        FieldType::Computed(computed) => &computed.result,
        kind => kind,
    };
    let stored = system.stored(slot)?;
    match (stored, member) {
        (Stored::Pair(first, second), Some(member)) => {
            let (of_first, of_second) = members(kind)?;
            let column =
                [(of_first, first), (of_second, second)].into_iter().find(|(name, _)| *name == member)?.1;
            Some(Column::new(format!("r.{column}")))
        }
        (_, Some(_)) => None,
        (Stored::Column(column), None) => Some(match kind {
            // ISO 8601 as the database reads it, in microseconds.
            FieldType::Duration(_) => {
                Column::new(format!("(extract(epoch from r.{column}::interval) * 1000000)::numeric"))
            }
            FieldType::Uuid(_) | FieldType::Reference(_) | FieldType::Attachment(_) => {
                Column::new(format!("r.{column}::text"))
            }
            FieldType::MultiEnum(_) | FieldType::References(_) | FieldType::Child(_) | FieldType::Json(_) => {
                in_jsonb(&format!("r.{column}"), kind)
            }
            _ => Column::new(format!("r.{column}")),
        }),
        (stored, None) => Some(in_jsonb(&value(stored, kind)?, kind)),
    }
}

/// An expression that gives `jsonb`, as that of a value of this type.
fn in_jsonb(sql: &str, kind: &FieldType) -> Column {
    let like = Column::json_field("r.data", "", &cel_type(kind));
    Column { sql: format!("({sql})"), ..like }
}

/// The column that a field is sorted by, and its type in PostgreSQL; none where a list cannot be sorted by it.
pub fn sorted_by(system: &SystemEntity, slot: Slot, kind: &FieldType) -> Option<(String, &'static str)> {
    let column = match system.stored(slot)? {
        Stored::Column(column) | Stored::Pair(column, _) => column,
        Stored::Lines(_) | Stored::Nowhere => return None,
    };
    Some((format!("r.{column}"), sql_type(kind)?))
}

/// The type of a field's column.
pub(crate) fn sql_type(kind: &FieldType) -> Option<&'static str> {
    Some(match kind {
        FieldType::Integer(_) => "bigint",
        FieldType::Decimal(_) | FieldType::Money(_) | FieldType::Quantity(_) | FieldType::GeoPoint(_) => {
            "numeric"
        }
        FieldType::Boolean(_) => "boolean",
        FieldType::Date(_) => "date",
        FieldType::DateTime(_) => "timestamptz",
        FieldType::Uuid(_) | FieldType::Reference(_) | FieldType::Attachment(_) => "uuid",
        FieldType::MultiEnum(_) | FieldType::References(_) | FieldType::Child(_) | FieldType::Json(_) => {
            "jsonb"
        }
        FieldType::Computed(computed) => return sql_type(&computed.result),
        _ => "text",
    })
}

/// How a record is written to a domain's table: each column with what it is given, from the values by slot in `new.data`.
pub fn written(system: &SystemEntity, def: &EntityDef) -> Vec<(&'static str, String)> {
    let mut written = Vec::new();
    for field in &def.fields {
        let Some(slot) = system.slot(field.key.as_str()) else { continue };
        let kind = match &field.kind {
            FieldType::Computed(computed) => &computed.result,
            kind => kind,
        };
        match (system.stored(slot), sql_type(kind), members(kind)) {
            (Some(Stored::Column(column)), Some("jsonb"), _) => {
                written.push((column, format!("new.data -> '{slot}'")));
            }
            (Some(Stored::Column(column)), Some(sql_type), _) => {
                written.push((column, format!("(new.data ->> '{slot}')::{sql_type}")));
            }
            (Some(Stored::Pair(first, second)), _, Some((of_first, of_second))) => {
                let second_type = if matches!(kind, FieldType::GeoPoint(_)) { "numeric" } else { "text" };
                written.push((first, format!("(new.data -> '{slot}' ->> '{of_first}')::numeric")));
                written.push((second, format!("(new.data -> '{slot}' ->> '{of_second}')::{second_type}")));
            }
            _ => {}
        }
    }
    written
}
