"""The linear core: exact absorption, robust and clustered covariances, wild bootstrap."""
