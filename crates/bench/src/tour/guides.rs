//! The five guides as data: eight ways to connect, and the records behind each.

use serde_json::{Value, json};

/// What one guide (or one of Salesforce's four variants) asks for.
pub struct Guide {
    /// For the reader.
    pub title: &'static str,
    /// The element's key and id.
    pub key: &'static str,
    /// See `key`.
    pub id: i64,
    /// The guide's own request line; `{N}` stands for the noun, and only the host is replaced.
    pub path: &'static str,
    /// The callback of the guide's sample.
    pub callback: &'static str,
    /// `state` of the guide's sample, when it gives one.
    pub state: Option<&'static str>,
    /// The simulated vendor, as named in runtime.json; none for Marketo, which has no consent page.
    pub vendor: Option<&'static str>,
    /// The vendor's URL after its origin; `{callback}` and `{state}` are filled.
    pub authorize: &'static str,
    /// `state` that reaches the callback.
    pub returned_state: &'static str,
    /// Configuration besides key, secret and callback.
    pub configuration: &'static [(&'static str, &'static str)],
    /// The hub in resource paths.
    pub hub: &'static str,
    /// What can be read and written.
    pub objects: Vec<Object>,
    /// A vendor path for the passthrough, and a member of the vendor's answer that no resource leaves.
    pub passthrough: (&'static str, &'static str),
}

