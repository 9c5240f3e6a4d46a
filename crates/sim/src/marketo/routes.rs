//! Which call is answered by what.

use ligand_model::time::Timestamp;
use serde_json::{Value, json};

use super::envelope::{Fault, Page};
use super::objects::kinds::{self, CUSTOM, Kind};
use super::state::{CAMPAIGNS, LISTS, Parameters, State};
use super::{
    account_lists, activities, assets, custom_activities, export, fields, import, leads, lists,
    objects, programs,
};
use crate::call::{Call, Reply};

/// One call, read.
pub struct Request<'a> {
    /// The verb.
    pub method: &'a str,
    /// The path behind `/rest`, or from `bulk` on; without `.json`.
    pub path: &'a [&'a str],
    /// Query and form.
    pub parameters: &'a Parameters,
    /// The JSON body, or null.
    pub body: Value,
    /// The call itself, for bodies of parts.
    pub call: &'a Call,
    /// Now.
    pub now: Timestamp,
    /// How many calls there were, for the usage.
    pub calls: u64,
}

impl Request<'_> {
    /// Answers it.
    ///
    /// # Errors
    /// 610 for an unknown path, 605 for a verb that it does not take, else those of the call.
    pub fn answer(&self, state: &mut State) -> Result<Page, Fault> {
        let found = match self.path {
            ["v1", "leads" | "lead", ..] => self.people(state),
            ["v1", "lists" | "list" | "campaigns", ..] => self.lists(state),
            ["v1", "activities", rest @ ..] => self.activities(state, rest),
            ["v1", "stats", rest @ ..] => self.stats(rest),
            ["v1", "programs", rest @ ..] => programs::answer(
                state,
                self.method,
                rest,
                self.parameters,
                &self.body,
                self.now,
            ),
            ["v1", rest @ ..] => self.records(state, rest),
            ["asset", "v1", rest @ ..] => assets::answer(state, self, rest),
            ["bulk", "v1", rest @ ..] => self.bulk(state, rest),
            _ => None,
        };
        found.unwrap_or_else(|| {
            Err(if self.is_known() {
                Fault::method(self.method)
            } else {
                Fault::no_resource()
            })
        })
    }

    fn people(&self, state: &mut State) -> Option<Result<Page, Fault>> {
        let (parameters, body, now) = (self.parameters, &self.body, self.now);
        Some(match (self.method, self.path) {
            ("GET", ["v1", "leads"]) => leads::find(state, parameters, now),
            ("POST", ["v1", "leads"]) => leads::save(state, body, now),
            ("DELETE", ["v1", "leads"]) | ("POST", ["v1", "leads", "delete"]) => {
                leads::delete(state, parameters, body, now)
            }
            ("GET", ["v1", "lead", id]) => leads::by_id(state, id, parameters),
            ("POST", ["v1", "leads", "push"]) => programs::push(state, body, now),
            ("GET", ["v1", "leads", "programs", id]) => {
                programs::members(state, id, parameters, now)
            }
            ("POST", ["v1", "leads", "programs", id, "status"]) => {
                programs::set_status(state, id, body, now)
            }
            ("POST", ["v1", "leads", "submitForm"]) => leads::submit_form(state, body, now),
            ("POST", ["v1", "leads", "partitions"]) => leads::set_partition(state, body, now),
            ("GET", ["v1", "leads", "schema", "fields"]) => Ok(Page::of(fields::schema(None))),
            ("GET", ["v1", "leads", "schema", "fields", name]) => {
                Ok(Page::of(fields::schema(Some(name))))
            }
            (
                "GET",
                [
                    "v1",
                    "leads",
                    id,
                    kind @ ("listMembership" | "programMembership" | "smartCampaignMembership"),
                ],
            ) => programs::memberships(state, id, kind, parameters, now),
            ("POST", ["v1", "leads", id, "merge"]) => leads::merge(state, id, parameters, now),
            ("POST", ["v1", "leads", _, "associate"]) => {
                parameters.require("cookie").and_then(|cookie| {
                    Err(Fault::new(
                        "1012",
                        format!("Invalid cookie value '{cookie}'"),
                    ))
                })
            }
            ("GET", ["v1", "leads", "describe"]) => Ok(Page::of(fields::describe_leads())),
            ("GET", ["v1", "leads", "describe2"]) => Ok(Page::of(vec![fields::describe(
                "API Lead",
                "Person",
                fields::LEAD,
                &["email"],
                &["id", "email", "externalCompanyId"],
                "2015-01-01T00:00:00Z",
            )])),
            ("GET", ["v1", "leads", "partitions"]) => Ok(Page::of(vec![
                json!({"id": 1, "name": "Default", "description": "Initial system lead partition"}),
                json!({"id": 2, "name": "Europe", "description": "People in Europe"}),
            ])),
            _ => return None,
        })
    }

    fn lists(&self, state: &mut State) -> Option<Result<Page, Fault>> {
        let (parameters, body, now) = (self.parameters, &self.body, self.now);
        Some(match (self.method, self.path) {
            ("GET", ["v1", "lists"]) => lists::browse(state, LISTS, parameters, now),
            ("GET", ["v1", "lists", id]) => lists::one(state, LISTS, id),
            ("GET", ["v1", "lists" | "list", id, "leads"]) => {
                leads::of_list(state, id, parameters, now)
            }
            ("POST", ["v1", "lists", id, "leads"]) => lists::add(state, id, parameters, body, now),
            ("DELETE", ["v1", "lists", id, "leads"]) => {
                lists::remove(state, id, parameters, body, now)
            }
            ("GET", ["v1", "lists", id, "leads", "ismember"]) => {
                lists::is_member(state, id, parameters, body)
            }
            ("GET", ["v1", "campaigns"]) => lists::browse(state, CAMPAIGNS, parameters, now),
            ("GET", ["v1", "campaigns", id]) => lists::one(state, CAMPAIGNS, id),
            ("POST", ["v1", "campaigns", id, "trigger"]) => lists::trigger(state, id, body, now),
            ("POST", ["v1", "campaigns", id, "schedule"]) => lists::schedule(state, id, body),
            _ => return None,
        })
    }

    fn activities(&self, state: &mut State, path: &[&str]) -> Option<Result<Page, Fault>> {
        let (parameters, body, now) = (self.parameters, &self.body, self.now);
        Some(match (self.method, path) {
            ("GET", []) => activities::read(state, parameters, now),
            ("GET", ["types"]) => {
                let mut types = activities::types();
                types.extend(custom_activities::approved(state));
                Ok(Page::of(types))
            }
            ("GET", ["pagingtoken"]) => activities::paging_token(parameters, now),
            ("GET", ["leadchanges"]) => activities::changes(state, parameters, now),
            ("GET", ["deletedleads"]) => activities::deleted(state, parameters, now),
            ("POST", ["external"]) => custom_activities::add(state, body, now),
            ("GET", ["external", "types"]) => Ok(custom_activities::types(state)),
            ("POST", ["external", "type"]) => custom_activities::create(state, body, now),
            ("GET", ["external", "type", api, "describe"]) => {
                custom_activities::describe(state, api, parameters)
            }
            ("POST", ["external", "type", api, action @ ..]) => {
                custom_activities::act(state, api, action, body, now)
            }
            _ => return None,
        })
    }

    fn stats(&self, path: &[&str]) -> Option<Result<Page, Fault>> {
        let date = self.now.to_date();
        Some(match (self.method, path) {
            ("GET", ["usage"] | ["usage", "last7days"]) => {
                let users = json!([{"userId": "api.user@example.com", "count": self.calls}]);
                Ok(Page::of(vec![
                    json!({"date": date, "total": self.calls, "users": users}),
                ]))
            }
            ("GET", ["errors"] | ["errors", "last7days"]) => Ok(Page::of(vec![
                json!({"date": date, "total": 0, "errors": []}),
            ])),
            _ => return None,
        })
    }

    fn records(&self, state: &mut State, path: &[&str]) -> Option<Result<Page, Fault>> {
        if let ("GET", ["customobjects"]) = (self.method, path) {
            return Some(Ok(objects::types(self.parameters)));
        }
        if let ["customobjects", "schema", rest @ ..] = path {
            return Some(match (self.method, rest) {
                ("GET", []) => Ok(objects::types(self.parameters)),
                ("GET", [name, "describe"]) => kinds::at(&format!("{CUSTOM}{name}"))
                    .map(objects::describe)
                    .ok_or_else(Fault::no_object),
                // The API user's role has no right to change types.
                ("POST", _) => Err(Fault::new("603", "Access denied")),
                _ => return None,
            });
        }
        if let [custom, _, ..] = path
            && format!("{custom}/") == CUSTOM
            && kind_of(path).is_none()
        {
            return Some(Err(Fault::no_object()));
        }
        let (body, now) = (&self.body, self.now);
        if let ["namedAccountList", list, "namedAccounts"] = path {
            return account_lists::answer(state, self.method, list, self.parameters, body, now);
        }
        let (kind, rest) = kind_of(path)?;
        Some(match (self.method, rest) {
            ("GET", []) => objects::find(state, kind, self.parameters, body, now),
            ("POST", []) => objects::save(state, kind, body, now),
            ("POST", ["delete"]) => objects::delete(state, kind, body),
            ("GET", ["describe"]) => Ok(objects::describe(kind)),
            _ => return None,
        })
    }

    fn bulk(&self, state: &mut State, path: &[&str]) -> Option<Result<Page, Fault>> {
        let now = self.now;
        if let ("POST", ["leads"]) = (self.method, path) {
            return Some(import::begin(state, "leads", self.parameters, self.call));
        }
        if let ("GET", ["leads", "batch", id]) = (self.method, path) {
            return Some(import::status(state, id, now));
        }
        if let Some((object, rest)) = split(path, "import") {
            return Some(match (self.method, rest) {
                ("POST", []) => import::begin(state, &object, self.parameters, self.call),
                ("GET", [id, "status"]) => import::status(state, id, now),
                _ => return None,
            });
        }
        let (object, rest) = split(path, "export").filter(|(object, _)| is_exported(object))?;
        Some(match (self.method, rest) {
            ("POST", ["create"]) => export::create(state, &object, &self.body, now),
            ("GET", []) => Ok(export::browse(state, &object)),
            ("POST", [id, "enqueue"]) => export::enqueue(state, id, now),
            ("POST", [id, "cancel"]) => export::cancel(state, id),
            ("GET", [id, "status"]) => export::status(state, id, now),
            _ => return None,
        })
    }

    /// Whether a path exists for some verb.
    fn is_known(&self) -> bool {
        match self.path {
            ["asset", "v1", kind] => assets::is_kind(kind) || assets::is_listed(kind),
            ["asset", "v1", kind, _, ..] => {
                assets::is_kind(&format!("{kind}s")) || assets::is_listed(kind)
            }
            ["bulk", "v1", rest @ ..] => {
                split(rest, "import").is_some()
                    || split(rest, "export").is_some_and(|(object, _)| is_exported(&object))
                    || rest.first() == Some(&"leads")
            }
            [
                "v1",
                "leads" | "lists" | "campaigns" | "activities" | "customobjects",
            ]
            | ["v1", "lead" | "lists" | "campaigns", _]
            | [
                "v1",
                "leads",
                "delete" | "describe" | "describe2" | "partitions" | "push" | "submitForm",
            ]
            | ["v1", "leads", _, "merge" | "associate"]
            | ["v1", "programs", _, "members", ..]
            | [
                "v1",
                "activities",
                "types" | "pagingtoken" | "leadchanges" | "deletedleads",
            ]
            | ["v1", "activities", "external", ..]
            | ["v1", "lists" | "list", _, "leads"]
            | ["v1", "lists", _, "leads", "ismember"]
            | ["v1", "campaigns", _, "trigger" | "schedule"]
            | ["v1", "namedAccountList", _, "namedAccounts"]
            | ["v1", "stats", ..] => true,
            ["v1", rest @ ..] => {
                kind_of(rest).is_some_and(|(_, rest)| matches!(rest, [] | ["delete" | "describe"]))
            }
            _ => false,
        }
    }
}

