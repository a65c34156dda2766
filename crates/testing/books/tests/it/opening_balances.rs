//! Balances of another system: brought forward as one, tried before, settled later, and undone as one.

use athyper_test_kit::{Client, TestApp};
use serde_json::{Value, json};

use crate::fresh::{add_period, count, fields, place, places, run_operation};
use crate::support::{PARTY, add_account, add_rule, balances, books, pair, post};

const IMPORT: &str = "/v1/opening/balances/import?date=2025-01-01";
const HEADER: &str = "account,party,due_on,reference,currency,amount,base_amount\n";

/// Books in euros with the accounts that these files name.
async fn charted() -> (TestApp, Client, Client) {
    let (app, accountant, admin) = books().await;
    for (code, kind, usage) in [
        ("1000", "asset", "bank"),
        ("1200", "asset", "receivable"),
        ("2000", "liability", "payable"),
        ("3000", "equity", "other"),
        ("3900", "equity", "other"),
        ("7200", "expense", "other"),
    ] {
        add_account(&accountant, code, kind, usage).await;
    }
    add_rule(&accountant, "opening_balance", "3900").await;
    add_rule(&accountant, "exchange_realised", "7200").await;
    (app, accountant, admin)
}

/// Documents that are open, and the capital that balances them.
fn documents() -> String {
    format!(
        "{HEADER}1000,,,,,1000.00,\n1200,{PARTY},2025-01-31,SI-7,USD,104.00,100.00\n1200,{PARTY},2025-02-15,SI-9,USD,52.00,49.00\n\
         2000,{PARTY},2025-01-20,PI-3,,-200.00,\n3000,,,,,-949.00,\n"
    )
}

async fn import(app: &TestApp, client: &Client, query: &str, file: impl Into<String>) -> Value {
    let accepted = client.post_csv(&format!("{IMPORT}{query}"), file.into()).await;
    run_operation(app, client, accepted).await
}

async fn items(client: &Client) -> Vec<Value> {
    client.get("/v1/finance/open-items?sort=reference").await.expect(200).json()["items"]
        .as_array()
        .unwrap()
        .clone()
}

#[tokio::test]
async fn each_row_of_a_control_account_stays_open_until_it_is_settled() {
    let (app, accountant, _) = charted().await;
    let ended = import(&app, &accountant, "", documents()).await;
    assert_eq!(ended["state"], "succeeded", "{ended}");
    let result = &ended["result"];
    assert_eq!((&result["rows"], &result["debits"]), (&json!(5), &json!("1149.00")));
    let expected =
        [pair("1000", "1000.00"), pair("1200", "149.00"), pair("2000", "-200.00"), pair("3000", "-949.00")];
    assert_eq!(balances(&accountant, "2025-01-01").await, expected);

    let one = accountant
        .get(&format!("/v1/opening/balances/{}", result["balances"].as_str().unwrap()))
        .await
        .expect(200);
    assert_eq!((one.text("/state"), one.text("/openingBalance")), ("posted".into(), "0.00".into()));
    let journal = one.text("/journals/0/id");
    let journal = accountant.get(&format!("/v1/finance/journals/{journal}")).await.expect(200);
    assert_eq!((journal.text("/book"), journal.text("/number")), ("opening".into(), "OB-2025-000001".into()));
    // The dollars stand against themselves, at what the rows say that they are worth.
    let of_3900: Vec<Value> = journal.json()["lines"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|line| line["account"] == "3900")
        .cloned()
        .collect();
    let shape: Vec<_> = of_3900
        .iter()
        .map(|line| json!([line["currency"], line["debit"], line["credit"], line["baseCredit"]]))
        .collect();
    assert_eq!(shape, [json!(["EUR", "149.00", null, null]), json!(["USD", null, "156.00", "149.00"])]);

    let open = items(&accountant).await;
    let shape: Vec<_> =
        open.iter().map(|item| json!([item["reference"], item["dueOn"], item["currency"]])).collect();
    assert_eq!(
        shape,
        [
            json!(["PI-3", "2025-01-20", "EUR"]),
            json!(["SI-7", "2025-01-31", "USD"]),
            json!(["SI-9", "2025-02-15", "USD"])
        ]
    );
    // A part of an item is carried at the rate of its own row: 52 of 104 dollars at 50 euros, paid with 46.80.
    let payment = json!({"date": "2025-01-15", "book": "bank", "rates": {"USD": "0.9"}, "lines": [
        {"account": "1000", "debit": "52.00", "currency": "USD"},
        {"account": "1200", "credit": "52.00", "currency": "USD", "settles": open[1]["id"]}]});
    post(&accountant, &payment).await;
    let after = balances(&accountant, "2025-01-31").await;
    assert!(after.contains(&pair("1200", "99.00")) && after.contains(&pair("7200", "3.20")), "{after:?}");
}

