//! What speaks for what.

use athyper_kernel_types::{Currency, Id};
use chrono::{DateTime, NaiveDate};
use proptest::prelude::*;

use super::*;
use crate::model::line::LineState;
use crate::model::matching_rule::{RuleBody, RuleState};

fn line(amount: i64, name: &str, account: &str, purpose: &str) -> Line {
    let text = |text: &str| (!text.is_empty()).then(|| text.to_owned());
    Line {
        id: Id::from_uuid(Uuid::from_u128(u128::from(amount.unsigned_abs()) + 1)),
        account: Id::nil(),
        statement: Id::nil(),
        position: 1,
        booked_on: NaiveDate::from_ymd_opt(2024, 5, 2).unwrap(),
        value_on: None,
        amount: Decimal::new(amount, 2),
        currency: Currency::parse("EUR").unwrap(),
        is_reversal: false,
        name: text(name),
        counterparty: text(account),
        bank: None,
        purpose: text(purpose),
        end_to_end: None,
        creditor_reference: None,
        mandate: None,
        bank_reference: None,
        customer_reference: None,
        code: None,
        state: LineState::New,
        matched: None,
        suggestions: Vec::new(),
        posting_no: 0,
        journal: None,
        journal_number: None,
        posted_at: None,
        posted_by: None,
        ignored_because: None,
        version: 1,
    }
}

fn item(id: u128, party: u128, open: i64, reference: &str) -> OpenItem {
    OpenItem {
        id: Id::from_uuid(Uuid::from_u128(id)),
        account: if open > 0 { "1400" } else { "1600" }.to_owned(),
        party: Uuid::from_u128(party),
        date: NaiveDate::from_ymd_opt(2024, 4, 1).unwrap(),
        due_on: None,
        reference: (!reference.is_empty()).then(|| reference.to_owned()),
        currency: Currency::parse("EUR").unwrap(),
        amount: Decimal::new(open, 2),
        open: Decimal::new(open, 2),
        open_base: Decimal::new(open, 2),
    }
}

fn codes(suggestion: &Suggestion) -> Vec<&str> {
    suggestion.reasons.iter().map(|reason| reason.code.as_str()).collect()
}

fn parts(suggestion: &Suggestion) -> Vec<(u128, i64)> {
    let cents = |amount: Decimal| i64::try_from((amount * Decimal::from(100)).round().mantissa()).unwrap();
    suggestion.proposal.items.iter().map(|part| (part.item.as_u128(), cents(part.amount))).collect()
}

fn knowing(items: Vec<OpenItem>) -> Knowledge {
    let accounts = BTreeMap::from([("DE1".to_owned(), vec![Uuid::from_u128(7)])]);
    let names = BTreeMap::from([("MUELLER SOEHNE".to_owned(), vec![Uuid::from_u128(7)])]);
    Knowledge { items, accounts, names, ..Knowledge::default() }
}

#[test]
fn reference_amount_and_account_speak_for_an_item() {
    let knowledge = knowing(vec![item(1, 7, 11_900, "RE-2024/17"), item(2, 8, 11_900, "RE-2024/18")]);
    let found = suggest(&line(11_900, "", "DE 1", "Rechnung re 2024-17"), &[], &knowledge);
    assert_eq!(found.len(), 1, "{found:?}");
    assert_eq!(codes(&found[0]), ["account_known", "reference_found", "amount_equal"]);
    assert_eq!((found[0].score, parts(&found[0])), (100, vec![(1, 11_900)]));
    // The amount alone is too little.
    assert_eq!(suggest(&line(11_900, "Jemand", "", "danke"), &[], &knowledge), []);
    let by_name = suggest(&line(11_900, "Müller und Söhne GmbH", "", "danke"), &[], &knowledge);
    assert_eq!(codes(&by_name[0]), ["name_similar", "amount_equal"]);
    // Money that went out settles nothing that is owed to the house.
    assert_eq!(suggest(&line(-11_900, "", "DE1", "RE-2024/17"), &[], &knowledge), []);
}

#[test]
fn too_little_leaves_the_item_open_and_too_much_stays_open_as_theirs() {
    let knowledge = knowing(vec![item(1, 7, 10_000, "RE-17")]);
    let less = suggest(&line(9_000, "", "", "RE-17"), &[], &knowledge);
    assert_eq!(parts(&less[0]), [(1, 9_000)]);
    let more = suggest(&line(12_500, "", "", "RE-17"), &[], &knowledge);
    let rest = &more[0].proposal.postings[0];
    assert_eq!(
        (rest.amount, rest.account.as_str(), rest.party),
        (Decimal::new(2_500, 2), "1400", Some(Uuid::from_u128(7)))
    );
}

