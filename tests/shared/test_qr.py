"""Codes in the terminal: a phone reads the address that is printed beside them."""

from hypothesis import given
from hypothesis import strategies as st
from scan import scan

from hackathon.shared import qr


@given(st.ip_addresses(v=4), st.integers(1, 65_535))
def test_the_code_in_the_terminal_is_the_address(address, port):
    text = f"http://{address}:{port}"
    assert scan(f"Phones on this network open {text}, or scan:\n{qr.in_terminal(text)}") == text
