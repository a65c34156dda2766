//! Allocation keys in the books: what stands on the sender goes to the targets to the minor unit, once for each period and in order.

use athyper_test_kit::{Client, TestApp};
use rust_decimal::Decimal;
use serde_json::{Value, json};
use tokio::task::JoinSet;

use crate::support::{add_account, books, open_close, post};

const ALLOCATIONS: &str = "/v1/recurring/allocations";
const ENTRIES: &str = "/v1/recurring/entries";
const OCCURRENCES: &str = "/v1/recurring/occurrences";
const CENTRES: [&str; 5] = ["ADMIN", "CLEANING", "MAINTENANCE", "PREPARATION", "FINISHING"];

/// Books with cost centres, an account of costs, and one of hours that counts what is no money.
pub(crate) async fn chart() -> (TestApp, Client, Client) {
    let (app, accountant, admin) = books().await;
    let dimension = json!({"key": "centre", "name": "Cost centre"});
    let id = admin.post("/v1/records/finance.dimension", &dimension).await.expect(201).text("/id");
    for code in CENTRES {
        let value = json!({"dimension": id, "code": code, "name": code});
        admin.post("/v1/records/finance.dimension_value", &value).await.expect(201);
    }
    for (code, kind) in
        [("Bank", "asset"), ("Costs", "expense"), ("Hours", "expense"), ("Hours counted", "expense")]
    {
        add_account(&accountant, code, kind, "other").await;
    }
    (app, accountant, admin)
}

/// Posts an amount about a centre to an account, from another; a negative one the other way round.
async fn book(client: &Client, day: &str, centre: &str, (account, from): (&str, &str), amount: &str) {
    let plain = amount.trim_start_matches('-');
    let (one, other) = if plain == amount { ("debit", "credit") } else { ("credit", "debit") };
    let journal = json!({"date": day, "lines": [
        {"account": account, one: plain, "currency": "EUR", "dimensions": {"centre": centre}},
        {"account": from, other: plain, "currency": "EUR"}]});
    post(client, &journal).await;
}

/// A monthly key that spreads the costs of a centre over others by fixed weights.
fn key(name: &str, sequence: u16, centre: &str, targets: &[(&str, &str)]) -> Value {
    let target =
        |(centre, weight): &(&str, &str)| json!({"dimensions": {"centre": centre}, "weight": weight});
    json!({"name": name, "rhythm": {"every": "month", "dayOfMonth": 31, "firstDay": "2024-01-31"}, "allocation": {
        "sequence": sequence, "sender": {"account": "Costs", "dimensions": {"centre": centre}, "span": "period"},
        "targets": targets.iter().map(target).collect::<Vec<_>>()}})
}

/// Enters a key, and gives its id.
pub(crate) async fn enter(client: &Client, key: &Value) -> String {
    client.post(ALLOCATIONS, key).await.expect(201).text("/id")
}

/// Runs up to a day: how many were made, failed and skipped.
async fn run(client: &Client, up_to: &str) -> (u64, u64, u64) {
    let run = client.post("/v1/recurring/runs", &json!({"upTo": up_to})).await.expect(200).json();
    assert_eq!(run["isComplete"], true, "{run}");
    let count = |name: &str| run[name].as_u64().unwrap();
    (count("made"), count("failed"), count("skipped"))
}

/// What stands on the costs of a centre at the end of a day.
async fn costs(client: &Client, centre: &str, as_of: &str) -> Decimal {
    let path = format!("/v1/finance/reports/trial-balance?asOf={as_of}&dimension=centre:{centre}");
    let report = client.get(&path).await.expect(200).json();
    let lines = report["lines"].as_array().unwrap();
    let line = lines.iter().find(|line| line["account"] == "Costs");
    line.map_or(Decimal::ZERO, |line| line["balance"].as_str().unwrap().parse().unwrap())
}

