//! From suggestions over matches to postings and back.

use serde_json::{Value, json};
use uuid::Uuid;

use crate::support::{add_account, app, book, events, field, fields, import, line_of, mt940, to_line};

const ADA: &str = "166?20Rechnung RE-17?31DE02120300000000202051?32Ada Lovelace";

fn party() -> Uuid {
    Uuid::from_u128(7)
}

#[tokio::test]
async fn a_payment_is_suggested_matched_posted_and_taken_back() {
    let (app, ledger, accountant) = app().await;
    let account = add_account(&accountant).await;
    let item = ledger.open(party(), "RE-17", "119.00", "2024-05-10");
    import(&app, &accountant, &account, &mt940(0, &[(2, 11_900, ADA), (3, -490, "Entgelt")])).await;
    let suggested =
        accountant.post_empty(&format!("/v1/banking/accounts/{account}/suggest-matches")).await.expect(200);
    assert_eq!(suggested.json(), json!({"lines": 2, "suggested": 1}));
    let id = line_of(&accountant, "119.0000").await;
    let line = accountant.get(&format!("/v1/banking/lines/{id}")).await.expect(200).json();
    assert_eq!((&line["state"], &line["suggestions"][0]["score"]), (&json!("suggested"), &json!(85)));
    let codes: Vec<&Value> =
        line["suggestions"][0]["reasons"].as_array().unwrap().iter().map(|one| &one["code"]).collect();
    assert_eq!(codes, ["reference_found", "amount_equal"]);

    assert_eq!(
        to_line(&accountant, &id, "post", &Value::Null).await.expect(409).code(),
        "banking.line_state"
    );
    to_line(&accountant.with("if-match", "\"1\""), &id, "match", &json!({"suggestion": 0})).await.expect(412);
    let matched = to_line(&accountant, &id, "match", &json!({"suggestion": 0})).await.expect(200).json();
    assert_eq!(
        (&matched["state"], &matched["matched"]["items"][0]["amount"]),
        (&json!("matched"), &json!("119.00"))
    );
    assert_eq!(ledger.left(item), "119.00", "nothing is booked yet");
    let posted = to_line(&accountant, &id, "post", &Value::Null).await.expect(200).json();
    assert_eq!((&posted["state"], &posted["journalNumber"]), (&json!("posted"), &json!("BK-000001")));
    assert_eq!(ledger.left(item), "0.00");
    assert_eq!(
        ledger.last(),
        [
            ("1200".to_owned(), "119.00".to_owned(), None),
            ("1400".to_owned(), "-119.00".to_owned(), Some(party()))
        ]
    );
    for command in ["match", "post", "ignore"] {
        let body = match command {
            "match" => json!({"items": [{"item": item}]}),
            "ignore" => json!({"reason": "x"}),
            _ => Value::Null,
        };
        to_line(&accountant, &id, command, &body).await.expect(409);
    }
    let back = to_line(&accountant, &id, "unmatch", &Value::Null).await.expect(200).json();
    assert_eq!((&back["state"], back.get("journalNumber")), (&json!("new"), None));
    assert_eq!(ledger.left(item), "119.00");
    // It can be posted anew, as another posting.
    book(&accountant, &id, &json!({"items": [{"item": item}]})).await.expect(200);
    assert_eq!((ledger.postings(), ledger.left(item)), (2, "0.00".to_owned()));
    for (kind, count) in [("match_line", 2), ("post_line", 2), ("unmatch_line", 1), ("suggest_matches", 1)] {
        assert_eq!(events(&app, &format!("banking.{kind}")).await, count, "{kind}");
    }
}

