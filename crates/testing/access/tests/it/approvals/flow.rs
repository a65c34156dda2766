//! From the refusal to the effect: who sees, who decides, and what the trail says.

use std::collections::BTreeSet;

use serde_json::{Value, json};
use sqlx::Connection as _;
use tokio::task::JoinSet;

use super::support::{
    ACCOUNTS, REQUESTS, app, approved, ask_for, cash, checker, decide, guarded_app, maker, waits, withdraw,
};
use crate::support::events;

#[tokio::test]
async fn what_was_approved_is_done_once_and_the_trail_names_who_agreed() {
    let app = guarded_app().await;
    let (maker, checker) = (maker(&app), checker(&app));
    let refused = maker.post(ACCOUNTS, &cash()).await;
    let id = waits(&refused);
    assert!(refused.text("/detail").contains("send the same request again"), "{refused:?}");
    // Asked again, it is the same request.
    assert_eq!(waits(&maker.post(ACCOUNTS, &cash()).await), id);

    let path = format!("{REQUESTS}/{id}");
    let shown = checker.get(&path).await.expect(200);
    let expected = json!({"method": "POST", "path": ACCOUNTS, "body": cash()});
    assert_eq!(shown.json()["snapshot"], expected);
    assert_eq!((shown.text("/state"), shown.text("/createdBy")), ("pending".into(), "maker@demo".into()));
    let reason = json!({"reason": "fits the chart"});
    checker.post(&format!("{path}/approve"), &reason).await.expect(428);
    checker.with("if-match", "\"7\"").post(&format!("{path}/approve"), &reason).await.expect(412);
    let on_version = checker.with("if-match", "\"1\"").with("idempotency-key", "one");
    on_version.post(&format!("{path}/approve"), &json!({})).await.expect(422);
    let decided = on_version.post(&format!("{path}/approve"), &reason).await.expect(200);
    assert_eq!(
        (decided.text("/state"), decided.text("/decidedBy")),
        ("approved".into(), "checker@demo".into())
    );
    let again = on_version.post(&format!("{path}/approve"), &reason).await.expect(200);
    assert_eq!(again.header("idempotency-replayed"), "true");
    assert_eq!(decide(&checker, &id, "reject").await.code(), "approvals.not_pending");

    // The same content, however it is written.
    let sent = br#"{ "type": "asset",  "code": "Assets:Cash" }"#.as_slice();
    let done = maker.send(axum::http::Method::POST, ACCOUNTS, Some("application/json"), sent.into()).await;
    done.expect(201);
    assert_eq!(maker.get(&path).await.expect(200).text("/state"), "used");
    let created = events(&app, "finance.create_account").await;
    assert_eq!(created.len(), 1);
    let named = json!([{"id": id, "role": "tenant_admin", "approvedBy": "checker@demo"}]);
    assert_eq!(created[0].1["approvals"], named);
    let decisions = events(&app, "approvals.approve_request").await;
    assert_eq!(decisions.len(), 1);
    assert_eq!(decisions[0].0.as_deref(), Some(id.as_str()));
    // Used up: the next one is another.
    assert_ne!(waits(&maker.post(ACCOUNTS, &cash()).await), id);
}

#[tokio::test]
async fn a_request_is_seen_by_who_asked_and_by_who_may_decide() {
    let app = guarded_app().await;
    let id = waits(&maker(&app).post(ACCOUNTS, &cash()).await);
    let listed = async |tenant: &str, role: &str, path: &str| {
        let page = app.user(tenant, role).get(path).await.expect(200).json();
        page["items"].as_array().unwrap().iter().filter(|item| item["id"] == *id).count()
    };
    for list in [REQUESTS, "/v1/records/approvals.request"] {
        assert_eq!(listed("demo", "checker+tenant_admin", list).await, 1, "{list}");
        assert_eq!(listed("demo", "other+viewer", list).await, 0, "{list}");
        assert_eq!(listed("globex", "checker+tenant_admin", list).await, 0, "{list}");
    }
    assert_eq!(listed("demo", "maker+accountant", REQUESTS).await, 1);
    assert_eq!(listed("demo", "maker+viewer", REQUESTS).await, 1);
    assert_eq!(listed("demo", "other+accountant", REQUESTS).await, 0);
    let pending = format!("{REQUESTS}?filter=state%20%3D%3D%20%22pending%22");
    assert_eq!(listed("demo", "checker+tenant_admin", &pending).await, 1);
    for (tenant, role) in
        [("demo", "other+accountant"), ("demo", "other+viewer"), ("globex", "x+tenant_admin")]
    {
        let (client, path) = (app.user(tenant, role), format!("{REQUESTS}/{id}"));
        client.get(&path).await.expect(404);
        client.get(&format!("/v1/records/approvals.request/{id}")).await;
        for how in ["approve", "reject"] {
            let on_version = client.with("if-match", "\"1\"");
            let tried = on_version.post(&format!("{path}/{how}"), &json!({"reason": "x"})).await;
            assert_eq!(tried.expect(404).code(), "approvals.request_not_found");
        }
        client.with("if-match", "\"1\"").post_empty(&format!("{path}/withdraw")).await.expect(404);
    }
    app.user("demo", "stranger").get(REQUESTS).await.expect(403);
    assert_eq!(super::support::state(&app, &id).await, "pending");
}

