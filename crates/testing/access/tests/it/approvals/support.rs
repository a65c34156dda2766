//! What the tests of approvals have in common: an application in which policies ask for them.

use std::sync::Arc;

use athyper_approvals::{Desk, PEOPLE};
use athyper_bootstrap::bridges::approvals_uses_iam::people;
use athyper_bootstrap::bridges::governance_uses_iam::access;
use athyper_bootstrap::bridges::iam_uses_governance::duties;
use athyper_bootstrap::bridges::ledger_uses_finance::{ledger, ledger_set_up};
use athyper_bootstrap::bridges::policy_uses_iam::subjects;
use athyper_governance::ACCESS;
use athyper_iam::{DUTIES, IamAuthorizer, KeyAuthenticator};
use athyper_kernel_config::ApprovalsConfig;
use athyper_kernel_db::Database;
use athyper_kernel_entity::SystemEntity;
use athyper_kernel_http::{Approvals, Catalogue, Judge, OPERATION_PERMISSIONS};
use athyper_kernel_jobs_http::JOB_PERMISSIONS;
use athyper_kernel_ledger::{LEDGER, LEDGER_SET_UP, Uncontrolled};
use athyper_kernel_lifecycle::{Lifecycle, LifecycleOptions};
use athyper_kernel_module::DomainModule;
use athyper_kernel_records::{Entities, SystemEntities};
use athyper_kernel_types::Clock;
use athyper_policy::{InForce, SUBJECTS};
use athyper_test_kit::{Answer, Client, Doors, TestApp, TestDatabase, TestOptions, plain_doors};
use serde_json::{Value, json};

pub(crate) const REQUESTS: &str = "/v1/approvals/requests";
pub(crate) const ACCOUNTS: &str = "/v1/finance/accounts";

fn modules() -> Vec<DomainModule> {
    vec![
        athyper_kernel_records::MODULE,
        athyper_iam::MODULE,
        athyper_governance::MODULE,
        athyper_policy::MODULE,
        athyper_approvals::MODULE,
        athyper_finance::MODULE,
        athyper_opening::MODULE,
    ]
}

fn catalogue() -> Catalogue {
    let all = modules();
    let kernel = OPERATION_PERMISSIONS.iter().chain(JOB_PERMISSIONS);
    Catalogue::new(all.iter().flat_map(|module| module.permissions).chain(kernel).copied())
}

/// Bindings behind tokens of tests, keys of services, and the policies of the database.
fn doors(db: &TestDatabase, catalogue: &Catalogue) -> Doors {
    let (tokens, _) = plain_doors(db, catalogue);
    let keys = KeyAuthenticator::new(db.database.clone(), db.tenants.clone(), tokens);
    let authorizer = IamAuthorizer::new(db.database.clone(), catalogue.clone(), duties());
    let entities: Vec<SystemEntity> = modules().iter().flat_map(|module| module.entities).copied().collect();
    // Decisions are written down for as long as the test runs.
    let lifecycle = Box::leak(Box::new(Lifecycle::new(LifecycleOptions::default())));
    let entities = Entities::new(&db.database, SystemEntities::read(&entities).unwrap());
    let policies = InForce::new(&db.database, catalogue.clone(), entities, lifecycle);
    (Arc::new(keys), Judge::new(Arc::new(authorizer), Arc::new(policies)))
}

fn desk(database: &Database) -> Arc<dyn Approvals> {
    let clock = database.clock().clone();
    Arc::new(Desk::new(people(catalogue(), clock.clone()), ApprovalsConfig::default(), clock))
}

pub(crate) async fn app() -> TestApp {
    let options = TestOptions {
        doors,
        approvals: Some(desk),
        parts: Box::new(|builder| {
            builder.value(&DUTIES, duties());
            builder.value(&LEDGER, ledger(Arc::new(Uncontrolled)));
            builder.value(&LEDGER_SET_UP, ledger_set_up(Arc::new(Uncontrolled)));
            builder.value(&ACCESS, access(catalogue(), duties()));
            builder.value(&SUBJECTS, subjects(catalogue(), Clock::system()));
            builder.value(&PEOPLE, people(catalogue(), Clock::system()));
        }),
        ..TestOptions::default()
    };
    TestApp::with(&modules(), options).await
}

