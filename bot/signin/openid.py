"""Signing in by an organisation's OpenID provider: OpenID Connect Core 1.0, code flow, PKCE (RFC 7636)."""

import json
from base64 import urlsafe_b64decode
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final
from urllib.parse import quote_plus, urlencode

import aiohttp
from authlib.common.security import generate_token
from authlib.oauth2.rfc7636 import create_s256_code_challenge
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet
from joserfc.jwt import JWTClaimsRegistry

from bot.queue import Connection

ALGORITHMS: Final = ["RS256", "RS384", "RS512", "PS256", "ES256", "ES384", "EdDSA"]
"""Signatures with public keys only: a shared secret can't be mixed up with one of them."""
KEPT: Final = timedelta(hours=1)
"""How long what the provider says of itself is believed."""
ASKED_AGAIN: Final = timedelta(seconds=20)
"""How long after its keys were read they are read again for one that is not among them."""
LEEWAY: Final = 60
"""Seconds that clocks may be apart."""
MOST: Final = 256 * 1024
"""Bytes of an answer of the provider's."""
TIMEOUT: Final = aiohttp.ClientTimeout(total=8, connect=3)


class OpenIdError(Exception):
    """The provider could not be asked, or what it said does not hold; the text is for the log."""


@dataclass(frozen=True)
class Begun:
    """A sign-in on its way to the provider and back; kept in the browser, encrypted.

    Args:
        state: comes back with the answer.
        nonce: comes back within the token.
        verifier: proves to the provider that it is the same who began (PKCE).
        next: where to go on.
    """

    state: str
    nonce: str
    verifier: str
    next: str


@dataclass(frozen=True)
class Person:
    """Who somebody is, as the provider says.

    Args:
        issuer: the provider.
        subject: its own name of them, which never changes.
        email: their address, if the provider has verified it.
    """

    issuer: str
    subject: str
    email: str | None


