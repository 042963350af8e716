"""OpenID Connect, the authorization-code flow with PKCE. The ID token's signature, issuer, audience, time and nonce are checked.

Needs the extra `sso` (PyJWT), which is imported only when a service is configured.
"""

import base64
import hashlib
import hmac
import secrets
from collections.abc import Mapping
from typing import Any
from urllib.parse import quote, urlencode

from anlan.org.door.outside import Provider, fetch_json, require_secure, silent

# Signatures with a published key only: "none" and shared secrets are no proof of who signed.
ALGORITHMS = ["RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA"]
LEEWAY_SECONDS = 60


def begin(provider: Provider, *, back: str) -> tuple[str, dict[str, str]]:
    """Return the address to send the browser to, and the state to keep in the session."""
    kept = {name: secrets.token_urlsafe(32) for name in ("state", "nonce", "verifier")}
    challenge = base64.urlsafe_b64encode(hashlib.sha256(kept["verifier"].encode()).digest()).rstrip(b"=").decode()
    query = {
        "response_type": "code",
        "scope": "openid profile",
        "client_id": provider.client_id,
        "redirect_uri": back,
        "state": kept["state"],
        "nonce": kept["nonce"],
        "code_challenge": challenge,
        "code_challenge_method": "S256",
    }
    door = str(_described(provider)["authorization_endpoint"])
    require_secure(door)
    return f"{door}{'&' if '?' in door else '?'}{urlencode(query)}", kept


def finish(
    provider: Provider, said: Mapping[str, str], kept: Mapping[str, str], *, back: str
) -> tuple[str, dict[str, Any]]:
    """Return the subject and the claims of the ID token. Raises: OutsideRefused when anything does not fit."""
    if (
        not kept
        or not hmac.compare_digest(said.get("state", "").encode(), kept["state"].encode())
        or not said.get("code")
    ):
        raise silent()
    described = _described(provider)
    form = {
        "grant_type": "authorization_code",
        "code": said["code"],
        "redirect_uri": back,
        "code_verifier": kept["verifier"],
    }
    pair = f"{quote(provider.client_id, safe='')}:{quote(provider.client_secret, safe='')}"
    headers = {"Authorization": "Basic " + base64.b64encode(pair.encode()).decode(), "Accept": "application/json"}
    tokens = fetch_json(str(described["token_endpoint"]), form=form, headers=headers)
    claims = _checked(provider, str(tokens.get("id_token", "")), described)
    if not hmac.compare_digest(str(claims.get("nonce", "")).encode(), kept["nonce"].encode()):
        raise silent()
    return str(claims["sub"]), claims


def _described(provider: Provider) -> dict[str, Any]:
    described = fetch_json(f"{provider.server}/.well-known/openid-configuration")
    wanted = ("authorization_endpoint", "token_endpoint", "jwks_uri")
    if str(described.get("issuer", "")).rstrip("/") != provider.server or not all(described.get(one) for one in wanted):
        raise silent()
    return described


def _checked(provider: Provider, token: str, described: Mapping[str, Any]) -> dict[str, Any]:
    import jwt

    try:
        keys = jwt.PyJWKSet.from_dict(fetch_json(str(described["jwks_uri"]))).keys
        wanted = jwt.get_unverified_header(token).get("kid")
        key = next(one for one in keys if one.key_id == wanted or (wanted is None and len(keys) == 1))
        claims: dict[str, Any] = jwt.decode(
            token,
            key,
            algorithms=ALGORITHMS,
            audience=provider.client_id,
            issuer=described["issuer"],
            leeway=LEEWAY_SECONDS,
            options={"require": ["exp", "iat", "sub", "aud", "iss"]},
        )
    except (jwt.PyJWTError, StopIteration) as error:
        raise silent() from error
    if claims.get("azp", provider.client_id) != provider.client_id:
        raise silent()
    return claims
