//! Open items: what makes them, what settles them, and what a difference of exchange is.

use athyper_test_kit::{Answer, Client};
use serde_json::{Value, json};

use crate::support::{
    CUSTOMER, add_period, add_trading_accounts, app_with_accounts, balances, events, field, fields,
    open_items, post, posted_rows,
};
use crate::verification::verify;

const PATH: &str = "/v1/finance/allocations";

/// An invoice of 1,000 EUR when a euro is worth so much.
fn invoice(rate: &str) -> Value {
    json!({"date": "2025-01-10", "book": "sales", "reference": "SI-1", "rates": {"EUR": rate}, "lines": [
        {"account": "Receivables", "debit": "1000.00", "currency": "EUR", "party": CUSTOMER, "dueOn": "2025-02-09"},
        {"account": "Sales", "credit": "1000.00", "currency": "EUR"},
    ]})
}

/// Money from the customer, which settles an item.
fn payment(amount: &str, rate: &str, item: &str) -> Value {
    json!({"date": "2025-01-20", "book": "bank", "rates": {"EUR": rate}, "lines": [
        {"account": "Bank", "debit": amount, "currency": "EUR"},
        {"account": "Receivables", "credit": amount, "currency": "EUR", "settles": item},
    ]})
}

#[tokio::test]
async fn settling_in_parts_at_other_rates_leaves_nothing_but_the_difference() {
    let (_app, accountant) = app_with_accounts().await;
    add_trading_accounts(&accountant).await;
    post(&accountant, &invoice("1.0501")).await.expect(200);
    let item = open_items(&accountant, "open != 0.0").await[0].clone();
    assert_eq!(
        (&item["reference"], &item["dueOn"], &item["openBase"]),
        (&json!("SI-1"), &json!("2025-02-09"), &json!("1050.1"))
    );
    let id = item["id"].as_str().unwrap();
    let first = post(&accountant, &payment("333.33", "1.06", id)).await.expect(200).json();
    // 333.33 at the item's own rate, and what is missing as a gain.
    assert_eq!(first["lines"][1]["baseCredit"], "350.03");
    assert_eq!(
        first["lines"][2],
        json!({"lineNo": 3, "account": "Realised", "credit": "0.00", "currency": "EUR",
        "baseCredit": "3.30", "rate": "1", "automatic": true})
    );
    let second = post(&accountant, &payment("666.67", "1.04", id)).await.expect(200).json();
    assert_eq!(
        (&second["lines"][1]["baseCredit"], &second["lines"][2]["baseDebit"]),
        (&json!("700.07"), &json!("6.73"))
    );
    let item = &open_items(&accountant, "open == 0.0").await[0];
    assert_eq!((&item["open"], &item["openBase"]), (&json!("0"), &json!("0")));
    let expected = [field("Bank", "1046.67"), field("Realised", "3.43"), field("Sales", "-1050.10")];
    assert_eq!(balances(&accountant, "2025-01-31").await, expected);
    let more = post(&accountant, &payment("0.01", "1.04", id)).await.expect(422);
    assert_eq!(fields(&more), [field("/lines/1/settles", "more_than_open")]);
}

#[tokio::test]
async fn a_reversal_opens_what_was_settled_and_settles_what_was_opened() {
    let (_app, accountant) = app_with_accounts().await;
    add_trading_accounts(&accountant).await;
    let sale = post(&accountant, &invoice("1.05")).await.expect(200).text("/id");
    let id = open_items(&accountant, "open != 0.0").await[0]["id"].as_str().unwrap().to_owned();
    let paid = post(&accountant, &payment("400.00", "1.07", &id)).await.expect(200).text("/id");
    let reverse = |id: &str| format!("/v1/finance/journals/{id}/reverse");
    let settled = accountant.post(&reverse(&sale), &json!({})).await.expect(409);
    assert_eq!(settled.code(), "finance.item_settled");
    accountant.post(&reverse(&paid), &json!({})).await.expect(201);
    let item = &open_items(&accountant, "open != 0.0").await[0];
    assert_eq!((&item["open"], &item["openBase"]), (&json!("1000"), &json!("1050")));
    accountant.post(&reverse(&sale), &json!({})).await.expect(201);
    assert!(open_items(&accountant, "open != 0.0").await.is_empty());
    assert_eq!(balances(&accountant, "2025-12-31").await, []);
}

