"""However many come at once, a few at a time are served."""

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from hackathon.shared.turns import Turns


def test_no_more_than_the_turns_are_served_at_once():
    turns, here, most, lock = Turns(3), set(), [], threading.Lock()

    def serve(number):
        with turns.turn():
            with lock:
                here.add(number)
                most.append(len(here))
            threading.Event().wait(0.01)
            with lock:
                here.remove(number)

    with ThreadPoolExecutor(20) as pool:
        list(pool.map(serve, range(40)))
    assert len(most) == 40
    assert max(most) == 3


def test_who_has_a_turn_does_not_wait_for_another():
    turns = Turns(1)
    with turns.turn(), turns.turn():
        pass
    with ThreadPoolExecutor(1) as other:
        assert other.submit(lambda: turns.turn().__enter__()).result(timeout=5) is None


def test_a_failure_gives_the_turn_back():
    turns = Turns(1)
    for _ in range(3):
        with pytest.raises(ZeroDivisionError), turns.turn():
            raise ZeroDivisionError
