//! The kinds of records that are described, found and written alike: companies, sales persons, opportunities and their roles,
//! named accounts and lists of them, and this subscription's custom objects.
//!
//! # Source
//! <https://experienceleague.adobe.com/en/docs/marketo-developer/marketo/rest/lead-database/lead-database> (2026-11)

use super::super::fields::{COMPANY, COMPANY_DEFAULT, Field};

/// One kind.
pub struct Kind {
    /// Behind `/rest/v1/`, without `.json`; custom objects stand below `customobjects/`.
    pub path: &'static str,
    /// What people see.
    pub display: &'static str,
    /// `id` or `marketoGUID`.
    pub id: &'static str,
    /// The fields that find a record to update.
    pub dedupe: &'static [&'static str],
    /// The fields that lists can be filtered by.
    pub searchable: &'static [&'static str],
    /// All fields but the id.
    pub fields: &'static [Field],
    /// What a list shows when no fields are named.
    pub shown: &'static [&'static str],
    /// The field that names a person, for custom objects.
    pub link: Option<&'static str>,
    /// What the vendor sets in a new record, as text.
    pub fresh: &'static [(&'static str, &'static str)],
}

impl Kind {
    /// The API name.
    pub fn name(&self) -> &'static str {
        self.path.strip_prefix(CUSTOM).unwrap_or(self.path)
    }

    /// Whether the customer made it.
    pub fn is_custom(&self) -> bool {
        self.path.starts_with(CUSTOM)
    }
}

/// What the paths of custom objects begin with.
pub const CUSTOM: &str = "customobjects/";
/// The path of lists of named accounts.
pub const ACCOUNT_LISTS: &str = "namedAccountLists";
/// The path of named accounts.
pub const ACCOUNTS: &str = "namedaccounts";

/// The kind at that path.
pub fn at(path: &str) -> Option<&'static Kind> {
    KINDS.iter().find(|kind| kind.path == path)
}

const fn text(id: i64, name: &'static str, display: &'static str) -> Field {
    of(id, name, display, "string")
}

const fn of(id: i64, name: &'static str, display: &'static str, kind: &'static str) -> Field {
    Field {
        id,
        name,
        display,
        kind,
        read_only: false,
    }
}

/// A field that the vendor alone sets.
const fn made(id: i64, name: &'static str, display: &'static str, kind: &'static str) -> Field {
    Field {
        id,
        name,
        display,
        kind,
        read_only: true,
    }
}

const CREATED: Field = made(98, "createdAt", "Created At", "datetime");
const UPDATED: Field = made(99, "updatedAt", "Updated At", "datetime");

const fn custom(
    path: &'static str,
    display: &'static str,
    dedupe: &'static [&'static str],
    searchable: &'static [&'static str],
    fields: &'static [Field],
    shown: &'static [&'static str],
    link: Option<&'static str>,
) -> Kind {
    Kind {
        path,
        display,
        id: "marketoGUID",
        dedupe,
        searchable,
        fields,
        shown,
        link,
        fresh: &[],
    }
}

const LEAD_LINKED: &[Field] = &[
    of(1, "leadID", "Lead ID", "integer"),
    text(2, "name", "Name"),
    text(3, "value", "Value"),
    CREATED,
    UPDATED,
];
const LEAD_LINKED_SHOWN: &[&str] = &[
    "marketoGUID",
    "leadID",
    "name",
    "value",
    "createdAt",
    "updatedAt",
];

const fn linked(path: &'static str, display: &'static str) -> Kind {
    custom(
        path,
        display,
        &["name"],
        &["name", "marketoGUID", "leadID"],
        LEAD_LINKED,
        LEAD_LINKED_SHOWN,
        Some("leadID"),
    )
}

