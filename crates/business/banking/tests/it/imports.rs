//! Statements from files.

use athyper_test_kit::TestApp;
use serde_json::json;

use crate::support::{add_account, app, decimal, events, import, lines, mt940};

const FIRST: [(u32, i64, &str); 4] =
    [(1, 500, "a"), (2, 700, "b"), (2, 700, "b"), (3, -100, "166?20RE 7?32Ada?31DE1")];

#[tokio::test]
async fn each_line_is_entered_once_however_often_it_comes() {
    let (app, _, accountant) = app().await;
    let account = add_account(&accountant).await;
    let done = import(&app, &accountant, &account, &mt940(10_000, &FIRST)).await;
    assert_eq!(done["state"], "succeeded", "{done}");
    assert_eq!((&done["result"]["newLines"], &done["result"]["format"]), (&json!(4), &json!("mt940")));
    assert_eq!(done["result"]["statements"][0]["isBalanceChecked"], true);
    let entered = lines(&accountant).await;
    assert_eq!(entered.iter().map(|line| line["amount"].as_str().unwrap()).collect::<Vec<_>>().len(), 4);
    assert_eq!(
        (&entered[3]["name"], &entered[3]["purpose"], &entered[3]["state"]),
        (&json!("Ada"), &json!("RE 7"), &json!("new"))
    );
    let again = import(&app, &accountant, &account, &mt940(10_000, &FIRST)).await;
    assert_eq!(again["result"]["newLines"], 0);
    assert_eq!(again["result"]["statements"][0]["id"], json!(null));
    // From the second day on, and one day more.
    let overlapping = mt940(10_500, &[FIRST[1], FIRST[2], FIRST[3], (4, 700, "b")]);
    let more = import(&app, &accountant, &account, &overlapping).await;
    assert_eq!(
        (&more["result"]["newLines"], &more["result"]["statements"][0]["gap"]),
        (&json!(1), &json!(null))
    );
    assert_eq!(lines(&accountant).await, {
        let mut all = entered.clone();
        all.push(lines(&accountant).await[4].clone());
        all
    });
    let statements = accountant.get("/v1/banking/statements").await.expect(200).json();
    assert_eq!(statements["items"].as_array().unwrap().len(), 2);
    let id = statements["items"][0]["id"].as_str().unwrap().to_owned();
    let statement = accountant.get(&format!("/v1/banking/statements/{id}")).await.expect(200).json();
    assert_eq!((&statement["knownLines"], &statement["closing"]), (&json!(3), &json!("125.00")));
    // For each file one event when it is taken and one when it is done.
    assert_eq!(events(&app, "banking.import_statements").await, 6);
}

#[tokio::test]
async fn what_is_missing_between_statements_is_reported() {
    let (app, _, accountant) = app().await;
    let account = add_account(&accountant).await;
    import(&app, &accountant, &account, &mt940(10_000, &[(1, 500, "a")])).await;
    let done = import(&app, &accountant, &account, &mt940(12_000, &[(5, 500, "b")])).await;
    assert_eq!(done["result"]["statements"][0]["gap"], "15.00");
    let newest = accountant.get("/v1/banking/statements").await.json();
    assert_eq!(decimal(&newest["items"][0]["gap"]), decimal(&json!("15")));
}

#[tokio::test]
async fn a_file_that_cannot_be_taken_changes_nothing() {
    let (app, _, accountant) = app().await;
    let account = add_account(&accountant).await;
    let wrong_sum = mt940(10_000, &FIRST).replace(":62F:C240503EUR118,00", ":62F:C240503EUR118,01");
    let other = mt940(10_000, &FIRST).replace("37040044/0532013000", "37040044/0532013001");
    let broken = mt940(10_000, &FIRST).replace("C5,00N", "C5.00N");
    for (file, word) in [
        (wrong_sum.as_str(), "does not add up"),
        (other.as_str(), "no statement of the file is of this account"),
        (broken.as_str(), "line 5, :61:"),
        ("just a text", "does not say how its CSV files are read"),
    ] {
        let done = import(&app, &accountant, &account, file).await;
        assert_eq!(done["state"], "failed", "{done}");
        assert!(done["errors"].to_string().contains(word), "{done}");
    }
    assert_eq!(lines(&accountant).await, Vec::<serde_json::Value>::new());
    accountant.post_csv(&format!("/v1/banking/accounts/{account}/import-statements"), "").await.expect(400);
    let query = format!("/v1/banking/accounts/{account}/import-statements?format=pdf");
    accountant.post_csv(&query, "x").await.expect(400);
}

#[tokio::test]
async fn csv_is_read_by_the_mapping_of_the_account() {
    let (app, _, accountant) = app().await;
    let account = add_account(&accountant).await;
    let csv = json!({"csv": {"delimiter": ";", "decimalMark": ",", "dateFormat": "DD.MM.YYYY",
        "columns": {"bookedOn": "Tag", "amount": "Betrag", "name": "Name", "externalId": "Nr"}}});
    accountant
        .with("if-match", "*")
        .patch(&format!("/v1/banking/accounts/{account}"), &csv)
        .await
        .expect(200);
    let file = "Tag;Betrag;Name;Nr\n01.05.2024;-4,90;Bank;1\n02.05.2024;19,00;Ada;2\n";
    let done = import(&app, &accountant, &account, file).await;
    assert_eq!(
        (&done["result"]["newLines"], &done["result"]["statements"][0]["isBalanceChecked"]),
        (&json!(2), &json!(false))
    );
    // The same ids with other words are the same lines; with another amount they are refused.
    let again = import(&app, &accountant, &account, &file.replace("Ada", "A. Lovelace")).await;
    assert_eq!(again["result"]["newLines"], 0);
    let other = import(&app, &accountant, &account, &file.replace("19,00", "18,00")).await;
    assert!(other["errors"].to_string().contains("another booking"), "{other}");
}

#[tokio::test]
async fn two_imports_of_one_file_at_once_enter_each_line_once() {
    let (app, _, accountant) = app().await;
    let account = add_account(&accountant).await;
    let path = format!("/v1/banking/accounts/{account}/import-statements");
    for _ in 0..2 {
        accountant.post_csv(&path, mt940(10_000, &FIRST)).await.expect(202);
    }
    let first = app.claim_job().await.unwrap();
    // The other comes first for whoever claims next, and nothing but the account makes them take turns.
    let mut admin = app.db.superuser().await;
    sqlx::query("update jobs.job set position = default, serial_key = null where id = $1")
        .bind(first.id().uuid())
        .execute(&mut admin)
        .await
        .unwrap();
    let second = app.claim_job().await.unwrap();
    assert_ne!(first.id(), second.id());
    let (left, right) = tokio::join!(run(&app, first), run(&app, second));
    assert_eq!((left, right), (Ok(()), Ok(())));
    assert_eq!(lines(&accountant).await.len(), 4);
    let statements: i64 =
        sqlx::query_scalar("select count(*) from banking.statement").fetch_one(&mut admin).await.unwrap();
    assert_eq!(statements, 1);
}

async fn run(app: &TestApp, job: athyper_kernel_jobs::JobRun) -> Result<(), String> {
    let kind = app.jobs.iter().find(|kind| kind.name == job.name()).unwrap();
    (kind.handler)(job).await.map_err(|error| format!("{error:?}"))
}
