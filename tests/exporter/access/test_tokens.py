"""Tokens, and the forged ones. Numbers are rows of docs/attacks.md."""

from collections.abc import Mapping

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from exporter.access.roles import Role
from exporter.access.session import Refusal
from exporter.access.settings import LifetimeSeconds, SessionSeconds, TokenSettings
from exporter.access.tokens import Claims, Tokens
from marax.settings.secret import Secret
from tests.exporter.access.forging import HEADER, KEY, claims_of, compact, part, signed
from tests.exporter.access.kit import a_user
from tests.fakes.clock import FakeClock
from tests.fakes.passwords import fake_hash_of

NOW = 1_790_000_000
ANN = a_user("ann")


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock(NOW)


@pytest.fixture
def tokens(clock: FakeClock) -> Tokens:
    return Tokens(Secret(KEY), TokenSettings(), clock)


def forged(tokens: Tokens, changes: Mapping[str, object] = {}, *, without: str = "") -> str:
    """Return a token for ann, rightly signed, with *changes* to what it says."""
    claims = claims_of(tokens.issue(ANN, role=Role.VIEWER).text) | dict(changes)
    claims.pop(without, None)
    return signed(HEADER, compact(claims))


def test_reads_what_it_issued(tokens: Tokens):
    token = tokens.issue(ANN, role=Role.VIEWER)

    claims = tokens.read(token.text)

    assert isinstance(claims, Claims)
    assert (claims.sub, claims.role, claims.iat, claims.exp) == ("ann", Role.VIEWER, NOW, NOW + 300)
    assert token.expires_in_seconds == 300


def test_reads_what_our_own_hand_signed(tokens: Tokens):
    assert isinstance(tokens.read(forged(tokens)), Claims)


def test_says_just_what_the_standards_name(tokens: Tokens):
    claims = claims_of(tokens.issue(ANN, role=Role.ADMIN).text)

    assert set(claims) == {"iss", "aud", "sub", "role", "iat", "nbf", "exp", "auth_time", "jti", "cred"}
    assert (claims["iss"], claims["aud"], claims["role"]) == ("marax-exporter", "marax-exporter", "admin")


def test_gives_each_token_another_id(tokens: Tokens):
    ids = {claims_of(tokens.issue(ANN, role=Role.VIEWER).text)["jti"] for _ in range(50)}

    assert len(ids) == 50


def test_does_not_show_the_token_when_printed(tokens: Tokens):
    token = tokens.issue(ANN, role=Role.VIEWER)

    assert token.text not in repr(token)


def test_another_host_with_the_same_key_takes_it(clock: FakeClock, tokens: Tokens):
    elsewhere = Tokens(Secret(KEY), TokenSettings(), clock)

    assert isinstance(elsewhere.read(tokens.issue(ANN, role=Role.VIEWER).text), Claims)


@pytest.mark.attack(9)
def test_a_host_with_another_key_does_not(clock: FakeClock, tokens: Tokens):
    elsewhere = Tokens(Secret("x" * 43), TokenSettings(), clock)

    assert elsewhere.read(tokens.issue(ANN, role=Role.VIEWER).text) is Refusal.BAD_TOKEN


@pytest.mark.attack(6, 10, 11)
@pytest.mark.parametrize(
    ("header", "algorithm"),
    [
        pytest.param({"alg": "HS384", "typ": "marax+jwt"}, "HS384", id="6-HS384"),
        pytest.param({"alg": "HS512", "typ": "marax+jwt"}, "HS512", id="6-HS512"),
        pytest.param({"alg": "hs256", "typ": "marax+jwt"}, "HS256", id="6-lower-case"),
        pytest.param({"alg": "none", "typ": "marax+jwt"}, "HS256", id="6-none"),
        pytest.param({"alg": "RS256", "typ": "marax+jwt"}, "HS256", id="6-RS256"),
        pytest.param({"alg": ["HS256"], "typ": "marax+jwt"}, "HS256", id="6-list"),
        pytest.param({"typ": "marax+jwt"}, "HS256", id="6-missing"),
        pytest.param({**HEADER, "kid": "1"}, "HS256", id="10-kid"),
        pytest.param({**HEADER, "kid": "../../etc/passwd"}, "HS256", id="10-kid-path"),
        pytest.param({**HEADER, "kid": ["1"]}, "HS256", id="10-kid-list"),
        pytest.param({**HEADER, "jwk": {"kty": "oct", "k": part(KEY.encode())}}, "HS256", id="10-jwk"),
        pytest.param({**HEADER, "jku": "http://127.0.0.1:1/"}, "HS256", id="10-jku"),
        pytest.param({**HEADER, "x5u": "http://127.0.0.1:1/"}, "HS256", id="10-x5u"),
        pytest.param({**HEADER, "crit": ["exp"]}, "HS256", id="11-crit"),
        pytest.param({**HEADER, "b64": False, "crit": ["b64"]}, "HS256", id="11-b64"),
        pytest.param({"alg": "HS256", "typ": "JWT"}, "HS256", id="11-typ"),
        pytest.param({"alg": "HS256"}, "HS256", id="11-no-typ"),
        pytest.param([], "HS256", id="11-list"),
        pytest.param(None, "HS256", id="11-null"),
    ],
)
def test_refuses_another_header_however_well_signed(tokens: Tokens, header: object, algorithm: str):
    payload = compact(claims_of(tokens.issue(ANN, role=Role.VIEWER).text))

    assert tokens.read(signed(header, payload, algorithm=algorithm)) is Refusal.BAD_TOKEN


