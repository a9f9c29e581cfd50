"""A mail server is tried out before it is kept."""

import socket
import threading

import pytest

from hackathon.shared.errors import Invalid
from hackathon.shared.mail import Server, try_out


@pytest.fixture
def post_office():
    """A mail server that takes one letter, or refuses its recipient."""
    listener = socket.create_server(("127.0.0.1", 0))
    taken, answers = [], {"RCPT": "250 ok"}

    def serve():
        line, _ = listener.accept()
        with line, line.makefile("rwb") as talk:

            def say(text):
                talk.write(text.encode() + b"\r\n")
                talk.flush()

            say("220 ready")
            while words := talk.readline().decode().strip():
                taken.append(words)
                verb = words.split()[0].upper()
                say({"DATA": "354 go on", "QUIT": "221 bye"}.get(verb, answers.get(verb, "250 ok")))
                if verb == "DATA":
                    while (row := talk.readline()) != b".\r\n":
                        taken.append(row.decode().strip())
                    say("250 taken")
                if verb == "QUIT":
                    break

    threading.Thread(target=serve, daemon=True).start()
    yield listener.getsockname()[1], taken, answers
    listener.close()


def server(port):
    return Server("127.0.0.1", port, "", "", "Hackathon <hackathon@example.com>")


def test_the_test_message_goes_out_at_once(post_office):
    port, taken, _ = post_office
    try_out(server(port), to="olga@example.com")
    assert "Subject: Mail from Hackathon works" in taken
    assert any(row.lower().startswith("rcpt to:<olga@example.com>") for row in taken)


def test_the_words_of_the_server_are_told(post_office):
    port, _, answers = post_office
    answers["RCPT"] = "550 no such box"
    with pytest.raises(Invalid, match=r"did not go out.*Nothing was saved") as refused:
        try_out(server(port), to="olga@example.com")
    assert refused.value.field == "mail_server"


@pytest.mark.parametrize("port", [9, 465, 587])
def test_a_server_that_does_not_answer_is_told(port):
    with pytest.raises(Invalid, match="did not go out"):
        try_out(server(port), to="olga@example.com")
