"""A stand-in for an OpenID Connect provider on loopback: discovery, authorization, token, keys, and a key of its own.

It keeps what the specifications ask of a provider: a code is good once, for the client, address and PKCE verifier it
was made for. What it must not do, a test makes it do.
"""

import secrets
from base64 import b64decode, urlsafe_b64encode
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any
from urllib.parse import parse_qs, unquote, urlencode, urlsplit

from fastapi import FastAPI, Request, Response
from fastapi.responses import JSONResponse, RedirectResponse
from joserfc import jwt
from joserfc.jwk import RSAKey
from unattended import Clock

from latsar_sync.web.server import WebServer

CLIENT, SECRET = "latsar", "rahasia-klien-OIDC"
Claims = dict[str, Any]


@dataclass
class SignInProvider:
    """The provider, up within a ``with`` block. ``person`` is who signs in there; ``spoil`` changes their ID token."""

    clock: Clock
    person: Claims = field(default_factory=dict)
    spoil: Callable[[Claims], Any] = lambda claims: None
    sign: Callable[[Claims], str] | None = None
    metadata: Claims = field(default_factory=dict)
    token_status: int = 200
    down: bool = False
    moved: bool = False
    seen: list[str] = field(default_factory=list)
    given: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.key = RSAKey.generate_key(2048, {"kid": "satu", "use": "sig", "alg": "RS256"})
        self._codes: dict[str, Mapping[str, str]] = {}
        app = FastAPI()
        app.get("/realms/dinas/.well-known/openid-configuration")(self._discovery)
        app.get("/authorize")(self._authorize)
        app.post("/token")(self._token)
        app.get("/keys")(self._keys)
        app.get("/new-keys")(self._shown_keys)
        self._server = WebServer(app, "127.0.0.1", 0)

    def __enter__(self) -> "SignInProvider":
        self._server.__enter__()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.__exit__()

    def reset(self, person: Claims) -> None:
        """Behave well again."""
        self.person, self.metadata, self.token_status, self.down, self.moved = person, {}, 200, False, False
        self.spoil, self.sign = (lambda claims: None), None
        self.seen.clear()
        self.given.clear()

    @property
    def root(self) -> str:
        """Its address."""
        return f"http://127.0.0.1:{self._server.port}"

    @property
    def issuer(self) -> str:
        """Who it says it is."""
        return f"{self.root}/realms/dinas"

    def authorize(self, address: str) -> str:
        """Sign the person in, as a browser that was sent to ``address``; return where it is sent back to."""
        asked = {name: values[0] for name, values in parse_qs(urlsplit(address).query).items()}
        assert asked["client_id"] == CLIENT
        assert asked["response_type"] == "code"
        assert asked["code_challenge_method"] == "S256"
        assert "openid" in asked["scope"].split()
        code = secrets.token_urlsafe(8)
        self.given.append(code)
        self._codes[code] = asked
        return f"{asked['redirect_uri']}?{urlencode({'code': code, 'state': asked['state']})}"

    def _authorize(self, request: Request) -> RedirectResponse:
        return RedirectResponse(self.authorize(str(request.url)), 303)

    def _discovery(self, request: Request) -> JSONResponse:
        self.seen.append("discovery")
        if self.down:
            return JSONResponse({}, 503)
        return JSONResponse(
            {
                "issuer": self.issuer,
                "authorization_endpoint": f"{self.root}/authorize",
                "token_endpoint": f"{self.root}/token",
                "jwks_uri": f"{self.root}/keys",
                "end_session_endpoint": f"{self.root}/logout",
                **self.metadata,
            }
        )

    def _keys(self) -> Response:
        self.seen.append("keys")
        return RedirectResponse("/new-keys") if self.moved else self._shown_keys()

    def _shown_keys(self) -> JSONResponse:
        return JSONResponse({"keys": [self.key.as_dict(private=False)]})

    async def _token(self, request: Request) -> JSONResponse:
        self.seen.append("token")
        if self.down or self.token_status != 200:
            return JSONResponse({"error": "server_error", "error_description": SECRET}, self.token_status)
        assert not request.url.query
        form = {name: values[0] for name, values in parse_qs((await request.body()).decode()).items()}
        asked = self._codes.pop(form["code"], None)
        if asked is None or not self._is_the_client(request):
            return JSONResponse({"error": "invalid_grant"}, 400)
        challenge = urlsafe_b64encode(sha256(form["code_verifier"].encode()).digest()).decode().rstrip("=")
        if challenge != asked["code_challenge"] or form["redirect_uri"] != asked["redirect_uri"]:
            return JSONResponse({"error": "invalid_grant"}, 400)
        token = self._id_token(asked["nonce"])
        self.given += [token, "akses-rahasia"]
        return JSONResponse({"access_token": "akses-rahasia", "token_type": "Bearer", "id_token": token})

    @staticmethod
    def _is_the_client(request: Request) -> bool:
        kind, _, text = request.headers.get("authorization", "").partition(" ")
        name, _, secret = b64decode(text).decode().partition(":")
        return (kind, unquote(name), unquote(secret)) == ("Basic", CLIENT, SECRET)

    def _id_token(self, nonce: str) -> str:
        now = int(self.clock().timestamp())
        claims = {"iss": self.issuer, "sub": "u-1", "aud": CLIENT, "iat": now, "exp": now + 300, "nonce": nonce}
        claims |= self.person
        self.spoil(claims)
        if self.sign is not None:
            return self.sign(claims)
        return jwt.encode({"alg": "RS256", "kid": "satu"}, claims, self.key)
