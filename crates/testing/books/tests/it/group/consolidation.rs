//! Consolidations of real books: translated, eliminated, kept, and held against the ledger.

use serde_json::{Value, json};

use super::{ENTRIES, Stage, fields, pair, sale, stage};
use crate::support::{add_account, post};

const GROUPS: &str = "/v1/group/groups";
const RUNS: &str = "/v1/group/runs";

fn group() -> Value {
    let accounts = [
        ("Cash", "asset"),
        ("Shares", "asset"),
        ("Goodwill", "asset"),
        ("Between members", "asset"),
        ("Intercompany", "liability"),
        ("Capital", "equity"),
        ("Retained", "equity"),
        ("Translation", "equity"),
        ("Others", "equity"),
        ("Income", "income"),
        ("Expenses", "expense"),
        ("Result between members", "expense"),
        ("Result of others", "expense"),
    ];
    let accounts: Vec<Value> =
        accounts.iter().map(|(code, kind)| json!({"code": code, "name": code, "type": kind})).collect();
    json!({"code": "trading", "name": "Trading Group", "definition": {"parent": "main", "currency": "EUR", "accounts": accounts,
        "members": [{"entity": "main", "sharePercent": "100", "since": "2020-01-01"},
            {"entity": "over", "sharePercent": "75", "since": "2025-01-01", "historical": [{"account": "Capital", "rate": "0.95"}],
                "acquisition": {"investment": "Shares", "consideration": "1500.00", "equity": [{"account": "Capital", "amount": "-1900.00"}]}}],
        "mapping": [{"account": "Bank", "to": "Cash"}, {"account": "Shares", "to": "Shares"}, {"prefix": "From ", "to": "Intercompany"},
            {"prefix": "To ", "to": "Intercompany"}, {"account": "Capital", "to": "Capital"}, {"prefix": "Sales", "to": "Income"},
            {"prefix": "Bought", "to": "Expenses"}, {"account": "Rent", "to": "Expenses"}],
        "special": {"translation": "Translation", "retainedEarnings": "Retained", "goodwill": "Goodwill", "bargainPurchase": "Income",
            "nonControlling": "Others", "nonControllingResult": "Result of others", "balanceDifference": "Between members",
            "resultDifference": "Result between members"}}})
}

/// The parent gives 1,500 euros for three quarters of a member with 2,000 dollars, sells to it, and both rent.
async fn traded() -> (Stage, String) {
    let stage = stage().await;
    add_account(&stage.accountant, "Capital", "equity", "other").await;
    add_account(&stage.accountant, "Shares", "asset", "other").await;
    for (entity, date, debit, credit, amount, currency) in [
        ("main", "2025-01-01", "Bank", "Capital", "5000.00", "EUR"),
        ("over", "2025-01-01", "Bank", "Capital", "2000.00", "USD"),
        ("main", "2025-01-02", "Shares", "Bank", "1500.00", "EUR"),
        ("over", "2025-02-01", "Rent", "Bank", "300.00", "USD"),
        ("over", "2025-02-01", "Bank", "Sales", "700.00", "USD"),
    ] {
        let line =
            |account: &str, side: &str| json!({"account": account, side: amount, "currency": currency});
        let journal =
            json!({"entity": entity, "date": date, "lines": [line(debit, "debit"), line(credit, "credit")]});
        post(&stage.accountant, &journal).await;
    }
    stage.accountant.post(ENTRIES, &sale("1000.00", "USD")).await.expect(201);
    let id = stage.accountant.post(GROUPS, &group()).await.expect(201).text("/id");
    (stage, id)
}

fn run_of(group: &str) -> Value {
    json!({"group": group, "from": "2025-01-01", "date": "2025-12-31", "rates": {"over": {"average": "0.92"}}})
}

fn row(run: &Value, account: &str) -> Value {
    run["accounts"]
        .as_array()
        .unwrap()
        .iter()
        .find(|row| row["account"] == account)
        .cloned()
        .unwrap_or(Value::Null)
}

fn total(run: &Value, column: &str) -> Value {
    run["totals"].as_array().unwrap().iter().find(|total| total["column"] == column).cloned().unwrap()
}

