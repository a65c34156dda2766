//! Drafts, posting and numbers.

use serde_json::{Value, json};

use crate::support::{
    ADA, BOB, app, balances, check_books, draft, events, fields, invoice, pair, post, record, sale, standing,
    stands, tax_code, with,
};

#[tokio::test]
async fn a_draft_says_what_it_comes_to_and_posts_nothing() {
    let (app, accountant) = app().await;
    let document = json!({"kind": "sale", "date": "2025-03-01", "currency": "EUR", "terms": "HALVES",
        "party": {"id": ADA, "name": "Ada"}, "lines": [
            {"account": "4000", "quantity": "29", "unitPrice": "65.53", "discountPercent": "12.5", "taxCodes": ["S10"]},
            {"account": "4010", "quantity": "1", "unitPrice": "0.05", "taxCodes": ["S20"]}]});
    let written = accountant.post("/v1/invoicing/invoices", &document).await.expect(201);
    let json = written.json();
    assert_eq!(written.header("location"), format!("/v1/invoicing/invoices/{}", written.text("/id")));
    assert_eq!((json["net"].as_str(), json["gross"].as_str()), (Some("1662.87"), Some("1829.16")));
    assert_eq!(json["lines"][0]["amount"], "1662.82");
    assert_eq!(
        json["taxes"],
        json!([
        {"code": "S10", "part": "added", "base": "1662.82", "tax": "166.28", "nonRecoverable": "0.00"},
        {"code": "S20", "part": "added", "base": "0.05", "tax": "0.01", "nonRecoverable": "0.00"}])
    );
    assert_eq!(
        json["openItems"],
        json!([
        {"dueOn": "2025-03-01", "amount": "914.58", "open": "914.58"},
        {"dueOn": "2025-03-31", "amount": "914.58", "open": "914.58"}])
    );
    assert_eq!((&json["state"], json.get("number")), (&json!("draft"), None));
    assert!(balances(&app).await.is_empty());
    let event = &events(&app, "invoicing.create_invoice").await[0];
    assert_eq!((event.0.clone(), event.1["gross"].clone()), (Some(written.text("/id")), json!("1829.16")));
}

#[tokio::test]
async fn posting_gives_a_number_items_and_a_journal() {
    let (app, accountant) = app().await;
    let document = with(&sale("2025-03-01", "100.00"), &json!({"terms": "HALVES"}));
    let posted = post(&accountant, &document).await.expect(200);
    let json = posted.json();
    assert_eq!((json["number"].as_str(), json["state"].as_str()), (Some("INV-2025-000001"), Some("posted")));
    assert_eq!((json["open"].as_str(), json["rate"].as_str()), (Some("120.00"), Some("1")));
    assert_eq!(
        (json["postedBy"].as_str(), json["dueOn"].as_str()),
        (Some("accountant@demo"), Some("2025-03-31"))
    );
    let items = json["openItems"].as_array().unwrap();
    assert!(
        items.len() == 2 && items.iter().all(|item| item["open"] == "60.00" && item["id"].is_string()),
        "{json}"
    );
    let expected = [pair("1200", "120.00"), pair("2200", "-20.00"), pair("4000", "-100.00")];
    assert_eq!(balances(&app).await, expected);
    check_books(&app).await;
    let again = accountant.post_empty(&format!("/v1/invoicing/invoices/{}/post", posted.text("/id"))).await;
    assert_eq!(again.expect(409).code(), "invoicing.invoice_not_draft");
    assert_eq!(events(&app, "invoicing.post_invoice").await.len(), 1);
}

#[tokio::test]
async fn a_purchase_in_a_foreign_currency_is_posted_at_its_rate() {
    let (app, accountant) = app().await;
    let document = json!({"kind": "purchase", "date": "2025-03-01", "currency": "USD", "rate": "0.9573",
        "supplierNumber": "A-17", "party": {"id": BOB, "name": "Bob"},
        "lines": [{"quantity": "3", "unitPrice": "33.33", "taxCodes": ["P20"]}]});
    let posted = post(&accountant, &document).await.expect(200);
    assert_eq!((posted.text("/number"), posted.text("/gross")), ("BILL-2025-000001".into(), "119.99".into()));
    // 119.99, 99.99 and 20.00 at 0.9573 are 114.87, 95.72 and 19.15: nothing is left over.
    assert_eq!(balances(&app).await, [pair("1300", "19.15"), pair("2000", "-114.87"), pair("5000", "95.72")]);
    check_books(&app).await;
    let twice = with(&document, &json!({"date": "2025-03-02"}));
    let refused = accountant.post("/v1/invoicing/invoices", &twice).await.expect(409);
    assert_eq!(
        (refused.code(), fields(&refused)),
        ("invoicing.supplier_number_taken".into(), vec![pair("/supplierNumber", "taken")])
    );
    let unknown = with(&twice, &json!({"currency": "GBP", "rate": null, "supplierNumber": "A-18"}));
    assert_eq!(post(&accountant, &unknown).await.expect(422).code(), "books.no_rate");
    let own = with(&twice, &json!({"currency": "EUR", "supplierNumber": "A-19"}));
    assert_eq!(fields(&post(&accountant, &own).await.expect(422)), [pair("/rate", "base_currency")]);
}

