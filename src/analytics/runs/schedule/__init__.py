"""Reports by schedule: due dates, their runs and archives, notices, and the jobs that wake the operating system."""
