"""The overseer and the process of pages and lines, on gunicorn.

The three classes below reach into gunicorn where it has no hook: another process to look
after, and lines that never end by themselves. Its version is pinned; the test that serves
for real holds them to it.
"""

from __future__ import annotations

import os
import signal
import sys
import threading
import time
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

from gunicorn.app.base import BaseApplication
from gunicorn.arbiter import Arbiter
from gunicorn.glogging import Logger
from gunicorn.workers.gthread import ThreadWorker

from hackathon.app import create_app
from hackathon.production import background, checks
from hackathon.shared import lines, live
from hackathon.shared.settings import keep_settings, read_settings

if TYPE_CHECKING:
    from types import FrameType

    from flask import Flask

    from hackathon.shared.settings import Settings

THREADS = lines.MOST + 40
"""A thread a line, and forty that lines can never take from pages."""
GRACE = 10
"""Seconds that requests have to end in."""
JOBS_GRACE = 6
SWITCH_SECONDS = 0.0005
"""How long a thread may compute while others wait: a mark changes hands some twenty times."""
LONG_LIFE = 60
"""Seconds after which a process that ends is begun again at once."""
LONGEST_PAUSE = 30


class Site(BaseApplication):  # type: ignore[misc]  # gunicorn ships no types
    """What gunicorn is told, and the application for each process that it begins."""

    def __init__(self, settings: Settings, host: str, port: int) -> None:
        self.settings = settings
        place = f"[{host}]" if ":" in host else host
        self.told = {
            "bind": f"{place}:{port}",
            "workers": 1,
            "worker_class": Worker,
            "threads": THREADS,
            "worker_connections": 4 * THREADS,
            "keepalive": 75,  # longer than a proxy keeps its own, so that it is the one to end
            "graceful_timeout": GRACE,
            "worker_tmp_dir": "/dev/shm" if Path("/dev/shm").is_dir() else None,  # noqa: S108 - a beat must not wait for a disk
            "logger_class": Log,
            "loglevel": "warning",
            "control_socket_disable": True,
            "forwarder_headers": "",
            "proc_name": "hackathon",
        }
        super().__init__()

    def load_config(self) -> None:
        """Tell gunicorn; again when it reloads."""
        for name, value in self.told.items():
            self.cfg.set(name, value)

    def fresh(self) -> Settings:
        """The settings as they are now: a page may have changed those that are kept."""
        shape = {"log_format": self.settings.log_format}
        return read_settings(instance=self.settings.instance, **shape)

    def wsgi(self) -> Flask:
        """The application, made anew in each process: a connection must not cross a fork."""
        sys.setswitchinterval(SWITCH_SECONDS)
        app = create_app(self.fresh())
        app.extensions["change_ways"] = self.change_ways
        ticker: live.Ticker = app.extensions["ticker"]
        ticker.start()
        return app

    def change_ways(self, kept: dict[str, object]) -> Settings:
        """Keep other settings of mail and address; a moment later both processes begin anew.

        Raises:
            BadSettings: one of them is wrong; nothing was kept.
            Conflict: at such an address this could not be served; nothing was kept.
        """
        if "HACKATHON_PUBLIC_URL" not in os.environ:  # which would win over what is kept
            address = {"public_url": str(kept.get("public_url", ""))}
            checks.check(self.fresh().model_copy(update=address))
        keep_settings(self.settings.instance, kept)
        anew = threading.Timer(0.5, os.kill, (os.getppid(), signal.SIGHUP))
        anew.daemon = True
        anew.start()
        return self.fresh()


class Log(Logger):  # type: ignore[misc]  # gunicorn ships no types
    """Gunicorn's words go where ours go, and hold no address: it may be a sign-in link."""

    def setup(self, cfg: Any) -> None:  # noqa: ANN401 - gunicorn's own
        """Leave the handlers to the program."""
        super().setup(cfg)
        self.error_log.handlers.clear()
        self.error_log.propagate = True

    def exception(self, msg: str, *_args: object, **more: Any) -> None:  # noqa: ANN401 - logging's own
        """A crash outside the application."""
        self.error_log.exception(msg.split("%s", maxsplit=1)[0].strip(), **more)


