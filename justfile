# The words of every day. `just` alone lists them.
default:
    @just --list
test:
    ./test
demo *flags:
    cargo run --release -- demo {{flags}}
lint:
    cargo fmt --all && cargo clippy --workspace --all-targets
bench:
    bench/run
