//! A table with a column of each type, random records for it, and the question which rows a condition selects.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use athyper_adapter_db_postgres::connect_once;
use athyper_kernel_cel::{Binds, Column, Context, Expression, Schema, Type, Value};
use athyper_test_kit::server;
use serde_json::{Map, Value as Json, json};
use sqlx::postgres::PgArguments;
use sqlx::{AssertSqlSafe, PgConnection};

/// Names of the schema and their columns: the type in PostgreSQL, and whether it is never null.
const COLUMNS: [(&str, &str, bool); 22] = [
    ("b", "boolean", false),
    ("sure", "boolean not null", true),
    ("i", "bigint", false),
    ("j", "bigint not null", true),
    ("d", "numeric", false),
    ("e", "numeric not null", true),
    ("s", "text collate \"und-x-icu\"", false),
    ("t", "text collate \"und-x-icu\" not null", true),
    ("at", "timestamptz", false),
    ("due", "timestamptz not null", true),
    ("day", "date", false),
    ("span", "bigint", false),
    ("uid", "uuid", false),
    ("tags", "text[]", false),
    ("nums", "bigint[]", false),
    ("marks", "jsonb", false),
    ("counts", "jsonb", false),
    ("meta", "jsonb", false),
    ("sums", "numeric[]", false),
    ("days", "date[]", false),
    ("parts", "jsonb", false),
    ("ids", "jsonb", false),
];

pub(super) fn schema() -> Schema {
    Schema::new([
        ("b", Type::Bool),
        ("sure", Type::Bool),
        ("i", Type::Int),
        ("j", Type::Int),
        ("d", Type::Decimal),
        ("e", Type::Decimal),
        ("s", Type::String),
        ("t", Type::String),
        ("at", Type::Timestamp),
        ("due", Type::Timestamp),
        ("day", Type::Date),
        ("span", Type::Duration),
        ("uid", Type::Uuid),
        ("tags", Type::list(Type::String)),
        ("nums", Type::list(Type::Int)),
        ("marks", Type::list(Type::String)),
        ("counts", Type::list(Type::Int)),
        ("meta", Type::Json),
        ("sums", Type::list(Type::Decimal)),
        ("days", Type::list(Type::Date)),
        ("parts", Type::list(Type::Decimal)),
        ("ids", Type::list(Type::Uuid)),
    ])
}

pub(super) fn context() -> Context {
    Context { now: "2025-03-30T00:30:00.25Z".parse().unwrap(), zone: chrono_tz::Europe::Berlin }
}

/// Finds the column of a name.
pub(super) fn column(path: &[Arc<str>]) -> Option<Column> {
    let [name] = path else { return None };
    let (_, _, required) = COLUMNS.iter().find(|(column, ..)| *column == &**name)?;
    let sql = format!("r.{name}");
    let column = match &**name {
        "marks" | "counts" | "parts" | "ids" => Column::jsonb_list(sql),
        _ => Column::new(sql),
    };
    Some(if *required { column.required() } else { column })
}

/// Choices out of a list of random numbers; when it ends, always the first.
pub(super) struct Choices<'a>(pub(super) std::slice::Iter<'a, u32>);

impl Choices<'_> {
    pub(super) fn below(&mut self, count: usize) -> usize {
        self.0.next().map_or(0, |number| *number as usize % count)
    }

    pub(super) fn of<T: Clone>(&mut self, values: &[T]) -> T {
        values[self.below(values.len())].clone()
    }
}

const INTS: [i64; 10] = [0, 1, -1, 2, 3, 7, -7, 100, i64::MAX, i64::MIN];
const DECIMALS: [&str; 10] = [
    "0",
    "1",
    "1.50",
    "-1.5",
    "0.1",
    "100.00",
    "3.3333333333",
    "7922816251426433759354395.0335",
    "-0.0001",
    "2",
];
const TEXTS: [&str; 12] = ["", "a", "A", "ab", "abc", "B", "é", "z", "ａ", "true", "12", "x%_\\'"];
const TIMES: [&str; 7] = [
    "2025-03-30T00:30:00.25Z",
    "2025-03-29T23:59:59.999999Z",
    "2025-01-01T00:00:00Z",
    "2024-12-31T23:30:00Z",
    "2024-02-29T12:00:00Z",
    "0001-01-01T00:00:00Z",
    "9999-12-31T23:59:59Z",
];
const DAYS: [&str; 6] = ["2025-03-30", "2025-03-29", "2024-12-31", "2024-02-29", "0001-01-01", "9999-12-31"];
const SPANS: [&str; 6] = ["0s", "1h", "-90m", "24h", "1500ms", "36h"];
const IDS: [&str; 2] = ["01890a5d-ac96-774b-bcce-b302099a8057", "01890a5d-ac96-774b-bcce-b302099a8058"];

