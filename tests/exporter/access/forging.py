"""Tokens made by somebody who has the key, and says with it what the exporter never would."""

import base64
import hashlib
import hmac
import json
from typing import Any

KEY = "k" * 43
HEADER = {"alg": "HS256", "typ": "marax+jwt"}
HASHES = {"HS256": hashlib.sha256, "HS384": hashlib.sha384, "HS512": hashlib.sha512}


def part(content: bytes) -> str:
    return base64.urlsafe_b64encode(content).decode().rstrip("=")


def compact(value: object) -> bytes:
    return json.dumps(value, separators=(",", ":")).encode()


def signed(header: object, payload: bytes, *, key: str = KEY, algorithm: str = "HS256") -> str:
    """Return *payload* signed as it stands, by somebody who has the key."""
    signing = f"{part(compact(header))}.{part(payload)}"
    digest = hmac.new(key.encode(), signing.encode(), HASHES[algorithm]).digest()
    return f"{signing}.{part(digest)}"


def claims_of(token: str) -> dict[str, Any]:
    payload = token.split(".")[1]
    claims: dict[str, Any] = json.loads(base64.urlsafe_b64decode(payload + "=="))
    return claims
