//! What an entry of camt.053 says of its parties, purpose and references.

use chrono::NaiveDate;
use rust_decimal::Decimal;

use super::text::tidy;
use super::xml::Element;
use crate::statement::StatementLine;

/// Longest purpose that is kept, in characters.
const MOST_PURPOSE: usize = 2000;

/// The line of an entry without what its transactions say.
pub(crate) fn entry_line(entry: &Element, booked_on: NaiveDate, amount: Decimal) -> StatementLine {
    let mut line = StatementLine::new(0, booked_on, amount);
    line.references.bank = text(entry, &["AcctSvcrRef"], 35);
    line.purpose = text(entry, &["AddtlNtryInf"], MOST_PURPOSE).unwrap_or_default();
    line.code = code(entry);
    line
}

/// The bank's code: `PMNT/RCDT/ESCT` of ISO 20022, else its own.
fn code(element: &Element) -> Option<String> {
    let domain = element.at(&["BkTxCd", "Domn"]).and_then(|domain| {
        let family = domain.child("Fmly")?;
        let parts = [domain.text_at(&["Cd"])?, family.text_at(&["Cd"])?, family.text_at(&["SubFmlyCd"])?];
        Some(parts.join("/"))
    });
    domain.and_then(|code| tidy(&code, 40)).or_else(|| text(element, &["BkTxCd", "Prtry", "Cd"], 40))
}

/// Adds what a transaction says. Of money that came in the other side is the debtor, else the creditor.
pub(crate) fn details(transaction: &Element, comes_in: bool, line: &mut StatementLine) {
    let (party, account, agent) =
        if comes_in { ("Dbtr", "DbtrAcct", "DbtrAgt") } else { ("Cdtr", "CdtrAcct", "CdtrAgt") };
    // The name lies in `Pty` from version 8 on.
    let parties = &["RltdPties", party];
    let at = |more: &[&str]| {
        let path: Vec<&str> = parties.iter().chain(more).copied().collect();
        text(transaction, &path, 140)
    };
    let name = at(&["Nm"]).or_else(|| at(&["Pty", "Nm"]));
    let number = text(transaction, &["RltdPties", account, "Id", "IBAN"], 40)
        .or_else(|| text(transaction, &["RltdPties", account, "Id", "Othr", "Id"], 40));
    let agent = transaction.at(&["RltdAgts", agent, "FinInstnId"]);
    // `BIC` up to version 3, `BICFI` after it.
    let bank = agent.and_then(|agent| {
        text(agent, &["BICFI"], 35)
            .or_else(|| text(agent, &["BIC"], 35))
            .or_else(|| text(agent, &["ClrSysMmbId", "MmbId"], 35))
    });
    let side = &mut line.counterparty;
    side.name = name.or(side.name.take());
    side.account = number.or(side.account.take());
    side.bank = bank.or(side.bank.take());

    let own = &mut line.references;
    let reference = |name: &str| text(transaction, &["Refs", name], 35).filter(|text| text != "NOTPROVIDED");
    own.end_to_end = reference("EndToEndId").or(own.end_to_end.take());
    own.mandate = reference("MndtId").or(own.mandate.take());
    own.customer = reference("InstrId").or(own.customer.take());
    own.bank = reference("AcctSvcrRef").or(own.bank.take());
    let structured = || transaction.all("RmtInf").flat_map(|info| info.all("Strd"));
    let creditor = structured().find_map(|structured| text(structured, &["CdtrRefInf", "Ref"], 35));
    own.creditor = creditor.or(own.creditor.take());

    // Banks cut a purpose into parts of 140 letters wherever they end.
    let said: String =
        transaction.all("RmtInf").flat_map(|info| info.all("Ustrd")).map(|part| part.text.as_str()).collect();
    let mut purpose = vec![said];
    purpose.extend(structured().filter_map(|part| text(part, &["AddtlRmtInf"], 140)));
    purpose.extend(structured().filter_map(|part| text(part, &["RfrdDocInf", "Nb"], 35)));
    purpose.extend(text(transaction, &["AddtlTxInf"], 500));
    if let Some(purpose) = tidy(&purpose.join(" "), MOST_PURPOSE) {
        line.purpose = purpose;
    }
    line.code = code(transaction).or(line.code.take());
}

fn text(element: &Element, path: &[&str], most: usize) -> Option<String> {
    element.text_at(path).and_then(|text| tidy(text, most))
}
