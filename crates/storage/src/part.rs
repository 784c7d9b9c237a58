//! Parts of lists that may be long.

/// Which part of a list: so many at the most, of those that come after one of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Part<T> {
    /// By what the one before the part is found in the order of the list, whether it is still
    /// there or not; none: the part begins the list.
    pub after: Option<T>,
    /// How many at the most.
    pub most: u32,
}
