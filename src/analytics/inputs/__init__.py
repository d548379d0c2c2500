"""What we are told: plan files, policy tables, history; typed, checked, sourced."""
