//! Reference data, as the records service keeps it.

use serde_json::json;

use crate::support::{app, record, sale, tax_code, with};

#[tokio::test]
async fn tax_codes_of_one_name_do_not_overlap_and_contradictions_are_refused() {
    let (app, _) = app().await;
    let admin = app.user("demo", "admin");
    let path = "/v1/records/invoicing.tax_code";
    let code = |members| {
        with(
            &json!({"code": "X", "name": "X", "kind": "percentage", "rate": "19", "validFrom": "2025-01-01"}),
            &members,
        )
    };
    admin.post(path, &code(json!({"validUntil": "2025-06-30"}))).await.expect(201);
    admin.post(path, &code(json!({"validFrom": "2025-06-30"}))).await.expect(409);
    admin.post(path, &code(json!({"validFrom": "2025-07-01"}))).await.expect(201);
    for members in [
        json!({"code": "Y", "kind": "division", "rate": "100"}),
        json!({"code": "Y", "part": "withheld", "inclusive": true}),
        json!({"code": "Y", "part": "reverse_charge", "affectsBase": true}),
        json!({"code": "Y", "rate": null}),
        json!({"code": "Y", "kind": "group"}),
        json!({"code": "Y", "rate": "-1"}),
        json!({"code": "Y", "nonRecoverable": "101"}),
    ] {
        admin.post(path, &code(members.clone())).await.expect(422);
        assert!(!members.is_null());
    }
}

#[tokio::test]
async fn terms_that_contradict_themselves_are_not_used() {
    let (app, accountant) = app().await;
    let admin = app.user("demo", "admin");
    let bad = json!({"code": "BAD", "name": "Bad", "instalments": [{"share": "percent", "value": "40"}, {"share": "percent", "value": "50"}]});
    record(&admin, "terms", &bad).await;
    let document = with(&sale("2025-03-01", "1"), &json!({"terms": "BAD"}));
    let refused = accountant.post("/v1/invoicing/invoices", &document).await.expect(422);
    assert_eq!(refused.code(), "invoicing.faulty_terms");
    admin
        .post(
            "/v1/records/invoicing.terms",
            &json!({"code": "BAD", "name": "Twice", "instalments": [{"share": "rest"}]}),
        )
        .await
        .expect(409);
}

#[tokio::test]
async fn a_deleted_code_is_in_force_no_more_and_a_broken_group_is_named() {
    let (app, accountant) = app().await;
    let admin = app.user("demo", "admin");
    let id = tax_code(&admin, &json!({"code": "GONE", "kind": "percentage", "rate": "5"})).await;
    tax_code(
        &admin,
        &json!({"code": "GROUP", "kind": "group", "members": [{"code": "GONE"}, {"code": "S20"}]}),
    )
    .await;
    let document = with(
        &sale("2025-03-01", "1"),
        &json!({"lines": [{"quantity": "1", "unitPrice": "100", "taxCodes": ["GROUP"]}]}),
    );
    let written = accountant.post("/v1/invoicing/invoices", &document).await.expect(201);
    assert_eq!(written.text("/gross"), "125.00");
    admin.with("if-match", "*").delete(&format!("/v1/records/invoicing.tax_code/{id}")).await;
    let refused = accountant.post("/v1/invoicing/invoices", &document).await.expect(422);
    assert_eq!(refused.code(), "invoicing.tax_code_not_in_force");
}

#[tokio::test]
async fn a_pattern_that_is_none_is_named_when_it_is_used() {
    let (app, accountant) = app().await;
    record(&app.user("demo", "admin"), "number_series", &json!({"kind": "sale", "pattern": "NO-NUMBER"}))
        .await;
    let refused = crate::support::post(&accountant, &sale("2025-03-01", "1")).await.expect(422);
    assert_eq!(refused.code(), "invoicing.faulty_series");
}
