"""All problems of a model by level, smooth to sharp."""
