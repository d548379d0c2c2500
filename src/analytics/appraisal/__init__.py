"""What it means for the targets: audit, attainment, backtest, uncertainty, what it would take."""
