"""The models on `ai_edge_litert` and NumPy alone: no TensorFlow, no Keras, no pandas.

`load` gives an object with the Keras model's verbs. A `.tflite` of this package is enough: it says what it is.
"""

from keras_rnn.runtime.loading import load
from keras_rnn.runtime.series import Forecast, GS10Runtime, SeriesRuntime
from keras_rnn.runtime.text import CharRuntime
from keras_rnn.runtime.zero_shot import ZeroShotRuntime
from keras_rnn.zero_shot.forecasting import SeasonalForecast

__all__ = ["CharRuntime", "Forecast", "GS10Runtime", "SeasonalForecast", "SeriesRuntime", "ZeroShotRuntime", "load"]
