//! The mails of this domain, enqueued by the transactions that cause them.

use athyper_kernel_db::TenantTx;
use athyper_kernel_jobs::{NewJob, SendMail, enqueue};
use chrono::TimeDelta;

use crate::Deps;
use crate::error::Error;
use crate::model::secret::{random_text, text_digest};
use crate::ports::Person;
use crate::store::links::{self, LinkPurpose};

/// Sends a link to set a password, in place of any that was sent before. The job holds the link until the mail is sent.
///
/// # Errors
/// [`Error::NoMailAddress`] when the person has none.
pub(crate) async fn send_link(
    tx: &mut TenantTx,
    deps: &Deps,
    person: &Person,
    purpose: LinkPurpose,
) -> Result<(), Error> {
    let mail = person.mail.as_deref().ok_or(Error::NoMailAddress)?;
    let token = random_text()?;
    let (lasts, words) = match purpose {
        LinkPurpose::Invitation => (
            TimeDelta::hours(i64::from(deps.settings.invitation_hours)),
            ("Your account", "An account was made for you. Choose a password here:"),
        ),
        LinkPurpose::Reset => (
            TimeDelta::minutes(i64::from(deps.settings.reset_minutes)),
            ("A new password", "Somebody asked for a new password for your account. Choose one here:"),
        ),
    };
    let expires_at = tx.now() + lasts;
    links::replace(tx, person.id, &text_digest(&token), purpose, expires_at).await?;
    let context = tx.context();
    // After the number sign, so that it stands in no log of a server on the way (RFC 3986, section 3.5).
    let link = format!(
        "{}/set-password?realm={}&tenant={}#{}",
        deps.base_url,
        context.realm_key(),
        context.tenant_key(),
        *token
    );
    let text = format!(
        "{}\n\n{link}\n\nIt works once, until {}. Your user name is {}.\nIf you did not expect this mail, you need not do \
         anything.\n",
        words.1,
        expires_at.format("%Y-%m-%d %H:%M UTC"),
        person.login
    );
    enqueue(tx, NewJob::new(&SendMail::new(mail, words.0, text))?).await?;
    Ok(())
}

/// Tells somebody, who may not be the one at the keyboard, that their account was locked. The sign-in itself does not say so.
pub(crate) async fn tell_locked(tx: &mut TenantTx, person: &Person) -> Result<(), Error> {
    let Some(mail) = person.mail.as_deref() else { return Ok(()) };
    let text = "Too many sign-ins to your account failed, so it is locked for a while.\nIf that was you: wait, or ask for a \
                new password. If it was not: nobody got in, and you need not do anything.\n";
    enqueue(tx, NewJob::new(&SendMail::new(mail, "Your account is locked for a while", text))?).await?;
    Ok(())
}