#[tokio::test]
async fn who_paid_is_learned_from_what_was_posted() {
    let (app, ledger, accountant) = app().await;
    let account = add_account(&accountant).await;
    let first = ledger.open(party(), "RE-17", "119.00", "2024-05-10");
    import(&app, &accountant, &account, &mt940(0, &[(2, 11_900, ADA)])).await;
    let id = line_of(&accountant, "119.0000").await;
    book(&accountant, &id, &json!({"items": [{"item": first}]})).await.expect(200);
    ledger.open(party(), "RE-18", "50.00", "2024-05-10");
    ledger.open(Uuid::from_u128(8), "RE-19", "50.00", "2024-05-10");
    let said_nothing = "166?20danke?31DE02120300000000202051?32A. L.";
    let named = "166?20danke?32ADA LOVELACE";
    import(&app, &accountant, &account, &mt940(11_900, &[(4, 5_000, said_nothing), (5, 5_000, named)])).await;
    accountant.post_empty(&format!("/v1/banking/accounts/{account}/suggest-matches")).await.expect(200);
    let page = accountant.get("/v1/banking/lines?sort=bookedOn").await.json();
    for (place, code) in [(1, "account_known"), (2, "name_similar")] {
        let id = page["items"][place]["id"].as_str().unwrap();
        let line = accountant.get(&format!("/v1/banking/lines/{id}")).await.json();
        let suggestions = line["suggestions"].as_array().unwrap();
        assert_eq!(suggestions.len(), 1, "{line}");
        assert_eq!(suggestions[0]["reasons"][0]["code"], code);
        assert_eq!(suggestions[0]["match"]["items"][0]["reference"], "RE-18");
    }
}

#[tokio::test]
async fn one_line_settles_many_items_and_many_lines_one() {
    let (app, ledger, accountant) = app().await;
    let account = add_account(&accountant).await;
    let [a, b, credit] = [("A-1", "100.00"), ("A-2", "50.00"), ("G-3", "-20.00")]
        .map(|(reference, amount)| ledger.open(party(), reference, amount, "2024-05-10"));
    let file = mt940(
        0,
        &[(2, 13_500, "A-1 A-2 G-3"), (3, 6_000, "Teil 1"), (4, 4_000, "Teil 2"), (5, 10_000, "zu viel")],
    );
    import(&app, &accountant, &account, &file).await;
    let many = line_of(&accountant, "135.0000").await;
    let body = json!({"items": [{"item": a, "amount": "100.00"}, {"item": b, "amount": "50.00"}, {"item": credit}],
        "postings": [{"account": "4970", "memo": "rest"}]});
    book(&accountant, &many, &body).await.expect(200);
    assert_eq!([a, b, credit].map(|item| ledger.left(item)), ["0.00", "0.00", "0.00"]);
    let amounts: Vec<String> = ledger.last().into_iter().map(|(_, amount, _)| amount).collect();
    assert_eq!(amounts, ["135.00", "-100.00", "-50.00", "20.00", "-5.00"]);

    let one = ledger.open(party(), "B-1", "100.00", "2024-05-10");
    let (first, second) = (line_of(&accountant, "60.0000").await, line_of(&accountant, "40.0000").await);
    to_line(&accountant, &first, "match", &json!({"items": [{"item": one}]})).await.expect(200);
    let too_much = line_of(&accountant, "100.0000").await;
    let refused =
        to_line(&accountant, &too_much, "match", &json!({"items": [{"item": one, "amount": "100.00"}]}))
            .await;
    assert_eq!(fields(&refused.expect(422)), [field("/items/0", "not_open")]);
    to_line(&accountant, &first, "post", &Value::Null).await.expect(200);
    book(&accountant, &second, &json!({"items": [{"item": one}]})).await.expect(200);
    assert_eq!(ledger.left(one), "0.00");
    // What is paid too much stays open as theirs.
    let small = ledger.open(party(), "C-1", "90.00", "2024-05-10");
    book(&accountant, &too_much, &json!({"items": [{"item": small}], "restOnAccount": true}))
        .await
        .expect(200);
    let last = ledger.last();
    assert_eq!(last[2], ("1400".to_owned(), "-10.00".to_owned(), Some(party())));
}

