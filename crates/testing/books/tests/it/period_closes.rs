//! The close of a period: what it proves, what hinders it and how that is mended, and who signs it off.

use std::sync::Arc;

use athyper_kernel_cel::Type;
use athyper_kernel_http::NoPolicies;
use athyper_kernel_policy::{EntityFields, Origin, Policy, PolicyDocument, PolicySet, condition_cache};
use athyper_test_kit::{Answer, Client, KnownEntities, TestApp};
use serde_json::{Value, json};
use tokio::task::JoinSet;

use crate::support::{
    CLOSES, PARTY, add_account, add_rule, books, books_under, open_close, period_of, post, record_rate,
};

/// A chart of accounts with all that hinders a close.
async fn chart(accountant: &Client) {
    for (code, kind, usage) in [
        ("Bank EUR", "asset", "bank"),
        ("Bank USD", "asset", "bank"),
        ("Receivables", "asset", "receivable"),
        ("In transit", "asset", "other"),
        ("Sales", "income", "other"),
        ("Unrealised", "expense", "other"),
    ] {
        add_account(accountant, code, kind, usage).await;
    }
    for (role, account) in [
        ("clearing_cash", "In transit"),
        ("exchange_unrealised", "Unrealised"),
        ("receivable", "Receivables"),
        ("bank", "Bank EUR"),
    ] {
        add_rule(accountant, role, account).await;
    }
}

/// A journal between two accounts.
fn journal(date: &str, debit: &str, credit: &str, amount: &str) -> Value {
    json!({"date": date, "lines": [
        {"account": debit, "debit": amount, "currency": "EUR"}, {"account": credit, "credit": amount, "currency": "EUR"}]})
}

/// The steps that do not hold, by what tells them from the others.
async fn hindering(client: &Client, close: &str) -> Vec<String> {
    let list = client.get(close).await.expect(200).json()["checklist"].clone();
    let proven = list["proven"].as_array().unwrap().iter().filter(|step| step["isProven"] == false);
    let found: Vec<String> = proven.map(|step| step["step"].as_str().unwrap().to_owned()).collect();
    let manual = list["manual"].as_array().unwrap().iter().filter(|step| step["tickedAt"].is_null());
    let found: Vec<String> =
        found.into_iter().chain(manual.map(|step| step["text"].as_str().unwrap().to_owned())).collect();
    assert_eq!(list["isComplete"], found.is_empty());
    found
}

/// A step of a close.
async fn step(client: &Client, close: &str, name: &str) -> Value {
    let list = client.get(close).await.expect(200).json()["checklist"]["proven"].clone();
    list.as_array().unwrap().iter().find(|step| step["step"] == name).cloned().unwrap()
}

fn pointers(refused: &Answer) -> Vec<String> {
    let errors = refused.json()["errors"].as_array().unwrap().clone();
    errors.iter().map(|error| error["pointer"].as_str().unwrap().to_owned()).collect()
}

/// Sends a statement in MT940 and runs its job.
async fn import(app: &TestApp, client: &Client, account: &str, (opening, day, amount): (i64, u32, i64)) {
    let signed =
        |euros: i64| format!("{}2503{day:02}EUR{},00", if euros < 0 { "D" } else { "C" }, euros.abs());
    let mark = if amount < 0 { "D" } else { "C" };
    let file = format!(
        ":20:T\n:25:37040044/0532013000\n:28C:1/1\n:60F:{}\n:61:2503{day:02}03{day:02}{mark}{},00NTRFNONREF\n:86:x\n:62F:{}\n-\n",
        signed(opening),
        amount.abs(),
        signed(opening + amount)
    );
    let accepted = client.post_csv(&format!("/v1/banking/accounts/{account}/import-statements"), file).await;
    let location = accepted.expect(202).header("location");
    app.run_job().await.unwrap();
    assert_eq!(client.get(&location).await.expect(200).json()["state"], "succeeded");
}