#[tokio::test]
async fn nothing_is_made_up_to_make_a_file_balance() {
    let (app, accountant, _) = charted().await;
    let file = format!("{HEADER}1000,,,,,1000.00,\n3000,,,,,-949.00,\n");
    for (query, is_taken) in [
        ("", false),
        ("&openingBalance=51.00", false),
        ("&openingBalance=-50.99", false),
        ("&openingBalance=-51.00", true),
    ] {
        let ended = import(&app, &accountant, query, file.clone()).await;
        assert_eq!(ended["state"] == "succeeded", is_taken, "{query}: {ended}");
        if query.is_empty() {
            assert_eq!(ended["errors"][0]["code"], "unbalanced");
            assert!(
                ended["errors"][0]["message"]
                    .as_str()
                    .unwrap()
                    .contains("debits exceed the other side by 51.00 EUR"),
                "{ended}"
            );
        }
    }
    let expected = [pair("1000", "1000.00"), pair("3000", "-949.00"), pair("3900", "-51.00")];
    assert_eq!(balances(&accountant, "2025-01-01").await, expected);
}

#[tokio::test]
async fn every_bad_row_is_named_and_nothing_is_kept() {
    let (app, accountant, _) = charted().await;
    accountant
        .post("/v1/finance/accounts", &json!({"code": "G", "type": "asset", "postable": false}))
        .await
        .expect(201);
    let dollars = json!({"code": "1010", "type": "asset", "use": "bank", "currency": "USD"});
    accountant.post("/v1/finance/accounts", &dollars).await.expect(201);
    let file = format!(
        "{HEADER}1200,,2025-01-31,SI-7,,104.00,\nNowhere,,,,,1.00,\nG,,,,,1.00,\n1000,x,2025-02-30,,,1.00,\n1000,,,,USD,1.00,\n\
         1000,,,,,0.00,\n"
    );
    for query in ["", "&dryRun=true"] {
        let ended = import(&app, &accountant, query, file.clone()).await;
        assert_eq!(ended["state"], "failed");
        assert_eq!(
            places(&ended),
            [
                place(2, "party", "required"),
                place(3, "account", "unknown_account"),
                place(4, "account", "account_not_usable"),
                place(5, "party", "invalid_id"),
                place(5, "due_on", "invalid_date"),
                place(6, "base_amount", "required"),
                place(7, "amount", "zero"),
            ]
        );
    }
    // What only the ledger knows is said at its rows too, in all journals of the file.
    let mut rows: Vec<String> = (0..600).map(|_| "1000,,,,,1.00,\n".to_owned()).collect();
    rows[10] = "1010,,,,,1.00,\n".to_owned();
    rows[550] = "1010,,,,,1.00,\n".to_owned();
    let ended =
        import(&app, &accountant, "&openingBalance=-600.00", format!("{HEADER}{}", rows.concat())).await;
    assert_eq!(
        places(&ended),
        [place(12, "currency", "other_currency"), place(552, "currency", "other_currency")]
    );
    assert_eq!((count(&app, "finance.journal").await, count(&app, "opening.balances").await), (0, 0));
}

