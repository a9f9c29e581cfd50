"""Use cases of credits: budgets, grants, spend, reversals; one way to post."""