#[tokio::test]
async fn nobody_agrees_to_what_they_ask_for_themselves() {
    let app = guarded_app().await;
    let both = app.user("demo", "maker+accountant+tenant_admin");
    let id = waits(&both.post(ACCOUNTS, &cash()).await);
    for how in ["approve", "reject"] {
        assert_eq!(decide(&both, &id, how).await.expect(403).code(), "approvals.own_request");
    }
    // Who asked sees it, and without the role decides nothing either.
    assert_eq!(decide(&maker(&app), &id, "approve").await.expect(403).code(), "approvals.own_request");
    both.post(ACCOUNTS, &cash()).await.expect(403);
    assert_eq!(withdraw(&checker(&app), &id).await.expect(403).code(), "approvals.not_requester");
}

#[tokio::test]
async fn another_content_needs_another_approval() {
    let app = guarded_app().await;
    let maker = maker(&app);
    let id = approved(&app, &cash()).await;
    for (path, body) in [
        (ACCOUNTS, json!({"code": "Assets:Cash", "type": "asset", "name": "Cash"})),
        (ACCOUNTS, json!({"code": "Assets:Bank", "type": "asset"})),
        ("/v1/finance/accounts?x=1", cash()),
    ] {
        assert_ne!(waits(&maker.post(path, &body).await), id, "{path} {body}");
    }
    // Nor is it anybody else's.
    assert_ne!(waits(&app.user("demo", "other+accountant").post(ACCOUNTS, &cash()).await), id);
    maker.post(ACCOUNTS, &cash()).await.expect(201);
}

#[tokio::test]
async fn what_cannot_be_shown_to_anybody_is_refused_with_the_reason() {
    let app = app().await;
    ask_for(&app, "imports", &["opening.import_accounts", "finance.update_account"], "tenant_admin").await;
    let maker = maker(&app);
    let file = b"code,type\nAssets:Cash,asset\n".as_slice();
    let path = "/v1/opening/accounts/import";
    let refused = maker.send(axum::http::Method::POST, path, Some("text/csv"), file.into()).await.expect(403);
    assert_eq!(refused.code(), "policy.approval_impossible");
    assert!(refused.text("/detail").contains("only a body of JSON"), "{refused:?}");
    let account = maker.post(ACCOUNTS, &cash()).await.expect(201);
    let path = format!("{ACCOUNTS}/{}", account.text("/id"));
    let change = json!({"name": "Petty cash"});
    for tag in ["*", "\"1\", \"2\""] {
        let refused = maker.with("if-match", tag).patch(&path, &change).await.expect(428);
        assert_eq!(refused.code(), "request.version_required");
    }
    let long = json!({"name": "x".repeat(70_000)});
    let refused = maker.with("if-match", "\"1\"").patch(&path, &long).await.expect(403);
    assert_eq!(refused.code(), "policy.approval_impossible");
    let none: Vec<(Option<String>, Value)> = events(&app, "approvals.approve_request").await;
    assert!(none.is_empty());
    // On the version that was approved, and on no other.
    let on_first = maker.with("if-match", "\"1\"");
    let id = waits(&on_first.patch(&path, &change).await);
    decide(&checker(&app), &id, "approve").await.expect(200);
    assert_ne!(waits(&maker.with("if-match", "\"2\"").patch(&path, &change).await), id);
    on_first.patch(&path, &change).await.expect(200);
}

/// What is sent many times at once, as a browser does that nobody answers, waits for one decision.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_asked_for_at_once_waits_once() {
    let app = app().await;
    ask_for(&app, "accounts", &["finance.create_account"], "tenant_admin").await;
    let maker = maker(&app);
    let mut asked = JoinSet::new();
    for _ in 0..8 {
        let maker = maker.clone();
        asked.spawn(async move { maker.post(ACCOUNTS, &cash()).await });
    }
    let ids: BTreeSet<String> = asked.join_all().await.iter().map(waits).collect();
    assert_eq!(ids.len(), 1, "{ids:?}");
}

