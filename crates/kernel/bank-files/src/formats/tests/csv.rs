//! CSV by the mapping of an account.

use athyper_kernel_types::Currency;
use serde_json::json;

use super::super::{CsvMapping, FormatError, Hints, read};
use super::amounts;
use crate::statement::Statement;

fn mapping(value: serde_json::Value) -> CsvMapping {
    let mapping: CsvMapping = serde_json::from_value(value).unwrap();
    assert_eq!(mapping.check(), Ok(()));
    mapping
}

/// The form in which German savings banks export ("CSV-CAMT").
fn german() -> CsvMapping {
    mapping(
        json!({"delimiter": ";", "skipLines": 1, "decimalMark": ",", "thousandsMark": ".", "dateFormat": "DD.MM.YY", "newestFirst": true,
        "columns": {"bookedOn": "Buchungstag", "valueOn": "Valuta", "amount": "Betrag", "balance": "Saldo", "currency": "Währung",
            "name": "Name", "account": "IBAN", "purpose": ["Text", "Zweck"]}}),
    )
}

fn read_csv(file: &[u8], mapping: &CsvMapping) -> Result<Statement, FormatError> {
    let currency = Currency::parse("EUR").ok();
    read(file, &Hints { csv: Some(mapping), currency, ..Hints::default() }).map(|(_, mut all)| all.remove(0))
}

const FILE: &str = "Umsätze\nBuchungstag;Valuta;Name;IBAN;Text;Zweck;Betrag;Währung;Saldo\n\
    03.05.24;03.05.24;\"Öz; Bäckerei\";DE02120300000000202051;Gutschrift;RE 7;1.190,00;EUR;2.190,00\n\
    02.05.24;;Stadtwerke;;Lastschrift;;-84,5;EUR;1.000,00\n";

#[test]
fn the_mapping_says_what_is_where_and_balances_are_held_against_each_other() {
    let statement = read_csv(FILE.as_bytes(), &german()).unwrap();
    assert_eq!(amounts(&statement), ["-84.50", "1190.00"]);
    assert_eq!(statement.opening.unwrap().amount.to_string(), "1084.50");
    assert_eq!(statement.closing.unwrap().amount.to_string(), "2190.00");
    assert_eq!(statement.lines[1].counterparty.name.as_deref(), Some("Öz; Bäckerei"));
    assert_eq!(statement.lines[1].purpose, "Gutschrift RE 7");
    assert_eq!((statement.lines[1].row, statement.lines[0].row), (3, 4));
    // Windows-1252, as it comes from many banks.
    let old: Vec<u8> = FILE.chars().map(|c| u8::try_from(u32::from(c)).unwrap()).collect();
    assert_eq!(read_csv(&old, &german()).unwrap().lines, statement.lines);
}

#[test]
fn errors_name_line_and_column() {
    for (from, to, row, column) in [
        ("1.190,00", "1.190,001", 3, "Betrag"),
        ("02.05.24;", "2.5.24;", 4, "Buchungstag"),
        ("02.05.24;", "31.02.24;", 4, "Buchungstag"),
        ("-84,5;EUR", "-84,5;USD", 4, "Währung"),
        ("2.190,00", "2.190,01", 3, "balance"),
        ("Saldo\n", "Stand\n", 2, "Saldo"),
    ] {
        let error = read_csv(FILE.replace(from, to).as_bytes(), &german()).unwrap_err();
        assert_eq!((error.row, error.field.as_str()), (Some(row), column), "{to}: {error}");
    }
}

#[test]
fn amounts_stand_in_two_columns_or_have_their_direction_beside_them() {
    let two = mapping(
        json!({"hasHeader": false, "dateFormat": "YYYY-MM-DD", "columns": {"bookedOn": "1", "debit": "2", "credit": "3"}}),
    );
    assert_eq!(amounts(&read_csv(b"2024-01-01,5.00,\n2024-01-02,,7\n", &two).unwrap()), ["-5.00", "7.00"]);
    assert_eq!(read_csv(b"2024-01-01,5.00,6\n", &two).unwrap_err().row, Some(1));
    let marked = mapping(json!({"hasHeader": false, "dateFormat": "DD/MM/YYYY",
        "columns": {"bookedOn": "1", "amount": "2", "direction": "3", "debitWords": ["S"]}}));
    assert_eq!(
        amounts(&read_csv(b"01/02/2024,5.00,S\n01/02/2024,5.00,H\n", &marked).unwrap()),
        ["-5.00", "5.00"]
    );
}

#[test]
fn a_mapping_that_cannot_be_used_says_why() {
    for (change, pointer) in [
        (json!({"delimiter": "a"}), "/delimiter"),
        (json!({"decimalMark": "'"}), "/decimalMark"),
        (json!({"thousandsMark": "."}), "/decimalMark"),
        (json!({"dateFormat": "DD.MM"}), "/dateFormat"),
        (json!({"dateFormat": "DD.MM.YYYY YY"}), "/dateFormat"),
        (json!({"columns": {"bookedOn": "a"}}), "/columns/amount"),
        (json!({"columns": {"bookedOn": "a", "amount": "b", "direction": "c"}}), "/columns/direction"),
    ] {
        let mut value = json!({"dateFormat": "YYYYMMDD", "columns": {"bookedOn": "a", "amount": "b"}});
        value.as_object_mut().unwrap().extend(change.as_object().unwrap().clone());
        let mapping: CsvMapping = serde_json::from_value(value).unwrap();
        assert_eq!(mapping.check().unwrap_err().0, pointer, "{change}");
    }
}
