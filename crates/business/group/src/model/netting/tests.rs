//! A worked example, and properties of random sets of items.

use std::collections::BTreeSet;

use athyper_kernel_types::Clock;
use proptest::prelude::*;

use super::*;

fn day(text: &str) -> NaiveDate {
    text.parse().unwrap()
}

fn dollars() -> Currency {
    Currency::parse("USD").unwrap()
}

fn item(reference: Option<&str>, open: Decimal, date: &str) -> OpenItem {
    OpenItem {
        id: Id::new(&Clock::system()),
        account: if open.is_sign_negative() { "Payable" } else { "Receivable" }.to_owned(),
        party: Uuid::nil(),
        date: day(date),
        due_on: None,
        reference: reference.map(ToOwned::to_owned),
        currency: dollars(),
        amount: open,
        open,
        open_base: open,
    }
}

fn proposed(ours: &[OpenItem], theirs: &[OpenItem], left_out: &BTreeMap<ItemId, String>) -> Proposal {
    let sides = (Items { entity: "french", items: ours }, Items { entity: "uk", items: theirs });
    propose(dollars(), sides, day("2025-03-31"), left_out)
}

fn money(text: &str) -> Decimal {
    text.parse().unwrap()
}

fn netting(proposal: &Proposal) -> Netting {
    let books = |entity: &str| NettingBooks {
        entity: entity.to_owned(),
        journal: Uuid::nil(),
        number: String::new(),
        rest_item: None,
        reversal: None,
    };
    Netting {
        id: Id::new(&Clock::system()),
        relation: Id::nil(),
        date: day("2025-03-31"),
        currency: proposal.currency,
        receivable: proposal.receivable,
        payable: proposal.payable,
        rest: proposal.rest,
        reference: "NET".to_owned(),
        narration: None,
        state: NettingState::Posted,
        entity: books("french"),
        partner: books("uk"),
        pairs: proposal.pairs.clone(),
        left_out: proposal.left_out.clone(),
        undone_on: None,
        undone_because: None,
        created_at: DateTime::UNIX_EPOCH,
        created_by: String::new(),
        version: 1,
    }
}

/// Buckley, "Multinational Finance" (1986), as told at angelfire.com/ca/finrisk/Netting.html under "Bilateral Netting": a subsidiary in
/// the United Kingdom owes the French one 6 million dollars, which owes it 4 million; 2 million are paid by the one in the United
/// Kingdom.
#[test]
fn of_six_and_four_millions_two_are_left() {
    let ours = [
        item(Some("F-1"), money("6000000.00"), "2025-02-01"),
        item(Some("U-1"), money("-4000000.00"), "2025-02-02"),
    ];
    let theirs = [
        item(Some("F-1"), money("-6000000.00"), "2025-02-03"),
        item(Some("U-1"), money("4000000.00"), "2025-02-02"),
    ];
    let proposal = proposed(&ours, &theirs, &BTreeMap::new());
    let amounts = [proposal.receivable, proposal.payable, proposal.rest].map(|amount| amount.to_string());
    assert_eq!(amounts, ["6000000.00", "4000000.00", "2000000.00"]);
    assert!(proposal.is_possible && proposal.left_out.is_empty());
    let amounts = |is_partner| {
        let posting = netting(&proposal).posting(is_partner, Uuid::nil(), false).unwrap();
        let line = |line: &PostingLine| (line.amount.amount().to_string(), line.settles.is_some());
        posting.lines.iter().map(line).collect::<Vec<_>>()
    };
    let line = |amount: &str, settles| (amount.to_owned(), settles);
    assert_eq!(
        amounts(false),
        [line("-6000000.00", true), line("4000000.00", true), line("2000000.00", false)]
    );
    assert_eq!(
        amounts(true),
        [line("6000000.00", true), line("-4000000.00", true), line("-2000000.00", false)]
    );
}

#[test]
fn the_rest_is_an_item_among_those_of_its_direction_and_due_when_the_first_of_them_is() {
    let items = |sign: Decimal| {
        [("F-1", "600.00", "2025-04-30"), ("F-2", "100.00", "2025-04-10"), ("U-1", "-400.00", "2025-03-31")]
            .map(|(reference, open, due_on)| OpenItem {
                due_on: Some(day(due_on)),
                ..item(Some(reference), sign * money(open), "2025-02-01")
            })
    };
    let (ours, theirs) = (items(Decimal::ONE), items(Decimal::NEGATIVE_ONE));
    let proposal = proposed(&ours, &theirs, &BTreeMap::new());
    for (is_partner, account) in [(false, "Receivable"), (true, "Payable")] {
        let posting = netting(&proposal).posting(is_partner, Uuid::nil(), false).unwrap();
        let rest = posting.lines.last().unwrap();
        assert_eq!(rest.amount.amount().abs(), money("300.00"));
        assert_eq!(
            (&rest.account, rest.due_on),
            (&AccountRef::Code(account.to_owned()), Some(day("2025-04-10")))
        );
    }
}