#[tokio::test]
async fn a_dry_run_says_what_would_be_and_keeps_nothing() {
    let (app, accountant, _) = charted().await;
    let tried = import(&app, &accountant, "&dryRun=true", documents()).await;
    assert_eq!(tried["state"], "succeeded", "{tried}");
    assert_eq!((&tried["result"]["journals"], &tried["result"]["balances"]), (&json!(1), &json!(null)));
    for table in ["finance.journal", "finance.open_item", "opening.balances", "jobs.upload"] {
        assert_eq!(count(&app, table).await, 0, "{table}");
    }
    let ended = import(&app, &accountant, "", documents()).await;
    assert_eq!(ended["result"]["journals"][0]["number"], "OB-2025-000001");
    for name in ["rows", "debits", "openingBalance", "currency"] {
        assert_eq!(ended["result"][name], tried["result"][name]);
    }
}

#[tokio::test]
async fn several_journals_are_undone_as_one() {
    let (app, accountant, _) = charted().await;
    let rows: Vec<String> =
        (0..1_100).map(|number| format!("1200,{PARTY},2025-01-31,SI-{number},,1.00,\n")).collect();
    let rows = rows.concat();
    let file = format!("{HEADER}{rows}3000,,,,,-1100.00,\n");
    let ended = import(&app, &accountant, "", file.clone()).await;
    let journals = ended["result"]["journals"].as_array().unwrap().len();
    assert_eq!((journals, count(&app, "finance.open_item").await), (3, 1_100));
    let path = format!("/v1/opening/balances/{}", ended["result"]["balances"].as_str().unwrap());
    let version = accountant.get(&path).await.header("etag");
    // A single one of its journals is the ledger's to keep.
    let one =
        format!("/v1/finance/journals/{}/reverse", ended["result"]["journals"][1]["id"].as_str().unwrap());
    assert_eq!(accountant.post(&one, &json!({})).await.expect(409).code(), "finance.journal_of_document");

    let reason = json!({"reason": "Counted again"});
    let stale = accountant.with("if-match", "\"7\"").post(&format!("{path}/reverse"), &reason).await;
    stale.expect(412);
    let early = json!({"reason": "Counted again", "date": "2024-12-31"});
    let early = accountant.post(&format!("{path}/reverse"), &early).await.expect(422);
    assert_eq!(fields(&early), [pair("/date", "before_balances")]);
    let undone =
        accountant.with("if-match", &version).post(&format!("{path}/reverse"), &reason).await.expect(200);
    assert_eq!((undone.text("/state"), undone.json()["version"].clone()), ("reversed".into(), json!(2)));
    assert_eq!(balances(&accountant, "2025-01-01").await, []);
    assert_eq!(count(&app, "finance.journal").await, 6);
    let twice = accountant.post(&format!("{path}/reverse"), &reason).await.expect(409);
    assert_eq!(twice.code(), "opening.balances_reversed");
    // And may come in again.
    assert_eq!(import(&app, &accountant, "", file).await["state"], "succeeded");
}

#[tokio::test]
async fn what_is_settled_keeps_all_of_them() {
    let (app, accountant, _) = charted().await;
    let rows: Vec<String> = (0..600).map(|number| format!("1200,{PARTY},,SI-{number},,1.00,\n")).collect();
    let rows = rows.concat();
    let ended = import(&app, &accountant, "&openingBalance=-600.00", format!("{HEADER}{rows}")).await;
    let found = accountant.get("/v1/finance/open-items?filter=reference%20%3D%3D%20%22SI-599%22").await;
    let payment = json!({"date": "2025-01-15", "book": "bank", "lines": [{"account": "1000", "debit": "1.00"},
        {"account": "1200", "credit": "1.00", "settles": found.text("/items/0/id")}]});
    post(&accountant, &payment).await;
    let before = balances(&accountant, "2025-01-31").await;
    let path = format!("/v1/opening/balances/{}", ended["result"]["balances"].as_str().unwrap());
    let refused = accountant.post(&format!("{path}/reverse"), &json!({"reason": "x"})).await.expect(409);
    assert_eq!(refused.code(), "finance.item_settled");
    assert_eq!(balances(&accountant, "2025-01-31").await, before);
    assert_eq!(accountant.get(&path).await.text("/state"), "posted");
}

