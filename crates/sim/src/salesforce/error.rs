//! Errors in the form of the REST API: an array of `{message, errorCode, fields?}`.

use serde_json::{Value, json};

use crate::call::Reply;

/// One error of the REST API.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ApiError {
    /// The HTTP status.
    pub status: u16,
    /// Such as `INVALID_FIELD`.
    pub code: &'static str,
    /// The vendor's words.
    pub message: String,
    /// The fields concerned; the member is left out when `None`.
    pub fields: Option<Vec<String>>,
}

impl ApiError {
    /// An error without fields.
    pub fn new(status: u16, code: &'static str, message: impl Into<String>) -> Self {
        Self {
            status,
            code,
            message: message.into(),
            fields: None,
        }
    }

    /// 400 about one field.
    pub fn field(code: &'static str, field: &str, message: impl Into<String>) -> Self {
        Self {
            status: 400,
            code,
            message: message.into(),
            fields: Some(vec![field.to_owned()]),
        }
    }

    /// 404: a well-formed id or path that leads nowhere.
    pub fn not_found() -> Self {
        Self::new(404, "NOT_FOUND", "The requested resource does not exist")
    }

    /// 401: the token is not, or no longer, good.
    pub fn session() -> Self {
        Self::new(401, "INVALID_SESSION_ID", "Session expired or invalid")
    }

    /// 405 with the methods that there are.
    pub fn method(method: &str, allowed: &str) -> Self {
        Self::new(
            405,
            "METHOD_NOT_ALLOWED",
            format!("HTTP Method '{method}' not allowed. Allowed are {allowed}"),
        )
    }

    /// The error of one record among several.
    pub fn of_record(&self) -> Value {
        json!({
            "statusCode": self.code, "message": self.message, "fields": self.fields.clone().unwrap_or_default(),
        })
    }

    /// The answer.
    pub fn reply(&self) -> Reply {
        let mut error = json!({ "message": self.message, "errorCode": self.code });
        if let (Some(fields), Some(map)) = (&self.fields, error.as_object_mut()) {
            map.insert("fields".to_owned(), json!(fields));
        }
        let reply = Reply::json(self.status, &Value::Array(vec![error]));
        if self.status == 401 {
            reply.header("www-authenticate", "Token")
        } else {
            reply
        }
    }
}

/// The result of anything in the REST API.
pub type Answer<T> = Result<T, ApiError>;