#[tokio::test]
async fn a_draft_changes_and_goes_and_what_is_posted_does_not() {
    let (app, accountant) = app().await;
    let id = draft(&accountant, &sale("2025-03-01", "100.00")).await;
    let path = format!("/v1/invoicing/invoices/{id}");
    let change = with(&sale("2025-03-02", "50.00"), &json!({"memo": "less"}));
    accountant.put(&path, &change).await.expect(428);
    accountant.with("if-match", "\"7\"").put(&path, &change).await.expect(412);
    let changed = accountant.with("if-match", "\"1\"").put(&path, &change).await.expect(200);
    assert_eq!(
        (changed.text("/gross"), changed.text("/memo"), changed.header("etag")),
        ("60.00".into(), "less".into(), "\"2\"".into())
    );
    let money = crate::support::payment("2025-03-03", "1", &[(&id, "1")]);
    let money = accountant.post("/v1/invoicing/payments", &money).await.expect(201).header("location");
    let named = accountant.with("if-match", "*").delete(&path).await.expect(409);
    assert_eq!(named.code(), "invoicing.invoice_named");
    accountant.with("if-match", "*").delete(&money).await.expect(200);
    accountant.with("if-match", "*").delete(&path).await.expect(200);
    accountant.get(&path).await.expect(404);
    let posted = post(&accountant, &sale("2025-03-01", "100.00")).await.expect(200).text("/id");
    let path = format!("/v1/invoicing/invoices/{posted}");
    let any = accountant.with("if-match", "*");
    assert_eq!(any.put(&path, &change).await.expect(409).code(), "invoicing.invoice_not_draft");
    assert_eq!(any.delete(&path).await.expect(409).code(), "invoicing.invoice_not_draft");
    let mut admin = app.db.superuser().await;
    for statement in [
        format!("update invoicing.invoice set gross = 1 where id = '{posted}'"),
        format!("update invoicing.invoice set memo = 'x' where id = '{posted}'"),
        format!("delete from invoicing.invoice_line where invoice_id = '{posted}'"),
        format!("delete from invoicing.invoice where id = '{posted}'"),
    ] {
        let error =
            sqlx::raw_sql(sqlx::AssertSqlSafe(statement.clone())).execute(&mut admin).await.unwrap_err();
        let constraint = error.as_database_error().and_then(|error| error.constraint().map(str::to_owned));
        assert_eq!(constraint.as_deref(), Some("document_immutable"), "{statement}");
    }
}

#[tokio::test]
async fn all_that_is_wrong_with_a_draft_is_named() {
    let (_app, accountant) = app().await;
    let send = async |document: &Value| accountant.post("/v1/invoicing/invoices", document).await;
    let wrong = json!({"kind": "sale", "date": "2025-03-01", "currency": "EUR", "party": {"id": ADA, "name": "Ada"},
        "lines": [{"quantity": "1", "unitPrice": "1", "discountPercent": "101"},
            {"quantity": "1", "unitPrice": "1", "account": "4000", "role": "revenue"}]});
    let answer = send(&wrong).await.expect(422);
    assert_eq!(
        fields(&answer),
        [pair("/lines/0/discountPercent", "out_of_range"), pair("/lines/1/account", "and_role")]
    );
    for (members, code, field) in [
        (json!({"party": {"id": ADA}}), "invoicing.invalid", pair("/party/name", "required")),
        (json!({"entity": "NOWHERE"}), "books.entity", pair("", "")),
        (json!({"terms": "NEVER"}), "invoicing.terms_not_found", pair("/terms", "unusable")),
        (
            json!({"lines": [{"quantity": "1", "unitPrice": "1", "taxCodes": ["X"]}]}),
            "invoicing.tax_code_not_in_force",
            pair("/lines/0/taxCodes", "unusable"),
        ),
        (
            json!({"lines": [{"quantity": "-1", "unitPrice": "1"}]}),
            "invoicing.total_not_positive",
            pair("/lines", "total_not_positive"),
        ),
        (json!({"lines": []}), "invoicing.invalid", pair("/lines", "line_count")),
        (json!({"corrects": ADA}), "invoicing.invalid", pair("/corrects", "not_a_note")),
        (json!({"supplierNumber": "1"}), "invoicing.invalid", pair("/supplierNumber", "not_a_purchase")),
    ] {
        let answer = send(&with(&sale("2025-03-01", "1"), &members)).await.expect(422);
        assert_eq!(answer.code(), code, "{members}");
        assert_eq!(fields(&answer).first().cloned().unwrap_or_else(|| pair("", "")), field, "{members}");
    }
    for quantity in [json!(1), json!("1e3"), json!("1,5"), json!("0.0000001")] {
        send(&with(&sale("2025-03-01", "1"), &json!({"lines": [{"quantity": quantity, "unitPrice": "1"}]})))
            .await
            .expect(422);
    }
}

