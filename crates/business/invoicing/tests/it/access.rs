//! Who may do what, what nobody sees of another tenant, and what is said of each operation.

use std::sync::Arc;

use athyper_kernel_cel::Type;
use athyper_kernel_http::NoPolicies;
use athyper_kernel_policy::{EntityFields, Origin, Policy, PolicyDocument, PolicySet, condition_cache};
use athyper_test_kit::{KnownEntities, documented_operations};
use serde_json::json;

use crate::support::{ADA, app, app_under, draft, invoice, pay, payment, post, sale, set_up};

#[tokio::test]
async fn viewers_read_and_change_nothing() {
    let (app, accountant) = app().await;
    let id = draft(&accountant, &sale("2025-03-01", "1")).await;
    let paid = accountant
        .post("/v1/invoicing/payments", &payment("2025-03-01", "1", &[]))
        .await
        .expect(201)
        .text("/id");
    let viewer = app.user("demo", "viewer").with("if-match", "*");
    for path in ["invoices", "payments", &format!("invoices/{id}"), &format!("payments/{paid}")] {
        viewer.get(&format!("/v1/invoicing/{path}")).await.expect(200);
    }
    let (document, money) = (sale("2025-03-01", "1"), payment("2025-03-01", "1", &[]));
    viewer.post("/v1/invoicing/invoices", &document).await.expect(403);
    viewer.put(&format!("/v1/invoicing/invoices/{id}"), &document).await.expect(403);
    viewer.delete(&format!("/v1/invoicing/invoices/{id}")).await.expect(403);
    viewer.post_empty(&format!("/v1/invoicing/invoices/{id}/post")).await.expect(403);
    viewer.post(&format!("/v1/invoicing/invoices/{id}/credit"), &json!({})).await.expect(403);
    viewer.post("/v1/invoicing/payments", &money).await.expect(403);
    viewer.put(&format!("/v1/invoicing/payments/{paid}"), &money).await.expect(403);
    viewer.delete(&format!("/v1/invoicing/payments/{paid}")).await.expect(403);
    viewer.post_empty(&format!("/v1/invoicing/payments/{paid}/post")).await.expect(403);
    viewer.post(&format!("/v1/invoicing/payments/{paid}/bounce"), &json!({"reason": "x"})).await.expect(403);
    viewer.post("/v1/invoicing/allocations", &json!({"debit": ADA, "credit": ADA})).await.expect(403);
    viewer.post("/v1/records/invoicing.terms", &json!({})).await.expect(403);
    app.anonymous().get("/v1/invoicing/invoices").await.expect(401);
    let stranger = app.user("demo", "stranger");
    for path in ["invoices", "payments", "reports/ageing", "reports/open-items"] {
        stranger.get(&format!("/v1/invoicing/{path}")).await.expect(403);
    }
    stranger.get("/v1/invoicing/reports/tax?from=2025-03-01&to=2025-03-31").await.expect(403);
    stranger
        .get(&format!("/v1/invoicing/reports/statement?party={ADA}&from=2025-03-01&to=2025-03-31"))
        .await
        .expect(403);
    stranger.post("/v1/invoicing/invoices/preview", &document).await.expect(403);
}

#[tokio::test]
async fn records_of_another_tenant_do_not_exist() {
    let (app, accountant) = app().await;
    let sold = post(&accountant, &sale("2025-03-01", "1")).await.expect(200).text("/id");
    let paid = pay(&accountant, &payment("2025-03-01", "1", &[])).await.expect(200);
    let (path, money) =
        (format!("/v1/invoicing/invoices/{sold}"), format!("/v1/invoicing/payments/{}", paid.text("/id")));
    let stranger = app.user("globex", "admin").with("if-match", "*");
    for path in [&path, &money] {
        stranger.get(path).await.expect(404);
        stranger.delete(path).await.expect(404);
        stranger.post_empty(&format!("{path}/post")).await.expect(404);
    }
    stranger.put(&path, &sale("2025-03-01", "1")).await.expect(404);
    stranger.put(&money, &payment("2025-03-01", "1", &[])).await.expect(404);
    stranger.post(&format!("{path}/credit"), &json!({})).await.expect(404);
    stranger.post(&format!("{money}/bounce"), &json!({"reason": "x"})).await.expect(404);
    let items = json!({"debit": invoice(&accountant, &sold).await["openItems"][0]["id"], "credit": paid.json()["openItems"][0]["id"]});
    assert_eq!(
        stranger.post("/v1/invoicing/allocations", &items).await.expect(422).code(),
        "invoicing.item_not_found"
    );
    let settles = payment("2025-03-01", "1", &[(&sold, "1")]);
    stranger.post("/v1/invoicing/payments", &settles).await.expect(422);
    for path in ["invoices", "payments", "reports/open-items", "reports/ageing"] {
        let page = stranger.get(&format!("/v1/invoicing/{path}")).await.expect(200).json();
        assert_eq!(page, json!({"items": [], "nextCursor": null}), "{path}");
    }
    let report =
        stranger.get("/v1/invoicing/reports/tax?from=2025-03-01&to=2025-03-31").await.expect(200).json();
    assert_eq!(report["lines"], json!([]));
}

#[tokio::test]
async fn who_wrote_a_document_does_not_post_it_and_large_ones_nobody() {
    let rules = json!([
        {"key": "own-work", "effect": "deny", "subjects": {"relations": [{"kind": "owner"}]}, "operations": ["kind:approve"]},
        {"key": "large", "effect": "deny", "subjects": {"roles": ["accountant"]}, "operations": ["invoicing.post_invoice"],
            "resource": {"entity": "invoicing.invoice"}, "condition": "resource.gross > 1000.0"}]);
    let document: PolicyDocument = serde_json::from_value(json!({ "rules": rules })).unwrap();
    let policy = Policy { origin: Origin::Tenant, key: "p".to_owned(), version: 1, rules: document.rules };
    let fields = EntityFields::from([("gross".to_owned(), Type::Decimal)]);
    let known = KnownEntities::new([("invoicing.invoice", fields)]);
    let set = PolicySet::compile(1, &[policy], &known, &condition_cache(1 << 20));
    assert!(set.faults().is_empty(), "{:?}", set.faults());
    let app = app_under(Some(Arc::new(NoPolicies::but(Arc::new(set))))).await;
    set_up(&app).await;
    let (maker, checker) = (app.user("demo", "accountant"), app.user("demo", "checker+accountant"));
    let small = draft(&maker, &sale("2025-03-01", "10")).await;
    let path = format!("/v1/invoicing/invoices/{small}/post");
    maker.post_empty(&path).await.expect(403);
    checker.post_empty(&path).await.expect(200);
    let large = draft(&maker, &sale("2025-03-01", "1000")).await;
    checker.post_empty(&format!("/v1/invoicing/invoices/{large}/post")).await.expect(403);
    let money = maker
        .post("/v1/invoicing/payments", &payment("2025-03-01", "1", &[]))
        .await
        .expect(201)
        .header("location");
    maker.post_empty(&format!("{money}/post")).await.expect(403);
    checker.post_empty(&format!("{money}/post")).await.expect(200);
}

#[tokio::test]
async fn every_operation_is_documented_with_an_example() {
    let (app, _) = app().await;
    assert_eq!(documented_operations(&app.openapi, "invoicing"), 21);
}
