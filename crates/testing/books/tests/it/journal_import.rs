//! Journals from a file: the whole example ledger, bad files, and imports that are interrupted.

use std::collections::BTreeMap;

use athyper_test_kit::{Client, TestApp};
use chrono::NaiveDate;
use rust_decimal::Decimal;
use serde_json::json;

use crate::fresh::{
    CASH, FEES, add_account, add_period, app, app_with_accounts, count, events, fee, fields, place, places,
    run_operation,
};
use crate::support::{balances, pair, post};

const IMPORT: &str = "/v1/opening/journals/import";
const LINES: &str = include_str!("../data/ledger/journal-lines.csv");
const HEADER: &str = "entry_no,date,payee,narration,account,debit,credit,currency\n";

/// An application whose tenant `demo` has the accounts of the example ledger.
async fn app_with_chart() -> (TestApp, Client) {
    let app = app().await;
    let accountant = app.user("demo", "accountant");
    let accounts = include_str!("../data/ledger/accounts.csv");
    let accepted = accountant.post_csv("/v1/opening/accounts/import", accounts).await;
    let ended = run_operation(&app, &accountant, accepted).await;
    assert_eq!(ended["state"], "succeeded", "{ended}");
    (app, accountant)
}

/// A file of journals that balance, dated on the days of January 2025 in turn.
fn many(journals: usize) -> String {
    let start: NaiveDate = "2025-01-01".parse().unwrap();
    let rows = (0..journals).map(|number| {
        let date = start + chrono::Days::new(number as u64 % 31);
        format!("{number},{date},,,{FEES},1.00,,\n{number},{date},,,{CASH},,1.00,\n")
    });
    format!("{HEADER}{}", rows.collect::<String>())
}

/// Holds the balances at the end of each month against those that were summed outside the product.
async fn check_month_ends(client: &Client) {
    let mut expected: BTreeMap<String, Vec<(String, String)>> = BTreeMap::new();
    let mut file = csv::Reader::from_reader(&include_bytes!("../data/ledger/expected-balances.csv")[..]);
    for row in file.records() {
        let row = row.unwrap();
        let balance: Decimal = row[2].parse().unwrap();
        if !balance.is_zero() {
            let account = (row[1].to_owned(), format!("{balance:.2}"));
            expected.entry(row[0].to_owned()).or_default().push(account);
        }
    }
    assert_eq!(expected.len(), 36);
    for (month, mut accounts) in expected {
        accounts.sort();
        let first: NaiveDate = format!("{month}-01").parse().unwrap();
        let end = first + chrono::Months::new(1) - chrono::Days::new(1);
        assert_eq!(balances(client, &end.to_string()).await, accounts, "{month}");
    }
}

#[tokio::test]
async fn the_example_ledger_is_posted_and_agrees_at_every_month_end() {
    let (app, accountant) = app_with_chart().await;
    let ended = run_operation(&app, &accountant, accountant.post_csv(IMPORT, LINES).await).await;
    assert_eq!(ended["state"], "succeeded", "{ended}");
    assert_eq!((&ended["done"], &ended["total"]), (&json!(1142), &json!(1142)));
    let result = &ended["result"];
    assert_eq!((&result["journals"], &result["lines"]), (&json!(1142), &json!(3250)));
    assert_eq!(result["firstNumber"], "JE-2022-000001");
    assert!(result["lastNumber"].as_str().unwrap().starts_with("JE-2024-000"), "{result}");
    check_month_ends(&accountant).await;
    check_mid_month(&accountant, "2023-05-17").await;
    let periods = accountant.get("/v1/finance/periods?limit=200").await.json();
    assert_eq!(periods["items"].as_array().unwrap().len(), 36);
    assert_eq!(count(&app, "jobs.upload").await, 0);
    // One event when it is accepted, one when it begins, one for each batch.
    assert_eq!(events(&app, "opening.import_journals").await.len(), 2 + 12);
}

