"""Signed requests, as provincial exchange platforms ask for them.

The string to sign: all query parameters of the request, those of the address, paging, `since`, the application key
and the timestamp included and only the signature itself left out, sorted by name (by code point) and written
`name=value` with `&` between, values as they are and not percent-encoded, as UTF-8. An example:

    appKey=demo&page=1&size=500&timestamp=1543536000000

`hmac-sha256`, `hmac-sm3`: HMAC of that string with the secret as key. `sm3`: SM3 (GB/T 32905-2016) of that string
followed by `&key=` and the secret. The signature is lower-case hexadecimal; the timestamp is Unix time in
milliseconds.

Other platforms sign a text of their own, `auth.text`, such as `{key}{secret}{timestamp}`: with `md5` and `sm3` as it
is, with an HMAC under the secret.
"""

import hashlib
import hmac
from collections.abc import Mapping

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.hmac import HMAC

from credit_sync.http_settings import SignedAuth


def signed(parameters: Mapping[str, str], auth: SignedAuth, secret: str, now_ms: int) -> dict[str, str]:
    """The parameters with key, timestamp and signature added."""
    complete = dict(parameters) | {auth.key_parameter: auth.key, auth.timestamp_parameter: str(now_ms)}
    complete.pop(auth.signature_parameter, None)
    if auth.text:
        own = auth.text.format(key=auth.key, secret=secret, timestamp=now_ms)
        return complete | {auth.signature_parameter: _signature_of(own, auth.algorithm, secret)}
    return complete | {auth.signature_parameter: signature(string_to_sign(complete), auth.algorithm, secret)}


def string_to_sign(parameters: Mapping[str, str]) -> str:
    """Sorted `name=value` pairs.

    >>> string_to_sign({"size": "500", "appKey": "demo", "page": "1"})
    'appKey=demo&page=1&size=500'
    """
    return "&".join(f"{name}={parameters[name]}" for name in sorted(parameters))


def signature(text: str, algorithm: str, secret: str) -> str:
    """The signature of a string, in hexadecimal.

    >>> signature("abc", "hmac-sha256", "k")[:16], signature("abc", "hmac-sm3", "k")[:16]
    ('342e519ce0ad6c03', 'af684d81732e81f6')
    """
    return _signature_of(f"{text}&key={secret}" if algorithm == "sm3" else text, algorithm, secret)


def _signature_of(text: str, algorithm: str, secret: str) -> str:
    if algorithm == "md5":
        return hashlib.md5(text.encode(), usedforsecurity=False).hexdigest()
    if algorithm == "hmac-sha256":
        return hmac.new(secret.encode(), text.encode(), hashlib.sha256).hexdigest()
    if algorithm == "hmac-sm3":
        mac = HMAC(secret.encode(), hashes.SM3())
        mac.update(text.encode())
        return mac.finalize().hex()
    digest = hashes.Hash(hashes.SM3())
    digest.update(text.encode())
    return digest.finalize().hex()