#[test]
fn several_items_and_a_credit_note_make_up_a_line() {
    let knowledge = knowing(vec![
        item(1, 7, 10_000, "RA-1"),
        item(2, 7, 5_000, "RA-2"),
        item(3, 7, -2_000, "RG-3"),
        item(4, 7, 777, "RA-4"),
    ]);
    let named = suggest(&line(13_000, "", "", "RA-1, RA-2 abz. RG-3"), &[], &knowledge);
    assert_eq!(codes(&named[0]), ["reference_found", "sum_equal"]);
    assert_eq!(parts(&named[0]), [(1, 10_000), (2, 5_000), (3, -2_000)]);
    let summed = suggest(&line(13_000, "", "DE1", "Sammelzahlung"), &[], &knowledge);
    assert_eq!(codes(&summed[0]), ["account_known", "sum_equal"]);
    assert_eq!(parts(&summed[0]), [(1, 10_000), (2, 5_000), (3, -2_000)]);
}

#[test]
fn several_lines_make_up_an_item() {
    let knowledge = knowing(vec![item(1, 7, 10_000, "RA-1")]);
    let (first, second, third) =
        (line(6_000, "", "DE1", "x"), line(4_000, "", "DE1", "y"), line(4_001, "", "DE2", "z"));
    let found = suggest(&first, &[&first, &second, &third], &knowledge);
    assert_eq!(codes(&found[0]), ["account_known", "lines_together"]);
    assert_eq!(parts(&found[0]), [(1, 6_000)]);
    assert_eq!(suggest(&first, &[&first, &third], &knowledge), []);
}

#[test]
fn rules_come_by_priority_and_say_account_tax_and_dimensions() {
    let rule = |name: &str, patterns: &[&str]| MatchingRule {
        id: Id::nil(),
        rule: RuleBody {
            name: name.to_owned(),
            priority: 0,
            account: None,
            patterns: patterns.iter().map(|pattern| (*pattern).to_owned()).collect(),
            counterparty: None,
            direction: Some(crate::model::matching_rule::Direction::Out),
            least: None,
            most: Some(Decimal::from(10)),
            ledger_account: "4970".to_owned(),
            tax_code: Some("V0".to_owned()),
            party: None,
            dimensions: BTreeMap::from([("costCentre".to_owned(), "ADM".to_owned())]),
        },
        state: RuleState::Active,
        created_at: DateTime::UNIX_EPOCH,
        created_by: "ada".to_owned(),
        version: 1,
    };
    let knowledge = Knowledge {
        rules: vec![rule("fees", &["entgelt*konto"]), rule("all", &["ko"])],
        ..Knowledge::default()
    };
    let found = suggest(&line(-490, "Bank", "", "Entgelt fürs Konto"), &[], &knowledge);
    assert_eq!(found.len(), 1, "one account and amount are one suggestion");
    assert_eq!((found[0].score, found[0].reasons[0].text.as_str()), (75, "the rule fees is of it"));
    assert_eq!(found[0].proposal.postings[0].dimensions["costCentre"], "ADM");
    assert_eq!(suggest(&line(490, "Bank", "", "Entgelt Konto"), &[], &knowledge), []);
    assert_eq!(suggest(&line(-1_490, "Bank", "", "Entgelt Konto"), &[], &knowledge), []);
}

#[test]
fn an_order_that_was_given_to_the_bank_is_known_by_its_id_and_a_batch_by_its_sum() {
    let order = |name: &str, amount: i64, item: u128| PaidOrder {
        run: "PAY-1".to_owned(),
        end_to_end: name.to_owned(),
        amount: Decimal::new(amount, 2),
        item: Some(Uuid::from_u128(item)),
    };
    let mut knowledge = knowing(vec![item(1, 7, -10_000, "B-1"), item(2, 8, -5_000, "B-2")]);
    knowledge.orders = vec![order("PAY-1-1", 10_000, 1), order("PAY-1-2", 5_000, 2)];
    let mut paid = line(-5_000, "", "", "");
    paid.end_to_end = Some("PAY-1-2".to_owned());
    let found = suggest(&paid, &[], &knowledge);
    assert_eq!((found[0].score, parts(&found[0])), (95, vec![(2, -5_000)]));
    let batch = suggest(&line(-15_000, "", "", ""), &[], &knowledge);
    assert_eq!((batch[0].score, parts(&batch[0])), (85, vec![(1, -10_000), (2, -5_000)]));
}

proptest! {
    #[test]
    fn what_is_suggested_always_makes_up_the_line_and_never_takes_more_than_is_open(
        amount in prop_oneof![-20_000_i64..-1, 1_i64..20_000],
        opens in proptest::collection::vec(prop_oneof![-9_000_i64..-1, 1_i64..9_000], 0..8),
    ) {
        let items: Vec<OpenItem> = opens.iter().zip(1_u128..).map(|(open, id)| item(id, 7, *open, &format!("R-10{id}"))).collect();
        let text = (1..=items.len()).map(|id| format!("R-10{id}")).collect::<Vec<_>>().join(" ");
        let knowledge = knowing(items.clone());
        for suggestion in suggest(&line(amount, "", "DE1", &text), &[], &knowledge) {
            prop_assert_eq!(suggestion.proposal.sum(), Decimal::new(amount, 2));
            for part in &suggestion.proposal.items {
                let open = items.iter().find(|item| item.id.uuid() == part.item).unwrap().open;
                prop_assert!(part.amount.abs() <= open.abs() && part.amount * open > Decimal::ZERO);
            }
        }
    }
}
