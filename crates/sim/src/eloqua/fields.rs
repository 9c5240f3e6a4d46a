//! The contact and account fields of an Eloqua site.

use serde_json::{Value, json};

/// One field of a contact or account.
pub struct Field {
    /// Numeric id, printed as a string.
    pub id: &'static str,
    /// What people see.
    pub name: &'static str,
    /// `C_…` or `M_…`.
    pub internal: &'static str,
    /// The property of the object that carries it; without one it travels in `fieldValues`.
    pub property: Option<&'static str>,
    /// `text`, `date`, `number`, `largeText`, `numeric`.
    pub kind: &'static str,
    /// Delivered by the vendor, as against made by the site.
    pub standard: bool,
}

const fn standard(
    id: &'static str,
    name: &'static str,
    internal: &'static str,
    property: &'static str,
) -> Field {
    Field {
        id,
        name,
        internal,
        property: Some(property),
        kind: "text",
        standard: true,
    }
}

const fn date(
    id: &'static str,
    name: &'static str,
    internal: &'static str,
    property: &'static str,
) -> Field {
    Field {
        id,
        name,
        internal,
        property: Some(property),
        kind: "date",
        standard: true,
    }
}

const fn extra(
    id: &'static str,
    name: &'static str,
    internal: &'static str,
    kind: &'static str,
    standard: bool,
) -> Field {
    Field {
        id,
        name,
        internal,
        property: None,
        kind,
        standard,
    }
}

/// The contact fields.
///
/// # Source
/// <https://docs.oracle.com/en/cloud/saas/marketing/eloqua-rest-api/op-api-rest-2.0-assets-contact-fields-get.html> (2026-11)
pub const CONTACT: &[Field] = &[
    standard("100001", "Email Address", "C_EmailAddress", "emailAddress"),
    standard("100002", "First Name", "C_FirstName", "firstName"),
    standard("100003", "Last Name", "C_LastName", "lastName"),
    standard("100004", "Company", "C_Company", "accountName"),
    standard("100006", "Address 1", "C_Address1", "address1"),
    standard("100007", "Address 2", "C_Address2", "address2"),
    standard("100008", "Address 3", "C_Address3", "address3"),
    standard("100009", "City", "C_City", "city"),
    standard("100010", "State or Province", "C_State_Prov", "province"),
    standard("100011", "Zip or Postal Code", "C_Zip_Postal", "postalCode"),
    standard("100012", "Country", "C_Country", "country"),
    standard("100013", "Business Phone", "C_BusPhone", "businessPhone"),
    standard("100014", "Mobile Phone", "C_MobilePhone", "mobilePhone"),
    standard("100015", "Fax", "C_Fax", "fax"),
    standard("100016", "Title", "C_Title", "title"),
    standard("100017", "Salesperson", "C_Salesperson", "salesPerson"),
    extra("100023", "Salutation", "C_Salutation", "text", true),
    date("100026", "Date Created", "C_DateCreated", "createdAt"),
    date("100027", "Date Modified", "C_DateModified", "updatedAt"),
    extra(
        "100041",
        "Lead Source - Most Recent",
        "C_Lead_Source___Most_Recent1",
        "text",
        true,
    ),
    extra(
        "100043",
        "Annual Revenue",
        "C_Annual_Revenue1",
        "numeric",
        true,
    ),
    extra("100046", "Industry", "C_Industry1", "text", true),
    extra(
        "100171",
        "Churros Contact Field 1",
        "C_Churros_Contact_Field1",
        "text",
        false,
    ),
    extra(
        "100172",
        "Favourite Colour",
        "C_Favourite_Colour1",
        "text",
        false,
    ),
];

/// The account fields.
pub const ACCOUNT: &[Field] = &[
    standard("100085", "Company Name", "M_CompanyName", "name"),
    standard("100086", "Country", "M_Country", "country"),
    standard("100087", "Address 1", "M_Address1", "address1"),
    standard("100088", "Address 2", "M_Address2", "address2"),
    standard("100089", "Address 3", "M_Address3", "address3"),
    standard("100090", "City", "M_City", "city"),
    standard("100091", "State or Province", "M_State_Prov", "province"),
    standard("100092", "Zip or Postal Code", "M_Zip_Postal", "postalCode"),
    standard("100093", "Business Phone", "M_BusPhone", "businessPhone"),
    date("100094", "Date Created", "M_DateCreated", "createdAt"),
    date("100095", "Date Modified", "M_DateModified", "updatedAt"),
    extra("100102", "Industry", "M_Industry1", "text", true),
    extra(
        "100181",
        "Churros Account Field 1",
        "M_Churros_Account_Field1",
        "text",
        false,
    ),
];

