"""Series of numbers over time, in NumPy and pandas: windows, dates, errors, intervals and backtests."""