/// What hinders the close of March: ids of a journal, an invoice, a payment and a bank account.
async fn hindered(app: &TestApp, accountant: &Client, admin: &Client) -> [String; 4] {
    chart(accountant).await;
    record_rate(admin, "USD", "2025-03-31", "0.9246").await;
    let text = json!({"position": 1, "text": "Count the stock", "who": "Warehouse"});
    admin.post("/v1/records/closing.close_step", &text).await.expect(201);
    let others = json!({"position": 2, "text": "Elsewhere", "entity": "other"});
    admin.post("/v1/records/closing.close_step", &others).await.expect(201);

    post(accountant, &journal("2025-02-10", "Bank EUR", "Sales", "10.00")).await;
    post(accountant, &journal("2025-03-10", "In transit", "Sales", "5.00")).await;
    let dollars = json!({"date": "2025-03-11", "rates": {"USD": "0.95"}, "lines": [
        {"account": "Bank USD", "debit": "100.00", "currency": "USD"}, {"account": "Sales", "credit": "100.00", "currency": "USD"}]});
    post(accountant, &dollars).await;
    let draft =
        accountant.post("/v1/finance/journals", &journal("2025-03-31", "Bank EUR", "Sales", "1.00")).await;
    let draft = draft.expect(201).text("/id");
    let party = json!({"id": PARTY, "name": "Ada"});
    let invoice = json!({"kind": "sale", "date": "2025-03-15", "party": party, "currency": "EUR",
        "lines": [{"account": "Sales", "quantity": "1", "unitPrice": "7.00"}]});
    let invoice = accountant.post("/v1/invoicing/invoices", &invoice).await.expect(201).text("/id");
    let payment =
        json!({"direction": "in", "date": "2025-03-16", "party": party, "currency": "EUR", "amount": "7.00"});
    let payment = accountant.post("/v1/invoicing/payments", &payment).await.expect(201).text("/id");
    let account = json!({"name": "Main", "holder": "Trading", "iban": "DE89370400440532013000", "currency": "EUR",
        "entity": "main", "ledgerAccount": "Bank EUR"});
    let bank = accountant.post("/v1/banking/accounts", &account).await.expect(201).text("/id");
    import(app, accountant, &bank, (0, 3, 10)).await;
    import(app, accountant, &bank, (15, 20, -5)).await;
    [draft, invoice, payment, bank]
}

