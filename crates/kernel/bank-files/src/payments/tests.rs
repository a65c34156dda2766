//! Checks of numbers and references by published examples, and the files for banks.

use athyper_kernel_types::Currency;
use chrono::{NaiveDate, TimeZone as _, Utc};
use proptest::prelude::*;
use rust_decimal::Decimal;

use super::iban::IbanError;
use super::letters::is_plain;
use super::*;
use crate::formats::xml::{Element, read};

#[test]
fn ibans_are_checked() {
    // Examples of the IBAN Registry (SWIFT, release 98).
    for iban in [
        "DE89 3704 0044 0532 0130 00",
        "GB29NWBK60161331926819",
        "FR1420041010050500013M02606",
        "NO9386011117947",
        "MT84MALT011000012345MTLCAST001S",
        "ch9300762011623852957",
        "SC18SSCB11010000000000001497USD",
    ] {
        assert!(iban.parse::<Iban>().is_ok(), "{iban}");
    }
    for (iban, error) in [
        ("DE88370400440532013000", IbanError::CheckDigits),
        ("DE89370400440532013001", IbanError::CheckDigits),
        ("DE8937040044053201300", IbanError::Length { expected: 22, found: 21 }),
        ("D189370400440532013000", IbanError::Form),
        ("DE89-3704-0044-0532-0130-00", IbanError::Form),
        ("", IbanError::Form),
        ("DE89É70400440532013000", IbanError::Form),
    ] {
        assert_eq!(iban.parse::<Iban>(), Err(error), "{iban}");
    }
}

proptest! {
    #[test]
    fn a_wrong_digit_of_an_iban_is_always_found(place in 4_usize..22, digit in 0_u8..10) {
        let right = "DE89370400440532013000";
        let mut wrong = right.as_bytes().to_vec();
        wrong[place] = b'0' + digit;
        let wrong = String::from_utf8(wrong).unwrap();
        prop_assert_eq!(wrong.parse::<Iban>().is_ok(), wrong == right);
    }

    #[test]
    fn what_is_folded_is_plain_and_short(text in "\\PC{0,200}") {
        let folded = fold(&text, 70);
        prop_assert!(is_plain(&folded) && folded.len() <= 70, "{:?}", folded);
    }
}

#[test]
fn codes_of_banks_and_references_of_creditors_are_checked() {
    for (bic, is_one) in [
        ("DEUTDEFF", true),
        ("deutdeff500", true),
        ("DEUTDEFF5", false),
        ("DEUT1EFF", false),
        ("", false),
        ("E097AEXXXXX", true),
    ] {
        assert_eq!(bic.parse::<Bic>().is_ok(), is_one, "{bic}");
    }
    // The example of ISO 11649 and of EPC 142-08.
    assert_eq!("RF18 5390 0754 7034".parse::<CreditorReference>().unwrap().as_str(), "RF18539007547034");
    assert_eq!("RF19539007547034".parse::<CreditorReference>(), Err(ReferenceError::CheckDigits));
    assert_eq!("RF18".parse::<CreditorReference>(), Err(ReferenceError::Form));
    assert_eq!("FR18539007547034".parse::<CreditorReference>(), Err(ReferenceError::Form));
}

#[test]
fn letters_are_written_by_those_that_every_bank_takes() {
    assert_eq!(fold("Müller & Söhne; Straße «7»  Łódź", 70), "Mueller + Soehne, Strasse .7. Lodz");
    assert_eq!(fold("abc def", 4), "abc");
    assert!(!is_plain("ä") && is_plain("A-1/2"));
}

fn order(end_to_end: &str, day: u32, amount: i64, currency: &str) -> Order {
    Order {
        end_to_end: end_to_end.to_owned(),
        execution_on: NaiveDate::from_ymd_opt(2024, 6, day).unwrap(),
        amount: Decimal::new(amount, 2),
        currency: Currency::parse(currency).unwrap(),
        name: "Bäckerei <Öz>".to_owned(),
        iban: "FR1420041010050500013M02606".parse().unwrap(),
        bic: "AGRIFRPP".parse().ok(),
        remittance: Some(Remittance::Text("Rechnung 7 & 8".to_owned())),
    }
}

fn file() -> OrderFile {
    let reference = "RF18539007547034".parse().unwrap();
    let orders = vec![
        order("E-1", 3, 12_345, "EUR"),
        order("E-2", 4, 1, "EUR"),
        Order {
            remittance: Some(Remittance::Reference(reference)),
            bic: None,
            ..order("E-3", 3, 10_000, "EUR")
        },
        order("E-4", 3, 500, "USD"),
    ];
    OrderFile {
        id: "PAY-2024-000001".to_owned(),
        created_at: Utc.with_ymd_and_hms(2024, 6, 1, 9, 30, 0).unwrap(),
        debtor: Account {
            name: "Demo GmbH".to_owned(),
            iban: "DE89370400440532013000".parse().unwrap(),
            bic: "COBADEFFXXX".parse().ok(),
        },
        orders,
    }
}