#[tokio::test]
async fn what_the_ledger_refuses_leaves_a_draft_and_no_gap() {
    let (app, accountant) = app().await;
    let missing = with(
        &sale("2025-03-01", "1"),
        &json!({"lines": [{"account": "missing", "quantity": "1", "unitPrice": "1"}]}),
    );
    let closed = sale("2024-12-31", "1");
    let soft = sale("2025-01-31", "1");
    for (document, status, code) in [
        (&missing, 422, "books.account"),
        (&closed, 409, "books.period_closed"),
        (&soft, 403, "books.period_soft_closed"),
    ] {
        assert_eq!(post(&accountant, document).await.expect(status).code(), code);
    }
    assert_eq!(
        post(&accountant, &sale("2025-03-01", "1")).await.expect(200).text("/number"),
        "INV-2025-000001"
    );
    let admin = app.user("demo", "admin");
    assert_eq!(post(&admin, &soft).await.expect(200).text("/number"), "INV-2025-000002");
    let page = accountant.get("/v1/invoicing/invoices").await.expect(200).json();
    let states: Vec<&str> =
        page["items"].as_array().unwrap().iter().map(|item| item["state"].as_str().unwrap()).collect();
    assert_eq!(states.iter().filter(|state| **state == "draft").count(), 3);
    assert!(page["items"][0].get("lines").is_none());
}

#[tokio::test]
async fn numbers_count_by_kind_entity_and_year_and_by_the_tenants_pattern() {
    let (app, accountant) = app().await;
    let series = json!({"kind": "sale", "entity": "BRANCH", "pattern": "B{YYYY}/{SEQ:3}", "firstMonth": 4});
    record(&app.user("demo", "admin"), "number_series", &series).await;
    let mut numbers = Vec::new();
    for (date, entity) in [
        ("2025-03-31", "MAIN"),
        ("2025-03-31", "BRANCH"),
        ("2025-04-01", "BRANCH"),
        ("2026-01-01", "BRANCH"),
        ("2026-01-01", "MAIN"),
    ] {
        let document = with(&sale(date, "1"), &json!({"entity": entity}));
        numbers.push(post(&accountant, &document).await.expect(200).text("/number"));
    }
    assert_eq!(numbers, ["INV-2025-000001", "B2024/001", "B2025/001", "B2025/002", "INV-2026-000001"]);
}

#[tokio::test]
async fn many_who_post_at_once_get_all_numbers() {
    const DOCUMENTS: usize = 16;
    let (app, accountant) = app().await;
    let mut ids = Vec::new();
    for _ in 0..DOCUMENTS {
        ids.push(draft(&accountant, &sale("2025-03-01", "1.00")).await);
    }
    let one = ids[0].clone();
    let mut all = tokio::task::JoinSet::new();
    for id in ids.into_iter().chain([one.clone(), one]) {
        let accountant = app.user("demo", "accountant");
        all.spawn(async move { accountant.post_empty(&format!("/v1/invoicing/invoices/{id}/post")).await });
    }
    let answers = all.join_all().await;
    let mut numbers: Vec<String> =
        answers.iter().filter(|answer| answer.status == 200).map(|answer| answer.text("/number")).collect();
    numbers.sort();
    let expected: Vec<String> = (1..=DOCUMENTS).map(|number| format!("INV-2025-{number:06}")).collect();
    assert_eq!(numbers, expected);
    check_books(&app).await;
}

