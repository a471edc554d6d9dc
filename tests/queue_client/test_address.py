"""Addresses of servers: what is understood, and what is refused with a reason."""

from __future__ import annotations

import pytest

from queue_client.address import Address
from queue_client.errors import BadUrlError


@pytest.mark.parametrize(
    ("url", "host", "port", "path", "database"),
    [
        ("redis://db", "db", 6379, "", 0),
        ("redis://db:1234/3", "db", 1234, "", 3),
        ("redis://db?db=4", "db", 6379, "", 4),
        ("redis://[::1]:7000/0", "::1", 7000, "", 0),
        ("redis://", "localhost", 6379, "", 0),
        ("unix:///run/a%20b.sock?db=2", "localhost", 6379, "/run/a b.sock", 2),
    ],
)
def test_a_plain_address_is_understood(url: str, host: str, port: int, path: str, database: int) -> None:
    address = Address.parse(url)

    assert (address.host, address.port, address.path, address.database) == (host, port, path, database)
    assert address.is_plain


def test_names_and_passwords_may_hold_any_sign() -> None:
    address = Address.parse("redis://m%40x:p%3A%2Fw@db")

    assert (address.username, address.password) == ("m@x", "p:/w")


def test_the_password_is_never_shown() -> None:
    address = Address.parse("redis://:secret@db:6379/0")

    assert "secret" not in repr(address) + address.shown


@pytest.mark.parametrize("url", ["rediss://db", "redis://db?socket_timeout=1", "rediss://db/0?ssl_cert_reqs=none"])
def test_tls_and_other_options_are_not_plain(url: str) -> None:
    assert not Address.parse(url).is_plain


@pytest.mark.parametrize(
    ("url", "reason"),
    [
        ("db:6379", "no scheme"),
        ("http://db", "'http' is not a scheme"),
        ("redis://db:0", "port 0"),
        ("redis://db:70000", "out of range"),
        ("redis://db/first", "'first' is not the number"),
        ("redis://db?db=first", "'first' is not the number"),
        ("unix://", "no path"),
    ],
)
def test_another_one_is_refused_with_the_reason(url: str, reason: str) -> None:
    with pytest.raises(BadUrlError, match=reason) as caught:
        Address.parse(url)

    assert caught.value.url == url
