# How the scripts talk: what they do on stdout; what went wrong, and the next step, on stderr.

say() {
    printf 'marax: %s\n' "$*"
}

# fail WHAT_WENT_WRONG NEXT_STEP: ends the script.
fail() {
    printf 'marax: %s\n       next: %s\n' "$1" "$2" >&2
    exit 1
}

# logged LOG COMMAND [ARGUMENT...]: the command's talk goes to the end of LOG.
logged() {
    logged_in=$1
    shift
    printf '$ %s\n' "$*" >>"$logged_in"
    "$@" >>"$logged_in" 2>&1
}

# fail_showing LOG WHAT_WENT_WRONG NEXT_STEP: ends the script with the last lines of LOG.
fail_showing() {
    printf 'marax: the last lines of %s:\n' "$1" >&2
    tail -n 15 "$1" | cut -c 1-300 | sed 's/^/    /' >&2
    fail "$2" "$3"
}