#[tokio::test]
async fn what_hinders_a_close_is_named_with_its_place_until_it_is_mended() {
    let (app, accountant, admin) = books().await;
    let [draft, invoice, payment, bank] = hindered(&app, &accountant, &admin).await;

    let close = open_close(&accountant, "2025-03").await;
    let all = [
        "invoicing.invoices_posted",
        "invoicing.payments_posted",
        "banking.lines_posted",
        "banking.statements_complete",
        "banking.reconciliations_signed",
        "finance.earlier_periods_closed",
        "finance.journals_posted",
        "finance.clearing_accounts_zero",
        "closing.revaluation_done",
        "Count the stock",
    ];
    assert_eq!(hindering(&accountant, &close).await, all);
    let refused = admin.post_empty(&format!("{close}/sign-off")).await.expect(409);
    assert_eq!((refused.code(), pointers(&refused).len()), ("closing.not_proven".to_owned(), all.len()));
    assert_eq!(pointers(&refused)[0], "/checklist/invoicing.invoices_posted");
    // Each says what to do, and each place is one of this API.
    let list = accountant.get(&close).await.json()["checklist"]["proven"].clone();
    for step in list.as_array().unwrap().iter().filter(|step| step["isProven"] == false) {
        assert!(step["count"].as_u64() > Some(0) && step["figures"][0]["subject"].is_string(), "{step}");
        accountant.get(step["link"].as_str().unwrap()).await.expect(200);
    }

    // One after the other is mended, and nothing else changes.
    let mut left = all.to_vec();
    let mut expect = |name: &str| {
        left.retain(|step| *step != name);
        left.clone()
    };
    accountant.post_empty(&format!("/v1/invoicing/invoices/{invoice}/post")).await.expect(200);
    assert_eq!(hindering(&accountant, &close).await, expect("invoicing.invoices_posted"));
    accountant.with("if-match", "*").delete(&format!("/v1/invoicing/payments/{payment}")).await.expect(200);
    assert_eq!(hindering(&accountant, &close).await, expect("invoicing.payments_posted"));
    import(&app, &accountant, &bank, (10, 10, 5)).await;
    assert_eq!(hindering(&accountant, &close).await, expect("banking.statements_complete"));
    let lines = accountant.get("/v1/banking/lines").await.expect(200).json();
    for line in lines["items"].as_array().unwrap() {
        let path = format!("/v1/banking/lines/{}/ignore", line["id"].as_str().unwrap());
        accountant.post(&path, &json!({"reason": "posted by hand"})).await.expect(200);
    }
    assert_eq!(hindering(&accountant, &close).await, expect("banking.lines_posted"));
    accountant.with("if-match", "*").delete(&format!("/v1/finance/journals/{draft}")).await.expect(200);
    assert_eq!(hindering(&accountant, &close).await, expect("finance.journals_posted"));
    let balance = json!({"account": bank, "asOf": "2025-03-31", "statementBalance": "10.00"});
    let reconciliation =
        accountant.post("/v1/banking/reconciliations", &balance).await.expect(201).header("location");
    admin.post_empty(&format!("{reconciliation}/sign-off")).await.expect(200);
    assert_eq!(hindering(&accountant, &close).await, expect("banking.reconciliations_signed"));
    let february = period_of(&accountant, "2025-02").await;
    admin.post_empty(&format!("/v1/finance/periods/{february}/close")).await.expect(200);
    assert_eq!(hindering(&accountant, &close).await, expect("finance.earlier_periods_closed"));
    post(&accountant, &journal("2025-03-31", "Sales", "In transit", "5.00")).await;
    assert_eq!(hindering(&accountant, &close).await, expect("finance.clearing_accounts_zero"));
    accountant.post("/v1/closing/revaluations", &json!({"date": "2025-03-31"})).await.expect(201);
    assert_eq!(hindering(&accountant, &close).await, expect("closing.revaluation_done"));
    let id = accountant.get(&close).await.text("/checklist/manual/0/id");
    let ticked = json!({"note": "list in the safe"});
    let steps = format!("{close}/steps/{id}");
    accountant.post(&format!("{steps}/tick"), &ticked).await.expect(200);
    assert_eq!(hindering(&accountant, &close).await, Vec::<String>::new());
    accountant.post_empty(&format!("{steps}/untick")).await.expect(200);
    accountant.post_empty(&format!("{steps}/untick")).await.expect(409);
    assert_eq!(hindering(&accountant, &close).await, ["Count the stock"]);
    accountant.post(&format!("{steps}/tick"), &ticked).await.expect(200);
    accountant.post(&format!("{close}/steps/{PARTY}/tick"), &ticked).await.expect(404);

    let signed = admin.post_empty(&format!("{close}/sign-off")).await.expect(200).json();
    assert_eq!((&signed["state"], &signed["signedBy"]), (&json!("signed_off"), &json!("admin@demo")));
    assert_eq!(signed["checklist"]["manual"][0]["tickedBy"], "accountant@demo");
    // What was proven stays, whatever comes after.
    let shown = accountant.get(&close).await.expect(200).json();
    assert_eq!(shown["checklist"], signed["checklist"]);
    accountant.post(&format!("{steps}/tick"), &ticked).await.expect(409);
    admin.post_empty(&format!("{close}/sign-off")).await.expect(409);
}

