"""The fixtures of the backlog."""

from backlog.scene import won, won_stage

__all__ = ["won", "won_stage"]
