//! `Elements-Local-Filter: true`: what a vendor cannot filter or order by is filtered and ordered here.
//!
//! A page stays the vendor's page with the records left out that do not fit, so that pages still follow one another.
//! Ordering needs the whole list: a list that goes on is refused rather than ordered page by page.

use ligand_model::element::{Element, Hook, Resource};
use ligand_model::error::Classify as _;
use serde_json::Value;

use super::plan::reads;
use super::{Exchange, answer, invalid};
use crate::error::Error;
use crate::query::{self, Expression, Operator, OrderTerm};
use crate::step::Failure;

/// The header that asks for it, and the one that says what was done.
const HEADER: &str = "elements-local-filter";

/// What is done here.
#[derive(Debug, Default)]
pub(super) struct Local {
    filter: Option<Expression>,
    order: Vec<OrderTerm>,
    /// The caller's own query, which tokens of later pages carry.
    pub(super) query: Vec<(String, String)>,
}

impl Local {
    fn is_idle(&self) -> bool {
        self.filter.is_none() && self.order.is_empty()
    }

    /// Leaves out what does not fit and orders the rest.
    pub(super) fn apply(&self, records: &mut Vec<Value>) {
        if let Some(filter) = &self.filter {
            records.retain(|record| filter.holds(record));
        }
        query::order(records, &self.order);
    }

    /// Whether the order of the whole list was asked for.
    pub(super) fn orders(&self) -> bool {
        !self.order.is_empty()
    }

    /// The answer header: `where`, `orderBy`, both, or `none` when the vendor did it all.
    pub(super) fn told(&self) -> (String, String) {
        let done = match (&self.filter, self.order.is_empty()) {
            (None, true) => "none",
            (Some(_), true) => "where",
            (None, false) => "orderBy",
            (Some(_), false) => "where, orderBy",
        };
        (HEADER.to_owned(), done.to_owned())
    }

    fn fields(&self) -> impl Iterator<Item = &str> {
        let filtered = self.filter.iter().flat_map(Expression::fields);
        filtered.chain(self.order.iter().map(|term| term.field.as_str()))
    }
}

impl Exchange {
    /// Takes over what the vendor cannot do, when the caller wants that, and leaves it the rest.
    pub(super) fn begin_local(&mut self) -> Result<(), Failure> {
        let asked = self
            .call
            .header(HEADER)
            .is_some_and(|value| value.trim().eq_ignore_ascii_case("true"));
        let compiled = std::sync::Arc::clone(&self.compiled);
        let resource = super::resource_of(&compiled, self.resource)?;
        if !asked || self.local.is_some() || !resource.method.eq_ignore_ascii_case("GET") {
            return Ok(());
        }
        let wrong = |error: query::Error| invalid(Error::Invalid(error.public().into_owned()));
        let mut local = Local {
            query: self.call.query.clone(),
            ..Local::default()
        };
        let call = self.call.clone();
        let given = |name: &str| {
            let text = call.query(name).map(str::trim);
            text.filter(|text| !text.is_empty())
        };
        if let Some(text) = given("where") {
            let whole = query::parse_where(text).map_err(wrong)?;
            let (left, here) = split(&compiled.element, resource, whole);
            local.filter = here;
            if local.filter.is_some() {
                self.replace("where", left.map(|left| left.to_string()));
            }
        }
        if let Some(text) = given("orderBy")
            && !orders(&compiled.element, resource, text)
        {
            local.order = query::parse_order_by(text).map_err(wrong)?;
            self.replace("orderBy", None);
        }
        if let (false, Some(fields)) = (local.is_idle(), given("fields")) {
            let named = |field: &&str| {
                let first = field.split('.').next().unwrap_or(field);
                fields
                    .split(',')
                    .map(str::trim)
                    .any(|name| name.eq_ignore_ascii_case(field) || name == first || name == "*")
            };
            if let Some(left_out) = local.fields().find(|field| !named(field)) {
                return Err(invalid(Error::Invalid(format!(
                    "`fields` leaves out `{left_out}`, which is filtered or ordered by here; add it to `fields`."
                ))));
            }
        }
        self.local = Some(local);
        Ok(())
    }

    fn replace(&mut self, name: &str, value: Option<String>) {
        self.call.query.retain(|(known, _)| known != name);
        if let Some(value) = value {
            self.call.query.push((name.to_owned(), value));
        }
    }