/// One kind of record and how the tour handles it.
pub struct Object {
    /// `contacts`, or `lists/{first}/contacts` where `{first}` is the first record of `lists`.
    pub path: &'static str,
    /// Query that a list needs, encoded; `{email}` is filled.
    pub list: &'static str,
    /// Body of a create; `{nonce}` is filled within texts. Null: read only.
    pub create: Value,
    /// `where` that finds the created record; `{nonce}` is filled.
    pub search: &'static str,
    /// Where the id stands in a record.
    pub id: &'static str,
    /// Verb and body of an update, and which member must then hold which value.
    pub update: Option<(&'static str, Value, &'static str, &'static str)>,
    /// Whether the vendor pages and the tour follows to a second page.
    pub pages: bool,
    /// Whether the vendor deletes.
    pub delete: bool,
}

impl Object {
    fn read_only(path: &'static str) -> Self {
        Self {
            path,
            list: "",
            create: Value::Null,
            search: "",
            id: "id",
            update: None,
            pages: false,
            delete: false,
        }
    }
}

const SALESFORCE: &str = "/services/oauth2/authorize?response_type=code&client_id=tour_client_id\
                          &scope=full%20refresh_token&redirect_uri={callback}&state={state}";

/// The walk's order: the order of the guides.
pub fn all() -> Vec<Guide> {
    vec![
        eloqua(),
        salesforce(
            "Salesforce Service Cloud",
            "sfdcservicecloud",
            29,
            "helpdesk",
            vec![contact(), incident()],
        ),
        salesforce(
            "Salesforce Marketing Cloud",
            "sfdcmarketingcloud",
            30,
            "marketing",
            vec![campaign(), contact()],
        ),
        salesforce(
            "Salesforce CRM",
            "sfdc",
            23,
            "crm",
            vec![contact(), account()],
        ),
        salesforce(
            "Salesforce Documents",
            "sfdcdocuments",
            177,
            "documents",
            Vec::new(),
        ),
        acton(),
        marketo(),
    ]
}

fn eloqua() -> Guide {
    Guide {
        title: "Eloqua",
        key: "eloqua",
        id: 27,
        path: "/{N}s/api-v2/{N}/eloqua/oauth/url",
        callback: "https://www.mycoolapp.com/auth",
        state: None,
        vendor: Some("eloqua"),
        authorize: "/auth/oauth2/authorize?response_type=code&client_id=tour_client_id&redirect_uri={callback}&state={state}",
        returned_state: "eloqua",
        configuration: &[],
        hub: "marketing",
        objects: vec![
            Object {
                path: "contacts",
                list: "",
                create: json!({"emailAddress": "tour-{nonce}@example.com", "firstName": "Ada"}),
                search: "emailAddress='tour-{nonce}@example.com'",
                id: "id",
                update: Some(("PATCH", json!({"firstName": "Grace"}), "firstName", "Grace")),
                pages: true,
                delete: true,
            },
            Object {
                path: "accounts",
                list: "",
                create: json!({"name": "Tour {nonce}"}),
                search: "name='Tour {nonce}'",
                id: "id",
                update: Some(("PATCH", json!({"city": "Denver"}), "city", "Denver")),
                pages: true,
                delete: true,
            },
        ],
        passthrough: ("data/contacts?count=1", "elements"),
    }
}

fn salesforce(
    title: &'static str,
    key: &'static str,
    id: i64,
    hub: &'static str,
    objects: Vec<Object>,
) -> Guide {
    Guide {
        title,
        key,
        id,
        path: "/{N}s/api-v2/{N}s/{key}/oauth/url",
        callback: "https://www.demonstrab.ly/home",
        state: Some("sfdc"),
        vendor: Some("salesforce"),
        authorize: SALESFORCE,
        returned_state: "sfdc",
        configuration: &[],
        hub,
        objects,
        passthrough: (
            "services/data/v59.0/query?q=SELECT+Id+FROM+Contact+LIMIT+1",
            "totalSize",
        ),
    }
}

fn contact() -> Object {
    Object {
        path: "contacts",
        list: "",
        create: json!({"LastName": "Tour {nonce}", "FirstName": "Ada", "Email": "tour-{nonce}@example.com"}),
        search: "LastName='Tour {nonce}'",
        id: "Id",
        update: Some(("PATCH", json!({"FirstName": "Grace"}), "FirstName", "Grace")),
        pages: true,
        delete: true,
    }
}

fn account() -> Object {
    Object {
        path: "accounts",
        list: "",
        create: json!({"Name": "Tour {nonce}"}),
        search: "Name='Tour {nonce}'",
        id: "Id",
        update: Some((
            "PATCH",
            json!({"BillingCity": "Denver"}),
            "BillingCity",
            "Denver",
        )),
        pages: true,
        delete: true,
    }
}

fn incident() -> Object {
    Object {
        path: "incidents",
        list: "",
        create: json!({"Subject": "Tour {nonce}", "Priority": "High", "Status": "New"}),
        search: "Subject='Tour {nonce}'",
        id: "Id",
        update: Some(("PATCH", json!({"Status": "Working"}), "Status", "Working")),
        pages: true,
        delete: true,
    }
}

fn campaign() -> Object {
    Object {
        path: "campaigns",
        list: "",
        create: json!({"Name": "Tour {nonce}", "Status": "Planned"}),
        search: "Name='Tour {nonce}'",
        id: "Id",
        update: Some((
            "PATCH",
            json!({"Status": "In Progress"}),
            "Status",
            "In Progress",
        )),
        pages: true,
        delete: true,
    }
}

fn acton() -> Guide {
    Guide {
        title: "Act-On",
        key: "acton",
        id: 45,
        // The guide's URL has no host: `https://api-v2/your_moms/acton/oauth/url`.
        path: "/api-v2/{N}s/acton/oauth/url",
        callback: "https://www.mycoolapp.com/auth",
        state: None,
        vendor: Some("acton"),
        authorize: "/authorize?scope=PRODUCTION&response_type=code&callbackUrl={callback}&client_id=tour_client_id",
        returned_state: "acton",
        configuration: &[],
        hub: "marketing",
        objects: vec![
            Object {
                pages: true,
                ..Object::read_only("lists")
            },
            // Without a list, the first contact list is meant.
            Object {
                pages: true,
                ..Object::read_only("contacts")
            },
            Object {
                path: "lists/{first}/contacts",
                list: "",
                create: json!([{"Email": "tour-{nonce}@example.com", "First Name": "Ada"}]),
                search: "",
                id: "id",
                update: Some((
                    "PATCH",
                    json!({"First Name": "Grace"}),
                    "First Name",
                    "Grace",
                )),
                pages: true,
                delete: true,
            },
        ],
        passthrough: ("api/1/list?count=1", "totalCount"),
    }
}

fn marketo() -> Guide {
    Guide {
        title: "Marketo",
        key: "marketo",
        id: 85,
        path: "/{N}s/api-v2/{N}s/marketo/oauth/url",
        callback: "https://www.mycoolapp.com/auth",
        state: None,
        vendor: None,
        authorize: "",
        returned_state: "marketo",
        configuration: &[
            (
                "marketo.identity.url",
                "https://123-ABC-456.mktorest.com/identity",
            ),
            ("marketo.rest.url", "https://123-ABC-456.mktorest.com/rest"),
        ],
        hub: "marketing",
        objects: vec![
            Object {
                path: "contacts",
                list: "email='tour-{nonce}@example.com'",
                create: json!({"person": {"email": "tour-{nonce}@example.com", "firstName": "Ada"}}),
                search: "email='tour-{nonce}@example.com'",
                id: "person.id",
                update: Some((
                    "PATCH",
                    json!({"person": {"firstName": "Grace"}}),
                    "person.firstName",
                    "Grace",
                )),
                pages: false,
                delete: true,
            },
            Object {
                pages: true,
                ..Object::read_only("lists")
            },
        ],
        passthrough: ("v1/lists.json?batchSize=1", "success"),
    }
}
