//! Limits that a vendor sets and all nodes keep together: each node takes a slice of the calls that are left, makes them
//! within the slice's time, and gives back what it did not need when it takes the next.
//!
//! A slice counts until its end is a whole span ago, so that no span ever sees more calls than the limit allows, by
//! clocks that agree.

use ligand_model::id::{ElementId, InstanceId, OrganizationId};
use ligand_model::time::Timestamp;

use crate::Store;
use crate::backend::Value;
use crate::changes::Change;
use crate::error::Error;
use crate::sql::rates as sql;

/// Whose limit it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct LimitOf {
    /// The tenant.
    pub organization: OrganizationId,
    /// The element.
    pub element: ElementId,
    /// None for a limit of the application, which its instances share.
    pub instance: Option<InstanceId>,
    /// Which of the element's limits.
    pub number: i64,
}

/// How many calls are wanted of a limit.
#[derive(Debug, Clone, Copy)]
pub struct Wanted {
    /// The limit: so many calls …
    pub limit: u32,
    /// … in any span of so many milliseconds.
    pub span_ms: i64,
    /// How many are wanted now; fewer may come.
    pub calls: u32,
    /// How long they may take, milliseconds.
    pub within_ms: i64,
    /// The end of this node's last slice, and how many of its calls were not made.
    pub back: Option<(Timestamp, u32)>,
}

/// What a node gets.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Slice {
    /// So many calls, to be made by then.
    Calls(u32, Timestamp),
    /// Nothing before then.
    NotBefore(Timestamp),
}

impl Store {
    /// Takes a slice of a limit's calls. A node takes half of what is left at most, so that the others find something.
    pub async fn take_slice(&self, of: LimitOf, wanted: Wanted) -> Result<Slice, Error> {
        let now = self.now();
        let key: [Value; 4] = [
            of.organization.0.into(),
            of.element.0.into(),
            of.instance.map_or(0, |id| id.0).into(),
            of.number.into(),
        ];
        self.write(move |tx| {
            let [organization, element, instance, number] = key;
            let row = [
                organization.clone(),
                element.clone(),
                instance.clone(),
                number.clone(),
                now.0.into(),
            ];
            let mut held = tx
                .query_one(&sql::HOLD_SLICES, &row)?
                .ok_or(Error::Shape { what: "slices" })?;
            let mut slices = read(&held.text()?);
            let slice = take(&mut slices, wanted, now);
            let text: Vec<String> = slices
                .iter()
                .map(|(end, calls)| format!("{end}:{calls}"))
                .collect();
            let row = [
                organization,
                element,
                instance,
                number,
                text.join(" ").into(),
            ];
            tx.execute(&sql::SET_SLICES, &row)?;
            Ok(slice)
        })
        .await
    }

    /// Tells the other nodes that a vendor wants to be left alone with an instance's calls.
    pub async fn announce_held(
        &self,
        organization: OrganizationId,
        element: ElementId,
        instance: InstanceId,
        until: Timestamp,
    ) -> Result<(), Error> {
        self.write(move |tx| tx.announce(Change::Held(organization, element, instance, until)))
            .await
    }

    /// Forgets limits that nobody has asked for since.
    pub async fn prune_slices(&self, before: Timestamp) -> Result<u64, Error> {
        self.write(move |tx| tx.execute(&sql::DELETE_OLD_SLICES, &[before.0.into()]))
            .await
    }
}

fn read(text: &str) -> Vec<(i64, u32)> {
    text.split(' ')
        .filter_map(|slice| {
            let (end, calls) = slice.split_once(':')?;
            Some((end.parse().ok()?, calls.parse().ok()?))
        })
        .collect()
}

pub(crate) fn take(slices: &mut Vec<(i64, u32)>, wanted: Wanted, now: Timestamp) -> Slice {
    // What ends further ahead than any slice reaches was taken before the clock was set back; a span's difference between
    // nodes' clocks is borne.
    let ahead = now
        .0
        .saturating_add(wanted.within_ms)
        .saturating_add(wanted.span_ms);
    slices.retain(|(end, _)| end.saturating_add(wanted.span_ms) > now.0 && *end <= ahead);
    if let Some((end, unused)) = wanted.back
        && let Some((_, calls)) = slices
            .iter_mut()
            .find(|(known, calls)| *known == end.0 && *calls >= unused)
    {
        *calls -= unused;
    }
    slices.retain(|(_, calls)| *calls > 0);
    let taken = slices
        .iter()
        .fold(0_u32, |sum, (_, calls)| sum.saturating_add(*calls));
    let left = wanted.limit.saturating_sub(taken);
    if left == 0 {
        let first = slices.iter().map(|(end, _)| *end).min().unwrap_or(now.0);
        return Slice::NotBefore(Timestamp(first.saturating_add(wanted.span_ms)));
    }
    let calls = wanted.calls.max(1).min(left.div_ceil(2));
    let mut end = now.0.saturating_add(wanted.within_ms);
    // An end names its slice.
    while slices.iter().any(|(known, _)| *known == end) {
        end += 1;
    }
    slices.push((end, calls));
    Slice::Calls(calls, Timestamp(end))
}