/// Holds the balances of a day within a month against the lines of the file.
async fn check_mid_month(client: &Client, day: &str) {
    let mut sums: BTreeMap<String, Decimal> = BTreeMap::new();
    for row in csv::Reader::from_reader(LINES.as_bytes()).records() {
        let row = row.unwrap();
        let amount = |text: &str| text.parse::<Decimal>().unwrap_or_default();
        if &row[1] <= day {
            *sums.entry(row[4].to_owned()).or_default() += amount(&row[5]) - amount(&row[6]);
        }
    }
    let expected: Vec<(String, String)> = sums
        .into_iter()
        .filter(|(_, sum)| !sum.is_zero())
        .map(|(account, sum)| (account, format!("{sum:.2}")))
        .collect();
    assert_eq!(balances(client, day).await, expected);
}

#[tokio::test]
async fn an_import_that_is_killed_goes_on_where_it_was() {
    let (app, accountant) = app_with_chart().await;
    let location = accountant.post_csv(IMPORT, LINES).await.expect(202).header("location");
    for reached in [300, 700] {
        let run = app.claim_job().await.unwrap();
        let kind = app.jobs.iter().find(|kind| kind.name == "opening.import_journals").unwrap();
        let mut work = (kind.handler)(run);
        let watched =
            async { while accountant.get(&location).await.json()["done"].as_i64().unwrap() < reached {} };
        tokio::select! {
            ended = &mut work => panic!("it ended before it was killed: {ended:?}"),
            () = watched => {}
        }
        // The worker dies here, in the middle of a batch; another one takes the job over.
        drop(work);
        let operation = accountant.get(&location).await.json();
        assert_eq!(operation["state"], "running");
        let posted = count(&app, "finance.journal").await;
        assert!(posted >= reached && posted < 1142 && posted % 100 == 0, "{posted}");
    }
    app.run_job().await.unwrap();
    let ended = accountant.get(&location).await.json();
    assert_eq!((&ended["state"], &ended["result"]["journals"]), (&json!("succeeded"), &json!(1142)));
    assert_eq!(ended["result"]["firstNumber"], "JE-2022-000001");
    assert_eq!(count(&app, "finance.journal").await, 1142);
    assert_eq!(count(&app, "finance.journal_line").await, 3250);
    check_month_ends(&accountant).await;
    let mut admin = app.db.superuser().await;
    let series: Vec<(i32, i64, i64, i64)> = sqlx::query_as(
        "select extract(year from date)::int, min(sequence), max(sequence), count(*) from finance.journal group by 1 order by 1",
    )
    .fetch_all(&mut admin)
    .await
    .unwrap();
    for (year, first, last, journals) in series {
        assert_eq!((first, last), (1, journals), "{year}");
    }
}

#[tokio::test]
async fn a_worker_that_lost_the_job_keeps_nothing() {
    let (app, accountant) = app_with_accounts().await;
    let location = accountant.post_csv(IMPORT, many(250)).await.expect(202).header("location");
    let stale = app.claim_job().await.unwrap();
    app.run_job().await.unwrap();
    let kind = app.jobs.iter().find(|kind| kind.name == "opening.import_journals").unwrap();
    (kind.handler)(stale).await.unwrap_err();
    assert_eq!(count(&app, "finance.journal").await, 250);
    assert_eq!(accountant.get(&location).await.text("/state"), "succeeded");
    assert_eq!(balances(&accountant, "2025-01-31").await[1], pair(FEES, "250.00"));
}