/// A random record: its JSON, which the schema reads.
pub(super) fn record(choices: &mut Choices<'_>) -> Map<String, Json> {
    let mut record = Map::new();
    for (name, _, required) in COLUMNS {
        if !required && choices.below(4) == 1 {
            // Not there, or null.
            if choices.below(2) == 1 {
                record.insert(name.to_owned(), Json::Null);
            }
            continue;
        }
        let value = match name {
            "b" | "sure" => json!(choices.below(2) == 1),
            "i" | "j" => json!(choices.of(&INTS)),
            "d" | "e" => json!(choices.of(&DECIMALS)),
            "s" | "t" => json!(choices.of(&TEXTS)),
            "at" | "due" => json!(choices.of(&TIMES)),
            "day" => json!(choices.of(&DAYS)),
            "span" => json!(choices.of(&SPANS)),
            "uid" => json!(choices.of(&IDS)),
            "tags" | "marks" => list(choices, |choices| json!(choices.of(&TEXTS))),
            "nums" | "counts" => list(choices, |choices| json!(choices.of(&INTS))),
            "sums" | "parts" => list(choices, |choices| json!(choices.of(&DECIMALS))),
            "days" => list(choices, |choices| json!(choices.of(&DAYS))),
            "ids" => list(choices, |choices| json!(choices.of(&IDS))),
            _ => json_value(choices, 3),
        };
        record.insert(name.to_owned(), value);
    }
    record
}

fn list(choices: &mut Choices<'_>, element: impl Fn(&mut Choices<'_>) -> Json) -> Json {
    let count = choices.below(4);
    let one = |choices: &mut Choices<'_>| if choices.below(5) == 1 { Json::Null } else { element(choices) };
    (0..count).map(|_| one(choices)).collect()
}

fn json_value(choices: &mut Choices<'_>, depth: usize) -> Json {
    match choices.below(if depth == 0 { 6 } else { 9 }) {
        0 => Json::Null,
        1 => json!(choices.below(2) == 1),
        2 => json!(choices.of(&INTS)),
        3 => json!(choices.of(&[0.5, 1.0, -2.25, 12.0])),
        4 | 5 => json!(choices.of(&TEXTS)),
        6 => list(choices, |choices| json_value(choices, 0)),
        _ => {
            let mut fields = Map::new();
            for key in ["a", "b", "__proto__"] {
                if choices.below(3) > 0 {
                    fields.insert(key.to_owned(), json_value(choices, depth - 1));
                }
            }
            Json::Object(fields)
        }
    }
}

/// A table of random records, and the same records in memory.
pub(super) struct Table {
    connection: PgConnection,
    pub(super) records: Vec<BTreeMap<Arc<str>, Value>>,
}

impl Table {
    pub(super) async fn new(records: &[Map<String, Json>]) -> Self {
        let mut connection = connect_once(&server().await.admin_url).await.unwrap();
        let list = COLUMNS.iter().map(|(name, sql_type, _)| format!("{name} {sql_type}")).collect::<Vec<_>>();
        let create = format!("create temporary table cel_record (id int primary key, {})", list.join(", "));
        sqlx::raw_sql(AssertSqlSafe(create)).execute(&mut connection).await.unwrap();
        // In the session's zone, a day is not always 24 hours long.
        sqlx::raw_sql("set timezone = 'America/New_York'").execute(&mut connection).await.unwrap();
        let schema = schema();
        let mut in_memory = vec![];
        let mut rows = vec![];
        for (id, record) in records.iter().enumerate() {
            let values = schema.read(record).unwrap();
            let mut row = record.clone();
            row.insert("id".to_owned(), json!(id));
            if let Some(Value::Duration(span)) = values.get("span") {
                row.insert("span".to_owned(), json!(span.num_microseconds()));
            }
            in_memory.push(values);
            rows.push(Json::Object(row));
        }
        sqlx::query("insert into cel_record select * from jsonb_populate_recordset(null::cel_record, $1)")
            .bind(Json::Array(rows))
            .execute(&mut connection)
            .await
            .unwrap();
        Self { connection, records: in_memory }
    }

    /// Rows that a condition of SQL selects.
    pub(super) async fn rows(
        &mut self,
        condition: &str,
        binds: &Binds,
    ) -> Result<BTreeSet<usize>, sqlx::Error> {
        let sql = format!("select r.id from cel_record r where {condition}");
        let mut arguments = PgArguments::default();
        binds.add_to(&mut arguments).unwrap();
        let ids: Vec<i32> =
            sqlx::query_scalar_with(AssertSqlSafe(sql), arguments).fetch_all(&mut self.connection).await?;
        Ok(ids.into_iter().map(|id| usize::try_from(id).unwrap()).collect())
    }

    /// Runs statements.
    pub(super) async fn run(&mut self, statements: &'static str) {
        sqlx::raw_sql(statements).execute(&mut self.connection).await.unwrap();
    }

    /// How the database would find the rows of a condition.
    pub(super) async fn plan(&mut self, condition: &str, binds: &Binds) -> String {
        let sql = format!("explain select r.id from cel_record r where {condition}");
        let mut arguments = PgArguments::default();
        binds.add_to(&mut arguments).unwrap();
        let lines: Vec<String> = sqlx::query_scalar_with(AssertSqlSafe(sql), arguments)
            .fetch_all(&mut self.connection)
            .await
            .unwrap();
        lines.join("\n")
    }

    /// Records that an expression selects in memory.
    pub(super) fn in_memory(&self, expression: &Expression) -> BTreeSet<usize> {
        let context = context();
        let selects = |record| expression.selects(record, &context).unwrap();
        self.records.iter().enumerate().filter(|(_, record)| selects(*record)).map(|(id, _)| id).collect()
    }
}
