"""A model's folder: SavedModel, LiteRT file and card, each compared with the Keras model."""
