//! Entries in the books of two legal entities: both or neither, each at its own rate.

use serde_json::{Value, json};

use super::{ENTRIES, RELATIONS, fields, id, pair, relation, sale, stage};
use crate::support::{add_account, post};

#[tokio::test]
async fn both_books_have_the_entry_at_their_own_rates() {
    let stage = stage().await;
    let asked = sale("1000.00", "USD");
    let made = stage.accountant.post(ENTRIES, &asked).await.expect(201);
    assert_eq!((made.text("/amount"), made.text("/state")), ("1000.00".to_owned(), "posted".to_owned()));
    // 1,000 dollars are 900 euros for one, and what they are for the other.
    let main = [pair("From over", "900.00"), pair("Sales to over", "-900.00")];
    let over = [pair("Bought from main", "1000.00"), pair("To main", "-1000.00")];
    assert_eq!((stage.balances("main").await, stage.balances("over").await), (main.to_vec(), over.to_vec()));
    assert_eq!(
        (made.text("/from/lines/1/base"), made.text("/to/lines/1/base")),
        ("900.00".into(), "-1000.00".into())
    );
    assert_eq!(stage.agreement().await, [["USD", "1000.00", "1000.00", "0.00"]]);

    // The same id with the same content is the same entry, with other content it is refused.
    let again = stage.accountant.post(ENTRIES, &asked).await.expect(201);
    assert_eq!(
        (again.text("/from/journal"), again.text("/id")),
        (made.text("/from/journal"), made.text("/id"))
    );
    let mut other = asked.clone();
    other["from"]["rate"] = json!("0.8");
    let refused = stage.accountant.post(ENTRIES, &other).await.expect(409);
    assert_eq!(
        (refused.code(), fields(&refused)),
        ("group.entry_differs".to_owned(), vec![pair("/id", "taken")])
    );
    assert_eq!(stage.journals().await, 2);
    let path = made.header("location");
    assert_eq!(stage.accountant.get(&path).await.expect(200).json(), made.json());

    // A journal of an entry is not reversed in the books of one alone.
    let journal = format!("/v1/finance/journals/{}/reverse", made.text("/from/journal"));
    stage.accountant.post(&journal, &json!({})).await.expect(409);
}

#[tokio::test]
async fn a_cost_is_handed_on_by_mirrored_lines_at_stated_rates() {
    let stage = stage().await;
    let mut asked = sale("1.00", "CHF");
    asked["from"] = json!({"entity": "main", "rate": "1.05", "lines": [
        {"account": "Rent", "credit": "70.00", "memo": "Part of over"}, {"account": "Rent", "credit": "30.00"}]});
    asked["to"] = json!({"entity": "over", "rate": "1.15"});
    let made = stage.accountant.post(ENTRIES, &asked).await.expect(201);
    assert_eq!(made.text("/to/lines/0/memo"), "Part of over");
    assert_eq!(stage.balances("main").await, [pair("From over", "105.00"), pair("Rent", "-105.00")]);
    assert_eq!(stage.balances("over").await, [pair("Rent", "115.00"), pair("To main", "-115.00")]);
    // Lines on the other side are owed by the first.
    asked["id"] = json!(id());
    asked["from"]["lines"] = json!([{"account": "Rent", "debit": "100.00"}]);
    let made = stage.accountant.post(ENTRIES, &asked).await.expect(201);
    assert_eq!(
        (made.text("/amount"), made.text("/from/lines/1/account")),
        ("-100.00".into(), "To over".into())
    );
    assert_eq!(made.text("/to/lines/1/account"), "From main");
    assert_eq!(stage.agreement().await, [["CHF", "0.00", "0.00", "0.00"]; 0]);
}

