"""The Excel twin: the model's own equations, written out as live formulas."""
