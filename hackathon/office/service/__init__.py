"""What an organizer's office does: imports, copies of everything."""