class OpenId:
    """One provider, as its client."""

    def __init__(
        self, issuer: str, client_id: str, client_secret: str, back: str, session: aiohttp.ClientSession
    ) -> None:
        """Prepares.

        Args:
            issuer: the provider's address, as it is in its tokens.
            client_id: what it calls us.
            client_secret: what it knows us by.
            back: our address that it sends people back to.
            session: for calling it.
        """
        self._issuer, self._id, self._secret, self._back = issuer.rstrip("/"), client_id, client_secret, back
        self._session = session
        self._known: tuple[datetime, dict[str, Any], KeySet] | None = None

    async def begin(self, to: str) -> tuple[Begun, str]:
        """A new sign-in, and the provider's address to send the browser to.

        Args:
            to: where to go on afterwards.

        Raises:
            OpenIdError: the provider can't be asked.
        """
        about, _ = await self._about()
        begun = Begun(generate_token(32), generate_token(32), generate_token(64), to)
        query = {
            "response_type": "code", "client_id": self._id, "redirect_uri": self._back,
            "scope": "openid email profile", "state": begun.state, "nonce": begun.nonce,
            "code_challenge": create_s256_code_challenge(begun.verifier), "code_challenge_method": "S256",
        }  # fmt: skip
        return begun, f"{about['authorization_endpoint']}?{urlencode(query)}"

    async def finish(self, begun: Begun, code: str) -> Person:
        """Who came back.

        Args:
            begun: from `begin`, with the state compared.
            code: what the provider gave the browser for us.

        Raises:
            OpenIdError: the provider can't be asked, or its token does not hold.
        """
        about, keys = await self._about()
        answer = await self._ask(
            "POST", about["token_endpoint"],
            data={
                "grant_type": "authorization_code", "code": code, "redirect_uri": self._back,
                "code_verifier": begun.verifier, "client_id": self._id,
            },
            # RFC 6749, 2.3.1: both are form-encoded before they are put together
            headers={
                "Authorization": aiohttp.encode_basic_auth(quote_plus(self._id), quote_plus(self._secret))
            },
        )  # fmt: skip
        token = str(answer.get("id_token", ""))
        if self._renewed(token, keys):
            _, keys = await self._about()
        claims = self._claims(token, keys, begun.nonce)
        email = claims.get("email") if claims.get("email_verified") is True else None
        return Person(self._issuer, str(claims["sub"]), str(email).casefold() if email else None)

    def _renewed(self, token: str, keys: KeySet) -> bool:
        """Whether a token names a key that we have not seen, and it may be asked for (Core, 10.1.1)."""
        try:
            named = json.loads(urlsafe_b64decode(token.partition(".")[0] + "==")).get("kid")
        except (ValueError, AttributeError):
            return False
        assert self._known is not None
        if named is None or any(key.kid == named for key in keys):
            return False
        if self._known[0] > datetime.now(UTC) - ASKED_AGAIN:
            return False
        self._known = None
        return True

    def _claims(self, token: str, keys: KeySet, nonce: str) -> dict[str, Any]:
        """What a token says, once its signature and its claims were looked at (Core, 3.1.3.7)."""
        rules = JWTClaimsRegistry(
            now=int(datetime.now(UTC).timestamp()), leeway=LEEWAY,
            iss={"essential": True, "value": self._issuer}, aud={"essential": True, "value": self._id},
            sub={"essential": True}, exp={"essential": True}, iat={"essential": True},
            nonce={"essential": True, "value": nonce},
        )  # fmt: skip
        try:
            decoded = jwt.decode(token, keys, algorithms=ALGORITHMS)
            claims = {**decoded.claims, "iss": str(decoded.claims.get("iss", "")).rstrip("/")}
            rules.validate(claims)
        except (JoseError, ValueError, TypeError) as error:
            raise OpenIdError(f"the token does not hold ({type(error).__name__})") from None
        return claims

    async def _about(self) -> tuple[dict[str, Any], KeySet]:
        """What the provider says of itself (OpenID Connect Discovery 1.0), and its keys."""
        if self._known is not None and self._known[0] > datetime.now(UTC) - KEPT:
            return self._known[1], self._known[2]
        about = await self._ask("GET", f"{self._issuer}/.well-known/openid-configuration")
        if str(about.get("issuer", "")).rstrip("/") != self._issuer:
            raise OpenIdError("the provider calls itself by another name")
        try:
            keys = KeySet.import_key_set(await self._ask("GET", about["jwks_uri"]))  # type: ignore[arg-type]
        except (JoseError, KeyError, ValueError) as error:
            raise OpenIdError(f"the provider's keys can't be read ({type(error).__name__})") from None
        if not {"authorization_endpoint", "token_endpoint"} <= set(about):
            raise OpenIdError("the provider does not say where to sign in")
        self._known = datetime.now(UTC), about, keys
        return about, keys

    async def _ask(self, method: str, url: str, **more: Any) -> dict[str, Any]:
        try:
            async with self._session.request(
                method, url, timeout=TIMEOUT, allow_redirects=False, **more
            ) as answer:
                if answer.status != 200:
                    raise OpenIdError(f"the provider answered {answer.status}")
                raw = bytearray()
                async for piece in answer.content.iter_any():
                    raw += piece
                    if len(raw) > MOST:
                        raise OpenIdError("the provider talks without end")
                found = json.loads(raw)
        except (aiohttp.ClientError, OSError, TimeoutError, ValueError) as error:
            raise OpenIdError(f"the provider can't be asked ({type(error).__name__})") from None
        if not isinstance(found, dict):
            raise OpenIdError("the provider talks nonsense")
        return found


async def officer_of(connection: Connection, person: Person) -> int | None:
    """The active officer somebody is: by their identity, or the first time by their verified address.

    Nobody becomes an officer by signing in: an administrator has made them one.
    """
    known: int | None = await connection.fetchval(
        "SELECT o.id FROM officer_identity i JOIN officer o ON o.id = i.officer_id"
        " WHERE i.issuer = $1 AND i.subject = $2 AND o.active",
        person.issuer, person.subject,
    )  # fmt: skip
    if known is not None or person.email is None:
        return known
    # One identity of a provider for an officer: an address that changed hands opens no door.
    found: int | None = await connection.fetchval(
        "SELECT id FROM officer WHERE email = $1 AND active AND NOT EXISTS"
        " (SELECT 1 FROM officer_identity WHERE officer_id = officer.id AND issuer = $2)",
        person.email, person.issuer,
    )  # fmt: skip
    if found is not None:
        await connection.execute(
            "INSERT INTO officer_identity (issuer, subject, officer_id) VALUES ($1, $2, $3)"
            " ON CONFLICT DO NOTHING",
            person.issuer, person.subject, found,
        )  # fmt: skip
    return found
