"""From a plan to the graph of a training step: losses, gradients, updates."""
