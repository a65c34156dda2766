//! What a chart of accounts lacks of a template, and what differs from it.

use std::collections::{BTreeMap, HashMap};

use athyper_kernel_ledger::{Account, NewAccount, RoleRule};
use serde::Serialize;
use utoipa::ToSchema;

use super::chart_template::{ChartTemplate, TemplateAccount};

/// What is there and is not as the template has it. It stays as it is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = opening::ChartDifference)]
pub(crate) struct Difference {
    /// Code of the account of the template.
    #[schema(example = "1200")]
    pub(crate) account: String,
    /// The part, where a rule differs or cannot be added.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) role: Option<String>,
    /// What differs: `name`, `type`, `use`, `state`, or the `account` that plays a part.
    #[schema(example = "name")]
    pub(crate) field: &'static str,
    /// As it is here.
    #[schema(example = "Debtors")]
    pub(crate) here: String,
    /// As the template has it.
    #[schema(example = "Trade receivables")]
    pub(crate) template: String,
}

/// What applying a template does.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Plan {
    /// Accounts to add.
    pub(crate) accounts: Vec<NewAccount>,
    /// Rules to add.
    pub(crate) rules: Vec<RoleRule>,
    /// How many accounts are there as the template has them.
    pub(crate) unchanged_accounts: usize,
    /// How many rules are there as the template has them.
    pub(crate) unchanged_rules: usize,
    /// What is there and differs.
    pub(crate) differences: Vec<Difference>,
}

/// What a template adds to these accounts and rules, for one legal entity or for all. A part whose account is there as something else
/// gets no rule: what is posted to it would end where the template never meant it.
pub(crate) fn plan(
    template: &ChartTemplate,
    entity: Option<&str>,
    accounts: &[Account],
    rules: &[RoleRule],
) -> Plan {
    let by_code: HashMap<&str, &Account> =
        accounts.iter().map(|account| (account.code.as_str(), account)).collect();
    let mut plan = Plan::default();
    for wanted in &template.accounts {
        let is_fit = match by_code.get(wanted.code.as_str()) {
            None => {
                plan.accounts.push(new_account(wanted));
                true
            }
            Some(here) => plan.compare(wanted, here),
        };
        for role in &wanted.roles {
            let asks = |rule: &&RoleRule| {
                rule.role == role.role && rule.facts == role.facts && rule.entity.as_deref() == entity
            };
            let code = wanted.code.as_str();
            match rules.iter().find(asks) {
                Some(rule) if rule.account == code => plan.unchanged_rules += 1,
                Some(rule) => plan.differences.push(Difference {
                    account: code.to_owned(),
                    role: Some(named(&role.role, &role.facts)),
                    field: "account",
                    here: rule.account.clone(),
                    template: code.to_owned(),
                }),
                None if is_fit => plan.rules.push(RoleRule {
                    role: role.role.clone(),
                    entity: entity.map(str::to_owned),
                    facts: role.facts.clone(),
                    account: code.to_owned(),
                }),
                None => plan.differences.push(Difference {
                    account: code.to_owned(),
                    role: Some(named(&role.role, &role.facts)),
                    field: "account",
                    here: "none".to_owned(),
                    template: code.to_owned(),
                }),
            }
        }
    }
    plan
}

impl Plan {
    /// Notes what differs between an account of the template and the one that is here. Says whether the one here can play its parts.
    fn compare(&mut self, wanted: &TemplateAccount, here: &Account) -> bool {
        let before = self.differences.len();
        let mut differ = |field: &'static str, here: &str, template: &str| {
            if here != template {
                self.differences.push(Difference {
                    account: wanted.code.as_str().to_owned(),
                    role: None,
                    field,
                    here: here.to_owned(),
                    template: template.to_owned(),
                });
            }
            here == template
        };
        let is_fit = [
            differ("type", here.kind.as_str(), wanted.kind.as_str()),
            differ("use", here.usage.as_str(), wanted.usage.as_str()),
            differ("state", here.refusal.as_deref().unwrap_or("takes postings"), "takes postings"),
        ];
        differ("name", &here.name, &wanted.name);
        if self.differences.len() == before {
            self.unchanged_accounts += 1;
        }
        is_fit.into_iter().all(|fits| fits)
    }
}

fn new_account(wanted: &TemplateAccount) -> NewAccount {
    NewAccount {
        code: wanted.code.clone(),
        name: Some(wanted.name.clone()),
        kind: wanted.kind,
        usage: wanted.usage,
        opened_on: None,
    }
}

/// A part with its facts, for people.
fn named(role: &str, facts: &BTreeMap<String, String>) -> String {
    let facts: Vec<String> = facts.iter().map(|(name, value)| format!("{name} {value}")).collect();
    if facts.is_empty() { role.to_owned() } else { format!("{role} ({})", facts.join(", ")) }
}

#[cfg(test)]
mod tests {
    use athyper_kernel_ledger::{AccountType, AccountUse};

    use super::*;

    fn template() -> ChartTemplate {
        ChartTemplate::find("small_trading_company").unwrap()
    }

    fn applied(plan: &Plan) -> Vec<Account> {
        let account = |new: &NewAccount| Account {
            code: new.code.clone(),
            name: new.name.clone().unwrap(),
            kind: new.kind,
            usage: new.usage,
            refusal: None,
        };
        plan.accounts.iter().map(account).collect()
    }

    #[test]
    fn a_second_time_adds_nothing() {
        let template = template();
        let first = plan(&template, None, &[], &[]);
        assert_eq!(first.accounts.len(), template.accounts.len());
        let second = plan(&template, None, &applied(&first), &first.rules);
        assert_eq!((second.accounts.len(), second.rules.len(), second.differences.len()), (0, 0, 0));
        assert_eq!(second.unchanged_accounts, template.accounts.len());
        assert_eq!(second.unchanged_rules, first.rules.len());
        // Rules for one legal entity are others than those for all.
        assert_eq!(
            plan(&template, Some("main"), &applied(&first), &first.rules).rules.len(),
            first.rules.len()
        );
    }

    #[test]
    fn what_is_there_stays_and_differences_are_named() {
        let template = template();
        let first = plan(&template, None, &[], &[]);
        let mut accounts = applied(&first);
        let place = |code: &str| accounts.iter().position(|account| account.code.as_str() == code).unwrap();
        let (receivables, rent, bank) = (place("1200"), place("6100"), place("1100"));
        accounts[receivables].usage = AccountUse::Other;
        accounts[rent].name = "Premises".to_owned();
        accounts[bank].kind = AccountType::Expense;
        let rules = [RoleRule {
            role: "revenue".to_owned(),
            entity: None,
            facts: BTreeMap::new(),
            account: "4100".to_owned(),
        }];
        let second = plan(&template, None, &accounts, &rules);
        let found: Vec<(&str, Option<&str>, &str, &str)> = second
            .differences
            .iter()
            .map(|it| (it.account.as_str(), it.role.as_deref(), it.field, it.here.as_str()))
            .collect();
        assert_eq!(
            found,
            [
                ("1100", None, "type", "expense"),
                ("1100", Some("bank"), "account", "none"),
                ("1200", None, "use", "other"),
                ("1200", Some("receivable"), "account", "none"),
                ("4000", Some("revenue"), "account", "4100"),
                ("6100", None, "name", "Premises"),
            ]
        );
        assert!(second.accounts.is_empty());
        assert!(
            second.rules.iter().all(|rule| !["bank", "receivable", "revenue"].contains(&rule.role.as_str()))
        );
    }
}
