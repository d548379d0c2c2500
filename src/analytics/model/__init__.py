"""What follows: pure functions from assumptions to yearly results."""
