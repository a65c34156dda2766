//! Each template is sound.

use std::collections::BTreeSet;

use super::*;

/// The parts that domains post to, each with the type and use that an account has to have for it; no type where several will do.
///
/// `invoicing` posts to the parts of documents and payments (`model/journal.rs`, `paying.rs`), `banking` to accounts that people name,
/// `closing` to exchange differences and retained earnings, `finance` to roundings and exchange differences (`posting.rs`), and this
/// domain to opening balances.
const PARTS: [(&str, Option<AccountType>, AccountUse); 16] = [
    ("receivable", Some(AccountType::Asset), AccountUse::Receivable),
    ("payable", Some(AccountType::Liability), AccountUse::Payable),
    ("revenue", Some(AccountType::Income), AccountUse::Other),
    ("expense", Some(AccountType::Expense), AccountUse::Other),
    ("output_tax", Some(AccountType::Liability), AccountUse::Tax),
    ("input_tax", Some(AccountType::Asset), AccountUse::Tax),
    ("withholding_tax", Some(AccountType::Liability), AccountUse::Tax),
    ("bank", Some(AccountType::Asset), AccountUse::Bank),
    ("discount_allowed", None, AccountUse::Other),
    ("discount_received", None, AccountUse::Other),
    ("write_off", Some(AccountType::Expense), AccountUse::Other),
    ("rounding", None, AccountUse::Other),
    ("exchange_realised", None, AccountUse::Other),
    ("exchange_unrealised", None, AccountUse::Other),
    ("retained_earnings", Some(AccountType::Equity), AccountUse::Other),
    ("opening_balance", Some(AccountType::Equity), AccountUse::Other),
];

fn templates() -> Vec<ChartTemplate> {
    ChartTemplate::keys().map(|key| ChartTemplate::find(key).unwrap()).collect()
}

#[test]
fn keys_are_those_of_the_files_in_order() {
    let keys: Vec<&str> = ChartTemplate::keys().collect();
    assert!(keys.is_sorted());
    assert_eq!(templates().iter().map(|template| template.key.as_str()).collect::<Vec<_>>(), keys);
    assert!(matches!(ChartTemplate::find("none"), Err(Error::TemplateNotFound)));
}

#[test]
fn codes_are_there_once_and_in_order() {
    for template in templates() {
        let codes: Vec<&str> = template.accounts.iter().map(|account| account.code.as_str()).collect();
        assert_eq!(codes.iter().collect::<BTreeSet<_>>().len(), codes.len(), "{}", template.key);
        assert!(codes.is_sorted(), "{}", template.key);
        let names: BTreeSet<(AccountTypeWord, &str)> =
            template.accounts.iter().map(|account| (account.kind.as_str(), account.name.as_str())).collect();
        assert_eq!(names.len(), codes.len(), "{}", template.key);
    }
}

type AccountTypeWord = &'static str;

#[test]
fn the_first_digit_of_a_code_is_its_type() {
    for template in templates() {
        for account in &template.accounts {
            let expected: &[AccountType] = match account.code.as_str().as_bytes()[0] {
                b'1' => &[AccountType::Asset],
                b'2' => &[AccountType::Liability],
                b'3' => &[AccountType::Equity],
                b'4' => &[AccountType::Income],
                b'5' | b'6' | b'8' => &[AccountType::Expense],
                _ => &[AccountType::Income, AccountType::Expense],
            };
            assert!(expected.contains(&account.kind), "{} {account:?}", template.key);
        }
    }
}

#[test]
fn types_fit_uses() {
    for template in templates() {
        for account in &template.accounts {
            let fits = match account.usage {
                AccountUse::Receivable | AccountUse::Bank | AccountUse::Cash => {
                    account.kind == AccountType::Asset
                }
                AccountUse::Payable => account.kind == AccountType::Liability,
                AccountUse::Tax => matches!(account.kind, AccountType::Asset | AccountType::Liability),
                AccountUse::Other => true,
            };
            assert!(fits, "{} {account:?}", template.key);
        }
    }
}

#[test]
fn each_part_that_is_posted_to_has_one_account_that_fits_it() {
    for template in templates() {
        let mut played: Vec<(&str, &BTreeMap<String, String>)> = Vec::new();
        for account in &template.accounts {
            for TemplateRole { role, facts } in &account.roles {
                let (_, kind, usage) = PARTS.iter().find(|(part, _, _)| part == role).expect(role);
                assert!(kind.is_none_or(|kind| kind == account.kind), "{} {account:?}", template.key);
                assert_eq!(*usage, account.usage, "{} {account:?}", template.key);
                played.push((role, facts));
            }
        }
        let once: BTreeSet<_> = played.iter().collect();
        assert_eq!(once.len(), played.len(), "{}", template.key);
        for (part, _, _) in PARTS {
            let sides = |side: &str| {
                let known = BTreeMap::from([("side".to_owned(), side.to_owned())]);
                let holds = |facts: &BTreeMap<String, String>| {
                    facts.iter().all(|(name, value)| known.get(name) == Some(value))
                };
                played.iter().filter(|(role, facts)| *role == part && holds(facts)).count()
            };
            assert_eq!((sides("gain"), sides("loss")), (1, 1), "{} {part}", template.key);
        }
    }
}
