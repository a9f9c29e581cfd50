"""The WSGI entry: `app`."""

from hackathon.app import create_app

app = create_app()
