# Prometheus and Alertmanager with promtool and amtool on the PATH of the script. Needs say.sh, cache.sh, debian.sh.

# ready_servers: those of the machine where it has all four, otherwise Debian's, unpacked below .cache.
ready_servers() {
    if ! servers_are_there; then
        if [ ! -d "$debian/servers" ]; then
            say "fetching Prometheus and Alertmanager from Debian into .cache (once, about 35 MB; nothing is installed)"
            debian_unpack "$debian/servers" "prometheus prometheus-alertmanager" \
                "put prometheus, alertmanager, promtool and amtool on the PATH"
        fi
        PATH=$debian/servers/usr/bin:$PATH
        export PATH
    fi
    prometheus=$(version_of prometheus)
    alertmanager=$(version_of "$(alertmanager_name)")
    say "with $prometheus and $alertmanager"
}

servers_are_there() {
    command -v prometheus && command -v promtool && command -v amtool && command -v "$(alertmanager_name)"
} >/dev/null

# alertmanager_name: Debian calls it prometheus-alertmanager.
alertmanager_name() {
    if command -v alertmanager >/dev/null; then echo alertmanager; else echo prometheus-alertmanager; fi
}

# version_of PROGRAM: "prometheus 2.42.0"; ends the script where the program does not run.
version_of() {
    "$1" --version 2>&1 | sed -n '1s/^\([a-z]*\), version \([^ ]*\).*/\1 \2/p' | grep . ||
        fail "$(command -v "$1" || echo "$1") does not run on this machine" "start it by hand with --version, or take it off the PATH"
}
