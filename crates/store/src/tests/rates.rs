use ligand_model::id::{ElementId, InstanceId, OrganizationId};
use ligand_model::time::{Clock, Timestamp};
use proptest::prelude::*;

use super::tenant;
use crate::Store;
use crate::for_each_backend;
use crate::rates::{LimitOf, Slice, Wanted};

const WANTED: Wanted = Wanted {
    limit: 10,
    span_ms: 1_000,
    calls: 4,
    within_ms: 100,
    back: None,
};

fn limit(organization: OrganizationId) -> LimitOf {
    LimitOf {
        organization,
        element: ElementId(85),
        instance: Some(InstanceId(1)),
        number: 0,
    }
}

/// Takes until nothing is left; the calls, and when there are more.
async fn take_all(store: &Store, of: LimitOf) -> (u32, Timestamp) {
    let mut taken = 0;
    loop {
        match store.take_slice(of, WANTED).await.unwrap() {
            Slice::Calls(calls, _) => taken += calls,
            Slice::NotBefore(then) => return (taken, then),
        }
    }
}

for_each_backend! {
    async fn nodes_take_no_more_than_the_limit_together(fixture: Fixture) {
        let store = &fixture.store;
        let of = limit(tenant(store).await.organization);
        let now = fixture.clock.now();
        assert_eq!(store.take_slice(of, WANTED).await.unwrap(), Slice::Calls(4, now.plus_millis(100)));
        // Half of what is left at most, and never the same end.
        assert_eq!(store.take_slice(of, WANTED).await.unwrap(), Slice::Calls(3, now.plus_millis(101)));
        assert_eq!(take_all(store, of).await, (3, now.plus_millis(1_100)));
        let other = LimitOf { instance: Some(InstanceId(2)), ..of };
        assert_eq!(take_all(store, other).await.0, 10, "another account's limit");
        fixture.clock.advance(1_099);
        assert_eq!(take_all(store, of).await.0, 0, "calls of the last slice may be a moment old");
        fixture.clock.advance(1);
        assert_eq!(take_all(store, of).await.0, 4, "as many as lapsed");
        // Nobody waits for a time that a clock, set right since, believed in.
        fixture.clock.advance(-86_400_000);
        assert_eq!(take_all(store, of).await.0, 10, "set back");
        fixture.clock.advance(86_400_000);
        assert_eq!(store.prune_slices(fixture.clock.now()).await.unwrap(), 2);
    }

    async fn what_was_not_needed_is_given_back_with_the_next_request(fixture: Fixture) {
        let store = &fixture.store;
        let of = limit(tenant(store).await.organization);
        let Slice::Calls(calls, end) = store.take_slice(of, WANTED).await.unwrap() else {
            panic!("nothing")
        };
        let back = Wanted { back: Some((end, calls)), ..WANTED };
        store.take_slice(of, back).await.unwrap();
        assert_eq!(take_all(store, of).await.0, 6);
        // A slice that is not there any more gives nothing.
        let wrong = Wanted { back: Some((Timestamp(1), 9)), ..WANTED };
        assert!(matches!(store.take_slice(of, wrong).await.unwrap(), Slice::NotBefore(_)));
    }
}

proptest! {
    /// Whatever nodes take and give back, no span sees more calls than the limit: each call as late as its slice allows.
    #[test]
    fn properties_of_slices_no_span_sees_more_than_the_limit(
        steps in prop::collection::vec((0_i64..400, 1_u32..8, 0_u32..8), 1..60),
    ) {
        let (mut slices, mut now) = (Vec::new(), Timestamp(0));
        // When calls are made, at the latest and at the earliest.
        let mut made: Vec<(i64, i64)> = Vec::new();
        let mut last: Option<(Timestamp, u32, i64)> = None;
        for (pause, calls, unused) in steps {
            now = now.plus_millis(pause);
            let back = last.take().map(|(end, taken, begun)| {
                let unused = unused.min(taken);
                made.extend((0..taken - unused).map(|_| (begun, end.0)));
                (end, unused)
            });
            let wanted = Wanted { calls, back, ..WANTED };
            if let Slice::Calls(taken, end) = crate::rates::take(&mut slices, wanted, now) {
                last = Some((end, taken, now.0));
            }
        }
        for late in made.iter().map(|(_, end)| *end) {
            let within = made.iter().filter(|(begun, end)| *end <= late && *begun > late - WANTED.span_ms);
            prop_assert!(within.count() <= 10, "around {late}");
        }
    }
}
