//! Payment runs: drawn up by one, approved by another, and given to the bank as a file.

use serde_json::{Value, json};
use uuid::Uuid;

use crate::support::{SOON, add_account, app, book, events, field, fields, import, line_of, mt940};

const RUNS: &str = "/v1/banking/payment-runs";
const PAYEE: &str = "FR1420041010050500013M02606";

#[tokio::test]
async fn a_second_person_approves_and_the_bank_gets_a_file() {
    let (app, ledger, maker) = app().await;
    let checker = app.user("demo", "checker+accountant");
    let account = add_account(&maker).await;
    let (first, second) = (
        ledger.open(Uuid::from_u128(7), "ER-1", "-100.00", "2024-05-10"),
        ledger.open(Uuid::from_u128(8), "ER-2", "-50.00", "2024-05-10"),
    );
    let body = json!({"account": account, "executionOn": SOON, "payments": [
        {"name": "Bäckerei Öz", "iban": PAYEE, "item": first, "creditorReference": "RF18 5390 0754 7034"},
        {"name": "Stadtwerke", "iban": PAYEE, "bic": "AGRIFRPP", "item": second, "amount": "49.50", "remittance": "ER-2 abz. Skonto"}]});
    let run = maker.post(RUNS, &body).await.expect(201);
    assert_eq!(
        (run.text("/total"), run.text("/payments/0/amount")),
        ("149.50".to_owned(), "100.00".to_owned())
    );
    let path = run.header("location");
    let number = run.text("/number");
    maker.get(&format!("{path}/file")).await.expect(409);
    maker.post_empty(&format!("{path}/export")).await.expect(409);
    // What is under way cannot be paid a second time.
    let again = json!({"account": account, "executionOn": SOON, "payments": [{"name": "x", "iban": PAYEE, "item": first}]});
    assert_eq!(fields(&maker.post(RUNS, &again).await.expect(422))[0], field("/payments/0/item", "not_open"));
    let approve = format!("{path}/approve");
    let own = maker.with("if-match", "\"1\"").post_empty(&approve).await.expect(403);
    assert_eq!(own.code(), "banking.own_payment_run");
    checker.post_empty(&approve).await.expect(428);
    checker.with("if-match", "\"2\"").post_empty(&approve).await.expect(412);
    let approved = checker.with("if-match", "\"1\"").post_empty(&approve).await.expect(200);
    assert_eq!(approved.text("/state"), "approved");
    checker.with("if-match", "\"2\"").post_empty(&approve).await.expect(409);
    maker.post_empty(&format!("{path}/export")).await.expect(200);
    let file = maker.get(&format!("{path}/file")).await.expect(200);
    assert_eq!(
        (file.header("content-type"), file.header("cache-control")),
        ("application/xml".to_owned(), "private, no-store".to_owned())
    );
    assert_eq!(file.header("content-disposition"), format!("attachment; filename=\"{number}.xml\""));
    let text = String::from_utf8(file.body.to_vec()).unwrap();
    for part in [
        "pain.001.001.09",
        "<CtrlSum>149.50</CtrlSum>",
        "<NbOfTxs>2</NbOfTxs>",
        "<Nm>Baeckerei Oez</Nm>",
        "<Ref>RF18539007547034</Ref>",
        "<IBAN>DE89370400440532013000</IBAN>",
        "<BICFI>AGRIFRPP</BICFI>",
        &format!("<EndToEndId>{number}-2</EndToEndId>"),
        &format!("<MsgId>{number}</MsgId>"),
    ] {
        assert!(text.contains(part), "{part}: {text}");
    }
    assert_eq!(maker.get(&format!("{path}/file")).await.body, file.body, "each download is the same");
    maker.post_empty(&format!("{path}/cancel")).await.expect(409);
    for (kind, count) in [("approve_payment_run", 1), ("export_payment_run", 1), ("download_payment_file", 2)]
    {
        assert_eq!(events(&app, &format!("banking.{kind}")).await, count, "{kind}");
    }

    // The bank books both as one: the run is known by its sum, and done when the line is posted.
    import(&app, &maker, &account, &mt940(100_000, &[(2, -14_950, "Sammler")])).await;
    maker.post_empty(&format!("/v1/banking/accounts/{account}/suggest-matches")).await.expect(200);
    let line = line_of(&maker, "-149.5000").await;
    let found = maker.get(&format!("/v1/banking/lines/{line}")).await.json();
    assert_eq!(found["suggestions"][0]["reasons"][0]["code"], "payment_order");
    book(&maker, &line, &json!({"suggestion": 0})).await.expect(200);
    let done = maker.get(&path).await.json();
    assert_eq!((&done["state"], &done["payments"][1]["settledBy"]), (&json!("executed"), &json!(line)));
    assert_eq!((ledger.left(first), ledger.left(second)), ("0.00".to_owned(), "-0.50".to_owned()));
    maker.post_empty(&format!("/v1/banking/lines/{line}/unmatch")).await.expect(200);
    let open = maker.get(&path).await.json();
    assert_eq!((&open["state"], &open["payments"][1]["settledBy"]), (&json!("exported"), &Value::Null));
}

