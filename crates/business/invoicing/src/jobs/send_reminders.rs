//! Reminds customers of what is overdue: one mail for each of them and level, and each item once at a level.

use athyper_kernel_audit::AuditEvent;
use athyper_kernel_jobs::{JobError, JobPayload, JobRun, NewJob, SendMail, enqueue_many};
use athyper_kernel_types::Currency;
use serde::{Deserialize, Serialize};

use crate::Deps;
use crate::store::invoices::in_units;
use crate::store::reminders::{self, Due};
use athyper_kernel_ledger::tenant_defaults;

/// Most items of one run: the rest is reminded of by the next.
const MOST_ITEMS: i64 = 5_000;

/// Nothing to say: it is all that is overdue in the tenant.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct SendReminders {}

impl JobPayload for SendReminders {
    const NAME: &'static str = "invoicing.send_reminders";
}

pub(crate) async fn run(run: JobRun, deps: Deps, _payload: SendReminders) -> Result<(), JobError> {
    let mut tx = run.tx().await?;
    let today = tenant_defaults::today(tx.context(), &deps.clock);
    let mut due = reminders::due(&mut tx, today, MOST_ITEMS).await?;

    // The mails are sent by jobs of this transaction: it is both that were written down and that go out.
    let written = reminders::insert(&mut tx, today, &due).await?;
    due.retain(|item| written.contains(&item.item_id));
    let of_one = |one: &Due, next: &Due| (one.party_id, one.level) == (next.party_id, next.level);
    let mails: Vec<SendMail> = due.chunk_by(of_one).filter_map(mail).collect();
    let jobs = mails.iter().map(NewJob::new).collect::<Result<Vec<_>, _>>()?;
    enqueue_many(&mut tx, jobs).await?;

    let event = AuditEvent::info("invoicing.send_reminders")
        .with("date", today.to_string())
        .with("mails", mails.len())
        .with("items", due.len());
    run.complete(tx, event).await
}

/// The mail about items of one party and level.
fn mail(items: &[Due]) -> Option<SendMail> {
    let first = items.first()?;
    let listed: Vec<String> = items.iter().map(line).collect();
    let text = first.body.replace("{party}", &first.party_name).replace("{items}", &listed.join("\n"));
    Some(SendMail::new(&first.email, &first.subject, text))
}

fn line(item: &Due) -> String {
    let open = Currency::parse(&item.currency).map_or(item.open, |currency| in_units(item.open, currency));
    format!("{}  {}  {open} {}", item.number, item.since, item.currency)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mail_lists_what_is_overdue() {
        let due = |number: &str, open: &str| Due {
            item_id: uuid::Uuid::nil(),
            party_id: uuid::Uuid::nil(),
            party_name: "Ada {items}".to_owned(),
            email: "ada@example.com".to_owned(),
            number: number.to_owned(),
            since: "2025-03-31".parse().unwrap(),
            currency: "EUR".to_owned(),
            open: open.parse().unwrap(),
            level: 1,
            subject: "Reminder".to_owned(),
            body: "Dear customer,\n{items}".to_owned(),
        };
        let mail = mail(&[due("INV-1", "5.0000"), due("INV-2", "7.5")]).unwrap();
        assert_eq!(mail.text, "Dear customer,\nINV-1  2025-03-31  5.00 EUR\nINV-2  2025-03-31  7.50 EUR");
        assert_eq!(mail.to, ["ada@example.com"]);
    }
}