@pytest.mark.attack(6)
def test_refuses_a_token_without_a_signature(tokens: Tokens):
    payload = part(compact(claims_of(tokens.issue(ANN, role=Role.VIEWER).text)))
    header = part(compact({"alg": "none", "typ": "marax+jwt"}))

    assert tokens.read(f"{header}.{payload}.") is Refusal.BAD_TOKEN
    assert tokens.read(f"{header}.{payload}.AAAA") is Refusal.BAD_TOKEN


@pytest.mark.attack(7)
@pytest.mark.parametrize(
    "spoil",
    [
        pytest.param(lambda h, p, s: f"{h}.{p[:-4]}AAAA.{s}", id="7-payload"),
        pytest.param(lambda h, p, s: f"{h}.{p}.{s[:-6]}AAAAAA", id="7-signature"),
        pytest.param(lambda h, p, s: f"{h}.{p}.{s[:-4]}", id="7-truncated"),
        pytest.param(lambda h, p, _: f"{h}.{p}", id="7-two-parts"),
        pytest.param(lambda h, p, s: f"{h}.{p}.{s}.", id="7-three-dots"),
        pytest.param(lambda h, p, s: f"{h}.{p}.{s}.{s}.{s}", id="7-five-parts"),
        pytest.param(lambda h, p, s: f"{h}.{p}.{s}==", id="7-padding"),
        pytest.param(lambda h, p, s: f" {h}.{p}.{s}", id="7-space"),
        pytest.param(lambda h, p, s: f"{h}.{p}.{s}\n", id="7-newline"),
        pytest.param(lambda h, p, s: f"{h}.{p}.{s}é\udcff", id="7-not-ascii"),
        pytest.param(lambda h, p, _: f"{h}.{p}.{'A' * 1_000_000}", id="7-1MB"),
        pytest.param(lambda *_: "", id="7-empty"),
        pytest.param(lambda *_: "..", id="7-dots"),
    ],
)
def test_refuses_what_is_not_whole(tokens: Tokens, spoil):
    token = tokens.issue(ANN, role=Role.VIEWER).text

    assert tokens.read(spoil(*token.split("."))) is Refusal.BAD_TOKEN


@pytest.mark.attack(8, 9, 14)
@pytest.mark.parametrize(
    "changes",
    [
        pytest.param({"exp": str(NOW + 300)}, id="8-exp-text"),
        pytest.param({"exp": NOW + 300.0}, id="8-exp-float"),
        pytest.param({"exp": True}, id="8-exp-bool"),
        pytest.param({"exp": None}, id="8-exp-null"),
        pytest.param({"exp": float("nan")}, id="8-exp-nan"),
        pytest.param({"exp": float("inf")}, id="8-exp-infinity"),
        pytest.param({"exp": 10**30}, id="8-exp-huge"),
        pytest.param({"exp": NOW + 10 * 365 * 86400}, id="8-exp-10-years"),
        pytest.param({"exp": NOW + 301}, id="8-exp-beyond-lifetime"),
        pytest.param({"iat": NOW + 60, "nbf": NOW + 60, "exp": NOW + 300}, id="8-iat-future"),
        pytest.param({"nbf": NOW + 60}, id="8-nbf-future"),
        pytest.param({"nbf": NOW - 1}, id="8-nbf-before-iat"),
        pytest.param({"auth_time": NOW + 60}, id="8-auth-time-future"),
        pytest.param({"auth_time": NOW - 8 * 3600}, id="14-session-over"),
        pytest.param({"iat": -1}, id="8-iat-negative"),
        pytest.param({"iss": "somebody"}, id="9-iss"),
        pytest.param({"aud": "marax-alertbridge"}, id="9-aud"),
        pytest.param({"aud": ["marax-exporter"]}, id="9-aud-list"),
        pytest.param({"aud": ["marax-exporter", "all"]}, id="9-aud-more"),
        pytest.param({"sub": 1}, id="9-sub-number"),
        pytest.param({"sub": ""}, id="9-sub-empty"),
        pytest.param({"sub": "a\nb"}, id="9-sub-newline"),
        pytest.param({"role": "root"}, id="9-role-unknown"),
        pytest.param({"role": 3}, id="9-role-number"),
        pytest.param({"jti": "x"}, id="9-jti-short"),
        pytest.param({"scope": "all"}, id="9-unknown-claim"),
    ],
)
def test_refuses_other_claims_however_well_signed(tokens: Tokens, changes: dict[str, object]):
    assert tokens.read(forged(tokens, changes)) is Refusal.BAD_TOKEN


