//! Posting: what it checks, the numbers it gives, and what many at once do.

use rust_decimal::Decimal;
use serde_json::{Value, json};

use crate::support::{
    CASH, FEES, add_account, after_a_posting_under_way, app_with_accounts, balances, draft, events, fee,
    field, fields, filtered, post,
};

#[tokio::test]
async fn a_posted_journal_has_a_number_and_counts() {
    let (app, accountant) = app_with_accounts().await;
    let posted = post(&accountant, &fee("2025-01-10", "4.00")).await.expect(200);
    assert_eq!(posted.text("/number"), "JE-2025-000001");
    assert_eq!(posted.text("/state"), "posted");
    assert_eq!(posted.text("/postedBy"), "accountant@demo");
    assert_eq!(posted.header("etag"), "\"2\"");
    assert_eq!(balances(&accountant, "2025-01-31").await, [field(CASH, "-4.00"), field(FEES, "4.00")]);
    let written = events(&app, "finance.post_journal").await;
    assert_eq!(written.len(), 1);
    assert_eq!(written[0].1, Some(posted.text("/id")));
    assert_eq!(written[0].2["number"], "JE-2025-000001");
    assert_eq!(written[0].2["totals"], json!({"USD": "4.00"}));
    let path = format!("/v1/finance/journals/{}/post", posted.text("/id"));
    assert_eq!(accountant.post_empty(&path).await.expect(409).code(), "finance.journal_not_draft");
}

#[tokio::test]
async fn a_journal_balances_in_each_currency_to_the_last_minor_unit() {
    let (_app, accountant) = app_with_accounts().await;
    for (lines, expected) in [
        (
            json!([{"account": FEES, "debit": "4.00"}, {"account": CASH, "credit": "3.99"}]),
            "debits exceed the other side by 0.01 USD",
        ),
        (
            json!([{"account": FEES, "debit": "4.00"}, {"account": CASH, "credit": "4.00", "currency": "EUR"}]),
            "credits exceed the other side by 4.00 EUR, debits exceed the other side by 4.00 USD",
        ),
    ] {
        let answer = post(&accountant, &json!({"date": "2025-01-10", "lines": lines})).await.expect(422);
        assert_eq!(answer.code(), "finance.journal_unbalanced");
        assert!(answer.text("/detail").ends_with(expected), "{answer:?}");
        assert_eq!(fields(&answer), [field("/lines", "unbalanced")]);
    }
    let both = json!([
        {"account": FEES, "debit": "4.00"}, {"account": CASH, "credit": "4.00"},
        {"account": FEES, "debit": "300", "currency": "JPY"}, {"account": CASH, "credit": "300", "currency": "JPY"},
    ]);
    let journal = json!({"date": "2025-01-10", "lines": both, "rates": {"JPY": "0.0064"}});
    post(&accountant, &journal).await.expect(200);
}

#[tokio::test]
async fn accounts_must_take_postings_when_the_journal_is_posted() {
    let (_app, accountant) = app_with_accounts().await;
    let bank = add_account(&accountant, "Assets:Bank", "asset").await;
    let journal = json!({"date": "2025-01-10", "lines": [
        {"account": FEES, "debit": "4.00"}, {"account": "Assets:Bank", "credit": "3.00"}, {"account": "Assets", "credit": "1.00"},
    ]});
    let id = draft(&accountant, &journal).await;
    let path = format!("/v1/finance/accounts/{bank}");
    accountant.with("if-match", "*").patch(&path, &json!({"state": "blocked"})).await.expect(200);
    let answer = accountant.post_empty(&format!("/v1/finance/journals/{id}/post")).await.expect(422);
    assert_eq!(answer.code(), "finance.accounts_not_usable");
    assert_eq!(
        fields(&answer),
        [field("/lines/1/account", "account_not_usable"), field("/lines/2/account", "account_not_usable"),]
    );
}

#[tokio::test]
async fn numbers_have_no_gaps_within_a_year_though_some_postings_fail() {
    let (_app, accountant) = app_with_accounts().await;
    let unbalanced = json!({"date": "2025-01-10", "lines": [{"account": FEES, "debit": "1"}, {"account": CASH, "credit": "2"}]});
    let mut numbers = Vec::new();
    for date in ["2025-01-10", "2024-12-31", "2025-03-01", "2024-01-01"] {
        post(&accountant, &unbalanced).await.expect(422);
        numbers.push(post(&accountant, &fee(date, "1.00")).await.expect(200).text("/number"));
    }
    assert_eq!(numbers, ["JE-2025-000001", "JE-2024-000001", "JE-2025-000002", "JE-2024-000002"]);
}

#[tokio::test]
async fn many_who_post_at_once_get_all_numbers_and_one_true_balance() {
    const JOURNALS: usize = 24;
    let (app, accountant) = app_with_accounts().await;
    let mut ids = Vec::new();
    for number in 0..JOURNALS {
        // The order of the accounts changes, so that a careless order of locks would show.
        let (debit, credit) = if number % 2 == 0 { (FEES, CASH) } else { (CASH, FEES) };
        let amount = if number % 2 == 0 { "3.00" } else { "1.00" };
        let lines = json!([{"account": debit, "debit": amount}, {"account": credit, "credit": amount}]);
        ids.push(draft(&accountant, &json!({"date": "2025-01-10", "lines": lines})).await);
    }
    let mut all = tokio::task::JoinSet::new();
    for id in ids {
        let accountant = app.user("demo", "accountant");
        all.spawn(async move {
            accountant
                .post_empty(&format!("/v1/finance/journals/{id}/post"))
                .await
                .expect(200)
                .text("/number")
        });
    }
    let mut numbers = all.join_all().await;
    numbers.sort();
    let expected: Vec<String> = (1..=JOURNALS).map(|number| format!("JE-2025-{number:06}")).collect();
    assert_eq!(numbers, expected);
    assert_eq!(balances(&accountant, "2025-01-31").await, [field(CASH, "-24.00"), field(FEES, "24.00")]);
    let periods = accountant.get("/v1/finance/periods").await.json();
    assert_eq!(periods["items"].as_array().unwrap().len(), 1);
}

