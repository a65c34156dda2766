//! A filter finds in the database what it finds in memory.

use std::fmt::Write as _;

use athyper_kernel_scim::{Filter, Test, USER as KIND};
use proptest::prelude::*;
use proptest::strategy::ValueTree as _;
use proptest::test_runner::TestRunner;
use serde_json::{Value, json};

use super::{Directory, ENTERPRISE, ids, url};

/// Users of a run.
const USERS: usize = 40;
/// Filters of a run.
const FILTERS: usize = 400;

/// Few words, so that filters meet users: with case, with signs that mean something in patterns, and with letters that
/// are not ASCII.
const WORDS: &[&str] =
    &["a", "A", "ab", "AB", "b%", "_", "a_b", "é", "É", "ß", "\\", "'", "\"", "a b", "work", "home"];

const OPERATORS: &[&str] = &["eq", "ne", "co", "sw", "ew", "gt", "ge", "lt", "le"];

fn word() -> impl Strategy<Value = String> {
    proptest::sample::select(WORDS).prop_map(str::to_owned)
}

fn user(at: usize) -> impl Strategy<Value = Value> {
    let text = || proptest::option::of(word());
    let mails = proptest::collection::vec(("[ab]{1,2}@(x|Y)", text(), any::<bool>()), 0..3);
    let names = (text(), text(), text(), text());
    (names, text(), text(), text(), any::<bool>(), mails).prop_map(move |(names, number, title, id, active, mails)| {
        let primary = mails.iter().position(|(_, _, primary)| *primary);
        let mails: Vec<_> = mails.iter().enumerate().map(|(place, (value, kind, _))| {
            json!({"value": value, "type": kind, "primary": primary == Some(place)})
        }).collect();
        json!({
            "userName": format!("u{at} {}", names.0.unwrap_or_default()), "active": active, "title": title,
            "name": {"familyName": names.1, "givenName": names.2}, "nickName": names.3, "emails": mails,
            "externalId": id.map(|id| format!("{id}{at}")), ENTERPRISE: {"employeeNumber": number}
        })
    })
}

fn term(times: Vec<String>) -> impl Strategy<Value = String> {
    let number = format!("{ENTERPRISE}:employeeNumber");
    let texts = [
        "userName",
        "title",
        "NAME.familyname",
        "name.givenName",
        "nickName",
        "externalId",
        "emails.value",
        "emails.type",
        "emails",
        "id",
    ];
    let mut texts: Vec<String> = texts.iter().map(|name| (*name).to_owned()).collect();
    texts.push(number);
    let paths = [
        texts.clone(),
        vec!["name".to_owned(), "active".to_owned(), "meta.created".to_owned(), "meta".to_owned()],
    ]
    .concat();
    let quoted = |word: String| Value::from(word).to_string();
    let text = || {
        (proptest::sample::select(OPERATORS), word())
            .prop_map(move |(operator, word)| (operator, quoted(word)))
    };
    prop_oneof![
        6 => (proptest::sample::select(texts), text()).prop_map(|(path, (operator, word))| format!("{path} {operator} {word}")),
        2 => proptest::sample::select(paths).prop_map(|path| format!("{path} pr")),
        1 => any::<bool>().prop_map(|yes| format!("active eq {yes}")),
        1 => (proptest::sample::select(&["eq", "ne", "gt", "ge", "lt", "le"][..]), proptest::sample::select(times))
            .prop_map(|(operator, time)| format!("meta.lastModified {operator} \"{time}\"")),
        2 => (proptest::sample::select(&["type", "value"][..]), text(), any::<bool>())
            .prop_map(|(part, (operator, word), yes)| format!("emails[{part} {operator} {word} and primary eq {yes}]")),
        1 => proptest::sample::select(&["title eq null", "nickName ne null", "emails[not (type pr)]"][..]).prop_map(str::to_owned),
    ]
}

fn filter(times: Vec<String>) -> impl Strategy<Value = String> {
    term(times).prop_recursive(3, 8, 3, |inner| {
        prop_oneof![
            proptest::collection::vec(inner.clone(), 2..4)
                .prop_map(|parts| format!("({})", parts.join(" and "))),
            proptest::collection::vec(inner.clone(), 2..4)
                .prop_map(|parts| format!("({})", parts.join(" or "))),
            inner.prop_map(|inner| format!("not ({inner})")),
        ]
    })
}

#[tokio::test]
async fn the_database_finds_what_is_found_in_memory() {
    let directory = Directory::new().await;
    let mut runner = TestRunner::default();
    for at in 0..USERS {
        directory.user(user(at).new_tree(&mut runner).unwrap().current()).await;
    }
    let all = directory.get("/Users?count=200").await.expect(200).json()["Resources"].clone();
    let all = all.as_array().unwrap().clone();
    assert_eq!(all.len(), USERS);
    let times: Vec<String> =
        all.iter().step_by(7).map(|one| one["meta"]["lastModified"].as_str().unwrap().to_owned()).collect();
    let (mut wrong, mut some) = (String::new(), 0);
    for _ in 0..FILTERS {
        let text = filter(times.clone()).new_tree(&mut runner).unwrap().current();
        let test = Test::of(&Filter::parse(&text).unwrap(), &KIND).unwrap();
        let expected: Vec<_> = all
            .iter()
            .filter(|one| test.holds(one))
            .map(|one| one["id"].as_str().unwrap().to_owned())
            .collect();
        some += usize::from(!expected.is_empty() && expected.len() < USERS);
        let query = url(&[("filter", &text), ("count", "200")]);
        let answer = directory.get(&format!("/Users?{query}")).await;
        assert_eq!(answer.status, 200, "{text}: {:?}", answer.body);
        let found = ids(&answer.json());
        if found != expected {
            writeln!(wrong, "{text}: {} found, {} expected", found.len(), expected.len()).unwrap();
        }
    }
    assert!(wrong.is_empty(), "{wrong}");
    assert!(some > FILTERS / 4, "only {some} filters tell users apart");
}
