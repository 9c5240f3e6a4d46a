//! What a password of a new user must be.

use super::Error;

/// Shortest password, characters.
const SHORTEST: usize = 8;

/// Shorter names are in every other word, characters.
const SHORTEST_NAME: usize = 3;

/// Looks a password over: length, a digit, a capital, a small letter, none of the user's names, a special character, in
/// this order.
///
/// # Errors
/// 400 that says what the first fault is.
pub fn check(password: &str, email: &str, first: &str, last: &str) -> Result<(), Error> {
    let lower = password.to_lowercase();
    let mailbox = email.split('@').next().unwrap_or_default().to_lowercase();
    let holds =
        |name: &str| name.chars().count() >= SHORTEST_NAME && lower.contains(&name.to_lowercase());
    let any = |is: fn(char) -> bool| password.chars().any(is);
    let fault = if password.chars().count() < SHORTEST {
        "must have at least 8 characters"
    } else if !any(char::is_numeric) {
        "must have a numeric character"
    } else if !any(char::is_uppercase) {
        "must have an uppercase letter"
    } else if !any(char::is_lowercase) {
        "must have a lowercase letter"
    } else if holds(first) {
        "must not contain the first name"
    } else if holds(last) {
        "must not contain the last name"
    } else if holds(&mailbox) {
        "must not contain the username"
    } else if !any(|c| !c.is_alphanumeric() && !c.is_whitespace()) {
        "must have a special character"
    } else {
        return Ok(());
    };
    Err(Error::invalid(format!("The password {fault}.")))
}

#[cfg(test)]
mod tests {
    use ligand_model::error::Classify as _;

    use super::*;

    #[test]
    fn the_first_fault_of_a_password_is_told() {
        for (password, told) in [
            ("short", Some("at least")),
            ("MissingNumber!", Some("numeric")),
            ("nouppercase1!", Some("uppercase")),
            ("NOLOWERCASE1!", Some("lowercase")),
            ("Ann12345!", Some("first name")),
            ("xLEEx1234!", Some("last name")),
            ("Mailbox1!", Some("username")),
            ("NoSymbols1", Some("special character")),
            ("IAmGood1!", None),
        ] {
            let checked = check(password, "mailbox@example.com", "Ann", "Lee");
            let message = checked
                .as_ref()
                .err()
                .map(|error| error.public().into_owned());
            match told {
                None => assert_eq!(message, None, "{password}"),
                Some(told) => {
                    assert!(
                        message.unwrap_or_default().contains(told),
                        "{password}: {told}"
                    );
                }
            }
        }
    }
}
