//! Payments: what they settle, keep, write off and leave, and how they bounce.

use serde_json::{Value, json};

use crate::support::{
    ADA, BOB, app, balances, check_books, events, fields, invoice, pair, pay, payment, post, sale, standing,
    stands, with,
};

#[tokio::test]
async fn a_payment_settles_what_falls_due_first_and_the_rest_is_an_advance() {
    let (app, accountant) = app().await;
    let sold = post(&accountant, &with(&sale("2025-03-01", "100.00"), &json!({"terms": "HALVES"})))
        .await
        .expect(200)
        .text("/id");
    let other = post(&accountant, &sale("2025-03-01", "10.00")).await.expect(200).text("/id");
    let paid = pay(&accountant, &payment("2025-03-10", "100.00", &[(&sold, "70.00"), (&other, "12.00")]))
        .await
        .expect(200)
        .json();
    assert_eq!(
        (paid["number"].as_str(), paid["state"].as_str(), paid["unallocated"].as_str()),
        (Some("RCPT-2025-000001"), Some("posted"), Some("18.00"))
    );
    assert_eq!(paid["openItems"][0]["open"], "18.00");
    let opens: Vec<Value> = invoice(&accountant, &sold).await["openItems"]
        .as_array()
        .unwrap()
        .iter()
        .map(|item| item["open"].clone())
        .collect();
    assert_eq!(opens, ["0.00", "50.00"]);
    assert_eq!(standing(&accountant, &sold).await, stands("part_paid", "50.00"));
    assert_eq!(standing(&accountant, &other).await, stands("paid", "0.00"));
    check_books(&app).await;
    // The advance settles the rest later.
    let item = invoice(&accountant, &sold).await["openItems"][1]["id"].clone();
    let body = json!({"debit": item, "credit": paid["openItems"][0]["id"], "date": "2025-03-12"});
    accountant.post("/v1/invoicing/allocations", &body).await.expect(200);
    assert_eq!(standing(&accountant, &sold).await, stands("part_paid", "32.00"));
    let path = format!("/v1/invoicing/payments/{}", paid["id"].as_str().unwrap());
    assert_eq!(accountant.get(&path).await.text("/state"), "matched");
    check_books(&app).await;
    // And so the payment does not bounce any more.
    let refused = accountant
        .post(&format!("{path}/bounce"), &json!({"date": "2025-03-13", "reason": "no funds"}))
        .await;
    assert_eq!(refused.expect(409).code(), "books.item_settled");
    check_books(&app).await;
}

#[tokio::test]
async fn a_payment_at_another_rate_leaves_a_difference_in_the_ledger() {
    let (app, accountant) = app().await;
    let sold = post(&accountant, &with(&sale("2025-03-01", "100.00"), &json!({"currency": "USD"})))
        .await
        .expect(200)
        .text("/id");
    let in_dollars =
        |amount: &str| with(&payment("2025-04-10", amount, &[(&sold, amount)]), &json!({"currency": "USD"}));
    assert_eq!(
        fields(&pay(&accountant, &payment("2025-04-10", "120.00", &[(&sold, "120.00")])).await.expect(422)),
        [pair("/allocations/0/invoice", "does_not_fit")]
    );
    pay(&accountant, &in_dollars("50.00")).await.expect(200);
    pay(&accountant, &in_dollars("70.00")).await.expect(200);
    // 120 at 0.94 came in for what is carried at 120 at 0.93.
    let found = balances(&app).await;
    assert_eq!(
        found,
        [pair("1000", "112.80"), pair("2200", "-18.60"), pair("4000", "-93.00"), pair("7800", "-1.20")]
    );
    assert_eq!(standing(&accountant, &sold).await, stands("paid", "0.00"));
    check_books(&app).await;
}

#[tokio::test]
async fn a_discount_is_kept_in_time_and_once() {
    let (app, accountant) = app().await;
    let sold = post(&accountant, &with(&sale("2025-03-01", "100.00"), &json!({"terms": "NET30"})))
        .await
        .expect(200)
        .text("/id");
    let early = |date: &str, discount: &str| {
        with(
            &payment(date, "100.00", &[]),
            &json!({"allocations": [
        {"invoice": sold, "amount": "100.00", "discount": discount}]}),
        )
    };
    for (date, discount) in [("2025-03-12", "2.40"), ("2025-03-11", "2.41")] {
        let refused = pay(&accountant, &early(date, discount)).await.expect(422);
        assert_eq!(fields(&refused), [pair("/allocations/0/discount", "not_granted")], "{date}");
    }
    pay(&accountant, &early("2025-03-11", "2.40")).await.expect(200);
    assert_eq!(standing(&accountant, &sold).await, stands("part_paid", "17.60"));
    let again = with(
        &payment("2025-03-11", "17.59", &[]),
        &json!({"allocations": [{"invoice": sold, "amount": "17.59", "discount": "0.01"}]}),
    );
    assert_eq!(
        fields(&pay(&accountant, &again).await.expect(422)),
        [pair("/allocations/0/discount", "not_granted")]
    );
    assert!(balances(&app).await.contains(&pair("4800", "2.40")));
    let plain = post(&accountant, &sale("2025-03-01", "100.00")).await.expect(200).text("/id");
    let none = with(
        &early("2025-03-02", "1.00"),
        &json!({"allocations": [{"invoice": plain, "amount": "100.00", "discount": "1.00"}]}),
    );
    assert_eq!(
        fields(&pay(&accountant, &none).await.expect(422)),
        [pair("/allocations/0/discount", "not_granted")]
    );
    check_books(&app).await;
}

