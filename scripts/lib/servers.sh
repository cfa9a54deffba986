# Prometheus and Alertmanager with promtool and amtool on the PATH of the script. Needs say.sh, cache.sh, debian.sh.

# ready_servers: those of the machine where it has all four, otherwise Debian's, unpacked below .cache.
ready_servers() {
    if ! servers_are_there; then
        if [ ! -d "$debian/servers" ]; then
            say "fetching Prometheus and Alertmanager from Debian into .cache (once, about 35 MB; nothing is installed)"
            debian_unpack "$debian/unfitted" "prometheus prometheus-alertmanager" \
                "put prometheus, alertmanager, promtool and amtool on the PATH"
            fit_servers "$debian/unfitted"
            mv "$debian/unfitted" "$debian/servers"
        fi
        PATH=$debian/servers/bin:$PATH
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
        fail "$(command -v "$1") does not run on this machine" "see what it says to --version, or take it off the PATH"
}

# fit_servers FOLDER: makes FOLDER/bin, whose programs find the files that Debian expects below /usr/share.
fit_servers() {
    mkdir "$1/bin"
    ln -s ../usr/bin/promtool ../usr/bin/amtool "$1/bin"
    cat >"$1/bin/prometheus" <<'EOF'
#!/bin/sh
root=$(dirname -- "$0")/..
exec "$root/usr/bin/prometheus" --web.local-assets="$root/usr/share/prometheus/web" "$@"
EOF
    # Alertmanager has no such option. Its path is made relative, at the same length, and taken from FOLDER.
    LC_ALL=C sed -i 's,/usr/share/prometheus/alertmanager,usr/share/prometheus/alertmanager/,g' \
        "$1/usr/bin/prometheus-alertmanager"
    cat >"$1/bin/alertmanager" <<'EOF'
#!/bin/sh
cd -- "$(dirname -- "$0")/.." && exec usr/bin/prometheus-alertmanager "$@"
EOF
    chmod +x "$1/bin/prometheus" "$1/bin/alertmanager"
}
