"""Population by sex and single year of age: graduation, cohorts, the nation, a region, and who retires when."""