#[tokio::test]
async fn a_revaluation_that_lacks_what_was_posted_since_is_no_proof_and_is_undone_and_made_again() {
    let (_app, accountant, admin) = books().await;
    chart(&accountant).await;
    record_rate(&admin, "USD", "2025-03-31", "0.9246").await;
    let dollars = |date: &str, amount: &str| {
        json!({"date": date, "rates": {"USD": "0.95"}, "lines": [
            {"account": "Receivables", "debit": amount, "currency": "USD", "party": PARTY},
            {"account": "Sales", "credit": amount, "currency": "USD"}]})
    };
    post(&accountant, &dollars("2025-03-11", "100.00")).await;
    let close = open_close(&accountant, "2025-03").await;
    assert_eq!(hindering(&accountant, &close).await, ["closing.revaluation_done"]);
    let made = accountant.post("/v1/closing/revaluations", &json!({"date": "2025-03-31"})).await.expect(201);
    assert_eq!(hindering(&accountant, &close).await, Vec::<String>::new());
    let agree = step(&accountant, &close, "closing.subledgers_agree").await;
    assert_eq!(agree["figures"][0]["text"], "items 100.00 at 92.46, balance 100.00 at 92.46");

    post(&accountant, &dollars("2025-03-12", "50.00")).await;
    let stale = step(&accountant, &close, "closing.revaluation_done").await;
    assert_eq!(stale["figures"][0]["text"], "revalued nothing, now 50.00 at 47.50");
    let path = format!("/v1/closing/revaluations/{}/undo", made.text("/id"));
    let reason = json!({"reason": "An invoice in dollars came late"});
    app_refuses_without(&accountant, &path).await;
    let undone = accountant.post(&path, &reason).await.expect(200).json();
    assert!(undone["undoneAt"].is_string() && undone["version"] == 2, "{undone}");
    accountant.post(&path, &reason).await.expect(409);
    assert_eq!(
        step(&accountant, &close, "closing.revaluation_done").await["figures"][0]["text"],
        "not revalued"
    );
    let again = accountant.post("/v1/closing/revaluations", &json!({"date": "2025-03-31"})).await.expect(201);
    assert_eq!(again.text("/difference"), "-3.81");
    assert_eq!(hindering(&accountant, &close).await, Vec::<String>::new());
    admin.post_empty(&format!("{close}/sign-off")).await.expect(200);
    // The period is closed, and so the revaluation stays.
    let path = format!("/v1/closing/revaluations/{}/undo", again.text("/id"));
    assert_eq!(accountant.post(&path, &reason).await.expect(409).code(), "finance.period_closed");
}

/// A reason is asked for.
async fn app_refuses_without(client: &Client, path: &str) {
    client.post(path, &json!({})).await.expect(422);
}

#[tokio::test]
async fn who_prepares_a_close_does_not_sign_it_and_others_need_the_permission() {
    let (app, accountant, admin) = books().await;
    chart(&accountant).await;
    post(&accountant, &journal("2025-03-10", "Bank EUR", "Sales", "5.00")).await;
    let close = open_close(&admin, "2025-03").await;
    let sign = format!("{close}/sign-off");
    assert_eq!(admin.post_empty(&sign).await.expect(403).code(), "closing.own_period_close");
    accountant.post_empty(&sign).await.expect(403);
    app.user("globex", "admin").post_empty(&sign).await.expect(404);
    let second = app.user("demo", "second+admin");
    second.with("if-match", "\"7\"").post_empty(&sign).await.expect(412);
    let period = json!({"period": period_of(&admin, "2025-03").await});
    assert_eq!(second.post(CLOSES, &period).await.expect(409).code(), "closing.period_has_close");
    let unknown = second.post(CLOSES, &json!({"period": PARTY})).await.expect(422);
    assert_eq!(pointers(&unknown), ["/period"]);
    second.post_empty(&sign).await.expect(200);
    assert_eq!(second.post(CLOSES, &period).await.expect(409).code(), "closing.period_has_close");
    // The database holds it too.
    let mut superuser = app.db.superuser().await;
    for change in ["signed_by = created_by", "state = 'open'", "digest = 'x'", "proof = '{}'"] {
        let update = format!("update closing.period_close set {change}");
        assert!(sqlx::query(sqlx::AssertSqlSafe(update)).execute(&mut superuser).await.is_err(), "{change}");
    }
}