#[tokio::test]
async fn parts_that_do_not_make_up_the_line_are_named() {
    let (app, ledger, accountant) = app().await;
    let account = add_account(&accountant).await;
    let owed = ledger.open(party(), "A-1", "100.00", "2024-05-10");
    let owing = ledger.open(party(), "B-1", "-100.00", "2024-05-10");
    import(&app, &accountant, &account, &mt940(0, &[(2, 5_000, "x")])).await;
    let id = line_of(&accountant, "50.0000").await;
    for (body, expected) in [
        (json!({}), field("", "parts")),
        (json!({"suggestion": 0}), field("/suggestion", "unknown")),
        (json!({"suggestion": 0, "restOnAccount": true}), field("/suggestion", "not_alone")),
        (json!({"items": [{"item": Uuid::nil()}]}), field("/items/0/item", "unknown_item")),
        (json!({"items": [{"item": owed, "amount": "-50.00"}]}), field("/items/0", "wrong_sign")),
        (json!({"items": [{"item": owed, "amount": "100.01"}]}), field("/items/0", "not_open")),
        (json!({"items": [{"item": owed, "amount": "1.001"}]}), field("/items/0/amount", "invalid_amount")),
        (json!({"items": [{"item": owed, "amount": "49.00"}]}), field("", "sum")),
        (
            json!({"items": [{"item": owed, "amount": "20.00"}, {"item": owed, "amount": "30.00"}]}),
            field("/items/1", "twice"),
        ),
        (json!({"items": [{"item": owing}]}), field("", "sum")),
        (
            json!({"postings": [{"account": "4970"}, {"account": "4970"}]}),
            field("/postings/1/amount", "required"),
        ),
        (json!({"items": [{"item": owed}], "postings": [{"account": "4970"}]}), field("/items/0/item", "x")),
        (
            json!({"postings": [{"account": "4970", "amount": "50.00"}], "restOnAccount": true}),
            field("", "ok"),
        ),
        (
            json!({"postings": [{"account": "4970", "amount": "49.00"}], "restOnAccount": true}),
            field("/restOnAccount", "no_item"),
        ),
    ] {
        let answer = to_line(&accountant, &id, "match", &body).await;
        if expected.1 == "ok" {
            answer.expect(200);
        } else if expected.1 == "x" {
            // The posting takes the rest before items are looked at: the item takes all that is left, and nothing is left for it.
            assert_eq!(fields(&answer.expect(422)), [field("/postings/0/amount", "zero")]);
        } else {
            assert_eq!(fields(&answer.expect(422)), [expected], "{body}");
        }
    }
    // What the ledger refuses is said in its words, and nothing is kept.
    to_line(&accountant, &id, "match", &json!({"postings": [{"account": "9999", "amount": "50.00"}]}))
        .await
        .expect(200);
    let refused = to_line(&accountant, &id, "post", &Value::Null).await.expect(422);
    assert_eq!(refused.code(), "test.unknown_account");
    let line = accountant.get(&format!("/v1/banking/lines/{id}")).await.json();
    assert_eq!(line["state"], "matched");
}

#[tokio::test]
async fn an_ignored_line_is_taken_up_again_and_a_key_answers_once() {
    let (app, ledger, accountant) = app().await;
    let account = add_account(&accountant).await;
    import(&app, &accountant, &account, &mt940(0, &[(2, 5_000, "x")])).await;
    let id = line_of(&accountant, "50.0000").await;
    let ignored =
        to_line(&accountant, &id, "ignore", &json!({"reason": "booked by hand"})).await.expect(200).json();
    assert_eq!(ignored["ignoredBecause"], "booked by hand");
    to_line(&accountant, &id, "match", &json!({"postings": [{"account": "4970"}]})).await.expect(409);
    to_line(&accountant, &id, "unmatch", &Value::Null).await.expect(200);
    to_line(&accountant, &id, "unmatch", &Value::Null).await.expect(409);
    to_line(&accountant, &id, "match", &json!({"postings": [{"account": "4970"}]})).await.expect(200);
    let keyed = accountant.with("idempotency-key", "k-1");
    let first = to_line(&keyed, &id, "post", &Value::Null).await.expect(200);
    let again = to_line(&keyed, &id, "post", &Value::Null).await.expect(200);
    assert_eq!((first.json(), ledger.postings()), (again.json(), 1));
}
