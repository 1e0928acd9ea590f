//! How often something may be tried: a password above all.
//!
//! A device on which this person signed in before has a budget of its own, so that strangers who use
//! up the account's cannot lock its owner out. A try is spent before the password is looked at, so
//! that tries at once count as many; a right password gives the budget back.
//!
//! Each budget is one moment per key, *paid until* (the generic cell rate algorithm): a try moves it
//! on by one interval, and is refused if it would be further ahead than the burst allows.

use crate::value::{StreamId, Timestamp, UserId};
use alloc::vec::Vec;
use core::fmt;
use core::net::{IpAddr, Ipv6Addr};

/// So many tries at once, and one more each `interval_seconds`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Budget {
    /// Tries that an unused budget has.
    pub burst: u32,
    /// Seconds until a spent try is there again.
    pub interval_seconds: u32,
}

/// A known device and its owner: 10 tries, then one a minute.
pub const DEVICE: Budget = Budget {
    burst: 10,
    interval_seconds: 60,
};

/// All unknown devices together, for one account: 10 tries, then one in two minutes.
pub const ACCOUNT: Budget = Budget {
    burst: 10,
    interval_seconds: 120,
};

/// All unknown devices of one network, for all accounts: 60 tries, then one in five seconds.
pub const NETWORK: Budget = Budget {
    burst: 60,
    interval_seconds: 5,
};

/// One stream's requests to add or remove a subject: 1000 at once, then one a second.
pub const SUBJECTS: Budget = Budget {
    burst: 1000,
    interval_seconds: 1,
};

/// What a budget belongs to; no two have the same `Display`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Key<'a> {
    /// One person on one device they have signed in on.
    Device(UserId, &'a str),
    /// The name that was typed, in the form it is looked up by, whether somebody has it or not.
    Account(&'a str),
    /// Where the request comes from.
    Network(Network),
    /// One stream, whose receiver says whom it wants to hear of.
    Subjects(StreamId),
}

/// An IPv4 address, or the /64 of an IPv6 address: what one subscriber has.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Network(IpAddr);

/// No more tries for now.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("too many attempts: try again in {retry_after_seconds} seconds")]
pub struct Throttled {
    /// For `Retry-After`.
    pub retry_after_seconds: i64,
}

impl Network {
    /// The network of an address.
    pub fn of(address: IpAddr) -> Self {
        Self(match address.to_canonical() {
            IpAddr::V4(address) => IpAddr::V4(address),
            IpAddr::V6(address) => {
                let [a, b, c, d, ..] = address.segments();
                IpAddr::V6(Ipv6Addr::new(a, b, c, d, 0, 0, 0, 0))
            }
        })
    }
}

/// The budgets that a try to sign in spends, all of them.
///
/// `known_device` is the owner and device of a valid device cookie, if the name that was typed is
/// that owner's.
pub fn budgets<'a>(
    account: &'a str,
    known_device: Option<(UserId, &'a str)>,
    address: IpAddr,
) -> Vec<(Key<'a>, Budget)> {
    match known_device {
        Some((user, device)) => [(Key::Device(user, device), DEVICE)].into(),
        None => [
            (Key::Account(account), ACCOUNT),
            (Key::Network(Network::of(address)), NETWORK),
        ]
        .into(),
    }
}

impl Budget {
    /// Spends one try of a budget that is paid until `paid_until` (any past moment if it was never
    /// used), and says until when it is paid then.
    pub fn spend(self, paid_until: Timestamp, now: Timestamp) -> Result<Timestamp, Throttled> {
        let paid = paid_until.max(now).plus(self.interval_seconds.into());
        let furthest = now.plus(i64::from(self.burst) * i64::from(self.interval_seconds));
        if paid <= furthest {
            return Ok(paid);
        }
        Err(Throttled {
            retry_after_seconds: furthest.seconds_until(paid),
        })
    }
}

impl fmt::Display for Key<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Device(user, device) => write!(f, "device/{user}/{device}"),
            Self::Account(account) => write!(f, "account/{account}"),
            Self::Network(Network(address)) => write!(f, "network/{address}"),
            Self::Subjects(stream) => write!(f, "subjects/{stream}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::string::ToString;
    use proptest::prelude::*;

    const BUDGET: Budget = Budget {
        burst: 3,
        interval_seconds: 60,
    };

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_seconds(seconds)
    }

    fn network(text: &str) -> Network {
        Network::of(text.parse().unwrap())
    }

    #[test]
    fn the_burst_is_spent_at_once_and_comes_back_one_by_one() {
        let now = at(1_000);
        let mut paid = Timestamp::default();
        for _ in 0..3 {
            paid = BUDGET.spend(paid, now).unwrap();
        }
        let refused = BUDGET.spend(paid, now).unwrap_err();
        assert_eq!(refused.retry_after_seconds, 60);
        assert!(BUDGET.spend(paid, at(1_059)).is_err());
        let again = BUDGET.spend(paid, at(1_060)).unwrap();
        assert!(BUDGET.spend(again, at(1_060)).is_err());
    }

    #[test]
    fn strangers_cannot_spend_the_budget_of_a_known_device() {
        let user = UserId::new(uuid::Uuid::from_u128(7));
        let address = "192.0.2.1".parse().unwrap();
        let owner = budgets("alice", Some((user, "d1")), address);
        let stranger = budgets("alice", None, address);
        for (key, _) in &stranger {
            assert!(owner.iter().all(|(own, _)| own != key));
        }
        assert_eq!(stranger.len(), 2);
    }

    #[test]
    fn a_network_is_what_one_subscriber_has() {
        assert_eq!(network("2001:db8:0:1:a::1"), network("2001:db8:0:1:b::2"));
        assert_ne!(network("2001:db8:0:1::1"), network("2001:db8:0:2::1"));
        assert_eq!(network("::ffff:192.0.2.1"), network("192.0.2.1"));
        assert_ne!(network("192.0.2.1"), network("192.0.2.2"));
        let key = Key::Network(network("2001:db8:0:1:a::1"));
        assert_eq!(key.to_string(), "network/2001:db8:0:1::");
    }

    proptest! {
        #[test]
        fn no_span_of_time_sees_more_than_burst_and_rate(
            mut tries in proptest::collection::vec(0..2_000i64, 1..200)
        ) {
            tries.sort_unstable();
            let mut paid = Timestamp::default();
            let mut passed = 0;
            for second in &tries {
                match BUDGET.spend(paid, at(*second)) {
                    Ok(next) => (paid, passed) = (next, passed + 1),
                    Err(refused) => prop_assert!(
                        BUDGET.spend(paid, at(second + refused.retry_after_seconds)).is_ok()
                    ),
                }
            }
            let span = tries[tries.len() - 1] - tries[0];
            prop_assert!(passed <= 3 + span / 60);
        }
    }
}