class Worker(ThreadWorker):  # type: ignore[misc]  # gunicorn ships no types
    """Pages and lines. Told to end, it ends the lines too: no device would by itself."""

    def init_signals(self) -> None:
        """Leave Ctrl-C, which reaches every process of a terminal, to the overseer."""
        super().init_signals()
        signal.signal(signal.SIGINT, signal.SIG_IGN)

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """SIGTERM; a second one changes nothing."""
        if self.alive:
            leave = self.wsgi.extensions["lines"].leave
            threading.Thread(target=leave, name="leave", daemon=True).start()
        super().handle_exit(sig, frame)


class Overseer(Arbiter):  # type: ignore[misc]  # gunicorn ships no types
    """Gunicorn's overseer, who looks after the process of jobs as well."""

    def __init__(self, app: Site) -> None:
        self.site = app
        self.jobs_pid = 0
        self.jobs_begun = 0.0
        self.jobs_pause = 0.0
        super().__init__(app)

    def manage_workers(self) -> None:
        """Called at least once a second: begin again what is not there."""
        super().manage_workers()
        due = self.jobs_begun + self.jobs_pause
        if self.site.settings.jobs and not self.jobs_pid and time.monotonic() >= due:
            self._begin_jobs()

    def _begin_jobs(self) -> None:
        self.jobs_begun = time.monotonic()
        overseer = os.getpid()
        if pid := os.fork():
            self.jobs_pid = pid
            return
        try:
            for own in (*self.SIGNALS, signal.SIGCHLD):
                signal.signal(own, signal.SIG_DFL)
            for listener in self.LISTENERS:
                listener.close()
            background.run(self.site.fresh(), overseer)
        except Exception:
            self.log.exception("jobs ended")
            sys.exit(1)
        sys.exit(0)

    def reap_workers(self) -> None:
        """Note who ended."""
        if self.jobs_pid:
            try:
                ended, status = os.waitpid(self.jobs_pid, os.WNOHANG)
            except ChildProcessError:
                ended, status = self.jobs_pid, 0
            if ended:
                self._note_end(status)
        super().reap_workers()

    def _note_end(self, status: int) -> None:
        lived = time.monotonic() - self.jobs_begun
        again = max(0.25, 2 * self.jobs_pause)
        self.jobs_pause = 0.0 if lived > LONG_LIFE else min(again, LONGEST_PAUSE)
        code = os.waitstatus_to_exitcode(status)
        if code:
            self.log.error("the jobs' process ended (pid:%s, code %s)", self.jobs_pid, code)
        self.jobs_pid = 0

    def _tell_jobs(self, sig: signal.Signals) -> None:
        if self.jobs_pid:
            with suppress(ProcessLookupError):
                os.kill(self.jobs_pid, sig)

    def reload(self) -> None:
        """SIGHUP: both processes begin anew, with the settings as they are now."""
        self._tell_jobs(signal.SIGTERM)
        super().reload()

    def stop(self, graceful: bool = True) -> None:  # noqa: FBT001, FBT002 - gunicorn's own
        """End both, in good order; what does not end in time is ended."""
        self._tell_jobs(signal.SIGTERM)
        super().stop(graceful)
        limit = time.monotonic() + JOBS_GRACE
        while self.jobs_pid and time.monotonic() < limit:
            self.reap_workers()
            time.sleep(0.05)
        self._tell_jobs(signal.SIGKILL)

    def handle_int(self) -> None:
        """Ctrl-C is SIGTERM; a second one does not wait for requests."""
        raise StopIteration

    def handle_ttin(self) -> None:
        """One process of pages is all there is in this form."""

    def handle_usr2(self) -> None:
        """No second overseer beside this one: it would want the same lock."""
