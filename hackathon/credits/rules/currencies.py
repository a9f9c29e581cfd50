"""Currencies: the main one of every ledger, and which others a quarter may have a budget in."""

from __future__ import annotations

from hackathon.shared.errors import Invalid

CURRENCY = "USD"
"""The main one: what is meant where no currency is named."""
_CODES = """
AED AFN ALL AMD AOA ARS AUD AWG AZN BAM BBD BDT BGN BMD BND BOB BRL BSD BTN BWP BYN BZD CAD
CDF CHF CNY COP CRC CUP CVE CZK DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL GHS GIP GMD GTQ
GYD HKD HNL HTG HUF IDR ILS INR IRR JMD KES KGS KHR KPW KYD KZT LAK LBP LKR LRD LSL MAD MDL
MKD MMK MNT MOP MUR MVR MWK MXN MYR MZN NAD NGN NIO NOK NPR NZD PAB PEN PGK PHP PKR PLN QAR
RON RSD RUB SAR SBD SCR SDG SEK SGD SHP SLE SOS SRD SSP STN SVC SYP SZL THB TJS TMT TOP TRY
TTD TWD TZS UAH USD UYU UZS VES WST XCD XCG YER ZAR ZMW ZWG
"""
KNOWN = frozenset(_CODES.split())
"""Of ISO 4217 those with two decimals."""


def check_currency(text: str) -> str:
    """A currency by its three letters, in capitals.

    Raises:
        Invalid: ISO 4217 has none of that name with two decimals.
    """
    clean = text.strip().upper()
    if clean not in KNOWN:
        raise Invalid(
            "currency",
            "Name a currency by its three letters, such as EUR; it must have two decimals.",
            field="currency",
        )
    return clean


def in_order(currencies: set[str]) -> tuple[str, ...]:
    """The main one first, whether it is among them or not, the others by their letters."""
    return (CURRENCY, *sorted(currencies - {CURRENCY}))
