"""What is asked of an OpenID Connect provider, and the proof that its answer must hold before anybody is let in.

The authorization code flow with PKCE. Errors of the libraries never leave this file: they hold codes, tokens and
the secret.
"""

import re
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any, TypeVar
from urllib.parse import urlencode, urlsplit

import requests
from authlib.integrations.base_client import OAuthError
from authlib.integrations.requests_client import OAuth2Session
from authlib.oidc.core import CodeIDToken
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet
from joserfc.jws import JWSRegistry
from urllib3.exceptions import HTTPError

from latsar_sync.domain.errors import LatsarError
from latsar_sync.domain.language import _
from latsar_sync.service.outbound import BoundedAdapter
from latsar_sync.settings import OidcSettings
from latsar_sync.settings.addresses import is_loopback

ALGORITHMS = ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512")
"""Signatures by a key pair of the provider; one by a shared secret, or none, proves nothing."""
LEEWAY_SECONDS = 60
TIMEOUT_SECONDS = (5.0, 10.0)
METADATA_LASTS = timedelta(hours=1)
SILENCE_LASTS = timedelta(seconds=10)
"""So long nobody waits again for a provider that has just not answered."""
EMAIL = "email"

T = TypeVar("T")
Metadata = dict[str, Any]


class ProviderError(LatsarError):
    """The provider let nobody in. What is said of it is for whoever signs in; ``errorcode`` is for the log."""

    def __init__(self, message: str, remedy: str = "", errorcode: str = "") -> None:
        super().__init__(message, remedy)
        self.errorcode = errorcode


class ProviderUnavailable(ProviderError):
    """It does not answer as it should."""


class ProviderRefuses(ProviderError):
    """It does not prove who somebody is."""


