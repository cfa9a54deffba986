"""The target of a request, in the forms that a server has to take (RFC 9112, 3.2)."""

import re
from urllib.parse import unquote

from a2wsgi.asgi_typing import HTTPScope

# A name or an address, perhaps with a port; user and password never stand there (RFC 9110, 4.2.4)
_WHOLE_URI = re.compile(rb"https?://([A-Za-z0-9._~%:\[\]-]+)((?:/.*)?)", re.IGNORECASE)


def in_origin_form(scope: HTTPScope) -> HTTPScope:
    """Return *scope* with the path alone as its target, where that is a whole URI, as proxies are sent.

    The authority of the URI replaces the Host header, which counts for nothing then (RFC 9112, 3.2.2).
    So what is decided by the path or by the host is decided as for any other request. A target of another
    form is left as it is.
    """
    whole = _WHOLE_URI.fullmatch(scope["raw_path"])
    if whole is None or scope["method"] == "CONNECT":
        return scope
    authority, raw_path = whole[1], whole[2] or b"/"
    others = [header for header in scope["headers"] if header[0] != b"host"]
    return {
        **scope,
        "raw_path": raw_path,
        "path": unquote(raw_path.decode("ascii")),
        "headers": [(b"host", authority), *others],
    }