#[tokio::test]
async fn an_advance_settles_an_invoice_at_what_each_is_carried_at() {
    let (app, accountant) = app_with_accounts().await;
    add_trading_accounts(&accountant).await;
    let advance = json!({"date": "2025-01-05", "book": "bank", "rates": {"EUR": "1.02"}, "lines": [
        {"account": "Bank", "debit": "600.00", "currency": "EUR"},
        {"account": "Receivables", "credit": "600.00", "currency": "EUR", "party": CUSTOMER},
    ]});
    post(&accountant, &advance).await.expect(200);
    post(&accountant, &invoice("1.05")).await.expect(200);
    let items = open_items(&accountant, "open != 0.0").await;
    let (credit, debit) = (&items[0]["id"], &items[1]["id"]);
    let body = |amount: Option<&str>, debit: &Value, credit: &Value| json!({"debit": debit, "credit": credit, "amount": amount, "date": "2025-01-15"});
    let swapped = accountant.post(PATH, &body(None, credit, debit)).await.expect(422);
    assert_eq!(swapped.code(), "finance.items_differ");
    let much = accountant.post(PATH, &body(Some("600.01"), debit, credit)).await.expect(422);
    assert_eq!(fields(&much), [field("/amount", "more_than_open")]);
    let made = accountant.post(PATH, &body(None, debit, credit)).await.expect(201);
    // 600 EUR were carried at 612 and at 630: the invoice is worth more, and that is lost.
    assert_eq!(
        (made.text("/debitOpen"), made.text("/creditOpen"), made.text("/difference")),
        ("400.00".into(), "0.00".into(), "18.00".into())
    );
    let open = &open_items(&accountant, "open != 0.0").await[0];
    assert_eq!((&open["open"], &open["openBase"]), (&json!("400"), &json!("420")));
    let expected = [
        field("Bank", "612.00"),
        field("Realised", "18.00"),
        field("Receivables", "420.00"),
        field("Sales", "-1050.00"),
    ];
    assert_eq!(balances(&accountant, "2025-01-31").await, expected);
    assert_eq!(events(&app, "finance.allocate_items").await.len(), 1);
    // The difference is the allocation's: nobody takes it back by itself.
    let journal = accountant
        .get("/v1/finance/journals?filter=book%20%3D%3D%20%22exchange%22")
        .await
        .text("/items/0/id");
    let refused =
        accountant.post(&format!("/v1/finance/journals/{journal}/reverse"), &json!({})).await.expect(409);
    assert_eq!(refused.code(), "finance.journal_of_document");
}

/// An advance of 600 EUR and an invoice of 1,000 EUR at other rates, which settle each other: the allocation.
async fn settled(accountant: &Client) -> Answer {
    let advance = json!({"date": "2025-01-05", "book": "bank", "rates": {"EUR": "1.02"}, "lines": [
        {"account": "Bank", "debit": "600.00", "currency": "EUR"},
        {"account": "Receivables", "credit": "600.00", "currency": "EUR", "party": CUSTOMER},
    ]});
    post(accountant, &advance).await.expect(200);
    post(accountant, &invoice("1.05")).await.expect(200);
    let items = open_items(accountant, "open != 0.0").await;
    let body = json!({"debit": items[1]["id"], "credit": items[0]["id"], "date": "2025-01-15"});
    accountant.post(PATH, &body).await.expect(201)
}

