"""What every part stands on: Keras behind its chatter, checks of arguments, files written whole or not at all."""
