"""What a person does with a net: train, evaluate, export, predict."""
