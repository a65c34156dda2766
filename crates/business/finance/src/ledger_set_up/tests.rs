//! What is added to a chart.

use athyper_kernel_ledger::{AccountType, AccountUse};

use super::*;

fn plan(accounts: &[(&str, AccountType)]) -> Result<(AddedAccounts, Vec<account::Account>), Vec<FieldError>> {
    let wanted = |(code, kind): &(&str, AccountType)| NewAccount {
        code: code.parse().unwrap(),
        name: None,
        kind: *kind,
        usage: AccountUse::Other,
        opened_on: None,
    };
    additions(Chart::default(), &accounts.iter().map(wanted).collect::<Vec<_>>(), &Clock::system())
}

#[test]
fn a_parent_that_is_asked_for_later_is_no_group() {
    let (added, accounts) = plan(&[("A:B:C", AccountType::Asset), ("A:B", AccountType::Asset)]).unwrap();
    let shape: Vec<_> = accounts.iter().map(|account| (account.code.as_str(), account.postable)).collect();
    assert_eq!(shape, [("A", false), ("A:B", true), ("A:B:C", true)]);
    assert_eq!(added, AddedAccounts { created: 2, groups: 1, unchanged: 0 });
}

#[test]
fn the_same_account_twice_is_unchanged_and_with_another_type_an_error() {
    let (added, _) = plan(&[("A", AccountType::Asset), ("A", AccountType::Asset)]).unwrap();
    assert_eq!(added.unchanged, 1);
    let errors = plan(&[("A:B", AccountType::Income), ("A", AccountType::Asset), ("A", AccountType::Equity)])
        .unwrap_err();
    let places: Vec<_> = errors.iter().map(|error| (&*error.pointer, &*error.code)).collect();
    assert_eq!(places, [("/accounts/2/type", "type_differs"), ("/accounts/0/type", "differs_from_parent")]);
}
