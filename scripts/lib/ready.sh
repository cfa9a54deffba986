# Makes this checkout ready to run, from a machine that has Python and nothing else.

. scripts/lib/say.sh
. scripts/lib/cache.sh
. scripts/lib/debian.sh
. scripts/lib/python.sh
. scripts/lib/servers.sh
. scripts/lib/mta.sh
. scripts/lib/spam.sh

# ready run|dev: with the programs and what they need; or with what the tests need as well.
ready() {
    open_cache
    ready_python "$1"
    ready_servers
    [ "$1" != dev ] || ready_mta
    [ "$1" != dev ] || ready_spam
    close_cache
}
