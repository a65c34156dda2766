//! Notes: what they take back, and never more than is left.

use serde_json::{Value, json};

use crate::support::{
    ADA, BOB, app, balances, check_books, events, fields, invoice, pair, pay, payment, post, sale, standing,
    stands, with,
};

async fn credit(client: &athyper_test_kit::Client, invoice: &str, body: &Value) -> athyper_test_kit::Answer {
    client.post(&format!("/v1/invoicing/invoices/{invoice}/credit"), body).await
}

#[tokio::test]
async fn a_note_over_all_of_an_invoice_cancels_it() {
    let (app, accountant) = app().await;
    let sold = post(&accountant, &sale("2025-03-01", "100.00")).await.expect(200).text("/id");
    let body = json!({"date": "2025-03-05", "memo": "came back", "offsets": true});
    let note = credit(&accountant, &sold, &body).await.expect(201);
    assert_eq!(
        (note.text("/kind"), note.text("/gross"), note.text("/state")),
        ("credit_note".into(), "120.00".into(), "draft".into())
    );
    assert_eq!(standing(&accountant, &sold).await, stands("posted", "120.00"));
    let path = format!("/v1/invoicing/invoices/{}/post", note.text("/id"));
    assert_eq!(accountant.post_empty(&path).await.expect(200).text("/number"), "CN-2025-000001");
    assert_eq!(standing(&accountant, &sold).await, stands("cancelled", "0.00"));
    assert_eq!(standing(&accountant, &note.text("/id")).await, stands("paid", "0.00"));
    assert!(balances(&app).await.is_empty());
    check_books(&app).await;
    let again = credit(&accountant, &sold, &json!({"date": "2025-03-06"})).await.expect(201).text("/id");
    let refused = accountant.post_empty(&format!("/v1/invoicing/invoices/{again}/post")).await.expect(409);
    assert_eq!(
        (refused.code(), fields(&refused)),
        ("invoicing.above_rest".into(), vec![pair("/lines", "above_rest")])
    );
    check_books(&app).await;
}

#[tokio::test]
async fn a_note_that_does_not_offset_stays_open_until_it_is_allocated() {
    let (app, accountant) = app().await;
    let sold = post(&accountant, &sale("2025-03-01", "100.00")).await.expect(200).text("/id");
    let part = with(&sale("2025-03-05", "25.00"), &json!({"kind": "credit_note", "corrects": sold}));
    let note = post(&accountant, &part).await.expect(200).text("/id");
    assert_eq!(standing(&accountant, &sold).await, stands("posted", "120.00"));
    assert_eq!(standing(&accountant, &note).await, stands("posted", "30.00"));
    assert_eq!(invoice(&accountant, &sold).await["credited"], "30.00");
    let item = async |id: &str| invoice(&accountant, id).await["openItems"][0]["id"].clone();
    let (debit, credit) = (item(&sold).await, item(&note).await);
    let allocate = async |body: &Value| accountant.post("/v1/invoicing/allocations", body).await;
    for (body, status, code) in [
        (json!({"debit": debit, "credit": credit, "amount": "30.01"}), 409, "invoicing.above_open"),
        (json!({"debit": credit, "credit": debit}), 422, "invoicing.items_do_not_fit"),
        (json!({"debit": debit, "credit": ADA}), 422, "invoicing.item_not_found"),
        (json!({"debit": debit, "credit": credit, "date": "2025-03-04"}), 422, "invoicing.items_do_not_fit"),
        (json!({"debit": debit, "credit": credit, "amount": "0"}), 422, "invoicing.invalid"),
    ] {
        assert_eq!(allocate(&body).await.expect(status).code(), code, "{body}");
    }
    let half = json!({"debit": debit, "credit": credit, "amount": "10.00", "date": "2025-03-06"});
    let done = allocate(&half).await.expect(200).json();
    assert_eq!((done["debitOpen"].as_str(), done["creditOpen"].as_str()), (Some("110.00"), Some("20.00")));
    assert_eq!(standing(&accountant, &note).await, stands("part_paid", "20.00"));
    allocate(&json!({"debit": debit, "credit": credit, "date": "2025-03-06"})).await.expect(200);
    assert_eq!(standing(&accountant, &note).await, stands("paid", "0.00"));
    assert_eq!(standing(&accountant, &sold).await, stands("part_paid", "90.00"));
    check_books(&app).await;
}

