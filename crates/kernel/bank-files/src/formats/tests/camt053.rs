//! camt.053. The structure follows the ISO 20022 message definition report "Bank-to-Customer Cash Management" (camt.053.001.02 and
//! .001.08) and annex 3 of the DFÜ-Abkommen, chapter 7, for batch bookings; ISO 11649 for the reference of a creditor.

use super::{amounts, read_all, read_one};

/// A statement with these entries, from 100.00 to what is said.
pub(super) fn statement(version: &str, entries: &str, closing: &str) -> String {
    let (mark, closing) = closing.strip_prefix('-').map_or(("CRDT", closing), |closing| ("DBIT", closing));
    format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<Document xmlns=\"urn:iso:std:iso:20022:tech:xsd:camt.053.001.{version}\"><BkToCstmrStmt>\
         <GrpHdr><MsgId>M</MsgId><CreDtTm>2024-05-03T06:00:00</CreDtTm></GrpHdr><Stmt><Id>S-1</Id><Acct><Id><IBAN>DE89370400440532013000</IBAN></Id>\
         <Ccy>EUR</Ccy></Acct><Bal><Tp><CdOrPrtry><Cd>PRCD</Cd></CdOrPrtry></Tp><Amt Ccy=\"EUR\">100.00</Amt><CdtDbtInd>CRDT</CdtDbtInd>\
         <Dt><Dt>2024-05-01</Dt></Dt></Bal><Bal><Tp><CdOrPrtry><Cd>CLBD</Cd></CdOrPrtry></Tp><Amt Ccy=\"EUR\">{closing}</Amt>\
         <CdtDbtInd>{mark}</CdtDbtInd><Dt><Dt>2024-05-02</Dt></Dt></Bal>{entries}</Stmt></BkToCstmrStmt></Document>"
    )
}

fn entry(amount: &str, mark: &str, status: &str, details: &str) -> String {
    format!(
        "<Ntry><Amt Ccy=\"EUR\">{amount}</Amt><CdtDbtInd>{mark}</CdtDbtInd>{status}<BookgDt><Dt>2024-05-02</Dt></BookgDt>\
         <ValDt><Dt>2024-05-03</Dt></ValDt><AcctSvcrRef>REF-1</AcctSvcrRef>{details}</Ntry>"
    )
}

const BOOKED: &str = "<Sts>BOOK</Sts>";

#[test]
fn a_batch_is_a_line_for_each_of_its_transactions() {
    let part = |amount: &str, name: &str| {
        format!(
            "<TxDtls><Refs><EndToEndId>E-{name}</EndToEndId></Refs><AmtDtls><TxAmt><Amt Ccy=\"EUR\">{amount}</Amt></TxAmt></AmtDtls>\
             <RltdPties><Dbtr><Nm>{name}</Nm></Dbtr><DbtrAcct><Id><IBAN>FR1420041010050500013M02606</IBAN></Id></DbtrAcct></RltdPties>\
             <RltdAgts><DbtrAgt><FinInstnId><BIC>AGRIFRPP</BIC></FinInstnId></DbtrAgt></RltdAgts>\
             <RmtInf><Ustrd>Invoice </Ustrd><Ustrd>{name}</Ustrd><Strd><CdtrRefInf><Ref>RF18539007547034</Ref></CdtrRefInf></Strd></RmtInf></TxDtls>"
        )
    };
    let details = format!(
        "<NtryDtls><Btch><NbOfTxs>2</NbOfTxs></Btch>{}{}</NtryDtls>",
        part("30.10", "Ada"),
        part("20.20", "Bob")
    );
    let read = read_one(&statement("02", &entry("50.30", "CRDT", BOOKED, &details), "150.30"));
    assert_eq!(amounts(&read), ["30.10", "20.20"]);
    let line = &read.lines[1];
    assert_eq!(line.counterparty.name.as_deref(), Some("Bob"));
    assert_eq!(line.counterparty.account.as_deref(), Some("FR1420041010050500013M02606"));
    assert_eq!(line.counterparty.bank.as_deref(), Some("AGRIFRPP"));
    assert_eq!(line.references.creditor.as_deref(), Some("RF18539007547034"));
    assert_eq!(line.references.end_to_end.as_deref(), Some("E-Bob"));
    assert_eq!(line.purpose, "Invoice Bob");
    assert_eq!(line.value_on.unwrap().to_string(), "2024-05-03");
    // Transactions that do not make up the entry stay one line, which is nobody's.
    let short = format!("<NtryDtls>{}{}</NtryDtls>", part("30.10", "Ada"), part("10.20", "Bob"));
    let read = read_one(&statement("02", &entry("50.30", "CRDT", BOOKED, &short), "150.30"));
    assert_eq!(amounts(&read), ["50.30"]);
    assert_eq!(read.lines[0].counterparty.name, None);
}

#[test]
fn version_eight_has_its_names_and_states_elsewhere() {
    let details = "<NtryDtls><TxDtls><Amt Ccy=\"EUR\">40.00</Amt><CdtDbtInd>DBIT</CdtDbtInd><RltdPties><Cdtr><Pty><Nm>Supplier</Nm></Pty></Cdtr>\
        <CdtrAcct><Id><Othr><Id>123</Id></Othr></Id></CdtrAcct></RltdPties><RltdAgts><CdtrAgt><FinInstnId><BICFI>COBADEFFXXX</BICFI></FinInstnId>\
        </CdtrAgt></RltdAgts></TxDtls></NtryDtls>";
    let booked = entry("40.00", "DBIT", "<Sts><Cd>BOOK</Cd></Sts>", details);
    let pending = entry("7.00", "DBIT", "<Sts><Cd>PDNG</Cd></Sts>", "");
    let read = read_one(&statement("08", &format!("{booked}{pending}"), "60.00"));
    assert_eq!(amounts(&read), ["-40.00"]);
    let side = &read.lines[0].counterparty;
    assert_eq!(
        (side.name.as_deref(), side.account.as_deref(), side.bank.as_deref()),
        (Some("Supplier"), Some("123"), Some("COBADEFFXXX"))
    );
}

#[test]
fn a_reversal_goes_the_way_that_its_mark_says() {
    let returned = entry("12.00", "CRDT", &format!("<RvslInd>true</RvslInd>{BOOKED}"), "");
    let read = read_one(&statement("04", &returned, "112.00"));
    assert!(read.lines[0].is_reversal);
    assert_eq!(amounts(&read), ["12.00"]);
}

#[test]
fn what_does_not_add_up_or_is_in_another_currency_is_refused() {
    let off = read_all(&statement("02", &entry("1.00", "CRDT", BOOKED, ""), "101.01")).unwrap_err();
    assert!(off.to_string().contains("does not add up"), "{off}");
    let dollars = entry("1.00", "CRDT", BOOKED, "").replace("EUR", "USD");
    let other = read_all(&statement("02", &dollars, "101.00")).unwrap_err();
    assert_eq!(other.field, "Stmt S-1, Ntry 1/Amt");
    let unmarked = read_all(&statement("02", &entry("1.00", "BOTH", BOOKED, ""), "101.00")).unwrap_err();
    assert_eq!(unmarked.field, "Stmt S-1, Ntry 1/CdtDbtInd");
}
