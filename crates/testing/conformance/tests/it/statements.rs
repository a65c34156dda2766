//! Random SQL over the tables of tenants, made from the catalogue: what a careless store function might say.

use std::fmt::Write as _;

use sqlx::{AssertSqlSafe, PgConnection};
use uuid::Uuid;

/// A source of chance that gives the same run for the same seed (splitmix64).
#[derive(Clone, Debug)]
pub(crate) struct Dice(u64);

impl Dice {
    pub(crate) fn new(seed: u64) -> Self {
        Self(seed)
    }

    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    /// A number below `bound`.
    pub(crate) fn below(&mut self, bound: usize) -> usize {
        usize::try_from(self.next() % bound.max(1) as u64).expect("small")
    }

    /// True in so many of a hundred cases.
    pub(crate) fn chance(&mut self, percent: usize) -> bool {
        self.below(100) < percent
    }

    /// One of these.
    pub(crate) fn pick<'a, T>(&mut self, items: &'a [T]) -> &'a T {
        &items[self.below(items.len())]
    }
}

/// A table of tenants.
#[derive(Clone, Debug)]
pub(crate) struct Table {
    pub(crate) name: String,
    columns: Vec<Column>,
}

#[derive(Clone, Debug, sqlx::FromRow)]
struct Column {
    name: String,
    /// Its type, as PostgreSQL writes it.
    kind: String,
    has_default: bool,
    /// Values that the column holds, of any tenant, as texts.
    #[sqlx(skip)]
    values: Vec<String>,
}

/// The tables on which the application has a right, with the values that are in them now.
pub(crate) async fn tables(superuser: &mut PgConnection) -> Vec<Table> {
    let names: Vec<String> = sqlx::query_scalar(
        "select distinct n.nspname || '.' || c.relname from pg_class c join pg_namespace n on n.oid = c.relnamespace, aclexplode(c.relacl) x \
         where c.relkind in ('r', 'p') and x.grantee = 'athyper_app'::regrole and exists (select 1 from pg_attribute a \
             where a.attrelid = c.oid and a.attname = 'tenant_id' and not a.attisdropped) order by 1",
    )
    .fetch_all(&mut *superuser)
    .await
    .expect("tables");
    let mut tables = Vec::new();
    for name in names {
        let mut columns: Vec<Column> = sqlx::query_as(
            "select attname::text as name, format_type(atttypid, atttypmod) as kind, atthasdef as has_default \
             from pg_attribute where attrelid = $1::regclass and attnum > 0 and not attisdropped \
             and attidentity = '' and attgenerated = '' order by attnum",
        )
        .bind(&name)
        .fetch_all(&mut *superuser)
        .await
        .expect("columns");
        for column in &mut columns {
            let own = &column.name;
            let sql = format!("select distinct {own}::text from {name} where {own} is not null limit 20");
            column.values =
                sqlx::query_scalar(AssertSqlSafe(sql)).fetch_all(&mut *superuser).await.expect("values");
            if column.kind == "text" {
                column.values.extend(words(superuser, &name, &column.name).await);
            }
        }
        tables.push(Table { name, columns });
    }
    tables
}

/// The words that a rule of the table lets into the column.
async fn words(superuser: &mut PgConnection, table: &str, column: &str) -> Vec<String> {
    sqlx::query_scalar(
        "select distinct word[1] from pg_constraint c, \
             regexp_matches(pg_get_constraintdef(c.oid), '''([a-z_]+)''', 'g') word \
         where c.conrelid = $1::regclass and c.contype = 'c' and strpos(pg_get_constraintdef(c.oid), $2) > 0",
    )
    .bind(table)
    .bind(column)
    .fetch_all(superuser)
    .await
    .expect("words")
}

/// What a statement does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Verb {
    Select,
    Insert,
    Update,
    Delete,
}

/// A statement. Whatever it returns is text: ids of tenants.
#[derive(Clone, Debug)]
pub(crate) struct Statement {
    pub(crate) verb: Verb,
    pub(crate) sql: String,
}

/// Makes statements that reach for the rows of another tenant.
pub(crate) struct Maker<'a> {
    pub(crate) dice: &'a mut Dice,
    pub(crate) tables: &'a [Table],
    /// The tenant that the statement runs as.
    pub(crate) own: Uuid,
    /// The tenant that it reaches for.
    pub(crate) other: Uuid,
}

