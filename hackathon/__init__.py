"""Hackathon: quarterly hackathons from the first team to what reached production."""
