//! What SCIM asks of principals and groups: a filter becomes a condition with bound values, an order becomes one of rows.

use athyper_kernel_db::{DbError, TenantConnection};
use athyper_kernel_scim::{Check, Comparison, ListRequest, ResourceKind, ScimError, Target, Test, USER};
use chrono::{DateTime, Utc};
use sqlx::postgres::PgArguments;
use sqlx::query::QueryScalar;
use sqlx::{AssertSqlSafe, Postgres};
use uuid::Uuid;

use crate::scim::Refusal;
use crate::store::directory_places::{Place, place};

/// A value that is bound.
enum Bound {
    Text(String),
    Boolean(bool),
    Time(DateTime<Utc>),
}

/// A condition under construction.
#[derive(Default)]
struct Condition {
    sql: String,
    values: Vec<Bound>,
}

/// Values that every statement binds before those of its filter: the tenant.
const BOUND_BEFORE: usize = 1;

impl Condition {
    /// The parameter that stands for a value.
    fn bind(&mut self, value: Bound) -> String {
        self.values.push(value);
        format!("${}", self.values.len() + BOUND_BEFORE)
    }

    /// Adds a test on a row, or on a row of a list where `list` says of which.
    fn add(&mut self, kind: &ResourceKind, test: &Test, list: Option<Target>) -> Result<(), ScimError> {
        match test {
            Test::All(tests) => self.join(kind, tests, " and ", list),
            Test::Any(tests) => self.join(kind, tests, " or ", list),
            Test::Not(test) => {
                self.sql.push_str("not ");
                self.add(kind, test, list)
            }
            Test::Is(target, check) => self.check(kind, *target, check, list.is_some()),
            Test::Value(target, test) => {
                let Some(Place::List(from)) = place(kind, Target { part: None, ..*target }) else {
                    return Err(no_filter(*target));
                };
                self.sql.push_str(from);
                self.sql.push_str(" and ");
                self.add(kind, test, Some(*target))?;
                self.sql.push(')');
                Ok(())
            }
        }
    }

    fn join(
        &mut self,
        kind: &ResourceKind,
        tests: &[Test],
        word: &str,
        list: Option<Target>,
    ) -> Result<(), ScimError> {
        self.sql.push('(');
        for (at, test) in tests.iter().enumerate() {
            if at > 0 {
                self.sql.push_str(word);
            }
            self.add(kind, test, list)?;
        }
        self.sql.push(')');
        Ok(())
    }

    /// A check of one value; of any value of a list, unless the condition stands inside one already.
    fn check(
        &mut self,
        kind: &ResourceKind,
        target: Target,
        check: &Check,
        is_inside: bool,
    ) -> Result<(), ScimError> {
        let refused = || no_filter(target);
        if !target.attribute.is_multi || is_inside {
            let sql = self.of_value(place(kind, target).ok_or_else(refused)?, check).ok_or_else(refused)?;
            self.sql.push_str(&sql);
            return Ok(());
        }
        let Some(Place::List(from)) = place(kind, Target { part: None, ..target }) else {
            return Err(refused());
        };
        let inner = match target.part {
            None => "true".to_owned(),
            Some(_) => self.of_value(place(kind, target).ok_or_else(refused)?, check).ok_or_else(refused)?,
        };
        for part in [from, " and ", &inner, ")"] {
            self.sql.push_str(part);
        }
        Ok(())
    }

    /// A check of a value in its place; never null. None where the place has no such check.
    fn of_value(&mut self, place: Place, check: &Check) -> Option<String> {
        let condition = match (place, check) {
            (Place::Text(column), Check::Present) => format!("coalesce({column}, '') <> ''"),
            (Place::Boolean(column) | Place::Time(column), Check::Present) => format!("{column} is not null"),
            (Place::Parts(any), Check::Present) => any.to_owned(),
            (Place::Text(column), Check::Text { comparison, value, is_exact }) => {
                let value = self.bind(Bound::Text(value.clone()));
                if *is_exact {
                    compare(*comparison, column, &value)
                } else {
                    compare(*comparison, &format!("lower({column})"), &format!("lower({value})"))
                }
            }
            (Place::Boolean(column), Check::Boolean(yes)) => {
                let value = self.bind(Bound::Boolean(*yes));
                format!("{column} = {value}")
            }
            (Place::Time(column), Check::Time { comparison, value }) => {
                let value = self.bind(Bound::Time(*value));
                format!("{column} {} {value}", operator(*comparison)?)
            }
            _ => return None,
        };
        Some(format!("(({condition}) is true)"))
    }
}