async fn all_costs(client: &Client, as_of: &str) -> Vec<String> {
    let mut found = Vec::new();
    for centre in CENTRES {
        found.push(costs(client, centre, as_of).await.normalize().to_string());
    }
    found
}

/// The occurrence of an entry that is of this day.
async fn occurrence(client: &Client, entry: &str, day: &str) -> Value {
    let filter = format!("entry%20%3D%3D%20%22{entry}%22%20%26%26%20dueOn%20%3D%3D%20%22{day}%22");
    let id = client.get(&format!("{OCCURRENCES}?filter={filter}")).await.expect(200).text("/items/0/id");
    client.get(&format!("{OCCURRENCES}/{id}")).await.expect(200).json()
}

/// "Exercise-3: Direct vs step down method of cost allocation", accountingformanagement.org/exercise-3-sdc: administration 42,000 by 600
/// employees is 70 for each; cleaning then has 36,000 and 0.72 for each of 50,000 square feet; maintenance then has 30,000 and 1.20
/// for each of 20,000 machine hours, which are counted in the books here.
#[tokio::test]
async fn service_departments_are_allocated_step_by_step() {
    let (_app, accountant, _) = chart().await;
    for (centre, amount) in [("ADMIN", "42000.00"), ("CLEANING", "33900.00"), ("MAINTENANCE", "18000.00")] {
        book(&accountant, "2024-01-15", centre, ("Costs", "Bank"), amount).await;
    }
    for (centre, hours) in [("PREPARATION", "5000.00"), ("FINISHING", "15000.00")] {
        book(&accountant, "2024-01-20", centre, ("Hours", "Hours counted"), hours).await;
    }
    // They are entered in another order than they are made in.
    let mut maintenance = key("Maintenance", 3, "MAINTENANCE", &[]);
    maintenance["allocation"]["measure"] = json!({"accounts": {"code": "Hours"}, "span": "period"});
    maintenance["allocation"]["targets"] =
        json!([{"dimensions": {"centre": "PREPARATION"}}, {"dimensions": {"centre": "FINISHING"}}]);
    let last = enter(&accountant, &maintenance).await;
    let feet = [("MAINTENANCE", "5000"), ("PREPARATION", "10000"), ("FINISHING", "35000")];
    enter(&accountant, &key("Cleaning", 2, "CLEANING", &feet)).await;
    let employees =
        [("CLEANING", "30"), ("MAINTENANCE", "120"), ("PREPARATION", "300"), ("FINISHING", "150")];
    let first = enter(&accountant, &key("Administration", 1, "ADMIN", &employees)).await;

    let preview = async |entry: &str| {
        accountant.get(&format!("{ENTRIES}/{entry}/allocation-preview")).await.expect(200).json()
    };
    let shown = preview(&first).await;
    assert_eq!((shown["dueOn"].as_str(), &shown["waitsFor"]), (Some("2024-01-31"), &Value::Null));
    let amounts: Vec<&str> = shown["allocation"]["shares"]
        .as_array()
        .unwrap()
        .iter()
        .map(|it| it["amount"].as_str().unwrap())
        .collect();
    assert_eq!(amounts, ["2100.00", "8400.00", "21000.00", "10500.00"]);
    // The books as they are now: what the earlier keys bring is not there yet, and it says so.
    let shown = preview(&last).await;
    assert_eq!(
        (shown["allocation"]["amount"].as_str(), shown["waitsFor"].as_str()),
        (Some("18000.00"), Some("Administration"))
    );

    assert_eq!(run(&accountant, "2024-01-31").await, (3, 0, 0));
    assert_eq!(run(&accountant, "2024-01-31").await, (0, 0, 0));
    // 21,000 + 7,200 + 7,500 and 10,500 + 25,200 + 22,500.
    assert_eq!(all_costs(&accountant, "2024-01-31").await, ["0", "0", "0", "35700", "58200"]);
    let made = occurrence(&accountant, &last, "2024-01-31").await;
    assert_eq!(
        (made["allocation"]["amount"].as_str(), made["allocation"]["weight"].as_str()),
        (Some("30000.00"), Some("20000"))
    );

    // They are undone from the last one on.
    let undo = async |entry: &str| {
        let id = occurrence(&accountant, entry, "2024-01-31").await["id"].as_str().unwrap().to_owned();
        accountant.post(&format!("{OCCURRENCES}/{id}/undo"), &json!({"reason": "A bill came late"})).await
    };
    assert_eq!(undo(&first).await.expect(409).code(), "recurring.later_key_made");
    undo(&last).await.expect(200);
    assert_eq!(all_costs(&accountant, "2024-01-31").await, ["0", "0", "30000", "28200", "35700"]);
    assert_eq!(run(&accountant, "2024-01-31").await, (0, 0, 0));
}

