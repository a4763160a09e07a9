"""How the shipped models came to be: pretrained weights, datasets, training, evaluation, export."""
