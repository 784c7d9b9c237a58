//! What must not compile: permits by hand, for other calls, twice.

#[test]
fn what_must_not_compile_does_not() {
    trybuild::TestCases::new().compile_fail("tests/fail/*.rs");
}