fn no_filter(target: Target) -> ScimError {
    ScimError::filter(format!("resources cannot be found by {} in this way", target.leaf().name))
}

/// A comparison of texts. Order is that of code points, as in memory.
fn compare(comparison: Comparison, column: &str, value: &str) -> String {
    match comparison {
        Comparison::Co => format!("strpos({column}, {value}) > 0"),
        Comparison::Sw => format!("starts_with({column}, {value})"),
        Comparison::Ew => format!("right({column}, length({value})) = {value}"),
        Comparison::Eq | Comparison::Ne => {
            format!("{column} {} {value}", operator(comparison).unwrap_or("="))
        }
        other => format!("{column} collate \"C\" {} {value}", operator(other).unwrap_or("=")),
    }
}

fn operator(comparison: Comparison) -> Option<&'static str> {
    match comparison {
        Comparison::Eq => Some("="),
        Comparison::Ne => Some("<>"),
        Comparison::Gt => Some(">"),
        Comparison::Ge => Some(">="),
        Comparison::Lt => Some("<"),
        Comparison::Le => Some("<="),
        Comparison::Co | Comparison::Sw | Comparison::Ew => None,
    }
}

/// How rows are ordered. What has no value comes last, or first where the order descends (RFC 7644, section 3.4.2.3).
fn order(kind: &ResourceKind, request: &ListRequest) -> Result<String, ScimError> {
    let Some(asked) = &request.order else { return Ok("r.id".to_owned()) };
    let target = asked.target(kind)?;
    let by = match place(kind, target) {
        Some(Place::Text(column)) if target.leaf().is_exact => format!("{column} collate \"C\""),
        Some(Place::Text(column)) => format!("lower({column}) collate \"C\""),
        Some(Place::Boolean(column) | Place::Time(column)) => column.to_owned(),
        _ => return Err(ScimError::value(format!("{} gives no order", asked.by))),
    };
    let direction = if asked.is_descending { "desc nulls first" } else { "asc nulls last" };
    Ok(format!("{by} {direction}, r.id"))
}

/// Resources of a kind that pass a filter: how many in all, and the ids of those on the page.
///
/// # Errors
/// What the filter or the order asks and nobody can answer; the database.
pub(crate) async fn page(
    tx: &mut impl TenantConnection,
    kind: &ResourceKind,
    request: &ListRequest,
) -> Result<(i64, Vec<Uuid>), Refusal> {
    let tenant = tx.tenant_id().uuid();
    let mut condition = Condition::default();
    match &request.filter {
        Some(filter) => condition.add(kind, &Test::of(filter, kind)?, None)?,
        None => condition.sql.push_str("true"),
    }
    let order = order(kind, request)?;
    let from = if kind.name == USER.name {
        "from iam.principal r where r.tenant_id = $1 and r.kind = 'user' and r.status <> 'deprovisioned'"
    } else {
        "from iam.principal_group r where r.tenant_id = $1"
    };
    let count = format!("select count(*) {from} and {}", condition.sql);
    let total: i64 = bound(sqlx::query_scalar(AssertSqlSafe(count)), tenant, &condition.values)
        .fetch_one(tx.conn())
        .await
        .map_err(DbError::from)?;
    if request.count == 0 || request.start > total {
        return Ok((total, Vec::new()));
    }
    let page = format!(
        "select r.id {from} and {} order by {order} limit {} offset {}",
        condition.sql,
        request.count,
        request.start - 1
    );
    let ids = bound(sqlx::query_scalar(AssertSqlSafe(page)), tenant, &condition.values)
        .fetch_all(tx.conn())
        .await
        .map_err(DbError::from)?;
    Ok((total, ids))
}

fn bound<'q, O>(
    mut query: QueryScalar<'q, Postgres, O, PgArguments>,
    tenant: Uuid,
    values: &'q [Bound],
) -> QueryScalar<'q, Postgres, O, PgArguments>
where
    (O,): for<'r> sqlx::FromRow<'r, sqlx::postgres::PgRow>,
{
    query = query.bind(tenant);
    for value in values {
        query = match value {
            Bound::Text(text) => query.bind(text),
            Bound::Boolean(yes) => query.bind(yes),
            Bound::Time(time) => query.bind(time),
        };
    }
    query
}
