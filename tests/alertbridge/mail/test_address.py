from email.headerregistry import Address

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alertbridge.mail.address import EmailAddress, Sender, is_aligned


@pytest.mark.parametrize(
    "written", ["ann@example.org", "root@localhost", "a.b+alerts@mail.example.co.uk", "o'hara@x_1.lan"]
)
def test_takes_an_address(written):
    assert EmailAddress.from_setting(written) == written


@pytest.mark.parametrize(
    "written",
    [
        *[None, 7, "", "ann", "@example.org", "ann@", "ann@@example.org", "ann@a@b", "ann @example.org"],
        *["ann@example.org\n", "ann@example.org\r\nBcc: eve@example.org", "ann@example.org,eve@example.org"],
        *["<ann@example.org>", "ann@[127.0.0.1]", "ann..b@example.org", ".ann@example.org", "ann@-x.org"],
        *["jörg@example.org", "ann@exämple.org", "ann@example.org.", "a" * 65 + "@b.org", "a@" + "b." * 130],
    ],
)
def test_refuses_what_is_not_one_bare_address(written):
    with pytest.raises(ValueError, match=r"an email address in ASCII, such as ann@example\.org"):
        EmailAddress.from_setting(written)


@pytest.mark.parametrize(
    ("written", "sender"),
    [
        ("alerts@mg.example.org", "alerts@mg.example.org"),
        ("marax <alerts@mg.example.org>", "marax <alerts@mg.example.org>"),
        ("  marax   <alerts@mg.example.org> ", "marax <alerts@mg.example.org>"),
        ("Betrieb Köln <alerts@example.org>", "Betrieb Köln <alerts@example.org>"),
        ("Ops, Berlin <alerts@example.org>", '"Ops, Berlin" <alerts@example.org>'),
        ('"Ops, \\"B\\"" <alerts@example.org>', '"Ops, \\"B\\"" <alerts@example.org>'),
    ],
)
def test_takes_a_sender_with_or_without_a_name_and_quotes_it_where_needed(written, sender):
    assert Sender.from_setting(written) == sender


@pytest.mark.parametrize(
    "written",
    [
        *[None, 7, "", "marax", "marax <>", "marax <alerts@>", "marax <a@b.org> x", "<a@b.org>, <c@d.org>"],
        *["marax\r\nBcc: eve@example.org <a@b.org>", "marax\x00 <a@b.org>", "marax <jörg@b.org>"],
    ],
)
def test_refuses_what_is_not_one_sender(written):
    with pytest.raises(ValueError, match=r"a sender such as marax <alerts@mg\.example\.org>"):
        Sender.from_setting(written)


@given(st.text(st.characters(exclude_categories=["Cc", "Cs", "Zl", "Zp"], exclude_characters="<>")))
def test_a_sender_reads_its_own_spelling_back(name):
    sender = Sender.from_setting(str(Address(display_name=name.strip(), addr_spec="alerts@example.org")))

    assert Sender.from_setting(sender) == sender


@pytest.mark.parametrize(
    ("domain", "signed", "aligned"),
    [
        ("example.org", "example.org", True),
        ("example.org", "mg.example.org", True),
        ("Example.org", "mg.example.ORG", True),
        ("alerts.mg.example.org", "example.org", True),
        ("ops.example.org", "mg.example.org", True),
        ("ops.example.co.uk", "mg.example.co.uk", True),
        ("gmail.com", "mg.example.org", False),
        ("example.com", "mg.example.org", False),
        ("badexample.org", "example.org", False),
        ("other.co.uk", "mg.example.co.uk", False),
        ("localhost", "mg.example.org", False),
    ],
)
def test_knows_which_domains_are_of_one_organisation(domain, signed, aligned):
    assert is_aligned(domain, signed) is aligned