impl Maker<'_> {
    /// Any statement on any table.
    pub(crate) fn statement(&mut self) -> Statement {
        let table = self.dice.pick(self.tables).clone();
        let verbs = [Verb::Select, Verb::Insert, Verb::Update, Verb::Delete];
        match self.dice.pick(&verbs) {
            Verb::Select => self.select(&table),
            Verb::Insert => self.insert(&table),
            Verb::Update => self.update(&table),
            Verb::Delete => self.delete(&table),
        }
    }

    /// A read: of rows, through a join, or of a mere answer that would give away what is there.
    pub(crate) fn select(&mut self, table: &Table) -> Statement {
        let name = &table.name;
        let another = self.dice.pick(self.tables).name.clone();
        let (predicate, other) = (self.predicate(table, "t"), self.other);
        let sql = match self.dice.below(7) {
            0 => format!("select t.tenant_id::text from {name} t where {predicate}"),
            1 => format!("select u.tenant_id::text from {name} t, {another} u where {predicate} limit 200"),
            2 => {
                format!("select max(t.tenant_id::text) from {name} t where {predicate} group by t.tenant_id")
            }
            3 => format!(
                "select '{other}' where exists (select 1 from {name} t where t.tenant_id = '{other}')"
            ),
            4 => format!("with t as (select * from {name}) select tenant_id::text from t where {predicate}"),
            5 => format!(
                "select t.tenant_id::text from {name} t where {predicate} union all \
                 select t.tenant_id::text from {another} t"
            ),
            _ => format!(
                "select u.tenant_id::text from {another} t right join {name} u on u.tenant_id <> t.tenant_id limit 200"
            ),
        };
        Statement { verb: Verb::Select, sql }
    }

    /// A new row, perhaps in the other tenant's name, perhaps over a row that is there.
    pub(crate) fn insert(&mut self, table: &Table) -> Statement {
        let all = table.columns.clone();
        let columns: Vec<&Column> =
            all.iter().filter(|column| !column.has_default || self.dice.chance(50)).collect();
        let names = columns.iter().map(|column| column.name.as_str()).collect::<Vec<_>>().join(", ");
        let name = &table.name;
        let mut sql = if self.dice.chance(70) {
            let values: Vec<String> = columns.iter().map(|column| self.value(column)).collect();
            format!("insert into {name} ({names}) values ({})", values.join(", "))
        } else {
            let tenant = self.tenant();
            let copied: Vec<String> =
                columns
                    .iter()
                    .map(|column| {
                        if column.name == "tenant_id" { tenant.clone() } else { format!("t.{}", column.name) }
                    })
                    .collect();
            let predicate = self.predicate(table, "t");
            format!(
                "insert into {name} ({names}) select {} from {name} t where {predicate}",
                copied.join(", ")
            )
        };
        if self.dice.chance(50) {
            sql.push_str(" on conflict do nothing");
        }
        self.finish(Verb::Insert, sql, "tenant_id")
    }

    /// A change, perhaps one that hands rows over to the other tenant.
    pub(crate) fn update(&mut self, table: &Table) -> Statement {
        let column = self.dice.pick(&table.columns).clone();
        let value = self.value(&column);
        let mut sql = format!("update {} t set {} = {value}", table.name, column.name);
        if self.dice.chance(30) && column.name != "tenant_id" {
            write!(sql, ", tenant_id = {}", self.tenant()).expect("text");
        }
        if self.dice.chance(20) {
            write!(sql, " from {} u", self.dice.pick(self.tables).name).expect("text");
        }
        let predicate = self.predicate(table, "t");
        write!(sql, " where {predicate}").expect("text");
        self.finish(Verb::Update, sql, "t.tenant_id")
    }

    fn delete(&mut self, table: &Table) -> Statement {
        let predicate = self.predicate(table, "t");
        let sql = format!("delete from {} t where {predicate}", table.name);
        self.finish(Verb::Delete, sql, "t.tenant_id")
    }

    /// A change tells whose rows it changed only half of the time: a row has to be visible to be told of, so that the
    /// policy for reading would stand in for the one for writing.
    fn finish(&mut self, verb: Verb, mut sql: String, tenant: &str) -> Statement {
        if self.dice.chance(50) {
            write!(sql, " returning {tenant}::text").expect("text");
        }
        Statement { verb, sql }
    }

    /// A condition; many of them ask for the other tenant by name.
    fn predicate(&mut self, table: &Table, alias: &str) -> String {
        let other = self.other;
        match self.dice.below(8) {
            0 | 1 => format!("{alias}.tenant_id = '{other}'"),
            2 => format!("{alias}.tenant_id <> '{}'", self.own),
            3 => "true".to_owned(),
            4 => format!("{alias}.tenant_id in ('{}', '{other}') or {alias}.tenant_id is null", self.own),
            5 => format!(
                "exists (select 1 from {} x where x.tenant_id = '{other}')",
                self.dice.pick(self.tables).name
            ),
            _ => {
                let column = self.dice.pick(&table.columns).clone();
                let operator = *self.dice.pick(&["=", "<>", ">=", "is distinct from"]);
                format!("{alias}.{} {operator} {}", column.name, self.value(&column))
            }
        }
    }

    /// A value for a column: one that is there already, of whatever tenant, or any of its type.
    fn value(&mut self, column: &Column) -> String {
        if column.name == "tenant_id" {
            return self.tenant();
        }
        if !column.values.is_empty() && self.dice.chance(70) {
            return literal(self.dice.pick::<String>(&column.values), &column.kind);
        }
        if self.dice.chance(10) {
            return "null".to_owned();
        }
        let number = self.dice.below(1000);
        let value = match column.kind.split(['(', ' ']).next().unwrap_or_default() {
            "uuid" if self.dice.chance(50) => self.other.to_string(),
            "uuid" => format!("{:032x}", self.dice.next()),
            "smallint" | "integer" | "bigint" | "numeric" => number.to_string(),
            "boolean" => number.is_multiple_of(2).to_string(),
            "date" => format!("2025-01-{:02}", 1 + number % 28),
            "timestamp" => format!("2025-01-{:02}T12:00:00Z", 1 + number % 28),
            "jsonb" => "{}".to_owned(),
            "bytea" => format!("\\x{number:04}"),
            _ => format!("text {number}"),
        };
        literal(&value, &column.kind)
    }

    /// The id of a tenant: the other's as often as the own.
    fn tenant(&mut self) -> String {
        let id = if self.dice.chance(50) { self.other } else { self.own };
        format!("'{id}'")
    }
}

fn literal(value: &str, kind: &str) -> String {
    format!("'{}'::{kind}", value.replace('\'', "''"))
}
