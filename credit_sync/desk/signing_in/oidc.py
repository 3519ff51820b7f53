"""Sign-in at an OpenID Connect provider (OpenID Connect Core 1.0, code flow): discovery, PKCE, state and nonce by Authlib."""

import asyncio
from typing import Any
from urllib.parse import urlencode, urlsplit

import httpx2
from authlib.common.errors import AuthlibBaseError  # type: ignore[import-untyped]
from authlib.integrations.starlette_client import OAuth  # type: ignore[import-untyped]
from joserfc.errors import JoseError
from starlette.requests import Request
from starlette.responses import Response

from credit_sync.desk.rights import User
from credit_sync.desk.signing_in.claims import user_from, word, words
from credit_sync.desk_settings import OidcSignIn
from credit_sync.errors import CreditSyncError
from credit_sync.secret import secret

_ALGORITHMS = ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA")
"""Signatures with a key of the provider's own; never `none`, never one that our client secret could make."""
_LEEWAY_SECONDS = 60
_TIMEOUT_SECONDS = 10


class OidcClient:
    """The desk as a client of one provider. Its endpoints and keys are fetched when first needed."""

    def __init__(self, settings: OidcSignIn) -> None:
        self._settings = settings
        self._client: Any = OAuth().register(
            "provider",
            client_id=settings.client_id,
            client_secret=secret(settings.client_secret_env) if settings.client_secret_env else None,
            server_metadata_url=f"{settings.issuer.rstrip('/')}/.well-known/openid-configuration",
            client_kwargs={
                "scope": " ".join(dict.fromkeys(("openid", *settings.scopes))),
                "code_challenge_method": "S256",
                "timeout": _TIMEOUT_SECONDS,
                "token_endpoint_auth_method": "client_secret_basic" if settings.client_secret_env else "none",
            },
        )

    async def send_away(self, request: Request, back_to: str) -> Response:
        """To the provider; what is needed when the browser comes back is kept in `request.session`."""
        try:
            await self._metadata()
            response: Response = await self._client.authorize_redirect(request, back_to)
        except (AuthlibBaseError, httpx2.HTTPError, ValueError, RuntimeError, KeyError) as error:
            raise _unusable(error) from None
        return response

    async def take_back(self, request: Request) -> tuple[User, str]:
        """Who came back, with the signed token that says so.

        Raises CreditSyncError unless the provider's signed answer is for us, fresh and to our question.
        """
        if not any(key.endswith(f"_{request.query_params.get('state')}") for key in request.session):
            raise CreditSyncError("登录已过期，或不是从本页面发起的", remedy="请回到登录页重新登录")
        try:
            metadata = await self._metadata()
            expected = {
                "iss": {"essential": True, "value": metadata["issuer"]},
                "aud": {"essential": True, "value": self._settings.client_id},
            }
            token = await self._client.authorize_access_token(
                request, claims_options=expected, leeway=_LEEWAY_SECONDS
            )
        except (AuthlibBaseError, JoseError, httpx2.HTTPError, ValueError, RuntimeError, KeyError) as error:
            self._forget()
            raise _unusable(error) from None
        claims = token.get("userinfo")
        if not claims:
            raise CreditSyncError("登录平台没有给出身份令牌", remedy="请运维人员核对 desk.oidc.scopes 含有 openid")
        return self._user(claims), str(token["id_token"])

    async def way_out(self, hint: str, back_to: str) -> str:
        """Where a browser ends its session at the provider, and is sent back from (OpenID Connect RP-Initiated Logout 1.0).

        `hint`: the token of the sign-in, where it is known. '' where the provider offers no such thing, or does not answer.
        """
        try:
            offered = str((await self._metadata()).get("end_session_endpoint") or "")
        except (AuthlibBaseError, httpx2.HTTPError, ValueError, RuntimeError, KeyError):
            return ""
        if urlsplit(offered).scheme not in ("https", urlsplit(self._settings.issuer).scheme):
            return ""
        asked = {"client_id": self._settings.client_id, "post_logout_redirect_uri": back_to}
        query = urlencode(asked | ({"id_token_hint": hint} if hint else {}))
        return f"{offered}{'&' if '?' in offered else '?'}{query}"

    async def reach(self) -> None:
        """Asks the provider what it says of itself. Raises CreditSyncError where there is no using it."""
        try:
            await self._metadata()
        except (AuthlibBaseError, httpx2.HTTPError, ValueError, RuntimeError, KeyError) as error:
            raise CreditSyncError(
                f"登录平台 {self._settings.issuer} 没有答复，或答复不能采用（{_word_of(error)}）",
                remedy="请核对 desk.oidc.issuer、网络和证书",
            ) from None

    async def _metadata(self) -> dict[str, Any]:
        metadata: dict[str, Any] = await self._client.load_server_metadata()
        if str(metadata["issuer"]).rstrip("/") != self._settings.issuer.rstrip("/"):
            raise ValueError("issuer")
        offered = metadata.get("id_token_signing_alg_values_supported") or ["RS256"]
        metadata["id_token_signing_alg_values_supported"] = [a for a in offered if a in _ALGORITHMS] or ["RS256"]
        return metadata

    def _forget(self) -> None:
        """What the provider said of itself is asked for anew: it may have other keys by now, under the same name."""
        for known in ("_loaded_at", "jwks"):
            self._client.server_metadata.pop(known, None)

    def _user(self, claims: dict[str, Any]) -> User:
        settings = self._settings
        return user_from(
            word(claims.get(settings.user_claim)),
            word(claims.get(settings.title_claim)),
            words(claims.get(settings.roles_claim)),
            words(claims.get(settings.departments_claim)),
            settings,
        )


def probe(settings: OidcSignIn) -> str:
    """Asks the provider, and changes nothing; one line. Raises CreditSyncError where nobody can sign in there."""
    asyncio.run(OidcClient(settings).reach())
    return f"{settings.issuer} 有答复"


def _unusable(error: Exception) -> CreditSyncError:
    """What the provider did wrong, without anything that it said in words: that could be anybody's text."""
    return CreditSyncError(
        f"登录平台的答复不能采用（{_word_of(error)}）", remedy="请重新登录；仍不行请联系运维人员"
    )


def _word_of(error: Exception) -> str:
    kind = getattr(error, "error", "") or type(error).__name__
    word = kind if isinstance(kind, str) and kind.isascii() and kind.replace("_", "").isalnum() else "error"
    return word[:40]
