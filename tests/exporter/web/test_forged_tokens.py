"""Forged tokens at the door; test_tokens.py has more. Numbers are rows of docs/attacks.md."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.exporter.access.forging import HEADER, claims_of, compact, part, signed
from tests.exporter.access.kit import Site, bearer
from tests.exporter.web.problems import assert_problem

Claims = dict[str, Any]
Forge = Callable[[Claims, str], str]


def said(changes: Claims) -> Forge:
    """Return what signs the claims with *changes*, rightly."""
    return lambda claims, key: signed(HEADER, compact(claims | changes), key=key)


def headed(header: object, algorithm: str = "HS256") -> Forge:
    """Return what signs the claims below another *header*."""
    return lambda claims, key: signed(header, compact(claims), key=key, algorithm=algorithm)


FORGED: dict[str, Forge] = {
    "6-none": lambda claims, _: (
        f"{part(compact({'alg': 'none', 'typ': 'marax+jwt'}))}.{part(compact(claims))}."
    ),
    "6-none-signed": headed({"alg": "none", "typ": "marax+jwt"}),
    "6-HS512": headed({"alg": "HS512", "typ": "marax+jwt"}, "HS512"),
    "6-RS256": headed({"alg": "RS256", "typ": "marax+jwt"}),
    "6-lower-case": headed({"alg": "hs256", "typ": "marax+jwt"}),
    "7-signature": lambda claims, key: signed(HEADER, compact(claims), key=key)[:-6] + "AAAAAA",
    "7-truncated": lambda claims, key: signed(HEADER, compact(claims), key=key)[:-4],
    "7-five-parts": lambda claims, key: signed(HEADER, compact(claims), key=key) + ".x.x",
    "7-1MB": lambda claims, key: signed(HEADER, compact(claims), key=key) + "A" * 1_000_000,
    "8-exp-text": lambda claims, key: said({"exp": str(claims["exp"])})(claims, key),
    "8-exp-nan": said({"exp": float("nan")}),
    "8-exp-bool": said({"exp": True}),
    "8-exp-10-years": lambda claims, key: said({"exp": claims["exp"] + 10 * 365 * 86400})(claims, key),
    "8-iat-future": lambda claims, key: said({"iat": claims["iat"] + 60, "nbf": claims["nbf"] + 60})(
        claims, key
    ),
    "8-nbf-future": lambda claims, key: said({"nbf": claims["nbf"] + 60})(claims, key),
    "9-iss": said({"iss": "somebody"}),
    "9-aud": said({"aud": "marax-alertbridge"}),
    "9-sub": said({"sub": "nobody"}),
    "9-role": said({"role": "root"}),
    "9-another-key": lambda claims, _: signed(HEADER, compact(claims), key="x" * 43),
    **{
        f"9-without-{name}": lambda claims, key, name=name: signed(  # type: ignore[misc] # bound to each name
            HEADER, compact({other: value for other, value in claims.items() if other != name}), key=key
        )
        for name in ("iss", "aud", "sub", "role", "iat", "nbf", "exp", "auth_time", "jti", "cred")
    },
    "10-kid": headed({**HEADER, "kid": "../../etc/passwd"}),
    "10-kid-list": headed({**HEADER, "kid": ["1"]}),
    "10-jwk": headed({**HEADER, "jwk": {"kty": "oct", "k": "AAAA"}}),
    "10-jku": headed({**HEADER, "jku": "http://127.0.0.1:1/"}),
    "10-x5u": headed({**HEADER, "x5u": "http://127.0.0.1:1/"}),
    "11-crit": headed({**HEADER, "crit": ["exp"]}),
    "11-typ": headed({"alg": "HS256", "typ": "JWT"}),
}


def claims_and_key(site: Site, folder: Path) -> tuple[Claims, str]:
    return claims_of(site.token()), (folder / "token.key").read_text().strip()


def test_what_is_signed_rightly_is_let_in(site: Site, tmp_path: Path):
    claims, key = claims_and_key(site, tmp_path)

    assert site.status(signed(HEADER, compact(claims), key=key)) == 200


@pytest.mark.attack(6, 7, 8, 9, 10, 11)
@pytest.mark.parametrize("forge", FORGED.values(), ids=FORGED.keys())
@pytest.mark.parametrize(("method", "path"), [("GET", "/stats"), ("POST", "/token"), ("POST", "/logout")])
def test_a_forged_token_opens_nothing(site: Site, tmp_path: Path, forge: Forge, method: str, path: str):
    forged = forge(*claims_and_key(site, tmp_path))

    answer = site.ask(method, path, headers=bearer(forged))

    assert_problem(answer, 401, "bad-token")
    assert answer.headers["WWW-Authenticate"] == 'Bearer realm="marax-exporter", error="invalid_token"'