fn names(element: &Element) -> Vec<&str> {
    element.children.iter().map(|child| child.name.as_str()).collect()
}

/// The order of elements is that of the sequences in the schemas `pain.001.001.03.xsd` and `pain.001.001.09.xsd`.
#[test]
fn elements_have_the_order_of_the_schema() {
    for version in [PainVersion::V03, PainVersion::V09] {
        let text = String::from_utf8(write(&file(), version).unwrap()).unwrap();
        assert!(text.starts_with("<?xml version=\"1.0\" encoding=\"UTF-8\"?><Document xmlns=\"urn:iso:std:iso:20022:tech:xsd:pain.001.001.0"));
        let document = read(&text).unwrap();
        let message = document.child("CstmrCdtTrfInitn").unwrap();
        assert_eq!(names(message), ["GrpHdr", "PmtInf", "PmtInf", "PmtInf"]);
        let header = message.child("GrpHdr").unwrap();
        assert_eq!(names(header), ["MsgId", "CreDtTm", "NbOfTxs", "CtrlSum", "InitgPty"]);
        assert_eq!(header.text_at(&["NbOfTxs"]), Some("4"));
        assert_eq!(header.text_at(&["CtrlSum"]), Some("228.46"));
        assert_eq!(header.text_at(&["CreDtTm"]), Some("2024-06-01T09:30:00Z"));
        let batches: Vec<&Element> = message.all("PmtInf").collect();
        let euro = [
            "PmtInfId",
            "PmtMtd",
            "BtchBookg",
            "NbOfTxs",
            "CtrlSum",
            "PmtTpInf",
            "ReqdExctnDt",
            "Dbtr",
            "DbtrAcct",
            "DbtrAgt",
            "ChrgBr",
        ];
        let mut expected = euro.to_vec();
        expected.extend(["CdtTrfTxInf", "CdtTrfTxInf"]);
        assert_eq!(names(batches[0]), expected);
        assert_eq!(batches[0].text_at(&["CtrlSum"]), Some("223.45"));
        // Another currency is no SEPA payment.
        assert_eq!(batches[1].text_at(&["ChrgBr"]), Some("SHAR"));
        assert_eq!(batches[1].child("PmtTpInf").map(|element| &element.name), None);
        assert_eq!(batches[2].text_at(&["PmtInfId"]), Some("PAY-2024-000001-3"));
        let (day, bic) = match version {
            PainVersion::V03 => (&["ReqdExctnDt"][..], "BIC"),
            PainVersion::V09 => (&["ReqdExctnDt", "Dt"][..], "BICFI"),
        };
        assert_eq!(batches[2].text_at(day), Some("2024-06-04"));
        assert_eq!(batches[0].text_at(&["DbtrAgt", "FinInstnId", bic]), Some("COBADEFFXXX"));
        let transfers: Vec<&Element> = batches[0].all("CdtTrfTxInf").collect();
        assert_eq!(names(transfers[0]), ["PmtId", "Amt", "CdtrAgt", "Cdtr", "CdtrAcct", "RmtInf"]);
        assert_eq!(transfers[0].text_at(&["PmtId", "EndToEndId"]), Some("E-1"));
        assert_eq!(transfers[0].text_at(&["Amt", "InstdAmt"]), Some("123.45"));
        assert_eq!(transfers[0].at(&["Amt", "InstdAmt"]).unwrap().attribute("Ccy"), Some("EUR"));
        assert_eq!(transfers[0].text_at(&["Cdtr", "Nm"]), Some("Baeckerei (Oez)"));
        assert_eq!(transfers[0].text_at(&["RmtInf", "Ustrd"]), Some("Rechnung 7 + 8"));
        assert_eq!(names(transfers[1]), ["PmtId", "Amt", "Cdtr", "CdtrAcct", "RmtInf"]);
        let structured = transfers[1].at(&["RmtInf", "Strd", "CdtrRefInf"]).unwrap();
        assert_eq!(names(structured), ["Tp", "Ref"]);
        assert_eq!(structured.text_at(&["Tp", "CdOrPrtry", "Cd"]), Some("SCOR"));
        assert_eq!(structured.text_at(&["Ref"]), Some("RF18539007547034"));
    }
}

#[test]
fn a_debtor_without_a_code_of_the_bank_says_so() {
    let mut file = file();
    file.debtor.bic = None;
    let text = String::from_utf8(write(&file, PainVersion::V09).unwrap()).unwrap();
    assert!(text.contains("<DbtrAgt><FinInstnId><Othr><Id>NOTPROVIDED</Id></Othr></FinInstnId></DbtrAgt>"));
}