#[tokio::test]
async fn a_key_waits_for_those_before_it_and_nothing_is_spread_twice() {
    let (app, accountant, _) = chart().await;
    let halves = [("PREPARATION", "1"), ("FINISHING", "1")];
    let mut first = key("First", 1, "ADMIN", &[]);
    first["allocation"]["measure"] = json!({"accounts": {"under": "Hours"}, "span": "year"});
    first["allocation"]["targets"] =
        json!([{"dimensions": {"centre": "CLEANING"}}, {"dimensions": {"centre": "FINISHING"}}]);
    let first = enter(&accountant, &first).await;
    let second = enter(&accountant, &key("Second", 2, "CLEANING", &halves)).await;
    book(&accountant, "2024-01-10", "ADMIN", ("Costs", "Bank"), "0.05").await;
    book(&accountant, "2024-01-10", "CLEANING", ("Costs", "Bank"), "0.02").await;

    // Nothing is weighed: the first fails, and the second waits for it.
    assert_eq!(run(&accountant, "2024-01-31").await, (0, 2, 0));
    let failed = occurrence(&accountant, &first, "2024-01-31").await;
    assert_eq!(failed["problemCode"], "recurring.weights");
    assert!(
        failed["problem"].as_str().unwrap().contains("/allocation/measure: all weights are zero"),
        "{failed}"
    );
    let waiting = occurrence(&accountant, &second, "2024-01-31").await;
    assert_eq!(waiting["problemCode"], "recurring.waits_for_key");
    let refused = accountant.get(&format!("{ENTRIES}/{first}/allocation-preview")).await.expect(422);
    assert_eq!(refused.json()["errors"][0]["code"], "no_weight");
    let close = open_close(&accountant, "2024-01").await;
    let steps = accountant.get(&close).await.expect(200).json()["checklist"]["proven"].clone();
    let step = steps
        .as_array()
        .unwrap()
        .iter()
        .find(|step| step["step"] == "recurring.entries_made")
        .unwrap()
        .clone();
    assert_eq!((step["isProven"].as_bool(), step["count"].as_u64()), (Some(false), Some(2)));

    // Weights of both signs are none either; with one sign it is made by one of many who run at once.
    book(&accountant, "2024-01-11", "CLEANING", ("Hours", "Hours counted"), "-2.00").await;
    book(&accountant, "2024-01-11", "FINISHING", ("Hours", "Hours counted"), "1.00").await;
    app.db.clock.advance(chrono::TimeDelta::seconds(1));
    assert_eq!(run(&accountant, "2024-01-31").await, (0, 2, 0));
    let failed = occurrence(&accountant, &first, "2024-01-31").await;
    assert!(failed["problem"].as_str().unwrap().contains("/allocation/targets/1"), "{failed}");
    app.db.clock.advance(chrono::TimeDelta::seconds(1));
    book(&accountant, "2024-01-12", "FINISHING", ("Hours", "Hours counted"), "-2.00").await;
    let mut runners = JoinSet::new();
    for _ in 0..4 {
        let client = app.user("demo", "accountant");
        runners.spawn(async move {
            client.post("/v1/recurring/runs", &json!({"upTo": "2024-01-31"})).await.status
        });
    }
    while let Some(status) = runners.join_next().await {
        assert!([200, 409, 503].contains(&status.unwrap()));
    }
    assert_eq!(run(&accountant, "2024-01-31").await, (0, 0, 0));
    // 0.05 by two and one is 0.03 and 0.02; 0.02 and 0.03 by halves is 0.03 and 0.02, the odd cent to the earlier target.
    assert_eq!(all_costs(&accountant, "2024-01-31").await, ["0", "0", "0", "0.03", "0.04"]);
    let mut superuser = app.db.superuser().await;
    let journals = "select count(*) from finance.journal where source_entity = 'recurring.occurrence'";
    let journals: i64 = sqlx::query_scalar(journals).fetch_one(&mut superuser).await.unwrap();
    assert_eq!(journals, 2);

    // A month in which nothing stands on the sender makes nothing, and is decided with that.
    assert_eq!(run(&accountant, "2024-02-29").await, (0, 0, 2));
    let skipped = occurrence(&accountant, &second, "2024-02-29").await;
    assert_eq!((skipped["state"].as_str(), &skipped["journal"]), (Some("skipped"), &Value::Null));
    assert_eq!(skipped["allocation"]["amount"], "0.00");
}

