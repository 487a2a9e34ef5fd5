"""Questions that analytic projections answer: declared in one form, asked over HTTP, answered by who asks."""
