//! Two tenants and two processes: an entity of one key is always the tenant's own, and never older than what was seen before.

use athyper_kernel_audit::AuditEvent;
use athyper_kernel_db::{AUDIT_SCHEMA, Database, PLATFORM_SCHEMA};
use athyper_kernel_entity::EntityKey;
use athyper_kernel_tenant_context::TenantContext;
use athyper_test_kit::TestDatabase;
use serde_json::json;
use tokio::task::JoinSet;

use crate::{Entities, EntityId, SystemEntities, new_entity_id, publish};

/// Publications of each tenant on each node.
const ROUNDS: i64 = 25;

/// The definition of a tenant: each of its fields names the tenant.
fn definition(tenant: &str, round: i64) -> athyper_kernel_entity::EntityDef {
    let field = |key: String| json!({"key": key, "label": tenant, "type": if tenant == "demo" { "text" } else { "integer" }});
    let fields = [field(tenant.to_owned()), field(format!("{tenant}{round}"))];
    serde_json::from_value(json!({"key": "thing", "label": tenant, "plural": tenant, "fields": fields}))
        .unwrap()
}

/// Whether all that an entity consists of is the tenant's own.
async fn look(
    database: &Database,
    entities: &Entities,
    context: &TenantContext,
    tenant: &str,
    id: EntityId,
) -> i64 {
    let mut tx = database.read_tx(context).await.unwrap();
    let found = entities.find(&mut tx, &EntityKey::parse("thing").unwrap()).await.unwrap().unwrap();
    assert_eq!((found.id, found.def.label.text("en")), (id, tenant));
    assert!(found.def.fields.iter().all(|field| field.key.as_str().starts_with(tenant)), "{found:?}");
    found.version
}

#[tokio::test]
async fn no_node_ever_gives_a_tenant_what_is_anothers() {
    let db = TestDatabase::new(&[PLATFORM_SCHEMA, AUDIT_SCHEMA, crate::MODULE.schema.unwrap()]).await;
    let nodes = [db.database.clone(), db.another_handle().await]
        .map(|database| (Entities::new(&database, SystemEntities::default()), database));
    let mut work = JoinSet::new();
    for tenant in ["demo", "globex"] {
        let context = db.context(tenant);
        let mut tx = db.database.tenant_tx(&context).await.unwrap();
        let id = new_entity_id(&tx);
        publish(&mut tx, id, definition(tenant, 0)).await.unwrap();
        tx.commit(AuditEvent::info("test.publish")).await.unwrap();
        for (entities, database) in nodes.clone() {
            // On each node somebody publishes, and somebody looks.
            let (own, here, context) = (entities.clone(), database.clone(), db.context(tenant));
            work.spawn(async move {
                for round in 1..=ROUNDS {
                    let mut tx = here.tenant_tx(&context).await.unwrap();
                    let published = publish(&mut tx, id, definition(tenant, round)).await.unwrap();
                    tx.commit(AuditEvent::info("test.publish")).await.unwrap();
                    // A writer has what is in force, whatever the cache says.
                    let mut tx = here.tenant_tx(&context).await.unwrap();
                    let held = own.hold(&mut tx, &published.def.key).await.unwrap();
                    assert!(held.version >= published.version && held.id == id);
                }
            });
            let context = db.context(tenant);
            work.spawn(async move {
                let mut last = 0;
                while last < 2 * ROUNDS + 1 {
                    let version = look(&database, &entities, &context, tenant, id).await;
                    assert!(version >= last, "{tenant}: {version} after {last}");
                    last = version;
                }
            });
        }
    }
    work.join_all().await;
}
