//! Objects and their fields: what the element declares, and what the vendor tells where the element knows how to ask.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use ligand_engine::catalog::Compiled;
use ligand_engine::describe;
use ligand_engine::objects::{self, Object};
use ligand_model::error::ErrorKind;
use ligand_store::instances::SealedInstance;
use serde_json::{Map, Value, json};

use super::answer::{Answer, Content};
use super::call::Call;
use super::edge::nouns::Vocabulary;
use super::error::ApiError;
use super::resources::{self, Head};
use crate::service::hubs::{self, Target};
use crate::service::transformations::mapped;
use crate::service::{elements, instances};
use crate::vendor::drive::Explain;

/// `GET /objects`
///
/// Names that the vendor tells stand beside those of the element and those of common resources; a disabled instance
/// answers without the vendor's.
///
/// # Shape
/// `["Contact", "contacts"]`; with `Elements-Version: Helium` `[{"name": …, "vendorName": …, "type": "vendor|vdr|ceCanonical"}]`.
///
/// # Errors
/// Those of a resource call, where the vendor is asked.
pub async fn list(mut call: Call, _: &Vocabulary) -> Result<Answer, ApiError> {
    let element = element_of(&call).await?;
    let mut all: BTreeMap<String, Object> = objects::list(&element.element)
        .into_iter()
        .map(|object| (object.name.clone(), object))
        .collect();
    let declared: Vec<Object> = all.values().cloned().collect();
    let mut of_vendor: BTreeSet<String> = declared
        .iter()
        .map(|object| object.vendor_name.clone())
        .collect();
    let sealed = call.instance()?;
    if let Some((resource, how)) = describe::objects_resource(&element).filter(|_| asks(&sealed)) {
        let told = match ask(&mut call, &sealed, &element, resource, BTreeMap::new()).await? {
            Told::Answer(value) => value,
            Told::Explained(answer) => return Ok(answer),
        };
        let how = how.describe.as_deref();
        let names = how.and_then(|how| describe::objects(how, &told));
        for name in names.ok_or_else(no_list)? {
            all.entry(name.clone()).or_insert_with(|| Object::of(&name));
            of_vendor.insert(name);
        }
    }
    let mapped = mapped::of_instance(&call.app, &sealed.instance, &element).await?;
    let version = call
        .headers
        .get("elements-version")
        .and_then(|value| value.to_str().ok());
    if !version.is_some_and(|version| version.eq_ignore_ascii_case("helium")) {
        let common = mapped.names().into_iter().map(|entry| &entry.name);
        let names: BTreeSet<&String> = all.keys().chain(common).collect();
        return Ok(Answer::platform(json!(names)));
    }
    let row = |name: &str, vendor: &str, kind: &str| json!({"name": name, "vendorName": vendor, "type": kind});
    let canonical = declared
        .iter()
        .map(|object| row(&object.name, &object.vendor_name, "ceCanonical"));
    let rows = of_vendor.iter().map(|name| row(name, name, "vendor"));
    let common = mapped.names().into_iter();
    let common = common.map(|entry| row(&entry.name, &entry.whole.vendor_name, "vdr"));
    Ok(Answer::platform(
        rows.chain(canonical).chain(common).collect(),
    ))
}

/// `GET /objects/{objectName}/metadata`
///
/// A common resource that only the platform knows by that name answers the fields that are mapped, `path` in its own words.
///
/// `useModels=true` answers from the element's models, `customFieldsOnly=true` what the customer added. Other parameters
/// reach the vendor's call where the element declares them (`discoveryId`).
///
/// # Shape
/// `{"fields": […]}`, each as [`describe::fields`] or [`objects::metadata`] say.
///
/// # Errors
/// 404 for an object that neither the element nor the vendor has; those of a resource call, where the vendor is asked.
pub async fn metadata(mut call: Call, _: &Vocabulary) -> Result<Answer, ApiError> {
    let element = element_of(&call).await?;
    // The hub in front of the object, where there is one, is ignored.
    let name = call.variables.last().cloned().unwrap_or_default();
    let from_models = call.flag("useModels").unwrap_or(false);
    let sealed = call.instance()?;
    let told = described(&mut call, &sealed, &element, &name, from_models).await;
    let nobody = match &told {
        Ok(told) => matches!(told, Described::Nobody),
        Err(error) => error.kind == ErrorKind::NotFound,
    };
    let told = if nobody {
        match common(&mut call, &sealed, &element, &name).await? {
            Described::Nobody => told,
            found => Ok(found),
        }
    } else {
        told
    };
    let mut found = match told? {
        Described::Vendor(fields) => json!({"fields": fields}),
        Described::Element(found) => found,
        Described::Nobody => {
            return Err(ApiError::not_found(format!(
                "No object found with name {}",
                elements::shown(&name)
            )));
        }
        Described::Explained(answer) => return Ok(answer),
    };
    if call.flag("customFieldsOnly").unwrap_or(false)
        && let Some(Value::Array(fields)) = found.get_mut("fields")
    {
        fields.retain(|field| field.get("custom") == Some(&Value::Bool(true)));
    }
    Ok(Answer::platform(found))
}

/// `GET /instances/{id}/objects`
pub async fn list_of_instance(mut call: Call, vocabulary: &Vocabulary) -> Result<Answer, ApiError> {
    by_id(&mut call).await?;
    list(call, vocabulary).await
}

/// `GET /instances/{id}/objects/{objectName}/metadata`
pub async fn metadata_of_instance(
    mut call: Call,
    vocabulary: &Vocabulary,
) -> Result<Answer, ApiError> {
    by_id(&mut call).await?;
    metadata(call, vocabulary).await
}

