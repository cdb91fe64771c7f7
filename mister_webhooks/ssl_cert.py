"""TLS towards the broker: whom to trust."""

from __future__ import annotations

import os
import ssl

from mister_webhooks.errors import ProfileError

CA_FILE_VARIABLE = "MWH_CA_FILE"

# The service's private root, Ed25519, valid until 2035: "Kafka Broker Certificate Authority", Mister Webhooks.
ROOT_CA = """\
-----BEGIN CERTIFICATE-----
MIICuDCCAmqgAwIBAgIURKmZE5o9LPqEQpU6yahiP+TLwpAwBQYDK2VwMIHHMQsw
CQYDVQQGEwJVUzETMBEGA1UECAwKQ2FsaWZvcm5pYTEWMBQGA1UEBwwNU2FuIEZy
YW5jaXNjbzEYMBYGA1UECgwPTWlzdGVyIFdlYmhvb2tzMRQwEgYDVQQLDAtFbmdp
bmVlcmluZzErMCkGA1UEAwwiS2Fma2EgQnJva2VyIENlcnRpZmljYXRlIEF1dGhv
cml0eTEuMCwGCSqGSIb3DQEJARYfZW5naW5lZXJpbmdAbWlzdGVyLXdlYmhvb2tz
LmNvbTAeFw0yNTA1MjIwNDA0NTZaFw0zNTA1MjAwNDA0NTZaMIHHMQswCQYDVQQG
EwJVUzETMBEGA1UECAwKQ2FsaWZvcm5pYTEWMBQGA1UEBwwNU2FuIEZyYW5jaXNj
bzEYMBYGA1UECgwPTWlzdGVyIFdlYmhvb2tzMRQwEgYDVQQLDAtFbmdpbmVlcmlu
ZzErMCkGA1UEAwwiS2Fma2EgQnJva2VyIENlcnRpZmljYXRlIEF1dGhvcml0eTEu
MCwGCSqGSIb3DQEJARYfZW5naW5lZXJpbmdAbWlzdGVyLXdlYmhvb2tzLmNvbTAq
MAUGAytlcAMhAE4/M7Qj1+KNtqGdGF7DgAtO+elzPGDHlyCLz1VCvwi+o2YwZDAd
BgNVHQ4EFgQUVVOr9w+0L3obSHwAx/3DKG+iKOMwHwYDVR0jBBgwFoAUVVOr9w+0
L3obSHwAx/3DKG+iKOMwEgYDVR0TAQH/BAgwBgEB/wIBATAOBgNVHQ8BAf8EBAMC
AQYwBQYDK2VwA0EAZlSOhxGZrIK/gUwB6tOKK3S0gvD7a+SoEEkAYVF44AnwvMe0
5qzICSe+0sFaqLT0CNf2JQo/PSK06e9Lb7zNCw==
-----END CERTIFICATE-----
"""


def new_ssl_client_context(ca_file: str | os.PathLike[str] | None = None) -> ssl.SSLContext:
    """The TLS settings of a client: TLS 1.3 at least, host names checked, one certificate authority trusted.

    Args:
        ca_file: PEM file of the authority to trust instead of the service's own. Without it the file that the
            environment variable `MWH_CA_FILE` names, and without that the service's root, built in.

    Raises `ProfileError`, naming the file, when it is missing or holds no certificate.
    """
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.minimum_version = ssl.TLSVersion.TLSv1_3
    origin = ""
    if ca_file is None and (ca_file := os.environ.get(CA_FILE_VARIABLE) or None):
        origin = f" (from {CA_FILE_VARIABLE})"
    if ca_file is None:
        context.load_verify_locations(cadata=ROOT_CA)
    else:
        _trust_file(context, os.fspath(ca_file), origin)
    return context


def _trust_file(context: ssl.SSLContext, path: str, origin: str) -> None:
    try:
        context.load_verify_locations(cafile=path)
    except FileNotFoundError:
        raise ProfileError(f"no CA file at {path}{origin}") from None
    except ssl.SSLError:
        raise ProfileError(f"{path}{origin}: no PEM certificate in this CA file") from None
    except OSError as error:
        raise ProfileError(f"{path}{origin}: cannot read the CA file: {error.strerror}") from None
