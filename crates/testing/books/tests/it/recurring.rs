//! Recurring entries, accruals and deferrals in the books: each occurrence once, whoever runs, and what the ledger refuses is kept.

use athyper_kernel_audit::AuditEvent;
use athyper_kernel_jobs::{JobError, NewJob, enqueue};
use athyper_test_kit::{Client, TestApp};
use serde_json::{Value, json};
use tokio::task::JoinSet;

use crate::support::{add_account, balances, books, open_close, pair, period_of, post};

const ENTRIES: &str = "/v1/recurring/entries";
const OCCURRENCES: &str = "/v1/recurring/occurrences";

async fn chart() -> (TestApp, Client, Client) {
    let (app, accountant, admin) = books().await;
    for (code, kind) in [
        ("Bank", "asset"),
        ("Prepaid", "asset"),
        ("Accrued", "liability"),
        ("Rent", "expense"),
        ("Salaries", "expense"),
        ("Insurance", "expense"),
    ] {
        add_account(&accountant, code, kind, "other").await;
    }
    (app, accountant, admin)
}

/// An entry of this amount on the last day of each month from this day on.
fn monthly(name: &str, first: &str, amount: &str) -> Value {
    json!({"name": name, "rhythm": {"every": "month", "dayOfMonth": 31, "firstDay": first},
        "lines": [{"account": "Rent", "debit": amount}, {"account": "Bank", "credit": amount}]})
}

/// An accrual of this amount on a day, and its reversal.
fn accrual(day: &str, amount: &str, reversal: &Value) -> Value {
    json!({"name": "Salaries", "rhythm": {"every": "once", "firstDay": day}, "reversal": reversal,
        "lines": [{"account": "Salaries", "debit": amount}, {"account": "Accrued", "credit": amount}]})
}

async fn enter(client: &Client, entry: &Value) -> String {
    client.post(ENTRIES, entry).await.expect(201).text("/id")
}

/// Runs up to a day and gives how many were made and failed.
async fn run(client: &Client, up_to: &str) -> (u64, u64) {
    let run = client.post("/v1/recurring/runs", &json!({"upTo": up_to})).await.expect(200).json();
    assert_eq!(run["isComplete"], true, "{run}");
    (run["made"].as_u64().unwrap(), run["failed"].as_u64().unwrap())
}

/// Runs the job.
pub(crate) async fn run_job(app: &TestApp) {
    try_job(app).await.unwrap();
}

async fn try_job(app: &TestApp) -> Result<(), JobError> {
    app.db.clock.advance(chrono::TimeDelta::seconds(1));
    let context = app.db.context("demo");
    let mut tx = app.db.database.tenant_tx(&context).await.unwrap();
    let job = NewJob::of_type("recurring.make_occurrences", "default", 5, json!({}));
    enqueue(&mut tx, job).await.unwrap();
    tx.commit(AuditEvent::info("test.enqueue")).await.unwrap();
    app.run_job().await.map(drop)
}

/// Day, step and state of all occurrences, in the order of days.
async fn occurrences(client: &Client) -> Vec<(String, String, String)> {
    let page = client.get(&format!("{OCCURRENCES}?limit=200&sort=dueOn")).await.expect(200).json();
    let text = |it: &Value, name: &str| it[name].as_str().unwrap().to_owned();
    let items = page["items"].as_array().unwrap();
    items.iter().map(|it| (text(it, "dueOn"), text(it, "step"), text(it, "state"))).collect()
}