#[tokio::test]
async fn a_file_with_a_bad_row_posts_nothing_and_names_every_row() {
    let (app, accountant) = app_with_accounts().await;
    let admin = app.user("demo", "admin");
    let closed = add_period(&accountant, "2024", "2024-01-01", "2024-12-31").await;
    let soft = add_period(&accountant, "Spring", "2025-03-01", "2025-05-31").await;
    admin.post_empty(&format!("/v1/finance/periods/{closed}/close")).await.expect(200);
    admin.post_empty(&format!("/v1/finance/periods/{soft}/soft-close")).await.expect(200);
    let rows = [
        ("1,2025-01-10,,,Assets:Cash,1.00,,", None),
        ("1,2025-01-10,,,Expenses:Fees,,1.00,", None),
        ("2,2025-01-10,,,Nowhere,1.00,,", Some(place(4, "account", "unknown_account"))),
        ("2,2025-01-10,,,Expenses,,1.00,", Some(place(5, "account", "account_not_usable"))),
        ("3,2025-01-32,,,Assets:Cash,1.00,,", Some(place(6, "date", "invalid_date"))),
        ("4,2025-01-10,,,Assets:Cash,1.00,,", Some(place(7, "entry_no", "unbalanced"))),
        ("4,2025-01-10,,,Expenses:Fees,,1.01,", None),
        ("5,2025-01-10,,,Assets:Cash,1.00,,", Some(place(9, "entry_no", "line_count"))),
        ("6,2024-05-01,,,Assets:Cash,1.00,,", Some(place(10, "date", "period_closed"))),
        ("6,2024-05-01,,,Expenses:Fees,,1.00,", None),
        ("7,2025-04-01,,,Assets:Cash,1.00,,", Some(place(12, "date", "period_closed"))),
        ("7,2025-04-01,,,Expenses:Fees,,1.00,", None),
        ("8,2025-01-10,a\0b,,Assets:Cash,1.00,,", Some(place(14, "payee", "invalid_text"))),
        ("9,2025-01-10,,,Assets:Cash,x,,", Some(place(15, "debit", "invalid_amount"))),
    ];
    let file = rows.each_ref().map(|(row, _)| *row).join(
        "
",
    );
    let accepted = accountant.post_csv(IMPORT, format!("{HEADER}{file}")).await;
    let ended = run_operation(&app, &accountant, accepted).await;
    assert_eq!(ended["state"], "failed", "{ended}");
    let expected: Vec<_> = rows.into_iter().filter_map(|(_, place)| place).collect();
    assert_eq!(places(&ended), expected);
    assert_eq!(count(&app, "finance.journal").await, 0);
    assert_eq!(count(&app, "opening.import").await, 0);
}

#[tokio::test]
async fn errors_are_listed_up_to_a_hundred() {
    let (app, accountant) = app_with_accounts().await;
    let rows = format!(
        "1,2025-01-10,,,{CASH},x,,
"
    )
    .repeat(500);
    let ended =
        run_operation(&app, &accountant, accountant.post_csv(IMPORT, format!("{HEADER}{rows}")).await).await;
    assert_eq!((&ended["state"], ended["errors"].as_array().unwrap().len()), (&json!("failed"), 100));
}

#[tokio::test]
async fn the_right_to_post_is_that_of_whoever_sent_the_file() {
    let (app, accountant) = app_with_accounts().await;
    let admin = app.user("demo", "admin");
    let period = add_period(&accountant, "January", "2025-01-01", "2025-01-31").await;
    admin.post_empty(&format!("/v1/finance/periods/{period}/soft-close")).await.expect(200);
    let refused = run_operation(&app, &accountant, accountant.post_csv(IMPORT, many(1)).await).await;
    assert_eq!(refused["state"], "failed");
    let ended = run_operation(&app, &admin, admin.post_csv(IMPORT, many(1)).await).await;
    assert_eq!(ended["state"], "succeeded", "{ended}");
}

#[tokio::test]
async fn the_same_file_may_be_imported_again() {
    let (app, accountant) = app_with_accounts().await;
    for _ in 0..2 {
        let ended = run_operation(&app, &accountant, accountant.post_csv(IMPORT, many(3)).await).await;
        assert_eq!(ended["state"], "succeeded", "{ended}");
    }
    assert_eq!(count(&app, "finance.journal").await, 6);
}

