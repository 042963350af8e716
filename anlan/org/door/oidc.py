"""OpenID Connect, the authorization-code flow with PKCE, by Authlib: signature, issuer, audience, time and nonce are checked.

Needs the extra `sso`, which is imported only when a service is asked.
"""

import datetime as dt
import hmac
import secrets
from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

from anlan.org.door.outside import Provider, require_secure, silent

# Signatures with a published key only: "none" and shared secrets are no proof of who signed.
ALGORITHMS = ["RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA"]
LEEWAY_SECONDS = 60


def begin(provider: Provider, *, back: str, is_again: bool = False) -> tuple[str, dict[str, str]]:
    """Return the address to send the browser to, and the state to keep in the session.

    With `is_again` the service is to ask its user, also one whom it knows in this browser, and to say when it did.
    """
    from authlib.integrations.requests_client import OAuth2Session

    kept = {name: secrets.token_urlsafe(32) for name in ("state", "nonce", "verifier")}
    door = str(_described(provider)["authorization_endpoint"])
    require_secure(door)
    session = OAuth2Session(provider.client_id, scope="openid profile", redirect_uri=back, code_challenge_method="S256")
    anew = {"prompt": "login", "max_age": "0"} if is_again else {}
    address, _state = session.create_authorization_url(
        door, state=kept["state"], nonce=kept["nonce"], code_verifier=kept["verifier"], **anew
    )
    return str(address), kept


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
    tokens = _exchanged(provider, said["code"], kept["verifier"], described, back=back)
    claims = _checked(provider, tokens, described, nonce=kept["nonce"])
    return str(claims["sub"]), claims


def asked_just_now(claims: Mapping[str, Any], *, now: dt.datetime, within: int) -> bool | None:
    """Tell whether the service asked its user within so many seconds; null where it does not say when."""
    at = claims.get("auth_time")
    if isinstance(at, bool) or not isinstance(at, int | float):
        return None
    return -LEEWAY_SECONDS <= now.timestamp() - at <= within


def _described(provider: Provider) -> dict[str, Any]:
    from anlan.org.door.careful import fetch_json

    described = fetch_json(f"{provider.server}/.well-known/openid-configuration")
    wanted = ("authorization_endpoint", "token_endpoint", "jwks_uri")
    if str(described.get("issuer", "")).rstrip("/") != provider.server or not all(described.get(one) for one in wanted):
        raise silent()
    return described


def _exchanged(
    provider: Provider, code: str, verifier: str, described: Mapping[str, Any], *, back: str
) -> Mapping[str, Any]:
    """Return the tokens for a code. Name and secret go percent-encoded (RFC 6749, 2.3.1), which Authlib leaves to its caller."""
    import requests
    from authlib.common.errors import AuthlibBaseError
    from authlib.integrations.requests_client import OAuth2Session

    from anlan.org.door.careful import careful

    pair = (quote(provider.client_id, safe=""), quote(provider.client_secret, safe=""))
    session = careful(
        OAuth2Session(*pair, redirect_uri=back, token_endpoint_auth_method="client_secret_basic")  # noqa: S106  the name of a method
    )
    try:
        tokens: Mapping[str, Any] = session.fetch_token(
            str(described["token_endpoint"]), code=code, code_verifier=verifier, grant_type="authorization_code"
        )
    except (AuthlibBaseError, requests.RequestException, ValueError, TypeError, AttributeError) as error:
        raise silent() from error
    return tokens


def _checked(
    provider: Provider, tokens: Mapping[str, Any], described: Mapping[str, Any], *, nonce: str
) -> dict[str, Any]:
    from authlib.common.errors import AuthlibBaseError
    from authlib.oidc.core import CodeIDToken
    from joserfc import jwt
    from joserfc.errors import JoseError

    from anlan.org.door.careful import fetch_json

    text = str(tokens.get("id_token", ""))
    try:
        keys = fetch_json(str(described["jwks_uri"])).get("keys", [])
        token = jwt.decode(text, lambda signed: _key(keys, signed.headers().get("kid")), algorithms=ALGORITHMS)
        claims = CodeIDToken(
            token.claims,
            token.header,
            options={
                "iss": {"essential": True, "value": described["issuer"]},
                "aud": {"essential": True, "value": provider.client_id},
            },
            params={"client_id": provider.client_id, "nonce": nonce, "access_token": tokens.get("access_token")},
        )
        claims.validate(leeway=LEEWAY_SECONDS)
    except (JoseError, AuthlibBaseError, ValueError, TypeError, KeyError, AttributeError) as error:
        raise silent() from error
    if not isinstance(claims.get("sub"), str) or not claims["sub"]:
        raise silent()
    return dict(claims)


def _key(keys: list[dict[str, Any]], wanted: Any) -> Any:
    """Return the published key of that name; without a name the only one. Keys of kinds that we do not know are passed over."""
    from joserfc.errors import JoseError
    from joserfc.jwk import JWKRegistry

    found = []
    for one in keys:
        try:
            found.append((one.get("kid"), JWKRegistry.import_key(one)))
        except (JoseError, ValueError, TypeError, KeyError, AttributeError):
            continue
    fitting = [key for name, key in found if name == wanted] if wanted is not None else [key for _name, key in found]
    if not fitting or (wanted is None and len(fitting) > 1):
        raise silent()
    return fitting[0]