/// Whoever posts takes the same accounts in another order and direction, so a careless order of locks would end in a deadlock.
#[tokio::test]
async fn sixty_four_clients_post_to_ten_accounts_and_nothing_is_lost() {
    const CLIENTS: usize = 64;
    const EACH: i64 = 64;
    let (app, accountant) = app_with_accounts().await;
    let codes: Vec<String> = (0..10).map(|number| format!("Pool{number}")).collect();
    for code in &codes {
        add_account(&accountant, code, "asset").await;
    }
    let mut all = tokio::task::JoinSet::new();
    for client in 0..CLIENTS {
        let (accountant, codes) = (app.user("demo", "accountant"), codes.clone());
        all.spawn(async move {
            // Each account but one gets a cent from the one that is the client's.
            let payer = &codes[client % 10];
            let others = codes.iter().cycle().skip(client).take(10).filter(|code| *code != payer);
            let mut lines: Vec<Value> =
                others.map(|code| json!({"account": code, "debit": "0.01"})).collect();
            lines.push(json!({"account": payer, "credit": "0.09"}));
            post(&accountant, &json!({"date": "2025-01-10", "lines": lines}))
                .await
                .expect(200)
                .text("/number")
        });
    }
    let mut numbers = all.join_all().await;
    numbers.sort();
    let expected: Vec<String> = (1..=CLIENTS).map(|number| format!("JE-2025-{number:06}")).collect();
    assert_eq!(numbers, expected);
    // 64 clients: accounts 0 to 3 paid seven times, the others six times.
    let expected: Vec<(String, String)> = (0..10)
        .map(|number| {
            let paid = if number < 4 { 7 } else { 6 };
            let cents = EACH - paid - 9 * paid;
            field(&codes[number], &Decimal::new(cents, 2).to_string())
        })
        .filter(|(_, balance)| balance != "0.00")
        .collect();
    assert_eq!(balances(&accountant, "2025-01-31").await, expected);
}

#[tokio::test]
async fn a_journal_is_posted_once_however_often_it_is_asked() {
    let (app, accountant) = app_with_accounts().await;
    let id = draft(&accountant, &fee("2025-01-10", "4.00")).await;
    let mut all = tokio::task::JoinSet::new();
    for _ in 0..6 {
        let (accountant, path) = (app.user("demo", "accountant"), format!("/v1/finance/journals/{id}/post"));
        all.spawn(async move { accountant.post_empty(&path).await.status });
    }
    let mut statuses = all.join_all().await;
    statuses.sort_unstable();
    assert_eq!(statuses, [200, 409, 409, 409, 409, 409]);
    assert_eq!(balances(&accountant, "2025-01-31").await[0].1, "-4.00");
}

#[tokio::test]
async fn an_idempotency_key_gives_the_first_answer_again() {
    let (app, accountant) = app_with_accounts().await;
    let keyed = accountant.with("idempotency-key", "k-1");
    let first = keyed.post("/v1/finance/journals", &fee("2025-01-10", "4.00")).await.expect(201);
    let again = keyed.post("/v1/finance/journals", &fee("2025-01-10", "4.00")).await.expect(201);
    assert_eq!((again.json(), again.header("idempotency-replayed")), (first.json(), "true".to_owned()));
    assert_eq!(events(&app, "finance.create_journal").await.len(), 1);
    let page: Value = accountant.get("/v1/finance/journals").await.json();
    assert_eq!(page["items"].as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn an_idempotency_key_is_good_for_one_request() {
    let (_app, accountant) = app_with_accounts().await;
    let keyed = accountant.with("idempotency-key", "k-1");
    keyed.post("/v1/finance/journals", &fee("2025-01-10", "4.00")).await.expect(201);
    let other = keyed.post("/v1/finance/journals", &fee("2025-01-10", "5.00")).await.expect(422);
    assert_eq!(other.code(), "request.idempotency_key_reused");
}

/// Whoever posts holds the accounts; blocking one waits for them.
#[tokio::test]
async fn blocking_an_account_waits_for_a_posting_under_way() {
    let (app, accountant) = app_with_accounts().await;
    post(&accountant, &fee("2025-01-09", "1.00")).await.expect(200);
    let account = accountant
        .get(&filtered("/v1/finance/accounts", "type == \"asset\" && postable"))
        .await
        .text("/items/0/id");
    let block = async move {
        let path = format!("/v1/finance/accounts/{account}");
        accountant.with("if-match", "*").patch(&path, &json!({"state": "blocked"})).await
    };
    let blocked = after_a_posting_under_way(&app, &fee("2025-01-10", "4.00"), block).await;
    assert_eq!(blocked.expect(200).text("/state"), "blocked");
}
