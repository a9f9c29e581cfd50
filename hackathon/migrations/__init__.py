"""Schema migrations, one file a step."""
