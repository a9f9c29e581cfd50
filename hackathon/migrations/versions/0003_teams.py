"""teams: its tables and triggers."""

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    """Create the tables."""
