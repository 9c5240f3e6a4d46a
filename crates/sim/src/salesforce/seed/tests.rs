//! What a fresh org holds.

use super::*;
use crate::salesforce::id;

#[test]
fn an_org_starts_with_enough_of_everything() {
    let org = org();
    for name in [
        "Account",
        "Contact",
        "Lead",
        "Opportunity",
        "Campaign",
        "Case",
    ] {
        assert_eq!(
            org.live_records(object(name).unwrap()).count(),
            MANY,
            "{name}"
        );
    }
    assert_eq!(
        org.live_records(object("ContentDocument").unwrap()).count(),
        42
    );
    assert_eq!(
        org.live_records(object("ContentVersion").unwrap()).count(),
        49
    );
    assert_eq!(
        org.live_records(object("ContentFolder").unwrap()).count(),
        4
    );
    assert_eq!(
        org.live_records(object("CampaignMember").unwrap()).count(),
        MANY
    );
    assert_eq!(org.live_records(object("Event").unwrap()).count(), 40);
    assert_eq!(org.live_records(object("User").unwrap()).count(), 5);
}

#[test]
fn fixtures_have_their_well_known_ids() {
    for known in [
        ORGANIZATION,
        ADMINISTRATOR,
        STANDARD_PROFILE,
        "00ei0000000ehVoAAI",
    ] {
        assert_eq!(
            id::normalize(known.get(..15).unwrap()).as_deref(),
            Some(known)
        );
        assert!(org().any(known).is_some(), "{known}");
    }
}

#[test]
fn two_starts_are_alike() {
    let (a, b) = (org(), org());
    for name in ["Contact", "Case", "ContentVersion"] {
        let of = |org: &Org| {
            org.live_records(object(name).unwrap())
                .map(|(id, r)| (id.to_owned(), r.clone()))
                .collect::<Vec<_>>()
        };
        assert_eq!(of(&a), of(&b));
    }
}