#[tokio::test]
async fn a_small_rest_is_written_off_within_the_limit() {
    let (app, accountant) = app().await;
    let sold = post(&accountant, &sale("2025-03-01", "100.00")).await.expect(200).text("/id");
    let less = |amount: &str, off: &str| {
        with(
            &payment("2025-03-10", amount, &[]),
            &json!({"allocations": [
        {"invoice": sold, "amount": amount, "writeOff": off}]}),
        )
    };
    assert_eq!(
        fields(&pay(&accountant, &less("114.99", "5.01")).await.expect(422)),
        [pair("/allocations/0/writeOff", "above_limit")]
    );
    pay(&accountant, &less("115.00", "5.00")).await.expect(200);
    assert_eq!(standing(&accountant, &sold).await, stands("paid", "0.00"));
    assert!(balances(&app).await.contains(&pair("6900", "5.00")));
    check_books(&app).await;
}

#[tokio::test]
async fn a_payment_that_bounces_opens_what_it_settled() {
    let (app, accountant) = app().await;
    let sold = post(&accountant, &with(&sale("2025-03-01", "100.00"), &json!({"currency": "USD"})))
        .await
        .expect(200)
        .text("/id");
    let before = balances(&app).await;
    let paid = with(&payment("2025-04-10", "130.00", &[(&sold, "120.00")]), &json!({"currency": "USD"}));
    let paid = pay(&accountant, &paid).await.expect(200).text("/id");
    assert_eq!(standing(&accountant, &sold).await, stands("paid", "0.00"));
    let path = format!("/v1/invoicing/payments/{paid}");
    let bounce = async |body: &Value| accountant.post(&format!("{path}/bounce"), body).await;
    assert_eq!(
        fields(&bounce(&json!({"date": "2025-04-09", "reason": "x"})).await.expect(422)),
        [pair("/date", "before_payment")]
    );
    let bounced = bounce(&json!({"date": "2025-04-14", "reason": "no funds"})).await.expect(200).json();
    assert_eq!((bounced["state"].as_str(), bounced["unallocated"].as_str()), (Some("bounced"), Some("0.00")));
    assert_eq!(standing(&accountant, &sold).await, stands("posted", "120.00"));
    assert_eq!(balances(&app).await, before);
    check_books(&app).await;
    assert_eq!(
        bounce(&json!({"date": "2025-04-14", "reason": "again"})).await.expect(409).code(),
        "invoicing.payment_not_posted"
    );
    let event = &events(&app, "invoicing.bounce_payment").await[0];
    assert_eq!(event.1["reason"], "no funds");
}

#[tokio::test]
async fn what_does_not_fit_is_refused_and_named() {
    let (app, accountant) = app().await;
    let sold = post(&accountant, &sale("2025-03-01", "100.00")).await.expect(200).text("/id");
    let bobs =
        post(&accountant, &with(&sale("2025-03-01", "1.00"), &json!({"party": {"id": BOB, "name": "Bob"}})))
            .await
            .expect(200)
            .text("/id");
    let draft =
        accountant.post("/v1/invoicing/invoices", &sale("2025-03-01", "1")).await.expect(201).text("/id");
    for (amount, parts, expected) in [
        ("130.00", vec![(sold.as_str(), "120.01")], pair("/allocations/0/amount", "above_open")),
        ("100.00", vec![(sold.as_str(), "120.00")], pair("/allocations", "above_amount")),
        ("10.00", vec![(bobs.as_str(), "1.00")], pair("/allocations/0/invoice", "does_not_fit")),
        ("10.00", vec![(draft.as_str(), "1.00")], pair("/allocations/0/invoice", "does_not_fit")),
    ] {
        let refused = pay(&accountant, &payment("2025-03-10", amount, &parts)).await.expect(422);
        assert_eq!((refused.code(), fields(&refused)), ("invoicing.allocations".into(), vec![expected]));
    }
    let send = async |payment: &Value| accountant.post("/v1/invoicing/payments", payment).await;
    for (amount, parts, expected) in [
        ("0", vec![], pair("/amount", "not_positive")),
        ("1.001", vec![], pair("/amount", "invalid")),
        ("1e2", vec![], pair("/amount", "invalid")),
        ("5", vec![(sold.as_str(), "1"), (sold.as_str(), "1")], pair("/allocations/1/invoice", "twice")),
        ("5", vec![(ADA, "1")], pair("/allocations/0/invoice", "unknown")),
    ] {
        assert_eq!(fields(&send(&payment("2025-03-10", amount, &parts)).await.expect(422)), [expected]);
    }
    assert_eq!(standing(&accountant, &sold).await, stands("posted", "120.00"));
    check_books(&app).await;
}

