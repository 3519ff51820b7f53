"""A real OpenID Connect provider on a port of this machine: discovery, keys, authorisation with PKCE, signed id tokens.

`Provider.said` is what it says of the user; `Provider.faults` makes it lie in one way, which a client has to notice.
"""

import base64
import hashlib
import json
import secrets
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

from joserfc import jwt
from joserfc.jwk import OctKey, RSAKey

from tests.servers import Answer, Request, json_answer, serve

CLIENT_ID, CLIENT_SECRET = "credit-desk", "s3cret-of-the-desk"


@dataclass
class Provider:
    """What the provider is and knows."""

    issuer: str = ""
    said: dict[str, Any] = field(default_factory=dict)
    faults: dict[str, Any] = field(default_factory=dict)
    key: RSAKey = field(default_factory=lambda: RSAKey.generate_key(2048, {"kid": "one"}))
    codes: dict[str, dict[str, str]] = field(default_factory=dict)
    tokens: int = 0
    end_session: str = ""
    """Where a session is ended; '' where the provider offers no such thing."""
    ended: list[dict[str, str]] = field(default_factory=list)
    """What was asked of it."""

    def respond(self, request: Request) -> Answer:
        """One request."""
        match request.path.removeprefix("/rows"):
            case "/.well-known/openid-configuration":
                return json_answer(self._metadata())
            case "/keys":
                return json_answer({"keys": [self.key.as_dict(private=False)]})
            case "/authorize":
                return self._authorise(request)
            case "/token":
                return self._token(request)
            case "/end":
                self.ended.append(request.query)
                return Answer(b"", 302, {"Location": request.query["post_logout_redirect_uri"]})
        return Answer(b"", 404)

    def _metadata(self) -> dict[str, Any]:
        return {
            "issuer": self.faults.get("metadata_issuer", self.issuer),
            "authorization_endpoint": f"{self.issuer}/authorize",
            "token_endpoint": f"{self.issuer}/token",
            "jwks_uri": f"{self.issuer}/keys",
            "response_types_supported": ["code"],
            "subject_types_supported": ["public"],
            "id_token_signing_alg_values_supported": ["RS256", "none", "HS256"],
            "code_challenge_methods_supported": ["S256"],
            **({"end_session_endpoint": self.end_session} if self.end_session else {}),
        }

    def _authorise(self, request: Request) -> Answer:
        asked = request.query
        fitting = asked.get("client_id") == CLIENT_ID and asked.get("response_type") == "code"
        if not fitting or asked.get("code_challenge_method") != "S256" or "openid" not in asked["scope"].split():
            return Answer(b"bad request", 400)
        code = secrets.token_urlsafe(8)
        self.codes[code] = asked
        back = {"code": code, "state": self.faults.get("state", asked["state"])}
        return Answer(b"", 302, {"Location": f"{asked['redirect_uri']}?{urlencode(back)}"})

    def _token(self, request: Request) -> Answer:
        form = {name: values[0] for name, values in parse_qs(request.body.decode()).items()}
        basic = base64.b64encode(f"{CLIENT_ID}:{CLIENT_SECRET}".encode()).decode()
        if request.headers.get("Authorization") != f"Basic {basic}":
            return json_answer({"error": "invalid_client"}, status=401)
        asked = self.codes.pop(form.get("code", ""), None)
        digest = hashlib.sha256(form.get("code_verifier", "").encode()).digest()
        challenge = base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
        if asked is None or challenge != asked["code_challenge"] or form["redirect_uri"] != asked["redirect_uri"]:
            return json_answer({"error": "invalid_grant"}, status=400)
        self.tokens += 1
        answer = {"access_token": secrets.token_urlsafe(8), "token_type": "Bearer", "expires_in": 60}
        if not self.faults.get("no_id_token"):
            answer["id_token"] = self._id_token(asked["nonce"])
        return json_answer(answer)

    def _id_token(self, nonce: str) -> str:
        now = int(time.time())
        claims = {"iss": self.issuer, "aud": CLIENT_ID, "iat": now, "exp": now + 300, "nonce": nonce, **self.said}
        claims |= self.faults.get("claims", {})
        claims = {name: value for name, value in claims.items() if value is not None}
        match self.faults.get("alg", "RS256"):
            case "none":
                return f"{_segment({'alg': 'none'})}.{_segment(claims)}."
            case "HS256":  # with what everybody can know of it: its public key
                shared = OctKey.import_key(self.key.as_pem(private=False))
                return jwt.encode({"alg": "HS256", "kid": "one"}, claims, shared, algorithms=["HS256"])
            case "stranger":
                stranger = RSAKey.generate_key(2048, {"kid": "one"})
                return jwt.encode({"alg": "RS256", "kid": "one"}, claims, stranger)
        token = jwt.encode({"alg": "RS256", "kid": "one"}, claims, self.key)
        if self.faults.get("tampered"):
            head, _, signature = token.split(".")
            token = f"{head}.{_segment(claims | {'roles': ['approver']})}.{signature}"
        return token


def _segment(content: dict[str, Any]) -> str:
    return base64.urlsafe_b64encode(json.dumps(content).encode()).rstrip(b"=").decode()


@contextmanager
def provider() -> Iterator[Provider]:
    """The provider, running."""
    made = Provider()
    with serve(made.respond) as server:
        made.issuer = server.url
        yield made


def path_of(address: str) -> str:
    """Path and query of an address."""
    parts = urlsplit(address)
    return f"{parts.path}?{parts.query}"
