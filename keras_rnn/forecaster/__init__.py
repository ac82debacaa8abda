"""A forecaster of any series, its signatures, training and comparison with simpler methods."""