#[test]
fn what_is_not_netted_says_why() {
    let ours = [
        item(None, money("1.00"), "2025-01-01"),
        item(Some("GONE"), money("2.00"), "2025-01-01"),
        item(Some("PART"), money("3.00"), "2025-01-01"),
        item(Some("LATER"), money("4.00"), "2025-03-31"),
        item(Some("DISPUTED"), money("5.00"), "2025-01-01"),
        item(Some("SAME SIDE"), money("6.00"), "2025-01-01"),
    ];
    let theirs = [
        item(Some("PART"), money("-2.50"), "2025-01-01"),
        item(Some("LATER"), money("-4.00"), "2025-04-01"),
        item(Some("DISPUTED"), money("-5.00"), "2025-01-01"),
        item(Some("SAME SIDE"), money("6.00"), "2025-01-01"),
    ];
    let reason = "The goods were broken".to_owned();
    let proposal = proposed(&ours, &theirs, &BTreeMap::from([(theirs[2].id, reason.clone())]));
    assert!(proposal.pairs.is_empty() && !proposal.is_possible);
    let why = |id: ItemId| {
        proposal.left_out.iter().find(|left| left.item == id).map(|left| (left.why, left.reason.clone()))
    };
    let expected = [
        Why::NoReference,
        Why::NotWithPartner,
        Why::AmountsDiffer,
        Why::Later,
        Why::LeftOut,
        Why::AmountsDiffer,
    ];
    for (item, why_left) in ours.iter().zip(expected) {
        let said = (why_left == Why::LeftOut).then(|| reason.clone());
        assert_eq!(why(item.id), Some((why_left, said)), "{item:?}");
    }
    assert_eq!(why(theirs[0].id), Some((Why::AmountsDiffer, None)));
    assert_eq!(proposal.left_out.len(), ours.len() + theirs.len());
}

#[test]
fn a_journal_is_not_longer_than_the_ledger_takes() {
    let ours: Vec<OpenItem> =
        (0..MOST_PAIRS + 3).map(|_| item(Some("A"), money("1.00"), "2025-01-01")).collect();
    let theirs: Vec<OpenItem> = ours.iter().map(|_| item(Some("A"), money("-1.00"), "2025-01-01")).collect();
    let proposal = proposed(&ours, &theirs, &BTreeMap::new());
    assert_eq!((proposal.pairs.len(), proposal.left_out.len()), (MOST_PAIRS, 6));
    assert!(proposal.left_out.iter().all(|left| left.why == Why::TooMany));
}

proptest! {
    #[test]
    fn each_item_is_netted_once_or_left_out_and_both_books_balance(
        documents in prop::collection::vec((0_u8..12, -2_000_i64..2_000, 0_u8..8, 0_u8..3), 0..60),
    ) {
        let (mut ours, mut theirs, mut left_out) = (Vec::new(), Vec::new(), BTreeMap::new());
        for (reference, cents, fate, days) in documents {
            let open = Decimal::new(if cents == 0 { 1 } else { cents }, 2);
            let (reference, date) = (format!("D-{reference}"), format!("2025-0{}-15", 2 + days));
            let known = (fate != 1).then_some(reference.as_str());
            let mine = item(known, open, &date);
            if fate == 2 {
                left_out.insert(mine.id, "In dispute".to_owned());
            }
            if fate != 3 {
                ours.push(mine);
            }
            if fate != 4 {
                let differs = if fate == 5 { Decimal::new(1, 2) } else { Decimal::ZERO };
                theirs.push(item(Some(&reference), differs - open, &date));
            }
        }
        let proposal = proposed(&ours, &theirs, &left_out);
        // Each item of either is in one pair or left out, and never both.
        let paired = proposal.pairs.iter().flat_map(|pair| [pair.item, pair.partner_item]);
        let all: Vec<ItemId> = paired.chain(proposal.left_out.iter().map(|left| left.item)).collect();
        prop_assert_eq!(all.iter().copied().collect::<BTreeSet<_>>().len(), all.len());
        prop_assert_eq!(all.len(), ours.len() + theirs.len());
        let found = |items: &[OpenItem], id: ItemId| items.iter().find(|item| item.id == id).cloned().unwrap();
        for pair in &proposal.pairs {
            let (our, their) = (found(&ours, pair.item), found(&theirs, pair.partner_item));
            prop_assert_eq!(our.open + their.open, Decimal::ZERO);
            prop_assert_eq!(&our.reference, &their.reference);
            prop_assert!(our.date <= day("2025-03-31") && !left_out.contains_key(&our.id));
        }
        prop_assert_eq!(proposal.rest, proposal.pairs.iter().map(|pair| pair.amount).sum::<Decimal>());
        // From the other side it is the same with the other sign.
        let sides = (Items { entity: "uk", items: &theirs }, Items { entity: "french", items: &ours });
        let mirrored = propose(dollars(), sides, day("2025-03-31"), &left_out);
        prop_assert_eq!((mirrored.receivable, mirrored.payable), (proposal.payable, proposal.receivable));
        if proposal.is_possible {
            let mut rests = Vec::new();
            for is_partner in [false, true] {
                let posting = netting(&proposal).posting(is_partner, Uuid::nil(), false).unwrap();
                prop_assert_eq!(posting.lines.iter().map(|line| line.amount.amount()).sum::<Decimal>(), Decimal::ZERO);
                let rest = posting.lines.iter().filter(|line| line.settles.is_none());
                rests.push(rest.map(|line| line.amount.amount()).sum::<Decimal>());
            }
            prop_assert_eq!((rests[0], rests[1]), (proposal.rest, -proposal.rest));
        }
    }
}