/// Id of the only occurrence in this state.
async fn in_state(client: &Client, state: &str) -> String {
    let page =
        client.get(&format!("{OCCURRENCES}?filter=state%20%3D%3D%20%22{state}%22")).await.expect(200).json();
    assert_eq!(page["items"].as_array().unwrap().len(), 1, "{page}");
    page["items"][0]["id"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn each_occurrence_is_made_once_by_runs_and_by_the_job() {
    let (app, accountant, _) = chart().await;
    let id = enter(&accountant, &monthly("Office rent", "2024-09-30", "100.00")).await;
    let preview = accountant.get(&format!("{ENTRIES}/{id}/preview?count=3")).await.expect(200).json();
    let days: Vec<&str> =
        preview["coming"].as_array().unwrap().iter().map(|it| it["dueOn"].as_str().unwrap()).collect();
    assert_eq!(days, ["2024-09-30", "2024-10-31", "2024-11-30"]);
    assert_eq!(run(&accountant, "2024-10-31").await, (2, 0));
    assert_eq!(run(&accountant, "2024-10-31").await, (0, 0));
    run_job(&app).await;
    run_job(&app).await;
    let made = occurrences(&accountant).await;
    assert_eq!(made.len(), 4, "{made:?}");
    assert!(made.iter().all(|(_, _, state)| state == "made"), "{made:?}");
    assert_eq!(run(&accountant, "2025-02-28").await, (2, 0));
    assert_eq!(balances(&accountant, "2025-02-28").await, [pair("Bank", "-600.00"), pair("Rent", "600.00")]);

    let far = accountant.post("/v1/recurring/runs", &json!({"upTo": "2030-01-01"})).await.expect(422);
    assert_eq!(far.code(), "recurring.too_far_ahead");
}

/// Warren, Reeve and Duchac, "Financial and Managerial Accounting", chapter 4, exercise on adjusting and reversing entries: three days
/// of salaries of $2,350 are accrued on 31 December with $7,050 and reversed on 1 January, the first day of the following year.
#[tokio::test]
async fn an_accrual_reverses_itself_on_the_first_day_of_the_next_period() {
    let (app, accountant, _) = chart().await;
    enter(&accountant, &accrual("2024-12-31", "7050.00", &json!({"nextPeriod": {}}))).await;
    assert_eq!(run(&accountant, "2024-12-31").await, (1, 0));
    assert_eq!(
        balances(&accountant, "2024-12-31").await,
        [pair("Accrued", "-7050.00"), pair("Salaries", "7050.00")]
    );
    run_job(&app).await;
    run_job(&app).await;
    assert_eq!(run(&accountant, "2025-06-30").await, (0, 0));
    let made = |day: &str, step: &str| (day.to_owned(), step.to_owned(), "made".to_owned());
    assert_eq!(occurrences(&accountant).await, [made("2024-12-31", "post"), made("2025-01-01", "reverse")]);
    let page = accountant.get(&format!("{OCCURRENCES}?sort=dueOn")).await.json();
    let undo = |place: usize| format!("{OCCURRENCES}/{}/undo", page["items"][place]["id"].as_str().unwrap());
    let reason = json!({"reason": "The payroll came"});
    let refused = accountant.post(&undo(0), &reason).await.expect(409);
    assert_eq!(refused.code(), "recurring.reversed_already");
    assert_eq!(accountant.post(&undo(1), &reason).await.expect(409).code(), "recurring.is_reversal");
}

#[tokio::test]
async fn an_accrual_that_is_undone_is_not_reversed_again() {
    let (_app, accountant, _) = chart().await;
    enter(&accountant, &accrual("2024-12-31", "50.00", &json!({"on": "2025-01-15"}))).await;
    assert_eq!(run(&accountant, "2024-12-31").await, (1, 0));
    let id = in_state(&accountant, "made").await;
    let undo = format!("{OCCURRENCES}/{id}/undo");
    let undone = accountant.post(&undo, &json!({"reason": "The invoice came"})).await.expect(200);
    assert_eq!(undone.text("/state"), "undone");
    assert_eq!(run(&accountant, "2025-03-31").await, (0, 0));
    let state = |day: &str, step: &str, state: &str| (day.to_owned(), step.to_owned(), state.to_owned());
    assert_eq!(
        occurrences(&accountant).await,
        [state("2024-12-31", "post", "undone"), state("2025-01-15", "reverse", "skipped")]
    );
    assert_eq!(balances(&accountant, "2025-03-31").await, []);
    assert_eq!(
        accountant.post(&undo, &json!({"reason": "Again"})).await.expect(409).code(),
        "recurring.occurrence_state"
    );
}

/// Hermanson, Edwards and Maher, "Accounting Principles: A Business Perspective", chapter 3, adjustment 1: of a policy of one year for
/// 2,400 one month is 200, which leaves 2,200 prepaid.
#[tokio::test]
async fn a_prepaid_expense_is_spread_to_nothing() {
    let (_app, accountant, _) = chart().await;
    let paid = json!({"date": "2024-03-01", "lines": [
        {"account": "Prepaid", "debit": "2400.00", "currency": "EUR"}, {"account": "Bank", "credit": "2400.00", "currency": "EUR"}]});
    post(&accountant, &paid).await;
    let deferral = json!({"name": "Insurance", "amount": "2400.00", "debit": {"account": "Insurance"},
        "credit": {"account": "Prepaid"}, "over": {"months": {"firstDay": "2024-03-01", "count": 12}}});
    let id = accountant.post("/v1/recurring/deferrals", &deferral).await.expect(201).text("/id");
    assert_eq!(run(&accountant, "2024-03-31").await, (1, 0));
    let balance = |amounts: [&str; 2]| {
        [pair("Bank", "-2400.00"), pair("Insurance", amounts[0]), pair("Prepaid", amounts[1])]
    };
    assert_eq!(balances(&accountant, "2024-03-31").await, balance(["200.00", "2200.00"]));
    assert_eq!(run(&accountant, "2025-12-31").await, (11, 0));
    assert_eq!(
        balances(&accountant, "2025-02-28").await,
        [pair("Bank", "-2400.00"), pair("Insurance", "2400.00")]
    );
    assert_eq!(accountant.get(&format!("{ENTRIES}/{id}")).await.expect(200).text("/state"), "ended");

    let small = json!({"name": "Small", "amount": "0.05", "debit": {"account": "Insurance"},
        "credit": {"account": "Nowhere"}, "over": {"days": {"from": "2024-03-01", "to": "2025-03-01"}}});
    let refused = accountant.post("/v1/recurring/deferrals", &small).await.expect(422);
    assert_eq!(refused.json()["errors"][0]["code"], "too_small");
}

#[tokio::test]
async fn what_the_ledger_refuses_is_kept_and_holds_nothing_up() {
    let (_app, accountant, admin) = chart().await;
    let first = enter(&accountant, &monthly("First", "2024-10-31", "10.00")).await;
    let second = monthly("Second", "2024-12-31", "5.00");
    enter(&accountant, &second).await;
    let opening = json!({"date": "2024-11-15", "lines": [
        {"account": "Rent", "debit": "1.00", "currency": "EUR"}, {"account": "Bank", "credit": "1.00", "currency": "EUR"}]});
    post(&accountant, &opening).await;
    let november = period_of(&accountant, "2024-11").await;
    admin.post_empty(&format!("/v1/finance/periods/{november}/soft-close")).await.expect(200);

    // October, December twice; November is refused and holds up neither.
    assert_eq!(run(&accountant, "2024-12-31").await, (3, 1));
    assert_eq!(balances(&accountant, "2024-12-31").await, [pair("Bank", "-26.00"), pair("Rent", "26.00")]);
    let failed = in_state(&accountant, "failed").await;
    let shown = accountant.get(&format!("{OCCURRENCES}/{failed}")).await.expect(200).json();
    assert_eq!((shown["dueOn"].as_str(), shown["attempts"].as_u64()), (Some("2024-11-30"), Some(1)));
    assert!(
        shown["problem"].is_string() && shown["problemCode"].as_str().unwrap().starts_with("finance."),
        "{shown}"
    );
    let retry = format!("{OCCURRENCES}/{failed}/retry");
    assert_eq!(accountant.post_empty(&retry).await.expect(200).text("/state"), "failed");

    // The close says so, and of what nobody has run yet.
    let close = open_close(&accountant, "2024-12").await;
    let step = async || {
        let list = accountant.get(&close).await.expect(200).json()["checklist"]["proven"].clone();
        list.as_array()
            .unwrap()
            .iter()
            .find(|step| step["step"] == "recurring.entries_made")
            .cloned()
            .unwrap()
    };
    assert_eq!((step().await["isProven"].as_bool(), step().await["count"].as_u64()), (Some(false), Some(1)));
    accountant.get(step().await["link"].as_str().unwrap()).await.expect(200);
    enter(&accountant, &monthly("Third", "2024-12-31", "1.00")).await;
    assert_eq!(step().await["count"].as_u64(), Some(2));
    assert_eq!(run(&accountant, "2024-12-31").await.0, 1);

    admin
        .post(&format!("/v1/finance/periods/{november}/reopen"), &json!({"reason": "An entry came late"}))
        .await
        .expect(200);
    assert_eq!(accountant.post_empty(&retry).await.expect(200).text("/state"), "made");
    assert_eq!(accountant.post_empty(&retry).await.expect(409).code(), "recurring.occurrence_state");
    assert_eq!(step().await["isProven"], true);
    assert_eq!(balances(&accountant, "2024-12-31").await, [pair("Bank", "-37.00"), pair("Rent", "37.00")]);

    // While it is paused nothing of it is made; what fell due meanwhile is made afterwards, or skipped.
    accountant.post_empty(&format!("{ENTRIES}/{first}/pause")).await.expect(200);
    assert_eq!(run(&accountant, "2025-01-31").await, (2, 0));
    accountant.post_empty(&format!("{ENTRIES}/{first}/resume")).await.expect(200);
    assert_eq!(run(&accountant, "2025-01-31").await, (1, 0));
    accountant.post_empty(&format!("{ENTRIES}/{first}/end")).await.expect(200);
    assert_eq!(run(&accountant, "2025-02-28").await, (2, 0));
}

#[tokio::test]
async fn a_fault_of_the_system_stops_one_entry_and_the_job_makes_the_others() {
    let (app, accountant, _) = chart().await;
    enter(&accountant, &monthly("Broken", "2024-11-30", "1.00")).await;
    enter(&accountant, &monthly("Whole", "2024-11-30", "2.00")).await;
    let mut superuser = app.db.superuser().await;
    let fault = "create function public.fail() returns trigger language plpgsql as $$ begin raise exception 'the disk is gone'; end $$; \
        create trigger fault before insert on finance.journal for each row when (new.narration = 'Broken') execute function public.fail()";
    sqlx::raw_sql(fault).execute(&mut superuser).await.unwrap();
    try_job(&app).await.unwrap_err();
    let states = async || {
        let mut states: Vec<String> = occurrences(&accountant).await.into_iter().map(|it| it.2).collect();
        states.sort();
        states
    };
    assert_eq!(states().await, ["made", "made", "planned", "planned"]);
    assert_eq!(balances(&accountant, "2024-12-31").await, [pair("Bank", "-4.00"), pair("Rent", "4.00")]);
    sqlx::raw_sql("drop trigger fault on finance.journal").execute(&mut superuser).await.unwrap();
    run_job(&app).await;
    assert_eq!(states().await, ["made"; 4]);
    assert_eq!(balances(&accountant, "2024-12-31").await, [pair("Bank", "-6.00"), pair("Rent", "6.00")]);
}

#[tokio::test]
async fn of_many_who_run_at_once_each_occurrence_is_made_by_one() {
    let (app, accountant, _) = chart().await;
    for number in 0..4 {
        enter(&accountant, &monthly(&format!("Rent {number}"), "2024-07-31", "1.00")).await;
    }
    enter(&accountant, &accrual("2024-08-31", "3.00", &json!({"nextPeriod": {}}))).await;
    let mut runners = JoinSet::new();
    for number in 0..6 {
        let client = app.user("demo", "accountant");
        let up_to = ["2024-09-30", "2024-12-31"][number % 2];
        runners.spawn(async move { client.post("/v1/recurring/runs", &json!({"upTo": up_to})).await.status });
    }
    while let Some(status) = runners.join_next().await {
        assert!([200, 409, 503].contains(&status.unwrap()));
    }
    run_job(&app).await;
    assert_eq!(run(&accountant, "2024-12-31").await, (0, 0));
    let made = occurrences(&accountant).await;
    assert_eq!(made.len(), 4 * 6 + 2, "{made:?}");
    assert!(made.iter().all(|(_, _, state)| state == "made"), "{made:?}");
    assert_eq!(balances(&accountant, "2024-12-31").await, [pair("Bank", "-24.00"), pair("Rent", "24.00")]);
    let mut superuser = app.db.superuser().await;
    let journals: i64 =
        sqlx::query_scalar("select count(*) from finance.journal").fetch_one(&mut superuser).await.unwrap();
    assert_eq!(journals, 4 * 6 + 2);
}

#[tokio::test]
async fn whatever_the_order_of_runs_each_occurrence_is_made_once() {
    let (app, accountant, _) = chart().await;
    let entries = [
        enter(&accountant, &monthly("A", "2024-01-31", "1.00")).await,
        enter(&accountant, &monthly("B", "2024-05-31", "1.00")).await,
    ];
    // A linear congruential generator (Knuth, "The Art of Computer Programming", volume 2, section 3.3.4): a history that is the same
    // in each run of the test.
    let mut seed: u64 = 20_250_131;
    let mut next = |below: u64| {
        seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (seed >> 33) % below
    };
    for _ in 0..40 {
        let entry = &entries[usize::try_from(next(2)).unwrap()];
        match next(4) {
            0 => drop(accountant.post_empty(&format!("{ENTRIES}/{entry}/pause")).await),
            1 => drop(accountant.post_empty(&format!("{ENTRIES}/{entry}/resume")).await),
            _ => drop(run(&accountant, &format!("2024-{:02}-28", next(12) + 1)).await),
        }
    }
    for entry in &entries {
        accountant.post_empty(&format!("{ENTRIES}/{entry}/resume")).await;
    }
    run(&accountant, "2024-12-31").await;
    run_job(&app).await;
    assert_eq!(balances(&accountant, "2024-12-31").await, [pair("Bank", "-20.00"), pair("Rent", "20.00")]);
    let made = occurrences(&accountant).await;
    assert_eq!(made.len(), 20, "{made:?}");
}