@pytest.mark.attack(9)
@pytest.mark.parametrize("claim", Claims.__struct_fields__, ids="9-without-{}".format)
def test_refuses_a_token_that_leaves_a_claim_out(tokens: Tokens, claim: str):
    assert tokens.read(forged(tokens, without=claim)) is Refusal.BAD_TOKEN


@pytest.mark.attack(8)
@pytest.mark.parametrize(
    "rewrite",
    [
        pytest.param(
            lambda payload: payload.replace(b'"sub":"ann"', b'"sub":"ada","sub":"ann"'), id="duplicate"
        ),
        pytest.param(lambda payload: payload.replace(b'"sub"', b' "sub"'), id="space"),
        pytest.param(lambda payload: payload.replace(b"ann", rb"\u0061nn"), id="escape"),
        pytest.param(lambda payload: payload + b"\n", id="newline"),
        pytest.param(lambda _: b"[]", id="list"),
        pytest.param(lambda _: b"null", id="null"),
        pytest.param(lambda _: b"[" * 1000 + b"]" * 1000, id="nested"),
        pytest.param(lambda _: b"\xff\xfe", id="not-text"),
        pytest.param(lambda _: b"", id="empty"),
    ],
)
def test_refuses_claims_written_in_another_way(tokens: Tokens, rewrite):
    payload = compact(claims_of(tokens.issue(ANN, role=Role.VIEWER).text))

    assert tokens.read(signed(HEADER, rewrite(payload))) is Refusal.BAD_TOKEN


@pytest.mark.attack(8)
def test_refuses_an_expired_token(clock: FakeClock, tokens: Tokens):
    token = tokens.issue(ANN, role=Role.VIEWER).text

    clock.advance(299)
    assert isinstance(tokens.read(token), Claims)
    clock.advance(1)
    assert tokens.read(token) is Refusal.EXPIRED_TOKEN


@pytest.mark.attack(64)
@pytest.mark.parametrize("step", [-3600, 3600], ids="64{:+}".format)
def test_a_clock_that_steps_makes_no_token_last_longer(clock: FakeClock, tokens: Tokens, step: int):
    token = tokens.issue(ANN, role=Role.VIEWER).text

    clock.jump(step)

    assert isinstance(tokens.read(token), Refusal)


def test_bears_clocks_that_differ_by_a_few_seconds(clock: FakeClock, tokens: Tokens):
    token = tokens.issue(ANN, role=Role.VIEWER).text

    clock.jump(-10)
    assert isinstance(tokens.read(token), Claims)
    clock.jump(-1)
    assert tokens.read(token) is Refusal.BAD_TOKEN


def test_a_token_ends_with_its_session(tokens: Tokens):
    token = tokens.issue(ANN, role=Role.VIEWER, began=NOW - 8 * 3600 + 100)

    assert token.expires_in_seconds == 100
    assert isinstance(tokens.read(token.text), Claims)


def test_shorter_settings_hold_for_tokens_issued_before(clock: FakeClock, tokens: Tokens):
    token = tokens.issue(ANN, role=Role.VIEWER).text

    for settings in (
        TokenSettings(lifetime_seconds=LifetimeSeconds(60)),
        TokenSettings(max_session_seconds=SessionSeconds(60)),
    ):
        assert Tokens(Secret(KEY), settings, clock).read(token) is Refusal.BAD_TOKEN


def test_a_token_can_be_dated_ahead(tokens: Tokens):
    token = tokens.issue(ANN, role=Role.VIEWER, not_before=NOW + 1)

    claims = tokens.read(token.text)

    assert isinstance(claims, Claims)
    assert (claims.iat, claims.exp, token.expires_in_seconds) == (NOW + 1, NOW + 301, 300)


def test_its_mark_changes_with_the_password_and_the_key(clock: FakeClock, tokens: Tokens):
    password_hash = fake_hash_of(b"x")

    mark = tokens.mark(password_hash)

    assert mark == tokens.mark(fake_hash_of(b"x"))
    assert mark != tokens.mark(fake_hash_of(b"y"))
    assert mark != Tokens(Secret("x" * 43), TokenSettings(), clock).mark(password_hash)


@given(
    st.text(max_size=200)
    | st.binary(max_size=200).map(lambda content: f"{part(content)}." * 2 + part(content))
)
def test_takes_any_text_for_a_bad_token(text: str):
    tokens = Tokens(Secret(KEY), TokenSettings(), FakeClock())

    assert tokens.read(text) is Refusal.BAD_TOKEN


@given(
    st.dictionaries(
        st.sampled_from(Claims.__struct_fields__), st.none() | st.booleans() | st.integers() | st.text()
    )
)
def test_takes_any_claims_for_good_only_if_they_are_ours(changes: dict[str, object]):
    tokens = Tokens(Secret(KEY), TokenSettings(), FakeClock(NOW))

    read = tokens.read(forged(tokens, changes))

    assert not isinstance(read, Claims) or msgspec.to_builtins(read).items() >= changes.items()
