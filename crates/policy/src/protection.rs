//! What protects, as a list. The twin test switches each one off and must notice: a protection
//! whose absence no test sees is not there.
//!
//! Outside that test nothing can be switched: without the feature `switches`, which no release
//! can have, all of it is constant.

/// Declares the protections, each with what it keeps from happening.
macro_rules! protections {
    ($($(#[doc = $text:literal])+ $name:ident,)+) => {
        /// One thing that the policy does so that nothing hidden is shown or changed.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub enum Protection {
            $($(#[doc = $text])+ $name,)+
        }

        impl Protection {
            /// All of them.
            pub const ALL: &'static [Self] = &[$(Self::$name,)+];
        }
    };
}

protections! {
    /// A field that no rule opens is not read.
    ReadableFields,
    /// A field that a denial names is not read or written.
    DeniedFields,
    /// A field is as closed as what it is computed from.
    HiddenByData,
    /// Records are not chosen by a field that is not open.
    ConditionFields,
    /// Conditions behind a link are bound to what is open there.
    LinkedConditions,
    /// Links are not searched by names that are not open.
    NamesInConditions,
    /// Records are not chosen by their place above or below others.
    Hierarchies,
    /// Rows are not sorted by a field that is not open.
    OrderFields,
    /// Where nothing is asked, rows are not sorted by the model's own order.
    SettledOrder,
    /// Groups are not made of a field that is not open.
    GroupFields,
    /// A field that is not open is not summed up.
    AggregateFields,
    /// What a rule closes behind one link is closed there.
    ClosedBehindLinks,
    /// Of what is masked a mask is shown.
    Masks,
    /// Names behind links are taken out where they are not open.
    LinkNames,
    /// Lists of links to records that are not open are not read.
    LinkedRecords,
    /// Searches are bound to the records that the rule opens.
    OwnRecords,
    /// Reads of ids are, too.
    RecordsRead,
    /// A guard asks first whether a call's records are such that the rule opens.
    RecordsGuarded,
    /// The guard is asked again after the call: what a race let through is found.
    AfterChecks,
    /// Names are not searched by fields that are not open.
    NameSearch,
    /// A field that is not open for writing is not written.
    WritableFields,
    /// New records are such that the rule opens.
    NewRecords,
    /// Changed ones stay so.
    ChangedRecords,
    /// What is written through to other fields counts as a change of those.
    WrittenThrough,
    /// No link leads to a record that is not open.
    LinkTargets,
    /// Commands on lists are judged as calls on the linked model.
    NestedCommands,
    /// No list is replaced of which not everything is seen.
    ReplacedLists,
    /// Context keys pass only where they are known or named.
    ContextKeys,
    /// What a role fixes of the context is fixed.
    PinnedContext,
    /// Methods that no rule lists are not called.
    ListedMethods,
    /// Nothing is copied of which not everything is open.
    WholeCopies,
    /// Exports lead over open fields only.
    ExportPaths,
    /// What is nested in a specification is bound to what is open there.
    NestedSpecifications,
    /// Frappe: a field that no rule opens is not named in a list.
    FrappeFields,
    /// Frappe: documents are not chosen by such a field.
    FrappeConditions,
    /// Frappe: the rule's conditions are added to the caller's.
    FrappeOwnDocuments,
    /// Frappe: a guard asks first whether the rule opens a document.
    FrappeGuarded,
    /// Frappe: answered documents hold open fields only.
    FrappeDocuments,
    /// Frappe: a field that is not open for writing is not written.
    FrappeWritable,
    /// Frappe: new values are such that the rule opens the document.
    FrappeNewValues,
    /// Frappe: methods that no rule lists are not called.
    FrappeMethods,
}

#[cfg(feature = "switches")]
mod switches {
    use std::sync::atomic::{AtomicU64, Ordering};

    use super::Protection;

    // An optimised build with it would be one that somebody might ship.
    #[cfg(not(debug_assertions))]
    compile_error!("the feature `switches` is for tests");

    static OFF: AtomicU64 = AtomicU64::new(0);

    pub(super) fn is_on(protection: Protection) -> bool {
        OFF.load(Ordering::Relaxed) & (1 << (protection as u64)) == 0
    }

    impl Protection {
        /// Switches one off, and every other on; none: all on.
        pub fn switch_off(one: Option<Self>) {
            OFF.store(one.map_or(0, |one| 1 << (one as u64)), Ordering::Relaxed);
        }
    }
}

impl Protection {
    /// Whether it is on, as it always is outside of tests of its absence.
    #[cfg(feature = "switches")]
    pub(crate) fn is_on(self) -> bool {
        switches::is_on(self)
    }

    /// Whether it is on, as it always is outside of tests of its absence.
    #[cfg(not(feature = "switches"))]
    #[expect(clippy::unused_self, reason = "which one it is counts in tests only")]
    pub(crate) const fn is_on(self) -> bool {
        true
    }
}
