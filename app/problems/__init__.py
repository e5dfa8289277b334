"""All problems of a model as a table and a scatter plot."""
