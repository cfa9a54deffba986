# The folder for whatever the scripts fetch, and the lock that lets two of them start at once. Needs say.sh.

cache=$PWD/.cache

# open_cache: after this, nobody else prepares this checkout until close_cache.
open_cache() {
    if ! mkdir -p "$cache" 2>/dev/null || [ ! -w "$cache" ] || [ ! -w . ]; then
        fail "$PWD cannot be written to by $(id -un)" "clone marax into a folder of your own and start again there"
    fi
    exec 9>"$cache/lock"
    flock --nonblock 9 || { say "waiting: another script prepares this checkout" && flock 9; }
}

close_cache() {
    exec 9>&-
}
