"""People by sex, single year of age and state: the engine behind every headcount."""