/// All of them.
pub const KINDS: &[Kind] = &[
    Kind {
        path: "companies",
        display: "Company",
        id: "id",
        dedupe: &["externalCompanyId"],
        searchable: &["externalCompanyId", "id", "company"],
        fields: COMPANY,
        shown: COMPANY_DEFAULT,
        link: None,
        fresh: &[],
    },
    Kind {
        path: "salespersons",
        display: "Sales Person",
        id: "id",
        dedupe: &["externalSalesPersonId"],
        searchable: &["externalSalesPersonId", "id", "email"],
        fields: &[
            text(1, "externalSalesPersonId", "External Sales Person Id"),
            of(2, "email", "Email Address", "email"),
            text(3, "firstName", "First Name"),
            text(4, "lastName", "Last Name"),
            of(5, "phone", "Phone Number", "phone"),
            text(6, "title", "Job Title"),
            CREATED,
            UPDATED,
        ],
        shown: &[
            "id",
            "externalSalesPersonId",
            "email",
            "firstName",
            "lastName",
            "createdAt",
            "updatedAt",
        ],
        link: None,
        fresh: &[],
    },
    Kind {
        path: "opportunities",
        display: "Opportunity",
        id: "marketoGUID",
        dedupe: &["externalOpportunityId"],
        searchable: &[
            "externalOpportunityId",
            "marketoGUID",
            "externalCompanyId",
            "externalSalesPersonId",
        ],
        fields: &[
            text(1, "externalOpportunityId", "External Opportunity Id"),
            text(2, "name", "Name"),
            text(3, "description", "Description"),
            of(4, "amount", "Amount", "currency"),
            of(5, "closeDate", "Close Date", "datetime"),
            text(6, "stage", "Stage"),
            text(7, "type", "Type"),
            of(8, "probability", "Probability", "percent"),
            of(9, "isClosed", "Is Closed", "boolean"),
            of(10, "isWon", "Is Won", "boolean"),
            text(11, "externalCompanyId", "External Company Id"),
            text(12, "externalSalesPersonId", "External Sales Person Id"),
            CREATED,
            UPDATED,
        ],
        shown: &[
            "marketoGUID",
            "externalOpportunityId",
            "name",
            "createdAt",
            "updatedAt",
        ],
        link: None,
        fresh: &[],
    },
    Kind {
        path: "opportunities/roles",
        display: "Opportunity Role",
        id: "marketoGUID",
        dedupe: &["externalOpportunityId", "leadId", "role"],
        searchable: &["externalOpportunityId", "leadId", "marketoGUID"],
        fields: &[
            text(1, "externalOpportunityId", "External Opportunity Id"),
            of(2, "leadId", "Lead Id", "integer"),
            text(3, "role", "Role"),
            of(4, "isPrimary", "Is Primary", "boolean"),
            CREATED,
            UPDATED,
        ],
        shown: &[
            "marketoGUID",
            "externalOpportunityId",
            "leadId",
            "role",
            "createdAt",
            "updatedAt",
        ],
        link: None,
        fresh: &[],
    },
    Kind {
        path: ACCOUNTS,
        display: "Named Account",
        id: "marketoGUID",
        dedupe: &["name"],
        searchable: &["name", "marketoGUID", "externalCompanyId"],
        fields: &[
            text(1, "name", "Name"),
            text(2, "domain", "Domain"),
            text(3, "industry", "Industry"),
            text(4, "city", "City"),
            text(5, "country", "Country"),
            text(6, "externalCompanyId", "External Company Id"),
            of(7, "annualRevenue", "Annual Revenue", "currency"),
            CREATED,
            UPDATED,
        ],
        shown: &["marketoGUID", "name", "createdAt", "updatedAt"],
        link: None,
        fresh: &[],
    },
    custom(
        "customobjects/afrinCustom_c",
        "Afrin Custom",
        &["dedupeFieldafrin"],
        &["dedupeFieldafrin", "marketoGUID"],
        &[
            text(1, "dedupeFieldafrin", "Dedupe Field"),
            text(2, "afrinchaks", "Afrin Chaks"),
            CREATED,
            UPDATED,
        ],
        &["marketoGUID", "dedupeFieldafrin", "createdAt", "updatedAt"],
        None,
    ),
    custom(
        "customobjects/sampleBulkCustomObject_c",
        "Sample Bulk Custom Object",
        &["myExternalId"],
        &["myExternalId", "marketoGUID"],
        &[
            text(1, "myExternalId", "My External Id"),
            text(2, "myName", "My Name"),
            text(3, "myAddress", "My Address"),
            text(4, "myCity", "My City"),
            CREATED,
            UPDATED,
        ],
        &["marketoGUID", "myExternalId", "createdAt", "updatedAt"],
        None,
    ),
    linked("customobjects/leadActivities_c", "Lead Activities"),
    linked("customobjects/attendance_c", "Attendance"),
    linked("customobjects/linktest_c", "Link Test"),
    linked("customobjects/aw_c", "AW"),
    linked(
        "customobjects/readyTalkMeetingInfo_c",
        "ReadyTalk Meeting Info",
    ),
    Kind {
        path: ACCOUNT_LISTS,
        display: "Named Account List",
        id: "marketoGUID",
        dedupe: &["name"],
        searchable: &[],
        fields: &[
            text(1, "name", "Name"),
            made(2, "type", "Type", "string"),
            made(3, "updateable", "Updateable", "boolean"),
            CREATED,
            UPDATED,
        ],
        shown: &[
            "marketoGUID",
            "name",
            "createdAt",
            "updatedAt",
            "type",
            "updateable",
        ],
        link: None,
        fresh: &[("type", "default"), ("updateable", "true")],
    },
];
