//! How many passwords are hashed at once.
//!
//! Each takes 19 MiB and a core for a while. So a few are hashed at a time, a few more wait, and
//! whoever comes then is told to come again; no address has more than a few of those places.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, PoisonError};

use portcullis_identity::Secret;
use tokio::sync::Semaphore;

use crate::password::PasswordHash;
use crate::refused::Refused;

/// How many wait or are hashed.
const MOST: usize = 64;
/// How many of one network.
const MOST_OF_ONE: usize = 4;
/// How many places are kept for those who come from where they were proven lately: however many
/// strangers there are, they do not fill the row.
const KEPT: usize = 16;

/// Who wants a password hashed.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Asker {
    /// From where.
    pub(crate) network: IpAddr,
    /// Whether the account that is tried was proven from there lately.
    pub(crate) is_proven: bool,
}

/// Where passwords are hashed.
#[derive(Debug)]
pub struct Hashing {
    cores: Arc<Semaphore>,
    places: Arc<Mutex<HashMap<IpAddr, usize>>>,
}

/// A place in the row; given back when it is dropped.
struct Place {
    places: Arc<Mutex<HashMap<IpAddr, usize>>>,
    address: IpAddr,
}

impl Hashing {
    /// So many at once.
    pub fn new(at_once: usize) -> Self {
        Self {
            cores: Arc::new(Semaphore::new(at_once.max(1))),
            places: Arc::default(),
        }
    }

    /// Whether this is the password of that hash.
    pub(crate) async fn verify(
        &self,
        hash: PasswordHash,
        password: Secret<String>,
        asker: Asker,
    ) -> Result<(PasswordHash, Secret<String>, bool), Refused> {
        self.run(asker, move || {
            let right = hash.is_of(&password);
            (hash, password, right)
        })
        .await
    }

    /// The hash of a password.
    pub(crate) async fn hash(
        &self,
        password: Secret<String>,
        salt: [u8; 16],
        asker: Asker,
    ) -> Result<PasswordHash, Refused> {
        self.run(asker, move || PasswordHash::of(&password, &salt))
            .await?
            .map_err(|_| Refused::Unavailable)
    }

    async fn run<T: Send + 'static>(
        &self,
        asker: Asker,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, Refused> {
        let place = Place::take(&self.places, asker).ok_or(Refused::Busy)?;
        let core = Arc::clone(&self.cores).acquire_owned().await;
        let core = core.map_err(|_| Refused::Unavailable)?;
        // The work goes on if whoever asked goes away: it keeps its core and its place until then.
        tokio::task::spawn_blocking(move || {
            let done = work();
            drop((core, place));
            done
        })
        .await
        .map_err(|_| Refused::Unavailable)
    }
}

impl Place {
    fn take(places: &Arc<Mutex<HashMap<IpAddr, usize>>>, asker: Asker) -> Option<Self> {
        let address = asker.network;
        let most = if asker.is_proven { MOST } else { MOST - KEPT };
        let mut taken = places.lock().unwrap_or_else(PoisonError::into_inner);
        let own = taken.get(&address).copied().unwrap_or(0);
        if own >= MOST_OF_ONE || taken.values().sum::<usize>() >= most {
            return None;
        }
        taken.insert(address, own.saturating_add(1));
        Some(Self {
            places: Arc::clone(places),
            address,
        })
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut taken = self.places.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(own) = taken.get_mut(&self.address) {
            *own = own.saturating_sub(1);
            if *own == 0 {
                taken.remove(&self.address);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_are_bounded_by_address_and_in_all_and_given_back() {
        let places = Arc::default();
        let asker = |n: u8, is_proven: bool| Asker {
            network: IpAddr::from([192, 0, 2, n]),
            is_proven,
        };
        let stranger = |n: u8| Place::take(&places, asker(n, false));
        let one: Vec<Option<Place>> = (0..5).map(|_| stranger(1)).collect();
        assert_eq!(one.iter().flatten().count(), MOST_OF_ONE);
        assert!(stranger(2).is_some(), "others go on");
        let many: Vec<Option<Place>> = (2..100).map(stranger).collect();
        assert_eq!(many.iter().flatten().count(), MOST - KEPT - MOST_OF_ONE);
        assert!(stranger(200).is_none());
        let proven: Vec<Option<Place>> = (100..200)
            .map(|n| Place::take(&places, asker(n, true)))
            .collect();
        assert_eq!(
            proven.iter().flatten().count(),
            KEPT,
            "whoever was proven lately has a place"
        );
        drop((one, many, proven));
        assert!(stranger(1).is_some());
        assert!(places.lock().unwrap().is_empty(), "nothing is left behind");
    }
}
