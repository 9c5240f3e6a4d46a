//! The answers of describe calls.

use serde_json::{Map, Value, json};

use super::{Child, Field, Object};

impl Object {
    /// The entry in the list of objects.
    pub fn basic(&self, base: &str) -> Value {
        let url = format!("{base}/sobjects/{}", self.name);
        json!({
            "activateable": false, "custom": self.is_custom(), "customSetting": false, "createable": self.createable,
            "deletable": self.deletable, "deprecatedAndHidden": false, "feedEnabled": false, "hasSubtypes": false,
            "isSubtype": false, "keyPrefix": self.key_prefix, "label": self.label, "labelPlural": self.label_plural,
            "layoutable": true, "mergeable": false, "mruEnabled": true, "name": self.name, "queryable": true,
            "replicateable": true, "retrieveable": true, "searchable": true, "triggerable": true,
            "undeletable": self.deletable, "updateable": self.updateable,
            "urls": {
                "sobject": url, "describe": format!("{url}/describe"), "rowTemplate": format!("{url}/{{ID}}"),
            },
        })
    }

    /// The full describe.
    pub fn describe(&self, base: &str) -> Value {
        let mut describe = self.basic(base);
        let children: Vec<Value> = self
            .children
            .iter()
            .map(|Child(object, field, relationship, cascade)| {
                json!({
                    "cascadeDelete": cascade, "childSObject": object, "deprecatedAndHidden": false, "field": field,
                    "junctionIdListNames": [], "junctionReferenceTo": [], "relationshipName": relationship,
                    "restrictedDelete": false,
                })
            })
            .collect();
        if let Some(map) = describe.as_object_mut() {
            map.insert("actionOverrides".to_owned(), json!([]));
            map.insert("childRelationships".to_owned(), Value::Array(children));
            map.insert("compactLayoutable".to_owned(), json!(true));
            let fields = self
                .fields
                .iter()
                .map(|field| field.describe(self))
                .collect();
            map.insert("fields".to_owned(), Value::Array(fields));
            map.insert("listviewable".to_owned(), Value::Null);
            map.insert("lookupLayoutable".to_owned(), Value::Null);
            map.insert("namedLayoutInfos".to_owned(), json!([]));
            map.insert("networkScopeFieldName".to_owned(), Value::Null);
            map.insert(
                "recordTypeInfos".to_owned(),
                json!([{
                    "active": true, "available": true, "defaultRecordTypeMapping": true, "developerName": "Master",
                    "master": true, "name": "Master", "recordTypeId": "012000000000000AAA",
                    "urls": { "layout": format!("{base}/sobjects/{}/describe/layouts/012000000000000AAA", self.name) },
                }]),
            );
            map.insert("searchLayoutable".to_owned(), json!(true));
            map.insert(
                "supportedScopes".to_owned(),
                json!([{ "label": "All", "name": "everything" }]),
            );
        }
        describe
    }
}

impl Field {
    /// The field as describe prints it.
    pub fn describe(&self, object: &Object) -> Value {
        let writable = !self.read_only;
        let plain = !self.is_compound() && self.kind != "base64";
        let filterable = plain && !self.unfilterable;
        let defaulted = self.default.is_some()
            || self.owner_default
            || self.filled_in
            || self.kind == "boolean";
        let nillable = !self.required
            && !defaulted
            && (writable || !matches!(self.kind.as_str(), "id" | "boolean"))
            && !matches!(
                self.name.as_str(),
                "Id" | "CreatedDate"
                    | "CreatedById"
                    | "LastModifiedDate"
                    | "LastModifiedById"
                    | "SystemModstamp"
            );
        let length = self.length.unwrap_or(0);
        let (precision, scale) = match self.kind.as_str() {
            "currency" | "double" => (18, 2),
            "percent" => (3, 0),
            _ => (0, 0),
        };
        let mut field = Map::new();
        let mut put = |name: &str, value: Value| {
            field.insert(name.to_owned(), value);
        };
        put("aggregatable", json!(filterable));
        put("autoNumber", json!(self.auto_number));
        put("byteLength", json!(length * 3));
        put("calculated", json!(self.calculated_from.is_some()));
        put("calculatedFormula", Value::Null);
        put("caseSensitive", json!(false));
        put("compoundFieldName", Value::Null);
        put("controllerName", Value::Null);
        put("createable", json!(writable && object.createable));
        put("custom", json!(self.name.ends_with("__c")));
        put(
            "defaultValue",
            if self.kind == "boolean" {
                self.default.clone().unwrap_or(json!(false))
            } else {
                Value::Null
            },
        );
        put("defaultedOnCreate", json!(defaulted));
        put("dependentPicklist", json!(false));
        put("deprecatedAndHidden", json!(false));
        put("digits", json!(if self.kind == "int" { 8 } else { 0 }));
        put("displayLocationInDecimal", json!(false));
        put("encrypted", json!(false));
        put("externalId", json!(self.external_id));
        put("extraTypeInfo", Value::Null);
        put("filterable", json!(filterable));
        put(
            "groupable",
            json!(filterable && !self.is_number() && self.kind != "datetime"),
        );
        put("highScaleNumber", json!(false));
        put("htmlFormatted", json!(false));
        put(
            "idLookup",
            json!(self.external_id || self.kind == "id" || (self.name_field && !self.read_only)),
        );
        put("inlineHelpText", Value::Null);
        put("label", json!(self.label()));
        put("length", json!(length));
        put("name", json!(self.name));
        put("nameField", json!(self.name_field));
        put("namePointing", json!(self.reference_to.len() > 1));
        put("nillable", json!(nillable));
        put("permissionable", json!(!self.required && writable));
        put("picklistValues", Value::Array(self.picklist()));
        put("polymorphicForeignKey", json!(self.reference_to.len() > 1));
        put("precision", json!(precision));
        put("queryByDistance", json!(false));
        put("referenceTargetField", Value::Null);
        put("referenceTo", json!(self.reference_to));
        put(
            "relationshipName",
            if self.relationship_name.is_empty() {
                Value::Null
            } else {
                json!(self.relationship_name)
            },
        );
        put("relationshipOrder", Value::Null);
        put("restrictedDelete", json!(false));
        put("restrictedPicklist", json!(self.restricted));
        put("scale", json!(scale));
        put("soapType", json!(self.soap_type()));
        put("sortable", json!(filterable));
        put("type", json!(self.kind));
        put("unique", json!(self.unique));
        put(
            "updateable",
            json!(writable && !self.create_only && object.updateable),
        );
        put("writeRequiresMasterRead", json!(false));
        Value::Object(field)
    }

    /// The values of a picklist.
    pub fn picklist(&self) -> Vec<Value> {
        self.values
            .iter()
            .map(|value| {
                let default = self.default.as_ref().and_then(Value::as_str) == Some(value);
                json!({ "active": true, "defaultValue": default, "label": value, "validFor": null, "value": value })
            })
            .collect()
    }

    fn soap_type(&self) -> &'static str {
        match self.kind.as_str() {
            "id" | "reference" => "tns:ID",
            "boolean" => "xsd:boolean",
            "int" => "xsd:int",
            "double" | "currency" | "percent" => "xsd:double",
            "date" => "xsd:date",
            "datetime" => "xsd:dateTime",
            "base64" => "xsd:base64Binary",
            "address" => "urn:address",
            _ => "xsd:string",
        }
    }
}
