//! OFX. Structure and figures of the first file follow the example of a bank statement download in the specification OFX 1.6, section
//! 11.13.1 (checks of 200.00 and an ATM withdrawal of 300.00, a ledger balance of 200.29).

use super::{amounts, read_all, read_one};

const SGML: &str = "OFXHEADER:100\r\nDATA:OFXSGML\r\nVERSION:102\r\nSECURITY:NONE\r\nENCODING:USASCII\r\nCHARSET:1252\r\n\
COMPRESSION:NONE\r\nOLDFILEUID:NONE\r\nNEWFILEUID:NONE\r\n\r\n<OFX>\r\n<SIGNONMSGSRSV1><SONRS><STATUS><CODE>0<SEVERITY>INFO</STATUS>\
<DTSERVER>20241029101003<LANGUAGE>ENG</SONRS></SIGNONMSGSRSV1>\r\n<BANKMSGSRSV1><STMTTRNRS><TRNUID>1001<STATUS><CODE>0<SEVERITY>INFO\
</STATUS>\r\n<STMTRS><CURDEF>USD<BANKACCTFROM><BANKID>121099999<ACCTID>999988<ACCTTYPE>CHECKING</BANKACCTFROM>\r\n\
<BANKTRANLIST><DTSTART>20241001<DTEND>20241028\r\n\
<STMTTRN><TRNTYPE>CHECK<DTPOSTED>20241004<TRNAMT>-200.00<FITID>00002<CHECKNUM>1000<MEMO></STMTTRN>\r\n\
<STMTTRN><TRNTYPE>ATM<DTPOSTED>20241020120000[-5:EST]<DTUSER>20241020<TRNAMT>-300,0<FITID>00003<NAME>A &amp; B</NAME></STMTTRN>\r\n\
</BANKTRANLIST>\r\n<LEDGERBAL><BALAMT>200.29<DTASOF>20241028</LEDGERBAL><AVAILBAL><BALAMT>200.29<DTASOF>20241028</AVAILBAL>\r\n\
</STMTRS></STMTTRNRS></BANKMSGSRSV1></OFX>\r\n";

#[test]
fn elements_of_sgml_need_no_end() {
    let statement = read_one(SGML);
    assert_eq!(statement.account.as_deref(), Some("999988"));
    assert_eq!(statement.currency.code(), "USD");
    assert_eq!(amounts(&statement), ["-200.00", "-300.00"]);
    let lines = &statement.lines;
    assert_eq!(lines[0].external_id.as_deref(), Some("00002"));
    assert_eq!(lines[0].references.customer.as_deref(), Some("1000"));
    assert_eq!(lines[1].counterparty.name.as_deref(), Some("A & B"));
    assert_eq!(lines[1].booked_on.to_string(), "2024-10-20");
    // The ledger balance is of the last day of the list: the balance before it follows.
    assert_eq!(statement.opening.unwrap().amount.to_string(), "700.29");
}

#[test]
fn a_balance_of_another_day_than_the_list_says_nothing_of_it() {
    let statement = read_one(&SGML.replace("<DTASOF>20241028</LEDGERBAL>", "<DTASOF>20241031</LEDGERBAL>"));
    assert_eq!((statement.opening, statement.closing), (None, None));
}

#[test]
fn version_two_is_xml() {
    let file = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<?OFX OFXHEADER=\"200\" VERSION=\"220\" SECURITY=\"NONE\" OLDFILEUID=\"NONE\" NEWFILEUID=\"NONE\"?>\n\
        <OFX><CREDITCARDMSGSRSV1><CCSTMTTRNRS><CCSTMTRS><CURDEF>EUR</CURDEF><CCACCTFROM><ACCTID>4111</ACCTID></CCACCTFROM>\
        <BANKTRANLIST><DTSTART>20240101</DTSTART><DTEND>20240131</DTEND><STMTTRN><TRNTYPE>DEBIT</TRNTYPE><DTPOSTED>20240105</DTPOSTED>\
        <TRNAMT>-12.5</TRNAMT><FITID>a-1</FITID><PAYEE><NAME>Hotel</NAME></PAYEE></STMTTRN></BANKTRANLIST></CCSTMTRS></CCSTMTTRNRS>\
        </CREDITCARDMSGSRSV1></OFX>";
    let statement = read_one(file);
    assert_eq!(amounts(&statement), ["-12.50"]);
    assert_eq!(statement.lines[0].counterparty.name.as_deref(), Some("Hotel"));
}

#[test]
fn errors_name_the_transaction_and_its_element() {
    for (from, to, field) in [
        ("<FITID>00003", "", "STMTTRN 2/FITID"),
        ("<TRNAMT>-200.00", "<TRNAMT>-200.005", "STMTTRN 1/TRNAMT"),
        ("<TRNAMT>-200.00", "<TRNAMT>1e3", "STMTTRN 1/TRNAMT"),
        ("20241004", "20241304", "STMTTRN 1/DTPOSTED"),
        ("<CURDEF>USD", "<CURDEF>usd", "CURDEF"),
    ] {
        assert_eq!(read_all(&SGML.replace(from, to)).unwrap_err().field, field, "{to}");
    }
    assert_eq!(read_all(&SGML.replace("</OFX>", "")).unwrap_err().row, Some(21));
}
