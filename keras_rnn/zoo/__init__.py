"""The pretrained models: loaded, trained anew, measured, shown."""
