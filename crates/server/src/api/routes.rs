//! Every platform route, once: the dispatcher, the OpenAPI document and the tests read this table.

use std::pin::Pin;
use std::sync::LazyLock;

use http::Method;
use percent_encoding::percent_decode_str;

use super::answer::Answer;
use super::api_keys;
use super::builder::{self, pieces};
use super::call::Call;
use super::custody;
use super::edge::nouns::Vocabulary;
use super::error::ApiError;
use super::{
    accounts, applications, authentication, check, common_resources, connect, docs, elements, hubs,
    instances, notices, oauth, objects, organizations, passthrough, transformations, usage, users,
    vdrs,
};

/// Who may use a route.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Access {
    /// Everyone; credentials that are presented must still be right.
    Public,
    /// `User` and `Organization`, or a session.
    Organization,
    /// `User` and `Element`.
    Instance,
}

/// What a handler promises.
pub type Answering<'a> = Pin<Box<dyn Future<Output = Result<Answer, ApiError>> + Send + 'a>>;

/// One route.
pub struct Endpoint {
    /// Verb; `*` for any.
    pub method: &'static str,
    /// Path with `{variables}`; `{*rest}` takes the rest of the path.
    pub path: &'static str,
    /// Who may use it.
    pub access: Access,
    /// What it does, as a sentence for the reference.
    pub summary: &'static str,
    /// Whether it takes a JSON body.
    pub body: bool,
    /// Whether it answers the platform's own JSON.
    pub json: bool,
    /// What answers.
    pub handler: for<'a> fn(Call, &'a Vocabulary) -> Answering<'a>,
}

impl std::fmt::Debug for Endpoint {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} {}", self.method, self.path)
    }
}

macro_rules! routes {
    ($($method:literal $path:literal $access:ident $($kind:ident)? => $handler:path, $summary:literal;)+) => {
        &[$(Endpoint {
            method: $method,
            path: $path,
            access: Access::$access,
            summary: $summary,
            body: routes!(@body $($kind)?),
            json: routes!(@json $($kind)?),
            handler: |call, vocabulary| Box::pin($handler(call, vocabulary)),
        }),+]
    };
    (@body body) => { true };
    (@body $($kind:ident)?) => { false };
    (@json other) => { false };
    (@json $($kind:ident)?) => { true };
}