#[tokio::test]
async fn a_policy_can_ask_that_the_last_who_posted_by_hand_does_not_sign() {
    let rules = json!([{"key": "last-hand", "effect": "deny", "subjects": {"everyone": true},
        "operations": ["closing.sign_period_close"], "resource": {"entity": "closing.period_close"},
        "condition": "has(resource.lastPostedBy) && resource.lastPostedBy == subject.id"}]);
    let document: PolicyDocument = serde_json::from_value(json!({ "rules": rules })).unwrap();
    let policy = Policy { origin: Origin::Tenant, key: "p".to_owned(), version: 1, rules: document.rules };
    let fields = EntityFields::from([("lastPostedBy".to_owned(), Type::String)]);
    let known = KnownEntities::new([("closing.period_close", fields)]);
    let set = PolicySet::compile(1, &[policy], &known, &condition_cache(1 << 20));
    assert!(set.faults().is_empty(), "{:?}", set.faults());
    let (app, accountant, admin) = books_under(Some(Arc::new(NoPolicies::but(Arc::new(set))))).await;
    chart(&accountant).await;
    post(&accountant, &journal("2025-03-10", "Bank EUR", "Sales", "5.00")).await;
    post(&admin, &journal("2025-03-11", "Bank EUR", "Sales", "5.00")).await;
    let close = open_close(&accountant, "2025-03").await;
    let sign = format!("{close}/sign-off");
    assert_eq!(admin.post_empty(&sign).await.expect(403).code(), "request.forbidden");
    let signed = app.user("demo", "second+admin").post_empty(&sign).await.expect(200);
    assert_eq!(signed.text("/lastPostedBy"), "admin@demo");
}

#[tokio::test]
async fn nothing_opens_in_or_before_what_is_signed_off_until_its_close_is_reopened() {
    let (app, accountant, admin) = books().await;
    chart(&accountant).await;
    for date in ["2025-02-10", "2025-03-10", "2025-05-10"] {
        post(&accountant, &journal(date, "Bank EUR", "Sales", "5.00")).await;
    }
    let march = open_close(&accountant, "2025-03").await;
    let sign = |close: &str| format!("{close}/sign-off");
    assert_eq!(hindering(&accountant, &march).await, ["finance.earlier_periods_closed"]);
    let february = open_close(&accountant, "2025-02").await;
    admin.post_empty(&sign(&february)).await.expect(200);
    admin.post_empty(&sign(&march)).await.expect(200);

    // Not by hand, in an older month that nobody has posted to, nor as a period that is declared.
    let reopening = json!({"reason": "x"});
    for name in ["2025-02", "2025-03"] {
        let path = format!("/v1/finance/periods/{}/reopen", period_of(&admin, name).await);
        assert_eq!(
            admin.post(&path, &reopening).await.expect(409).code(),
            "finance.period_signed_off",
            "{name}"
        );
    }
    for (date, code) in [("2025-01-10", "finance.period_signed_off"), ("2025-03-11", "finance.period_closed")]
    {
        let draft =
            accountant.post("/v1/finance/journals", &journal(date, "Bank EUR", "Sales", "1.00")).await;
        let path = format!("/v1/finance/journals/{}", draft.expect(201).text("/id"));
        assert_eq!(accountant.post_empty(&format!("{path}/post")).await.expect(409).code(), code, "{date}");
        accountant.with("if-match", "*").delete(&path).await.expect(200);
    }
    let declared = json!({"name": "2024", "startsOn": "2024-01-01", "endsOn": "2024-12-31"});
    let refused = admin.post("/v1/finance/periods", &declared).await.expect(409);
    assert_eq!(refused.code(), "finance.period_signed_off");

    // The later one first; and who may not, may not.
    let reopen = |close: &str| format!("{close}/reopen");
    accountant.post(&reopen(&march), &reopening).await.expect(403);
    admin.post(&reopen(&march), &json!({})).await.expect(422);
    assert_eq!(
        admin.post(&reopen(&february), &reopening).await.expect(409).code(),
        "finance.period_signed_off"
    );
    let reopened = admin.post(&reopen(&march), &json!({"reason": "A late invoice"})).await.expect(200).json();
    assert_eq!(
        (&reopened["state"], &reopened["reopenedBecause"], &reopened["reopenedBy"]),
        (&json!("reopened"), &json!("A late invoice"), &json!("admin@demo"))
    );
    admin.post(&reopen(&march), &reopening).await.expect(409);
    post(&accountant, &journal("2025-03-12", "Bank EUR", "Sales", "1.00")).await;
    let mut superuser = app.db.superuser().await;
    let events: i64 =
        sqlx::query_scalar("select count(*) from audit.event where type = 'closing.reopen_period_close'")
            .fetch_one(&mut superuser)
            .await
            .unwrap();
    assert_eq!(events, 1);
    // It is closed by another close.
    let again = open_close(&accountant, "2025-03").await;
    admin.post_empty(&sign(&again)).await.expect(200);
}