#[tokio::test]
async fn books_of_two_are_those_of_one() {
    let (stage, group) = traded().await;
    let run = stage.accountant.post(RUNS, &run_of(&group)).await.expect(201).json();
    for column in run["totals"].as_array().unwrap() {
        assert_eq!(column["difference"], "0.00", "{column}");
    }
    // 2,400 dollars at 0.9; -1,900 of capital; income 700 and expenses 300 and 1,000 at 0.92.
    assert_eq!(row(&run, "Cash")["members"], json!({"main": "3500.00", "over": "2160.00"}));
    assert_eq!(row(&run, "Capital")["members"], json!({"main": "-5000.00", "over": "-1900.00"}));
    let translation = 1900.0 - 2160.0 + 900.0 - 600.0 * 0.92;
    assert_eq!(row(&run, "Translation")["members"], json!({"over": format!("{translation:.2}")}));
    // What both owe is gone; of what was sold, 900 euros here are 920 there.
    assert_eq!(
        (&row(&run, "Intercompany")["group"], &row(&run, "Between members")),
        (&json!("0.00"), &Value::Null)
    );
    assert_eq!(row(&run, "Result between members")["group"], "20.00");
    assert_eq!(run["differences"].as_array().unwrap().len(), 1, "{run}");
    assert_eq!(
        (&run["differences"][0]["of"], &run["differences"][0]["amount"]),
        (&json!("result"), &json!("20.00"))
    );
    assert_eq!(run["agreements"][0]["difference"], "0.00");
    // 1,500 and a quarter of 1,900, less 1,900.
    assert_eq!(
        (&row(&run, "Goodwill")["group"], &row(&run, "Shares")["group"]),
        (&json!("75.00"), &json!("0.00"))
    );
    let group_total = total(&run, "group");
    assert_eq!((&group_total["income"], &group_total["expenses"]), (&json!("644.00"), &json!("296.00")));
    assert_eq!(
        (&group_total["result"], &group_total["resultOfNonControlling"]),
        (&json!("348.00"), &json!("-138.00"))
    );
    let members = run["members"].as_array().unwrap();
    assert_eq!(
        (&members[1]["debit"], &members[1]["credit"], &members[1]["rates"]["closing"]),
        (&json!("3700.00"), &json!("3700.00"), &json!("0.9"))
    );

    // What stands behind a figure, as far as the account of the member.
    let path = format!("{RUNS}/{}", run["id"].as_str().unwrap());
    let behind =
        stage.accountant.get(&format!("{path}/lines?account=Cash&entity=over")).await.expect(200).json();
    assert_eq!((&behind["sum"], behind["lines"].as_array().unwrap().len()), (&json!("2160.00"), 1));
    let line = &behind["lines"][0];
    assert_eq!(
        (&line["account"], &line["local"], &line["method"]),
        (&json!("Bank"), &json!("2400.00"), &json!("closing"))
    );
    assert_eq!(stage.accountant.get(&path).await.expect(200).json(), run);
}

#[tokio::test]
async fn an_amount_of_zero_has_no_sign() {
    let (stage, group) = traded().await;
    let mut asked = run_of(&group);
    asked["adjustments"] = json!([{"text": "Stock is no receivable", "lines": [{"account": "Cash", "amount": "12.00"},
        {"account": "Between members", "amount": "-12.00"}]}]);
    // What only one of the two says: the other has nothing in this currency.
    let alone = json!({"entity": "main", "date": "2025-03-31", "lines": [
        {"account": "From over", "debit": "40.00", "currency": "EUR"}, {"account": "Bank", "credit": "40.00", "currency": "EUR"}]});
    post(&stage.accountant, &alone).await;
    let run = stage.accountant.post(RUNS, &asked).await.expect(201).json();
    let zeros = ["assets", "liabilities", "equity", "income", "expenses", "result", "difference"];
    for of in zeros {
        assert_eq!(total(&run, "adjustments")[of], "0.00", "{of}");
    }
    assert!(!run.to_string().contains("\"-0"), "{run}");
    assert_eq!(run["agreements"].as_array().unwrap().len(), 2);
    let report = stage.accountant.get("/v1/group/reports/agreement?asOf=2025-12-31").await.expect(200).json();
    assert!(!report.to_string().contains("\"-0"), "{report}");
}