#[tokio::test]
async fn whatever_fails_leaves_nothing_in_either_books() {
    let stage = stage().await;
    let refused = |change: fn(&mut Value)| {
        let mut asked = sale("1000.00", "USD");
        change(&mut asked);
        let client = stage.accountant.clone();
        async move { client.post(ENTRIES, &asked).await.expect(422) }
    };
    let unknown = refused(|asked| asked["to"]["lines"][0]["account"] = json!("Nowhere")).await;
    assert_eq!(fields(&unknown), [pair("/to/lines/0/account", "unknown_account")]);
    let unknown = refused(|asked| asked["from"]["lines"][0]["account"] = json!("Nowhere")).await;
    assert_eq!(fields(&unknown), [pair("/from/lines/0/account", "unknown_account")]);
    let less = refused(|asked| asked["to"]["lines"][0]["debit"] = json!("999.99")).await;
    assert_eq!(fields(&less), [pair("/to/lines", "not_mirrored")]);
    let rateless = refused(|asked| asked["currency"] = json!("CHF")).await;
    assert_eq!(
        fields(&rateless),
        [pair("/from/lines/0/currency", "rate_missing"), pair("/from/lines/1/currency", "rate_missing")]
    );
    let early = refused(|asked| asked["date"] = json!("2024-12-31")).await;
    assert_eq!(
        (early.code(), fields(&early)),
        ("group.no_relation".into(), vec![pair("/to/entity", "no_relation")])
    );
    let even = refused(|asked| {
        asked["from"]["lines"] =
            json!([{"account": "Rent", "debit": "1.00"}, {"account": "Bank", "credit": "1.00"}]);
    })
    .await;
    assert_eq!(fields(&even), [pair("/from/lines", "nothing_due")]);
    let unanswered = refused(|asked| {
        asked["to"]["lines"] =
            json!([{"account": "Rent", "debit": "1.00"}, {"account": "Bank", "credit": "1.00"}]);
    })
    .await;
    assert_eq!(fields(&unanswered), [pair("/to/lines", "not_mirrored")]);
    let message = unanswered.text("/errors/0/message");
    assert!(message.starts_with("they leave 0.00 USD"), "{message}");
    let wrong = refused(|asked| {
        asked["to"]["lines"][0] = json!({"account": "Rent", "debit": "1.00", "credit": "1.00"});
    })
    .await;
    assert_eq!(fields(&wrong), [pair("/to/lines/0/debit", "one_side")]);

    // The period of the one that is posted second is closed.
    let close = stage.march("over").await;
    stage.admin.post_empty(&close).await.expect(200);
    stage.accountant.post(ENTRIES, &sale("1000.00", "USD")).await.expect(409);
    assert_eq!((stage.journals().await, stage.agreement().await.len()), (0, 0));
}

#[tokio::test]
async fn a_reversal_is_in_both_books_or_in_neither() {
    let stage = stage().await;
    let close = stage.march("main").await;
    let made = stage.accountant.post(ENTRIES, &sale("1000.00", "USD")).await.expect(201);
    let path = format!("{}/reverse", made.header("location"));
    stage.admin.post_empty(&close).await.expect(200);
    let asked = json!({"reason": "Charged twice"});
    stage.accountant.post(&path, &asked).await.expect(409);
    assert_eq!((stage.journals().await, stage.balances("over").await.len()), (2, 2));
    let before = json!({"reason": "Charged twice", "date": "2025-03-30"});
    assert_eq!(
        fields(&stage.accountant.post(&path, &before).await.expect(422)),
        [pair("/date", "before_entry")]
    );
    let later = json!({"reason": "Charged twice", "date": "2025-04-01"});
    let stale = stage.accountant.with("if-match", "\"7\"");
    stale.post(&path, &later).await.expect(412);
    let reversed = stage.accountant.post(&path, &later).await.expect(200);
    assert_eq!(
        (reversed.text("/state"), reversed.text("/reversedOn")),
        ("reversed".into(), "2025-04-01".into())
    );
    assert_eq!((stage.balances("main").await, stage.balances("over").await), (vec![], vec![]));
    assert_eq!(stage.agreement().await.len(), 0);
    assert_eq!(stage.accountant.post(&path, &later).await.expect(409).code(), "group.entry_reversed");
    assert_eq!(stage.journals().await, 4);
    // Not even the owner of the table changes what was posted.
    let mut admin = stage.app.db.superuser().await;
    let forged = sqlx::query("update group_books.entry set amount = 1").execute(&mut admin).await;
    assert!(forged.unwrap_err().to_string().contains("never changes"));
}

