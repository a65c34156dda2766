//! What no bank sends.

use athyper_kernel_types::Currency;
use proptest::prelude::*;
use serde_json::json;

use super::super::{CsvMapping, Format, Hints, read};
use super::read_all;

#[test]
fn entities_document_types_and_depth_are_refused() {
    let bomb = "<!DOCTYPE d [<!ENTITY a \"aaaa\"><!ENTITY b \"&a;&a;&a;\">]><Document>&b;</Document>";
    assert!(read_all(bomb).unwrap_err().message.contains("document type"));
    assert!(read_all("<Document>&b;</Document>").unwrap_err().message.contains("entity"));
    let deep = "<a>".repeat(100_000);
    assert!(read_all(&deep).unwrap_err().message.contains("deeper"));
    let sgml = format!("OFXHEADER:100\n{deep}");
    assert!(read_all(&sgml).unwrap_err().message.contains("deeper"));
    let wide = format!("<Document>{}</Document>", "<a/>".repeat(1_500_001));
    assert!(read_all(&wide).unwrap_err().message.contains("elements"));
    let huge = vec![b' '; (32 << 20) + 1];
    assert!(read(&huge, &Hints::default()).unwrap_err().message.contains("bytes"));
}

#[test]
fn an_empty_file_and_one_without_statements_are_refused() {
    for file in ["", "<Document/>", "<OFX></OFX>", "-", "{1:F01}", "OFXHEADER:100\n<OFX></OFX>", ":20:x\n"] {
        read_all(file).unwrap_err();
    }
}

fn mapping() -> CsvMapping {
    let columns = json!({"bookedOn": "1", "amount": "2", "balance": "3", "purpose": ["4"]});
    serde_json::from_value(json!({"hasHeader": false, "dateFormat": "YYYY-MM-DD", "columns": columns}))
        .unwrap()
}

proptest! {
    #[test]
    fn no_bytes_make_a_reader_panic(file in proptest::collection::vec(any::<u8>(), 0..400)) {
        try_all(&file);
    }

    #[test]
    fn no_mixture_of_what_files_consist_of_makes_a_reader_panic(parts in proptest::collection::vec(
        prop_oneof![
            Just(":20:X\n"), Just(":25:1\n"), Just(":60F:C240101EUR1,\n"), Just(":61:2401010101C1,N123R//B\n"), Just(":61:24"), Just(":86:"),
            Just("166?20EREF+a?21SVWZ+b?32é"), Just("/EREF/x/REMI/"), Just(":62F:C240101EUR2,\n"), Just("<OFX>"), Just("<STMTTRN>"),
            Just("<TRNAMT>-1.00"), Just("</OFX>"), Just("OFXHEADER:100\n"), Just("<Document>"), Just("<Ntry>"), Just("<Amt Ccy=\"EUR\">1</Amt>"),
            Just("</Document>"), Just("&amp;"), Just("&#0;"), Just("2024-01-01,1.00,1.00,ä\n"), Just("\u{0}"), Just("é"), Just("\n-\n"),
        ], 0..40))
    {
        try_all(parts.concat().as_bytes());
    }
}

fn try_all(file: &[u8]) {
    let mapping = mapping();
    for format in [None, Some(Format::Csv), Some(Format::Ofx), Some(Format::Mt940), Some(Format::Camt053)] {
        let hints = Hints { format, csv: Some(&mapping), currency: Currency::parse("EUR").ok() };
        if let Ok((_, statements)) = read(file, &hints) {
            assert!(statements.iter().all(|statement| statement.check_adds_up().is_ok()));
        }
    }
}