#[tokio::test]
async fn an_undone_allocation_opens_both_documents_again_and_takes_its_difference_back_once() {
    let (app, accountant) = app().await;
    // A dollar is worth more each month, so that there is a difference.
    let abroad = |date: &str, price: &str| with(&sale(date, price), &json!({"currency": "USD"}));
    let sold = post(&accountant, &abroad("2025-03-01", "100.00")).await.expect(200).text("/id");
    let money = with(&payment("2025-05-05", "50.00", &[]), &json!({"currency": "USD"}));
    let advance = pay(&accountant, &money).await.expect(200).json();
    let before = balances(&app).await;
    let debit = invoice(&accountant, &sold).await["openItems"][0]["id"].clone();
    let body = json!({"debit": debit, "credit": advance["openItems"][0]["id"], "date": "2025-05-06"});
    let id = accountant.post("/v1/invoicing/allocations", &body).await.expect(200).text("/id");
    let path = format!("/v1/invoicing/payments/{}", advance["id"].as_str().unwrap());
    let paid = async || {
        let payment = accountant.get(&path).await.expect(200);
        (payment.text("/state"), payment.text("/unallocated"))
    };
    assert_eq!(standing(&accountant, &sold).await, stands("part_paid", "70.00"));
    assert_eq!(paid().await, pair("matched", "0.00"));
    assert_ne!(balances(&app).await, before, "there is a difference of exchange");

    let undo = format!("/v1/invoicing/allocations/{id}/undo");
    let early = json!({"date": "2025-05-05", "reason": "Too early"});
    assert_eq!(
        fields(&accountant.post(&undo, &early).await.expect(422)),
        [pair("/date", "before_allocation")]
    );
    let body = json!({"date": "2025-05-07", "reason": "Another invoice was meant"});
    app.user("demo", "viewer").post(&undo, &body).await.expect(403);
    app.user("globex", "accountant").post(&undo, &body).await.expect(404);
    let undone = accountant.post(&undo, &body).await.expect(200).json();
    let mut open: Vec<_> =
        undone["reopened"].as_array().unwrap().iter().map(|item| item["open"].as_str().unwrap()).collect();
    open.sort_unstable();
    assert_eq!((undone["date"].as_str(), open), (Some("2025-05-07"), vec!["-50.00", "120.00"]));
    assert_eq!(standing(&accountant, &sold).await, stands("posted", "120.00"));
    assert_eq!(paid().await, pair("posted", "50.00"));
    assert_eq!(balances(&app).await, before);
    check_books(&app).await;
    let written = events(&app, "invoicing.undo_allocation").await;
    assert_eq!((written.len(), &written[0].1["reason"]), (1, &json!("Another invoice was meant")));
    // Once is enough, and nothing else was made.
    accountant.post(&undo, &body).await.expect(409);
    assert_eq!(standing(&accountant, &sold).await, stands("posted", "120.00"));
    // What is open again may bounce.
    accountant
        .post(&format!("{path}/bounce"), &json!({"date": "2025-05-08", "reason": "x"}))
        .await
        .expect(200);
    check_books(&app).await;
}

#[tokio::test]
async fn a_note_corrects_only_what_fits() {
    let (_app, accountant) = app().await;
    let sold = post(&accountant, &sale("2025-03-01", "100.00")).await.expect(200).text("/id");
    let note = |members: Value| {
        with(&with(&sale("2025-03-05", "10.00"), &json!({"kind": "credit_note", "corrects": sold})), &members)
    };
    let send = async |document: &Value| accountant.post("/v1/invoicing/invoices", document).await;
    for members in [
        json!({"party": {"id": BOB, "name": "Bob"}}),
        json!({"currency": "USD"}),
        json!({"entity": "BRANCH"}),
        json!({"date": "2025-02-28"}),
        json!({"kind": "debit_note"}),
        json!({"corrects": ADA}),
    ] {
        assert_eq!(
            send(&note(members.clone())).await.expect(422).code(),
            "invoicing.wrong_corrected",
            "{members}"
        );
    }
    let of_note = post(&accountant, &note(json!({}))).await.expect(200).text("/id");
    assert_eq!(
        credit(&accountant, &of_note, &json!({})).await.expect(409).code(),
        "invoicing.not_correctable"
    );
    let draft = send(&sale("2025-03-01", "1")).await.expect(201).text("/id");
    assert_eq!(
        credit(&accountant, &draft, &json!({})).await.expect(409).code(),
        "invoicing.invoice_not_posted"
    );
}

