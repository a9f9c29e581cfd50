"""What people do in judging, by noun: rounds, seats, marks, the late tray, results."""
