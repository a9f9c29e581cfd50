"""choices: its tables and triggers."""

revision = "0017"
down_revision = "0016"


def upgrade() -> None:
    """Create the tables."""
