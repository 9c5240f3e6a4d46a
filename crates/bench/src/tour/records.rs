//! Reading and writing the account's records with the token.

use serde_json::Value;

use super::guides::{Guide, Object};
use super::{Authority, Instance, Tour, at, plain};
use crate::arguments::Result;
use crate::http::encode;

/// `ping`, then every object of the guide.
pub fn walk(tour: &mut Tour, guide: &Guide, instance: &Instance) -> Result {
    tour.report.say("The token at work:");
    let account = Authority::Account(instance);
    let ping = tour.api(&format!("/hubs/{}/ping", guide.hub));
    let reply = tour.call(account, "GET", &ping, None)?;
    tour.expect("ping reaches the vendor", &reply, 200);
    let body = reply.json();
    let well =
        at(&body, "valid") == &Value::Bool(true) && plain(at(&body, "endpoint")) == guide.key;
    tour.report.check("and says so", well);
    for object in &guide.objects {
        Walk::new(tour, guide, instance, object)?.all()?;
    }
    if guide.key == "marketo" {
        let path = tour.api("/hubs/marketing/contacts");
        let reply = tour.call(account, "GET", &path, None)?;
        tour.expect_error("Marketo's people need a `where`", &reply, 400, "where");
    }
    let path = tour.api(&format!("/hubs/{}/no-such-thing", guide.hub));
    let reply = tour.call(account, "GET", &path, None)?;
    tour.expect_error(
        "what the element does not have is refused",
        &reply,
        400,
        "no-such-thing",
    );
    if guide.hub == "documents" {
        documents(tour, instance)?;
    }
    Ok(())
}

/// One object's walk.
struct Walk<'t, 'a, 'o> {
    tour: &'t mut Tour<'a>,
    account: Authority<'o>,
    object: &'o Object,
    /// Path of the collection.
    collection: String,
    hub: &'o str,
}

impl<'t, 'a, 'o> Walk<'t, 'a, 'o> {
    fn new(
        tour: &'t mut Tour<'a>,
        guide: &'o Guide,
        instance: &'o Instance,
        object: &'o Object,
    ) -> Result<Self> {
        let account = Authority::Account(instance);
        let mut path = object.path.to_owned();
        if path.contains("{first}") {
            let outer = path.split('/').next().unwrap_or_default();
            let listed = tour.api(&format!("/hubs/{}/{outer}?pageSize=1", guide.hub));
            let reply = tour.call(account, "GET", &listed, None)?;
            path = path.replace("{first}", &plain(at(&reply.json(), "0.id")));
        }
        let collection = tour.api(&format!("/hubs/{}/{path}", guide.hub));
        Ok(Self {
            tour,
            account,
            object,
            collection,
            hub: guide.hub,
        })
    }

    fn all(mut self) -> Result {
        self.list()?;
        if self.object.create.is_null() {
            return Ok(());
        }
        let Some(id) = self.create()? else {
            return Ok(());
        };
        self.read(&id, None)?;
        self.search()?;
        self.update(&id)?;
        if self.object.delete {
            let reply = self
                .tour
                .call(self.account, "DELETE", &self.record(&id), None)?;
            self.tour.expect("the record is deleted", &reply, 200);
            let reply = self
                .tour
                .call(self.account, "GET", &self.record(&id), None)?;
            self.tour.expect("and is not found any more", &reply, 404);
        }
        Ok(())
    }

    /// Pages of two; the second by the token of the first.
    fn list(&mut self) -> Result {
        let query = if self.object.list.is_empty() {
            String::new()
        } else {
            format!("&where={}", encode(&self.fill(self.object.list)))
        };
        let path = format!("{}?pageSize=2{query}", self.collection);
        let reply = self.tour.call(self.account, "GET", &path, None)?;
        self.tour
            .expect(&format!("{} are listed", self.object.path), &reply, 200);
        let first = reply.json();
        let count = first.as_array().map_or(0, Vec::len);
        let counted = reply
            .header("elements-returned-count")
            .unwrap_or_default()
            .to_owned();
        self.tour.report.equal(
            "Elements-Returned-Count counts them",
            &counted,
            &count.to_string(),
        );
        if !self.object.pages {
            return Ok(());
        }
        self.tour
            .report
            .check("a page holds what was asked for", count == 2);
        // Without the hub, and with the next page's token when there is one.
        let bare = self.collection.replace(&format!("/hubs/{}", self.hub), "");
        let next = match reply.header("elements-next-page-token") {
            Some(token) => format!("{bare}?pageSize=2&nextPage={}", encode(token)),
            None => format!("{bare}?pageSize=2&page=2"),
        };
        let reply = self.tour.call(self.account, "GET", &next, None)?;
        self.tour.expect(
            "the second page is listed, the hub left out of the path",
            &reply,
            200,
        );
        let second = reply.json();
        let both = format!("{}?pageSize=4", self.collection);
        let reply = self.tour.call(self.account, "GET", &both, None)?;
        let pages = [&first, &second]
            .into_iter()
            .filter_map(Value::as_array)
            .flatten();
        let joined: Vec<Value> = pages.cloned().collect();
        let more = joined.len() > count && reply.json() == Value::Array(joined);
        self.tour
            .report
            .check("both pages together are one of twice the size", more);
        Ok(())
    }

