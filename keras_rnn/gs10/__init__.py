"""The US 10-year Treasury yield and its forecaster."""
