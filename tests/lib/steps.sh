# Steps: each is named, timed and logged; a failed one shows its whole output and the rest goes on.
# shellcheck shell=bash

work=${PORTCULLIS_WORK:-$PWD/.work}
mkdir -p "$work/logs"
passed=0
failed=0
failed_steps=()

# step NAME COMMAND…: one test more, passed or failed.
step() {
    local name=$1
    shift
    if run_logged "$name" "$@"; then passed=$((passed + 1)); else failed=$((failed + 1)); fi
}

# counted NAME COMMAND…: a step whose output says how many passed and failed.
counted() {
    local name=$1 log good bad
    shift
    log=$(log_of "$name")
    run_logged "$name" "$@"
    local status=$?
    closing_lines "$log"
    good=$(count_of passed "$log")
    bad=$(count_of failed "$log")
    [ "$status" -eq 0 ] || [ "$bad" -gt 0 ] || bad=1
    passed=$((passed + good))
    failed=$((failed + bad))
    return "$status"
}

# needed NAME COMMAND…: without it nothing after it makes sense.
needed() {
    run_logged "$@" && return
    echo "stopped: \`$1\` is needed by what comes after it"
    failed=$((failed + 1))
    summary
}

run_logged() {
    local name=$1 log start status
    shift
    log=$(log_of "$name")
    start=$SECONDS
    "$@" >"$log" 2>&1 </dev/null
    status=$?
    if [ "$status" -eq 0 ]; then
        printf 'ok      %-44s %4d s\n' "$name" $((SECONDS - start))
    else
        failed_steps+=("$name")
        printf 'FAILED  %-44s %4d s  (exit %d; its output follows)\n' "$name" $((SECONDS - start)) "$status"
        sed 's/^/    | /' "$log"
    fi
    return "$status"
}

log_of() {
    echo "$work/logs/${1//[^A-Za-z0-9]/-}.log"
}

# The lines in which cargo test and the client rounds close.
closing_lines() {
    grep -E '^(test result: |[0-9]+ passed, [0-9]+ failed)' "$1" | grep -v '^test result: ok. 0 passed; 0 failed' || true
}

# Adds up `N passed` or `N failed` over the closing lines of a log.
count_of() {
    closing_lines "$2" | grep -oE "[0-9]+ $1" | awk '{ sum += $1 } END { print sum + 0 }'
}

summary() {
    echo
    if [ ${#failed_steps[@]} -gt 0 ]; then
        echo "failed: $(printf '%s; ' "${failed_steps[@]}")logs in $work/logs"
    fi
    echo "took $((SECONDS / 60)) min $((SECONDS % 60)) s"
    echo "$passed passed, $failed failed"
    [ "$failed" -eq 0 ]
    exit
}
