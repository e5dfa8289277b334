"""What is in a store, and how good each model is beside trivial predictors."""
