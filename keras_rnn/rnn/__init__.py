"""The recurrent cell, its weights, and what all recurrent models of the package share."""
