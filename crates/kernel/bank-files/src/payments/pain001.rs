//! Writes `pain.001`, customer credit transfer initiation (ISO 20022 message definition report "Payments Initiation"; the SEPA rules of
//! EPC 132-08 where they are narrower).

use std::collections::BTreeMap;

use athyper_kernel_types::Currency;
use chrono::{DateTime, NaiveDate, Utc};
use quick_xml::events::{BytesDecl, BytesEnd, BytesStart, BytesText, Event};
use quick_xml::writer::Writer;
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{Bic, CreditorReference, Iban, fold};

/// Which version of the message a bank takes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[schema(as = banking::PainVersion)]
pub enum PainVersion {
    /// Of 2009.
    #[serde(rename = "pain.001.001.03")]
    V03,
    /// Of 2019.
    #[default]
    #[serde(rename = "pain.001.001.09")]
    V09,
}

impl PainVersion {
    /// Its name.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::V03 => "pain.001.001.03",
            Self::V09 => "pain.001.001.09",
        }
    }

    /// The version with this name.
    pub fn parse(name: &str) -> Option<Self> {
        [Self::V03, Self::V09].into_iter().find(|version| version.as_str() == name)
    }

    /// What a bank's code is called: `BIC` up to version 3.
    fn bic(self) -> &'static str {
        match self {
            Self::V03 => "BIC",
            Self::V09 => "BICFI",
        }
    }
}

/// Who pays, and from where.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Account {
    /// Name of the owner.
    pub name: String,
    /// The account.
    pub iban: Iban,
    /// Its bank.
    pub bic: Option<Bic>,
}

/// What the payee reads.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Remittance {
    /// Words.
    Text(String),
    /// The reference of the creditor's own system.
    Reference(CreditorReference),
}

/// One order to pay.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Order {
    /// What comes back in the statements of both sides.
    pub end_to_end: String,
    /// The day of execution.
    pub execution_on: NaiveDate,
    /// How much, positive.
    pub amount: Decimal,
    /// In which currency.
    pub currency: Currency,
    /// Name of who is paid.
    pub name: String,
    /// Their account.
    pub iban: Iban,
    /// Its bank.
    pub bic: Option<Bic>,
    /// What it is for.
    pub remittance: Option<Remittance>,
}

/// What a file says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OrderFile {
    /// Name of the message, which a bank takes once; at most 35 characters.
    pub id: String,
    /// When it was made.
    pub created_at: DateTime<Utc>,
    /// Who pays.
    pub debtor: Account,
    /// What is to be paid.
    pub orders: Vec<Order>,
}

/// Why a file cannot be written: memory is the only thing that it is written to.
type WriteError = std::io::Error;

/// Writes the elements of a file.
struct Xml(Writer<Vec<u8>>);

impl Xml {
    fn open(&mut self, name: &str) -> Result<(), WriteError> {
        self.0.write_event(Event::Start(BytesStart::new(name)))
    }

    fn close(&mut self, name: &str) -> Result<(), WriteError> {
        self.0.write_event(Event::End(BytesEnd::new(name)))
    }

    fn text(&mut self, name: &str, text: &str) -> Result<(), WriteError> {
        self.open(name)?;
        self.0.write_event(Event::Text(BytesText::new(text)))?;
        self.close(name)
    }

    /// An element within others, the outermost first.
    fn nested(&mut self, path: &[&str], text: &str) -> Result<(), WriteError> {
        let Some((last, outer)) = path.split_last() else { return Ok(()) };
        outer.iter().try_for_each(|name| self.open(name))?;
        self.text(last, text)?;
        outer.iter().rev().try_for_each(|name| self.close(name))
    }
}

/// Writes a file, with one batch for each day of execution and currency.
///
/// # Errors
/// When memory cannot be written to.
pub fn write(file: &OrderFile, version: PainVersion) -> Result<Vec<u8>, WriteError> {
    let mut xml = Xml(Writer::new(Vec::new()));
    xml.0.write_event(Event::Decl(BytesDecl::new("1.0", Some("UTF-8"), None)))?;
    let namespace = format!("urn:iso:std:iso:20022:tech:xsd:{}", version.as_str());
    xml.0.write_event(Event::Start(
        BytesStart::new("Document").with_attributes([("xmlns", namespace.as_str())]),
    ))?;
    xml.open("CstmrCdtTrfInitn")?;
    xml.open("GrpHdr")?;
    xml.text("MsgId", &file.id)?;
    xml.text("CreDtTm", &file.created_at.format("%Y-%m-%dT%H:%M:%SZ").to_string())?;
    xml.text("NbOfTxs", &file.orders.len().to_string())?;
    xml.text("CtrlSum", &control_sum(&file.orders).to_string())?;
    xml.nested(&["InitgPty", "Nm"], &fold(&file.debtor.name, 70))?;
    xml.close("GrpHdr")?;
    let mut batches: BTreeMap<(NaiveDate, Currency), Vec<&Order>> = BTreeMap::new();
    for order in &file.orders {
        batches.entry((order.execution_on, order.currency)).or_default().push(order);
    }
    for (number, ((day, currency), orders)) in (1..).zip(&batches) {
        batch(&mut xml, file, version, (number, *day, *currency), orders)?;
    }
    xml.close("CstmrCdtTrfInitn")?;
    xml.close("Document")?;
    Ok(xml.0.into_inner())
}

