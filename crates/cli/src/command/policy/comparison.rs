//! How answers compare with those that a real ERP gave.

use std::io::Write as _;
use std::process::ExitCode;

/// What was found among known records, and of what nobody can say.
pub(super) struct Found<'a, T> {
    pub(super) sure: &'a [T],
    pub(super) unknown: &'a [T],
}

#[derive(Default)]
pub(super) struct Comparison {
    compared: usize,
    agree: usize,
    wrong_yes: usize,
    wrong_no: usize,
    unknown: usize,
}

impl Comparison {
    /// Compares an answer (none: it was refused) with what the ERP answered (none: it refused).
    pub(super) fn add<T: PartialEq>(
        &mut self,
        answer: Option<Found<'_, T>>,
        expected: Option<&[T]>,
    ) {
        self.compared += 1;
        match (answer, expected) {
            (None, None) => self.agree += 1,
            (None, Some(_)) | (Some(_), None) => {}
            (Some(found), Some(expected)) => {
                let wrong_yes = found.sure.iter().filter(|one| !expected.contains(one));
                let wrong_no = expected
                    .iter()
                    .filter(|one| !found.sure.contains(one) && !found.unknown.contains(one));
                let (wrong_yes, wrong_no) = (wrong_yes.count(), wrong_no.count());
                self.wrong_yes += wrong_yes;
                self.wrong_no += wrong_no;
                self.unknown += found.unknown.len();
                if wrong_yes == 0 && wrong_no == 0 && found.unknown.is_empty() {
                    self.agree += 1;
                }
            }
        }
    }

    /// Tells it on the standard error stream, if there was something to compare with. A wrong
    /// yes is what a rule must never rest on: the command ends with 1 then.
    pub(super) fn tell(&self, json: bool) -> std::io::Result<ExitCode> {
        let Self {
            compared,
            agree,
            wrong_yes,
            wrong_no,
            unknown,
        } = self;
        let mut out = std::io::stderr().lock();
        if *compared == 0 {
        } else if json {
            writeln!(
                out,
                "{{\"compared\":{compared},\"agree\":{agree},\"wrong_yes\":{wrong_yes},\
                 \"wrong_no\":{wrong_no},\"unknown\":{unknown}}}"
            )?;
        } else {
            writeln!(
                out,
                "compared {compared}, agree {agree}, wrong_yes {wrong_yes}, \
                 wrong_no {wrong_no}, unknown {unknown}"
            )?;
        }
        Ok(ExitCode::from(u8::from(*wrong_yes > 0)))
    }
}