/// An application in which creating an account needs that an administrator agrees.
pub(crate) async fn guarded_app() -> TestApp {
    let app = app().await;
    ask_for(&app, "accounts", &["finance.create_account"], "tenant_admin").await;
    app
}

/// A rule that asks of everybody that a holder of the role agrees to these operations.
pub(crate) fn asking(operations: &[&str], role: &str) -> Value {
    json!({"key": "four-eyes", "effect": "allow", "subjects": {"roles": ["accountant"]}, "operations": operations,
        "obligations": [{"requireApproval": {"role": role}}]})
}

/// Puts such a rule in force, and gives the path of its policy.
pub(crate) async fn ask_for(app: &TestApp, key: &str, operations: &[&str], role: &str) -> String {
    put_in_force(app, key, asking(operations, role), operations[0]).await
}

/// Puts a rule in force that allows an operation to accountants.
pub(crate) async fn put_in_force(app: &TestApp, key: &str, rule: Value, operation: &str) -> String {
    let (author, reviewer) = (app.user("demo", "policy_author"), app.user("demo", "policy_reviewer"));
    let body = json!({"key": key, "title": key, "document": {"rules": [rule]}});
    let made = author.post("/v1/policy/policies", &body).await.expect(201);
    let path = format!("/v1/policy/policies/{}", made.text("/id"));
    let test = json!({"name": "accountants may", "test": {
        "question": {"subject": {"id": "x", "roles": ["accountant"]}, "operation": operation},
        "expect": {"allowed": true}}});
    author.post(&format!("{path}/tests"), &test).await.expect(201);
    author.post_empty(&format!("{path}/submit")).await.expect(200);
    reviewer.post_empty(&format!("{path}/publish")).await.expect(200);
    path
}

/// Who asks: an accountant.
pub(crate) fn maker(app: &TestApp) -> Client {
    app.user("demo", "maker+accountant")
}

/// Who decides: an administrator.
pub(crate) fn checker(app: &TestApp) -> Client {
    app.user("demo", "checker+tenant_admin")
}

pub(crate) fn cash() -> Value {
    json!({"code": "Assets:Cash", "type": "asset"})
}

/// The id of the only request that a refusal waits for.
#[track_caller]
pub(crate) fn waits(refused: &Answer) -> String {
    assert_eq!((refused.status, refused.code().as_str()), (403, "policy.approval_required"), "{refused:?}");
    let approvals = refused.json()["approvals"].as_array().unwrap().clone();
    assert_eq!(approvals.len(), 1, "{approvals:?}");
    let id = approvals[0]["id"].as_str().unwrap().to_owned();
    assert_eq!(refused.header("link"), format!("<{REQUESTS}/{id}>; rel=\"related\""));
    id
}

/// Decides about a request in this way, on the version that it has.
pub(crate) async fn decide(by: &Client, id: &str, how: &str) -> Answer {
    let path = format!("{REQUESTS}/{id}");
    let tag = by.get(&path).await.expect(200).header("etag");
    by.with("if-match", &tag).post(&format!("{path}/{how}"), &json!({"reason": "looked at"})).await
}

/// Takes a request back, on the version that it has.
pub(crate) async fn withdraw(by: &Client, id: &str) -> Answer {
    let path = format!("{REQUESTS}/{id}");
    let tag = by.get(&path).await.expect(200).header("etag");
    by.with("if-match", &tag).post_empty(&format!("{path}/withdraw")).await
}

/// Asks for an account, has it approved, and gives the id of the request for that.
pub(crate) async fn approved(app: &TestApp, body: &Value) -> String {
    let id = waits(&maker(app).post(ACCOUNTS, body).await);
    decide(&checker(app), &id, "approve").await.expect(200);
    id
}

/// Where a request is in its life.
pub(crate) async fn state(app: &TestApp, id: &str) -> String {
    let mut admin = app.db.superuser().await;
    sqlx::query_scalar("select state from approvals.request where id = $1::uuid")
        .bind(id)
        .fetch_one(&mut admin)
        .await
        .unwrap()
}