    /// The query that a token of the next page carries.
    pub(super) fn carried_query(&self) -> &[(String, String)] {
        self.local
            .as_ref()
            .map_or(&self.call.query, |local| &local.query)
    }

    /// Says in the headers what was done here, and refuses an order of what is not the whole list.
    pub(super) fn told_local(&self, headers: &mut Vec<(String, String)>) -> Option<Failure> {
        let local = self.local.as_ref()?;
        headers.push(local.told());
        if local.filter.is_some() {
            // The vendor counted what it was asked for, not what fits.
            headers.retain(|(name, _)| name != "elements-total-count");
        }
        // What is paged here was whole before.
        let sliced = self
            .resource()
            .is_ok_and(|resource| self.must_slice(resource, 1));
        let goes_on = headers
            .iter()
            .any(|(name, _)| name == "elements-next-page-token");
        let later = self
            .paging
            .as_ref()
            .is_some_and(|paging| paging.page > 1 || paging.cursor.is_some());
        if !local.orders() || sliced || !(goes_on || later) {
            return None;
        }
        let field = local.order.first().map_or("", |term| term.field.as_str());
        Some(invalid(Error::Invalid(format!(
            "The vendor cannot order by `{field}`, and the list is longer than one page: it cannot be ordered here. \
             Narrow it by `where`, or ask for a larger `pageSize`."
        ))))
    }

    /// Filters and orders an answer.
    ///
    /// # Errors
    /// An answer that is no list.
    pub(super) fn filter_here(
        &self,
        resource: &Resource,
        value: &mut Value,
    ) -> Result<(), Failure> {
        let Some(local) = self.local.as_ref().filter(|local| !local.is_idle()) else {
            return Ok(());
        };
        if let Some(aliases) = &resource.aliases {
            answer::add_aliases(value, aliases);
        }
        let Some(records) = value.as_array_mut() else {
            return Err(invalid(Error::Invalid(
                "What is answered here is no list: it can neither be filtered nor ordered."
                    .to_owned(),
            )));
        };
        local.apply(records);
        Ok(())
    }
}

/// What the vendor is left to filter, and what is filtered here.
fn split(
    element: &Element,
    resource: &Resource,
    whole: Expression,
) -> (Option<Expression>, Option<Expression>) {
    let declared = resource
        .parameters
        .iter()
        .find(|one| one.kind == "query" && one.name == "where");
    let converter = declared.and_then(|one| one.converter.as_deref());
    let converter = converter.filter(|converter| !converter.is_empty());
    if reads_in_hooks(element, resource, "request_expression") {
        return (Some(whole), None);
    }
    let Some(converter) = converter else {
        return if reads(element, resource, "where") {
            (Some(whole), None)
        } else {
            (None, Some(whole))
        };
    };
    let mut left: Vec<Expression> = Vec::new();
    let mut here = Vec::new();
    for part in whole.into_conjuncts() {
        let mut with = left.clone();
        with.push(part.clone());
        let together = Expression::all(with.clone()).map(|all| all.to_string());
        let can = together.is_some_and(|text| query::convert(converter, &text).is_ok());
        // A date word is the vendor's to know, or to refuse.
        if part.dated().is_some() || (can && !loses_operator(converter, &part)) {
            left = with;
        } else {
            here.push(part);
        }
    }
    (Expression::all(left), Expression::all(here))
}

/// Whether a vendor's parameter would drop the operator: `size=5` for `size > 5`.
fn loses_operator(converter: &str, part: &Expression) -> bool {
    query::drops_operators(converter)
        && !matches!(part, Expression::Comparison(comparison) if comparison.operator == Operator::Equal)
}

/// Whether the vendor orders by this.
fn orders(element: &Element, resource: &Resource, text: &str) -> bool {
    let declared = resource
        .parameters
        .iter()
        .find(|one| one.kind == "query" && one.name == "orderBy");
    match declared.map(|one| one.converter.as_deref().unwrap_or_default()) {
        Some("toSOQLOrderBy") => query::convert("toSOQLOrderBy", text).is_ok(),
        Some(_) => true,
        None => reads_in_hooks(element, resource, "orderBy"),
    }
}

fn reads_in_hooks(element: &Element, resource: &Resource, word: &str) -> bool {
    let hooks = resource.hooks.iter().chain(&element.hooks);
    hooks
        .filter_map(|hook: &Hook| hook.body.as_deref())
        .any(|body| body.contains(word))
}
