"""Looking into a recurrent model: its states, what they remember, its gradients, its shapes, and its cost.

All derivatives are by automatic differentiation in float64, on copies of the layers. Pictures of the answers are in
`keras_rnn.plots.insight`.
"""

from keras_rnn.insight._cost import CostRow, cost
from keras_rnn.insight._gradients import Gradients, LayerGradients, gradients
from keras_rnn.insight._memory import LayerMap, LayerMemory, Memory, MemoryMap, memory, memory_map
from keras_rnn.insight._shapes import Shapes, ShapeStep, shapes
from keras_rnn.insight._trace import LayerTrace, Trace, trace

__all__ = [
    "CostRow",
    "Gradients",
    "LayerGradients",
    "LayerMap",
    "LayerMemory",
    "LayerTrace",
    "Memory",
    "MemoryMap",
    "ShapeStep",
    "Shapes",
    "Trace",
    "cost",
    "gradients",
    "memory",
    "memory_map",
    "shapes",
    "trace",
]
