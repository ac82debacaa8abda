"""PyTorch's recurrent weights, read without PyTorch where that is possible, and the Keras models made of them."""
