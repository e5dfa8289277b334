"""One unit of work, the processes that compute it, and the run of a whole sweep."""
