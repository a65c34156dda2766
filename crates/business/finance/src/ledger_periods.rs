//! How a close reads and locks periods: the answer to the port of `athyper-kernel-ledger`.

use std::sync::Arc;

use async_trait::async_trait;
use athyper_kernel_db::{TenantConnection, TenantTx};
use athyper_kernel_error::Problem;
use athyper_kernel_ledger::{Entity, FiscalPeriod, Periods, SeriesEnd};
use athyper_kernel_ledger_books::close_proofs;
use athyper_kernel_types::Id;
use chrono::NaiveDate;
use uuid::Uuid;

use crate::commands::close_period::check_not_guarded;
use crate::error::Error;
use crate::model::period::{Period, PeriodState};
use crate::store::{legal_entities, periods};

/// The periods of this domain.
pub fn ledger_periods() -> Arc<dyn Periods> {
    Arc::new(LedgerPeriods)
}

struct LedgerPeriods;

#[async_trait]
impl Periods for LedgerPeriods {
    async fn find(&self, tx: &mut dyn TenantConnection, id: Uuid) -> Result<FiscalPeriod, Problem> {
        let period = periods::find(tx, Id::from_uuid(id)).await.map_err(Error::from)?;
        Ok(of_books(tx, period.ok_or(Error::PeriodNotFound)?).await?)
    }

    async fn covering(
        &self,
        tx: &mut dyn TenantConnection,
        entity: &Entity,
        date: NaiveDate,
    ) -> Result<Option<FiscalPeriod>, Problem> {
        let found = periods::covering(tx, Id::from_uuid(entity.id), date).await.map_err(Error::from)?;
        match found {
            Some(period) => Ok(Some(of_books(tx, period).await?)),
            None => Ok(None),
        }
    }

    async fn hold(&self, tx: &mut TenantTx, id: Uuid) -> Result<FiscalPeriod, Problem> {
        Ok(hold(tx, id).await?)
    }

    async fn sign_off(&self, tx: &mut TenantTx, id: Uuid) -> Result<FiscalPeriod, Problem> {
        Ok(sign_off(tx, id).await?)
    }

    async fn reopen(&self, tx: &mut TenantTx, id: Uuid) -> Result<FiscalPeriod, Problem> {
        Ok(reopen(tx, id).await?)
    }

    async fn series(
        &self,
        tx: &mut dyn TenantConnection,
        period: &FiscalPeriod,
    ) -> Result<Vec<SeriesEnd>, Problem> {
        Ok(close_proofs::series(tx, period).await.map_err(Error::from)?)
    }

    async fn last_posted_by(
        &self,
        tx: &mut dyn TenantConnection,
        period: &FiscalPeriod,
    ) -> Result<Option<String>, Problem> {
        Ok(close_proofs::last_posted_by(tx, period).await.map_err(Error::from)?)
    }
}

/// A period as others know it.
async fn of_books(tx: &mut (impl TenantConnection + ?Sized), period: Period) -> Result<FiscalPeriod, Error> {
    let entity = legal_entities::find(tx, period.entity).await?.ok_or(Error::EntityNotFound)?;
    Ok(FiscalPeriod {
        id: period.id.uuid(),
        entity: entity.for_documents(),
        name: period.name,
        starts_on: period.starts_on,
        ends_on: period.ends_on,
        is_closed: period.state == PeriodState::Closed,
        is_signed_off: period.signed_off,
    })
}

/// Nobody adds periods meanwhile, and nobody posts into this one or an earlier one.
async fn hold(tx: &mut TenantTx, id: Uuid) -> Result<FiscalPeriod, Error> {
    periods::lock_calendar(tx).await?;
    let period = periods::find(tx, Id::from_uuid(id)).await?.ok_or(Error::PeriodNotFound)?;
    periods::lock_up_to(tx, period.entity, period.starts_on).await?;
    let period = periods::find(tx, period.id).await?.ok_or(Error::PeriodNotFound)?;
    of_books(tx, period).await
}

async fn sign_off(tx: &mut TenantTx, id: Uuid) -> Result<FiscalPeriod, Error> {
    let period = periods::lock(tx, Id::from_uuid(id)).await?.ok_or(Error::PeriodNotFound)?;
    if period.signed_off {
        return Err(Error::PeriodSignedOff { name: period.name });
    }
    let earlier = close_proofs::not_closed_before(tx, period.entity, period.starts_on, 1).await?;
    if let Some((name, _)) = earlier.into_iter().next() {
        return Err(Error::EarlierPeriodOpen { name });
    }
    check_not_guarded(tx, &period).await?;
    periods::set_signed_off(tx, period.id, PeriodState::Closed, true).await?;
    let signed = Period { state: PeriodState::Closed, signed_off: true, ..period };
    of_books(tx, signed).await
}

async fn reopen(tx: &mut TenantTx, id: Uuid) -> Result<FiscalPeriod, Error> {
    let period = periods::lock(tx, Id::from_uuid(id)).await?.ok_or(Error::PeriodNotFound)?;
    if !period.signed_off {
        return Err(Error::PeriodState { from: period.state, to: PeriodState::Open });
    }
    let after = period.ends_on.succ_opt().unwrap_or(period.ends_on);
    if let Some(name) = periods::signed_off_from(tx, period.entity, after).await? {
        return Err(Error::PeriodSignedOff { name });
    }
    periods::set_signed_off(tx, period.id, PeriodState::Open, false).await?;
    let opened = Period { state: PeriodState::Open, signed_off: false, ..period };
    of_books(tx, opened).await
}