/// Properties of a contact that people set, in the vendor's order.
pub const CONTACT_PROPERTIES: &[&str] = &[
    "description",
    "accountId",
    "accountName",
    "address1",
    "address2",
    "address3",
    "businessPhone",
    "city",
    "country",
    "emailAddress",
    "emailFormatPreference",
    "fax",
    "firstName",
    "isBounceback",
    "isSubscribed",
    "lastName",
    "mobilePhone",
    "postalCode",
    "province",
    "salesPerson",
    "title",
];

/// Properties of an account that people set, in the vendor's order.
pub const ACCOUNT_PROPERTIES: &[&str] = &[
    "description",
    "address1",
    "address2",
    "address3",
    "businessPhone",
    "city",
    "country",
    "postalCode",
    "province",
];

impl Field {
    /// The asset `ContactField` or `AccountField`; `minimal` and `partial` leave most out.
    pub fn asset(&self, type_name: &str, complete: bool) -> Value {
        let mut asset = json!({
            "type": type_name, "id": self.id, "createdAt": "1400000000",
            "depth": if complete { "complete" } else { "minimal" },
            "name": self.name, "updatedAt": "1400000000",
        });
        if let (true, Some(members)) = (complete, asset.as_object_mut()) {
            let required = matches!(self.internal, "C_EmailAddress" | "M_CompanyName");
            let text = |flag: bool| Value::from(if flag { "true" } else { "false" });
            members.insert("dataType".into(), self.kind.into());
            members.insert("displayType".into(), "text".into());
            members.insert("internalName".into(), self.internal.into());
            members.insert("isReadOnly".into(), text(self.kind == "date"));
            members.insert("isRequired".into(), text(required));
            members.insert("isStandard".into(), text(self.standard));
            members.insert("isPopulatedInOutlookPlugin".into(), "false".into());
            members.insert("updateType".into(), "always".into());
        }
        asset
    }

    /// The field as Bulk 2.0 describes it; `object` is `Contact` or `Account`.
    pub fn bulk(&self, object: &str) -> Value {
        let kind = match self.kind {
            _ if self.internal == "C_EmailAddress" => "emailAddress",
            "date" => "date",
            "number" | "numeric" => "number",
            _ => "string",
        };
        let key = matches!(self.internal, "C_EmailAddress" | "M_CompanyName");
        json!({
            "name": self.name, "internalName": self.internal, "dataType": kind,
            "hasReadOnlyConstraint": self.kind == "date", "hasNotNullConstraint": key,
            "hasUniquenessConstraint": self.internal == "C_EmailAddress",
            "statement": format!("{{{{{object}.Field({})}}}}", self.internal),
            "uri": format!("/{}s/fields/{}", object.to_lowercase(), self.id),
            "createdAt": "2014-05-13T16:53:20.0000000Z", "updatedAt": "2014-05-13T16:53:20.0000000Z",
        })
    }
}

/// The field of that property name, internal name or id; case does not matter.
pub fn find<'a>(fields: &'a [Field], name: &str) -> Option<&'a Field> {
    fields.iter().find(|field| {
        field.internal.eq_ignore_ascii_case(name)
            || field.id == name
            || field
                .property
                .is_some_and(|property| property.eq_ignore_ascii_case(name))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_field_is_found_by_each_of_its_names() {
        assert_eq!(find(CONTACT, "c_emailaddress").unwrap().id, "100001");
        assert_eq!(find(CONTACT, "emailAddress").unwrap().id, "100001");
        assert_eq!(
            find(CONTACT, "100171").unwrap().internal,
            "C_Churros_Contact_Field1"
        );
        assert!(find(CONTACT, "C_Nothing").is_none());
    }

    #[test]
    fn the_bulk_statement_names_the_internal_name() {
        let field = find(CONTACT, "C_EmailAddress").unwrap().bulk("Contact");
        assert_eq!(field["statement"], "{{Contact.Field(C_EmailAddress)}}");
        assert_eq!(field["uri"], "/contacts/fields/100001");
        assert_eq!(field["dataType"], "emailAddress");
    }
}
