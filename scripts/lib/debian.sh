# Debian's packages, unpacked below .cache: nothing is installed on the machine, and root is not needed.
# Needs say.sh and cache.sh.

debian=$cache/debian

# debian_unpack FOLDER PACKAGES OTHERWISE [ALSO]: fetches PACKAGES (names with spaces between) into FOLDER, all or nothing.
# OTHERWISE is what a person can do where that fails. ALSO is a function that names further packages, given PACKAGES.
# The machine's own sources and keys are used: apt verifies as always.
debian_unpack() {
    folder=$1
    packages=$2
    log=$cache/debian.log
    : >"$log"
    command -v apt-get >/dev/null && command -v dpkg >/dev/null ||
        fail "this machine has no apt-get to fetch $packages with" "$3"
    debian_settings
    # A source that does not answer matters only if it is the one that has the package: the download tells.
    logged "$log" apt-get -c "$debian/apt.conf" -q update || say "apt-get update had trouble; going on with what it found"
    rm -rf "$folder" "$folder.new"
    mkdir -p "$folder.new/packages"
    # shellcheck disable=SC2046,SC2086 # names of packages hold no white space
    (cd "$folder.new/packages" &&
        logged "$log" apt-get -c "$debian/apt.conf" -q download $packages $(debian_pages_of $packages) $(${4:-true} $packages)) ||
        fail_showing "$log" "Debian's packages could not be fetched: $packages" \
            "see that this machine reaches its Debian mirror (apt-get update), then start again; or $3"
    for package in "$folder.new/packages"/*.deb; do
        logged "$log" dpkg -x "$package" "$folder.new" ||
            fail_showing "$log" "$package could not be unpacked" "look for free disk space (df -h .), then start again"
    done
    rm -rf "$folder.new/packages"
    mv "$folder.new" "$folder"
}

# debian_settings: lists, caches and the list of what is installed (nothing) are ours; the rest is the machine's.
debian_settings() {
    mkdir -p "$debian/state/lists/partial" "$debian/cache/archives/partial"
    : >"$debian/state/status"
    cat >"$debian/apt.conf" <<EOF
Dir::State "$debian/state";
Dir::State::lists "$debian/state/lists";
Dir::State::status "$debian/state/status";
Dir::Cache "$debian/cache";
APT::Sandbox::User "root";
Acquire::Languages "none";
Acquire::Retries "2";
#clear APT::Update::Pre-Invoke;
#clear APT::Update::Post-Invoke;
#clear APT::Update::Post-Invoke-Success;
EOF
}

# debian_pages_of PACKAGE...: the scripts, styles and fonts that the web pages of the packages are made of.
debian_pages_of() {
    apt-cache -c "$debian/apt.conf" depends --recurse --important "$@" | grep -E '^(libjs|fonts)-' || true
}

# debian_libraries_of PACKAGE: what its programs are linked with, apart from the C library: that is the machine's.
debian_libraries_of() {
    direct=$(apt-cache -c "$debian/apt.conf" depends --important "$1" | sed -n 's/^ *|*Depends: \(lib[^ ]*\)$/\1/p')
    # shellcheck disable=SC2086 # names of packages hold no white space
    apt-cache -c "$debian/apt.conf" depends --recurse --important $direct | grep '^lib' | grep -v -x -e libc6 -e libgcc-s1 |
        sort -u
}