/// The table.
pub static ROUTES: &[Endpoint] = routes! {
    "GET" "/elements" Public => elements::list, "Lists the elements of the catalog.";
    "POST" "/elements" Organization body => elements::import, "Imports an exported element as it is.";
    "GET" "/elements/keys" Public => elements::keys, "Lists the keys of the elements.";
    "GET" "/elements/{keyOrId}" Public => elements::get, "Shows an element.";
    "DELETE" "/elements/{keyOrId}" Organization => elements::delete, "Deletes an imported element.";
    "PUT" "/elements/{keyOrId}/active" Organization => elements::activate, "Lets new instances of an imported element be made.";
    "DELETE" "/elements/{keyOrId}/active" Organization => elements::deactivate, "Lets no new instances of an imported element be made.";
    "GET" "/elements/{keyOrId}/configuration" Organization => elements::configuration, "Lists what an instance of an element takes.";
    "GET" "/elements/{keyOrId}/export" Organization => elements::export, "Exports an element in the form that can be imported.";
    "GET" "/elements/{keyOrId}/oauth/url" Public => oauth::url, "Says where to send a customer's browser.";
    "POST" "/elements/{keyOrId}/oauth/url" Public body => oauth::url, "Says where to send a customer's browser; the parameters come as JSON.";
    "GET" "/elements/{keyOrId}/oauth/token" Public => oauth::request_token, "Asks an OAuth 1 vendor for a request token.";
    "GET" "/elements/{keyOrId}/oauth/url/default" Organization => oauth::url_default, "Begins a hosted consent with the registered application.";
    "GET" "/elements/{keyOrId}/application" Organization => applications::get, "Shows the application registered for an element.";
    "PUT" "/elements/{keyOrId}/application" Organization body => applications::put, "Registers the organization's application for an element.";
    "DELETE" "/elements/{keyOrId}/application" Organization => applications::delete, "Forgets the application registered for an element.";
    "GET" "/elements/{keyOrId}/instances" Organization => instances::list_of_element, "Lists the instances of an element.";
    "POST" "/elements/{keyOrId}/instances" Organization body => instances::create_of_element, "Makes an instance of an element.";
    "GET" "/elements/{keyOrId}/instances/{id}" Organization => instances::get_of_element, "Shows an instance of an element.";
    "PUT" "/elements/{keyOrId}/instances/{id}" Organization body => instances::update_of_element, "Changes an instance of an element.";
    "PATCH" "/elements/{keyOrId}/instances/{id}" Organization body => instances::update_of_element, "Changes parts of an instance of an element.";
    "DELETE" "/elements/{keyOrId}/instances/{id}" Organization => instances::delete_of_element, "Deletes an instance of an element.";
    "PUT" "/elements/{keyOrId}" Organization body => builder::replace, "Replaces an element of the organization; its key stays, and the change is a new version.";
    "POST" "/elements/{keyOrId}/clone" Organization => builder::clone, "Makes a private copy of an element.";
    "GET" "/elements/metadata" Organization => builder::all_metadata, "Tells of every element what it can do.";
    "GET" "/elements/{keyOrId}/metadata" Organization => builder::metadata, "Tells what an element can do.";
    "GET" "/elements/{keyOrId}/versions" Organization => builder::list_versions, "Lists the versions of an element and how many instances run each.";
    "GET" "/elements/{keyOrId}/versions/{version}" Organization => builder::get_version, "Shows an element as it was at a version.";
    "GET" "/elements/{keyOrId}/versions/{version}/diff/{other}" Organization => builder::compare, "Tells what changed between two versions.";
    "POST" "/elements/{keyOrId}/versions/{version}/rollback" Organization => builder::roll_back, "Makes the content of a former version the newest.";
    "PUT" "/elements/{keyOrId}/instances/{id}/version" Organization body => builder::move_instance, "Moves an instance to the newest version of its element, or to the one given.";
    "POST" "/elements/{keyOrId}/configuration" Organization body => pieces::add_entry, "Adds a configuration entry to an element.";
    "PUT" "/elements/{keyOrId}/configuration/{key}" Organization body => pieces::replace_entry, "Replaces a configuration entry of an element.";
    "DELETE" "/elements/{keyOrId}/configuration/{key}" Organization => pieces::remove_entry, "Deletes a configuration entry of an element.";
    "GET" "/elements/{keyOrId}/resources" Organization => pieces::list, "Lists the resources of an element.";
    "POST" "/elements/{keyOrId}/resources" Organization body => pieces::add, "Adds a resource: to an element of the organization for all, to one of the catalog for the account alone.";
    "GET" "/elements/{keyOrId}/resources/{id}" Organization => pieces::get, "Shows a resource.";
    "PUT" "/elements/{keyOrId}/resources/{id}" Organization body => pieces::replace, "Replaces a resource.";
    "DELETE" "/elements/{keyOrId}/resources/{id}" Organization => pieces::remove, "Deletes a resource.";
    "GET" "/elements/{keyOrId}/resources/{id}/models" Organization => pieces::model, "Shows the model of a resource.";
    "POST" "/elements/{keyOrId}/resources/{id}/models" Organization body => pieces::put_model, "Gives a resource its model.";
    "PUT" "/elements/{keyOrId}/resources/{id}/models" Organization body => pieces::put_model, "Replaces the model of a resource.";
    "DELETE" "/elements/{keyOrId}/resources/{id}/models" Organization => pieces::remove_model, "Takes the model from a resource.";
    "GET" "/elements/{keyOrId}/parameters" Organization => pieces::list_parameters, "Lists the parameters of an element.";
    "POST" "/elements/{keyOrId}/parameters" Organization body => pieces::add_parameter, "Adds a parameter to an element.";
    "GET" "/elements/{keyOrId}/parameters/{parameterId}" Organization => pieces::get_parameter, "Shows a parameter of an element.";
    "PUT" "/elements/{keyOrId}/parameters/{parameterId}" Organization body => pieces::replace_parameter, "Replaces a parameter of an element.";
    "DELETE" "/elements/{keyOrId}/parameters/{parameterId}" Organization => pieces::remove_parameter, "Deletes a parameter of an element.";
    "GET" "/elements/{keyOrId}/resources/{id}/parameters" Organization => pieces::list_parameters_of, "Lists the parameters of a resource.";
    "POST" "/elements/{keyOrId}/resources/{id}/parameters" Organization body => pieces::add_parameter_of, "Adds a parameter to a resource.";
    "GET" "/elements/{keyOrId}/resources/{id}/parameters/{parameterId}" Organization => pieces::get_parameter_of, "Shows a parameter of a resource.";
    "PUT" "/elements/{keyOrId}/resources/{id}/parameters/{parameterId}" Organization body => pieces::replace_parameter_of, "Replaces a parameter of a resource.";
    "DELETE" "/elements/{keyOrId}/resources/{id}/parameters/{parameterId}" Organization => pieces::remove_parameter_of, "Deletes a parameter of a resource.";
    "GET" "/elements/{keyOrId}/hooks" Organization => pieces::list_hooks, "Lists the hooks of an element.";
    "POST" "/elements/{keyOrId}/hooks" Organization body => pieces::add_hook, "Adds a hook to an element.";
    "GET" "/elements/{keyOrId}/hooks/{hookId}" Organization => pieces::get_hook, "Shows a hook of an element.";
    "PUT" "/elements/{keyOrId}/hooks/{hookId}" Organization body => pieces::replace_hook, "Replaces a hook of an element.";
    "DELETE" "/elements/{keyOrId}/hooks/{hookId}" Organization => pieces::remove_hook, "Deletes a hook of an element.";
    "GET" "/elements/{keyOrId}/resources/{id}/hooks" Organization => pieces::list_hooks_of, "Lists the hooks of a resource.";
    "POST" "/elements/{keyOrId}/resources/{id}/hooks" Organization body => pieces::add_hook_of, "Adds a hook to a resource.";
    "GET" "/elements/{keyOrId}/resources/{id}/hooks/{hookId}" Organization => pieces::get_hook_of, "Shows a hook of a resource.";
    "PUT" "/elements/{keyOrId}/resources/{id}/hooks/{hookId}" Organization body => pieces::replace_hook_of, "Replaces a hook of a resource.";
    "DELETE" "/elements/{keyOrId}/resources/{id}/hooks/{hookId}" Organization => pieces::remove_hook_of, "Deletes a hook of a resource.";
    "GET" "/elements/{keyOrId}/objects" Organization => pieces::list_objects, "Lists the objects of an element.";
    "POST" "/elements/{keyOrId}/objects" Organization body => pieces::add_object, "Adds an object to an element.";
    "GET" "/elements/{keyOrId}/objects/{id}" Organization => pieces::get_object, "Shows an object of an element.";
    "PUT" "/elements/{keyOrId}/objects/{id}" Organization body => pieces::replace_object, "Replaces an object of an element.";
    "DELETE" "/elements/{keyOrId}/objects/{id}" Organization => pieces::remove_object, "Deletes an object of an element.";
    "GET" "/elements/{keyOrId}/objects/{id}/fields" Organization => pieces::list_fields, "Lists the fields of an object.";
    "POST" "/elements/{keyOrId}/objects/{id}/fields" Organization body => pieces::add_field, "Adds a field to an object.";
    "GET" "/elements/{keyOrId}/objects/{id}/fields/{fieldId}" Organization => pieces::get_field, "Shows a field of an object.";
    "PUT" "/elements/{keyOrId}/objects/{id}/fields/{fieldId}" Organization body => pieces::replace_field, "Replaces a field of an object.";
    "DELETE" "/elements/{keyOrId}/objects/{id}/fields/{fieldId}" Organization => pieces::remove_field, "Deletes a field of an object.";
    "GET" "/elements/{keyOrId}/models" Organization => pieces::list_models, "Lists the models of an element.";
    "POST" "/elements/{keyOrId}/models" Organization body => pieces::add_model, "Adds a model to an element: to one of the catalog for the account alone.";
    "PUT" "/elements/{keyOrId}/models" Organization body => pieces::upsert_model, "Adds a model to an element, or replaces the one whose id is given.";
    "GET" "/elements/{keyOrId}/models/{id}" Organization => pieces::get_model, "Shows a model of an element.";
    "PUT" "/elements/{keyOrId}/models/{id}" Organization body => pieces::replace_model, "Replaces a model of an element.";
    "DELETE" "/elements/{keyOrId}/models/{id}" Organization => pieces::remove_model_of_element, "Deletes a model of an element.";
    "GET" "/elements/{keyOrId}/docs" Organization => docs::of_element, "Documents an element as Swagger 2.0.";
    "POST" "/elements/convert" Organization => docs::convert, "Makes an element from a Swagger 2 or OpenAPI 3 document; it is answered, not stored.";
    "GET" "/instances/docs" Instance => docs::of_token, "Documents the instance of the token as Swagger 2.0.";
    "GET" "/instances/docs/{operationId}" Instance => docs::operation_of_token, "Documents one operation of the token's instance.";
    "GET" "/instances/docs/{operationId}/definitions" Instance => docs::definitions_of_token, "Shows the schemas of one operation of the token's instance.";
    "GET" "/instances/{id}/docs" Organization => docs::of_instance, "Documents an instance as Swagger 2.0.";
    "GET" "/instances/{id}/docs/{operationId}" Organization => docs::operation_of_instance, "Documents one operation of an instance.";
    "GET" "/instances/{id}/docs/{operationId}/definitions" Organization => docs::definitions_of_instance, "Shows the schemas of one operation of an instance.";
    "GET" "/objects" Instance => objects::list, "Lists the objects of the token's instance.";
    "GET" "/objects/{objectName}/metadata" Instance => objects::metadata, "Lists the fields of an object.";
    "GET" "/instances/{id}/objects" Organization => objects::list_of_instance, "Lists the objects of an instance.";
    "GET" "/instances/{id}/objects/{objectName}/metadata" Organization => objects::metadata_of_instance, "Lists the fields of an object of an instance.";
    "GET" "/hubs/{key}/objects" Instance => objects::list, "Lists the objects of the token's instance.";
    "GET" "/hubs/{key}/objects/{objectName}/metadata" Instance => objects::metadata, "Lists the fields of an object.";
    "GET" "/oauth/callback" Public other => oauth::callback, "Where vendors send the browser after a hosted consent.";
    "POST" "/connect/sessions" Organization body => connect::begin, "Begins a Connect session: a link with which a customer connects an account.";
    "GET" "/connect/sessions/{id}" Organization => connect::get, "Shows how a Connect session stands, with the instance that came of it.";
    "GET" "/applications" Organization => applications::list, "Lists the registered applications.";
    "GET" "/instances" Organization => instances::list, "Lists the instances.";
    "POST" "/instances" Organization body => instances::create, "Makes an instance.";
    "PUT" "/instances" Instance body => instances::update_by_token, "Changes the instance of the token.";
    "PATCH" "/instances" Instance body => instances::update_by_token, "Changes parts of the instance of the token.";
    "DELETE" "/instances" Instance => instances::delete_by_token, "Deletes the instance of the token.";
    "GET" "/instances/count" Organization => instances::count, "Counts the instances.";
    "GET" "/instances/configuration" Instance => instances::configuration::list_by_token, "Lists the configuration of the token's instance.";
    "GET" "/instances/configuration/{configId}" Instance => instances::configuration::get_by_token, "Shows an entry of the token's instance.";
    "PATCH" "/instances/configuration/{configId}" Instance body => instances::configuration::update_by_token, "Changes an entry of the token's instance.";
    "PUT" "/instances/enabled" Instance => instances::enable_by_token, "Lets calls of the token's instance through.";
    "DELETE" "/instances/enabled" Instance => instances::disable_by_token, "Refuses calls of the token's instance.";
    "GET" "/instances/{id}" Organization => instances::get, "Shows an instance.";
    "PUT" "/instances/{id}" Organization body => instances::update, "Changes an instance; a new code connects it again.";
    "PATCH" "/instances/{id}" Organization body => instances::update, "Changes parts of an instance.";
    "DELETE" "/instances/{id}" Organization => instances::delete, "Deletes an instance and revokes its grant.";
    "GET" "/instances/{id}/configuration" Organization => instances::configuration::list, "Lists the configuration of an instance.";
    "GET" "/instances/{id}/configuration/{configId}" Organization => instances::configuration::get, "Shows an entry of an instance's configuration.";
    "PATCH" "/instances/{id}/configuration/{configId}" Organization body => instances::configuration::update, "Changes an entry of an instance's configuration.";
    "GET" "/instances/{id}/custody" Organization => custody::list, "Shows what happened to an instance's credential, and at whose call.";
    "PUT" "/instances/{id}/enabled" Organization => instances::enable, "Lets calls of an instance through.";
    "DELETE" "/instances/{id}/enabled" Organization => instances::disable, "Refuses calls of an instance.";
    "GET" "/hubs" Public => hubs::list, "Lists the hubs.";
    "GET" "/hubs/keys" Public => hubs::keys, "Lists the keys of the hubs.";
    "GET" "/hubs/{key}" Public => hubs::get, "Shows a hub.";
    "GET" "/hubs/{key}/elements" Public => hubs::elements, "Lists the elements of a hub.";
    "*" "/passthrough/{*path}" Instance other => passthrough::call, "Calls the vendor's own API with the instance's credential.";
    "POST" "/authentication" Public body => authentication::sign_in, "Signs a user in.";
    "GET" "/authentication/secrets" Organization => authentication::secrets, "Shows the caller's secrets.";
    "POST" "/authentication/passwords" Organization body => authentication::change_password, "Changes the caller's password.";
    "GET" "/api-keys" Organization => api_keys::list, "Lists the scoped keys.";
    "POST" "/api-keys" Organization body => api_keys::create, "Makes a scoped key; its secret is shown this once.";
    "GET" "/api-keys/{id}" Organization => api_keys::get, "Shows a scoped key.";
    "PATCH" "/api-keys/{id}" Organization body => api_keys::update, "Changes what a scoped key is called, may do, or when it ends.";
    "DELETE" "/api-keys/{id}" Organization => api_keys::delete, "Deletes a scoped key; its secrets stop working.";
    "POST" "/api-keys/{id}/rotate" Organization body => api_keys::rotate, "Gives a scoped key a new secret; the former works for a while.";
    "PUT" "/organizations/me" Organization body => organizations::change, "Changes the organization's name and how Connect shows it.";
    "PATCH" "/organizations/me" Organization body => organizations::change, "Changes the organization's name and how Connect shows it.";
    "GET" "/organizations/me" Organization => organizations::me, "Shows the caller's organization.";
    "GET" "/organizations/me/notices" Organization => notices::get, "Shows where the organization is told that an account must be reconnected.";
    "PUT" "/organizations/me/notices" Organization body => notices::put, "Says where the organization is told that an account must be reconnected.";
    "DELETE" "/organizations/me/notices" Organization => notices::delete, "Tells nobody any more that an account must be reconnected.";
    "GET" "/me" Organization => organizations::user, "Shows the caller.";
    "GET" "/accounts" Organization => accounts::list, "Lists the accounts of the organization.";
    "POST" "/accounts" Organization body => accounts::create, "Makes an account.";
    "GET" "/accounts/{accountId}" Organization => accounts::get, "Shows an account.";
    "PUT" "/accounts/{accountId}" Organization body => accounts::update, "Changes an account.";
    "PATCH" "/accounts/{accountId}" Organization body => accounts::update, "Changes parts of an account, or switches it off and on.";
    "DELETE" "/accounts/{accountId}" Organization => accounts::delete, "Deletes an account with its users and instances.";
    "GET" "/accounts/{accountId}/users" Organization => accounts::users, "Lists the users of an account.";
    "POST" "/accounts/{accountId}/users" Organization body => accounts::create_user, "Makes a user of an account.";
    "GET" "/accounts/{accountId}/users/{userId}" Organization => accounts::user, "Shows a user of an account.";
    "PUT" "/accounts/{accountId}/users/{userId}" Organization body => accounts::update_user, "Changes a user of an account.";
    "PATCH" "/accounts/{accountId}/users/{userId}" Organization body => accounts::update_user, "Changes parts of a user of an account, or switches it off and on.";
    "DELETE" "/accounts/{accountId}/users/{userId}" Organization => accounts::delete_user, "Deletes a user of an account with its instances.";
    "GET" "/users" Organization => users::list, "Lists the users of the organization.";
    "GET" "/users/{userId}" Organization => users::get, "Shows a user of the organization.";
    "PUT" "/users/{userId}" Organization body => users::update, "Changes a user of the organization.";
    "PATCH" "/users/{userId}" Organization body => users::update, "Changes parts of a user of the organization, or switches it off and on.";
    "DELETE" "/users/{userId}" Organization => users::delete, "Deletes a user of the organization with its instances.";
    "GET" "/organizations/users" Organization => users::list, "Lists the users of the organization.";
    "POST" "/organizations/users" Organization body => users::create, "Makes a user of the organization's default account.";
    "GET" "/organizations/users/{userId}" Organization => users::get, "Shows a user of the organization.";
    "PUT" "/organizations/users/{userId}" Organization body => users::update, "Changes a user of the organization.";
    "PATCH" "/organizations/users/{userId}" Organization body => users::update, "Changes parts of a user of the organization, or switches it off and on.";
    "DELETE" "/organizations/users/{userId}" Organization => users::delete, "Deletes a user of the organization with its instances.";
    "GET" "/organizations/{organizationId}/accounts" Organization => users::accounts, "Lists the accounts of the caller's organization.";
    "POST" "/organizations/{organizationId}/accounts" Organization body => users::create_account, "Makes an account of the caller's organization.";
    "GET" "/organizations/{organizationId}/accounts/{accountId}" Organization => users::account, "Shows an account of the caller's organization.";
    "GET" "/users/{userId}/roles" Organization => accounts::roles, "Lists the roles of a user.";
    "PUT" "/users/{userId}/roles/{roleKey}" Organization => accounts::grant, "Gives a user a role.";
    "DELETE" "/users/{userId}/roles/{roleKey}" Organization => accounts::revoke, "Takes a role from a user.";
    "GET" "/organizations/objects/definitions" Organization => transformations::all_definitions, "Lists the object definitions of the organization.";
    "POST" "/organizations/objects/definitions" Organization body => transformations::create_definitions, "Makes object definitions of the organization.";
    "DELETE" "/organizations/objects/definitions" Organization => transformations::delete_definitions, "Deletes the object definitions of the organization.";
    "GET" "/organizations/objects/{objectName}/definitions" Organization => transformations::definition, "Shows an object definition of the organization.";
    "POST" "/organizations/objects/{objectName}/definitions" Organization body => transformations::create_definition, "Makes an object definition of the organization.";
    "PUT" "/organizations/objects/{objectName}/definitions" Organization body => transformations::replace_definition, "Replaces an object definition of the organization.";
    "DELETE" "/organizations/objects/{objectName}/definitions" Organization => transformations::delete_definition, "Deletes an object definition of the organization.";
    "PATCH" "/organizations/objects/{objectName}" Organization body => transformations::rename, "Renames an object definition of the organization and its transformations.";
    "GET" "/organizations/objects/{objectName}/transformations" Organization => transformations::uses, "Lists where the organization maps an object.";
    "GET" "/organizations/elements/{keyOrId}/transformations" Organization => transformations::all_transformations, "Lists the transformations of the organization.";
    "DELETE" "/organizations/elements/{keyOrId}/transformations" Organization => transformations::delete_transformations, "Deletes the transformations of the organization.";
    "GET" "/organizations/elements/{keyOrId}/transformations/{objectName}" Organization => transformations::transformation, "Shows a transformation of the organization.";
    "POST" "/organizations/elements/{keyOrId}/transformations/{objectName}" Organization body => transformations::create_transformation, "Maps an object of an element for the organization.";
    "PUT" "/organizations/elements/{keyOrId}/transformations/{objectName}" Organization body => transformations::replace_transformation, "Replaces a transformation of the organization.";
    "DELETE" "/organizations/elements/{keyOrId}/transformations/{objectName}" Organization => transformations::delete_transformation, "Deletes a transformation of the organization.";
    "GET" "/accounts/objects/definitions" Organization => transformations::all_definitions, "Lists the object definitions of the caller's account.";
    "POST" "/accounts/objects/definitions" Organization body => transformations::create_definitions, "Makes object definitions of the caller's account.";
    "DELETE" "/accounts/objects/definitions" Organization => transformations::delete_definitions, "Deletes the object definitions of the caller's account.";
    "GET" "/accounts/objects/{objectName}/definitions" Organization => transformations::definition, "Shows an object definition of the caller's account.";
    "POST" "/accounts/objects/{objectName}/definitions" Organization body => transformations::create_definition, "Makes an object definition of the caller's account.";
    "PUT" "/accounts/objects/{objectName}/definitions" Organization body => transformations::replace_definition, "Replaces an object definition of the caller's account.";
    "DELETE" "/accounts/objects/{objectName}/definitions" Organization => transformations::delete_definition, "Deletes an object definition of the caller's account.";
    "PATCH" "/accounts/objects/{objectName}" Organization body => transformations::rename, "Renames an object definition of the caller's account and its transformations.";
    "GET" "/accounts/objects/{objectName}/transformations" Organization => transformations::uses, "Lists where the caller's account maps an object.";
    "GET" "/accounts/elements/{keyOrId}/transformations" Organization => transformations::all_transformations, "Lists the transformations of the caller's account.";
    "DELETE" "/accounts/elements/{keyOrId}/transformations" Organization => transformations::delete_transformations, "Deletes the transformations of the caller's account.";
    "GET" "/accounts/elements/{keyOrId}/transformations/{objectName}" Organization => transformations::transformation, "Shows a transformation of the caller's account.";
    "POST" "/accounts/elements/{keyOrId}/transformations/{objectName}" Organization body => transformations::create_transformation, "Maps an object of an element for the caller's account.";
    "PUT" "/accounts/elements/{keyOrId}/transformations/{objectName}" Organization body => transformations::replace_transformation, "Replaces a transformation of the caller's account.";
    "DELETE" "/accounts/elements/{keyOrId}/transformations/{objectName}" Organization => transformations::delete_transformation, "Deletes a transformation of the caller's account.";
    "GET" "/accounts/{accountId}/objects/definitions" Organization => transformations::all_definitions, "Lists the object definitions of an account.";
    "POST" "/accounts/{accountId}/objects/definitions" Organization body => transformations::create_definitions, "Makes object definitions of an account.";
    "DELETE" "/accounts/{accountId}/objects/definitions" Organization => transformations::delete_definitions, "Deletes the object definitions of an account.";
    "GET" "/accounts/{accountId}/objects/{objectName}/definitions" Organization => transformations::definition, "Shows an object definition of an account.";
    "POST" "/accounts/{accountId}/objects/{objectName}/definitions" Organization body => transformations::create_definition, "Makes an object definition of an account.";
    "PUT" "/accounts/{accountId}/objects/{objectName}/definitions" Organization body => transformations::replace_definition, "Replaces an object definition of an account.";
    "DELETE" "/accounts/{accountId}/objects/{objectName}/definitions" Organization => transformations::delete_definition, "Deletes an object definition of an account.";
    "PATCH" "/accounts/{accountId}/objects/{objectName}" Organization body => transformations::rename, "Renames an object definition of an account and its transformations.";
    "GET" "/accounts/{accountId}/objects/{objectName}/transformations" Organization => transformations::uses, "Lists where an account maps an object.";
    "GET" "/accounts/{accountId}/elements/{keyOrId}/transformations" Organization => transformations::all_transformations, "Lists the transformations of an account.";
    "DELETE" "/accounts/{accountId}/elements/{keyOrId}/transformations" Organization => transformations::delete_transformations, "Deletes the transformations of an account.";
    "GET" "/accounts/{accountId}/elements/{keyOrId}/transformations/{objectName}" Organization => transformations::transformation, "Shows a transformation of an account.";
    "POST" "/accounts/{accountId}/elements/{keyOrId}/transformations/{objectName}" Organization body => transformations::create_transformation, "Maps an object of an element for an account.";
    "PUT" "/accounts/{accountId}/elements/{keyOrId}/transformations/{objectName}" Organization body => transformations::replace_transformation, "Replaces a transformation of an account.";
    "DELETE" "/accounts/{accountId}/elements/{keyOrId}/transformations/{objectName}" Organization => transformations::delete_transformation, "Deletes a transformation of an account.";
    "GET" "/instances/{id}/objects/definitions" Organization => transformations::all_definitions, "Lists the object definitions of an instance.";
    "POST" "/instances/{id}/objects/definitions" Organization body => transformations::create_definitions, "Makes object definitions of an instance.";
    "DELETE" "/instances/{id}/objects/definitions" Organization => transformations::delete_definitions, "Deletes the object definitions of an instance.";
    "GET" "/instances/{id}/objects/{objectName}/definitions" Organization => transformations::definition, "Shows an object definition of an instance.";
    "POST" "/instances/{id}/objects/{objectName}/definitions" Organization body => transformations::create_definition, "Makes an object definition of an instance.";
    "PUT" "/instances/{id}/objects/{objectName}/definitions" Organization body => transformations::replace_definition, "Replaces an object definition of an instance.";
    "DELETE" "/instances/{id}/objects/{objectName}/definitions" Organization => transformations::delete_definition, "Deletes an object definition of an instance.";
    "PATCH" "/instances/{id}/objects/{objectName}" Organization body => transformations::rename, "Renames an object definition of an instance and its transformations.";
    "GET" "/instances/{id}/objects/{objectName}/transformations" Organization => transformations::uses, "Lists where an instance maps an object.";
    "GET" "/instances/{id}/transformations" Organization => transformations::all_transformations, "Lists the transformations of an instance.";
    "DELETE" "/instances/{id}/transformations" Organization => transformations::delete_transformations, "Deletes the transformations of an instance.";
    "GET" "/instances/{id}/transformations/{objectName}" Organization => transformations::transformation, "Shows a transformation of an instance.";
    "POST" "/instances/{id}/transformations/{objectName}" Organization body => transformations::create_transformation, "Maps an object for an instance.";
    "PUT" "/instances/{id}/transformations/{objectName}" Organization body => transformations::replace_transformation, "Replaces a transformation of an instance.";
    "DELETE" "/instances/{id}/transformations/{objectName}" Organization => transformations::delete_transformation, "Deletes a transformation of an instance.";
    "GET" "/instances/{id}/transformations/{objectName}/check" Organization => check::of_instance, "Says which mapped vendor fields are gone or of another type.";
    "GET" "/instances/transformations/{objectName}/check" Instance => check::of_token, "Says which mapped vendor fields of the token's instance are gone or of another type.";
    "GET" "/instances/objects/definitions" Instance => transformations::all_definitions, "Lists the object definitions of the token's instance.";
    "POST" "/instances/objects/definitions" Instance body => transformations::create_definitions, "Makes object definitions of the token's instance.";
    "DELETE" "/instances/objects/definitions" Instance => transformations::delete_definitions, "Deletes the object definitions of the token's instance.";
    "GET" "/instances/objects/{objectName}/definitions" Instance => transformations::definition, "Shows an object definition of the token's instance.";
    "POST" "/instances/objects/{objectName}/definitions" Instance body => transformations::create_definition, "Makes an object definition of the token's instance.";
    "PUT" "/instances/objects/{objectName}/definitions" Instance body => transformations::replace_definition, "Replaces an object definition of the token's instance.";
    "DELETE" "/instances/objects/{objectName}/definitions" Instance => transformations::delete_definition, "Deletes an object definition of the token's instance.";
    "PATCH" "/instances/objects/{objectName}" Instance body => transformations::rename, "Renames an object definition of the token's instance and its transformations.";
    "GET" "/instances/objects/{objectName}/transformations" Instance => transformations::uses, "Lists where the token's instance maps an object.";
    "GET" "/instances/transformations" Instance => transformations::all_transformations, "Lists the transformations of the token's instance.";
    "DELETE" "/instances/transformations" Instance => transformations::delete_transformations, "Deletes the transformations of the token's instance.";
    "GET" "/instances/transformations/{objectName}" Instance => transformations::transformation, "Shows a transformation of the token's instance.";
    "POST" "/instances/transformations/{objectName}" Instance body => transformations::create_transformation, "Maps an object for the token's instance.";
    "PUT" "/instances/transformations/{objectName}" Instance body => transformations::replace_transformation, "Replaces a transformation of the token's instance.";
    "DELETE" "/instances/transformations/{objectName}" Instance => transformations::delete_transformation, "Deletes a transformation of the token's instance.";
    "PUT" "/transformations" Organization body => transformations::put, "Makes or replaces the transformation that the body names.";
    "POST" "/transformations/{objectName}/execute" Organization body => transformations::execute, "Transforms a payload and answers what it becomes; nobody is called.";
    "GET" "/common-resources" Organization => common_resources::list, "Lists the common resources with the fields of every level.";
    "PUT" "/common-resources" Organization body => common_resources::put, "Makes or changes a common resource, fields of several levels at once.";
    "GET" "/common-resources/{name}" Organization => common_resources::get, "Shows a common resource and where it is mapped.";
    "PATCH" "/common-resources/{name}" Organization body => common_resources::rename, "Renames a common resource everywhere.";
    "DELETE" "/common-resources/{name}" Organization => common_resources::delete, "Deletes a common resource; with force=true its transformations too.";
    "GET" "/common-resources/{name}/usages" Organization => common_resources::usages, "Lists what uses a common resource.";
    "GET" "/vdrs" Organization => vdrs::list, "Lists the common resources by id, fields with their levels.";
    "POST" "/vdrs" Organization body => vdrs::create, "Makes a common resource; fields that the caller may not write are left out and said so.";
    "PUT" "/vdrs/import" Organization body => vdrs::import, "Imports a common resource as it was exported.";
    "PATCH" "/vdrs/import" Organization body => vdrs::import, "Imports a common resource as it was exported.";
    "PUT" "/vdrs/upgrade/v2" Organization => vdrs::upgrade, "Calls the organization's common resources v2.";
    "DELETE" "/vdrs/upgrade/v2" Organization => vdrs::downgrade, "Calls the organization's common resources v1.";
    "GET" "/vdrs/snippets" Organization => vdrs::snippets, "Lists the kept pieces of script.";
    "POST" "/vdrs/snippets" Organization body => vdrs::create_snippet, "Keeps a piece of script.";
    "GET" "/vdrs/snippets/{id}" Organization => vdrs::snippet, "Shows a kept piece of script.";
    "PUT" "/vdrs/snippets/{id}" Organization body => vdrs::replace_snippet, "Replaces a kept piece of script.";
    "DELETE" "/vdrs/snippets/{id}" Organization => vdrs::delete_snippet, "Deletes a kept piece of script.";
    "GET" "/vdrs/{id}" Organization => vdrs::get, "Shows a common resource.";
    "PUT" "/vdrs/{id}" Organization body => vdrs::replace, "Changes a common resource: fields by id, names and paths included.";
    "DELETE" "/vdrs/{id}" Organization => vdrs::delete, "Deletes what the caller may delete of a common resource.";
    "GET" "/vdrs/{id}/export" Organization => vdrs::export, "Exports a common resource with its transformations.";
    "POST" "/vdrs/{id}/clone" Organization body => vdrs::clone, "Copies a common resource into one level of another.";
    "GET" "/vdrs/{id}/transformations" Organization => vdrs::transformations, "Lists the transformations of a common resource.";
    "POST" "/vdrs/{id}/transformations" Organization body => vdrs::create_transformation, "Maps a common resource, fields of several levels at once.";
    "GET" "/vdrs/{id}/transformations/{transformationId}" Organization => vdrs::transformation, "Shows a transformation, every level of it.";
    "PUT" "/vdrs/{id}/transformations/{transformationId}" Organization body => vdrs::replace_transformation, "Replaces a transformation, every level that the caller may write.";
    "DELETE" "/vdrs/{id}/transformations/{transformationId}" Organization => vdrs::delete_transformation, "Deletes a transformation.";
    "GET" "/elements/{keyOrId}/transformations" Organization => transformations::of_catalog, "Lists what an element is mapped to without set-up.";
    "GET" "/usage" Organization => usage::list, "Lists calls, newest first.";
    "GET" "/usage/analytics/statuses" Organization => usage::statuses, "Counts calls over time, by how they ended.";
    "GET" "/usage/analytics/times" Organization => usage::times, "Counts calls over time, with how long they took.";
    "GET" "/usage/{requestId}" Organization => usage::get, "Shows one call.";
};