#[tokio::test]
async fn what_one_alone_posts_is_a_difference() {
    let stage = stage().await;
    stage.accountant.post(ENTRIES, &sale("1000.00", "USD")).await.expect(201);
    stage.accountant.post(ENTRIES, &sale("200.00", "EUR")).await.expect(201);
    let alone = json!({"entity": "over", "date": "2025-03-31", "lines": [
        {"account": "To main", "debit": "40.00", "currency": "USD"},
        {"account": "Bank", "credit": "40.00", "currency": "USD"}]});
    post(&stage.accountant, &alone).await;
    let expected = [["EUR", "200.00", "200.00", "0.00"], ["USD", "1000.00", "960.00", "40.00"]];
    assert_eq!(stage.agreement().await, expected);
    let report = stage.accountant.get("/v1/group/reports/agreement?asOf=2025-03-30").await.expect(200).json();
    assert_eq!((&report["agrees"], report["pairs"].as_array().unwrap().len()), (&json!(true), 0));
}

#[tokio::test]
async fn a_relation_has_accounts_of_its_own() {
    let stage = stage().await;
    add_account(&stage.accountant, "Debtors", "asset", "receivable").await;
    let third = json!({"code": "third", "name": "Third", "baseCurrency": "EUR"});
    stage.admin.post("/v1/finance/legal-entities", &third).await.expect(201);
    let twice = stage.accountant.post(RELATIONS, &relation()).await.expect(409);
    assert_eq!(fields(&twice), [pair("/a/entity", "taken")]);
    let mut other = relation();
    other["b"] = json!({"entity": "third", "dueFrom": "From over", "dueTo": "To over"});
    let shared = stage.accountant.post(RELATIONS, &other).await.expect(409);
    assert_eq!(
        (shared.code(), fields(&shared)),
        ("group.relation_taken".into(), vec![pair("/a/dueFrom", "taken")])
    );
    other["a"] = json!({"entity": "main", "dueFrom": "Debtors", "dueTo": "Sales", "income": "Nowhere"});
    let wrong = stage.accountant.post(RELATIONS, &other).await.expect(422);
    let expected = [
        pair("/a/dueFrom", "control_account"),
        pair("/a/dueTo", "account_type"),
        pair("/a/income", "unknown_account"),
    ];
    assert_eq!(fields(&wrong), expected);
    other["a"]["entity"] = json!("nobody");
    assert_eq!(
        fields(&stage.accountant.post(RELATIONS, &other).await.expect(422)),
        [pair("/a/entity", "unknown_entity")]
    );

    let id = stage.accountant.get(RELATIONS).await.expect(200).text("/items/0/id");
    let end = format!("{RELATIONS}/{id}/end");
    stage.accountant.post(&end, &json!({"lastDay": "2025-03-30"})).await.expect(200);
    assert_eq!(
        stage.accountant.post(&end, &json!({"lastDay": "2025-04-30"})).await.expect(409).code(),
        "group.relation_ended"
    );
    stage.accountant.post(ENTRIES, &sale("1.00", "USD")).await.expect(422);
    let mut next = relation();
    next["validFrom"] = json!("2025-03-31");
    stage.accountant.post(RELATIONS, &next).await.expect(201);
    stage.accountant.post(ENTRIES, &sale("1.00", "USD")).await.expect(201);
    // Both relations are of one pair, and their accounts are counted once.
    assert_eq!(stage.agreement().await, [["USD", "1.00", "1.00", "0.00"]]);
}
