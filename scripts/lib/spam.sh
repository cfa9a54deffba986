# SpamAssassin, by which the tests score every sample of a mail. Needs say.sh, cache.sh, debian.sh.

# ready_spam: Debian's, unpacked below .cache, where the tests look for it; it needs no more of the machine than perl.
ready_spam() {
    if [ ! -d "$debian/spam" ]; then
        say "fetching SpamAssassin from Debian into .cache (once, about 3 MB; nothing is installed)"
        debian_unpack "$debian/spam" "spamassassin libhtml-parser-perl libhtml-tagset-perl libhttp-date-perl libio-string-perl \
libnet-dns-perl libnetaddr-ip-perl libsocket6-perl libsys-hostname-long-perl libtimedate-perl liburi-perl" \
            "leave out the check named system"
    fi
}
