"""Any Keras model with a recurrence as a LiteRT file; knows nothing of the zoo."""