#[tokio::test]
async fn what_cannot_be_paid_is_named() {
    let (app, ledger, maker) = app().await;
    let account = add_account(&maker).await;
    let owed = ledger.open(Uuid::from_u128(7), "ER-1", "-100.00", "2024-05-10");
    let owing = ledger.open(Uuid::from_u128(7), "RE-1", "100.00", "2024-05-10");
    let body = json!({"account": account, "executionOn": SOON, "payments": [
        {"name": "a", "iban": "FR1520041010050500013M02606", "amount": "1.00"},
        {"name": "b", "iban": PAYEE, "bic": "X", "amount": "1.00"},
        {"name": "c", "iban": PAYEE, "amount": "1.001"},
        {"name": "d", "iban": PAYEE},
        {"name": "e", "iban": PAYEE, "amount": "-1.00"},
        {"name": "f", "iban": PAYEE, "item": owing},
        {"name": "g", "iban": PAYEE, "item": owed, "amount": "60.00"},
        {"name": "h", "iban": PAYEE, "item": owed, "amount": "60.00"},
        {"name": "i", "iban": PAYEE, "item": Uuid::nil(), "amount": "1.00"},
        {"name": "j", "iban": PAYEE, "amount": "1.00", "creditorReference": "RF19539007547034"},
        {"name": "k", "iban": PAYEE, "amount": "1.00", "creditorReference": "RF18539007547034", "remittance": "x"},
        {"name": "…", "iban": PAYEE, "amount": "1.00"}]});
    let refused = maker.post(RUNS, &body).await.expect(422);
    let places: Vec<String> =
        fields(&refused).into_iter().map(|(pointer, _)| pointer.replace("/payments/", "")).collect();
    assert_eq!(
        places,
        [
            "0/iban",
            "1/bic",
            "2/amount",
            "3/amount",
            "4/amount",
            "5/item",
            "7/item",
            "8/item",
            "9/creditorReference",
            "10/remittance",
            "11/name"
        ]
    );
    for (change, pointer) in [
        (json!({"payments": []}), "/payments"),
        (json!({"executionOn": "2020-01-01"}), "/executionOn"),
        (json!({"executionOn": "tomorrow"}), "/executionOn"),
    ] {
        let mut body = json!({"account": account, "executionOn": SOON, "payments": [{"name": "x", "iban": PAYEE, "amount": "1.00"}]});
        body.as_object_mut().unwrap().extend(change.as_object().unwrap().clone());
        assert_eq!(fields(&maker.post(RUNS, &body).await.expect(422))[0].0, pointer);
    }
    assert_eq!(events(&app, "banking.create_payment_run").await, 0);
}

#[tokio::test]
async fn a_cancelled_run_frees_what_it_would_have_paid() {
    let (_app, ledger, maker) = app().await;
    let account = add_account(&maker).await;
    let item = ledger.open(Uuid::from_u128(7), "ER-1", "-100.00", "2024-05-10");
    let body = json!({"account": account, "executionOn": SOON, "payments": [{"name": "x", "iban": PAYEE, "item": item}]});
    let path = maker.post(RUNS, &body).await.expect(201).header("location");
    maker.post(RUNS, &body).await.expect(422);
    maker.post_empty(&format!("{path}/cancel")).await.expect(200);
    maker.post_empty(&format!("{path}/cancel")).await.expect(409);
    maker.post(RUNS, &body).await.expect(201);
    let page = maker.get(RUNS).await.expect(200).json();
    assert_eq!(page["items"].as_array().unwrap().len(), 2);
    assert_eq!(page["items"][0].get("payments"), None);
}