#[tokio::test]
async fn of_many_notes_at_once_only_those_that_fit_are_posted() {
    let (app, accountant) = app().await;
    let sold = post(&accountant, &sale("2025-03-01", "100.00")).await.expect(200).text("/id");
    let mut drafts = Vec::new();
    for _ in 0..6 {
        let note = with(
            &sale("2025-03-05", "30.00"),
            &json!({"kind": "credit_note", "corrects": sold, "offsets": true}),
        );
        drafts.push(accountant.post("/v1/invoicing/invoices", &note).await.expect(201).text("/id"));
    }
    let mut all = tokio::task::JoinSet::new();
    for id in drafts {
        let accountant = app.user("demo", "accountant");
        all.spawn(
            async move { accountant.post_empty(&format!("/v1/invoicing/invoices/{id}/post")).await.status },
        );
    }
    let mut statuses = all.join_all().await;
    statuses.sort_unstable();
    assert_eq!(statuses, [200, 200, 200, 409, 409, 409]);
    assert_eq!(standing(&accountant, &sold).await, stands("part_paid", "12.00"));
    check_books(&app).await;
}

#[tokio::test]
async fn a_debit_note_takes_a_purchase_back_at_its_rate() {
    let (app, accountant) = app().await;
    let document = json!({"kind": "purchase", "date": "2025-03-01", "currency": "USD",
        "party": {"id": BOB, "name": "Bob"}, "lines": [{"quantity": "7", "unitPrice": "3.33", "taxCodes": ["P20"]}]});
    let bought = post(&accountant, &document).await.expect(200).text("/id");
    let body = json!({"date": "2025-04-02", "offsets": true});
    let note = credit(&accountant, &bought, &body).await.expect(201);
    assert_eq!((note.text("/kind"), note.text("/rate")), ("debit_note".into(), "0.93".into()));
    accountant.post_empty(&format!("/v1/invoicing/invoices/{}/post", note.text("/id"))).await.expect(200);
    assert_eq!(standing(&accountant, &bought).await, stands("cancelled", "0.00"));
    assert!(balances(&app).await.is_empty());
    check_books(&app).await;
}

#[tokio::test]
async fn what_is_paid_and_then_credited_is_refunded() {
    let (app, accountant) = app().await;
    let sold = post(&accountant, &sale("2025-03-01", "100.00")).await.expect(200).text("/id");
    pay(&accountant, &payment("2025-03-02", "120.00", &[(&sold, "120.00")])).await.expect(200);
    let note = credit(&accountant, &sold, &json!({"date": "2025-03-03", "offsets": true}))
        .await
        .expect(201)
        .text("/id");
    accountant.post_empty(&format!("/v1/invoicing/invoices/{note}/post")).await.expect(200);
    assert_eq!(standing(&accountant, &note).await, stands("posted", "120.00"));
    let wrong = payment("2025-03-04", "120.00", &[(&note, "120.00")]);
    assert_eq!(
        fields(&pay(&accountant, &wrong).await.expect(422)),
        [pair("/allocations/0/invoice", "does_not_fit")]
    );
    let refund = with(&wrong, &json!({"direction": "out", "side": "receivable"}));
    assert_eq!(pay(&accountant, &refund).await.expect(200).text("/state"), "matched");
    assert_eq!(standing(&accountant, &note).await, stands("paid", "0.00"));
    assert!(balances(&app).await.is_empty());
    check_books(&app).await;
}
