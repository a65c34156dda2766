//! A digest says whether anything was changed, and only that.

use athyper_kernel_ledger::Book;
use proptest::prelude::*;

use super::*;

fn currency(at: usize) -> Currency {
    Currency::parse(["EUR", "USD", "JPY"][at]).unwrap()
}

prop_compose! {
    fn snapshots()(
        balances in prop::collection::btree_map((0_usize..6, 0_usize..3), (-9999_i64..9999, -9999_i64..9999), 1..12),
        items in prop::collection::btree_map(0_u128..1000, (0_usize..6, 0_usize..3, 1_i64..9999, -9999_i64..9999), 1..12),
        series in prop::collection::btree_map(0_usize..7, (1_i64..99, 0_i64..99), 1..7),
    ) -> Snapshot {
        Snapshot {
            entity: "main".to_owned(),
            starts_on: "2025-03-01".parse().unwrap(),
            ends_on: "2025-03-31".parse().unwrap(),
            base_currency: currency(0),
            balances: balances.into_iter().map(|((account, at), (amount, base))| SnapshotBalance {
                account: format!("A{account}"),
                name: "Account".to_owned(),
                kind: AccountType::Asset,
                usage: AccountUse::Other,
                currency: currency(at),
                amount: Decimal::new(amount, 2),
                base: Decimal::new(base, 2),
            }).collect(),
            open_items: items.into_iter().map(|(id, (account, at, open, base))| SnapshotItem {
                id: Uuid::from_u128(id),
                account: format!("A{account}"),
                party: Uuid::nil(),
                date: "2025-03-01".parse().unwrap(),
                due_on: None,
                reference: Some(format!("SI-{id}")),
                currency: currency(at),
                amount: Decimal::from(open),
                open: Decimal::from(open),
                open_base: Decimal::new(base, 2),
            }).collect(),
            series: series.into_iter().map(|(book, (journals, later))| SeriesEnd {
                book: Book::ALL[book],
                fiscal_year: "2025-01-01".parse().unwrap(),
                journals,
                number: format!("N-{}", journals + later),
                sequence: journals + later,
            }).collect(),
        }
    }
}

/// One thing of a snapshot changed, removed or added.
fn changed(snapshot: &Snapshot, what: usize) -> Snapshot {
    let mut changed = snapshot.clone();
    match what {
        0 => changed.balances[0].amount += Decimal::ONE,
        1 => changed.balances[0].base += Decimal::new(1, 2),
        2 => drop(changed.balances.remove(0)),
        3 => changed.open_items[0].open += Decimal::ONE,
        4 => changed.open_items[0].open_base -= Decimal::new(1, 2),
        5 => drop(changed.open_items.remove(0)),
        6 => changed.series[0].journals += 1,
        7 => changed.series[0].sequence -= 1,
        8 => drop(changed.series.remove(0)),
        _ => {
            let mut more = changed.balances[0].clone();
            more.account = "B".to_owned();
            changed.balances.push(more);
        }
    }
    changed
}

proptest! {
    #[test]
    fn the_order_of_things_and_zeros_at_the_end_do_not_count(snapshot in snapshots()) {
        let mut other = snapshot.clone();
        other.balances.reverse();
        other.open_items.reverse();
        other.series.reverse();
        for balance in &mut other.balances {
            balance.amount.rescale(4);
            balance.base.rescale(4);
        }
        prop_assert_eq!(snapshot.digest(), other.digest());
        prop_assert_eq!(differences(&snapshot, &other), Vec::new());
    }

    #[test]
    fn any_change_is_seen_by_the_digest_and_named(snapshot in snapshots(), what in 0_usize..10) {
        let other = changed(&snapshot, what);
        prop_assert_ne!(snapshot.digest(), other.digest());
        let found = differences(&snapshot, &other);
        prop_assert_eq!(found.len(), 1, "{:?}", found);
        prop_assert_ne!(&found[0].kept, &found[0].present);
        let of = ["balance", "balance", "balance", "openItem", "openItem", "openItem", "series", "series", "series", "balance"];
        prop_assert_eq!(found[0].of, of[what]);
    }

    #[test]
    fn numbers_of_later_days_are_no_difference(snapshot in snapshots(), more in 1_i64..50) {
        let mut later = snapshot.clone();
        for series in &mut later.series {
            series.sequence += more;
            series.number = format!("N-{}", series.sequence);
        }
        prop_assert_eq!(differences(&snapshot, &later), Vec::new());
        prop_assert_ne!(snapshot.digest(), later.digest());
    }
}

#[test]
fn a_digest_stays_what_it_is() {
    let snapshot = Snapshot {
        entity: "main".to_owned(),
        starts_on: "2025-03-01".parse().unwrap(),
        ends_on: "2025-03-31".parse().unwrap(),
        base_currency: currency(0),
        balances: Vec::new(),
        open_items: Vec::new(),
        series: Vec::new(),
    };
    // printf '["snapshot of a period",1]\n["main","2025-03-01","2025-03-31","EUR"]\n' | sha256sum
    assert_eq!(snapshot.digest(), "15b9a6f2c58884e4625bc090ef5003892dce2cc09dcda6d44fe3a2a7a9e4ff56");
}
