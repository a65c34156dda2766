//! MT940. The structure of tags 60 to 65 follows the SWIFT User Handbook, category 9, "MT 940 Customer Statement Message"; that of
//! the subfields in tag 86 the DFÜ-Abkommen of the German banks, annex 3, chapter 8 ("Datenformate SWIFT").

use super::{amounts, read_all, read_one};

/// A day's statement of a German bank: subfields, SEPA words, a reversal of a debit, an entry day in the year before.
const GERMAN: &str = ":20:STARTUMSE\r
:25:70050000/0003456789\r
:28C:00017/001\r
:60F:C240102EUR1084,55\r
:61:2401021229CR1190,00N051NONREF//BNK-77\r
:86:166?00GUTSCHR. UEBERWEISUNG?109251?20EREF+RE-2023-0815?21KREF+NONE?22S\r
VWZ+Rechnung 2023-0815 vom ?2315.12.2023?30BYLADEM1001?31DE0212030000000\r
0202051?32Bäckerei Öz GmbH & Co. K?33G?34888\r
:61:2401020102D84,55NDDT0000123456\r
:86:105?00LASTSCHRIFT?20EREF+V-99?21MREF+M-5?22CRED+DE98ZZZ09999999999?23SVWZ+Strom Januar?32Stadtwerke\r
:61:2401030103RDR20,00NRTI\r
:86:freier Text\r
in zwei Zeilen\r
:62F:C240103EUR2210,00\r
:64:C240103EUR2210,00\r
-\r
";

#[test]
fn subfields_of_german_banks_are_taken_apart() {
    let statement = read_one(GERMAN);
    assert_eq!(statement.account.as_deref(), Some("70050000/0003456789"));
    assert_eq!(statement.reference.as_deref(), Some("00017/001"));
    assert_eq!(amounts(&statement), ["1190.00", "-84.55", "20.00"]);
    let [paid, debit, reversal] = statement.lines.as_slice() else { panic!("{statement:?}") };
    assert_eq!(paid.booked_on.to_string(), "2023-12-29");
    assert_eq!(paid.value_on.unwrap().to_string(), "2024-01-02");
    assert_eq!(paid.code.as_deref(), Some("166"));
    assert_eq!(paid.counterparty.name.as_deref(), Some("Bäckerei Öz GmbH & Co. KG"));
    assert_eq!(paid.counterparty.account.as_deref(), Some("DE02120300000000202051"));
    assert_eq!(paid.counterparty.bank.as_deref(), Some("BYLADEM1001"));
    assert_eq!(paid.references.end_to_end.as_deref(), Some("RE-2023-0815"));
    assert_eq!(paid.references.bank.as_deref(), Some("BNK-77"));
    assert_eq!(paid.references.customer.as_deref(), Some("NONE"));
    assert_eq!(paid.purpose, "Rechnung 2023-0815 vom 15.12.2023");
    assert_eq!(debit.references.mandate.as_deref(), Some("M-5"));
    assert_eq!(debit.references.customer.as_deref(), Some("0000123456"));
    assert_eq!(debit.purpose, "Strom Januar");
    assert!(reversal.is_reversal && !paid.is_reversal);
    assert_eq!(reversal.purpose, "freier Text in zwei Zeilen");
    assert_eq!(reversal.row, 11);
}

#[test]
fn marks_say_which_way_the_money_went() {
    let file = |mark: &str, closing: &str| {
        format!(
            ":20:X\n:25:1\n:28C:1\n:60F:C240101EUR100,\n:61:240101{mark}1,N123R\n:62F:C240101EUR{closing}\n"
        )
    };
    for (mark, closing, amount) in
        [("C", "101,", "1.00"), ("D", "99,", "-1.00"), ("RC", "99,00", "-1.00"), ("RD", "101,0", "1.00")]
    {
        assert_eq!(amounts(&read_one(&file(mark, closing))), [amount], "{mark}");
    }
    let refused = read_all(&file("EC", "101,")).unwrap_err();
    assert_eq!((refused.row, refused.field.as_str()), (Some(5), ":61:"));
}

#[test]
fn what_does_not_add_up_is_refused_with_the_figures() {
    let file = GERMAN.replace("EUR2210,00\r\n:64:", "EUR2210,01\r\n:64:");
    let message = read_all(&file).unwrap_err().to_string();
    assert!(
        message.contains("1084.55") && message.contains("1125.45") && message.contains("2210.01"),
        "{message}"
    );
}

#[test]
fn code_words_between_slashes_and_blocks_around_messages_are_read() {
    // The form of tag 86 that Dutch banks send for SEPA payments, within FIN blocks.
    let file = "{1:F01INGBNL2ABXXX0000000000}{2:I940INGBNL2AXXXN}{4:\r\n:20:P140220000000001\r\n:25:NL69INGB0123456789EUR\r\n\
        :28C:00000\r\n:60F:C140219EUR662,23\r\n:61:1402200220C1,56NTRFEREF//00000000001005\r\n/TRCD/00100/\r\n\
        :86:/EREF/EV12341REP1231456T1234//CNTP/NL32INGB0000012345/INGBNL2A/ING BANK N.V./AMSTERDAM///REMI/USTD//EV1\r\n\
        0001REP1000000T1000/\r\n:62F:C140220EUR663,79\r\n-}";
    let statement = read_one(file);
    let line = &statement.lines[0];
    assert_eq!(line.references.end_to_end.as_deref(), Some("EV12341REP1231456T1234"));
    assert_eq!(line.counterparty.account.as_deref(), Some("NL32INGB0000012345"));
    assert_eq!(line.counterparty.name.as_deref(), Some("ING BANK N.V."));
    assert!(line.purpose.ends_with("EV10001REP1000000T1000"), "{}", line.purpose);
}

#[test]
fn pages_of_one_statement_are_joined() {
    let page = |from: &str, line: &str, to: &str| {
        format!(":20:X\n:25:1\n:28C:7/1\n{from}\n:61:240101{line}N123R\n{to}\n-\n")
    };
    let first = page(":60F:C240101EUR10,", "C5,", ":62M:C240101EUR15,");
    let joined = read_one(&format!("{first}{}", page(":60M:C240101EUR15,", "D3,", ":62F:C240101EUR12,")));
    assert_eq!(amounts(&joined), ["5.00", "-3.00"]);
    assert_eq!(joined.closing.unwrap().amount.to_string(), "12.00");
    assert_eq!(read_all(&first).unwrap_err().field, ":62M:");
    let gap = format!("{first}{}", page(":60M:C240101EUR14,", "D3,", ":62F:C240101EUR11,"));
    assert_eq!(read_all(&gap).unwrap_err().field, ":60M:");
}

#[test]
fn errors_name_line_and_tag() {
    for (from, to, row, tag) in [
        ("CR1190,00", "CR1190.00", 5, ":61:"),
        ("CR1190,00", "CR1190,001", 5, ":61:"),
        ("C240102EUR1084,55", "C240132EUR1084,55", 4, ":60F:"),
        ("C240102EUR1084,55", "C240102XXX1084,55", 4, ":60F:"),
        ("C240102EUR1084,55", "E240102EUR1084,55", 4, ":60F:"),
        ("C240103EUR2210,00\r\n:64:", "C240103USD2210,00\r\n:64:", 14, ":62F:"),
    ] {
        let broken = GERMAN.replacen(from, to, 1);
        let error = read_all(&broken).unwrap_err();
        assert_eq!((error.row, error.field.as_str()), (Some(row), tag), "{to}: {error}");
    }
}