#[tokio::test]
async fn an_undone_allocation_opens_both_items_and_takes_its_difference_back_once() {
    let (app, accountant) = app_with_accounts().await;
    add_trading_accounts(&accountant).await;
    let january = add_period(&accountant, "January", "2025-01-01", "2025-01-31").await;
    let made = settled(&accountant).await;
    let id = made.text("/id");
    let undo = format!("{PATH}/{id}/undo");
    let reason = json!({"reason": "Another invoice was meant"});
    let early = json!({"date": "2025-01-14", "reason": "Too early"});
    let refused = accountant.post(&undo, &early).await.expect(422);
    assert_eq!(fields(&refused), [field("/date", "before_allocation")]);
    app.user("demo", "viewer").post(&undo, &reason).await.expect(403);
    app.user("globex", "accountant").post(&undo, &reason).await.expect(404);
    accountant.with("if-match", "\"7\"").post(&undo, &reason).await.expect(412);

    // Its month is closed, so it is undone on the first day of the next; what the month says stays.
    let controller = app.user("demo", "admin");
    controller.post_empty(&format!("/v1/finance/periods/{january}/close")).await.expect(200);
    let (posted, in_january) = (posted_rows(&app).await, balances(&accountant, "2025-01-31").await);
    let closed = json!({"date": "2025-01-31", "reason": "Into a closed month"});
    assert_eq!(accountant.post(&undo, &closed).await.expect(409).code(), "finance.period_closed");
    let undone = accountant.with("if-match", "\"1\"").post(&undo, &reason).await.expect(200);
    assert_eq!(
        (undone.text("/debitOpen"), undone.text("/creditOpen"), undone.text("/difference")),
        ("1000.00".into(), "600.00".into(), "-18.00".into())
    );
    let open = open_items(&accountant, "open != 0.0").await;
    let carried: Vec<_> = open.iter().map(|item| (&item["open"], &item["openBase"])).collect();
    assert_eq!(carried, [(&json!("-600"), &json!("-612")), (&json!("1000"), &json!("1050"))]);
    assert_eq!(balances(&accountant, "2025-01-31").await, in_january);
    let expected = [field("Bank", "612.00"), field("Receivables", "438.00"), field("Sales", "-1050.00")];
    assert_eq!(balances(&accountant, "2025-02-01").await, expected);
    // Of the difference and of its reversal nothing is left, and nothing posted has changed.
    let after = posted_rows(&app).await;
    assert!(posted.iter().all(|row| after.contains(row)), "a posted row has changed");
    assert_eq!(after.len(), posted.len() + 3, "one journal of two lines was added");
    let listed =
        accountant.get(&format!("{PATH}?filter=undoneOn%20%3D%3D%20%222025-02-01%22")).await.expect(200);
    assert_eq!(
        (listed.text("/items/0/id"), listed.text("/items/0/undoReason")),
        (id, "Another invoice was meant".into())
    );
    verify(&app).await;
    assert_eq!(events(&app, "finance.ledger_mismatch").await, []);

    // What took the difference back is the allocation's as well.
    let journal = listed.text("/items/0/undoJournal");
    let reverse = format!("/v1/finance/journals/{journal}/reverse");
    assert_eq!(accountant.post(&reverse, &json!({})).await.expect(409).code(), "finance.journal_of_document");

    let again = accountant.post(&undo, &reason).await.expect(409);
    assert_eq!(again.code(), "finance.allocation_undone");
    assert_eq!(events(&app, "finance.undo_allocation").await.len(), 1);
    let mut admin = app.db.superuser().await;
    let change =
        sqlx::raw_sql("update finance.allocation set undone_on = undone_on + 1").execute(&mut admin).await;
    assert!(change.unwrap_err().to_string().contains("an allocation never changes"));
    // What is open again can be settled anew, and reversed.
    let items = open_items(&accountant, "open != 0.0").await;
    let body =
        json!({"debit": items[1]["id"], "credit": items[0]["id"], "amount": "1.00", "date": "2025-02-02"});
    accountant.post(PATH, &body).await.expect(201);
}

#[tokio::test]
async fn many_who_undo_an_allocation_at_once_undo_it_once() {
    let (app, accountant) = app_with_accounts().await;
    add_trading_accounts(&accountant).await;
    let undo = format!("{PATH}/{}/undo", settled(&accountant).await.text("/id"));
    let mut all = tokio::task::JoinSet::new();
    for _ in 0..8 {
        let (client, undo) = (app.user("demo", "accountant"), undo.clone());
        all.spawn(async move { client.post(&undo, &json!({"reason": "At once"})).await.status });
    }
    let mut statuses = all.join_all().await;
    statuses.sort_unstable();
    assert_eq!(statuses, [200, 409, 409, 409, 409, 409, 409, 409]);
    assert_eq!(open_items(&accountant, "open != 0.0").await[1]["open"], "1000");
    verify(&app).await;
    assert_eq!(events(&app, "finance.ledger_mismatch").await, []);
}

#[tokio::test]
async fn many_who_settle_at_once_settle_no_more_than_there_is() {
    let (app, accountant) = app_with_accounts().await;
    add_trading_accounts(&accountant).await;
    post(&accountant, &invoice("1.05")).await.expect(200);
    let item = open_items(&accountant, "open != 0.0").await[0]["id"].as_str().unwrap().to_owned();
    let mut all = tokio::task::JoinSet::new();
    for _ in 0..8 {
        let (client, journal) = (app.user("demo", "accountant"), payment("300.00", "1.05", &item));
        all.spawn(async move { post(&client, &journal).await.status });
    }
    let mut statuses = all.join_all().await;
    statuses.sort_unstable();
    assert_eq!(statuses, [200, 200, 200, 422, 422, 422, 422, 422]);
    assert_eq!(open_items(&accountant, "open != 0.0").await[0]["open"], "100");
}

#[tokio::test]
async fn lines_of_a_control_account_name_the_party() {
    let (_app, accountant) = app_with_accounts().await;
    add_trading_accounts(&accountant).await;
    let nobody = json!({"date": "2025-01-10", "lines": [
        {"account": "Receivables", "debit": "1.00"}, {"account": "Sales", "credit": "1.00"},
    ]});
    assert_eq!(fields(&post(&accountant, &nobody).await.expect(422)), [field("/lines/0/party", "required")]);
}