/// What a verb and path lead to.
#[derive(Debug)]
pub enum Match {
    /// A route, and its variables in order, percent-decoded.
    Found {
        /// The route.
        route: &'static Endpoint,
        /// The values.
        variables: Vec<String>,
    },
    /// The path is known with other verbs.
    MethodNotAllowed(Vec<String>),
    /// The path is not known.
    NotFound,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Piece {
    Literal(&'static str),
    Variable,
    Rest,
}

static PIECES: LazyLock<Vec<(&'static Endpoint, Vec<Piece>)>> = LazyLock::new(|| {
    ROUTES
        .iter()
        .map(|route| {
            let pieces = route.path.split('/').skip(1).map(|segment| {
                if segment.starts_with("{*") {
                    Piece::Rest
                } else if segment.starts_with('{') {
                    Piece::Variable
                } else {
                    Piece::Literal(segment)
                }
            });
            (route, pieces.collect())
        })
        .collect()
});

/// Finds the route of a verb and path. Literals go before variables, from left to right.
pub fn find(method: &Method, path: &str) -> Match {
    let wanted = if *method == Method::HEAD {
        "GET"
    } else {
        method.as_str()
    };
    let segments: Vec<&str> = path.trim_matches('/').split('/').collect();
    let mut best: Option<(&'static Endpoint, Vec<bool>)> = None;
    let mut allowed: Vec<String> = Vec::new();
    for (route, pieces) in PIECES.iter() {
        let Some(literal) = fits(pieces, &segments) else {
            continue;
        };
        // A more literal path hides a less literal one even when the verb is another's.
        if route.method != wanted && route.method != "*" {
            allowed.push(route.method.to_owned());
            continue;
        }
        if best.as_ref().is_none_or(|(_, known)| literal > *known) {
            best = Some((route, literal));
        }
    }
    match best {
        Some((route, literal)) => {
            let variables = segments
                .iter()
                .zip(&literal)
                .filter(|(_, literal)| !**literal)
                .map(|(segment, _)| percent_decode_str(segment).decode_utf8_lossy().into_owned())
                .collect();
            Match::Found { route, variables }
        }
        None if allowed.is_empty() => Match::NotFound,
        None => {
            allowed.sort();
            allowed.dedup();
            Match::MethodNotAllowed(allowed)
        }
    }
}

/// For each segment whether it was matched as a literal; none when the path does not fit.
fn fits(pieces: &[Piece], segments: &[&str]) -> Option<Vec<bool>> {
    let mut literal = Vec::with_capacity(segments.len());
    let mut rest = segments.iter();
    for piece in pieces {
        match piece {
            Piece::Rest => return Some(literal),
            Piece::Literal(text) if rest.next() == Some(text) => literal.push(true),
            Piece::Variable if rest.next().is_some_and(|segment| !segment.is_empty()) => {
                literal.push(false);
            }
            _ => return None,
        }
    }
    rest.next().is_none().then_some(literal)
}

/// The known path that shares most with an unknown one, to be named in a hint.
pub fn nearest(path: &str) -> Option<&'static str> {
    let segments: Vec<&str> = path.trim_matches('/').split('/').collect();
    let first = *segments.first()?;
    PIECES
        .iter()
        .filter_map(|(route, pieces)| {
            let Some(Piece::Literal(head)) = pieces.first() else {
                return None;
            };
            let alike = shared(head, first) * 2 >= head.len().max(first.len());
            let same: usize = pieces
                .iter()
                .zip(&segments)
                .map(|(piece, segment)| match piece {
                    Piece::Literal(text) if text == segment => 100,
                    Piece::Literal(text) => shared(text, segment).min(50),
                    Piece::Variable | Piece::Rest => 90,
                })
                .sum();
            let distance = pieces.len().abs_diff(segments.len());
            alike.then_some((same, usize::MAX - distance, route.path))
        })
        .max_by_key(|(same, near, _)| (*same, *near))
        .map(|(_, _, path)| path)
}

fn shared(a: &str, b: &str) -> usize {
    a.bytes()
        .zip(b.bytes())
        .take_while(|(a, b)| a.eq_ignore_ascii_case(b))
        .count()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(method: &str, path: &str) -> (&'static str, Vec<String>) {
        match find(&method.parse().unwrap(), path) {
            Match::Found { route, variables } => (route.path, variables),
            other => panic!("{method} {path}: {other:?}"),
        }
    }

    #[test]
    fn literals_go_before_variables_and_slashes_at_the_end_are_ignored() {
        assert_eq!(found("GET", "/instances/count").0, "/instances/count");
        assert_eq!(
            found("GET", "/instances/5/"),
            ("/instances/{id}", vec!["5".to_owned()])
        );
        assert_eq!(found("PUT", "/instances/enabled").0, "/instances/enabled");
        assert_eq!(found("GET", "/elements/keys").0, "/elements/keys");
        assert_eq!(
            found("GET", "/elements/a%20b/instances/7").1,
            ["a b".to_owned(), "7".to_owned()]
        );
        assert_eq!(
            found("REPORT", "/passthrough/a/b/c").0,
            "/passthrough/{*path}"
        );
    }

    #[test]
    fn a_known_path_with_another_verb_says_which_it_takes() {
        let Match::MethodNotAllowed(allowed) = find(&Method::POST, "/instances/5") else {
            panic!()
        };
        assert_eq!(allowed, ["DELETE", "GET", "PATCH", "PUT"]);
        assert!(matches!(find(&Method::GET, "/nonsense"), Match::NotFound));
    }

    #[test]
    fn an_unknown_path_is_met_with_the_nearest() {
        assert_eq!(nearest("/instance"), Some("/instances"));
        assert_eq!(
            nearest("/elements/x/oauth/urk"),
            Some("/elements/{keyOrId}/oauth/url")
        );
        assert_eq!(
            nearest("/instances/5/enable"),
            Some("/instances/{id}/enabled")
        );
        assert_eq!(nearest("/zzz"), None);
    }

    #[test]
    fn no_route_stands_twice() {
        let mut seen = std::collections::BTreeSet::new();
        for route in ROUTES {
            assert!(seen.insert((route.method, route.path)), "{route:?}");
        }
    }
}