#[tokio::test]
async fn a_preview_keeps_nothing_and_says_the_journal() {
    let (app, accountant) = app().await;
    let document = with(&sale("2025-03-01", "100.00"), &json!({"terms": "NET30", "currency": "USD"}));
    let preview = accountant.post("/v1/invoicing/invoices/preview", &document).await.expect(200).json();
    assert_eq!((preview["gross"].as_str(), preview["rate"].as_str()), (Some("120.00"), Some("0.93")));
    assert_eq!(
        (preview["discountUntil"].as_str(), preview["discountAmount"].as_str()),
        (Some("2025-03-11"), Some("2.40"))
    );
    let journal: Vec<(&str, &str)> = preview["journal"]
        .as_array()
        .unwrap()
        .iter()
        .map(|line| (line["role"].as_str().unwrap(), line["amount"].as_str().unwrap()))
        .collect();
    assert_eq!(journal, [("receivable", "120.00"), ("revenue", "-100.00"), ("output_tax", "-20.00")]);
    assert!(accountant.get("/v1/invoicing/invoices").await.json()["items"].as_array().unwrap().is_empty());
    assert!(balances(&app).await.is_empty());
}

#[tokio::test]
async fn what_a_document_leaves_out_is_the_partys() {
    let (app, accountant) = app().await;
    let admin = app.user("demo", "admin");
    tax_code(&admin, &json!({"code": "ALL", "kind": "group", "members": [{"code": "S10"}, {"code": "S20"}]}))
        .await;
    let party = json!({"name": "Zoë", "terms": "NET30", "taxCode": "ALL", "currency": "JPY", "accountGroup": "foreign"});
    let id = record(&admin, "party", &party).await;
    let document = json!({"kind": "sale", "date": "2025-03-01", "party": {"id": id}, "lines": [{"quantity": "1", "unitPrice": "1000"}]});
    let posted = post(&accountant, &document).await.expect(200).json();
    assert_eq!(
        (posted["gross"].as_str(), posted["currency"].as_str(), posted["dueOn"].as_str()),
        (Some("1300"), Some("JPY"), Some("2025-03-31"))
    );
    assert_eq!(posted["party"]["name"], "Zoë");
    assert_eq!(balances(&app).await[0].0, "1210");
}

#[tokio::test]
async fn taxes_are_those_of_the_day_and_a_draft_is_priced_again_when_it_is_posted() {
    let (app, accountant) = app().await;
    let admin = app.user("demo", "admin");
    let old = json!({"code": "V", "kind": "percentage", "rate": "19", "validUntil": "2025-06-30"});
    tax_code(&admin, &old).await;
    let new = tax_code(
        &admin,
        &json!({"code": "V", "kind": "percentage", "rate": "16", "validFrom": "2025-07-01"}),
    )
    .await;
    let document = |date: &str| {
        with(
            &sale(date, "100"),
            &json!({"lines": [{"quantity": "1", "unitPrice": "100", "taxCodes": ["V"]}]}),
        )
    };
    let june = draft(&accountant, &document("2025-06-30")).await;
    let july = draft(&accountant, &document("2025-07-01")).await;
    assert_eq!(invoice(&accountant, &june).await["gross"], "119.00");
    assert_eq!(invoice(&accountant, &july).await["gross"], "116.00");
    admin
        .with("if-match", "*")
        .patch(&format!("/v1/records/invoicing.tax_code/{new}"), &json!({"rate": "10"}))
        .await
        .expect(200);
    accountant.post_empty(&format!("/v1/invoicing/invoices/{july}/post")).await.expect(200);
    assert_eq!(invoice(&accountant, &july).await["gross"], "110.00");
    assert_eq!(standing(&accountant, &july).await, stands("posted", "110.00"));
    // What is taken back is taxed as it was.
    accountant.post_empty(&format!("/v1/invoicing/invoices/{june}/post")).await.expect(200);
    let note = json!({"date": "2025-07-15"});
    let note = accountant.post(&format!("/v1/invoicing/invoices/{june}/credit"), &note).await.expect(201);
    assert_eq!(note.text("/gross"), "119.00");
    check_books(&app).await;
}

#[tokio::test]
async fn an_idempotency_key_gives_the_first_answer_again() {
    let (app, accountant) = app().await;
    let keyed = accountant.with("idempotency-key", "k-1");
    let first = keyed.post("/v1/invoicing/invoices", &sale("2025-03-01", "1")).await.expect(201);
    let again = keyed.post("/v1/invoicing/invoices", &sale("2025-03-01", "1")).await.expect(201);
    assert_eq!(first.json(), again.json());
    let keyed = accountant.with("idempotency-key", "k-2");
    let path = format!("/v1/invoicing/invoices/{}/post", first.text("/id"));
    let (one, two) = (keyed.post_empty(&path).await.expect(200), keyed.post_empty(&path).await.expect(200));
    assert_eq!(one.json(), two.json());
    assert_eq!(events(&app, "invoicing.post_invoice").await.len(), 1);
}