class Provider:
    """The provider of ``settings``; ``return_to`` is the address that it sends people back to. Safe between threads.

    Every method that asks it raises ProviderUnavailable if it does not answer, ProviderRefuses if its answer is not
    good; their ``errorcode`` says in a few English words, for the log, what was wrong.
    """

    def __init__(self, settings: OidcSettings, return_to: str, clock: Callable[[], datetime]) -> None:
        self._settings, self._return_to, self._clock = settings, return_to, clock
        self._known: tuple[datetime, Metadata] | None = None
        self._silent: tuple[datetime, str] | None = None

    @property
    def name(self) -> str:
        """What it is called on the pages."""
        return self._settings.name

    def way_in(self, state: str, nonce: str, verifier: str) -> str:
        """Return the address at the provider where somebody signs in; it holds a hash of ``verifier`` (PKCE)."""
        address = self._metadata()["authorization_endpoint"]
        with self._session() as session:
            url, _state = session.create_authorization_url(address, state=state, code_verifier=verifier, nonce=nonce)
        return str(url)

    def identity(self, code: str, nonce: str, verifier: str) -> str:
        """Return whom a code stands for: the verified name that the configured claim of the ID token gives.

        Signature, issuer, audience, times and nonce of the token are checked (OpenID Connect Core 1.0, 3.1.3.7).
        """
        metadata = self._metadata()
        answer = self._ask(lambda: self._fetch_token(metadata, code, verifier))
        keys = self._get(metadata["jwks_uri"])
        return self._name_in(self._ask(lambda: self._proved(answer, keys, nonce)))

    def way_out(self) -> str | None:
        """Return the address at the provider where somebody signs out there, None if none is known. Asks nobody."""
        address = self._known[1].get("end_session_endpoint") if self._known else None
        if not isinstance(address, str) or not _is_safe(address):
            return None
        return f"{address}{'&' if '?' in address else '?'}{urlencode({'client_id': self._settings.client_id})}"

    def _metadata(self) -> Metadata:
        """Return what the provider says of itself (OpenID Connect Discovery 1.0, 4), as read within the last hour."""
        now = self._clock()
        if self._known and self._known[0] <= now < self._known[0] + METADATA_LASTS:
            return self._known[1]
        if self._silent and self._silent[0] <= now < self._silent[0] + SILENCE_LASTS:
            raise self._unavailable(self._silent[1])
        try:
            metadata = self._get(self._settings.issuer.rstrip("/") + "/.well-known/openid-configuration")
        except ProviderUnavailable as error:
            self._silent = now, error.errorcode
            raise
        self._check(metadata)
        self._known = now, metadata
        return metadata

    def _check(self, metadata: Metadata) -> None:
        if metadata.get("issuer") != self._settings.issuer:
            raise ProviderRefuses(
                _("{name} calls itself by another address than service.oidc.issuer.").format(name=self.name),
                _("The administrator of latsar-sync must correct issuer, letter by letter."),
                errorcode="another issuer",
            )
        for name in ("authorization_endpoint", "token_endpoint", "jwks_uri"):
            address = metadata.get(name)
            if not isinstance(address, str) or not _is_safe(address):
                raise ProviderRefuses(
                    _("{name} names no safe address as its {what}.").format(name=self.name, what=name),
                    _("It must be one that begins with https://."),
                    errorcode="unsafe address",
                )

    def _fetch_token(self, metadata: Metadata, code: str, verifier: str) -> Metadata:
        # a provider that names no way is asked by the one that all must know (Discovery 1.0, 3)
        ways = metadata.get("token_endpoint_auth_methods_supported") or ["client_secret_basic"]
        way = "client_secret_basic" if "client_secret_basic" in ways else "client_secret_post"
        with self._session(token_endpoint_auth_method=way) as session:
            return dict(session.fetch_token(metadata["token_endpoint"], code=code, code_verifier=verifier))

    def _proved(self, answer: Metadata, keys: Any, nonce: str) -> CodeIDToken:
        registry = JWSRegistry(algorithms=ALGORITHMS, strict_check_header=False)
        token = jwt.decode(answer["id_token"], KeySet.import_key_set(keys), registry=registry)
        client = self._settings.client_id
        expected = {
            "iss": {"essential": True, "value": self._settings.issuer},
            "aud": {"essential": True, "value": client},
        }
        given = {"nonce": nonce, "client_id": client, "access_token": answer.get("access_token")}
        claims = CodeIDToken(token.claims, token.header, expected, given)
        claims.validate(now=int(self._clock().timestamp()), leeway=LEEWAY_SECONDS)
        return claims

    def _name_in(self, claims: CodeIDToken) -> str:
        claim = self._settings.claim
        name = claims.get(claim)
        if not isinstance(name, str) or not name.strip() or not name.isprintable():
            raise ProviderRefuses(
                _('{name} does not tell your "{claim}".').format(name=self.name, claim=claim),
                _("Ask the administrator of latsar-sync: service.oidc.claim must be one that stands in the ID token."),
                errorcode="no such claim",
            )
        if claim == EMAIL and claims.get("email_verified") is not True:
            raise ProviderRefuses(
                _("{name} has not verified your e-mail address.").format(name=self.name),
                _("Verify it there, then sign in again."),
                errorcode="e-mail not verified",
            )
        return name.strip()

    def _get(self, address: str) -> Metadata:
        def read() -> Any:
            with self._session() as session:
                answer = session.get(address, withhold_token=True)
                answer.raise_for_status()
                return answer.json()

        content = self._ask(read)
        if not isinstance(content, dict):
            raise self._nonsense("no JSON object")
        return content

    def _ask(self, call: Callable[[], T]) -> T:
        """Return what a call gives; its errors become ours, without a trace of theirs, which know secrets."""
        trouble: LatsarError
        try:
            return call()
        except requests.HTTPError as error:
            trouble = self._unavailable(f"HTTP {error.response.status_code}")
        except requests.JSONDecodeError:
            trouble = self._nonsense("no JSON")
        except (requests.RequestException, HTTPError) as error:
            trouble = self._unavailable(type(error).__name__)
        except OAuthError as error:
            trouble = self._nonsense(error_code(error.error))
        except JoseError as error:
            trouble = self._nonsense(str(error)[:100])
        except OSError as error:  # its certificates cannot be read
            trouble = self._unavailable(type(error).__name__)
        except (ValueError, KeyError, TypeError, OverflowError, RecursionError) as error:
            trouble = self._nonsense(type(error).__name__)
        raise trouble  # outside the except blocks, so that it carries no context

    def _unavailable(self, what: str) -> LatsarError:
        return ProviderUnavailable(
            _("{name} does not answer as it should ({what}).").format(name=self.name, what=what),
            _("Try again later, or sign in with your password of latsar-sync."),
            errorcode=what,
        )

    def _nonsense(self, what: str) -> LatsarError:
        return ProviderRefuses(
            _("What {name} answered does not prove who you are ({what}).").format(name=self.name, what=what),
            _("Sign in again. If it happens again, tell the administrator of latsar-sync."),
            errorcode=what,
        )

    def _session(self, **how: Any) -> OAuth2Session:
        oidc = self._settings
        session = OAuth2Session(
            oidc.client_id,
            oidc.client_secret.get_secret_value(),
            scope="openid email" if oidc.claim == EMAIL else "openid profile",
            redirect_uri=self._return_to,
            code_challenge_method="S256",
            default_timeout=TIMEOUT_SECONDS,
            trust_env=False,  # no proxy, certificate file or password from the environment (rule 18)
            max_redirects=0,
            proxies={"http": oidc.proxy, "https": oidc.proxy} if oidc.proxy else {},
            verify=str(oidc.ca_bundle) if oidc.ca_bundle else True,
            **how,
        )
        for scheme in ("https://", "http://"):
            session.mount(scheme, BoundedAdapter())
        return session


def error_code(text: object) -> str:
    """Return a provider's error code (RFC 6749, 4.1.2.1), a question mark for anything that is none."""
    return text if isinstance(text, str) and re.fullmatch("[a-z_]{1,40}", text) else "?"


def _is_safe(address: str) -> bool:
    try:
        parts = urlsplit(address)
        return bool(parts.hostname) and (
            parts.scheme == "https" or (parts.scheme == "http" and is_loopback(parts.hostname or ""))
        )
    except ValueError:
        return False
