# The exporters that scripts/bench measures ours against, on the PATH of the script. Needs say.sh, cache.sh, debian.sh.

# ready_peers: those of the machine where it has both, otherwise Debian's, unpacked below .cache; or none, and says so.
ready_peers() {
    if command -v prometheus-process-exporter && command -v prometheus-node-exporter; then
        return
    fi >/dev/null
    if [ ! -d "$debian/peers" ]; then
        say "fetching process-exporter and node_exporter from Debian into .cache (once, about 9 MB; nothing is installed)"
        # in a shell of its own, as it ends the script where it fails
        (debian_unpack "$debian/peers" "prometheus-process-exporter prometheus-node-exporter" \
            "go on without them: their rows are left out") || say "going on without them"
    fi
    PATH=$debian/peers/usr/bin:$PATH
    export PATH
}
