"""The models in a browser: the page's files, LiteRT.js, and a server for this machine."""
