"""Email addresses as settings give them: `ann@example.org`, `marax <alerts@mg.example.org>`."""

import re
from email.headerregistry import Address
from typing import Self

_ATOM = r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+"
_LABEL = r"[A-Za-z0-9_](?:[A-Za-z0-9_-]{0,61}[A-Za-z0-9_])?"
# RFC 5322 3.4.1 without quoted local parts, comments and domain literals; ASCII, as most of SMTP wants it
_ADDRESS = re.compile(rf"(?=.{{3,254}}\Z)(?=[^@]{{1,64}}@){_ATOM}(?:\.{_ATOM})*@{_LABEL}(?:\.{_LABEL})*")
_NAMED = re.compile(r"(?P<name>[^<>]*)<(?P<address>[^<>]*)>")
# An encoded word may hide a line break (CVE-2024-6923)
_NOT_IN_A_NAME = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]|=\?")
# Below the domain of a country, these are no organisation: `co.uk`, `com.br`
_SHARED = frozenset({"ac", "co", "com", "edu", "gob", "gov", "gv", "net", "ne", "nom", "or", "org", "sch"})


class EmailAddress(str):
    """A bare ASCII address; its domain may be without a dot, as `root@localhost` is."""

    __slots__ = ()

    @classmethod
    def from_setting(cls, value: object) -> Self:
        """Return *value* when it is an address.

        Raises:
            ValueError: Saying what was expected.
        """
        if not isinstance(value, str) or not _ADDRESS.fullmatch(value):
            raise ValueError("an email address in ASCII, such as ann@example.org")
        return cls(value)


class Sender(str):
    """What stands in a From header: an address with or without a name, quoted where RFC 5322 asks for it."""

    __slots__ = ()

    @classmethod
    def from_setting(cls, value: object) -> Self:
        """Return the sender that *value* spells.

        Raises:
            ValueError: Saying what was expected.
        """
        text = value if isinstance(value, str) and not _NOT_IN_A_NAME.search(value) else ""
        named = _NAMED.fullmatch(text.strip())
        name, address = (named["name"].strip(), named["address"]) if named else ("", text.strip())
        try:
            spelled = Address(display_name=_unquoted(name), addr_spec=EmailAddress.from_setting(address))
        except ValueError as error:
            raise ValueError("a sender such as marax <alerts@mg.example.org>") from error
        return cls(spelled)


def is_aligned(domain: str, signed: str) -> bool:
    """Return whether DMARC takes mail from *domain* that is signed for *signed*: both are one organisation's.

    RFC 7489 3.1.1, relaxed. Without the list of public suffixes, an organisation is taken to be what stands
    before `.org` or `.co.uk`.
    """
    one, other = domain.lower(), signed.lower()
    return (
        f".{one}".endswith(f".{other}")
        or f".{other}".endswith(f".{one}")
        or _organisation(one) == _organisation(other)
    )


def _organisation(domain: str) -> str:
    labels = domain.split(".")
    is_shared = len(labels) > 2 and len(labels[-1]) == 2 and labels[-2] in _SHARED  # noqa: PLR2004 - a country
    return ".".join(labels[-3 if is_shared else -2 :])


def _unquoted(name: str) -> str:
    quoted = re.fullmatch(r'"(.*)"', name)
    return re.sub(r"\\(.)", r"\1", quoted[1]) if quoted else name