/// Lets a call that names an instance go on as one that came with its token.
///
/// # Errors
/// 404 for an instance that the caller does not reach.
pub(super) async fn by_id(call: &mut Call) -> Result<(), ApiError> {
    let caller = call.caller()?;
    let id = call.instance_id(0)?;
    let found = instances::find(&call.app, &*caller, id, None).await?;
    call.instance = Some(Arc::new(found));
    Ok(())
}

/// Who tells the fields of an object.
pub(super) enum Described {
    /// The vendor.
    Vendor(Vec<Value>),
    /// The element's models: `{"fields": […]}`.
    Element(Value),
    /// Nobody: neither knows the object.
    Nobody,
    /// The explanation that the caller asked for in place of the answer.
    Explained(Answer),
}

/// The fields of an object, of the vendor where the element knows how to ask and `from_models` does not forbid it.
///
/// # Errors
/// Those of a resource call, where the vendor is asked.
pub(super) async fn described(
    call: &mut Call,
    sealed: &Arc<SealedInstance>,
    element: &Arc<Compiled>,
    name: &str,
    from_models: bool,
) -> Result<Described, ApiError> {
    let known = objects::find(&element.element, name);
    let object = known.unwrap_or_else(|| Object::of(name));
    let resource = describe::fields_resource(element, &object);
    let Some((resource, how)) = resource.filter(|_| asks(sealed) && !from_models) else {
        let found = objects::metadata(&element.element, name);
        return Ok(found.map_or(Described::Nobody, Described::Element));
    };
    let variables = BTreeMap::from([("object".to_owned(), object.vendor_name.clone())]);
    let told = match ask(call, sealed, element, resource, variables).await? {
        Told::Answer(value) => value,
        Told::Explained(answer) => return Ok(Described::Explained(answer)),
    };
    let how = how.describe.as_deref();
    let fields = how.and_then(|how| describe::fields(element, &object, how, &told));
    fields.map(Described::Vendor).ok_or_else(no_list)
}

/// The fields of a common resource that the instance has, when neither vendor nor element know an object of that name:
/// those that are mapped, with what the vendor or the element say of the one behind each.
async fn common(
    call: &mut Call,
    sealed: &Arc<SealedInstance>,
    element: &Arc<Compiled>,
    name: &str,
) -> Result<Described, ApiError> {
    let mapped = mapped::of_instance(&call.app, &sealed.instance, element).await?;
    let Some(entry) = mapped.get(name) else {
        return Ok(Described::Nobody);
    };
    let behind = match described(call, sealed, element, entry.segment(element), false).await {
        Ok(Described::Vendor(fields)) => fields,
        Ok(Described::Element(found)) => found
            .get("fields")
            .and_then(Value::as_array)
            .cloned()
            .unwrap_or_default(),
        Ok(Described::Explained(answer)) => return Ok(Described::Explained(answer)),
        Ok(Described::Nobody) => Vec::new(),
        Err(error) if error.kind == ErrorKind::NotFound => Vec::new(),
        Err(error) => return Err(error),
    };
    let of_vendor = |path: &str| {
        let mut all = behind.iter().filter_map(Value::as_object);
        all.find(|field| field.get("vendorPath").and_then(Value::as_str) == Some(path))
    };
    let fields = entry.whole.fields.iter().map(|field| {
        let mut shown = of_vendor(&field.vendor_path).cloned().unwrap_or_else(|| {
            let native = field.vendor_kind.as_deref().unwrap_or("string");
            Map::from_iter([
                ("vendorPath".to_owned(), field.vendor_path.clone().into()),
                ("type".to_owned(), "string".into()),
                ("vendorNativeType".to_owned(), native.into()),
            ])
        });
        shown.insert("path".to_owned(), field.path.clone().into());
        if !field.kind.is_empty() {
            shown.insert("type".to_owned(), field.kind.clone().into());
        }
        Value::Object(shown)
    });
    Ok(Described::Vendor(fields.collect()))
}

/// A disabled instance's vendor is not asked; what the element declares is told all the same.
fn asks(sealed: &SealedInstance) -> bool {
    !sealed.instance.disabled
}

enum Told {
    Answer(Value),
    /// The explanation that the caller asked for in place of the answer.
    Explained(Answer),
}

/// One call of a describing resource, as any other resource is called: paced, cached, refreshed, explained.
async fn ask(
    call: &mut Call,
    sealed: &Arc<SealedInstance>,
    element: &Arc<Compiled>,
    resource: usize,
    variables: BTreeMap<String, String>,
) -> Result<Told, ApiError> {
    let explain = resources::explain(&call.headers)?;
    let target = Target {
        instance: Arc::clone(sealed),
        element: Arc::clone(element),
        resource,
        variables,
        upload: None,
    };
    let head = Head {
        method: call.method.as_str().to_owned(),
        path: call.path.clone(),
        raw_query: call.raw_query.clone(),
        headers: call.headers.clone(),
    };
    let asked = resources::read(&call.app, head, axum::body::Body::empty(), false).await?;
    let called = hubs::call(&call.app, target, asked, explain).await;
    let answer = resources::answer(called, &call.vendor)?;
    if explain != Explain::Off {
        return Ok(Told::Explained(answer));
    }
    let Content::Json(bytes) = &answer.content else {
        return Err(no_list());
    };
    serde_json::from_slice(bytes)
        .map(Told::Answer)
        .map_err(|_| no_list())
}

fn no_list() -> ApiError {
    ApiError::new(
        ErrorKind::VendorUnavailable,
        "The vendor's description of its objects is not the list that the element declares.",
    )
}

async fn element_of(call: &Call) -> Result<Arc<Compiled>, ApiError> {
    let sealed = call.instance()?;
    Ok(elements::of_instance(&call.app, &sealed.instance).await?)
}