#[tokio::test]
async fn the_sender_and_the_measure_have_times_of_their_own() {
    let (_app, accountant, _) = chart().await;
    for (centre, hours) in [("PREPARATION", "1.00"), ("FINISHING", "3.00")] {
        book(&accountant, "2024-01-20", centre, ("Hours", "Hours counted"), hours).await;
    }
    for (centre, span, sums) in
        [("ADMIN", "period", ["8.00", "4.00"]), ("CLEANING", "year", ["5.00", "3.00"])]
    {
        for (day, sum) in ["2024-01-10", "2024-02-10"].into_iter().zip(sums) {
            book(&accountant, day, centre, ("Costs", "Bank"), sum).await;
        }
        let mut key = key(centre, 1, centre, &[]);
        key["rhythm"]["firstDay"] = json!("2024-02-29");
        key["allocation"]["sender"]["span"] = json!(span);
        // Nothing was counted in February.
        key["allocation"]["measure"] = json!({"accounts": {"code": "Hours"}, "span": "year"});
        key["allocation"]["targets"] =
            json!([{"dimensions": {"centre": "PREPARATION"}}, {"dimensions": {"centre": "FINISHING"}}]);
        enter(&accountant, &key).await;
    }
    assert_eq!(run(&accountant, "2024-02-29").await, (2, 0, 0));
    // 4 of February, and 8 of both months, by one and three.
    assert_eq!(all_costs(&accountant, "2024-02-29").await, ["8", "0", "0", "3", "9"]);
}