#[tokio::test]
async fn a_journal_that_is_posted_meanwhile_comes_before_the_sign_off_or_not_at_all() {
    let (app, accountant, admin) = books().await;
    chart(&accountant).await;
    post(&accountant, &journal("2025-03-10", "Bank EUR", "Sales", "5.00")).await;
    let close = open_close(&accountant, "2025-03").await;
    // Somebody holds the numbers, which a posting takes last: so it holds its period meanwhile.
    let draft =
        accountant.post("/v1/finance/journals", &journal("2025-03-11", "Bank EUR", "Sales", "1.00")).await;
    let draft = draft.expect(201).text("/id");
    let path = format!("/v1/finance/journals/{draft}/post");
    let mut superuser = app.db.superuser().await;
    sqlx::raw_sql("begin; select 1 from platform.number_series for update")
        .execute(&mut superuser)
        .await
        .unwrap();
    let (mut posting, mut signing) = (JoinSet::new(), JoinSet::new());
    let client = accountant.clone();
    posting.spawn(async move { client.post_empty(&path).await });
    app.wait_for_waiters(1).await;
    let (client, path) = (admin.clone(), format!("{close}/sign-off"));
    signing.spawn(async move { client.post_empty(&path).await });
    app.wait_for_waiters(2).await;
    sqlx::raw_sql("commit").execute(&mut superuser).await.unwrap();
    posting.join_next().await.unwrap().unwrap().expect(200);
    signing.join_next().await.unwrap().unwrap().expect(200);
    let kept = admin.get(&format!("{close}/snapshot")).await.expect(200).json();
    assert_eq!(kept["snapshot"]["series"][0]["journals"], 2);
    assert_eq!(admin.get(&format!("{close}/verification")).await.expect(200).json()["agrees"], true);
}

#[tokio::test]
async fn what_was_open_is_not_settled_back_into_what_is_signed_off() {
    let (_app, accountant, admin) = books().await;
    chart(&accountant).await;
    let of_party = |debit: &str, credit: &str| {
        json!({"date": "2025-03-10", "lines": [
            {"account": debit, "debit": "5.00", "currency": "EUR", "party": PARTY},
            {"account": credit, "credit": "5.00", "currency": "EUR", "party": PARTY}]})
    };
    post(&accountant, &of_party("Receivables", "Sales")).await;
    post(&accountant, &of_party("Bank EUR", "Receivables")).await;
    let close = open_close(&accountant, "2025-03").await;
    admin.post_empty(&format!("{close}/sign-off")).await.expect(200);
    let items = accountant.get("/v1/finance/open-items?sort=date").await.expect(200).json();
    let of = |sign: bool| {
        let found = items["items"].as_array().unwrap().iter();
        let found = found.clone().find(|item| item["open"].as_str().unwrap().starts_with('-') == sign);
        found.unwrap()["id"].clone()
    };
    let allocation = |date: &str| json!({"debit": of(false), "credit": of(true), "date": date});
    let path = "/v1/finance/allocations";
    let refused = accountant.post(path, &allocation("2025-03-20")).await.expect(409);
    assert_eq!(refused.code(), "finance.period_closed");
    accountant.post(path, &allocation("2025-04-02")).await.expect(201);
    let found = accountant.get(&format!("{close}/verification")).await.expect(200).json();
    assert_eq!(found["agrees"], true, "{found}");
}
