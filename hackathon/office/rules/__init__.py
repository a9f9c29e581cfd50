"""Tables as people bring them: reading, and what each cell must look like."""
