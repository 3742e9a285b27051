"""Load on a running stack: users, what they and the stack did on one time axis, and a report of it."""
