# A real mail server for the system tests: Exim, Debian's standard one, on the PATH of the script. Needs say.sh, cache.sh,
# debian.sh.

# ready_mta: that of the machine where it has one, otherwise Debian's, unpacked below .cache; or none, and says so.
ready_mta() {
    if command -v exim4 >/dev/null; then
        return
    fi
    if [ ! -d "$debian/mta" ]; then
        say "fetching Exim from Debian into .cache (once, about 9 MB; nothing is installed)"
        # in a shell of its own, as it ends the script where it fails
        (debian_unpack "$debian/unfitted" exim4-daemon-light "go on without it: its tests are skipped" debian_libraries_of &&
            fit_mta "$debian/unfitted" && mv "$debian/unfitted" "$debian/mta") || say "going on without it"
    fi
    PATH=$debian/mta/bin:$PATH
    export PATH
}

# fit_mta FOLDER: makes FOLDER/bin/exim4, which finds its libraries in FOLDER.
fit_mta() {
    # Unpacked by root, it would be root for anybody on this machine, and take no libraries from here
    chmod u-s "$1/usr/sbin/exim4" || return
    mkdir "$1/bin"
    # It does not start where its own user is missing. The name is replaced, at the same length, by one that Debian always has.
    LC_ALL=C sed -i 's/Debian-exim/mail\x00\x00\x00\x00\x00\x00\x00/g' "$1/usr/sbin/exim4"
    cat >"$1/bin/exim4" <<'EOT'
#!/bin/sh
root=$(dirname -- "$0")/..
LD_LIBRARY_PATH=$(printf '%s:' "$root"/lib/*-linux-gnu "$root"/usr/lib/*-linux-gnu)
LD_LIBRARY_PATH=${LD_LIBRARY_PATH%:}
export LD_LIBRARY_PATH
exec "$root/usr/sbin/exim4" "$@"
EOT
    chmod +x "$1/bin/exim4"
}
