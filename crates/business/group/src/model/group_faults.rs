//! What is wrong with the definition of a group by itself.

use std::collections::BTreeSet;

use athyper_kernel_error::FieldError;
use athyper_kernel_types::{Currency, Money};
use rust_decimal::Decimal;

use super::group::{Definition, Member};

/// Most members, accounts and mappings of a group.
const MOST: usize = 1_000;

impl Definition {
    /// Everything that is wrong with it by itself, with pointers below `/definition`.
    pub(crate) fn faults(&self) -> Vec<FieldError> {
        let mut faults = Vec::new();
        let mut fault = |pointer: String, code: &str, message: String| {
            faults.push(FieldError::new(format!("/definition{pointer}"), code, message));
        };
        for (name, count) in [
            ("members", self.members.len()),
            ("accounts", self.accounts.len()),
            ("mapping", self.mapping.len()),
        ] {
            if !(1..=MOST).contains(&count) {
                fault(format!("/{name}"), "length", format!("write 1 to {MOST} of them"));
            }
        }
        if !self.members.iter().any(|member| member.entity == self.parent) {
            fault("/parent".to_owned(), "no_member", "the parent is one of the members".to_owned());
        }
        let mut codes = BTreeSet::new();
        for (index, account) in self.accounts.iter().enumerate() {
            if !codes.insert(account.code.as_str()) {
                fault(format!("/accounts/{index}/code"), "taken", format!("{} is there twice", account.code));
            }
        }
        let mut taken = BTreeSet::new();
        for (index, mapping) in self.mapping.iter().enumerate() {
            if mapping.account.is_some() == mapping.prefix.is_some() {
                fault(
                    format!("/mapping/{index}"),
                    "one_of",
                    "write either an account or a prefix".to_owned(),
                );
            }
            if !taken.insert((&mapping.account, &mapping.prefix)) {
                fault(format!("/mapping/{index}"), "taken", "it is mapped twice".to_owned());
            }
            if self.account(&mapping.to).is_none() {
                fault(format!("/mapping/{index}/to"), "unknown_account", unknown(&mapping.to));
            }
        }
        for (name, code, may_be) in self.special.all() {
            match self.account(code) {
                None => fault(format!("/special/{name}"), "unknown_account", unknown(code)),
                Some(account) if !may_be.contains(&account.kind) => {
                    let kinds: Vec<&str> = may_be.iter().map(|kind| kind.as_str()).collect();
                    fault(
                        format!("/special/{name}"),
                        "account_type",
                        format!("take an account of type {}", kinds.join(" or ")),
                    );
                }
                Some(_) => {}
            }
        }
        let mut entities = BTreeSet::new();
        for (index, member) in self.members.iter().enumerate() {
            if !entities.insert(member.entity.as_str()) {
                fault(
                    format!("/members/{index}/entity"),
                    "taken",
                    format!("{} is there twice", member.entity),
                );
            }
            for (pointer, code, message) in self.faults_of(member) {
                fault(format!("/members/{index}{pointer}"), code, message);
            }
        }
        faults
    }

    fn faults_of(&self, member: &Member) -> Vec<(String, &'static str, String)> {
        let mut faults = Vec::new();
        let share = member.share_percent;
        if share <= Decimal::ZERO || share > Decimal::ONE_HUNDRED || share.normalize().scale() > 8 {
            let message = "a share is above 0 and at most 100 per cent, with at most 8 decimals".to_owned();
            faults.push(("/sharePercent".to_owned(), "out_of_range", message));
        }
        let is_parent = member.entity == self.parent;
        if is_parent && (share != Decimal::ONE_HUNDRED || member.acquisition.is_some()) {
            let message = "the parent belongs to its owners: 100 per cent, and no acquisition".to_owned();
            faults.push(("/sharePercent".to_owned(), "parent", message));
        }
        if !is_parent && share < Decimal::ONE_HUNDRED && member.acquisition.is_none() {
            let message =
                "state how it came to the group: what others have of it is reckoned from there".to_owned();
            faults.push(("/acquisition".to_owned(), "required", message));
        }
        if member.until.is_some_and(|until| until < member.since) {
            faults.push(("/until".to_owned(), "before_first", "the last day is before the first".to_owned()));
        }
        let is_amount = |amount: Decimal| Money::new(amount, self.currency).is_ok();
        for (index, stated) in member.historical.iter().enumerate() {
            let is_positive = stated.rate.is_none_or(|rate| rate > Decimal::ZERO);
            let is_one = stated.rate.is_some() != stated.amount.is_some();
            if !(is_one && is_positive && stated.amount.is_none_or(is_amount)) {
                let message = format!("write either an amount in {} or a rate above zero", self.currency);
                faults.push((format!("/historical/{index}"), "one_of", message));
            }
        }
        let Some(acquisition) = &member.acquisition else { return faults };
        for (name, stated) in [("equity", &acquisition.equity), ("fairValue", &acquisition.fair_value)] {
            for (index, line) in stated.iter().enumerate() {
                let pointer = format!("/acquisition/{name}/{index}");
                if self.account(&line.account).is_none() {
                    faults.push((format!("{pointer}/account"), "unknown_account", unknown(&line.account)));
                }
                if !is_amount(line.amount) {
                    faults.push((format!("{pointer}/amount"), "invalid_amount", no_amount(self.currency)));
                }
            }
        }
        let amounts = [
            ("consideration", Some(acquisition.consideration)),
            ("nonControlling", acquisition.non_controlling),
        ];
        for (name, _) in
            amounts.into_iter().filter(|(_, it)| it.is_some_and(|it| it < Decimal::ZERO || !is_amount(it)))
        {
            faults.push((format!("/acquisition/{name}"), "invalid_amount", no_amount(self.currency)));
        }
        if acquisition.rate.is_some_and(|rate| rate <= Decimal::ZERO) {
            faults.push(("/acquisition/rate".to_owned(), "not_positive", "a rate is above zero".to_owned()));
        }
        let is_member = |code: &String| self.members.iter().any(|member| member.entity == *code);
        if acquisition.holder.as_ref().is_some_and(|holder| !is_member(holder) || *holder == member.entity) {
            let message = "the holder is another member".to_owned();
            faults.push(("/acquisition/holder".to_owned(), "no_member", message));
        }
        faults
    }
}

fn unknown(code: &str) -> String {
    format!("the group has no account {code}")
}

fn no_amount(currency: Currency) -> String {
    format!("write an amount in {currency}, not below zero where it is a price")
}
