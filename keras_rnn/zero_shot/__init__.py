"""A forecaster that learned forecasting from simulated series, once, and is used as it is on others."""