#[tokio::test]
async fn a_closed_period_takes_none_and_a_soft_closed_one_those_of_who_may() {
    let (app, accountant, admin) = charted().await;
    let period = add_period(&accountant, "January", "2025-01-01", "2025-01-31").await;
    admin.post_empty(&format!("/v1/finance/periods/{period}/soft-close")).await.expect(200);
    let refused = import(&app, &accountant, "&dryRun=true", documents()).await;
    assert_eq!(places(&refused)[0].2, "period_closed");
    assert_eq!(import(&app, &admin, "", documents()).await["state"], "succeeded");
    admin.post_empty(&format!("/v1/finance/periods/{period}/close")).await.expect(200);
    assert_eq!(import(&app, &admin, "", documents()).await["state"], "failed");
    assert_eq!(count(&app, "opening.balances").await, 1);
}

#[tokio::test]
async fn a_worker_that_lost_the_job_keeps_nothing() {
    let (app, accountant, _) = charted().await;
    let location = accountant.post_csv(IMPORT, documents()).await.expect(202).header("location");
    let stale = app.claim_job().await.unwrap();
    app.run_job().await.unwrap();
    let kind = app.jobs.iter().find(|kind| kind.name == "opening.import_balances").unwrap();
    (kind.handler)(stale).await.unwrap_err();
    assert_eq!((count(&app, "finance.journal").await, count(&app, "opening.balances").await), (1, 1));
    assert_eq!(accountant.get(&location).await.text("/state"), "succeeded");
}

#[tokio::test]
async fn dimensions_that_balance_do_so_here_too() {
    let (app, accountant, admin) = charted().await;
    let dimension = json!({"key": "fund", "name": "Fund", "balancing": true});
    let id = admin.post("/v1/records/finance.dimension", &dimension).await.expect(201).text("/id");
    for code in ["A", "B"] {
        let value = json!({"dimension": id, "code": code, "name": code});
        admin.post("/v1/records/finance.dimension_value", &value).await.expect(201);
    }
    let file = "account,amount,dimensions\n1000,100.00,fund=A\n1000,50.00,fund=B\n3000,-150.00,\n";
    let ended = import(&app, &accountant, "", file).await;
    assert_eq!(ended["state"], "succeeded", "{ended}");
    assert_eq!(balances(&accountant, "2025-01-01").await, [pair("1000", "150.00"), pair("3000", "-150.00")]);
    let unknown = "account,amount,dimensions\n1000,100.00,fund=A\n3000,-100.00,fund=C\n";
    let refused = import(&app, &accountant, "", unknown).await;
    assert_eq!(places(&refused), [place(3, "dimensions", "unknown_value")]);
}

#[tokio::test]
async fn what_cannot_be_meant_is_refused_at_once() {
    let (app, accountant, _) = charted().await;
    for (query, file, pointer) in [
        ("&openingBalance=1.001", documents(), "?openingBalance"),
        ("&date=2025-01-02", documents(), ""),
        ("&what=x", documents(), "?what"),
        ("", "account,value\n1000,1\n".to_owned(), "/value"),
    ] {
        let answer = accountant.post_csv(&format!("{IMPORT}{query}"), file).await;
        assert!([400, 422].contains(&answer.status), "{answer:?}");
        if !pointer.is_empty() {
            assert_eq!(fields(&answer)[0].0, pointer, "{answer:?}");
        }
    }
    let unknown = accountant.post_csv(&format!("{IMPORT}&entity=x"), documents()).await.expect(404);
    assert_eq!(unknown.code(), "finance.entity_not_found");
    // Without a rule the dollars have nothing to stand against.
    let rules =
        accountant.get("/v1/finance/account-rules?filter=role%20%3D%3D%20%22opening_balance%22").await;
    let path = format!("/v1/finance/account-rules/{}", rules.text("/items/0/id"));
    accountant.with("if-match", "\"1\"").delete(&path).await.expect(200);
    let ended = import(&app, &accountant, "", documents()).await;
    assert_eq!(ended["errors"][0]["code"], "role_unassigned", "{ended}");
}
