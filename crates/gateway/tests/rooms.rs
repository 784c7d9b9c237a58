//! A room that is skipped, and a trail that is read, do not compile.

#[test]
fn no_room_can_be_skipped() {
    let cases = trybuild::TestCases::new();
    cases.compile_fail("tests/fail/*.rs");
}