#[tokio::test]
async fn what_is_final_stays_and_is_held_against_the_ledger() {
    let (stage, group) = traded().await;
    let made = stage.accountant.post(RUNS, &run_of(&group)).await.expect(201);
    let (path, again) =
        (made.header("location"), stage.accountant.post(RUNS, &run_of(&group)).await.expect(201));
    assert_eq!(made.text("/digest"), again.text("/digest"), "the same books give the same");
    let verify = |path: String| {
        let client = stage.accountant.clone();
        async move {
            let found = client.get(&format!("{path}/verification")).await.expect(200).json();
            ["isIntact", "isReproduced", "agrees"].map(|name| found[name].as_bool().unwrap())
        }
    };
    assert_eq!(verify(path.clone()).await, [true, true, true]);
    stage.accountant.post_empty(&format!("{path}/finalise")).await.expect(200);
    assert_eq!(
        stage.accountant.post_empty(&format!("{path}/finalise")).await.expect(409).code(),
        "group.run_final"
    );
    let late = json!({"entity": "over", "date": "2025-12-31", "lines": [
        {"account": "Rent", "debit": "1.00", "currency": "USD"}, {"account": "Bank", "credit": "1.00", "currency": "USD"}]});
    post(&stage.accountant, &late).await;
    assert_eq!(verify(path.clone()).await, [true, true, false]);
    // The other draft is of books that are no more.
    let stale = again.header("location");
    assert_eq!(
        stage.accountant.post_empty(&format!("{stale}/finalise")).await.expect(409).code(),
        "group.books_changed"
    );
    stage.accountant.with("if-match", "\"1\"").delete(&stale).await.expect(200);
    stage.accountant.get(&stale).await.expect(404);
    let held = stage.accountant.with("if-match", "\"2\"").delete(&path).await.expect(409);
    assert_eq!(held.code(), "group.run_final");
    // Another definition of the group changes nothing of it; nor does the owner of the tables.
    let before = stage.accountant.get(&path).await.expect(200).json();
    let mut other = self::group()["definition"].clone();
    other["members"][1]["sharePercent"] = json!("100");
    let change = stage
        .accountant
        .with("if-match", "\"1\"")
        .patch(&format!("{GROUPS}/{group}"), &json!({"definition": other}))
        .await;
    change.expect(200);
    assert_eq!(stage.accountant.get(&path).await.expect(200).json(), before);
    let mut admin = stage.app.db.superuser().await;
    for forged in [
        "update group_books.run_line set amount = 0",
        "delete from group_books.run_line",
        "update group_books.run set digest = 'x'",
    ] {
        let refused = sqlx::query(forged).execute(&mut admin).await.unwrap_err();
        assert!(refused.to_string().contains("never changes"), "{refused}");
    }
}

#[tokio::test]
async fn rates_are_stated_or_recorded_and_never_made_up() {
    let (stage, group) = traded().await;
    let mut asked = run_of(&group);
    asked["rates"] = json!({});
    let missing = stage.accountant.post(RUNS, &asked).await.expect(422);
    assert_eq!(fields(&missing), [pair("/rates/over/average", "rate_missing")]);
    let average = json!({"currency": "USD", "presentationCurrency": "EUR", "firstDay": "2025-01-01", "lastDay": "2025-12-31", "rate": "0.93"});
    stage.admin.post("/v1/records/group.average_rate", &average).await.expect(201);
    let run = stage.accountant.post(RUNS, &asked).await.expect(201).json();
    assert_eq!(
        (&run["members"][1]["rates"]["average"], &run["members"][1]["rates"]["averageIsStated"]),
        (&json!("0.93"), &json!(false))
    );
    asked["rates"] = json!({"nobody": {"closing": "1"}});
    assert_eq!(
        fields(&stage.accountant.post(RUNS, &asked).await.expect(422)),
        [pair("/rates/nobody", "no_member")]
    );
    // An average of other days is none of these.
    asked["rates"] = json!({});
    asked["date"] = json!("2025-06-30");
    assert_eq!(
        fields(&stage.accountant.post(RUNS, &asked).await.expect(422)),
        [pair("/rates/over/average", "rate_missing")]
    );
    // All that is missing is named at once.
    let mut pounds = self::group();
    pounds["code"] = json!("pounds");
    pounds["definition"]["currency"] = json!("GBP");
    let pounds = stage.accountant.post(GROUPS, &pounds).await.expect(201).text("/id");
    asked["group"] = json!(pounds);
    let missing = ["main/closing", "main/average", "over/closing", "over/average"];
    assert_eq!(
        fields(&stage.accountant.post(RUNS, &asked).await.expect(422)),
        missing.map(|rate| pair(&format!("/rates/{rate}"), "rate_missing"))
    );
    // Nor are books before a rate was recorded translated at a later one.
    let early = json!({"group": group, "from": "2024-01-01", "date": "2024-12-31"});
    stage.accountant.post(RUNS, &early).await.expect(201);
}