#[tokio::test]
async fn what_no_key_can_be_is_refused_with_its_field() {
    let (app, accountant, _) = chart().await;
    let good = key("Key", 1, "ADMIN", &[("FINISHING", "1")]);
    let refused = async |change: &dyn Fn(&mut Value)| {
        let mut key = good.clone();
        change(&mut key);
        let errors = accountant.post(ALLOCATIONS, &key).await.expect(422).json()["errors"].clone();
        let text = |name: &str| errors[0][name].as_str().unwrap().to_owned();
        (text("pointer"), text("code"))
    };
    let is = |pointer: &str, code: &str| (pointer.to_owned(), code.to_owned());
    let found = refused(&|key| key["allocation"]["targets"][0]["weight"] = json!("0")).await;
    assert_eq!(found, is("/allocation/targets", "no_weight"));
    let found =
        refused(&|key| key["allocation"]["targets"][0]["dimensions"] = json!({"centre": "NOWHERE"})).await;
    assert_eq!(found, is("/allocation/targets/0/dimensions", "unknown_value"));
    let found = refused(&|key| key["allocation"]["sender"]["account"] = json!("Nowhere")).await;
    assert_eq!(found, is("/allocation/sender/account", "unknown_account"));
    let found = refused(&|key| key["rhythm"]["every"] = json!("week")).await;
    assert_eq!(found, is("/rhythm/every", "too_often"));

    // It is made by the job only where it is said to be; otherwise it waits for somebody.
    let id = enter(&accountant, &good).await;
    let mut automatic = key("Automatic", 1, "CLEANING", &[("FINISHING", "1")]);
    automatic["allocation"]["isAutomatic"] = json!(true);
    enter(&accountant, &automatic).await;
    for centre in ["ADMIN", "CLEANING"] {
        book(&accountant, "2024-01-10", centre, ("Costs", "Bank"), "7.00").await;
    }
    crate::recurring::run_job(&app).await;
    assert_eq!(all_costs(&accountant, "2024-01-31").await, ["7", "0", "0", "0", "7"]);
    let change =
        json!({"allocation": key("", 1, "ADMIN", &[("PREPARATION", "3"), ("FINISHING", "4")])["allocation"]});
    let entry = format!("{ENTRIES}/{id}");
    let tag = accountant.get(&entry).await.expect(200).header("etag");
    accountant.with("if-match", &tag).patch(&entry, &change).await.expect(200);
    run(&accountant, "2024-01-31").await;
    assert_eq!(all_costs(&accountant, "2024-01-31").await, ["0", "0", "0", "3", "11"]);
    let tag = accountant.get(&entry).await.expect(200).header("etag");
    let lines =
        json!({"lines": [{"account": "Costs", "debit": "1.00"}, {"account": "Bank", "credit": "1.00"}]});
    let refused = accountant.with("if-match", &tag).patch(&entry, &lines).await.expect(422);
    assert_eq!(refused.json()["errors"][0]["pointer"], "/lines");
}

#[tokio::test]
async fn whatever_is_posted_and_run_nothing_is_left_on_the_senders_and_nothing_is_lost() {
    let (_app, accountant, _) = chart().await;
    let mut third =
        key("Third", 2, "MAINTENANCE", &[("FINISHING", "2.5"), ("PREPARATION", "0.7"), ("CLEANING", "1")]);
    third["allocation"]["sender"]["span"] = json!("year");
    let thirds = [("CLEANING", "1"), ("MAINTENANCE", "1"), ("FINISHING", "1")];
    for key in [key("Administration", 1, "ADMIN", &thirds), third] {
        enter(&accountant, &key).await;
    }
    // A linear congruential generator (Knuth, "The Art of Computer Programming", volume 2, section 3.3.4).
    let mut seed: u64 = 20_240_131;
    let mut next = |below: u64| {
        seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (seed >> 33) % below
    };
    let mut total = Decimal::ZERO;
    for month in 1..=6_u32 {
        for _ in 0..next(5) {
            let centre = CENTRES[usize::try_from(next(5)).unwrap()];
            let amount = Decimal::new(i64::try_from(next(200_001)).unwrap() - 100_000, 2);
            if !amount.is_zero() {
                let day = format!("2024-{month:02}-{:02}", next(27) + 1);
                book(&accountant, &day, centre, ("Costs", "Bank"), &amount.to_string()).await;
                total += amount;
            }
        }
        if next(3) > 0 {
            continue;
        }
        let (_, failed, _) = run(&accountant, &format!("2024-{month:02}-28")).await;
        assert_eq!(failed, 0);
    }
    let (_, failed, _) = run(&accountant, "2024-06-30").await;
    assert_eq!(failed, 0);
    for centre in ["ADMIN", "MAINTENANCE"] {
        for day in ["2024-01-31", "2024-03-31", "2024-06-30"] {
            assert_eq!(costs(&accountant, centre, day).await, Decimal::ZERO, "{centre} {day}");
        }
    }
    let mut sum = Decimal::ZERO;
    for centre in CENTRES {
        sum += costs(&accountant, centre, "2024-06-30").await;
    }
    assert_eq!(sum, total);
}
