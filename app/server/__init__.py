"""The server round the page: who is answered, how often, with which headers, and what is logged."""
