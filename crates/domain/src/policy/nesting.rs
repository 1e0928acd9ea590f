//! Groups within groups. An edge is (parent, child): members of the child are members of the parent,
//! too. The graph has no cycles, because no edge that would close one is added.

use crate::value::GroupId;
use alloc::collections::BTreeSet;

/// Whether nesting `child` in `parent` would make a group a member of itself.
pub fn would_cycle(edges: &[(GroupId, GroupId)], parent: GroupId, child: GroupId) -> bool {
    ancestors(edges, &[parent]).contains(&child)
}

/// These groups and all that they are nested in: from the groups a person was added to, all their
/// groups.
pub fn ancestors(edges: &[(GroupId, GroupId)], direct: &[GroupId]) -> BTreeSet<GroupId> {
    reachable(direct, || {
        edges.iter().map(|(parent, child)| (*child, *parent))
    })
}

/// These groups and all that are nested in them: those whose members are their members.
pub fn descendants(edges: &[(GroupId, GroupId)], groups: &[GroupId]) -> BTreeSet<GroupId> {
    reachable(groups, || edges.iter().copied())
}

/// Walks along all edges until nothing new is reached: as many rounds as groups are nested deep.
fn reachable<I>(start: &[GroupId], edges: impl Fn() -> I) -> BTreeSet<GroupId>
where
    I: Iterator<Item = (GroupId, GroupId)>,
{
    let mut reached: BTreeSet<GroupId> = start.iter().copied().collect();
    loop {
        let before = reached.len();
        for (from, to) in edges() {
            if reached.contains(&from) {
                reached.insert(to);
            }
        }
        if reached.len() == before {
            return reached;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::vec::Vec;
    use proptest::prelude::*;
    use uuid::Uuid;

    fn group(n: u8) -> GroupId {
        GroupId::new(Uuid::from_u128(n.into()))
    }

    fn groups<const N: usize>(ns: [u8; N]) -> BTreeSet<GroupId> {
        ns.into_iter().map(group).collect()
    }

    /// What is left of these edges when each is refused that would close a cycle.
    fn nested(edges: &[(u8, u8)]) -> Vec<(GroupId, GroupId)> {
        let mut nested = Vec::new();
        for (parent, child) in edges {
            let (parent, child) = (group(*parent), group(*child));
            if !would_cycle(&nested, parent, child) {
                nested.push((parent, child));
            }
        }
        nested
    }

    #[test]
    fn membership_reaches_outwards_and_members_inwards() {
        let edges = nested(&[(2, 3), (1, 2), (9, 3)]);
        assert_eq!(ancestors(&edges, &[group(3)]), groups([1, 2, 3, 9]));
        assert_eq!(ancestors(&edges, &[group(2)]), groups([1, 2]));
        assert_eq!(descendants(&edges, &[group(1)]), groups([1, 2, 3]));
        assert_eq!(descendants(&edges, &[group(3)]), groups([3]));
    }

    #[test]
    fn no_group_is_within_itself() {
        let edges = nested(&[(1, 2), (2, 3)]);
        assert!(would_cycle(&[], group(1), group(1)));
        assert!(would_cycle(&edges, group(3), group(1)));
        assert!(!would_cycle(&edges, group(1), group(3)));
    }

    /// By definition: what is one step away, and what two steps reach, until nothing is new.
    fn closure(edges: &[(GroupId, GroupId)]) -> BTreeSet<(GroupId, GroupId)> {
        let mut within: BTreeSet<_> = edges
            .iter()
            .map(|(parent, child)| (*child, *parent))
            .collect();
        loop {
            let two_steps: Vec<_> = within
                .iter()
                .flat_map(|(a, b)| {
                    within
                        .iter()
                        .filter(move |(c, _)| b == c)
                        .map(|(_, d)| (*a, *d))
                })
                .collect();
            let before = within.len();
            within.extend(two_steps);
            if within.len() == before {
                return within;
            }
        }
    }

    proptest! {
        #[test]
        fn whatever_is_tried_there_is_no_cycle(tried in proptest::collection::vec((0..8u8, 0..8u8), 0..40)) {
            let edges = nested(&tried);
            prop_assert!(closure(&edges).iter().all(|(a, b)| a != b));
            // And nothing was refused that would have been harmless.
            for (parent, child) in tried {
                let (parent, child) = (group(parent), group(child));
                let refused = !edges.contains(&(parent, child));
                let would_close = parent == child || closure(&edges).contains(&(parent, child));
                prop_assert!(!refused || would_close);
            }
        }

        #[test]
        fn ancestors_are_the_transitive_closure(tried in proptest::collection::vec((0..6u8, 0..6u8), 0..20)) {
            let edges = nested(&tried);
            let closure = closure(&edges);
            for start in (0..6).map(group) {
                let mut outwards: BTreeSet<_> =
                    closure.iter().filter(|(a, _)| *a == start).map(|(_, b)| *b).collect();
                outwards.insert(start);
                prop_assert_eq!(ancestors(&edges, &[start]), outwards);
                let mut inwards: BTreeSet<_> =
                    closure.iter().filter(|(_, b)| *b == start).map(|(a, _)| *a).collect();
                inwards.insert(start);
                prop_assert_eq!(descendants(&edges, &[start]), inwards);
            }
        }
    }
}