/// The kind that a path begins with, the longest one, and what follows.
fn kind_of<'a>(path: &'a [&'a str]) -> Option<(&'static Kind, &'a [&'a str])> {
    for length in [2, 1] {
        if let Some((head, rest)) = path.split_at_checked(length)
            && let Some(kind) = kinds::at(&head.join("/"))
        {
            return Some((kind, rest));
        }
    }
    None
}

/// What stands before `word` in a path, and what after it.
fn split<'a>(path: &'a [&'a str], word: &str) -> Option<(String, &'a [&'a str])> {
    let at = path.iter().position(|segment| *segment == word)?;
    let (object, rest) = path.split_at_checked(at)?;
    Some((object.join("/"), rest.get(1..).unwrap_or_default()))
}

fn is_exported(object: &str) -> bool {
    ["leads", "activities", export::MEMBERS].contains(&object) || object.starts_with(CUSTOM)
}

/// The file of an export, or the reasons of an import; `None` for other paths.
pub fn file(state: &State, path: &[&str], call: &Call) -> Option<Reply> {
    let ["bulk", "v1", rest @ ..] = path else {
        return None;
    };
    if let ["leads", "batch", id, which @ ("failures" | "warnings")] = rest {
        return Some(import::reasons(state, id, which));
    }
    if let Some((_, [id, which @ ("failures" | "warnings")])) = split(rest, "import") {
        return Some(import::reasons(state, id, which));
    }
    match split(rest, "export") {
        Some((object, [id, "file"])) if is_exported(&object) => Some(export::file(state, id, call)),
        _ => None,
    }
}
