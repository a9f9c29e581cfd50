"""The scene of the backlog serves the rehearsals too."""

from backlog.scene import won, won_stage

__all__ = ["won", "won_stage"]
