//! A decision is made from a note on the trail.

use portcullis_gateway::trail::Trail;

fn decide(trail: &Trail) -> bool {
    trail.story.caller.is_some()
}

fn main() {}
