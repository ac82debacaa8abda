"""Characters: vocabulary, sampling, and the character model."""
