//! How many connections each peer has.

use std::collections::HashMap;
use std::net::{IpAddr, Ipv6Addr};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// The network that counts as one peer: an address of IPv4, or the upper half of one of IPv6, for
/// whoever has one of those has all of its other halves.
pub fn network_of(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(address) => {
            let network = u128::from(address) & !u128::from(u64::MAX);
            Ipv6Addr::from(network).into()
        }
        address @ IpAddr::V4(_) => address,
    }
}

/// Counts connections by peer.
#[derive(Debug, Default)]
pub struct Peers {
    counts: Mutex<HashMap<IpAddr, usize>>,
}

/// One connection of a peer; it counts until this is dropped.
#[derive(Debug)]
pub struct Guest {
    peers: Arc<Peers>,
    peer: IpAddr,
}

impl Peers {
    /// Counts one more connection of a peer, unless it has `each_max` of them already.
    pub fn admit(peers: &Arc<Self>, peer: IpAddr, each_max: usize) -> Option<Guest> {
        let peer = network_of(peer);
        let mut counts = peers.lock();
        let count = counts.entry(peer).or_default();
        if *count >= each_max {
            return None;
        }
        *count += 1;
        let peers = Arc::clone(peers);
        Some(Guest { peers, peer })
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<IpAddr, usize>> {
        // The counts are right after every statement.
        self.counts.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Guest {
    fn drop(&mut self) {
        let mut counts = self.peers.lock();
        if let Some(count) = counts.get_mut(&self.peer) {
            *count -= 1;
            if *count == 0 {
                counts.remove(&self.peer);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::net::Ipv4Addr;

    #[test]
    fn a_peer_has_no_more_than_it_may_and_leaves_no_trace() {
        let peers = Arc::new(Peers::default());
        let admit = |last| Peers::admit(&peers, Ipv4Addr::new(192, 0, 2, last).into(), 2);
        let (first, _second) = (admit(1).unwrap(), admit(1).unwrap());
        assert!(admit(1).is_none());
        assert!(admit(2).is_some());
        drop(first);
        assert!(admit(1).is_some());
        assert_eq!(peers.lock().len(), 1);
    }
}
