//! The simulation: seeded schedules of two nodes, one row and one vendor, with a crash possible before and after every
//! step, lost answers, clocks that disagree, and stores that go away.

mod world;

use std::collections::BTreeMap;

use super::*;
use world::{Cause, Manner, World};

/// Schedules a manner; `LIGAND_SCHEDULES` asks for more.
fn schedules() -> u64 {
    std::env::var("LIGAND_SCHEDULES")
        .ok()
        .and_then(|text| text.parse().ok())
        .unwrap_or(2_000)
}

/// Runs every schedule; answers how many grants were kept, and how many were lost to what.
fn run(manner: Manner) -> (u64, BTreeMap<Cause, u64>) {
    let (mut kept, mut lost) = (0, BTreeMap::new());
    for seed in 0..schedules() {
        let mut world = World::new(seed, manner);
        world.run(160);
        match world.settle() {
            None => kept += 1,
            Some(cause) => *lost.entry(cause).or_insert(0) += 1,
        }
    }
    println!("{manner:?}: {kept} kept, lost {lost:?}");
    (kept, lost)
}

#[test]
fn a_vendor_that_does_not_rotate_never_loses_a_grant() {
    let (kept, lost) = run(Manner::Lasting);
    assert!(kept > 0);
    assert!(
        lost.keys().all(|cause| *cause == Cause::Revoked),
        "{lost:?}"
    );
}

#[test]
fn rotated_grants_are_lost_only_when_no_client_could_have_kept_them() {
    for manner in [Manner::Rotating, Manner::DetectsReuse] {
        // A loss without a cause ends the test inside, with its seed.
        let (kept, lost) = run(manner);
        assert!(kept > schedules() / 2, "{manner:?}: {kept} {lost:?}");
        for cause in [Cause::Revoked, Cause::AnswerLost, Cause::CrashedWithAnswer] {
            assert!(
                lost.contains_key(&cause),
                "no schedule of {manner:?} tried {cause:?}"
            );
        }
    }
}

fn standing(credential: &str) -> Told {
    Told::Standing(Some(Standing {
        credential: credential.to_owned(),
        valid: true,
        leased_until: Timestamp(0),
        open: false,
    }))
}

#[test]
fn a_refusal_does_not_count_when_the_row_holds_a_newer_grant() {
    let now = Timestamp(1_000);
    let mut renewal = Renewal::new("old".to_owned());
    assert_eq!(
        renewal.next(standing("old"), now),
        Ask::Lease(Timestamp(91_000))
    );
    assert_eq!(renewal.next(Told::Leased(Some(7)), now), Ask::Exchange);
    let refused = Told::Exchanged(Exchanged::Refused);
    assert_eq!(renewal.next(refused, now), Ask::Read);
    assert_eq!(
        renewal.next(standing("new"), now),
        Ask::End(Ended::Newer),
        "somebody else had renewed it"
    );
}

#[test]
fn what_the_vendor_gave_is_held_until_the_store_is_back() {
    let now = Timestamp(0);
    let mut renewal = Renewal::new("old".to_owned());
    renewal.next(standing("old"), now);
    renewal.next(Told::Leased(Some(7)), now);
    let granted = Told::Exchanged(Exchanged::Granted);
    assert_eq!(renewal.next(granted, now), Ask::Keep(7));
    for _ in 0..1_000 {
        assert_eq!(renewal.next(Told::StoreFailed, now), Ask::Pause);
        assert_eq!(renewal.next(Told::Done, now), Ask::Keep(7));
    }
    assert_eq!(
        renewal.next(Told::Kept(true), now),
        Ask::End(Ended::Renewed)
    );
}

#[test]
fn nobody_asks_while_another_holds_the_lease() {
    let mut renewal = Renewal::new("old".to_owned());
    let leased = |until| {
        Told::Standing(Some(Standing {
            credential: "old".to_owned(),
            valid: true,
            leased_until: Timestamp(until),
            open: true,
        }))
    };
    assert_eq!(renewal.next(leased(50), Timestamp(10)), Ask::Pause);
    assert_eq!(renewal.next(Told::Done, Timestamp(49)), Ask::Read);
    assert_eq!(renewal.next(leased(50), Timestamp(49)), Ask::Pause);
    assert_eq!(renewal.next(Told::Done, Timestamp(50)), Ask::Read);
    assert_eq!(
        renewal.next(leased(50), Timestamp(50)),
        Ask::Lease(Timestamp(90_050))
    );
}