#[tokio::test]
async fn of_many_payments_of_one_invoice_none_settles_more_than_is_open() {
    let (app, accountant) = app().await;
    let sold = post(&accountant, &sale("2025-03-01", "100.00")).await.expect(200).text("/id");
    let mut drafts = Vec::new();
    for _ in 0..6 {
        let part = payment("2025-03-10", "50.00", &[(&sold, "50.00")]);
        drafts.push(accountant.post("/v1/invoicing/payments", &part).await.expect(201).text("/id"));
    }
    let mut all = tokio::task::JoinSet::new();
    for id in drafts {
        let accountant = app.user("demo", "accountant");
        all.spawn(
            async move { accountant.post_empty(&format!("/v1/invoicing/payments/{id}/post")).await.status },
        );
    }
    let mut statuses = all.join_all().await;
    statuses.sort_unstable();
    assert_eq!(statuses, [200, 200, 422, 422, 422, 422]);
    assert_eq!(standing(&accountant, &sold).await, stands("part_paid", "20.00"));
    check_books(&app).await;
}

#[tokio::test]
async fn a_draft_changes_and_goes_and_what_is_posted_does_not() {
    let (app, accountant) = app().await;
    let written =
        accountant.post("/v1/invoicing/payments", &payment("2025-03-10", "5.00", &[])).await.expect(201);
    let path = written.header("location");
    let change = with(&payment("2025-03-11", "7.00", &[]), &json!({"reference": "R-1"}));
    accountant.put(&path, &change).await.expect(428);
    let changed = accountant.with("if-match", "\"1\"").put(&path, &change).await.expect(200);
    assert_eq!((changed.text("/amount"), changed.text("/reference")), ("7.00".into(), "R-1".into()));
    accountant.with("if-match", "*").delete(&path).await.expect(200);
    accountant.get(&path).await.expect(404);
    let posted = pay(&accountant, &change).await.expect(200).text("/id");
    let any = accountant.with("if-match", "*");
    let path = format!("/v1/invoicing/payments/{posted}");
    assert_eq!(any.put(&path, &change).await.expect(409).code(), "invoicing.payment_not_draft");
    assert_eq!(any.delete(&path).await.expect(409).code(), "invoicing.payment_not_draft");
    assert_eq!(
        accountant.post_empty(&format!("{path}/post")).await.expect(409).code(),
        "invoicing.payment_not_draft"
    );
    let mut admin = app.db.superuser().await;
    let statement = format!("update invoicing.payment set amount = 1 where id = '{posted}'");
    sqlx::raw_sql(sqlx::AssertSqlSafe(statement)).execute(&mut admin).await.unwrap_err();
}

#[tokio::test]
async fn what_was_settled_in_the_ledger_itself_is_noticed() {
    let (app, accountant) = app().await;
    let sold = post(&accountant, &sale("2025-03-01", "100.00")).await.expect(200).text("/id");
    pay(&accountant, &payment("2025-03-02", "20.00", &[])).await.expect(200);
    // Somebody settles 20 of the invoice by the advance, in the ledger.
    let mut ledger = app.db.superuser().await;
    let settle =
        "update books.item set open = open - 20 * sign(amount), open_base = open_base - 20 * sign(amount)";
    sqlx::raw_sql(settle).execute(&mut ledger).await.unwrap();
    let all = payment("2025-03-10", "120.00", &[(&sold, "120.00")]);
    assert_eq!(
        fields(&pay(&accountant, &all).await.expect(422)),
        [pair("/allocations/0/amount", "above_open")]
    );
    pay(&accountant, &payment("2025-03-10", "100.00", &[(&sold, "100.00")])).await.expect(200);
    assert_eq!(standing(&accountant, &sold).await, stands("paid", "0.00"));
}