/// The sum of all amounts, whatever their currency (the definition of `ControlSum`), exact.
pub(crate) fn control_sum<'o>(orders: impl IntoIterator<Item = &'o Order>) -> Decimal {
    orders.into_iter().map(|order| order.amount).sum()
}

/// A `PmtInf`, its elements in the order of the schema.
fn batch(
    xml: &mut Xml,
    file: &OrderFile,
    version: PainVersion,
    (number, day, currency): (usize, NaiveDate, Currency),
    orders: &[&Order],
) -> Result<(), WriteError> {
    let id: String = file.id.chars().take(30).collect();
    xml.open("PmtInf")?;
    xml.text("PmtInfId", &format!("{id}-{number}"))?;
    xml.text("PmtMtd", "TRF")?;
    xml.text("BtchBookg", "true")?;
    xml.text("NbOfTxs", &orders.len().to_string())?;
    xml.text("CtrlSum", &control_sum(orders.iter().copied()).to_string())?;
    if currency.code() == "EUR" {
        xml.nested(&["PmtTpInf", "SvcLvl", "Cd"], "SEPA")?;
    }
    match version {
        PainVersion::V03 => xml.text("ReqdExctnDt", &day.to_string())?,
        PainVersion::V09 => xml.nested(&["ReqdExctnDt", "Dt"], &day.to_string())?,
    }
    xml.nested(&["Dbtr", "Nm"], &fold(&file.debtor.name, 70))?;
    xml.nested(&["DbtrAcct", "Id", "IBAN"], file.debtor.iban.as_str())?;
    match &file.debtor.bic {
        Some(bic) => xml.nested(&["DbtrAgt", "FinInstnId", version.bic()], bic.as_str())?,
        // An agent is required; without a code it is said not to be known (EPC 132-08).
        None => xml.nested(&["DbtrAgt", "FinInstnId", "Othr", "Id"], "NOTPROVIDED")?,
    }
    xml.text("ChrgBr", if currency.code() == "EUR" { "SLEV" } else { "SHAR" })?;
    orders.iter().try_for_each(|order| transfer(xml, version, order))?;
    xml.close("PmtInf")
}

/// A `CdtTrfTxInf`.
fn transfer(xml: &mut Xml, version: PainVersion, order: &Order) -> Result<(), WriteError> {
    xml.open("CdtTrfTxInf")?;
    xml.nested(&["PmtId", "EndToEndId"], &order.end_to_end)?;
    xml.open("Amt")?;
    let amount = BytesStart::new("InstdAmt").with_attributes([("Ccy", order.currency.code())]);
    xml.0.write_event(Event::Start(amount))?;
    xml.0.write_event(Event::Text(BytesText::new(&order.amount.to_string())))?;
    xml.close("InstdAmt")?;
    xml.close("Amt")?;
    if let Some(bic) = &order.bic {
        xml.nested(&["CdtrAgt", "FinInstnId", version.bic()], bic.as_str())?;
    }
    xml.nested(&["Cdtr", "Nm"], &fold(&order.name, 70))?;
    xml.nested(&["CdtrAcct", "Id", "IBAN"], order.iban.as_str())?;
    match &order.remittance {
        Some(Remittance::Text(text)) => xml.nested(&["RmtInf", "Ustrd"], &fold(text, 140))?,
        Some(Remittance::Reference(reference)) => structured(xml, reference)?,
        None => {}
    }
    xml.close("CdtTrfTxInf")
}

fn structured(xml: &mut Xml, reference: &CreditorReference) -> Result<(), WriteError> {
    for name in ["RmtInf", "Strd", "CdtrRefInf", "Tp"] {
        xml.open(name)?;
    }
    xml.nested(&["CdOrPrtry", "Cd"], "SCOR")?;
    xml.text("Issr", "ISO")?;
    xml.close("Tp")?;
    xml.text("Ref", reference.as_str())?;
    for name in ["CdtrRefInf", "Strd", "RmtInf"] {
        xml.close(name)?;
    }
    Ok(())
}