#[tokio::test]
async fn what_was_earned_before_is_equity() {
    let (stage, group) = traded().await;
    // What was earned up to March is brought forward in a consolidation from April on, and needs a stated amount.
    let mut asked = json!({"group": group, "from": "2025-04-01", "date": "2025-12-31", "rates": {"over": {"average": "0.92"}}});
    let missing = stage.accountant.post(RUNS, &asked).await.expect(422);
    assert_eq!(fields(&missing), [pair("/group", "historical_missing")]);
    let mut definition = self::group()["definition"].clone();
    definition["members"][1]["historical"]
        .as_array_mut()
        .unwrap()
        .push(json!({"account": "*brought forward", "amount": "552.00"}));
    let path = format!("{GROUPS}/{group}");
    stage
        .accountant
        .with("if-match", "\"1\"")
        .patch(&path, &json!({"definition": definition}))
        .await
        .expect(200);
    asked["rates"] = json!({"over": {"closing": "0.9"}});
    let run = stage.accountant.post(RUNS, &asked).await.expect(201).json();
    assert_eq!(row(&run, "Retained")["members"], json!({"main": "-900.00", "over": "552.00"}));
    assert_eq!((&row(&run, "Income"), &total(&run, "group")["difference"]), (&Value::Null, &json!("0.00")));
    // A close of the year in between changes nothing of a consolidation of the year.
    let whole = json!({"group": group, "from": "2025-01-01", "date": "2025-12-31", "rates": {"over": {"average": "0.92"}}});
    let before = stage.accountant.post(RUNS, &whole).await.expect(201).json();
    crate::support::add_rule(&stage.accountant, "retained_earnings", "Capital").await;
    stage
        .admin
        .post("/v1/closing/fiscal-years", &json!({"entity": "over", "lastDay": "2025-12-31"}))
        .await
        .expect(201);
    let after = stage.accountant.post(RUNS, &whole).await.expect(201).json();
    assert_eq!((&after["accounts"], &after["totals"]), (&before["accounts"], &before["totals"]));
}

#[tokio::test]
async fn a_group_that_cannot_be_consolidated_is_refused() {
    let stage = stage().await;
    let mut wrong = group();
    wrong["definition"]["parent"] = json!("nobody");
    wrong["definition"]["members"][1]["sharePercent"] = json!("101");
    wrong["definition"]["members"][0]["entity"] = json!("nowhere");
    wrong["definition"]["special"]["goodwill"] = json!("Capital");
    wrong["definition"]["mapping"][0]["to"] = json!("Nothing");
    let refused = stage.accountant.post(GROUPS, &wrong).await.expect(422);
    let expected = [
        pair("/definition/parent", "no_member"),
        pair("/definition/mapping/0/to", "unknown_account"),
        pair("/definition/special/goodwill", "account_type"),
        pair("/definition/members/1/sharePercent", "out_of_range"),
        pair("/definition/members/0/entity", "unknown_entity"),
    ];
    assert_eq!(fields(&refused), expected);
    stage.accountant.post(GROUPS, &group()).await.expect(201);
    assert_eq!(stage.accountant.post(GROUPS, &group()).await.expect(409).code(), "group.group_taken");
    let unknown =
        stage.accountant.post(RUNS, &run_of("019ab3c4-5d6e-7f80-9a1b-2c3d4e5f6071")).await.expect(422);
    assert_eq!(unknown.code(), "group.group_unknown");
}
