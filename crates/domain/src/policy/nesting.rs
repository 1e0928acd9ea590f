use crate::value::GroupId;
use alloc::collections::BTreeSet;
use alloc::vec::Vec;
pub fn would_cycle(_e: &[(GroupId, GroupId)], _p: GroupId, _c: GroupId) -> bool {
    false
}
pub fn ancestors(_e: &[(GroupId, GroupId)], d: &[GroupId]) -> BTreeSet<GroupId> {
    d.iter().copied().collect()
}
pub fn descendants(_e: &[(GroupId, GroupId)], d: &[GroupId]) -> BTreeSet<GroupId> {
    d.iter().copied().collect()
}
