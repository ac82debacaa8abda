"""What the zoo holds, as data: presets, names, cards and the metadata in its files."""
