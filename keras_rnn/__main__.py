"""`python -m keras_rnn`."""

import sys

from keras_rnn.cli.app import main

sys.exit(main())
