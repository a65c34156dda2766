//! The example ledger of three years, and what must be true once it is posted.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{Days, Months, NaiveDate};
use serde_json::Value;

use crate::client::Client;

/// What makes a journal of the file recognisable: date, payee, narration.
type Face = (String, String, String);

/// The files of the ledger. They lie with the tests of the finance crate.
#[derive(Debug)]
pub struct Ledger {
    /// The file of accounts.
    pub accounts: &'static str,
    /// The file of journals.
    pub journals: &'static str,
    balances: &'static str,
}

/// The ledger's files.
macro_rules! file {
    ($name:literal) => {
        include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/../books/tests/data/ledger/", $name))
    };
}

impl Ledger {
    /// How many journals the file has.
    pub const JOURNALS: usize = 1_142;

    /// The example ledger.
    pub const EXAMPLE: Self = Self {
        accounts: file!("accounts.csv"),
        journals: file!("journal-lines.csv"),
        balances: file!("expected-balances.csv"),
    };

    /// Holds the trial balance at each of the 36 month ends against the balances that were summed outside the product:
    /// the same accounts and, as text, the same amounts. Accounts at zero are in neither.
    pub async fn check_month_ends(&self, client: &Client) {
        let mut expected: BTreeMap<String, BTreeMap<String, String>> = BTreeMap::new();
        for row in rows(self.balances) {
            expected.entry(month_end(&row[0])).or_default().insert(row[1].clone(), row[2].clone());
        }
        assert_eq!(expected.len(), 36);
        for (day, expected) in expected {
            let path = format!("/v1/finance/reports/trial-balance?currency=USD&asOf={day}");
            let report = client.get(&path).await.expect(200).json();
            let lines = report["lines"].as_array().expect("lines").iter();
            let found: BTreeMap<_, _> =
                lines.map(|line| (text(line, "account"), text(line, "balance"))).collect();
            assert_eq!(found, expected, "{day}");
            assert_eq!(report["totals"]["debit"], report["totals"]["credit"], "{day}");
        }
    }

    /// Holds the posted journals against the file: each of them once, none lost, none added, and numbered without a gap
    /// from 1 in each year.
    pub async fn check_posted_once(&self, client: &Client) {
        let journals = client.list("/v1/finance/journals?filter=state%20%3D%3D%20%22posted%22").await;
        assert_eq!(journals.len(), Self::JOURNALS);
        let mut found: Vec<Face> = journals.iter().map(face).collect();
        found.sort();
        let expected = self.faces();
        for (found, expected) in found.iter().zip(&expected) {
            assert_eq!(found, expected);
        }
        check_numbers(&journals);
    }

    /// The journals of the file.
    fn faces(&self) -> Vec<Face> {
        let entries: BTreeMap<String, Face> = rows(self.journals)
            .into_iter()
            .map(|row| (row[0].clone(), (row[1].clone(), row[2].clone(), row[3].trim().to_owned())))
            .collect();
        let mut faces: Vec<Face> = entries.into_values().collect();
        faces.sort();
        faces
    }
}

/// Checks that the journals of each year are numbered from 1 without a gap and without a number taken twice.
pub(crate) fn check_numbers(journals: &[Value]) {
    let mut years: BTreeMap<String, BTreeSet<usize>> = BTreeMap::new();
    for journal in journals {
        let (number, date) = (text(journal, "number"), text(journal, "date"));
        let parts: Vec<&str> = number.split('-').collect();
        assert_eq!((parts[0], parts[1]), ("JE", &date[..4]), "{journal}");
        let is_new =
            years.entry(parts[1].to_owned()).or_default().insert(parts[2].parse().expect("a number"));
        assert!(is_new, "{number} is taken twice");
    }
    for (year, numbers) in years {
        assert_eq!((numbers.first(), numbers.last()), (Some(&1), Some(&numbers.len())), "{year}");
    }
}

fn face(journal: &Value) -> Face {
    let optional = |name: &str| journal[name].as_str().unwrap_or_default().to_owned();
    (text(journal, "date"), optional("payee"), optional("narration"))
}

fn text(value: &Value, name: &str) -> String {
    value[name].as_str().unwrap_or_else(|| panic!("no {name} in {value}")).to_owned()
}

/// The rows of a file without its header.
fn rows(file: &str) -> Vec<Vec<String>> {
    let mut reader = csv::Reader::from_reader(file.as_bytes());
    let rows = reader.records().map(|row| row.expect("a row").iter().map(str::to_owned).collect());
    rows.collect()
}

/// The last day of a month that is written like 2024-02.
fn month_end(month: &str) -> String {
    let first: NaiveDate = format!("{month}-01").parse().expect("a month");
    (first + Months::new(1) - Days::new(1)).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn journals(numbers: &[&str]) -> Vec<Value> {
        numbers.iter().map(|number| json!({"number": number, "date": "2024-05-01"})).collect()
    }

    #[test]
    fn months_end_on_their_last_day() {
        assert_eq!((month_end("2024-02"), month_end("2023-12")), ("2024-02-29".into(), "2023-12-31".into()));
    }

    #[test]
    fn numbers_without_a_gap_pass() {
        check_numbers(&journals(&["JE-2024-000002", "JE-2024-000001"]));
    }

    #[test]
    #[should_panic(expected = "2024")]
    fn a_gap_is_found() {
        check_numbers(&journals(&["JE-2024-000001", "JE-2024-000003"]));
    }

    #[test]
    #[should_panic(expected = "taken twice")]
    fn a_number_that_is_taken_twice_is_found() {
        check_numbers(&journals(&["JE-2024-000001", "JE-2024-000001"]));
    }

    #[test]
    fn the_file_has_the_journals_that_are_counted() {
        assert_eq!(Ledger::EXAMPLE.faces().len(), Ledger::JOURNALS);
    }
}