#[tokio::test]
async fn what_waits_of_one_caller_is_bounded() {
    let app = guarded_app().await;
    let maker = maker(&app);
    let mut first = None;
    for number in 0..20 {
        let id = waits(
            &maker.post(ACCOUNTS, &json!({"code": format!("Assets:A{number}"), "type": "asset"})).await,
        );
        first.get_or_insert(id);
    }
    let refused = maker.post(ACCOUNTS, &cash()).await.expect(403);
    assert_eq!(refused.code(), "approvals.too_many_pending");
    waits(&app.user("demo", "other+accountant").post(ACCOUNTS, &cash()).await);
    withdraw(&maker, &first.unwrap()).await.expect(200);
    waits(&maker.post(ACCOUNTS, &cash()).await);
}

#[tokio::test]
async fn what_waits_is_bounded_for_what_is_asked_at_once_too() {
    let app = guarded_app().await;
    let maker = maker(&app);
    let account = |number: usize| json!({"code": format!("Assets:A{number}"), "type": "asset"});
    for number in 0..19 {
        waits(&maker.post(ACCOUNTS, &account(number)).await);
    }
    // All have counted what waits before the first of them has written down what it asks, unless each waits for the other.
    let slowly = "create function public.slowly() returns trigger language plpgsql as \
        'begin perform pg_sleep(0.3); return new; end'; \
        create trigger slowly before insert on approvals.request for each row execute function public.slowly()";
    sqlx::raw_sql(slowly).execute(&mut app.db.superuser().await).await.unwrap();
    let mut asked = JoinSet::new();
    for number in 19..27 {
        let (maker, account) = (maker.clone(), account(number));
        asked.spawn(async move { maker.post(ACCOUNTS, &account).await.expect(403).code() });
    }
    let codes = asked.join_all().await;
    let refused = codes.iter().filter(|code| *code == "approvals.too_many_pending").count();
    assert_eq!(refused, 7, "{codes:?}");
}

/// Whoever asks waits until what the same person asked a moment ago is written down.
#[tokio::test]
async fn one_persons_questions_come_one_after_the_other() {
    let app = guarded_app().await;
    let mut superuser = app.db.superuser().await;
    let mut before = superuser.begin().await.unwrap();
    let asking = format!("approvals {} maker@demo", app.db.tenant_id("demo"));
    sqlx::query("select pg_advisory_xact_lock(hashtextextended($1, 0))")
        .bind(asking)
        .execute(&mut *before)
        .await
        .unwrap();
    let maker = maker(&app);
    let mut asked = JoinSet::new();
    asked.spawn(async move { maker.post(ACCOUNTS, &cash()).await });
    app.wait_for_waiters(1).await;
    assert!(asked.try_join_next().is_none());
    before.rollback().await.unwrap();
    waits(&asked.join_next().await.unwrap().unwrap());
}

/// A rule about everything does not keep people from agreeing.
#[tokio::test]
async fn agreeing_needs_no_agreement() {
    let app = app().await;
    let mut rule = super::support::asking(&["*"], "tenant_admin");
    rule["subjects"] = json!({"everyone": true});
    super::support::put_in_force(&app, "all", rule, "finance.create_account").await;
    let maker = maker(&app);
    let id = waits(&maker.post(ACCOUNTS, &cash()).await);
    decide(&checker(&app), &id, "approve").await.expect(200);
    maker.post(ACCOUNTS, &cash()).await.expect(201);
    waits(&maker.get(ACCOUNTS).await);
}

#[tokio::test]
async fn the_pack_of_agreement_asks_for_the_same() {
    let app = app().await;
    let (author, reviewer) = (app.user("demo", "policy_author"), app.user("demo", "policy_reviewer"));
    let made = author.post("/v1/policy/packs/agreement/install", &json!({})).await.expect(201);
    assert_eq!(made.json()["leftOut"], json!([]), "{made:?}");
    let policy = format!("/v1/policy/policies/{}", made.text("/policy/id"));
    author.post_empty(&format!("{policy}/submit")).await.expect(200);
    reviewer.post_empty(&format!("{policy}/publish")).await.expect(200);

    let (maker, checker) = (maker(&app), checker(&app));
    let id = waits(&maker.post(ACCOUNTS, &cash()).await);
    decide(&checker, &id, "approve").await.expect(200);
    maker.post(ACCOUNTS, &cash()).await.expect(201);
    // What is only written down asks nobody.
    let draft = json!({"date": "2025-01-31", "lines": [
        {"account": "Assets:Cash", "debit": "1.00", "currency": "EUR"},
        {"account": "Assets:Cash", "credit": "1.00", "currency": "EUR"}]});
    let journal = maker.post("/v1/finance/journals", &draft).await.expect(201);
    let post = format!("/v1/finance/journals/{}/post", journal.text("/id"));
    waits(&maker.with("if-match", &journal.header("etag")).post_empty(&post).await);
}