    fn create(&mut self) -> Result<Option<String>> {
        let body = self.filled(&self.object.create);
        let reply = self
            .tour
            .call(self.account, "POST", &self.collection.clone(), Some(&body))?;
        self.tour.expect("a record is created", &reply, 200);
        let answer = reply.json();
        let record = answer.get(0).unwrap_or(&answer);
        let id = [self.object.id, "id"]
            .into_iter()
            .map(|name| at(record, name))
            .find(|id| !id.is_null());
        let id = id.map(plain);
        self.tour.report.check("it has an id", id.is_some());
        Ok(id)
    }

    fn read(&mut self, id: &str, wanted: Option<(&str, &str)>) -> Result {
        let reply = self
            .tour
            .call(self.account, "GET", &self.record(id), None)?;
        self.tour.expect("it is read back", &reply, 200);
        let record = reply.json();
        self.tour
            .report
            .equal("by the same id", &plain(at(&record, self.object.id)), id);
        if let Some((member, value)) = wanted {
            self.tour.report.equal(
                &format!("with the new {member}"),
                &plain(at(&record, member)),
                value,
            );
        }
        Ok(())
    }

    fn search(&mut self) -> Result {
        if self.object.search.is_empty() {
            return Ok(());
        }
        let condition = encode(&self.fill(self.object.search));
        let path = format!("{}?where={condition}", self.collection);
        let reply = self.tour.call(self.account, "GET", &path, None)?;
        self.tour.expect("`where` is taken", &reply, 200);
        let found = reply.json().as_array().map_or(0, Vec::len);
        self.tour
            .report
            .equal("and finds exactly it", &found.to_string(), "1");
        Ok(())
    }

    fn update(&mut self, id: &str) -> Result {
        let Some((method, body, member, value)) = &self.object.update else {
            return Ok(());
        };
        let reply = self
            .tour
            .call(self.account, method, &self.record(id), Some(body))?;
        self.tour.expect("the record is changed", &reply, 200);
        self.read(id, Some((member, value)))
    }

    fn record(&self, id: &str) -> String {
        format!("{}/{}", self.collection, encode(id))
    }

    fn fill(&self, text: &str) -> String {
        text.replace(
            "{nonce}",
            &format!("{}{}", self.tour.nonce, self.tour.noun.len()),
        )
    }

    fn filled(&self, value: &Value) -> Value {
        serde_json::from_str(&self.fill(&value.to_string())).unwrap_or(Value::Null)
    }
}

/// Folder contents, upload, download by id and path, delete.
fn documents(tour: &mut Tour, instance: &Instance) -> Result {
    let account = Authority::Account(instance);
    let folder = tour.api("/hubs/documents/folders/contents?path=/&pageSize=2");
    let reply = tour.call(account, "GET", &folder, None)?;
    tour.expect("the root folder is listed", &reply, 200);
    tour.report.check(
        "and is not empty",
        reply
            .json()
            .as_array()
            .is_some_and(|items| !items.is_empty()),
    );

    let name = format!("tour-{}{}.txt", tour.nonce, tour.noun.len());
    let boundary = "tour-boundary";
    let content = "What was written is what is read.\n";
    let form = format!(
        "--{boundary}\r\nContent-Disposition: form-data; name=\"file\"; filename=\"{name}\"\r\n\
         Content-Type: text/plain\r\n\r\n{content}\r\n--{boundary}--\r\n"
    );
    let path = tour.api(&format!("/hubs/documents/files?path=/{name}"));
    let media = format!("multipart/form-data; boundary={boundary}");
    let reply = tour.call_with(account, "POST", &path, Some((media, form.into_bytes())))?;
    tour.expect("a file is uploaded", &reply, 200);
    let id = plain(at(&reply.json(), "id"));

    let by_id = tour.api(&format!("/hubs/documents/files/{id}"));
    let reply = tour.call(account, "GET", &by_id, None)?;
    tour.expect("it is downloaded by id", &reply, 200);
    tour.report.equal("byte for byte", &reply.text(), content);
    let reply = tour.call(account, "GET", &path, None)?;
    tour.expect("it is downloaded by path", &reply, 200);
    tour.report.equal("byte for byte", &reply.text(), content);
    let reply = tour.call(account, "DELETE", &by_id, None)?;
    tour.expect("it is deleted", &reply, 200);
    let reply = tour.call(account, "GET", &by_id, None)?;
    tour.expect("and is not found any more", &reply, 404);
    Ok(())
}