#[tokio::test]
async fn a_state_that_changed_meanwhile_ends_the_import_and_says_what_is_posted() {
    let (app, accountant) = app_with_accounts().await;
    let bank = add_account(&accountant, "Assets:Bank", "asset").await;
    let tail = format!("x,2025-01-10,,,{FEES},1.00,,\nx,2025-01-10,,,Assets:Bank,,1.00,\n");
    let location =
        accountant.post_csv(IMPORT, format!("{}{tail}", many(900))).await.expect(202).header("location");
    let run = app.claim_job().await.unwrap();
    let kind = app.jobs.iter().find(|kind| kind.name == "opening.import_journals").unwrap();
    let mut work = (kind.handler)(run);
    let watched = async { while accountant.get(&location).await.json()["done"].as_i64().unwrap() < 100 {} };
    tokio::select! {
        ended = &mut work => panic!("it ended too early: {ended:?}"),
        () = watched => {}
    }
    drop(work);
    // While it is interrupted, its periods stay open, but an account is blocked.
    let period =
        accountant.get("/v1/finance/periods").await.json()["items"][0]["id"].as_str().unwrap().to_owned();
    let admin = app.user("demo", "admin");
    let answer = admin.post_empty(&format!("/v1/finance/periods/{period}/close")).await.expect(409);
    assert_eq!(answer.code(), "finance.import_running");
    let path = format!("/v1/finance/accounts/{bank}");
    accountant.with("if-match", "*").patch(&path, &json!({"state": "blocked"})).await.expect(200);
    let ended = app.run_job().await.unwrap_err().to_string();
    // Between its interruption and the look at it the import may have come a batch further, but not to its end.
    let posted = count(&app, "finance.journal").await;
    assert!((100..=900).contains(&posted) && posted % 100 == 0, "{posted}");
    assert!(
        ended.starts_with(&format!("{posted} of 901 journals are posted, the others are not")),
        "{ended}"
    );
    let operation = accountant.get(&location).await.json();
    assert_eq!(places(&operation), [place(1803, "account", "account_not_usable")]);
}

#[tokio::test]
async fn a_finished_import_lets_go_of_its_periods() {
    let (app, accountant) = app_with_accounts().await;
    let ended = run_operation(&app, &accountant, accountant.post_csv(IMPORT, many(150)).await).await;
    assert_eq!(ended["state"], "succeeded", "{ended}");
    let period =
        accountant.get("/v1/finance/periods").await.json()["items"][0]["id"].as_str().unwrap().to_owned();
    app.user("demo", "admin").post_empty(&format!("/v1/finance/periods/{period}/close")).await.expect(200);
}

#[tokio::test]
async fn lines_without_a_currency_are_in_the_tenants_own() {
    let app = app().await;
    let accountant = app.user("globex", "accountant");
    for (code, kind) in [(CASH, "asset"), (FEES, "expense")] {
        add_account(&accountant, code, kind).await;
    }
    let file = format!(
        "credit,debit,account,date,entry_no\r\n,1.00,{FEES},2025-01-10,a\r\n1.00,,{CASH},2025-01-10,a\r\n"
    );
    let ended = run_operation(&app, &accountant, accountant.post_csv(IMPORT, file).await).await;
    assert_eq!(ended["state"], "succeeded", "{ended}");
    let report = accountant.get("/v1/finance/reports/trial-balance?currency=EUR").await.json();
    assert_eq!(report["totals"]["debit"], "1.00");
}

#[tokio::test]
async fn a_file_with_wrong_columns_is_refused_at_once() {
    let (app, accountant) = app_with_accounts().await;
    let answer =
        accountant.post_csv(IMPORT, "entry_no,date,account,debit,rate\n1,2,3,4,5\n").await.expect(422);
    assert_eq!(answer.code(), "opening.invalid_file");
    assert_eq!(fields(&answer), [pair("/rate", "unknown_column"), pair("/credit", "missing_column")]);
    assert_eq!(answer.json()["errors"][0]["row"], 1);
    assert!(app.claim_job().await.is_none());
}

#[tokio::test]
async fn an_import_and_postings_by_hand_share_one_series() {
    let (app, accountant) = app_with_accounts().await;
    post(&accountant, &fee("2025-01-10", "4.00")).await;
    let ended = run_operation(&app, &accountant, accountant.post_csv(IMPORT, many(2)).await).await;
    assert_eq!(
        ended["result"],
        json!({"journals": 2, "lines": 4, "firstNumber": "JE-2025-000002", "lastNumber": "JE-2025-000003"})
    );
    let next = post(&accountant, &fee("2025-01-10", "4.00")).await;
    assert_eq!(next.text("/number"), "JE-2025-000004");
}
