//! Two processes over one database: what one puts in force binds on the other, and what cannot be read allows nothing.

use std::sync::Arc;
use std::time::Duration;

use athyper_kernel_db::{Database, announce};
use athyper_kernel_http::{Catalogue, Policies as _};
use athyper_kernel_lifecycle::{Lifecycle, LifecycleOptions};
use athyper_kernel_policy::{Circumstances, Granted, Outcome, PolicySet, Question, RuleName, Subject};
use athyper_kernel_records::{Entities, SystemEntities};
use athyper_kernel_tenant_context::TenantContext;
use athyper_policy::{InForce, MODULE};
use athyper_test_kit::TestApp;
use serde_json::json;

use crate::support::{app, large_orders, large_test, put_in_force, put_in_force_of, reviewer, with_orders};

/// Another process: what it keeps in memory is its own.
struct Node {
    policies: InForce,
    context: TenantContext,
    lifecycle: Arc<Lifecycle>,
}

impl Node {
    fn over(database: &Database, context: TenantContext) -> Self {
        let modules = [athyper_kernel_records::MODULE, MODULE];
        let catalogue = Catalogue::new(modules.iter().flat_map(|module| module.permissions).copied());
        let lifecycle = Arc::new(Lifecycle::new(LifecycleOptions::default()));
        let policies =
            InForce::new(database, catalogue, Entities::new(database, SystemEntities::default()), &lifecycle);
        Self { policies, context, lifecycle }
    }

    async fn of(app: &TestApp, tenant: &str) -> Self {
        Self::over(&app.db.another_handle().await, app.db.context(tenant))
    }

    /// What an administrator is answered who would change all orders; none where there is no answer.
    async fn asks(&self) -> Option<Outcome> {
        let set = self.policies.in_force(&self.context).await.ok()?;
        Some(outcome(&set))
    }

    /// Asks until this is the answer. That it is within a second is what the cache of what is in force promises: it believes
    /// nothing for longer.
    async fn until(&self, wanted: Option<Outcome>) {
        while self.asks().await != wanted {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }
}

fn outcome(set: &Arc<PolicySet>) -> Outcome {
    let subject = Subject { id: "ada".to_owned(), ..Subject::default() };
    let granted = Granted::Everything(Arc::new(RuleName::of_role("tenant_admin")));
    let at = athyper_kernel_cel::Context::utc("2025-01-31T12:00:00Z".parse().unwrap());
    let question = Question {
        operation: "records.update_record",
        kind: Some("update"),
        entity: Some("order"),
        record: None,
        granted: &granted,
        at: &at,
    };
    set.asker(subject, Circumstances::default()).decide(&question).outcome
}

#[tokio::test]
async fn what_one_node_publishes_binds_on_another() {
    let app = app().await;
    with_orders(&app).await;
    let (node, other) = (Node::of(&app, "demo").await, Node::of(&app, "globex").await);
    // Both know what is in force before it changes.
    assert_eq!(node.asks().await, Some(Outcome::Allowed));
    assert_eq!(other.asks().await, Some(Outcome::Allowed));
    let mut all = large_orders();
    all["rules"][0].as_object_mut().unwrap().remove("condition");
    let path = put_in_force(&app, "orders", &all, &large_test(500, false)).await;
    node.until(Some(Outcome::Denied)).await;
    reviewer(&app).post_empty(&format!("{path}/archive")).await.expect(200);
    node.until(Some(Outcome::Allowed)).await;
    let back = json!({"version": 1});
    reviewer(&app).with("if-match", "*").post(&format!("{path}/rollback"), &back).await.expect(200);
    node.until(Some(Outcome::Denied)).await;
    assert_eq!(other.asks().await, Some(Outcome::Allowed), "it is another tenant's");
}

#[tokio::test]
async fn what_is_compiled_is_one_tenants_own() {
    let app = app().await;
    let question = json!({"subject": {"id": "x", "roles": ["agent"]}, "operation": "records.update_record"});
    let test =
        |allowed: bool| json!({"name": "x", "test": {"question": question, "expect": {"allowed": allowed}}});
    let rule = |subjects: serde_json::Value| json!({"rules": [{"key": "x", "effect": "deny", "subjects": subjects, "operations": ["records.update_record"]}]});
    // Both have changed once, and name no entity.
    let (nobody, all) = (rule(json!({"roles": ["nobody"]})), rule(json!({"everyone": true})));
    put_in_force_of(&app, "demo", ("x", &nobody, &test(true))).await;
    put_in_force_of(&app, "globex", ("x", &all, &test(false))).await;
    let node = Node::of(&app, "demo").await;
    let other = Node {
        context: app.db.context("globex"),
        policies: node.policies.clone(),
        lifecycle: node.lifecycle.clone(),
    };
    for _ in 0..2 {
        assert_eq!(node.asks().await, Some(Outcome::Allowed));
        assert_eq!(other.asks().await, Some(Outcome::Denied));
    }
}

/// Says that what is in force has changed, as every change of it does.
async fn tell(app: &TestApp) {
    let mut tx = app.db.database.tenant_tx(&app.db.context("demo")).await.unwrap();
    announce(&mut tx, "policy.live", "").await.unwrap();
    tx.commit(athyper_kernel_audit::AuditEvent::info("test.tell")).await.unwrap();
}

#[tokio::test]
async fn a_stored_row_that_is_no_policy_denies_everything_on_every_node() {
    let app = app().await;
    with_orders(&app).await;
    put_in_force(&app, "orders", &large_orders(), &large_test(500, false)).await;
    let node = Node::of(&app, "demo").await;
    assert_eq!(node.asks().await, Some(Outcome::Depends));
    let mut admin = app.db.superuser().await;
    sqlx::query("update policy.version set document = '{\"rules\": 1}'").execute(&mut admin).await.unwrap();
    tell(&app).await;
    node.until(Some(Outcome::Denied)).await;
    assert_eq!(Node::of(&app, "demo").await.asks().await, Some(Outcome::Denied));
    assert_eq!(Node::of(&app, "globex").await.asks().await, Some(Outcome::Allowed));
}

#[tokio::test]
async fn without_the_tables_or_the_database_nothing_is_answered() {
    let app = app().await;
    with_orders(&app).await;
    put_in_force(&app, "orders", &large_orders(), &large_test(500, false)).await;
    let database = app.db.another_handle().await;
    let node = Node::over(&database, app.db.context("demo"));
    assert_eq!(node.asks().await, Some(Outcome::Depends));
    let mut admin = app.db.superuser().await;
    sqlx::query("revoke select on policy.policy from athyper_app").execute(&mut admin).await.unwrap();
    tell(&app).await;
    node.until(None).await;
    // And nobody is let in.
    let refused = app.user("demo", "admin").get("/v1/records/order").await;
    assert!(refused.status == 503 || refused.status == 500, "{}", refused.status);
    sqlx::query("grant select on policy.policy to athyper_app").execute(&mut admin).await.unwrap();
    node.until(Some(Outcome::Depends)).await;

    database.close().await;
    node.until(None).await;
}
