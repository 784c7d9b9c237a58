//! What is hidden in a world: its values hold a word of its own, and sort in their own way.

/// The hidden values of one world.
#[derive(Clone, Copy)]
pub(crate) struct Secrets {
    pub(crate) word: &'static str,
    pub(crate) factor: i64,
    /// Whether the record is there that is there in one world only.
    pub(crate) is_inhabited: bool,
}

pub(crate) const ALPHA: Secrets = Secrets {
    word: "alpha",
    factor: 37,
    is_inhabited: true,
};

pub(crate) const OMEGA: Secrets = Secrets {
    word: "omega",
    factor: 61,
    is_inhabited: false,
};

impl Secrets {
    /// The word in the values of one record.
    pub(crate) fn of(self, id: i64) -> String {
        format!("{}{:02}", self.word, (id * self.factor) % 97)
    }
}
