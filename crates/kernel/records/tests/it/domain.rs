//! A domain whose entities are those of a test: their tables, made from their definitions.

use std::fmt::Write as _;

use athyper_kernel_entity::{EntityDef, Stored, SystemEntity, TableParts};
use athyper_kernel_http::{OperationKind, Permission};
use athyper_kernel_module::{DomainModule, DomainParts};
use athyper_test_kit::TestApp;
use axum::Router;
use axum::extract::Request;
use axum::http::Uri;
use serde_json::Value;
use tower::ServiceExt as _;
use utoipa_axum::router::OpenApiRouter;

const NAME: &str = "samples";

/// An entity of the domain.
#[derive(Clone, Debug)]
pub(crate) struct Sample {
    entity: SystemEntity,
    def: EntityDef,
}

impl Sample {
    /// The entity of this definition under the domain's name.
    pub(crate) fn of(definition: &Value) -> Self {
        let mut definition = definition.clone();
        let key = format!("{NAME}.{}", definition["key"].as_str().unwrap());
        definition["key"] = Value::from(key.as_str());
        name_references(&mut definition);
        let def: EntityDef = serde_json::from_value(definition.clone()).unwrap();
        let fields = def
            .fields
            .iter()
            .map(|field| (leak(field.key.as_str()), stored(field.key.as_str(), field.kind.word())));
        let entity = SystemEntity {
            definition: leak(&definition.to_string()),
            table: leak(&key),
            fields: fields.collect::<Vec<_>>().leak(),
            parts: TableParts { state: def.states.is_some(), updated: true, deleted: true, custom: true },
            read: "samples.read",
            write: "samples.write",
        };
        Self { entity, def }
    }

    fn ddl(&self) -> String {
        let mut columns = String::new();
        let mut indexes = String::new();
        for field in &self.def.fields {
            let kind = match &field.kind {
                athyper_kernel_entity::FieldType::Computed(computed) => computed.result.word(),
                kind => kind.word(),
            };
            for (column, sql_type) in columns_of(field.key.as_str(), kind) {
                let _ = write!(columns, "{column} {sql_type}, ");
            }
            if field.indexed || !field.unique.is_no() {
                let column = column_of(field.key.as_str());
                let _ = write!(indexes, "create index on {} (tenant_id, {column}, id); ", self.entity.table);
            }
        }
        let state = if self.entity.parts.state { "state text not null, " } else { "" };
        format!(
            "create table {table} (tenant_id uuid not null, id uuid not null, version bigint not null, {state}{columns} \
             created_at timestamptz not null, created_by text not null, updated_at timestamptz not null, \
             updated_by text not null, deleted_at timestamptz, deleted_by text, custom jsonb not null default '{{}}', \
             primary key (tenant_id, id)); select platform.protect_table('{table}'); {indexes}",
            table = self.entity.table
        )
    }
}

/// A module with these entities and nothing else.
pub(crate) fn module(samples: &[Sample]) -> DomainModule {
    const PERMISSIONS: &[Permission] = &[
        Permission::new("samples.read", OperationKind::Read, &[]),
        Permission::new("samples.write", OperationKind::Update, &[]),
    ];
    let entities: Vec<SystemEntity> = samples.iter().map(|sample| sample.entity).collect();
    DomainModule {
        name: NAME,
        schema: None,
        permissions: PERMISSIONS,
        schedules: &[],
        entities: entities.leak(),
        sealed: &[],
        dependencies: &[],
        openapi: || OpenApiRouter::<()>::new().into_openapi(),
        build: |_| Box::pin(async { Ok(DomainParts { router: OpenApiRouter::new(), jobs: Vec::new() }) }),
    }
}

/// Makes the tables of these entities.
pub(crate) async fn make_tables(app: &TestApp, samples: &[Sample]) {
    let tables: String = samples.iter().map(Sample::ddl).collect();
    let statements = format!(
        "set role athyper_owner; create schema {NAME}; grant usage on schema {NAME} to athyper_app, athyper_system; {tables}"
    );
    let mut admin = app.db.superuser().await;
    sqlx::raw_sql(sqlx::AssertSqlSafe(statements)).execute(&mut admin).await.unwrap();
}

/// The routes, with the domain's name put before keys of entities that have none.
pub(crate) fn without_name(router: Router) -> Router {
    Router::new().fallback(move |mut request: Request| {
        let router = router.clone();
        async move {
            let text = request.uri().to_string();
            if let Some(rest) = text.strip_prefix("/v1/records/").filter(|rest| !rest.starts_with("entities"))
            {
                let named = format!("/v1/records/{NAME}.{}", rest.trim_start_matches(&format!("{NAME}.")));
                *request.uri_mut() = named.parse::<Uri>().unwrap();
            }
            router.oneshot(request).await
        }
    })
}

/// Entities of the test refer to each other under the domain's name.
fn name_references(value: &mut Value) {
    match value {
        Value::Array(list) => list.iter_mut().for_each(name_references),
        Value::Object(members) => {
            for (key, member) in members {
                match member {
                    Value::String(named) if key == "entity" => {
                        *member = Value::from(format!("{NAME}.{named}"));
                    }
                    other => name_references(other),
                }
            }
        }
        _ => {}
    }
}

fn leak(text: &str) -> &'static str {
    text.to_owned().leak()
}

fn column_of(key: &str) -> String {
    format!("c_{}", key.to_lowercase())
}

fn stored(key: &str, kind: &str) -> Stored {
    match columns_of(key, kind).as_slice() {
        [(first, _), (second, _)] => Stored::Pair(leak(first), leak(second)),
        _ => Stored::Column(leak(&column_of(key))),
    }
}

/// The columns of a field and their types.
fn columns_of(key: &str, kind: &str) -> Vec<(String, &'static str)> {
    let column = column_of(key);
    let sql_type = match kind {
        "money" | "quantity" => {
            return vec![(column.clone(), "numeric"), (format!("{column}_of"), "text collate \"C\"")];
        }
        "geoPoint" => return vec![(column.clone(), "numeric"), (format!("{column}_of"), "numeric")],
        "integer" => "bigint",
        "decimal" => "numeric",
        "boolean" => "boolean",
        "date" => "date",
        "dateTime" => "timestamptz",
        "uuid" | "reference" | "attachment" => "uuid",
        "multiEnum" | "references" | "child" | "json" => "jsonb",
        _ => "text collate \"C\"",
    };
    vec![(column, sql_type)]
}
