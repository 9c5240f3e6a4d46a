//! Records made of what a vendor answers, as bytes: of a table, or of members that stand elsewhere. What the words mean
//! is in [`ligand_model::element::Shape`] and [`Table`].

mod places;
mod shape;
mod table;

use bytes::Bytes;
use ligand_model::element::{Resource, Shape, Table};
use ligand_model::error::ErrorKind;

use super::{Answer, Exchange};
use crate::error::Error;
use crate::raw::Opened;
use crate::step::Failure;
pub(super) use places::Outside;
use shape::Unfit;

/// What records may grow by when they get names and members, bytes beside four times what the vendor sent: headings that
/// are long would make a large answer of a small one.
const MOST_GROWTH: usize = 64 << 20;

/// Whether `out` is still in proportion to what it is made of.
const fn in_proportion(out: &[u8], from: &[u8]) -> Option<()> {
    if out.len() <= MOST_GROWTH.saturating_add(from.len().saturating_mul(4)) {
        Some(())
    } else {
        None
    }
}

impl Exchange {
    pub(super) fn outside(&self) -> Outside<'_> {
        Outside::new(&self.call, &self.variables, self.previous.as_ref())
    }

    /// Makes records of a table, when the answer is one.
    pub(super) fn take_table(&self, table: &Table, answer: &mut Answer) {
        let outside = self.outside();
        let mut find = |place: &str| match place.strip_prefix('$') {
            Some(place) => outside.get(place),
            None => answer.content.text_at(place),
        };
        let Some(headings) = find(&table.headings).filter(|found| found.first() == Some(&b'['))
        else {
            return;
        };
        let row = table.row.as_deref();
        let found = match row.or(table.rows.as_deref()).map(&mut find) {
            Some(Some(found)) if *found != *b"null" => found,
            _ if row.is_some() => return,
            _ => Bytes::from_static(b"[]"),
        };
        let named = table::Columns::of(&headings, table.optional.as_deref());
        if self.leads_on() && answer.raw.is_none() {
            answer.raw = Some(Box::new(answer.content.clone()));
        }
        answer.rooted = true;
        match named.and_then(|columns| columns.records(&found, row.is_some())) {
            Some(records) => answer.content.put(records),
            None => answer.failure = Some(disproportionate()),
        }
    }

    /// Gives each record its shape, when the resource has one.
    pub(super) fn take_shape(
        &self,
        resource: &Resource,
        answer: &mut Answer,
    ) -> Result<(), Failure> {
        let Some(shape) = &resource.shape else {
            return Ok(());
        };
        if self.leads_on() && answer.raw.is_none() {
            answer.raw = Some(Box::new(answer.content.clone()));
        }
        let Some(text) = answer.content.whole_text() else {
            return Ok(());
        };
        let shaped = shape::shaped(&text, shape, &self.outside()).ok_or_else(disproportionate)?;
        answer.content.put(shaped);
        Ok(())
    }

    /// The answer of a link that is known without asking for it.
    pub(super) fn known_beforehand(&self, resource: &Resource) -> Option<Answer> {
        let known = shape::known(resource.skip.as_deref()?, &self.outside())?;
        serde_json::from_slice(&known).ok().map(Answer::made)
    }

    /// Whether the body as it was leads on to the next page.
    fn leads_on(&self) -> bool {
        let key = self
            .compiled
            .resource(self.resource)
            .and_then(|resource| resource.next_page_key.as_deref());
        key.is_some_and(|key| !key.is_empty())
    }
}

/// What the vendor is sent of the caller's body; none when the shape has no variant for it.
///
/// # Errors
/// What is kept of the body is no object.
pub(super) fn requested(shape: &Shape, outside: &Outside<'_>) -> Result<Option<Bytes>, Error> {
    let body = outside.body().map(Opened::whole);
    let body = body.unwrap_or(Bytes::from_static(b"null"));
    let made = shape::requested(&body, shape, outside).map_err(|unfit| match unfit {
        Unfit::TooLarge => "The body becomes too large when its request is made.".to_owned(),
        Unfit::NoObject(places) => {
            let below = places.split('|').map(str::trim);
            let below: Vec<&str> = below.filter(|place| !place.starts_with('$')).collect();
            match below.as_slice() {
                [] => "The body must be one JSON object, such as {\"email\":\"a@b.c\"}.".to_owned(),
                [name, ..] => format!(
                    "The body must be one JSON object, or hold one: {{\"{name}\":{{\"email\":\"a@b.c\"}}}}."
                ),
            }
        }
    });
    made.map_err(Error::Invalid)
}

fn disproportionate() -> Failure {
    Failure {
        kind: ErrorKind::VendorUnavailable,
        status: None,
        message: "The vendor's answer becomes too large when its records are made.".to_owned(),
        provider_message: None,
    }
}
